// SPDX-License-Identifier: Apache-2.0
/*
 * Keys and commands from a text: what is taken apart, what is done, and where it ends.
 */
#include "tests/unit/app_maker.h"

#include <errno.h>

#include "base/error.h"
#include "ui/script.h"
#include "ui/view.h"

/* ---- names of keys ---- */

/* The help page writes keys by names that scripts take. */
TEST(every_key_of_the_help_page_has_its_name)
{
	for (size_t i = 0; i < n_action_rows; i++) {
		const struct action_row *r = &action_rows[i];
		const char *word = r->label;

		for (int k = 0; k < ACTION_KEYS && r->keys[k]; k++) {
			size_t len = strcspn(word, " ");

			if (key_called(word, len) != r->keys[k])
				fail_msg("\"%s\": not key %d", r->label, k);
			word += len + (word[len] == ' ');
		}
		if (r->keys[0] && *word)
			fail_msg("\"%s\": more than its keys", r->label);
	}
}

TEST(what_is_no_key_has_no_number)
{
	static const char *const names[] = { "", "jj", "F11", "^", "^d", "PgUpp", "enter", " ",
					     "\x7f", "\xff" };

	for (size_t i = 0; i < array_len(names); i++)
		if (strcmp(names[i], "^") != 0)
			assert_int_equal(key_called(names[i], strlen(names[i])), 0);
	assert_int_equal(key_called("^", 1), '^');
	assert_int_equal(key_called("^D", 2), 4);
	assert_int_equal(key_called("\xc3\xa4", 2), 0xe4);
}

/* ---- running ---- */

/* All of a text on a fresh app; what became of it is in *err if it failed. */
static enum script_event play(struct made_app *t, const char *text, struct error *err)
{
	enum script_event event = SCRIPT_FAILED;
	struct script s;

	if (script_parse(&s, "keys", text, strlen(text), err) == 0)
		do {
			app_draw(&t->app, &t->grid);
			event = script_step(&s, &t->app, &t->grid, err);
		} while (event == SCRIPT_STEPPED);
	script_deinit(&s);
	return event;
}

TEST(a_script_presses_keys_types_and_looks)
{
	struct made_app t;
	struct error err;

	made_app_init(&t, &usual, 100, 30, true);
	if (play(&t, "# down, and to its callers\n"
		 "  j j k\tEnter\r\n"
		 "expect CALLERS, CALLEES\n"
		 "\n"
		 "2\n"
		 "/build_re\n"
		 "expect match 1 of 1\n"
		 ":range 12s 18s\n"
		 "expect 12.0-18.0 s\n"
		 "\\fib\n"
		 "expect filter fib\n"
		 "u u \"3\"\n"
		 "expect CALL TREE\n", &err) != SCRIPT_OVER)
		fail_msg("%s", err.msg);
	assert_ptr_equal(t.app.view, &view_tree);
	assert_string_equal(selected(&t), "fib");
	made_app_deinit(&t);
}

TEST(a_screen_is_saved_and_never_over_another)
{
	struct made_app t;
	struct error err;
	char bytes[8192], *shown;
	size_t n;
	FILE *f;

	made_app_init(&t, &usual, 80, 24, true);
	shown = screen(&t);
	assert_int_equal(play(&t, ":save-screen a.txt\n", &err), SCRIPT_OVER);
	f = fopen("a.txt", "r");
	assert_non_null(f);
	n = fread(bytes, 1, sizeof(bytes) - 1, f);
	fclose(f);
	bytes[n] = '\0';
	assert_string_equal(bytes, shown);
	free(shown);
	assert_int_equal(play(&t, "3\n:save-screen a.txt\n", &err), SCRIPT_FAILED);
	assert_string_equal(err.msg, "keys:2: a.txt exists; :save-screen! a.txt replaces it");
	assert_int_equal(play(&t, ":save-screen! a.txt\n", &err), SCRIPT_OVER);
	assert_int_equal(play(&t, ":save-screen no/a.txt\n", &err), SCRIPT_FAILED);
	assert_non_null(strstr(err.msg, "keys:1: no/a.txt: No such file or directory"));
	made_app_deinit(&t);
}

/* ---- ending ---- */

static const struct {
	const char *text, *why;
} wrong[] = {
	{ "j\nPgUpp\n", "keys:2: \"PgUpp\" is no key; a text is put in quotes" },
	{ "\"a", "keys:1: \"\"a\" is no key; a text is put in quotes" },
	{ "\"\xff\"", "keys:1: between quotes is only text, in UTF-8" },
	{ "wait long", "keys:1: wait for how many samples?  A number is needed" },
	{ "wait", "keys:1: \"wait\" is no key; a text is put in quotes" },
	{ "\n\nz\n", "keys:3: z does nothing here; ? lists the keys" },
	{ "j\n:xyzzy\n", "keys:2: :xyzzy is no command; there are: w" },
	{ ":range 5 2", "keys:1: a range is two times since the start, such as 12s 18s" },
	{ ":stop", "keys:1: this is a recording: :stop is for one that is being made" },
	{ "expect no such text", "keys:1: \"no such text\" is not on the screen" },
	{ "? /text", "keys:1: \"/text\" is no key; a text is put in quotes" },
	{ "?\n/text", "keys:2: there is nothing to search in here" },
	{ "S\n:q", "keys:2: something is asked already: Esc closes it" },
	{ "wait 8000\nwait 100000000", "keys:2: there are 8,000 samples, and no more will come" },
};

TEST(a_script_ends_where_something_is_wrong_and_says_where)
{
	for (size_t i = 0; i < array_len(wrong); i++) {
		struct made_app t;
		struct error err = { 0 };

		made_app_init(&t, &usual, 100, 30, false);
		assert_int_equal(play(&t, wrong[i].text, &err), SCRIPT_FAILED);
		if (strncmp(err.msg, wrong[i].why, strlen(wrong[i].why)) != 0)
			fail_msg("%s: %s", wrong[i].text, err.msg);
		made_app_deinit(&t);
	}
}

TEST(a_script_waits_only_for_what_can_come)
{
	struct made_app t;
	struct error err;

	made_app_init(&t, &usual, 80, 24, false);
	t.app.session.state = APP_LIVE;
	t.app.session.target = xstrdup("4242 shop");
	assert_int_equal(play(&t, "wait 100\n", &err), SCRIPT_OVER);
	assert_int_equal(play(&t, "wait 9999999\nj\n", &err), SCRIPT_WAITS);
	t.app.session.state = APP_ENDED;
	assert_int_equal(play(&t, "wait 9999999\nj\n", &err), SCRIPT_FAILED);
	made_app_deinit(&t);
}

TEST(what_is_no_text_is_no_script)
{
	struct script s;
	struct error err;

	assert_int_equal(script_parse(&s, "keys", "j\0k", 3, &err), -1);
	assert_int_equal(err.code, EBADMSG);
	assert_string_equal(err.msg, "keys is no text");
	script_deinit(&s);
	assert_int_equal(script_parse(&s, "keys", NULL, 0, &err), 0);
	script_deinit(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_key_of_the_help_page_has_its_name),
		cmocka_unit_test(what_is_no_key_has_no_number),
		cmocka_unit_test(a_script_presses_keys_types_and_looks),
		cmocka_unit_test(a_screen_is_saved_and_never_over_another),
		cmocka_unit_test(a_script_ends_where_something_is_wrong_and_says_where),
		cmocka_unit_test(a_script_waits_only_for_what_can_come),
		cmocka_unit_test(what_is_no_text_is_no_script),
	};

	return cmocka_run_group_tests(tests, made_app_setup, made_app_teardown);
}
