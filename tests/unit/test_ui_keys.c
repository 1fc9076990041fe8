// SPDX-License-Identifier: Apache-2.0
/*
 * What keys, clicks and commands do in every view: the selection, the way back, pages.
 */
#include "tests/unit/app_maker.h"

#include "base/clock.h"
#include "ui/palette.h"
#include "ui/view.h"

/* ---- the selection ---- */

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
	/* Choosing a view chooses nothing else. */
	type(&t, "gj");
	name = xstrdup(selected(&t));
	for (const char *key = "3456789012"; *key; key++) {
		type(&t, (char[]){ *key, '\0' });
		free(screen(&t));
		assert_string_equal(selected(&t), name);
	}
	assert_int_equal(t.app.order[t.app.functions.cursor], t.app.function);
	free(name);
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

/* ---- pages and the way back ---- */

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
	grid_resize(&t.grid, 120, 90);
	assert_shows(&t, "MOVE");	/* there is room for all of it now */
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

/* ---- keys and clicks ---- */

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
				done |= does_something(views[v], key);
			if (!done)
				fail_msg("%s does nothing", action_rows[i].label);
		}
}

TEST(every_action_has_a_name_that_leads_to_it)
{
	for (enum action i = ACTION_NONE + 1; i < ACTION_COUNT; i++) {
		if (!action_name(i))
			fail_msg("action %d has no name in action.c and cprofd(1)", i);
		assert_int_equal(action_called(action_name(i)), i);
	}
	assert_int_equal(action_called("none"), ACTION_COUNT);
	assert_int_equal(action_called(""), ACTION_COUNT);
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

TEST(what_is_no_key_is_said)
{
	struct made_app t;

	made_app_init(&t, &usual, 80, 24, false);
	type(&t, "z");
	assert_shows(&t, "z does nothing here; ? lists the keys");
	app_key(&t.app, KEY_OF_F9);
	assert_shows(&t, "this key does nothing here; ? lists the keys");
	type(&t, "j");
	assert_null(t.app.message);
	made_app_deinit(&t);
}

/* ---- commands ---- */

/* Of a stripped program the hot instruction is one key away. */
TEST(where_no_line_is_known_the_assembly_is_shown)
{
	struct made_app t;
	struct profile *p;

	made_app_init(&t, &usual, 80, 24, false);
	p = t.model.p;
	for (size_t i = 0; i < p->n_levels; i++)
		if (strncmp(profile_string(p, p->functions[p->levels[i].function].name),
			    "membership", 10) == 0)
			p->levels[i].line = 0;
	free(screen(&t));
	type(&t, "/memb\na");
	assert_shows(&t, "\n HERE% +-95  SAMPLES   LINE ADDR");
	assert_shows(&t, "no line of it is known: stripped, or built without -g");
	assert_true(t.app.source.in_code);
	assert_int_equal(t.app.source.code_list.cursor + 1, t.app.source.hot_code);
	type(&t, "o");
	assert_shows(&t, "its assembly is all there is");
	type(&t, "2/compare\na");	/* this one has lines */
	assert_shows(&t, "list.h");
	assert_false(t.app.source.in_code);
	made_app_deinit(&t);
}

/* Alone it shows what is set; Enter takes the next value. */
TEST(set_alone_lists_settings_and_changes_them)
{
	struct made_app t;

	made_app_init(&t, &usual, 80, 24, false);
	type(&t, ":set\n");
	assert_shows(&t, "Settings");
	assert_shows(&t, "theme      safe     safe|dark|light");
	assert_shows(&t, "flame      kind     kind|hash|module");
	assert_shows(&t, "columns    usual");
	type(&t, "jj\n");
	assert_shows(&t, "theme      dark     safe|dark|light");
	assert_int_equal(t.app.set[APP_SET_THEME], THEME_DARK);
	type(&t, "\n\n");
	assert_shows(&t, "theme      safe     safe|dark|light");
	type(&t, "G\n");
	assert_shows(&t, ":set columns usual");
	type(&t, "\033");
	assert_false(t.app.prompt.mark);
	made_app_deinit(&t);
}

static void assert_head(struct made_app *t, const char *head)
{
	_cleanup_(freep) char *shown = screen(t);
	const char *line = shown;

	for (int i = 0; i < 3; i++)
		line = strchr(line, '\n') + 1;
	if (strncmp(line, head, strlen(head)) != 0)
		fail_msg("not \"%s\":\n%s", head, shown);
}

TEST(columns_are_chosen_and_ordered)
{
	struct made_app t;

	made_app_init(&t, &usual, 100, 30, false);
	type(&t, ":set columns func\t,tot\t,self\n");
	assert_head(&t, "  FUNCTION");
	assert_shows(&t, "TOTAL% SELF%v");
	type(&t, ":set columns kind, samples module\n");	/* names are there always */
	assert_head(&t, " K   SAMPLES MODULE");
	assert_shows(&t, "FUNCTION");
	type(&t, ":set columns self,erorr\n");
	assert_shows(&t, "\"erorr\" is no column; there are: self error bar");
	assert_head(&t, " K   SAMPLES MODULE");
	type(&t, ":set columns self self\n");
	assert_shows(&t, "\"self\" is there twice");
	type(&t, ":set columns usual\n");
	assert_head(&t, " SELF%v +-95");
	made_app_deinit(&t);
}

/* What matters least gives way, and no column runs into another one. */
TEST(columns_fit_any_width)
{
	struct column_choice every = { .n = COLUMN_COUNT };
	struct made_app t;

	made_app_init(&t, &usual, 100, 30, false);
	for (unsigned int i = 0; i < COLUMN_COUNT; i++)
		every.v[i] = (uint8_t)(COLUMN_COUNT - 1 - i);
	for (unsigned int width = 30; width < 260; width++) {
		struct function_columns c;
		unsigned int end = 0;

		function_columns_lay(&every, t.model.p, &t.model.sum, width, &c);
		assert_int_not_equal(c.place[COLUMN_FUNCTION].width, 0);
		for (unsigned int i = 0; i < c.n; i++) {
			assert_true(c.place[c.v[i]].at > end);
			end = c.place[c.v[i]].at + c.place[c.v[i]].width;
		}
		assert_true(end < width);
		assert_true(width < 40 || c.place[COLUMN_SELF].width);
	}
	made_app_deinit(&t);
}

TEST(commands_complete_and_say_what_they_do_not_know)
{
	struct made_app t;

	made_app_init(&t, &usual, 140, 30, false);
	type(&t, ":xyzzy\n");
	assert_shows(&t, ":xyzzy is no command; there are: w export save-screen threads range ranges keep drop frames");
	type(&t, ":th\t");
	assert_string_equal(prompt_text(&t.app.prompt), "threads ");
	type(&t, "\033:s\t");		/* save-screen, set, sessions, stop */
	assert_string_equal(prompt_text(&t.app.prompt), "s");
	type(&t, "et th\td\t\n");
	assert_int_equal(t.app.set[APP_SET_THEME], THEME_DARK);
	assert_true(t.app.asked_look);
	type(&t, ":set theme pink\n");
	assert_shows(&t, "there is :set theme safe|dark|light");
	type(&t, ":set colour on\n");
	assert_shows(&t, "\"colour\" is no setting; there are ascii, color, theme");
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_selection_moves_and_stays_among_the_rows),
		cmocka_unit_test(sorting_keeps_the_selection),
		cmocka_unit_test(one_selection_goes_through_all_views),
		cmocka_unit_test(the_selection_follows_its_function_or_stays),
		cmocka_unit_test(pages_close_to_where_one_was),
		cmocka_unit_test(the_trail_is_as_long_as_it_is),
		cmocka_unit_test(the_trail_keeps_scroll_and_scope),
		cmocka_unit_test(a_page_scrolls_to_its_end_and_no_further),
		cmocka_unit_test(the_header_hides_and_comes_back),
		cmocka_unit_test(every_key_that_is_listed_does_something),
		cmocka_unit_test(every_action_has_a_name_that_leads_to_it),
		cmocka_unit_test(what_is_drawn_can_be_clicked_on),
		cmocka_unit_test(what_is_no_key_is_said),
		cmocka_unit_test(where_no_line_is_known_the_assembly_is_shown),
		cmocka_unit_test(set_alone_lists_settings_and_changes_them),
		cmocka_unit_test(columns_are_chosen_and_ordered),
		cmocka_unit_test(columns_fit_any_width),
		cmocka_unit_test(commands_complete_and_say_what_they_do_not_know),
		cmocka_unit_test(a_session_is_asked_what_only_it_can_do),
	};

	return cmocka_run_group_tests(tests, made_app_setup, made_app_teardown);
}
