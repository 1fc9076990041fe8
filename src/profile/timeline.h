// SPDX-License-Identifier: Apache-2.0
/*
 * profile/timeline.h - when each thread ran: CPU time by thread and cell of time.
 *
 *	struct timeline t;
 *
 *	timeline_make(&p, &selection, &(struct timeline_how){
 *		.from_ns = p.start_ns, .cell_ns = 500000000, .n_cells = 60, .lanes = true }, &t);
 *	share = timeline_share(&t, &t.lanes[0].cells[i]);
 *	timeline_deinit(&t);
 *
 * The cells of a lane add up to what the summary of the same time and selection received
 * of that thread.  A timeline is made anew for each question, also of a growing profile,
 * in one pass over the samples of its time: 10 million of them take 30 ms.  It looks at the
 * profile no more afterwards.
 */
#ifndef CPROFD_PROFILE_TIMELINE_H
#define CPROFD_PROFILE_TIMELINE_H

#include "profile/selection.h"

/*
 * What a sample says that a thread did: it runs, whose code is on top; or it waits.  What
 * has the lock of the interpreter runs Python, also in the C of its built-in functions.
 */
enum timeline_state {
	TIMELINE_PYTHON, TIMELINE_NATIVE, TIMELINE_LIBRARY, TIMELINE_KERNEL, TIMELINE_UNKNOWN,
	TIMELINE_WAIT_PYTHON,	/* for the lock of the interpreter, */
	TIMELINE_WAIT_LOCK,	/* another lock, */
	TIMELINE_WAIT_IO,
	TIMELINE_SLEEP,		/* time to pass, */
	TIMELINE_WAIT_ELSE,	/* or something else, or nobody knows what */
	TIMELINE_STATES
};

static inline bool timeline_runs(enum timeline_state state)
{
	return state < TIMELINE_WAIT_PYTHON;
}

struct timeline_cell {
	uint64_t run_ns, wait_ns;	/* waits: as far as somebody looked */
	uint32_t n;			/* samples of it running */
	uint8_t most_run, most_wait;	/* enum timeline_state; what took most of either */
};

struct timeline_lane {
	uint32_t thread;
	uint64_t ns[TIMELINE_STATES];	/* over all cells */
	uint64_t run_ns, wait_ns;
	uint64_t n;			/* samples of it running */
	/*
	 * Else nobody looked whether it waits, which is not the same as that it did not: see
	 * profile/thread_activity.h.
	 */
	bool waits_known;
	struct timeline_cell *cells;
};

struct timeline_how {
	uint64_t from_ns, cell_ns;	/* times as in records; a cell is never 0 long */
	uint32_t n_cells;		/* at least 1 */
	bool lanes;			/* else only those of all threads together */
};

struct timeline {
	struct timeline_how how;
	struct timeline_lane *lanes;	/* threads with samples, what ran most first */
	uint32_t n_lanes;
	struct timeline_lane all;	/* of all together; no thread */
	uint64_t *collecting_ns;	/* by cell: Python's garbage collector */
	double *lost;			/* by cell: samples, whatever threads and filter */
	uint64_t collecting_all_ns;
	double lost_all;
};

/*
 * Threads, filter and module of `s`; of its time and states nothing is taken.  Samples
 * before the first or behind the last cell are left out.
 */
void timeline_make(const struct profile *p, const struct selection *s,
		   const struct timeline_how *how, struct timeline *out);
void timeline_deinit(struct timeline *t);

/* Say what took most of a cell, from the times by state. */
void timeline_set_most(struct timeline_cell *cell, const uint64_t *ns);

/* The lane of a thread; NULL: it has no sample. */
const struct timeline_lane *timeline_lane_of(const struct timeline *t, uint32_t thread);

/* CPUs that ran on average in a cell, 1 being one of them all the time. */
static inline double timeline_share(const struct timeline *t, const struct timeline_cell *cell)
{
	return (double)cell->run_ns / (double)t->how.cell_ns;
}

/* Samples of all threads in cells [from, to). */
uint64_t timeline_samples(const struct timeline *t, uint32_t from, uint32_t to);

#endif
