// SPDX-License-Identifier: Apache-2.0
/* A whole ELF file: headers, sections, notes, symbol tables, unwind table. */
#include "tests/fuzz/fuzz.h"

#include <fcntl.h>
#include <string.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/io.h"
#include "base/util.h"
#include "elf/elf_file.h"
#include "elf/elf_plt.h"
#include "elf/elf_symtab.h"
#include "unwind/unwind_build.h"
#include "unwind/unwind_table.h"

static void look_at_symbols(struct elf_file *elf)
{
	for (int kind = ELF_SYMTAB; kind <= ELF_MINIDEBUG; kind++) {
		struct elf_symbol symbol;
		struct elf_symtab *t;
		struct error err;
		uint32_t number;

		if (elf_symtab_open(elf, kind, &t, &err) <= 0)
			continue;
		for (uint64_t vaddr = 0; vaddr < 0x10000; vaddr += 61)
			if (elf_symtab_find(t, vaddr, &number))
				elf_symtab_get(t, number, &symbol);
		elf_symtab_close(t);
	}
}

static void look_at_table(struct elf_file *elf)
{
	struct unwind_table table;
	struct buf image = { 0 };
	struct error err;

	if (unwind_build(elf, &image, &err) == 0) {
		if (unwind_table_init(&table, image.data, image.len, &err) < 0)
			abort();	/* what we make we can read */
		for (uint64_t vaddr = 0; vaddr < 0x10000; vaddr += 61)
			unwind_table_find(&table, vaddr);
	}
	buf_deinit(&image);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct elf_file *elf;
	struct error err;
	uint8_t id[64];
	const uint8_t *alt;
	struct elf_stub *stubs;
	size_t alt_len, n_stubs;
	uint32_t crc;

	if (elf_file_open_memory(data, len, &elf, &err) < 0)
		return 0;
	elf_file_build_id(elf, id, sizeof(id));
	elf_file_debuglink(elf, &crc);
	elf_file_altlink(elf, &alt, &alt_len);
	elf_plt_stubs(elf, &stubs, &n_stubs);
	for (size_t i = 0; i < n_stubs; i++)
		if (!stubs[i].name[0])
			abort();
	free(stubs);
	look_at_symbols(elf);
	look_at_table(elf);
	elf_file_close(elf);
	return 0;
}

/* A small program of this system. */
size_t fuzz_seed(unsigned int i, uint8_t *buf, size_t cap)
{
	static const char *const files[] = { "/bin/true", "/usr/lib/x86_64-linux-gnu/libdl.so.2" };
	ssize_t n;

	if (i >= array_len(files))
		return 0;
	_cleanup_(closep) int fd = open(files[i], O_RDONLY | O_CLOEXEC);
	n = fd >= 0 ? io_pread_full(fd, buf, cap, 0) : 0;
	return n > 0 ? (size_t)n : 0;
}
