// SPDX-License-Identifier: Apache-2.0
/*
 * unwind/unwind.h - from registers and stack memory to a list of frames.
 *
 * The unwinder knows registers, memory and rules.  Which file an address
 * belongs to, and what its table says, it asks a `resolve` function, whose
 * answers it caches; the caller's own number for the frame comes back with
 * each.  It never reads code, and reads memory only as the stack demands.
 *
 *	struct unwinder *u = unwinder_new(unwind_arch_host(), 1024);
 *	struct unwind_stack stack = {
 *		.space = ..., .regs = ..., .start = sp, .bytes = copy, .len = n };
 *
 *	unwinder_run(u, &stack);
 *	for (uint32_t i = 0; i < u->n_frames; i++)
 *		... u->frames[i] ...		the innermost first
 *	... u->end ...				why there is no further one
 *
 * Of a stack with more frames than `max_frames` the innermost are kept and, if its
 * outermost frame is reached, UNWIND_OUTER of the outermost: how many were between
 * them is counted.
 *
 * Memory comes from a running program and rules from its files: nothing in
 * them can make the unwinder loop, or read outside what it was given.
 */
#ifndef CPROFD_UNWIND_UNWIND_H
#define CPROFD_UNWIND_UNWIND_H

#include <stdbool.h>
#include <stdint.h>

#include "unwind/arch.h"

/* Why a stack has no further frame. */
enum unwind_end {
	UNWIND_COMPLETE,	/* the outermost frame was reached */
	UNWIND_COPY,		/* beyond a copy that was cut, or on a stack not copied */
	UNWIND_LIMIT,		/* frame limit, and not to the outermost frame beyond it */
	UNWIND_NO_RULE,		/* nothing is known about an address in a file */
	UNWIND_MEMORY,		/* memory that could not be read */
	UNWIND_JIT,		/* code outside any file, and no frame pointer */
	UNWIND_REGISTER,	/* the rule needs a register that is not known */
	UNWIND_BROKEN,		/* not further out, or not an address of code */
	UNWIND_PENDING,		/* resolve() said so: table not there yet */
	UNWIND_LEFT_OUT,	/* the outermost was reached, but frames[gap_at] stands for
				   n_left_out others */
};

/* How the address of a frame was come by; also flags for resolve(). */
enum unwind_frame_flags {
	UNWIND_RETURN = 1 << 0,		/* a return address: look before it */
	UNWIND_GUESSED = 1 << 1,	/* by convention, without a rule */
};

enum unwind_where {
	WHERE_NOWHERE,		/* not in executable memory */
	WHERE_FILE,
	WHERE_ANON,		/* executable, but of no file */
	WHERE_PENDING,		/* wait: the table is being made */
};

/* What resolve() says of an address. */
struct unwind_place {
	enum unwind_where where;
	uint32_t rule;		/* WHERE_FILE: 24 bits of the table below */
	const struct unwind_table *table;
	uint32_t frame;		/* the caller's number for such a frame */
};

/*
 * An address space.  `generation` is not 0, changes whenever an answer of resolve() could change,
 * and differs between all address spaces that one unwinder sees.
 * resolve() is given `pc` as it is; with UNWIND_RETURN the rule and the frame
 * are those of pc - 1.
 */
struct unwind_space {
	uint32_t generation;
	void *ctx;
	void (*resolve)(void *ctx, uint64_t pc, uint32_t flags, struct unwind_place *out);
	/* Read target memory beyond the copy; NULL: there is only the copy. */
	bool (*read)(void *ctx, uint64_t addr, void *buf, size_t len);
	/*
	 * Step over a frame whose rule is SPECIAL_UNSUPPORTED: turn *regs into
	 * the caller's.  The rule is that of address `at`.  NULL or false:
	 * cannot.
	 */
	bool (*rare)(void *ctx, uint64_t at, struct unwind_regs *regs);
};

/* One stack to unwind. */
struct unwind_stack {
	const struct unwind_space *space;
	struct unwind_regs regs;	/* of the innermost frame */
	uint64_t start;			/* address of bytes[0] */
	const uint8_t *bytes;		/* copy of the stack from there */
	size_t len;
	bool cut;			/* the copy ended although there was more */
};

#define UNWIND_CACHE 4096
#define UNWIND_OUTER 64u		/* outermost frames kept beyond the limit, at most */
#define UNWIND_MAX_STEPS (1u << 16)	/* frames that are gone through */

/* How many of the outermost frames are kept of a stack with more than `max_frames`. */
static inline uint32_t unwind_n_outer(uint32_t max_frames)
{
	return max_frames / 4 < UNWIND_OUTER ? max_frames / 4 : UNWIND_OUTER;
}

struct unwinder {
	const struct unwind_arch *arch;
	uint32_t max_frames;

	/* The result of the last run. */
	uint32_t *frames;	/* max_frames numbers and one, the innermost first */
	uint32_t n_frames;
	uint64_t *sp;		/* the stack pointer in each, and behind them UINT64_MAX */
	enum unwind_end end;
	uint64_t end_addr;	/* UNWIND_COPY, UNWIND_MEMORY: the address wanted */
	bool copy_ended;	/* UNWIND_COPY, or what became UNWIND_LIMIT instead */
	uint32_t gap_at;	/* UNWIND_LEFT_OUT: see there; that frame is the caller's to set */
	uint32_t n_left_out;	/* 0 for any other end */

	uint32_t outer[UNWIND_OUTER];	/* the last frames beyond max_frames, as a ring */
	uint64_t outer_sp[UNWIND_OUTER];

	struct unwind_cached {
		uint64_t pc;
		uint32_t generation;	/* 0: empty */
		uint32_t rule;
		const struct unwind_table *table;
		uint32_t frame;
		uint8_t where, flags;
	} cache[UNWIND_CACHE];
};

/* The caller ends with unwinder_free(). */
struct unwinder *unwinder_new(const struct unwind_arch *arch, uint32_t max_frames);
void unwinder_free(struct unwinder *u);

/* Fill in frames, n_frames, end and end_addr.  stack->regs is used up. */
void unwinder_run(struct unwinder *u, struct unwind_stack *stack);

#endif
