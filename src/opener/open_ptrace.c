// SPDX-License-Identifier: Apache-2.0
/*
 * Sampling by ptrace, so that the target is not harmed:
 *
 * - A thread that waits is never stopped: an interrupt would make epoll_wait()
 *   and others return EINTR.  /proc/PID/task/TID/syscall says whether it runs,
 *   and gives a waiting thread's stack pointer and pc.
 * - A thread that runs is seized only for its sample, stopped by PTRACE_INTERRUPT
 *   and let go at once: if we are killed at any moment the kernel lets it go
 *   on, and between samples nobody traces it (signals take their usual way).
 * - Between that look and the stop the thread may begin to wait.  A call that the
 *   stop has ended with EINTR is begun again, as the kernel does it for others.
 * - The session unwinds while the thread is stopped; if it does not answer
 *   within STOPPED_NS the thread goes on without it.
 */
#include "opener/opener_internal.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#ifdef __x86_64__
#include <sys/user.h>
#endif

#include "base/clock.h"
#include "base/error.h"
#include "base/u64map.h"
#include "base/util.h"

#define STOP_NS (10 * NS_PER_MS)	/* how long to wait for a stop */
#define FINISH_NS (500 * NS_PER_MS)	/* for those that are still asked to stop */
#define LIST_NS (100 * NS_PER_MS)	/* how often to look for new threads */
#define LIST_SHARE 50			/* which takes one in so many of the time, at most */
#define WAITING_PER_TICK 8		/* waiting threads looked at in one tick */
#define FILES_PER_THREAD 2
#define RESERVED_FILES 200		/* that are needed besides; half of them if there are few */
/*
 * To look at many threads is dear: of more than these, those that did not run when they
 * were looked at last have their turn in every so many ticks only, and ticks take one in
 * TICK_SHARE of a core at most.  A sample counts for all CPU time since the last.
 */
#define MANY_THREADS 500
#define TICK_SHARE 10

struct traced {
	pid_t pid, tid;
	int syscall_fd;			/* /proc/PID/task/TID/syscall */
	int schedstat_fd;
	uint64_t cpu_ns;		/* at the last sample of it */
	uint64_t waiting_since_ns;	/* last sample while waiting, */
	uint64_t waiting_cpu_ns;	/* and its CPU time then */
	uint64_t paused_cpu_ns;		/* CPU time when the pause began */
	bool ran;			/* when it was looked at last */
	bool interrupted;		/* asked to stop, and has not yet */
	bool gone;
};

struct ptrace_opener {
	uint64_t period_ns;
	uint64_t due_ns, list_due_ns;
	struct traced *threads;
	size_t n_threads, cap_threads, max_threads;
	bool said_max;
	size_t next_waiting;		/* whose turn it is */
	size_t n_ticks;
	uint32_t sequence, continued;
	bool again;			/* the sample was not taken */
	bool paused;
	uint64_t paused_ns;		/* since then */
	uint64_t held_ns;		/* for how long threads were held, together */
};

/* ---- threads ---- */

static void drop_gone(struct ptrace_opener *p)
{
	size_t kept = 0;

	for (size_t i = 0; i < p->n_threads; i++) {
		struct traced *t = &p->threads[i];

		if (!t->gone) {
			p->threads[kept++] = *t;
			continue;
		}
		closep(&t->syscall_fd);
		closep(&t->schedstat_fd);
	}
	p->n_threads = kept;
}

static struct traced *find_thread(const struct ptrace_opener *p, pid_t tid)
{
	for (size_t i = 0; i < p->n_threads; i++)
		if (p->threads[i].tid == tid)
			return &p->threads[i];
	return NULL;
}

/* False: we may not look into the process any more. */
static bool add_thread(struct ptrace_opener *p, const struct target *target, pid_t tid)
{
	struct traced t = {
		.pid = target->pid,
		.tid = tid,
		.schedstat_fd = task_open(target, tid, "schedstat"),
		.waiting_since_ns = clock_mono_ns(),
	};
	struct proc_status status;
	struct error err;

	t.syscall_fd = task_open(target, tid, "syscall");

	if (t.syscall_fd < 0) {
		bool refused = errno == EACCES || errno == EPERM;

		closep(&t.schedstat_fd);
		return !refused || proc_read_status(target->dir, tid, &status, &err) < 0 ||
		       !status.has_memory;	/* it is only ending */
	}
	t.cpu_ns = t.waiting_cpu_ns = task_cpu_ns(t.schedstat_fd);
	array_reserve(p->threads, p->n_threads + 1, p->cap_threads);
	p->threads[p->n_threads++] = t;
	return true;
}

