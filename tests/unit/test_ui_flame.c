// SPDX-License-Identifier: Apache-2.0
/* The flame graph: its boxes, and the ways through them. */
#include "tests/unit/app_maker.h"

#include "ui/view.h"

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
	type(&t, "jkhliH");
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
	assert_shows(&t, "| cycles folded |");
	assert_string_equal(flame_name(&t), "fib");
	type(&t, "r");
	assert_shows(&t, "direct recursion folded");
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

static void select_function(struct made_app *t, const char *name)
{
	const struct profile *p = t->model.p;
	uint32_t i = 0;

	while (i < p->n_functions && strcmp(profile_string(p, p->functions[i].name), name) != 0)
		i++;
	assert_true(i < p->n_functions);
	app_go(&t->app, &view_flame, i);
}

TEST(all_paths_to_a_function_can_be_one)
{
	struct made_app t;
	uint64_t all_ns;

	made_app_init(&t, &usual, 100, 30, false);
	free(screen(&t));
	select_function(&t, "__vfprintf_internal");
	assert_shows(&t, "of its 2 paths, with");
	all_ns = t.model.sum.functions[t.app.function].total.weight_ns;
	assert_true(flame_chosen(&t)->total.weight_ns < all_ns);
	type(&t, "*");
	assert_shows(&t, "all its 2 paths as one box: i for who calls it");
	assert_shows(&t, "all that it calls below");
	assert_shows(&t, "all paths > __vfprintf_internal");
	assert_string_equal(flame_name(&t), "__vfprintf_internal");
	assert_int_equal(flame_chosen(&t)->total.weight_ns, all_ns);
	type(&t, "i");
	assert_shows(&t, "all that call it below");
	assert_string_equal(flame_name(&t), "__vfprintf_internal");
	assert_int_equal(flame_chosen(&t)->total.weight_ns, all_ns);
	type(&t, "j");
	app_key(&t.app, KEY_OF_ENTER);
	assert_shows(&t, "zoomed in on");
	type(&t, "<");
	assert_shows(&t, "all paths as one");
	type(&t, "i<");
	assert_shows(&t, "not zoomed");
	assert_false(t.app.flame.how.joined);
	type(&t, "<");
	assert_ptr_equal(t.app.view, &view_functions);
	made_app_deinit(&t);
}

TEST(boxes_of_a_function_come_one_after_the_other)
{
	struct made_app t;
	const struct flame_box *first;

	made_app_init(&t, &usual, 250, 40, false);
	free(screen(&t));
	select_function(&t, "__vfprintf_internal");
	free(screen(&t));
	first = flame_chosen(&t);
	type(&t, "n");
	assert_shows(&t, "box 2 of 2 of it");
	assert_string_equal(flame_name(&t), "__vfprintf_internal");
	assert_ptr_not_equal(flame_chosen(&t), first);
	assert_true(flame_chosen(&t)->total.weight_ns <= first->total.weight_ns);
	type(&t, "n");
	assert_shows(&t, "box 1 of 2 of it");
	assert_ptr_equal(flame_chosen(&t), first);
	type(&t, "N");
	assert_shows(&t, "box 2 of 2 of it");
	made_app_deinit(&t);
}

/* What is joined and is nowhere in another scope leaves everything. */
TEST(a_joined_function_that_is_gone_is_left)
{
	static const uint32_t worker = 1;
	struct made_app t;

	made_app_init(&t, &usual, 100, 30, false);
	free(screen(&t));
	select_function(&t, "handle_order");
	free(screen(&t));
	type(&t, "*");
	assert_shows(&t, "all paths > handle_order");
	t.model.scope = (struct selection){ .threads = &worker, .n_threads = 1 };
	model_ask(&t.model);
	assert_shows(&t, "not zoomed");
	assert_false(t.app.flame.how.joined);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(boxes_are_walked_from_parent_to_child_and_sibling),
		cmocka_unit_test(zooming_goes_in_and_out_again),
		cmocka_unit_test(what_is_gone_is_not_zoomed_in_on),
		cmocka_unit_test(the_flame_graph_finds_the_selected_function),
		cmocka_unit_test(the_trail_leads_back_to_the_same_boxes),
		cmocka_unit_test(boxes_can_be_inverted_and_unfolded),
		cmocka_unit_test(deep_boxes_scroll),
		cmocka_unit_test(a_narrow_screen_forgets_no_box),
		cmocka_unit_test(all_paths_to_a_function_can_be_one),
		cmocka_unit_test(boxes_of_a_function_come_one_after_the_other),
		cmocka_unit_test(a_joined_function_that_is_gone_is_left),
		cmocka_unit_test(filled_boxes_are_tiles),
	};

	return cmocka_run_group_tests(tests, made_app_setup, made_app_teardown);
}
