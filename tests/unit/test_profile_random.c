// SPDX-License-Identifier: Apache-2.0
/*
 * Random profiles: what is summed up by ways that save work is what comes out when each
 * sample is looked at by itself.
 */
#include "tests/unit/profile_maker.h"

#include "base/error.h"
#include "base/util.h"
#include "profile/butterfly.h"
#include "profile/filter.h"
#include "profile/lines.h"
#include "profile/recursion.h"
#include "profile/stack_walk.h"

#define ROUNDS 40
#define N_STACKS 60
#define N_SAMPLES 300
#define N_NAMES 6		/* few, so that there is recursion of all kinds */
#define MAX_CALLS 32
#define MAX_FUNCTIONS 64

static uint64_t state = 1;

static uint32_t rnd(uint32_t n)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)((state >> 32) * n >> 32);
}

static uint32_t random_stack(struct tiny *t, uint32_t gap)
{
	static const uint32_t outcomes[] = { OUTCOME_COMPLETE, OUTCOME_COMPLETE, OUTCOME_COMPLETE,
					     OUTCOME_BROKEN };
	uint32_t stack = outcomes[rnd(array_len(outcomes))], n = 1 + rnd(10);

	for (uint32_t i = 0; i < n; i++)
		stack = nodes_push(&t->nodes, t->w, stack,
				   rnd(30) ? t->frames[rnd(N_NAMES)] : gap);
	return stack;
}

static struct profile_load *make(void)
{
	uint32_t stacks[N_STACKS], gap;
	struct tiny t = { 0 };

	tiny_begin(&t, NULL);
	gap = record_put_frame(t.w, &(struct record_frame){ .flags = FRAME_LEFT_OUT });
	for (uint32_t i = 0; i < N_STACKS; i++)
		stacks[i] = random_stack(&t, gap);
	for (uint32_t i = 0; i < N_SAMPLES; i++)
		record_put_sample(t.w, &(struct record_sample){ .time_ns = START + i * S / 20,
			.stack = stacks[rnd(N_STACKS)], .thread = rnd(2),
			.weight_ns = 1000 + rnd(1000) });
	return tiny_load(&t);
}

/* A sample's calls, the innermost first; what stands above a stack that is cut is the last. */
struct calls {
	struct profile_level v[MAX_CALLS];
	uint32_t n, n_walked;	/* without that */
	bool cut;
};

static void calls_of(const struct profile *p, uint32_t leaf, struct calls *out)
{
	struct stack_walk walk = stack_walk_from(p, p->shown.leaves[leaf]);
	const struct profile_level *call;
	uint32_t root = profile_leaf_root(p, leaf);

	*out = (struct calls){ .cut = root != RECORD_NONE };
	while ((call = stack_walk_next(&walk))) {
		out->v[out->n++] = *call;
		out->cut |= p->functions[call->function].outcome != 0;
	}
	out->n_walked = out->n;
	if (root != RECORD_NONE)
		out->v[out->n++].function = root;
}

static uint32_t times_in(const struct calls *c, uint32_t n, uint32_t function)
{
	uint32_t times = 0;

	for (uint32_t i = 0; i < n; i++)
		times += c->v[i].function == function;
	return times;
}

struct asked {
	const struct profile *p;
	struct selection s;
	const char *name;	/* that the filter lets through, or NULL */
	struct summary sum;
};

/* Does a sample belong to the selection? */
static bool is_in(const struct asked *a, size_t i, const struct calls *c)
{
	const struct samples *s = &a->p->samples;

	if (a->s.n_threads && s->thread[i] != a->s.threads[0])
		return false;
	if (a->s.to_ns && (s->time_ns[i] < a->s.from_ns || s->time_ns[i] >= a->s.to_ns))
		return false;
	return !a->name || times_in(c, c->n, function(a->p, a->name));
}

static void assert_sum(struct sum is, struct sum should_be)
{
	assert_int_equal(is.count, should_be.count);
	assert_int_equal(is.weight_ns, should_be.weight_ns);
}

/* ---- one function ---- */

struct truth {
	struct sum self, total, outermost, lines_self[27], lines_total[27], depths[MAX_CALLS];
	struct sum callers[MAX_FUNCTIONS];		/* by function */
	uint32_t deepest;
	bool cut;
};

