// SPDX-License-Identifier: Apache-2.0
#include "verify/verify.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/util.h"
#include "profile/profile.h"
#include "profile/stack_walk.h"
#include "profile/summary.h"

#define WIDER 2.25	/* 99.999 % of a normal distribution, in 95 % intervals */

const struct verify_case verify_cases[] = {
	{ "shares", "three functions, 50, 30 and 20 %" },
	{ "recursion", "20 levels of it are counted once" },
	{ "deep", "stacks of 500 frames, complete" },
	{ "deeper", "stacks of 5,000 frames: what is not kept is counted" },
	{ "lockstep", "a program in step with the sampler" },
	{ "threads", "four threads, two of them born later" },
	{ "signal", "stacks through a signal handler" },
	{ "syscalls", "half of the time in the kernel" },
};
const size_t verify_n_cases = array_len(verify_cases);

/* ---- what the program says ---- */

/* Width of a name in sscanf(), TRUTH_NAME_MAX less one. */
#define NAME "%31s"

static bool parse_line(const char *s, struct truth *out)
{
	struct truth_line l = { 0 };
	char kind[16];
	int end = 0, n;
	bool ok;

	if (sscanf(s, "cpu %lf%n", &out->cpu_s, &end) == 1 ||
	    sscanf(s, "rusage %lf %lf%n", &out->rusage_user_s, &out->rusage_kernel_s, &end) == 2)
		return !s[end];
	if (sscanf(s, "kernel %lf%n", &l.seconds, &end) == 1) {
		l.kind = TRUTH_KERNEL;
		snprintf(l.name, sizeof(l.name), "the kernel");
		ok = true;
	} else if (sscanf(s, "depth " NAME " " NAME " %d%n", l.name, l.other, &n, &end) == 3) {
		l.kind = TRUTH_DEPTH;
		l.n = (uint32_t)n;
		ok = n > 0;
	} else if (sscanf(s, "thread " NAME " %d %lf%n", l.name, &n, &l.seconds, &end) == 3) {
		l.kind = TRUTH_THREAD;
		l.n = (uint32_t)n;
		ok = n > 0;
	} else if (sscanf(s, "inside " NAME " " NAME "%n", l.name, l.other, &end) == 2) {
		l.kind = TRUTH_INSIDE;
		ok = true;
	} else {
		ok = sscanf(s, "%15s " NAME " %lf%n", kind, l.name, &l.seconds, &end) == 3;
		l.kind = ok && strcmp(kind, "self") == 0 ? TRUTH_SELF : TRUTH_TOTAL;
		ok = ok && (l.kind == TRUTH_SELF || strcmp(kind, "total") == 0);
	}
	if (!ok || s[end] || out->n == TRUTH_MAX)
		return false;
	out->lines[out->n++] = l;
	return true;
}

int truth_parse(const char *text, struct truth *out, struct error *err)
{
	*out = (struct truth){ 0 };
	for (unsigned int i = 1; *text; i++) {
		size_t len = strcspn(text, "\n");
		char line[128];

		snprintf(line, sizeof(line), "%.*s", (int)min_of(len, sizeof(line)), text);
		if (len >= sizeof(line) || !parse_line(line, out))
			return error_set(err, EBADMSG, "line %u of what the program said: %s", i, line);
		text += len + (text[len] == '\n');
	}
	for (size_t i = 0; i < out->n; i++)
		if (!(out->lines[i].seconds >= 0 && out->lines[i].seconds <= out->cpu_s * 1.01))
			return error_set(err, EBADMSG, "the program used %g s, %g of them in %s",
					 out->cpu_s, out->lines[i].seconds, out->lines[i].name);
	if (!(out->cpu_s > 0))
		return error_set(err, EBADMSG, "the program did not say what CPU time it used");
	return 0;
}

/* ---- shares ---- */

struct work {
	const struct profile *p;
	struct summary sum;
	double hidden;		/* share of the kernel where it is not visible */
	double kernel;		/* the same, and where it is */
};

