// SPDX-License-Identifier: Apache-2.0
/*
 *	TID  THREAD      CPU%  |.........|.........|   WAITED MOST
 *	4242 MainThread  75.6  NNNNNNnnnnNNNNKKNNNN    lock  4.7 s
 *
 * With UTF-8 a cell is as high as the share of a CPU that its thread had, in the colour of
 * what it ran; in ASCII it is a letter, a capital if it ran for at least half of the cell.
 * Where a thread was seen to wait for most of a cell, that has the sign of what for.
 */
#include "ui/threads_picture.h"

#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "base/util.h"
#include "ui/cells.h"
#include "ui/text.h"
#include "ui/threads_detail.h"
#include "ui/threads_lanes.h"

#define WITH_TID 80		/* width from which on there is the column */
#define LABEL_LEAST 12u		/* "lost samples" */
#define NAME_MOST 16
#define IN_GROUP 2		/* blanks before its names, where its own has a mark */

/* ---- where things are ---- */

/* Room for them is kept also while there are none in the scope. */
static bool has_groups(const struct app *a)
{
	return a->model->p->n_threads > THREADS_MANY;
}

static unsigned int tid_width(const struct app *a, unsigned int width)
{
	uint32_t most = 0;
	unsigned int n = 3, least = 3;	/* "x99" */

	if (width < WITH_TID)
		return 0;
	for (size_t i = 0; i < a->model->p->n_threads; i++)
		if (a->model->p->threads[i].tid != UINT32_MAX)
			most = max_of(most, a->model->p->threads[i].tid);
	for (; most >= 1000; most /= 10)
		n++;
	for (size_t many = has_groups(a) ? a->model->p->n_threads : 0; many >= 100; many /= 10)
		least++;
	return max_of(n, least);
}

static unsigned int name_width(const struct app *a, unsigned int width)
{
	const struct profile *p = a->model->p;
	unsigned int most = width < WITH_TID ? LABEL_LEAST : NAME_MOST;
	size_t n = 0;

	for (size_t i = 0; i < p->n_threads && n < most; i++)
		n = max_of(n, strlen(profile_string(p, p->threads[i].name)));
	n = min_of(n + (has_groups(a) ? IN_GROUP : 0), (size_t)most);
	return max_of((unsigned int)n, LABEL_LEAST);
}

static unsigned int lanes_at(unsigned int tid, unsigned int name)
{
	return 1 + tid + (tid ? 1 : 0) + name + 1 + 5 + 1;
}

uint32_t threads_picture_columns(const struct app *a, unsigned int width)
{
	unsigned int left = lanes_at(tid_width(a, width), name_width(a, width));
	unsigned int right = width >= THREADS_WITH_WAITS ? THREADS_WAITS + 2 : 1;

	return width > left + right ? width - left - right : 1;
}

/* ---- cells ---- */

/* Is there nothing of a thread yet, or not any more? */
static bool is_away(const struct threads_picture *pic, uint32_t thread, uint32_t column)
{
	const struct profile *p = pic->a->model->p;
	const struct profile_process *process;
	uint64_t from = time_axis_ns(&pic->t->axis, column);

	process = &p->processes[p->threads[thread].process];
	return p->start_ns + from + pic->t->axis.cell_ns <= p->threads[thread].time_ns ||
	       (process->ended && process->end.time_ns <= p->start_ns + from);
}

/* Is there nothing that a cell could show? */
static bool is_outside(const struct threads_picture *pic, const struct app_threads_row *row, uint32_t column)
{
	if (threads_is_over(pic, column))
		return true;
	for (uint32_t i = 0; row->group && i < row->group->n; i++)
		if (!is_away(pic, row->group->rows[i].thread, column))
			return false;
	return row->group || is_away(pic, row->thread, column);
}

/* Strong in the range, or if there is none. */
static uint8_t ink_of(const struct threads_picture *pic, char kind, uint32_t column)
{
	bool strong = !pic->marked || threads_is_marked(pic, column) || !pic->g->two_tones;

	return (uint8_t)(strong ? ink_strong(kind) : ink_quiet(kind));
}

static void put_run(const struct threads_picture *pic, struct pen *pen, const struct timeline_cell *c,
		    uint32_t column)
{
	double share = timeline_share(&pic->t->line, c);
	struct style style = { .fg = ink_of(pic, threads_signs[c->most_run].kind, column),
			       .bg = threads_ground_of_block(pic, column) };
	char letter = threads_signs[c->most_run].letter;

	if (pic->g->utf8)
		pen_put(pen, style, "%s", threads_heights[threads_eighths(share / pic->scale)]);
	else
		pen_put(pen, style, "%c", share >= .5 || letter == '?' ? letter : letter | 0x20);
}

