// SPDX-License-Identifier: Apache-2.0
/*
 * profile/summary_blocks.h - the samples of a selection, by leaf and by block of time: what
 * profile/summary.c begins with.
 */
#ifndef CPROFD_PROFILE_SUMMARY_BLOCKS_H
#define CPROFD_PROFILE_SUMMARY_BLOCKS_H

#include "profile/summary.h"

/* How many threads it is worth: at most as many as there are CPUs. */
uint32_t summary_blocks_threads(const struct summary *sum, const struct profile *p,
				const struct picked *k);

/*
 * Fill in `received`, `filtered`, `stats` but for its scale, `self_ns`, `all_leaves` and what
 * functions have for their intervals.  The range, the numbers and zeroed arrays are there;
 * `self_ns` is made here.  As many threads as are asked for, this one included.
 */
void summary_blocks_make(struct summary *sum, const struct profile *p, const struct picked *k,
			 uint32_t n_threads);

static inline double *summary_blocks_of(const struct summary *sum, uint32_t function)
{
	return sum->self_ns + (size_t)function * sum->stats.n_blocks;
}

#endif
