// SPDX-License-Identifier: Apache-2.0
/* Three leaf functions in the proportion 50:30:20, in random order. */
#include "verify/program.h"

#define UNIT 5000000

PART(void half(void)) { COMPUTE(UNIT, 1442695040888963407u); }
PART(void third(void)) { COMPUTE(UNIT, 1442695040888963409u); }
PART(void fifth(void)) { COMPUTE(UNIT, 1442695040888963411u); }

static void run(double seconds, unsigned int rate_hz)
{
	uint64_t half_ns = 0, third_ns = 0, fifth_ns = 0;

	(void)rate_hz;
	while (!used_up(seconds)) {
		unsigned int turn = draw();

		if (turn < 5)
			measured(half, &half_ns);
		else if (turn < 8)
			measured(third, &third_ns);
		else
			measured(fifth, &fifth_ns);
	}
	say_seconds("total", "half", half_ns);
	say_seconds("total", "third", third_ns);
	say_seconds("total", "fifth", fifth_ns);
}

const struct program program_shares = { "shares", run };