/* It has become a program with other rights; sampling ends if it was the last. */
static void refuse_process(struct opener *o, struct ptrace_opener *p, size_t i)
{
	const struct o_revoked msg = { .type = O_REVOKED };

	if (!p->n_threads)
		opener_send(o, &msg, sizeof(msg), NULL, 0);
	else if (!o->targets[i].refused)
		opener_note(o, NOTE_WARNING, "process %d may not be sampled (it runs with other rights)",
			    (int)o->targets[i].pid);
	o->targets[i].refused = true;
}

/* Not more of them than leave descriptors for what else has to be opened. */
static bool has_room(struct opener *o, struct ptrace_opener *p, size_t n_of_process)
{
	if (p->n_threads < p->max_threads)
		return true;
	if (!p->said_max)
		opener_note(o, NOTE_WARNING, "%zu threads are sampled, of a process with %zu: the limit on "
			    "open files (RLIMIT_NOFILE) allows no more", p->n_threads, n_of_process);
	p->said_max = true;
	return false;
}

static size_t most_threads(void)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) < 0 || r.rlim_cur == RLIM_INFINITY)
		return SIZE_MAX;
	return (r.rlim_cur - min_of((rlim_t)RESERVED_FILES, r.rlim_cur / 2)) / FILES_PER_THREAD;
}

/* Find threads and children that were born meanwhile. */
static void list_threads(struct opener *o, struct ptrace_opener *p)
{
	struct u64map known = { 0 };
	struct error err;

	for (size_t i = 0; i < p->n_threads; i++)
		*u64map_slot(&known, (uint64_t)p->threads[i].tid) = 1;
	for (size_t i = 0; i < o->n_targets; i++) {
		const struct target target = o->targets[i];
		const size_t n_before = o->n_targets;
		_cleanup_(freep) pid_t *tids = NULL, *children = NULL;
		size_t n, n_children;

		if (proc_list_threads(target.dir, &tids, &n, &err) < 0)
			continue;
		bool found = false;
		for (size_t k = 0; k < n; k++) {
			if (u64map_find(&known, (uint64_t)tids[k]) != U64MAP_NONE)
				continue;
			if (!has_room(o, p, n))
				break;
			if (!add_thread(p, &target, tids[k])) {
				refuse_process(o, p, i);
				break;
			}
			found = true;
		}
		if (found)
			opener_tell_threads(o, &target);
		if (!o->spec.follow || proc_list_children(target.dir, &children, &n_children, &err) < 0)
			continue;
		for (size_t k = 0; k < n_children; k++)
			opener_add_target(o, children[k], &err);
		opener_tell_targets(o, n_before);
	}
	u64map_deinit(&known);
}

/* ---- one sample ---- */

static enum task_look look(struct traced *t, struct task_seen *seen)
{
	enum task_look what = task_look(t->syscall_fd, seen);

	t->ran = what == TASK_RUNS;
	return what;
}

#ifdef __x86_64__
#define ERESTARTNOHAND 514	/* of the kernel: EINTR if a handler runs, else once more */

/* Calls that have done nothing when they return EINTR. */
static bool can_begin_again(uint64_t call)
{
	static const unsigned int calls[] = {
		SYS_epoll_wait, SYS_epoll_pwait, SYS_semop, SYS_semtimedop, SYS_rt_sigtimedwait,
		SYS_io_getevents, SYS_accept, SYS_accept4, SYS_read, SYS_readv, SYS_recvfrom,
		SYS_recvmsg, SYS_recvmmsg, SYS_sendto, SYS_sendmsg, SYS_sendmmsg,
#ifdef SYS_epoll_pwait2
		SYS_epoll_pwait2,
#endif
#ifdef SYS_io_pgetevents
		SYS_io_pgetevents,
#endif
#ifdef SYS_io_uring_enter
		SYS_io_uring_enter,
#endif
	};

	for (size_t i = 0; i < array_len(calls); i++)
		if (calls[i] == call)
			return true;
	return false;
}

/*
 * Was it our stop that ended a call?  A signal that came as well still has its way:
 * the kernel looks at this result when it has decided whether a handler runs.
 */
static void keep_call(pid_t tid, int status)
{
	struct user_regs_struct r;
	struct iovec iov = { .iov_base = &r, .iov_len = sizeof(r) };

	/* Not one by SIGSTOP, which ends such calls with or without us. */
	if (status >> 16 != PTRACE_EVENT_STOP || WSTOPSIG(status) != SIGTRAP ||
	    ptrace(PTRACE_GETREGSET, tid, NT_PRSTATUS, &iov) < 0 || iov.iov_len != sizeof(r) ||
	    (long long)r.rax != -EINTR || !can_begin_again(r.orig_rax))
		return;
	r.rax = (unsigned long long)-ERESTARTNOHAND;
	ptrace(PTRACE_SETREGSET, tid, NT_PRSTATUS, &iov);
}

