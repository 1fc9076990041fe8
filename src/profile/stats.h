// SPDX-License-Identifier: Apache-2.0
/*
 * profile/stats.h - how far a share may be from the truth.
 *
 * Samples of a program that has phases are not independent: the naive interval
 * was measured 2 to 11 times too narrow.  So the range is cut into blocks of
 * equal time, and the scatter of a share between blocks says how much wider
 * than a binomial it is (phi, at least 1):
 *
 *	e_b = x_b - p * w_b		what block b has more than its share
 *	var = B/(B-1) * sum e_b^2 / W^2	of the ratio of two sums
 *	phi = max(1, var / (p (1 - p) / N))
 *
 * x_b: weight of the thing in block b, w_b: of everything; N: the number of
 * samples of equal weight that would say as much, (sum w)^2 / sum w^2.  The
 * interval is Wilson's for N / phi samples with the t quantile of B - 1 degrees
 * of freedom.  With fewer than 10 blocks phi cannot be known: then it is
 * Wilson's as for independent samples, marked rough ("at least this wide").
 */
#ifndef CPROFD_PROFILE_STATS_H
#define CPROFD_PROFILE_STATS_H

#include <stdbool.h>
#include <stdint.h>

#define STATS_MAX_BLOCKS 60
#define STATS_MIN_BLOCKS 10	/* with fewer, intervals are rough */
#define STATS_BLOCK_NS 1000000000ull	/* a block is at least this long */

/* Fractions of 1. */
struct interval {
	double share;
	double low, high;	/* 95 % */
	bool rough;
};

/* What shares of a selection have in common. */
struct stats {
	double n;		/* effective number of samples */
	double scale;		/* 100 % over the sum of block weights: more than 1
				   if time is known that was not sampled */
	uint32_t n_blocks;	/* 1: no blocks */
	uint32_t n_used;	/* blocks that have samples */
	double weight[STATS_MAX_BLOCKS];
	double total;		/* sum of weight */
	double total_sq;	/* sum of their squares */
};

/* Blocks that a range of this length is cut into, at least 1. */
uint32_t stats_n_blocks(uint64_t range_ns);

/* Set the sums once weight[] is filled in; `n` and `scale` are the caller's. */
void stats_finish(struct stats *s);

/*
 * The share of a thing with weight `x` in all, `x_sq` the sum of its squares
 * over blocks, `x_w` the sum of its products with the blocks' weights.
 */
struct interval stats_share(const struct stats *s, double x, double x_sq, double x_w);

/* The same from its weights per block. */
struct interval stats_share_of_blocks(const struct stats *s, const double *x);

/* Is the order of two things, given by block, more than chance (95 %)? */
bool stats_differ(const struct stats *s, const double *a, const double *b);

/* Wilson's interval for share `p` of `n` samples, `z` standard errors wide. */
struct interval stats_wilson(double p, double n, double z);

/* The 97.5 % quantile of Student's t. */
double stats_t(uint32_t degrees_of_freedom);

/* How far from 0 Student's t is with this chance or less (1e-12 to 1), either way. */
double stats_t_beyond(double chance, uint32_t degrees_of_freedom);

#endif
