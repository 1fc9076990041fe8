// SPDX-License-Identifier: Apache-2.0
#include "profile/recursion.h"

#include <string.h>

#include "base/error.h"
#include "base/util.h"
#include "profile/stack_walk.h"

static const char *const names[RECURSION_MODES] = {
	[RECURSION_DIRECT] = "direct", [RECURSION_RAW] = "raw", [RECURSION_CYCLES] = "cycles" };

const char *recursion_name(enum recursion mode)
{
	return names[mode];
}

bool recursion_parse(const char *name, enum recursion *out)
{
	for (enum recursion i = 0; i < RECURSION_MODES; i++)
		if (strcmp(name, names[i]) == 0) {
			*out = i;
			return true;
		}
	return false;
}

/* ---- one stack ---- */

void fold_path_init(struct fold_path *f, const struct profile *p, enum recursion mode)
{
	*f = (struct fold_path){ .p = p, .mode = mode };
	if (mode == RECURSION_CYCLES)
		f->at = xcalloc(p->n_functions, sizeof(*f->at));
}

void fold_path_deinit(struct fold_path *f)
{
	free(f->v);
	free(f->at);
	free(f->before);
	free(f->calls);
	*f = (struct fold_path){ 0 };
}

void fold_path_list(struct fold_path *f, uint32_t leaf)
{
	struct stack_walk walk = stack_walk_from(f->p, f->p->shown.leaves[leaf]);
	const struct profile_level *call;
	uint32_t root = RECORD_NONE;

	f->n_calls = 0;
	while ((call = stack_walk_next(&walk))) {
		array_reserve(f->calls, f->n_calls + 1, f->cap_calls);
		f->calls[f->n_calls++] = *call;
	}
	if (!f->n_calls || !record_outcome_has_root(walk.stack))
		root = profile_leaf_root(f->p, leaf);
	if (root != RECORD_NONE) {
		array_reserve(f->calls, f->n_calls + 1, f->cap_calls);
		f->calls[f->n_calls++] = (struct profile_level){ .function = root };
	}
}

static void drop_last(struct fold_path *f)
{
	f->n--;
	if (f->at)
		f->at[f->v[f->n].level.function] = f->before[f->n];
}

static void append(struct fold_path *f, const struct profile_level *call)
{
	array_reserve(f->v, f->n + 1, f->cap);
	f->v[f->n] = (struct fold_call){ *call, 1 };
	if (f->at) {
		array_reserve(f->before, f->n + 1, f->cap_before);
		f->before[f->n] = f->at[call->function];
		f->at[call->function] = (uint32_t)f->n + 1;
		/* What is above frames that are not known is another matter. */
		if (f->p->functions[call->function].outcome)
			f->floor = f->n + 1;
	}
	f->n++;
}

/* One call further in. */
static void take_call(struct fold_path *f, const struct profile_level *call)
{
	size_t same = f->at ? f->at[call->function] : 0;

	if (same > f->floor) {
		while (f->n > same)
			drop_last(f);
	} else if (f->mode == RECURSION_RAW || !f->n ||
		   f->v[f->n - 1].level.function != call->function) {
		append(f, call);
		return;
	}
	f->v[f->n - 1].level = *call;
	f->v[f->n - 1].n++;
}

void fold_path_fold(struct fold_path *f, size_t from, size_t to)
{
	while (f->n)
		drop_last(f);
	f->floor = 0;
	while (to-- > from)
		take_call(f, &f->calls[to]);
}

void fold_path_take(struct fold_path *f, uint32_t leaf)
{
	fold_path_list(f, leaf);
	fold_path_fold(f, 0, f->n_calls);
}

/* ---- the tree ---- */

struct lens lens_direct(const struct profile *p, const struct summary *sum)
{
	return (struct lens){ .mode = RECURSION_DIRECT, .tree = &p->tree, .nodes = sum->nodes,
			      .n_nodes = sum->n_nodes };
}

struct sum lens_self(const struct lens *l, uint32_t node)
{
	struct sum self = l->nodes[node];

	for (uint32_t c = l->tree->first_child[node]; c != TREE_NONE; c = l->tree->next_sibling[c])
		sum_take(&self, l->nodes[c]);
	return self;
}

uint32_t lens_node(const struct lens *l, const struct profile *p, uint32_t stack)
{
	return l->tree == &l->other.tree ? tree_other_node(&l->other, p, stack)
					 : l->tree->of_stack[stack];
}

