// SPDX-License-Identifier: Apache-2.0
#include "profile/tree.h"

#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "base/util.h"
#include "profile/functions.h"
#include "profile/profile.h"
#include "profile/tree_order.h"

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
	free(t->step_of);
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

/* Put the stacks that have such a frame where they belong now. */
static int move_stacks(struct tree *t, struct profile *p, const bool *frame, struct error *err)
{
	_cleanup_(freep) bool *moved = xcalloc(max_of(t->n_stacks, (size_t)1), sizeof(*moved));

	for (size_t i = RECORD_STACK_FIRST; i < t->n_stacks; i++) {
		const struct profile_stack *s = &p->shown.stacks[i];
		uint32_t before = t->of_stack[i];

		if (!frame[s->frame] && !moved[s->parent])
			continue;
		if (tree_check_room(t, p, i, err) < 0)
			return -1;
		t->of_stack[i] = stack_node(t, p, i);
		moved[i] = t->of_stack[i] != before;
	}
	return 0;
}

int tree_update(struct tree *t, struct profile *p, size_t first, const bool *frame,
		struct error *err)
{
	bool moved = frame || first < t->n_stacks;
	int ret;

	if (frame && move_stacks(t, p, frame, err) < 0)
		first = 0;
	ret = add_stacks(t, p, first, err);
	t->n_moved += moved;
	if (moved || t->n_steps != t->n || first < p->shown.n_stacks || t->n_leaves != p->n_leaves)
		tree_order_update(t, p);
	return ret;
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
