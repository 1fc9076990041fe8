// SPDX-License-Identifier: Apache-2.0
/* A Python program on the screen: its functions and lines, and ways to show stacks. */
#include "tests/unit/app_maker.h"

#include <sys/mman.h>
#include <sys/stat.h>

#include "tests/unit/golden.h"
#include "ui/view.h"

static const struct fixture_options python = { .python = true };

static const char shop_py[] =
	"import json\n"
	"import random\n"
	"import sys\n"
	"\n"
	"from orders import Order, make_orders\n"
	"\n"
	"\n"
	"def in_list(members, questions):\n"
	"    found = 0\n"
	"    for name in questions:\n"
	"        found += name in members\n"
	"    return found\n"
	"\n"
	"\n"
	"\n"
	"def fib(n):\n"
	"    if n < 2:\n"
	"        return n\n"
	"    return fib(n - 1) + fib(n - 2)\n"
	"\n"
	"\n"
	"\n"
	"\n"
	"def main():\n"
	"    orders, members = make_orders(json.load(sys.stdin))\n"
	"    found = in_list(members, [order.name for order in orders])\n"
	"    fib(24)\n"
	"    random.shuffle(orders)\n"
	"    best = sorted(orders, key=lambda order: order.price)\n"
	"    rows = [json.loads(order.text) for order in best]\n"
	"    return found + sum(row[0] for row in rows)\n"
	"\n"
	"\n"
	"\n"
	"\n"
	"main()\n";

/* The program's source is there, older than the recording. */
static void put_source(struct made_app *t)
{
	struct sources *s = &t->app.source.sources;
	int fd = memfd_create("shop.py", MFD_CLOEXEC);

	assert_int_equal(write(fd, shop_py, sizeof(shop_py) - 1), sizeof(shop_py) - 1);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	assert_int_equal(futimens(fd, (struct timespec[2]){ { 0 } }), 0);
	assert_null(sources_find(s, "/home/ann/shop.py"));
	sources_put(s, "/home/ann/shop.py", fd);
	close(fd);
}

static void open_shop(struct made_app *t, unsigned int width, unsigned int height, bool utf8)
{
	made_app_init(t, &python, width, height, utf8);
	put_source(t);
	free(screen(t));
}

TEST(screens_of_python_look_as_they_did)
{
	static const struct {
		const char *keys, *name;
		unsigned int width, height;
		bool utf8;
	} all[] = {
		{ "", "functions", 80, 24, false }, { "", "functions", 100, 30, true },
		{ "M", "functions-python", 100, 30, true },
		{ "MM", "functions-native", 100, 30, true },
		{ "MMM", "functions-mixed", 80, 24, false },
		{ "3", "tree", 80, 24, false }, { "3", "tree", 100, 30, true },
		{ "/in_\n4", "callers", 80, 24, false }, { "/in_\n4", "callers", 100, 30, true },
		{ "5", "flame", 80, 24, false }, { "5", "flame", 100, 30, true },
		{ "/in_\n6", "source", 60, 15, false }, { "/in_\n6", "source", 80, 24, false },
		{ "/in_\n6", "source", 100, 30, true }, { "//^main$/\n6", "source", 200, 60, true },
		{ "M/in_\n6", "source-python", 100, 30, true },
		{ "=", "quality", 100, 30, true }, { "!", "hints", 100, 30, true },
		{ "/in_\nL", "lesson-functions", 100, 30, true },
		{ "/in_\n6L", "lesson-source", 100, 30, true },
		{ "/in_\ny", "dialog-name", 80, 24, false },
	};

	for (size_t i = 0; i < array_len(all); i++) {
		_cleanup_(freep) char *name = xasprintf("screen-py-%s-%ux%u%s", all[i].name,
							all[i].width, all[i].height,
							all[i].utf8 ? "-utf8" : "");
		struct made_app t;
		char *text;

		open_shop(&t, all[i].width, all[i].height, all[i].utf8);
		type_slowly(&t, all[i].keys);
		text = screen(&t);
		golden_compare(name, text);
		free(text);
		made_app_deinit(&t);
	}
}

