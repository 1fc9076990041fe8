// SPDX-License-Identifier: Apache-2.0
/* What a terminal says of its ground, among what somebody types. */
#include "tests/unit/test.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "ui/ground.h"
#include "ui/key.h"

#define KIND "\033[?62;22c"

static uint32_t key_of(char c)
{
	return c == '\033' ? KEY_OF_ESCAPE : (unsigned char)c;
}

/* What came out as keys, in a buffer that the next call overwrites. */
static const char *keys_of(struct ground *g)
{
	static struct buf b;
	uint32_t key;

	b.len = 0;
	while (ground_next(g, &key))
		buf_put_u8(&b, key == KEY_OF_ESCAPE ? 27 : (uint8_t)key);
	buf_put_u8(&b, '\0');
	return (const char *)b.data;
}

static void say(struct ground *g, const char *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		ground_take(g, key_of(bytes[i]), 0);
}

/* It is asked, answers, and no key is typed. */
static enum theme told(const char *answer)
{
	struct ground g;

	ground_ask(&g);
	say(&g, answer, strlen(answer));
	assert_string_equal(keys_of(&g), "");
	say(&g, KIND, strlen(KIND));
	assert_string_equal(keys_of(&g), "");
	assert_false(g.asked);
	assert_true(g.listens == !g.heard);
	return g.told;
}

TEST(grounds_are_dark_or_light_or_neither)
{
	assert_int_equal(told("\033]11;rgb:0000/0000/0000\033\\"), THEME_DARK);
	assert_int_equal(told("\033]11;rgb:ffff/ffff/ffff\a"), THEME_LIGHT);
	assert_int_equal(told("\033]11;rgb:00/2b/36\a"), THEME_DARK);		/* Solarized */
	assert_int_equal(told("\033]11;rgb:fdfd/f6f6/e3e3\033\\"), THEME_LIGHT);
	assert_int_equal(told("\033]11;rgb:3f3f/3f3f/3F3F\033\\"), THEME_DARK);	/* Zenburn */
	assert_int_equal(told("\033]11;rgb:0/0/8\a"), THEME_DARK);
	assert_int_equal(told("\033]11;rgb:fff/fff/ddd\a"), THEME_LIGHT);
	assert_int_equal(told("\033]11;rgba:1e1e/1e1e/1e1e/cccc\a"), THEME_DARK);
	assert_int_equal(told("\033]11;rgb:8080/8080/8080\a"), THEME_SAFE);
	assert_int_equal(told(""), THEME_SAFE);
}

TEST(what_is_no_colour_says_nothing)
{
	static const char *const texts[] = {
		"", "rgb:", "rgb:/", "rgb://", "rgb:ff", "rgb:ff/ff", "rgb:ff/ff/", "rgb:ff/ff/ff?",
		"rgb:fffff/ff/ff", "rgb: ff/ff/ff", "rgb:-1/-1/-1", "rgb:gg/gg/gg", "hsv:ff/ff/ff",
		"?", "\\", "black", "#ffffff", "rgb:ffff/ffff/ffff\\\\",
		"rgb:0000000000000000000000000000000000000000000000000000000000000000/0000/0000",
	};
	char text[256];

	for (size_t i = 0; i < array_len(texts); i++) {
		snprintf(text, sizeof(text), "\033]11;%s\a", texts[i]);
		assert_int_equal(told(text), THEME_SAFE);
		snprintf(text, sizeof(text), "\033]11;%s\033\\", texts[i]);
		assert_int_equal(told(text), THEME_SAFE);
	}
}

/* The second answer ends a first one that has no end; another terminal's answers are none. */
TEST(damaged_answers_are_no_keys)
{
	assert_int_equal(told("\033]11;rgb:ff"), THEME_SAFE);
	assert_int_equal(told("\033]11;\033\033]11;rgb:0/0/0\a"), THEME_DARK);
	assert_int_equal(told("\033[?1;2$y\033]11;rgb:0/0/0\a"), THEME_DARK);
	assert_int_equal(told("\033[?62\033]11;rgb:f/f/f\033\\"), THEME_LIGHT);
}

