// SPDX-License-Identifier: Apache-2.0
/* Parts of the time under names: kept, shown again, compared, forgotten. */
#include "tests/unit/app_maker.h"

#include "base/util.h"
#include "ui/place.h"
#include "ui/view.h"

#define S 1000000000ull

TEST(names_are_words)
{
	static const char *const good[] = { "a", "before", "run-2", "x/y", "abcdefghijklmnopqrstuvwx" };
	static const char *const bad[] = { "", "12s", "-", "two words", "tab\there", "\xc3\xa9", "a\x1b[",
					   "abcdefghijklmnopqrstuvwxy" };
	struct kept_ranges r = { 0 };

	for (size_t i = 0; i < array_len(good); i++)
		assert_true(kept_put(&r, good[i], i, 10 * S));
	for (size_t i = 0; i < array_len(bad); i++)
		assert_false(kept_put(&r, bad[i], 0, S));
	assert_int_equal(r.n, array_len(good));
	assert_false(kept_put(&r, "empty", S, S));
	assert_true(kept_put(&r, "a", 5 * S, 6 * S));		/* in its place */
	assert_int_equal(r.n, array_len(good));
	assert_string_equal(kept_of(&r, 5 * S, 6 * S)->name, "a");
	assert_null(kept_of(&r, 5 * S, 7 * S));
	assert_true(kept_drop(&r, "a"));
	assert_false(kept_drop(&r, "a"));
	assert_null(kept_find(&r, "a"));
	for (int i = 0; i < 2 * KEPT_RANGES_MOST; i++) {
		_cleanup_(freep) char *name = xasprintf("r%d", i);

		kept_put(&r, name, 0, S);
	}
	assert_int_equal(r.n, KEPT_RANGES_MOST);
	kept_deinit(&r);
}

TEST(a_range_is_kept_shown_again_and_forgotten)
{
	struct made_app t;
	uint64_t n;

	made_app_init(&t, &usual, 100, 30, false);
	type_slowly(&t, ":keep all\n");
	assert_shows(&t, "all of the time is shown: v in 7 selects a part");
	type(&t, ":ranges\n");
	assert_shows(&t, "no range is kept");
	type(&t, ":range 12s 18s\n:keep burst\n");
	assert_shows(&t, "12.0-18.0 is kept as burst; :range burst shows it again");
	assert_shows(&t, "| burst 12.0-18.0 s |");
	n = t.model.sum.received.count;
	type(&t, "A:keep burst\n");
	assert_shows(&t, "all of the time is shown");
	type(&t, ":range 1 2\n:keep burst\n");
	assert_shows(&t, "burst is kept already; :keep! burst puts this in its place");
	assert_lacks(&t, "| burst");
	type(&t, ":range burst\n");
	assert_int_equal(t.model.sum.received.count, n);
	type(&t, "u");
	assert_shows(&t, "1.0-2.0 s");
	type(&t, ":keep! burst\n:range nope\n");
	assert_shows(&t, "no range is kept as \"nope\"; :ranges lists them");
	type(&t, ":range 0 10\n:keep warm-up\nA:ranges\n");
	assert_shows(&t, "Kept ranges");
	assert_shows(&t, "burst  1.0-2.0 s");
	type(&t, "2");
	assert_shows(&t, "| warm-up 0.0-10.0 s |");
	type(&t, ":range w\t");
	assert_string_equal(prompt_text(&t.app.prompt), "range warm-up ");
	type(&t, "\033:drop warm-up\n");
	assert_shows(&t, "warm-up is forgotten");
	assert_shows(&t, "| 0.0-10.0 s |");
	type(&t, ":drop\n");
	assert_shows(&t, "which range?");
	made_app_deinit(&t);
}

