// SPDX-License-Identifier: Apache-2.0
#include "profile/waits.h"

#include <string.h>

#include "base/u64map.h"
#include "base/util.h"
#include "profile/stack_walk.h"
#include "profile/thread_activity.h"

#define IDLE_SHARE .01		/* a thread that did something for less than that is idle */

/* Where in the program a thread waits. */
struct place {
	uint32_t function;	/* RECORD_NONE: in none */
	uint32_t stack;		/* of profile.shown, that ends there */
};

const char *waits_by_name(enum waits_by by)
{
	static const char *const names[] = { "reason", "place", "thread" };

	return names[by];
}

/* What a look says of the reason; running ones are not asked. */
static enum record_activity reason_of(uint8_t state)
{
	enum record_activity activity = samples_activity(state);

	return activity >= ACTIVITY_WAIT_PYTHON && activity < ACTIVITY_COUNT ? activity
									     : ACTIVITY_UNKNOWN;
}

/* The innermost function of the program's own; without one the innermost of all. */
static struct place find_place(const struct profile *p, uint32_t leaf)
{
	struct stack_walk walk = stack_walk_from(p, p->shown.leaves[leaf]);
	struct place innermost = { RECORD_NONE, walk.stack };
	const struct profile_level *call;

	while ((call = stack_walk_next(&walk))) {
		char kind = profile_function_kind(p, call->function);

		if (kind == 'P' || kind == 'N')
			return (struct place){ call->function, walk.stack };
		if (innermost.function == RECORD_NONE)
			innermost = (struct place){ call->function, walk.stack };
	}
	return innermost;
}

/* ---- which row ---- */

struct work {
	const struct profile *p;
	struct picked k;
	enum waits_by by;
	struct place *place;	/* by leaf, if it was looked for: */
	bool *has_place;
};

static void work_init(struct work *w, const struct profile *p, const struct selection *s,
		      enum waits_by by)
{
	struct selection waiting = *s;

	waiting.states = 1u << STATE_WAITING;
	*w = (struct work){ .p = p, .by = by };
	picked_init(&w->k, p, &waiting);
	w->place = xcalloc(max_of(p->n_leaves, (size_t)1), sizeof(*w->place));
	w->has_place = xcalloc(max_of(p->n_leaves, (size_t)1), sizeof(*w->has_place));
}

static void work_deinit(struct work *w)
{
	picked_deinit(&w->k);
	free(w->place);
	free(w->has_place);
}

static const struct place *place_of(struct work *w, uint32_t leaf)
{
	if (!w->has_place[leaf])
		w->place[leaf] = find_place(w->p, leaf);
	w->has_place[leaf] = true;
	return &w->place[leaf];
}

/* What tells rows apart: the row that sample `i` is in, without its sums. */
static struct wait_row row_of(struct work *w, size_t i)
{
	const struct samples *s = &w->p->samples;
	struct wait_row row = { .reason = reason_of(s->state[i]), .place = RECORD_NONE,
				.thread = RECORD_NONE };

	if (w->by == WAITS_BY_THREAD)
		row.thread = s->thread[i];
	if (w->by == WAITS_BY_PLACE)
		row.place = place_of(w, s->leaf[i])->function;
	return row;
}

static uint64_t key_of(const struct wait_row *row)
{
	uint64_t what = row->thread == RECORD_NONE ? row->place : row->thread;

	return what << 8 | row->reason;
}

/* ---- idle threads ---- */