/* The letter where it begins, then a line. */
static void put_wait(const struct threads_picture *pic, struct pen *pen, uint8_t state, bool begins,
		     uint32_t column)
{
	struct style style = { .fg = state == TIMELINE_WAIT_PYTHON ? INK_METER : INK_DIM,
			       .bg = threads_ground(pic, column) };

	if (begins || !pic->g->utf8)
		pen_put(pen, style, "%c", threads_signs[state].letter);
	else
		pen_put(pen, style, "%s", threads_signs[state].line);
}

static void put_lane(const struct threads_picture *pic, struct pen *pen, const struct app_threads_row *row)
{
	uint8_t before = TIMELINE_STATES;

	pen_to(pen, pic->lanes);
	for (uint32_t i = 0; i < pic->t->axis.n; i++) {
		static const struct timeline_cell none;
		const struct timeline_cell *c = row->lane ? &row->lane->cells[i] : &none;
		struct style style = { .fg = INK_RULE, .bg = threads_ground(pic, i) };
		bool begins = before != c->most_wait || (threads_is_marked(pic, i) && i == pic->from);

		if (c->run_ns || c->wait_ns) {
			bool runs = c->run_ns >= (row->group ? 1 : c->wait_ns);

			if (runs)	/* of a group most threads wait nearly always */
				put_run(pic, pen, c, i);
			else
				put_wait(pic, pen, c->most_wait, begins, i);
			before = runs ? TIMELINE_STATES : c->most_wait;
			continue;
		}
		pen_put(pen, style, "%s", is_outside(pic, row, i) ? " "
			: pic->g->utf8 ? threads_heights[0] : ".");
		before = TIMELINE_STATES;
	}
}

/* ---- rows ---- */

static void put_head(const struct threads_picture *pic)
{
	const struct app_threads *t = pic->t;
	struct pen pen = area_pen(pic->g, pic->area, 0), above, below;
	_cleanup_(freep) char *right = NULL;
	char *window;
	char length[32], number[TEXT_NUMBER], threads[TEXT_NUMBER];
	uint64_t from_ns, to_ns;

	if (time_pick_selection(&pic->a->pick, &from_ns, &to_ns)) {
		char from[32], to[32];

		right = xasprintf("selecting %s-%s s: %s samples",
				  time_axis_moment(from, from_ns, t->axis.cell_ns),
				  time_axis_moment(to, to_ns, t->axis.cell_ns),
				  text_count(number, pic->marked ? timeline_samples(&t->line, pic->from, pic->to) : 0));
	} else {
		right = xasprintf("%s thread%s, window %s", text_count(threads, t->n_threads),
				  t->n_threads == 1 ? "" : "s",
				  text_time(number, min_of((uint64_t)t->axis.n * t->axis.cell_ns,
			pic->a->model->p->end_ns - pic->a->model->p->start_ns)));
	}
	pen_to(&pen, 1);
	pen_put(&pen, STYLE_STRONG, "Threads and time");
	time_axis_length(length, t->axis.cell_ns);
	pen_to(&pen, pen.column + 2);
	pen_put(&pen, STYLE_DIM, "one column = %s", length);
	if (pen_left(&pen) < strlen(right) + 36)
		;
	else if (!pic->g->utf8)
		pen_put(&pen, STYLE_DIM, ", what took most of it");
	else if (pic->scale < 1)
		pen_put(&pen, STYLE_DIM, ", full height is %.0f%% of a CPU", pic->scale * 100);
	else
		pen_put(&pen, STYLE_DIM, ", as high as its share of a CPU");
	window = strstr(right, ", window");
	if (pen_left(&pen) <= strlen(right) + 1 && window)
		*window = '\0';	/* how many threads */
	if (pen_left(&pen) > strlen(right) + 1) {
		pen_to(&pen, pic->area.width - 1 - (unsigned int)strlen(right));
		pen_put(&pen, pic->a->pick.selecting ? STYLE_STRONG : STYLE_DIM, "%s", right);
	}
	above = area_pen(pic->g, pic->area, 1);
	below = area_pen(pic->g, pic->area, 2);
	pen_to(&below, 1);
	if (pic->tid) {
		pen_right(&below, STYLE_DIM, pic->tid, "TID");
		pen_to(&below, below.column + 1);
	}
	pen_put(&below, STYLE_DIM, "THREAD");
	pen_to(&below, pic->lanes - 6);
	pen_right(&below, t->by_start ? STYLE_DIM : STYLE_STRONG, 5, "CPU%%");
	pen_to(&above, pic->lanes);
	pen_to(&below, pic->lanes);
	time_axis_ruler(&t->axis, &above, &below);
	if (pic->area.width >= THREADS_WITH_WAITS) {
		pen_to(&below, pic->area.width - THREADS_WAITS);
		pen_put(&below, STYLE_DIM, "WAITED MOST");
	}
	grid_tint(pic->g, pic->area.top + 2, 0, pic->area.width,
		  (struct style){ .attrs = ATTR_UNDERLINE });
}

