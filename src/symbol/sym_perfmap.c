// SPDX-License-Identifier: Apache-2.0
/*
 * Functions that a program generated while it runs, from the text that it writes
 * for perf to /tmp/perf-PID.map (linux, tools/perf/Documentation/jit-interface.txt),
 * lines like
 *
 *	7fbb89fc5b80 2c4 JS:*inner /srv/app.js:1:15
 *
 * with the first address and the number of bytes in hex.  Lines of another form are
 * skipped; the last one, too, while it has no end: it may still be written.
 */
#include <string.h>

#include "symbol/code_map.h"
#include "symbol/sym_source.h"

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/*
 * A number of at most 64 bits and the blank behind it; OpenJDK puts 0x before it.  The
 * line has an end.
 */
static bool take_hex(const char **p, uint64_t *out)
{
	*p += (*p)[0] == '0' && (*p)[1] == 'x' ? 2 : 0;
	const char *start = *p;

	for (*out = 0; digit(**p) >= 0; (*p)++) {
		if (*out >> 60)
			return false;
		*out = *out << 4 | (uint64_t)digit(**p);
	}
	return *p > start && *(*p)++ == ' ';
}

static void parse(struct code_map *map)
{
	const char *line = (const char *)map->bytes.data, *text_end = line + map->bytes.len, *end;

	while (line < text_end && (end = memchr(line, '\n', (size_t)(text_end - line)))) {
		const char *name = line;
		uint64_t start, size;

		if (take_hex(&name, &start) && take_hex(&name, &size))
			code_map_add(map, start, size, name, strnlen(name, (size_t)(end - name)));
		line = end + 1;
	}
}

static void *sym_perfmap_open(struct sym_context *ctx)
{
	return code_map_open(ctx, ctx->files.main_fd, "its perf map", parse);
}

const struct sym_source sym_perfmap = {
	.open = sym_perfmap_open,
	.close = code_map_close,
	.find = code_map_answer,
	.describe = code_map_describe,
};
