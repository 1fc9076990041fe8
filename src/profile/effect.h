// SPDX-License-Identifier: Apache-2.0
/*
 * profile/effect.h - by how much sampling slowed the program.
 *
 * A recording made with --measure-effect has windows of time in pairs, one with sampling
 * and one without, in random order, and what the program got done in each.  The ratio of
 * what was done with and without sampling is that of two sums over pairs:
 *
 *	R = sum on_i / sum off_i		rates of pair i
 *	e_i = on_i - R * off_i
 *	var = n/(n-1) * sum e_i^2 / (sum off_i)^2
 *
 * with the t quantile of n - 1 degrees of freedom.  Whatever changes slowly is the same
 * in both windows of a pair, so it is not in e_i; and a slowdown that is not always the
 * same counts by how much of the time it is there, unlike with medians or ranks.
 *
 * By itself it takes the progress that scatters least between windows without sampling,
 * of those that advance too fast for a timer, which goes on however slow the rest is.
 */
#ifndef CPROFD_PROFILE_EFFECT_H
#define CPROFD_PROFILE_EFFECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "profile/profile.h"
#include "profile/stats.h"

#define EFFECT_MIN_PAIRS 8	/* with fewer nothing is said */

enum effect_trouble {
	EFFECT_MEASURED,
	EFFECT_NO_PROGRESS,	/* none that advances, or the one asked for does not */
	EFFECT_TOO_FEW,		/* pairs */
};

struct effect_found {
	enum effect_trouble trouble;
	enum record_progress by;
	bool asked;		/* that one was asked for; valid without progress, too */
	uint32_t rate_hz;	/* of sampling */
	uint32_t n_pairs;
	double per_s;		/* of the progress, without sampling */
	struct interval slower;	/* the part of it that sampling takes, per second; < 0: faster */
	bool dearer_known;
	struct interval dearer;	/* CPU time more for the same progress, 0: none */
};

/* False if it was not to be measured. */
bool effect_find(const struct profile *p, struct effect_found *out);

/* 1 less the ratio of the sums, of at least two pairs; the second is not 0. */
struct interval effect_lost(const double *on, const double *off, size_t n);

#endif
