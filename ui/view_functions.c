// SPDX-License-Identifier: Apache-2.0
/*
 * Functions by their own time, or by another column, and what is known of the
 * one that is selected.
 */
#include <math.h>
#include <string.h>

#include "base/util.h"
#include "ui/beside.h"
#include "ui/cells.h"
#include "ui/function_detail.h"
#include "ui/text.h"
#include "ui/view.h"

#define DETAIL_FROM 19		/* height of the view from which on it is there */

enum sort { SORT_SELF, SORT_TOTAL, SORT_NAME, SORT_CALLS, SORT_COUNT };

struct table {
	struct app *a;
	struct grid *g;
	struct area area;
	struct function_columns columns;
	double scale;
};

/* ---- order ---- */

struct sort_context {
	const struct model *m;
	const struct app *a;
};

/* What was not counted is behind what was never called. */
static uint64_t calls_order(const struct profile *p, uint32_t function)
{
	const struct profile_count *count = profile_count_of(p, function);

	return count ? count->calls + 1 : 0;
}

static int by_column(const void *a, const void *b, void *ctx)
{
	const struct sort_context *c = ctx;
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	const struct function_sum *s = &c->m->sum.functions[x], *t = &c->m->sum.functions[y];
	int order = 0;

	if (c->a->sort == SORT_TOTAL)
		order = (s->total.weight_ns < t->total.weight_ns) -
			(s->total.weight_ns > t->total.weight_ns);
	else if (c->a->sort == SORT_CALLS)
		order = (calls_order(c->m->p, x) < calls_order(c->m->p, y)) -
			(calls_order(c->m->p, x) > calls_order(c->m->p, y));
	else if (c->a->sort == SORT_NAME)
		order = strcmp(profile_string(c->m->p, c->m->p->functions[x].name),
			       profile_string(c->m->p, c->m->p->functions[y].name));
	return order ? order : (x > y) - (x < y);
}

/*
 * Find the row of the selected function.  One that a filter hides gives way to
 * what is in its row; one without samples in this scope stays selected.
 */
static void find_selected(struct app *a)
{
	const struct summary *sum = &a->model->sum;
	uint32_t n = a->n_order;
	bool hidden = a->function != RECORD_NONE && sum->listed && !sum->listed[a->function];

	if (!(a->stays && !a->arrived) && !hidden)
		for (uint32_t i = 0; i < n; i++)
			if (a->order[i] == a->function) {
				a->functions.cursor = i;
				return;
			}
	if (n && (a->stays || hidden))
		a->function = a->order[min_of(a->functions.cursor, n - 1)];
}

/* Into the order that was asked for. */
static void sort_rows(struct app *a)
{
	struct sort_context ctx = { a->model, a };
	uint32_t n = a->n_order;

	if (a->sort != SORT_SELF)
		qsort_r(a->order, n, sizeof(*a->order), by_column, &ctx);
	for (uint32_t i = 0; a->reversed && i < n / 2; i++) {
		uint32_t other = a->order[n - 1 - i];

		a->order[n - 1 - i] = a->order[i];
		a->order[i] = other;
	}
}

/* As they were, those that are new below. */
static void keep_order(struct app *a, const uint32_t *before, uint32_t n_before)
{
	const struct model *m = a->model;
	_cleanup_(freep) bool *waits = xcalloc(m->p->n_functions, sizeof(*waits));
	uint32_t n = 0;

	for (uint32_t i = 0; i < m->n_order; i++)
		waits[m->order[i]] = true;
	for (uint32_t i = 0; i < n_before; i++)
		if (waits[before[i]]) {
			waits[before[i]] = false;
			a->order[n++] = before[i];
		}
	for (uint32_t i = 0; i < m->n_order; i++)
		if (waits[m->order[i]])
			a->order[n++] = m->order[i];
}

