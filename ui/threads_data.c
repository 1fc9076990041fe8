// SPDX-License-Identifier: Apache-2.0
#include "ui/threads_data.h"

#include <string.h>

#include "base/util.h"

void app_threads_deinit(struct app_threads *t)
{
	timeline_deinit(&t->line);
	timeline_deinit(&t->total);
	scope_release(t->made_for);
	threads_group_deinit(&t->groups);
	free(t->rows);
	free(t->order);
	free(t->inside);
}

/* ---- time ---- */

static uint64_t length_ns(const struct app *a)
{
	return a->model->p->end_ns - a->model->p->start_ns;
}

static uint64_t since_start(const struct app *a, uint64_t ns)
{
	return ns > a->model->p->start_ns ? ns - a->model->p->start_ns : 0;
}

/* A window that goes with time is all that is shown; a range is marked in all there is. */
static bool shows_window(const struct app *a)
{
	return a->scope.now->window == SCOPE_LAST || a->scope.now->window == SCOPE_SINCE;
}

/* How many cells of that length there are. */
static uint64_t cells_in_all(const struct app *a, uint64_t cell_ns)
{
	return max_of(length_ns(a) / cell_ns + (length_ns(a) % cell_ns != 0), (uint64_t)1);
}

static struct time_axis find_axis(const struct app *a, uint32_t columns)
{
	const struct app_threads *t = &a->threads;
	const struct summary *sum = &a->model->sum;
	uint64_t all;

	if (!t->zoom_ns && shows_window(a))
		return time_axis_fit(since_start(a, sum->from_ns), since_start(a, sum->to_ns), columns);
	if (!t->zoom_ns)
		return time_axis_fit(0, length_ns(a), columns);
	all = cells_in_all(a, t->zoom_ns);
	return (struct time_axis){
		.cell_ns = t->zoom_ns, .n = (uint32_t)min_of(all, (uint64_t)columns),
		.first = all > columns ? min_of(t->zoom_first, all - columns) : 0 };
}

/* After a step of the scope's range: what was zoomed in on goes with it. */
static void follow_range(struct app *a)
{
	struct app_threads *t = &a->threads;
	uint64_t first, from, to;

	if (!t->zoom_ns || a->scope.now->window != SCOPE_RANGE || !t->columns)
		return;
	from = since_start(a, a->model->sum.from_ns) / t->zoom_ns;
	to = since_start(a, a->model->sum.to_ns) / t->zoom_ns;
	first = t->zoom_first;
	if (from < first || to > first + t->columns)
		t->zoom_first = from > t->columns / 4 ? from - t->columns / 4 : 0;
}

/* ---- rows ---- */

static int by_thread(const void *a, const void *b)
{
	const struct app_threads_row *x = a, *y = b;

	return (x->thread > y->thread) - (x->thread < y->thread);
}

/* The main thread first, then those that ran most in the scope. */
static int by_time(const void *a, const void *b)
{
	const struct app_threads_row *x = a, *y = b;
	uint64_t run[2] = { x->total ? x->total->run_ns : 0, y->total ? y->total->run_ns : 0 };

	if (x->main != y->main)
		return x->main ? -1 : 1;
	if (run[0] != run[1])
		return run[0] > run[1] ? -1 : 1;
	return by_thread(a, b);
}

static struct app_threads_row *row_of(struct app_threads_row *rows, uint32_t n, uint32_t thread)
{
	for (uint32_t i = 0; i < n; i++)
		if (rows[i].thread == thread)
			return &rows[i];
	return NULL;
}

/* In the order that rows had; what is new comes behind them. */
static void keep_order(struct app_threads_row *rows, uint32_t n, const uint32_t *order,
		       uint32_t n_order)
{
	uint32_t at = 0;

	for (uint32_t i = 0; i < n_order && at < n; i++) {
		struct app_threads_row *row = row_of(rows + at, n - at, order[i]), moved;

		if (!row)
			continue;
		moved = *row;
		memmove(&rows[at + 1], &rows[at], (size_t)(row - &rows[at]) * sizeof(*row));
		rows[at++] = moved;
	}
}

