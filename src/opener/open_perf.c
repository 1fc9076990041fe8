// SPDX-License-Identifier: Apache-2.0
/*
 * Events and rings:
 *
 *	per CPU		an event of our own that counts nothing and owns the
 *			ring for samples; another one for the sideband ring
 *	thread x CPU	a sampling event, inherited by what the thread creates,
 *			that writes into its CPU's ring
 *	thread x CPU	a sideband event (mmap, fork, exec, exit, comm), likewise
 *
 * When threads come and go the sampling events are of CPUs, too, and a program in the
 * kernel leaves others out; a counting event for each thread, inherited, has the CPU time.
 *
 * Of the whole host there is one of each per CPU, for every thread that runs there; of
 * a process with more threads than there can be descriptors, likewise.
 *
 * An inherited event can be mapped only if it is bound to a CPU, hence thread x
 * CPU; and the rings belong to events of our own so that they outlive every
 * thread.
 *
 * Who maps a ring pays for it with the budget for locked memory.  As root we map each
 * first and keep the mapping: the session, which has no rights, may then map it without
 * a budget.  As somebody else we only try how much there is room for, and the session,
 * which has the same uid, maps alone: the kernel (6.18) takes what a second mapping of a
 * ring costs from the user, and gives it back only when that has no process any more.
 */
#include "opener/opener_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/u64map.h"
#include "base/util.h"
#include "engine/bpf/bpf_unwind.h"
#include "engine/perf_record.h"

#define RING_MS 200		/* samples of this time should fit, */
#define WAKE_MS 60		/* and of this time once the session was woken */
#define RING_MAX (16u << 20)
#define RINGS_MAX (256u << 20)	/* of all CPUs together */
#define RING_MIN (32u << 10)
#define RING_SAMPLES 16		/* that a ring holds at least, once copies grow */
#define SIDEBAND_BYTES (128u << 10)
#define SIDEBAND_NEED SIZE_MAX	/* nobody knows */
#define FIRST_STACK_BYTES (16u << 10)
#define SAMPLE_EXTRA_BYTES 512	/* a sample besides its stack copy */
#define MAX_CPUS 4096
#define EVERY_THREAD (-1)		/* as a tid; PERF_EVERY_THREAD to the session */
#define RESERVED_FILES 100	/* that the session needs besides events */

struct ring {
	uint32_t cpu;
	int owner;
	void *map;
	size_t bytes;		/* of data */
};

struct perf_opener {
	struct ring *samples, *sideband;	/* one each per CPU */
	size_t n_cpus;
	struct perf_event_attr attr;		/* of sampling events */
	struct u64map tids;		/* those with events */
	size_t n_threads, n_total;
	uint32_t rate_hz;
	uint64_t period_ns;	/* for that */
	uint32_t asked_stack_bytes;	/* 0: none but the first */
	bool hardware;
	bool tells_all;		/* sideband events are of CPUs */
	struct bpf_unwind *bpf;		/* unwinds in the kernel; NULL: nobody does */
	int *outputs;			/* with it: an event per CPU that it writes to */

	struct o_events batch;		/* collected, not yet sent */
	int batch_fds[O_EVENTS_MAX];
};

static int perf_event_open(const struct perf_event_attr *attr, pid_t tid, int cpu)
{
	return (int)syscall(SYS_perf_event_open, attr, tid, cpu, -1, PERF_FLAG_FD_CLOEXEC);
}

/* What all events have in common. */
static struct perf_event_attr base_attr(uint64_t type, uint64_t config)
{
	return (struct perf_event_attr){
		.size = sizeof(struct perf_event_attr),
		.type = (uint32_t)type,
		.config = config,
		.disabled = 1,
		.exclude_kernel = 1,
		.exclude_hv = 1,
		.sample_id_all = 1,
		.use_clockid = 1,
		.clockid = CLOCK_MONOTONIC,
		.read_format = PERF_FORMAT_ID | PERF_FORMAT_LOST,
		.sample_type = PERF_SAMPLE_TYPE & ~(uint64_t)(PERF_SAMPLE_REGS_USER |
							      PERF_SAMPLE_STACK_USER),
	};
}

static struct perf_event_attr dummy_attr(void)
{
	return base_attr(PERF_TYPE_SOFTWARE, PERF_COUNT_SW_DUMMY);
}

