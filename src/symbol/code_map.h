// SPDX-License-Identifier: Apache-2.0
/*
 * symbol/code_map.h - where generated code is, when its memory is used again.
 *
 * A program that compiles while it runs says, one piece of code after another,
 * which addresses it has.  A piece takes its addresses from whatever was said to
 * be there before, entirely or in part:
 *
 *	said first	|---- A ----|
 *	then		      |---- B ----|
 *	then		         |-C-|
 *	what counts	|-A--||B-|-C-|-B--|
 *
 *	map = code_map_open(ctx, fd, "its perf map", parse);	what the program wrote
 *	code_map_add(map, start, size, name, len);	in parse(): pieces 0, 1, ...
 *	piece = code_map_find(map, addr);
 *	code_map_close(map);
 *
 * It is the state of the sources that differ in nothing but what they read:
 * symbol/sym_perfmap.c and symbol/sym_jitdump.c.
 */
#ifndef CPROFD_SYMBOL_CODE_MAP_H
#define CPROFD_SYMBOL_CODE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "symbol/sym_source.h"

#define CODE_MAP_MAX (4u << 20)	/* pieces; those beyond are not taken */
#define CODE_MAP_MAX_BYTES (256u << 20)	/* of the file */
#define CODE_MAP_MAX_NAME 4096	/* longer ones are cut */
#define CODE_MAP_NONE UINT32_MAX

struct code_map {
	struct buf bytes;		/* of the file */
	struct code_piece {
		uint64_t start, end;	/* end exclusive */
		uint32_t name;		/* where in the bytes */
		uint32_t name_len;
	} *pieces;
	size_t n, cap;

	/* Once all are added: from each edge to the next one piece counts. */
	uint64_t *edges;
	uint32_t *owners;		/* CODE_MAP_NONE: no piece is there */
	size_t n_edges;

	char shown[CODE_MAP_MAX_NAME + 1];	/* what code_map_describe() gave last */
};

/*
 * The map of the file `fd`, called `what` in notes: parse() adds the pieces that it
 * finds in the bytes.  NULL if the module is not generated code, or if there is no such
 * file (-1), or none that can be read.
 */
struct code_map *code_map_open(struct sym_context *ctx, int fd, const char *what,
			       void (*parse)(struct code_map *map));

/*
 * `name` points into the bytes.  What has no addresses, no name, or would reach beyond
 * the last address is ignored.
 */
void code_map_add(struct code_map *map, uint64_t start, uint64_t size, const char *name,
		  size_t name_len);

/* The number of the piece that has `addr`, or CODE_MAP_NONE. */
uint32_t code_map_find(const struct code_map *map, uint64_t addr);

/*
 * For struct sym_source.  A function is known by its name alone: the same one compiled
 * again, elsewhere and better, stays one function.
 */
void code_map_close(void *state);
bool code_map_answer(void *state, uint64_t vaddr, struct sym_answer *answer);
void code_map_describe(void *state, uint32_t function, uint32_t path,
		       struct symbol_function *out);

#endif
