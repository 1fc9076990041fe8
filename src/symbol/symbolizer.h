// SPDX-License-Identifier: Apache-2.0
/*
 * symbol/symbolizer.h - what source stands behind the addresses of one module.
 *
 * Runs in the worker: it parses what a target's files contain.  Everything
 * comes in as descriptors; a symbolizer opens no path.
 *
 *	struct symbolizer *s;
 *
 *	if (symbolizer_open(&files, &s, err) < 0)
 *		return -1;
 *	symbolizer_resolve(s, vaddrs, n, &sink);
 *	symbolizer_close(s);
 *
 * Sources are asked in this order and each answers only for addresses that it
 * knows to be inside a function, never for "the nearest before": DWARF (names,
 * lines, inlined calls), symbol tables (.symtab, .dynsym, .gnu_debugdata),
 * bounds of functions from unwind information (no name).  Of the kernel it is the
 * kernel's own list, of generated code what the program says of it: its jitdump, then
 * its perf map.  How to add a source:
 * symbol/sym_source.h.
 */
#ifndef CPROFD_SYMBOL_SYMBOLIZER_H
#define CPROFD_SYMBOL_SYMBOLIZER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record/record.h"

struct error;
struct symbolizer;

/* Descriptors stay the caller's and have to live as long as the symbolizer. */
struct symbolizer_files {
	int main_fd;	/* the module itself; kallsyms text for the kernel; of generated
			   code the perf map, or -1 */
	int debug_fd;	/* its debug file, or -1; of generated code the jitdump, or -1 */
	int alt_fd;	/* the file that dwz moved common parts to, or -1 */
	enum record_module_kind kind;
};

/* What one address is in source, seen from one inlining level. */
struct symbol_level {
	uint32_t function;	/* number given by symbol_sink.function() */
	uint32_t line;		/* 0: not known */
};

/* A function, told to the sink once, before the first address that is in it. */
struct symbol_function {
	const char *name;	/* demangled; "" for SYMBOL_RANGE, and for what only a
				   common debug file that is missing could name */
	const char *linkage;	/* as in the file; NULL if the same as name */
	const char *file;	/* path of the source file, or NULL */
	uint32_t line;		/* of the declaration, or 0 */
	uint64_t vaddr;		/* first address, 0 if not known */
	uint64_t size;		/* bytes of the piece that begins there, 0 if not known */
	enum record_symbol_source source;
};

/*
 * Where answers go.  Functions are numbered from 0 by the symbolizer in the
 * order in which they are told, over its whole life.  A function whose lines come
 * from several files (an #include in its body) is told once for each file, with the
 * same vaddr: a level's line is always one of its function's file.  For each address `levels`
 * has the innermost inlined call first and the real function last; n_levels is
 * 0 when nothing is known.  Pointers are valid during the call.
 */
struct symbol_sink {
	void *ctx;
	void (*function)(void *ctx, const struct symbol_function *f);
	void (*address)(void *ctx, uint64_t vaddr,
			const struct symbol_level *levels, uint32_t n_levels);
};

/* Are the files of such a module ELF files? */
bool symbolizer_has_elf(enum record_module_kind kind);

/*
 * Open what there is; a damaged debug file costs its names and adds to the
 * note, it is not an error.  Fails with EBADMSG if main_fd holds nothing that
 * can be read.
 */
int symbolizer_open(const struct symbolizer_files *files, struct symbolizer **out,
		    struct error *err);

/* NULL is allowed. */
void symbolizer_close(struct symbolizer *s);

/*
 * Answer for `n` addresses, in ascending order of address (which is how they
 * are best given).  The caller has already subtracted 1 from return addresses.
 */
void symbolizer_resolve(struct symbolizer *s, const uint64_t *vaddrs, size_t n,
			const struct symbol_sink *sink);

/*
 * enum record_module_flags: which kinds of names there are, and MODULE_UNREADABLE
 * for damage, which shows when files are read: later than at opening, too.
 */
uint32_t symbolizer_flags(const struct symbolizer *s);

/* What is missing or damaged, one line; "" if nothing. */
const char *symbolizer_note(const struct symbolizer *s);

#endif
