// SPDX-License-Identifier: Apache-2.0
/*
 * Calls of every kind: direct, of itself, through a pointer, by qsort(), into a
 * library (edges_lib.c), and a tail call.
 *
 *	edges SECONDS	of CPU time
 */
#include <stdlib.h>
#include <time.h>

void lib_outer(int n);

static volatile unsigned long sink;

#define CALLED static __attribute__((noinline, noclone))

CALLED void work(int n)
{
	for (int i = 0; i < n; i++)
		sink += (unsigned long)i * 3;
}

CALLED void direct(int n)
{
	work(n);
	sink++;
}

CALLED int tail_target(int n)
{
	for (int i = 0; i < n; i++)
		sink += (unsigned long)i * 5;
	return n;
}

CALLED int tail(int n)
{
	sink++;
	return tail_target(n + 1);
}

CALLED void by_tail(int n)
{
	sink += (unsigned long)tail(n);
}

static void (*volatile pointer)(int) = work;

CALLED void by_pointer(int n)
{
	pointer(n);
	sink++;
}

CALLED void recurse(int depth, int n)
{
	if (depth)
		recurse(depth - 1, n);
	else
		work(n);
	sink++;
}

static int compare(const void *a, const void *b)
{
	work(50);
	return *(const int *)a - *(const int *)b;
}

CALLED void by_qsort(void)
{
	int v[64];

	for (int i = 0; i < 64; i++)
		v[i] = i * 37 % 64;
	qsort(v, 64, sizeof(v[0]), compare);
	sink += (unsigned long)v[3];
}

CALLED void by_library(int n)
{
	lib_outer(n);
	sink++;
}

int main(int argc, char **argv)
{
	double seconds = argc > 1 ? atof(argv[1]) : 1;

	while ((double)clock() / CLOCKS_PER_SEC < seconds)
		for (int i = 0; i < 10; i++) {
			direct(20000);
			by_tail(20000);
			by_pointer(20000);
			recurse(5, 20000);
			by_qsort();
			by_library(20000);
		}
	return 0;
}
