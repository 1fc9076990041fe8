// SPDX-License-Identifier: Apache-2.0
#include "engine/perf_reader.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/u64map.h"
#include "base/util.h"
#include "engine/bpf/bpf_sample.h"
#include "engine/perf_ring.h"
#include "engine/period.h"

struct source {
	struct perf_ring ring;
	int fd;
	bool sideband;
	bool retired;			/* no event writes into it any more */
	const struct perf_event_header *next;	/* NULL: nothing now */
	uint64_t next_ns;
};

struct event {
	int fd;
	uint64_t id;			/* 0: only kept open */
	uint32_t tid;			/* 0: an output of BPF programs, or kept open */
	uint32_t cpu;
	bool own;			/* not superseded by inherited events */
	uint32_t kept;			/* samples until the next period */
	uint64_t period_ns, old_period_ns;
	uint64_t since_ns;		/* the period is in effect since */
	uint64_t throttled_since_ns;	/* 0: it is not */
};

struct perf_reader {
	struct perf_layout layout, output_layout;
	uint64_t period_ns;
	bool hardware;
	bool of_cpus;			/* events are PERF_EVERY_THREAD */
	struct source *sources;
	size_t n_sources, cap_sources;
	size_t n_old_sources;		/* of the opening before */
	struct event *events;
	size_t n_events, cap_events;
	size_t n_old;			/* events of the opening before */
	struct u64map by_id, by_tid, by_place;	/* by_place: of a thread on a CPU */
	struct period_random random;
	uint64_t n_lost_old, cpu_ns_old;	/* of events closed since */
	uint64_t n_lost_records;	/* as LOST records say, for old kernels */
	uint64_t n_lost_news;		/* of the sideband */
	uint64_t unsampled_ns, throttled_ns;
};

struct perf_reader *perf_reader_new(uint64_t regs_mask)
{
	struct perf_reader *r = xcalloc(1, sizeof(*r));

	r->layout.regs_mask = regs_mask;
	r->layout.n_regs = (unsigned int)__builtin_popcountll(regs_mask);
	r->output_layout.output = true;
	return r;
}

static void free_source(struct source *s)
{
	perf_ring_unmap(&s->ring);
	closep(&s->fd);
}

void perf_reader_free(struct perf_reader *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->n_sources; i++)
		free_source(&r->sources[i]);
	for (size_t i = 0; i < r->n_events; i++)
		closep(&r->events[i].fd);
	free(r->sources);
	free(r->events);
	u64map_deinit(&r->by_id);
	u64map_deinit(&r->by_tid);
	u64map_deinit(&r->by_place);
	free(r);
}

int perf_reader_add_ring(struct perf_reader *r, int fd, size_t bytes, bool sideband,
			 struct error *err)
{
	struct source s = { .fd = fd, .sideband = sideband };

	if (perf_ring_map(&s.ring, fd, bytes, err) < 0) {
		close(fd);
		return -1;
	}
	array_reserve(r->sources, r->n_sources + 1, r->cap_sources);
	r->sources[r->n_sources++] = s;
	return 0;
}

void perf_reader_add_event(struct perf_reader *r, int fd, uint64_t id, uint32_t tid,
			   uint32_t cpu, uint64_t period_ns)
{
	array_reserve(r->events, r->n_events + 1, r->cap_events);
	r->events[r->n_events++] = (struct event){
		.fd = fd, .id = id, .tid = tid, .cpu = cpu, .own = true,
		.period_ns = period_ns, .old_period_ns = period_ns,
		.kept = period_draw_kept(&r->random),
	};
}

/* Does the event sample or count?  Else it carries output, or is only kept open. */
static bool measures(const struct event *e)
{
	return e->id && e->tid;
}

/* ---- counts ---- */

/* What read(2) gives for our read format. */
struct event_count {
	uint64_t value, id, n_lost;
};

static struct event_count read_count(const struct event *e)
{
	struct event_count c = { 0 };