static void sort(const struct app_threads *t, struct app_threads_row *rows, uint32_t n,
		 const uint32_t *order, uint32_t n_order, bool hold)
{
	qsort(rows, n, sizeof(*rows), t->by_start ? by_thread : by_time);
	if (hold)
		keep_order(rows, n, order, n_order);
}

/* The threads of groups that are open come below them. */
static void open_groups(struct app_threads *t, bool hold)
{
	struct app_threads_row *rows = xcalloc(t->n_threads + t->groups.n + 1, sizeof(*rows));
	uint32_t n = 0;

	for (uint32_t i = 0; i < t->n_rows; i++) {
		const struct threads_group *group = t->rows[i].group;

		rows[n++] = t->rows[i];
		if (!group || !threads_group_is_open(&t->groups, group))
			continue;
		sort(t, group->rows, group->n, t->inside, t->n_inside, hold);
		for (uint32_t k = 0; k < group->n; k++) {
			rows[n] = group->rows[k];
			rows[n++].inside = true;
		}
	}
	free(t->rows);
	t->rows = rows;
	t->n_rows = n;
}

/* For when there is more data. */
static void remember_order(struct app_threads *t)
{
	free(t->order);
	free(t->inside);
	t->order = xcalloc(t->n_rows + 1, sizeof(*t->order));
	t->inside = xcalloc(t->n_rows + 1, sizeof(*t->inside));
	t->n_order = t->n_inside = 0;
	for (uint32_t i = 0; i < t->n_rows; i++)
		if (t->rows[i].inside)
			t->inside[t->n_inside++] = t->rows[i].thread;
		else
			t->order[t->n_order++] = t->rows[i].thread;
}

/* All that have a lane on the screen, or any time in the scope. */
static void make_rows(struct app *a, bool hold)
{
	struct app_threads *t = &a->threads;
	const struct profile *p = a->model->p;
	const struct profile_process *main = profile_main_process(p);
	const struct timeline *total = threads_total(t);
	_cleanup_(freep) uint32_t *row = xcalloc(max_of(p->n_threads, (size_t)1), sizeof(*row));

	free(t->rows);
	t->rows = xcalloc(t->line.n_lanes + total->n_lanes + 1, sizeof(*t->rows));
	t->n_rows = 0;
	for (uint32_t i = 0; i < t->line.n_lanes; i++) {
		t->rows[t->n_rows] = (struct app_threads_row){ .lane = &t->line.lanes[i],
							       .thread = t->line.lanes[i].thread };
		row[t->line.lanes[i].thread] = ++t->n_rows;
	}
	for (uint32_t i = 0; i < total->n_lanes; i++) {
		uint32_t thread = total->lanes[i].thread;

		if (!row[thread]) {
			t->rows[t->n_rows].thread = thread;
			row[thread] = ++t->n_rows;
		}
		t->rows[row[thread] - 1].total = &total->lanes[i];
	}
	for (uint32_t i = 0; i < t->n_rows; i++) {
		const struct profile_thread *thread = &p->threads[t->rows[i].thread];

		t->rows[i].main = main && &p->processes[thread->process] == main &&
				  thread->tid == main->pid;
	}
	t->n_threads = t->n_rows;
	threads_group_make(&t->groups, p, t->rows, &t->n_rows, &t->line, total);
	sort(t, t->rows, t->n_rows, t->order, t->n_order, hold);
	open_groups(t, hold);
	remember_order(t);
}

/* Is it the row of the chosen thread or group, or of the group that has the thread? */
static bool is_chosen(const struct app_threads *t, const struct app_threads_row *row, bool exactly)
{
	if (exactly)
		return row->thread == t->thread && !row->group == !t->on_group;
	return row->group ? row_of(row->group->rows, row->group->n, t->thread) != NULL
			  : row->thread == t->thread;
}

