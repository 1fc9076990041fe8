// SPDX-License-Identifier: Apache-2.0
/*
 * Sampling by the kernel sees what runs.  For what the other threads of a Python program
 * wait is looked up in /proc, without touching them: a few times a second, of the first
 * MAX_THREADS.  A thread that waits stands for all the time since it was last seen to wait
 * in which it did not run.
 */
#include "opener/opener_internal.h"

#include <sys/resource.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/util.h"

#define PERIOD_NS (NS_PER_S / 20)
#define LIST_NS (NS_PER_S / 2)	/* between two looks for new threads */
#define MAX_THREADS O_WAITING_MAX
#define RESERVED_FILES 100	/* that are needed for other things */

struct waiter {
	pid_t pid, tid;
	int syscall_fd, schedstat_fd;
	uint64_t since_ns;	/* when it was last seen to wait, */
	uint64_t cpu_ns;	/* and its CPU time then */
};

struct waiting_opener {
	uint64_t due_ns, list_due_ns;
	struct waiter threads[MAX_THREADS];
	size_t n_threads;
};

static bool is_known(const struct waiting_opener *w, pid_t tid)
{
	for (size_t i = 0; i < w->n_threads; i++)
		if (w->threads[i].tid == tid)
			return true;
	return false;
}

static void close_files(struct waiter *t)
{
	closep(&t->syscall_fd);
	closep(&t->schedstat_fd);
}

/* The lowest number that was free tells how many files are open. */
static bool leaves_room(int fd)
{
	struct rlimit r;

	return getrlimit(RLIMIT_NOFILE, &r) < 0 || r.rlim_cur == RLIM_INFINITY ||
	       (rlim_t)fd + RESERVED_FILES < r.rlim_cur;
}

static void add_thread(struct waiting_opener *w, const struct target *target, pid_t tid)
{
	struct waiter t = {
		.pid = target->pid, .tid = tid, .since_ns = clock_mono_ns(),
		.syscall_fd = task_open(target, tid, "syscall"),
		.schedstat_fd = task_open(target, tid, "schedstat") };

	if (t.syscall_fd < 0 || t.schedstat_fd < 0 || !leaves_room(t.schedstat_fd)) {
		close_files(&t);
		return;
	}
	t.cpu_ns = task_cpu_ns(t.schedstat_fd);
	w->threads[w->n_threads++] = t;
}

static void list_threads(struct opener *o, struct waiting_opener *w)
{
	struct error err;

	for (size_t i = 0; i < o->n_targets; i++) {
		_cleanup_(freep) pid_t *tids = NULL;
		size_t n;

		if (proc_list_threads(o->targets[i].dir, &tids, &n, &err) < 0)
			continue;
		for (size_t k = 0; k < n && w->n_threads < MAX_THREADS; k++)
			if (!is_known(w, tids[k]))
				add_thread(w, &o->targets[i], tids[k]);
	}
}

/* False: it is gone. */
static bool look(struct waiter *t, struct o_waiting *msg)
{
	struct task_seen seen;
	uint64_t now, cpu_ns, ran, wall;

	switch (task_look(t->syscall_fd, &seen)) {
	case TASK_GONE:
		return false;
	case TASK_RUNS:
		return true;
	case TASK_WAITS:
		break;
	}
	now = clock_mono_ns();
	cpu_ns = task_cpu_ns(t->schedstat_fd);
	ran = cpu_ns - t->cpu_ns;
	wall = now - t->since_ns;
	msg->thread[msg->n++] = (struct o_waiter){
		.pid = (uint32_t)t->pid, .tid = (uint32_t)t->tid,
		.weight_ns = wall > ran ? wall - ran : 0, .call = seen.call };
	t->since_ns = now;
	t->cpu_ns = cpu_ns;
	return true;
}

void waiting_tick(struct opener *o)
{
	struct waiting_opener *w = o->waiting;
	struct o_waiting msg = { .type = O_WAITING, .time_ns = clock_mono_ns() };
	size_t kept = 0;

	if (msg.time_ns >= w->list_due_ns) {
		list_threads(o, w);
		w->list_due_ns = msg.time_ns + LIST_NS;
	}
	for (size_t i = 0; i < w->n_threads; i++) {
		if (look(&w->threads[i], &msg))
			w->threads[kept++] = w->threads[i];
		else
			close_files(&w->threads[i]);
	}
	w->n_threads = kept;
	if (msg.n)
		opener_send(o, &msg, sizeof(msg), NULL, 0);
	/* Not in step with the program. */
	w->due_ns = msg.time_ns + PERIOD_NS / 2 +
		    (uint64_t)(period_draw_unit(&o->random) * (double)PERIOD_NS);
}

uint64_t waiting_due(const struct opener *o)
{
	return o->waiting && o->pidfd >= 0 ? o->waiting->due_ns : UINT64_MAX;
}

void waiting_start(struct opener *o)
{
	if (!o->waiting)
		o->waiting = xcalloc(1, sizeof(*o->waiting));
}

void waiting_stop(struct opener *o)
{
	if (!o->waiting)
		return;
	for (size_t i = 0; i < o->waiting->n_threads; i++)
		close_files(&o->waiting->threads[i]);
	free(o->waiting);
	o->waiting = NULL;
}
