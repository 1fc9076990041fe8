// SPDX-License-Identifier: Apache-2.0
/*
 * python/code_object.h - what a code object in another process' memory says of itself.
 */
#ifndef CPROFD_PYTHON_CODE_OBJECT_H
#define CPROFD_PYTHON_CODE_OBJECT_H

#include "python/layout.h"
#include "python/memory.h"

#define CODE_MAX_NAME 1000		/* characters of a name or path that are kept */
#define CODE_MAX_LINE_TABLE (1u << 20)	/* bytes; of a larger one only the first line is known */

struct code_object {
	char *name;		/* qualified since 3.11: "Fib.inner"; valid UTF-8 */
	char *file;		/* co_filename; valid UTF-8 */
	int32_t first_line;
	uint64_t instructions;	/* address of the first one; 0 to 3.10: offsets are in the frame */
	uint8_t *line_table;	/* may be NULL */
	size_t line_table_len;
};

/*
 * Read the code object at `addr`.  `code_type` is the address of PyCode_Type; an object of
 * another type, and anything that makes no sense, is refused: false.  The caller ends
 * with code_object_deinit().
 */
bool code_object_read(const struct layout *layout, const struct python_memory *memory,
		      uint64_t code_type, uint64_t addr, struct code_object *out);
void code_object_deinit(struct code_object *code);

/*
 * A number that tells a code object from another that came to lie at its address: false
 * if the memory cannot be read, or is that of one that was thrown away.  Few bytes, for
 * each time it is met.
 */
bool code_object_stamp(const struct layout *layout, const struct python_memory *memory,
		       uint64_t addr, uint64_t *stamp);

/* The hash of its name, as Python keeps it, by the address of that str; 0: not read. */
uint64_t code_object_name_hash(const struct layout *layout, const struct python_memory *memory,
			       uint64_t name);

/* The line of the instruction `offset` bytes into its code. */
int32_t code_object_line(const struct layout *layout, const struct code_object *code,
			 int64_t offset);

/*
 * A str object as valid UTF-8: a character that is none (a lone surrogate) becomes U+FFFD,
 * one longer than CODE_MAX_NAME characters ends there with "...".  NULL if it makes no
 * sense; the caller frees it.
 */
char *python_str_read(const struct layout *layout, const struct python_memory *memory,
		      uint64_t addr);

#endif
