// SPDX-License-Identifier: Apache-2.0
/*
 * profile/counters.h - the counters of a recording over time.
 *
 * What is counted (enum record_counter_what) grows from 0 at the start of the
 * recording, or of the thread; it was read about once a second.  Between two
 * readings it is taken to grow evenly.  A gauge is what was read last.
 */
#ifndef CPROFD_PROFILE_COUNTERS_H
#define CPROFD_PROFILE_COUNTERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/u64map.h"
#include "record/record.h"

struct counter_point {
	uint64_t time_ns;
	uint64_t value;
};

/* The readings of one counter of one thread, ascending in time. */
struct counter_series {
	struct counter_point *points;
	size_t n, cap;
};

struct counters {
	struct counter_series *series;
	size_t n, cap;
	size_t n_points;	/* of all series */
	struct u64map by_key;	/* what and thread -> series */
};

void counters_deinit(struct counters *c);

/* Add a reading, which counts from `born_ns`.  One that is older than the last is ignored. */
void counters_add(struct counters *c, const struct record_counter *reading,
		  uint64_t born_ns);

/* Was it ever read for this thread (RECORD_NONE: for all together)? */
bool counters_known(const struct counters *c, enum record_counter_what what,
		    uint32_t thread);

/* By how much it grew in [from, to); 0 if it is not known. */
uint64_t counters_growth(const struct counters *c, enum record_counter_what what,
			 uint32_t thread, uint64_t from_ns, uint64_t to_ns);

/* When it was read last, of all threads; 0 if never. */
uint64_t counters_last_ns(const struct counters *c, enum record_counter_what what);

/* What a gauge of all threads stood at by then; false if it had not been read. */
bool counters_gauge(const struct counters *c, enum record_counter_what what, uint64_t at_ns,
		    uint64_t *out);

/* The highest that it was read at in [from, to); the same. */
bool counters_highest(const struct counters *c, enum record_counter_what what, uint64_t from_ns,
		      uint64_t to_ns, uint64_t *out);

#endif
