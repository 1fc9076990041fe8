// SPDX-License-Identifier: Apache-2.0
/*
 * Cycles: nodes of the profile's tree are gone through, parents first.
 *
 *	own	main ─ f ─ g ─ f ─ h	the second f has a node of its function above it,
 *	this	main ─ f ─ h		so it is that one, and what it calls is called there
 *
 * Calls of one node are all of different functions, so a node of this tree that stands
 * for one node only gets a child for each; only where several come together, their
 * children are looked up.
 *
 * Raw: each stack goes on from the one that it continues.  Where no call has been of the
 * function before it, the way is that in the profile's tree and `of_node` has the node;
 * beyond, children are looked up.
 *
 *	own	main ─ f ─ g		of a stack "main f f g"
 *	this	main ─ f ─ f ─ g	main and f are in of_node, the second f and g are not
 */
#include "profile/tree_other.h"

#include <string.h>

#include "base/error.h"
#include "base/util.h"
#include "profile/profile.h"

void tree_other_deinit(struct tree_other *o)
{
	tree_deinit(&o->tree);
	free(o->of_node);
	free(o->shared);
	*o = (struct tree_other){ 0 };
}

static void begin(struct tree_other *o, enum recursion mode)
{
	tree_other_deinit(o);
	tree_init(&o->tree, mode);
}

/* ---- cycles ---- */

/* Several nodes are this one now: its children are looked up from here on. */
static void share(struct tree_other *o, uint32_t node)
{
	struct tree *t = &o->tree;

	if (o->shared[node])
		return;
	o->shared[node] = true;
	for (uint32_t c = t->first_child[node]; c != TREE_NONE; c = t->next_sibling[c])
		*u64map_slot(&t->child, (uint64_t)node << 32 | t->function[c]) = c;
}

static uint32_t add(struct tree_other *o, uint32_t parent, uint32_t function)
{
	uint32_t node = tree_add_node(&o->tree, parent, function);

	if (o->tree.mode == RECURSION_CYCLES) {
		array_reserve(o->shared, (size_t)node + 1, o->cap_shared);
		o->shared[node] = false;
	}
	return node;
}

static uint32_t look_up(struct tree_other *o, uint32_t parent, uint32_t function)
{
	uint32_t *slot = u64map_slot(&o->tree.child, (uint64_t)parent << 32 | function), node = *slot;

	if (node == U64MAP_NONE)
		*slot = node = add(o, parent, function);
	else if (o->tree.mode == RECURSION_CYCLES)
		share(o, node);
	return node;
}

static uint32_t cycle_node(struct tree_other *o, const struct profile *p, uint32_t node)
{
	const struct tree *own = &p->tree;
	uint32_t parent = o->of_node[own->parent[node]], function = own->function[node];
	uint32_t above = own->flags[node] & TREE_OUTERMOST
		? TREE_NONE : tree_fold_into(&o->tree, p, parent, function);

	if (above != TREE_NONE) {
		o->tree.flags[above] |= TREE_RECURSIVE;
		share(o, above);
		return above;
	}
	return o->shared[parent] ? look_up(o, parent, function) : add(o, parent, function);
}

static void add_nodes(struct tree_other *o, const struct profile *p)
{
	const struct tree *own = &p->tree;

	if (!o->n_nodes) {
		o->of_node[o->n_nodes++] = 0;
		array_reserve(o->shared, 1, o->cap_shared);
		o->shared[0] = false;
	}
	for (; o->n_nodes < own->n; o->n_nodes++)
		o->of_node[o->n_nodes] = cycle_node(o, p, o->n_nodes);
	/* A node may have come to be recursive since it was looked at. */
	for (uint32_t i = 1; i < own->n; i++)
		o->tree.flags[o->of_node[i]] |= own->flags[i] & TREE_RECURSIVE;
}

/* ---- raw ---- */

/* A place in both trees. */
struct at {
	uint32_t node, own;
};

/* On to a child that the profile's tree has, too. */
static struct at step(struct tree_other *o, struct at at, uint32_t own_child, uint32_t function)
{
	bool same = o->of_node[at.own] == at.node;	/* the whole way here */

	if (!same)
		return (struct at){ look_up(o, at.node, function), own_child };
	if (o->of_node[own_child] == TREE_NONE)
		o->of_node[own_child] = add(o, at.node, function);
	return (struct at){ o->of_node[own_child], own_child };
}

