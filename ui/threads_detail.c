// SPDX-License-Identifier: Apache-2.0
#include "ui/threads_detail.h"

#include <math.h>
#include <string.h>

#include "base/util.h"
#include "ui/text.h"

#define FULL_FROM 25		/* height of the view from which on all is told, */
#define BRIEF_FROM 16		/* and a little */
#define LABEL_AT 2
#define VALUE_AT 16

const struct threads_sign threads_signs[TIMELINE_STATES] = {
	[TIMELINE_PYTHON] = { 'P', 'P', NULL, "Python", "Python" },
	[TIMELINE_NATIVE] = { 'N', 'N', NULL, "native", "native" },
	[TIMELINE_LIBRARY] = { 'L', 'L', NULL, "library", "library" },
	[TIMELINE_KERNEL] = { 'K', 'K', NULL, "kernel", "kernel" },
	[TIMELINE_UNKNOWN] = { '?', '?', NULL, "unknown", "unknown" },
	[TIMELINE_WAIT_PYTHON] = { 'g', 0, "━", "waits for the GIL", "GIL" },
	[TIMELINE_WAIT_LOCK] = { 'w', 0, "─", "for a lock", "lock" },
	[TIMELINE_WAIT_IO] = { 'i', 0, "─", "for I/O", "I/O" },
	[TIMELINE_SLEEP] = { 's', 0, "·", "sleeps", "sleep" },
	[TIMELINE_WAIT_ELSE] = { 'e', 0, "─", "for something else", "other" },
};

struct detail {
	struct app *a;
	struct app_threads *t;
	struct grid *g;
	struct area area;
};

static struct pen labelled(const struct detail *d, unsigned int y, const char *label)
{
	struct pen pen = area_pen(d->g, d->area, y);

	pen_to(&pen, LABEL_AT);
	pen_put(&pen, STYLE_DIM, "%s", label);
	pen_to(&pen, VALUE_AT);
	return pen;
}

/* "lock 4.7 s", if there is room. */
static void put_fact(struct pen *pen, const char *label, const char *value, const char *unit)
{
	unsigned int gap = pen->column > VALUE_AT ? 3 : 0;

	if (text_width(label) + text_width(value) + text_width(unit) + gap > pen_left(pen))
		return;
	pen_to(pen, pen->column + gap);
	pen_put(pen, STYLE_DIM, "%s", label);
	pen_put(pen, STYLE_TEXT, "%s", value);
	pen_put(pen, STYLE_DIM, "%s", unit);
}

static void put_where(const struct detail *d, struct pen *pen, const struct app_threads_row *row)
{
	const struct timeline_lane *lane = row->total;
	char time[TEXT_NUMBER];
	_cleanup_(freep) char *share = NULL, *looked = NULL;

	share = xasprintf(" (%.1f%%)", 100 * threads_share(d->a, lane ? lane->run_ns : 0));
	put_fact(pen, "on CPU ", text_time(time, lane ? lane->run_ns : 0), share);
	if (row->group && lane && lane->waits_known && row->group->n_looked < row->group->n) {
		looked = xasprintf("%u looked at:", row->group->n_looked);
		put_fact(pen, looked, "", "");
	}
	for (uint8_t i = TIMELINE_WAIT_PYTHON; lane && i < TIMELINE_STATES; i++) {
		_cleanup_(freep) char *label = xasprintf("%s ", threads_signs[i].brief);

		if (lane->ns[i])
			put_fact(pen, label, text_time(time, lane->ns[i]), "");
	}
	if (!lane || !lane->waits_known)
		put_fact(pen, row->group ? "nobody looked whether they wait" :
			 "nobody looked whether it waits", "", "");
}

static void put_code(struct pen *pen, const struct timeline_lane *lane)
{
	for (uint8_t i = 0; lane && lane->run_ns && timeline_runs(i); i++) {
		_cleanup_(freep) char *label = xasprintf("%s ", threads_signs[i].name);
		_cleanup_(freep) char *value = xasprintf("%.1f%%", 100 * (double)lane->ns[i] /
							 (double)lane->run_ns);

		if (lane->ns[i])
			put_fact(pen, label, value, "");
	}
	if (!lane || !lane->run_ns)
		pen_put(pen, STYLE_DIM, "it did not run");
}

static void find_functions(const struct detail *d, const struct app_threads_row *row)
{
	uint32_t n = row->group ? row->group->n : 1;
	_cleanup_(freep) uint32_t *threads = xcalloc(n, sizeof(*threads));

	for (uint32_t i = 0; i < n; i++)
		threads[i] = row->group ? row->group->rows[i].thread : row->thread;
	thread_functions_make(d->a->model->p, &d->a->model->scope, threads, n, &d->t->top.f);
}

