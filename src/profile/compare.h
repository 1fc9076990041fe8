// SPDX-License-Identifier: Apache-2.0
/*
 * profile/compare.h - did a function become faster?  Two selections, A before and B now, of
 * two recordings or of one, function by function.
 *
 *	struct compare_side sides[2] = { { pa, &selection_a, &sum_a }, { pb, ... } };
 *
 *	compare_make(sides, COMPARE_PER_SECOND, &c);
 *	... c.rows[i].change, c.rows[i].verdict ...
 *	compare_deinit(&c);
 *
 * What is compared is the CPU time of a function itself: all of what the threads used, also
 * what was lost, as the samples share it out.  So the rows of a side add up to its total,
 * and neither rate nor length of a recording matter.
 *
 * The interval of a change has the scatter between blocks of time of both sides, as
 * profile/stats.h has it, and is never narrower than that of independent samples:
 *
 *	change = B - A +- t * sqrt(var_A + var_B)
 *	share		var = that of stats.h, with e_b
 *	per run		var = (CPU time)^2 * that + (r * value)^2
 *	per second	var = max(B/(B-1) * sum (x_b - mean)^2, sum w^2) + (r * value)^2
 *
 * with degrees of freedom after Welch.  The CPU time of a run is counted, so only its parts
 * are uncertain; that of a second depends on waits.  r is for what one run of each cannot
 * show, how much runs of one program differ: 2 % and 30 ms of CPU time.  Measured on a machine
 * with other work were 1 % of 0.58 s, 11 % of 0.24 s (gcc) and 19 % of 0.19 s (Python).  Parts
 * of one recording have none.  A range of less than 10 s is cut into 10 blocks, and marked rough: longer
 * phases do not show.
 *
 * As many rows are looked at, t is that of 5 % divided by their number (Bonferroni): one
 * false alarm in 20 comparisons, not in 20 rows.  Functions with fewer samples than could
 * tell anything are one row.
 *
 * A function is the same one if its name and the last part of its source file are, else of
 * its module, where the program's own file may have another name.  If that finds
 * nothing on the other side, its name alone counts, where just one has it there.  Code
 * without a name is by its address, and that only in the same build; else it is one row for
 * each module.
 */
#ifndef CPROFD_PROFILE_COMPARE_H
#define CPROFD_PROFILE_COMPARE_H

#include <stdbool.h>
#include <stdint.h>

#include "profile/summary.h"

#define COMPARE_A 0
#define COMPARE_B 1

#define COMPARE_MIN_SAMPLES 10	/* of both sides together: a row of its own */
#define COMPARE_FEW_SAMPLES 30	/* a side with less bears no verdict */
#define COMPARE_MAX_LOST .1	/* nor one that lost more */
#define COMPARE_RUN_SCATTER .02	/* r, */
#define COMPARE_RUN_SCATTER_NS 3e7	/* and of CPU time */

enum compare_unit {
	COMPARE_PER_RUN,	/* CPU seconds, of one run */
	COMPARE_PER_SECOND,	/* CPU seconds per second */
	COMPARE_SHARE,		/* fraction of the CPU time */
	COMPARE_UNITS
};

/* "run", "second", "share" */
const char *compare_unit_name(enum compare_unit unit);
bool compare_unit_parse(const char *name, enum compare_unit *out);

enum compare_verdict {
	COMPARE_NO_EVIDENCE,
	COMPARE_LESS, COMPARE_GONE,	/* gone: no sample of it in B */
	COMPARE_MORE, COMPARE_NEW,	/* new: none in A */
	COMPARE_UNTESTED,	/* its scatter is not known, or nothing is tested: see trouble */
};

/* Why there are no verdicts at all. */
enum compare_trouble {
	COMPARE_FINE,
	COMPARE_FEW,		/* samples */
	COMPARE_LOST,		/* too many samples */
	COMPARE_SHORT,		/* too little time to see how anything scatters */
};

/* What somebody compares: they stay the caller's. */
struct compare_side {
	const struct profile *p;
	const struct selection *selection;
	const struct summary *sum;	/* of that */
};

struct compare_total {
	uint64_t range_ns;
	uint64_t cpu_ns;	/* used in it */
	uint64_t samples;
	uint32_t n_blocks, n_used;	/* of those with samples */
	double lost;		/* share of what was due */
	double value;		/* in the unit */
};

enum compare_kind {
	COMPARE_FUNCTION,	/* or several of one name and place */
	COMPARE_UNNAMED,	/* code without a name of one module, of builds that differ */
	COMPARE_KERNEL,		/* all of it: one side does not see it, or none */
	COMPARE_OTHERS,		/* functions with few samples */
	COMPARE_FILTERED,	/* what the filter leaves out */
};

struct compare_row {
	enum compare_kind kind;
	uint32_t function[2];	/* the one with the most time of those on each side, or
				   RECORD_NONE */
	uint32_t n_functions[2];
	uint64_t samples[2];
	double value[2];	/* in the unit */
	double change, low, high;	/* B - A; unless it is untested */
	enum compare_verdict verdict;
	bool by_name;		/* file or module differ */
};

struct compare {
	enum compare_unit unit;
	struct compare_total total[2];
	struct interval change;	/* of the totals, as a fraction of A's; 95 % */
	bool change_known;	/* there is one, in this unit */
	enum compare_trouble trouble;
	int trouble_side;
	bool rough;		/* less than 10 s on a side, or 10 blocks with samples */
	bool alike;		/* per second: the total changed, and no row has evidence of another
				   share of it, so it need not be the code that changed */
	uint32_t n_tested;	/* rows */
	struct compare_row *rows;	/* with evidence first, those that changed most for sure; then
				   by time; then others and filtered */
	uint32_t n_rows;
};

/* Can they be compared in that unit?  Per run only if both saw a run from start to end. */
bool compare_has_unit(const struct compare_side sides[2], enum compare_unit unit);

/*
 * Both must have samples (not `measured`).  The result looks at neither side any more, but
 * its functions are theirs.
 */
void compare_make(const struct compare_side sides[2], enum compare_unit unit,
		  struct compare *out);
void compare_deinit(struct compare *c);

/* The function of `to` that is what `function` is in `from`, or RECORD_NONE. */
uint32_t compare_find(const struct profile *from, uint32_t function, const struct profile *to);

/* Do both have this file, and is it another build of it? */
bool compare_module_differs(const struct profile *a, uint32_t module, const struct profile *b);

#endif
