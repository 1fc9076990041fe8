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
#define SHORT_LIVED_PCT 2	/* of a core, in first periods of those that ended */
#define NEWS_NS (200 * NS_PER_MS)	/* since the last copy: there may be more to tell */
#define NEWS_PATIENCE_MS 10
#define PATIENCE_MS 40			/* until somebody looks whether it is so */

struct pending_sample {
	struct pending_sample *next;
	struct thread *thread;
	uint64_t weight_ns;
	uint64_t kept_ns;	/* since when it waits */
	uint32_t generation;	/* of its process' mappings then */
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
		size_t n_user, uint64_t gap)
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
		.gap = gap,
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
	uint64_t end = mappings_stack_end(t, wanted);
	uint64_t from = stack->cut && stack->start >= t->stack_start && copied <= end
			? copied : wanted;

	return end > from ? end - from : 1;
}

/* In the kernel, with registers of a program that is not mapped any more? */
static bool is_execing(const struct perf_sample *p, const struct thread *t,
		       const struct unwind_regs *regs)
{
	return p->n_ips && t->proc->maps_known &&
	       !mappings_find(t->proc, regs->value[unwind_arch_host()->pc]);
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
	const uint32_t *frames;
	enum record_outcome outcome;
	uint64_t gap;
	size_t n;

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
	if (u->copy_ended)	/* Would a larger copy have held it? */
		s->n_cut_window += u->end_addr - stack.start < MORE_STACK_BYTES;
	s->n_window++;
	gap = u->end == UNWIND_COPY ? gap_size(t, &stack, u->end_addr) : u->n_left_out;
	sample_mark_gap(s);
	outcome = sample_outcome(u->end);
	n = python_frames_of_part(s, t, p, &frames, &outcome);
	put(s, p, t, weight_ns, outcome, frames, n, gap);
	return true;
}

/* ---- samples that wait ---- */

/* Copy what the sample points at behind it. */
static void keep(struct session *s, const struct perf_sample *p, struct thread *t,
		 uint64_t weight_ns)
{
	size_t regs = (size_t)__builtin_popcountll(unwind_arch_host()->perf_mask) * 8;
	size_t ips = p->n_ips * sizeof(*p->ips);
	size_t bytes = sizeof(struct pending_sample) + regs + ips + p->stack_len + p->python_len;
	struct pending_sample *k;

	if (s->pending_bytes + bytes > MAX_PENDING_BYTES) {
		put_bare(s, p, t, weight_ns, OUTCOME_PENDING);
		return;
	}
	k = xmalloc(bytes);
	*k = (struct pending_sample){ .thread = t, .weight_ns = weight_ns, .kept_ns = s->now_ns,
				      .generation = t->proc->space.generation,
				      .bytes = bytes, .sample = *p };
	k->sample.regs = memcpy(k->data, p->regs, regs);
	k->sample.ips = memcpy(k->data + regs, p->ips ? p->ips : (void *)k->data, ips);
	k->sample.stack = memcpy(k->data + regs + ips, p->stack, p->stack_len);
	if (p->python)
		k->sample.python = memcpy(k->data + regs + ips + p->stack_len, p->python,
					  p->python_len);
	*s->last_pending = k;
	s->last_pending = &k->next;
	s->n_pending++;
	t->n_pending++;
	s->pending_bytes += bytes;
}

/* Unwind and record what has waited; false if it has to wait on. */
static bool retry(struct session *s, const struct pending_sample *k, bool give_up)
{
	/* The mappings that it was taken with are known no more. */
	if (mappings_changed_since(k->thread->proc, k->generation, UINT64_MAX)) {
		put_bare(s, &k->sample, k->thread, k->weight_ns, OUTCOME_PENDING);
		return true;
	}
	return unwind_sample(s, &k->sample, k->thread, k->weight_ns, give_up);
}

void perf_retry_pending(struct session *s, bool give_up)
{
	struct pending_sample **link = &s->pending;

	s->need_retry = false;
	while (*link) {
		struct pending_sample *k = *link;
		bool late = give_up || s->now_ns - k->kept_ns > PENDING_LIMIT_NS;

		if (!retry(s, k, late)) {
			link = &k->next;
			continue;
		}
		*link = k->next;
		s->n_pending--;
		k->thread->n_pending--;
		s->pending_bytes -= k->bytes;
		free(k);
	}
	s->last_pending = link;
}

/* ---- records ---- */

