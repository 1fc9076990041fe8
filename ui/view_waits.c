// SPDX-License-Identifier: Apache-2.0
/*
 * For what threads waited, by reason, by place in the program, or by thread; below it what
 * the chosen row is made of, and what looking now and then cannot know.
 */
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/util.h"
#include "profile/filter.h"
#include "ui/cells.h"
#include "ui/text.h"
#include "ui/view.h"
#include "ui/wait_detail.h"
#include "ui/wait_limits.h"
#include "ui/wait_text.h"

#define BAR_AT 14
#define BAR_FROM 70		/* width from which on there is one, */
#define LOOKS_FROM 80		/* and a column of looks; beside two names: */
#define LOOKS_BESIDE_FROM 120
#define LEAST_WHAT 20		/* columns for what a reason is, or a name, */
#define WHERE_WIDTH 20		/* and beside that for where it is */
#define REASON_WIDTH 14
#define DETAIL_FROM 17		/* height of the view from which on it is there */
#define HEAD_ROWS 3
#define MAX_STACKS 12		/* that are shown of a row */

/* ---- rows ---- */

static const char *by_name(int by)
{
	return waits_by_name((enum waits_by)by);
}

static void forget_parts(struct app_waits *v)
{
	if (v->has_parts)
		wait_parts_deinit(&v->parts);
	v->has_parts = false;
}

/* Rows that are up to date, with the cursor on the same as before; their order may be held. */
static uint32_t make_rows(struct app *a)
{
	struct app_waits *v = &a->waits;
	const struct model *m = a->model;
	bool same = v->asked && v->w.by == v->by && v->w.busy_only == v->busy_only;
	bool had = same && v->list.cursor && v->list.cursor < v->w.n;
	struct wait_row chosen = { 0 };
	struct waits now;

	if (same && v->asked == m->n_asked)
		return v->w.n;
	if (had)
		chosen = v->w.rows[v->list.cursor];
	waits_make(m->p, &m->scope, &m->sum, v->by, v->busy_only, &now);
	if (same && app_session_is_held(a))
		waits_keep_order(&v->w, &now);
	waits_deinit(&v->w);
	forget_parts(v);
	v->w = now;
	v->asked = m->n_asked;
	for (uint32_t i = 0; had && i < v->w.n; i++)
		if (wait_row_same(&v->w.rows[i], &chosen)) {
			v->list.cursor = i;
			break;
		}
	if (!same)
		v->list.cursor = 0;
	list_fit(&v->list, v->w.n, v->list.height);
	return v->w.n;
}

void app_waits_deinit(struct app_waits *v)
{
	forget_parts(v);
	waits_deinit(&v->w);
}

/* What the chosen row is made of. */
static const struct wait_parts *parts_of_chosen(struct app *a)
{
	struct app_waits *v = &a->waits;
	const struct wait_row *row = &v->w.rows[v->list.cursor];

	if (v->has_parts && wait_row_same(&v->row, row))
		return &v->parts;
	forget_parts(v);
	wait_parts_make(a->model->p, &a->model->scope, &v->w, row, &v->parts);
	v->row = *row;
	v->has_parts = true;
	return &v->parts;
}

/* ---- the table ---- */

struct table {
	struct app *a;
	struct grid *g;
	struct area area;
	unsigned int bar;	/* columns of it, 0: there is none */
	bool looks;		/* there is a column of them */
	unsigned int what_at;
	struct summary basis;	/* of looks, for cells */
	double scale;
};

/* "3 threads, 95.8 s, 27,210 looks" */
static char *sum_text(const struct waits *w)
{
	char time[TEXT_NUMBER], looks[TEXT_NUMBER], n[TEXT_NUMBER];
	struct sum all = w->shown;

	sum_add(&all, w->idle);
	return xasprintf("%s thread%s waited %s, %s look%s", text_count(n, w->n_threads),
			 w->n_threads == 1 ? "" : "s", text_time(time, all.weight_ns),
			 text_count(looks, all.count), all.count == 1 ? "" : "s");
}

/* Is there room to say what a reason is?  Names there always is. */
static bool has_what(const struct table *t)
{
	return t->a->waits.w.by != WAITS_BY_REASON || t->what_at + LEAST_WHAT <= t->area.width;
}