/*
 * What a thread creates has the event, too: by threads, or by child processes as well.
 * Of a CPU every thread has it.
 */
static void set_scope(struct perf_event_attr *attr, const struct opener *o)
{
	attr->inherit = !o->by_cpu;
	attr->inherit_thread = attr->inherit && !o->spec.follow;
	attr->exclude_idle = o->by_cpu;
}

static struct perf_event_attr sideband_attr(const struct opener *o)
{
	struct perf_event_attr attr = dummy_attr();

	attr.disabled = 0;
	set_scope(&attr, o);
	attr.mmap = attr.mmap2 = 1;
	attr.comm = attr.comm_exec = 1;
	attr.task = 1;
	return attr;
}

static struct perf_event_attr sampling_attr(uint32_t stack_bytes, const struct opener *o)
{
	struct perf_event_attr attr = base_attr(PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CPU_CLOCK);

	set_scope(&attr, o);
	attr.sample_type = PERF_SAMPLE_TYPE;
	attr.sample_regs_user = unwind_arch_host()->perf_mask;
	attr.sample_stack_user = stack_bytes;
	attr.exclude_callchain_user = 1;
	return attr;
}

/*
 * Open with what the kernel knows: without PERF_FORMAT_LOST (before 6.0) losses
 * come from LOST records alone; without inherit_thread (before 5.13) child
 * processes inherit events too.
 */
static int open_event(struct perf_event_attr *attr, pid_t tid, int cpu)
{
	int fd = perf_event_open(attr, tid, cpu);

	if (fd < 0 && errno == EINVAL && attr->read_format & PERF_FORMAT_LOST) {
		attr->read_format &= ~(uint64_t)PERF_FORMAT_LOST;
		fd = perf_event_open(attr, tid, cpu);
	}
	if (fd < 0 && errno == EINVAL && attr->inherit_thread) {
		attr->inherit_thread = 0;
		fd = perf_event_open(attr, tid, cpu);
	}
	return fd;
}

/* What the program writes goes where the samples of the CPU go. */
static struct perf_event_attr output_attr(void)
{
	struct perf_event_attr attr = base_attr(PERF_TYPE_SOFTWARE, PERF_COUNT_SW_BPF_OUTPUT);

	attr.disabled = 0;
	attr.sample_type = PERF_OUTPUT_TYPE;
	attr.sample_period = 1;
	return attr;
}

static void set_rate(struct perf_opener *p, uint32_t rate_hz)
{
	p->rate_hz = rate_hz;
	p->period_ns = NS_PER_S / rate_hz;
}

/* ---- which event, and what we may see ---- */

/* Can the event be opened for the target, and a program hung on it?  -1 with errno if not. */
static int try_attr(struct perf_opener *p, pid_t tid, int cpu)
{
	int fd = open_event(&p->attr, tid, cpu), ret = 0;
	struct error err;

	if (fd < 0)
		return -1;
	if (p->bpf)
		ret = bpf_unwind_attach(p->bpf, fd, &err);
	if (ret < 0)
		errno = err.code;
	close(fd);
	return ret;
}

/* With kernel samples if that is allowed, without them else. */
static int try_with_kernel(struct perf_opener *p, pid_t tid, int cpu)
{
	p->attr.exclude_kernel = p->attr.exclude_hv = 0;
	p->attr.sample_type |= PERF_SAMPLE_CALLCHAIN;
	if (try_attr(p, tid, cpu) == 0)
		return 0;
	p->attr.exclude_kernel = p->attr.exclude_hv = 1;
	p->attr.sample_type &= ~(uint64_t)PERF_SAMPLE_CALLCHAIN;
	return try_attr(p, tid, cpu);
}

/*
 * Hardware cycles where there are any: their interrupt reaches into code that
 * has interrupts disabled.  Else the CPU clock.
 */
static int choose_event(struct perf_opener *p, pid_t tid, int cpu, struct error *err)
{
	struct perf_event_attr clock = p->attr;

	p->hardware = true;
	p->attr.type = PERF_TYPE_HARDWARE;
	p->attr.config = PERF_COUNT_HW_CPU_CYCLES;
	p->attr.freq = 1;
	p->attr.sample_freq = p->rate_hz;
	if (try_with_kernel(p, tid, cpu) == 0)
		return 0;
	p->hardware = false;
	p->attr = clock;
	p->attr.sample_period = p->period_ns;
	if (try_with_kernel(p, tid, cpu) == 0)
		return 0;
	return error_sys(err, "perf events");
}

