// SPDX-License-Identifier: Apache-2.0
/*
 * profile/tree_rows.h - the rows in which a call tree is shown.
 *
 * The heaviest nodes are shown, each below its caller, the heaviest first; what
 * is left out below a node is one row, so that under every row its own time and
 * the rows below add up to its total.
 */
#ifndef CPROFD_PROFILE_TREE_ROWS_H
#define CPROFD_PROFILE_TREE_ROWS_H

#include "profile/recursion.h"

enum tree_row_kind {
	TREE_ROW_NODE,
	TREE_ROW_REST,		/* children that are not shown: `n` of them */
	TREE_ROW_FILTERED,	/* samples that the filter leaves out */
};

struct tree_row {
	enum tree_row_kind kind;
	uint32_t node;		/* or its parent, for a rest */
	uint32_t depth;
	uint32_t n;		/* rest: children; node: calls that are one in it, 0 for none:
				   half of the time in it has at least so many */
	uint32_t max_depth;	/* node: how deep its recursion went */
	struct sum self, total;
	uint64_t largest_ns;	/* rest: total of the heaviest of them */
	bool last;		/* no row of the same parent follows */
};

struct tree_rows {
	struct tree_row *v;
	uint32_t n;
};

/*
 * The rows of a summary: nodes with at least `min_ns`, none deeper than
 * `max_depth`, the `max_nodes` heaviest of them and those as heavy as the last of
 * these.  The root is always the first.
 */
void tree_rows_make(const struct profile *p, const struct summary *sum, uint64_t min_ns,
		    uint32_t max_nodes, uint32_t max_depth, struct tree_rows *out);
/* The same of another tree than the profile's own. */
void tree_rows_make_of(const struct profile *p, const struct summary *sum, const struct lens *lens,
		       uint64_t min_ns, uint32_t max_nodes, uint32_t max_depth,
		       struct tree_rows *out);

/*
 * The same in two steps: the rows, in which nothing is said of recursion, and how often a
 * function calls itself in each, for which all stacks with recursion are gone through.
 */
void tree_rows_lay(const struct profile *p, const struct summary *sum, const struct lens *lens,
		   uint64_t min_ns, uint32_t max_nodes, uint32_t max_depth, struct tree_rows *out);
void tree_rows_find_depths(const struct profile *p, const struct summary *sum,
			   const struct lens *lens, struct tree_rows *r);

void tree_rows_deinit(struct tree_rows *r);

#endif
