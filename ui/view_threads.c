// SPDX-License-Identifier: Apache-2.0
/*
 * Threads over time: who ran when.  Two things are chosen: a thread, and a column of time,
 * from which on a range is selected that every view shows then.
 */
#include "base/util.h"
#include "profile/filter.h"
#include "ui/text.h"
#include "ui/threads_picture.h"

static bool make(struct app *a)
{
	struct app_threads *t = &a->threads;
	unsigned int width = a->view_width ? a->view_width : APP_MIN_WIDTH;	/* 0: not drawn yet */

	return threads_make(a, threads_picture_columns(a, width)) && t->n_rows;
}

static void draw(struct app *a, struct grid *g, struct area area)
{
	if (make(a))
		threads_picture_draw(a, g, area);
	else if (!view_lacks_samples(a, g, area)) {
		struct pen pen = area_pen(g, area, 2);

		pen_to(&pen, 1);
		pen_put(&pen, STYLE_TEXT, "No thread has any sample in this scope.");
	}
}

/* ---- keys ---- */

/* What is chosen of several threads, or NULL. */
static const struct threads_group *chosen_group(const struct app_threads *t)
{
	return t->rows[t->list.cursor].group;
}

/* Only the chosen thread, from now on. */
static void take_thread(struct app *a)
{
	const struct profile *p = a->model->p;
	struct scope *next;

	if (a->scope.now->n_threads == 1) {
		app_say(a, "this is one thread already: 2 shows its functions, u undoes");
		return;
	}
	next = scope_copy(a->scope.now);
	free(next->threads);
	next->threads = xmemdup(&a->threads.thread, sizeof(*next->threads));
	next->n_threads = 1;
	app_say(a, "only %s now: 2 shows its functions, u undoes",
		profile_string(p, p->threads[a->threads.thread].name));
	app_scope_change(a, next);
}

static void go_to_busiest(struct app *a)
{
	const struct timeline *line = &a->threads.line;
	uint32_t best = 0;

	for (uint32_t i = 0; i < line->how.n_cells; i++)
		if (line->all.cells[i].run_ns > line->all.cells[best].run_ns)
			best = i;
	threads_move_to(a, best);
}

static void go_to_mark(struct app *a, bool next)
{
	if (time_pick_mark(a, next))
		threads_follow(a);
}

static void zoom(struct app *a, bool in)
{
	if (!threads_zoom(a, in))
		app_say(a, in ? "columns are as short as they can be" : "this is all of the time that there is");
}

static void sort(struct app *a)
{
	struct app_threads *t = &a->threads;

	t->by_start = !t->by_start;
	t->asked = 0;
	app_say(a, t->by_start ? "in the order in which they began"
			       : "the main thread, then what used the most CPU time");
}

static bool act(struct app *a, enum action action)
{
	struct app_threads *t = &a->threads;

	if (!make(a))
		return false;
	if (action == ACTION_RANGE)
		threads_move_to(a, threads_column(a));	/* onto the screen */
	if (list_act(&t->list, action))
		threads_take_row(t);
	else if (action == ACTION_OPEN || action == ACTION_CLOSE)
		threads_move(a, action == ACTION_OPEN ? 1 : -1);
	else if (action == ACTION_HOTTEST)
		go_to_busiest(a);
	else if (time_pick_act(a, action))
		;
	else if (action == ACTION_ENTER && chosen_group(t))
		threads_open(a, chosen_group(t), !threads_group_is_open(&t->groups, chosen_group(t)));
	else if (action == ACTION_ENTER)
		take_thread(a);
	else if (action == ACTION_OPEN_ALL || action == ACTION_CLOSE_ALL)
		return threads_open(a, NULL, action == ACTION_OPEN_ALL);
	else if (action == ACTION_ZOOM_IN || action == ACTION_ZOOM_OUT)
		zoom(a, action == ACTION_ZOOM_IN);
	else if (action == ACTION_NEXT_MARK || action == ACTION_MARK_BEFORE)
		go_to_mark(a, action == ACTION_NEXT_MARK);
	else if (action == ACTION_ALL_TIME && t->zoom_ns)
		t->zoom_ns = 0;
	else if (action == ACTION_SORT)
		sort(a);
	else
		return false;
	return true;
}

static bool pick(struct app *a, uint32_t n)
{
	struct app_threads *t = &a->threads;
	uint32_t row = n % THREADS_SPOT_ROWS, column = n / THREADS_SPOT_ROWS;
	bool was = t->list.cursor == row && (!column || threads_column(a) == column - 1);

	if (!make(a) || (row >= t->n_rows && row != THREADS_NO_ROW))
		return false;
	if (column)
		threads_move_to(a, min_of(column, t->axis.n) - 1);
	if (row == THREADS_NO_ROW)
		return false;
	list_choose(&t->list, row);
	threads_take_row(t);
	return was;
}

static void drag(struct app *a, uint32_t n)
{
	uint32_t column = n / THREADS_SPOT_ROWS;

	if (column && make(a))
		time_pick_drag(&a->pick, a->threads.axis.first + min_of(column, a->threads.axis.n) - 1);
}

/* ---- searching ---- */

static uint32_t rows_n(struct app *a)
{
	return make(a) ? a->threads.n_rows : 0;
}

static uint32_t row_at(const struct app *a)
{
	return a->threads.list.cursor;
}

static void choose_row(struct app *a, uint32_t row)
{
	list_choose(&a->threads.list, row);
	threads_take_row(&a->threads);
}

static bool row_matches(struct app *a, uint32_t row, const struct filter *f)
{
	const struct profile *p = a->model->p;

	const struct threads_group *group = a->threads.rows[row].group;

	for (uint32_t i = 0; group && i < group->n; i++)
		if (filter_match(f, profile_string(p, p->threads[group->rows[i].thread].name)))
			return true;
	return filter_match(f, profile_string(p, p->threads[a->threads.rows[row].thread].name));
}

static struct list *list_of(struct app *a)
{
	return &a->threads.list;
}

static const struct view_rows rows = {
	.n = rows_n, .at = row_at, .choose = choose_row, .matches = row_matches, .list = list_of,
	.own_text = true,
};

static const char *keys_here(const struct app *a)
{
	const struct app_threads *t = &a->threads;

	return !t->n_rows || !t->on_group ? NULL
		: "j/k thread  Enter open/close  E/C all  v select time  +/- zoom  m heat map  "
		  "s sort  A all  L lesson  ? help";
}

const struct view view_threads = {
	.key = '7', .action = ACTION_THREADS, .name = "Threads", .short_name = "Thr",
	.keys = "j/k thread  Enter only this  v select time  +/- zoom  m heat map  H busiest  "
		"s sort  A all  L lesson  ? help",
	.keys_here = keys_here, .lesson = "threads",
	.rows = &rows, .needs_samples = true, .draw = draw, .act = act,
	.pick = pick, .drag = drag,
};
