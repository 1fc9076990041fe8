// SPDX-License-Identifier: Apache-2.0
/*
 * The overview: where the time of the CPUs went, how much of the machine the program used,
 * what it did, how good the data is, and the functions that ran most.
 */
#include <math.h>

#include "base/clock.h"
#include "base/util.h"
#include "profile/waits.h"
#include "ui/cells.h"
#include "ui/overview_facts.h"
#include "ui/text.h"
#include "ui/view.h"
#include "ui/wait_text.h"

#define TWO_COLUMNS_FROM 76	/* width */
#define COLUMN_MOST 72		/* of one of them */
#define THREE_COLUMNS_FROM 156
#define VALUE_AT 14
#define LEGEND_COLUMNS 3
#define ROOMY_FROM 25		/* height from which on there are blank rows, */
#define FACTS_FROM 17		/* and the facts at all */
#define LEAST_FUNCTIONS 3
#define SECONDS_FROM 90
#define TREND_FROM 100
#define TREND 10

static const struct part {
	char kind;		/* of code; '.': none ran */
	const char *name;
} parts[ACCOUNT_PARTS] = {
	[ACCOUNT_PYTHON] = { 'P', "Python" },
	[ACCOUNT_NATIVE] = { 'N', "native" },
	[ACCOUNT_LIBRARY] = { 'L', "library" },
	[ACCOUNT_KERNEL] = { 'K', "kernel" },
	[ACCOUNT_UNKNOWN] = { '?', "unknown" },
	[ACCOUNT_FILTERED] = { ' ', "filtered out" },
	[ACCOUNT_UNSAMPLED] = { '!', "unsampled" },
	[ACCOUNT_UNUSED] = { '.', "not used" },
};

/* ---- where the time went ---- */

/* Of so few samples that shares have no decimals. */
static bool is_rough(const struct app *a)
{
	return a->model->sum.received.count < CELLS_WHOLE_PERCENT;
}

static struct style part_style(const struct grid *g, enum account_part part)
{
	char kind = parts[part].kind;

	if (!g->fills)
		return part >= ACCOUNT_FILTERED ? STYLE_DIM : STYLE_TEXT;
	if (part == ACCOUNT_UNUSED)
		return (struct style){ .fg = INK_DIM };
	if (part >= ACCOUNT_UNKNOWN)
		return (struct style){ INK_BLACK, !g->two_tones ? INK_DIM
				       : part == ACCOUNT_UNSAMPLED ? INK_UNKNOWN_QUIET : INK_UNKNOWN, 0 };
	return (struct style){ INK_BLACK, (uint8_t)ink_strong(kind), 0 };
}

/* The sign of a part, where it is not told by its fill alone. */
static const char *part_sign(const struct grid *g, enum account_part part, char text[2])
{
	if (part == ACCOUNT_UNUSED)
		return g->utf8 ? "·" : ".";
	text[0] = parts[part].kind;
	text[1] = '\0';
	return text;
}

static void put_segment(struct pen *pen, const struct time_account *t, enum account_part part,
			unsigned int width, unsigned int row, bool whole_percent)
{
	struct style style = part_style(pen->grid, part);
	unsigned int end = pen->column + width;
	double whole = (double)max_of(t->used_ns + t->ns[ACCOUNT_UNUSED], (uint64_t)1);
	char sign[2], text[TEXT_NUMBER];

	for (unsigned int i = 0; i < width; i++)
		pen_put(pen, style, "%s", pen->grid->fills && part != ACCOUNT_UNUSED
			? " " : part_sign(pen->grid, part, sign));
	if (!pen->grid->fills || part == ACCOUNT_UNUSED)
		return;
	pen->column = end - width;
	text_percent(text, (double)t->ns[part] / whole, whole_percent);
	if (row == 0 && width >= text_width(parts[part].name) + 2)
		pen_put(pen, style, " %s", parts[part].name);
	else if (row && width >= text_width(text) + 3)
		pen_put(pen, style, " %s%%", text);
	else if (row == 0 && width && parts[part].kind != ' ')
		pen_put(pen, style, "%s", part_sign(pen->grid, part, sign));
	pen->column = end;
}

