// SPDX-License-Identifier: Apache-2.0
/*
 * Samples of the perf engine: registers and a copy of the stack.
 *
 * A sample is unwound where it lies in the ring.  Only when a table that it
 * needs is still being made is it copied and kept (a few milliseconds at the
 * start, or after dlopen), within a budget.
 */
#include "session/session.h"

#include <string.h>

#include "base/error.h"

#define MAX_PENDING_BYTES (32u << 20)
#define PENDING_LIMIT_NS (2 * NS_PER_S)
#define MORE_STACK_BYTES 65528u		/* the most that fits into a record */
#define CUT_WINDOW 200			/* samples after which to judge */
#define CUT_SHARE_PCT 5			/* so many cut stacks ask for larger copies */

struct pending_sample {
	struct pending_sample *next;
	uint64_t weight_ns;
	uint64_t kept_ns;	/* since when it waits */
	size_t bytes;
	struct perf_sample sample;
	uint8_t data[];		/* registers, kernel addresses, stack */
};

/* ---- unwinding one sample ---- */

static void take_regs(const struct perf_sample *p, struct unwind_regs *regs)
{
	const struct unwind_arch *arch = unwind_arch_host();
	unsigned int n = (unsigned int)__builtin_popcountll(arch->perf_mask);

	*regs = (struct unwind_regs){ 0 };
	for (unsigned int i = 0; i < n; i++) {
		regs->value[arch->perf_regs[i]] = p->regs[i];
		regs->known |= 1ull << arch->perf_regs[i];
	}
}

/* Put the kernel's frames on top of the user's: it was called from there. */
static uint32_t push_kernel(struct session *s, const struct perf_sample *p, uint32_t stack)
{
	struct module *kernel = modules_kernel(s);

	for (size_t i = p->n_ips; i-- > 0;)
		stack = stacks_push(s, stack, stacks_frame(s, kernel, p->ips[i],
							   i ? FRAME_RETURN : 0));
	return stack;
}

static void put(struct session *s, const struct perf_sample *p, uint64_t weight_ns,
		uint32_t user_stack, uint64_t gap_bytes)
{
	struct thread *t = procs_get_thread(s, p->pid, p->tid, p->time_ns);

	session_put_sample(s, &(struct record_sample){
		.time_ns = p->time_ns,
		.thread = t->number,
		.stack = p->n_ips ? push_kernel(s, p, user_stack) : user_stack,
		.weight_ns = (uint32_t)min_of(weight_ns, (uint64_t)UINT32_MAX),
		.cpu = p->cpu,
		.state = STATE_RUNNING,
		.gap_bytes = gap_bytes,
	});
}

/* How much stack lies beyond the copy; at least 1, as there is some. */
static uint64_t gap_size(struct session *s, const struct perf_sample *p,
			 const struct unwind_stack *stack)
{
	struct thread *t = procs_get_thread(s, p->pid, p->tid, p->time_ns);
	uint64_t end = procs_stack_end(t, stack->start), copied = stack->start + stack->len;

	return end > copied ? end - copied : 1;
}

/* Unwind and record; false if it has to wait for a table. */
static bool unwind_sample(struct session *s, const struct perf_sample *p,
			  uint64_t weight_ns, bool give_up)
{
	struct proc *proc = procs_get(s, p->pid, p->time_ns);
	struct unwinder *u = s->unwinder;
	struct unwind_stack stack = {
		.space = &proc->space,
		.bytes = p->stack,
		.len = p->stack_len,
		.cut = p->stack_full,
	};
	uint64_t gap = 0;

	if (!p->has_regs || p->is_32bit) {
		put(s, p, weight_ns, OUTCOME_NO_USER, 0);
		return true;
	}
	take_regs(p, &stack.regs);
	stack.start = stack.regs.value[u->arch->sp];
	s->unwinding = &stack;
	unwinder_run(u, &stack);
	s->unwinding = NULL;
	if (u->end == UNWIND_PENDING) {
		if (give_up)
			put(s, p, weight_ns, OUTCOME_PENDING, 0);
		return give_up;
	}
	if (u->end == UNWIND_COPY) {
		gap = gap_size(s, p, &stack);
		s->n_cut_window++;
	}
	s->n_window++;
	put(s, p, weight_ns, stacks_stack(s, sample_outcome(u->end), u->frames, u->n_frames),
	    gap);
	return true;
}

/* ---- samples that wait ---- */

/* Copy what the sample points at behind it. */
static void keep(struct session *s, const struct perf_sample *p, uint64_t weight_ns)
{
	size_t regs = (size_t)__builtin_popcountll(unwind_arch_host()->perf_mask) * 8;
	size_t ips = p->n_ips * sizeof(*p->ips);
	size_t bytes = sizeof(struct pending_sample) + regs + ips + p->stack_len;
	struct pending_sample *k;

	if (s->pending_bytes + bytes > MAX_PENDING_BYTES) {
		put(s, p, weight_ns, OUTCOME_PENDING, 0);
		return;
	}
	k = xmalloc(bytes);
	*k = (struct pending_sample){ .weight_ns = weight_ns, .kept_ns = s->now_ns,
				      .bytes = bytes, .sample = *p };
	k->sample.regs = memcpy(k->data, p->regs, regs);
	k->sample.ips = memcpy(k->data + regs, p->ips ? p->ips : (void *)k->data, ips);
	k->sample.stack = memcpy(k->data + regs + ips, p->stack, p->stack_len);
	*s->last_pending = k;
	s->last_pending = &k->next;
	s->n_pending++;
	s->pending_bytes += bytes;
}

