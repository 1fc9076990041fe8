// SPDX-License-Identifier: Apache-2.0
/* The source of a function and its instructions beside it. */
#include "tests/unit/app_maker.h"

#include <unistd.h>

#include "ui/code_jumps.h"
#include "ui/source.h"
#include "ui/source_rows.h"
#include "ui/view.h"

static uint32_t function_of(const struct made_app *t, const char *name)
{
	const struct profile *p = t->model.p;

	for (uint32_t i = 0; i < p->n_functions; i++)
		if (strcmp(profile_string(p, p->functions[i].name), name) == 0)
			return i;
	fail_msg("no %s", name);
	return 0;
}

/* The source of membership(): its lines 40 and 41, and its instructions. */
static void open_source(struct made_app *t, unsigned int width)
{
	made_app_init(t, &usual, width, 30, false);
	app_go(&t->app, &view_source,
	       function_of(t, "membership(std::vector<int> const&, int)"));
	free(screen(t));
}

static uint32_t line_at_cursor(const struct made_app *t)
{
	return t->app.source.rows[t->app.source.list.cursor].line;
}

/* Instruction `row` as text. */
static const char *instruction_text(const struct made_app *t, uint32_t row)
{
	const struct profile *p = t->model.p;

	return profile_string(p, p->instructions[p->codes[t->app.source.code.number].first + row].text);
}

/* A view keeps the text of its source while others are read, as lessons do. */
TEST(a_source_stays_where_it_is)
{
	struct sources s = { 0 };
	const struct source *first;
	char path[64], folder[] = "/tmp/cprofd-test-XXXXXX";

	assert_non_null(mkdtemp(folder));
	for (int i = 0; i < 40; i++) {
		FILE *f;

		snprintf(path, sizeof(path), "%s/%d.py", folder, i);
		f = fopen(path, "w");
		assert_non_null(f);
		fprintf(f, "line of %d\n", i);
		fclose(f);
	}
	snprintf(path, sizeof(path), "%s/0.py", folder);
	first = sources_find(&s, path);
	for (int i = 0; i < 40; i++) {
		snprintf(path, sizeof(path), "%s/%d.py", folder, i);
		assert_non_null(sources_find(&s, path));
		unlink(path);
	}
	rmdir(folder);

	char *line = source_line_text(first, 1);

	assert_string_equal(line, "line of 0");
	free(line);
	sources_deinit(&s);
}

TEST(what_is_chosen_in_one_pane_is_marked_in_the_other)
{
	struct made_app t;
	const struct app_source *s = &t.app.source;
	uint32_t hottest;

	open_source(&t, 140);
	assert_int_equal(s->code.n, 22);
	type(&t, "G");
	free(screen(&t));
	assert_int_equal(line_at_cursor(&t), 41);
	hottest = s->code_list.cursor;
	assert_string_equal(instruction_text(&t, hottest), "cmp\t%esi,%eax");
	assert_shows(&t, "> 41.9");
	type(&t, "k");
	free(screen(&t));
	assert_int_equal(line_at_cursor(&t), 40);
	assert_int_not_equal(s->code_list.cursor, hottest);
	assert_shows(&t, ">                        40 403817");	/* no sample on it, but of the line */
	type(&t, "\tH");
	free(screen(&t));
	assert_true(s->in_code);
	assert_int_equal(s->code_list.cursor, hottest);
	assert_int_equal(line_at_cursor(&t), 41);
	type(&t, "g");		/* of line 38, where no sample is */
	free(screen(&t));
	assert_int_equal(s->code_list.cursor, 0);
	assert_int_equal(line_at_cursor(&t), 41);
	type(&t, "\tk");
	free(screen(&t));
	assert_int_equal(line_at_cursor(&t), 40);
	made_app_deinit(&t);
}

/* From the hottest to those with less, each once, and from the last to the first. */
TEST(the_hottest_come_one_after_the_other)
{
	static const char *const texts[] = { "cmp\t%esi,%eax", "mov\t0x18(%rbx,%rax,8),%rdx",
					     "test\t%eax,%eax", "jne", "cmp\t%esi,%eax" };
	struct made_app t;
	const struct app_source *s = &t.app.source;

	open_source(&t, 100);
	type(&t, "\tgH");
	for (size_t i = 0; i < array_len(texts); i++) {
		assert_string_equal(instruction_text(&t, s->code_list.cursor), texts[i]);
		type(&t, "H");
		assert_shows(&t, i == 3 ? "the hottest; H again" : "by its own time; H goes on");
	}
	type(&t, "gH");
	assert_string_equal(instruction_text(&t, s->code_list.cursor), texts[0]);
	made_app_deinit(&t);
}

