// SPDX-License-Identifier: Apache-2.0
/*
 * The edges of all pieces cut the addresses into stretches, and in each the last
 * piece counts.  So the pieces paint the stretches from the last to the first, and
 * none is painted twice: `next` leads from a stretch to the next one that is still
 * free, on ways that get shorter with each use.
 */
#include "symbol/code_map.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/io.h"
#include "base/util.h"

void code_map_add(struct code_map *map, uint64_t start, uint64_t size, const char *name,
		  size_t name_len)
{
	if (!size || start + size < start || !name_len || map->n >= CODE_MAP_MAX)
		return;
	array_reserve(map->pieces, map->n + 1, map->cap);
	map->pieces[map->n++] = (struct code_piece){
		.start = start, .end = start + size,
		.name = (uint32_t)(name - (const char *)map->bytes.data),
		.name_len = (uint32_t)min_of(name_len, (size_t)CODE_MAP_MAX_NAME) };
}

static int by_address(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static void list_edges(struct code_map *map)
{
	uint64_t *e = xcalloc(2 * map->n, sizeof(*e));
	size_t n = 0;

	for (size_t i = 0; i < map->n; i++) {
		e[2 * i] = map->pieces[i].start;
		e[2 * i + 1] = map->pieces[i].end;
	}
	qsort(e, 2 * map->n, sizeof(*e), by_address);
	for (size_t i = 0; i < 2 * map->n; i++)
		if (!n || e[i] != e[n - 1])
			e[n++] = e[i];
	map->edges = e;
	map->n_edges = n;
}

/* The number of edges at or before `addr`. */
static size_t count_up_to(const struct code_map *map, uint64_t addr)
{
	size_t low = 0, high = map->n_edges;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (map->edges[mid] <= addr)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* The first free stretch from `i` on. */
static uint32_t first_free(uint32_t *next, uint32_t i)
{
	while (next[i] != i) {
		next[i] = next[next[i]];
		i = next[i];
	}
	return i;
}

/* Needed before asking; nothing can be added any more. */
static void seal(struct code_map *map)
{
	if (!map->n)
		return;
	list_edges(map);
	map->owners = xcalloc(map->n_edges, sizeof(*map->owners));
	_cleanup_(freep) uint32_t *next = xcalloc(map->n_edges, sizeof(*next));

	for (size_t i = 0; i < map->n_edges; i++) {
		map->owners[i] = CODE_MAP_NONE;
		next[i] = (uint32_t)i;
	}
	for (size_t piece = map->n; piece-- > 0;) {
		uint32_t i = (uint32_t)count_up_to(map, map->pieces[piece].start) - 1;

		/* The last edge is an end, so it is never painted. */
		while (map->edges[i = first_free(next, i)] < map->pieces[piece].end) {
			map->owners[i] = (uint32_t)piece;
			next[i] = i + 1;
		}
	}
}

struct code_map *code_map_open(struct sym_context *ctx, int fd, const char *what,
			       void (*parse)(struct code_map *map))
{
	struct code_map *map;
	struct error err;

	if (ctx->files.kind != MODULE_ANON || fd < 0)
		return NULL;
	map = xcalloc(1, sizeof(*map));
	if (io_load(fd, CODE_MAP_MAX_BYTES, &map->bytes, &err) < 0) {
		sym_damage(ctx, "%s: %s", what, err.msg);
		code_map_close(map);
		return NULL;
	}
	parse(map);
	seal(map);
	if (map->n == CODE_MAP_MAX)
		sym_note(ctx, "%s has more than %u functions", what, CODE_MAP_MAX);
	return map;
}

uint32_t code_map_find(const struct code_map *map, uint64_t addr)
{
	size_t n = count_up_to(map, addr);

	return n ? map->owners[n - 1] : CODE_MAP_NONE;
}

void code_map_close(void *state)
{
	struct code_map *map = state;

	buf_deinit(&map->bytes);
	free(map->pieces);
	free(map->edges);
	free(map->owners);
	free(map);
}

bool code_map_answer(void *state, uint64_t vaddr, struct sym_answer *answer)
{
	uint32_t piece = code_map_find(state, vaddr);

	if (piece == CODE_MAP_NONE)
		return false;
	sym_answer_set(answer, piece);
	return true;
}

void code_map_describe(void *state, uint32_t function, uint32_t path,
		       struct symbol_function *out)
{
	struct code_map *map = state;
	const struct code_piece *piece = &map->pieces[function];

	(void)path;
	memcpy(map->shown, map->bytes.data + piece->name, piece->name_len);
	map->shown[piece->name_len] = '\0';
	*out = (struct symbol_function){ .name = map->shown, .source = SYMBOL_GENERATED };
}