/* They are of one recording: another one of the same program does not have them. */
TEST(kept_ranges_come_back_with_their_recording)
{
	static const char lies[] = "keep\nkeep 1\nkeep 1 2\nkeep 5 5 none\nkeep 1 2 two words\n"
		"keep 0 99000000000000 late\nkeep x 2 x\nkeep 1 2 burst\nkeep 1 2 \033[7m\n";
	static const char other[] = "recording 1\nkeep 1 2000000000 other\n";
	struct buf text = { 0 };
	struct made_app t;

	made_app_init(&t, &usual, 100, 30, false);
	type_slowly(&t, ":range 12s 18s\n:keep burst\nA:range 1s 2s\n:keep first\nA");
	place_write(&t.app, &text);
	made_app_deinit(&t);
	made_app_init(&t, &usual, 100, 30, false);
	place_read(&t.app, (const char *)text.data, text.len);
	assert_shows(&t, "2 ranges of this recording are kept; :ranges lists them");
	assert_int_equal(t.app.kept.n, 2);
	buf_put(&text, lies, sizeof(lies) - 1);
	place_read(&t.app, (const char *)text.data, text.len);
	assert_int_equal(t.app.kept.n, 2);
	type_slowly(&t, ":range burst\n");
	assert_shows(&t, "| burst 12.0-18.0 s |");
	made_app_deinit(&t);
	made_app_init(&t, &usual, 100, 30, false);
	place_read(&t.app, other, sizeof(other) - 1);
	assert_int_equal(t.app.kept.n, 0);
	assert_null(t.app.message);
	made_app_deinit(&t);
	buf_deinit(&text);
}

/* What is being selected is kept before anybody takes it; short ranges have their decimals. */
TEST(what_is_selected_can_be_kept)
{
	struct made_app t;

	made_app_init(&t, &usual, 100, 30, false);
	type_slowly(&t, "mlljjjvjj:keep short\n");
	assert_int_equal(t.app.kept.n, 1);
	assert_int_equal(t.app.scope.now->window, SCOPE_ALL);
	type_slowly(&t, "\033:range short\n");
	assert_shows(&t, "| short 2.15-2.30 s |");
	made_app_deinit(&t);
}

TEST(ranges_have_lanes_in_the_time_line)
{
	struct made_app t;

	made_app_init(&t, &usual, 100, 30, false);
	type_slowly(&t, ":range 2 8\n:keep first\n:range 12 20\n:keep second\nA7");
	assert_shows(&t, "[first-");
	assert_shows(&t, "[second--");
	type(&t, ":range 0 15\n:keep both\n");
	assert_shows(&t, "[both--");
	type(&t, ":range 1 13\n:keep third\n");
	assert_shows(&t, "4, 1 behind");
	assert_lacks(&t, "[third");
	type(&t, ":range 29.9 30\n:keep end\n");
	assert_shows(&t, "|");
	grid_resize(&t.grid, 60, 15);
	free(screen(&t));
	grid_resize(&t.grid, 80, 24);
	assert_shows(&t, "[first");
	made_app_deinit(&t);
}

TEST(two_ranges_are_the_sides_of_a_comparison)
{
	struct made_app t;

	made_app_init(&t, &usual, 100, 30, false);
	type_slowly(&t, ":range 0 12\n:keep before\n:range 15 30\n:keep after\nA:compare before after\n");
	assert_ptr_equal(t.app.view, &view_compare);
	assert_shows(&t, "A  before, 0.0-12.0 s");
	assert_shows(&t, "B  after, 15.0-30.0 s");
	type(&t, "o");
	assert_shows(&t, "A  after, 15.0-30.0 s");
	type(&t, "oA:compare after\n");		/* with what is shown, but for it */
	assert_shows(&t, "A  after, 15.0-30.0 s");
	assert_shows(&t, "B  0.0-15.0 s of this recording");
	type(&t, "b");
	assert_shows(&t, "before  0.0-12.0 s");
	type(&t, "1");
	assert_shows(&t, "A  before, 0.0-12.0 s");
	type(&t, ":compare before nope\n");
	assert_shows(&t, "before nope: ");
	made_app_deinit(&t);
}