static void add_to_truth(const struct asked *a, const struct calls *c, uint32_t f, struct sum one,
			 struct truth *t)
{
	uint32_t depth = times_in(c, c->n_walked, f), first = c->n;

	if (!times_in(c, c->n, f))
		return;
	while (c->v[first - 1].function != f)
		first--;
	sum_add(&t->total, one);
	if (c->v[0].function == f)
		sum_add(&t->self, one);
	if (first == c->n)
		sum_add(&t->outermost, one);
	else
		sum_add(&t->callers[c->v[first].function], one);
	t->deepest = max_of(t->deepest, depth);
	t->cut |= depth && c->cut;
	if (depth && c->v[0].function == f)
		sum_add(&t->depths[depth - 1], one);
	if (!depth || a->p->functions[f].outcome)
		return;
	/* Functions have one line each. */
	sum_add(&t->lines_total[c->v[first - 1].line], one);
	if (c->v[0].function == f)
		sum_add(&t->lines_self[c->v[0].line], one);
}

static void check_lines(const struct asked *a, uint32_t f, const struct truth *t)
{
	struct lines with, without;

	lines_make(a->p, &a->s, &a->sum, f, &with);
	lines_make(a->p, NULL, &a->sum, f, &without);
	assert_int_equal(with.n, without.n);
	for (uint32_t i = 0; i < with.n; i++) {
		const struct line_sum *l = &with.v[i];

		assert_sum(l->total, t->lines_total[l->line]);
		assert_sum(l->self, t->lines_self[l->line]);
		assert_sum(without.v[i].total, l->total);
		assert_sum(without.v[i].self, l->self);
		assert_float_equal(l->total_share.share, summary_share(&a->sum, l->total.weight_ns),
				   1e-9);
		assert_float_equal(l->self_share.share, summary_share(&a->sum, l->self.weight_ns),
				   1e-9);
	}
	lines_deinit(&with);
	lines_deinit(&without);
}

/* What is left out is light; the rest is as without that. */
static void check_light(const struct butterfly_side *all, const struct butterfly_side *some,
			double least)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < all->n_rows; i++) {
		const struct butterfly_row *row = &all->rows[i];

		if (row->depth > 1 && (double)row->sum.weight_ns < least)
			continue;
		assert_true(n < some->n_rows);
		assert_int_equal(some->rows[n].function, row->function);
		assert_int_equal(some->rows[n].depth, row->depth);
		assert_sum(some->rows[n++].sum, row->sum);
	}
	assert_int_equal(n, some->n_rows);
	assert_int_equal(some->n_lines, all->n_lines);
	for (uint32_t i = 0; i < some->n_lines; i++) {
		assert_int_equal(some->rows[some->lines[i].row].function,
				 all->rows[all->lines[i].row].function);
		assert_sum(some->lines[i].sum, all->lines[i].sum);
	}
}

static void check_butterfly(const struct asked *a, uint32_t f)
{
	struct butterfly all, some;

	butterfly_make(a->p, &a->sum, f, 4, &all);
	butterfly_make_folded(a->p, &a->sum, f, 4, .1, RECURSION_DIRECT, &some);
	check_light(&all.callers, &some.callers, .1 * (double)all.total.weight_ns);
	check_light(&all.callees, &some.callees, .1 * (double)all.total.weight_ns);
	butterfly_deinit(&all);
	butterfly_deinit(&some);
}

static void check_function(const struct asked *a, uint32_t f, const struct truth *t)
{
	const struct function_sum *sum = &a->sum.functions[f];
	struct recursion_depths d;
	struct butterfly b;

	assert_sum(sum->self, t->self);
	assert_sum(sum->total, t->total);
	butterfly_make(a->p, &a->sum, f, 1, &b);
	assert_sum(b.total, t->total);
	assert_sum(b.outermost, t->outermost);
	for (uint32_t i = 0; i < b.callers.n_rows; i++)
		assert_sum(b.callers.rows[i].sum, t->callers[b.callers.rows[i].function]);
	butterfly_deinit(&b);
	check_butterfly(a, f);
	recursion_depths_make(a->p, &a->sum, f, &d);
	assert_int_equal(d.n, t->deepest);
	assert_int_equal(d.cut, t->cut);
	for (uint32_t i = 0; i < d.n; i++)
		assert_sum(d.self[i], t->depths[i]);
	recursion_depths_deinit(&d);
	if (!a->p->functions[f].outcome)
		check_lines(a, f, t);
}

