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
 * - The session unwinds while the thread is stopped; if it does not answer
 *   within CONTINUE_NS the thread goes on without it.
 */
#include "opener/opener_internal.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#ifdef __x86_64__
#include <sys/user.h>
#endif

#include "base/clock.h"
#include "base/error.h"
#include "base/util.h"

#define STOP_NS (10 * NS_PER_MS)	/* how long to wait for a stop */
#define CONTINUE_NS (20 * NS_PER_MS)	/* how long a thread may be stopped */
#define FINISH_NS (500 * NS_PER_MS)	/* for those that are still asked to stop */
#define LIST_NS (100 * NS_PER_MS)	/* how often to look for new threads */
#define WAITING_PER_TICK 8		/* waiting threads looked at in one tick */

struct traced {
	pid_t pid, tid;
	int syscall_fd;			/* /proc/PID/task/TID/syscall */
	int schedstat_fd;
	uint64_t cpu_ns;		/* at the last sample of it */
	uint64_t waiting_since_ns;	/* last sample while waiting, */
	uint64_t waiting_cpu_ns;	/* and its CPU time then */
	bool interrupted;		/* asked to stop, and has not yet */
	bool gone;
};

struct ptrace_opener {
	uint64_t period_ns;
	uint64_t due_ns, list_due_ns;
	struct traced *threads;
	size_t n_threads, cap_threads;
	size_t next_waiting;		/* whose turn it is */
	uint32_t sequence, continued;
	bool again;			/* the sample was not taken */
};

/* ---- threads ---- */

static int open_task_file(const struct target *t, pid_t tid, const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "task/%d/%s", (int)tid, name);
	return openat(t->dir, path, O_RDONLY | O_CLOEXEC);
}

static uint64_t cpu_time(const struct traced *t)
{
	char text[64];
	ssize_t n = pread(t->schedstat_fd, text, sizeof(text) - 1, 0);
	uint64_t ns = 0;

	if (n > 0) {
		text[n] = '\0';
		sscanf(text, "%" SCNu64, &ns);
	}
	return ns;
}

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

static void add_thread(struct ptrace_opener *p, const struct target *target, pid_t tid)
{
	struct traced t = {
		.pid = target->pid,
		.tid = tid,
		.syscall_fd = open_task_file(target, tid, "syscall"),
		.schedstat_fd = open_task_file(target, tid, "schedstat"),
		.waiting_since_ns = clock_mono_ns(),
	};

	if (t.syscall_fd < 0) {
		closep(&t.schedstat_fd);
		return;
	}
	t.cpu_ns = t.waiting_cpu_ns = cpu_time(&t);
	array_reserve(p->threads, p->n_threads + 1, p->cap_threads);
	p->threads[p->n_threads++] = t;
}