static void on_sample(struct session *s, const struct perf_sample *p, uint64_t weight_ns)
{
	struct thread *t = procs_get_thread(s, p->pid, p->tid, p->time_ns);
	struct perf_sample sample = *p;

	s->n_copied++;
	s->copied_ns = s->now_ns;
	python_add_part(s, &sample);
	if (!unwind_sample(s, &sample, t, weight_ns, false))
		keep(s, &sample, t, weight_ns);
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
		s->n_births++;
		procs_on_fork(s, &r->task);
		break;
	case PERF_EXIT:
		s->n_exits++;
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
		if (!switch_is_off(s))
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
	struct s_ring answer = { .type = S_RING };
	struct error err;

	if (!s->perf)
		s->perf = perf_reader_new(unwind_arch_host()->perf_mask);
	if (m->n_fds == 1)
		answer.mapped = perf_reader_add_ring(s->perf, msg_take_fd(m, 0), (size_t)msg->bytes,
						     msg->sideband, &err) == 0;
	session_send_opener(s, &answer, sizeof(answer), NULL, 0);	/* which says what it means */
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

/* Of the whole host: the CPU time of all CPUs since sampling began. */
static void put_host_cpu(struct session *s)
{
	uint64_t now;

	if (s->host_stat < 0 || proc_host_cpu_ns(s->host_stat, &now) < 0)
		return;
	if (!s->host_cpu_ns)
		s->host_cpu_ns = now;
	session_put_counter(s, COUNTER_CPU_NS, now - min_of(now, s->host_cpu_ns));
}

void perf_on_started(struct session *s, const struct o_started *msg, int host_stat)
{
	/* Of the whole host it is not known yet what there is to wait for. */
	const bool hold = s->kernel_side && !s->is_started && !s->spec->on_exec && s->spec->pid;

	if (!s->perf) {
		closep(&host_stat);
		return;
	}
	perf_drain(s);	/* what is in the rings has the old layout */
	perf_reader_start(s->perf, &(struct perf_start){
		.period_ns = NS_PER_S / max_of(msg->rate_hz, 1u),
		.callchain = msg->kernel,
		.hardware = msg->hardware,
		.on_exec = s->spec->on_exec && !s->is_started,
		.hold = hold || switch_is_off(s) });
	if (hold)
		s->held_until_ns = s->now_ns + HOLD_NS;
	s->copied_ns = s->now_ns;
	s->n_window = s->n_cut_window = 0;
	if (s->host_stat < 0)
		s->host_stat = host_stat;
	else
		closep(&host_stat);
	put_host_cpu(s);
}

/*
 * While stacks may turn out to be deeper than the copies, that is not found late; nor
 * what the kernel has not been told of.  Of the whole host that may be a program that runs
 * Python: what it calls until then is not seen.
 */
int perf_patience_ms(const struct session *s)
{
	if (s->kernel_side)
		return s->now_ns - s->copied_ns < NEWS_NS || (s->asked_python && !s->spec->pid)
		       ? NEWS_PATIENCE_MS : INT_MAX;
	return s->wants_more_stack ? INT_MAX : PATIENCE_MS;
}

static void reopen(struct session *s, uint32_t rate_hz)
{
	struct s_reopen ask = {
		.type = S_REOPEN, .rate_hz = rate_hz,
		.stack_bytes = s->wants_more_stack ? MORE_STACK_BYTES : 0,
		.by_cpu = s->wants_by_cpu };

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
	s->spec->young = false;
	session_note(s, NOTE_INFO, "%u Hz from here on", rate_hz);
	reopen(s, rate_hz);
}

static void judge_rate(struct session *s)
{
	uint32_t young = s->spec->young ? opener_young_rate(s->now_ns - s->began_ns) : 0;
	uint32_t rate_hz = young ? young : s->spec->rate_hz;

	if (s->started.rate_hz != rate_hz)
		reopen(s, rate_hz);
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

/*
 * An inherited event begins with a full period: of who lives no longer than that there is
 * no sample, and of others none of the beginning.  Events of CPUs have no beginning.
 */
static void judge_lives(struct session *s)
{
	uint64_t period_ns = NS_PER_S / max_of(s->started.rate_hz, 1u);

	if (s->wants_by_cpu || !s->kernel_side || s->started.tells_all)
		return;
	if (min_of(s->n_births, s->n_exits) * period_ns >= NS_PER_S * SHORT_LIVED_PCT / 100) {
		s->wants_by_cpu = true;
		reopen(s, s->started.rate_hz);
	} else if (s->now_ns - s->lives_since_ns > NS_PER_S) {
		s->lives_since_ns = s->now_ns;
		s->n_births = s->n_exits = 0;
	}
}

/* Once, and when sampling is over. */
static void say_lost_news(struct session *s)
{
	if (s->n_lost_news == s->n_said_lost_news ||
	    (s->n_said_lost_news && s->state == SESSION_RUNNING))
		return;
	session_note(s, NOTE_WARNING, "%llu records about processes and their mappings were lost, too many "
		     "at once: looked again at what is there",
		     (unsigned long long)s->n_lost_news);
	s->n_said_lost_news = s->n_lost_news;
}

static void check_news(struct session *s, uint64_t n_lost)
{
	if (n_lost > s->n_lost_news)
		procs_resync(s);
	s->n_lost_news = n_lost;
	say_lost_news(s);
}

void perf_second(struct session *s)
{
	struct perf_totals totals;

	perf_reader_totals(s->perf, &totals);
	session_put_lost(s, totals.n_lost, totals.period_ns);
	if (totals.cpu_ns)
		/* What is not sampled now is not counted there either. */
		session_put_counter(s, COUNTER_CPU_NS, totals.cpu_ns + switch_off_cpu_ns(s));
	put_host_cpu(s);
	session_put_counter(s, COUNTER_UNSAMPLED_NS, totals.unsampled_ns);
	if (totals.throttled_ns)
		session_put_counter(s, COUNTER_THROTTLED_NS, totals.throttled_ns);
	check_news(s, totals.n_lost_news);
	kernel_side_second(s);
}

void perf_stop(struct session *s)
{
	perf_reader_stop(s->perf);
	put_host_cpu(s);
	closep(&s->host_stat);
	s->host_stat = -1;
}

void perf_judge(struct session *s)
{
	judge_stack_bytes(s);
	judge_lives(s);
	judge_rate(s);
}

void perf_free(struct session *s)
{
	perf_reader_free(s->perf);
	s->perf = NULL;
	free(steal(s->sample_frames));
	s->cap_sample_frames = 0;
}