/* Is what runs on top of this leaf in the kernel? */
static bool in_kernel(const struct profile *p, uint32_t leaf)
{
	uint32_t stack = p->leaves[leaf];

	if (stack < RECORD_STACK_FIRST)
		return stack == OUTCOME_NO_USER;

	uint32_t module = p->frames[p->stacks[stack].frame].module;

	return module != RECORD_NONE && p->modules[module].kind == MODULE_KERNEL;
}

static uint64_t kernel_ns(const struct work *w)
{
	uint64_t ns = w->sum.hidden_ns;

	for (uint32_t i = 0; i < w->sum.n_leaves; i++)
		if (in_kernel(w->p, i))
			ns += w->sum.all_leaves[i].weight_ns;
	return ns;
}

static uint64_t thread_ns(const struct work *w, uint32_t tid)
{
	const struct samples *s = &w->p->samples;
	uint64_t ns = 0;

	for (size_t i = 0; i < s->n; i++)
		if (samples_state(s->state[i]) == STATE_RUNNING && w->p->threads[s->thread[i]].tid == tid)
			ns += s->weight_ns[i];
	return ns;
}

/* A name that is nowhere was never seen: a share of 0. */
static struct interval shown(const struct work *w, const struct truth_line *l)
{
	uint32_t n, function;

	if (l->kind == TRUTH_KERNEL)
		return summary_part(&w->sum, kernel_ns(w));
	if (l->kind == TRUTH_THREAD)
		return summary_part(&w->sum, thread_ns(w, l->n));
	function = summary_find(w->p, &w->sum, l->name, &n);
	if (!n || strcmp(profile_string(w->p, w->p->functions[function].name), l->name) != 0)
		return summary_part(&w->sum, 0);
	return l->kind == TRUTH_SELF ? summary_self(&w->sum, function)
				     : summary_total(&w->sum, function);
}

/*
 * What the kernel does meanwhile (interrupts, page faults) is the function's in
 * truth, but not its own in a profile, and not even in its total where the kernel is
 * not visible: so much less may be shown.
 */
static double may_lack(const struct work *w, enum truth_kind kind)
{
	return kind == TRUTH_SELF ? w->kernel : kind == TRUTH_KERNEL ? 0 : w->hidden;
}

static void compare_share(const struct work *w, const struct truth *truth,
			  const struct truth_line *l, struct verify_share *s)
{
	double lack = may_lack(w, l->kind);

	s->line = l;
	s->truth = l->seconds / truth->cpu_s;
	s->shown = shown(w, l);
	s->low = s->shown.share - WIDER * (s->shown.share - s->shown.low) - VERIFY_SLACK;
	s->high = s->shown.share + WIDER * (s->shown.high - s->shown.share) + VERIFY_SLACK + lack;
	s->diff = s->truth < s->shown.share ? s->shown.share - s->truth
					    : fmin(0, s->shown.share + lack - s->truth);
	s->covered = s->truth >= s->shown.low && s->truth <= s->shown.high + lack;
	s->ok = s->truth >= s->low && s->truth <= s->high;
}

static void compare_shares(const struct work *w, const struct truth *truth, bool sees_kernel,
			   struct verdict *v)
{
	for (size_t i = 0; i < truth->n; i++) {
		const struct truth_line *l = &truth->lines[i];
		struct verify_share *s = &v->shares[v->n_shares];

		if (l->kind > TRUTH_KERNEL || (l->kind == TRUTH_KERNEL && !sees_kernel))
			continue;
		compare_share(w, truth, l, s);
		v->n_shares++;
		v->n_covered += s->covered;
		v->bias += s->diff;
		if (fabs(s->diff) >= v->error) {
			v->error = fabs(s->diff);
			v->error_half = (s->shown.high - s->shown.low) / 2;
		}
	}
	if (v->n_shares)
		v->bias /= (double)v->n_shares;
}

/* ---- stacks ---- */

