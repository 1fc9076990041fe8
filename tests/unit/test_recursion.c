// SPDX-License-Identifier: Apache-2.0
/* Recursion folded in three ways, on hand-made stacks: direct, mutual, mixed, with a gap. */
#include "tests/unit/profile_maker.h"

#include "profile/butterfly.h"
#include "profile/flame.h"
#include "profile/tree_rows.h"

/* "#" is frames that are left out. */
static uint32_t stack_of(struct tiny *t, const char *path)
{
	uint32_t stack = strchr(path, '#') ? OUTCOME_LEFT_OUT : OUTCOME_COMPLETE;

	for (; *path; path++) {
		uint32_t frame = *path != '#' ? t->frames[*path - 'a']
			: record_put_frame(t->w, &(struct record_frame){ .flags = FRAME_LEFT_OUT });

		stack = nodes_push(&t->nodes, t->w, stack, frame);
	}
	return stack;
}

/* A sample for each millisecond of the stacks, in their order. */
static struct profile_load *make(const char *const paths[], size_t n)
{
	struct tiny t = { 0 };

	tiny_begin(&t, NULL);
	for (size_t i = 0; i < n; i++)
		tiny_samples(&t, stack_of(&t, paths[i]), 0, (uint32_t)i + 1, i * S / 10);
	return tiny_load(&t);
}

static char letter(const struct profile *p, uint32_t function)
{
	const char *name = profile_string(p, p->functions[function].name);

	return name[1] ? '#' : *name;
}

static const struct {
	const char *stack, *folded[RECURSION_MODES];
} cases[] = {
	{ "m", { "m", "m", "m" } },
	{ "mffffh", { "mfh", "mffffh", "mfh" } },		/* direct */
	{ "mfgfgfh", { "mfgfgfh", "mfgfgfh", "mfh" } },		/* mutual */
	{ "mffgfgh", { "mfgfgh", "mffgfgh", "mfgh" } },		/* both */
	{ "mabcabcab", { "mabcabcab", "mabcabcab", "mab" } },	/* of three */
	{ "mabcxa", { "mabcxa", "mabcxa", "ma" } },
	{ "mabacadaea", { "mabacadaea", "mabacadaea", "ma" } },
	{ "mmm", { "m", "mmm", "m" } },
	{ "fgh", { "fgh", "fgh", "fgh" } },
	/* What is missing may have been anything: it is not folded over. */
	{ "mfgf#gfgf", { "mfgf#gfgf", "mfgf#gfgf", "mf#gf" } },
	{ "mff#ff", { "mf#f", "mff#ff", "mf#f" } },
};

TEST(a_stack_is_folded_in_three_ways)
{
	for (size_t i = 0; i < array_len(cases); i++)
		for (enum recursion mode = 0; mode < RECURSION_MODES; mode++) {
			struct profile_load *load = make(&cases[i].stack, 1);
			const struct profile *p = profile_load_profile(load);
			struct fold_path path;
			char text[32] = "";
			uint32_t n = 0;

			fold_path_init(&path, p, mode);
			for (int twice = 0; twice < 2; twice++)	/* nothing is left of the one before */
				fold_path_take(&path, 0);
			for (size_t c = 0; c < path.n; c++) {
				text[c] = letter(p, path.v[c].level.function);
				n += path.v[c].n;
			}
			if (strcmp(text, cases[i].folded[mode]) != 0)
				fail_msg("%s, %s: %s", cases[i].stack, recursion_name(mode), text);
			assert_true(n <= strlen(cases[i].stack));
			fold_path_deinit(&path);
			profile_load_close(load);
		}
}

/* The way from the root to where a leaf ends. */
static void node_path(const struct profile *p, const struct lens *l, uint32_t node, char *out)
{
	if (node) {
		node_path(p, l, l->tree->parent[node], out);
		out[strlen(out)] = letter(p, l->tree->function[node]);
	}
}

