// SPDX-License-Identifier: Apache-2.0
/* What screens are made of, without an app: cells, prompts, dialogs. */
#include "tests/unit/test.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "ui/cells.h"
#include "ui/dialog.h"
#include "ui/grid.h"
#include "ui/key.h"
#include "ui/palette.h"
#include "ui/pen.h"
#include "ui/prompt.h"
#include "ui/text.h"

/* ---- cells ---- */

/* The text of a row, in a buffer that the next call overwrites. */
static const char *row_text(const struct grid *g)
{
	static struct buf b;

	b.len = 0;
	grid_row_text(g, 0, &b);
	buf_put_u8(&b, '\0');
	return (const char *)b.data;
}

TEST(text_stays_within_its_bounds)
{
	struct grid g;
	struct pen pen;

	grid_init(&g, 10, 1, true);
	pen = pen_make(&g, 0, 2, 6);
	pen_put(&pen, STYLE_TEXT, "abcdefgh");
	assert_string_equal(row_text(&g), "  abcd");
	assert_int_equal(pen_left(&pen), 0);
	pen = pen_make(&g, 1, 0, 10);		/* below the grid */
	pen_put(&pen, STYLE_TEXT, "nothing");
	pen = pen_make(&g, 0, 20, 30);
	pen_put(&pen, STYLE_TEXT, "nothing");
	assert_string_equal(row_text(&g), "  abcd");

	/* a wide character that does not fit is not cut in two */
	grid_clear(&g);
	pen = pen_make(&g, 0, 0, 3);
	pen_put(&pen, STYLE_TEXT, "a中文");
	assert_string_equal(row_text(&g), "a中");
	/* and what overwrites its half leaves no other half */
	pen = pen_make(&g, 0, 2, 10);
	pen_put(&pen, STYLE_TEXT, "x");
	assert_string_equal(row_text(&g), "a x");
	/* a mark stays with its letter, and a heap of them is no overflow */
	grid_clear(&g);
	pen = pen_make(&g, 0, 0, 10);
	pen_put(&pen, STYLE_TEXT, "e\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301z");
	assert_string_equal(grid_at(&g, 0, 1)->text, "z");
	grid_deinit(&g);
}

TEST(names_of_the_target_come_clean)
{
	struct grid g;
	struct pen pen;

	grid_init(&g, 40, 1, true);
	pen = pen_make(&g, 0, 0, 40);
	pen_name(&pen, STYLE_TEXT, 40, "a\033[2J\n\xff\u202e");
	assert_string_equal(row_text(&g), "a\\x1b[2J\\x0a\\xff\\u202e");
	grid_deinit(&g);
}

/* Solid is at least so much, soft could be; something is never nothing. */
TEST(bars_are_solid_to_the_lower_bound)
{
	static const struct {
		double low, share, high;
		bool tones, utf8;
		const char *text;
	} all[] = {
		{ .5, .5, .5, false, true, "████" },	{ .5, .5, .5, false, false, "####" },
		{ .25, .5, .75, false, true, "██────" },	{ .25, .5, .75, false, false, "##----" },
		{ .25, .5, .75, true, true, "██████" },	{ 0, .001, .004, true, true, "▏" },
		{ 0, .001, .004, false, false, "-" },	{ 0, 0, 0, true, true, "" },
		{ .3125, .3125, .3125, true, true, "██▌" }, { 2, 2, 2, false, true, "████████" },
	};

	for (size_t i = 0; i < array_len(all); i++) {
		struct grid g;
		struct pen pen;

		grid_init(&g, 8, 1, all[i].utf8);
		g.two_tones = all[i].tones;
		pen = pen_make(&g, 0, 0, 8);
		pen_bar(&pen, 'N', 8, all[i].low, all[i].share, all[i].high, 1);
		assert_string_equal(row_text(&g), all[i].text);
		grid_deinit(&g);
	}
}