/* The chosen jump, or the innermost loop around what is chosen. */
TEST(a_jump_is_drawn)
{
	static const struct {
		unsigned int row;
		const char *shown[3];
	} all[] = {
		{ 6, { "403821.-je", "403823| mov", "40384b'>pop" } },	/* forward */
		{ 9, { "403823.>mov", "403829| cmp", "403849'-jne" } },
		{ 11, { "40382c.>mov", "403833| test", "403836'-jne" } },	/* a loop in it */
		{ 0, { "403810  endbr64", "403823  mov", "403849  jne" } },
		{ 14, { "403823.>mov", "403838| call", "403849'-jne" } },	/* comes back */
	};
	struct made_app t;

	made_app_init(&t, &usual, 100, 40, false);
	type(&t, "/memb\n6");
	free(screen(&t));
	type(&t, "\t");
	for (size_t i = 0; i < array_len(all); i++) {
		type(&t, "g");
		for (unsigned int k = 0; k < all[i].row; k++)
			type(&t, "j");
		for (size_t k = 0; k < array_len(all[i].shown); k++)
			assert_shows(&t, all[i].shown[k]);
	}
	made_app_deinit(&t);
}

/* With room for it, the loops around the innermost one, too. */
TEST(loops_around_a_loop_are_drawn)
{
	static const char *const shown[] = { "403823 ┌─▸mov", "403829 │    cmp", "40382c │┌──▸mov",
					     "403833 ││   test", "403836 │└───jne", "403838 │  call",
					     "403849 └──jne" };
	struct made_app t;

	made_app_init(&t, &usual, 140, 40, true);
	type(&t, "/memb\n6");
	free(screen(&t));
	type(&t, "\tgjjjjjjjjjjj");
	for (size_t i = 0; i < array_len(shown); i++)
		assert_shows(&t, shown[i]);
	made_app_deinit(&t);
}

/* Rows of jumps, with an instruction `x` behind each. */
static void assert_drawn(const struct code_jumps *j, bool utf8, unsigned int n, const char *expected)
{
	struct buf text = { 0 };
	struct grid g;

	grid_init(&g, 8, n, utf8);
	for (unsigned int y = 0; y < n; y++) {
		struct pen pen = pen_make(&g, y, 0, 8);

		code_jumps_put(j, &pen, j->first + y, 0);
		pen_to(&pen, j->lanes + 1);
		pen_put(&pen, STYLE_TEXT, "x");
		grid_row_text(&g, y, &text);
		buf_put_u8(&text, '\n');
	}
	buf_put_u8(&text, '\0');
	assert_string_equal((char *)text.data, expected);
	buf_deinit(&text);
	grid_deinit(&g);
}

TEST(jumps_that_cross_nest_or_leave_the_screen_can_be_told_apart)
{
	static const struct {
		struct code_jumps j;
		unsigned int n;
		const char *utf8, *ascii;
	} all[] = {
		{ { .v = { { 2, 1 }, { 3, 0 } }, .n = 2, .lanes = 3, .last = 3 }, 4,	/* nested */
		  " ┌─▸x\n │┌▸x\n │└─x\n └──x\n", " .->x\n |.>x\n |'-x\n '--x\n" },
		{ { .v = { { 2, 0 }, { 3, 1 } }, .n = 2, .lanes = 2, .last = 3 }, 4,	/* overlapping */
		  " ┌▸x\n┌┼▸x\n│└─x\n└──x\n", " .>x\n.+>x\n|'-x\n'--x\n" },
		{ { .v = { { 1, 0 }, { 2, 0 } }, .n = 2, .lanes = 2, .last = 2 }, 3,	/* one head */
		  "┌┬▸x\n│└─x\n└──x\n", ".+>x\n|'-x\n'--x\n" },
		{ { .v = { { 1, 4 }, { 3, 0 } }, .n = 2, .lanes = 2, .last = 4 }, 5,	/* forward, out */
		  "┌─▸x\n│┌─x\n││ x\n└┼─x\n └▸x\n", ".->x\n|.-x\n|| x\n'+-x\n '>x\n" },
		{ { .v = { { 1, 1 } }, .n = 1, .lanes = 1, .last = 2 }, 3,	/* to itself */
		  "  x\n─▸x\n  x\n", "  x\n->x\n  x\n" },
		{ { .v = { { 9, 2 } }, .n = 1, .lanes = 1, .first = 4, .last = 6 }, 3,
		  "▴ x\n│ x\n▾ x\n", ": x\n| x\n: x\n" },
		{ { .v = { { 5, 2 } }, .n = 1, .lanes = 1, .first = 4, .last = 6 }, 3,
		  "▴ x\n└─x\n  x\n", ": x\n'-x\n  x\n" },
	};

	for (size_t i = 0; i < array_len(all); i++) {
		assert_drawn(&all[i].j, true, all[i].n, all[i].utf8);
		assert_drawn(&all[i].j, false, all[i].n, all[i].ascii);
	}
}

