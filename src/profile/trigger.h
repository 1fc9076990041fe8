// SPDX-License-Identifier: Apache-2.0
/*
 * profile/trigger.h - something to wait for in a profile that grows.
 *
 *	trigger_parse("cpu 1.5", p.end_ns, &t, &err);
 *	while (!(why = trigger_look(&t, &p)))
 *		...more comes...
 *	trigger_deinit(&t);
 */
#ifndef CPROFD_PROFILE_TRIGGER_H
#define CPROFD_PROFILE_TRIGGER_H

#include <stdint.h>

struct error;
struct filter;
struct profile;

struct trigger {
	enum trigger_kind {
		TRIGGER_NONE,
		TRIGGER_FUNCTION,	/* a sample with such a function on its stack */
		TRIGGER_CPU,		/* more CPUs used than `above`, within a second or more */
		TRIGGER_PAUSE,		/* no sample for more than `above` seconds */
	} kind;
	struct filter *function;
	double above;
	uint64_t seen_ns;	/* looked at up to there */
};

/*
 * "cpu 1.5", "pause 2", or a function as filter_parse() takes it; what comes after `from_ns`
 * counts.  Fails with EINVAL, and says why.
 */
int trigger_parse(const char *text, uint64_t from_ns, struct trigger *out, struct error *err);
void trigger_deinit(struct trigger *t);

/* Has it come since the last look?  What, and when: the caller frees it; NULL: it has not. */
char *trigger_look(struct trigger *t, const struct profile *p);

#endif
