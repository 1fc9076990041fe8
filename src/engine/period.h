// SPDX-License-Identifier: Apache-2.0
/*
 * engine/period.h - sampling periods that no program can be in step with.
 *
 * A fixed period that fits the rhythm of a program sees always the same part of
 * it.  Each event therefore samples with a random period of its own around the
 * one asked for, and gets a new one from time to time.
 *
 * How long a period is kept hardly matters for the error (it is the chance of
 * drawing a period that fits, times how long it stays), but a change costs half
 * a period in which nothing is sampled, and a thread that runs rarely has to
 * keep its period long enough to be sampled at all.  So a period is kept for a
 * number of samples, not for a time.
 */
#ifndef CPROFD_ENGINE_PERIOD_H
#define CPROFD_ENGINE_PERIOD_H

#include <stdint.h>

#define PERIOD_SPREAD 0.15	/* +- around the period asked for */
#define PERIOD_MIN_KEPT 50	/* samples that a period is kept for */
#define PERIOD_MAX_KEPT 150

/* A stream of random numbers; zeroed, it seeds itself at the first use. */
struct period_random {
	uint64_t state;
};

/* Uniform in [0, 1). */
double period_draw_unit(struct period_random *random);

/* A period within the spread around `mean_ns`. */
uint64_t period_draw(struct period_random *random, uint64_t mean_ns);

/* For how many samples to keep it. */
uint32_t period_draw_kept(struct period_random *random);

#endif