/* All parts, as wide as their share; what is there has a column at least. */
static void put_bar(const struct app *a, struct grid *g, struct area area, unsigned int y,
		    const struct time_account *t, unsigned int row)
{
	struct pen pen = area_pen(g, area, y);
	double whole = (double)(t->used_ns + t->ns[ACCOUNT_UNUSED]), at = 0;
	unsigned int width = area.width - 2, from = 0;

	pen_to(&pen, 1);
	for (enum account_part i = 0; i < ACCOUNT_PARTS && whole > 0; i++) {
		unsigned int to;

		at += (double)t->ns[i];
		to = (unsigned int)lround(at / whole * width);
		to = max_of(to, from + (t->ns[i] > 0));
		to = min_of(to, width);
		put_segment(&pen, t, i, to - from, row, is_rough(a));
		from = to;
	}
}

static bool is_told(const struct time_account *t, enum account_part part)
{
	return t->ns[part] > 0;
}

static unsigned int legend_rows(const struct time_account *t)
{
	unsigned int n = 0;

	for (enum account_part i = 0; i < ACCOUNT_PARTS; i++)
		n += is_told(t, i);
	return (n + LEGEND_COLUMNS - 1) / LEGEND_COLUMNS;
}

static void put_legend(const struct app *a, struct grid *g, struct area area, unsigned int y,
		       const struct time_account *t)
{
	double whole = (double)max_of(t->used_ns + t->ns[ACCOUNT_UNUSED], (uint64_t)1);
	unsigned int n = 0, width = min_of((area.width - 2) / LEGEND_COLUMNS, 34u);
	char time[TEXT_NUMBER], share[TEXT_NUMBER], sign[2];

	for (enum account_part i = 0; i < ACCOUNT_PARTS; i++) {
		struct pen pen = area_pen(g, area, y + n / LEGEND_COLUMNS);

		if (!is_told(t, i))
			continue;
		pen_to(&pen, 1 + n++ % LEGEND_COLUMNS * width);
		pen_put(&pen, part_style(g, i), "%s", part_sign(g, i, sign));
		pen_put(&pen, STYLE_TEXT, " %s", parts[i].name);
		pen_to(&pen, 1 + (n - 1) % LEGEND_COLUMNS * width + (width >= 30 ? 15 : 0));
		if (width >= 22)
			pen_put(&pen, STYLE_STRONG, " %s", text_time(time, t->ns[i]));
		pen_put(&pen, width >= 22 ? STYLE_DIM : STYLE_TEXT, " %s%%",
			text_percent(share, (double)t->ns[i] / whole, is_rough(a)));
	}
}

#define TITLE_FROM 74		/* width for the whole of it */

/* "2 CPUs x 30.0 s = 60.0 s; the program used 40.4 s" */
static void put_title(const struct app *a, struct grid *g, struct area area,
		      const struct time_account *t)
{
	struct pen pen = area_pen(g, area, 0);
	char time[TEXT_NUMBER], all[TEXT_NUMBER], used[TEXT_NUMBER], threads[TEXT_NUMBER];
	_cleanup_(freep) char *who = NULL, *note = NULL;
	uint64_t n = a->model->scope.n_threads;

	who = n ? xasprintf("%s thread%s", text_count(threads, n), n == 1 ? "" : "s")
		: xstrdup(profile_is_host(a->model->p) ? "programs" : "the program");
	text_time(used, t->used_ns);
	if (t->n_cpus && area.width < TITLE_FROM)
		note = xasprintf("%s used %s of %s", who, used,
				 text_time(all, t->n_cpus * t->range_ns));
	else if (t->n_cpus)
		note = xasprintf("%llu CPU%s %s %s = %s; %s used %s", (unsigned long long)t->n_cpus,
				 t->n_cpus == 1 ? "" : "s", g->utf8 ? "×" : "x",
				 text_time(time, t->range_ns), text_time(all, t->n_cpus * t->range_ns),
				 who, used);
	else
		note = xasprintf("%s used %s in %s", who, used, text_time(time, t->range_ns));
	pen_rule(&pen, "Where the time goes", note);
}