/* Of all that is in the range, whatever the filter. */
static void find_idle(const struct profile *p, const struct selection *s, struct waits *out)
{
	struct selection all = { .from_ns = s->from_ns, .to_ns = s->to_ns, .threads = s->threads,
				 .n_threads = s->n_threads };
	struct thread_activities a;

	out->left_out = xcalloc(max_of(p->n_threads, (size_t)1), sizeof(*out->left_out));
	thread_activities_make(p, &all, &a);
	for (uint32_t i = 0; i < a.n; i++) {
		const struct thread_activity *t = &a.rows[i];
		uint64_t did_ns = t->running_ns + t->sums[STATE_WAITING][ACTIVITY_WAIT_PYTHON].weight_ns;
		bool idle = t->waiting_ns &&
			    (double)did_ns < IDLE_SHARE * (double)(t->running_ns + t->waiting_ns);

		out->n_threads += t->waiting_ns != 0;
		out->n_unseen += !t->waits_known;
		out->n_idle += idle && out->busy_only;
		out->left_out[t->thread] = idle && out->busy_only;
	}
	thread_activities_deinit(&a);
}

/* ---- sums ---- */

/* A row while it grows: its part of the block at hand, and what stats_share() wants. */
struct growing {
	struct wait_row row;
	double block, total, sq, with_all;
};

struct rows {
	struct growing *v;
	size_t n, cap;
	struct u64map by_key;
};

static struct growing *find_row(struct rows *rows, const struct wait_row *row)
{
	uint32_t *slot = u64map_slot(&rows->by_key, key_of(row));

	if (*slot == U64MAP_NONE) {
		*slot = (uint32_t)rows->n;
		array_reserve(rows->v, rows->n + 1, rows->cap);
		rows->v[rows->n++] = (struct growing){ .row = *row };
	}
	return &rows->v[*slot];
}

static void end_block(struct rows *rows, double all)
{
	for (size_t i = 0; i < rows->n; i++) {
		struct growing *g = &rows->v[i];

		g->total += g->block;
		g->sq += g->block * g->block;
		g->with_all += g->block * all;
		g->block = 0;
	}
}

/* One sample; returns its weight if it is in a row. */
static double take(struct work *w, struct waits *out, struct rows *rows, size_t i)
{
	const struct samples *s = &w->p->samples;
	struct sum one = { 1, s->weight_ns[i] };
	struct wait_row row;
	struct growing *g;

	if (!picked_has(&w->k, s, i))
		return 0;
	if (w->p->leaves[s->leaf[i]] != OUTCOME_UNSEEN)
		sum_add(&out->with_stack, one);
	if (!w->k.leaf[s->leaf[i]]) {
		sum_add(&out->filtered, one);
		return 0;
	}
	if (out->left_out[s->thread[i]]) {
		sum_add(&out->idle, one);
		return 0;
	}
	row = row_of(w, i);
	g = find_row(rows, &row);
	sum_add(&g->row.sum, one);
	sum_add(&out->shown, one);
	g->block += (double)one.weight_ns;
	return (double)one.weight_ns;
}

static void add_up(struct work *w, struct waits *out, struct rows *rows, struct stats *stats)
{
	const struct samples *s = &w->p->samples;
	double sq = 0;

	for (uint32_t b = 0; s->n_of[STATE_WAITING] && b < stats->n_blocks; b++) {
		size_t last = picked_block(&w->k, s, b + 1, stats->n_blocks);

		for (size_t i = picked_block(&w->k, s, b, stats->n_blocks); i < last; i++) {
			double weight = take(w, out, rows, i);

			stats->weight[b] += weight;
			sq += weight * weight;
		}
		end_block(rows, stats->weight[b]);
	}
	stats_finish(stats);
	stats->n = sq > 0 ? stats->total * stats->total / sq : 0;
}

static int by_time(const void *a, const void *b)
{
	const struct wait_row *x = a, *y = b;

	if (x->sum.weight_ns != y->sum.weight_ns)
		return x->sum.weight_ns > y->sum.weight_ns ? -1 : 1;
	if (x->reason != y->reason)
		return x->reason < y->reason ? -1 : 1;
	return key_of(x) < key_of(y) ? -1 : key_of(x) > key_of(y);
}

void waits_make(const struct profile *p, const struct selection *s, const struct summary *sum,
		enum waits_by by, bool busy_only, struct waits *out)
{
	struct stats stats = { .n_blocks = sum->stats.n_blocks, .scale = 1 };
	struct rows rows = { 0 };
	struct work w;

