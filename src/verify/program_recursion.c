// SPDX-License-Identifier: Apache-2.0
/*
 * A function that calls itself 20 levels deep and computes at each, another at the
 * bottom, and one beside it.  Counted more than once a sample, recurse() would have
 * ten times the time there is.
 */
#include "verify/program.h"

#define DEPTH 20
#define UNIT 100000

static uint64_t recurse_ns, bottom_ns, beside_ns;

PART(void bottom(void)) { COMPUTE(10 * (1 + draw()) * UNIT, 1442695040888963413u); }
PART(void beside(void)) { COMPUTE(8 * (1 + draw()) * UNIT, 1442695040888963415u); }

PART(void recurse(int depth))
{
	COMPUTE((1 + draw()) * UNIT, 1442695040888963417u);
	if (depth > 1)
		recurse(depth - 1);
	else
		measured(bottom, &bottom_ns);
	program_sink++;		/* no tail call */
}

static void all_levels(void)
{
	recurse(DEPTH);
}

static void run(double seconds, unsigned int rate_hz)
{
	(void)rate_hz;
	while (!used_up(seconds)) {
		measured(all_levels, &recurse_ns);
		measured(beside, &beside_ns);
	}
	say_seconds("total", "recurse", recurse_ns);
	say_seconds("self", "recurse", recurse_ns - bottom_ns);
	say_seconds("total", "bottom", bottom_ns);
	say_seconds("total", "beside", beside_ns);
	printf("depth bottom recurse %d\n", DEPTH);
	printf("inside recurse main\n");
}

const struct program program_recursion = { "recursion", run };
