// SPDX-License-Identifier: Apache-2.0
/*
 * Memory.  Recordings hold nothing about whose it is, older ones not even how much there is of
 * it; the page says that, what helps, and what memory costs in CPU time, which they do know.
 */
#include "base/util.h"
#include "profile/filter.h"
#include "ui/cells.h"
#include "ui/memory_charts.h"
#include "ui/prose.h"
#include "ui/text.h"
#include "ui/view.h"

#define BAR_AT 14
#define BAR_FROM 70		/* width from which on there is one */
#define WHAT_WIDTH 22
#define MOST_LEAST 12		/* columns for a function that does it most */

static const char *const names[MEMORY_KINDS] = {
	[MEMORY_ALLOCATES] = "allocate and free",
	[MEMORY_COPIES] = "copy and fill",
	[MEMORY_COLLECTS] = "collect garbage",
	[MEMORY_FAULTS] = "fetch pages (kernel)",
};

static void make_rows(struct app *a)
{
	struct app_memory *v = &a->memory;

	if (v->asked == a->model->n_asked)
		return;
	memory_work_make(a->model->p, &a->model->sum, &v->work);
	v->asked = a->model->n_asked;
}

/* ---- what is not known ---- */

/* A command, and what it says; in one row if there is room for both. */
static void put_help(struct rows *rows, unsigned int at, const char *command, const char *what)
{
	struct prose prose = { .utf8 = rows->g->utf8 };
	struct pen pen = rows_next(rows);

	pen_to(&pen, 2);
	pen_put(&pen, STYLE_STRONG, "%s", command);
	pen_to(&pen, at);
	prose_add(&prose, PROSE_PLAIN, what);
	prose_put(rows, &prose, &pen, at);
	prose_deinit(&prose);
}

/* Who holds it is not known, but how much is, if the recording has it. */
static bool put_held(const struct app *a, struct rows *rows)
{
	const struct model *m = a->model;
	const struct counters *c = &m->p->counters;
	struct prose prose = { .utf8 = rows->g->utf8 };
	uint64_t held, most;
	char now[TEXT_NUMBER], top[TEXT_NUMBER];
	_cleanup_(freep) char *text = NULL;

	if (!counters_gauge(c, COUNTER_RESIDENT_BYTES, m->sum.to_ns, &held) ||
	    !counters_highest(c, COUNTER_RESIDENT_BYTES, m->sum.from_ns, m->sum.to_ns + 1, &most))
		return false;
	text = xasprintf("The program held %s at the end, %s at most. Who allocated it is not "
			 "known: this version of cprofd samples CPU time, not memory.",
			 text_bytes(now, held), text_bytes(top, most));
	prose_add(&prose, PROSE_PLAIN, text);
	prose_put(rows, &prose, NULL, 1);
	prose_deinit(&prose);
	return true;
}

static void put_unknown(const struct app *a, struct rows *rows, bool brief)
{
	const struct profile_process *process = profile_main_process(a->model->p);
	bool live = process && (a->session.state == APP_LIVE || a->session.state == APP_STALE);
	struct prose prose = { .utf8 = rows->g->utf8 };
	_cleanup_(freep) char *status = live ? xasprintf("grep VmRSS /proc/%u/status", process->pid)
					     : NULL;
	unsigned int at = live ? 36 : 26;

	if (put_held(a, rows))
		return;
	prose_add(&prose, PROSE_PLAIN, brief
		  ? "How much memory the program holds is not known: this version of cprofd samples "
		    "CPU time."
		  : "How much memory the program holds, who allocated it and whether it grows is not "
		    "known: this version of cprofd samples CPU time, not memory.");
	prose_put(rows, &prose, NULL, 1);
	prose_deinit(&prose);
	if (!brief)
		rows_next(rows);
	put_help(rows, at, "cprofd run -- COMMAND", "the most it held, and page faults, at its end");
	if (live)
		put_help(rows, at, status, "what it holds now");
}

/* ---- what is known ---- */

static void put_head(struct grid *g, struct area area, unsigned int y, unsigned int bar, double scale)
{
	struct pen pen = area_pen(g, area, y);

	pen_to(&pen, 1);
	pen_right(&pen, STYLE_STRONG, 5, "CPU%%");
	pen_to(&pen, 8);
	pen_put(&pen, STYLE_DIM, "%s95", pen_plus_minus(&pen));
	pen_to(&pen, BAR_AT);
	if (bar) {
		pen_put(&pen, STYLE_DIM, "0");
		pen_right(&pen, STYLE_DIM, bar - 1, "%.0f%%", scale * 100);
	}
	pen_right(&pen, STYLE_DIM, 10, "SAMPLES");
	pen_put(&pen, STYLE_DIM, "  TO");
	pen_to(&pen, BAR_AT + bar + 12 + WHAT_WIDTH);
	pen_put(&pen, STYLE_DIM, "MOSTLY IN");
	grid_tint(g, area.top + y, 0, area.width, (struct style){ .attrs = ATTR_UNDERLINE });
}

/* Nobody could see it, which is not the same as that there was none. */
static bool is_unknown(const struct app *a, uint32_t kind)
{
	return kind == MEMORY_FAULTS && (!a->memory.work.kernel_seen || a->model->sum.hidden_ns);
}

