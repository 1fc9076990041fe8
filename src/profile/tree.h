// SPDX-License-Identifier: Apache-2.0
/*
 * profile/tree.h - the calling-context tree: one node per path of functions.
 *
 * Built from stacks; a frame with three inlining levels is three nodes.  Node 0
 * is the root, the whole program; stacks that end early hang below a pseudo
 * function that says how.  A parent has a smaller number than its children.
 *
 * Nodes keep their numbers.  When names arrive for frames whose stacks are in
 * the tree, the stacks move to other nodes and the old ones stay without weight.
 *
 * A tree that folds recursion has one node for a function that calls itself, however
 * deep; profile/recursion.h.  Functions that the profile folds into their callers have none.
 */
#ifndef CPROFD_PROFILE_TREE_H
#define CPROFD_PROFILE_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/u64map.h"

struct error;
struct profile;

#define TREE_MAX_NODES (1u << 26)
#define TREE_MAX_DEPTH (1u << 17)
#define TREE_NONE UINT32_MAX

enum tree_flags {
	TREE_OUTERMOST = 1 << 0,	/* no other node of this function above it */
	TREE_RECURSIVE = 1 << 1,	/* recursion was folded here */
	TREE_CHAINED = 1 << 2,		/* steps: all there is below the step before it,
					   where no leaf ends: their totals are equal */
};

/* How calls of a function from within itself are shown. */
enum recursion {
	RECURSION_DIRECT,	/* a function that calls itself is one call, */
	RECURSION_RAW,		/* every call is one, */
	RECURSION_CYCLES,	/* or, however it comes to call itself: what it called on the way
				   is not shown then */
	RECURSION_MODES
};

/* A node where a walk over the whole tree meets it: before its children. */
struct tree_step {
	uint32_t node;
	uint32_t function;
	uint32_t depth;		/* the root is at 0 */
	uint32_t flags;		/* TREE_OUTERMOST, TREE_CHAINED */
};

struct tree {
	enum recursion mode;
	uint32_t n;		/* nodes */
	uint32_t *parent;	/* TREE_NONE: the root */
	uint32_t *function;
	uint32_t *first_child;	/* or TREE_NONE */
	uint32_t *next_sibling;	/* or TREE_NONE */
	uint32_t *depth;
	uint8_t *flags;		/* enum tree_flags */
	uint32_t *of_stack;	/* stack or outcome -> node that it ends in */
	size_t n_stacks;	/* that are in the tree */
	uint32_t n_moved;	/* how often stacks went to other nodes */

	/* The tree and the profile's leaves in walking order; see profile/tree_order.h. */
	struct tree_step *steps;	/* n */
	uint32_t *step_of;	/* by node: its step */
	uint32_t *leaves;	/* by the step of their node */
	uint32_t *leaf_steps;	/* the step of each of these */
	size_t n_leaves;
	uint32_t max_depth;

	size_t cap, cap_stacks, cap_leaves;
	size_t cap_steps, cap_step_of;
	uint32_t n_steps;	/* nodes that the order is about */
	struct u64map child;	/* parent and function -> node */
};

void tree_init(struct tree *t, enum recursion mode);
void tree_deinit(struct tree *t);

/*
 * Take in the stacks from number `first` on, and look again at those before it that have one
 * of these frames, by number (NULL: none), of which the calls are others now or fold
 * otherwise; every frame has its levels by now.
 * Fails with EFBIG beyond TREE_MAX_NODES and TREE_MAX_DEPTH: stacks for which
 * there was no room then end in the root.
 */
int tree_update(struct tree *t, struct profile *p, size_t first, const bool *frame,
		struct error *err);

/*
 * Which leaves have a call of one of these functions on their stack: by function and by leaf.
 * The root is no call.
 */
void tree_pick_leaves(const struct tree *t, const bool *function, bool *leaf_out);

/* ---- for tree_other.c ---- */

/* Append a node, whether or not its parent has such a child. */
uint32_t tree_add_node(struct tree *t, uint32_t parent, uint32_t function);

/* The node that a call of `function` from `node` is folded into, TREE_NONE if into none. */
uint32_t tree_fold_into(const struct tree *t, const struct profile *p, uint32_t node,
			uint32_t function);

/* May stack `i` make nodes?  Fails with EFBIG. */
int tree_check_room(const struct tree *t, const struct profile *p, size_t i,
		    struct error *err);

#endif
