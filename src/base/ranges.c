// SPDX-License-Identifier: Apache-2.0
#include "base/ranges.h"

#include <string.h>

#include "base/util.h"

void ranges_init(struct ranges *r, uint32_t first, uint32_t size)
{
	*r = (struct ranges){ 0 };
	if (size > first)
		ranges_give(r, first, size - first);
}

void ranges_deinit(struct ranges *r)
{
	free(r->free);
	*r = (struct ranges){ 0 };
}

static void remove_at(struct ranges *r, size_t i)
{
	r->n_free--;
	memmove(r->free + i, r->free + i + 1, (r->n_free - i) * sizeof(*r->free));
}

uint32_t ranges_take(struct ranges *r, uint32_t n)
{
	for (size_t i = 0; i < r->n_free; i++) {
		struct range *f = &r->free[i];
		uint32_t start = f->start;

		if (f->n < n)
			continue;
		f->start += n;
		f->n -= n;
		if (!f->n)
			remove_at(r, i);
		return start;
	}
	return RANGES_NONE;
}

void ranges_give(struct ranges *r, uint32_t start, uint32_t n)
{
	size_t i = 0;

	while (i < r->n_free && r->free[i].start < start)
		i++;
	if (i && r->free[i - 1].start + r->free[i - 1].n == start) {
		r->free[--i].n += n;
	} else {
		array_reserve(r->free, r->n_free + 1, r->cap_free);
		memmove(r->free + i + 1, r->free + i, (r->n_free - i) * sizeof(*r->free));
		r->free[i] = (struct range){ start, n };
		r->n_free++;
	}
	if (i + 1 < r->n_free && r->free[i].start + r->free[i].n == r->free[i + 1].start) {
		r->free[i].n += r->free[i + 1].n;
		remove_at(r, i + 1);
	}
}
