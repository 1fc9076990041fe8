// SPDX-License-Identifier: Apache-2.0
/*
 * Samples are in the order of time, so one cell after the other is summed up: where it
 * begins is looked up once, and no sample's time is read.  What each thread did in the cell
 * at hand is kept in a table that stays in cache, and put away when the cell ends.
 */
#include "profile/timeline.h"

#include <string.h>

#include "base/util.h"

#define LEFT_OUT UINT8_MAX	/* a leaf that does not pass the filter */

/* What a thread did in the cell at hand. */
struct doing {
	uint64_t ns[TIMELINE_STATES];
	uint32_t n_run, n;
};

struct work {
	const struct profile *p;
	struct timeline *out;
	struct picked picked;
	uint8_t *of_leaf;		/* the state of a sample that runs there */
	uint8_t of_wait[256];		/* by state as a sample holds it; LEFT_OUT: it runs */
	bool collects[256], has_lock[256];
	struct doing *doing;		/* by thread; zero between cells */
	uint32_t *touched, n_touched;	/* threads that did anything in the cell */
	uint32_t *lane;			/* by thread, from 1 on; 0: none yet */
	size_t cap_lanes;
};

static enum timeline_state state_of_kind(char kind)
{
	static const char kinds[] = { 'P', 'N', 'L', 'K' };
	const char *at = memchr(kinds, kind, sizeof(kinds));

	return at ? (enum timeline_state)(at - kinds) : TIMELINE_UNKNOWN;
}

static enum timeline_state state_of_wait(enum record_activity activity)
{
	switch (activity) {
	case ACTIVITY_WAIT_PYTHON:
		return TIMELINE_WAIT_PYTHON;
	case ACTIVITY_WAIT_LOCK:
		return TIMELINE_WAIT_LOCK;
	case ACTIVITY_WAIT_IO:
		return TIMELINE_WAIT_IO;
	case ACTIVITY_SLEEP:
		return TIMELINE_SLEEP;
	default:
		return TIMELINE_WAIT_ELSE;
	}
}

/* The function on top of a leaf says whose code it is. */
static void find_states(struct work *w)
{
	const struct profile *p = w->p;
	_cleanup_(freep) uint8_t *of_function = xmalloc(max_of(p->n_functions, (size_t)1));

	for (uint32_t i = 0; i < p->n_functions; i++)
		of_function[i] = (uint8_t)state_of_kind(profile_function_kind(p, i));
	w->of_leaf = xmalloc(max_of(p->n_leaves, (size_t)1));
	for (size_t i = 0; i < p->n_leaves; i++) {
		uint32_t node = p->tree.of_stack[p->shown.leaves[i]];

		w->of_leaf[i] = w->picked.leaf[i] ? of_function[p->tree.function[node]] : LEFT_OUT;
	}
	for (unsigned int i = 0; i < 256; i++) {
		enum record_activity activity = samples_activity((uint8_t)i);
		bool waits = samples_state((uint8_t)i) == STATE_WAITING;

		w->of_wait[i] = waits ? (uint8_t)state_of_wait(activity) : LEFT_OUT;
		w->collects[i] = !waits && activity == ACTIVITY_COLLECTING;
		w->has_lock[i] = !waits && (activity == ACTIVITY_PYTHON ||
					    activity == ACTIVITY_COLLECTING);
	}
}

/* ---- one cell ---- */

static void scan(struct work *w, uint32_t cell, size_t first, size_t last)
{
	const struct samples *s = &w->p->samples;

	for (size_t i = first; i < last; i++) {
		struct doing *d = &w->doing[s->thread[i]];
		uint8_t state = w->of_wait[s->state[i]], on_top;

		if (!picked_has(&w->picked, s, i))
			continue;
		on_top = w->of_leaf[s->leaf[i]];
		if (on_top == LEFT_OUT)
			continue;
		if (!d->n++)
			w->touched[w->n_touched++] = s->thread[i];
		if (state == LEFT_OUT) {
			bool python = w->has_lock[s->state[i]] && on_top != TIMELINE_KERNEL;

			state = python ? TIMELINE_PYTHON : on_top;
			d->n_run++;
		}
		d->ns[state] += s->weight_ns[i];
		if (w->collects[s->state[i]])
			w->out->collecting_ns[cell] += s->weight_ns[i];
	}
}

