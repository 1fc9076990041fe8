// SPDX-License-Identifier: Apache-2.0
/*
 * Our own readers below src/symbol/, which libdwarf has no part in: line tables,
 * range lists, demangling.  The first byte says which one gets the rest.
 */
#include "tests/fuzz/fuzz.h"

#include <fcntl.h>
#include <string.h>

#include "base/error.h"
#include "base/util.h"
#include "elf/elf_file.h"
#include "symbol/demangle.h"
#include "symbol/dw_lines.h"
#include "symbol/dw_ranges.h"

enum { LINES, RANGES_4, RANGES_5, NAME, N_READERS };

static void fuzz_lines(const uint8_t *data, size_t len)
{
	static const uint8_t strings[] = "a\0/b\0c.c";
	struct dw_line_sections sections = { .line = { data, len },
					     .line_str = { strings, sizeof(strings) },
					     .str = { strings, sizeof(strings) } };
	struct dw_lines lines = { 0 };
	struct buf path = { 0 };
	uint32_t file, line;

	dw_lines_read(&lines, &sections, 0, "/comp", false);
	for (size_t i = 0; i < lines.n_sequences && i < 100; i++)
		dw_lines_find(&lines, lines.sequences[i].start + i, &file, &line);
	for (uint64_t i = 0; i < lines.n_files + 1 && i < 100; i++)
		dw_lines_path(&lines, i, &path);
	buf_deinit(&path);
	dw_lines_deinit(&lines);
}

static void count(void *ctx, uint64_t low, uint64_t high)
{
	*(uint64_t *)ctx += high - low;
}

static void fuzz_ranges(const uint8_t *data, size_t len, uint16_t version)
{
	struct dw_ranges r = { { data, len }, { data, len }, { data, len } };
	struct dw_ranges_base base = { .version = version, .offset_bytes = 4, .low_pc = 0x1000,
				       .addr_base = 8, .lists_base = 12 };
	uint64_t sum = 0;

	for (uint64_t off = 0; off < len && off < 64; off++)
		dw_ranges_walk(&r, &base, off, off & 1, count, &sum);
}

static void fuzz_name(const uint8_t *data, size_t len)
{
	char *name = xmalloc(len + 1);

	memcpy(name, data, len);
	name[len] = '\0';
	free(demangle(name));
	free(name);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	if (len == 0)
		return 0;
	switch (data[0] % N_READERS) {
	case LINES:
		fuzz_lines(data + 1, len - 1);
		break;
	case RANGES_4:
		fuzz_ranges(data + 1, len - 1, 4);
		break;
	case RANGES_5:
		fuzz_ranges(data + 1, len - 1, 5);
		break;
	case NAME:
		fuzz_name(data + 1, len - 1);
		break;
	}
	return 0;
}

/* The beginning of a section of this program, which was compiled with -g. */
static size_t section_seed(const char *section, uint8_t *buf, size_t cap)
{
	_cleanup_(closep) int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	struct elf_file *file;
	struct error err;

	if (elf_file_open(fd, &file, &err) < 0)
		return 0;

	struct elf_section s = elf_file_section_or_empty(file, section);
	size_t n = min_of(s.len, cap);

	memcpy(buf, s.data, n);
	elf_file_close(file);
	return n;
}

size_t fuzz_seed(unsigned int i, uint8_t *buf, size_t cap)
{
	static const struct { uint8_t reader; const char *section, *name; } seeds[] = {
		{ LINES, ".debug_line", NULL },
		{ RANGES_4, ".debug_rnglists", NULL },
		{ RANGES_5, ".debug_rnglists", NULL },
		{ NAME, NULL, "_ZN3app5totalERKSt6vectorISt10unique_ptrINS_5shapeEEE.constprop.0" },
		{ NAME, NULL, "_ZN4core3fmt9Formatter9write_str17h0123456789abcdefE" },
		{ NAME, NULL, "_RNvMs3_NtCslNYArtu3iFV_5alloc7raw_vecINtB5_6RawVechE8grow_one" },
		{ NAME, NULL, "_D3std5stdio4File6opAssignMFNfSQBdQBcQzZSQBnQBmQBj" },
	};

	if (i >= array_len(seeds) || cap < 256)
		return 0;
	buf[0] = seeds[i].reader;
	if (seeds[i].section)
		return 1 + section_seed(seeds[i].section, buf + 1, cap - 1);

	size_t len = strlen(seeds[i].name);

	memcpy(buf + 1, seeds[i].name, len);
	return 1 + len;
}
