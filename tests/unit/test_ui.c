// SPDX-License-Identifier: Apache-2.0
/*
 * The user interface without a terminal: keys in, cells out.  Screens are golden
 * texts, looked at once; GENERATE=1 writes them anew.
 */
#include "tests/unit/test.h"

#include <dirent.h>
#include <locale.h>
#include <math.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/utf8.h"
#include "profile/filter.h"
#include "profile/profile_load.h"
#include "tests/unit/fixture.h"
#include "tests/unit/golden.h"
#include "ui/app.h"
#include "ui/dialog.h"
#include "ui/key.h"
#include "ui/palette.h"
#include "ui/pen.h"
#include "ui/place.h"
#include "ui/prompt.h"
#include "ui/text.h"
#include "ui/view.h"

/* An app that looks at a fixture. */
struct made_app {
	struct profile_load *load;
	struct model model;
	struct app app;
	struct grid grid;
};

static void made_app_init(struct made_app *t, const struct fixture_options *o,
			  unsigned int width, unsigned int height, bool utf8)
{
	const char *top = getenv("top_srcdir");

	t->load = fixture_load(o);
	model_init(&t->model, profile_load_profile(t->load));
	app_init(&t->app, &t->model);
	t->app.panel.lessons.folder = xasprintf("%s/lessons", top ? top : ".");
	grid_init(&t->grid, width, height, utf8);
}

static void made_app_deinit(struct made_app *t)
{
	grid_deinit(&t->grid);
	app_deinit(&t->app);
	model_deinit(&t->model);
	profile_load_close(t->load);
}

/* The screen as text; the caller frees it. */
static char *screen(struct made_app *t)
{
	struct buf b = { 0 };

	app_draw(&t->app, &t->grid);
	for (unsigned int y = 0; y < t->grid.height; y++) {
		grid_row_text(&t->grid, y, &b);
		buf_put_u8(&b, '\n');
	}
	buf_put_u8(&b, '\0');
	return (char *)b.data;
}

/* A line end is Enter, \033 Escape, \t Tab. */
static void type(struct made_app *t, const char *keys)
{
	for (; *keys; keys++)
		app_key(&t->app, *keys == '\n' ? KEY_OF_ENTER : *keys == '\033' ? KEY_OF_ESCAPE :
			*keys == '\t' ? KEY_OF_TAB : (uint32_t)*keys);
}

/* With what came of each key on the screen before the next. */
static void type_slowly(struct made_app *t, const char *keys)
{
	for (; *keys; keys++) {
		free(screen(t));
		type(t, (const char[]){ *keys, '\0' });
	}
}

static void assert_shows(struct made_app *t, const char *text)
{
	char *s = screen(t);

	if (!strstr(s, text))
		fail_msg("no \"%s\" in:\n%s", text, s);
	free(s);
}

static void assert_lacks(struct made_app *t, const char *text)
{
	char *s = screen(t);

	if (strstr(s, text))
		fail_msg("\"%s\" in:\n%s", text, s);
	free(s);
}

/* The name of the selected function. */
static const char *selected(const struct made_app *t)
{
	const struct profile *p = t->model.p;

	return profile_string(p, p->functions[t->app.function].name);
}

static const struct fixture_options usual = { .hidden = true };

/* ---- screens ---- */

TEST(screens_look_as_they_did)
{
	static const struct {
		const char *keys, *name;
		unsigned int width, height;
		bool utf8;
	} all[] = {
		{ "", "functions", 60, 15, false }, { "", "functions", 60, 15, true },
		{ "", "functions", 80, 24, false }, { "", "functions", 80, 24, true },
		{ "", "functions", 100, 30, false }, { "", "functions", 100, 30, true },
		{ "", "functions", 140, 40, true }, { "", "functions", 250, 70, true },
		{ "3", "tree", 80, 24, false }, { "3", "tree", 100, 30, true },
		{ "jt", "tree-selected", 100, 30, true }, { "3C", "tree-closed", 80, 24, true },
		{ "jc", "callers", 80, 24, false }, { "jjjc", "callers-built", 100, 30, true },
		{ "5", "flame", 60, 15, false }, { "5", "flame", 80, 24, false },
		{ "5", "flame", 100, 30, false }, { "5", "flame", 100, 30, true },
		{ "5", "flame", 140, 40, true }, { "5", "flame", 250, 70, true },
		{ "5i", "flame-inverted", 100, 30, true }, { "5r", "flame-raw", 100, 30, true },
		{ "a", "source", 80, 24, false }, { "ao", "assembly", 80, 24, false },
		{ "a", "source", 100, 30, false }, { "a", "source", 100, 30, true },
		{ "a\t", "assembly", 100, 30, true }, { "ao", "source-alone", 100, 30, true },
		{ "a", "source", 140, 40, true }, { "jjjja", "source-none", 100, 30, true },
		{ "jja", "source-kernel", 100, 30, true },
		{ "=", "quality", 80, 24, false }, { "=", "quality", 100, 30, true },
		{ "?", "help", 80, 24, false }, { "?", "help", 100, 30, true },
		{ "?G", "help-end", 80, 24, false }, { "?G", "help-end", 100, 30, true },
		{ "/fib", "search", 80, 24, false }, { "3/write", "search-tree", 100, 30, true },
		{ "\\re", "filter", 80, 24, false }, { "\\re", "filter", 100, 30, true },
		{ "\\re\n3", "filter-tree", 100, 30, false },
		{ "\\zzz", "filter-none", 80, 24, false },
		{ "R", "scope-empty", 80, 24, true },
		{ "w.,x", "scope-time", 100, 30, true },
		{ "jjjxK", "folded", 80, 24, false }, { "jjjxK3", "folded-tree", 100, 30, true },
		{ "jd", "module", 100, 30, true },
		{ "T", "dialog-threads", 80, 24, false }, { "T", "dialog-threads", 100, 30, true },
		{ "s", "dialog-sort", 80, 24, false }, { "S", "dialog-save", 100, 30, true },
		{ "y", "dialog-name", 80, 24, false },
		{ ":set th", "command", 80, 24, true }, { "#", "no-header", 80, 24, true },
		{ "!", "hints", 80, 24, false }, { "!", "hints", 100, 30, true },
		{ "L", "lesson-functions", 80, 24, false },
		{ "L", "lesson-functions", 100, 30, false },
		{ "L", "lesson-functions", 100, 30, true },
		{ "L", "lesson-functions", 140, 40, true },
		{ "L", "lesson-functions", 60, 15, false },
		{ "L\tn", "lesson-answer", 100, 30, true },
		{ "3L", "lesson-tree", 80, 24, false }, { "3L", "lesson-tree", 100, 30, false },
		{ "3L", "lesson-tree", 100, 30, true }, { "3L", "lesson-tree", 140, 40, true },
		{ "4L", "lesson-callers", 80, 24, false }, { "4L", "lesson-callers", 100, 30, false },
		{ "4L", "lesson-callers", 100, 30, true }, { "4L", "lesson-callers", 140, 40, true },
		{ "5L", "lesson-flame", 80, 24, false }, { "5L", "lesson-flame", 100, 30, true },
		{ "6L", "lesson-source", 80, 24, false }, { "6L", "lesson-source", 100, 30, false },
		{ "6L", "lesson-source", 100, 30, true }, { "6L", "lesson-source", 140, 40, true },
		{ "=L", "lesson-quality", 100, 30, true }, { "!L", "lesson-hints", 100, 30, true },
	};

	for (size_t i = 0; i < array_len(all); i++) {
		char *name = xasprintf("screen-%s-%ux%u%s", all[i].name, all[i].width,
				       all[i].height, all[i].utf8 ? "-utf8" : "");
		struct made_app t;
		char *text;

		made_app_init(&t, &usual, all[i].width, all[i].height, all[i].utf8);
		type_slowly(&t, all[i].keys);
		text = screen(&t);
		golden_compare(name, text);
		free(text);
		free(name);
		made_app_deinit(&t);
	}
}

/* Each view at each size, as text that a mail can carry and as a terminal shows it. */
TEST(every_view_at_every_size_looks_as_it_did)
{
	static const struct {
		const char *keys, *name;
	} view[] = {
		{ "2", "functions" }, { "3", "tree" }, { "4", "callers" }, { "5", "flame" },
		{ "6", "source" }, { "=", "quality" }, { "!", "hints" }, { "?", "help" },
	};
	static const struct {
		unsigned int width, height;
	} size[] = { { 80, 24 }, { 100, 30 }, { 140, 40 }, { 250, 70 } };

	for (size_t i = 0; i < array_len(view) * array_len(size) * 2; i++) {
		unsigned int width = size[i / 2 % 4].width, height = size[i / 2 % 4].height;
		_cleanup_(freep) char *name = xasprintf("view-%s-%ux%u%s", view[i / 8].name, width,
							height, i & 1 ? "-utf8" : "");
		_cleanup_(freep) char *text = NULL;
		struct made_app t;

		made_app_init(&t, &usual, width, height, i & 1);
		type_slowly(&t, view[i / 8].keys);
		text = screen(&t);
		golden_compare(name, text);
		made_app_deinit(&t);
	}
}

/* Nothing is drawn beyond ASCII then, and no line is too long anyway. */
TEST(ascii_screens_are_ascii)
{
	static const char *const keys[] = { "", "=", "?", "s", "stI", "5", "5i", "T", "/fib",
					    "\\a", "3C/w", "!", "L", "!L" };

	for (size_t i = 0; i < array_len(keys); i++) {
		struct made_app t;
		char *text;

		made_app_init(&t, &usual, 90, 26, false);
		t.grid.fills = i & 1;
		type(&t, keys[i]);
		text = screen(&t);
		for (const char *s = text; *s; s++)
			assert_true(*s == '\n' || (*s >= ' ' && *s <= '~'));
		free(text);
		made_app_deinit(&t);
	}
}