static void check(struct asked *a)
{
	struct sum filtered = { 0 };

	assert_true(a->p->n_functions <= MAX_FUNCTIONS);
	summary_make(a->p, &a->s, &a->sum);
	for (uint32_t f = 1; f < a->p->n_functions; f++) {
		struct truth t = { 0 };

		for (size_t i = 0; i < a->p->samples.n; i++) {
			struct sum one = { 1, a->p->samples.weight_ns[i] };
			struct calls c;

			calls_of(a->p, a->p->samples.leaf[i], &c);
			if (is_in(a, i, &c))
				add_to_truth(a, &c, f, one, &t);
		}
		check_function(a, f, &t);
	}
	for (uint32_t i = 0; i < a->sum.n_leaves; i++)
		if (!a->sum.leaves[i].count)
			sum_add(&filtered, a->sum.all_leaves[i]);
	assert_sum(a->sum.filtered, filtered);
	summary_deinit(&a->sum);
}

TEST(saved_work_changes_nothing)
{
	for (int round = 0; round < ROUNDS; round++) {
		struct profile_load *load = make();
		struct profile *p = profile_load_profile(load);
		struct asked a = { .p = p };
		uint32_t thread = 1, folded = function(p, "c");
		struct filter *filter;
		struct error err;

		if (round % 4 == 3)
			assert_int_equal(profile_fold(p, &folded, 1, false, &err), 0);
		if (round % 5 == 1) {
			a.s.from_ns = START + 2 * S;
			a.s.to_ns = START + 13 * S;
		}
		if (round % 3 == 1) {
			a.s.threads = &thread;
			a.s.n_threads = 1;
		}
		assert_int_equal(filter_open("^b$", FILTER_REGEX, &filter, &err), 0);
		if (round % 2 == 1) {
			a.s.filter = filter;
			a.name = "b";
		}
		check(&a);
		filter_close(filter);
		profile_load_close(load);
	}
}

/* The tree of each way to fold, by its paths. */
static void check_lens(struct profile *p, enum recursion mode)
{
	struct fold_path path;
	struct summary sum;
	struct error err;
	struct lens l;

	summary_make(p, &everything, &sum);
	assert_int_equal(lens_make(p, &sum, mode, &l, &err), 0);
	fold_path_init(&path, p, mode);
	for (uint32_t i = 0; i < sum.n_leaves; i++) {
		uint32_t node = lens_node(&l, p, p->shown.leaves[i]);

		fold_path_take(&path, i);
		for (size_t c = path.n; c-- > 0; node = l.tree->parent[node]) {
			assert_int_not_equal(node, 0);
			assert_int_equal(l.tree->function[node], path.v[c].level.function);
			if (path.v[c].n > 1)
				assert_true(l.tree->flags[node] & TREE_RECURSIVE);
		}
		assert_int_equal(node, 0);
	}
	fold_path_deinit(&path);
	lens_deinit(&l);
	summary_deinit(&sum);
}

/* Fold some functions, others than before. */
static void fold_any(struct profile *p)
{
	uint32_t functions[N_NAMES], n = 0;
	struct error err;

	for (uint32_t i = 0; i < N_NAMES; i++)
		if (rnd(3) == 0)
			functions[n++] = function(p, (char[]){ (char)('a' + i), '\0' });
	assert_int_equal(profile_fold(p, functions, n, false, &err), 0);
}

TEST(trees_are_what_stacks_are)
{
	for (int round = 0; round < ROUNDS; round++) {
		struct profile_load *load = make();
		struct profile *p = profile_load_profile(load);

		for (int folds = 0; folds < 5; folds++) {
			for (enum recursion mode = 0; mode < RECURSION_MODES; mode++)
				check_lens(p, mode);
			fold_any(p);
		}
		profile_load_close(load);
	}
}

/* ---- as it grows ---- */

#define N_PIECES 25