/* The nodes of the profile's tree from below `top` to `node`; 0 if they do not hang together. */
static uint32_t list_way(const struct tree *own, uint32_t top, uint32_t node,
			 uint32_t way[RECORD_MAX_LEVELS + 1])
{
	uint32_t n = 0;

	for (uint32_t at = node; at != top; at = own->parent[at])
		if (!at || ++n > RECORD_MAX_LEVELS + 1)
			return 0;
	for (uint32_t i = n; i-- > 0; node = own->parent[node])
		way[i] = node;
	return n;
}

/* Were calls folded in the place of the profile's tree that is gone on from, or on the way? */
static bool is_folded(const struct tree *own, uint32_t from, const uint32_t *way, uint32_t n)
{
	uint8_t flags = own->flags[from];

	for (uint32_t i = 0; i < n; i++)
		flags |= own->flags[way[i]];
	return flags & TREE_RECURSIVE;
}

/* On by the calls of a frame, one by one. */
static struct at take_frame(struct tree_other *o, const struct profile *p,
			    const struct profile_stack *s, struct at at, const uint32_t *way,
			    uint32_t n_way)
{
	const struct profile_frame *f = &p->frames[s->frame];
	uint32_t n = 0;

	for (uint32_t level = f->n_levels; level-- > 0;) {
		uint32_t function = p->levels[f->first_level + level].function;
		bool outermost = s->parent < RECORD_STACK_FIRST && level + 1 == f->n_levels;

		if (!outermost && profile_is_folded(p, function))
			continue;
		if (at.node && o->tree.function[at.node] == function)
			at.node = look_up(o, at.node, function);
		else if (n < n_way)
			at = step(o, at, way[n++], function);
		else
			return (struct at){ 0 };	/* no room in the profile's tree */
	}
	return at;
}

static uint32_t raw_node(struct tree_other *o, const struct profile *p, uint32_t stack)
{
	const struct profile_stack *s = &p->shown.stacks[stack];
	const struct tree *own = &p->tree;
	uint32_t way[RECORD_MAX_LEVELS + 1], n_way, n = 0;
	bool begins = stack < RECORD_STACK_FIRST || s->parent < RECORD_STACK_FIRST;
	struct at at = { 0 };

	if (!begins)
		at = (struct at){ o->tree.of_stack[s->parent], own->of_stack[s->parent] };
	n_way = list_way(own, at.own, own->of_stack[stack], way);
	if (begins && n_way &&
	    !record_outcome_has_root(stack < RECORD_STACK_FIRST ? stack : s->parent))
		at = step(o, at, way[n++], own->function[way[0]]);
	if (stack >= RECORD_STACK_FIRST && is_folded(own, at.own, way + n, n_way - n))
		return take_frame(o, p, s, at, way + n, n_way - n).node;
	for (; n < n_way; n++)
		at = step(o, at, way[n], own->function[way[n]]);
	return at.node;
}

static int add_stacks(struct tree_other *o, struct profile *p, struct error *err)
{
	struct tree *t = &o->tree;

	for (; o->n_nodes < p->tree.n; o->n_nodes++)
		o->of_node[o->n_nodes] = o->n_nodes ? TREE_NONE : 0;
	array_reserve(t->of_stack, p->shown.n_stacks, t->cap_stacks);
	for (size_t i = t->n_stacks; i < p->shown.n_stacks; i++) {
		if (tree_check_room(t, p, i, err) < 0)
			return -1;
		t->of_stack[i] = raw_node(o, p, (uint32_t)i);
	}
	t->n_stacks = p->shown.n_stacks;
	return 0;
}

/* ---- both ---- */

int tree_other_update(struct tree_other *o, struct profile *p, enum recursion mode,
		      struct error *err)
{
	if (!o->tree.n || o->tree.mode != mode || o->n_moved != p->tree.n_moved)
		begin(o, mode);
	o->n_moved = p->tree.n_moved;
	array_reserve(o->of_node, p->tree.n, o->cap_nodes);
	if (mode == RECURSION_CYCLES)
		add_nodes(o, p);
	else if (add_stacks(o, p, err) < 0)
		tree_other_deinit(o);
	return o->tree.n ? 0 : -1;
}

uint32_t tree_other_node(const struct tree_other *o, const struct profile *p, uint32_t stack)
{
	return o->tree.mode == RECURSION_CYCLES ? o->of_node[p->tree.of_stack[stack]]
						: o->tree.of_stack[stack];
}