TEST(a_screen_that_is_too_small_says_so_and_comes_back)
{
	struct made_app t;
	char *before, *after;

	made_app_init(&t, &usual, 100, 30, true);
	type(&t, "jj");
	before = screen(&t);
	grid_resize(&t.grid, 50, 10);
	assert_shows(&t, "50x10; cprofd needs 60x15");
	grid_resize(&t.grid, 1, 1);
	free(screen(&t));
	grid_resize(&t.grid, 100, 30);
	after = screen(&t);
	assert_string_equal(before, after);
	free(before);
	free(after);
	made_app_deinit(&t);
}

/* ---- keys ---- */

TEST(the_selection_moves_and_stays_among_the_rows)
{
	struct made_app t;
	char *first;

	made_app_init(&t, &usual, 80, 24, false);
	free(screen(&t));
	first = xstrdup(selected(&t));
	type(&t, "jjjkk");
	assert_int_equal(t.app.functions.cursor, 1);
	assert_string_not_equal(selected(&t), first);
	type(&t, "kkkkkk");
	assert_string_equal(selected(&t), first);
	type(&t, "G");
	assert_int_equal(t.app.functions.cursor, t.app.n_order - 1);
	app_key(&t.app, KEY_OF_PAGE_DOWN);
	assert_int_equal(t.app.functions.cursor, t.app.n_order - 1);
	assert_shows(&t, ">");
	type(&t, "g");
	assert_string_equal(selected(&t), first);
	free(first);
	made_app_deinit(&t);
}

/* Sorting keeps the selected function, wherever its row goes. */
TEST(sorting_keeps_the_selection)
{
	struct made_app t;
	char *name;
	uint64_t last = UINT64_MAX;

	made_app_init(&t, &usual, 100, 30, false);
	free(screen(&t));
	type(&t, "j");
	name = xstrdup(selected(&t));
	type(&t, "st");
	assert_shows(&t, "TOTAL%v");
	assert_string_equal(selected(&t), name);
	for (uint32_t i = 0; i < t.app.n_order; i++) {
		uint64_t total = t.model.sum.functions[t.app.order[i]].total.weight_ns;

		assert_true(total <= last);
		last = total;
	}
	type(&t, "sj\n");
	assert_shows(&t, "FUNCTIONv");
	for (uint32_t i = 1; i < t.app.n_order; i++) {
		const struct profile_function *f = t.model.p->functions;

		assert_true(strcmp(profile_string(t.model.p, f[t.app.order[i - 1]].name),
				   profile_string(t.model.p, f[t.app.order[i]].name)) <= 0);
	}
	type(&t, "I");
	assert_string_equal(selected(&t), name);
	assert_int_equal(t.app.order[t.app.functions.cursor], t.app.function);
	free(name);
	made_app_deinit(&t);
}

/* ---- source and assembly ---- */

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
	assert_shows(&t, ">                40 403817");	/* no sample on it, but of the line */
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
	assert_ptr_equal(t.app.view, &view_callers);
	assert_string_equal(selected(&t), "build_report");
	type(&t, "<");
	free(screen(&t));
	assert_ptr_equal(t.app.view, &view_source);
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

/* ---- trees ---- */

/* Rows of the tree that are shown. */
static uint32_t n_shown(struct made_app *t)
{
	free(screen(t));
	return t->app.tree.n_shown;
}

TEST(nodes_of_the_tree_close_and_open)
{
	struct made_app t;
	uint32_t all, at;

	made_app_init(&t, &usual, 100, 30, false);
	type(&t, "3");
	all = n_shown(&t);
	assert_int_equal(all, t.app.tree.rows.n);
	type(&t, "gj");
	at = t.app.tree.list.cursor;
	type(&t, "h");		/* closes it, */
	assert_true(n_shown(&t) < all);
	assert_int_equal(t.app.tree.list.cursor, at);
	type(&t, "h");		/* goes to the one above, */
	assert_int_equal(t.app.tree.list.cursor, 0);
	type(&t, "jl");		/* opens it, */
	assert_int_equal(n_shown(&t), all);
	type(&t, "l");		/* and goes down */
	assert_int_equal(t.app.tree.list.cursor, at + 1);
	type(&t, "C");
	for (uint32_t i = 1, n = n_shown(&t); i < n; i++)
		assert_int_equal(t.app.tree.rows.v[t.app.tree.shown[i]].depth, 1);
	type(&t, "E");
	assert_int_equal(n_shown(&t), all);
	made_app_deinit(&t);
}

/* The first rows on either side of a function add up to it. */
TEST(callers_and_callees_add_up)
{
	struct made_app t;

	made_app_init(&t, &usual, 100, 30, false);
	free(screen(&t));
	for (uint32_t i = 0; i < t.app.n_order; i++) {
		uint64_t above = 0, below = 0;
		const struct app_callers *c = &t.app.callers;

		type(&t, "c");
		free(screen(&t));
		for (uint32_t k = 0; k < c->n_rows; k++) {
			const struct app_callers_row *r = &c->rows[k];
			bool first = (r->kind == CALLERS_FUNCTION && r->depth == 1) ||
				     r->kind == CALLERS_NOBODY || r->kind == CALLERS_SELF;

			*(k < c->middle ? &above : &below) += first ? r->sum.count : 0;
		}
		assert_int_equal(above, c->b.total.count);
		assert_int_equal(below, c->b.total.count);
		type(&t, "<j");
	}
	made_app_deinit(&t);
}

TEST(enter_goes_from_caller_to_caller_and_back)
{
	struct made_app t;
	uint32_t first, second;

	made_app_init(&t, &usual, 100, 30, false);
	free(screen(&t));
	first = t.app.function;
	app_key(&t.app, KEY_OF_ENTER);
	free(screen(&t));
	assert_ptr_equal(t.app.view, &view_callers);
	assert_int_equal(t.app.function, first);
	app_key(&t.app, KEY_OF_ENTER);		/* itself: nowhere to go */
	assert_shows(&t, "Enter goes to a function");
	type(&t, "g");
	second = t.app.callers.rows[0].function;
	assert_int_not_equal(second, first);
	app_key(&t.app, KEY_OF_ENTER);
	free(screen(&t));
	assert_int_equal(t.app.function, second);
	assert_int_equal(t.app.callers.function, second);
	type(&t, "<");
	free(screen(&t));
	assert_int_equal(t.app.callers.function, first);
	type(&t, "<");
	assert_ptr_equal(t.app.view, &view_functions);
	assert_int_equal(t.app.function, first);
	made_app_deinit(&t);
}

/* Under every row its own samples and the rows below add up to its total. */
TEST(the_tree_adds_up)
{
	struct made_app t;

	made_app_init(&t, &usual, 100, 30, false);
	type(&t, "3");
	free(screen(&t));
	for (uint32_t i = 0; i < t.app.tree.rows.n; i++) {
		const struct tree_row *v = t.app.tree.rows.v;
		uint64_t sum = v[i].self.count;

		if (v[i].kind != TREE_ROW_NODE)
			continue;
		for (uint32_t k = i + 1; k < t.app.tree.rows.n && v[k].depth > v[i].depth; k++)
			sum += v[k].depth == v[i].depth + 1 ? v[k].total.count : 0;
		assert_int_equal(sum, v[i].total.count);
	}
	made_app_deinit(&t);
}

/* ---- the flame graph ---- */

static const struct flame_box *flame_chosen(const struct made_app *t)
{
	return &t->app.flame.f.v[t->app.flame.cursor];
}

/* The name of the box that is chosen. */
static const char *flame_name(const struct made_app *t)
{
	const struct profile *p = t->model.p;
	uint32_t function = flame_chosen(t)->function;

	return function == RECORD_NONE ? "" : profile_string(p, p->functions[function].name);
}

TEST(boxes_are_walked_from_parent_to_child_and_sibling)
{
	struct made_app t;
	const struct flame_box *box;

	made_app_init(&t, &usual, 100, 30, false);
	type(&t, "5g");
	assert_int_equal(flame_chosen(&t)->kind, FLAME_ALL);
	type(&t, "k");
	assert_int_equal(t.app.flame.cursor, 0);
	type(&t, "jj");
	assert_string_equal(flame_name(&t), "handle_order");
	assert_string_equal(selected(&t), "handle_order");
	type(&t, "j");
	box = flame_chosen(&t);
	type(&t, "l");
	assert_string_equal(flame_name(&t), "build_report");
	assert_int_equal(flame_chosen(&t)->depth, box->depth);
	assert_int_equal(flame_chosen(&t)->column, box->column + box->width);
	type(&t, "h");
	assert_ptr_equal(flame_chosen(&t), box);
	type(&t, "hhhh");
	assert_int_equal(flame_chosen(&t)->depth, box->depth);
	type(&t, "H");
	assert_string_equal(flame_name(&t), "compare");
	type(&t, "gG");		/* the end of the heaviest path */
	assert_string_equal(flame_name(&t), "compare");
	type(&t, "k");
	free(screen(&t));	/* now it is known how long a page is */
	app_key(&t.app, KEY_OF_PAGE_UP);
	assert_int_equal(t.app.flame.cursor, 0);
	made_app_deinit(&t);
}