/* Make the rows, and find the selected one. */
static void order_rows(struct app *a)
{
	const struct model *m = a->model;
	_cleanup_(freep) uint32_t *before = a->order;
	/* Who has just come has seen no order yet. */
	bool held = a->asked && a->asked != m->n_asked && app_session_is_held(a) && !a->arrived;
	uint32_t n = m->n_order, n_before = a->n_order;

	a->order = xcalloc(max_of(n, 1u), sizeof(*a->order));
	if (n)
		memcpy(a->order, m->order, n * sizeof(*a->order));
	a->n_order = n;
	a->asked = m->n_asked;
	if (held)
		keep_order(a, before, n_before);
	else
		sort_rows(a);
	find_selected(a);
}

/* ---- the table ---- */

/* Where a column begins, and how wide it is. */
static struct column_place place(const struct table *t, enum function_column column)
{
	return t->columns.place[column];
}

/* "OVER 30 s" */
static void put_trend_head(const struct table *t, struct pen *pen)
{
	const struct summary *sum = &t->a->model->sum;
	double s = (double)(sum->to_ns - sum->from_ns) / 1e9;

	if (s < 999.5)
		pen_put(pen, STYLE_DIM, "OVER %.0f s", s);
	else
		pen_put(pen, STYLE_DIM, "OVER %.0f m", s / 60);
}

/* With a mark where it is what rows are sorted by. */
static void put_sortable(const struct table *t, struct pen *pen, enum sort sort, const char *name,
			 unsigned int width)
{
	const char *mark = t->g->utf8 ? "▾" : "v";

	pen_right(pen, sort == t->a->sort ? STYLE_STRONG : STYLE_DIM, width, "%s", name);
	if (sort == t->a->sort)
		pen_put(pen, STYLE_STRONG, "%s", mark);
}

static void put_column_head(const struct table *t, struct pen *pen, enum function_column column)
{
	unsigned int width = place(t, column).width;

	switch (column) {
	case COLUMN_SELF:
		put_sortable(t, pen, SORT_SELF, "SELF%", width);
		break;
	case COLUMN_ERROR:
		pen_to(pen, pen->column + 1);
		if (t->a->model->sum.measured)
			put_sortable(t, pen, SORT_CALLS, "CALLS", 0);
		else
			pen_put(pen, STYLE_DIM, "%s95", pen_plus_minus(pen));
		break;
	case COLUMN_BAR:
		pen_put(pen, STYLE_DIM, "0");
		pen_right(pen, STYLE_DIM, width - 1, "%.0f%%", t->scale * 100);
		break;
	case COLUMN_TOTAL:
		put_sortable(t, pen, SORT_TOTAL, "TOTAL%", width + 1);
		break;
	case COLUMN_CALLS:
		put_sortable(t, pen, SORT_CALLS, "CALLS", width);
		break;
	case COLUMN_SECONDS:
		pen_right(pen, STYLE_DIM, width, "SELF s");
		break;
	case COLUMN_KIND:
		pen_put(pen, STYLE_DIM, "K");
		break;
	case COLUMN_FUNCTION:
		put_sortable(t, pen, SORT_NAME, "FUNCTION", 0);
		break;
	case COLUMN_WHERE:
		pen_put(pen, STYLE_DIM, "WHERE");
		break;
	case COLUMN_TREND:
		put_trend_head(t, pen);
		break;
	case COLUMN_SAMPLES:
		pen_right(pen, STYLE_DIM, width, "SAMPLES");
		break;
	case COLUMN_MODULE:
		pen_put(pen, STYLE_DIM, "MODULE");
		break;
	case COLUMN_COUNT:
		break;
	}
}

static void put_head(const struct table *t)
{
	struct pen pen = area_pen(t->g, t->area, 0);

	for (unsigned int i = 0; i < t->columns.n; i++) {
		enum function_column c = t->columns.v[i];

		/* Its sign is one wider than what stands below it. */
		pen_to(&pen, place(t, c).at - (c == COLUMN_TOTAL));
		put_column_head(t, &pen, c);
	}
	grid_tint(t->g, t->area.top, 0, t->area.width,
		  (struct style){ .attrs = ATTR_UNDERLINE });
}

