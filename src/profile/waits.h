// SPDX-License-Identifier: Apache-2.0
/*
 * profile/waits.h - for what threads waited, and where: sums of the looks at threads that
 * waited.
 *
 *	struct waits w;
 *
 *	waits_make(&p, &selection, &sum, WAITS_BY_REASON, false, &w);
 *	for (i = 0; i < w.n; i++)
 *		... w.rows[i].reason, w.rows[i].sum ...
 *	waits_deinit(&w);
 *
 * Nobody counted the waits: a look stands for the time since the thread's look before.
 * So there are seconds and shares, with an interval, and the number of looks; how many
 * waits there were and how long one lasted cannot be told.
 */
#ifndef CPROFD_PROFILE_WAITS_H
#define CPROFD_PROFILE_WAITS_H

#include "profile/summary.h"

enum waits_by {
	WAITS_BY_REASON,
	WAITS_BY_PLACE,		/* reason, and the program's own function that it was in */
	WAITS_BY_THREAD,	/* reason and thread */
	WAITS_BY_COUNT
};

struct wait_row {
	enum record_activity reason;	/* ACTIVITY_UNKNOWN: it was not told */
	uint32_t place;		/* WAITS_BY_PLACE: function, or RECORD_NONE: its stack was not
				   looked at, or is empty; others: RECORD_NONE */
	uint32_t thread;	/* WAITS_BY_THREAD; others: RECORD_NONE */
	struct sum sum;		/* looks, and the time they stand for */
	struct interval share;	/* of all rows together */
};

struct waits {
	enum waits_by by;
	bool busy_only;		/* idle threads are left out */
	struct wait_row *rows;	/* with the most time first */
	uint32_t n;
	struct sum shown;	/* all rows */
	struct sum idle;	/* of threads that are left out, */
	uint32_t n_idle;	/* so many */
	struct sum filtered;	/* the filter leaves them out */
	struct sum with_stack;	/* looks, of all the above, that have a stack */
	uint32_t n_threads;	/* that were seen to wait */
	uint32_t n_unseen;	/* threads that ran, and nobody looked whether they wait */
	bool *left_out;		/* by thread: idle */
};

/* "reason", "place", "thread". */
const char *waits_by_name(enum waits_by by);

/*
 * Of a selection whose summary is `sum`; of its states nothing is taken.  A thread is idle if
 * it neither ran nor waited for the interpreter in 1 % of the time in which it was seen.
 */
void waits_make(const struct profile *p, const struct selection *s, const struct summary *sum,
		enum waits_by by, bool busy_only, struct waits *out);
void waits_deinit(struct waits *w);

/* Put the rows of `now` into the order that they had before, new ones behind them. */
void waits_keep_order(const struct waits *before, struct waits *now);

/* Is it the same row, of two questions asked in the same way? */
static inline bool wait_row_same(const struct wait_row *a, const struct wait_row *b)
{
	return a->reason == b->reason && a->place == b->place && a->thread == b->thread;
}

/* What one row is made of. */
struct wait_part {
	uint32_t what;		/* thread, or stack of profile.shown */
	struct sum sum;
};

struct wait_parts {
	struct wait_part *threads;	/* with the most time first */
	struct wait_part *stacks;	/* up to the place in the program's own code; an outcome:
					   without a stack */
	uint32_t n_threads, n_stacks;
};

void wait_parts_make(const struct profile *p, const struct selection *s, const struct waits *w,
		     const struct wait_row *row, struct wait_parts *out);
void wait_parts_deinit(struct wait_parts *parts);

#endif