/* Registers of a stopped thread, in DWARF's order; false if it is gone. */
static bool get_regs(pid_t tid, struct o_stopped *out)
{
	struct user_regs_struct r;
	struct iovec iov = { .iov_base = &r, .iov_len = sizeof(r) };

	if (ptrace(PTRACE_GETREGSET, tid, NT_PRSTATUS, &iov) < 0)
		return false;
	const uint64_t values[] = { r.rax, r.rdx, r.rcx, r.rbx, r.rsi, r.rdi, r.rbp,
				    r.rsp, r.r8, r.r9, r.r10, r.r11, r.r12, r.r13,
				    r.r14, r.r15, r.rip };

	memcpy(out->regs.value, values, sizeof(values));
	out->regs.known = (1ull << array_len(values)) - 1;
	out->in_syscall = (long long)r.orig_rax >= 0;
	out->thread_pointer = r.fs_base;
	return true;
}
#else
/* Decided before a tracer sees it. */
static void keep_call(pid_t tid, int status)
{
	(void)tid;
	(void)status;
}

static bool get_regs(pid_t tid, struct o_stopped *out)
{
	struct iovec iov = { .iov_base = out->regs.value, .iov_len = 33 * sizeof(uint64_t) };
	struct iovec tls = { .iov_base = &out->thread_pointer,
			     .iov_len = sizeof(out->thread_pointer) };

	/* x0-x30, sp, pc: the order of DWARF */
	if (ptrace(PTRACE_GETREGSET, tid, NT_PRSTATUS, &iov) < 0)
		return false;
	out->regs.known = (1ull << 33) - 1;
	ptrace(PTRACE_GETREGSET, tid, NT_ARM_TLS, &tls);
	return true;
}
#endif

static void send_stopped(struct opener *o, struct ptrace_opener *p, const struct traced *t,
			 struct o_stopped *msg)
{
	msg->type = O_STOPPED;
	msg->sequence = ++p->sequence;
	msg->pid = (uint32_t)t->pid;
	msg->tid = (uint32_t)t->tid;
	msg->time_ns = clock_mono_ns();
	msg->held_ns = p->held_ns;
	opener_send(o, msg, sizeof(*msg), NULL, 0);
}

void ptrace_opener_continue(struct opener *o, const struct s_continue *msg)
{
	o->ptrace->continued = msg->sequence;
	o->ptrace->again = msg->again;
}

/* Until the session has unwound: false if it wants it again, or does so for too long. */
static bool await_continue(struct opener *o, struct ptrace_opener *p)
{
	uint64_t limit = clock_mono_ns() + STOPPED_NS, now;

	p->again = false;
	while (p->continued != p->sequence && !o->sampling_over &&
	       (now = clock_mono_ns()) < limit) {
		struct pollfd fd = { .fd = o->session, .events = POLLIN };
		int ms = (int)((limit - now) / NS_PER_MS) + 1;

		if (poll(&fd, 1, ms) <= 0 || !opener_take_message(o))
			break;
	}
	return p->continued == p->sequence && !p->again;
}

/* Wait for the stop; false if it did not come (or the thread is gone). */
static bool await_stop(struct traced *t, int *status)
{
	uint64_t limit = clock_mono_ns() + STOP_NS;
	const struct timespec nap = { .tv_nsec = 20000 };

	for (int i = 0;; i++) {
		pid_t got = waitpid(t->tid, status, __WALL | WNOHANG);

		if (got == t->tid) {
			if (WIFSTOPPED(*status))
				keep_call(t->tid, *status);
			return true;
		}
		if (got < 0) {
			t->gone = true;
			return false;
		}
		if (clock_mono_ns() > limit)
			return false;
		if (i > 20)
			nanosleep(&nap, NULL);
	}
}

/* Let a stopped thread go; a signal that stopped it instead is passed on. */
static void let_go(struct traced *t, int status)
{
	int sig = 0;

	t->interrupted = false;
	if (!WIFSTOPPED(status)) {
		t->gone = true;
		return;
	}
	if (status >> 16 == 0)
		sig = WSTOPSIG(status);
	/*
	 * Killed while it was stopped: as its tracer we have to wait for its end
	 * too, or its process stays a zombie that nobody can reap.
	 */
	if (ptrace(PTRACE_DETACH, t->tid, NULL, (void *)(long)sig) < 0)
		t->interrupted = true;
}