TEST(enter_on_an_instruction_goes_where_it_goes)
{
	struct made_app t;
	const struct app_source *s = &t.app.source;

	open_source(&t, 100);
	type(&t, "\tgjjjjjj");
	assert_string_equal(instruction_text(&t, s->code_list.cursor), "je");
	app_key(&t.app, KEY_OF_ENTER);
	assert_string_equal(instruction_text(&t, s->code_list.cursor), "pop\t%rbx");
	app_key(&t.app, KEY_OF_ENTER);
	assert_shows(&t, "Enter goes where a jump goes");
	type(&t, "gjjjjjjjjjjjjjj");
	assert_string_equal(instruction_text(&t, s->code_list.cursor), "call");
	app_key(&t.app, KEY_OF_ENTER);
	assert_ptr_equal(t.app.view, &view_source);
	assert_string_equal(selected(&t), "build_report");
	free(screen(&t));
	type(&t, "<");
	free(screen(&t));
	assert_string_equal(instruction_text(&t, s->code_list.cursor), "call");
	type(&t, "j");		/* of write@plt */
	app_key(&t.app, KEY_OF_ENTER);
	assert_string_equal(selected(&t), "write");
	type(&t, "<");
	free(screen(&t));
	type(&t, "<");
	assert_string_equal(instruction_text(&t, s->code_list.cursor), "je");
	made_app_deinit(&t);
}

static void write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

/* The source of the fixture: each line says its number. */
static void map_source(struct made_app *t)
{
	_cleanup_(freep) char *here = getcwd(NULL, 0);
	struct buf text = { 0 };

	for (int i = 1; i <= 60; i++) {
		_cleanup_(freep) char *line = xasprintf("\tshop(%d);\n", i);

		buf_put(&text, line, strlen(line));
	}
	buf_put_u8(&text, '\0');
	write_file("shop.c", (const char *)text.data);
	buf_deinit(&text);
	assert_true(sources_map(&t->app.source.sources, "/src/shop", here));
}

/* What the list of instructions shows around the chosen one, from its address on. */
TEST(lines_stand_among_the_instructions)
{
	struct made_app t;
	const struct app_source *s = &t.app.source;

	open_source(&t, 80);
	map_source(&t);
	type(&t, "O");		/* the assembly comes with it */
	assert_true(s->in_code);
	type(&t, "g");
	assert_shows(&t, " 38    shop(38);");
	assert_shows(&t, "403810      endbr64");
	type(&t, "H");
	assert_shows(&t, "    41    shop(41);");
	assert_shows(&t, "    14  |   compare  list.h");	/* no text of that file is here */
	assert_shows(&t, "403829  |     cmp    %esi,%eax");
	assert_shows(&t, "; no text of list");
	assert_lacks(&t, "LINE");
	type(&t, "O");
	assert_shows(&t, "LINE");
	assert_lacks(&t, "shop(40)");
	assert_int_equal(s->n_code_rows, s->code.n);
	made_app_deinit(&t);
}

TEST(what_is_chosen_stays_where_it_is_when_lines_come)
{
	struct made_app t;
	const struct app_source *s = &t.app.source;
	uint32_t above;

	open_source(&t, 80);
	type(&t, "oG");
	free(screen(&t));
	assert_int_equal(s->code_list.cursor, 21);
	above = s->code_list.cursor - s->code_list.top;
	type(&t, "O");
	free(screen(&t));
	assert_int_equal(s->code_rows[s->code_list.cursor].number, 21);
	assert_int_equal(s->code_list.cursor - s->code_list.top, above);
	type(&t, "kO");
	free(screen(&t));
	assert_int_equal(s->code_list.cursor, 20);
	made_app_deinit(&t);
}