static uint8_t find_most(const uint64_t *ns, uint8_t from, uint8_t to)
{
	uint8_t most = from;

	for (uint8_t i = from; i < to; i++)
		if (ns[i] > ns[most])
			most = i;
	return most;
}

void timeline_set_most(struct timeline_cell *cell, const uint64_t *ns)
{
	cell->most_run = find_most(ns, 0, TIMELINE_WAIT_PYTHON);
	cell->most_wait = find_most(ns, TIMELINE_WAIT_PYTHON, TIMELINE_STATES);
}

/* Put away what was done in a cell. */
static void keep(struct timeline_lane *lane, uint32_t cell, const struct doing *d)
{
	struct timeline_cell *c = &lane->cells[cell];

	for (uint8_t i = 0; i < TIMELINE_STATES; i++) {
		lane->ns[i] += d->ns[i];
		*(timeline_runs(i) ? &c->run_ns : &c->wait_ns) += d->ns[i];
	}
	lane->run_ns += c->run_ns;
	lane->wait_ns += c->wait_ns;
	lane->n += d->n_run;
	c->n = d->n_run;
	timeline_set_most(c, d->ns);
}

static struct timeline_lane *lane_of(struct work *w, uint32_t thread)
{
	struct timeline *t = w->out;

	if (!w->lane[thread]) {
		array_reserve(t->lanes, t->n_lanes + 1, w->cap_lanes);
		t->lanes[t->n_lanes++] = (struct timeline_lane){
			.thread = thread, .cells = xcalloc(t->how.n_cells, sizeof(struct timeline_cell)) };
		w->lane[thread] = t->n_lanes;
	}
	return &t->lanes[w->lane[thread] - 1];
}

static void keep_all(struct work *w, uint32_t cell)
{
	struct doing all = { 0 };

	for (uint32_t i = 0; i < w->n_touched; i++) {
		struct doing *d = &w->doing[w->touched[i]];

		if (w->out->how.lanes)
			keep(lane_of(w, w->touched[i]), cell, d);
		for (uint8_t s = 0; s < TIMELINE_STATES; s++)
			all.ns[s] += d->ns[s];
		all.n_run += d->n_run;
		*d = (struct doing){ 0 };
	}
	w->n_touched = 0;
	keep(&w->out->all, cell, &all);
}

/* ---- all of them ---- */

/* A recording can claim any time: the end of time is the end of all cells. */
static uint64_t cell_start(const struct timeline_how *how, uint32_t cell)
{
	uint64_t ns;

	if (__builtin_mul_overflow(how->cell_ns, cell, &ns) ||
	    __builtin_add_overflow(ns, how->from_ns, &ns))
		return UINT64_MAX;
	return ns;
}

/* The part of each loss that falls into a cell. */
static void spread_losses(struct work *w)
{
	struct timeline *t = w->out;
	const struct timeline_how *how = &t->how;
	uint64_t end_ns = cell_start(how, how->n_cells);

	for (size_t i = 0; i < w->p->n_losses; i++) {
		const struct record_lost *l = &w->p->losses[i];
		uint64_t to_ns = l->to_ns > l->from_ns ? l->to_ns : l->from_ns + 1;	/* a moment */
		uint64_t from = max_of(l->from_ns, how->from_ns), to = min_of(to_ns, end_ns);

		while (from < to) {
			uint32_t cell = (uint32_t)((from - how->from_ns) / how->cell_ns);
			uint64_t next = min_of(cell_start(how, cell + 1), to);
			double part = (double)(next - from) / (double)(to_ns - l->from_ns) *
				      (double)l->count;

			t->lost[cell] += part;
			t->lost_all += part;
			from = next;
		}
	}
}

