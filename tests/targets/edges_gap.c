// SPDX-License-Identifier: Apache-2.0
/*
 * main calls outer, that middle, that inner, which has a large frame and no frame
 * pointer: without unwind information who follows frame pointers misses middle.
 *
 *	edges_gap SECONDS	of CPU time
 */
#include <stdlib.h>
#include <time.h>

#define CALLED static __attribute__((noinline, noclone))

static volatile unsigned long sink;

CALLED void inner(int n)
{
	volatile char room[400];

	room[n & 7] = 1;
	for (int i = 0; i < n; i++)
		sink += (unsigned long)i + (unsigned char)room[3];
}

CALLED void middle(int n)
{
	inner(n);
	sink++;
}

CALLED void outer(int n)
{
	middle(n);
	sink++;
}

int main(int argc, char **argv)
{
	double seconds = argc > 1 ? atof(argv[1]) : 1;

	while ((double)clock() / CLOCKS_PER_SEC < seconds)
		for (int i = 0; i < 100; i++)
			outer(20000);
	return 0;
}
