// SPDX-License-Identifier: Apache-2.0
#include "profile/groups.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/u64map.h"
#include "base/util.h"

#define ID_MIN 32	/* hexadecimal digits that are an id, not a word */
#define ID_SHOWN 12

const char *group_by_name(enum group_by by)
{
	static const char *const names[] = {
		[GROUP_PROCESS] = "process", [GROUP_PROGRAM] = "program",
		[GROUP_CGROUP] = "cgroup", [GROUP_THREAD] = "thread" };

	return names[by];
}

bool group_by_parse(const char *name, enum group_by *out)
{
	for (int by = 0; by < GROUP_BY_COUNT; by++)
		if (strcmp(name, group_by_name((enum group_by)by)) == 0) {
			*out = (enum group_by)by;
			return true;
		}
	return false;
}

/* While they are made: rows by thread, and their weights by block. */
struct making {
	const struct profile *p;
	const struct summary *sum;
	struct groups *g;
	bool *kernel;		/* by leaf: its innermost function is the kernel's */
	struct sum *threads;	/* by thread */
	uint32_t *of_thread;	/* its row, RECORD_NONE: it has no sample */
	double *blocks;		/* by row and block */
	uint32_t n_blocks;
};

uint64_t group_key(const struct profile *p, enum group_by by, uint32_t thread)
{
	uint32_t process = p->threads[thread].process;

	switch (by) {
	case GROUP_PROCESS:
		return process;
	case GROUP_PROGRAM:
		return p->processes[process].name;
	case GROUP_CGROUP:
		return p->processes[process].cgroup;
	default:
		return thread;
	}
}

static void find_kernel_leaves(struct making *m)
{
	const struct tree *t = &m->p->tree;

	m->kernel = xcalloc(m->p->n_leaves, sizeof(*m->kernel));
	for (size_t i = 0; i < m->p->n_leaves; i++) {
		uint32_t function = t->function[t->of_stack[m->p->shown.leaves[i]]];

		m->kernel[i] = profile_function_kind(m->p, function) == 'K';
	}
}

/* Threads that have samples in the selection, and how many. */
static void sum_threads(struct making *m, const struct picked *k)
{
	const struct samples *s = &m->p->samples;

	m->threads = xcalloc(m->p->n_threads, sizeof(*m->threads));
	for (size_t i = k->first; i < k->last; i++)
		if (picked_has(k, s, i) && k->leaf[s->leaf[i]])
			sum_add(&m->threads[s->thread[i]], (struct sum){ 1, s->weight_ns[i] });
}

static void make_rows(struct making *m)
{
	struct groups *g = m->g;
	struct u64map rows = { 0 };
	_cleanup_(freep) uint64_t *most = NULL;
	size_t cap = 0, cap_most = 0;

	m->of_thread = xcalloc(m->p->n_threads, sizeof(*m->of_thread));
	for (uint32_t t = 0; t < m->p->n_threads; t++) {
		m->of_thread[t] = RECORD_NONE;
		if (!m->threads[t].count)
			continue;
		uint32_t *slot = u64map_slot(&rows, group_key(m->p, g->by, t));

		if (*slot == U64MAP_NONE) {
			*slot = g->n++;
			array_reserve(g->rows, g->n, cap);
			array_reserve(most, g->n, cap_most);
			g->rows[*slot] = (struct group){ .thread = t,
							 .process = m->p->threads[t].process };
			most[*slot] = 0;
		}
		struct group *row = &g->rows[*slot];

		m->of_thread[t] = *slot;
		row->n_threads++;
		sum_add(&row->sum, m->threads[t]);
		if (m->threads[t].weight_ns > most[*slot]) {
			most[*slot] = m->threads[t].weight_ns;
			row->thread = t;
			row->process = m->p->threads[t].process;
		}
	}
	u64map_deinit(&rows);
}

static void count_processes(struct making *m)
{
	_cleanup_(freep) bool *seen = xcalloc(max_of(m->p->n_processes, (size_t)1), sizeof(*seen));

	for (uint32_t t = 0; t < m->p->n_threads; t++) {
		uint32_t process = m->p->threads[t].process;
		uint32_t row = m->of_thread[t];

		if (row == RECORD_NONE || (seen[process] && m->g->by != GROUP_THREAD))
			continue;
		seen[process] = true;
		m->g->rows[row].n_processes++;
		m->g->rows[row].living |= !m->p->processes[process].ended;
	}
}

