// SPDX-License-Identifier: Apache-2.0
#include "ui/group_cells.h"

#include <stdio.h>

#include "base/util.h"
#include "ui/text.h"

#define BAR_AT 14
#define USED 41			/* columns beside bar, name and place */

struct group_cells group_cells_make(const struct profile *p, const struct summary *sum,
				    const struct groups *g, unsigned int width)
{
	return (struct group_cells){
		.c = { .p = p, .sum = sum }, .g = g,
		.columns = cells_columns(width, USED),
		.scale = bar_scale(g->n ? g->rows[0].share.share : 0) };
}

/* What the two last columns and the one before them hold. */
static const char *const heads[][3] = {
	[GROUP_PROCESS] = { "PID", "PROCESS", "GROUP" },
	[GROUP_PROGRAM] = { "PROCS", "PROGRAM", "GROUP" },
	[GROUP_CGROUP] = { "PROCS", "GROUP", "PATH" },
	[GROUP_THREAD] = { "TID", "THREAD", "PROCESS" },
};

void group_cells_head(const struct group_cells *t)
{
	struct pen *pen = t->c.pen;

	pen_to(pen, 1);
	pen_right(pen, STYLE_STRONG, 5, "CPU%%");
	pen_to(pen, 8);
	pen_put(pen, STYLE_DIM, "%s95", pen_plus_minus(pen));
	pen_to(pen, BAR_AT);
	pen_put(pen, STYLE_DIM, "0");
	pen_right(pen, STYLE_DIM, t->columns.bar - 1, "%.0f%%", t->scale * 100);
	pen_right(pen, STYLE_DIM, 8, "CPU s");
	pen_right(pen, STYLE_DIM, 7, "KERN%%");
	pen_right(pen, STYLE_DIM, 9, "%s", heads[t->g->by][0]);
	pen_put(pen, STYLE_DIM, "  %s", heads[t->g->by][1]);
	pen_to(pen, t->columns.where_at);
	pen_put(pen, STYLE_DIM, "%s", heads[t->g->by][2]);
}

/* The number in front of the name: an id, or how many processes. */
static uint32_t number_of(const struct group_cells *t, const struct group *row)
{
	switch (t->g->by) {
	case GROUP_PROCESS:
		return t->c.p->processes[row->process].pid;
	case GROUP_THREAD:
		return t->c.p->threads[row->thread].tid;
	default:
		return row->n_processes;
	}
}

static void put_where(const struct group_cells *t, const struct group *row)
{
	const struct profile_process *process = &t->c.p->processes[row->process];
	const char *cgroup = profile_string(t->c.p, process->cgroup);
	char name[GROUP_NAME_MAX];

	if (t->g->by == GROUP_THREAD)
		snprintf(name, sizeof(name), "%u %s", process->pid,
			 profile_string(t->c.p, process->name));
	else if (t->g->by == GROUP_CGROUP)
		snprintf(name, sizeof(name), "%s", cgroup);
	else
		group_cgroup_name(cgroup, name, sizeof(name));
	pen_to(t->c.pen, t->columns.where_at);
	pen_name(t->c.pen, STYLE_DIM, t->columns.where, name);
}

void group_cells_row(const struct group_cells *t, const struct group *row, bool chosen)
{
	struct pen *pen = t->c.pen;
	struct style style = chosen || row->share.share >= .0995 ? STYLE_STRONG :
			     row->living ? STYLE_TEXT : STYLE_DIM;
	uint64_t ns = row->sum.weight_ns;
	char name[GROUP_NAME_MAX];

	pen_to(pen, 1);
	cell_share(&t->c, row->share.share);
	pen_to(pen, 7);
	cell_interval(&t->c, row->share);
	pen_to(pen, BAR_AT);
	pen_bar(pen, 'N', t->columns.bar, row->share.low, row->share.share, row->share.high,
		t->scale);
	pen_to(pen, pen->column + 1);
	cell_seconds(&t->c, ns, row->share.share);
	pen_right(pen, STYLE_DIM, 7, "%.0f", ns ? 100 * (double)row->kernel_ns / (double)ns : 0);
	pen_right(pen, STYLE_DIM, 9, "%u", number_of(t, row));
	pen_to(pen, pen->column + 2);
	pen_name(pen, style, t->columns.name, group_name(t->c.p, t->g, row, name));
	put_where(t, row);
}

bool group_cells_rest(const struct group_cells *t)
{
	uint64_t ns = t->c.sum->base_ns;
	double share;

	for (uint32_t i = 0; i < t->g->n; i++)
		ns -= min_of(ns, t->g->rows[i].sum.weight_ns);
	share = summary_share(t->c.sum, ns);
	if (share < .0005)
		return false;
	pen_to(t->c.pen, 1);
	cell_share(&t->c, share);
	pen_to(t->c.pen, BAR_AT + t->columns.bar + 1);
	cell_seconds(&t->c, ns, share);
	pen_to(t->c.pen, t->c.pen->column + 18);
	pen_put(t->c.pen, STYLE_DIM, "[not visible, or filtered out]");
	return true;
}
