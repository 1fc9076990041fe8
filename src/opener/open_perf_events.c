// SPDX-License-Identifier: Apache-2.0
#include "opener/open_perf_internal.h"

#include <errno.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/util.h"
#include "engine/bpf/bpf_unwind.h"

#define RESERVED_FILES 100	/* that the session needs besides events */

static void send_batch(struct opener *o, struct perf_opener *p)
{
	if (!p->batch.n)
		return;
	p->batch.type = O_EVENTS;
	opener_send(o, &p->batch, sizeof(p->batch), p->batch_fds, p->batch.n);
	for (uint32_t i = 0; i < p->batch.n; i++)
		close(p->batch_fds[i]);	/* the session holds them now */
	p->batch.n = 0;
}

static void add_to_batch(struct opener *o, struct perf_opener *p, int fd,
			 struct o_event event)
{
	if (p->batch.n == O_EVENTS_MAX)
		send_batch(o, p);
	p->batch_fds[p->batch.n] = fd;
	p->batch.event[p->batch.n++] = event;
}

/* A sampling event of `tid` on the CPU of `ring`, with a period of its own. */
static int open_sampling(struct opener *o, struct perf_opener *p, pid_t tid,
			 const struct ring *ring)
{
	struct perf_event_attr attr = p->attr;
	uint64_t period = period_draw(&o->random, p->period_ns);
	struct o_event event = { .period_ns = period, .tid = (uint32_t)tid, .cpu = ring->cpu };

	if (attr.freq)
		attr.sample_freq = NS_PER_S / period;
	else
		attr.sample_period = period;
	attr.enable_on_exec = o->spec.on_exec;
	int fd = perf_open_event(&attr, tid, (int)ring->cpu);
	struct error err;
	if (fd < 0)
		return -1;
	if (ioctl(fd, PERF_EVENT_IOC_SET_OUTPUT, ring->owner) < 0 ||
	    ioctl(fd, PERF_EVENT_IOC_ID, &event.id) < 0 ||
	    (p->bpf && bpf_unwind_attach(p->bpf, fd, &err) < 0)) {
		close(fd);
		return -1;
	}
	add_to_batch(o, p, fd, event);
	return 0;
}

static int open_sideband(struct opener *o, struct perf_opener *p, pid_t tid,
			 const struct ring *ring)
{
	struct perf_event_attr attr = perf_sideband_attr(o);
	int fd = perf_open_event(&attr, tid, (int)ring->cpu);

	if (fd < 0)
		return -1;
	if (ioctl(fd, PERF_EVENT_IOC_SET_OUTPUT, ring->owner) < 0) {
		close(fd);
		return -1;
	}
	/* id 0: nothing to do for the session but to keep it open */
	add_to_batch(o, p, fd, (struct o_event){ .tid = (uint32_t)tid, .cpu = ring->cpu });
	return 0;
}

/*
 * Can the session hold one more thread's events?  While events are opened again
 * it has the old ones, the new ones and the sideband.
 */
static bool has_room_for(size_t n_threads, size_t n_cpus)
{
	struct rlimit r;

	return getrlimit(RLIMIT_NOFILE, &r) < 0 || r.rlim_cur == RLIM_INFINITY ||
	       n_threads * n_cpus * 3 + RESERVED_FILES <= r.rlim_cur;
}

static bool has_room(const struct perf_opener *p)
{
	return has_room_for(p->n_threads + 1, p->n_cpus);
}

static size_t count_threads(const struct target *t)
{
	_cleanup_(freep) pid_t *tids = NULL;
	struct error gone;
	size_t n;

	return proc_list_threads(t->dir, &tids, &n, &gone) < 0 ? 0 : n;
}

bool perf_opener_has_room(struct opener *o)
{
	size_t n = 0;

	for (size_t i = 0; i < o->n_targets; i++)
		n += count_threads(&o->targets[i]);
	return has_room_for(n, (size_t)sysconf(_SC_NPROCESSORS_ONLN));
}

int perf_check_room(const struct perf_opener *p, struct error *err)
{
	struct rlimit r;

	if (has_room(p))
		return 0;
	getrlimit(RLIMIT_NOFILE, &r);
	return error_set(err, EMFILE, "the limit on open files (RLIMIT_NOFILE) is %d, events of one thread need %d",
			 (int)r.rlim_cur, (int)(p->n_cpus * 3 + RESERVED_FILES));
}

/* Where CPUs are sampled: the thread's CPU time, and of those that it creates. */
static int open_counting(struct opener *o, struct perf_opener *p, pid_t tid)
{
	struct perf_event_attr attr = perf_base_attr(PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CPU_CLOCK);
	struct o_event event = { .tid = (uint32_t)tid };

	attr.inherit = 1;
	attr.inherit_thread = !o->spec.follow;
	attr.exclude_kernel = attr.exclude_hv = 0;
	int fd = perf_open_event(&attr, tid, -1);

	if (fd < 0)
		return -1;
	if (ioctl(fd, PERF_EVENT_IOC_ID, &event.id) < 0) {
		close(fd);
		return -1;
	}
	add_to_batch(o, p, fd, event);
	return 0;
}

