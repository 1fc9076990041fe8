// SPDX-License-Identifier: Apache-2.0
/*
 * Whole screens, golden texts most of them, at many sizes and of few samples or none.
 */
#include "tests/unit/app_maker.h"

#include "tests/unit/golden.h"

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
		{ "3", "tree", 60, 15, true },
		{ "3", "tree", 80, 24, false }, { "3", "tree", 100, 30, true },
		{ "jt", "tree-selected", 100, 30, true }, { "j", "functions-depth", 80, 24, false },
		{ "jtr", "tree-raw", 100, 30, true }, { "jtrr", "tree-cycles", 80, 24, false },
		{ "jcr", "callers-raw", 100, 30, true }, { "3C", "tree-closed", 80, 24, true },
		{ "jc", "callers", 80, 24, false }, { "jjjc", "callers-built", 100, 30, true },
		{ "5", "flame", 60, 15, false }, { "5", "flame", 80, 24, false },
		{ "5", "flame", 100, 30, false }, { "5", "flame", 100, 30, true },
		{ "5", "flame", 140, 40, true }, { "5", "flame", 250, 70, true },
		{ "5i", "flame-inverted", 100, 30, true }, { "5r", "flame-raw", 100, 30, true },
		{ "a", "source", 80, 24, false }, { "ao", "assembly", 80, 24, false },
		{ "aO", "assembly-mixed", 80, 24, false }, { "aO", "assembly-mixed", 100, 30, true },
		{ "aO", "assembly-mixed", 140, 40, true }, { "aO", "assembly-mixed", 60, 15, false },
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
		{ "Wbbbj", "processes-threads", 100, 30, true },
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
		{ "7", "threads", 60, 15, false }, { "7", "threads", 60, 15, true },
		{ "7jlllvlllll", "threads-selecting", 100, 30, true },
		{ "7jlllvlllll", "threads-selecting", 80, 24, false },
		{ "7jlllvlllll\n", "threads-range", 100, 30, true },
		{ "7jlllvlllll\n", "threads-range", 80, 24, false },
		{ "7lllllllllll++", "threads-zoomed", 100, 30, true }, { "7j\n", "threads-one", 100, 30, true },
		{ "m", "heat", 60, 15, false }, { "mlljjvll", "heat-selecting", 100, 30, true },
		{ "mH+", "heat-zoomed", 80, 24, false }, { "mL", "lesson-heat", 100, 30, true },
		{ "7L", "lesson-threads", 80, 24, false }, { "7L", "lesson-threads", 100, 30, false },
		{ "7L", "lesson-threads", 100, 30, true }, { "7L", "lesson-threads", 140, 40, true },
		{ "=L", "lesson-quality", 100, 30, true }, { "!L", "lesson-hints", 100, 30, true },
		{ "WL", "lesson-processes", 80, 24, false }, { "WL", "lesson-processes", 100, 30, true },
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
		{ "6", "source" }, { "7", "threads" }, { "m", "heat" }, { "W", "processes" },
		{ "=", "quality" }, { "!", "hints" },
		{ "?", "help" }, { "0", "diff-empty" }, { "0bh", "diff" },
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

/* On a wide screen there are two columns, which scroll together. */
TEST(quality_scrolls_by_columns)
{
	struct made_app t;

	made_app_init(&t, &usual, 160, 15, false);
	type(&t, "=");
	assert_shows(&t, "- How this is known");
	assert_shows(&t, "- What became of the samples");
	type(&t, "G");
	assert_lacks(&t, "- How this is known");
	assert_lacks(&t, "- What became of the samples");
	assert_shows(&t, "- Functions without a name");
	type(&t, "g");
	assert_shows(&t, "- What became of the samples");
	made_app_deinit(&t);
}

/* Nothing is drawn beyond ASCII then, and no line is too long anyway. */
TEST(ascii_screens_are_ascii)
{
	static const char *const keys[] = { "", "=", "?", "s", "stI", "5", "5i", "T", "/fib",
					    "\\a", "3C/w", "!", "L", "!L", "W", "Wbb", "8", "8L", "9", "9L", "7",
					    "7vll", "7vll\n++", "0", "0bh", "0bhvU", "0bhL", "m",
					    "mvjj\n++" };

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
	static const struct {
		unsigned int width;
		const char *says;
	} widths[] = {
		{ 40, "40x10; cprofd needs 60x15. q quits." }, { 35, "35x10; cprofd needs 60x15. q quits." },
		{ 30, "cprofd needs 60x15; q quits" }, { 20, "needs 60x15; q quits" },
		{ 12, "needs 60x15" }, { 5, "60x15" },
	};
	struct made_app t;
	char *before, *after;

	made_app_init(&t, &usual, 100, 30, true);
	type(&t, "jj");
	before = screen(&t);
	grid_resize(&t.grid, 50, 10);
	assert_shows(&t, "50x10; cprofd needs 60x15");
	for (size_t i = 0; i < array_len(widths); i++) {
		grid_resize(&t.grid, widths[i].width, 10);
		assert_shows(&t, widths[i].says);
	}
	grid_resize(&t.grid, 1, 1);
	free(screen(&t));
	type(&t, "3jS/x\n");	/* nobody sees what these would do */
	grid_resize(&t.grid, 100, 30);
	after = screen(&t);
	assert_string_equal(before, after);
	free(before);
	free(after);
	made_app_deinit(&t);
}

TEST(few_samples_are_a_banner_and_none_a_sentence)
{
	const struct fixture_options few = { .n_samples = 12 }, one = { .n_samples = 1 },
				     cut = { .unfinished = true };
	struct made_app t;

	made_app_init(&t, &few, 80, 24, false);
	assert_shows(&t, "only 12 samples: nothing here is certain yet");
	type(&t, "!");
	assert_shows(&t, "With 12 samples nothing can be said");
	made_app_deinit(&t);
	made_app_init(&t, &one, 80, 24, false);
	assert_shows(&t, "only 1 sample: nothing");
	assert_shows(&t, "  100  +-79? ");	/* never bare */
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(screens_look_as_they_did),
		cmocka_unit_test(every_view_at_every_size_looks_as_it_did),
		cmocka_unit_test(quality_scrolls_by_columns),
		cmocka_unit_test(ascii_screens_are_ascii),
		cmocka_unit_test(a_screen_that_is_too_small_says_so_and_comes_back),
		cmocka_unit_test(few_samples_are_a_banner_and_none_a_sentence),
	};

	return cmocka_run_group_tests(tests, made_app_setup, made_app_teardown);
}