/* ---- rings ---- */

static void unmap_rings(struct ring *rings, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (rings[i].map)
			munmap(rings[i].map, rings[i].bytes + (size_t)sysconf(_SC_PAGESIZE));
		rings[i].map = NULL;
	}
}

static void close_rings(struct ring *rings, size_t n)
{
	unmap_rings(rings, n);
	for (size_t i = 0; i < n; i++) {
		closep(&rings[i].owner);
		rings[i].owner = -1;
	}
}

/*
 * When to wake the session: as late as leaves WAKE_MS for it to come, but not
 * before a quarter of the ring is full, and at half of it at the latest.
 */
static size_t wakeup_at(size_t bytes, size_t need)
{
	size_t spare = need / RING_MS * WAKE_MS, late = bytes > spare ? bytes - spare : 0;

	late = max_of(late, bytes / 4);
	return min_of(late, bytes / 2);
}

/*
 * One ring of `bytes` per CPU, of which `need` would be enough; fails with EPERM
 * when the budget is too small.
 */
static int open_rings(struct ring *rings, size_t n, size_t bytes, size_t need,
		      struct error *err)
{
	struct perf_event_attr attr = dummy_attr();
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	attr.watermark = 1;
	attr.wakeup_watermark = (uint32_t)wakeup_at(bytes, need);
	for (size_t i = 0; i < n; i++) {
		rings[i].bytes = bytes;
		rings[i].owner = open_event(&attr, 0, (int)rings[i].cpu);
		if (rings[i].owner < 0) {
			error_sys(err, "perf events");
			close_rings(rings, n);
			return -1;
		}
		rings[i].map = mmap(NULL, page + bytes, PROT_READ | PROT_WRITE, MAP_SHARED,
				    rings[i].owner, 0);
		if (rings[i].map == MAP_FAILED) {
			rings[i].map = NULL;
			error_sys(err, "ring of %zu KiB per CPU", bytes / 1024);
			close_rings(rings, n);
			return -1;
		}
	}
	return 0;
}

static int say_no_memory(struct error *err)
{
	struct rlimit r;

	getrlimit(RLIMIT_MEMLOCK, &r);
	return error_set(err, ENOLCK, "no memory may be locked for rings: RLIMIT_MEMLOCK (%ld KiB) and kernel.perf_event_mlock_kb (%ld for each CPU, for all processes of a user) are used up",
			 (long)(r.rlim_cur / 1024),
			 proc_read_number("/proc/sys/kernel/perf_event_mlock_kb"));
}

/* The size asked for, or as much of it as the budget for locked memory allows. */
static int open_rings_within(struct ring *rings, size_t n, size_t want, size_t need,
			     struct error *err)
{
	for (size_t bytes = want; bytes >= RING_MIN; bytes /= 2) {
		if (open_rings(rings, n, bytes, need, err) == 0)
			return 0;
		if (err->code != EPERM && err->code != ENOMEM)
			return -1;
	}
	return say_no_memory(err);
}

/* Samples of RING_MS, of a thread that always runs. */
static size_t needed_bytes(const struct perf_opener *p, uint32_t stack_bytes)
{
	return (size_t)p->rate_hz * (stack_bytes + SAMPLE_EXTRA_BYTES) * RING_MS / 1000;
}

/* The size of rings for that: a power of two, and within limits. */
static size_t wanted_ring(const struct perf_opener *p, size_t need)
{
	size_t bytes = 512u << 10;

	while (bytes < need && bytes < RING_MAX && bytes * 2 * p->n_cpus <= RINGS_MAX)
		bytes *= 2;
	return bytes;
}