/* Events of one thread on every CPU: 0, -1 with errno (ESRCH: thread gone). */
static int open_thread(struct opener *o, struct perf_opener *p, pid_t tid, bool sideband)
{
	if (!has_room(p)) {
		errno = EMFILE;
		return -1;
	}
	if (o->by_cpu && tid != EVERY_THREAD)
		return open_counting(o, p, tid);
	/* The sideband last: who is heard of by it has inherited sampling events. */
	for (size_t i = 0; i < p->n_cpus; i++)
		if (open_sampling(o, p, tid, &p->samples[i]) < 0)
			return -1;
	for (size_t i = 0; sideband && i < p->n_cpus; i++)
		if (open_sideband(o, p, tid, &p->sideband[i]) < 0)
			return -1;
	return 0;
}

/* A child that runs with other rights, as under sudo: the rest goes on. */
static int note_refused(struct opener *o, const struct target *t)
{
	opener_note(o, NOTE_WARNING, "process %d may not be sampled (it runs with other rights)",
		    (int)t->pid);
	return 0;
}

/*
 * Open events for all threads of a process that have none.  New threads of a
 * thread with events inherit them, so this is repeated until nothing is new.
 */
static int open_process(struct opener *o, struct perf_opener *p, const struct target *t,
			bool sideband, struct error *err)
{
	bool found = true;

	for (int round = 0; found && round < 8; round++) {
		_cleanup_(freep) pid_t *tids = NULL;
		size_t n;

		found = false;
		if (proc_list_threads(t->dir, &tids, &n, err) < 0)
			return 0;	/* ended meanwhile */
		for (size_t i = 0; i < n; i++) {
			uint32_t *known = u64map_slot(&p->tids, (uint64_t)tids[i]);

			if (*known != U64MAP_NONE)
				continue;
			*known = 1;
			found = true;
			p->n_total++;
			if (open_thread(o, p, tids[i], sideband) == 0)
				p->n_threads++;
			else if (errno == ESRCH)
				p->n_total--;	/* it has just ended */
			else if (errno == EMFILE || errno == ENFILE)
				continue;	/* the rest are counted, not sampled */
			else if (t == &o->targets[0])
				return error_sys(err, "perf events");
			else {
				p->n_total--;
				return note_refused(o, t);
			}
		}
	}
	return 0;
}

/*
 * The processes that the program in the kernel lets through.  Who is forked after its
 * parent was told of is known there; so children are looked for after that.  Returns
 * how many threads they have, or -1.
 */
static ssize_t watch_targets(struct opener *o, struct perf_opener *p, struct error *err)
{
	ssize_t n_threads = 0;

	for (size_t i = 0; i < o->n_targets; i++) {
		_cleanup_(freep) pid_t *children = NULL;
		struct error gone;
		size_t n;

		if (o->targets[i].refused)
			continue;
		if (bpf_unwind_watch(p->bpf, (uint32_t)o->targets[i].pid, err) < 0)
			return -1;
		n_threads += (ssize_t)count_threads(&o->targets[i]);
		if (!o->spec.follow || proc_list_children(o->targets[i].dir, &children, &n, &gone) < 0)
			continue;
		for (size_t k = 0; k < n; k++)
			opener_add_target(o, children[k], &gone);
	}
	return n_threads;
}

static int open_cpus(struct opener *o, struct perf_opener *p, bool sideband, struct error *err)
{
	ssize_t n_threads = o->spec.pid ? watch_targets(o, p, err) : 1;

	if (n_threads < 0)
		return -1;
	if (open_thread(o, p, EVERY_THREAD, sideband) < 0)
		return error_sys(err, "perf events");
	if (p->tells_all)
		p->n_threads = p->n_total = (size_t)n_threads;
	return 0;
}

int perf_open_all(struct opener *o, struct perf_opener *p, bool sideband,
		    struct error *err)
{
	u64map_clear(&p->tids);
	p->n_threads = p->n_total = 0;
	if (o->by_cpu && open_cpus(o, p, sideband, err) < 0)
		return -1;
	for (size_t i = 0; !p->tells_all && i < o->n_targets; i++)
		if (open_process(o, p, &o->targets[i], sideband, err) < 0)
			return -1;
	if (o->by_cpu)
		p->n_threads = p->n_total;
	send_batch(o, p);
	if (!p->n_threads)
		return error_set(err, ESRCH, "the process has no thread left to sample");
	if (p->n_threads < p->n_total)
		opener_note(o, NOTE_WARNING,
			    "%zu of %zu threads are sampled: the limit on open files (RLIMIT_NOFILE) allows no more events",
			    p->n_threads, p->n_total);
	return 0;
}