/*
 * Is `name` on this stack, how often is `other`, and was that found further out?  Frames
 * that were left out are taken for `other`.
 */
struct seen {
	bool name;
	uint32_t n_other;
	bool outside;
};

/* How many frames the samples of a stack leave out, if all the same; else 0. */
static uint32_t n_left_out(const struct profile *p, uint32_t stack)
{
	uint64_t n = 0;

	for (size_t i = 0; i < p->n_gaps; i++) {
		if (p->gaps[i].stack != stack)
			continue;
		if (n && p->gaps[i].size != n)
			return 0;
		n = p->gaps[i].size;
	}
	return (uint32_t)n;
}

static struct seen look(const struct profile *p, uint32_t leaf, const struct truth_line *l,
			uint32_t *outcome)
{
	struct stack_walk walk = stack_walk_from(p, p->shown.leaves[leaf]);
	const struct profile_level *call;
	struct seen seen = { 0 };

	while ((call = stack_walk_next(&walk))) {
		const char *is = profile_string(p, p->functions[call->function].name);

		if (strcmp(is, l->other) == 0) {
			seen.n_other++;
			seen.outside = seen.name;
		}
		seen.name |= strcmp(is, l->name) == 0;
	}
	*outcome = walk.stack;
	if (*outcome == OUTCOME_LEFT_OUT)
		seen.n_other += n_left_out(p, p->leaves[leaf]);
	return seen;
}

/*
 * Deeper stacks than this may be cut, if they say so and are not nearly empty: at this
 * depth a copy of 16 KiB, the smallest, is full.
 */
#define MAY_BE_CUT 1000
#define MIN_OF_CUT 500

static bool stack_is_right(const struct profile *p, uint32_t leaf, const struct truth_line *l)
{
	uint32_t outcome;
	struct seen seen = look(p, leaf, l, &outcome);
	bool cut = outcome == OUTCOME_COPY || outcome == OUTCOME_LIMIT;

	if (!seen.name)
		return record_outcome_has_root(outcome) || outcome == OUTCOME_NO_USER;
	if (l->kind == TRUTH_DEPTH && l->n >= MAY_BE_CUT && cut)
		return seen.n_other >= MIN_OF_CUT && seen.n_other <= l->n;
	if (!record_outcome_has_root(outcome))
		return false;
	return l->kind == TRUTH_DEPTH ? seen.n_other == l->n : seen.outside;
}

static bool may_be_cut(const struct truth *truth)
{
	for (size_t i = 0; i < truth->n; i++)
		if (truth->lines[i].kind == TRUTH_DEPTH && truth->lines[i].n >= MAY_BE_CUT)
			return true;
	return false;
}

/* How the stack of a leaf ends at its root. */
static enum record_outcome outcome_of(const struct profile *p, uint32_t leaf)
{
	uint32_t stack = p->leaves[leaf];

	while (stack >= RECORD_STACK_FIRST)
		stack = p->stacks[stack].parent;
	return (enum record_outcome)stack;
}

static bool leaf_is_right(const struct profile *p, uint32_t leaf, const struct truth *truth)
{
	/* Without any truth about stacks they have to be complete. */
	static const struct truth_line complete = { .kind = TRUTH_INSIDE };
	bool cut = may_be_cut(truth) && !record_outcome_has_root(outcome_of(p, leaf));

	if (!cut && !stack_is_right(p, leaf, &complete))
		return false;
	for (size_t i = 0; i < truth->n; i++) {
		const struct truth_line *l = &truth->lines[i];

		/* Of a stack that is cut nobody knows who is further out. */
		if ((l->kind == TRUTH_DEPTH || (l->kind == TRUTH_INSIDE && !cut)) &&
		    !stack_is_right(p, leaf, l))
			return false;
	}
	return true;
}

