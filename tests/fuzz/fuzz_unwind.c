// SPDX-License-Identifier: Apache-2.0
/*
 * The unwinder: any registers, any stack, over a real table and over a table
 * whose bytes are part of the input.
 */
#include "tests/fuzz/fuzz.h"

#include <fcntl.h>
#include <string.h>

#include "base/buf.h"
#include "base/cursor.h"
#include "base/error.h"
#include "base/util.h"
#include "elf/elf_file.h"
#include "unwind/unwind.h"
#include "unwind/unwind_build.h"

static struct buf real;

/* The table of this very program. */
static void load_real(void)
{
	_cleanup_(closep) int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	struct elf_file *elf;
	struct error err;

	if (real.len)
		return;
	if (elf_file_open(fd, &elf, &err) < 0 || unwind_build(elf, &real, &err) < 0)
		abort();
	elf_file_close(elf);
}

static void resolve(void *ctx, uint64_t pc, uint32_t flags, struct unwind_place *out)
{
	const struct unwind_table *table = ctx;
	uint64_t at = flags & UNWIND_RETURN ? pc - 1 : pc;

	out->where = at < 1u << 26 ? WHERE_FILE : at & 1 ? WHERE_ANON : WHERE_NOWHERE;
	out->table = table;
	out->rule = out->where == WHERE_FILE ? unwind_table_find(table, at) : RULE_UNCOVERED;
}

static void unwind(const struct unwind_arch *arch, const struct unwind_table *table,
		   struct cursor c, bool cut)
{
	struct unwind_space space = { .generation = 1, .ctx = (void *)table, .resolve = resolve };
	struct unwind_stack stack = { .space = &space, .cut = cut };
	struct unwinder *u = unwinder_new(arch, 200);

	for (unsigned int i = 0; i < arch->n_regs; i++)
		stack.regs.value[i] = cursor_u64(&c);
	stack.regs.known = cursor_u64(&c) | 1ull << arch->pc | 1ull << arch->sp;
	stack.start = stack.regs.value[arch->sp];
	stack.bytes = c.p;
	stack.len = cursor_left(&c);
	unwinder_run(u, &stack);
	if (u->n_frames > 201 || (u->n_frames == 201) != (u->end == UNWIND_LEFT_OUT))
		abort();
	unwinder_free(u);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct cursor c = cursor_make(data, len);
	uint8_t choice = cursor_u8(&c);
	struct unwind_table table;
	struct error err;

	load_real();
	if (choice & 1) {
		size_t n = min_of((size_t)cursor_u16(&c), cursor_left(&c));
		uint32_t *image = xmemdup(cursor_bytes(&c, n), n);	/* aligned */

		if (unwind_table_init(&table, image, n, &err) == 0)
			unwind(choice & 2 ? &unwind_arch_aarch64 : &unwind_arch_x86_64, &table, c,
			       choice & 4);
		free(image);
		return 0;
	}
	if (unwind_table_init(&table, real.data, real.len, &err) < 0)
		abort();
	unwind(&unwind_arch_x86_64, &table, c, choice & 4);
	return 0;
}

size_t fuzz_seed(unsigned int i, uint8_t *buf, size_t cap)
{
	const uint64_t sp = 0x7ff000000000;
	size_t at = 0, table;

	load_real();
	table = min_of(real.len, (size_t)0xf000);
	if (i > 1 || cap < table + 4096)
		return 0;
	buf[at++] = (uint8_t)i;
	if (i == 1) {
		struct unwind_table_header header;
		uint16_t n = (uint16_t)table;

		memcpy(&header, real.data, sizeof(header));
		header.n_words = n / 4;		/* as if the file ended there */
		memcpy(buf + at, &n, 2);
		memcpy(buf + at + 2, real.data, table);
		memcpy(buf + at + 2, &header, sizeof(header));
		at += 2 + table;
	}
	for (unsigned int r = 0; r < 17; r++) {
		uint64_t v = r == 7 ? sp : r == 16 ? 0x6000 : sp + 8 * r;

		memcpy(buf + at, &v, 8);
		at += 8;
	}
	memset(buf + at, 0xff, 8);
	at += 8;
	for (unsigned int w = 0; w < 64; w++, at += 8) {
		uint64_t v = w % 2 ? 0x5000 + w * 64 : sp + 16 + w * 8;

		memcpy(buf + at, &v, 8);
	}
	return at;
}