/* Calls that were counted: by how many the rows are sorted, and what is said of one. */
TEST(calls_are_a_column)
{
	static const struct fixture_options counted = { .python = true, .counted = true };
	static const struct {
		const char *keys, *name;
		unsigned int width, height;
		bool utf8;
	} all[] = {
		{ "", "", 80, 24, false }, { "", "", 100, 30, true },
		{ "sc", "-sorted", 100, 30, true },
	};
	struct made_app t;

	for (size_t i = 0; i < array_len(all); i++) {
		_cleanup_(freep) char *name = xasprintf("screen-py-counted%s-%ux%u%s", all[i].name,
							all[i].width, all[i].height,
							all[i].utf8 ? "-utf8" : "");
		_cleanup_(freep) char *text = NULL;

		made_app_init(&t, &counted, all[i].width, all[i].height, all[i].utf8);
		type_slowly(&t, all[i].keys);
		text = screen(&t);
		golden_compare(name, text);
		made_app_deinit(&t);
	}
	made_app_init(&t, &counted, 120, 40, true);
	type_slowly(&t, "scg");
	assert_string_equal(selected(&t), "in_list");
	assert_shows(&t, "1,234,567  over 20.0 s by sys.monitoring; slower meanwhile");
	type_slowly(&t, "/fib\n");
	assert_shows(&t, "25,083  over 5.00 s from 3.00 s on by a probe; slower meanwhile");
	type_slowly(&t, "/list_cont\n");
	assert_shows(&t, "not counted");
	made_app_deinit(&t);
}

/* Part of the scope: through all views, and back by undo and by the trail. */
TEST(frames_are_part_of_the_scope)
{
	struct made_app t;

	open_shop(&t, 100, 30, false);
	assert_lacks(&t, " frames");
	assert_shows(&t, "C in python3.11");
	assert_string_equal(selected(&t), "list_contains");
	type(&t, "M");
	assert_string_equal(selected(&t), "in_list");	/* which called it */
	assert_shows(&t, "| python frames |");
	assert_shows(&t, "C and the kernel count where Python called them");
	assert_lacks(&t, "list_contains");
	assert_shows(&t, "[no Python function]");
	type(&t, "3");
	assert_shows(&t, "| python frames |");
	assert_shows(&t, "in_list");
	assert_lacks(&t, "list_contains");
	type(&t, "M5");
	assert_shows(&t, "| native frames |");
	assert_shows(&t, "_PyEval_EvalFrameDefault");
	type(&t, "uu");
	assert_lacks(&t, "frames |");
	for (int i = 0; i < 4; i++) {	/* it is the same samples */
		assert_shows(&t, "  4,000 smp  ");
		type(&t, "M");
	}
	assert_shows(&t, "merged frames: ");
	assert_lacks(&t, "frames |");
	type(&t, "2:frames nati\t\n");
	assert_shows(&t, "| native frames |");
	assert_shows(&t, "listobject.c:440");
	type(&t, ":frames x\n");
	assert_shows(&t, "\"x\" are no frames; there are: merged, python, native, mixed");
	type(&t, ":frames\n");
	assert_lacks(&t, "frames |");
	made_app_deinit(&t);
}

/* With what is folded and filtered. */
TEST(frames_go_with_the_rest_of_the_scope)
{
	struct made_app t;

	open_shop(&t, 100, 30, false);
	type(&t, "/scan_once\nxM");
	assert_lacks(&t, "scan_once  ");
	assert_shows(&t, "1 folded");
	type(&t, "X\\lambda\n");
	assert_shows(&t, "[filtered out]");
	assert_shows(&t, "main.<locals>.<lambda>");
	type(&t, "MM");
	assert_shows(&t, "| mixed frames |");
	assert_shows(&t, "main.<locals>.<lambda>");
	type(&t, "\\\nu");
	made_app_deinit(&t);
}

