// SPDX-License-Identifier: Apache-2.0
/*
 * elf/elf_symtab.h - the functions that a symbol table names.
 *
 *	struct elf_symtab *t;
 *	uint32_t number;
 *
 *	if (elf_symtab_open(file, ELF_SYMTAB, &t, err) <= 0)
 *		...
 *	if (elf_symtab_find(t, vaddr, &number))
 *		elf_symtab_get(t, number, &symbol);
 *
 * What counts as a function: symbols of type FUNC and IFUNC, and symbols without
 * a type that lie in code and are global, weak or have a size (assembler code).
 * Local ones without type and size are labels inside a function, and so are
 * aarch64's mapping symbols ($x, $d).
 *
 * An answer never reaches beyond the size of its symbol.  Hand-written code
 * often has symbols without a size (_init, deregister_tm_clones, old _start).
 * Such a symbol covers what follows it up to the next symbol in the table or
 * the end of its section, and at most ELF_UNSIZED_BYTES: a table may lack
 * the local functions that come after it, so the nearer the more likely it is
 * true, and 256 bytes hold nearly all such routines.  It covers nothing if it
 * lies inside a symbol that has a size: then it is an entry or a label of that.
 *
 * Of several names for one address the first that differs decides: having a
 * size; having a type; global, weak, local; fewer underscores in front;
 * shorter; alphabetically first.
 */
#ifndef CPROFD_ELF_ELF_SYMTAB_H
#define CPROFD_ELF_ELF_SYMTAB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct elf_file;
struct elf_symtab;
struct error;

#define ELF_UNSIZED_BYTES 256

enum elf_symtab_kind {
	ELF_SYMTAB,	/* .symtab */
	ELF_DYNSYM,	/* .dynsym, found through PT_DYNAMIC if need be */
	ELF_MINIDEBUG,	/* .symtab of the file packed into .gnu_debugdata */
};

struct elf_symbol {
	const char *name;	/* as in the table, owned by it */
	uint64_t vaddr;
	uint64_t size;		/* 0: the table does not say */
};

/*
 * `file` has to live as long as the table.  Returns 1, or 0 if there is no such
 * table, or -1 with EBADMSG or EFBIG if it is damaged or too large, ENOTSUP if
 * .gnu_debugdata cannot be unpacked because cprofd was built without liblzma.
 */
int elf_symtab_open(struct elf_file *file, enum elf_symtab_kind kind,
		    struct elf_symtab **out, struct error *err);

/* NULL is allowed. */
void elf_symtab_close(struct elf_symtab *t);

/* The function that `vaddr` is in, by its number in the table. */
bool elf_symtab_find(const struct elf_symtab *t, uint64_t vaddr, uint32_t *number);

/* Symbol `number` as elf_symtab_find() gave it. */
void elf_symtab_get(const struct elf_symtab *t, uint32_t number, struct elf_symbol *out);

/*
 * How much of a symbol's name is the name of its function: without the version
 * ("memcpy@@GLIBC_2.14") and without ".cold" or ".cold.3", which mark the part
 * of a function that the compiler moved elsewhere.  Names of clones (".part.0",
 * ".isra.0", ".constprop.0") stay, because clones are other code.
 */
size_t elf_symbol_name_len(const char *name);

#endif
