// SPDX-License-Identifier: Apache-2.0
/*
 * worker/code_answer.h - the instructions of a function, as bytes.
 *
 * What a worker answers to W_CODE: first an answer as in symbol_answer.h, with
 * the names and lines of all instructions and of what they go to, then
 *
 *	vaddr, size (of the function), n_instructions, each: length, 1 if it has a
 *		target else 0, if so its difference to the address (signed), text (counted)
 *
 * all numbers as varints.
 */
#ifndef CPROFD_WORKER_CODE_ANSWER_H
#define CPROFD_WORKER_CODE_ANSWER_H

#include "base/buf.h"
#include "base/cursor.h"
#include "worker/disassemble.h"

#define CODE_MAX_BYTES (64u << 10)	/* of a function: what is behind is left out */
#define CODE_MAX_INSTRUCTIONS 20000
#define CODE_MAX_LENGTH 16		/* bytes of one */

/* The head, then each instruction in its order. */
void code_answer_put_head(struct buf *b, uint64_t vaddr, uint64_t size, uint32_t n);
void code_answer_put(struct buf *b, const struct instruction *i);

struct code_answer_reader {
	struct cursor c;
	uint64_t vaddr, size;	/* of the function */
	uint32_t n, n_left;
	uint64_t next;		/* address of the next instruction */
};

/* Read from `c` on, which is where the names end; false if malformed. */
bool code_answer_open(struct code_answer_reader *r, struct cursor c);

/* 1 and the next one, 0 behind the last, -1 if the bytes are malformed. */
int code_answer_next(struct code_answer_reader *r, struct instruction *out);

#endif