/* However it is folded, all is there once, and the tree is what the stacks are. */
TEST(trees_add_up_to_the_same)
{
	const char *stacks[array_len(cases)];

	for (size_t i = 0; i < array_len(cases); i++)
		stacks[i] = cases[i].stack;
	for (enum recursion mode = 0; mode < RECURSION_MODES; mode++) {
		struct profile_load *load = make(stacks, array_len(stacks));
		struct profile *p = profile_load_profile(load);
		struct summary sum;
		struct error err;
		struct lens l;

		summary_make(p, &everything, &sum);
		assert_int_equal(lens_make(p, &sum, mode, &l, &err), 0);
		assert_memory_equal(&l.nodes[0], &sum.nodes[0], sizeof(struct sum));
		for (uint32_t n = 0; n < l.n_nodes; n++) {
			struct sum self = lens_self(&l, n), all = { 0 };

			for (uint32_t i = 0; i < p->n_leaves; i++)
				if (lens_node(&l, p, p->shown.leaves[i]) == n)
					sum_add(&all, sum.leaves[i]);
			assert_memory_equal(&all, &self, sizeof(all));
			for (uint32_t c = l.tree->first_child[n]; c != TREE_NONE;
			     c = l.tree->next_sibling[c])
				sum_add(&all, l.nodes[c]);
			assert_memory_equal(&all, &l.nodes[n], sizeof(all));
		}
		for (uint32_t i = 0; i < p->n_leaves; i++) {
			size_t k = 0;
			char text[32] = "";

			while (sum.leaves[i].count != k + 1)	/* each has its number */
				k++;
			node_path(p, &l, lens_node(&l, p, p->shown.leaves[i]), text);
			assert_string_equal(text, cases[k].folded[mode]);
		}
		lens_deinit(&l);
		summary_deinit(&sum);
		profile_load_close(load);
	}
}

TEST(rows_tell_how_many_calls_are_one)
{
	static const char *const stacks[] = { "mfgfgfh", "mfh" };
	static const uint32_t depth[RECURSION_MODES] = { 0, 0, 3 };

	for (enum recursion mode = 0; mode < RECURSION_MODES; mode++) {
		struct profile_load *load = make(stacks, 2);
		struct profile *p = profile_load_profile(load);
		struct tree_rows rows;
		struct summary sum;
		struct error err;
		struct lens l;

		summary_make(p, &everything, &sum);
		assert_int_equal(lens_make(p, &sum, mode, &l, &err), 0);
		tree_rows_make_of(p, &sum, &l, 0, 100, 100, &rows);
		assert_int_equal(rows.v[1].total.count, 3);
		assert_int_equal(rows.v[2].total.count, 3);
		assert_int_equal(letter(p, l.tree->function[rows.v[2].node]), 'f');
		assert_int_equal(rows.v[2].max_depth, depth[mode]);
		assert_int_equal(rows.v[2].n, mode == RECURSION_CYCLES ? 1 : 0);
		assert_int_equal(rows.n, mode == RECURSION_CYCLES ? 4 : 9);
		tree_rows_deinit(&rows);
		lens_deinit(&l);
		summary_deinit(&sum);
		profile_load_close(load);
	}
}

/* The neighbours of a function; a cycle counts as calls of it, also for one within it. */
TEST(neighbours_depend_on_what_is_folded)
{
	static const char *const stacks[] = { "mfgfgh", "mffk" };
	static const struct {
		char of;
		const char *callers, *callees[RECURSION_MODES];
		uint32_t total;
	} all[] = {
		{ 'f', "m", { "kg", "fg", "kg" }, 3 },
		{ 'g', "f", { "f", "f", "h" }, 1 },
		{ 'm', "", { "f", "f", "f" }, 3 },
	};

	for (size_t i = 0; i < array_len(all) * RECURSION_MODES; i++) {
		enum recursion mode = i % RECURSION_MODES;
		size_t k = i / RECURSION_MODES;
		struct profile_load *load = make(stacks, 2);
		struct profile *p = profile_load_profile(load);
		struct butterfly b;
		struct summary sum;
		char text[8] = "";
		const char of[] = { all[k].of, '\0' };

		summary_make(p, &everything, &sum);
		butterfly_make_folded(p, &sum, function(p, of), 1, 0, mode, &b);
		assert_int_equal(b.total.count, all[k].total);
		for (uint32_t r = 0; r < b.callees.n_rows; r++)
			text[r] = letter(p, b.callees.rows[r].function);
		assert_string_equal(text, all[k].callees[mode]);
		memset(text, 0, sizeof(text));
		for (uint32_t r = 0; r < b.callers.n_rows; r++)
			text[r] = letter(p, b.callers.rows[r].function);
		assert_string_equal(text, all[k].callers);
		butterfly_deinit(&b);
		summary_deinit(&sum);
		profile_load_close(load);
	}
}

