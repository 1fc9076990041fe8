// SPDX-License-Identifier: Apache-2.0
/*
 * In step with the sampler: gated() computes in the first fifth of each period of
 * the rate asked for, ungated() in the rest.  Sampled at that very period, only one
 * of them would be seen.
 */
#include "verify/program.h"

#define UNIT 5000	/* computed between two looks at the clock */

static uint64_t until_ns;

PART(void gated(void))
{
	do {
		COMPUTE(UNIT, 1442695040888963421u);
	} while (thread_cpu_ns() < until_ns);
}

PART(void ungated(void))
{
	do {
		COMPUTE(UNIT, 1442695040888963423u);
	} while (thread_cpu_ns() < until_ns);
}

static void run(double seconds, unsigned int rate_hz)
{
	uint64_t period_ns = NS_PER_S / (rate_hz ? rate_hz : 499);
	uint64_t gated_ns = 0, ungated_ns = 0;

	while (!used_up(seconds)) {
		uint64_t period = thread_cpu_ns() / period_ns * period_ns;

		until_ns = period + period_ns / 5;
		measured(gated, &gated_ns);
		until_ns = period + period_ns;
		measured(ungated, &ungated_ns);
	}
	/* Only one of the two: together their errors would cancel out. */
	say_seconds("total", "gated", gated_ns);
}

const struct program program_lockstep = { "lockstep", run };
