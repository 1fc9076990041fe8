// SPDX-License-Identifier: Apache-2.0
/*
 * profile/tree_other.h - the tree of a profile with recursion folded otherwise, made from
 * the profile's own.
 *
 *	struct tree_other o = { 0 };
 *
 *	if (tree_other_update(&o, &p, RECURSION_CYCLES, err) < 0) ...
 *	node = tree_other_node(&o, &p, stack);
 *	tree_other_deinit(&o);
 *
 * What the profile's own tree knows is not found out again: a node that has none of its
 * function above it cannot be folded into one, and calls that are folded nowhere on their
 * way are in both trees alike.  It has no walking order.  Kept, it grows with the profile;
 * what is asked does not matter to it.
 */
#ifndef CPROFD_PROFILE_TREE_OTHER_H
#define CPROFD_PROFILE_TREE_OTHER_H

#include "profile/tree.h"

struct tree_other {
	struct tree tree;
	uint32_t *of_node;	/* by node of the profile's tree.  Cycles: what it is in this one;
				   raw: the node with the same calls, or TREE_NONE */
	bool *shared;		/* cycles, by node of this tree: several of the profile's are it */
	uint32_t n_nodes;	/* of the profile's tree that were looked at */
	uint32_t n_moved;	/* of the profile's tree, when that was */
	size_t cap_nodes, cap_shared;
};

/*
 * Bring it up to date with the profile's tree, in a mode that is not RECURSION_DIRECT.
 * Fails with EFBIG like tree_update(): it is empty then.
 */
int tree_other_update(struct tree_other *o, struct profile *p, enum recursion mode,
		      struct error *err);
void tree_other_deinit(struct tree_other *o);

/* The node that a shown stack ends in. */
uint32_t tree_other_node(const struct tree_other *o, const struct profile *p, uint32_t stack);

#endif