static void put_functions(const struct detail *d, struct pen *pen, const struct app_threads_row *row)
{
	struct thread_top *top = &d->t->top;
	const struct profile *p = d->a->model->p;

	if (top->thread != row->thread || top->group != (row->group != NULL) ||
	    top->asked != d->a->model->n_asked) {
		find_functions(d, row);
		top->thread = row->thread;
		top->group = row->group;
		top->asked = d->a->model->n_asked;
	}
	for (uint32_t i = 0; i < top->f.n && pen_left(pen) > 16; i++) {
		if (i)
			pen_to(pen, pen->column + 3);
		pen_name(pen, STYLE_TEXT, min_of(pen_left(pen) - 8, 24u),
			 profile_string(p, p->functions[top->f.v[i].function].name));
		pen_put(pen, STYLE_DIM, " %.1f%%", 100 * (double)top->f.v[i].self_ns / (double)top->f.all_ns);
	}
	if (!top->f.n)
		pen_put(pen, STYLE_DIM, "none");
}

/* The column of the cursor, or the time that is being selected. */
static void put_column(const struct detail *d, unsigned int y, const struct app_threads_row *row)
{
	const struct timeline *line = &d->t->line;
	uint32_t at = threads_column(d->a);
	const struct profile_note *mark;
	size_t n_mark = 0;
	struct pen pen;
	char from[32], to[32], number[TEXT_NUMBER];
	uint64_t from_ns, to_ns, step = d->t->axis.cell_ns, n;
	_cleanup_(freep) char *value = NULL;
	double ran = 0;

	if (time_pick_selection(&d->a->pick, &from_ns, &to_ns)) {
		pen = labelled(d, y, "selecting");
		pen_put(&pen, STYLE_STRONG, "%s-%s s", time_axis_moment(from, from_ns, step),
			time_axis_moment(to, to_ns, step));
		pen_put(&pen, STYLE_DIM, "   h l extend  ");
		pen_put(&pen, STYLE_STRONG, "Enter");
		pen_put(&pen, STYLE_DIM, " takes it in every view  ");
		pen_put(&pen, STYLE_STRONG, "Esc");
		pen_put(&pen, STYLE_DIM, " back");
		return;
	}
	pen = labelled(d, y, "this column");
	pen_put(&pen, STYLE_TEXT, "%s-%s s", time_axis_moment(from, time_axis_ns(&d->t->axis, at), step),
		time_axis_moment(to, time_axis_ns(&d->t->axis, at + 1), step));
	mark = time_pick_mark_in(d->a, time_axis_ns(&d->t->axis, at), step, &n_mark);
	if (mark) {
		pen_put(&pen, STYLE_DIM, "   mark %zu of %zu: ", n_mark, d->a->model->p->n_marks);
		pen_name(&pen, STYLE_STRONG, pen_left(&pen) / 2, profile_string(d->a->model->p, mark->text));
	}
	if (row->lane)
		ran = timeline_share(line, &row->lane->cells[at]);
	value = row->group ? xasprintf("%.2f", ran) : xasprintf("%.0f%%", 100 * fmin(ran, 1));
	put_fact(&pen, row->group ? "used " : "ran ", value, row->group ? " CPUs" : " of it");
	n = row->lane ? row->lane->cells[at].n : 0;
	put_fact(&pen, "", text_count(number, n), n == 1 ? " sample" : " samples");
	free(steal(value));
	value = xasprintf("%.2f", timeline_share(line, &line->all.cells[at]));
	put_fact(&pen, "all threads ", value, " CPUs");
	if (line->lost[at] > 0)
		put_fact(&pen, "lost ", text_count(number, (uint64_t)fmax(line->lost[at] + .5, 1)), "");
}

unsigned int threads_detail_rows(struct area area)
{
	return area.height >= FULL_FROM ? 5 : area.height >= BRIEF_FROM ? 3 : 1;
}

void threads_detail_draw(struct app *a, struct grid *g, struct area area)
{
	const struct detail it = { a, &a->threads, g, area }, *d = &it;
	const struct app_threads_row *row = &d->t->rows[d->t->list.cursor];
	unsigned int y = area.height - threads_detail_rows(area);
	struct pen pen = area_pen(g, area, y);
	_cleanup_(freep) char *note = NULL;
	const char *name = threads_row_name(a, row);
	char tid[TEXT_NUMBER + 16], count[TEXT_NUMBER];
	struct buf clean = { 0 };

	if (threads_detail_rows(d->area) == 1) {
		put_column(d, y, row);
		return;
	}
	if (row->group)
		snprintf(tid, sizeof(tid), "%s threads", text_count(count, row->group->n));
	else
		text_tid(tid, a->model->p->threads[row->thread].tid);
	note = xasprintf("%s   %s", tid,
			 d->a->scope.now->window == SCOPE_RANGE ? "in the range" :
			 d->a->scope.now->window == SCOPE_ALL ? "all of the time" : "in the window");
	text_clean(&clean, name, strlen(name), d->g->utf8);
	text_clip(&clean, 24, d->g->utf8);
	pen_rule(&pen, (const char *)clean.data, note);
	buf_deinit(&clean);
	pen = labelled(d, ++y, "where it was");
	put_where(d, &pen, row);
	if (threads_detail_rows(d->area) == 5) {
		pen = labelled(d, ++y, "whose code");
		put_code(&pen, row->total);
		pen = labelled(d, ++y, "top functions");
		put_functions(d, &pen, row);
	}
	put_column(d, y + 1, row);
}
