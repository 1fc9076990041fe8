// SPDX-License-Identifier: Apache-2.0
/*
 * profile/calls.h - how often functions were called, where that was counted.
 *
 * What a call is: struct record_measured.  Functions that nobody counted have no count,
 * which is not the same as 0 calls.  One that was counted need not have samples.
 */
#ifndef CPROFD_PROFILE_CALLS_H
#define CPROFD_PROFILE_CALLS_H

#include <stddef.h>
#include <stdint.h>

#include "base/u64map.h"

struct record_measured;

struct profile_count {
	uint64_t calls;
	uint64_t from_ns, duration_ns;	/* in which they were counted; import: 0 */
	uint8_t how;			/* enum record_counted, or of a later version */
};

struct call_counts {
	struct profile_count *counts;
	uint32_t *functions;	/* of each count */
	size_t n, cap, cap_functions;
	struct u64map by_function;
};

void call_counts_deinit(struct call_counts *c);

/* Take in what was counted of a function, whoever called it. */
void call_counts_add(struct call_counts *c, uint32_t function, const struct record_measured *m);

/* The last count of a function; NULL: there is none. */
const struct profile_count *call_counts_of(const struct call_counts *c, uint32_t function);

#endif