/* How its own time went; of few samples that would be chance. */
static void put_trend(const struct table *t, struct pen *pen, uint32_t function, double share)
{
	const struct summary *sum = &t->a->model->sum;
	char kind = profile_function_kind(t->a->model->p, function);
	double parts[COLUMNS_TREND];

	if (sum->stats.n_blocks < COLUMNS_TREND)
		pen_put(pen, STYLE_FAINT, "-");	/* not yet */
	if (sum->functions[function].self.count < CELLS_FEW_SAMPLES ||
	    !summary_trend(sum, function, COLUMNS_TREND, parts))
		return;
	pen_trend(pen, share < .01 ? STYLE_RULE
				   : (struct style){ .fg = (uint8_t)ink_quiet(kind) }, parts,
		  COLUMNS_TREND);
}

static void put_kind(struct pen *pen, char kind)
{
	struct style style = style_kind(kind);

	style.attrs |= ATTR_BOLD;
	pen_put(pen, style, "%c", kind);
}

static void put_error(const struct cells *c, uint32_t function)
{
	if (!c->sum->functions[function].self.count)
		return;
	if (c->sum->measured)
		cell_calls(c, c->sum->functions[function].self.count);
	else
		cell_interval(c, summary_self(c->sum, function));
}

static void put_module(const struct cells *c, unsigned int width, uint32_t function)
{
	const struct profile_function *f = &c->p->functions[function];

	if (f->module != RECORD_NONE && !f->outcome)
		pen_name(c->pen, STYLE_DIM, width, profile_module_name(c->p, f->module));
}

static void put_cell(const struct table *t, const struct cells *c, enum function_column column,
		     uint32_t function, bool chosen)
{
	const struct function_sum *f = &c->sum->functions[function];
	double share = summary_share(c->sum, f->self.weight_ns);
	double total = summary_share(c->sum, f->total.weight_ns);
	char kind = profile_function_kind(c->p, function), count[TEXT_NUMBER];
	unsigned int width = place(t, column).width;
	struct interval iv;

	switch (column) {
	case COLUMN_SELF:
		cell_share(c, share);
		break;
	case COLUMN_ERROR:
		put_error(c, function);
		break;
	case COLUMN_BAR:
		iv = summary_self(c->sum, function);
		if (f->self.count)
			pen_bar(c->pen, kind, width, iv.low, iv.share, iv.high, t->scale);
		break;
	case COLUMN_TOTAL:
		cell_share(c, total);
		break;
	case COLUMN_CALLS:
		cell_counted(c, width, function);
		break;
	case COLUMN_SECONDS:
		cell_seconds(c, f->self.weight_ns, share);
		break;
	case COLUMN_KIND:
		put_kind(c->pen, kind);
		break;
	case COLUMN_FUNCTION:
		pen_name(c->pen, chosen || share >= .0995 ? STYLE_STRONG
			 : share < .01 && total < .01 ? STYLE_DIM : STYLE_TEXT, width,
			 profile_string(c->p, c->p->functions[function].name));
		break;
	case COLUMN_WHERE:
		cell_where(c, width, function);
		break;
	case COLUMN_TREND:
		put_trend(t, c->pen, function, share);
		break;
	case COLUMN_SAMPLES:
		pen_right(c->pen, STYLE_TEXT, width, "%s", text_count(count, f->self.count));
		break;
	case COLUMN_MODULE:
		put_module(c, width, function);
		break;
	case COLUMN_COUNT:
		break;
	}
}

