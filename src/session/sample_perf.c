// SPDX-License-Identifier: Apache-2.0
/*
 * Samples of the perf engine: registers and a copy of the stack.
 *
 * A sample is unwound where it lies in the ring.  Only when a table that it
 * needs is still being made is it copied and kept (a few milliseconds at the
 * start, or after dlopen), within a budget.
 */
#include "session/session.h"

#include <limits.h>
#include <string.h>

#include "base/error.h"

#define MAX_PENDING_BYTES (32u << 20)
#define PENDING_LIMIT_NS (2 * NS_PER_S)
#define MORE_STACK_BYTES 65528u		/* the most that fits into a record */
#define CUT_WINDOW 200			/* samples that are judged together */
#define CUT_SHARE_PCT 1			/* so many cut stacks ask for larger copies */
#define CUT_AT_LEAST 2			/* one is no pattern */
#define HOLD_NS (60 * NS_PER_MS)	/* the most that sampling waits for tables */
#define NEWS_NS (200 * NS_PER_MS)	/* since the last copy: there may be more to tell */
#define NEWS_PATIENCE_MS 10
#define PATIENCE_MS 40			/* until somebody looks whether it is so */

struct pending_sample {
	struct pending_sample *next;
	struct thread *thread;
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

/* The whole stack: the kernel's frames, which were called from the user's. */
static uint32_t whole_stack(struct session *s, const struct perf_sample *p,
			    enum record_outcome outcome, const uint32_t *user, size_t n_user)
{
	struct module *kernel;

	if (!p->n_ips)
		return stacks_stack(s, outcome, user, n_user);
	kernel = modules_kernel(s);
	array_reserve(s->sample_frames, p->n_ips + n_user, s->cap_sample_frames);
	for (size_t i = 0; i < p->n_ips; i++)
		s->sample_frames[i] = stacks_frame(s, kernel, p->ips[i], i ? FRAME_RETURN : 0);
	if (n_user)
		memcpy(s->sample_frames + p->n_ips, user, n_user * sizeof(*user));
	return stacks_stack(s, outcome, s->sample_frames, p->n_ips + n_user);
}

/* Record the sample; of its user part there are these frames. */
static void put(struct session *s, const struct perf_sample *p, struct thread *t,
		uint64_t weight_ns, enum record_outcome outcome, const uint32_t *user,
		size_t n_user, uint64_t gap_bytes)
{
	if (!p->n_ips && n_user)
		code_saw(s, user[0]);
	session_put_sample(s, &(struct record_sample){
		.time_ns = p->time_ns,
		.thread = t->number,
		.stack = whole_stack(s, p, outcome, user, n_user),
		.weight_ns = (uint32_t)min_of(weight_ns, (uint64_t)UINT32_MAX),
		.cpu = p->cpu,
		.state = STATE_RUNNING,
		.gap_bytes = gap_bytes,
	});
}

/* Nothing is known of its user part. */
static void put_bare(struct session *s, const struct perf_sample *p, struct thread *t,
		     uint64_t weight_ns, enum record_outcome outcome)
{
	put(s, p, t, weight_ns, outcome, NULL, 0, 0);
}

/*
 * How much stack lies beyond the copy: from its end, or of another stack that is
 * not in it from the address wanted.  At least 1, as there is some.
 */
static uint64_t gap_size(struct thread *t, const struct unwind_stack *stack, uint64_t wanted)
{
	uint64_t copied = stack->start + stack->len;
	uint64_t end = procs_stack_end(t, wanted);
	uint64_t from = stack->cut && stack->start >= t->stack_start && copied <= end
			? copied : wanted;

	return end > from ? end - from : 1;
}

/* In the kernel, with registers of a program that is not mapped any more? */
static bool is_execing(const struct perf_sample *p, const struct thread *t,
		       const struct unwind_regs *regs)
{
	return p->n_ips && !procs_find_mapping(t->proc, regs->value[unwind_arch_host()->pc]);
}

static void say_32bit(struct session *s, const struct thread *t)
{
	if (!s->said_32bit)
		session_note(s, NOTE_WARNING, "process %d runs 32-bit code: its stacks are not unwound, only its time is counted",
			     (int)t->proc->pid);
	s->said_32bit = true;
}

/* Unwind and record; false if it has to wait for a table. */
static bool unwind_sample(struct session *s, const struct perf_sample *p,
			  struct thread *t, uint64_t weight_ns, bool give_up)
{
	struct unwinder *u = s->unwinder;
	struct unwind_stack stack = {
		.space = &t->proc->space,
		.bytes = p->stack,
		.len = p->stack_len,
		.cut = p->stack_full,
	};
	uint64_t gap = 0;