/* Marks on the ruler: the cursor, and the range. */
static void put_marks(const struct threads_picture *pic)
{
	bool utf8 = pic->g->utf8;

	for (uint32_t i = 0; i < pic->t->axis.n; i++) {
		struct pen pen = area_pen(pic->g, pic->area, 2);
		bool first = i == pic->from, last = i + 1 == pic->to;
		const char *mark = NULL;

		if (threads_is_marked(pic, i) && first && last)
			mark = utf8 ? "╋" : "+";
		else if (threads_is_marked(pic, i))
			mark = first ? (utf8 ? "┣" : "[") : last ? (utf8 ? "┫" : "]") : utf8 ? "━" : "=";
		if (!mark && i == threads_column(pic->a))
			mark = utf8 ? "▾" : "v";
		if (!mark)
			continue;
		pen_to(&pen, pic->lanes + i);
		pen_put(&pen, (struct style){ .attrs = ATTR_BOLD | ATTR_UNDERLINE }, "%s", mark);
	}
}

/* What it was seen to wait for most. */
static void put_waited(const struct threads_picture *pic, struct pen *pen, const struct timeline_lane *lane)
{
	uint8_t most = TIMELINE_WAIT_PYTHON;
	char time[TEXT_NUMBER];

	if (pic->area.width < THREADS_WITH_WAITS)
		return;
	pen_to(pen, pic->area.width - THREADS_WAITS);
	for (uint8_t i = most; lane && i < TIMELINE_STATES; i++)
		if (lane->ns[i] > lane->ns[most])
			most = i;
	if (!lane || !lane->waits_known)
		pen_put(pen, STYLE_FAINT, "not looked at");
	else if (!lane->ns[most])
		pen_put(pen, STYLE_DIM, "never");
	else {
		pen_put(pen, STYLE_DIM, "%-5s", threads_signs[most].brief);
		pen_right(pen, STYLE_TEXT, 8, "%s", text_time(time, lane->ns[most]));
	}
}

/* Time is picked in every row that has it. */
static void put_spots(const struct threads_picture *pic, unsigned int y, uint32_t row)
{
	for (uint32_t i = 0; i < pic->t->axis.n; i++)
		grid_spot(pic->g, pic->area.top + y, pic->lanes + i, 1, SPOT_ROW, threads_spot(row, i));
}

static const char *mark_of(const struct threads_picture *pic, const struct threads_group *group)
{
	bool open = threads_group_is_open(&pic->t->groups, group);

	return pic->g->utf8 ? open ? "▾" : "▸" : open ? "v" : ">";
}

static void put_row(const struct threads_picture *pic, unsigned int y, uint32_t at)
{
	const struct app_threads_row *row = &pic->t->rows[at];
	struct pen pen = area_pen(pic->g, pic->area, y);
	struct cells c = { &pen, pic->a->model->p, &pic->a->model->sum };
	bool chosen = at == pic->t->list.cursor;
	unsigned int indent;
	char tid[TEXT_NUMBER];

	area_spot(pic->g, pic->area, y, at);
	if (chosen) {
		grid_tint(pic->g, pen.y, 0, pic->lanes, (struct style){ .bg = INK_TINT });
		pen_put(&pen, STYLE_TEXT, ">");
	}
	pen_to(&pen, 1);
	if (pic->tid) {
		if (row->group)
			pen_right(&pen, STYLE_DIM, pic->tid, "%s%u", pic->g->utf8 ? "×" : "x",
				  row->group->n);
		else
			pen_right(&pen, STYLE_DIM, pic->tid, "%s",
				  text_tid(tid, pic->a->model->p->threads[row->thread].tid));
		pen_to(&pen, pen.column + 1);
	}
	if (row->group)
		pen_put(&pen, STYLE_DIM, "%s", mark_of(pic, row->group));
	indent = row->group || row->inside ? IN_GROUP : 0;
	pen_to(&pen, pic->lanes - 7 - pic->name + indent);
	pen_name(&pen, chosen ? STYLE_STRONG : STYLE_TEXT, pic->name - indent,
		 threads_row_name(pic->a, row));
	pen_to(&pen, pic->lanes - 6);
	cell_share(&c, threads_share(pic->a, row->total ? row->total->run_ns : 0));
	put_lane(pic, &pen, row);
	put_spots(pic, y, at);
	put_waited(pic, &pen, row->total);
}

