// SPDX-License-Identifier: Apache-2.0
/*
 * profile/butterfly.h - who calls a function, and where its time goes.
 *
 * A sample belongs to the outermost call of the function on its stack, so each
 * counts once: the first rows on either side, and `self`, add up to `total`.  How calls of
 * a function from within itself are folded is as in profile/recursion.h.
 */
#ifndef CPROFD_PROFILE_BUTTERFLY_H
#define CPROFD_PROFILE_BUTTERFLY_H

#include "profile/recursion.h"

#define BUTTERFLY_NONE UINT32_MAX

/* One function at one place of the tree of callers or callees. */
struct butterfly_row {
	uint32_t function;
	uint32_t parent;	/* row nearer to the function in the middle, or
				   BUTTERFLY_NONE: the function itself */
	uint32_t depth;		/* 1: calls it, or is called by it */
	struct sum sum;
};

/* Where a call between the function and a row of depth 1 is written. */
struct butterfly_line {
	uint32_t row;
	uint32_t line;		/* in the file of the one that calls; 0: not known */
	struct sum sum;
};

struct butterfly_side {
	struct butterfly_row *rows;	/* each after its parent, siblings by weight */
	uint32_t n_rows;
	struct butterfly_line *lines;	/* by row, then by weight */
	uint32_t n_lines;
};

struct butterfly {
	uint32_t function;
	struct sum total, self;
	struct sum outermost;	/* nobody called it: the stack begins with it */
	struct butterfly_side callers, callees;
};

/*
 * Rows up to `depth` calls away on either side; of times that were measured only the
 * first, because what they say of a call does not say by whom its caller was called.
 */
void butterfly_make(const struct profile *p, const struct summary *sum, uint32_t function,
		    uint32_t depth, struct butterfly *out);

/*
 * The same with recursion folded in another way than only where it is direct, and without the
 * rows further away than one call that have less than this share of the function's total.
 */
void butterfly_make_folded(const struct profile *p, const struct summary *sum, uint32_t function,
			   uint32_t depth, double deeper_share, enum recursion mode,
			   struct butterfly *out);
void butterfly_deinit(struct butterfly *b);

#endif