TEST(without_python_the_key_says_so)
{
	struct made_app t;

	made_app_init(&t, &usual, 100, 30, false);
	type(&t, "M");
	assert_shows(&t, "there are no Python functions in this recording");
	type(&t, ":frames native\n");
	assert_shows(&t, "there are no Python functions in this recording");
	assert_lacks(&t, "frames |");
	made_app_deinit(&t);
}

/* A line's C is as good as its own time: H goes to it, and the hint names it. */
TEST(the_hottest_line_of_python_is_with_the_c_that_it_calls)
{
	struct made_app t;

	open_shop(&t, 100, 30, false);
	type(&t, "/in_\n6gH");
	free(screen(&t));
	assert_int_equal(t.app.source.rows[t.app.source.list.cursor].line, 11);
	assert_shows(&t, "IN C%");
	type(&t, "!");
	assert_shows(&t, "96% of in_list, which has 55.0% ");
	assert_lacks(&t, "listobject.c");
	made_app_deinit(&t);
}

/* Also where the keys moved in the assembly of what was selected before. */
TEST(python_has_no_assembly)
{
	struct made_app t;

	open_shop(&t, 100, 30, false);
	type(&t, "6\t");
	free(screen(&t));
	assert_true(t.app.source.in_code);
	type(&t, "2/in_\n6");
	assert_shows(&t, "found += name in members");
	assert_lacks(&t, "Tab pane");
	assert_false(t.app.source.in_code);
	type(&t, "o");
	assert_shows(&t, "Python functions have no assembly");
	type(&t, "\t");
	assert_shows(&t, "Python functions have no assembly");
	assert_false(t.app.source.in_code);
	made_app_deinit(&t);
}

/* Why there are only numbers of lines. */
TEST(source_that_is_not_there_says_why)
{
	static const struct {
		const char *path, *part;
	} all[] = {
		{ "<frozen importlib._bootstrap>", "<frozen importlib._bootstrap> is no file" },
		{ "fib.py", "fib.py: the program does not say in which folder" },
		{ "/home/ann/gone.py", "gone.py is not on this machine" },
		{ "/home/ann/./fib.py", "fib.py is not in /home/ann, where the program ran" },
		{ "/./a/fib.py", "a/fib.py is not in /, where the program ran" },
		{ "", "no source file" },
	};

	for (size_t i = 0; i < array_len(all); i++) {
		_cleanup_(freep) char *text = source_trouble(all[i].path, true, NULL, 0);

		assert_non_null(strstr(text, all[i].part));
	}
}

TEST(source_that_changed_since_says_so)
{
	const struct source source = { .n_lines = 1, .changed = 100 };
	_cleanup_(freep) char *text = source_trouble("/home/ann/shop.py", true, &source, 99);

	assert_string_equal(text, "shop.py is newer than the recording: lines may not match");
	assert_null(source_trouble("/home/ann/shop.py", true, &source, 100));
}

/* Nobody knows what the folder was when it was started. */
TEST(source_of_a_relative_path_says_to_what)
{
	const struct source source = { .n_lines = 1 };
	_cleanup_(freep) char *text = source_trouble("/home/ann/./fib.py", true, &source, 0);

	assert_string_equal(text, "fib.py relative to /home/ann, where the program ran when it was "
				  "first seen");
	assert_null(source_trouble("/home/ann/./fib.c", false, &source, 0));
}

/* ---- lessons ---- */

TEST(a_lesson_speaks_of_python_on_its_rows)
{
	struct made_app t;
	const struct app_panel_place *place = &t.app.panel.places[1];

	open_shop(&t, 100, 30, false);
	type(&t, "L");
	assert_string_equal(selected(&t), "list_contains");
	assert_shows(&t, "LESSON  Functions");
	type(&t, "/in_\n");
	assert_shows(&t, "LESSON  Python functions");
	type(&t, "6L");
	assert_shows(&t, "LESSON  Python lines");
	type(&t, "4L");
	assert_shows(&t, "LESSON  Python callers");
	type(&t, "!L");		/* of the hint about a line */
	assert_shows(&t, "LESSON  Python lines");
	assert_ptr_equal(views[1], &view_functions);
	assert_int_equal(place->page, 0);
	made_app_deinit(&t);
}

