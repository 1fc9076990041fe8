// SPDX-License-Identifier: Apache-2.0
/*
 * elf/elf_plt.h - the stubs through which a file calls into others.
 *
 * No symbol names them.  A stub jumps through a slot that the dynamic linker
 * fills, and the relocation of that slot has the name: x86-64 psABI, "Procedure
 * Linkage Table"; with CET the second table, .plt.sec.  Only x86-64.
 */
#ifndef CPROFD_ELF_ELF_PLT_H
#define CPROFD_ELF_ELF_PLT_H

#include <stddef.h>
#include <stdint.h>

struct elf_file;

struct elf_stub {
	uint64_t vaddr, size;
	const char *name;	/* of what it calls, as in .dynstr; lives as long as the file */
};

/*
 * The stubs of a file by address; *out is the caller's.  None of another machine,
 * and none where sections are missing or damaged.
 */
void elf_plt_stubs(struct elf_file *file, struct elf_stub **out, size_t *n);

#endif
