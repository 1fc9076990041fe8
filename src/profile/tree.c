// SPDX-License-Identifier: Apache-2.0
#include "profile/tree.h"

#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "base/util.h"
#include "profile/functions.h"
#include "profile/profile.h"

uint32_t tree_add_node(struct tree *t, uint32_t parent, uint32_t function)
{
	uint32_t n = t->n++;

	if (n == t->cap) {
		t->cap = t->cap + t->cap / 2 + 64;
		t->parent = xreallocarray(t->parent, t->cap, sizeof(*t->parent));
		t->function = xreallocarray(t->function, t->cap, sizeof(*t->function));
		t->first_child = xreallocarray(t->first_child, t->cap, sizeof(*t->first_child));
		t->next_sibling = xreallocarray(t->next_sibling, t->cap, sizeof(*t->next_sibling));
		t->depth = xreallocarray(t->depth, t->cap, sizeof(*t->depth));
		t->flags = xreallocarray(t->flags, t->cap, sizeof(*t->flags));
	}
	t->parent[n] = parent;
	t->function[n] = function;
	t->first_child[n] = TREE_NONE;
	t->next_sibling[n] = TREE_NONE;
	t->flags[n] = 0;
	t->depth[n] = 0;
	if (parent != TREE_NONE) {
		t->depth[n] = t->depth[parent] + 1;
		t->next_sibling[n] = t->first_child[parent];
		t->first_child[parent] = n;
	}
	return n;
}

void tree_init(struct tree *t, enum recursion mode)
{
	*t = (struct tree){ .mode = mode };
	tree_add_node(t, TREE_NONE, FUNCTION_EMPTY);
}

void tree_deinit(struct tree *t)
{
	free(t->parent);
	free(t->function);
	free(t->first_child);
	free(t->next_sibling);
	free(t->depth);
	free(t->flags);
	free(t->of_stack);
	free(t->steps);
	free(t->leaves);
	free(t->leaf_steps);
	u64map_deinit(&t->child);
	*t = (struct tree){ 0 };
}

/* Not across frames that are missing: what is above them is another matter. */
uint32_t tree_fold_into(const struct tree *t, const struct profile *p, uint32_t node,
			uint32_t function)
{
	if (t->mode == RECURSION_RAW || !node)
		return TREE_NONE;
	if (t->function[node] == function)
		return node;
	while (t->mode == RECURSION_CYCLES && node && !p->functions[t->function[node]].outcome) {
		if (t->function[node] == function)
			return node;
		node = t->parent[node];
	}
	return TREE_NONE;
}

/* The child of `node` for a call of `function`. */
static uint32_t descend(struct tree *t, const struct profile *p, uint32_t node,
			uint32_t function)
{
	uint32_t above = tree_fold_into(t, p, node, function), *slot;

	if (above != TREE_NONE) {
		t->flags[above] |= TREE_RECURSIVE;
		return above;
	}
	slot = u64map_slot(&t->child, (uint64_t)node << 32 | function);
	if (*slot == U64MAP_NONE)
		*slot = tree_add_node(t, node, function);
	return *slot;
}

/* Number the steps of a walk over the whole tree. */
static void walk(struct tree *t)
{
	uint32_t node = 0;

	array_reserve(t->steps, t->n, t->cap_steps);
	t->n_steps = 0;
	t->max_depth = 0;
	for (;;) {
		t->max_depth = max_of(t->max_depth, t->depth[node]);
		t->steps[t->n_steps++] = (struct tree_step){
			node, t->function[node], t->depth[node], 0 };
		if (t->first_child[node] != TREE_NONE) {
			node = t->first_child[node];
			continue;
		}
		while (node && t->next_sibling[node] == TREE_NONE)
			node = t->parent[node];
		if (!node)
			return;
		node = t->next_sibling[node];
	}
}

/*
 * Mark the nodes that have no other of their function above them: during a walk
 * by what is on the path, because looking up from each node would take the
 * square of the depth.
 */