void perf_retry_pending(struct session *s, bool give_up)
{
	struct pending_sample **link = &s->pending;

	s->need_retry = false;
	while (*link) {
		struct pending_sample *k = *link;
		bool late = give_up || s->now_ns - k->kept_ns > PENDING_LIMIT_NS;

		if (!unwind_sample(s, &k->sample, k->weight_ns, late)) {
			link = &k->next;
			continue;
		}
		*link = k->next;
		s->n_pending--;
		s->pending_bytes -= k->bytes;
		free(k);
	}
	s->last_pending = link;
}

/* ---- records ---- */

static void on_record(void *ctx, const struct perf_record *r, uint64_t weight_ns)
{
	struct session *s = ctx;

	switch (r->kind) {
	case PERF_SAMPLE:
		if (!unwind_sample(s, &r->sample, weight_ns, false))
			keep(s, &r->sample, weight_ns);
		break;
	case PERF_MMAP:
		procs_on_mmap(s, &r->mmap, r->time_ns);
		break;
	case PERF_FORK:
		procs_on_fork(s, &r->task);
		break;
	case PERF_EXIT:
		procs_on_exit(s, &r->task);
		break;
	case PERF_COMM:
		procs_on_comm(s, &r->comm, r->time_ns);
		break;
	default:
		break;
	}
}

void perf_drain(struct session *s)
{
	perf_reader_drain(s->perf, on_record, s);
	if (s->need_retry || (s->pending && s->now_ns - s->pending->kept_ns > PENDING_LIMIT_NS))
		perf_retry_pending(s, false);
}

/* ---- what the opener sends ---- */

void perf_on_ring(struct session *s, struct msg *m)
{
	const struct o_ring *msg = (const struct o_ring *)m->data;
	struct error err;

	if (!s->perf)
		s->perf = perf_reader_new(unwind_arch_host()->perf_mask,
					  NS_PER_S / s->spec->rate_hz);
	if (m->n_fds == 1 && perf_reader_add_ring(s->perf, msg_take_fd(m, 0), (size_t)msg->bytes,
						  msg->sideband, &err) < 0)
		session_note(s, NOTE_WARNING, "CPU %u is not sampled: %s", msg->cpu, err.msg);
}

void perf_on_events(struct session *s, struct msg *m)
{
	const struct o_events *msg = (const struct o_events *)m->data;

	for (uint32_t i = 0; s->perf && i < min_of(msg->n, (uint32_t)m->n_fds) &&
			     i < O_EVENTS_MAX; i++)
		perf_reader_add_event(s->perf, msg_take_fd(m, i), msg->event[i].id,
				      msg->event[i].tid, msg->event[i].period_ns);
}

void perf_on_started(struct session *s, const struct o_started *msg)
{
	if (!s->perf)
		return;
	perf_drain(s);	/* what is in the rings has the old layout */
	perf_reader_start(s->perf, msg->kernel, msg->hardware, s->spec->on_exec && !s->is_started);
	s->n_window = s->n_cut_window = 0;
}

/* When many stacks are cut, larger copies are worth their price. */
static void judge_stack_bytes(struct session *s)
{
	struct s_stack_bytes ask = { .type = S_STACK_BYTES, .bytes = MORE_STACK_BYTES };

	if (s->n_window < CUT_WINDOW)
		return;
	if (s->started.stack_bytes < MORE_STACK_BYTES &&
	    s->n_cut_window * 100 >= s->n_window * CUT_SHARE_PCT) {
		session_note(s, NOTE_INFO,
			     "%llu of %llu stacks were cut at %u KiB: copying %u KiB from here on",
			     (unsigned long long)s->n_cut_window, (unsigned long long)s->n_window,
			     s->started.stack_bytes / 1024, MORE_STACK_BYTES / 1024);
		s->started.stack_bytes = MORE_STACK_BYTES;
		session_send_opener(s, &ask, sizeof(ask), NULL, 0);
	}
	s->n_window = s->n_cut_window = 0;
}

void perf_second(struct session *s)
{
	struct perf_totals totals;

	perf_reader_totals(s->perf, &totals);
	session_put_lost(s, totals.n_lost, totals.period_ns);
	if (totals.cpu_ns)
		session_put_counter(s, COUNTER_CPU_NS, totals.cpu_ns);
	session_put_counter(s, COUNTER_UNSAMPLED_NS, totals.unsampled_ns);
	if (totals.throttled_ns)
		session_put_counter(s, COUNTER_THROTTLED_NS, totals.throttled_ns);
	judge_stack_bytes(s);
}

void perf_free(struct session *s)
{
	perf_reader_free(s->perf);
	s->perf = NULL;
}