/* A line among the instructions is one to go to, and to search. */
TEST(enter_on_a_line_goes_to_it_in_the_source)
{
	struct made_app t;
	const struct app_source *s = &t.app.source;

	open_source(&t, 80);
	map_source(&t);
	type(&t, "Og/shop(41)\n");
	free(screen(&t));
	assert_int_equal(s->code_rows[s->code_list.cursor].is, CODE_LINE);
	app_key(&t.app, KEY_OF_ENTER);
	free(screen(&t));
	assert_false(s->in_code);
	assert_int_equal(line_at_cursor(&t), 41);
	type(&t, "<jjj");
	free(screen(&t));
	assert_true(s->in_code);
	assert_int_equal(s->code_rows[s->code_list.cursor].number,
			 s->code_rows[s->code_list.cursor + 1].number);
	assert_int_equal(s->code_rows[s->code_list.cursor].is, CODE_INLINED_LINE);
	app_key(&t.app, KEY_OF_ENTER);
	free(screen(&t));
	assert_string_equal(selected(&t), "compare");
	assert_false(s->in_code);
	assert_int_equal(line_at_cursor(&t), 14);
	type(&t, "<");
	free(screen(&t));
	assert_true(s->in_code);
	assert_int_equal(s->code_rows[s->code_list.cursor].number, 9);
	made_app_deinit(&t);
}

/* Where the pane is narrow, so that a line far to the right is seen, too. */
TEST(lines_begin_further_left_in_a_narrow_pane)
{
	_cleanup_(freep) char *here = getcwd(NULL, 0);
	struct buf text = { 0 };
	struct made_app t;

	for (int i = 1; i <= 60; i++) {
		_cleanup_(freep) char *line = xasprintf("%s%d();\n", i == 41 ? "\t\tdeep"
							: i == 40 ? "\tless" : "", i);

		buf_put(&text, line, strlen(line));
	}
	buf_put_u8(&text, '\0');
	write_file("shop.c", (const char *)text.data);
	buf_deinit(&text);
	open_source(&t, 100);
	assert_true(sources_map(&t.app.source.sources, "/src/shop", here));
	assert_shows(&t, "40 |    less40();  ");
	assert_shows(&t, "41 |       deep41();");
	assert_shows(&t, "42 | 42();  ");
	grid_resize(&t.grid, 250, 30);
	assert_shows(&t, "41 |         deep41();");
	made_app_deinit(&t);
}

/* A file of 60 lines in which membership() has those from 38 to 44. */
static void map_functions(struct made_app *t)
{
	_cleanup_(freep) char *here = getcwd(NULL, 0);
	struct buf text = { 0 };

	for (int i = 1; i <= 60; i++) {
		bool ends = i == 36 || i == 44;
		_cleanup_(freep) char *line = i == 37 || i == 45 ? xstrdup("\n")
			: xasprintf("%s%d\n", ends ? "} " : i == 38 || i == 46 ? "begin " : "\tx", i);

		buf_put(&text, line, strlen(line));
	}
	buf_put_u8(&text, '\0');
	write_file("shop.c", (const char *)text.data);
	buf_deinit(&text);
	assert_true(sources_map(&t->app.source.sources, "/src/shop", here));
}

static bool is_own_line(const struct app_source *s, uint32_t line)
{
	return source_is_own(s, source_row_at(s, (uint64_t)s->lines.v[0].file << 32 | line));
}

/* The file around a function fills the screen, and can be read on. */
TEST(a_function_stands_in_the_middle_of_its_file)
{
	struct made_app t;
	const struct app_source *s = &t.app.source;
	uint32_t first, last;

	made_app_init(&t, &usual, 100, 50, false);
	map_functions(&t);
	app_go(&t.app, &view_source,
	       function_of(&t, "membership(std::vector<int> const&, int)"));
	free(screen(&t));
	assert_int_equal(line_at_cursor(&t), 40);
	assert_true(is_own_line(s, 38) && is_own_line(s, 41) && is_own_line(s, 44));
	assert_false(is_own_line(s, 37) || is_own_line(s, 45) || is_own_line(s, 1));
	source_own_rows(s, &first, &last);
	assert_int_equal(s->rows[first].line, 38);
	assert_int_equal(s->n_rows, 60);
	assert_int_equal(s->list.top + s->list.height, 60);	/* no row is empty */
	assert_shows(&t, "begin 38");
	assert_shows(&t, "begin 46");
	assert_shows(&t, " x60 ");
	grid_resize(&t.grid, 100, 35);
	free(screen(&t));
	type(&t, "jH");
	assert_shows(&t, "the hottest; H again");
	free(screen(&t));
	assert_int_equal(s->list.top, first - (s->list.height - (last - first + 1)) / 2);
	type(&t, "g");
	assert_shows(&t, " x1 ");
	assert_lacks(&t, "begin 38");
	type(&t, "G");
	assert_shows(&t, " x60 ");
	made_app_deinit(&t);
}

