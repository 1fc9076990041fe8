// SPDX-License-Identifier: Apache-2.0
/* Bursts and rhythms: the whole session as a heat map, in which time is picked. */
#include "base/clock.h"
#include "base/util.h"
#include "ui/heat_picture.h"

/* Lengths of a column, ms. */
static const uint32_t lengths[] = { 100, 200, 500, 1000, 2000, 5000, 10000, 20000, 60000,
	120000, 300000, 600000, 1200000, 3600000 };

#define USUAL_NS NS_PER_S
#define ENOUGH 20		/* columns; with less of them they are shorter than a second */

void app_heat_deinit(struct app_heat *h)
{
	timeline_deinit(&h->t);
}

static uint64_t length_ns(const struct app *a)
{
	return a->model->p->end_ns - a->model->p->start_ns;
}

/* The scope's window where it goes with time, else all there is. */
static void find_window(const struct app *a, uint64_t *from_ns, uint64_t *to_ns)
{
	const struct summary *sum = &a->model->sum;
	bool window = a->scope.now->window == SCOPE_LAST || a->scope.now->window == SCOPE_SINCE;

	*from_ns = window ? sum->from_ns - a->model->p->start_ns : 0;
	*to_ns = window ? sum->to_ns - a->model->p->start_ns : length_ns(a);
}

static uint64_t n_columns(uint64_t from_ns, uint64_t to_ns, uint64_t column_ns)
{
	uint64_t n = to_ns / column_ns + (to_ns % column_ns != 0) - from_ns / column_ns;

	return max_of(n, (uint64_t)1);
}

/* A second, or shorter for enough of them, or longer so that they fit. */
static uint64_t find_length(uint64_t from_ns, uint64_t to_ns, uint32_t columns)
{
	uint64_t best = lengths[0] * NS_PER_MS;

	for (size_t i = 0; i < array_len(lengths); i++) {
		uint64_t ns = lengths[i] * NS_PER_MS, n = n_columns(from_ns, to_ns, ns);

		if (ns <= USUAL_NS ? n >= ENOUGH : n_columns(from_ns, to_ns, best) > columns)
			best = ns;
	}
	if (n_columns(from_ns, to_ns, best) > columns)
		best = ((to_ns - from_ns) / columns / NS_PER_S + 1) * 2 * NS_PER_S;
	return best;
}

static struct time_axis find_axis(const struct app *a, uint32_t columns)
{
	const struct app_heat *h = &a->heat;
	struct time_axis x = { .cell_ns = h->zoom_ns };
	uint64_t from_ns, to_ns, all;

	find_window(a, &from_ns, &to_ns);
	if (!h->zoom_ns) {
		x.cell_ns = find_length(from_ns, to_ns, columns);
		x.first = from_ns / x.cell_ns;
		x.n = (uint32_t)min_of(n_columns(from_ns, to_ns, x.cell_ns), (uint64_t)columns);
		return x;
	}
	all = n_columns(0, length_ns(a), x.cell_ns);
	x.n = (uint32_t)min_of(all, (uint64_t)columns);
	x.first = all > columns ? min_of(h->zoom_first, all - columns) : 0;
	return x;
}

static bool make(struct app *a, uint32_t columns, uint32_t rows)
{
	struct app_heat *h = &a->heat;
	const struct model *m = a->model;
	struct time_axis x = find_axis(a, columns);

	h->columns = columns;
	a->pick.step_ns = x.cell_ns / rows;
	if (h->asked == m->n_asked && h->rows == rows && h->axis.cell_ns == x.cell_ns &&
	    h->axis.first == x.first && h->axis.n == x.n)
		return h->t.all.n;
	timeline_deinit(&h->t);
	timeline_make(m->p, &m->scope, &(struct timeline_how){
		.from_ns = m->p->start_ns + time_axis_ns(&x, 0), .cell_ns = x.cell_ns / rows,
		.n_cells = x.n * rows }, &h->t);
	h->axis = x;
	h->rows = rows;
	h->asked = m->n_asked;
	return h->t.all.n;
}

static void draw(struct app *a, struct grid *g, struct area area)
{
	make(a, heat_picture_columns(area.width), heat_picture_rows(area.height));
	if (a->heat.t.all.n || a->model->n_order)
		heat_picture_draw(a, g, area);
	else
		view_lacks_samples(a, g, area);
}

/* ---- keys ---- */