static bool has_where(const struct table *t)
{
	return t->a->waits.w.by == WAITS_BY_PLACE &&
	       t->what_at + LEAST_WHAT + WHERE_WIDTH <= t->area.width;
}

static void put_head(const struct table *t)
{
	static const char *const what[WAITS_BY_COUNT] = {
		[WAITS_BY_REASON] = "FOR WHAT", [WAITS_BY_PLACE] = "K FUNCTION",
		[WAITS_BY_THREAD] = "     TID  THREAD" };
	struct pen pen = area_pen(t->g, t->area, HEAD_ROWS - 1);

	pen_to(&pen, 1);
	pen_right(&pen, STYLE_STRONG, 5, "WAIT%%");
	pen_to(&pen, 8);
	pen_put(&pen, STYLE_DIM, "%s95", pen_plus_minus(&pen));
	pen_to(&pen, BAR_AT);
	if (t->bar) {
		pen_put(&pen, STYLE_DIM, "0");
		pen_right(&pen, STYLE_DIM, t->bar - 1, "%.0f%%", t->scale * 100);
		pen_to(&pen, pen.column + 1);
	}
	pen_right(&pen, STYLE_DIM, 8, "SECONDS");
	if (t->looks)
		pen_right(&pen, STYLE_DIM, 9, "LOOKS");
	pen_put(&pen, STYLE_DIM, "  REASON");
	pen_to(&pen, t->what_at);
	if (has_what(t))
		pen_put(&pen, STYLE_DIM, "%s", what[t->a->waits.w.by]);
	if (has_where(t)) {
		pen_to(&pen, t->area.width - WHERE_WIDTH - 1);
		pen_put(&pen, STYLE_DIM, "WHERE");
	}
	grid_tint(t->g, t->area.top + HEAD_ROWS - 1, 0, t->area.width,
		  (struct style){ .attrs = ATTR_UNDERLINE });
}

/* What is behind the reason. */
static void put_what(const struct table *t, struct cells *c, const struct wait_row *row,
		     struct style style)
{
	const struct profile *p = t->a->model->p;
	struct pen *pen = c->pen;

	switch (t->a->waits.w.by) {
	case WAITS_BY_THREAD:
		pen_right(pen, STYLE_DIM, 8, "%u", p->threads[row->thread].tid);
		pen_to(pen, pen->column + 2);
		pen_name(pen, style, pen_left(pen) - 1, wait_thread_name(p, row->thread));
		break;
	case WAITS_BY_PLACE:
		if (row->place == RECORD_NONE) {
			pen_put(pen, STYLE_DIM, "[stack not looked at]");
			break;
		}
		cell_kind(c, profile_function_kind(p, row->place));
		view_put_mark(t->a, pen, row->place);
		pen_name(pen, style, pen_left(pen) - (has_where(t) ? WHERE_WIDTH + 2 : 1),
			 profile_string(p, p->functions[row->place].name));
		if (!has_where(t))
			break;
		pen_to(pen, t->area.width - WHERE_WIDTH - 1);
		cell_where(c, WHERE_WIDTH, row->place);
		break;
	default:
		pen_put(pen, STYLE_DIM, "%s", wait_reason_short(row->reason));
	}
}

static void put_row(const struct table *t, unsigned int y, const struct wait_row *row, bool chosen)
{
	struct pen pen = area_pen(t->g, t->area, y);
	struct cells c = { &pen, t->a->model->p, &t->basis };
	struct style style = chosen || row->share.share >= .0995 ? STYLE_STRONG : STYLE_TEXT;
	char n[TEXT_NUMBER];

	if (chosen) {
		grid_tint(t->g, t->area.top + y, 0, t->area.width, (struct style){ .bg = INK_TINT });
		pen_put(&pen, STYLE_TEXT, ">");
	}
	pen_to(&pen, 1);
	cell_share(&c, row->share.share);
	pen_to(&pen, 7);
	cell_interval(&c, row->share);
	pen_to(&pen, BAR_AT);
	if (t->bar) {
		pen_bar(&pen, '?', t->bar, row->share.low, row->share.share, row->share.high,
			t->scale);
		pen_to(&pen, pen.column + 1);
	}
	pen_to(&pen, pen.column + 1);
	cell_seconds(&c, row->sum.weight_ns, row->share.share);
	if (t->looks)
		pen_right(&pen, STYLE_DIM, 9, "%s", text_count(n, row->sum.count));
	pen_to(&pen, pen.column + 2);
	pen_name(&pen, style, REASON_WIDTH, wait_reason_name(row->reason));
	pen_to(&pen, t->what_at);
	if (has_what(t))
		put_what(t, &c, row, style);
}