/* ---- what the signs mean ---- */

static bool is_there(const struct threads_picture *pic, enum timeline_state state)
{
	return pic->t->line.all.ns[state] || pic->total->all.ns[state];
}

static void put_legend(const struct threads_picture *pic, unsigned int y)
{
	struct pen pen = area_pen(pic->g, pic->area, y);
	bool utf8 = pic->g->utf8, first_wait = true;

	pen_to(&pen, 1);
	for (enum timeline_state i = 0; i < TIMELINE_STATES; i++) {
		const char *name = threads_signs[i].name;
		struct style style = { INK_BLACK, (uint8_t)ink_strong(threads_signs[i].kind), 0 };

		if (!is_there(pic, i) || pen_left(&pen) < strlen(name) + (timeline_runs(i) ? 4 : 11))
			continue;
		if (timeline_runs(i))
			pen_put(&pen, pic->g->fills ? style : STYLE_STRONG, "%c", threads_signs[i].letter);
		else
			pen_put(&pen, STYLE_STRONG, "%c%s", threads_signs[i].letter, utf8 ? threads_signs[i].line : "");
		if (!timeline_runs(i) && first_wait && i != TIMELINE_WAIT_PYTHON && i != TIMELINE_SLEEP)
			pen_put(&pen, STYLE_DIM, " waits");
		first_wait &= timeline_runs(i) || i == TIMELINE_SLEEP;
		pen_put(&pen, STYLE_DIM, " %s", name);
		pen_to(&pen, pen.column + 2);
	}
	if (!utf8 && pen_left(&pen) > 20)
		pen_put(&pen, STYLE_DIM, "small: under half  ");
	if (pen_left(&pen) > 12)
		pen_put(&pen, STYLE_RULE, "%s", utf8 ? threads_heights[0] : ".");
	if (pen_left(&pen) > 11)
		pen_put(&pen, STYLE_DIM, " no sample");
}

/* Threads that hardly run are seen to run all the same. */
static double scale_of(const struct app_threads *t)
{
	double most = 0;

	for (uint32_t i = 0; i < t->n_rows; i++)
		for (uint32_t c = 0; t->rows[i].lane && c < t->line.how.n_cells; c++)
			most = fmax(most, timeline_share(&t->line, &t->rows[i].lane->cells[c]));
	return bar_scale(fmin(most, 1));
}

void threads_picture_draw(struct app *a, struct grid *g, struct area area)
{
	struct app_threads *t = &a->threads;
	unsigned int detail = threads_detail_rows(area), gc, marks, kept, rows, apart, y = 3;
	struct threads_picture pic = {
		.a = a, .t = t, .total = threads_total(t), .g = g, .area = area,
		.tid = tid_width(a, area.width), .name = name_width(a, area.width) };
	bool legend = area.height >= 10, blank;
	unsigned int fixed;

	pic.lanes = lanes_at(pic.tid, pic.name);
	pic.scale = held_scale(a, &a->scales.threads, scale_of(t), (uint32_t)(t->zoom_ns / NS_PER_MS));
	pic.marked = threads_range(a, &pic.from, &pic.to);
	gc = t->line.collecting_all_ns || pic.total->collecting_all_ns;
	marks = a->model->p->n_marks && area.height >= 12;
	kept = threads_kept_rows(a, area.height);
	fixed = 3 + 2 + gc + marks + kept + legend + detail;
	blank = area.height >= fixed + min_of(t->n_rows, 4u) + 2;	/* around the legend */
	rows = area.height > fixed + 2 * blank ? area.height - fixed - 2 * blank : 1;
	apart = t->n_rows * 2 <= rows ? 2 : 1;
	list_fit(&t->list, t->n_rows, rows);
	for (unsigned int row = 1; row + detail + legend < area.height; row++)
		put_spots(&pic, row, THREADS_NO_ROW);
	put_head(&pic);
	put_marks(&pic);
	y += apart - 1;
	for (uint32_t i = t->list.top; i < t->n_rows && i < t->list.top + rows; i++, y += apart)
		put_row(&pic, y, i);
	threads_put_all(&pic, y++);
	if (gc)
		threads_put_collecting(&pic, y++);
	if (marks)
		threads_put_noted(&pic, y++);
	if (kept) {
		threads_put_kept(&pic, y, kept);
		y += kept;
	}
	threads_put_lost(&pic, y++);
	if (legend)
		put_legend(&pic, y + blank);
	threads_detail_draw(a, g, area);
}