static void put_numbers(const struct app *a, struct pen *pen, uint32_t kind, unsigned int bar,
			double scale)
{
	const struct summary *sum = &a->model->sum;
	const struct sum *its = &a->memory.work.sums[kind];
	struct cells c = { pen, a->model->p, sum };
	struct interval iv = summary_part(sum, its->weight_ns);
	char n[TEXT_NUMBER];

	if (is_unknown(a, kind)) {
		pen_to(pen, 1);
		pen_right(pen, STYLE_DIM, 5, "-");
		return;
	}
	pen_to(pen, 1);
	cell_share(&c, iv.share);
	pen_to(pen, 7);
	cell_interval(&c, iv);
	pen_to(pen, BAR_AT);
	if (bar && its->count)
		pen_bar(pen, kind == MEMORY_FAULTS ? 'K' : 'L', bar, iv.low, iv.share, iv.high, scale);
	pen_to(pen, BAR_AT + bar);
	pen_right(pen, STYLE_TEXT, 10, "%s", text_count(n, its->count));
}

static void put_row(const struct app *a, struct grid *g, struct area area, unsigned int y,
		    uint32_t kind, unsigned int bar, double scale)
{
	const struct memory_work *w = &a->memory.work;
	struct pen pen = area_pen(g, area, y);
	bool chosen = kind == a->memory.list.cursor;

	if (chosen) {
		grid_tint(g, area.top + y, 0, area.width, (struct style){ .bg = INK_TINT });
		pen_put(&pen, STYLE_TEXT, ">");
	}
	put_numbers(a, &pen, kind, bar, scale);
	pen_to(&pen, BAR_AT + bar + 12);
	pen_name(&pen, chosen ? STYLE_STRONG : STYLE_TEXT, WHAT_WIDTH - 1, names[kind]);
	pen_to(&pen, BAR_AT + bar + 12 + WHAT_WIDTH);
	if (is_unknown(a, kind))
		pen_put(&pen, STYLE_DIM, "not visible");
	else if (w->most[kind] != RECORD_NONE && pen_left(&pen) > MOST_LEAST)
		pen_name(&pen, STYLE_TEXT, pen_left(&pen) - 1,
			 profile_string(a->model->p, a->model->p->functions[w->most[kind]].name));
	area_spot(g, area, y, kind);
}

static void put_cost(struct app *a, struct grid *g, struct area area, unsigned int y)
{
	unsigned int bar = area.width < BAR_FROM ? 0 : cells_columns(area.width, 0).bar;
	struct pen pen = area_pen(g, area, y);
	struct rows rows = { .g = g, .top = area.top + y + 7, .left = 1, .right = area.width - 1,
			     .height = area.height > y + 7 ? area.height - y - 7 : 0 };
	struct prose prose = { .utf8 = g->utf8 };
	double scale = 0;

	pen_rule(&pen, "What memory costs in CPU time", "of all samples");
	if (!a->model->sum.received.count) {
		pen = area_pen(g, area, y + 1);
		pen_to(&pen, 1);
		pen_put(&pen, STYLE_TEXT, "No CPU samples.");
		return;
	}
	for (uint32_t i = 0; i < MEMORY_KINDS; i++)
		scale = max_of(scale, summary_share(&a->model->sum, a->memory.work.sums[i].weight_ns));
	scale = held_scale(a, &a->scales.memory, bar_scale(scale), 0);
	put_head(g, area, y + 1, bar, scale);
	for (uint32_t i = 0; i < MEMORY_KINDS; i++)
		put_row(a, g, area, y + 2 + i, i, bar, scale);
	prose_add(&prose, PROSE_DIM, "Told by the names of functions that are known for it, anywhere on the "
		  "stack; the innermost counts. An allocator with other names is not found.");
	prose_put(&rows, &prose, NULL, 0);
	prose_deinit(&prose);
	memory_charts_put(a, g, area, y + 7 + rows.n);
}

static void draw(struct app *a, struct grid *g, struct area area)
{
	unsigned int gap = area.height >= 17;	/* blank rows around */
	struct rows rows = { .g = g, .top = area.top + gap, .height = area.height, .right = area.width - 1 };

	make_rows(a);
	put_unknown(a, &rows, !gap);
	list_fit(&a->memory.list, a->model->sum.received.count ? MEMORY_KINDS : 0, MEMORY_KINDS);
	put_cost(a, g, area, gap + rows.n + gap);
}

/* ---- keys ---- */

static bool act(struct app *a, enum action action)
{
	struct app_memory *v = &a->memory;
	uint32_t function;

	make_rows(a);
	list_fit(&v->list, a->model->sum.received.count ? MEMORY_KINDS : 0, MEMORY_KINDS);
	if (list_act(&v->list, action))
		return true;
	if (action != ACTION_ENTER)
		return false;
	function = v->list.cursor < v->list.n ? v->work.most[v->list.cursor] : RECORD_NONE;
	if (function == RECORD_NONE)
		app_say(a, "there are no samples of it whose callers could be shown");
	else
		app_go(a, &view_callers, function);
	return true;
}

static bool pick(struct app *a, uint32_t n)
{
	bool was = a->memory.list.cursor == n;

	list_choose(&a->memory.list, n);
	return was;
}

const struct view view_memory = {
	.key = '9', .action = ACTION_MEMORY, .name = "Mem", .short_name = "Mem",
	.keys = "Enter callers of what does it most  L lesson  ? help  q quit",
	.lesson = "mem",
	.needs_samples = true, .draw = draw, .act = act, .pick = pick,
};