#define WAIT_WIDTH 36	/* of a reason, its share, and where there is more */

/* What threads waited for, as far as anybody looked. */
static void put_waiting(struct app *a, struct grid *g, struct area area, unsigned int y)
{
	struct pen pen = area_pen(g, area, y);
	const struct model *m = a->model;
	struct waits w;
	char text[TEXT_NUMBER];
	uint32_t i;

	pen_to(&pen, 1);
	pen_put(&pen, STYLE_DIM, "waiting");
	pen_to(&pen, VALUE_AT);
	waits_make(m->p, &m->scope, &m->sum, WAITS_BY_REASON, false, &w);
	if (!w.shown.count) {
		pen_put(&pen, STYLE_DIM, area.width < 100 ? "nobody looked at threads that wait; see 8"
			: "nobody looked at threads that wait, so nothing is known of them; 8 says more");
	} else {
		pen_put(&pen, STYLE_TEXT, "%s", text_time(text, w.shown.weight_ns));
		pen_put(&pen, STYLE_DIM, " of thread time:");
		for (i = 0; i < w.n && pen_left(&pen) >= WAIT_WIDTH; i++) {
			pen_put(&pen, STYLE_TEXT, "  %s", wait_reason_name(w.rows[i].reason));
			pen_put(&pen, STYLE_STRONG, " %s%%", text_percent(text, w.rows[i].share.share, false));
		}
		pen_put(&pen, STYLE_DIM, "  8 says where");
	}
	waits_deinit(&w);
}

/* ---- facts ---- */

static void put_fact(const struct app *a, struct grid *g, struct area area, unsigned int y,
		     unsigned int left, unsigned int right, const struct overview_fact *fact,
		     const struct time_account *t)
{
	struct pen pen = pen_make(g, y < area.height ? area.top + y : g->height, area.left + left,
				  area.left + right);

	pen_put(&pen, STYLE_DIM, "%s", fact->label);
	pen_to(&pen, VALUE_AT - 1);
	fact->put(a->model, t, &pen);
}

static void put_rule(struct grid *g, struct area area, unsigned int y, unsigned int left,
		     unsigned int right, const char *title, const char *note)
{
	struct pen pen = pen_make(g, area.top + y, area.left + left, area.left + right);

	pen_rule(&pen, title, note);
}

/* Both columns, or one below the other; returns the row behind them. */
static unsigned int put_facts(const struct app *a, struct grid *g, struct area area, unsigned int y,
			      const struct time_account *t)
{
	const bool gap = area.height >= ROOMY_FROM;
	const char *note = overview_is_partial(a->model) ? "at least: short-lived ones not read"
			   : a->model->scope.n_threads ? "of all threads" : "";
	const bool three = area.width >= THREE_COLUMNS_FROM;
	unsigned int column = three ? area.width / 3 : min_of(area.width / 2, (unsigned int)COLUMN_MOST);

	put_rule(g, area, y, 0, column - 1, "Utilisation", a->model->scope.n_threads ? note : "");
	put_rule(g, area, y, column, 2 * column, "Activity", note);
	for (unsigned int i = 0; i < OVERVIEW_FACTS; i++) {
		put_fact(a, g, area, y + 1 + i, 1, column - 1, &overview_usage[i], t);
		put_fact(a, g, area, y + 1 + i, column + 1, 2 * column, &overview_activity[i], t);
	}
	if (three) {
		put_rule(g, area, y, 2 * column + 1, area.width, "Data quality", "= says more");
		for (unsigned int i = 0; i < OVERVIEW_QUALITY; i++)
			put_fact(a, g, area, y + 1 + i, 2 * column + 2, area.width, &overview_quality[i], t);
		return y + OVERVIEW_FACTS + 1 + gap;
	}
	y += OVERVIEW_FACTS + 1 + gap;
	put_rule(g, area, y, 0, 2 * column, "Data quality", "= says more");
	for (unsigned int i = 0; i < OVERVIEW_QUALITY; i++)
		put_fact(a, g, area, y + 1 + i / 2, i % 2 * column + 1,
			 i % 2 ? 2 * column : column - 1, &overview_quality[i], t);
	return y + 1 + OVERVIEW_QUALITY / 2 + gap;
}

