// SPDX-License-Identifier: Apache-2.0
/*
 * elf/range_map.h - which of many address ranges an address is in.
 *
 * Symbols, compilation units, functions, line sequences: all are ranges that
 * mostly lie side by side, at times inside one another.  Fill the map, seal it,
 * then ask.  A zeroed struct is an empty map.
 *
 *	range_map_add(&map, start, end, 7);
 *	range_map_seal(&map);
 *	r = range_map_find(&map, addr);
 */
#ifndef CPROFD_ELF_RANGE_MAP_H
#define CPROFD_ELF_RANGE_MAP_H

#include <stddef.h>
#include <stdint.h>

struct range {
	uint64_t start, end;	/* end exclusive */
	uint32_t value;
	uint32_t outer;		/* of the map's own: see range_map.c */
};

struct range_map {
	struct range *ranges;
	size_t n, cap;
};

void range_map_deinit(struct range_map *map);

/* Add a range; one without any address in it is ignored.  At most UINT32_MAX - 1. */
void range_map_add(struct range_map *map, uint64_t start, uint64_t end, uint32_t value);

/* Put in order what was added.  Needed before asking, and again after adding. */
void range_map_seal(struct range_map *map);

/*
 * Of the ranges around `addr` the one that starts last; among those that start
 * at the same address the shortest, among equal ones that of the highest value.
 * NULL if there is none.
 */
const struct range *range_map_find(const struct range_map *map, uint64_t addr);

/*
 * How far it is from the end of the range before `addr` to the start of the next
 * one, for an address that is in no range; UINT64_MAX without ranges on both sides.
 */
uint64_t range_map_gap(const struct range_map *map, uint64_t addr);

#endif