/* By block, for the intervals, and what the kernel did. */
static void sum_blocks(struct making *m, const struct picked *k)
{
	const struct samples *s = &m->p->samples;
	uint32_t n = m->n_blocks;

	m->blocks = xcalloc((size_t)max_of(m->g->n, 1u) * n, sizeof(*m->blocks));
	for (uint32_t b = 0; b < n; b++) {
		size_t end = picked_block(k, s, b + 1, n);

		for (size_t i = picked_block(k, s, b, n); i < end; i++) {
			if (!picked_has(k, s, i) || !k->leaf[s->leaf[i]])
				continue;
			uint32_t row = m->of_thread[s->thread[i]];

			m->blocks[(size_t)row * n + b] += s->weight_ns[i];
			if (m->kernel[s->leaf[i]])
				m->g->rows[row].kernel_ns += s->weight_ns[i];
		}
	}
	for (uint32_t i = 0; i < m->g->n; i++)
		m->g->rows[i].share = stats_share_of_blocks(&m->sum->stats,
							    m->blocks + (size_t)i * n);
}

static int by_time(const void *a, const void *b)
{
	const struct group *x = a, *y = b;

	if (x->sum.weight_ns != y->sum.weight_ns)
		return x->sum.weight_ns < y->sum.weight_ns ? 1 : -1;
	return (x->thread > y->thread) - (x->thread < y->thread);
}

void groups_make(const struct profile *p, const struct selection *s, const struct summary *sum,
		 enum group_by by, struct groups *out)
{
	struct making m = { .p = p, .sum = sum, .g = out, .n_blocks = sum->stats.n_blocks };
	struct picked k;

	*out = (struct groups){ .by = by };
	picked_init(&k, p, s);
	find_kernel_leaves(&m);
	sum_threads(&m, &k);
	make_rows(&m);
	count_processes(&m);
	sum_blocks(&m, &k);
	if (out->n)
		qsort(out->rows, out->n, sizeof(*out->rows), by_time);
	picked_deinit(&k);
	free(m.kernel);
	free(m.threads);
	free(m.blocks);
	free(m.of_thread);
}

void groups_keep_order(const struct profile *p, const struct groups *before, struct groups *g)
{
	struct group *rows = xcalloc(max_of(g->n, 1u), sizeof(*rows));
	struct u64map places = { 0 };
	uint32_t n = 0;

	for (uint32_t i = 0; i < g->n; i++)
		*u64map_slot(&places, group_key(p, g->by, g->rows[i].thread)) = i;
	for (uint32_t i = 0; i < before->n; i++) {
		uint32_t at = u64map_find(&places, group_key(p, g->by, before->rows[i].thread));

		if (at == U64MAP_NONE)
			continue;
		rows[n++] = g->rows[at];
		g->rows[at].thread = RECORD_NONE;	/* it has its place */
	}
	for (uint32_t i = 0; i < g->n; i++)
		if (g->rows[i].thread != RECORD_NONE)
			rows[n++] = g->rows[i];
	u64map_deinit(&places);
	free(g->rows);
	g->rows = rows;
}

void groups_deinit(struct groups *g)
{
	free(g->rows);
	*g = (struct groups){ 0 };
}

/* Where in `name` a long hexadecimal id begins, or NULL. */
static const char *find_id(const char *name, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		n = isxdigit((unsigned char)name[i]) ? n + 1 : 0;
		if (n == ID_MIN)
			return name + i + 1 - ID_MIN;
	}
	return NULL;
}

static size_t without(const char *name, size_t len, const char *suffix)
{
	size_t n = strlen(suffix);

	return len > n && memcmp(name + len - n, suffix, n) == 0 ? len - n : len;
}

void group_cgroup_name(const char *path, char *name, size_t cap)
{
	size_t len = strlen(path);
	const char *part, *id;

	while (len > 1 && path[len - 1] == '/')
		len--;
	for (part = path + len; part > path && part[-1] != '/';)
		part--;
	len = without(part, (size_t)(path + len - part), ".service");
	len = without(part, len, ".scope");
	len = without(part, len, ".slice");
	id = find_id(part, len);
	if (id)
		snprintf(name, cap, "%.*s%.*s", (int)(id - part), part, ID_SHOWN, id);
	else if (len == 0)
		snprintf(name, cap, "%s", *path ? "/" : "");
	else
		snprintf(name, cap, "%.*s", (int)len, part);
}

const char *group_name(const struct profile *p, const struct groups *g, const struct group *row,
		       char buf[GROUP_NAME_MAX])
{
	const struct profile_process *process = &p->processes[row->process];
	const char *name = profile_string(p, g->by == GROUP_THREAD ? p->threads[row->thread].name
								   : process->name);

	if (g->by == GROUP_CGROUP) {
		group_cgroup_name(profile_string(p, process->cgroup), buf, GROUP_NAME_MAX);
		return *buf ? buf : "[not known]";
	}
	return *name ? name : "[not known]";
}
