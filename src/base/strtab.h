// SPDX-License-Identifier: Apache-2.0
/*
 * base/strtab.h - strings kept once each and known by number.
 *
 * Numbers count up from 0 in the order of first appearance.  A zeroed struct
 * is an empty table.  Strings may hold any bytes; each is kept terminated.
 */
#ifndef CPROFD_BASE_STRTAB_H
#define CPROFD_BASE_STRTAB_H

#include <stddef.h>
#include <stdint.h>

#include "base/u64map.h"

struct strtab {
	char *bytes;
	size_t n_bytes, cap_bytes;
	uint32_t *starts;	/* n + 1 offsets into bytes */
	size_t n, cap;
	struct u64map by_hash;	/* hash of the string -> number */
};

void strtab_deinit(struct strtab *t);

/* The number of the string, which is copied if it is new. */
uint32_t strtab_add(struct strtab *t, const char *s, size_t len);

/* String number `id`, which must exist; valid until the next strtab_add(). */
const char *strtab_get(const struct strtab *t, uint32_t id);
size_t strtab_len(const struct strtab *t, uint32_t id);

#endif