static void compare_stacks(const struct work *w, const struct truth *truth, struct verdict *v)
{
	uint64_t n[RECORD_STACK_FIRST] = { 0 }, n_wrong = 0, n_pending = 0;
	double all = (double)w->sum.received.count;

	v->n_samples = w->sum.received.count;
	if (!v->n_samples)
		return;
	for (uint32_t i = 0; i < w->sum.n_leaves; i++)
		if (w->sum.all_leaves[i].count && !leaf_is_right(w->p, i, truth))
			n[outcome_of(w->p, i)] += w->sum.all_leaves[i].count;
	n_pending = n[OUTCOME_PENDING];
	n[OUTCOME_PENDING] = 0;
	for (enum record_outcome o = 0; o < OUTCOME_COUNT; o++) {
		n_wrong += n[o];
		if (n[o] > n[v->wrong_outcome])
			v->wrong_outcome = o;
	}
	v->wrong = (double)n_wrong / all;
	v->pending = (double)n_pending / all;
	v->complete = 1 - v->wrong - v->pending;
}

/* ---- both ---- */

static void judge(struct verdict *v)
{
	if (v->n_samples < VERIFY_MIN_SAMPLES) {
		snprintf(v->why, sizeof(v->why), "only %u samples: a longer -d or a higher -F", (unsigned int)v->n_samples);
		return;
	}
	for (size_t i = 0; i < v->n_shares; i++) {
		const struct verify_share *s = &v->shares[i];
		static const char *const kinds[] = { " in all", " itself", " (thread)", "" };

		if (s->ok)
			continue;
		snprintf(v->why, sizeof(v->why), "%s%s: %.1f %% shown, %.1f %% true, allowed %.1f to %.1f",
			 s->line->name, kinds[s->line->kind], 100 * s->shown.share, 100 * s->truth,
			 100 * fmax(0, s->low), 100 * fmin(1, s->high));
		return;
	}
	if (v->told < VERIFY_MIN_TOLD || v->told > VERIFY_MAX_TOLD)
		snprintf(v->why, sizeof(v->why), "%.1f %% of the CPU time is accounted for, allowed %.0f to %.0f",
			 100 * v->told, 100 * VERIFY_MIN_TOLD, 100 * VERIFY_MAX_TOLD);
	else if (v->seen < VERIFY_MIN_SEEN)
		snprintf(v->why, sizeof(v->why), "%.1f %% of the CPU time is shown, at least %.0f are wanted",
			 100 * v->seen, 100 * VERIFY_MIN_SEEN);
	else if (v->wrong > VERIFY_MAX_WRONG &&
		 v->wrong * (double)v->n_samples > VERIFY_FEW)
		snprintf(v->why, sizeof(v->why), "%.1f %% of the stacks are wrong, %.0f are allowed; most of them: %s",
			 100 * v->wrong, 100 * VERIFY_MAX_WRONG,
			 v->wrong_outcome == OUTCOME_COMPLETE ? "not what is called there"
							      : record_outcome_name(v->wrong_outcome));
	else if (v->pending > VERIFY_MAX_PENDING)
		snprintf(v->why, sizeof(v->why), "%.1f %% of the stacks came before their unwind table, %.0f are allowed",
			 100 * v->pending, 100 * VERIFY_MAX_PENDING);
	else
		v->ok = true;
}

void verdict_make(const struct profile *p, const struct truth *truth, bool sees_kernel,
		  struct verdict *out)
{
	static const struct selection everything = { 0 };
	struct work w = { .p = p };

	*out = (struct verdict){ 0 };
	summary_make(p, &everything, &w.sum);
	w.hidden = summary_share(&w.sum, w.sum.hidden_ns);
	w.kernel = summary_share(&w.sum, kernel_ns(&w));
	out->seen = (double)w.sum.base_ns / (truth->cpu_s * 1e9);
	out->told = out->seen + (double)(w.sum.lost.weight_ns + w.sum.unsampled_ns +
					 w.sum.throttled_ns) / (truth->cpu_s * 1e9);
	compare_stacks(&w, truth, out);
	compare_shares(&w, truth, sees_kernel, out);
	judge(out);
	summary_deinit(&w.sum);
}
