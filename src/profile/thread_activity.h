// SPDX-License-Identifier: Apache-2.0
/*
 * profile/thread_activity.h - what each thread did: run Python, run without the lock of the
 * interpreter, wait for it, or for something else.
 */
#ifndef CPROFD_PROFILE_THREAD_ACTIVITY_H
#define CPROFD_PROFILE_THREAD_ACTIVITY_H

#include "profile/selection.h"

struct thread_activity {
	uint32_t thread;
	struct sum sums[STATE_COUNT][ACTIVITY_COUNT];
	uint64_t running_ns, waiting_ns;
	/*
	 * Else nobody looked whether it waits, which is not the same as that it did not.  The
	 * engine that sees all threads does; beside others only some are looked at.
	 */
	bool waits_known;
};

struct thread_activities {
	struct thread_activity *rows;	/* threads with samples, what ran most first */
	uint32_t n;
};

/* Of the states of `s` nothing is taken: both count.  Ends with thread_activities_deinit(). */
void thread_activities_make(const struct profile *p, const struct selection *s,
			    struct thread_activities *out);
void thread_activities_deinit(struct thread_activities *a);

/* The time of it in which it did that, running or waiting. */
uint64_t thread_activity_ns(const struct thread_activity *row, enum record_activity activity);

#endif