static void mark_outermost(struct tree *t, size_t n_functions)
{
	uint32_t *on_path = xcalloc(n_functions, sizeof(*on_path));
	uint32_t *path = xreallocarray(NULL, (size_t)t->max_depth + 1, sizeof(*path));
	uint32_t depth = 0;

	for (uint32_t i = 1; i < t->n_steps; i++) {
		struct tree_step *s = &t->steps[i];

		while (depth >= s->depth)
			on_path[path[depth--]]--;
		depth = s->depth;
		path[depth] = s->function;
		if (!on_path[s->function]++) {
			s->flags = TREE_OUTERMOST;
			t->flags[s->node] |= TREE_OUTERMOST;
		}
	}
	free(path);
	free(on_path);
}

/* `ends[i]` and `ends[i + 1]` bound the leaves that end at step `i`. */
static void mark_chains(struct tree *t, const uint32_t *ends)
{
	for (uint32_t i = 1; i < t->n; i++) {
		struct tree_step *s = &t->steps[i];
		const struct tree_step *before = s - 1;

		s->flags &= ~(uint32_t)TREE_CHAINED;
		if (t->parent[s->node] == before->node && i > 1 && ends[i - 1] == ends[i] &&
		    t->first_child[before->node] == s->node &&
		    t->next_sibling[s->node] == TREE_NONE)
			s->flags |= TREE_CHAINED;
	}
}

/* Sort the leaves by the step of the node that they end in. */
static void order_leaves(struct tree *t, const struct profile *p)
{
	uint32_t *step_of = xreallocarray(NULL, t->n, sizeof(*step_of));
	uint32_t *place = xcalloc((size_t)t->n + 1, sizeof(*place));

	if (t->cap_leaves < p->n_leaves) {
		t->cap_leaves = p->n_leaves;
		t->leaves = xreallocarray(t->leaves, t->cap_leaves, sizeof(*t->leaves));
		t->leaf_steps = xreallocarray(t->leaf_steps, t->cap_leaves, sizeof(*t->leaf_steps));
	}
	for (uint32_t i = 0; i < t->n; i++)
		step_of[t->steps[i].node] = i;
	for (size_t i = 0; i < p->n_leaves; i++)
		place[step_of[t->of_stack[p->shown.leaves[i]]] + 1]++;
	for (uint32_t i = 0; i < t->n; i++)
		place[i + 1] += place[i];
	mark_chains(t, place);
	for (uint32_t i = 0; i < p->n_leaves; i++) {
		uint32_t step = step_of[t->of_stack[p->shown.leaves[i]]];

		t->leaf_steps[place[step]] = step;
		t->leaves[place[step]++] = i;
	}
	t->n_leaves = p->n_leaves;
	free(step_of);
	free(place);
}

/* Where stacks of an outcome begin whose outermost frame is in `module`. */
static uint32_t outcome_node(struct tree *t, struct profile *p, uint32_t outcome,
			     uint32_t module)
{
	if (record_outcome_has_root(outcome))
		return 0;
	return descend(t, p, 0, function_of_outcome(p, outcome, module));
}

static uint32_t stack_node(struct tree *t, struct profile *p, size_t i)
{
	const struct profile_stack *s = &p->shown.stacks[i];
	const struct profile_frame *f = &p->frames[s->frame];
	uint32_t node = s->parent < RECORD_STACK_FIRST
		? outcome_node(t, p, s->parent, f->module) : t->of_stack[s->parent];

	for (uint32_t level = f->n_levels; level-- > 0;) {
		uint32_t function = p->levels[f->first_level + level].function;
		bool outermost = s->parent < RECORD_STACK_FIRST && level + 1 == f->n_levels;

		if (outermost || !profile_is_folded(p, function))
			node = descend(t, p, node, function);
	}
	return node;
}

int tree_check_room(const struct tree *t, const struct profile *p, size_t i,
		    struct error *err)
{
	uint32_t parent = p->shown.stacks[i].parent;