TEST(colours_change_only_where_they_have_to)
{
	struct buf b = { 0 };
	struct grid g;
	struct pen pen;

	grid_init(&g, 20, 1, true);
	pen = pen_make(&g, 0, 0, 20);
	pen_put(&pen, STYLE_STRONG, "ab cd");
	pen_put(&pen, STYLE_TEXT, " x");
	palette_row_sgr(&g, 0, 20, THEME_DARK, &b);
	buf_put_u8(&b, '\0');
	assert_string_equal((char *)b.data, "\033[0;1mab cd \033[0mx");
	/* a tinted row is tinted to its end */
	b.len = 0;
	grid_tint(&g, 0, 0, 20, (struct style){ .bg = INK_TINT });
	palette_row_sgr(&g, 0, 20, THEME_DARK, &b);
	buf_put_u8(&b, '\0');
	assert_string_equal((char *)b.data,
			    "\033[0;1;48;5;236mab cd\033[0;48;5;236m x             \033[0m");
	buf_deinit(&b);
	grid_deinit(&g);
}

/* A theme without quiet tones has no fill below black text: it would be black on black. */
TEST(text_on_a_fill_that_a_theme_lacks_is_reversed)
{
	struct buf b = { 0 };
	struct grid g;
	struct pen pen;

	grid_init(&g, 6, 1, true);
	pen = pen_make(&g, 0, 0, 6);
	pen_put(&pen, style_heat('N', .13), "13.4");
	palette_row_sgr(&g, 0, 6, THEME_SAFE, &b);
	buf_put_u8(&b, '\0');
	assert_string_equal((char *)b.data, "\033[0;7m13.4\033[0m");
	b.len = 0;
	palette_row_sgr(&g, 0, 6, THEME_DARK, &b);
	buf_put_u8(&b, '\0');
	assert_string_equal((char *)b.data, "\033[0;38;5;16;48;5;136m13.4\033[0m");
	buf_deinit(&b);
	grid_deinit(&g);
}

TEST(lines_break_between_words)
{
	const char *next;

	assert_int_equal(text_line("one two three", 7, &next), 7);
	assert_string_equal(next, "three");
	assert_int_equal(text_line("one two three", 6, &next), 3);
	assert_string_equal(next, "two three");
	assert_int_equal(text_line("incomprehensible", 5, &next), 16);
	assert_string_equal(next, "");
	assert_int_equal(text_line("", 5, &next), 0);
	assert_int_equal(text_line("a  b", 4, &next), 4);
}

/* ---- prompts ---- */

static void type_prompt(struct prompt *p, const char *keys)
{
	const char *end = keys + strlen(keys);
	uint32_t cp;

	for (size_t n; keys < end; keys += n) {
		n = utf8_decode(keys, end, &cp);
		prompt_key(p, cp);
	}
}

TEST(a_prompt_edits_characters_not_bytes)
{
	struct prompt p = { 0 };

	prompt_open(&p, '/', "");
	type_prompt(&p, "hjkl ä中x");
	assert_string_equal(prompt_text(&p), "hjkl ä中x");
	prompt_key(&p, KEY_OF_LEFT);
	assert_int_equal(prompt_key(&p, KEY_OF_BACKSPACE), PROMPT_CHANGED);
	assert_string_equal(prompt_text(&p), "hjkl äx");
	prompt_key(&p, KEY_OF_LEFT);
	prompt_key(&p, KEY_OF_DELETE);
	assert_string_equal(prompt_text(&p), "hjkl x");
	prompt_key(&p, KEY_OF_END);
	prompt_key(&p, KEY_OF_CTRL('W'));
	assert_string_equal(prompt_text(&p), "hjkl ");
	type_prompt(&p, "q");
	prompt_key(&p, KEY_OF_HOME);
	type_prompt(&p, ">");
	assert_string_equal(prompt_text(&p), ">hjkl q");
	prompt_key(&p, KEY_OF_RIGHT);
	prompt_key(&p, KEY_OF_CTRL('U'));
	assert_string_equal(prompt_text(&p), "jkl q");
	assert_int_equal(prompt_key(&p, KEY_OF_CTRL('U')), PROMPT_NOTHING);
	assert_int_equal(prompt_key(&p, 7), PROMPT_NOTHING);
	prompt_key(&p, KEY_OF_END);
	prompt_key(&p, KEY_OF_CTRL('U'));
	assert_int_equal(prompt_key(&p, KEY_OF_BACKSPACE), PROMPT_CANCELLED);
	assert_int_equal(p.mark, 0);
	prompt_deinit(&p);
}