TEST(zooming_goes_in_and_out_again)
{
	struct made_app t;
	char *all, *fib;
	uint64_t share;

	made_app_init(&t, &usual, 100, 30, false);
	type(&t, "5");
	free(screen(&t));
	type(&t, "gjj");
	all = screen(&t);
	app_key(&t.app, KEY_OF_ENTER);
	share = flame_chosen(&t)->total.weight_ns;
	assert_shows(&t, "zoomed in on 72.8%");
	assert_string_equal(flame_name(&t), "handle_order");
	assert_int_equal(flame_chosen(&t)->width, 98);
	assert_int_equal(flame_chosen(&t)->total.weight_ns, share);
	app_key(&t.app, KEY_OF_ENTER);
	assert_shows(&t, "this is all there is here");
	type(&t, "jll");
	assert_string_equal(flame_name(&t), "fib");
	app_key(&t.app, KEY_OF_ENTER);
	fib = screen(&t);
	assert_shows(&t, "zoomed in on 17.1%");
	app_key(&t.app, KEY_OF_ESCAPE);
	assert_shows(&t, "zoomed in on 72.8%");
	assert_string_equal(flame_name(&t), "fib");
	app_key(&t.app, KEY_OF_ENTER);
	model_ask(&t.model);		/* the picture stays when there is more data */
	free(screen(&t));
	assert_string_equal(flame_name(&t), "fib");
	char *again = screen(&t);
	assert_string_equal(fib, again);
	type(&t, "<<k");
	free(again);
	again = screen(&t);
	assert_string_equal(all, again);
	app_key(&t.app, KEY_OF_ESCAPE);		/* is nowhere to go to, */
	assert_ptr_equal(t.app.view, &view_flame);
	type(&t, "<");				/* but this is */
	assert_ptr_equal(t.app.view, &view_functions);
	free(again);
	free(all);
	free(fib);
	made_app_deinit(&t);
}

/* Of another scope there may be less. */
TEST(what_is_gone_is_not_zoomed_in_on)
{
	static const uint32_t worker = 1;
	struct made_app t;

	made_app_init(&t, &usual, 100, 30, false);
	type(&t, "5gjj");
	app_key(&t.app, KEY_OF_ENTER);
	assert_shows(&t, "zoomed in on");
	t.model.scope = (struct selection){ .threads = &worker, .n_threads = 1 };
	model_ask(&t.model);
	assert_shows(&t, "not zoomed");
	assert_int_equal(flame_chosen(&t)->kind, FLAME_ALL);
	t.model.scope = (struct selection){ .from_ns = 1, .to_ns = 2 };
	model_ask(&t.model);
	assert_shows(&t, "No CPU samples: there is nothing to draw.");
	type(&t, "jkhlirH");
	t.model.scope = (struct selection){ 0 };
	model_ask(&t.model);
	assert_shows(&t, ">N handle_order");
	made_app_deinit(&t);
}

/* Coming with a function leads to its widest box, however narrow that is. */
TEST(the_flame_graph_finds_the_selected_function)
{
	struct made_app t;

	made_app_init(&t, &usual, 60, 15, false);
	free(screen(&t));
	for (uint32_t i = 0; i < t.app.n_order; i++) {
		uint32_t function = t.app.order[i];

		app_go(&t.app, &view_flame, function);
		free(screen(&t));
		assert_int_equal(flame_chosen(&t)->function, function);
		assert_int_equal(t.app.function, function);
		for (uint32_t k = 1; k < t.app.flame.f.n; k++)
			assert_true(t.app.flame.f.v[k].function != function ||
				    t.app.flame.f.v[k].total.weight_ns <=
				    flame_chosen(&t)->total.weight_ns);
		type(&t, "<");
		if (t.app.view != &view_functions)
			type(&t, "<");		/* it was zoomed in on */
		assert_ptr_equal(t.app.view, &view_functions);
	}
	made_app_deinit(&t);
}

TEST(the_trail_leads_back_to_the_same_boxes)
{
	struct made_app t;
	char *zoomed, *again;

	made_app_init(&t, &usual, 100, 30, false);
	type(&t, "j5gjj");
	app_key(&t.app, KEY_OF_ENTER);
	type(&t, "jll");
	zoomed = screen(&t);
	type(&t, "cat");
	free(screen(&t));
	type(&t, "<<<");
	assert_ptr_equal(t.app.view, &view_flame);
	again = screen(&t);
	assert_string_equal(zoomed, again);
	free(zoomed);
	free(again);
	made_app_deinit(&t);
}

TEST(boxes_can_be_inverted_and_unfolded)
{
	struct made_app t;

	made_app_init(&t, &usual, 100, 30, false);
	free(screen(&t));
	type(&t, "5i");
	assert_shows(&t, "callers below");
	assert_int_equal(flame_chosen(&t)->depth, 1);
	assert_string_equal(flame_name(&t), "compare");
	type(&t, "jj");
	assert_string_equal(flame_name(&t), "handle_order");
	type(&t, "i");			/* stays with the function */
	assert_string_equal(flame_name(&t), "handle_order");
	type(&t, "jll");
	assert_int_equal(flame_chosen(&t)->n, 15);
	app_key(&t.app, KEY_OF_ENTER);
	type(&t, "r");
	assert_shows(&t, "recursion unfolded");
	assert_int_equal(t.app.flame.f.n_rows, 15);
	type(&t, "jjjr");
	assert_shows(&t, "recursion folded");
	assert_string_equal(flame_name(&t), "fib");
	assert_int_equal(t.app.flame.zoom.n, 3);
	made_app_deinit(&t);
}

/* The chosen box is on the screen, and what is not is said. */
TEST(deep_boxes_scroll)
{
	struct made_app t;

	made_app_init(&t, &usual, 60, 15, false);
	type(&t, "5rg");
	assert_shows(&t, ">all");
	assert_shows(&t, "0 rows above, 11 below");
	type(&t, "jjjll");
	for (int i = 0; i < 20; i++)
		type(&t, "j");
	assert_shows(&t, "11 rows above, 0 below");
	assert_shows(&t, ">N fib");
	made_app_deinit(&t);
}

/* A box that is too narrow for some time is chosen again afterwards. */
TEST(a_narrow_screen_forgets_no_box)
{
	struct made_app t;
	char *before, *after;

	made_app_init(&t, &usual, 250, 70, false);
	free(screen(&t));
	for (uint32_t i = 0; i < t.app.n_order; i++) {
		app_go(&t.app, &view_flame, t.app.order[i]);
		before = screen(&t);
		grid_resize(&t.grid, 60, 24);
		free(screen(&t));
		grid_resize(&t.grid, 250, 70);
		after = screen(&t);
		assert_string_equal(before, after);
		free(before);
		free(after);
	}
	made_app_deinit(&t);
}

/* Filled boxes have two rows where all of them fit so, and black text on a fill. */
TEST(filled_boxes_are_tiles)
{
	struct made_app t;
	const struct cell *c;

	made_app_init(&t, &usual, 100, 36, true);
	t.grid.fills = t.grid.two_tones = true;
	type(&t, "5");
	app_draw(&t.app, &t.grid);
	assert_string_equal(grid_at(&t.grid, 4, 1)->text, "▏");
	assert_string_equal(grid_at(&t.grid, 6, 2)->text, "m");
	assert_string_equal(grid_at(&t.grid, 7, 2)->text, "7");	/* 72.8% */
	for (unsigned int y = 4; y < 24; y++)
		for (unsigned int x = 0; x < t.grid.width; x++) {
			c = grid_at(&t.grid, y, x);
			assert_int_equal(c->style.fg == INK_BLACK, c->style.bg != INK_DEFAULT);
			if (c->style.bg != INK_DEFAULT)
				assert_true(c->style.bg >= INK_PYTHON);
		}
	c = grid_at(&t.grid, 4, 1);
	assert_int_equal(c->style.bg, INK_UNKNOWN_QUIET);
	assert_int_equal(grid_at(&t.grid, 6, 1)->style.bg, INK_NATIVE_QUIET);
	assert_false(grid_at(&t.grid, 6, 9)->style.attrs & ATTR_UNDERLINE);
	assert_true(grid_at(&t.grid, 7, 9)->style.attrs & ATTR_UNDERLINE);
	type(&t, "gj");
	app_draw(&t.app, &t.grid);
	assert_int_equal(grid_at(&t.grid, 6, 1)->style.attrs, ATTR_REVERSE | ATTR_BOLD);
	made_app_deinit(&t);
}

TEST(one_selection_goes_through_all_views)
{
	struct made_app t;
	char *name;

	made_app_init(&t, &usual, 100, 30, false);
	free(screen(&t));
	type(&t, "jj");
	name = xstrdup(selected(&t));
	type(&t, "t");
	free(screen(&t));
	assert_string_equal(selected(&t), name);
	type(&t, "jjjj2");
	free(screen(&t));
	assert_int_equal(t.app.order[t.app.functions.cursor], t.app.function);
	free(name);
	made_app_deinit(&t);
}

TEST(pages_close_to_where_one_was)
{
	struct made_app t;
	uint32_t function;

	made_app_init(&t, &usual, 80, 24, false);
	free(screen(&t));
	type(&t, "jj");
	function = t.app.function;
	type(&t, "=?");
	assert_ptr_equal(t.app.view, &view_help);
	type(&t, "q");
	assert_ptr_equal(t.app.view, &view_quality);
	assert_false(t.app.asked_quit);
	app_key(&t.app, KEY_OF_BACKSPACE);
	assert_ptr_equal(t.app.view, &view_functions);
	assert_int_equal(t.app.function, function);
	assert_shows(&t, ">");
	type(&t, "q");
	assert_true(t.app.asked_quit);
	made_app_deinit(&t);
}

/* The trail forgets the oldest, and nothing else happens. */
TEST(the_trail_is_as_long_as_it_is)
{
	struct made_app t;

	made_app_init(&t, &usual, 80, 24, false);
	for (int i = 0; i < 2 * APP_TRAIL; i++)
		type(&t, "=2");
	assert_int_equal(t.app.n_trail, APP_TRAIL);
	for (int i = 0; i < 2 * APP_TRAIL; i++)
		app_key(&t.app, '<');
	assert_int_equal(t.app.n_trail, 0);
	made_app_deinit(&t);
}