/* Typed before, between and behind answers, whatever the pieces are. */
TEST(keys_come_out_as_they_were_typed)
{
	static const char answer[] = "\033]11;rgb:1e1e/1e1e/1e1e\033\\";
	static const char *const typed[] = { "j", "\033", "\033j", "\033\033", "]11;", "\033[", "\033]",
					     "\033]1x", "\033[5~", "\033O", "q" };

	for (size_t i = 0; i < array_len(typed); i++)
		for (size_t place = 0; place < 3; place++) {
			const char *said[] = { answer, KIND };
			struct buf out = { 0 };
			struct ground g;

			ground_ask(&g);
			for (size_t k = 0; k < 3; k++) {
				if (k == place) {
					if (g.asked)
						say(&g, typed[i], strlen(typed[i]));
					else
						buf_put(&out, typed[i], strlen(typed[i]));
				}
				if (k < 2)
					say(&g, said[k], strlen(said[k]));
			}
			if (place == 2)
				assert_false(g.asked);
			else
				buf_put(&out, keys_of(&g), strlen(typed[i]));
			buf_put_u8(&out, '\0');
			assert_string_equal((const char *)out.data, typed[i]);
			assert_string_equal(keys_of(&g), "");
			assert_int_equal(g.told, THEME_DARK);
			assert_false(g.asked);
			buf_deinit(&out);
		}
}

/* Held no longer than a terminal may take. */
TEST(a_lone_escape_is_a_key_soon)
{
	struct ground g;

	ground_ask(&g);
	assert_true(ground_until_ns(&g) == UINT64_MAX);
	ground_take(&g, KEY_OF_ESCAPE, NS_PER_S);
	assert_string_equal(keys_of(&g), "");
	assert_in_range(ground_until_ns(&g), NS_PER_S + 1, NS_PER_S + 150 * NS_PER_MS);
	ground_expire(&g);
	assert_string_equal(keys_of(&g), "\033");
	assert_true(ground_until_ns(&g) == UINT64_MAX);

	/* the rest of an answer that does not come */
	say(&g, "\033]11;rg", 7);
	assert_in_range(ground_until_ns(&g), NS_PER_S, 5 * NS_PER_S);	/* since 0 */
	ground_expire(&g);
	assert_string_equal(keys_of(&g), "");
	say(&g, "jk", 2);
	assert_string_equal(keys_of(&g), "jk");
	assert_true(g.asked);
}

/* Where somebody else answers the second question, the answer to the first comes behind it. */
TEST(an_answer_behind_the_end_is_no_key)
{
	static const char answer[] = "\033]11;rgb:ff/ff/ff\a";
	struct ground g;

	ground_ask(&g);
	say(&g, KIND, strlen(KIND));
	assert_false(g.asked);
	assert_true(g.listens);
	ground_take(&g, KEY_OF_ESCAPE, 0);
	assert_true(ground_until_ns(&g) == 0);	/* Escape does not wait any more */
	ground_expire(&g);
	say(&g, "j", 1);
	assert_string_equal(keys_of(&g), "\033j");
	say(&g, answer, strlen(answer));
	assert_string_equal(keys_of(&g), "");
	assert_int_equal(g.told, THEME_LIGHT);
	assert_false(g.listens);
}

/* Whatever comes: what goes out was typed in that order, and the end is always found. */
TEST(random_bytes_do_no_harm)
{
	static const char *const pieces[] = { "\033", "]", "11;", "rgb:", "ff", "/", "\a", "\033\\", "[?", ";",
					      "6", "\r", "j", "\xff", "\033]11;rgb:0/0/0\a", "\033[?" };

	srandom(11);
	for (int round = 0; round < 20000; round++) {
		struct ground g;
		char in[256], *at = in;
		const char *out;

		ground_ask(&g);
		for (int n = (int)(random() % 12); n; n--) {
			const char *piece = pieces[(size_t)random() % array_len(pieces)];

			at = stpcpy(at, piece);
			say(&g, piece, strlen(piece));
			if (random() % 4 == 0)
				ground_expire(&g);
		}
		out = keys_of(&g);
		for (const char *from = in; *out; out++, from++) {	/* a part of it, in order */
			from = memchr(from, *out, (size_t)(at - from));
			assert_non_null(from);
		}
		ground_expire(&g);
		keys_of(&g);
		say(&g, KIND, strlen(KIND));
		assert_string_equal(keys_of(&g), "");
		assert_false(g.asked);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(grounds_are_dark_or_light_or_neither),
		cmocka_unit_test(what_is_no_colour_says_nothing),
		cmocka_unit_test(damaged_answers_are_no_keys),
		cmocka_unit_test(keys_come_out_as_they_were_typed),
		cmocka_unit_test(a_lone_escape_is_a_key_soon),
		cmocka_unit_test(an_answer_behind_the_end_is_no_key),
		cmocka_unit_test(random_bytes_do_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
