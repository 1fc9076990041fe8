// SPDX-License-Identifier: Apache-2.0
/* profile/thread_functions.h - which functions a thread, or some threads, ran most. */
#ifndef CPROFD_PROFILE_THREAD_FUNCTIONS_H
#define CPROFD_PROFILE_THREAD_FUNCTIONS_H

#include "profile/selection.h"

#define THREAD_FUNCTIONS 4

struct thread_functions {
	struct {
		uint32_t function;
		uint64_t self_ns;	/* on top of the stack */
	} v[THREAD_FUNCTIONS];		/* the most first */
	uint32_t n;
	uint64_t all_ns;		/* of all functions */
};

/* Of the samples of `s` those of these threads: a pass over them. */
void thread_functions_make(const struct profile *p, const struct selection *s,
			   const uint32_t *threads, uint32_t n, struct thread_functions *out);

#endif