static void put_row(const struct table *t, unsigned int y, uint32_t function, bool chosen)
{
	struct pen pen = area_pen(t->g, t->area, y);
	struct cells cells = { &pen, t->a->model->p, &t->a->model->sum };

	if (chosen) {
		grid_tint(t->g, t->area.top + y, 0, t->area.width,
			  (struct style){ .bg = INK_TINT });
		pen_put(&pen, STYLE_TEXT, ">");
	}
	for (unsigned int i = 0; i < t->columns.n; i++) {
		enum function_column c = t->columns.v[i];

		if (c == COLUMN_FUNCTION) {
			pen_to(&pen, place(t, c).at - 1);
			view_put_mark(t->a, &pen, function);
		}
		pen_to(&pen, place(t, c).at);
		put_cell(t, &cells, c, function, chosen);
	}
}

/* Time that no row of the table stands for: below it.  No bar if there is no interval. */
static void put_beside(const struct table *t, unsigned int y, char kind, const char *name,
		       struct interval iv)
{
	struct pen pen = area_pen(t->g, t->area, y);
	struct cells cells = { &pen, t->a->model->p, &t->a->model->sum };

	for (unsigned int i = 0; i < t->columns.n; i++) {
		enum function_column c = t->columns.v[i];

		pen_to(&pen, place(t, c).at);
		if (c == COLUMN_SELF)
			cell_share(&cells, iv.share);
		else if (c == COLUMN_ERROR && iv.low < iv.high)
			cell_interval(&cells, iv);
		else if (c == COLUMN_BAR && iv.low < iv.high)
			pen_bar(&pen, kind, place(t, c).width, iv.low, iv.share, iv.high, t->scale);
		else if (c == COLUMN_KIND)
			put_kind(&pen, kind);
		else if (c == COLUMN_FUNCTION)
			pen_put(&pen, STYLE_TEXT, "%s", name);
	}
}

/* Own time of functions that the filter does not let through. */
static double filtered_share(const struct app *a)
{
	const struct model *m = a->model;
	uint64_t ns = m->sum.received.weight_ns;

	for (uint32_t i = 0; i < m->n_order; i++)
		ns -= m->sum.functions[m->order[i]].self.weight_ns;
	return summary_share(&m->sum, ns);
}

/* How many rows those take; they are drawn from row `y` on if that is not 0. */
static unsigned int beside(const struct table *t, unsigned int y)
{
	const struct summary *sum = &t->a->model->sum;
	double filtered = filtered_share(t->a);
	unsigned int n = 0;

	if (sum->listed && ++n && y)
		put_beside(t, y++, ' ', "[filtered out]",
			   (struct interval){ filtered, filtered, filtered, false });
	if (sum->hidden_ns && ++n && y)
		put_beside(t, y++, 'K', "[kernel, not visible]", summary_hidden(sum));
	if ((sum->lost.count || sum->lost.weight_ns) && ++n && y)
		put_beside(t, y, '?', "[lost]  of what was due", summary_lost(sum));
	return n;
}

static double find_scale(struct app *a)
{
	const struct model *m = a->model;
	double high = m->sum.hidden_ns ? summary_hidden(&m->sum).share : 0;

	if (m->n_order)
		high = fmax(high, summary_share(&m->sum,
						m->sum.functions[m->order[0]].self.weight_ns));
	return held_scale(a, &a->scales.functions, bar_scale(high), 0);
}

/* ---- the view ---- */

static void draw(struct app *a, struct grid *g, struct area area)
{
	struct area callers = beside_take(a, &area);
	struct table t = { .a = a, .g = g, .area = area, .scale = find_scale(a) };
	bool detail = area.height >= DETAIL_FROM;
	unsigned int n_beside = beside(&t, 0), rows, detail_rows;

	if (a->arrived || a->asked != a->model->n_asked)
		order_rows(a);
	function_columns_lay(&a->columns, a->model->p, &a->model->sum, area.width, &t.columns);
	detail_rows = detail ? function_detail_rows(a, area.height) : 0;
	put_head(&t);
	if (view_lacks_samples(a, g, area))
		return;
	rows = area.height - 1 - n_beside - detail_rows;
	list_fit(&a->functions, a->n_order, rows);
	for (uint32_t i = 0; i < rows && a->functions.top + i < a->n_order; i++) {
		put_row(&t, i + 1, a->order[a->functions.top + i],
			a->order[a->functions.top + i] == a->function);
		area_spot(g, area, i + 1, a->functions.top + i);
	}
	beside(&t, 1 + min_of(rows, a->n_order - a->functions.top));
	if (detail && a->function != RECORD_NONE)
		function_detail_put(a, g, area);
	if (callers.width)
		beside_put_callers(a, g, callers);
}

