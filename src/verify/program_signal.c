// SPDX-License-Identifier: Apache-2.0
/*
 * A handler that takes about a quarter of the CPU time of what it interrupts, at any
 * instruction of it: its stacks have to go on through the signal frame.
 */
#include "verify/program.h"

#include <signal.h>
#include <sys/time.h>

#define UNIT 5000000
#define EVERY_US 20011

static double until_s;
static volatile uint64_t handler_ns;

PART(void handler(int sig))
{
	uint64_t from = thread_cpu_ns();

	(void)sig;
	COMPUTE(UNIT, 1442695040888963433u);
	handler_ns += thread_cpu_ns() - from;
}

static void every(long us)
{
	struct itimerval timer = { { 0, us }, { 0, us } };

	setitimer(ITIMER_PROF, &timer, NULL);
}

PART(void interrupted(void))
{
	every(EVERY_US);
	while (!used_up(until_s))
		COMPUTE(UNIT, 1442695040888963435u);
	every(0);
}

static void run(double seconds, unsigned int rate_hz)
{
	struct sigaction sa = { .sa_handler = handler };
	uint64_t interrupted_ns = 0;

	(void)rate_hz;
	until_s = seconds;
	sigaction(SIGPROF, &sa, NULL);
	measured(interrupted, &interrupted_ns);
	say_seconds("total", "handler", handler_ns);
	say_seconds("total", "interrupted", interrupted_ns);
	printf("inside handler interrupted\n");
	printf("inside handler main\n");
}

const struct program program_signal = { "signal", run };
