// SPDX-License-Identifier: Apache-2.0
/*
 * About half of the time in system calls that stay in the kernel, the rest in a
 * function that makes none.
 *
 * What getrusage(2) says of user and system time is itself a sample on most kernels,
 * taken by the tick and some points off within a second; the CPU clock around the
 * calls is exact.  The two are compared here, so that a wrong truth would be noticed.
 */
#include "verify/program.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#define UNIT 5000000
#define CALLS 4000

static char bytes[1 << 16];
static int zero;

PART(void compute(void)) { COMPUTE(UNIT, 1442695040888963437u); }

PART(void call(void))
{
	for (int i = 0; i < CALLS; i++)
		if (read(zero, bytes, sizeof(bytes)) < 0)
			exit(1);
}

static void run(double seconds, unsigned int rate_hz)
{
	uint64_t compute_ns = 0, call_ns = 0;
	struct rusage u;

	(void)rate_hz;
	zero = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	while (!used_up(seconds)) {
		if (draw() < 5)
			measured(compute, &compute_ns);
		else
			measured(call, &call_ns);
	}
	getrusage(RUSAGE_SELF, &u);
	say_seconds("total", "call", call_ns);
	say_seconds("total", "compute", compute_ns);
	printf("kernel %.9f\n", (double)call_ns / 1e9);
	printf("rusage %.6f %.6f\n", (double)u.ru_utime.tv_sec + (double)u.ru_utime.tv_usec / 1e6,
	       (double)u.ru_stime.tv_sec + (double)u.ru_stime.tv_usec / 1e6);
}

const struct program program_syscalls = { "syscalls", run };