static void enter(struct prompt *p, char mark, const char *text)
{
	prompt_open(p, mark, "");
	type_prompt(p, text);
	assert_int_equal(prompt_key(p, KEY_OF_ENTER), PROMPT_ENTERED);
	assert_string_equal(prompt_text(p), text);
}

TEST(a_prompt_recalls_what_was_entered_behind_its_mark)
{
	struct prompt p = { 0 };

	enter(&p, '/', "one");
	enter(&p, ':', "w x");
	enter(&p, '/', "two");
	enter(&p, '/', "one");
	prompt_open(&p, '/', "");
	type_prompt(&p, "new");
	prompt_key(&p, KEY_OF_UP);
	assert_string_equal(prompt_text(&p), "one");
	prompt_key(&p, KEY_OF_UP);
	assert_string_equal(prompt_text(&p), "two");
	assert_int_equal(prompt_key(&p, KEY_OF_UP), PROMPT_NOTHING);
	assert_string_equal(prompt_text(&p), "two");
	prompt_key(&p, KEY_OF_DOWN);
	prompt_key(&p, KEY_OF_DOWN);
	assert_string_equal(prompt_text(&p), "new");
	for (unsigned int i = 0; i < 3 * PROMPT_HISTORY; i++) {
		char text[16];

		snprintf(text, sizeof(text), "%u", i);
		enter(&p, ':', text);
	}
	assert_int_equal(p.n_history, PROMPT_HISTORY);
	prompt_deinit(&p);
}

TEST(a_prompt_keeps_its_cursor_in_view)
{
	struct prompt p = { 0 };
	struct grid g;
	struct pen pen;

	grid_init(&g, 10, 1, true);
	prompt_open(&p, ':', "");
	type_prompt(&p, "0123456789abc");
	pen = pen_make(&g, 0, 0, 10);
	prompt_draw(&p, &pen, 8);
	assert_string_equal(row_text(&g), ":789abc");
	assert_int_equal(grid_at(&g, 0, 7)->style.attrs, ATTR_REVERSE);
	grid_clear(&g);
	prompt_key(&p, KEY_OF_HOME);
	pen = pen_make(&g, 0, 0, 10);
	prompt_draw(&p, &pen, 8);
	assert_string_equal(row_text(&g), ":012345…");
	assert_int_equal(grid_at(&g, 0, 1)->style.attrs, ATTR_REVERSE);
	grid_clear(&g);
	prompt_set(&p, "\033\xe2\x80\xae");
	pen = pen_make(&g, 0, 0, 10);
	prompt_draw(&p, &pen, 10);
	assert_string_equal(row_text(&g), ":\\u202e");
	grid_deinit(&g);
	prompt_deinit(&p);
}

/* ---- dialogs ---- */

/* A grid as text with the rows below each other; the caller frees it. */
static char *grid_text(const struct grid *g)
{
	struct buf b = { 0 };

	for (unsigned int y = 0; y < g->height; y++) {
		grid_row_text(g, y, &b);
		buf_put_u8(&b, '\n');
	}
	buf_put_u8(&b, '\0');
	return (char *)b.data;
}