/* Boxes by a tree that folds cycles: as wide as its nodes, from either side. */
TEST(flames_of_folded_cycles_add_up)
{
	static const char *const stacks[] = { "mfgfgh", "mfgfg", "mabcabc", "x" };

	for (int inverted = 0; inverted < 2; inverted++) {
		struct profile_load *load = make(stacks, array_len(stacks));
		struct profile *p = profile_load_profile(load);
		struct summary sum;
		struct flame f;
		struct error err;
		struct lens l;
		uint64_t self = 0;

		summary_make(p, &everything, &sum);
		assert_int_equal(lens_make(p, &sum, RECURSION_CYCLES, &l, &err), 0);
		flame_init_of(&f, p, &sum, &l);
		flame_lay(&f, &(struct flame_how){ .inverted = inverted, .columns = 400 });
		assert_int_equal(f.v[0].total.weight_ns, sum.base_ns);
		assert_int_equal(f.n_rows, 5);
		for (uint32_t i = 0; i < f.n; i++) {
			uint64_t below = 0;

			for (uint32_t k = i + 1; k < f.n; k++)
				below += f.v[k].parent == i ? f.v[k].total.weight_ns : 0;
			assert_true(below <= f.v[i].total.weight_ns);
			if (!inverted)
				assert_int_equal(below + f.v[i].self.weight_ns, f.v[i].total.weight_ns);
			self += f.v[i].self.weight_ns;
		}
		assert_int_equal(self, sum.base_ns);
		flame_deinit(&f);
		lens_deinit(&l);
		summary_deinit(&sum);
		profile_load_close(load);
	}
}

TEST(own_time_is_told_by_depth)
{
	/* of f: 1 sample at depth 1, 2 at 3, 3 at 2 through g, 4 below it, 5 without it */
	static const char *const stacks[] = { "mf", "mfff", "mfgf", "mfffffh", "mgh" };
	struct profile_load *load = make(stacks, array_len(stacks));
	struct profile *p = profile_load_profile(load);
	struct recursion_depths d;
	struct summary sum;

	summary_make(p, &everything, &sum);
	recursion_depths_make(p, &sum, function(p, "f"), &d);
	assert_int_equal(d.n, 5);
	assert_int_equal(d.self[0].count, 1);
	assert_int_equal(d.self[1].count, 3);
	assert_int_equal(d.self[2].count, 2);
	assert_int_equal(d.self[3].count + d.self[4].count, 0);
	assert_false(d.cut);
	recursion_depths_deinit(&d);
	recursion_depths_make(p, &sum, function(p, "x"), &d);
	assert_int_equal(d.n, 0);
	recursion_depths_deinit(&d);
	summary_deinit(&sum);
	profile_load_close(load);

	static const char *const cut[] = { "mf#ff" };

	load = make(cut, 1);
	p = profile_load_profile(load);
	summary_make(p, &everything, &sum);
	recursion_depths_make(p, &sum, function(p, "f"), &d);
	assert_int_equal(d.n, 3);
	assert_true(d.cut);
	recursion_depths_deinit(&d);
	summary_deinit(&sum);
	profile_load_close(load);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_stack_is_folded_in_three_ways),
		cmocka_unit_test(trees_add_up_to_the_same),
		cmocka_unit_test(rows_tell_how_many_calls_are_one),
		cmocka_unit_test(neighbours_depend_on_what_is_folded),
		cmocka_unit_test(flames_of_folded_cycles_add_up),
		cmocka_unit_test(own_time_is_told_by_depth),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
