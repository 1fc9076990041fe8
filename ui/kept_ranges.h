// SPDX-License-Identifier: Apache-2.0
/*
 * ui/kept_ranges.h - parts of the time that somebody kept under a name.
 *
 *	kept_put(&r, "before", from_ns, to_ns);
 *	range = kept_find(&r, "before");
 *
 * Times are counted from the start of the recording, so that they can be stored beside
 * it.  A name is a word that begins with a letter: so it is none of `:range 12s 18s`.
 */
#ifndef CPROFD_UI_KEPT_RANGES_H
#define CPROFD_UI_KEPT_RANGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KEPT_RANGES_MOST 32
#define RANGE_NAME_MOST 24	/* characters */

struct named_range {
	char *name;
	uint64_t from_ns, to_ns;	/* [from, to) from the start */
};

struct kept_ranges {
	struct named_range *v;	/* in the order in which they were kept */
	uint32_t n;
	size_t cap;
};

void kept_deinit(struct kept_ranges *r);

/* Can it be a name? */
bool range_name_is_good(const char *name);

/* Keep one, in place of that of the name; false if the name is none, or there are too many. */
bool kept_put(struct kept_ranges *r, const char *name, uint64_t from_ns, uint64_t to_ns);

/* Forget one; false if there is none of the name. */
bool kept_drop(struct kept_ranges *r, const char *name);

/* That of a name, or that of exactly this time; NULL if there is none. */
const struct named_range *kept_find(const struct kept_ranges *r, const char *name);
const struct named_range *kept_of(const struct kept_ranges *r, uint64_t from_ns, uint64_t to_ns);

#endif
