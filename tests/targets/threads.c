// SPDX-License-Identifier: Apache-2.0
/*
 * Threads that compute and threads that sleep.
 *
 *	threads BUSY IDLE SECONDS
 */
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

static volatile unsigned long sink;

static __attribute__((noinline)) void burn(void)
{
	for (int i = 0; i < 1000000; i++)
		sink += (unsigned long)i;
}

static void *busy(void *arg)
{
	for (;;)
		burn();
	return arg;
}

static void *idle(void *arg)
{
	for (;;)
		usleep(1000000);
	return arg;
}

int main(int argc, char **argv)
{
	int n_busy = argc > 1 ? atoi(argv[1]) : 2, n_idle = argc > 2 ? atoi(argv[2]) : 0;
	pthread_t t;

	while (n_busy-- > 0)
		pthread_create(&t, NULL, busy, NULL);
	while (n_idle-- > 0)
		pthread_create(&t, NULL, idle, NULL);
	usleep((useconds_t)((argc > 3 ? atof(argv[3]) : 1) * 1e6));
	_exit(0);
}
