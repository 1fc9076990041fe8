// SPDX-License-Identifier: Apache-2.0
/*
 * profile/filter.h - which functions somebody wants to see, by name.
 *
 * A pattern in capitals and small letters means them; one all in small letters
 * finds both ("smart case").
 */
#ifndef CPROFD_PROFILE_FILTER_H
#define CPROFD_PROFILE_FILTER_H

#include <stdbool.h>

struct error;
struct filter;

enum filter_kind {
	FILTER_TEXT,	/* the name contains this */
	FILTER_REGEX,	/* POSIX extended regular expression */
};

/* Fails with EINVAL, and says why, if the pattern is no regular expression. */
int filter_open(const char *pattern, enum filter_kind kind, struct filter **out,
		struct error *err);

/* The same as somebody types it: text, or a regular expression as /RE/ or /RE. */
int filter_parse(const char *typed, struct filter **out, struct error *err);

/* NULL is allowed. */
void filter_close(struct filter *f);

bool filter_match(const struct filter *f, const char *name);

/* As it was given. */
const char *filter_pattern(const struct filter *f);

#endif
