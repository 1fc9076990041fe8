// SPDX-License-Identifier: Apache-2.0
#include "base/u64map.h"

#include <string.h>

#include "base/util.h"

#define FIRST_SLOTS 64

/* Fibonacci hashing after folding the halves: keys are packed fields. */
static size_t home(const struct u64map *map, uint64_t key)
{
	key ^= key >> 32;
	key *= 0x9e3779b97f4a7c15u;
	return (size_t)(key >> 20) & (map->n_slots - 1);
}

static size_t probe(const struct u64map *map, uint64_t key)
{
	size_t i = home(map, key);

	while (map->slots[i].value != U64MAP_NONE && map->slots[i].key != key)
		i = (i + 1) & (map->n_slots - 1);
	return i;
}

static void grow(struct u64map *map)
{
	struct u64map old = *map;

	map->n_slots = old.n_slots ? old.n_slots * 2 : FIRST_SLOTS;
	map->slots = xreallocarray(NULL, map->n_slots, sizeof(*map->slots));
	memset(map->slots, 0xff, u64map_bytes(map));
	for (size_t i = 0; i < old.n_slots; i++) {
		if (old.slots[i].value != U64MAP_NONE)
			map->slots[probe(map, old.slots[i].key)] = old.slots[i];
	}
	free(old.slots);
}

void u64map_deinit(struct u64map *map)
{
	free(map->slots);
	*map = (struct u64map){ 0 };
}

void u64map_clear(struct u64map *map)
{
	if (map->n_slots)
		memset(map->slots, 0xff, u64map_bytes(map));
	map->n = 0;
}

uint32_t u64map_find(const struct u64map *map, uint64_t key)
{
	return map->n_slots ? map->slots[probe(map, key)].value : U64MAP_NONE;
}

void u64map_prefetch(const struct u64map *map, uint64_t key)
{
	if (map->n_slots)
		__builtin_prefetch(&map->slots[home(map, key)]);
}

uint32_t *u64map_slot(struct u64map *map, uint64_t key)
{
	if ((map->n + 1) * 3 > map->n_slots * 2)
		grow(map);

	size_t i = probe(map, key);

	if (map->slots[i].value == U64MAP_NONE) {
		map->slots[i].key = key;
		map->n++;
	}
	return &map->slots[i].value;
}
