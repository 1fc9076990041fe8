// SPDX-License-Identifier: Apache-2.0
#include "profile/calls.h"

#include "base/util.h"
#include "record/record.h"

void call_counts_deinit(struct call_counts *c)
{
	free(c->counts);
	free(c->functions);
	u64map_deinit(&c->by_function);
}

static struct profile_count *place_of(struct call_counts *c, uint32_t function)
{
	uint32_t *slot = u64map_slot(&c->by_function, function);

	if (*slot == U64MAP_NONE) {
		*slot = (uint32_t)c->n;
		array_reserve(c->counts, c->n + 1, c->cap);
		array_reserve(c->functions, c->n + 1, c->cap_functions);
		c->counts[c->n] = (struct profile_count){ 0 };
		c->functions[c->n++] = function;
	}
	return &c->counts[*slot];
}

void call_counts_add(struct call_counts *c, uint32_t function, const struct record_measured *m)
{
	struct profile_count *count = place_of(c, function);
	uint64_t before = m->how == COUNTED_BY_IMPORT && count->how == m->how ? count->calls : 0;

	*count = (struct profile_count){ .calls = before + m->calls, .from_ns = m->from_ns,
					 .duration_ns = m->duration_ns, .how = m->how };
}

const struct profile_count *call_counts_of(const struct call_counts *c, uint32_t function)
{
	uint32_t i = u64map_find(&c->by_function, function);

	return i == U64MAP_NONE ? NULL : &c->counts[i];
}
