// SPDX-License-Identifier: Apache-2.0
/*
 * profile/samples.h - samples, one array per field.
 *
 * 21 bytes a sample.  A query reads the fields that it needs from front to back,
 * whatever range, threads and filter it asks for.  Sums kept per second would be
 * as many as the samples themselves in a recording with many distinct stacks.
 */
#ifndef CPROFD_PROFILE_SAMPLES_H
#define CPROFD_PROFILE_SAMPLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record/record.h"

#define SAMPLES_MAX (200u << 20)	/* 4.4 GB; more is refused */

struct samples {
	uint64_t *time_ns;	/* ascending after samples_sort() */
	uint32_t *leaf;		/* struct profile.leaves */
	uint32_t *thread;
	uint32_t *weight_ns;
	uint8_t *state;		/* see samples_state() and samples_activity() */
	size_t n, cap;
	size_t n_of[4];		/* by state */
	bool unsorted;
};

void samples_deinit(struct samples *s);

/* How a sample holds both. */
static inline uint8_t samples_pack(enum record_state state, enum record_activity activity)
{
	return (uint8_t)(state | activity << 2);
}

static inline enum record_state samples_state(uint8_t packed)
{
	return packed & 3;
}

static inline enum record_activity samples_activity(uint8_t packed)
{
	return packed >> 2;
}

/* Make room for `n` more. */
void samples_reserve(struct samples *s, size_t n);

/* Append; there has to be room. */
static inline void samples_push(struct samples *s, uint64_t time_ns, uint32_t leaf,
				uint32_t thread, uint32_t weight_ns, uint8_t state)
{
	size_t i = s->n++;

	s->time_ns[i] = time_ns;
	s->leaf[i] = leaf;
	s->thread[i] = thread;
	s->weight_ns[i] = weight_ns;
	s->state[i] = state;
	s->n_of[samples_state(state)]++;
	if (i && time_ns < s->time_ns[i - 1])
		s->unsorted = true;
}

/* Order by time if that is needed; equal times keep their order. */
void samples_sort(struct samples *s);

/* The first sample at or after `time_ns`; `n` if there is none. */
size_t samples_find(const struct samples *s, uint64_t time_ns);

#endif
