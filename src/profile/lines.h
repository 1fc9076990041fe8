// SPDX-License-Identifier: Apache-2.0
/*
 * profile/lines.h - the time of one function by source line.
 */
#ifndef CPROFD_PROFILE_LINES_H
#define CPROFD_PROFILE_LINES_H

#include "profile/summary.h"

struct line_sum {
	uint32_t file;		/* string; mostly the function's */
	uint32_t line;		/* 0: not known */
	struct sum self;	/* in the line itself */
	struct sum in_c;	/* Python: in C that it called, the kernel's too, up to the
				   next Python function */
	struct sum total;	/* and in what it calls; a sample counts once */
	struct interval self_share, in_c_share, total_share;	/* of the whole selection */
};

struct lines {
	uint32_t function;
	struct line_sum *v;	/* by line; those of the function's own file first */
	uint32_t n;
	bool has_in_c;		/* Python and C are told apart */
};

/* Time in the line itself and the C that Python called in it. */
static inline uint64_t line_own_ns(const struct line_sum *l)
{
	return l->self.weight_ns + l->in_c.weight_ns;
}

/* Of a function in a selection whose summary is `sum`; no selection: without the shares. */
void lines_make(const struct profile *p, const struct selection *s,
		const struct summary *sum, uint32_t function, struct lines *out);
void lines_deinit(struct lines *l);

#endif