static int by_time(const void *a, const void *b)
{
	const struct timeline_lane *x = a, *y = b;

	if (x->run_ns != y->run_ns)
		return x->run_ns > y->run_ns ? -1 : 1;
	if (x->wait_ns != y->wait_ns)
		return x->wait_ns > y->wait_ns ? -1 : 1;
	return (x->thread > y->thread) - (x->thread < y->thread);
}

static void work_init(struct work *w, const struct profile *p, const struct selection *s,
		      struct timeline *out)
{
	const struct timeline_how *how = &out->how;
	struct selection both = *s;

	both.states = 1u << STATE_RUNNING | 1u << STATE_WAITING;
	both.from_ns = how->from_ns;
	both.to_ns = cell_start(how, how->n_cells);
	*w = (struct work){
		.p = p, .out = out,
		.doing = xcalloc(max_of(p->n_threads, (size_t)1), sizeof(*w->doing)),
		.touched = xcalloc(max_of(p->n_threads, (size_t)1), sizeof(*w->touched)),
		.lane = xcalloc(max_of(p->n_threads, (size_t)1), sizeof(*w->lane)),
	};
	picked_init(&w->picked, p, &both);
	find_states(w);
}

static void work_deinit(struct work *w)
{
	picked_deinit(&w->picked);
	free(w->of_leaf);
	free(w->doing);
	free(w->touched);
	free(w->lane);
}

void timeline_make(const struct profile *p, const struct selection *s,
		   const struct timeline_how *how, struct timeline *out)
{
	const char *engine = profile_meta(p, "engine");
	bool sees_all = engine && strcmp(engine, "ptrace") == 0;
	struct work w;
	size_t first;

	*out = (struct timeline){
		.how = *how,
		.all = { .thread = RECORD_NONE,
			 .cells = xcalloc(how->n_cells, sizeof(struct timeline_cell)) },
		.collecting_ns = xcalloc(how->n_cells, sizeof(*out->collecting_ns)),
		.lost = xcalloc(how->n_cells, sizeof(*out->lost)),
	};
	work_init(&w, p, s, out);
	first = w.picked.first;
	for (uint32_t cell = 0; cell < how->n_cells; cell++) {
		size_t next = samples_find(&p->samples, cell_start(how, cell + 1));

		next = min_of(next, w.picked.last);
		next = max_of(first, next);
		scan(&w, cell, first, next);
		keep_all(&w, cell);
		out->collecting_all_ns += out->collecting_ns[cell];
		first = next;
	}
	spread_losses(&w);
	work_deinit(&w);
	for (uint32_t i = 0; i < out->n_lanes; i++)
		out->lanes[i].waits_known = sees_all || out->lanes[i].wait_ns;
	if (out->n_lanes)
		qsort(out->lanes, out->n_lanes, sizeof(*out->lanes), by_time);
}

void timeline_deinit(struct timeline *t)
{
	for (uint32_t i = 0; i < t->n_lanes; i++)
		free(t->lanes[i].cells);
	free(t->lanes);
	free(t->all.cells);
	free(t->collecting_ns);
	free(t->lost);
	*t = (struct timeline){ 0 };
}

const struct timeline_lane *timeline_lane_of(const struct timeline *t, uint32_t thread)
{
	for (uint32_t i = 0; i < t->n_lanes; i++)
		if (t->lanes[i].thread == thread)
			return &t->lanes[i];
	return NULL;
}

uint64_t timeline_samples(const struct timeline *t, uint32_t from, uint32_t to)
{
	uint64_t n = 0;

	for (uint32_t i = from; i < min_of(to, t->how.n_cells); i++)
		n += t->all.cells[i].n;
	return n;
}