static int setup_rings(struct opener *o, struct perf_opener *p, struct error *err)
{
	size_t need = needed_bytes(p, FIRST_STACK_BYTES), want = wanted_ring(p, need);

	/* The sideband first: it must not go without. */
	if (open_rings_within(p->sideband, p->n_cpus, SIDEBAND_BYTES, SIDEBAND_NEED, err) < 0)
		return -1;
	if (open_rings_within(p->samples, p->n_cpus, want, need, err) < 0) {
		/* Perhaps with the least of a sideband. */
		close_rings(p->sideband, p->n_cpus);
		if (open_rings(p->sideband, p->n_cpus, RING_MIN, SIDEBAND_NEED, err) < 0 ||
		    open_rings_within(p->samples, p->n_cpus, want, need, err) < 0)
			return -1;
	}
	if (p->samples[0].bytes < want)
		opener_note(o, NOTE_WARNING,
			    "the limit for locked memory leaves rings of %zu KiB per CPU instead of %zu: samples of %zu ms; those lost are counted",
			    p->samples[0].bytes / 1024, want / 1024,
			    p->samples[0].bytes / (FIRST_STACK_BYTES + SAMPLE_EXTRA_BYTES) *
				    1000 / p->rate_hz);
	return 0;
}

static void send_rings(struct opener *o, struct ring *rings, size_t n, bool sideband)
{
	if (geteuid() != 0)
		unmap_rings(rings, n);
	o->n_rings_due += n;
	for (size_t i = 0; i < n; i++) {
		struct o_ring msg = { .type = O_RING, .cpu = rings[i].cpu,
				      .sideband = sideband, .bytes = rings[i].bytes };

		opener_send(o, &msg, sizeof(msg), &rings[i].owner, 1);
	}
}

/* Until the session has mapped them: no event can write into a ring before. */
static int await_rings(struct opener *o, struct error *err)
{
	o->ring_refused = false;
	while (o->n_rings_due)
		if (!opener_take_message(o))
			return error_set(err, ESRCH, "the session has ended");
	return o->ring_refused ? say_no_memory(err) : 0;
}

/* ---- events ---- */

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
	int fd = open_event(&attr, tid, (int)ring->cpu);
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
	struct perf_event_attr attr = sideband_attr(o);
	int fd = open_event(&attr, tid, (int)ring->cpu);

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

/* Is there room for one thread at all? */
static int check_room(const struct perf_opener *p, struct error *err)
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
	struct perf_event_attr attr = base_attr(PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CPU_CLOCK);
	struct o_event event = { .tid = (uint32_t)tid };

	attr.inherit = 1;
	attr.inherit_thread = !o->spec.follow;
	attr.exclude_kernel = attr.exclude_hv = 0;
	int fd = open_event(&attr, tid, -1);

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

