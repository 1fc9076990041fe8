// SPDX-License-Identifier: Apache-2.0
/*
 * profile/compare_match.h - which functions of two profiles are the same ones: for
 * compare.c.
 */
#ifndef CPROFD_PROFILE_COMPARE_MATCH_H
#define CPROFD_PROFILE_COMPARE_MATCH_H

#include "profile/compare.h"

#define MATCH_NONE UINT32_MAX

struct match {
	struct compare_row *rows;	/* kinds, functions, samples; no values */
	uint32_t n;
	uint32_t *row_of[2];	/* by function; MATCH_NONE: has no samples */
};

/* Rows of everything that has samples.  What few have is in one. */
void match_make(const struct compare_side sides[2], struct match *out);
void match_deinit(struct match *m);

/* By function of `from` that of `to`, or RECORD_NONE; the caller frees it. */
uint32_t *compare_find_all(const struct profile *from, const struct profile *to);

/* Is time in the kernel seen as such? */
bool compare_sees_kernel(const struct compare_side *s);

#endif