/* By so many cells, which go down a column and on at the top of the next. */
static void move(struct app *a, int64_t cells)
{
	struct app_heat *h = &a->heat;
	int64_t at = (int64_t)(a->pick.cursor_ns / a->pick.step_ns) + cells;
	int64_t first = (int64_t)(h->axis.first * h->rows), end = first + (int64_t)(h->axis.n * h->rows);
	int64_t all = (int64_t)(n_columns(0, length_ns(a), h->axis.cell_ns) * h->rows);

	if (!h->zoom_ns) {
		at = min_of(at, end - 1);
		at = max_of(at, first);
	}
	at = min_of(at, all - 1);
	at = max_of(at, (int64_t)0);
	if (at < first)
		h->zoom_first = (uint64_t)at / h->rows;
	else if (at >= end)
		h->zoom_first = (uint64_t)at / h->rows - h->axis.n + 1;
	time_pick_go(&a->pick, (uint64_t)at);
}

static void go_to_mark(struct app *a, bool next)
{
	struct app_heat *h = &a->heat;
	uint64_t column;

	if (!time_pick_mark(a, next))
		return;
	column = a->pick.cursor_ns / h->axis.cell_ns;
	if (column >= h->axis.first && column < h->axis.first + h->axis.n)
		return;
	h->zoom_ns = h->axis.cell_ns;
	h->zoom_first = column > h->columns / 2 ? column - h->columns / 2 : 0;
}

static void go_to_busiest(struct app *a)
{
	const struct app_heat *h = &a->heat;
	uint32_t best = 0;

	for (uint32_t i = 0; i < h->t.how.n_cells; i++)
		if (h->t.all.cells[i].run_ns > h->t.all.cells[best].run_ns)
			best = i;
	time_pick_go(&a->pick, h->axis.first * h->rows + best);
}

static void zoom(struct app *a, bool in)
{
	struct app_heat *h = &a->heat;
	uint64_t now = h->axis.cell_ns, next = 0, at;

	for (size_t i = 0; i < array_len(lengths); i++) {
		uint64_t ns = lengths[i] * NS_PER_MS;

		if (in ? ns < now : ns > now && !next)
			next = ns;
	}
	if (!next || (!in && h->axis.n == 1)) {
		app_say(a, in ? "columns are as short as they can be" : "columns are as long as they can be");
		return;
	}
	at = a->pick.cursor_ns / next;
	h->zoom_ns = next;
	h->zoom_first = at > h->columns / 2 ? at - h->columns / 2 : 0;
}

static bool act(struct app *a, enum action action)
{
	struct app_heat *h = &a->heat;
	unsigned int width = a->view_width ? a->view_width : APP_MIN_WIDTH;	/* 0: not drawn yet */
	int64_t rows;

	if (!make(a, h->columns ? h->columns : heat_picture_columns(width), h->rows ? h->rows : 10))
		return false;
	rows = h->rows;
	switch (action) {
	case ACTION_OPEN:
	case ACTION_CLOSE:
		move(a, action == ACTION_OPEN ? rows : -rows);
		return true;
	case ACTION_DOWN:
	case ACTION_UP:
		move(a, action == ACTION_DOWN ? 1 : -1);
		return true;
	case ACTION_HALF_DOWN:
	case ACTION_PAGE_DOWN:
		move(a, 10 * rows);
		return true;
	case ACTION_HALF_UP:
	case ACTION_PAGE_UP:
		move(a, -10 * rows);
		return true;
	case ACTION_FIRST:
	case ACTION_LAST:
		move(a, action == ACTION_LAST ? INT32_MAX : INT32_MIN);
		return true;
	case ACTION_HOTTEST:
		go_to_busiest(a);
		return true;
	case ACTION_NEXT_MARK:
	case ACTION_MARK_BEFORE:
		go_to_mark(a, action == ACTION_NEXT_MARK);
		return true;
	case ACTION_ZOOM_IN:
	case ACTION_ZOOM_OUT:
		zoom(a, action == ACTION_ZOOM_IN);
		return true;
	case ACTION_ALL_TIME:
		if (!h->zoom_ns)
			return false;
		h->zoom_ns = 0;
		return true;
	case ACTION_RANGE:
		move(a, 0);	/* onto the screen */
		return time_pick_act(a, action);
	default:
		return time_pick_act(a, action);
	}
}

static bool pick(struct app *a, uint32_t n)
{
	const struct app_heat *h = &a->heat;
	uint64_t cell = h->axis.first * h->rows + n;
	bool was = a->pick.selecting && a->pick.cursor_ns / a->pick.step_ns == cell;

	time_pick_go(&a->pick, cell);
	return was;
}

static void drag(struct app *a, uint32_t n)
{
	time_pick_drag(&a->pick, a->heat.axis.first * a->heat.rows + n);
}

const struct view view_heat = {
	.action = ACTION_HEAT, .name = "Heat", .short_name = "Heat",
	.keys = "hjkl move  v select time  Enter takes it  +/- zoom  H busiest  7 threads  "
		"L lesson  ? help  q close",
	.lesson = "heat",
	.needs_samples = true, .draw = draw, .act = act,
	.pick = pick, .drag = drag,
};