TEST(a_page_scrolls_to_its_end_and_no_further)
{
	struct made_app t;

	made_app_init(&t, &usual, 60, 15, false);
	type(&t, "?");
	assert_shows(&t, "MOVE");
	type(&t, "G");
	assert_shows(&t, "what calls it.");
	type(&t, "jjjjj");
	assert_shows(&t, "what calls it.");
	grid_resize(&t.grid, 120, 80);
	assert_shows(&t, "MOVE");	/* there is room for all of it now */
	made_app_deinit(&t);
}

static bool does_something(const struct view *view, uint32_t key)
{
	struct made_app t;
	bool does;

	made_app_init(&t, &usual, 80, 24, false);
	app_go(&t.app, view, t.app.function);
	free(screen(&t));
	app_key(&t.app, key);
	does = !t.app.message || !strstr(t.app.message, "does nothing");
	made_app_deinit(&t);
	return does;
}

TEST(every_key_that_is_listed_does_something)
{
	for (size_t i = 0; i < n_action_rows; i++)
		for (int k = 0; k < ACTION_KEYS && action_rows[i].keys[k]; k++) {
			uint32_t key = action_rows[i].keys[k];
			bool done = false;

			assert_int_equal(action_of_key(key), action_rows[i].action);
			for (size_t v = 0; views[v]; v++)
				done |= !views[v]->coming && does_something(views[v], key);
			if (!done)
				fail_msg("%s does nothing", action_rows[i].label);
		}
}

/* A click on the first character of a text that is on the screen and can be clicked on. */
static void click(struct made_app *t, const char *text)
{
	for (unsigned int y = 0; y < t->grid.height; y++) {
		struct buf row = { 0 };
		struct spot spot = { 0 };
		const char *found;

		grid_row_text(&t->grid, y, &row);
		buf_put_u8(&row, '\0');
		found = strstr((const char *)row.data, text);
		if (found)
			spot = grid_at(&t->grid, y, (unsigned int)(found - (const char *)row.data))->spot;
		buf_deinit(&row);
		if (spot.kind) {
			app_click(&t->app, spot);
			free(screen(t));
			return;
		}
	}
	fail_msg("nothing to click on: \"%s\"", text);
}

TEST(what_is_drawn_can_be_clicked_on)
{
	struct made_app t;

	made_app_init(&t, &usual, 140, 40, false);
	assert_shows(&t, "build_report");
	click(&t, "build_report");
	assert_string_equal(selected(&t), "build_report");
	assert_ptr_equal(t.app.view, &view_functions);
	click(&t, "build_report");
	assert_ptr_equal(t.app.view, &view_callers);
	click(&t, "3 Tree");
	assert_ptr_equal(t.app.view, &view_tree);
	click(&t, "handle_order");
	assert_string_equal(selected(&t), "handle_order");
	click(&t, "5 Flame");
	click(&t, "[N fib");
	assert_string_equal(selected(&t), "fib");
	click(&t, ">N fib");
	assert_true(t.app.flame.zoom.n > 0);
	click(&t, "? help");
	assert_ptr_equal(t.app.view, &view_help);
	click(&t, "q close");
	assert_ptr_equal(t.app.view, &view_flame);
	click(&t, "6 Source");
	click(&t, " 1,779");
	assert_int_equal(t.app.source.list.cursor, 1);
	click(&t, "2 Functions");
	type(&t, "gs");
	assert_shows(&t, "Sort by");
	click(&t, "4 Callers");	/* nothing but the dialog takes clicks */
	assert_ptr_equal(t.app.view, &view_functions);
	click(&t, "t TOTAL%");
	assert_shows(&t, "Sort by");
	click(&t, "t TOTAL%");
	assert_lacks(&t, "Sort by");
	assert_shows(&t, "TOTAL%v");
	type(&t, "g");
	app_key(&t.app, KEY_OF_WHEEL_DOWN);
	assert_int_equal(t.app.functions.cursor, 3);
	app_key(&t.app, KEY_OF_WHEEL_UP);
	assert_int_equal(t.app.functions.cursor, 0);
	app_click(&t.app, (struct spot){ SPOT_NONE, 7 });
	app_click(&t.app, (struct spot){ SPOT_ROW, 1u << 29 });
	made_app_deinit(&t);
}

TEST(what_is_coming_and_what_is_no_key_is_said)
{
	struct made_app t;

	made_app_init(&t, &usual, 80, 24, false);
	type(&t, "1");
	assert_shows(&t, "the overview: coming with a later version");
	type(&t, "z");
	assert_shows(&t, "z does nothing here; ? lists the keys");
	app_key(&t.app, KEY_OF_F9);
	assert_shows(&t, "this key does nothing here; ? lists the keys");
	type(&t, "j");
	assert_null(t.app.message);
	made_app_deinit(&t);
}

TEST(any_keys_at_any_size_do_no_harm)
{
	struct made_app t;

	srand(7);
	made_app_init(&t, &usual, 80, 24, true);
	t.app.session.target = xstrdup("4242 shop");
	for (int i = 0; i < 10000; i++) {
		t.app.session.state = (enum app_state)(rand() % 4);
		t.app.session.now_ns += (uint64_t)rand() % NS_PER_S;
		if (rand() % 10 == 0)
			grid_resize(&t.grid, (unsigned int)rand() % 260, (unsigned int)rand() % 80);
		t.grid.fills = rand() % 2;
		if (rand() % 50 == 0)
			model_ask(&t.model);	/* there may be more data */
		app_key(&t.app, rand() % 4 ? (uint32_t)rand() % 128
					   : KEY_OF_RESIZE + (uint32_t)rand() % 24);
		t.app.asked_quit = false;
		free(screen(&t));
	}
	made_app_deinit(&t);
}

/* ---- a session that goes on ---- */

static uint32_t two_sessions(void *ctx, const struct session_row **rows)
{
	static const struct session_row all[] = {
		{ .pid = 4242, .program = "shop", .state = "live", .since = "2026-01-22 14:02",
		  .elapsed_ns = 30 * NS_PER_S, .n_samples = 8000, .bytes = 1300000, .here = true },
		{ .pid = 77, .program = "ev\033[2Jil", .state = "ended", .since = "2026-01-21 09:30",
		  .elapsed_ns = 3700 * NS_PER_S, .n_samples = 1234567, .bytes = 9 },
	};

	(void)ctx;
	*rows = all;
	return array_len(all);
}

static const struct app_live no_requests = { .sessions = two_sessions };

static void made_live_init(struct made_app *t, unsigned int width, unsigned int height, bool utf8)
{
	made_app_init(t, &usual, width, height, utf8);
	t->app.live = &no_requests;
	t->app.session.state = APP_LIVE;
	t->app.session.target = xstrdup("4242 shop");
	t->app.session.now_ns = 100 * NS_PER_S;
	t->app.session.n_known = 8000;
}

static void check_screen(struct made_app *t, const char *name)
{
	_cleanup_(freep) char *golden = xasprintf("screen-%s", name), *text = screen(t);

	golden_compare(golden, text);
}

TEST(live_screens_look_as_they_did)
{
	struct made_app t;

	made_live_init(&t, 100, 30, true);
	type(&t, "q");
	check_screen(&t, "leave-100x30-utf8");
	type(&t, "\033:sessions\n");
	check_screen(&t, "sessions-100x30-utf8");
	made_app_deinit(&t);
	made_live_init(&t, 80, 24, false);
	type(&t, "j");
	check_screen(&t, "held-80x24");
	type(&t, ":sessions\n");
	check_screen(&t, "sessions-80x24");
	made_app_deinit(&t);
}

/* Each state has its word, whatever else has to go for it. */
TEST(the_header_says_how_the_session_stands)
{
	struct made_app t;

	made_live_init(&t, 60, 15, false);
	assert_shows(&t, "LIVE");
	type(&t, "j");
	assert_shows(&t, "HELD");
	t.app.session.now_ns += 4 * NS_PER_S;
	assert_lacks(&t, "HELD");
	type(&t, "p");
	t.app.session.now_ns += 12 * NS_PER_S;
	t.app.session.n_known += 2388;
	assert_shows(&t, "PAUSED 12s +2,388 smp");
	assert_shows(&t, " lost 100");	/* what is never left out */
	grid_resize(&t.grid, 80, 24);
	assert_shows(&t, "PAUSED 12s +2,388 smp waiting");
	assert_shows(&t, " lost 100");
	type(&t, "p");
	assert_lacks(&t, "PAUSED");
	t.app.session.state = APP_STALE;
	t.app.session.stale_ns = t.app.session.now_ns - 6 * NS_PER_S;
	t.app.session.n_tries = 3;
	assert_shows(&t, "STALE 6s reconnecting (3)");
	t.app.session.state = APP_ENDED;
	assert_shows(&t, "ENDED");
	made_app_deinit(&t);
}

/* New numbers come, rows stay where they are; then they are sorted again. */
TEST(rows_keep_their_places_while_somebody_reads)
{
	uint32_t first, second;
	struct made_app t;

	made_live_init(&t, 100, 30, false);
	free(screen(&t));
	first = t.app.order[0];
	second = t.app.order[1];
	type(&t, "j");
	t.model.order[0] = second;	/* as if it had overtaken */
	t.model.order[1] = first;
	t.model.n_asked++;
	free(screen(&t));
	assert_int_equal(t.app.order[0], first);
	t.app.session.now_ns += 4 * NS_PER_S;
	t.model.n_asked++;
	free(screen(&t));
	assert_int_equal(t.app.order[0], second);
	assert_int_equal(t.app.function, second);
	made_app_deinit(&t);
}

