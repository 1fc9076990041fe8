// SPDX-License-Identifier: Apache-2.0
/*
 * profile/code.h - the time of one function by machine instruction.
 *
 * A function that the compiler inlined has no code of its own: then it is the code
 * of the function around it, of those the one where most of its time is.
 */
#ifndef CPROFD_PROFILE_CODE_H
#define CPROFD_PROFILE_CODE_H

#include "profile/summary.h"

struct code_sum {
	struct sum self;	/* samples that landed on the instruction */
	struct interval share;	/* of all samples that landed in this code */
};

struct code {
	uint32_t number;	/* in struct profile.codes, or RECORD_NONE: it is not there */
	uint32_t outer;		/* the function that has it, or RECORD_NONE */
	uint32_t note;		/* string: why it is not there, or empty */
	uint32_t module;	/* if it is not there: where a session would find it, */
	uint64_t vaddr;		/* or RECORD_NONE */
	struct sum self;	/* of all instructions */
	struct code_sum *v;	/* one for each */
	uint32_t n;
};

/* Of a function in a selection whose summary is `sum`. */
void code_make(const struct profile *p, const struct selection *s,
	       const struct summary *sum, uint32_t function, struct code *out);
void code_deinit(struct code *c);

/*
 * The level of an instruction that is in `function`, the innermost of them, or NULL:
 * its line is where the instruction is in that function's source.
 */
const struct profile_level *code_level(const struct profile *p,
				       const struct profile_instruction *i, uint32_t function);

#endif
