// SPDX-License-Identifier: Apache-2.0
/* The call tree, and callers and callees of one function. */
#include "tests/unit/app_maker.h"

#include "ui/view.h"

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

/* Under every row its own samples and the rows below add up to its total. */
static void assert_adds_up(const char *keys)
{
	struct made_app t;

	made_app_init(&t, &usual, 100, 30, false);
	type(&t, keys);
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
	assert_int_equal(t.app.tree.rows.v[0].total.count, FIXTURE_N_SAMPLES);
	made_app_deinit(&t);
}

TEST(the_tree_adds_up)
{
	assert_adds_up("3");
	assert_adds_up("3r");
	assert_adds_up("3rr");
	assert_adds_up("r\\fib\n3");
}

/* How recursion is shown is the same in every view, and can be undone. */
TEST(recursion_is_shown_in_three_ways)
{
	struct made_app t;
	uint32_t folded;

	made_app_init(&t, &usual, 100, 30, false);
	free(screen(&t));
	type(&t, "jt");
	assert_string_equal(selected(&t), "fib");
	assert_shows(&t, "self by depth 1");
	folded = n_shown(&t);
	type(&t, "r");
	assert_shows(&t, "| recursion unfolded |");
	assert_true(n_shown(&t) > folded + 10);
	assert_string_equal(selected(&t), "fib");
	type(&t, "4");
	assert_shows(&t, "| recursion unfolded |");
	assert_int_equal(t.app.callers.b.callees.rows[0].function, t.app.function);
	type(&t, "5");
	free(screen(&t));
	assert_int_equal(t.app.flame.f.n_rows, 18);
	type(&t, "r");
	assert_shows(&t, "| cycles folded |");
	assert_string_equal(selected(&t), "fib");
	type(&t, "3");
	assert_int_equal(n_shown(&t), folded);	/* there are no cycles */
	type(&t, "uu");
	assert_int_equal(n_shown(&t), folded);
	assert_lacks(&t, "cycles folded |");
	type(&t, "rrr");
	assert_int_equal(t.app.scope.now->recursion, RECURSION_DIRECT);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nodes_of_the_tree_close_and_open),
		cmocka_unit_test(the_tree_adds_up),
		cmocka_unit_test(recursion_is_shown_in_three_ways),
		cmocka_unit_test(callers_and_callees_add_up),
		cmocka_unit_test(enter_goes_from_caller_to_caller_and_back),
	};

	return cmocka_run_group_tests(tests, made_app_setup, made_app_teardown);
}
