// SPDX-License-Identifier: Apache-2.0
/*
 * gaps SECONDS - what a profiler's samples cost the program that they are taken of.
 *
 * Looks at the clock as fast as it can, 30 calls deep, and prints the median of
 * the gaps that are longer than a few looks: each is one interrupt as the program
 * feels it.  At 10 kHz and more nearly all of them are samples; being scheduled
 * away makes a few long ones, which a median does not mind.
 *
 * Prints: how many gaps, then their quartiles and the mean of those below 100 us,
 * in ns.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define MAX_GAPS 4000000
#define GAP_NS 1500	/* a look takes some 30 ns */
#define LONG_NS 100000	/* more than any sample costs: another program ran */
#define DEPTH 30

static uint32_t *gaps;
static size_t n_gaps;
static volatile unsigned long sink;

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static __attribute__((noinline)) void look(uint64_t until)
{
	for (uint64_t t = now_ns(), next; t < until; t = next) {
		next = now_ns();
		if (next - t > GAP_NS && n_gaps < MAX_GAPS)
			gaps[n_gaps++] = next - t > UINT32_MAX ? UINT32_MAX : (uint32_t)(next - t);
	}
}

static __attribute__((noinline)) void descend(int depth, uint64_t until)
{
	if (depth)
		descend(depth - 1, until);
	else
		look(until);
	sink++;		/* no tail call */
}

static int by_value(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

int main(int argc, char **argv)
{
	double sum = 0;
	size_t n = 0;

	gaps = malloc(MAX_GAPS * sizeof(*gaps));
	if (!gaps)
		return 1;
	for (size_t i = 0; i < MAX_GAPS; i += 1024)
		gaps[i] = 1;	/* no page faults later */
	descend(DEPTH, now_ns() + (uint64_t)((argc > 1 ? atof(argv[1]) : 1) * 1e9));
	if (!n_gaps)
		return 1;
	qsort(gaps, n_gaps, sizeof(*gaps), by_value);
	for (; n < n_gaps && gaps[n] < LONG_NS; n++)
		sum += gaps[n];
	printf("%zu %u %u %u %.0f\n", n_gaps, gaps[n_gaps / 4], gaps[n_gaps / 2],
	       gaps[n_gaps * 3 / 4], n ? sum / (double)n : 0);
	return 0;
}
