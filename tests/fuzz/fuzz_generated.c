// SPDX-License-Identifier: Apache-2.0
/*
 * What programs say of code that they generate.  The first byte says whether the rest
 * is a perf map or a jitdump.
 */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/io.h"
#include "base/util.h"
#include "symbol/code_map.h"

enum { PERF_MAP, JITDUMP, N_READERS };

/* The last piece that has the address, found the plain way. */
static uint32_t plain_find(const struct code_map *map, uint64_t addr)
{
	for (size_t i = map->n; i-- > 0;)
		if (addr >= map->pieces[i].start && addr < map->pieces[i].end)
			return (uint32_t)i;
	return CODE_MAP_NONE;
}

static void check(struct code_map *map)
{
	struct symbol_function f;

	for (size_t i = 0; i < map->n && i < 100; i++) {
		const struct code_piece p = map->pieces[i];
		const uint64_t addrs[] = { p.start - 1, p.start, p.end - 1, p.end };

		for (size_t k = 0; k < array_len(addrs); k++)
			if (code_map_find(map, addrs[k]) != plain_find(map, addrs[k]))
				abort();
		code_map_describe(map, (uint32_t)i, 0, &f);
		if (!f.name[0] || strlen(f.name) != p.name_len || p.name_len > CODE_MAP_MAX_NAME)
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct sym_context ctx = { .files = { -1, -1, -1, MODULE_ANON } };
	const struct sym_source *source;
	struct error err;

	if (len == 0)
		return 0;
	_cleanup_(closep) int fd = io_memfd("generated", data + 1, len - 1, &err);
	source = data[0] % N_READERS == PERF_MAP ? &sym_perfmap : &sym_jitdump;
	ctx.files.main_fd = ctx.files.debug_fd = fd;
	struct code_map *map = source->open(&ctx);
	if (!map)
		abort();
	check(map);
	source->close(map);
	return 0;
}

static size_t perf_map_seed(uint8_t *buf, size_t cap)
{
	static const char text[] = "1000 100 first\n1080 100 second\n1040 20 JS:*inner /a b.js:1:15\n"
				   "10f0 f0 third\n7fbb89fc5b80 2c4 high\n";

	memcpy(buf, text, min_of(sizeof(text) - 1, cap));
	return min_of(sizeof(text) - 1, cap);
}

static void put_record(struct buf *b, uint32_t kind, const uint64_t *body, size_t len,
		       const char *name)
{
	size_t name_len = name ? strlen(name) + 1 : 0;

	buf_put_u32(b, kind);
	buf_put_u32(b, (uint32_t)(16 + len * 8 + name_len));
	buf_put_u64(b, 1);
	buf_put(b, body, len * 8);
	buf_put(b, name, name_len);
}

static size_t jitdump_seed(uint8_t *buf, size_t cap)
{
	const uint64_t head[] = { 1ull << 32 | 0x4a695444, 62ull << 32 | 40, 77ull << 32, 1, 0 };
	const uint64_t one[] = { 77, 0x1000, 0x1000, 0x100, 1 };
	const uint64_t two[] = { 77, 0x1080, 0x1080, 0x100, 2 };
	const uint64_t move[] = { 77, 0x1040, 0x1000, 0x1040, 0x100, 1 };
	struct buf b = { 0 };

	buf_put(&b, head, sizeof(head));
	put_record(&b, 0, one, array_len(one), "first");
	put_record(&b, 0, two, array_len(two), "second");
	put_record(&b, 1, move, array_len(move), NULL);
	put_record(&b, 3, NULL, 0, NULL);
	size_t n = min_of(b.len, cap);
	memcpy(buf, b.data, n);
	buf_deinit(&b);
	return n;
}

size_t fuzz_seed(unsigned int i, uint8_t *buf, size_t cap)
{
	if (i >= N_READERS || cap < 2)
		return 0;
	buf[0] = (uint8_t)i;
	return 1 + (i == PERF_MAP ? perf_map_seed : jitdump_seed)(buf + 1, cap - 1);
}