/* Frames that get their names after they were on stacks, some a second time. */
static int make_late_names(void)
{
	uint32_t frames[40], n_frames = 0;
	struct error err;
	struct tiny t = { 0 };

	tiny_begin(&t, NULL);
	for (uint32_t i = 0; i < 600; i++) {
		uint32_t stack = OUTCOME_COMPLETE, depth = 1 + rnd(8);

		if (n_frames < array_len(frames) && rnd(6) == 0)
			frames[n_frames++] = record_put_frame(t.w, &(struct record_frame){
				.vaddr = 0x1000 * rnd(26) + 8 + n_frames });
		while (depth--)
			stack = nodes_push(&t.nodes, t.w, stack, n_frames && rnd(2)
					   ? frames[rnd(n_frames)] : t.frames[rnd(N_NAMES)]);
		record_put_sample(t.w, &(struct record_sample){ .time_ns = START + i * S / 20,
			.stack = stack, .weight_ns = 1000 });
		if (n_frames && rnd(10) == 0)
			record_put_symbol(t.w, frames[rnd(n_frames)],
					  &(struct record_level){ t.functions[rnd(N_NAMES)], 1 }, 1);
		if (rnd(20) == 0)
			record_writer_commit(t.w, UINT64_MAX);
	}
	assert_int_equal(record_writer_close(t.w, &err), 0);
	return t.fd;
}

static bool has_above(const struct tree *t, uint32_t node, uint32_t function)
{
	while ((node = t->parent[node]) != TREE_NONE)
		if (t->function[node] == function)
			return true;
	return false;
}

/* Where a walk comes to after this node, without what is below it. */
static uint32_t next_up(const struct tree *t, uint32_t node)
{
	while (node && t->next_sibling[node] == TREE_NONE)
		node = t->parent[node];
	return node ? t->next_sibling[node] : TREE_NONE;
}

static void check_order(const struct profile *p)
{
	const struct tree *t = &p->tree;
	uint32_t node = 0;
	size_t leaf = 0;

	assert_int_equal(t->n_steps, t->n);
	assert_int_equal(t->n_leaves, p->n_leaves);
	for (uint32_t i = 0; i < t->n; i++) {
		const struct tree_step *s = &t->steps[i];
		uint32_t chained = 0;

		assert_int_equal(s->node, node);
		assert_int_equal(s->function, t->function[node]);
		assert_int_equal(s->depth, t->depth[node]);
		assert_true(s->depth <= t->max_depth);
		if (i > 1)
			chained = t->parent[node] == t->steps[i - 1].node &&
				t->next_sibling[node] == TREE_NONE &&
				!(leaf && t->leaf_steps[leaf - 1] == i - 1) ? TREE_CHAINED : 0;
		if (i)
			assert_int_equal(s->flags, chained |
				(has_above(t, node, s->function) ? 0 : TREE_OUTERMOST));
		for (; leaf < t->n_leaves && t->leaf_steps[leaf] == i; leaf++)
			assert_int_equal(t->of_stack[p->shown.leaves[t->leaves[leaf]]], node);
		node = t->first_child[node] != TREE_NONE ? t->first_child[node] : next_up(t, node);
	}
	assert_int_equal(node, TREE_NONE);
	assert_int_equal(leaf, t->n_leaves);
}

TEST(a_profile_that_grows_is_in_order)
{
	for (int round = 0; round < ROUNDS; round++) {
		int from = make_late_names(), to = memfd_create("grows", MFD_CLOEXEC);
		off_t size = lseek(from, 0, SEEK_END), at = 0;
		struct profile_load *load = NULL;
		char *bytes = xmalloc((size_t)size);
		struct error err;

		assert_int_equal(pread(from, bytes, (size_t)size, 0), size);
		while (at < size) {
			off_t n = min_of((off_t)(at ? rnd(2 * (uint32_t)size / N_PIECES) : 2000), size - at);
			struct profile *p;

			assert_int_equal(pwrite(to, bytes + at, (size_t)n, at), n);
			at += n;
			if (!load)
				assert_int_equal(profile_load_open(to, &load, &err), 0);
			assert_true(profile_load_more(load, &err) >= 0);
			p = profile_load_profile(load);
			if (!p->n_functions)
				continue;
			check_order(p);
			for (enum recursion mode = 0; p->n_leaves && mode < RECURSION_MODES; mode++)
				check_lens(p, mode);
			if (p->n_functions > N_NAMES && rnd(8) == 0)
				fold_any(p);
		}
		assert_int_equal(profile_load_profile(load)->samples.n, 600);
		profile_load_close(load);
		free(bytes);
		close(from);
		close(to);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(saved_work_changes_nothing),
		cmocka_unit_test(trees_are_what_stacks_are),
		cmocka_unit_test(a_profile_that_grows_is_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
