// SPDX-License-Identifier: Apache-2.0
/* The call tree, its rows, and functions that are folded into their callers. */
#include "tests/unit/profile_maker.h"

#include <stdlib.h>

#include "profile/butterfly.h"
#include "profile/lines.h"
#include "profile/tree_rows.h"

TEST(every_node_of_the_tree_is_its_own_time_and_that_of_its_children)
{
	struct profile_load *load = fixture_load(&plain);
	const struct profile *p = profile_load_profile(load);
	const struct tree *t = &p->tree;
	struct summary sum;

	summary_make(p, &everything, &sum);
	for (uint32_t n = 0; n < t->n; n++) {
		struct sum all = { 0 };

		for (uint32_t i = 0; i < p->n_leaves; i++)
			if (t->of_stack[p->shown.leaves[i]] == n)
				sum_add(&all, sum.leaves[i]);
		for (uint32_t c = t->first_child[n]; c != TREE_NONE; c = t->next_sibling[c]) {
			assert_true(c > n);
			assert_int_equal(t->parent[c], n);
			sum_add(&all, sum.nodes[c]);
		}
		assert_memory_equal(&all, &sum.nodes[n], sizeof(all));
	}
	assert_int_equal(sum.nodes[0].count, FIXTURE_N_SAMPLES);
	summary_deinit(&sum);
	profile_load_close(load);
}

TEST(rows_of_the_tree_add_up_however_few_are_shown)
{
	struct profile_load *load = fixture_load(&plain);
	const struct profile *p = profile_load_profile(load);
	struct summary sum;

	summary_make(p, &everything, &sum);
	for (uint32_t max = 0; max < 30; max++) {
		struct tree_rows rows;
		uint32_t n_nodes = 0;

		tree_rows_make(p, &sum, 0, max, 100, &rows);
		for (uint32_t i = 0; i < rows.n; i++) {
			struct sum all = rows.v[i].self;

			n_nodes += rows.v[i].kind == TREE_ROW_NODE;
			if (rows.v[i].kind != TREE_ROW_NODE)
				continue;
			for (uint32_t c = i + 1; c < rows.n && rows.v[c].depth > rows.v[i].depth; c++)
				if (rows.v[c].depth == rows.v[i].depth + 1)
					sum_add(&all, rows.v[c].total);
			assert_memory_equal(&all, &rows.v[i].total, sizeof(all));
		}
		assert_true(n_nodes <= max + 1 + 2);	/* the root, and ties */
		tree_rows_deinit(&rows);
	}
	summary_deinit(&sum);
	profile_load_close(load);
}

TEST(folded_recursion_tells_its_depth)
{
	struct tiny t;
	struct profile_load *load;
	struct tree_rows rows;
	struct summary sum;

	tiny_begin(&t, NULL);
	tiny_samples(&t, tiny_stack(&t, OUTCOME_COMPLETE, "mffg"), 0, 2, 0);
	tiny_samples(&t, tiny_stack(&t, OUTCOME_COMPLETE, "mfffff"), 0, 7, S);
	tiny_samples(&t, tiny_stack(&t, OUTCOME_COMPLETE, "mffffffff"), 0, 1, 2 * S);
	load = tiny_load(&t);
	const struct profile *p = profile_load_profile(load);
	summary_make(p, &everything, &sum);
	tree_rows_make(p, &sum, 0, 100, 100, &rows);
	assert_int_equal(rows.n, 4);		/* root, m, f, g */
	assert_int_equal(rows.v[2].n, 5);
	assert_int_equal(rows.v[2].max_depth, 8);
	assert_int_equal(rows.v[2].self.count, 8);
	tree_rows_deinit(&rows);
	summary_deinit(&sum);
	profile_load_close(load);
}

/* So many stacks that threads share them: half of them are one call of f deep, half are five. */
TEST(depths_of_many_stacks_are_those_of_all)
{
	struct tiny t;
	struct profile_load *load;
	struct tree_rows rows;
	struct summary sum;
	const uint32_t n = 40000;

	tiny_begin(&t, NULL);
	for (uint32_t i = 0; i < n; i++) {
		uint32_t path[16] = { t.frames['m' - 'a'] }, len = 1;

		for (uint32_t depth = i < n / 2 ? 1 : 5; depth > 0; depth--)
			path[len++] = t.frames['f' - 'a'];
		for (uint32_t rest = i % (n / 2), digit = 0; digit < 6; digit++, rest /= 6)
			path[len++] = t.frames[(digit % 2 ? 'g' : 'o') - 'a' + rest % 6];
		tiny_samples(&t, record_put_stack(t.w, &(struct record_stack){
				.frames = path, .n_frames = len }), 0, 1, i * NS_PER_MS);
	}
	load = tiny_load(&t);
	const struct profile *p = profile_load_profile(load);
	summary_make(p, &everything, &sum);
	tree_rows_make(p, &sum, sum.base_ns, 100, 100, &rows);
	assert_true(sum.n_leaves >= 20000);
	assert_int_equal(p->tree.function[rows.v[2].node], function(p, "f"));
	assert_int_equal(rows.v[2].n, 5);
	assert_int_equal(rows.v[2].max_depth, 5);
	assert_int_equal(rows.v[2].total.count, n);
	tree_rows_deinit(&rows);
	summary_deinit(&sum);
	profile_load_close(load);
}