/* What is hottest at first may not stay so; a key says that one is meant. */
TEST(the_hottest_function_is_selected_until_a_key)
{
	struct made_app t;

	made_live_init(&t, 100, 30, false);
	t.app.session.untouched = true;
	t.app.function = t.model.order[3];
	app_session_refresh(&t.app);
	assert_int_equal(t.app.function, t.model.order[0]);
	type(&t, "j");
	app_session_refresh(&t.app);
	assert_int_equal(t.app.function, t.model.order[1]);
	made_app_deinit(&t);
}

/* Every second there is more data: the row that was gone to stays chosen. */
TEST(the_chosen_row_stays_when_data_come)
{
	static const char *const keys[] = { "3jjj", "3Gk", "4kk", "4jj", "6jj" };

	for (size_t i = 0; i < array_len(keys); i++) {
		char *before, *after;
		struct made_app t;

		made_live_init(&t, 100, 30, false);
		type_slowly(&t, keys[i]);
		before = screen(&t);
		model_ask(&t.model);
		after = screen(&t);
		assert_string_equal(before, after);
		free(before);
		free(after);
		made_app_deinit(&t);
	}
}

TEST(a_session_is_left_as_was_chosen)
{
	struct made_app t;

	made_live_init(&t, 80, 24, false);
	free(screen(&t));
	type(&t, "q");
	assert_shows(&t, "is still being recorded (00:30)");
	type(&t, "\033");
	assert_lacks(&t, "is still being recorded");
	assert_false(t.app.asked_quit);
	type(&t, "qx");
	assert_true(t.app.asked_quit);
	assert_int_equal(t.app.session.leave, LEAVE_DISCARD);
	t.app.asked_quit = false;
	type(&t, "D");
	assert_true(t.app.asked_quit);
	assert_int_equal(t.app.session.leave, LEAVE_DETACH);
	t.app.asked_quit = false;
	type(&t, ":sessions\nj\n");
	assert_true(t.app.asked_quit);
	assert_int_equal(t.app.session.join, 2);
	t.app.asked_quit = false;
	t.app.session.state = APP_ENDED;	/* nothing is lost */
	type(&t, "2q");
	assert_true(t.app.asked_quit);
	made_app_deinit(&t);

	made_app_init(&t, &usual, 80, 24, false);
	type(&t, "p");
	assert_shows(&t, "nothing moves");
	type(&t, "D");
	assert_shows(&t, "nothing to detach from");
	type(&t, ":mark here\n");
	assert_shows(&t, "this is a recording");
	made_app_deinit(&t);
}

/* Where somebody was is found again; text that says nonsense leads nowhere. */
TEST(a_place_is_come_back_to)
{
	struct buf text = { 0 };
	struct made_app t;

	made_live_init(&t, 80, 24, false);
	free(screen(&t));
	type(&t, "jj4");
	place_write(&t.app, &text);
	made_app_deinit(&t);
	made_live_init(&t, 80, 24, false);
	place_read(&t.app, (const char *)text.data, text.len);
	free(screen(&t));
	assert_ptr_equal(t.app.view, &view_callers);
	assert_string_equal(selected(&t), "ksys_write");
	place_read(&t.app, "view \nview bogus\nfunction\nfunction gone\n\n\xff", 40);
	assert_ptr_equal(t.app.view, &view_callers);
	assert_string_equal(selected(&t), "ksys_write");
	buf_deinit(&text);
	made_app_deinit(&t);
}

/* ---- search ---- */

TEST(a_search_goes_to_the_first_match_while_it_is_typed)
{
	struct made_app t;
	char *before, *after;

	made_app_init(&t, &usual, 100, 30, false);
	free(screen(&t));
	type(&t, "jj");
	before = screen(&t);
	type(&t, "/F");		/* a capital means it */
	assert_shows(&t, "no function matches \"F\"; 1");
	app_key(&t.app, KEY_OF_BACKSPACE);
	type(&t, "write");
	assert_string_equal(selected(&t), "ksys_write");
	assert_shows(&t, "/write");
	assert_shows(&t, "match 1 of 2, ");
	assert_shows(&t, "K*ksys_write");
	type(&t, "\033");
	after = screen(&t);
	assert_string_equal(before, after);
	type(&t, "/hjkl");
	assert_shows(&t, "/hjkl");
	type(&t, "\033");
	assert_int_equal(t.app.prompt.mark, 0);
	free(before);
	free(after);
	made_app_deinit(&t);
}

TEST(matches_follow_each_other_round_the_end)
{
	struct made_app t;

	made_app_init(&t, &usual, 100, 30, false);
	free(screen(&t));
	type(&t, "/write\n");
	assert_shows(&t, "match 1 of 2, ");
	type(&t, "n");
	assert_string_equal(selected(&t), "write");
	assert_shows(&t, "match 2 of 2, ");
	type(&t, "n");
	assert_shows(&t, "match 1 of 2, ");
	type(&t, "N");
	assert_shows(&t, "match 2 of 2, ");
	type(&t, "\033n");		/* nothing is marked any more */
	assert_shows(&t, "nothing is looked for");
	assert_string_equal(selected(&t), "write");
	type(&t, "=/");
	assert_shows(&t, "there is nothing to search in here");
	made_app_deinit(&t);
}

/* In the tree what is closed opens, and every row of the function is a match. */
TEST(a_search_opens_what_is_closed)
{
	struct made_app t;

	made_app_init(&t, &usual, 100, 30, false);
	type(&t, "3C");
	free(screen(&t));
	type(&t, "/fib\n");
	assert_shows(&t, "match 1 of ");
	assert_string_equal(selected(&t), "fib");
	assert_shows(&t, ">");
	assert_shows(&t, "*fib");
	type(&t, "c/main\n");
	assert_shows(&t, "match 1 of 1, ");
	type(&t, "*");
	assert_shows(&t, "*fib");
	made_app_deinit(&t);
}

TEST(expressions_are_searched_between_slashes)
{
	struct made_app t;

	made_app_init(&t, &usual, 100, 30, false);
	free(screen(&t));
	type(&t, "//^w.*e$/");
	assert_string_equal(selected(&t), "write");
	assert_shows(&t, "match 1 of 1, ");
	type(&t, "\033//(");
	assert_shows(&t, "is no regular expression");
	type(&t, "\033");
	made_app_deinit(&t);
}

/* ---- filter ---- */

/* What the first column of all rows adds up to, in tenths of a percent. */
static long sum_of_rows(struct made_app *t)
{
	char *s = screen(t), *row = strstr(s, "SELF%"), *end;
	double sum = 0, one;

	while ((row = strchr(row, '\n'))) {
		row += strspn(row, "\n> ");
		one = strtod(row, &end);
		if (end == row)
			break;
		if (!strstr(row, "[lost]") || strstr(row, "[lost]") > strchr(row, '\n'))
			sum += one;
		row = end;
	}
	free(s);
	return lround(sum * 10);
}

TEST(a_filter_hides_rows_and_sums_stay)
{
	struct made_app t;

	made_app_init(&t, &usual, 140, 60, false);
	assert_in_range(sum_of_rows(&t), 995, 1005);
	type(&t, "\\rep");
	assert_shows(&t, "build_report");
	assert_shows(&t, "[filtered out]");
	assert_shows(&t, "filter rep");
	assert_int_equal(t.app.n_order, 1);
	assert_string_equal(selected(&t), "build_report");
	assert_in_range(sum_of_rows(&t), 995, 1005);
	type(&t, "\n3");
	assert_shows(&t, "[filtered out]");
	assert_shows(&t, "filter rep");
	type(&t, "2\\");		/* shows what there is, Escape clears it */
	assert_shows(&t, "\\rep");
	type(&t, "\033");
	assert_shows(&t, "no filter");
	type(&t, "u");
	assert_shows(&t, "filter rep");
	type(&t, "u\\zzz");
	assert_shows(&t, "No function matches \"zzz\" (");
	assert_shows(&t, "Esc clears the filter.");
	type(&t, "\n");
	assert_shows(&t, "filter zzz");
	type(&t, "\033");
	assert_shows(&t, "no filter");
	made_app_deinit(&t);
}

/* The same as a command line says. */
TEST(a_filter_is_that_of_reports)
{
	struct made_app t;
	struct filter *filter;
	struct summary sum;
	struct error err;

	made_app_init(&t, &usual, 100, 30, false);
	type(&t, "\\/fib|write/\n");
	assert_int_equal(filter_open("fib|write", FILTER_REGEX, &filter, &err), 0);
	summary_make(t.model.p, &(struct selection){ .filter = filter }, &sum);
	assert_int_equal(t.model.sum.filtered.count, sum.filtered.count);
	for (uint32_t i = 0; i < sum.n_functions; i++)
		assert_int_equal(t.model.sum.functions[i].self.count, sum.functions[i].self.count);
	summary_deinit(&sum);
	filter_close(filter);
	made_app_deinit(&t);
}

/* ---- scope ---- */

TEST(windows_of_time_come_and_go)
{
	struct made_app t;
	uint64_t all, last;
	uint32_t asked;

	made_app_init(&t, &usual, 100, 30, false);
	free(screen(&t));
	all = t.model.sum.received.count;
	asked = t.model.n_asked;
	type(&t, "w");
	assert_int_equal(t.model.n_asked, asked + 1);
	assert_shows(&t, "last 60 s");
	assert_int_equal(t.model.sum.received.count, all);	/* it is 30 s long */
	type(&t, "w");
	assert_shows(&t, "last 10 s");
	last = t.model.sum.received.count;
	assert_in_range(last, all / 3 - 2, all / 3 + 2);
	type(&t, ",");
	assert_shows(&t, "10.0-20.0 s");
	type(&t, ",,");
	assert_shows(&t, "the recording begins here");
	assert_shows(&t, "0.0-10.0 s");
	type(&t, ".....");
	assert_shows(&t, "20.0-30.0 s");
	assert_shows(&t, "nothing was recorded after this");
	assert_int_equal(t.model.sum.received.count, last);
	type(&t, "A");
	assert_shows(&t, "all 30.0 s");
	type(&t, "R");
	assert_shows(&t, "since 30.0 s");
	assert_shows(&t, "No CPU samples: nothing was recorded after 30.0 s.");
	type(&t, "u");
	assert_int_equal(t.model.sum.received.count, all);
	type(&t, "www");		/* since R is among them now */
	assert_shows(&t, "since 30.0 s");
	type(&t, "w.");
	assert_shows(&t, "there is no window to move");
	made_app_deinit(&t);
}

