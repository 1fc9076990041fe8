// SPDX-License-Identifier: Apache-2.0
/*
 * In step with the clock: gated() computes in the first fifth of each period,
 * ungated() in the rest.  A sampler with the same period sees only one of them.
 *
 *	lockstep PERIOD_US SECONDS [late]
 *
 * With "late" a thread that is born after half a second does it.  Prints the
 * share of gated()'s calls, which all cost the same: the truth of this run.
 */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static volatile uint64_t sink;
static uint64_t period_ns, seconds_ns;
static unsigned long n_gated, n_ungated;

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static __attribute__((noinline)) void gated(void)
{
	for (int i = 0; i < 2000; i++)
		sink += (uint64_t)i;
}

static __attribute__((noinline)) void ungated(void)
{
	for (int i = 0; i < 2000; i++)
		sink ^= (uint64_t)i;
}

static void *run(void *arg)
{
	uint64_t end = now_ns() + seconds_ns;

	for (uint64_t t; (t = now_ns()) < end;) {
		if (t % period_ns < period_ns / 5) {
			gated();
			n_gated++;
		} else {
			ungated();
			n_ungated++;
		}
	}
	return arg;
}

int main(int argc, char **argv)
{
	pthread_t t;

	period_ns = (uint64_t)((argc > 1 ? atof(argv[1]) : 10000) * 1e3);
	seconds_ns = (uint64_t)((argc > 2 ? atof(argv[2]) : 1) * 1e9);
	if (argc > 3 && strcmp(argv[3], "late") == 0) {
		usleep(500000);
		pthread_create(&t, NULL, run, NULL);
		pthread_join(t, NULL);
	} else {
		run(NULL);
	}
	printf("%.2f\n", 100.0 * (double)n_gated / (double)(n_gated + n_ungated));
	return 0;
}