/* ---- folding ---- */

/* Samples of functions of one letter: how many on top, and how many anywhere. */
static void assert_counts(const struct profile *p, const char *self, const char *total)
{
	struct summary sum;

	summary_make(p, &everything, &sum);
	for (uint32_t i = 0; i < p->n_functions; i++) {
		const char *name = profile_string(p, p->functions[i].name), *at;
		const struct function_sum *f = &sum.functions[i];

		if (strlen(name) != 1)
			continue;
		at = strchr(self, *name);
		assert_int_equal(f->self.count, at ? atoi(at + 1) : 0);
		at = strchr(total, *name);
		assert_int_equal(f->total.count, at ? atoi(at + 1) : 0);
	}
	assert_int_equal(sum.nodes[0].count, p->samples.n);
	summary_deinit(&sum);
}

TEST(folded_functions_give_their_time_to_their_callers)
{
	struct tiny *t = xcalloc(1, sizeof(*t));
	struct profile_load *load;
	struct profile *p;
	struct butterfly b;
	struct summary sum;
	struct lines lines;
	uint32_t fold[2];
	struct error err;

	tiny_begin(t, NULL);
	tiny_samples(t, tiny_stack(t, 0, "mab"), 0, 3, 0);
	tiny_samples(t, tiny_stack(t, 0, "mfb"), 0, 5, S);
	tiny_samples(t, tiny_stack(t, 0, "maf"), 0, 7, 2 * S);
	tiny_samples(t, tiny_stack(t, 0, "magf"), 0, 11, 3 * S);
	tiny_samples(t, tiny_stack(t, 0, "fga"), 0, 13, 4 * S);		/* nobody calls it */
	tiny_samples(t, tiny_stack(t, OUTCOME_LIMIT, "fb"), 0, 17, 5 * S);
	load = tiny_load(t);
	p = profile_load_profile(load);
	assert_counts(p, "a13 b25 f18", "m26 a34 b25 f53 g24");

	fold[0] = function(p, "f");
	fold[1] = function(p, "g");
	assert_int_equal(profile_fold(p, fold, 1, false, &err), 0);
	assert_counts(p, "m0 a20 b25 g11", "m26 a34 b25 f30 g24");
	summary_make(p, &everything, &sum);
	butterfly_make(p, &sum, function(p, "b"), 2, &b);
	summary_deinit(&sum);
	assert_int_equal(b.total.count, 25);
	for (uint32_t i = 0; i < b.callers.n_rows; i++) {
		const struct butterfly_row *r = &b.callers.rows[i];
		char name = *profile_string(p, p->functions[r->function].name);

		if (r->depth == 1)
			assert_int_equal(r->sum.count, name == 'm' ? 5 : name == 'a' ? 3 : 17);
	}
	butterfly_deinit(&b);

	assert_int_equal(profile_fold(p, fold, 2, false, &err), 0);
	assert_counts(p, "a31 b25", "m26 a34 b25 f30");
	summary_make(p, &everything, &sum);
	lines_make(p, &everything, &sum, function(p, "a"), &lines);
	assert_int_equal(lines.n, 1);
	assert_int_equal(lines.v[0].self.count, 31);
	assert_int_equal(lines.v[0].total.count, 34);
	lines_deinit(&lines);
	summary_deinit(&sum);

	assert_int_equal(profile_fold(p, NULL, 0, false, &err), 0);
	assert_counts(p, "a13 b25 f18", "m26 a34 b25 f53 g24");
	profile_load_close(load);
	free(t);
}

TEST(the_kernel_can_be_folded_into_what_calls_it)
{
	struct profile_load *load = fixture_load(&plain);
	struct profile *p = profile_load_profile(load);
	struct summary before, after;
	uint32_t write = function(p, "write"), kwrite = function(p, "ksys_write"),
		 soft = function(p, "handle_softirqs");
	struct error err;

	summary_make(p, &everything, &before);
	assert_int_equal(profile_fold(p, NULL, 0, true, &err), 0);
	summary_make(p, &everything, &after);
	assert_int_equal(after.functions[write].self.count,
			 before.functions[write].self.count + before.functions[kwrite].self.count);
	assert_int_equal(after.functions[kwrite].total.count, 0);
	/* it has no caller */
	assert_int_equal(after.functions[soft].self.count, before.functions[soft].self.count);
	assert_int_equal(after.nodes[0].count, before.nodes[0].count);
	summary_deinit(&before);
	summary_deinit(&after);
	profile_load_close(load);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_node_of_the_tree_is_its_own_time_and_that_of_its_children),
		cmocka_unit_test(rows_of_the_tree_add_up_however_few_are_shown),
		cmocka_unit_test(folded_recursion_tells_its_depth),
		cmocka_unit_test(depths_of_many_stacks_are_those_of_all),
		cmocka_unit_test(folded_functions_give_their_time_to_their_callers),
		cmocka_unit_test(the_kernel_can_be_folded_into_what_calls_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