/* A parent has a smaller number than its children. */
static void sum_up(struct lens *l, const struct profile *p, const struct summary *sum)
{
	const struct tree *t = &l->other.tree;
	struct sum *nodes = xcalloc(t->n, sizeof(*nodes));

	for (uint32_t i = 0; i < sum->n_leaves; i++)
		sum_add(&nodes[lens_node(l, p, p->shown.leaves[i])], sum->leaves[i]);
	for (uint32_t n = t->n; n-- > 1;)
		if (nodes[n].count)
			sum_add(&nodes[t->parent[n]], nodes[n]);
	l->own_nodes = nodes;
}

int lens_update(struct lens *l, struct profile *p, const struct summary *sum,
		enum recursion mode, struct error *err)
{
	struct tree_other other = l->other;

	free(l->own_nodes);
	*l = lens_direct(p, sum);
	if (mode == RECURSION_DIRECT || sum->measured) {
		tree_other_deinit(&other);
		return 0;
	}
	if (tree_other_update(&other, p, mode, err) < 0)
		return -1;
	l->other = other;
	l->mode = mode;
	l->tree = &l->other.tree;
	sum_up(l, p, sum);
	l->nodes = l->own_nodes;
	l->n_nodes = l->other.tree.n;
	return 0;
}

int lens_make(struct profile *p, const struct summary *sum, enum recursion mode,
	      struct lens *out, struct error *err)
{
	*out = (struct lens){ 0 };
	return lens_update(out, p, sum, mode, err);
}

void lens_deinit(struct lens *l)
{
	tree_other_deinit(&l->other);
	free(l->own_nodes);
	*l = (struct lens){ 0 };
}

/* ---- one function ---- */

/* Is it on any stack more than once? */
static bool calls_itself(const struct tree *t, uint32_t function)
{
	for (uint32_t i = 1; i < t->n_steps; i++)
		if (t->steps[i].function == function &&
		    (!(t->steps[i].flags & TREE_OUTERMOST) ||
		     t->flags[t->steps[i].node] & TREE_RECURSIVE))
			return true;
	return false;
}

/* Do frames lack on one of these stacks? */
static bool any_is_cut(const struct profile *p, const struct summary *sum, const bool *leaves)
{
	_cleanup_(freep) bool *outcome = xcalloc(p->n_functions, sizeof(*outcome));
	_cleanup_(freep) bool *cut = xcalloc(max_of(p->n_leaves, (size_t)1), sizeof(*cut));

	for (size_t i = 0; i < p->n_functions; i++)
		outcome[i] = p->functions[i].outcome != 0;
	tree_pick_leaves(&p->tree, outcome, cut);
	for (uint32_t i = 0; i < sum->n_leaves; i++)
		if (leaves[i] && cut[i] && sum->leaves[i].count)
			return true;
	return false;
}

/* The depth that a function has on a stack, and whether that is all that is known of it. */
static void add_depth(const struct profile *p, const struct summary *sum, uint32_t leaf,
		      uint32_t function, size_t *cap, struct recursion_depths *out)
{
	struct stack_walk walk = stack_walk_from(p, p->shown.leaves[leaf]);
	const struct profile_level *call;
	bool on_top = false, innermost = true;
	uint32_t depth = 0;

	for (; (call = stack_walk_next(&walk)); innermost = false) {
		depth += call->function == function;
		on_top |= innermost && call->function == function;
	}
	array_reserve(out->self, depth, *cap);
	while (out->n < depth)
		out->self[out->n++] = (struct sum){ 0 };
	if (on_top)
		sum_add(&out->self[depth - 1], sum->leaves[leaf]);
}

void recursion_depths_make(const struct profile *p, const struct summary *sum, uint32_t function,
			   struct recursion_depths *out)
{
	_cleanup_(freep) bool *has = NULL;
	size_t cap = 0;

	*out = (struct recursion_depths){ 0 };
	if (!sum->n_leaves || function == FUNCTION_EMPTY)
		return;
	has = profile_leaves_with(p, function);
	/* A pseudo function may stand above a stack and not be on it. */
	if (p->functions[function].outcome || calls_itself(&p->tree, function)) {
		for (uint32_t i = 0; i < sum->n_leaves; i++)
			if (has[i] && sum->leaves[i].count)
				add_depth(p, sum, i, function, &cap, out);
	} else if (sum->functions[function].total.count) {
		array_reserve(out->self, 1, cap);
		out->self[out->n++] = sum->functions[function].self;
	}
	out->cut = out->n && any_is_cut(p, sum, has);
}

void recursion_depths_deinit(struct recursion_depths *d)
{
	free(d->self);
	*d = (struct recursion_depths){ 0 };
}