static int open_all(struct opener *o, struct perf_opener *p, bool sideband,
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

static void send_started(struct opener *o, const struct perf_opener *p)
{
	struct o_started msg = {
		.type = O_STARTED,
		.rate_hz = p->rate_hz,
		.engine = p->bpf ? ENGINE_BPF : ENGINE_PERF,
		.kernel = !p->attr.exclude_kernel,
		.stack_bytes = p->attr.sample_stack_user,
		.hardware = p->hardware,
		.n_threads = (uint32_t)p->n_threads,
		.n_threads_total = (uint32_t)p->n_total,
		.tells_all = p->tells_all,
		.time_ns = clock_mono_ns(),
	};

	_cleanup_(closep) int stat = o->spec.pid ? -1 : open("/proc/stat", O_RDONLY | O_CLOEXEC);

	opener_send(o, &msg, sizeof(msg), &stat, stat >= 0);
}

/* ---- unwinding in the kernel ---- */

/* An event for each CPU. */
static int open_outputs(struct perf_opener *p, struct error *err)
{
	struct perf_event_attr attr = output_attr();

	p->outputs = xcalloc(p->n_cpus, sizeof(*p->outputs));
	for (size_t i = 0; i < p->n_cpus; i++)
		p->outputs[i] = -1;
	for (size_t i = 0; i < p->n_cpus; i++) {
		int fd = p->outputs[i] = open_event(&attr, -1, (int)p->samples[i].cpu);

		if (fd < 0 || ioctl(fd, PERF_EVENT_IOC_SET_OUTPUT, p->samples[i].owner) < 0)
			return error_sys(err, "bpf: an event for its output");
		if (bpf_unwind_set_output(p->bpf, p->samples[i].cpu, fd, err) < 0)
			return -1;
	}
	return 0;
}

static void send_bpf(struct opener *o, struct perf_opener *p)
{
	struct o_bpf msg = { .type = O_BPF, .table_bytes = BPF_TABLE_BYTES };
	struct o_events outputs = { .type = O_EVENTS };
	int maps[BPF_MAP_COUNT];

	bpf_unwind_maps(p->bpf, maps);
	opener_send(o, &msg, sizeof(msg), maps, BPF_MAP_COUNT);
	for (size_t i = 0; i < p->n_cpus; i++) {
		struct o_event *event = &outputs.event[outputs.n++];

		*event = (struct o_event){ .cpu = p->samples[i].cpu };
		ioctl(p->outputs[i], PERF_EVENT_IOC_ID, &event->id);
		if (outputs.n < O_EVENTS_MAX && i + 1 < p->n_cpus)
			continue;
		opener_send(o, &outputs, sizeof(outputs), p->outputs + (i + 1 - outputs.n), outputs.n);
		outputs.n = 0;
	}
}

/* Larger rings have taken the place of those that were there. */
static void move_outputs(struct perf_opener *p)
{
	for (size_t i = 0; p->bpf && i < p->n_cpus; i++)
		ioctl(p->outputs[i], PERF_EVENT_IOC_SET_OUTPUT, p->samples[i].owner);
}

/* ---- the whole ---- */

void perf_opener_stop(struct opener *o)
{
	struct perf_opener *p = o->perf;

	if (!p)
		return;
	for (uint32_t i = 0; i < p->batch.n; i++)
		close(p->batch_fds[i]);
	close_rings(p->samples, p->n_cpus);
	close_rings(p->sideband, p->n_cpus);
	for (size_t i = 0; p->outputs && i < p->n_cpus; i++)
		closep(&p->outputs[i]);
	free(p->outputs);
	bpf_unwind_free(p->bpf);
	free(p->samples);
	free(p->sideband);
	u64map_deinit(&p->tids);
	free(p);
	o->perf = NULL;
}

/* The CPUs that are online, as rings still to be opened. */
static struct ring *list_cpus(size_t *n)
{
	long max = min_of(sysconf(_SC_NPROCESSORS_CONF), (long)MAX_CPUS);
	struct ring *rings = xcalloc((size_t)max, sizeof(*rings));
	struct perf_event_attr attr = dummy_attr();

	*n = 0;
	for (long cpu = 0; cpu < max; cpu++) {
		int fd = open_event(&attr, 0, (int)cpu);

		if (fd < 0 && errno == ENODEV)
			continue;	/* offline */
		closep(&fd);
		rings[*n] = (struct ring){ .cpu = (uint32_t)cpu, .owner = -1 };
		(*n)++;
	}
	return rings;
}

int perf_opener_start(struct opener *o, struct bpf_unwind *bpf, struct error *err)
{
	struct perf_opener *p = o->perf = xcalloc(1, sizeof(*p));

	p->bpf = bpf;
	p->tells_all = o->by_cpu;
	set_rate(p, o->spec.young ? opener_young_rate(0) : o->spec.rate_hz);
	p->attr = sampling_attr(FIRST_STACK_BYTES, o);
	p->samples = list_cpus(&p->n_cpus);
	p->sideband = xmemdup(p->samples, p->n_cpus * sizeof(*p->samples));
	if (!p->n_cpus)
		return error_sys(err, "perf events");
	/* The first thread may have ended and left the work to others. */
	pid_t tid = o->by_cpu ? EVERY_THREAD : proc_living_thread(o->targets[0].dir, err);
	if ((!o->by_cpu && tid < 0) || choose_event(p, tid, (int)p->samples[0].cpu, err) < 0 ||
	    check_room(p, err) < 0 || setup_rings(o, p, err) < 0 ||
	    (p->bpf && open_outputs(p, err) < 0))
		return -1;
	if (!o->by_cpu && !o->spec.follow && !p->attr.inherit_thread)
		opener_note(o, NOTE_WARNING, "this kernel (before 5.13) cannot leave child processes out");
	o->told_rings = true;
	send_rings(o, p->sideband, p->n_cpus, true);
	send_rings(o, p->samples, p->n_cpus, false);
	if (await_rings(o, err) < 0)
		return -1;
	move_outputs(p);
	if (p->bpf)
		send_bpf(o, p);
	if (open_all(o, p, true, err) < 0)
		return -1;
	opener_tell_targets(o, 0);
	send_started(o, p);
	return 0;
}

/*
 * Larger samples need larger rings, if the budget for locked memory has them.  Fails if
 * somebody else has just used it up: what there is goes on then.
 */
static int grow_rings(struct opener *o, struct perf_opener *p, uint32_t stack_bytes)
{
	size_t need = needed_bytes(p, stack_bytes), want = wanted_ring(p, need);
	size_t have = p->samples[0].bytes;
	struct ring *more, *unneeded;
	bool refused = false;
	struct error err;

	if (want <= have)
		return 0;
	more = unneeded = xcalloc(p->n_cpus, sizeof(*more));
	for (size_t i = 0; i < p->n_cpus; i++)
		more[i] = (struct ring){ .cpu = p->samples[i].cpu, .owner = -1 };
	if (open_rings_within(more, p->n_cpus, want, need, &err) == 0 && more[0].bytes > have) {
		send_rings(o, more, p->n_cpus, false);
		refused = await_rings(o, &err) < 0;
		if (!refused) {
			unneeded = p->samples;
			p->samples = more;
			move_outputs(p);
		}
	}
	close_rings(unneeded, p->n_cpus);
	free(unneeded);
	return refused ? -1 : 0;
}

/*
 * Copies of this size, or as large as leave room for some samples in a ring: a
 * lost sample is worse than a cut stack.
 */
static int set_stack_bytes(struct opener *o, struct perf_opener *p, uint32_t stack_bytes)
{
	size_t most;

	if (stack_bytes <= p->asked_stack_bytes)
		return 0;
	p->asked_stack_bytes = stack_bytes;
	if (grow_rings(o, p, stack_bytes) < 0)
		return -1;
	most = max_of(p->samples[0].bytes / RING_SAMPLES - SAMPLE_EXTRA_BYTES,
		      (size_t)p->attr.sample_stack_user);
	p->attr.sample_stack_user = (uint32_t)min_of((size_t)stack_bytes, most) & ~7u;
	if (p->attr.sample_stack_user < stack_bytes)
		opener_note(o, NOTE_WARNING,
			    "the limit for locked memory allows copies of %u KiB instead of %u: deeper stacks are cut",
			    p->attr.sample_stack_user >> 10, (stack_bytes + 1023) >> 10);
	return 0;
}

/*
 * Sample by CPU from here on.  What is told of threads goes on as it is: they inherit it.
 * Where that cannot be, all stays as it was.
 */
static void go_by_cpu(struct opener *o, struct perf_opener *p)
{
	struct error ignored;

	if (o->by_cpu || !p->bpf || bpf_unwind_filter(p->bpf, o->spec.follow, &ignored) < 0)
		return;
	o->by_cpu = true;
	set_scope(&p->attr, o);
	opener_note(o, NOTE_INFO, "many threads are short: sampled by CPU from here on, or %.3g ms of each were missed",
		    (double)p->period_ns / NS_PER_MS);
}

void perf_opener_reopen(struct opener *o, const struct s_reopen *ask)
{
	struct perf_opener *p = o->perf;
	struct error err;

	if (!ask->rate_hz)
		return;
	if (o->n_rings_due) {	/* asked while the one before is being done */
		o->reopen_later = *ask;
		return;
	}
	set_rate(p, ask->rate_hz);
	o->spec.on_exec = false;	/* that was long ago */
	if (ask->by_cpu)
		go_by_cpu(o, p);
	if (set_stack_bytes(o, p, ask->stack_bytes) == 0 && open_all(o, p, false, &err) == 0)
		send_started(o, p);

	const struct s_reopen later = o->reopen_later;

	o->reopen_later = (struct s_reopen){ 0 };
	perf_opener_reopen(o, &later);
}

void perf_opener_python(struct opener *o)
{
	struct error err;

	if (o->perf && o->perf->bpf && 
	    bpf_unwind_python(o->perf->bpf, o->spec.follow, &err) < 0)
		opener_note(o, NOTE_WARNING, "Python functions are not shown, those of the interpreter are: %s",
			    err.msg);
}
