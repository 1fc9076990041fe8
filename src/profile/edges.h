// SPDX-License-Identifier: Apache-2.0
/*
 * profile/edges.h - do the calls in the code agree with the stacks?
 *
 * An edge is a frame and the one that it called.  The instruction before the return
 * address says what was called: if that is the other frame's function, the edge is
 * proven.  Inlined calls are no edges, and neither is where a signal interrupted.
 */
#ifndef CPROFD_PROFILE_EDGES_H
#define CPROFD_PROFILE_EDGES_H

#include "profile/summary.h"

enum edge {
	EDGE_PROVEN,		/* the code calls it, by itself or by a stub of its name */
	EDGE_POINTER,		/* through a register or memory: it can be so */
	EDGE_ELSEWHERE,		/* the code calls another, which must have jumped there */
	EDGE_GAP,		/* the same, of a caller that was guessed: or frames between
				   the two are missing */
	EDGE_NO_CALL,		/* no call is before the return address */
	EDGE_UNKNOWN,		/* the code could not be read, or who was called has no name */
	EDGE_KINDS,
	EDGE_NONE = EDGE_KINDS	/* it is no edge, one of the kernel, or whom it called is left out */
};

/* Of the frames with these numbers. */
enum edge edge_judge(const struct profile *p, uint32_t caller, uint32_t callee);

/*
 * The edges of all stacks, each counted once for every sample that it is on and
 * weighed with the time of these.
 */
struct edge_sum {
	uint64_t n;
	double weight_ns;
};

/* The code of `caller` calls `by`, and the stack has `callee` there. */
struct edge_detour {
	uint32_t caller, callee;	/* functions as the call tree has them */
	uint32_t by;			/* function */
	enum edge kind;			/* EDGE_ELSEWHERE, EDGE_GAP */
	struct edge_sum sum;
};

struct edges {
	struct edge_sum of[EDGE_KINDS], all;
	struct edge_detour *detours;	/* by weight */
	uint32_t n_detours;
};

/* Of the selection that `sum` is of, whatever the filter. */
void edges_make(const struct profile *p, const struct summary *sum, struct edges *out);
void edges_deinit(struct edges *e);

/* Of 1; 0 if there are none at all. */
double edges_share(const struct edges *e, enum edge kind);

/* The heaviest between two functions that are beside each other in the tree, or NULL. */
const struct edge_detour *edges_detour(const struct edges *e, uint32_t caller, uint32_t callee);

#endif
