// SPDX-License-Identifier: Apache-2.0
/*
 * The memory of a process with a Python interpreter: a code object in it, its strings and
 * its line table.  An input is two bytes, which version and where, and the memory.
 */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "base/util.h"
#include "python/code_object.h"
#include "python/line_table.h"

#define BASE 0x1000u
#define TYPE 0x77u

#define N_VERSIONS 9	/* 3.6 to 3.14 */

static const struct layout *layout_of(unsigned int i)
{
	return layout_find((0x0306u + i % N_VERSIONS) << 16 | 0xffff);
}

struct memory {
	const uint8_t *data;
	size_t len;
};

static bool read_memory(void *ctx, uint64_t addr, void *buf, size_t len)
{
	const struct memory *m = ctx;

	if (addr < BASE || addr - BASE > m->len || len > m->len - (addr - BASE))
		return false;
	memcpy(buf, m->data + (addr - BASE), len);
	return true;
}

static void check_text(const char *text)
{
	struct buf repaired = { 0 };

	if (strlen(text) > CODE_MAX_NAME * 4 + 3)
		abort();
	utf8_repair(&repaired, text, strlen(text) + 1);
	if (strcmp((char *)repaired.data, text) != 0)
		abort();
	buf_deinit(&repaired);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const struct layout *layout;
	struct code_object code;
	struct memory m;
	uint64_t stamp;

	if (len < 2)
		return 0;
	layout = layout_of(data[0]);
	m = (struct memory){ data + 2, len - 2 };
	const struct python_memory memory = { &m, read_memory };

	for (int64_t offset = -2; offset < 64; offset += 6)
		line_table_find(layout->version, m.data, m.len, (int32_t)len, offset * (1 << data[1] % 8));
	code_object_stamp(layout, &memory, BASE + data[1], &stamp);
	if (!code_object_read(layout, &memory, TYPE, BASE + data[1], &code))
		return 0;
	check_text(code.name);
	check_text(code.file);
	if (code.line_table_len > m.len)
		abort();
	code_object_line(layout, &code, data[1]);
	code_object_deinit(&code);
	return 0;
}

static void put(uint8_t *buf, uint64_t at, uint64_t v, size_t len)
{
	memcpy(buf + 2 + at, &v, len);
}

/* A code object of each version: at 0, strings of each width and its table behind it. */
size_t fuzz_seed(unsigned int i, uint8_t *buf, size_t cap)
{
	static const unsigned int widths[] = { 1, 2, 4 };
	const uint64_t name = 256, file = 384, table = 512, far = 600;
	unsigned int width = widths[i % array_len(widths)];
	const struct layout *l;

	if (i >= N_VERSIONS * 2 || cap < 1024)
		return 0;
	l = layout_of(i / 2);
	memset(buf, 0, 1024);
	buf[0] = (uint8_t)(i / 2);
	put(buf, l->object_type, TYPE, 8);
	put(buf, l->code_firstlineno, 3, 4);
	put(buf, l->code_qualname != LAYOUT_NONE ? l->code_qualname : l->code_name, BASE + name, 8);
	put(buf, l->code_filename, BASE + file, 8);
	put(buf, l->code_linetable, BASE + table, 8);
	/* a compact name, a file name in two pieces */
	put(buf, name + l->str_length, 4, 8);
	put(buf, name + l->str_state, width << 2 | 1 << 5 | (width == 1 ? 1 << 6 : 0), 4);
	put(buf, name + (width == 1 ? l->str_ascii_data : l->str_compact_data), 0x61, width);
	put(buf, file + l->str_length, 6, 8);
	put(buf, file + l->str_state, width << 2, 4);
	put(buf, file + l->str_data, BASE + far, 8);
	memset(buf + 2 + far, 0x2f, 6 * (size_t)width);
	put(buf, table + l->object_var_size, 8, 8);
	put(buf, table + l->bytes_data, 0x80d802e001d880f8, 8);
	return 2 + far + 6 * (size_t)width;
}
