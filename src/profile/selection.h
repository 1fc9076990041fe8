// SPDX-License-Identifier: Apache-2.0
/*
 * profile/selection.h - which samples a question is about.
 *
 * A zeroed selection is everything that ran: all time, all threads, the state
 * STATE_RUNNING, no filter.  All questions about one selection agree, because
 * they all look at the samples through a `struct picked`.
 */
#ifndef CPROFD_PROFILE_SELECTION_H
#define CPROFD_PROFILE_SELECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "profile/profile.h"

struct filter;

struct selection {
	uint64_t from_ns, to_ns;	/* [from, to); both 0: all of it */
	const uint32_t *threads;	/* numbers of threads; the caller's */
	size_t n_threads;		/* 0: all */
	unsigned int states;		/* bits 1 << STATE_*; 0: running */
	const struct filter *filter;	/* only samples with such a function on
					   their stack; NULL: all */
	bool by_module;			/* the same for functions of this module; with a */
	uint32_t module;		/* filter for those that are both */
};

/* A selection made ready to look at each sample. */
struct picked {
	size_t first, last;	/* samples [first, last) are in the time range */
	uint64_t from_ns, to_ns;	/* the range within the recording */
	bool *thread;		/* by thread */
	bool state[256];	/* as a sample holds it */
	bool whole;		/* all samples of the range are picked, whatever the filter */
	bool *leaf;		/* by leaf: passes filter and module */
	bool *function;		/* by function: matches them; NULL: all */
};

void picked_init(struct picked *k, const struct profile *p, const struct selection *s);
void picked_deinit(struct picked *k);

/* Does sample `i` of the range belong to it, whatever the filter? */
static inline bool picked_has(const struct picked *k, const struct samples *s, size_t i)
{
	return k->thread[s->thread[i]] & k->state[s->state[i]];
}

/* Samples and the time they stand for. */
struct sum {
	uint64_t count;
	uint64_t weight_ns;
};

static inline void sum_add(struct sum *to, struct sum what)
{
	to->count += what.count;
	to->weight_ns += what.weight_ns;
}

static inline void sum_take(struct sum *from, struct sum what)
{
	from->count -= what.count;
	from->weight_ns -= what.weight_ns;
}

/* The sample that block `b` of `n` equal parts of the range begins with. */
size_t picked_block(const struct picked *k, const struct samples *s, uint32_t b, uint32_t n);

#endif
