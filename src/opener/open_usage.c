// SPDX-License-Identifier: Apache-2.0
/*
 * What the processes of the target use, about once a second: sums since recording began, of
 * what each of them had more than when it was looked at before.  So nothing is lost when a
 * process or a thread ends, but what it did after the last look.
 */
#include "opener/opener_internal.h"

#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/util.h"
#include "proc/task.h"
#include "proc/usage.h"

#define MAX_THREADS 64		/* each has two files of its own */

/* A process when it was looked at last. */
struct target_usage {
	struct proc_usage sum;
	struct thread_of {
		pid_t tid;
		struct thread_usage sum;
	} *threads;
	size_t n_threads;
};

static uint64_t more(uint64_t now, uint64_t before)
{
	return now > before ? now - before : 0;
}

static void add(struct usage_opener *u, enum record_counter_what what, uint64_t n)
{
	u->sums[what - COUNTER_USER_NS] += n;
}

/* ---- threads ---- */

static const struct thread_usage *find_thread(const struct target_usage *t, pid_t tid)
{
	for (size_t i = 0; i < t->n_threads; i++)
		if (t->threads[i].tid == tid)
			return &t->threads[i].sum;
	return NULL;
}

/* What was there before the recording counts for nothing. */
static void look_at_threads(struct usage_opener *u, const struct target *target,
			    struct target_usage *t, bool first)
{
	_cleanup_(freep) struct thread_of *now = xcalloc(MAX_THREADS, sizeof(*now));
	_cleanup_(freep) pid_t *tids = NULL;
	struct error err;
	size_t n, n_now = 0;

	if (proc_list_threads(target->dir, &tids, &n, &err) < 0)
		return;
	u->n_threads += n;
	if (u->n_threads > MAX_THREADS) {
		u->too_many = true;
		return;
	}
	for (size_t i = 0; i < n; i++) {
		static const struct thread_usage none;
		const struct thread_usage *before = find_thread(t, tids[i]);
		struct thread_usage sum;

		if (!proc_read_thread_usage(target->dir, tids[i], &sum))
			continue;
		now[n_now++] = (struct thread_of){ tids[i], sum };
		before = before ? before : first ? &sum : &none;
		add(u, COUNTER_WAITS, more(sum.waits, before->waits));
		add(u, COUNTER_PREEMPTIONS, more(sum.preemptions, before->preemptions));
		add(u, COUNTER_QUEUE_NS, more(sum.queue_ns, before->queue_ns));
	}
	free(t->threads);
	t->threads = steal(now);
	t->n_threads = n_now;
}

/* ---- processes ---- */

static void look_at(struct opener *o, struct target *target)
{
	struct usage_opener *u = &o->usage;
	bool first = !u->begun, is_new = !target->usage;
	struct proc_usage now;

	if (!proc_read_usage(target->dir, &now))
		return;
	if (is_new)
		target->usage = xcalloc(1, sizeof(*target->usage));
	if (is_new && first)
		target->usage->sum = now;
	const struct proc_usage *before = &target->usage->sum;

	if (!now.io_known) {
		/* One that has ended only waits for its parent: nobody may see that any more. */
		u->io_refused |= now.resident_bytes != 0;
		now.read_bytes = before->read_bytes;
		now.written_bytes = before->written_bytes;
	}
	add(u, COUNTER_USER_NS, more(now.user_ns, before->user_ns));
	add(u, COUNTER_SYSTEM_NS, more(now.system_ns, before->system_ns));
	add(u, COUNTER_FAULTS, more(now.faults, before->faults));
	add(u, COUNTER_FAULTS_DISK, more(now.faults_disk, before->faults_disk));
	add(u, COUNTER_READ_BYTES, more(now.read_bytes, before->read_bytes));
	add(u, COUNTER_WRITTEN_BYTES, more(now.written_bytes, before->written_bytes));
	add(u, COUNTER_RESIDENT_BYTES, now.resident_bytes);
	add(u, COUNTER_THREADS, now.resident_bytes ? now.threads : 0);
	u->any = true;
	target->usage->sum = now;
	if (!u->too_many && !o->ptrace)
		look_at_threads(u, target, target->usage, first);
}

void usage_forget(struct target *target)
{
	if (target->usage)
		free(target->usage->threads);
	free(steal(target->usage));
}

/* Is that known of all processes?  Stops of ours would be among the switches. */
static bool is_known(const struct opener *o, enum record_counter_what what)
{
	if (what == COUNTER_READ_BYTES || what == COUNTER_WRITTEN_BYTES)
		return !o->usage.io_refused;
	if (what == COUNTER_WAITS || what == COUNTER_PREEMPTIONS || what == COUNTER_QUEUE_NS)
		return !o->usage.too_many && !o->ptrace;
	if (what == COUNTER_RESIDENT_BYTES || what == COUNTER_THREADS)
		return o->usage.sums[what - COUNTER_USER_NS] != 0;	/* all have ended */
	return true;
}

void usage_look(struct opener *o)
{
	struct usage_opener *u = &o->usage;
	struct o_usage msg = { .type = O_USAGE, .time_ns = clock_mono_ns() };

	/* Of a whole host it would be everything, and dear. */
	if (!o->spec.pid)
		return;
	u->any = false;
	u->n_threads = 0;
	u->sums[COUNTER_RESIDENT_BYTES - COUNTER_USER_NS] = 0;
	u->sums[COUNTER_THREADS - COUNTER_USER_NS] = 0;
	for (size_t i = 0; i < o->n_targets; i++)
		look_at(o, &o->targets[i]);
	u->begun = true;
	for (unsigned int i = 0; i < O_USAGE_COUNTERS; i++)
		msg.value[i] = is_known(o, COUNTER_USER_NS + i) ? u->sums[i] : O_USAGE_UNKNOWN;
	if (u->any)
		opener_send(o, &msg, sizeof(msg), NULL, 0);
}
