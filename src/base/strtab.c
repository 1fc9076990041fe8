// SPDX-License-Identifier: Apache-2.0
#include "base/strtab.h"

#include <assert.h>
#include <string.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/util.h"

void strtab_deinit(struct strtab *t)
{
	free(t->bytes);
	free(t->starts);
	u64map_deinit(&t->by_hash);
	*t = (struct strtab){ 0 };
}

size_t strtab_len(const struct strtab *t, uint32_t id)
{
	assert(id < t->n);
	return t->starts[id + 1] - t->starts[id] - 1;
}

const char *strtab_get(const struct strtab *t, uint32_t id)
{
	assert(id < t->n);
	return t->bytes + t->starts[id];
}

uint32_t strtab_add(struct strtab *t, const char *s, size_t len)
{
	uint64_t hash = XXH3_64bits(s, len);
	uint32_t *slot;

	/* Different strings of one hash take the next hash values. */
	for (;; hash++) {
		slot = u64map_slot(&t->by_hash, hash);
		if (*slot == U64MAP_NONE)
			break;
		if (strtab_len(t, *slot) == len &&
		    memcmp(strtab_get(t, *slot), s, len) == 0)
			return *slot;
	}
	*slot = (uint32_t)t->n;
	array_reserve(t->bytes, t->n_bytes + len + 1, t->cap_bytes);
	array_reserve(t->starts, t->n + 2, t->cap);
	if (t->n == 0)
		t->starts[0] = 0;
	memcpy(t->bytes + t->n_bytes, s, len);
	t->bytes[t->n_bytes + len] = '\0';
	t->n_bytes += len + 1;
	assert(t->n_bytes < UINT32_MAX);
	t->starts[t->n + 1] = (uint32_t)t->n_bytes;
	return (uint32_t)t->n++;
}
