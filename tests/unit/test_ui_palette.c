// SPDX-License-Identifier: Apache-2.0
/*
 * Can what is drawn be read, and kinds of code be told apart?  Contrast is that of WCAG 2,
 * the colours are those of xterm; of the first sixteen two are used, as Solarized has them.
 */
#include "tests/unit/test.h"

#include <math.h>
#include <stdio.h>

#include "base/util.h"
#include "ui/palette.h"

struct rgb {
	double v[3];	/* linear, 0 to 1 */
};

static double linear(unsigned int byte)
{
	double c = byte / 255.0;

	return c <= .04045 ? c / 12.92 : pow((c + .055) / 1.055, 2.4);
}

static struct rgb of_hex(unsigned int hex)
{
	return (struct rgb){ { linear(hex >> 16), linear(hex >> 8 & 255), linear(hex & 255) } };
}

static struct rgb of_number(int n)
{
	static const unsigned int levels[] = { 0, 95, 135, 175, 215, 255 };

	if (n == 0)
		return of_hex(0x073642);
	if (n == 7)
		return of_hex(0xeee8d5);
	assert_in_range(n, 16, 255);
	if (n >= 232)
		return of_hex((8 + ((unsigned int)n - 232) * 10) * 0x10101);
	n -= 16;
	return of_hex(levels[n / 36] << 16 | levels[n / 6 % 6] << 8 | levels[n % 6]);
}

static double light(struct rgb c)
{
	return .2126 * c.v[0] + .7152 * c.v[1] + .0722 * c.v[2];
}

static double contrast(struct rgb a, struct rgb b)
{
	double x = light(a) + .05, y = light(b) + .05;

	return fmax(x, y) / fmin(x, y);
}

/* Terminals that a theme is for: their own ground and text. */
static const struct terminal {
	enum theme theme;
	const char *name;
	unsigned int ground, text;
	double least;
} terminals[] = {
	{ THEME_DARK, "dark on black", 0x000000, 0xd4d4d4, 4.5 },
	{ THEME_DARK, "dark on grey", 0x1e1e1e, 0xd4d4d4, 4.5 },
	{ THEME_LIGHT, "light on white", 0xffffff, 0x2e2e2e, 4.5 },
	{ THEME_LIGHT, "light on grey", 0xfafafa, 0x2e2e2e, 4.5 },
	{ THEME_SOLARIZED_DARK, "Solarized dark", 0x002b36, 0x839496, 4.5 },
	{ THEME_SOLARIZED_LIGHT, "Solarized light", 0xfdf6e3, 0x657b83, 4.5 },
	{ THEME_DISTINCT_DARK, "distinct on black", 0x000000, 0xd4d4d4, 4.5 },
	{ THEME_DISTINCT_DARK, "distinct on grey", 0x1e1e1e, 0xd4d4d4, 4.5 },
	{ THEME_DISTINCT_LIGHT, "distinct on white", 0xffffff, 0x2e2e2e, 4.5 },
	{ THEME_DISTINCT_LIGHT, "distinct on light grey", 0xfafafa, 0x2e2e2e, 4.5 },
	/* One set of inks for all grounds cannot have more than that. */
	{ THEME_SAFE, "safe on black", 0x000000, 0xd4d4d4, 3 },
	{ THEME_SAFE, "safe on white", 0xffffff, 0x2e2e2e, 3 },
	{ THEME_SAFE, "safe on Solarized dark", 0x002b36, 0x839496, 3 },
	{ THEME_SAFE, "safe on Solarized light", 0xfdf6e3, 0x657b83, 3 },
};

static unsigned int n_unreadable;

static void check(const struct terminal *t, struct style style)
{
	int fg = palette_text(t->theme, style), bg = palette_ground(t->theme, style);
	double have = contrast(fg < 0 ? of_hex(t->text) : of_number(fg),
			       bg < 0 ? of_hex(t->ground) : of_number(bg));

	if (have >= t->least)
		return;
	fprintf(stderr, "%s: ink %d (%d) on ink %d (%d): %.2f:1\n", t->name, style.fg, fg,
		style.bg, bg, have);
	n_unreadable++;
}

/* Words, on the terminal's own ground and on those that rows have. */
TEST(words_can_be_read_on_every_ground)
{
	static const uint8_t words[] = {
		INK_DEFAULT, INK_DIM, INK_FAINT, INK_PYTHON_WORD, INK_NATIVE_WORD,
		INK_LIBRARY_WORD, INK_KERNEL_WORD, INK_LESS, INK_MORE };
	static const uint8_t grounds[] = { INK_DEFAULT, INK_STRIP, INK_PANEL, INK_TINT };

	for (size_t t = 0; t < array_len(terminals); t++)
		for (size_t w = 0; w < array_len(words); w++)
			for (size_t g = 0; g < array_len(grounds); g++)
				check(&terminals[t], (struct style){ words[w], grounds[g], 0 });
	assert_int_equal(n_unreadable, 0);
}

