// SPDX-License-Identifier: Apache-2.0
/*
 * Sorted by start.  Where ranges overlap, the one that starts last before an
 * address may already have ended while an earlier one still goes on.  So each
 * range knows `outer`: the nearest range before it that had not ended when it
 * started.  A search that finds a range ended goes on there, and skips nothing
 * that could matter: what lies between had ended even earlier.
 *
 *	A  |------------------------|
 *	B      |---|                    outer: A
 *	C            |----|             outer: A (B had ended)
 *	                     ^ C has ended, its outer A has not
 */
#include "elf/range_map.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/util.h"

#define NO_RANGE UINT32_MAX

void range_map_deinit(struct range_map *map)
{
	free(map->ranges);
	*map = (struct range_map){ 0 };
}

void range_map_add(struct range_map *map, uint64_t start, uint64_t end, uint32_t value)
{
	if (end <= start)
		return;
	assert(map->n < NO_RANGE);
	array_reserve(map->ranges, map->n + 1, map->cap);
	map->ranges[map->n++] = (struct range){ .start = start, .end = end, .value = value };
}

static int compare(const void *pa, const void *pb)
{
	const struct range *a = pa, *b = pb;

	if (a->start != b->start)
		return a->start < b->start ? -1 : 1;
	if (a->end != b->end)
		return a->end > b->end ? -1 : 1;
	return a->value < b->value ? -1 : a->value > b->value;
}

static bool in_order(const struct range_map *map)
{
	for (size_t i = 1; i < map->n; i++) {
		if (compare(&map->ranges[i - 1], &map->ranges[i]) > 0)
			return false;
	}
	return true;
}

void range_map_seal(struct range_map *map)
{
	if (map->n == 0)
		return;
	map->ranges = xreallocarray(map->ranges, map->n, sizeof(*map->ranges));
	map->cap = map->n;
	if (!in_order(map))
		qsort(map->ranges, map->n, sizeof(*map->ranges), compare);
	for (size_t i = 0; i < map->n; i++) {
		uint32_t outer = i ? (uint32_t)i - 1 : NO_RANGE;

		while (outer != NO_RANGE && map->ranges[outer].end <= map->ranges[i].start)
			outer = map->ranges[outer].outer;
		map->ranges[i].outer = outer;
	}
}

/* The number of ranges that start at or before `addr`. */
static size_t count_up_to(const struct range_map *map, uint64_t addr)
{
	size_t low = 0, high = map->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (map->ranges[mid].start <= addr)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

const struct range *range_map_find(const struct range_map *map, uint64_t addr)
{
	uint32_t i = (uint32_t)count_up_to(map, addr) - 1;	/* 0 - 1: NO_RANGE */

	while (i != NO_RANGE && map->ranges[i].end <= addr)
		i = map->ranges[i].outer;
	return i == NO_RANGE ? NULL : &map->ranges[i];
}

uint64_t range_map_gap(const struct range_map *map, uint64_t addr)
{
	size_t n = count_up_to(map, addr);

	if (n == 0 || n == map->n)
		return UINT64_MAX;
	return map->ranges[n].start - min_of(map->ranges[n - 1].end, map->ranges[n].start);
}