/* From row to row, as long as the lesson there has that page. */
TEST(a_lesson_stays_on_its_page_between_kinds_of_rows)
{
	struct made_app t;
	const struct app_panel_place *place = &t.app.panel.places[1];

	open_shop(&t, 100, 30, false);
	type(&t, "L\tn\t");
	assert_int_equal(place->page, 1);
	type(&t, "j");
	assert_string_equal(selected(&t), "fib");
	assert_shows(&t, "LESSON  Python functions");
	assert_int_equal(place->page, 1);
	type(&t, "k");
	assert_shows(&t, "LESSON  Functions");
	assert_int_equal(place->page, 1);
	type(&t, "\tnn");		/* lessons behind it are the same for both */
	free(screen(&t));
	for (int i = 0; i < 4 && !place->lesson; i++)
		type(&t, "n");
	assert_int_equal(place->lesson, 1);
	type(&t, "\tj");
	free(screen(&t));
	assert_int_equal(place->lesson, 1);
	assert_int_equal(place->page, 0);
	made_app_deinit(&t);
}

static char *take_request(void *ctx, enum app_request what, const char *argument)
{
	assert_int_equal(what, APP_PROBE);
	*(bool *)ctx = true;
	return xasprintf("asked for \"%s\"", argument);
}

/* The function of the row, or that is named; for so many seconds. */
TEST(calls_of_a_function_are_asked_for)
{
	static const struct {
		const char *line, *asked;
	} all[] = {
		{ ":probe\n", "2 fib" }, { ":probe 5\n", "5 fib" }, { ":probe main\n", "2 main" },
		{ ":probe main 0.5\n", "0.5 main" }, { ":probe * 10\n", "10 *" },
	};
	bool asked = false;
	const struct app_live live = { .ask = take_request, .ctx = &asked };
	struct made_app t;

	made_app_init(&t, &python, 100, 30, false);
	t.app.live = &live;
	type(&t, ":probe\n");		/* the first row is C */
	assert_shows(&t, "of which Python function?");
	type(&t, ":probe 5\n");
	assert_shows(&t, "of which Python function?");
	assert_false(asked);
	type(&t, "/fib\n");
	for (size_t i = 0; i < array_len(all); i++) {
		_cleanup_(freep) char *said = xasprintf("asked for \"%s\"", all[i].asked);

		type(&t, all[i].line);
		assert_shows(&t, said);
	}
	t.app.live = NULL;
	type(&t, ":probe\n");
	assert_shows(&t, "this is a recording");
	made_app_deinit(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(screens_of_python_look_as_they_did),
		cmocka_unit_test(calls_are_a_column),
		cmocka_unit_test(frames_are_part_of_the_scope),
		cmocka_unit_test(frames_go_with_the_rest_of_the_scope),
		cmocka_unit_test(without_python_the_key_says_so),
		cmocka_unit_test(the_hottest_line_of_python_is_with_the_c_that_it_calls),
		cmocka_unit_test(python_has_no_assembly),
		cmocka_unit_test(source_that_is_not_there_says_why),
		cmocka_unit_test(source_that_changed_since_says_so),
		cmocka_unit_test(source_of_a_relative_path_says_to_what),
		cmocka_unit_test(a_lesson_speaks_of_python_on_its_rows),
		cmocka_unit_test(a_lesson_stays_on_its_page_between_kinds_of_rows),
		cmocka_unit_test(calls_of_a_function_are_asked_for),
	};

	return cmocka_run_group_tests(tests, made_app_setup, made_app_teardown);
}