/* The numbers of a long file's lines stand apart from what is beside them. */
TEST(long_files_have_room_for_their_numbers)
{
	_cleanup_(freep) char *here = getcwd(NULL, 0);
	struct buf text = { 0 };
	struct made_app t;

	for (int i = 1; i <= 100000; i++)
		buf_put(&text, "x\n", 2);
	buf_put_u8(&text, '\0');
	write_file("shop.c", (const char *)text.data);
	buf_deinit(&text);
	open_source(&t, 100);
	assert_shows(&t, " 198   40 |");
	assert_true(sources_map(&t.app.source.sources, "/src/shop", here));
	assert_shows(&t, " 198     40 | x");
	type(&t, "G");
	assert_shows(&t, "  100000 | x");
	made_app_deinit(&t);
}

/* Live, the text may come when somebody reads the numbers already. */
TEST(a_line_stays_chosen_when_its_text_comes)
{
	struct made_app t;
	const struct app_source *s = &t.app.source;

	open_source(&t, 100);
	type(&t, "j");
	free(screen(&t));
	assert_int_equal(line_at_cursor(&t), 41);
	map_functions(&t);
	free(screen(&t));
	assert_int_equal(line_at_cursor(&t), 41);
	assert_int_equal(s->rows[s->list.top + (s->list.height - 7) / 2].line, 38);
	type(&t, "jjkk");
	free(screen(&t));
	assert_int_equal(s->rows[s->list.top + (s->list.height - 7) / 2].line, 38);
	made_app_deinit(&t);
}

/* A wide screen has room for it; where there is no text, the tree has callers. */
TEST(the_source_is_beside_the_tree_and_the_callers)
{
	struct made_app t;
	const struct app_source *s = &t.app.source;

	made_app_init(&t, &usual, 200, 50, false);
	free(screen(&t));
	t.app.function = function_of(&t, "membership(std::vector<int> const&, int)");
	type(&t, "3");
	assert_shows(&t, "CALL TREE");
	assert_shows(&t, "CALLERS, CALLEES");
	assert_shows(&t, "- Trend ");
	type(&t, "4");
	assert_shows(&t, "shop.c is not on this machine");
	map_functions(&t);
	assert_shows(&t, "CALLERS, CALLEES");
	assert_shows(&t, "| begin 38");
	assert_shows(&t, "| begin 46");
	assert_shows(&t, ">  2.0 ");
	type(&t, "3jk");
	assert_string_equal(selected(&t), "membership(std::vector<int> const&, int)");
	assert_shows(&t, "| begin 38");
	assert_lacks(&t, "CALLERS, CALLEES");
	type(&t, "6");
	assert_shows(&t, "HERE%");
	assert_int_equal(line_at_cursor(&t), 40);
	assert_int_not_equal(s->list.top, s->list.cursor);
	grid_resize(&t.grid, 150, 50);
	type(&t, "3");
	assert_lacks(&t, "begin 38");
	made_app_deinit(&t);
}

/* Beside the instructions, lines without text have what they need, and no more. */
TEST(lines_without_text_leave_their_room_to_the_instructions)
{
	struct made_app t;

	open_source(&t, 140);
	assert_shows(&t, "HERE% +-95  SAMPLES   LINE ADDR");
	map_functions(&t);
	assert_shows(&t, "HERE% +-95    LINE ADDR");
	made_app_deinit(&t);
}

/* Of code without lines, and without instructions, it says so and changes nothing. */
TEST(lines_that_are_not_known_are_not_put_anywhere)
{
	struct made_app t;

	made_app_init(&t, &usual, 80, 30, false);
	app_go(&t.app, &view_source, function_of(&t, "ksys_write"));
	free(screen(&t));
	type(&t, "O");
	assert_shows(&t, "there is no assembly to put lines into");
	assert_false(t.app.source.mixed);
	t.app.session.state = APP_LIVE;		/* it may come */
	type(&t, "O");
	assert_shows(&t, "lines will stand among the instructions when these come");
	assert_true(t.app.source.mixed);
	made_app_deinit(&t);
}