TEST(undo_goes_back_to_the_scope_before_and_no_further)
{
	struct made_app t;

	made_app_init(&t, &usual, 100, 30, false);
	type(&t, "u");
	assert_shows(&t, "nothing to undo");
	for (int i = 0; i < 3 * APP_UNDO; i++)
		type(&t, "w");
	assert_int_equal(t.app.scope.n_undo, APP_UNDO);
	for (int i = 0; i < 3 * APP_UNDO; i++)
		type(&t, "u");
	assert_int_equal(t.app.scope.n_undo, 0);
	made_app_deinit(&t);
}

TEST(threads_are_chosen_from_a_list)
{
	struct made_app t;
	uint64_t all;

	made_app_init(&t, &usual, 100, 30, false);
	free(screen(&t));
	all = t.model.sum.received.count;
	type(&t, "T");
	assert_shows(&t, "worker-1");
	type(&t, "jj\n");
	assert_shows(&t, " worker-1 |");
	assert_true(t.model.sum.received.count && t.model.sum.received.count < all / 4);
	type(&t, "T");
	assert_shows(&t, "[x]");
	type(&t, "j \n");		/* the other one, too */
	assert_shows(&t, "2 threads");
	assert_int_equal(t.model.sum.received.count, all);
	type(&t, "T\n");
	assert_shows(&t, "all threads");
	type(&t, ":threads SHOP\n");
	assert_shows(&t, "no thread is called \"SHOP\"");
	type(&t, ":threads 4243\n");
	assert_shows(&t, " worker-1 |");
	type(&t, ":threads\n");
	assert_shows(&t, "all threads");
	made_app_deinit(&t);
}

/* The samples on top of all rows, and those that no row stands for. */
static uint64_t self_of_rows(struct made_app *t)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < t->model.n_order; i++)
		n += t->model.sum.functions[t->model.order[i]].self.count;
	return n;
}

TEST(what_is_folded_goes_to_its_callers)
{
	struct made_app t;
	uint64_t all;

	made_app_init(&t, &usual, 100, 30, false);
	free(screen(&t));
	all = self_of_rows(&t);
	type(&t, "/ksys\nx");
	assert_string_equal(selected(&t), "write");
	assert_shows(&t, "ksys_write is part of what calls it now; X unfolds all");
	assert_shows(&t, "1 folded");
	assert_int_equal(self_of_rows(&t), all);
	type(&t, "K");
	assert_shows(&t, "1 + kernel folded");
	assert_int_equal(self_of_rows(&t), all);
	for (uint32_t i = 0; i < t.model.n_order; i++)
		assert_string_not_equal("ksys_write", profile_string(t.model.p,
			t.model.p->functions[t.model.order[i]].name));
	type(&t, "X");
	assert_shows(&t, "ksys_write");
	assert_shows(&t, "no filter | selected");
	type(&t, "X");
	assert_shows(&t, "nothing is folded");
	type(&t, "/main\nx");
	assert_shows(&t, "nothing calls it that it could be folded into");
	type(&t, "/gap\nx");
	assert_shows(&t, "nothing calls it that it could be folded into");
	made_app_deinit(&t);
}

TEST(one_library_is_looked_at)
{
	struct made_app t;

	made_app_init(&t, &usual, 140, 40, false);
	free(screen(&t));
	type(&t, "/write/\n");
	type(&t, "/_write\033/write\nn");
	assert_string_equal(selected(&t), "write");
	type(&t, "d");
	assert_shows(&t, "only libc.so.6");
	assert_shows(&t, "[filtered out]");
	assert_in_range(sum_of_rows(&t), 995, 1005);
	type(&t, "d");
	assert_shows(&t, "no filter | selected");
	made_app_deinit(&t);
}

/* The way back leads through views, selections, scroll and scopes. */
TEST(the_trail_keeps_scroll_and_scope)
{
	struct made_app t;
	char *shots[4], *now;

	made_app_init(&t, &usual, 100, 18, false);
	free(screen(&t));
	type(&t, "Gkk");
	shots[0] = screen(&t);
	type(&t, "\ng");
	shots[1] = screen(&t);
	type(&t, "tww");
	shots[2] = screen(&t);
	type(&t, "=jj");
	shots[3] = screen(&t);
	type(&t, "?");
	for (int i = 3; i >= 0; i--) {
		type(&t, "<");
		now = screen(&t);
		assert_string_equal(now, shots[i]);
		free(now);
		free(shots[i]);
	}
	made_app_deinit(&t);
}

TEST(the_selection_follows_its_function_or_stays)
{
	struct made_app t;

	made_app_init(&t, &usual, 100, 30, false);
	free(screen(&t));
	type(&t, "jjF");
	assert_shows(&t, "the selection stays on its row");
	type(&t, "I");
	free(screen(&t));
	assert_int_equal(t.app.functions.cursor, 2);
	assert_int_equal(t.app.function, t.app.order[2]);
	type(&t, "F");
	type(&t, "I");
	free(screen(&t));
	assert_int_equal(t.app.functions.cursor, t.app.n_order - 3);
	made_app_deinit(&t);
}

/* ---- names and files ---- */

TEST(the_whole_name_is_shown_clean)
{
	const struct fixture_options hostile = { .hostile = true };
	struct made_app t;

	made_app_init(&t, &hostile, 80, 24, false);
	free(screen(&t));
	type(&t, "/evil\ny");
	assert_shows(&t, "evil\\x1b[2J\\x0aname;\\xff?off\"\\ ?");
	assert_shows(&t, "declared in /src/shop/shop.c:66");
	assert_shows(&t, "/usr/bin/shop: code of the program itself");
	assert_null(t.app.asked_copy);
	type(&t, "\033:set clipboard on\ny");
	assert_shows(&t, "its name is in the clipboard now");
	assert_non_null(strstr(t.app.asked_copy, "evil\\x1b[2J"));
	made_app_deinit(&t);
}

