// SPDX-License-Identifier: Apache-2.0
/*
 * Two thirds of its CPU time in system calls, one third in compute(): it writes
 * to /dev/zero or /dev/null until getrusage() says that the balance holds.
 *
 *	syscalls SECONDS	prints the user and system seconds it used
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

static volatile uint64_t sink;
static char buf[65536];

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static __attribute__((noinline)) void compute(uint64_t ns)
{
	for (uint64_t end = now_ns() + ns; now_ns() < end;)
		for (int i = 0; i < 1000; i++)
			sink += (uint64_t)i;
}

/* Large reads: nearly all of it is in the kernel. */
static __attribute__((noinline)) void call(int fd, uint64_t ns)
{
	for (uint64_t end = now_ns() + ns; now_ns() < end;)
		if (read(fd, buf, sizeof(buf)) < 0)
			exit(1);
}

int main(int argc, char **argv)
{
	double seconds = argc > 1 ? atof(argv[1]) : 1;
	int fd = open("/dev/zero", O_RDONLY);
	struct rusage u;

	while ((double)clock() / CLOCKS_PER_SEC < seconds) {
		compute(100000 + (uint64_t)rand() % 100000);
		call(fd, 200000 + (uint64_t)rand() % 200000);
	}
	getrusage(RUSAGE_SELF, &u);
	printf("%ld.%06ld %ld.%06ld\n", (long)u.ru_utime.tv_sec, (long)u.ru_utime.tv_usec,
	       (long)u.ru_stime.tv_sec, (long)u.ru_stime.tv_usec);
	return 0;
}
