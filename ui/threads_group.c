// SPDX-License-Identifier: Apache-2.0
#include "ui/threads_group.h"

#include <ctype.h>
#include <string.h>

#include "base/util.h"
#include "ui/app.h"

void threads_group_name(struct buf *out, const char *thread)
{
	size_t len = strlen(thread), end = len, from;

	while (end && !isdigit((unsigned char)thread[end - 1]))
		end--;
	for (from = end; from && isdigit((unsigned char)thread[from - 1]);)
		from--;
	buf_put(out, thread, from);
	if (end)
		buf_put_u8(out, '*');
	buf_put(out, thread + end, len - end + 1);
	out->len--;
}

/* ---- sums ---- */

static void add_lane(struct timeline_lane *sum, uint64_t (*states)[TIMELINE_STATES],
		     const struct timeline_lane *lane, uint32_t n_cells)
{
	for (int i = 0; i < TIMELINE_STATES; i++)
		sum->ns[i] += lane->ns[i];
	sum->run_ns += lane->run_ns;
	sum->wait_ns += lane->wait_ns;
	sum->n += lane->n;
	sum->waits_known |= lane->waits_known;
	for (uint32_t i = 0; i < n_cells; i++) {
		const struct timeline_cell *c = &lane->cells[i];

		sum->cells[i].run_ns += c->run_ns;
		sum->cells[i].wait_ns += c->wait_ns;
		sum->cells[i].n += c->n;
		states[i][c->most_run] += c->run_ns;
		states[i][c->most_wait] += c->wait_ns;
	}
}

/* What most of a cell was is told by what most of it was for each thread. */
static void sum_lanes(const struct threads_group *group, bool of_total, uint32_t n_cells,
		      struct timeline_lane *out)
{
	uint64_t (*states)[TIMELINE_STATES] = xcalloc(n_cells, sizeof(*states));

	for (uint32_t i = 0; i < group->n; i++) {
		const struct timeline_lane *lane = of_total ? group->rows[i].total : group->rows[i].lane;

		if (!lane)
			continue;
		if (!out->cells)
			out->cells = xcalloc(n_cells, sizeof(*out->cells));
		add_lane(out, states, lane, n_cells);
	}
	for (uint32_t i = 0; out->cells && i < n_cells; i++)
		timeline_set_most(&out->cells[i], states[i]);
	free(states);
}

/* ---- groups ---- */

/* The name of each row's group, or RECORD_NONE: the main thread is one by itself. */
static uint32_t *name_rows(struct threads_groups *g, const struct profile *p,
			   const struct app_threads_row *rows, uint32_t n)
{
	uint32_t *name = xcalloc(n, sizeof(*name));
	struct buf text = { 0 };

	for (uint32_t i = 0; i < n; i++) {
		text.len = 0;
		threads_group_name(&text, profile_string(p, p->threads[rows[i].thread].name));
		name[i] = rows[i].main ? RECORD_NONE
			: strtab_add(&g->names, (const char *)text.data, text.len);
	}
	buf_deinit(&text);
	return name;
}

/* The groups of those names that have enough threads: by name, from 1 on; 0: none. */
static uint32_t *make_groups(struct threads_groups *g, const uint32_t *name, uint32_t n)
{
	uint32_t *of_name = xcalloc(g->names.n + 1, sizeof(*of_name)), *count;

	count = xcalloc(g->names.n + 1, sizeof(*count));
	for (uint32_t i = 0; i < n; i++)
		if (name[i] != RECORD_NONE && ++count[name[i]] == THREADS_ALIKE)
			g->n++;
	g->v = xcalloc(g->n + 1, sizeof(*g->v));
	g->n = 0;
	for (uint32_t i = 0; i < g->names.n; i++) {
		if (count[i] < THREADS_ALIKE)
			continue;
		g->v[g->n].name = i;
		g->v[g->n].rows = xcalloc(count[i], sizeof(*g->v->rows));
		of_name[i] = ++g->n;
	}
	free(count);
	return of_name;
}

void threads_group_make(struct threads_groups *g, const struct profile *p,
			struct app_threads_row *rows, uint32_t *n, const struct timeline *line,
			const struct timeline *total)
{
	_cleanup_(freep) uint32_t *name = NULL, *of_name = NULL;
	uint32_t n_left = 0;

	threads_group_clear(g);
	if (*n <= THREADS_MANY)
		return;
	name = name_rows(g, p, rows, *n);
	of_name = make_groups(g, name, *n);
	for (uint32_t i = 0; i < *n; i++) {
		uint32_t number = name[i] == RECORD_NONE ? 0 : of_name[name[i]];
		struct threads_group *group = number ? &g->v[number - 1] : NULL;

		if (group) {
			group->rows[group->n++] = rows[i];
			group->n_looked += rows[i].total && rows[i].total->waits_known;
		} else {
			rows[n_left++] = rows[i];
		}
	}
	for (uint32_t i = 0; i < g->n; i++) {
		struct threads_group *group = &g->v[i];
		uint32_t first = group->rows[0].thread, its_name = p->threads[first].name;

		group->same = true;
		for (uint32_t k = 1; k < group->n; k++) {
			first = min_of(first, group->rows[k].thread);
			group->same &= p->threads[group->rows[k].thread].name == its_name;
		}
		sum_lanes(group, false, line->how.n_cells, &group->lane);
		sum_lanes(group, true, total->how.n_cells, &group->total);
		rows[n_left++] = (struct app_threads_row){
			.lane = group->lane.cells ? &group->lane : NULL,
			.total = group->total.cells ? &group->total : NULL,
			.thread = first, .group = group };
	}
	*n = n_left;
}

bool threads_group_is_open(const struct threads_groups *g, const struct threads_group *group)
{
	return group->name < g->n_open && g->open[group->name];
}

void threads_group_open(struct threads_groups *g, const struct threads_group *group, bool open)
{
	if (group->name >= g->n_open) {
		g->open = xreallocarray(g->open, g->names.n, sizeof(*g->open));
		memset(g->open + g->n_open, 0, (g->names.n - g->n_open) * sizeof(*g->open));
		g->n_open = g->names.n;
	}
	g->open[group->name] = open;
}

void threads_group_clear(struct threads_groups *g)
{
	for (uint32_t i = 0; i < g->n; i++) {
		free(g->v[i].rows);
		free(g->v[i].lane.cells);
		free(g->v[i].total.cells);
	}
	free(steal(g->v));
	g->n = 0;
}

void threads_group_deinit(struct threads_groups *g)
{
	threads_group_clear(g);
	strtab_deinit(&g->names);
	free(g->open);
}
