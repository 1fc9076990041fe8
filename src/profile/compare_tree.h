// SPDX-License-Identifier: Apache-2.0
/*
 * profile/compare_tree.h - did a call path become faster?  The time of every path of calls, what
 * it calls included, on two sides.
 *
 *	compare_tree_make(sides, &lens_a, &lens_b, &c, &t);
 *	... t.nodes[node of B's tree].change, .verdict ...
 *	compare_tree_deinit(&t);
 *
 * Values, intervals and verdicts are those of compare.h.  Tested are the paths with
 * enough samples, each once: one that has the same samples as its caller has its verdict.  A
 * path is the same one if all functions on it are.
 */
#ifndef CPROFD_PROFILE_COMPARE_TREE_H
#define CPROFD_PROFILE_COMPARE_TREE_H

#include "profile/compare.h"
#include "profile/recursion.h"

struct compare_node {
	uint64_t samples[2];
	double value[2];	/* in the unit */
	double change, low, high;	/* B - A; unless it is untested */
	enum compare_verdict verdict;
};

struct compare_tree {
	struct compare_node *nodes;	/* by node of B's tree; the root's is not tested */
	uint32_t n_nodes;
	uint32_t n_tested;
	double gone;		/* value of A's paths that B has not: in no node */
	bool kernel_differs;	/* one side sees the kernel and the other does not: as paths lead
				   into it, nothing is tested */
};

/* `c` is what compare_make() made of these sides: its unit holds, and its trouble. */
void compare_tree_make(const struct compare_side sides[2], const struct lens *a,
		       const struct lens *b, const struct compare *c, struct compare_tree *out);
void compare_tree_deinit(struct compare_tree *t);

#endif
