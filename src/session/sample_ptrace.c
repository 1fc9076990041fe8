// SPDX-License-Identifier: Apache-2.0
/*
 * Samples of the ptrace engine: the opener holds a thread still while we read
 * its stack through the memory handle.  A thread that waits is not held: it is
 * looked at again afterwards, and its sample counts only if it had not moved.
 */
#include "session/session.h"

#include "base/io.h"

#define FIRST_BYTES 8192	/* of the stack, read at once */
#define PAGE 4096
#define PENDING_LIMIT_NS (250 * NS_PER_MS)

/* Stack memory beyond the first bytes, a page at a time. */
struct reader {
	int fd;
	uint64_t page;		/* address of `bytes`; UINT64_MAX: none */
	uint8_t bytes[PAGE];
	const struct unwind_space *inner;	/* the process' own */
};

static bool read_memory(void *ctx, uint64_t addr, void *buf, size_t len)
{
	struct reader *r = ctx;
	uint64_t page = addr & ~(uint64_t)(PAGE - 1);

	if (addr - page + len > PAGE)
		return io_pread_full(r->fd, buf, len, addr) == (ssize_t)len;
	if (page != r->page) {
		r->page = UINT64_MAX;
		if (io_pread_full(r->fd, r->bytes, PAGE, page) != PAGE)
			return false;
		r->page = page;
	}
	memcpy(buf, r->bytes + (addr - page), len);
	return true;
}

static void resolve(void *ctx, uint64_t pc, uint32_t flags, struct unwind_place *out)
{
	struct reader *r = ctx;

	r->inner->resolve(r->inner->ctx, pc, flags, out);
}

static bool rare(void *ctx, uint64_t at, struct unwind_regs *regs)
{
	struct reader *r = ctx;

	return r->inner->rare(r->inner->ctx, at, regs);
}

/*
 * Unwind a thread that is held still; the result is the unwinder's.  False if the
 * process has another memory since it exec'd, and the handle for it is on its way.
 */
static bool unwind_thread(struct session *s, struct thread *t, const struct o_stopped *msg)
{
	struct unwinder *u = s->unwinder;
	struct proc *p = t->proc;
	struct reader r = { .fd = p->mem_fd, .page = UINT64_MAX, .inner = &p->space };
	struct unwind_space space = {
		.generation = p->space.generation, .ctx = &r,
		.resolve = resolve, .read = read_memory, .rare = rare };
	uint8_t bytes[FIRST_BYTES];
	struct unwind_stack stack = {
		.space = &space, .regs = msg->regs, .bytes = bytes,
		.start = msg->regs.value[u->arch->sp] };
	/* Not beyond the stack: of a file that lies there a page may never come. */
	uint64_t end = mappings_stack_end(t, stack.start);
	size_t len = end ? min_of(end - stack.start, sizeof(bytes)) : sizeof(bytes);
	ssize_t n = p->mem_fd >= 0 ? io_pread_full(p->mem_fd, bytes, len, stack.start) : 0;

	if (n == 0)	/* how the kernel says that this memory is gone, by exec */
		procs_refresh_handles(s, p);
	stack.len = n > 0 ? (size_t)n : 0;
	s->unwinding = &stack;
	unwinder_run(u, &stack);
	s->unwinding = NULL;
	return n != 0 || p->mem_fd < 0;
}

/* Did the stack end at code of which nothing is known?  It may be new. */
static bool ended_nowhere(const struct unwinder *u)
{
	return u->end == UNWIND_BROKEN || u->end == UNWIND_NO_RULE;
}

/*
 * A table is still being made, a handle opened, or it is too soon to look at the mappings.
 * The stack cannot be kept for later, as it may be large: rather the thread's next sample
 * stands for this one's time too.
 */
static bool wants_again(const struct unwinder *u, bool readable, const struct o_stopped *msg)
{
	return (u->end == UNWIND_PENDING || !readable) && msg->weight_ns < PENDING_LIMIT_NS;
}

