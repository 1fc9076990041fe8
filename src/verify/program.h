// SPDX-License-Identifier: Apache-2.0
/*
 * verify/program.h - the programs of cprofd-verify, whose profile is known.
 *
 *	cprofd-verify CASE SECONDS RATE_HZ	SECONDS of CPU time
 *
 * Each measures in the very run how long its parts took, by the CPU clock of its
 * threads, and says so at its end, a line per truth (verify/verify.h reads them):
 *
 *	cpu SECONDS			all CPU time
 *	total FUNCTION SECONDS		with the function on the stack
 *	self FUNCTION SECONDS		on top of it
 *	thread NAME TID SECONDS		of the thread
 *	kernel SECONDS			in the kernel
 *	depth TOP FUNCTION N		whenever TOP is on the stack, FUNCTION is N times
 *	inside FUNCTION CALLER		whenever FUNCTION is on the stack, CALLER is further out
 *
 * Parts take milliseconds: reading the CPU clock of a thread is where the kernel finds
 * that its time slice is over.  On a busy machine a thread that often reads it would
 * be found waiting there by an engine that stops threads.  And how long they take, or
 * their order, is random: a fixed rhythm could be in step with the sampler.
 *
 * They are built as release builds are, without frame pointers.  What is not said
 * about main() is what the measuring itself costs.
 *
 * To add one: program_NAME.c with a `const struct program program_NAME`, in the
 * table in program_main.c; its name and what it shows in verify.c; Makefile.am;
 * the help of cmd_verify.c, man/cprofd.1 and packaging/completions.
 */
#ifndef CPROFD_VERIFY_PROGRAM_H
#define CPROFD_VERIFY_PROGRAM_H

#include <stdint.h>
#include <stdio.h>

#include "base/clock.h"

struct program {
	const char *name;
	void (*run)(double seconds, unsigned int rate_hz);
};

extern const struct program program_deep;
extern const struct program program_deeper;
extern const struct program program_lockstep;
extern const struct program program_recursion;
extern const struct program program_shares;
extern const struct program program_signal;
extern const struct program program_syscalls;
extern const struct program program_threads;

/* A function that the truth is about.  Global, so that a stripped program, too, has
 * its name among the dynamic symbols. */
#define PART(prototype) prototype; __attribute__((noinline)) prototype

/*
 * Compute for `n` rounds, about a nanosecond each.  Every part has an odd constant
 * of its own, or the linker could make one function of two.
 */
#define COMPUTE(n, constant)                                                   \
	do {                                                                   \
		uint64_t x_ = program_sink;                                    \
		for (unsigned int i_ = (n); i_ > 0; i_--)                      \
			x_ = x_ * 6364136223846793005u + (constant);           \
		program_sink = x_;                                             \
	} while (0)

extern volatile uint64_t program_sink;

static inline uint64_t thread_cpu_ns(void)
{
	return clock_ns(CLOCK_THREAD_CPUTIME_ID);
}

static inline uint64_t process_cpu_ns(void)
{
	return clock_ns(CLOCK_PROCESS_CPUTIME_ID);
}

/* Is this CPU time of the whole process used up? */
static inline int used_up(double seconds)
{
	return (double)process_cpu_ns() >= seconds * 1e9;
}

/* Call a part and add its CPU time to *ns. */
static inline void measured(void (*part)(void), uint64_t *ns)
{
	uint64_t from = thread_cpu_ns();

	part();
	*ns += thread_cpu_ns() - from;
}

/* A number from 0 to 9. */
static inline unsigned int draw(void)
{
	static uint64_t seed = 88172645463325252u;

	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (unsigned int)(seed >> 33) % 10;
}

static inline void say_seconds(const char *what, const char *name, uint64_t ns)
{
	printf("%s %s %.9f\n", what, name, (double)ns / 1e9);
}

#endif
