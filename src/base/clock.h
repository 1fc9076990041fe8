// SPDX-License-Identifier: Apache-2.0
/*
 * base/clock.h - the clocks of a profile, in nanoseconds.
 *
 * Every time in a recording is CLOCK_MONOTONIC, which is also the clock that
 * perf events are asked to use; wall-clock time is taken once, at the start.
 */
#ifndef CPROFD_BASE_CLOCK_H
#define CPROFD_BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

#define NS_PER_S 1000000000ull
#define NS_PER_MS 1000000ull
#define NS_PER_US 1000ull

static inline uint64_t clock_ns(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (uint64_t)ts.tv_sec * NS_PER_S + (uint64_t)ts.tv_nsec;
}

static inline uint64_t clock_mono_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

#endif
