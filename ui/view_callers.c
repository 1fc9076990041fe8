// SPDX-License-Identifier: Apache-2.0
/*
 * One function in the middle, who calls it above, what it calls below.  Every
 * share is of that function's samples.
 */
#include <math.h>
#include <string.h>

#include "base/util.h"
#include "ui/beside.h"
#include "ui/cells.h"
#include "ui/function_detail.h"
#include "ui/ledger_text.h"
#include "ui/text.h"
#include "ui/view.h"

#define DEPTH 4			/* calls away from the function */
#define DEEPER_SHARE .05	/* of a row that is more than one call away */
#define DETAIL_FROM 19		/* height of the view from which on it is there */
#define DETOUR_LEAST 20		/* columns, to say anything */
#define DETAIL_ROWS 4		/* a rule, two lines and a blank row above */
#define VALUE_AT 16
#define NAME_AT 24		/* without the bar */

/* ---- rows ---- */

static void push(struct app_callers *c, struct app_callers_row row)
{
	array_reserve(c->rows, c->n_rows + 1, c->cap_rows);
	c->rows[c->n_rows++] = row;
}

static double share_of(const struct app_callers *c, struct sum sum)
{
	return c->b.total.weight_ns
		? (double)sum.weight_ns / (double)c->b.total.weight_ns : 0;
}

/* Neighbours of one side, the lines of their calls, and what leads on from them. */
static void push_side(struct app_callers *c, const struct butterfly_side *side)
{
	for (uint32_t i = 0; i < side->n_rows; i++) {
		const struct butterfly_row *r = &side->rows[i];

		push(c, (struct app_callers_row){ .kind = CALLERS_FUNCTION, .side = side,
						  .function = r->function, .depth = r->depth,
						  .sum = r->sum });
		for (uint32_t l = 0; r->depth == 1 && l < side->n_lines; l++)
			if (side->lines[l].row == i && side->lines[l].line)
				push(c, (struct app_callers_row){
					.kind = CALLERS_LINE, .side = side,
					.function = r->function, .depth = 2,
					.line = side->lines[l].line, .sum = side->lines[l].sum });
	}
}

/* The row as it was before there was more data, else the one in the middle. */
static uint32_t find_again(const struct app_callers *c, const struct app_callers_row *row)
{
	for (uint32_t i = 0; i < c->n_rows; i++) {
		const struct app_callers_row *r = &c->rows[i];

		if (r->kind == row->kind && r->side == row->side && r->function == row->function &&
		    r->depth == row->depth && r->line == row->line)
			return i;
	}
	return c->middle;
}

static void make_rows(struct app *a)
{
	struct app_callers *c = &a->callers;
	struct app_callers_row before = { .kind = CALLERS_MIDDLE };

	if (c->function == a->function && c->asked == a->model->n_asked &&
	    c->mode == a->scope.now->recursion)
		return;
	if (c->asked && c->function == a->function && c->list.cursor < c->n_rows)
		before = c->rows[c->list.cursor];
	if (c->asked)
		butterfly_deinit(&c->b);
	c->mode = a->scope.now->recursion;
	butterfly_make_folded(a->model->p, &a->model->sum, a->function, DEPTH, DEEPER_SHARE,
			      c->mode, &c->b);
	c->function = a->function;
	c->asked = a->model->n_asked;
	c->n_rows = 0;
	push_side(c, &c->b.callers);
	if (c->b.outermost.count)
		push(c, (struct app_callers_row){ .kind = CALLERS_NOBODY, .sum = c->b.outermost });
	c->middle = c->n_rows;
	push(c, (struct app_callers_row){ .kind = CALLERS_MIDDLE, .function = a->function,
					  .sum = c->b.total });
	push(c, (struct app_callers_row){ .kind = CALLERS_SELF, .sum = c->b.self });
	push_side(c, &c->b.callees);
	c->list.cursor = find_again(c, &before);
}

void app_callers_deinit(struct app_callers *c)
{
	if (c->asked)
		butterfly_deinit(&c->b);
	free(c->rows);
}

/* ---- drawing ---- */

static void put_head(struct grid *g, struct area area, const struct columns *columns,
		     bool measured)
{
	struct pen pen = area_pen(g, area, 0);

	pen_to(&pen, 2);
	pen_put(&pen, STYLE_STRONG, "SHARE");
	pen_to(&pen, 8);
	pen_put(&pen, STYLE_DIM, "0");
	pen_right(&pen, STYLE_DIM, columns->bar - 1, "100%%");
	pen_right(&pen, STYLE_DIM, 11, measured ? "CALLS" : "SAMPLES");
	pen_put(&pen, STYLE_DIM, "  K CALLERS, CALLEES");
	pen_to(&pen, columns->where_at);
	pen_put(&pen, STYLE_DIM, "WHERE");
	grid_tint(g, area.top, area.left, area.width, (struct style){ .attrs = ATTR_UNDERLINE });
}

