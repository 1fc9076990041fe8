// SPDX-License-Identifier: Apache-2.0
/*
 * Stacks of 500 frames, which have to be complete, and of 5,000, more than are kept: the
 * middle of them is left out and counted, or, of a copy, they are cut and say so.
 */
#include "verify/program.h"

#define DEEP 500
#define DEEPER 5000
#define UNIT 100000

static double until_s;
static uint64_t work_ns;

PART(void work(void))
{
	uint64_t from = thread_cpu_ns();

	while (!used_up(until_s))
		COMPUTE(UNIT, 1442695040888963419u);
	work_ns = thread_cpu_ns() - from;
}

/* Frames of 16 bytes: 500 fit into the smallest copy of a stack. */
PART(void descend(int depth))
{
	if (depth > 1)
		descend(depth - 1);
	else
		work();
	program_sink++;		/* no tail call */
}

static void run_to(double seconds, int depth)
{
	until_s = seconds;
	descend(depth);
	say_seconds("total", "work", work_ns);
	printf("depth work descend %d\n", depth);
	printf("inside work main\n");
}

static void run_deep(double seconds, unsigned int rate_hz)
{
	(void)rate_hz;
	run_to(seconds, DEEP);
}

static void run_deeper(double seconds, unsigned int rate_hz)
{
	(void)rate_hz;
	run_to(seconds, DEEPER);
}

const struct program program_deep = { "deep", run_deep };
const struct program program_deeper = { "deeper", run_deeper };