/* Time that is in no row: how many rows say so, drawn from `y` on if that is not 0. */
static unsigned int beside(const struct table *t, unsigned int y)
{
	const struct waits *w = &t->a->waits.w;
	unsigned int n = 0;
	const struct {
		struct sum sum;
		const char *text;
	} rest[] = { { w->idle, "[idle threads, hidden]" }, { w->filtered, "[filtered out]" } };

	for (size_t i = 0; i < array_len(rest); i++) {
		struct pen pen = area_pen(t->g, t->area, y + n);
		struct cells c = { &pen, t->a->model->p, &t->basis };
		char count[TEXT_NUMBER];

		if (!rest[i].sum.count)
			continue;
		n++;
		if (!y)
			continue;
		pen_to(&pen, BAR_AT + t->bar + (t->bar ? 2 : 1));
		cell_seconds(&c, rest[i].sum.weight_ns, 0);
		if (t->looks)
			pen_right(&pen, STYLE_DIM, 9, "%s", text_count(count, rest[i].sum.count));
		pen_put(&pen, STYLE_DIM, "  %s", rest[i].text);
		if (i == 0)
			pen_put(&pen, STYLE_DIM, "  %s of them; i shows them",
				text_count(count, w->n_idle));
	}
	return n;
}

/* ---- the view ---- */

static struct table make_table(struct app *a, struct grid *g, struct area area)
{
	const struct waits *w = &a->waits.w;
	struct table t = {
		.a = a, .g = g, .area = area, .basis = { .received = w->shown },
		.bar = area.width < BAR_FROM ? 0 : cells_columns(area.width, 0).bar,
		.looks = area.width >= (w->by == WAITS_BY_PLACE ? LOOKS_BESIDE_FROM : LOOKS_FROM),
		.scale = held_scale(a, &a->scales.waits, bar_scale(w->n ? w->rows[0].share.share : 0),
				    w->by * 2 + a->waits.busy_only) };

	t.what_at = BAR_AT + t.bar + (t.bar ? 9 : 8) + (t.looks ? 9 : 0) + 2 + REASON_WIDTH + 1;
	return t;
}

static void put_table(const struct table *t, unsigned int rows)
{
	struct app_waits *v = &t->a->waits;
	unsigned int y = HEAD_ROWS;

	put_head(t);
	list_fit(&v->list, v->w.n, rows);
	for (uint32_t i = v->list.top; i < v->w.n && i < v->list.top + rows; i++, y++) {
		put_row(t, y, &v->w.rows[i], i == v->list.cursor);
		area_spot(t->g, t->area, y, i);
	}
	beside(t, y);
}

/* Of `rest` rows for table and detail: what the table leaves, but no less than a third. */
static unsigned int detail_rows(struct app *a, unsigned int rest)
{
	const struct waits *w = &a->waits.w;
	unsigned int wanted = 4 + min_of(parts_of_chosen(a)->n_stacks, (uint32_t)MAX_STACKS);
	unsigned int left = max_of(rest > w->n ? rest - w->n : 0, rest / 3);

	left = max_of(left, 5u);
	return min_of(wanted, left);
}

static struct area rows_of(struct area area, unsigned int y, unsigned int n)
{
	return (struct area){ area.top + y, n, area.left, area.width };
}

