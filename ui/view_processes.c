// SPDX-License-Identifier: Apache-2.0
/* Who used the CPUs: processes, programs, control groups or threads. */
#include <stdio.h>
#include <string.h>

#include "base/util.h"
#include "profile/filter.h"
#include "ui/group_cells.h"
#include "ui/text.h"
#include "ui/view.h"

static uint64_t key_of_row(const struct model *m, const struct groups *g, uint32_t row)
{
	return group_key(m->p, g->by, g->rows[row].thread);
}

/* Rows that are up to date, with the cursor where it was; their order may be held. */
static uint32_t make_rows(struct app *a)
{
	struct app_processes *v = &a->processes;
	const struct model *m = a->model;
	bool same = v->asked && v->g.by == v->by, had = same && v->list.cursor < v->g.n;
	struct groups now;
	uint64_t key = had ? key_of_row(m, &v->g, v->list.cursor) : 0;

	if (same && v->asked == m->n_asked)
		return v->g.n;
	groups_make(m->p, &m->scope, &m->sum, v->by, &now);
	if (same && app_session_is_held(a))
		groups_keep_order(m->p, &v->g, &now);
	groups_deinit(&v->g);
	v->g = now;
	v->asked = m->n_asked;
	for (uint32_t i = 0; had && v->list.cursor && i < v->g.n; i++)
		if (key_of_row(m, &v->g, i) == key) {
			v->list.cursor = i;
			break;
		}
	if (!same)
		v->list.cursor = 0;
	return v->g.n;
}

void app_processes_deinit(struct app_processes *v)
{
	groups_deinit(&v->g);
}

/* ---- what is beside the table ---- */

/* How busy the machine was, and how many rows there are. */
static char *sum_text(const struct app *a)
{
	const struct model *m = a->model;
	double cpus = (double)profile_meta_number(m->p, "cpus", 0);
	double range = (double)(m->sum.to_ns - m->sum.from_ns);
	char n[TEXT_NUMBER];

	text_count(n, a->processes.g.n);
	if (!profile_is_host(m->p) || !m->sum.cpu_known || cpus * range <= 0)
		return xasprintf("%s in all", n);
	return xasprintf("%s in all, %.0f CPU%s %.0f%% busy", n, cpus, cpus == 1 ? "" : "s",
			 100 * (double)m->sum.cpu_ns / range / cpus);
}

static const char *choice_name(int by)
{
	return group_by_name((enum group_by)by);
}

static void draw(struct app *a, struct grid *g, struct area area)
{
	struct app_processes *v = &a->processes;
	_cleanup_(freep) char *sum = NULL;
	struct group_cells t;
	struct pen pen;

	if (view_lacks_samples(a, g, area))
		return;
	list_fit(&v->list, make_rows(a), area.height > 4 ? area.height - 4 : 1);
	sum = sum_text(a);
	view_put_choices(g, area, 0, (int)v->by, GROUP_BY_COUNT, choice_name, sum);
	t = group_cells_make(a->model->p, &a->model->sum, &v->g, area.width);
	pen = area_pen(g, area, 2);
	t.c.pen = &pen;
	group_cells_head(&t);
	grid_tint(g, area.top + 2, 0, area.width, (struct style){ .attrs = ATTR_UNDERLINE });
	for (uint32_t i = 0; i < v->list.height && v->list.top + i < v->g.n; i++) {
		bool chosen = v->list.top + i == v->list.cursor;

		pen = area_pen(g, area, 3 + i);
		if (chosen) {
			grid_tint(g, area.top + 3 + i, 0, area.width, (struct style){ .bg = INK_TINT });
			pen_put(&pen, STYLE_TEXT, ">");
		}
		group_cells_row(&t, &v->g.rows[v->list.top + i], chosen);
		area_spot(g, area, 3 + i, v->list.top + i);
	}
	pen = area_pen(g, area, 3 + min_of(v->g.n, v->list.height));
	if (v->list.top + v->list.height >= v->g.n)
		group_cells_rest(&t);
}

/* ---- keys ---- */

/* Only the threads of the chosen row, from now on. */
static void go_into(struct app *a)
{
	struct app_processes *v = &a->processes;
	const struct profile *p = a->model->p;
	struct scope *next;

	if (v->list.cursor >= v->g.n)
		return;
	next = scope_copy(a->scope.now);
	free(next->threads);
	next->threads = xcalloc(max_of(p->n_threads, (size_t)1), sizeof(*next->threads));
	next->n_threads = 0;
	/* Also those that were born since the rows were made. */
	for (uint32_t t = 0; t < p->n_threads; t++)
		if (group_key(p, v->g.by, t) == key_of_row(a->model, &v->g, v->list.cursor))
			next->threads[next->n_threads++] = t;
	app_go(a, &view_functions, a->function);
	app_scope_change(a, next);
	if (a->model->n_order)
		a->function = a->model->order[0];
}

static bool act(struct app *a, enum action action)
{
	struct app_processes *v = &a->processes;

	list_fit(&v->list, make_rows(a), v->list.height);
	if (list_act(&v->list, action))
		return true;
	if (action == ACTION_ENTER)
		go_into(a);
	else if (action == ACTION_BY)
		v->by = (v->by + 1) % GROUP_BY_COUNT;
	else
		return false;
	return true;
}

static bool pick(struct app *a, uint32_t n)
{
	bool was = a->processes.list.cursor == n;

	list_choose(&a->processes.list, n);
	return was;
}

/* ---- searching ---- */

static uint32_t row_at(const struct app *a)
{
	return a->processes.list.cursor;
}

static void choose_row(struct app *a, uint32_t row)
{
	list_choose(&a->processes.list, row);
}

static bool row_matches(struct app *a, uint32_t row, const struct filter *f)
{
	const struct groups *g = &a->processes.g;
	char name[GROUP_NAME_MAX];

	return filter_match(f, group_name(a->model->p, g, &g->rows[row], name));
}

static struct list *list_of(struct app *a)
{
	return &a->processes.list;
}

static const struct view_rows rows = {
	.n = make_rows, .at = row_at, .choose = choose_row, .matches = row_matches,
	.list = list_of, .own_text = true,
};

/* All of them, wherever one has been. */
static void opened(struct app *a)
{
	if (a->scope.now->n_threads)
		app_scope_threads(a, NULL);
}

const struct view view_processes = {
	.action = ACTION_PROCESSES, .opened = opened, .name = "Processes", .short_name = "Proc",
	.keys = "Enter its functions  b group by  / search  w window  = quality  L lesson  ? help  q quit",
	.lesson = "processes",
	.rows = &rows, .needs_samples = true, .draw = draw, .act = act, .pick = pick,
};