	*out = (struct waits){ .by = by, .busy_only = busy_only };
	find_idle(p, s, out);
	work_init(&w, p, s, by);
	add_up(&w, out, &rows, &stats);
	work_deinit(&w);
	out->rows = xcalloc(max_of(rows.n, (size_t)1), sizeof(*out->rows));
	for (; out->n < rows.n; out->n++) {
		const struct growing *g = &rows.v[out->n];

		out->rows[out->n] = g->row;
		out->rows[out->n].share = stats_share(&stats, g->total, g->sq, g->with_all);
	}
	qsort(out->rows, out->n, sizeof(*out->rows), by_time);
	free(rows.v);
	u64map_deinit(&rows.by_key);
}

/* Place of each row in the order before, those that were not there last. */
static int by_place_before(const void *a, const void *b, void *ctx)
{
	const struct u64map *places = ctx;
	uint32_t x = u64map_find(places, key_of(a)), y = u64map_find(places, key_of(b));

	return x != y ? (x < y ? -1 : 1) : by_time(a, b);
}

void waits_keep_order(const struct waits *before, struct waits *now)
{
	struct u64map places = { 0 };

	for (uint32_t i = 0; i < before->n; i++)
		*u64map_slot(&places, key_of(&before->rows[i])) = i;
	qsort_r(now->rows, now->n, sizeof(*now->rows), by_place_before, &places);
	u64map_deinit(&places);
}

void waits_deinit(struct waits *w)
{
	free(w->rows);
	free(w->left_out);
	*w = (struct waits){ 0 };
}

/* ---- the parts of a row ---- */

static int by_part(const void *a, const void *b)
{
	const struct wait_part *x = a, *y = b;

	if (x->sum.weight_ns != y->sum.weight_ns)
		return x->sum.weight_ns > y->sum.weight_ns ? -1 : 1;
	return x->what < y->what ? -1 : x->what > y->what;
}

struct parts {
	struct wait_part *v;
	size_t n, cap;
	struct u64map index;	/* what -> number */
};

static void add_part(struct parts *parts, uint32_t what, struct sum sum)
{
	uint32_t *slot = u64map_slot(&parts->index, what);

	if (*slot == U64MAP_NONE) {
		*slot = (uint32_t)parts->n;
		array_reserve(parts->v, parts->n + 1, parts->cap);
		parts->v[parts->n++] = (struct wait_part){ .what = what };
	}
	sum_add(&parts->v[*slot].sum, sum);
}

static struct wait_part *finish_parts(struct parts *parts, uint32_t *n)
{
	if (parts->n)
		qsort(parts->v, parts->n, sizeof(*parts->v), by_part);
	u64map_deinit(&parts->index);
	*n = (uint32_t)parts->n;
	return parts->v;
}

void wait_parts_make(const struct profile *p, const struct selection *s, const struct waits *waits,
		     const struct wait_row *row, struct wait_parts *out)
{
	struct parts threads = { 0 }, stacks = { 0 };
	const struct samples *smp = &p->samples;
	struct work w;

	work_init(&w, p, s, waits->by);
	for (size_t i = w.k.first; i < w.k.last; i++) {
		struct sum one = { 1, smp->weight_ns[i] };
		struct wait_row its;

		if (!picked_has(&w.k, smp, i) || !w.k.leaf[smp->leaf[i]] ||
		    waits->left_out[smp->thread[i]])
			continue;
		its = row_of(&w, i);
		if (key_of(&its) != key_of(row))
			continue;
		add_part(&threads, smp->thread[i], one);
		add_part(&stacks, place_of(&w, smp->leaf[i])->stack, one);
	}
	work_deinit(&w);
	out->threads = finish_parts(&threads, &out->n_threads);
	out->stacks = finish_parts(&stacks, &out->n_stacks);
}

void wait_parts_deinit(struct wait_parts *parts)
{
	free(parts->threads);
	free(parts->stacks);
	*parts = (struct wait_parts){ 0 };
}