TEST(assembly_is_shown_as_there_is_room)
{
	struct made_app t;

	open_source(&t, 80);
	assert_shows(&t, "TOTAL%");
	type(&t, "o");
	assert_shows(&t, "HERE%");
	assert_true(t.app.source.in_code);
	type(&t, "o");
	assert_shows(&t, "TOTAL%");
	made_app_deinit(&t);
	open_source(&t, 100);
	assert_shows(&t, "HERE%");
	type(&t, "\to");
	assert_shows(&t, "TOTAL%");
	assert_false(t.app.source.in_code);
	type(&t, "\t");
	assert_shows(&t, "the assembly is off: o shows it");
	grid_resize(&t.grid, 140, 30);
	assert_shows(&t, "HERE%");
	type(&t, "o");
	assert_shows(&t, "there is room for both");
	made_app_deinit(&t);
}

/* More data must not take away what somebody is looking at. */
TEST(asking_again_keeps_the_line_and_the_instruction)
{
	struct made_app t;

	open_source(&t, 140);
	type(&t, "gG");
	free(screen(&t));
	type(&t, "\tgj");
	free(screen(&t));
	model_ask(&t.model);
	free(screen(&t));
	assert_int_equal(t.app.source.code_list.cursor, 1);
	assert_int_equal(line_at_cursor(&t), 41);
	made_app_deinit(&t);
}

/* A key before anything was drawn of another function, with fewer instructions. */
TEST(keys_before_the_first_picture_do_no_harm)
{
	struct made_app t;

	open_source(&t, 140);
	type(&t, "\tG");
	for (uint32_t i = 0; i < t.app.n_order; i++) {
		app_go(&t.app, &view_source, t.app.order[i]);
		app_key(&t.app, KEY_OF_ENTER);
		t.app.view = &view_source;
		type(&t, "H\tHjko\t");
		if (i % 3 == 0)
			free(screen(&t));
	}
	made_app_deinit(&t);
}

TEST(code_that_is_not_there_says_why)
{
	static const struct { const char *function, *says; } cases[] = {
		{ "build_report", "this part of the function" },
		{ "ksys_write", "The code of the kernel is not read" },
		{ "fib", "it was made by an older" },
		{ "main", "it holds those of" },
	};
	struct made_app t;

	made_app_init(&t, &usual, 200, 30, false);
	for (size_t i = 0; i < array_len(cases); i++) {
		app_go(&t.app, &view_source, function_of(&t, cases[i].function));
		assert_shows(&t, cases[i].says);
	}
	made_app_deinit(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_source_stays_where_it_is),
		cmocka_unit_test(what_is_chosen_in_one_pane_is_marked_in_the_other),
		cmocka_unit_test(the_hottest_come_one_after_the_other),
		cmocka_unit_test(a_jump_is_drawn),
		cmocka_unit_test(loops_around_a_loop_are_drawn),
		cmocka_unit_test(jumps_that_cross_nest_or_leave_the_screen_can_be_told_apart),
		cmocka_unit_test(enter_on_an_instruction_goes_where_it_goes),
		cmocka_unit_test(lines_stand_among_the_instructions),
		cmocka_unit_test(what_is_chosen_stays_where_it_is_when_lines_come),
		cmocka_unit_test(enter_on_a_line_goes_to_it_in_the_source),
		cmocka_unit_test(lines_begin_further_left_in_a_narrow_pane),
		cmocka_unit_test(a_function_stands_in_the_middle_of_its_file),
		cmocka_unit_test(long_files_have_room_for_their_numbers),
		cmocka_unit_test(a_line_stays_chosen_when_its_text_comes),
		cmocka_unit_test(the_source_is_beside_the_tree_and_the_callers),
		cmocka_unit_test(lines_without_text_leave_their_room_to_the_instructions),
		cmocka_unit_test(lines_that_are_not_known_are_not_put_anywhere),
		cmocka_unit_test(assembly_is_shown_as_there_is_room),
		cmocka_unit_test(asking_again_keeps_the_line_and_the_instruction),
		cmocka_unit_test(keys_before_the_first_picture_do_no_harm),
		cmocka_unit_test(code_that_is_not_there_says_why),
	};

	return cmocka_run_group_tests(tests, made_app_setup, made_app_teardown);
}
