// SPDX-License-Identifier: Apache-2.0
/*
 * An ELF file with code and .eh_frame, put together by hand from a list of
 * functions, and its unwind table.
 *
 *	static const struct made_fde fdes[] = {
 *		{ .at = 0x100, .bytes = 0x20, .n = 2, .program = { 0x0e, 16 } },
 *	};
 *	struct made_table t;
 *
 *	made_table_init(&t, EM_X86_64, fdes, array_len(fdes), NULL);
 */
#ifndef CPROFD_TESTS_UNIT_CFI_MAKER_H
#define CPROFD_TESTS_UNIT_CFI_MAKER_H

#include "tests/unit/test.h"

#include <elf.h>
#include <string.h>

#include "base/buf.h"
#include "elf/elf_file.h"
#include "unwind/unwind_build.h"
#include "unwind/unwind_table.h"

#define MADE_TEXT 0x401000u
#define MADE_BYTES 0x1000u

/* A function and the instructions of its FDE. */
struct made_fde {
	uint32_t at, bytes;	/* of its code, from MADE_TEXT */
	bool signal;
	uint8_t n;
	uint8_t program[24];
};

/* Bytes of code that matter; the rest is zero. */
struct made_code {
	uint32_t at;
	uint8_t n;
	uint8_t bytes[16];
};

struct made_table {
	struct buf file, image;
	struct unwind_table table;
};

/* Align the entry that began at `start` and write its length. */
static inline void made_end_entry(struct buf *eh, size_t start)
{
	uint32_t len;

	while (eh->len % 8)
		buf_put_u8(eh, 0);	/* DW_CFA_nop */
	len = (uint32_t)(eh->len - start - 4);
	memcpy(eh->data + start, &len, 4);
}

/* A CIE as compilers write it; addresses in its FDEs are 8 absolute bytes. */
static inline size_t made_cie(struct buf *eh, uint16_t machine, bool signal)
{
	static const uint8_t x86[] = { 1, 0x78, 16, 1, 0, 0x0c, 7, 8, 0x90, 1 };
	static const uint8_t arm[] = { 4, 0x78, 30, 1, 0, 0x0c, 31, 0 };
	size_t start = eh->len;

	buf_put_u32(eh, 0);
	buf_put_u32(eh, 0);
	buf_put_u8(eh, 1);
	buf_put(eh, signal ? "zRS" : "zR", signal ? 4 : 3);
	if (machine == EM_AARCH64)
		buf_put(eh, arm, sizeof(arm));
	else
		buf_put(eh, x86, sizeof(x86));
	made_end_entry(eh, start);
	return start;
}

static inline struct buf made_eh_frame(uint16_t machine, const struct made_fde *fdes, size_t n)
{
	struct buf eh = { 0 };
	size_t cie[2] = { made_cie(&eh, machine, false), made_cie(&eh, machine, true) };

	for (size_t i = 0; i < n; i++) {
		size_t start = eh.len;

		buf_put_u32(&eh, 0);
		buf_put_u32(&eh, (uint32_t)(eh.len - cie[fdes[i].signal]));
		buf_put_u64(&eh, MADE_TEXT + fdes[i].at);
		buf_put_u64(&eh, fdes[i].bytes);
		buf_put_u8(&eh, 0);	/* no augmentation data */
		buf_put(&eh, fdes[i].program, fdes[i].n);
		made_end_entry(&eh, start);
	}
	buf_put_u32(&eh, 0);
	return eh;
}

static inline struct buf made_elf(uint16_t machine, const struct made_fde *fdes, size_t n,
				  const struct made_code *code)
{
	static const char names[] = "\0.text\0.eh_frame\0.shstrtab";
	enum { NONE, TEXT, EH_FRAME, NAMES, N_SECTIONS };
	Elf64_Ehdr eh = {
		.e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
		.e_type = ET_EXEC, .e_machine = machine, .e_version = EV_CURRENT,
		.e_phoff = sizeof(eh), .e_ehsize = sizeof(eh), .e_phentsize = sizeof(Elf64_Phdr),
		.e_phnum = 1, .e_shentsize = sizeof(Elf64_Shdr), .e_shnum = N_SECTIONS,
		.e_shstrndx = NAMES };
	Elf64_Phdr ph = { .p_type = PT_LOAD, .p_flags = PF_R | PF_X, .p_offset = 0x1000,
			  .p_vaddr = MADE_TEXT, .p_filesz = MADE_BYTES, .p_memsz = MADE_BYTES };
	Elf64_Shdr sh[N_SECTIONS] = {
		[TEXT] = { .sh_name = 1, .sh_type = SHT_PROGBITS,
			   .sh_flags = SHF_ALLOC | SHF_EXECINSTR, .sh_addr = MADE_TEXT,
			   .sh_offset = 0x1000, .sh_size = MADE_BYTES },
		[EH_FRAME] = { .sh_name = 7, .sh_type = SHT_PROGBITS, .sh_flags = SHF_ALLOC,
			       .sh_addr = MADE_TEXT + MADE_BYTES, .sh_offset = 0x2000 },
		[NAMES] = { .sh_name = 17, .sh_type = SHT_STRTAB, .sh_size = sizeof(names) } };
	struct buf frames = made_eh_frame(machine, fdes, n), out = { 0 };

	memset(buf_add(&out, 0x2000), 0, 0x2000);
	for (; code && code->n; code++)
		memcpy(out.data + 0x1000 + code->at, code->bytes, code->n);
	buf_put(&out, frames.data, frames.len);
	sh[EH_FRAME].sh_size = frames.len;
	sh[NAMES].sh_offset = out.len;
	buf_put(&out, names, sizeof(names));
	while (out.len % 8)
		buf_put_u8(&out, 0);
	eh.e_shoff = out.len;
	buf_put(&out, sh, sizeof(sh));
	memcpy(out.data, &eh, sizeof(eh));
	memcpy(out.data + sizeof(eh), &ph, sizeof(ph));
	buf_deinit(&frames);
	return out;
}

/* `code` ends with an empty entry; NULL: all zero. */
static inline void made_table_init(struct made_table *t, uint16_t machine,
				   const struct made_fde *fdes, size_t n,
				   const struct made_code *code)
{
	struct elf_file *elf;
	struct error err;

	*t = (struct made_table){ .file = made_elf(machine, fdes, n, code) };
	if (elf_file_open_memory(t->file.data, t->file.len, &elf, &err) < 0 ||
	    unwind_build(elf, &t->image, &err) < 0 ||
	    unwind_table_init(&t->table, t->image.data, t->image.len, &err) < 0)
		fail_msg("%s", err.msg);
	assert_int_equal(t->table.header->n_bad, 0);
	elf_file_close(elf);
}

static inline void made_table_deinit(struct made_table *t)
{
	buf_deinit(&t->file);
	buf_deinit(&t->image);
}

#endif