/* A file as text; the caller frees it. */
static char *file_text(const char *path)
{
	_cleanup_(closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct buf b = { 0 };
	struct error err;

	if (fd < 0 || io_read_all(fd, 1 << 24, &b, &err) < 0)
		return NULL;
	buf_put_u8(&b, '\0');
	return (char *)b.data;
}

TEST(a_screen_is_printed_and_nothing_overwritten)
{
	struct made_app t;
	char *shot, *text;

	made_app_init(&t, &usual, 100, 30, true);
	unlink("cprofd-screen-1.txt");
	unlink("cprofd-screen-2.txt");
	shot = screen(&t);
	type(&t, "P");
	assert_shows(&t, "to ./cprofd-screen-1.txt");
	text = file_text("cprofd-screen-1.txt");
	assert_string_equal(text, shot);
	free(text);
	type(&t, "jP");
	assert_shows(&t, "to ./cprofd-screen-2.txt");
	text = file_text("cprofd-screen-1.txt");
	assert_string_equal(text, shot);
	free(text);
	free(shot);
	made_app_deinit(&t);
}

TEST(a_recording_is_copied_but_never_over_another)
{
	struct made_app t;
	struct stat st, copy;

	made_app_init(&t, &usual, 100, 30, false);
	free(screen(&t));
	type(&t, ":w a.cprof\n");
	assert_shows(&t, "there is no recording file to copy");
	t.app.recording_fd = fixture_fd(&usual);
	assert_int_equal(fstat(t.app.recording_fd, &st), 0);
	type(&t, ":w a.cprof\n");
	assert_shows(&t, "KiB to ./a.cprof");
	assert_int_equal(stat("a.cprof", &copy), 0);
	assert_int_equal(copy.st_size, st.st_size);
	type(&t, ":w a.cprof\n");
	assert_shows(&t, "a.cprof exists; :w! replaces it");
	type(&t, ":w! a.cprof\n");
	assert_shows(&t, "KiB to ./a.cprof");
	type(&t, ":w /nowhere/a.cprof\n");
	assert_shows(&t, "nothing was changed");
	type(&t, ":w /dev/null\n");
	assert_shows(&t, "/dev/null is no regular file; nothing was changed");
	type(&t, ":w\n");
	assert_shows(&t, "which file?");

	/* the same by asking */
	unlink("shop-20260122-1402.cprof");
	setenv("TZ", "UTC", 1);
	type(&t, "S");
	assert_shows(&t, "the recording as it is, all of it (");
	type(&t, "\n");
	assert_shows(&t, ">shop-20260122-1402.cprof");
	type(&t, "\n");
	assert_shows(&t, "KiB to ./shop-20260122-1402.cprof");
	type(&t, "Sc\n");
	assert_shows(&t, "shop-20260122-1402.cprof is there already.");
	type(&t, "n");
	assert_shows(&t, ">shop-20260122-1402.cprof");
	type(&t, "\no");
	assert_shows(&t, "KiB to ./shop-20260122-1402.cprof");
	close(t.app.recording_fd);
	made_app_deinit(&t);
}

TEST(a_file_that_cannot_be_written_leaves_the_old_one)
{
	struct rlimit small = { 1000, RLIM_INFINITY }, before;
	struct made_app t;
	char *text, *now;

	made_app_init(&t, &usual, 100, 30, false);
	free(screen(&t));
	t.app.recording_fd = fixture_fd(&usual);
	type(&t, ":export! folded old.txt\n");
	text = file_text("old.txt");
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	type(&t, ":w! old.txt\n");
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_shows(&t, "write: 0 B of ");
	assert_shows(&t, "KiB done: File too large; nothing was changed");
	now = file_text("old.txt");
	assert_string_equal(now, text);
	free(now);
	free(text);
	close(t.app.recording_fd);
	made_app_deinit(&t);
}

/* An export has what is in scope, and calls that are folded on the screen. */
TEST(an_export_has_the_scope_and_no_folds)
{
	struct made_app t;
	char *text;

	made_app_init(&t, &usual, 100, 30, false);
	free(screen(&t));
	type(&t, "/ksys\nx\\write\n:export folded! a.folded\n");
	assert_shows(&t, "is no format; there are: folded");
	type(&t, ":export! folded a.folded\n");
	assert_shows(&t, "to ./a.folded");
	text = file_text("a.folded");
	assert_non_null(strstr(text, ";write;ksys_write_[k] "));
	assert_null(strstr(text, "fib"));
	free(text);
	type(&t, ":export folded a.folded\n");
	assert_shows(&t, "a.folded exists; :export! folded FILE replaces it");
	assert_shows(&t, "1 folded");
	made_app_deinit(&t);
}

/* ---- commands ---- */

TEST(commands_complete_and_say_what_they_do_not_know)
{
	struct made_app t;

	made_app_init(&t, &usual, 140, 30, false);
	type(&t, ":xyzzy\n");
	assert_shows(&t, ":xyzzy is no command; there are: w export threads range set");
	type(&t, ":th\t");
	assert_string_equal(prompt_text(&t.app.prompt), "threads ");
	type(&t, "\033:s\t");		/* set, step, sessions, stop */
	assert_string_equal(prompt_text(&t.app.prompt), "s");
	type(&t, "et th\td\t\n");
	assert_int_equal(t.app.set[APP_SET_THEME], THEME_DARK);
	assert_true(t.app.asked_look);
	type(&t, ":set theme pink\n");
	assert_shows(&t, "there are :set ascii off|on, color auto|always|never");
	type(&t, ":range 12s 18s\n");
	assert_shows(&t, "12.0-18.0 s");
	type(&t, ":range 5 2\n");
	assert_shows(&t, "a range is two times since the start");
	type(&t, ":range\n");
	assert_shows(&t, "all 30.0 s");
	type(&t, ":stop\n");
	assert_shows(&t, "this is a recording: :stop is for one that is being made");
	type(&t, ":  \n");
	assert_null(t.app.message);
	type(&t, ":q\n");
	assert_true(t.app.asked_quit);
	made_app_deinit(&t);
}

static char *take_request(void *ctx, enum app_request what, const char *argument)
{
	*(enum app_request *)ctx = what;
	return xasprintf("asked for %s", argument);
}

TEST(a_session_is_asked_what_only_it_can_do)
{
	enum app_request what = APP_RECORDING;
	const struct app_live live = { .ask = take_request, .ctx = &what };
	struct made_app t;

	made_app_init(&t, &usual, 100, 30, false);
	t.app.live = &live;
	type(&t, ":rate  250 \n");
	assert_int_equal(what, APP_RATE);
	assert_shows(&t, "asked for 250");
	for (size_t i = 0; i < n_commands; i++)
		assert_true(commands[i].run || commands[i].request != APP_RECORDING);
	made_app_deinit(&t);
}

TEST(the_header_hides_and_comes_back)
{
	struct made_app t;
	char *before, *after;

	made_app_init(&t, &usual, 80, 24, false);
	before = screen(&t);
	type(&t, "#");
	after = screen(&t);
	assert_null(strstr(after, "4242"));
	assert_int_equal(strncmp(after, " all threads", 12), 0);
	free(after);
	type(&t, "#");
	after = screen(&t);
	assert_string_equal(before, after);
	free(before);
	free(after);
	made_app_deinit(&t);
}

/* ---- what stands out ---- */

/* A hint's claim is below the view, its evidence behind a key, its proof one more away. */
TEST(hints_lead_to_their_proof)
{
	struct made_app t;

	made_app_init(&t, &usual, 100, 30, false);
	assert_shows(&t, "! 100% of compare is line 14 of list.h");
	assert_shows(&t, "! tells why");
	type(&t, "jj!");
	assert_shows(&t, "H14");
	assert_shows(&t, "wrong if");
	app_key(&t.app, KEY_OF_ENTER);
	assert_ptr_equal(t.app.view, &view_source);
	assert_string_equal(selected(&t), "compare");
	type(&t, "!x");
	assert_shows(&t, "Nothing that was not dismissed");
	type(&t, "x");
	assert_shows(&t, "there is nothing here");
	type(&t, "q2");
	free(screen(&t));
	assert_int_equal(t.app.hints.watch.shown.n, 0);
	made_app_deinit(&t);
}

/* While a profile grows they have to hold three times. */
TEST(hints_of_a_growing_profile_are_not_hasty)
{
	struct made_app t;

	made_app_init(&t, &usual, 100, 30, false);
	app_look_for_hints(&t.app, 3);
	app_look_for_hints(&t.app, 3);
	assert_int_equal(t.app.hints.watch.shown.n, 0);
	app_look_for_hints(&t.app, 3);
	assert_int_equal(t.app.hints.watch.shown.n, 1);
	t.model.scope = (struct selection){ .from_ns = 1 };
	model_ask(&t.model);
	app_look_for_hints(&t.app, 3);
	assert_int_equal(t.app.hints.watch.shown.n, 0);
	made_app_deinit(&t);
}

/* ---- the lesson ---- */

static const struct view *const with_lesson[] = {
	&view_functions, &view_tree, &view_callers, &view_flame, &view_source, &view_quality,
	&view_hints,
};

/* Beside every view it has all its parts, and no row of it is cut off. */
TEST(a_lesson_is_beside_every_view)
{
	static const struct {
		unsigned int width, height;
	} sizes[] = { { 80, 24 }, { 100, 30 }, { 140, 40 }, { 200, 60 } };

	for (size_t i = 0; i < array_len(with_lesson) * array_len(sizes); i++) {
		struct made_app t;

		made_app_init(&t, &usual, sizes[i % 4].width, sizes[i % 4].height, i % 3);
		app_go(&t.app, with_lesson[i / 4], t.app.function);
		type(&t, "L");
		assert_shows(&t, "LESSON");
		assert_shows(&t, "READ");
		assert_shows(&t, "IN YOUR PROGRAM");
		assert_shows(&t, "TRY");
		assert_shows(&t, "CHECK");
		made_app_deinit(&t);
	}
}

TEST(every_page_of_every_lesson_fits_beside_a_view)
{
	struct made_app t;

	made_app_init(&t, &usual, 100, 30, false);
	app_open_lesson(&t.app);
	for (size_t i = 0; i < array_len(with_lesson); i++) {
		const struct app_panel_place *p;
		unsigned int page = 0;

		app_go(&t.app, with_lesson[i], t.app.function);
		type(&t, "\t");
		do {
			assert_shows(&t, "LESSON");
			p = NULL;
			for (size_t v = 0; views[v]; v++)
				if (views[v] == t.app.view)
					p = &t.app.panel.places[v];
			if (p->scroll.n != 1)
				fail_msg("%s, page %u is too long", p->own, page);
			type(&t, "n");
			page++;
		} while (!t.app.message);
		assert_true(page >= 4);
		assert_string_equal(t.app.message, "this is the last page");
		while (page-- > 1)
			type(&t, "b");
		assert_null(t.app.message);
		assert_int_equal(p->lesson + p->page, 0);
		type(&t, "b");
		assert_string_equal(t.app.message, "this is the first page");
		type(&t, "\t");
	}
	made_app_deinit(&t);
}

/* The view goes on as if it were not there; only with the focus it takes keys. */
TEST(a_lesson_takes_no_keys_unless_it_has_the_focus)
{
	struct made_app t;

	made_app_init(&t, &usual, 80, 24, false);
	type(&t, "\t");
	assert_shows(&t, "L opens the lesson");
	type(&t, "L");
	free(screen(&t));
	type(&t, "jjk");
	assert_int_equal(t.app.functions.cursor, 1);
	type(&t, "n");
	assert_shows(&t, "nothing is looked for");
	type(&t, "\tj");
	assert_int_equal(t.app.functions.cursor, 1);
	type(&t, "n");
	assert_shows(&t, "ANSWER");
	assert_shows(&t, "n next page");
	app_key(&t.app, KEY_OF_ESCAPE);
	type(&t, "j");
	assert_int_equal(t.app.functions.cursor, 2);
	assert_shows(&t, "ANSWER");
	type(&t, "\t\tj");
	assert_int_equal(t.app.functions.cursor, 3);
	type(&t, "L");
	assert_shows(&t, "certainty");
	made_app_deinit(&t);
}

TEST(each_view_keeps_its_lesson)
{
	struct made_app t;

	made_app_init(&t, &usual, 100, 30, false);
	free(screen(&t));
	type(&t, "L\tn\t3");
	assert_int_equal(t.app.panel.focused, false);
	assert_shows(&t, "L lesson");
	type(&t, "L");
	assert_shows(&t, "LESSON  Call tree");
	type(&t, "2");
	assert_shows(&t, "LESSON  Functions");
	assert_shows(&t, "ANSWER");
	type(&t, "L3");
	assert_shows(&t, "LESSON  Call tree");
	type(&t, "?L");
	assert_shows(&t, "there is no lesson about this page");
	made_app_deinit(&t);
}

/* What it says is of the row that is selected, with names as harmless as anywhere. */
TEST(a_lesson_speaks_of_the_selected_row)
{
	static const struct fixture_options hostile = { .hostile = true }, few = { .n_samples = 12 };
	struct made_app t;

	made_app_init(&t, &usual, 100, 30, false);
	type(&t, "L");
	assert_shows(&t, "compare was running in 29.3%");
	type(&t, "j");
	assert_shows(&t, "fib was running in 20.4%");
	t.model.scope = (struct selection){ .from_ns = 1, .to_ns = 2 };
	model_ask(&t.model);
	assert_shows(&t, "example: membership was running");
	made_app_deinit(&t);

	made_app_init(&t, &few, 100, 30, false);
	type(&t, "L");
	assert_shows(&t, "example: membership was running");
	made_app_deinit(&t);

	made_app_init(&t, &hostile, 100, 30, false);
	for (uint32_t i = 0; i < t.model.n_order; i++)
		if (strstr(profile_string(t.model.p,
					  t.model.p->functions[t.model.order[i]].name), "evil"))
			app_go(&t.app, &view_tree, t.model.order[i]);
	type(&t, "L");
	assert_shows(&t, "evil\\x1b[2J");
	made_app_deinit(&t);
}

TEST(a_lesson_that_is_missing_is_no_harm)
{
	struct made_app t;

	made_app_init(&t, &usual, 100, 30, false);
	free(t.app.panel.lessons.folder);
	t.app.panel.lessons.folder = xstrdup("/nonexistent");
	type(&t, "L");
	assert_shows(&t, "The lesson");
	type(&t, "\tnnnnnnbbbbb");
	assert_shows(&t, "not there.");
	made_app_deinit(&t);
}

/* ---- states ---- */

TEST(few_samples_are_a_banner_and_none_a_sentence)
{
	const struct fixture_options few = { .n_samples = 12 }, cut = { .unfinished = true };
	struct made_app t;

	made_app_init(&t, &few, 80, 24, false);
	assert_shows(&t, "only 12 samples: nothing here is certain yet");
	type(&t, "!");
	assert_shows(&t, "With 12 samples nothing can be said");
	made_app_deinit(&t);
	made_app_init(&t, &cut, 80, 24, false);
	assert_shows(&t, "this recording has no end");
	t.model.scope = (struct selection){ .from_ns = 1, .to_ns = 2 };
	model_ask(&t.model);
	assert_shows(&t, "No samples in what can be read of it");
	made_app_deinit(&t);
	made_app_init(&t, &few, 80, 24, false);
	t.model.scope = (struct selection){ .from_ns = 1, .to_ns = 2 };
	model_ask(&t.model);
	assert_shows(&t, "No CPU samples");
	t.app.session.state = APP_LIVE;
	t.app.session.target = xstrdup("4242 shop");
	assert_shows(&t, "Attaching to 4242 shop ...");
	type(&t, "jkGgs\033I=");
	assert_shows(&t, "What became of the samples");
	made_app_deinit(&t);
}

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
			    "\033[0;1;48;5;237mab cd\033[0;48;5;237m x             \033[0m");
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

