// SPDX-License-Identifier: Apache-2.0
/* Call frame information: FDEs, their instructions, and rules made of rows. */
#include "tests/fuzz/fuzz.h"

#include <elf.h>
#include <fcntl.h>
#include <string.h>

#include "base/error.h"
#include "base/util.h"
#include "elf/elf_file.h"
#include "unwind/arch.h"
#include "unwind/cfi.h"

/* What the first byte of an input chooses. */
enum { AS_DEBUG_FRAME = 1, AS_AARCH64 = 2, AS_INDEX = 4 };

static void on_row(void *ctx, const struct cfi_row *row)
{
	const struct unwind_arch *arch = ctx;
	struct unwind_rule rule;
	uint32_t packed;

	if (row->end <= row->start)
		abort();
	arch->encode(row, &packed, &rule);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const struct unwind_arch *arch;
	struct cfi_index index;
	struct cfi_fde fde;
	struct cfi cfi;
	size_t off = 0;

	if (len < 1)
		return 0;
	arch = data[0] & AS_AARCH64 ? &unwind_arch_aarch64 : &unwind_arch_x86_64;
	if (data[0] & AS_INDEX) {
		uint64_t start, at;

		if (cfi_index_init(&index, data + 1, len - 1, 0x1000))
			for (size_t i = 0; i < index.n; i++)
				cfi_index_entry(&index, i, &start, &at);
		return 0;
	}
	cfi_init(&cfi, data + 1, len - 1, 0x1000,
		 data[0] & AS_DEBUG_FRAME ? CFI_DEBUG_FRAME : CFI_EH_FRAME, arch->machine);
	while (cfi_next(&cfi, &off, &fde))
		cfi_rows(&cfi, &fde, on_row, (void *)arch);
	return 0;
}

/* Beginnings of real sections. */
size_t fuzz_seed(unsigned int i, uint8_t *buf, size_t cap)
{
	static const char *const sections[] = { ".eh_frame", ".eh_frame_hdr" };
	_cleanup_(closep) int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	struct elf_section section;
	struct elf_file *elf;
	struct error err;
	size_t n;

	if (i >= array_len(sections) || elf_file_open(fd, &elf, &err) < 0)
		return 0;
	if (elf_file_section(elf, sections[i], &section, &err) <= 0) {
		elf_file_close(elf);
		return 0;
	}
	n = min_of(section.len, cap - 1);
	n = min_of(n, (size_t)4096);
	buf[0] = i == 1 ? AS_INDEX : 0;
	memcpy(buf + 1, section.data, n);
	elf_file_close(elf);
	return n + 1;
}
