// SPDX-License-Identifier: Apache-2.0
/*
 * tests/unit/fixture.h - a made-up recording with everything in it.
 *
 * A program "shop" that runs for 30 s in two threads at 199 Hz: recursion,
 * inlined calls, a library and the kernel below it, code without names, stacks
 * that end early in every way that matters, phases, lost samples, counters, and
 * notes.  The same samples each time.
 */
#ifndef CPROFD_TESTS_UNIT_FIXTURE_H
#define CPROFD_TESTS_UNIT_FIXTURE_H

#include <stdbool.h>
#include <stdint.h>

#define FIXTURE_START_NS 1000000000ull
#define FIXTURE_REAL_NS 1769090523000000000ull	/* 2026-01-22 14:02:03 UTC */
#define FIXTURE_PERIOD_NS 5000000u
#define FIXTURE_N_SAMPLES 8000
#define FIXTURE_PYTHON_SAMPLES 4000

struct fixture_options {
	uint32_t n_samples;	/* 0: FIXTURE_N_SAMPLES */
	bool hidden;		/* the kernel is not visible */
	bool unfinished;	/* no END record */
	bool hostile;		/* names that attack terminals and formats */
	bool deep;		/* the middle of stacks is left out, not their root */
	bool late_symbols;	/* symbols after all samples, in an own block */
	bool python;		/* another one: "shop.py", of 20 s, with nothing of the above */
	bool usage;		/* what its process used, read every second */
	bool waits;		/* by ptrace: what waits was looked at, with stacks */
	bool counted;		/* of that: its calls were counted, too */
};

/* A recording in a memory file; the caller closes it. */
int fixture_fd(const struct fixture_options *o);

/* The one of Python. */
int fixture_python_fd(bool counted);

struct profile_load;

/* The same, read; ended with profile_load_close(). */
struct profile_load *fixture_load(const struct fixture_options *o);

#endif
