// SPDX-License-Identifier: Apache-2.0
/*
 * profile/time_account.h - where the time of all CPUs went: to the program, by the kind of
 * code that ran, and not to it.
 *
 * The parts add up: what was sampled, what was used without a sample, and what the program
 * did not use (others did, or nobody).
 */
#ifndef CPROFD_PROFILE_TIME_ACCOUNT_H
#define CPROFD_PROFILE_TIME_ACCOUNT_H

#include "profile/summary.h"

enum account_part {
	ACCOUNT_PYTHON, ACCOUNT_NATIVE, ACCOUNT_LIBRARY, ACCOUNT_KERNEL,	/* own time */
	ACCOUNT_UNKNOWN,	/* of code of which nothing is known */
	ACCOUNT_FILTERED,	/* samples that the filter leaves out */
	ACCOUNT_UNSAMPLED,	/* used, but lost, or without a sample */
	ACCOUNT_UNUSED,		/* 0 if n_cpus is not known */
	ACCOUNT_PARTS
};

struct time_account {
	uint64_t ns[ACCOUNT_PARTS];
	uint64_t used_ns;	/* all but the last */
	uint64_t range_ns;
	uint64_t n_cpus;	/* of the machine; 0: not recorded */
};

void time_account_make(const struct profile *p, const struct summary *sum,
		       struct time_account *out);

#endif