/* Find threads and children that were born meanwhile. */
static void list_threads(struct opener *o, struct ptrace_opener *p)
{
	struct error err;

	for (size_t i = 0; i < o->n_targets; i++) {
		const struct target target = o->targets[i];
		const size_t n_before = o->n_targets;
		_cleanup_(freep) pid_t *tids = NULL, *children = NULL;
		size_t n, n_children;

		if (proc_list_threads(target.dir, &tids, &n, &err) < 0)
			continue;
		bool found = false;
		for (size_t k = 0; k < n; k++) {
			if (find_thread(p, tids[k]))
				continue;
			add_thread(p, &target, tids[k]);
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
}

/* ---- one sample ---- */

enum activity { RUNS, WAITS, GONE };

/* The file says "running", or "nr args... sp pc", or "-1 sp pc". */
static enum activity look(const struct traced *t, uint64_t *sp, uint64_t *pc)
{
	char text[256];
	ssize_t n = pread(t->syscall_fd, text, sizeof(text) - 1, 0);

	if (n <= 0)
		return GONE;
	text[n] = '\0';
	if (strncmp(text, "running", 7) == 0)
		return RUNS;

	char *last = strrchr(text, ' ');
	if (!last)
		return GONE;
	*pc = strtoull(last + 1, NULL, 16);
	*last = '\0';
	last = strrchr(text, ' ');
	*sp = last ? strtoull(last + 1, NULL, 16) : 0;
	return *pc ? WAITS : GONE;	/* an exiting thread has neither */
}

#ifdef __x86_64__
/* Registers of a stopped thread in DWARF's order; false if it is gone. */
static bool get_regs(pid_t tid, struct unwind_regs *out, bool *in_syscall)
{
	struct user_regs_struct r;
	struct iovec iov = { .iov_base = &r, .iov_len = sizeof(r) };

	if (ptrace(PTRACE_GETREGSET, tid, NT_PRSTATUS, &iov) < 0)
		return false;
	const uint64_t values[] = { r.rax, r.rdx, r.rcx, r.rbx, r.rsi, r.rdi, r.rbp,
				    r.rsp, r.r8, r.r9, r.r10, r.r11, r.r12, r.r13,
				    r.r14, r.r15, r.rip };

	memcpy(out->value, values, sizeof(values));
	out->known = (1ull << array_len(values)) - 1;
	*in_syscall = (long long)r.orig_rax >= 0;
	return true;
}
#else
static bool get_regs(pid_t tid, struct unwind_regs *out, bool *in_syscall)
{
	struct iovec iov = { .iov_base = out->value, .iov_len = 33 * sizeof(uint64_t) };

	/* x0-x30, sp, pc: the order of DWARF */
	if (ptrace(PTRACE_GETREGSET, tid, NT_PRSTATUS, &iov) < 0)
		return false;
	out->known = (1ull << 33) - 1;
	*in_syscall = false;
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
	opener_send(o, msg, sizeof(*msg), NULL, 0);
}

void ptrace_opener_continue(struct opener *o, const struct s_continue *msg)
{
	o->ptrace->continued = msg->sequence;
	o->ptrace->again = msg->again;
}

/* Until the session has unwound, or for CONTINUE_NS: false if it wants it again. */
static bool await_continue(struct opener *o, struct ptrace_opener *p)
{
	uint64_t limit = clock_mono_ns() + CONTINUE_NS, now;

	p->again = false;
	while (p->continued != p->sequence && !o->sampling_over &&
	       (now = clock_mono_ns()) < limit) {
		struct pollfd fd = { .fd = o->session, .events = POLLIN };
		int ms = (int)((limit - now) / NS_PER_MS) + 1;

		if (poll(&fd, 1, ms) <= 0 || !opener_take_message(o))
			break;
	}
	return !p->again;
}

/* Wait for the stop; false if it did not come (or the thread is gone). */
static bool await_stop(struct traced *t, int *status)
{
	uint64_t limit = clock_mono_ns() + STOP_NS;
	const struct timespec nap = { .tv_nsec = 20000 };

	for (int i = 0;; i++) {
		pid_t got = waitpid(t->tid, status, __WALL | WNOHANG);

		if (got == t->tid)
			return true;
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
	bool in_syscall;
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
	if (WIFSTOPPED(status) && get_regs(t->tid, &msg.regs, &in_syscall)) {
		uint64_t cpu_ns = cpu_time(t);

		msg.in_syscall = in_syscall;
		msg.weight_ns = cpu_ns - t->cpu_ns;
		msg.cpu_ns = cpu_ns;
		if (msg.weight_ns) {
			send_stopped(o, p, t, &msg);
			if (await_continue(o, p))
				t->cpu_ns = cpu_ns;
		}
	}
	let_go(t, status);
}

static void sample_waiting(struct opener *o, struct ptrace_opener *p, struct traced *t,
			   uint64_t sp, uint64_t pc)
{
	const struct unwind_arch *arch = unwind_arch_host();
	struct o_stopped msg = { .waiting = 1 };
	uint64_t now = clock_mono_ns(), wall = now - t->waiting_since_ns, sp2 = 0, pc2 = 0;
	uint64_t cpu_ns = cpu_time(t), ran = cpu_ns - t->waiting_cpu_ns;

	msg.regs.value[arch->sp] = sp;
	msg.regs.value[arch->pc] = pc;
	msg.regs.known = 1ull << arch->sp | 1ull << arch->pc;
	msg.weight_ns = wall > ran ? wall - ran : 0;	/* it may have run in between */
	send_stopped(o, p, t, &msg);
	if (!await_continue(o, p))
		return;
	t->waiting_since_ns = now;
	t->waiting_cpu_ns = cpu_ns;
	/* Did it stay where it was while its stack was read? */
	struct o_checked check = {
		.type = O_CHECKED, .sequence = p->sequence,
		.same = look(t, &sp2, &pc2) == WAITS && sp2 == sp && pc2 == pc };
	opener_send(o, &check, sizeof(check), NULL, 0);
}

void ptrace_opener_tick(struct opener *o)
{
	struct ptrace_opener *p = o->ptrace;
	uint64_t now = clock_mono_ns();
	size_t n_waiting = 0;

	release_strays(p);
	if (now >= p->list_due_ns) {
		list_threads(o, p);
		p->list_due_ns = now + LIST_NS;
	}
	p->next_waiting += WAITING_PER_TICK;
	if (p->next_waiting >= p->n_threads)
		p->next_waiting = 0;
	for (size_t i = 0; i < p->n_threads && !o->sampling_over; i++) {
		struct traced *t = &p->threads[i];
		uint64_t sp, pc;

		switch (t->interrupted ? RUNS : look(t, &sp, &pc)) {
		case RUNS:
			sample_running(o, p, t);
			break;
		case WAITS:
			/* All in turn, so that a thousand idle threads cost little. */
			if (i >= p->next_waiting && n_waiting++ < WAITING_PER_TICK)
				sample_waiting(o, p, t, sp, pc);
			break;
		case GONE:
			t->gone = true;
			break;
		}
	}
	drop_gone(p);
	p->due_ns = max_of(p->due_ns, now) + period_draw(&o->random, p->period_ns);
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
	return p && (o->pidfd >= 0 || any_interrupted(p)) ? p->due_ns : UINT64_MAX;
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
	opener_tell_targets(o, 0);
	list_threads(o, p);
	msg.n_threads = msg.n_threads_total = (uint32_t)p->n_threads;
	msg.time_ns = clock_mono_ns();
	opener_send(o, &msg, sizeof(msg), NULL, 0);
	return 0;
}

/* Let it go if it was asked to stop; what takes longer our own end lets go. */
static void finish(struct traced *t, uint64_t limit_ns)
{
	int status;

	while (t->interrupted && !t->gone && clock_mono_ns() < limit_ns)
		if (await_stop(t, &status))
			let_go(t, status);
}

void ptrace_opener_stop(struct opener *o)
{
	struct ptrace_opener *p = o->ptrace;
	uint64_t limit_ns = clock_mono_ns() + FINISH_NS;

	if (!p)
		return;
	for (size_t i = 0; i < p->n_threads; i++) {
		finish(&p->threads[i], limit_ns);
		p->threads[i].gone = true;
	}
	release_strays(p);
	drop_gone(p);
	free(p->threads);
	free(p);
	o->ptrace = NULL;
}
