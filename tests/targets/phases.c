// SPDX-License-Identifier: Apache-2.0
/*
 * Two threads, one after the other: "early" runs crunch() until it is over, then "late"
 * runs grind().  Each for so many seconds of CPU time, however long that takes.
 *
 *	phases SECONDS
 */
#include <pthread.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <time.h>

static volatile unsigned long sink;
static double seconds = 1;

static double cpu_time(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static __attribute__((noinline)) void crunch(void)
{
	for (int i = 0; i < 3000000; i++)
		sink += (unsigned long)i;
}

static __attribute__((noinline)) void grind(void)
{
	for (int i = 0; i < 3000000; i++)
		sink ^= (unsigned long)i;
}

static void *early(void *arg)
{
	prctl(PR_SET_NAME, "early");
	while (cpu_time() < seconds)
		crunch();
	return arg;
}

static void *late(void *arg)
{
	prctl(PR_SET_NAME, "late");
	while (cpu_time() < seconds)
		grind();
	return arg;
}

int main(int argc, char **argv)
{
	void *(*const phases[])(void *) = { early, late };

	if (argc > 1)
		seconds = atof(argv[1]);
	for (int i = 0; i < 2; i++) {
		pthread_t t;

		if (pthread_create(&t, NULL, phases[i], NULL) || pthread_join(t, NULL))
			return 1;
	}
	return 0;
}
