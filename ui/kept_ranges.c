// SPDX-License-Identifier: Apache-2.0
#include "ui/kept_ranges.h"

#include <ctype.h>
#include <string.h>

#include "base/util.h"

void kept_deinit(struct kept_ranges *r)
{
	for (uint32_t i = 0; i < r->n; i++)
		free(r->v[i].name);
	free(r->v);
	*r = (struct kept_ranges){ 0 };
}

bool range_name_is_good(const char *name)
{
	size_t len = strlen(name);

	if (!len || len > RANGE_NAME_MOST || !isalpha((unsigned char)*name))
		return false;
	for (; *name; name++)
		if (!isgraph((unsigned char)*name))
			return false;
	return true;
}

static struct named_range *find(const struct kept_ranges *r, const char *name)
{
	for (uint32_t i = 0; i < r->n; i++)
		if (strcmp(r->v[i].name, name) == 0)
			return &r->v[i];
	return NULL;
}

bool kept_put(struct kept_ranges *r, const char *name, uint64_t from_ns, uint64_t to_ns)
{
	struct named_range *range = find(r, name);

	if (!range_name_is_good(name) || from_ns >= to_ns || (!range && r->n == KEPT_RANGES_MOST))
		return false;
	if (!range) {
		array_reserve(r->v, r->n + 1, r->cap);
		range = &r->v[r->n++];
		range->name = xstrdup(name);
	}
	range->from_ns = from_ns;
	range->to_ns = to_ns;
	return true;
}

bool kept_drop(struct kept_ranges *r, const char *name)
{
	struct named_range *range = find(r, name);

	if (!range)
		return false;
	free(range->name);
	memmove(range, range + 1, (size_t)(&r->v[--r->n] - range) * sizeof(*range));
	return true;
}

const struct named_range *kept_find(const struct kept_ranges *r, const char *name)
{
	return find(r, name);
}

const struct named_range *kept_of(const struct kept_ranges *r, uint64_t from_ns, uint64_t to_ns)
{
	for (uint32_t i = 0; i < r->n; i++)
		if (r->v[i].from_ns == from_ns && r->v[i].to_ns == to_ns)
			return &r->v[i];
	return NULL;
}
