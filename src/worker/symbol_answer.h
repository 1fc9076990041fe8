// SPDX-License-Identifier: Apache-2.0
/*
 * worker/symbol_answer.h - names of addresses, as bytes.
 *
 * What a worker answers to W_SYMBOLS and what the cache of symbols holds:
 *
 *	n_functions, each: name, file (counted strings), line, vaddr, size,
 *		source
 *	n_addresses, each: difference to the address before, n_levels, each:
 *		function, line; kind of the call behind it, of a direct one: target
 *		as difference to the address, function and 1
 *
 * all numbers as varints.  Functions are numbered over a worker's life with a
 * module: those of an answer continue behind those of earlier ones.
 */
#ifndef CPROFD_WORKER_SYMBOL_ANSWER_H
#define CPROFD_WORKER_SYMBOL_ANSWER_H

#include "base/buf.h"
#include "base/cursor.h"
#include "symbol/symbolizer.h"

/*
 * The call whose last byte is at an address, where that was asked for as the place
 * before a return address.
 */
struct symbol_call {
	enum record_call_kind kind;
	uint64_t target;	/* CALL_DIRECT, else 0 */
	uint32_t function;	/* that begins there, or RECORD_NONE */
};

/* ---- writing ---- */

/* A zeroed struct is an empty answer. */
struct symbol_answer_writer {
	struct buf functions, addresses;
	uint32_t n_functions, n_addresses;
	uint64_t last_vaddr;
	struct symbol_call call;	/* of the next address, if one was put for it */
};

/* A sink that writes to `w`. */
struct symbol_sink symbol_answer_sink(struct symbol_answer_writer *w);

/* What the next address that goes to the sink is the end of. */
void symbol_answer_put_call(struct symbol_answer_writer *w, struct symbol_call call);

/* Append the answer to `out` and make the writer empty again. */
void symbol_answer_finish(struct symbol_answer_writer *w, struct buf *out);
void symbol_answer_deinit(struct symbol_answer_writer *w);

/* ---- reading ---- */

/* Strings are counted, not terminated, and point into the bytes. */
struct symbol_answer_function {
	const char *name, *file;
	size_t name_len, file_len;
	uint32_t line;
	uint64_t vaddr, size;
	uint32_t source;	/* enum record_symbol_source */
};

struct symbol_answer_address {
	uint64_t vaddr;
	uint32_t n_levels;
	struct symbol_level levels[RECORD_MAX_LEVELS];
	struct symbol_call call;
};

/* Also for what is kept in this form elsewhere. */
void symbol_call_put(struct buf *b, uint64_t vaddr, const struct symbol_call *call);
bool symbol_call_get(struct cursor *c, uint64_t vaddr, struct symbol_call *out);

struct symbol_answer_reader {
	struct cursor c;
	uint64_t n_left;
	uint64_t last_vaddr;
	bool in_addresses;
};

void symbol_answer_open(struct symbol_answer_reader *r, const void *data, size_t len);

/* 1 and the next one, 0 behind the last, -1 if the bytes are malformed.  All
 * functions have to be read before the addresses. */
int symbol_answer_next_function(struct symbol_answer_reader *r,
				struct symbol_answer_function *out);
int symbol_answer_next_address(struct symbol_answer_reader *r,
			       struct symbol_answer_address *out);

#endif