/* Where there is room for few: as many as fit. */
static unsigned int put_few_facts(const struct app *a, struct grid *g, struct area area,
				  unsigned int y, const struct time_account *t)
{
	unsigned int n = area.height > y + LEAST_FUNCTIONS + 1 ? area.height - y - LEAST_FUNCTIONS - 1 : 0;

	for (unsigned int i = 0; i < 2 * OVERVIEW_FACTS && i < n; i++)
		put_fact(a, g, area, y++, 1, area.width,
			 i < OVERVIEW_FACTS ? &overview_usage[i] : &overview_activity[i - OVERVIEW_FACTS], t);
	return y;
}

/* ---- functions ---- */

struct table {
	struct app *a;
	struct grid *g;
	struct area area;
	struct columns columns;
	bool seconds, trend;
	double scale;
};

static void put_function(const struct table *t, unsigned int y, uint32_t function, bool chosen)
{
	const struct model *m = t->a->model;
	const struct summary *sum = &m->sum;
	struct pen pen = area_pen(t->g, t->area, y);
	struct cells c = { &pen, m->p, sum };
	struct interval iv = summary_self(sum, function);
	char kind = profile_function_kind(m->p, function);
	double trend[TREND];

	if (chosen) {
		grid_tint(t->g, t->area.top + y, 0, t->area.width, (struct style){ .bg = INK_TINT });
		pen_put(&pen, STYLE_TEXT, ">");
	}
	pen_to(&pen, 1);
	cell_share(&c, summary_share(sum, sum->functions[function].self.weight_ns));
	pen_to(&pen, 7);
	if (sum->functions[function].self.count)
		cell_interval(&c, iv);
	pen_to(&pen, 14);
	pen_bar(&pen, kind, t->columns.bar, iv.low, iv.share, iv.high, t->scale);
	pen_to(&pen, 14 + t->columns.bar + 1);
	if (t->seconds)
		cell_seconds(&c, sum->functions[function].self.weight_ns, iv.share);
	pen_to(&pen, pen.column + 1);
	cell_kind(&c, kind);
	view_put_mark(t->a, &pen, function);
	pen_name(&pen, chosen || iv.share >= .0995 ? STYLE_STRONG : STYLE_TEXT, t->columns.name,
		 profile_string(m->p, m->p->functions[function].name));
	pen_to(&pen, t->columns.where_at);
	cell_where(&c, t->columns.where, function);
	if (!t->trend || sum->functions[function].self.count < CELLS_FEW_SAMPLES ||
	    !summary_trend(sum, function, TREND, trend))
		return;
	pen_to(&pen, t->area.width - 1 - TREND);
	pen_trend(&pen, iv.share < .01 ? STYLE_RULE : (struct style){ .fg = (uint8_t)ink_quiet(kind) },
		  trend, TREND);
}

/* The row of the selected function, if it has one. */
static void find_selected(struct app *a)
{
	const struct model *m = a->model;

	for (uint32_t i = 0; i < m->n_order; i++)
		if (m->order[i] == a->function) {
			a->overview.cursor = i;
			return;
		}
}

