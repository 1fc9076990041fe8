// SPDX-License-Identifier: Apache-2.0
/*
 * Two at a time, threads or processes that live for a millisecond: 0.3 ms of it in
 * early(), then 0.7 ms in late().  Until it is killed.
 *
 *	short_lived threads|processes
 */
#include <pthread.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static volatile unsigned long sink;

static double cpu_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void burn(double ms)
{
	double end = cpu_ms() + ms;

	while (cpu_ms() < end)
		for (int i = 0; i < 2000; i++)
			sink += (unsigned long)i;
}

static __attribute__((noinline)) void early(void)
{
	burn(.3);
	sink++;		/* not a tail call */
}

static __attribute__((noinline)) void late(void)
{
	burn(.7);
	sink++;
}

static void *live(void *arg)
{
	early();
	late();
	return arg;
}

static void two_threads(void)
{
	pthread_t threads[2];

	for (int i = 0; i < 2; i++)
		pthread_create(&threads[i], NULL, live, NULL);
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
}

static void two_processes(void)
{
	for (int i = 0; i < 2; i++)
		if (fork() == 0) {
			live(NULL);
			_exit(0);
		}
	while (wait(NULL) > 0)
		;
}

int main(int argc, char **argv)
{
	const int forks = argc > 1 && strcmp(argv[1], "processes") == 0;

	for (;;)
		(forks ? two_processes : two_threads)();
}
