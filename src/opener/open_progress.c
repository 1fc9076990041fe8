// SPDX-License-Identifier: Apache-2.0
/*
 * How far the target has come, for the effect of sampling on it.  Only we may read that.
 *
 * A look that was interrupted for long says nothing of one moment: then there is
 * another.
 */
#include "opener/opener_internal.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/util.h"
#include "proc/progress.h"

#define LOOK_NS (NS_PER_MS / 2)
#define LOOKS 5
#define SWITCHES_MAX_THREADS 64	/* each has a file of its own */

static void add(struct o_progress *sum, enum record_progress which, bool known, uint64_t value)
{
	uint64_t *to = &sum->progress[which];

	*to = known && *to != PROGRESS_UNKNOWN ? *to + value : PROGRESS_UNKNOWN;
}

static void look(const struct opener *o, bool switches, struct o_progress *sum)
{
	for (size_t i = 0; i < o->n_targets; i++) {
		const struct target *t = &o->targets[i];
		uint64_t calls = 0, bytes = 0, faults, waits = 0, children_ns;
		bool io = proc_read_io(t->dir, &calls, &bytes);

		if (!proc_read_stat(t->dir, &faults, &children_ns))
			continue;	/* it has ended: what it did is its parent's */
		sum->cpu_ns += proc_cpu_ns(t->pid) + children_ns;
		add(sum, PROGRESS_CALLS, io, calls);
		add(sum, PROGRESS_BYTES, io, bytes);
		add(sum, PROGRESS_FAULTS, true, faults);
		add(sum, PROGRESS_SWITCHES, switches && proc_read_switches(t->dir, &waits), waits);
	}
}

uint64_t progress_cpu_ns(const struct opener *o)
{
	struct o_progress sum = { 0 };

	look(o, false, &sum);
	return sum.cpu_ns;
}

static size_t count_threads(const struct opener *o)
{
	struct error err;
	size_t sum = 0;

	for (size_t i = 0; i < o->n_targets; i++) {
		_cleanup_(freep) pid_t *tids = NULL;
		size_t n;

		if (proc_list_threads(o->targets[i].dir, &tids, &n, &err) == 0)
			sum += n;
	}
	return sum;
}

void progress_answer(struct opener *o, const struct s_progress *ask)
{
	/* Our own stops would be among them. */
	bool switches = !o->ptrace && count_threads(o) <= SWITCHES_MAX_THREADS;
	struct o_progress best = { .type = O_PROGRESS };
	uint64_t shortest = UINT64_MAX;

	for (int i = 0; i < LOOKS && shortest > LOOK_NS; i++) {
		struct o_progress now = { .type = O_PROGRESS, .sequence = ask->sequence };
		uint64_t from = clock_mono_ns(), took;

		look(o, switches, &now);
		took = clock_mono_ns() - from;
		now.time_ns = from + took / 2;
		if (took < shortest)
			best = now;
		shortest = min_of(shortest, took);
	}
	opener_send(o, &best, sizeof(best), NULL, 0);
}
