// SPDX-License-Identifier: Apache-2.0
/*
 * verify/verify.h - is what a recording shows what the program says it did?
 *
 *	if (truth_parse(text, &truth, err) < 0)		what cprofd-verify printed
 *		...
 *	verdict_make(profile, &truth, sees_kernel, &v);
 *	v.ok, v.why
 *
 * A share is held against its truth by the interval that users see.  One 95 %
 * interval in twenty misses, and a run compares some twenty: so a share is off only
 * if the truth lies outside an interval 2.25 times as wide, that of 99.999 %, and
 * VERIFY_SLACK beyond, which is how well the programs know themselves.  A healthy
 * engine meets this once in a thousand runs; one in lockstep, or with stacks of the
 * wrong thread, is ten such intervals off.
 */
#ifndef CPROFD_VERIFY_VERIFY_H
#define CPROFD_VERIFY_VERIFY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "profile/stats.h"
#include "record/record.h"

struct error;
struct profile;

#define VERIFY_SLACK 0.005	/* reading a clock around a part costs that much */
#define VERIFY_MIN_SAMPLES 20	/* fewer show nothing */
#define VERIFY_MIN_SEEN 0.75	/* of the CPU time used, in samples or known as hidden */
#define VERIFY_MIN_TOLD 0.95	/* the same, and what the ledger says was not sampled */
#define VERIFY_MAX_TOLD 1.05
#define VERIFY_MAX_WRONG 0.02	/* of the stacks */
#define VERIFY_FEW 3		/* stacks are no verdict: an exec has odd moments */
#define VERIFY_MAX_PENDING 0.2	/* a busy machine makes unwind tables late */

struct verify_case {
	const char *name;
	const char *shows;	/* for people */
};

/* In the order they are run; verify/program.h says how to add one. */
extern const struct verify_case verify_cases[];
extern const size_t verify_n_cases;

/* ---- what the program says ---- */

enum truth_kind {
	TRUTH_TOTAL, TRUTH_SELF, TRUTH_THREAD, TRUTH_KERNEL,	/* have seconds */
	TRUTH_DEPTH, TRUTH_INSIDE,				/* are about stacks */
};

#define TRUTH_MAX 16
#define TRUTH_NAME_MAX 32

struct truth_line {
	enum truth_kind kind;
	char name[TRUTH_NAME_MAX];
	char other[TRUTH_NAME_MAX];	/* DEPTH: what is there `n` times; INSIDE: the caller */
	uint32_t n;			/* THREAD: its tid */
	double seconds;
};

struct truth {
	double cpu_s;
	double rusage_user_s, rusage_kernel_s;	/* 0: not said */
	struct truth_line lines[TRUTH_MAX];
	size_t n;
};

/* Fails with EBADMSG, naming the line, if it is not as verify/program.h says. */
int truth_parse(const char *text, struct truth *out, struct error *err);

/* ---- whether it is so ---- */

struct verify_share {
	const struct truth_line *line;
	double truth;
	struct interval shown;
	double diff;		/* shown less true, beyond what the kernel may have */
	double low, high;	/* within which the truth has to be */
	bool covered;		/* the 95 % interval has it */
	bool ok;
};

struct verdict {
	struct verify_share shares[TRUTH_MAX];
	size_t n_shares, n_covered;
	uint64_t n_samples;
	double error;		/* the largest difference of a share to its truth */
	double error_half;	/* half the width of that share's 95 % interval */
	double bias;		/* the mean difference, signed */
	double seen;		/* CPU time that is 100 % in a report, of that used */
	double told;		/* with what the ledger has beside it */
	double complete;	/* samples whose stacks are as they have to be */
	double pending;		/* the others: before their unwind table was there, */
	double wrong;		/* and those without such an excuse, */
	enum record_outcome wrong_outcome;	/* most of which end so */
	bool ok;
	char why[200];		/* not ok: the first reason */
};

/*
 * `truth` has to live as long as the verdict.  Without `sees_kernel` an engine counts
 * the kernel's time as its caller's: TRUTH_KERNEL is left out.
 */
void verdict_make(const struct profile *p, const struct truth *truth, bool sees_kernel,
		  struct verdict *out);

#endif