/* "call at shop.c:61": the line is in the file of the one that calls. */
static void put_call(const struct app *a, struct pen *pen, const struct app_callers_row *row)
{
	bool callers = row->side == &a->callers.b.callers;
	uint32_t caller = callers ? row->function : a->callers.function;
	_cleanup_(freep) char *text = call_at(a->model->p, caller, row->line);

	pen_name(pen, STYLE_DIM, pen_left(pen) - 1, text);
}

static void put_what(const struct app *a, struct cells *c, const struct columns *columns,
		     const struct app_callers_row *row)
{
	switch (row->kind) {
	case CALLERS_LINE:
		put_call(a, c->pen, row);
		return;
	case CALLERS_NOBODY:
		pen_put(c->pen, STYLE_DIM, c->sum->measured ? "nobody who was seen"
							    : "nobody: stacks begin with it");
		return;
	case CALLERS_SELF:
		pen_put(c->pen, STYLE_DIM, "its own code");
		return;
	case CALLERS_FUNCTION:
		if (row->function == a->callers.function)
			pen_put(c->pen, STYLE_DIM, "(again) ");
		break;
	case CALLERS_MIDDLE:
		break;
	}
	cell_function(c, columns->where_at - 1 - c->pen->column, row->function,
		      row->kind == CALLERS_MIDDLE ? 1 : share_of(&a->callers, row->sum));
	pen_to(c->pen, columns->where_at);
	cell_where(c, columns->where, row->function);
}

static void put_row(const struct app *a, struct grid *g, struct area area, unsigned int y,
		    const struct columns *columns, uint32_t i, bool chosen)
{
	const struct app_callers_row *row = &a->callers.rows[i];
	bool function = row->kind == CALLERS_FUNCTION || row->kind == CALLERS_MIDDLE;
	char kind = function ? profile_function_kind(a->model->p, row->function) : ' ';
	struct pen pen = area_pen(g, area, y);
	struct cells c = { &pen, a->model->p, &a->model->sum };
	double share = share_of(&a->callers, row->sum);
	char n[TEXT_NUMBER];

	if (row->kind == CALLERS_MIDDLE)
		grid_tint(g, pen.y, area.left, area.width, (struct style){ .bg = INK_STRIP });
	if (chosen) {
		grid_tint(g, pen.y, area.left, area.width, (struct style){ .bg = INK_TINT });
		pen_put(&pen, STYLE_TEXT, ">");
	}
	pen_to(&pen, 2);
	cell_share(&c, share);
	pen_to(&pen, 8);
	pen_bar(&pen, kind, columns->bar, row->kind == CALLERS_SELF ? share : 0, share, share, 1);
	pen_right(&pen, STYLE_TEXT, 11, "%s", text_count(n, row->sum.count));
	pen_to(&pen, pen.column + 2);
	cell_kind(&c, kind);
	pen_to(&pen, pen.column + (row->depth > 1 ? (row->depth - 1) * 2 : 0));
	if (function)
		view_put_mark(a, &pen, row->function);
	else
		pen_to(&pen, pen.column + 1);
	put_what(a, &c, columns, row);
}

/* The function beside that of a row, one call nearer to the middle. */
static uint32_t nearer(const struct app_callers *c, uint32_t i)
{
	const struct app_callers_row *row = &c->rows[i];

	while (i-- > 0)
		if (c->rows[i].kind == CALLERS_FUNCTION && c->rows[i].side == row->side &&
		    c->rows[i].depth < row->depth)
			return c->rows[i].function;
	return c->function;
}

/* If the code of the selected row's caller calls somebody else: whom. */
static void put_detour(struct app *a, struct pen *pen)
{
	const struct app_callers *c = &a->callers;
	const struct ledger *ledger = app_ledger(a);
	const struct app_callers_row *row = &c->rows[c->list.cursor];
	_cleanup_(freep) char *text = NULL;

	if (row->kind != CALLERS_FUNCTION || !ledger)
		return;
	text = row->side == &c->b.callers
		? ledger_detour(a->model->p, ledger, row->function,
				nearer(c, c->list.cursor))
		: ledger_detour(a->model->p, ledger, nearer(c, c->list.cursor),
				row->function);
	if (!text || pen_left(pen) < DETOUR_LEAST)
		return;
	pen_put(pen, STYLE_DIM, "; ");
	pen_name(pen, STYLE_TEXT, pen_left(pen) - 1, text);
}

