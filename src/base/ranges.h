/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/ranges.h - which parts of [0, size) are in use: the first free one that is large
 * enough is taken.
 */
#ifndef CPROFD_BASE_RANGES_H
#define CPROFD_BASE_RANGES_H

#include <stddef.h>
#include <stdint.h>

#define RANGES_NONE UINT32_MAX

struct ranges {
	struct range {
		uint32_t start, n;
	} *free;		/* sorted, none touches the next */
	size_t n_free, cap_free;
};

/* All of [first, size) is free.  The caller ends with ranges_deinit(). */
void ranges_init(struct ranges *r, uint32_t first, uint32_t size);
void ranges_deinit(struct ranges *r);

/* Where `n` are taken, or RANGES_NONE; n is not 0. */
uint32_t ranges_take(struct ranges *r, uint32_t n);

/* Give back what was taken. */
void ranges_give(struct ranges *r, uint32_t start, uint32_t n);

#endif
