// SPDX-License-Identifier: Apache-2.0
#include "elf/elf_plt.h"

#include <elf.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/u64map.h"
#include "base/util.h"
#include "elf/elf_file.h"

#define STUB_MAX 16		/* bytes */
#define STUB_STEP 8		/* stubs of .plt.got without CET are that long */
#define MAX_STUBS 1000000

struct plt {
	struct elf_file *file;
	struct elf_section symbols, names;
	struct u64map slots;	/* address of a slot -> symbol */
	struct elf_stub *stubs;
	size_t n, cap;
};

/* Which symbol will be in which slot. */
static void read_relocations(struct plt *p, const char *section)
{
	struct elf_section s = elf_file_section_or_empty(p->file, section);
	Elf64_Rela r;

	for (size_t at = 0; s.len - at >= sizeof(r); at += sizeof(r)) {
		memcpy(&r, s.data + at, sizeof(r));
		if (ELF64_R_TYPE(r.r_info) == R_X86_64_JUMP_SLOT ||
		    ELF64_R_TYPE(r.r_info) == R_X86_64_GLOB_DAT)
			*u64map_slot(&p->slots, r.r_offset) = (uint32_t)ELF64_R_SYM(r.r_info);
	}
}

/* The name of symbol `number`, or NULL. */
static const char *symbol_name(const struct plt *p, uint32_t number)
{
	Elf64_Sym symbol;

	if (number >= p->symbols.len / sizeof(symbol))
		return NULL;
	memcpy(&symbol, p->symbols.data + number * sizeof(symbol), sizeof(symbol));
	if (symbol.st_name >= p->names.len ||
	    !memchr(p->names.data + symbol.st_name, '\0', p->names.len - symbol.st_name))
		return NULL;
	return (const char *)p->names.data + symbol.st_name;
}

/*
 * Where code at `at` jumps through a slot, perhaps behind endbr64 and a bnd
 * prefix, the end of that jump, else 0.
 */
static size_t jump_at(const struct elf_section *code, size_t at, uint64_t *slot)
{
	static const uint8_t endbr[] = { 0xf3, 0x0f, 0x1e, 0xfa };
	int32_t rel;

	if (code->len - at >= sizeof(endbr) && memcmp(code->data + at, endbr, sizeof(endbr)) == 0)
		at += sizeof(endbr);
	if (at < code->len && code->data[at] == 0xf2)
		at++;
	if (code->len - at < 6 || code->data[at] != 0xff || code->data[at + 1] != 0x25)
		return 0;
	memcpy(&rel, code->data + at + 2, sizeof(rel));
	at += 6;
	*slot = code->vaddr + at + (uint64_t)(int64_t)rel;
	return at;
}

static void read_stubs(struct plt *p, const char *section)
{
	struct elf_section code = elf_file_section_or_empty(p->file, section);

	for (size_t at = 0; at < code.len && p->n < MAX_STUBS; at += STUB_STEP) {
		uint64_t slot;
		size_t end = jump_at(&code, at, &slot);
		uint32_t symbol = end ? u64map_find(&p->slots, slot) : U64MAP_NONE;
		const char *name = symbol != U64MAP_NONE ? symbol_name(p, symbol) : NULL;

		if (!name || !*name)
			continue;
		array_reserve(p->stubs, p->n + 1, p->cap);
		p->stubs[p->n++] = (struct elf_stub){
			.vaddr = code.vaddr + at, .name = name,
			.size = min_of(code.len - at, (size_t)STUB_MAX) };
	}
}

static int by_vaddr(const void *a, const void *b)
{
	const struct elf_stub *x = a, *y = b;

	return x->vaddr < y->vaddr ? -1 : x->vaddr > y->vaddr;
}

void elf_plt_stubs(struct elf_file *file, struct elf_stub **out, size_t *n)
{
	struct plt p = { .file = file };

	*out = NULL;
	*n = 0;
	if (elf_file_machine(file) != EM_X86_64)
		return;
	p.symbols = elf_file_section_or_empty(file, ".dynsym");
	p.names = elf_file_section_or_empty(file, ".dynstr");
	read_relocations(&p, ".rela.plt");
	if (elf_file_has_section(file, ".plt.got"))
		read_relocations(&p, ".rela.dyn");	/* can be long */
	read_stubs(&p, ".plt");
	read_stubs(&p, ".plt.sec");
	read_stubs(&p, ".plt.got");
	if (p.n)
		qsort(p.stubs, p.n, sizeof(*p.stubs), by_vaddr);
	for (size_t i = 0; i + 1 < p.n; i++)
		p.stubs[i].size = min_of(p.stubs[i].size, p.stubs[i + 1].vaddr - p.stubs[i].vaddr);
	u64map_deinit(&p.slots);
	*out = p.stubs;
	*n = p.n;
}