static void put_functions(struct app *a, struct grid *g, struct area area, unsigned int y)
{
	struct table t = { .a = a, .g = g, .area = area, .seconds = area.width >= SECONDS_FROM };
	const struct model *m = a->model;
	unsigned int used = y + 1 + (area.height >= ROOMY_FROM);	/* a blank row above the message */
	unsigned int height = area.height > used ? area.height - used : 0;

	put_rule(g, area, y, 0, area.width, "Top functions", "by their own time; Enter goes to it");
	/* What grows keeps its columns in their places. */
	t.trend = area.width >= TREND_FROM && (m->sum.stats.n_blocks >= TREND || !m->p->ended);
	t.columns = cells_columns(area.width, (t.seconds ? 26 : 18) + (t.trend ? TREND + 1 : 0));
	t.columns.where_at -= t.trend ? TREND + 1 : 0;
	if (m->n_order)
		t.scale = held_scale(a, &a->scales.overview, bar_scale(summary_share(&m->sum,
			m->sum.functions[m->order[0]].self.weight_ns)), 0);
	list_fit(&a->overview, m->n_order, height);
	for (uint32_t i = 0; i < height && a->overview.top + i < m->n_order; i++) {
		uint32_t row = a->overview.top + i;

		put_function(&t, y + 1 + i, m->order[row], m->order[row] == a->function);
		area_spot(g, area, y + 1 + i, row);
	}
}

/* ---- the view ---- */

static void draw(struct app *a, struct grid *g, struct area area)
{
	const bool roomy = area.height >= ROOMY_FROM, two = g->fills && roomy;
	struct time_account t;
	unsigned int y = 1;

	find_selected(a);
	if (view_lacks_samples(a, g, area))
		return;
	time_account_make(a->model->p, &a->model->sum, &t);
	put_title(a, g, area, &t);
	put_bar(a, g, area, y++, &t, 0);
	if (two)
		put_bar(a, g, area, y++, &t, 1);
	y += two;
	put_legend(a, g, area, y, &t);
	y += legend_rows(&t);
	put_waiting(a, g, area, y++);
	y += roomy;
	y = area.height >= FACTS_FROM && area.width >= TWO_COLUMNS_FROM
		? put_facts(a, g, area, y, &t) : put_few_facts(a, g, area, y, &t) + roomy;
	put_functions(a, g, area, y);
}

static uint32_t rows_n(struct app *a)
{
	a->overview.n = a->model->n_order;
	return a->overview.n;
}

static uint32_t rows_at(const struct app *a)
{
	return a->overview.cursor;
}

static void rows_choose(struct app *a, uint32_t row)
{
	list_choose(&a->overview, row);
	a->function = a->model->order[row];
}

static bool rows_match(struct app *a, uint32_t row, const struct filter *f)
{
	return view_function_matches(a, a->model->order[row], f);
}

static struct list *rows_list(struct app *a)
{
	return &a->overview;
}

static const struct view_rows rows = {
	.n = rows_n, .at = rows_at, .choose = rows_choose, .matches = rows_match, .list = rows_list,
};

static bool act(struct app *a, enum action action)
{
	if (!rows_n(a))
		return false;
	find_selected(a);
	if (list_act(&a->overview, action)) {
		a->function = a->model->order[a->overview.cursor];
		return true;
	}
	if (action != ACTION_ENTER || a->function == RECORD_NONE)
		return false;
	app_go(a, &view_functions, a->function);
	return true;
}

static bool pick(struct app *a, uint32_t n)
{
	bool was;

	if (n >= rows_n(a))
		return false;
	was = a->function == a->model->order[n];
	rows_choose(a, n);
	return was;
}

const struct view view_overview = {
	.key = '1', .action = ACTION_OVERVIEW, .name = "Overview", .short_name = "Over",
	.keys = "Enter function  ! what stands out  w window  T threads  = quality  L lesson  ? help  q quit",
	.rows = &rows, .lesson = "overview",
	.needs_samples = true, .draw = draw, .act = act, .pick = pick,
};