	/* An old kernel leaves n_lost out: the read is shorter, the field 0. */
	if (read(e->fd, &c, sizeof(c)) < (ssize_t)(2 * sizeof(uint64_t)))
		return (struct event_count){ 0 };
	return c;
}

/* One of a whole CPU counts while that is idle, too. */
static bool counts_cpu_time(const struct perf_reader *r, const struct event *e)
{
	return measures(e) && !r->hardware && e->tid != PERF_EVERY_THREAD;
}

void perf_reader_totals(struct perf_reader *r, struct perf_totals *out)
{
	uint64_t n_lost = r->n_lost_old;

	*out = (struct perf_totals){
		.cpu_ns = r->cpu_ns_old,
		.unsampled_ns = r->unsampled_ns,
		.throttled_ns = r->throttled_ns,
		.period_ns = r->period_ns,
		.n_lost_news = r->n_lost_news,
	};
	for (size_t i = 0; i < r->n_events; i++) {
		if (!r->events[i].id)
			continue;
		struct event_count c = read_count(&r->events[i]);

		n_lost += c.n_lost;
		if (counts_cpu_time(r, &r->events[i]))
			out->cpu_ns += c.value;
	}
	out->n_lost = max_of(n_lost, r->n_lost_records);
}

bool perf_reader_all_ended(const struct perf_reader *r)
{
	for (size_t i = 0; i < r->n_events; i++) {
		struct pollfd fd = { .fd = r->events[i].fd };

		if (measures(&r->events[i]) && poll(&fd, 1, 0) >= 0 && !(fd.revents & POLLHUP))
			return false;
	}
	return true;
}

static uint64_t place_key(uint32_t tid, uint32_t cpu)
{
	return (uint64_t)tid << 32 | cpu;
}

/* ---- starting and stopping ---- */

/* Close what measured in the opening before; the others stay. */
static void close_old(struct perf_reader *r)
{
	size_t kept = 0;

	for (size_t i = 0; i < r->n_old; i++) {
		struct event *e = &r->events[i];

		if (!measures(e)) {
			r->events[kept++] = *e;
			continue;
		}
		ioctl(e->fd, PERF_EVENT_IOC_DISABLE, 0);
		struct event_count c = read_count(e);
		r->n_lost_old += c.n_lost;
		r->cpu_ns_old += counts_cpu_time(r, e) ? c.value : 0;
		close(e->fd);
	}
	for (size_t i = r->n_old; i < r->n_events; i++)
		r->events[kept++] = r->events[i];
	r->n_events = kept;
}

/* Rings that larger ones have taken the place of are read once more. */
static void retire_rings(struct perf_reader *r)
{
	bool more = false;

	for (size_t i = r->n_old_sources; i < r->n_sources; i++)
		more |= !r->sources[i].sideband;
	for (size_t i = 0; more && i < r->n_old_sources; i++)
		r->sources[i].retired = !r->sources[i].sideband;
	r->n_old_sources = r->n_sources;
}

void perf_reader_start(struct perf_reader *r, const struct perf_start *start)
{
	close_old(r);
	retire_rings(r);
	r->period_ns = start->period_ns;
	r->layout.callchain = start->callchain;
	r->hardware = start->hardware;
	u64map_clear(&r->by_id);
	u64map_clear(&r->by_tid);
	u64map_clear(&r->by_place);
	for (size_t i = 0; i < r->n_events; i++) {
		struct event *e = &r->events[i];

		if (!e->id)
			continue;
		*u64map_slot(&r->by_id, e->id) = (uint32_t)i;
		if (!measures(e) || !e->period_ns)
			continue;
		r->of_cpus = e->tid == PERF_EVERY_THREAD;
		*u64map_slot(&r->by_tid, e->tid) = 1;
		*u64map_slot(&r->by_place, place_key(e->tid, e->cpu)) = (uint32_t)i;
	}
	r->n_old = r->n_events;
	if (!start->on_exec && !start->hold)
		perf_reader_enable(r);
}

