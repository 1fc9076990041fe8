// SPDX-License-Identifier: Apache-2.0
/* What explains: hints below a view, lessons beside it. */
#include "tests/unit/app_maker.h"

#include "ui/view.h"

/* ---- hints ---- */

/* A hint's claim is below the view, its evidence behind a key, its proof one more away. */
TEST(hints_lead_to_their_proof)
{
	struct made_app t;

	made_app_init(&t, &usual, 100, 30, false);
	assert_shows(&t, "! 100% of compare, which has 29.3% +-1.1, is line 14 of list.h");
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
	&view_overview, &view_functions, &view_tree, &view_callers, &view_flame, &view_source, &view_quality,
	&view_hints, &view_threads, &view_heat, &view_waits, &view_memory, &view_compare,
	&view_processes,
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

/* From the first page to the last and back, every one of them shown whole. */
static void read_lessons(struct made_app *t, const struct view *view)
{
	const struct app_panel_place *p;
	unsigned int page = 0;

	app_go(&t->app, view, t->app.function);
	type(t, "\t");
	do {
		assert_shows(t, "LESSON");
		p = NULL;
		for (size_t v = 0; views[v]; v++)
			if (views[v] == t->app.view)
				p = &t->app.panel.places[v];
		if (p->scroll.n != 1)
			fail_msg("%s, page %u is too long", p->own, page);
		type(t, "n");
		page++;
	} while (!t->app.message);
	assert_true(page >= 4);
	assert_string_equal(t->app.message, "this is the last page");
	while (page-- > 1)
		type(t, "b");
	assert_null(t->app.message);
	assert_int_equal(p->lesson + p->page, 0);
	type(t, "b");
	assert_string_equal(t->app.message, "this is the first page");
	type(t, "\t");
}

TEST(every_page_of_every_lesson_fits_beside_a_view)
{
	struct made_app t;

	made_app_init(&t, &usual, 100, 30, false);
	app_open_lesson(&t.app);
	for (size_t i = 0; i < array_len(with_lesson); i++)
		read_lessons(&t, with_lesson[i]);
	made_app_deinit(&t);
}

TEST(lessons_of_python_fit_beside_a_view)
{
	static const struct fixture_options python = { .python = true };
	static const struct {
		const struct view *view;
		const char *shown;
	} all[] = {
		{ &view_functions, "LESSON  Python functions" },
		{ &view_source, "LESSON  Python lines" },
		{ &view_callers, "LESSON  Python callers" },
	};
	struct made_app t;

	made_app_init(&t, &python, 100, 30, false);
	app_open_lesson(&t.app);
	type(&t, "/in_list\n");
	for (size_t i = 0; i < array_len(all); i++) {
		app_go(&t.app, all[i].view, t.app.function);
		assert_shows(&t, all[i].shown);
		read_lessons(&t, all[i].view);
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

/* At whatever width: one of its forms has room. */
TEST(a_hint_is_never_cut)
{
	struct made_app t;

	for (unsigned int width = APP_MIN_WIDTH; width < 110; width++) {
		const char *row;
		char *s;

		made_app_init(&t, &usual, width, 24, width % 2);
		s = screen(&t);
		row = strstr(s, "! line 14 of list.h is 100% of compare  ");
		row = row ? row : strstr(s, "! 100% of compare, which has 29.3% ");
		if (!row || !strstr(row, "  ! tells why"))
			fail_msg("%u columns:\n%s", width, s);
		if (row[2] == '1')
			assert_non_null(strstr(row, "1.1, is line 14 of list.h  "));
		free(s);
		made_app_deinit(&t);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hints_lead_to_their_proof),
		cmocka_unit_test(a_hint_is_never_cut),
		cmocka_unit_test(hints_of_a_growing_profile_are_not_hasty),
		cmocka_unit_test(a_lesson_is_beside_every_view),
		cmocka_unit_test(every_page_of_every_lesson_fits_beside_a_view),
		cmocka_unit_test(lessons_of_python_fit_beside_a_view),
		cmocka_unit_test(a_lesson_takes_no_keys_unless_it_has_the_focus),
		cmocka_unit_test(each_view_keeps_its_lesson),
		cmocka_unit_test(a_lesson_speaks_of_the_selected_row),
		cmocka_unit_test(a_lesson_that_is_missing_is_no_harm),
	};

	return cmocka_run_group_tests(tests, made_app_setup, made_app_teardown);
}
