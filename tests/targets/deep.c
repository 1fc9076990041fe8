// SPDX-License-Identifier: Apache-2.0
/*
 * Recursion of a known depth and frame size.
 *
 *	deep DEPTH FRAME_BYTES SECONDS [SPREAD]
 *
 * With SPREAD it goes to each of so many depths from DEPTH on for a millisecond, again
 * and again.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

static volatile unsigned long sink;
static double until;

static __attribute__((noinline)) void work(void)
{
	while ((double)clock() / CLOCKS_PER_SEC < until)
		for (int i = 0; i < 100000; i++)
			sink += (unsigned long)i;
}

static __attribute__((noinline)) void descend_small(int depth)
{
	if (depth > 0)
		descend_small(depth - 1);
	else
		work();
	sink++;		/* no tail call */
}

static __attribute__((noinline)) void descend_large(int depth)
{
	volatile char frame[168];	/* about 200 bytes with what is saved */

	frame[0] = (char)depth;
	if (depth > 0)
		descend_large(depth - 1);
	else
		work();
	sink += (unsigned long)frame[0];
}

int main(int argc, char **argv)
{
	int depth = argc > 1 ? atoi(argv[1]) : 500;
	int bytes = argc > 2 ? atoi(argv[2]) : 16;

	double seconds = argc > 3 ? atof(argv[3]) : 1;
	int spread = argc > 4 ? atoi(argv[4]) : 0;

	for (int i = 0; until < seconds; i++) {
		until = spread ? until + .001 : seconds;
		if (bytes >= 200)
			descend_large(depth + (spread ? i % spread : 0));
		else
			descend_small(depth + (spread ? i % spread : 0));
	}
	return 0;
}