/*
 * A thread that execs goes on as its process' first one.  If that happens between
 * our request and the stop, the stop comes under a number that nobody waits for.
 */
static void release_strays(struct ptrace_opener *p)
{
	siginfo_t info = { 0 };
	int status;

	while (waitid(P_ALL, 0, &info, WSTOPPED | WNOHANG | WNOWAIT | __WALL) == 0 && info.si_pid) {
		const struct traced *t = find_thread(p, info.si_pid);

		if (t && t->interrupted)
			return;		/* its turn comes */
		if (waitpid(info.si_pid, &status, __WALL | WNOHANG) != info.si_pid)
			return;		/* a child of ours that somebody stopped */
		if (WIFSTOPPED(status))
			ptrace(PTRACE_DETACH, info.si_pid, NULL,
			       (void *)(long)(status >> 16 ? 0 : WSTOPSIG(status)));
		info.si_pid = 0;
	}
}

static void sample_running(struct opener *o, struct ptrace_opener *p, struct traced *t)
{
	struct o_stopped msg = { 0 };
	uint64_t since = clock_mono_ns();
	int status;

	if (!t->interrupted) {
		if (ptrace(PTRACE_SEIZE, t->tid, NULL, NULL) < 0) {
			t->gone = errno == ESRCH;
			return;
		}
		ptrace(PTRACE_INTERRUPT, t->tid, NULL, NULL);
		t->interrupted = true;
	}
	if (!await_stop(t, &status))
		return;
	if (WIFSTOPPED(status) && get_regs(t->tid, &msg)) {
		uint64_t cpu_ns = task_cpu_ns(t->schedstat_fd);

		msg.weight_ns = cpu_ns - t->cpu_ns;
		msg.cpu_ns = cpu_ns;
		if (msg.weight_ns) {
			send_stopped(o, p, t, &msg);
			if (await_continue(o, p))
				t->cpu_ns = cpu_ns;
		}
	}
	let_go(t, status);
	p->held_ns += clock_mono_ns() - since;
}

static void sample_waiting(struct opener *o, struct ptrace_opener *p, struct traced *t,
			   const struct task_seen *seen)
{
	const struct unwind_arch *arch = unwind_arch_host();
	struct o_stopped msg = { .waiting = 1 };
	uint64_t now = clock_mono_ns(), wall = now - t->waiting_since_ns;
	uint64_t cpu_ns = task_cpu_ns(t->schedstat_fd), ran = cpu_ns - t->waiting_cpu_ns;
	struct task_seen now_seen;

	msg.regs.value[arch->sp] = seen->sp;
	msg.regs.value[arch->pc] = seen->pc;
	msg.regs.known = 1ull << arch->sp | 1ull << arch->pc;
	msg.call = seen->call;
	msg.weight_ns = wall > ran ? wall - ran : 0;	/* it may have run in between */
	send_stopped(o, p, t, &msg);
	if (!await_continue(o, p))
		return;
	t->waiting_since_ns = now;
	t->waiting_cpu_ns = cpu_ns;
	/* Did it stay where it was while its stack was read? */
	struct o_checked check = {
		.type = O_CHECKED, .sequence = p->sequence,
		.same = look(t, &now_seen) == TASK_WAITS && now_seen.sp == seen->sp &&
			now_seen.pc == seen->pc };
	opener_send(o, &check, sizeof(check), NULL, 0);
}

/* Let it go if it was asked to stop; what takes longer our own end lets go. */
static void finish(struct traced *t, uint64_t limit_ns)
{
	int status;

	while (t->interrupted && !t->gone && clock_mono_ns() < limit_ns)
		if (await_stop(t, &status))
			let_go(t, status);
}

static void finish_all(struct ptrace_opener *p, uint64_t limit_ns)
{
	for (size_t i = 0; i < p->n_threads; i++)
		finish(&p->threads[i], limit_ns);
}

/*
 * From half to one and a half of the period.  Of a program in step with it the place
 * where it is seen does a random walk: with the shares by which perf's periods differ,
 * dozens of samples in a row would be of the same place.
 */
static uint64_t draw_pause(struct period_random *random, uint64_t period_ns)
{
	return period_ns / 2 + (uint64_t)(period_draw_unit(random) * (double)period_ns);
}

