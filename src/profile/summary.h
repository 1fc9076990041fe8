// SPDX-License-Identifier: Apache-2.0
/*
 * profile/summary.h - the answer to "where did the time go": sums of a
 * selection by function and by node of the tree, and what was not sampled.
 *
 *	struct summary sum;
 *
 *	summary_make(&p, &selection, &sum);
 *	iv = summary_self(&sum, function);
 *	order = summary_rank(&p, &sum, &n);
 *	summary_deinit(&sum);
 *
 * 100 % is the CPU time that samples stand for plus that of the kernel where it
 * is not visible (`base_ns`).  Lost samples are beside it: their share is of
 * what was expected.  A function that is on a stack several times counts once.
 *
 * A summary is made anew for each question, also of a growing profile, and
 * looks at the profile no more afterwards; 10 million samples take 0.1 s.  Its sums
 * by leaf answer most other questions without another look at the samples.
 */
#ifndef CPROFD_PROFILE_SUMMARY_H
#define CPROFD_PROFILE_SUMMARY_H

#include <stdbool.h>
#include <stdint.h>

#include "profile/selection.h"
#include "profile/stats.h"

struct function_sum {
	struct sum self;	/* on top of the stack */
	struct sum total;	/* anywhere on it */
	double total_sq, total_w;	/* for stats_share() */
};

struct summary {
	uint64_t from_ns, to_ns;	/* the range within the recording */
	struct sum received;	/* samples of the selection, whatever the filter */
	struct sum filtered;	/* those of them that the filter leaves out */
	uint64_t base_ns;	/* 100 % */

	/* CPU time beside the samples; see summary_make(). */
	bool cpu_known;
	uint64_t cpu_ns;	/* that the threads used */
	uint64_t hidden_ns;	/* in the kernel, not visible */
	uint64_t unsampled_ns;	/* CPU time that no sample stands for; of a selection of
				   threads, who cannot be told apart in some of it, the rest */
	uint64_t throttled_ns;
	uint64_t off_ns;	/* part of cpu_ns: sampling was off */
	struct sum lost;	/* nothing if threads are selected: */
	struct sum lost_of_all;	/* it is not known by thread */

	bool measured;		/* calls and times are as told, without samples: sums
				   count calls, shares are exact */
	struct stats stats;
	struct sum *leaves;		/* what passes the filter, by leaf */
	struct sum *all_leaves;		/* whatever the filter; `leaves` if there is none */
	struct function_sum *functions;
	double *self_ns;		/* by function and block: n_functions * n_blocks */
	struct sum *nodes;		/* by node of the tree, what it calls included */
	uint32_t n_leaves, n_functions, n_nodes;
	bool *listed;		/* functions that match the filter; NULL: all */
};

/*
 * Sum up a selection.  With threads selected `hidden_ns` is what is left if all
 * that was lost was theirs, so never too much.
 */
void summary_make(const struct profile *p, const struct selection *s, struct summary *out);
void summary_deinit(struct summary *sum);

struct interval summary_self(const struct summary *sum, uint32_t function);
struct interval summary_total(const struct summary *sum, uint32_t function);

/* Of any weight whose scatter is not known: rough. */
struct interval summary_part(const struct summary *sum, uint64_t weight_ns);

/* Of the pseudo rows: kernel time that is not visible, and lost samples. */
struct interval summary_hidden(const struct summary *sum);
struct interval summary_lost(const struct summary *sum);

/* Weight as a fraction of 100 %. */
static inline double summary_share(const struct summary *sum, uint64_t weight_ns)
{
	return sum->base_ns ? (double)weight_ns / (double)sum->base_ns : 0;
}

/*
 * The functions that have any time and match the filter, those with the most
 * time of their own first, then by total, then by name.  The caller frees it.
 */
uint32_t *summary_rank(const struct profile *p, const struct summary *sum, uint32_t *n_out);

/* How many there were if the filter were none. */
uint32_t summary_n_functions(const struct profile *p, const struct summary *sum);

/*
 * The function that somebody means by `name`: of those that are called so, else of
 * those whose name contains it, the one with the most time.  RECORD_NONE if there
 * is none; *n_out is how many there are to choose from.
 */
uint32_t summary_find(const struct profile *p, const struct summary *sum, const char *name,
		      uint32_t *n_out);

/*
 * A function's own time in `n` equal parts of the range, as nanoseconds of a block of
 * stats.h, whole blocks or parts of them: false if the range has fewer blocks.
 */
bool summary_trend(const struct summary *sum, uint32_t function, uint32_t n,
		   double *out);

/* Is the order of two functions by own time more than chance? */
bool summary_differ(const struct summary *sum, uint32_t a, uint32_t b);

#endif
