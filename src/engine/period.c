// SPDX-License-Identifier: Apache-2.0
#include "engine/period.h"

#include <sys/random.h>

#include "base/clock.h"

/* splitmix64: enough here, and every 64-bit seed is a good one. */
static uint64_t draw(struct period_random *random)
{
	uint64_t z;

	if (!random->state &&
	    getrandom(&random->state, sizeof(random->state), 0) != sizeof(random->state))
		random->state = clock_mono_ns() | 1;
	z = random->state += 0x9e3779b97f4a7c15u;
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

double period_draw_unit(struct period_random *random)
{
	return (double)(draw(random) >> 11) * 0x1p-53;
}

uint64_t period_draw(struct period_random *random, uint64_t mean_ns)
{
	double factor = 1 + PERIOD_SPREAD * (2 * period_draw_unit(random) - 1);

	return (uint64_t)((double)mean_ns * factor);
}

uint32_t period_draw_kept(struct period_random *random)
{
	return PERIOD_MIN_KEPT + (uint32_t)(draw(random) %
					    (PERIOD_MAX_KEPT - PERIOD_MIN_KEPT + 1));
}