static uint32_t rows_n(struct app *a)
{
	if (a->asked != a->model->n_asked)
		order_rows(a);
	a->functions.n = a->n_order;
	return a->n_order;
}

static uint32_t rows_at(const struct app *a)
{
	return a->functions.cursor;
}

static void rows_choose(struct app *a, uint32_t row)
{
	list_choose(&a->functions, row);
	a->function = a->order[row];
}

static bool rows_match(struct app *a, uint32_t row, const struct filter *f)
{
	return view_function_matches(a, a->order[row], f);
}

static struct list *rows_list(struct app *a)
{
	return &a->functions;
}

static const struct view_rows rows = {
	.n = rows_n, .at = rows_at, .choose = rows_choose, .matches = rows_match,
	.list = rows_list,
};

/* ---- keys ---- */

static void reorder(struct app *a)
{
	order_rows(a);
	list_choose(&a->functions, a->functions.cursor);
}

static void sort_chosen(struct app *a)
{
	a->sort = a->dialog.list.cursor;
	reorder(a);
}

static void ask_sort(struct app *a)
{
	dialog_open(&a->dialog, "Sort by", "Enter sorts, Esc does not; I reverses");
	dialog_offer(&a->dialog, 's', DIALOG_PICK, "SELF%%     its own time");
	dialog_offer(&a->dialog, 't', DIALOG_PICK, "TOTAL%%    and that of what it calls");
	dialog_offer(&a->dialog, 'n', DIALOG_PICK, "FUNCTION  name");
	if (a->model->p->calls.n)
		dialog_offer(&a->dialog, 'c', DIALOG_PICK, "CALLS     how often it was called");
	a->dialog.list.cursor = a->sort;
	app_ask(a, sort_chosen);
}

/* As they are kept: these names stay. */
static const char *const sort_names[SORT_COUNT] = {
	[SORT_SELF] = "self", [SORT_TOTAL] = "total", [SORT_NAME] = "name",
	[SORT_CALLS] = "calls" };

const char *view_functions_sort(const struct app *a)
{
	return sort_names[a->sort];
}

void view_functions_sort_by(struct app *a, const char *name)
{
	for (unsigned int i = 0; i < SORT_COUNT; i++)
		if (strcmp(sort_names[i], name) == 0 && (i != SORT_CALLS || a->model->p->calls.n))
			a->sort = i;
	a->asked = 0;	/* they are put in order when they are drawn */
}

static bool act(struct app *a, enum action action)
{
	rows_n(a);	/* a key may come before anything was drawn */
	if (list_act(&a->functions, action)) {
		if (a->functions.cursor < a->n_order)
			a->function = a->order[a->functions.cursor];
		return true;
	}
	if (action == ACTION_ENTER) {
		app_go(a, &view_callers, a->function);
		return true;
	}
	if (action == ACTION_SORT) {
		ask_sort(a);
		return true;
	}
	if (action == ACTION_REVERSE) {
		a->reversed = !a->reversed;
		reorder(a);
		return true;
	}
	if (action == ACTION_FOLLOW) {
		a->stays = !a->stays;
		app_say(a, a->stays ? "the selection stays on its row"
				    : "the selection follows its function");
		return true;
	}
	return false;
}

const struct view view_functions = {
	.key = '2', .action = ACTION_FUNCTIONS, .name = "Functions", .short_name = "Func",
	.keys = "Enter callers  f flame  a source  / search  \\ filter  s sort  L lesson  ? help  q quit",
	.lesson = "functions", .lesson_python = "functions-python",
	.rows = &rows, .draw = draw, .act = act,
};
