// SPDX-License-Identifier: Apache-2.0
/*
 * symbol/sym_source.h - the sources that a symbolizer asks, one after another.
 *
 * A source is one file with one `const struct sym_source sym_NAME`.  To add one:
 *	1. write symbol/sym_NAME.c with the functions below;
 *	2. declare it here and put it into the table in symbolizer.c, where the
 *	   order is that of asking;
 *	3. add the file to symbol_sources in Makefile.am;
 *	4. if its functions are of a new kind, add that to enum
 *	   record_symbol_source in record/record.h (a new RECORD_MINOR) and name it
 *	   wherever the compiler then complains.
 * A source is opened when the first address reaches it, so it reads nothing that
 * nobody needs.
 */
#ifndef CPROFD_SYMBOL_SYM_SOURCE_H
#define CPROFD_SYMBOL_SYM_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/strtab.h"
#include "record/record.h"
#include "symbol/symbolizer.h"

struct elf_file;

/* What the sources of one module share. */
struct sym_context {
	struct symbolizer_files files;
	struct elf_file *main;	/* NULL for the kernel and for generated code */
	struct elf_file *debug;	/* NULL: none, or not readable */
	struct elf_file *alt;	/* likewise */
	struct strtab paths;	/* of source files; number 0 is "", for not known */
	char note[256];
	bool damaged;		/* some of it could not be read */
};

struct sym_level {
	uint32_t function;	/* the source's own number for it */
	uint32_t line;		/* in `path`, 0: not known */
	uint32_t path;		/* number in sym_context.paths */
};

/* What is known about one address: the innermost inlined call comes first. */
struct sym_answer {
	uint32_t line, path;	/* of the instruction, whoever knows the function */
	uint32_t n_levels;
	struct sym_level levels[RECORD_MAX_LEVELS];
};

struct sym_source {
	/*
	 * Get ready.  Returns its state, or NULL if it has nothing to say about
	 * this module; what is damaged goes to sym_damage().
	 */
	void *(*open)(struct sym_context *ctx);
	void (*close)(void *state);

	/*
	 * Fill in the levels if the address is inside a function that the source
	 * knows.  Otherwise returns false and leaves the levels alone.
	 */
	bool (*find)(void *state, uint64_t vaddr, struct sym_answer *answer);

	/*
	 * All about a function that find() has told.  `name` is to be demangled and
	 * shown; `linkage` is the name in the file, or NULL if the linker knows the
	 * function by a name that the source does not have: symbol tables are then
	 * asked what is at `vaddr`.  `path` is where the function was found executing; the source sets
	 * out->line if it knows the declaration to be there, and out->file if
	 * `path` is 0.  Valid until the next call.
	 */
	void (*describe)(void *state, uint32_t function, uint32_t path,
			 struct symbol_function *out);
};

extern const struct sym_source sym_dwarf;	/* only with libdwarf */
extern const struct sym_source sym_plt;
extern const struct sym_source sym_elf;
extern const struct sym_source sym_range;
extern const struct sym_source sym_kallsyms;
extern const struct sym_source sym_jitdump;
extern const struct sym_source sym_perfmap;

/* Add to the note that goes with the module: what is missing, what is damaged. */
void sym_damage(struct sym_context *ctx, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void sym_note(struct sym_context *ctx, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* An answer of one level, from sources that know no inlined calls. */
static inline void sym_answer_set(struct sym_answer *answer, uint32_t function)
{
	answer->n_levels = 1;
	answer->levels[0] = (struct sym_level){ .function = function, .line = answer->line,
						.path = answer->path };
}

#endif