/* The cursor stays where it was, or on the group that its thread is in now. */
static void find_chosen(struct app_threads *t)
{
	bool found = false;

	for (int exactly = 1; exactly >= 0 && !found; exactly--)
		for (uint32_t i = 0; i < t->n_rows && !found; i++)
			if ((found = is_chosen(t, &t->rows[i], exactly)))
				t->list.cursor = i;
	list_fit(&t->list, t->n_rows, t->list.height);
	if (t->n_rows)
		threads_take_row(t);
}

void threads_take_row(struct app_threads *t)
{
	t->thread = t->rows[t->list.cursor].thread;
	t->on_group = t->rows[t->list.cursor].group;
}

bool threads_open(struct app *a, const struct threads_group *only, bool open)
{
	struct app_threads *t = &a->threads;

	for (uint32_t i = 0; i < t->groups.n; i++)
		if (!only || only == &t->groups.v[i])
			threads_group_open(&t->groups, &t->groups.v[i], open);
	if (!t->groups.n)
		return false;
	make_rows(a, true);
	find_chosen(t);
	return true;
}

/* Of the scope, in one cell. */
static void make_total(struct app *a)
{
	const struct model *m = a->model;
	uint64_t to_ns = m->scope.to_ns ? min_of(m->scope.to_ns, m->p->end_ns + 1) : m->p->end_ns + 1;
	uint64_t from_ns = m->sum.from_ns;

	timeline_make(m->p, &m->scope, &(struct timeline_how){ .from_ns = from_ns,
		.cell_ns = to_ns > from_ns ? to_ns - from_ns : 1, .n_cells = 1, .lanes = true },
		&a->threads.total);
}

/* Of the time on the screen; another range of the scope changes nothing in it. */
static void make_line(struct app *a, const struct time_axis *axis)
{
	struct app_threads *t = &a->threads;
	const struct model *m = a->model;

	if (t->made_for && scope_same_but_time(t->made_for, a->scope.now) &&
	    t->made_of == m->p->samples.n + m->p->n_functions && axis->cell_ns == t->axis.cell_ns &&
	    axis->first == t->axis.first && axis->n == t->axis.n)
		return;
	timeline_deinit(&t->line);
	timeline_make(m->p, &m->scope, &(struct timeline_how){
		.from_ns = m->p->start_ns + time_axis_ns(axis, 0), .cell_ns = axis->cell_ns,
		.n_cells = axis->n, .lanes = true }, &t->line);
	scope_release(t->made_for);
	t->made_for = scope_hold(a->scope.now);
	t->made_of = m->p->samples.n + m->p->n_functions;
	t->axis = *axis;
}

bool threads_make(struct app *a, uint32_t columns)
{
	struct app_threads *t = &a->threads;
	const struct model *m = a->model;
	struct time_axis axis;
	bool is_new = t->asked != m->n_asked;

	if (is_new && t->asked)
		follow_range(a);
	axis = find_axis(a, columns);
	t->columns = columns;
	a->pick.step_ns = axis.cell_ns;
	if (!is_new && axis.cell_ns == t->axis.cell_ns && axis.first == t->axis.first &&
	    axis.n == t->axis.n)
		return t->n_rows;
	make_line(a, &axis);
	t->is_whole = !t->zoom_ns && a->scope.now->window == SCOPE_ALL;
	if (is_new || t->is_whole)
		timeline_deinit(&t->total);
	if (!t->is_whole && !t->total.how.cell_ns)
		make_total(a);
	make_rows(a, t->asked && app_session_is_held(a));
	t->asked = m->n_asked;
	find_chosen(t);
	return t->n_rows;
}

double threads_share(const struct app *a, uint64_t ns)
{
	uint64_t length = a->model->sum.to_ns - a->model->sum.from_ns;

	return length ? (double)ns / (double)length : 0;
}

const char *threads_name(const struct app *a, uint32_t thread)
{
	const char *name = profile_string(a->model->p, a->model->p->threads[thread].name);

	return *name ? name : "[not known]";
}