void perf_reader_enable(struct perf_reader *r)
{
	for (size_t i = 0; i < r->n_events; i++)
		if (measures(&r->events[i]) && r->events[i].own)
			ioctl(r->events[i].fd, PERF_EVENT_IOC_ENABLE, 0);
}

void perf_reader_stop(struct perf_reader *r)
{
	for (size_t i = 0; i < r->n_events; i++)
		if (measures(&r->events[i]))
			ioctl(r->events[i].fd, PERF_EVENT_IOC_DISABLE, 0);
}

/* ---- periods ---- */

/* A new random period.  What the old one had counted so far is not sampled. */
static void change_period(struct perf_reader *r, struct event *e)
{
	uint64_t period = period_draw(&r->random, r->period_ns);
	uint64_t argument = r->hardware ? NS_PER_S / period : period;

	e->kept = period_draw_kept(&r->random);
	if (ioctl(e->fd, PERF_EVENT_IOC_PERIOD, &argument) < 0)
		return;
	r->unsampled_ns += e->period_ns / 2;
	e->old_period_ns = e->period_ns;
	e->period_ns = period;
	e->since_ns = clock_mono_ns();
}

static struct event *find_event(struct perf_reader *r, uint64_t id)
{
	uint32_t i = u64map_find(&r->by_id, id);

	return i < r->n_events && r->events[i].id == id ? &r->events[i] : NULL;
}

/*
 * A thread that was born while events were being opened can have both its own
 * events and inherited ones: the inherited ones suffice.
 */
static void drop_own_events(struct perf_reader *r, uint32_t tid)
{
	for (size_t i = 0; i < r->n_events; i++) {
		struct event *e = &r->events[i];

		if (e->id && e->tid == tid && e->own) {
			ioctl(e->fd, PERF_EVENT_IOC_DISABLE, 0);
			e->own = false;
		}
	}
	*u64map_slot(&r->by_tid, tid) = 0;
}

/* The period that the event had when it took the sample, and perhaps another from here on. */
static uint64_t own_weight(struct perf_reader *r, struct event *e, uint64_t time_ns)
{
	uint64_t weight = e->period_ns;

	if (time_ns < e->since_ns)
		return e->old_period_ns;	/* waited in the ring meanwhile */
	if (e->kept && --e->kept == 0)
		change_period(r, e);
	return weight;
}

/*
 * What a BPF program wrote does not say which event it was for: a thread has one on each
 * CPU, of its own or inherited, or the CPU has one for all.
 */
static uint64_t output_weight(struct perf_reader *r, const struct perf_sample *s,
			      uint64_t period_ns)
{
	uint32_t tid = r->of_cpus ? PERF_EVERY_THREAD : s->tid;
	uint32_t i = u64map_find(&r->by_place, place_key(tid, s->cpu));

	if (i < r->n_events && r->events[i].own)
		return own_weight(r, &r->events[i], s->time_ns);
	return r->hardware ? r->period_ns : period_ns;
}

/* The time that a sample stands for: the period that was in effect. */
static uint64_t sample_weight(struct perf_reader *r, const struct perf_sample *s)
{
	struct event *e = find_event(r, s->id);

	if (!e)
		return r->period_ns;	/* of an event closed since */
	if (s->stream_id != s->id) {
		/* Inherited: its period is the one its parent had at its birth. */
		if (s->tid != e->tid && u64map_find(&r->by_tid, s->tid) == 1)
			drop_own_events(r, s->tid);
		return r->hardware ? r->period_ns : s->period;
	}
	/* The kernel goes on reporting the first period, so we keep count. */
	return own_weight(r, e, s->time_ns);
}

/*
 * A thread whose birth the kernel tells inherited events from who made it: those of its
 * own that it was given as well are not needed.
 */