void ptrace_opener_tick(struct opener *o)
{
	struct ptrace_opener *p = o->ptrace;
	uint64_t now = clock_mono_ns(), cpu_ns, pause_ns;
	size_t n_waiting = 0, turns = p->n_threads / MANY_THREADS + 1;

	if (p->paused) {
		finish_all(p, now + STOP_NS);
		p->due_ns = clock_mono_ns() + p->period_ns;
		return;
	}
	release_strays(p);
	if (now >= p->list_due_ns) {
		list_threads(o, p);
		p->list_due_ns = now + max_of(LIST_NS, LIST_SHARE * (clock_mono_ns() - now));
	}
	cpu_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID);
	p->next_waiting += WAITING_PER_TICK;
	if (p->next_waiting >= p->n_threads)
		p->next_waiting = 0;
	for (size_t i = 0; i < p->n_threads && !o->sampling_over && !p->paused; i++) {
		struct traced *t = &p->threads[i];
		struct task_seen seen;

		if (!t->ran && !t->interrupted && (i + p->n_ticks) % turns)
			continue;
		switch (t->interrupted ? TASK_RUNS : look(t, &seen)) {
		case TASK_RUNS:
			sample_running(o, p, t);
			break;
		case TASK_WAITS:
			/* All in turn, so that a thousand idle threads cost little. */
			if (i >= p->next_waiting && n_waiting++ < WAITING_PER_TICK)
				sample_waiting(o, p, t, &seen);
			break;
		case TASK_GONE:
			t->gone = true;
			break;
		}
	}
	drop_gone(p);
	p->n_ticks++;
	pause_ns = draw_pause(&o->random, p->period_ns);
	if (p->n_threads > MANY_THREADS)
		pause_ns = max_of(pause_ns, TICK_SHARE * (clock_ns(CLOCK_THREAD_CPUTIME_ID) - cpu_ns));
	p->due_ns = max_of(p->due_ns, now) + pause_ns;
}

static bool any_interrupted(const struct ptrace_opener *p)
{
	for (size_t i = 0; i < p->n_threads; i++)
		if (p->threads[i].interrupted)
			return true;
	return false;
}

uint64_t ptrace_opener_due(const struct opener *o)
{
	const struct ptrace_opener *p = o->ptrace;

	/* What we have seized has to be let go when the process has ended, too. */
	return p && ((o->pidfd >= 0 && !p->paused) || any_interrupted(p)) ? p->due_ns : UINT64_MAX;
}

/* The next sample of each thread stands for what it used outside of the pause. */
static void forget_pause(struct opener *o, struct ptrace_opener *p, uint64_t now)
{
	for (size_t i = 0; i < p->n_threads; i++) {
		struct traced *t = &p->threads[i];
		uint64_t cpu_ns = task_cpu_ns(t->schedstat_fd);
		uint64_t ran = cpu_ns > t->paused_cpu_ns ? cpu_ns - t->paused_cpu_ns : 0;

		t->cpu_ns += ran;
		t->waiting_cpu_ns += ran;
		t->waiting_since_ns += now - p->paused_ns;
	}
	p->due_ns = now + period_draw(&o->random, p->period_ns);
}

void ptrace_opener_pause(struct opener *o, bool pause)
{
	struct ptrace_opener *p = o->ptrace;
	uint64_t now = clock_mono_ns();

	if (pause == p->paused)
		return;
	p->paused = pause;
	if (!pause)
		forget_pause(o, p, now);
	p->paused_ns = now;
	for (size_t i = 0; pause && i < p->n_threads; i++)
		p->threads[i].paused_cpu_ns = task_cpu_ns(p->threads[i].schedstat_fd);
}

/* ---- beginning and end ---- */

int ptrace_opener_start(struct opener *o, struct error *err)
{
	struct ptrace_opener *p;
	struct o_started msg = {
		.type = O_STARTED, .engine = ENGINE_PTRACE, .rate_hz = o->spec.rate_hz };

	if (refusal_of_ptrace(&o->targets[0], err) < 0)
		return -1;
	p = o->ptrace = xcalloc(1, sizeof(*p));
	p->period_ns = NS_PER_S / o->spec.rate_hz;
	p->due_ns = clock_mono_ns();
	p->max_threads = most_threads();
	opener_tell_targets(o, 0);
	list_threads(o, p);
	msg.n_threads = msg.n_threads_total = (uint32_t)p->n_threads;
	msg.time_ns = clock_mono_ns();
	opener_send(o, &msg, sizeof(msg), NULL, 0);
	return 0;
}

void ptrace_opener_stop(struct opener *o)
{
	struct ptrace_opener *p = o->ptrace;
	uint64_t limit_ns = clock_mono_ns() + FINISH_NS;

	if (!p)
		return;
	finish_all(p, limit_ns);
	for (size_t i = 0; i < p->n_threads; i++)
		p->threads[i].gone = true;
	release_strays(p);
	drop_gone(p);
	free(p->threads);
	free(p);
	o->ptrace = NULL;
}
