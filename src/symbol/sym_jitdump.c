// SPDX-License-Identifier: Apache-2.0
/*
 * Functions that a program generated while it runs, from the file jit-PID.dump that
 * it writes for `perf inject --jit` (linux,
 * tools/perf/Documentation/jitdump-specification.txt):
 *
 *	header	magic, version, bytes of the header, machine, 0, pid, time, flags
 *	records, each: kind, bytes in all, time, and then
 *	  0 LOAD	pid, tid, address, address, bytes, index, name, the code
 *	  1 MOVE	pid, tid, address, old address, new address, bytes, index
 *
 * A record that is not whole is still being written.  Of the others (lines, unwind
 * rules) none is used: some writers count the addresses of lines from the start of
 * the code, some from a header before it, and nothing says which.
 */
#include <string.h>

#include "base/cursor.h"
#include "base/u64map.h"
#include "symbol/code_map.h"
#include "symbol/sym_source.h"

#define MAGIC 0x4a695444u	/* as a program of this byte order writes it */
#define HEADER_BYTES 40
#define RECORD_BYTES 16		/* of what all kinds begin with */

enum { JIT_CODE_LOAD, JIT_CODE_MOVE };

struct reading {
	struct code_map *map;
	struct u64map by_start;	/* address -> the last piece that began there */
};

static void add(struct reading *r, uint64_t start, uint64_t size, const char *name, size_t len)
{
	size_t n = r->map->n;

	code_map_add(r->map, start, size, name, len);
	if (r->map->n > n)
		*u64map_slot(&r->by_start, start) = (uint32_t)n;
}

static void read_load(struct reading *r, struct cursor c)
{
	uint64_t start, size;
	const char *name;
	size_t len;

	cursor_bytes(&c, 16);	/* pid, tid, and the address */
	start = cursor_u64(&c);
	size = cursor_u64(&c);
	cursor_u64(&c);		/* index */
	name = (const char *)c.p;
	len = c.bad ? 0 : strnlen(name, cursor_left(&c));
	if (len < cursor_left(&c))
		add(r, start, size, name, len);
}

/* Where the code was it stays known until something else is there. */
static void read_move(struct reading *r, struct cursor c)
{
	uint64_t from, to, size;
	uint32_t piece;

	cursor_bytes(&c, 16);	/* pid, tid, and the new address */
	from = cursor_u64(&c);
	to = cursor_u64(&c);
	size = cursor_u64(&c);
	piece = u64map_find(&r->by_start, from);
	if (c.bad || piece == U64MAP_NONE)
		return;
	const struct code_piece moved = r->map->pieces[piece];
	add(r, to, size, (const char *)r->map->bytes.data + moved.name, moved.name_len);
}

static void parse(struct code_map *map)
{
	struct cursor c = cursor_make(map->bytes.data, map->bytes.len);
	struct reading r = { .map = map };
	uint32_t magic = cursor_u32(&c), header_bytes;

	cursor_u32(&c);		/* version */
	header_bytes = cursor_u32(&c);
	if (magic != MAGIC || header_bytes < HEADER_BYTES)
		return;
	cursor_bytes(&c, header_bytes - 12);
	while (cursor_left(&c)) {
		uint32_t kind = cursor_u32(&c), bytes = cursor_u32(&c);

		cursor_u64(&c);	/* time */
		if (c.bad || bytes < RECORD_BYTES)
			break;

		struct cursor body = cursor_sub(&c, bytes - RECORD_BYTES);
		if (kind == JIT_CODE_LOAD)
			read_load(&r, body);
		else if (kind == JIT_CODE_MOVE)
			read_move(&r, body);
	}
	u64map_deinit(&r.by_start);
}

static void *sym_jitdump_open(struct sym_context *ctx)
{
	return code_map_open(ctx, ctx->files.debug_fd, "its jitdump", parse);
}

const struct sym_source sym_jitdump = {
	.open = sym_jitdump_open,
	.close = code_map_close,
	.find = code_map_answer,
	.describe = code_map_describe,
};
