// SPDX-License-Identifier: Apache-2.0
/*
 * base/u64map.h - a map from 64-bit keys to 32-bit values for the hot tables.
 *
 * Open addressing with linear probing, at most two thirds full; entries are
 * never removed one by one.  A zeroed struct is an empty map.  Not
 * thread-safe.
 */
#ifndef CPROFD_BASE_U64MAP_H
#define CPROFD_BASE_U64MAP_H

#include <stddef.h>
#include <stdint.h>

#define U64MAP_NONE UINT32_MAX	/* not a value that can be stored */

/* Key and value share a cache line; 12 bytes, so that a table stays small. */
struct u64map_slot {
	uint64_t key;
	uint32_t value;		/* U64MAP_NONE marks a free slot */
} __attribute__((packed, aligned(4)));

struct u64map {
	struct u64map_slot *slots;
	size_t n;
	size_t n_slots;		/* 0 or a power of two */
};

void u64map_deinit(struct u64map *map);

/* Forget every entry but keep the memory. */
void u64map_clear(struct u64map *map);

/* The value of `key`, or U64MAP_NONE. */
uint32_t u64map_find(const struct u64map *map, uint64_t key);

/* Begin to fetch what u64map_find() will look at. */
void u64map_prefetch(const struct u64map *map, uint64_t key);

/*
 * Where the value of `key` is stored, entered as U64MAP_NONE if it was not
 * there: the caller then has to store another value before the next call.
 * The pointer is valid until then.
 */
uint32_t *u64map_slot(struct u64map *map, uint64_t key);

/* Bytes of heap in use, for budgets. */
static inline size_t u64map_bytes(const struct u64map *map)
{
	return map->n_slots * sizeof(*map->slots);
}

#endif