	if (t->n > TREE_MAX_NODES - RECORD_MAX_LEVELS - 1)
		return error_set(err, EFBIG, "more than %u different call paths",
				 TREE_MAX_NODES);
	if (i >= RECORD_STACK_FIRST && parent >= RECORD_STACK_FIRST &&
	    t->depth[t->of_stack[parent]] > TREE_MAX_DEPTH - RECORD_MAX_LEVELS)
		return error_set(err, EFBIG, "a stack of more than %u calls", TREE_MAX_DEPTH);
	return profile_check_names(p, err);
}

static int add_stacks(struct tree *t, struct profile *p, size_t first, struct error *err)
{
	int ret = 0;

	array_reserve(t->of_stack, p->shown.n_stacks, t->cap_stacks);
	for (size_t i = first; i < p->shown.n_stacks; i++) {
		if (ret == 0)
			ret = tree_check_room(t, p, i, err);
		if (ret < 0)
			t->of_stack[i] = 0;
		else if (i < RECORD_STACK_FIRST)
			t->of_stack[i] = outcome_node(t, p, (uint32_t)i, RECORD_NONE);
		else
			t->of_stack[i] = stack_node(t, p, i);
	}
	t->n_stacks = p->shown.n_stacks;
	return ret;
}

/* Stacks are in other nodes, or there are more. */
static void put_in_order(struct tree *t, const struct profile *p)
{
	if (t->n_steps != t->n) {
		walk(t);
		mark_outermost(t, p->n_functions);
	}
	order_leaves(t, p);
}

int tree_update(struct tree *t, struct profile *p, size_t first, struct error *err)
{
	bool moved = first < t->n_stacks;
	int ret = add_stacks(t, p, first, err);

	t->n_moved += moved;
	if (t->n_steps != t->n || first < p->shown.n_stacks || t->n_leaves != p->n_leaves)
		put_in_order(t, p);
	return ret;
}

/* The frames that have a call of one of these functions: by number. */
static bool *find_frames(const struct profile *p, const bool *function)
{
	bool *has = xcalloc(max_of(p->n_frames, (size_t)1), sizeof(*has));

	for (size_t i = 0; i < p->n_frames; i++) {
		const struct profile_frame *f = &p->frames[i];

		for (uint32_t level = 0; level < f->n_levels; level++)
			has[i] |= function[p->levels[f->first_level + level].function];
	}
	return has;
}

int tree_fold(struct tree *t, struct profile *p, const bool *function, struct error *err)
{
	_cleanup_(freep) bool *frame = find_frames(p, function);
	_cleanup_(freep) bool *moved = xcalloc(t->n_stacks, sizeof(*moved));

	t->n_moved++;
	for (size_t i = RECORD_STACK_FIRST; i < t->n_stacks; i++) {
		const struct profile_stack *s = &p->shown.stacks[i];
		uint32_t before = t->of_stack[i];

		if (!frame[s->frame] && !moved[s->parent])
			continue;
		if (tree_check_room(t, p, i, err) < 0)
			return tree_update(t, p, 0, err);
		t->of_stack[i] = stack_node(t, p, i);
		moved[i] = t->of_stack[i] != before;
	}
	put_in_order(t, p);
	return 0;
}

/* The first of the leaves in walking order that ends at this step, or after it. */
static size_t first_leaf(const struct tree *t, uint32_t step)
{
	size_t low = 0, high = t->n_leaves;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (t->leaf_steps[mid] < step)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

void tree_pick_leaves(const struct tree *t, const bool *function, bool *leaf_out)
{
	memset(leaf_out, false, t->n_leaves);
	for (uint32_t i = 1; i < t->n_steps; i++) {
		uint32_t depth = t->steps[i].depth;

		if (!function[t->steps[i].function])
			continue;
		size_t leaf = first_leaf(t, i);
		while (i + 1 < t->n_steps && t->steps[i + 1].depth > depth)
			i++;
		for (; leaf < t->n_leaves && t->leaf_steps[leaf] <= i; leaf++)
			leaf_out[t->leaves[leaf]] = true;
	}
}
