// SPDX-License-Identifier: Apache-2.0
/*
 * profile/ledger.h - what became of every sample that was due.
 *
 * Each is in exactly one row: its stack came to an end in some way, or it was
 * lost, throttled, or is known only as CPU time.  The rows add up to 100 %.
 */
#ifndef CPROFD_PROFILE_LEDGER_H
#define CPROFD_PROFILE_LEDGER_H

#include "profile/edges.h"
#include "profile/summary.h"

enum ledger_kind {
	LEDGER_OUTCOME,		/* stacks that ended so (`outcome`) in `module` */
	LEDGER_LOST,
	LEDGER_THROTTLED,
	LEDGER_HIDDEN,		/* in the kernel, not visible */
	LEDGER_UNSAMPLED,	/* no sample stands for it: threads that ended before
				   their next one, and the kernel's switching of events
				   at each context switch, where none can be taken */
};

struct ledger_row {
	enum ledger_kind kind;
	uint32_t outcome;	/* enum record_outcome */
	uint32_t module;	/* RECORD_NONE: it does not matter which */
	struct sum sum;		/* the count is 0 where only time is known */
};

/* Samples with a frame of this module that has no name. */
struct ledger_unnamed {
	uint32_t module;
	struct sum on_top, anywhere;
};

struct ledger {
	struct ledger_row *rows;	/* complete stacks first, then by weight */
	uint32_t n_rows;
	struct ledger_unnamed *unnamed;	/* by weight */
	uint32_t n_unnamed;
	uint64_t whole_ns;	/* 100 % */
	struct sum cut;		/* stacks that lack frames: their outermost, or of Python */
	uint64_t gap_min, gap_max;	/* bytes of stack beyond the copy, of those that
					   had any; 0: none */
	uint64_t left_out_min, left_out_max;	/* the same of frames beyond the limit */
	struct edges edges;	/* is what the stacks say possible? */
};

/*
 * The ledger of a selection whose summary is `sum`.  The filter does not matter
 * to it: it is about how good the data is.
 */
void ledger_make(const struct profile *p, const struct selection *s,
		 const struct summary *sum, struct ledger *out);

/* The same in two steps: all but the edges, and those, for which all stacks are gone through. */
void ledger_make_rows(const struct profile *p, const struct selection *s,
		      const struct summary *sum, struct ledger *out);
void ledger_find_edges(struct ledger *l, const struct profile *p, const struct summary *sum);

void ledger_deinit(struct ledger *l);

/*
 * What would help, or NULL: of a row or an unnamed module.  A note of the
 * session goes first; the text may hold bytes of the target.
 */
const char *ledger_fix(const struct profile *p, const struct ledger_row *row);
const char *ledger_unnamed_fix(const struct profile *p, uint32_t module);

#endif