static void on_birth(struct perf_reader *r, const struct perf_task *t)
{
	if (u64map_find(&r->by_tid, t->tid) == 1)
		drop_own_events(r, t->tid);
}

/* By its event, or by what a BPF program wrote of it. */
static uint64_t weigh(struct perf_reader *r, const struct perf_sample *s)
{
	struct bpf_sample head;

	if (!s->raw)
		return sample_weight(r, s);
	return bpf_sample_head(s->raw, s->raw_len, &head) ? output_weight(r, s, head.period) : 0;
}

/* The layout of a record goes by its event. */
static const struct perf_layout *layout_of(struct perf_reader *r,
					   const struct perf_event_header *header)
{
	struct event *e = find_event(r, perf_record_sample_id(header));

	return e && !e->tid ? &r->output_layout : &r->layout;
}

static void account_throttle(struct perf_reader *r, const struct perf_throttle *t)
{
	struct event *e = find_event(r, t->id);

	if (!e)
		return;
	if (t->on)
		e->throttled_since_ns = t->time_ns;
	else if (e->throttled_since_ns && t->time_ns > e->throttled_since_ns)
		r->throttled_ns += t->time_ns - e->throttled_since_ns;
	if (!t->on)
		e->throttled_since_ns = 0;
}

/* ---- reading ---- */

static void peek(struct source *s)
{
	s->next = perf_ring_peek(&s->ring);
	s->next_ns = s->next ? perf_record_time(s->next) : UINT64_MAX;
}

static void update(struct perf_reader *r, bool sideband)
{
	for (size_t i = 0; i < r->n_sources; i++) {
		if (r->sources[i].sideband != sideband)
			continue;
		perf_ring_update(&r->sources[i].ring);
		peek(&r->sources[i]);
	}
}

static struct source *earliest(struct perf_reader *r)
{
	struct source *first = NULL;

	for (size_t i = 0; i < r->n_sources; i++) {
		struct source *s = &r->sources[i];

		if (s->next && (!first || s->next_ns < first->next_ns))
			first = s;
	}
	return first;
}

static void drop_retired(struct perf_reader *r)
{
	size_t kept = 0;

	for (size_t i = 0; i < r->n_sources; i++) {
		if (r->sources[i].retired)
			free_source(&r->sources[i]);
		else
			r->sources[kept++] = r->sources[i];
	}
	r->n_old_sources -= r->n_sources - kept;	/* new ones are never retired */
	r->n_sources = kept;
}

void perf_reader_drain(struct perf_reader *r, perf_sink_fn sink, void *ctx)
{
	struct perf_record record;
	struct source *s;

	update(r, false);
	update(r, true);
	while ((s = earliest(r))) {
		uint64_t weight = 0;

		if (perf_record_parse(s->next, layout_of(r, s->next), &record)) {
			if (record.kind == PERF_SAMPLE)
				weight = weigh(r, &record.sample);
			else if (record.kind == PERF_FORK)
				on_birth(r, &record.task);
			else if (record.kind == PERF_LOST)
				*(s->sideband ? &r->n_lost_news : &r->n_lost_records) += record.lost.count;
			else if (record.kind == PERF_THROTTLE)
				account_throttle(r, &record.throttle);
			sink(ctx, &record, weight);
		}
		perf_ring_pop(&s->ring);
		peek(s);
	}
	drop_retired(r);
}

static size_t poll_some(const struct perf_reader *r, bool sideband, struct pollfd *fds, size_t max)
{
	size_t n = 0;

	for (size_t i = 0; i < r->n_sources && n < max; i++)
		if (r->sources[i].sideband == sideband)
			fds[n++] = (struct pollfd){ .fd = r->sources[i].fd, .events = POLLIN };
	return n;
}

size_t perf_reader_poll(const struct perf_reader *r, struct pollfd *fds, size_t max)
{
	size_t n = poll_some(r, false, fds, max);

	return n + poll_some(r, true, fds + n, max - n);
}