static void draw(struct app *a, struct grid *g, struct area area)
{
	struct app_waits *v = &a->waits;
	_cleanup_(freep) char *sum = NULL;
	unsigned int limits, rest, detail = 0;
	struct table t;

	make_rows(a);
	if (!v->w.n && !v->w.idle.count && !v->w.filtered.count) {
		wait_nothing_put(a, g, area);
		return;
	}
	t = make_table(a, g, area);
	sum = sum_text(&v->w);
	view_put_choices(g, area, 0, (int)v->by, WAITS_BY_COUNT, by_name, sum);
	limits = wait_limits_put(&v->w, g, rows_of(area, 0, 0));
	rest = area.height - HEAD_ROWS - beside(&t, 0);
	limits = area.height < DETAIL_FROM ? min_of(limits, 2u) : limits;
	rest -= limits;
	if (area.height >= DETAIL_FROM && v->w.n) {
		detail = detail_rows(a, rest);
		rest -= detail;
	}
	put_table(&t, max_of(rest, 1u));
	if (detail)
		wait_detail_put(a->model->p, g, rows_of(area, area.height - limits - detail + 1, detail - 2),
				&v->w.rows[v->list.cursor], parts_of_chosen(a));
	wait_limits_put(&v->w, g, rows_of(area, area.height - limits, limits));
}

/* ---- keys ---- */

/* To the rows of this reason in another order of things. */
static void look_closer(struct app *a, const struct wait_row *from)
{
	struct app_waits *v = &a->waits;
	enum record_activity reason = from->reason;

	v->by = v->w.with_stack.count ? WAITS_BY_PLACE : WAITS_BY_THREAD;
	make_rows(a);
	for (uint32_t i = 0; i < v->w.n; i++)
		if (v->w.rows[i].reason == reason) {
			list_choose(&v->list, i);
			return;
		}
}

static void enter(struct app *a)
{
	struct app_waits *v = &a->waits;
	const struct wait_row *row = &v->w.rows[v->list.cursor];
	struct scope *next;

	if (v->list.cursor >= v->w.n)
		return;
	if (v->w.by == WAITS_BY_REASON) {
		look_closer(a, row);
	} else if (v->w.by == WAITS_BY_PLACE) {
		if (row->place == RECORD_NONE)
			app_say(a, "where in the program that was is not known: its stack was not looked at");
		else
			app_go(a, &view_callers, row->place);
	} else {
		next = scope_copy(a->scope.now);
		free(next->threads);
		next->threads = xmemdup(&row->thread, sizeof(row->thread));
		next->n_threads = 1;
		app_say(a, "only this thread, in every view; u undoes it");
		app_scope_change(a, next);
	}
}

static bool act(struct app *a, enum action action)
{
	struct app_waits *v = &a->waits;

	make_rows(a);
	if (list_act(&v->list, action))
		return true;
	if (action == ACTION_ENTER) {
		enter(a);
	} else if (action == ACTION_BY) {
		v->by = (v->by + 1) % WAITS_BY_COUNT;
	} else if (action == ACTION_INVERT) {
		v->busy_only = !v->busy_only;
		app_say(a, v->busy_only ? "threads that ran, or could have, for less than 1%% are hidden"
					: "all threads are shown");
	} else {
		return false;
	}
	return true;
}

static bool pick(struct app *a, uint32_t n)
{
	bool was = a->waits.list.cursor == n;

	list_choose(&a->waits.list, n);
	return was;
}

/* ---- searching ---- */

static uint32_t row_at(const struct app *a)
{
	return a->waits.list.cursor;
}

static void choose_row(struct app *a, uint32_t row)
{
	list_choose(&a->waits.list, row);
}

static bool row_matches(struct app *a, uint32_t row, const struct filter *f)
{
	const struct profile *p = a->model->p;
	const struct wait_row *r = &a->waits.w.rows[row];

	return filter_match(f, wait_reason_name(r->reason)) ||
	       (r->thread != RECORD_NONE && filter_match(f, wait_thread_name(p, r->thread))) ||
	       (r->place != RECORD_NONE && view_function_matches(a, r->place, f));
}

static struct list *list_of(struct app *a)
{
	return &a->waits.list;
}

static const struct view_rows rows = {
	.n = make_rows, .at = row_at, .choose = choose_row, .matches = row_matches,
	.list = list_of, .own_text = true,
};

const struct view view_waits = {
	.key = '8', .action = ACTION_OFF_CPU, .name = "Off-CPU", .short_name = "Off",
	.keys = "Enter closer  b by  i hide idle  T threads  / search  L lesson  ? help  q quit",
	.lesson = "off-cpu",
	.rows = &rows, .needs_samples = true, .draw = draw, .act = act, .pick = pick,
};