/* ---- the mouse ---- */

static struct spot spot_at(struct made_app *t, unsigned int x, unsigned int y)
{
	free(screen(t));
	return grid_at(&t->grid, y, x)->spot;
}

static void drag(struct made_app *t, unsigned int from_x, unsigned int from_y, unsigned int x,
		 unsigned int y)
{
	struct spot to = spot_at(t, x, y);

	app_click(&t->app, spot_at(t, from_x, from_y));
	app_drag(&t->app, spot_at(t, from_x, from_y));
	app_drag(&t->app, (struct spot){ 0 });		/* over what is none of it */
	app_drag(&t->app, to);
}

TEST(a_drag_over_the_time_line_picks_a_range)
{
	struct made_app t;
	uint64_t cell;

	made_app_init(&t, &usual, 100, 30, false);
	type(&t, "7");
	drag(&t, 50, 7, 60, 4);
	cell = t.app.threads.axis.cell_ns;
	assert_true(t.app.pick.selecting);
	assert_shows(&t, "selecting ");
	app_release(&t.app);
	assert_false(t.app.pick.selecting);
	assert_int_equal(t.app.scope.now->window, SCOPE_RANGE);
	assert_int_equal(t.app.scope.now->length_ns, 11 * cell);
	assert_shows(&t, "every view shows this time now");
	type(&t, "u");
	assert_int_equal(t.app.scope.now->window, SCOPE_ALL);
	/* From the right, over a part of which nobody let go yet. */
	drag(&t, 60, 6, 52, 6);
	type(&t, "\033");
	app_release(&t.app);
	assert_int_equal(t.app.scope.now->window, SCOPE_ALL);
	/* Where the cursor is already: a click there is Enter only if nothing was dragged. */
	app_click(&t.app, spot_at(&t, 50, 7));
	app_release(&t.app);
	assert_int_equal(t.app.scope.now->n_threads, 0);
	drag(&t, 50, 7, 55, 7);
	app_release(&t.app);
	assert_int_equal(t.app.scope.now->n_threads, 0);
	assert_int_equal(t.app.scope.now->length_ns, 6 * cell);
	app_click(&t.app, spot_at(&t, 55, 7));
	app_release(&t.app);
	assert_int_equal(t.app.scope.now->n_threads, 1);
	made_app_deinit(&t);
}

TEST(a_drag_over_the_heat_map_does_so_too)
{
	struct made_app t;

	made_app_init(&t, &usual, 100, 30, false);
	type(&t, "m");
	free(screen(&t));
	app_drag(&t.app, spot_at(&t, 30, 10));		/* nobody pressed it */
	app_release(&t.app);
	assert_false(t.app.pick.selecting);
	drag(&t, 9, 6, 17, 8);
	app_release(&t.app);
	assert_int_equal(t.app.scope.now->window, SCOPE_RANGE);
	assert_true(t.app.scope.now->length_ns > S);
	/* Other views know nothing of it, and a click there is what it was. */
	type(&t, "A2");
	app_click(&t.app, spot_at(&t, 40, 8));
	app_drag(&t.app, spot_at(&t, 40, 12));
	app_release(&t.app);
	assert_ptr_equal(t.app.view, &view_functions);
	made_app_deinit(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_words),
		cmocka_unit_test(a_range_is_kept_shown_again_and_forgotten),
		cmocka_unit_test(kept_ranges_come_back_with_their_recording),
		cmocka_unit_test(what_is_selected_can_be_kept),
		cmocka_unit_test(ranges_have_lanes_in_the_time_line),
		cmocka_unit_test(two_ranges_are_the_sides_of_a_comparison),
		cmocka_unit_test(a_drag_over_the_time_line_picks_a_range),
		cmocka_unit_test(a_drag_over_the_heat_map_does_so_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
