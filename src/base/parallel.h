// SPDX-License-Identifier: Apache-2.0
/*
 * base/parallel.h - work in parts, each on a thread of its own.
 *
 *	n = parallel_parts(n_items, 10000);
 *	parallel_run(n, sum_part, ctx);
 *
 * The parts must not write what another reads; a part that gets no thread is done by the
 * caller, and when parallel_run() returns all are.
 */
#ifndef CPROFD_BASE_PARALLEL_H
#define CPROFD_BASE_PARALLEL_H

#include <stdint.h>

#define PARALLEL_MOST 4		/* more than a user interface should take */

/*
 * How many parts some work is worth that is to be `least` for each, in any unit: from 1 to
 * PARALLEL_MOST, and no more than there are CPUs for this process.
 */
uint32_t parallel_parts(uint64_t work, uint64_t least);

/* Do the parts 0 to n - 1; `n` is PARALLEL_MOST at most. */
void parallel_run(uint32_t n, void (*part)(void *ctx, uint32_t i), void *ctx);

#endif