/* Chips and heat have text in them, boxes and bars black text. */
TEST(words_can_be_read_on_what_is_filled)
{
	static const uint8_t chips[] = { INK_CHIP, INK_HEAT, INK_WARM };

	for (size_t t = 0; t < array_len(terminals); t++) {
		for (size_t i = 0; i < array_len(chips); i++)
			check(&terminals[t], (struct style){ INK_DEFAULT, chips[i], 0 });
		for (unsigned int i = INK_PYTHON; i <= INK_UNKNOWN_QUIET; i++)
			if (palette_colour(terminals[t].theme, i) != PALETTE_DEFAULT)
				check(&terminals[t], (struct style){ INK_BLACK, (uint8_t)i, 0 });
		if (terminals[t].theme == THEME_SAFE)	/* has no other grey */
			check(&terminals[t], (struct style){ INK_BLACK, INK_DIM, 0 });
	}
	assert_int_equal(n_unreadable, 0);
}

/* ---- eyes ---- */

/* What eyes without one of the three kinds of cones see: Machado, Oliveira, Fernandes 2009. */
static const double eyes[][3][3] = {
	{ { 1, 0, 0 }, { 0, 1, 0 }, { 0, 0, 1 } },
	{ { .152286, 1.052583, -.204868 }, { .114503, .786281, .099216 },
	  { -.003882, -.048116, 1.051998 } },
	{ { .367322, .860646, -.227968 }, { .280085, .672501, .047413 },
	  { -.011820, .042940, .968881 } },
	{ { 1.255528, -.076749, -.178779 }, { -.078411, .930809, .147602 },
	  { .004733, .691367, .303900 } },
};

static double curve(double t)
{
	return t > .008856 ? cbrt(t) : 7.787 * t + 16 / 116.0;
}

static void to_lab(struct rgb c, const double eye[3][3], double lab[3])
{
	double s[3], x, y, z;

	for (int i = 0; i < 3; i++)
		s[i] = fmin(fmax(eye[i][0] * c.v[0] + eye[i][1] * c.v[1] + eye[i][2] * c.v[2], 0), 1);
	x = curve((.4124 * s[0] + .3576 * s[1] + .1805 * s[2]) / .95047);
	y = curve(.2126 * s[0] + .7152 * s[1] + .0722 * s[2]);
	z = curve((.0193 * s[0] + .1192 * s[1] + .9505 * s[2]) / 1.08883);
	lab[0] = 116 * y - 16;
	lab[1] = 500 * (x - y);
	lab[2] = 200 * (y - z);
}

/* The smallest difference between two of the four kinds, for any eye. */
static double least_difference(enum theme theme)
{
	double least = INFINITY;

	for (size_t e = 0; e < array_len(eyes); e++)
		for (unsigned int i = INK_PYTHON; i <= INK_KERNEL; i += 2)
			for (unsigned int k = i + 2; k <= INK_KERNEL; k += 2) {
				double a[3], b[3];

				to_lab(of_number(palette_colour(theme, i)), eyes[e], a);
				to_lab(of_number(palette_colour(theme, k)), eyes[e], b);
				least = fmin(least, sqrt((a[0] - b[0]) * (a[0] - b[0]) +
							 (a[1] - b[1]) * (a[1] - b[1]) +
							 (a[2] - b[2]) * (a[2] - b[2])));
			}
	return least;
}

TEST(kinds_are_told_apart_by_all_eyes)
{
	assert_true(least_difference(THEME_SAFE) > 16);
	assert_true(least_difference(THEME_DARK) > 23);
	assert_true(least_difference(THEME_LIGHT) > 23);
	assert_true(least_difference(THEME_SOLARIZED_DARK) > 23);
	assert_true(least_difference(THEME_SOLARIZED_LIGHT) > 23);
	assert_true(least_difference(THEME_DISTINCT_DARK) > 30);
	assert_true(least_difference(THEME_DISTINCT_LIGHT) > 30);
}

TEST(hues_are_those_of_the_ground)
{
	assert_int_equal(palette_theme(THEME_SAFE, HUES_SOLARIZED), THEME_SAFE);
	assert_int_equal(palette_theme(THEME_DARK, HUES_USUAL), THEME_DARK);
	assert_int_equal(palette_theme(THEME_DARK, HUES_SOLARIZED), THEME_SOLARIZED_DARK);
	assert_int_equal(palette_theme(THEME_LIGHT, HUES_DISTINCT), THEME_DISTINCT_LIGHT);
	assert_false(palette_is_light(THEME_SAFE));
	assert_false(palette_is_light(THEME_DISTINCT_DARK));
	assert_true(palette_is_light(THEME_SOLARIZED_LIGHT));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_can_be_read_on_every_ground),
		cmocka_unit_test(words_can_be_read_on_what_is_filled),
		cmocka_unit_test(kinds_are_told_apart_by_all_eyes),
		cmocka_unit_test(hues_are_those_of_the_ground),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
