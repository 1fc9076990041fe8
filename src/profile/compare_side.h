// SPDX-License-Identifier: Apache-2.0
/*
 * profile/compare_side.h - sums of one side of a comparison and how they scatter: for
 * compare.c and compare_tree.c.  What is computed is told in compare.h.
 */
#ifndef CPROFD_PROFILE_COMPARE_SIDE_H
#define CPROFD_PROFILE_COMPARE_SIDE_H

#include "profile/compare.h"

#define BLOCKS_SHORT 10		/* that less than 10 s are cut into, if it is not even shorter */

#define COMPARE_ALPHA .05	/* chance of a false alarm */

/* Of one row, or of everything, on one side: weights of samples in nanoseconds. */
struct tally {
	double sum;
	double sq, w;		/* over blocks: of its squares, and of its products with the weight
				   of the block */
	uint64_t n;
};

struct side {
	const struct compare_side *in;
	uint32_t n_blocks, n_used;
	struct tally all;
	struct tally *rows;	/* of those that are compared: the caller's */
	double sample_ns;	/* the weight of a sample */
	double base_ns;		/* 100 %: what samples and the kernel, if hidden, stand for */
	double scale;		/* CPU time for each nanosecond of that */
	double unit;		/* that times this is in the unit */
	double run_scatter;	/* relative */
};

/*
 * Own time by function and block, and of everything by block.  A summary has it; of less
 * than 10 s its blocks are too few, so there it is made of the samples.
 */
struct blocks {
	uint32_t n;
	const double *self_ns, *weight;
	double *own, own_weight[BLOCKS_SHORT];
};

void blocks_init(struct blocks *t, const struct compare_side *in);
void blocks_deinit(struct blocks *t);

/* Add what a thing has in each block. */
void tally(struct tally *t, const struct blocks *blocks, const double *x);

/* Sums of everything; unit and scatter of runs come later. */
void side_begin(struct side *s, const struct compare_side *in, const struct blocks *blocks);

bool side_is_rough(const struct side *s);

/* How much, relative, runs of one program are taken to differ by. */
double side_run_scatter(const struct side *s);

void side_set_unit(struct side *s, enum compare_unit unit);

/* Of a part, or of `all`. */
double side_variance(const struct side *s, const struct tally *t, enum compare_unit unit);
uint32_t sides_degrees_of_freedom(const struct side sides[2], enum compare_unit unit,
				  const double var[2]);

/* Quantiles for that many rows, by degrees of freedom; 0: not asked for yet. */
struct quantiles {
	uint32_t n_tested;
	double t[2 * STATS_MAX_BLOCKS];
};

/* How far the interval of a change reaches to either side. */
double sides_half_width(const struct side sides[2], const struct tally *a, const struct tally *b,
			enum compare_unit unit, struct quantiles *q);

enum compare_verdict compare_judge(double low, double high, const uint64_t samples[2]);

#endif