TEST(a_dialog_chooses_by_key_and_by_row)
{
	struct dialog d = { 0 };
	struct grid g;
	char *text;

	grid_init(&g, 50, 12, false);
	dialog_open(&d, "Leave", "Enter does it, Esc stays");
	dialog_say(&d, "7 evil\033[2J is still being recorded.");
	dialog_offer(&d, 'd', DIALOG_PICK, "detach: recording goes on");
	dialog_offer(&d, 's', DIALOG_PICK, "stop");
	dialog_draw(&d, &g);
	text = grid_text(&g);
	assert_string_equal(text,
		"\n\n"
		"   +- Leave ----------------------------------+\n"
		"   | 7 evil\\x1b[2J is still being recorded.   |\n"
		"   |                                          |\n"
		"   | > d detach: recording goes on            |\n"
		"   |   s stop                                 |\n"
		"   |                                          |\n"
		"   | Enter does it, Esc stays                 |\n"
		"   +------------------------------------------+\n"
		"\n\n");
	free(text);
	assert_int_equal(dialog_key(&d, 'j'), DIALOG_NOTHING);
	assert_int_equal(dialog_key(&d, KEY_OF_ENTER), DIALOG_CHOSEN);
	assert_int_equal(d.list.cursor, 1);
	assert_false(d.open);
	dialog_open(&d, "Again", "");
	dialog_offer(&d, 's', DIALOG_PICK, "stop");
	dialog_offer(&d, 'x', DIALOG_PICK, "throw away");
	assert_int_equal(dialog_key(&d, 'z'), DIALOG_NOTHING);
	assert_int_equal(dialog_key(&d, 'x'), DIALOG_CHOSEN);
	assert_int_equal(d.list.cursor, 1);
	dialog_open(&d, "Threads", "");
	dialog_offer(&d, 0, DIALOG_CHECK, "main");
	dialog_offer(&d, 0, DIALOG_CHECK, "worker");
	dialog_key(&d, 'j');
	dialog_key(&d, ' ');
	assert_false(d.choices[0].on);
	assert_true(d.choices[1].on);
	assert_int_equal(dialog_key(&d, KEY_OF_ESCAPE), DIALOG_CANCELLED);
	dialog_deinit(&d);
	grid_deinit(&g);
}

/* All of a long text can be read, in a box of any size. */
TEST(a_dialog_shows_all_of_what_it_says)
{
	struct dialog d = { 0 };
	struct grid g;
	char name[1201], seen[4096] = "";

	for (size_t i = 0; i < 1200; i++)
		name[i] = (char)('a' + i / 50);
	name[1200] = '\0';
	grid_init(&g, 60, 15, true);
	dialog_open(&d, "Name", "j/k scroll, Esc closes");
	dialog_say(&d, "%s", name);
	for (int i = 0; i < 60; i++) {
		char *text;

		dialog_draw(&d, &g);
		text = grid_text(&g);
		for (const char *s = text; *s; s++)
			if (strchr(name, *s) && !strchr(seen, *s))
				strncat(seen, s, 1);
		free(text);
		dialog_key(&d, 'j');
	}
	assert_int_equal(strlen(seen), 24);
	for (unsigned int w = 1; w < 70; w += 3)
		for (unsigned int h = 1; h < 30; h++) {
			grid_resize(&g, w, h);
			dialog_draw(&d, &g);
		}
	dialog_deinit(&d);
	grid_deinit(&g);
}

TEST(a_dialog_with_a_line_takes_what_is_typed)
{
	struct dialog d = { 0 };

	dialog_open(&d, "Save", "");
	dialog_offer(&d, 'o', DIALOG_PICK, "one");
	dialog_offer(&d, 't', DIALOG_PICK, "two");
	prompt_open(&d.field, '>', "a");
	dialog_key(&d, 'o');
	dialog_key(&d, 'q');
	dialog_key(&d, KEY_OF_DOWN);
	assert_string_equal(prompt_text(&d.field), "aoq");
	assert_int_equal(dialog_key(&d, KEY_OF_ENTER), DIALOG_CHOSEN);
	assert_int_equal(d.list.cursor, 1);
	dialog_deinit(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_stays_within_its_bounds),
		cmocka_unit_test(names_of_the_target_come_clean),
		cmocka_unit_test(bars_are_solid_to_the_lower_bound),
		cmocka_unit_test(colours_change_only_where_they_have_to),
		cmocka_unit_test(text_on_a_fill_that_a_theme_lacks_is_reversed),
		cmocka_unit_test(lines_break_between_words),
		cmocka_unit_test(a_prompt_edits_characters_not_bytes),
		cmocka_unit_test(a_prompt_recalls_what_was_entered_behind_its_mark),
		cmocka_unit_test(a_prompt_keeps_its_cursor_in_view),
		cmocka_unit_test(a_dialog_chooses_by_key_and_by_row),
		cmocka_unit_test(a_dialog_shows_all_of_what_it_says),
		cmocka_unit_test(a_dialog_with_a_line_takes_what_is_typed),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