static void put_detail(struct app *a, struct grid *g, struct area area, unsigned int y)
{
	const struct summary *sum = &a->model->sum;
	struct pen pen = area_pen(g, area, y);
	struct cells c = { &pen, a->model->p, sum };
	uint64_t n = a->callers.b.total.count;
	char count[TEXT_NUMBER];

	function_detail_title(a, &pen, area.width);
	pen = area_pen(g, area, y + 1);
	pen_to(&pen, 2);
	pen_put(&pen, STYLE_DIM, sum->measured ? "of all time" : "of all CPU");
	pen_to(&pen, VALUE_AT);
	pen_put(&pen, STYLE_STRONG, "%s%%", text_percent(count, summary_share(sum,
		a->callers.b.total.weight_ns), sum->received.count < CELLS_WHOLE_PERCENT));
	if (n && !sum->measured)
		cell_interval(&c, summary_total(sum, a->callers.function));
	put_detour(a, &pen);
	if (!n || sum->measured)
		return;
	pen = area_pen(g, area, y + 2);
	pen_to(&pen, 2);
	pen_put(&pen, STYLE_DIM, "certainty");
	pen_to(&pen, VALUE_AT);
	pen_put(&pen, STYLE_TEXT, "%s%.0f", pen_plus_minus(&pen), ceil(98 / sqrt((double)n)));
	pen_put(&pen, STYLE_DIM, " points at least near 50%%, of ");
	pen_put(&pen, STYLE_TEXT, "%s", text_count(count, n));
	pen_put(&pen, STYLE_DIM, n == 1 ? " sample" : " samples");
}

static void draw(struct app *a, struct grid *g, struct area area)
{
	struct area pane = beside_take(a, &area);
	struct columns columns = cells_columns(area.width, NAME_AT);
	bool detail = area.height >= DETAIL_FROM;
	unsigned int rows = area.height - 1 - (detail ? DETAIL_ROWS : 0);
	struct list *l = &a->callers.list;

	put_head(g, area, &columns, a->model->sum.measured);
	if (view_lacks_function(a, g, area))
		return;
	make_rows(a);
	list_fit(l, a->callers.n_rows, rows);
	for (uint32_t i = 0; i < rows && l->top + i < l->n; i++) {
		put_row(a, g, area, i + 1, &columns, l->top + i, l->top + i == l->cursor);
		area_spot(g, area, i + 1, l->top + i);
	}
	if (detail)
		put_detail(a, g, area, area.height - DETAIL_ROWS + 1);
	if (pane.width)
		beside_put_source(a, g, pane, NULL);
}

void view_callers_put_beside(struct app *a, struct grid *g, struct area area)
{
	struct columns columns = cells_columns(area.width, NAME_AT);
	uint32_t rows = area.height - 1, first;

	put_head(g, area, &columns, a->model->sum.measured);
	if (a->function == RECORD_NONE)
		return;
	make_rows(a);
	first = a->callers.middle > rows / 2 ? a->callers.middle - rows / 2 : 0;
	for (uint32_t i = 0; i < rows && first + i < a->callers.n_rows; i++)
		put_row(a, g, area, i + 1, &columns, first + i, false);
}

static uint32_t rows_n(struct app *a)
{
	if (a->function == RECORD_NONE)
		return 0;
	make_rows(a);
	a->callers.list.n = a->callers.n_rows;
	return a->callers.n_rows;
}

static uint32_t rows_at(const struct app *a)
{
	return a->callers.list.cursor;
}

static void rows_choose(struct app *a, uint32_t row)
{
	list_choose(&a->callers.list, row);
}

static bool rows_match(struct app *a, uint32_t row, const struct filter *f)
{
	const struct app_callers_row *r = &a->callers.rows[row];

	return (r->kind == CALLERS_FUNCTION || r->kind == CALLERS_MIDDLE) &&
	       view_function_matches(a, r->function, f);
}

static struct list *rows_list(struct app *a)
{
	return &a->callers.list;
}

static const struct view_rows rows = {
	.n = rows_n, .at = rows_at, .choose = rows_choose, .matches = rows_match,
	.list = rows_list,
};

static bool act(struct app *a, enum action action)
{
	struct app_callers *c = &a->callers;

	if (a->function == RECORD_NONE)
		return false;
	make_rows(a);
	list_fit(&c->list, c->n_rows, c->list.height);	/* not drawn since they were made */
	if (list_act(&a->callers.list, action))
		return true;
	if (action != ACTION_ENTER)
		return false;
	if (c->rows[c->list.cursor].kind == CALLERS_FUNCTION)
		app_go(a, &view_callers, c->rows[c->list.cursor].function);
	else
		app_say(a, "Enter goes to a function that calls it or is called by it");
	return true;
}

const struct view view_callers = {
	.key = '4', .action = ACTION_CALLERS, .name = "Callers", .short_name = "Call",
	.keys = "j/k move  Enter recentre  < back  r recursion  L lesson  t tree  / search  ? help  q quit",
	.lesson = "callers", .lesson_python = "callers-python",
	.rows = &rows, .draw = draw, .act = act,
};