const char *threads_row_name(const struct app *a, const struct app_threads_row *row)
{
	return row->group && !row->group->same
		? strtab_get(&a->threads.groups.names, row->group->name) : threads_name(a, row->thread);
}

const struct profile_note *threads_mark(const struct app *a, uint32_t column)
{
	const struct time_axis *x = &a->threads.axis;
	const struct profile *p = a->model->p;
	uint64_t from = p->start_ns + time_axis_ns(x, column);

	for (size_t i = 0; i < p->n_marks; i++)
		if (p->marks[i].time_ns >= from && p->marks[i].time_ns - from < x->cell_ns)
			return &p->marks[i];
	return NULL;
}

/* ---- the cursor ---- */

bool threads_columns(const struct app *a, uint64_t from_ns, uint64_t to_ns, uint32_t *from,
		     uint32_t *to)
{
	const struct time_axis *x = &a->threads.axis;
	uint64_t first, end;

	first = max_of(from_ns / x->cell_ns, x->first);
	end = min_of(to_ns / x->cell_ns + (to_ns % x->cell_ns != 0), x->first + x->n);
	if (first >= end)
		return false;
	*from = (uint32_t)(first - x->first);
	*to = (uint32_t)(end - x->first);
	return true;
}

bool threads_range(const struct app *a, uint32_t *from, uint32_t *to)
{
	uint64_t from_ns, to_ns;

	return time_pick_range(a, &from_ns, &to_ns) && threads_columns(a, from_ns, to_ns, from, to);
}

uint32_t threads_column(const struct app *a)
{
	const struct app_threads *t = &a->threads;
	uint64_t cell = t->axis.cell_ns ? a->pick.cursor_ns / t->axis.cell_ns : 0;

	if (cell < t->axis.first)
		return 0;
	return (uint32_t)min_of(cell - t->axis.first, (uint64_t)t->axis.n - 1);
}

void threads_move_to(struct app *a, uint32_t column)
{
	time_pick_go(&a->pick, a->threads.axis.first + column);
}

void threads_move(struct app *a, int64_t cells)
{
	struct app_threads *t = &a->threads;
	uint64_t all = cells_in_all(a, t->axis.cell_ns);
	int64_t to = (int64_t)(t->axis.first + threads_column(a)) + cells;

	to = min_of(to, (int64_t)all - 1);
	to = max_of(to, (int64_t)0);
	if (!t->zoom_ns) {
		to = min_of(to, (int64_t)(t->axis.first + t->axis.n) - 1);
		to = max_of(to, (int64_t)t->axis.first);
	} else if (to < (int64_t)t->axis.first) {
		t->zoom_first = (uint64_t)to;
	} else if (to >= (int64_t)(t->axis.first + t->columns)) {
		t->zoom_first = (uint64_t)to - t->columns + 1;
	}
	time_pick_go(&a->pick, (uint64_t)to);
}

void threads_follow(struct app *a)
{
	struct app_threads *t = &a->threads;
	uint64_t cell = a->pick.cursor_ns / t->axis.cell_ns;
	uint32_t column;

	if (time_axis_has(&t->axis, a->pick.cursor_ns, &column))
		return;
	t->zoom_ns = t->axis.cell_ns;
	t->zoom_first = cell > t->columns / 2 ? cell - t->columns / 2 : 0;
}

bool threads_zoom(struct app *a, bool in)
{
	struct app_threads *t = &a->threads;
	uint64_t cell = time_axis_even(in ? t->axis.cell_ns / 2 : t->axis.cell_ns * 2), ns;
	uint32_t column = threads_column(a);

	if (in ? cell >= t->axis.cell_ns : !t->zoom_ns)
		return false;
	if (!time_axis_has(&t->axis, a->pick.cursor_ns, &column))
		threads_move_to(a, column);
	ns = a->pick.cursor_ns;
	t->zoom_ns = cell;
	t->zoom_first = ns / cell > column ? ns / cell - column : 0;
	if (!in && cells_in_all(a, cell) <= t->columns)
		t->zoom_ns = 0;
	return true;
}