	if (!p->has_regs || p->is_32bit) {
		if (p->is_32bit)
			say_32bit(s, t);
		put_bare(s, p, t, weight_ns, OUTCOME_NO_USER);
		return true;
	}
	take_regs(p, &stack.regs);
	if (is_execing(p, t, &stack.regs)) {
		put_bare(s, p, t, weight_ns, OUTCOME_NO_USER);
		return true;
	}
	stack.start = stack.regs.value[u->arch->sp];
	s->unwinding = &stack;
	unwinder_run(u, &stack);
	s->unwinding = NULL;
	if (u->end == UNWIND_PENDING) {
		if (give_up)
			put_bare(s, p, t, weight_ns, OUTCOME_PENDING);
		return give_up;
	}
	if (u->end == UNWIND_COPY) {
		gap = gap_size(t, &stack, u->end_addr);
		/* Would a larger copy have held it? */
		s->n_cut_window += u->end_addr - stack.start < MORE_STACK_BYTES;
	}
	s->n_window++;
	put(s, p, t, weight_ns, sample_outcome(u->end), u->frames, u->n_frames, gap);
	return true;
}

/* ---- samples that wait ---- */

/* Copy what the sample points at behind it. */
static void keep(struct session *s, const struct perf_sample *p, struct thread *t,
		 uint64_t weight_ns)
{
	size_t regs = (size_t)__builtin_popcountll(unwind_arch_host()->perf_mask) * 8;
	size_t ips = p->n_ips * sizeof(*p->ips);
	size_t bytes = sizeof(struct pending_sample) + regs + ips + p->stack_len;
	struct pending_sample *k;

	if (s->pending_bytes + bytes > MAX_PENDING_BYTES) {
		put_bare(s, p, t, weight_ns, OUTCOME_PENDING);
		return;
	}
	k = xmalloc(bytes);
	*k = (struct pending_sample){ .thread = t, .weight_ns = weight_ns, .kept_ns = s->now_ns,
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

		if (!unwind_sample(s, &k->sample, k->thread, k->weight_ns, late)) {
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

static void on_sample(struct session *s, const struct perf_sample *p, uint64_t weight_ns)
{
	struct thread *t = procs_get_thread(s, p->pid, p->tid, p->time_ns);

	s->n_copied++;
	s->copied_ns = s->now_ns;
	if (!unwind_sample(s, p, t, weight_ns, false))
		keep(s, p, t, weight_ns);
}

static void on_record(void *ctx, const struct perf_record *r, uint64_t weight_ns)
{
	struct session *s = ctx;

	switch (r->kind) {
	case PERF_SAMPLE:
		(r->sample.raw ? bpf_on_sample : on_sample)(s, &r->sample, weight_ns);
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

/*
 * What is sampled before the kernel has the unwind tables costs copies, which are cut:
 * so it is waited for them, if not for long.
 */
static void end_hold(struct session *s)
{
	if (s->perf && s->held_until_ns &&
	    (kernel_side_is_ready(s) || s->now_ns >= s->held_until_ns)) {
		perf_reader_enable(s->perf);
		s->held_until_ns = 0;
	}
}

void perf_drain(struct session *s)
{
	end_hold(s);
	if (s->perf)
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
		s->perf = perf_reader_new(unwind_arch_host()->perf_mask);
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
				      msg->event[i].tid, msg->event[i].cpu,
				      msg->event[i].period_ns);
}

void perf_on_started(struct session *s, const struct o_started *msg)
{
	if (!s->perf)
		return;
	perf_drain(s);	/* what is in the rings has the old layout */
	perf_reader_start(s->perf, &(struct perf_start){
		.period_ns = NS_PER_S / max_of(msg->rate_hz, 1u),
		.callchain = msg->kernel,
		.hardware = msg->hardware,
		.on_exec = s->spec->on_exec && !s->is_started,
		.hold = s->kernel_side && !s->is_started });
	if (s->kernel_side && !s->is_started && !s->spec->on_exec)
		s->held_until_ns = s->now_ns + HOLD_NS;
	s->copied_ns = s->now_ns;
	s->n_window = s->n_cut_window = 0;
}

/*
 * While stacks may turn out to be deeper than the copies, that is not found late; nor
 * what the kernel has not been told of.
 */
int perf_patience_ms(const struct session *s)
{
	if (s->kernel_side)
		return s->now_ns - s->copied_ns < NEWS_NS ? NEWS_PATIENCE_MS : INT_MAX;
	return s->wants_more_stack ? INT_MAX : PATIENCE_MS;
}

static void reopen(struct session *s, uint32_t rate_hz)
{
	struct s_reopen ask = {
		.type = S_REOPEN, .rate_hz = rate_hz,
		.stack_bytes = s->wants_more_stack ? MORE_STACK_BYTES : 0 };

	s->started.rate_hz = rate_hz;
	/* Children have inherited the events that now end: they need their own. */
	procs_ask_missing(s);
	session_send_opener(s, &ask, sizeof(ask), NULL, 0);
}

void perf_set_rate(struct session *s, uint32_t rate_hz)
{
	char text[32];

	s->spec->rate_hz = rate_hz;
	snprintf(text, sizeof(text), "%u", rate_hz);
	record_put_meta(s->writer, "rate_hz", text);
	record_put_meta(s->writer, "first_rate_hz", text);	/* not for the first seconds only */
	session_note(s, NOTE_INFO, "%u Hz from here on", rate_hz);
	reopen(s, rate_hz);
}

/* The first seconds of a program are sampled faster: it may not have more. */
static void judge_rate(struct session *s)
{
	if (s->started.rate_hz != s->spec->rate_hz &&
	    s->now_ns - s->started.time_ns >= FIRST_RATE_NS)
		reopen(s, s->spec->rate_hz);
}

/*
 * Larger copies cost where stacks are deep, and only there: of a shallow one there
 * is no more to copy.  So few cut stacks are enough, and it is not waited for more.
 */
static void judge_stack_bytes(struct session *s)
{
	/* Where the kernel unwinds, copies are what comes before it can. */
	if (!s->wants_more_stack && !s->kernel_side && s->n_cut_window >= CUT_AT_LEAST &&
	    s->n_cut_window * 100 >= s->n_window * CUT_SHARE_PCT) {
		session_note(s, NOTE_INFO,
			     "%llu of %llu stacks were cut at %u KiB: larger copies from here on",
			     (unsigned long long)s->n_cut_window, (unsigned long long)s->n_window,
			     s->started.stack_bytes >> 10);
		s->wants_more_stack = true;
		reopen(s, s->started.rate_hz);
	}
	if (s->n_window >= CUT_WINDOW)
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
	kernel_side_second(s);
}

void perf_judge(struct session *s)
{
	judge_stack_bytes(s);
	judge_rate(s);
}

void perf_free(struct session *s)
{
	perf_reader_free(s->perf);
	s->perf = NULL;
	free(steal(s->sample_frames));
	s->cap_sample_frames = 0;
}