/* ---- prompt and dialog ---- */

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

/* Tests write files: into a folder that is gone afterwards. */
static char scratch[] = "/tmp/cprofd-test-ui.XXXXXX";

static int begin(void **state)
{
	(void)state;
	return mkdtemp(scratch) ? chdir(scratch) : -1;
}

static int end(void **state)
{
	DIR *dir = opendir(scratch);
	struct dirent *entry;

	(void)state;
	while (dir && (entry = readdir(dir)))
		unlinkat(dirfd(dir), entry->d_name, 0);
	closedir(dir);
	return chdir("/") < 0 || rmdir(scratch) < 0 ? -1 : 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(screens_look_as_they_did),
		cmocka_unit_test(every_view_at_every_size_looks_as_it_did),
		cmocka_unit_test(ascii_screens_are_ascii),
		cmocka_unit_test(a_screen_that_is_too_small_says_so_and_comes_back),
		cmocka_unit_test(the_selection_moves_and_stays_among_the_rows),
		cmocka_unit_test(sorting_keeps_the_selection),
		cmocka_unit_test(what_is_chosen_in_one_pane_is_marked_in_the_other),
		cmocka_unit_test(enter_on_an_instruction_goes_where_it_goes),
		cmocka_unit_test(assembly_is_shown_as_there_is_room),
		cmocka_unit_test(asking_again_keeps_the_line_and_the_instruction),
		cmocka_unit_test(keys_before_the_first_picture_do_no_harm),
		cmocka_unit_test(code_that_is_not_there_says_why),
		cmocka_unit_test(nodes_of_the_tree_close_and_open),
		cmocka_unit_test(callers_and_callees_add_up),
		cmocka_unit_test(enter_goes_from_caller_to_caller_and_back),
		cmocka_unit_test(boxes_are_walked_from_parent_to_child_and_sibling),
		cmocka_unit_test(zooming_goes_in_and_out_again),
		cmocka_unit_test(what_is_gone_is_not_zoomed_in_on),
		cmocka_unit_test(the_flame_graph_finds_the_selected_function),
		cmocka_unit_test(the_trail_leads_back_to_the_same_boxes),
		cmocka_unit_test(boxes_can_be_inverted_and_unfolded),
		cmocka_unit_test(deep_boxes_scroll),
		cmocka_unit_test(a_narrow_screen_forgets_no_box),
		cmocka_unit_test(filled_boxes_are_tiles),
		cmocka_unit_test(the_tree_adds_up),
		cmocka_unit_test(one_selection_goes_through_all_views),
		cmocka_unit_test(pages_close_to_where_one_was),
		cmocka_unit_test(the_trail_is_as_long_as_it_is),
		cmocka_unit_test(a_page_scrolls_to_its_end_and_no_further),
		cmocka_unit_test(every_key_that_is_listed_does_something),
		cmocka_unit_test(what_is_drawn_can_be_clicked_on),
		cmocka_unit_test(what_is_coming_and_what_is_no_key_is_said),
		cmocka_unit_test(any_keys_at_any_size_do_no_harm),
		cmocka_unit_test(live_screens_look_as_they_did),
		cmocka_unit_test(the_header_says_how_the_session_stands),
		cmocka_unit_test(rows_keep_their_places_while_somebody_reads),
		cmocka_unit_test(the_hottest_function_is_selected_until_a_key),
		cmocka_unit_test(the_chosen_row_stays_when_data_come),
		cmocka_unit_test(a_session_is_left_as_was_chosen),
		cmocka_unit_test(a_place_is_come_back_to),
		cmocka_unit_test(hints_lead_to_their_proof),
		cmocka_unit_test(hints_of_a_growing_profile_are_not_hasty),
		cmocka_unit_test(a_lesson_is_beside_every_view),
		cmocka_unit_test(every_page_of_every_lesson_fits_beside_a_view),
		cmocka_unit_test(a_lesson_takes_no_keys_unless_it_has_the_focus),
		cmocka_unit_test(each_view_keeps_its_lesson),
		cmocka_unit_test(a_lesson_speaks_of_the_selected_row),
		cmocka_unit_test(a_lesson_that_is_missing_is_no_harm),
		cmocka_unit_test(a_search_goes_to_the_first_match_while_it_is_typed),
		cmocka_unit_test(matches_follow_each_other_round_the_end),
		cmocka_unit_test(a_search_opens_what_is_closed),
		cmocka_unit_test(expressions_are_searched_between_slashes),
		cmocka_unit_test(a_filter_hides_rows_and_sums_stay),
		cmocka_unit_test(a_filter_is_that_of_reports),
		cmocka_unit_test(windows_of_time_come_and_go),
		cmocka_unit_test(undo_goes_back_to_the_scope_before_and_no_further),
		cmocka_unit_test(threads_are_chosen_from_a_list),
		cmocka_unit_test(what_is_folded_goes_to_its_callers),
		cmocka_unit_test(one_library_is_looked_at),
		cmocka_unit_test(the_trail_keeps_scroll_and_scope),
		cmocka_unit_test(the_selection_follows_its_function_or_stays),
		cmocka_unit_test(the_whole_name_is_shown_clean),
		cmocka_unit_test(a_screen_is_printed_and_nothing_overwritten),
		cmocka_unit_test(a_recording_is_copied_but_never_over_another),
		cmocka_unit_test(a_file_that_cannot_be_written_leaves_the_old_one),
		cmocka_unit_test(an_export_has_the_scope_and_no_folds),
		cmocka_unit_test(commands_complete_and_say_what_they_do_not_know),
		cmocka_unit_test(a_session_is_asked_what_only_it_can_do),
		cmocka_unit_test(the_header_hides_and_comes_back),
		cmocka_unit_test(few_samples_are_a_banner_and_none_a_sentence),
		cmocka_unit_test(text_stays_within_its_bounds),
		cmocka_unit_test(names_of_the_target_come_clean),
		cmocka_unit_test(bars_are_solid_to_the_lower_bound),
		cmocka_unit_test(colours_change_only_where_they_have_to),
		cmocka_unit_test(lines_break_between_words),
		cmocka_unit_test(a_prompt_edits_characters_not_bytes),
		cmocka_unit_test(a_prompt_recalls_what_was_entered_behind_its_mark),
		cmocka_unit_test(a_prompt_keeps_its_cursor_in_view),
		cmocka_unit_test(a_dialog_chooses_by_key_and_by_row),
		cmocka_unit_test(a_dialog_shows_all_of_what_it_says),
		cmocka_unit_test(a_dialog_with_a_line_takes_what_is_typed),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, begin, end);
}
