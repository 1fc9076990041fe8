// SPDX-License-Identifier: Apache-2.0
/*
 * profile/tree_order.h - the order in which a walk over a tree meets its nodes and leaves: a
 * node before its children, the child that was added last before the others.
 *
 * Nodes that are added come into it where they belong; the walk is not made anew for them.
 */
#ifndef CPROFD_PROFILE_TREE_ORDER_H
#define CPROFD_PROFILE_TREE_ORDER_H

#include "profile/tree.h"

/*
 * Bring steps, leaves and what is said of them up to date: nodes were added, leaves are in
 * other nodes, or there are more of them.
 */
void tree_order_update(struct tree *t, const struct profile *p);

#endif
