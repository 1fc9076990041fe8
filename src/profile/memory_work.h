// SPDX-License-Identifier: Apache-2.0
/*
 * profile/memory_work.h - CPU time that went into memory: allocating, copying, faulting in
 * pages, collecting garbage.  What memory is held is another question.
 *
 * Told by the names of functions that are known for it.  A sample counts for the innermost
 * such function on its stack, so it counts once.
 */
#ifndef CPROFD_PROFILE_MEMORY_WORK_H
#define CPROFD_PROFILE_MEMORY_WORK_H

#include "profile/summary.h"

enum memory_kind {
	MEMORY_ALLOCATES,	/* and frees */
	MEMORY_COPIES,		/* and fills */
	MEMORY_COLLECTS,
	MEMORY_FAULTS,		/* in the kernel */
	MEMORY_KINDS
};

struct memory_work {
	struct sum sums[MEMORY_KINDS];
	uint32_t most[MEMORY_KINDS];	/* function with the most of it, or RECORD_NONE */
	bool kernel_seen;		/* functions of it are there: else faults are not known */
};

void memory_work_make(const struct profile *p, const struct summary *sum, struct memory_work *out);

/* Of a function: MEMORY_KINDS if it is known for none. */
enum memory_kind memory_kind_of(const struct profile *p, uint32_t function);

#endif