/* May the mappings have become others since that generation? */
static bool may_be_stale(struct proc *p, uint32_t generation)
{
	return mappings_reread(p) ? mappings_changed_since(p, generation, UINT64_MAX)
				  : mappings_are_unsteady(p);
}

#define READ_NS (STOPPED_NS * 3 / 4)	/* after that the answer may come too late */

void ptrace_on_stopped(struct session *s, struct o_stopped *msg)
{
	struct thread *t = procs_get_thread(s, msg->pid, msg->tid, msg->time_ns);
	struct unwinder *u = s->unwinder;
	enum record_activity activity = ACTIVITY_UNKNOWN;
	enum record_outcome outcome;
	const uint32_t *frames;
	size_t n_frames;
	/*
	 * Nobody tells when a library takes the place of another, and when the thread is let
	 * go it can be back as it was before one looks: where that happens the look is now,
	 * if it is a quick one.
	 */
	bool looks_first = !msg->waiting && mappings_are_quick(t->proc) &&
			   mappings_are_unsteady(t->proc);
	bool looked = looks_first && mappings_reread(t->proc), blind = looks_first && !looked;
	uint32_t generation = t->proc->space.generation;
	bool readable = unwind_thread(s, t, msg), stale, late;

	if (ended_nowhere(u)) {
		mappings_refresh(s, t->proc);
		if (t->proc->space.generation != generation)
			readable = unwind_thread(s, t, msg);
		generation = t->proc->space.generation;
	}
	sample_mark_gap(s);
	if (msg->thread_pointer)
		t->thread_pointer = msg->thread_pointer;
	outcome = sample_outcome(u->end);
	n_frames = python_frames(s, t, &frames, &outcome);
	if (u->end != UNWIND_PENDING)	/* else an interpreter may be in what is not known yet */
		activity = msg->waiting ? activity_waiting(s, t, &msg->call)
					: activity_running(s, t, &msg->regs);

	/* It may have gone on while it was read: nothing of it is to be believed. */
	late = !msg->waiting && clock_mono_ns() - msg->time_ns >= READ_NS;
	s->n_torn += late;

	const struct s_continue answer = { S_CONTINUE, msg->sequence,
					   late || wants_again(u, readable && !blind, msg) };

	session_send_opener(s, &answer, sizeof(answer), NULL, 0);
	s->n_stops += !msg->waiting;
	s->n_stops_syscall += msg->in_syscall;
	s->stopped_ns = msg->held_ns;
	if (answer.again)
		return;
	stale = blind || (!looked && !msg->waiting && may_be_stale(t->proc, generation));
	s->checked_sequence = msg->sequence;
	s->checked_sample = (struct record_sample){
		.time_ns = msg->time_ns,
		.thread = t->number,
		.weight_ns = (uint32_t)min_of(msg->weight_ns, (uint64_t)UINT32_MAX),
		.cpu = RECORD_NONE,
		.state = msg->waiting ? STATE_WAITING : STATE_RUNNING,
		.activity = activity,
		.stack = u->end == UNWIND_PENDING || stale
			 ? OUTCOME_PENDING
			 : stacks_stack(s, outcome, frames, n_frames),
		.gap = stale ? 0 : u->n_left_out,
	};
	if (!msg->waiting) {
		if (u->end != UNWIND_PENDING && !stale && u->n_frames)
			code_saw(s, u->frames[0]);
		session_put_sample(s, &s->checked_sample);
		procs_saw_cpu(t, msg->cpu_ns, msg->time_ns);
	}
}

void ptrace_on_checked(struct session *s, const struct o_checked *msg)
{
	if (msg->sequence != s->checked_sequence)
		return;
	if (msg->same)
		session_put_sample(s, &s->checked_sample);
	else
		s->n_torn++;
}

void ptrace_second(struct session *s)
{
	session_put_counter(s, COUNTER_STOPS, s->n_stops);
	session_put_counter(s, COUNTER_STOPS_SYSCALL, s->n_stops_syscall);
	session_put_counter(s, COUNTER_TORN, s->n_torn);
	session_put_counter(s, COUNTER_STOPPED_NS, s->stopped_ns);
}
