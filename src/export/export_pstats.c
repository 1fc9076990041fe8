// SPDX-License-Identifier: Apache-2.0
/*
 * What Python's pstats loads: a dict in the form of its module marshal, here its
 * version 2, which every Python 3 reads:
 *
 *	{(file, line, name): (cc, nc, tt, ct, {caller: (nc, cc, tt, ct)})}
 *
 * nc and cc are calls with and without recursion, in the other order behind a caller; tt
 * and ct are seconds in the function and with what it calls, behind a caller the part of
 * them that is due to its calls.  What was measured has its own calls.  Samples tell
 * none: both numbers are the samples that the function, or the call, is on, each counted
 * once.  pstats shows ('~', 0, '<x>') as {x}, and so are functions here of which no file is
 * known.
 */
#include "export/export.h"

#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/utf8.h"
#include "base/util.h"
#include "profile/stack_walk.h"

#define NONE UINT32_MAX

/* Functions that pstats could not tell apart are one. */
struct entry {
	struct sum self, total;	/* total.count: calls */
	uint64_t outermost;	/* of them without recursion; samples: all */
	uint32_t edges;		/* its callers, or NONE */
	uint32_t seen;		/* the stack that it was counted for last */
};

struct edge {
	uint32_t caller;
	struct sum self, total;
	uint64_t outermost;
	uint32_t next, seen;
};

struct pstats {
	const struct profile *p;
	struct strtab keys;	/* (file, line, name) as they are written */
	uint32_t *key_of;	/* by function, or NONE */
	struct entry *entries;	/* by key */
	struct edge *edges;
	struct u64map edge_ids;	/* function and caller -> edge */
	uint32_t *path;		/* scratch: keys of a stack, innermost first */
	size_t cap_entries, n_edges, cap_edges, cap_path;
};

/* ---- marshal ---- */

static void put_text(struct buf *b, const char *text)
{
	struct buf valid = { 0 };

	utf8_repair(&valid, text, strlen(text));
	buf_put_u8(b, 'u');
	buf_put_u32(b, (uint32_t)valid.len);
	buf_put(b, valid.data, valid.len);
	buf_deinit(&valid);
}

/* Beyond 31 bits as digits of 15. */
static void put_int(struct buf *b, uint64_t v)
{
	uint32_t n = 0;

	if (v <= INT32_MAX) {
		buf_put_u8(b, 'i');
		buf_put_u32(b, (uint32_t)v);
		return;
	}
	for (uint64_t rest = v; rest; rest >>= 15)
		n++;
	buf_put_u8(b, 'l');
	buf_put_u32(b, n);
	for (; v; v >>= 15) {
		buf_put_u8(b, (uint8_t)v);
		buf_put_u8(b, (uint8_t)(v >> 8 & 0x7f));
	}
}

static void put_seconds(struct buf *b, uint64_t ns)
{
	double s = (double)ns / NS_PER_S;

	buf_put_u8(b, 'g');
	buf_put(b, &s, sizeof(s));
}

static void put_tuple(struct buf *b, uint32_t n)
{
	buf_put_u8(b, '(');
	buf_put_u32(b, n);
}

/* ---- keys ---- */

static uint32_t add_key(struct pstats *w, const char *file, uint32_t line, const char *name)
{
	struct buf b = { 0 };
	uint32_t key;

	put_tuple(&b, 3);
	put_text(&b, file);
	put_int(&b, line);
	put_text(&b, name);
	key = strtab_add(&w->keys, (const char *)b.data, b.len);
	buf_deinit(&b);
	if (w->keys.n > w->cap_entries)
		array_reserve(w->entries, w->keys.n, w->cap_entries);
	if (key == w->keys.n - 1)
		w->entries[key] = (struct entry){ .edges = NONE, .seen = NONE };
	return key;
}

static uint32_t key_of(struct pstats *w, uint32_t function)
{
	const struct profile_function *f = &w->p->functions[function];
	const char *name = profile_string(w->p, f->name);
	_cleanup_(freep) char *named = NULL;

	if (w->key_of[function] != NONE)
		return w->key_of[function];
	/*
	 * What stands for something, or for code without a name, says so already; names that
	 * were imported are as they were.
	 */
	if (!f->file && *name != '[' && !profile_is_measured(w->p) && f->module != RECORD_NONE &&
	    !profile_function_unnamed(w->p, function))
		named = xasprintf("<%s in %s>", name, profile_module_name(w->p, f->module));
	w->key_of[function] = f->file ? add_key(w, profile_string(w->p, f->file), f->line, name)
				      : add_key(w, "~", 0, named ? named : name);
	return w->key_of[function];
}

/* ---- sums ---- */

static struct edge *edge_between(struct pstats *w, uint32_t callee, uint32_t caller)
{
	uint32_t *slot = u64map_slot(&w->edge_ids, (uint64_t)callee << 32 | caller);

	if (*slot == U64MAP_NONE) {
		*slot = (uint32_t)w->n_edges;
		array_reserve(w->edges, w->n_edges + 1, w->cap_edges);
		w->edges[w->n_edges] = (struct edge){ .caller = caller, .seen = NONE,
						      .next = w->entries[callee].edges };
		w->entries[callee].edges = (uint32_t)w->n_edges++;
	}
	return &w->edges[*slot];
}

/* The keys of a stack in w->path; returns how many. */
static size_t find_path(struct pstats *w, uint32_t leaf)
{
	struct stack_walk walk = stack_walk_from(w->p, w->p->shown.leaves[leaf]);
	uint32_t root = profile_leaf_root(w->p, leaf);
	const struct profile_level *call;
	size_t n = 0;

	while ((call = stack_walk_next(&walk))) {
		array_reserve(w->path, n + 1, w->cap_path);
		w->path[n++] = key_of(w, call->function);
	}
	if (root != RECORD_NONE) {
		array_reserve(w->path, n + 1, w->cap_path);
		w->path[n++] = key_of(w, root);
	}
	return n;
}

/* `number` tells this stack from others. */
static void add_sum(struct pstats *w, const struct export_sum *s, uint32_t number)
{
	size_t n = find_path(w, s->leaf);

	for (size_t i = 0; i < n; i++) {
		struct entry *e = &w->entries[w->path[i]];
		struct edge *edge = i + 1 < n ? edge_between(w, w->path[i], w->path[i + 1]) : NULL;

		if (i == 0)
			sum_add(&e->self, s->sum);
		if (i == 0 && edge)
			sum_add(&edge->self, s->sum);
		if (e->seen != number) {
			sum_add(&e->total, s->sum);
			e->outermost += s->sum.count;
		}
		if (edge && edge->seen != number) {
			sum_add(&edge->total, s->sum);
			edge->outermost += s->sum.count;
		}
		e->seen = number;
		if (edge)
			edge->seen = number;
	}
}

static void add_measured(struct pstats *w)
{
	for (size_t i = 0; i < w->p->n_measured; i++) {
		const struct profile_measured *m = &w->p->measured[i];
		struct sum self = { m->calls, m->self_ns }, total = { m->calls, m->total_ns };
		uint32_t callee = key_of(w, m->function);

		if (m->caller == RECORD_NONE) {
			sum_add(&w->entries[callee].self, self);
			sum_add(&w->entries[callee].total, total);
			w->entries[callee].outermost += m->outermost;
		} else {
			struct edge *e = edge_between(w, callee, key_of(w, m->caller));

			sum_add(&e->self, self);
			sum_add(&e->total, total);
			e->outermost += m->outermost;
		}
	}
}

static void add_hidden(struct pstats *w, const struct export_job *job)
{
	struct summary sum;

	summary_make(job->p, job->selection, &sum);
	if (sum.hidden_ns) {
		uint32_t key = add_key(w, "~", 0, EXPORT_HIDDEN);
		struct sum hidden = { .weight_ns = sum.hidden_ns };

		w->entries[key].self = w->entries[key].total = hidden;
	}
	summary_deinit(&sum);
}

/* ---- the file ---- */

static void put_key(const struct pstats *w, struct buf *b, uint32_t key)
{
	buf_put(b, strtab_get(&w->keys, key), strtab_len(&w->keys, key));
}

static void put_sums(struct buf *b, uint64_t calls, uint64_t other_calls, const struct sum *self,
		     const struct sum *total)
{
	put_int(b, calls);
	put_int(b, other_calls);
	put_seconds(b, self->weight_ns);
	put_seconds(b, total->weight_ns);
}

static void put_entry(const struct pstats *w, struct buf *b, uint32_t key)
{
	const struct entry *e = &w->entries[key];

	put_key(w, b, key);
	put_tuple(b, 5);
	put_sums(b, e->outermost, e->total.count, &e->self, &e->total);
	buf_put_u8(b, '{');
	for (uint32_t i = e->edges; i != NONE; i = w->edges[i].next) {
		const struct edge *edge = &w->edges[i];

		put_key(w, b, edge->caller);
		put_tuple(b, 4);
		put_sums(b, edge->total.count, edge->outermost, &edge->self, &edge->total);
	}
	buf_put_u8(b, '0');
}

static int write_pstats(const struct export_job *job, FILE *out, struct error *err)
{
	struct pstats w = { .p = job->p,
			    .key_of = xcalloc(job->p->n_functions, sizeof(*w.key_of)) };
	struct export_job by_stack = *job;
	struct export_sum *sums;
	size_t n;
	int ret = 0;

	by_stack.threads = false;
	memset(w.key_of, 0xff, job->p->n_functions * sizeof(*w.key_of));
	if (profile_is_measured(job->p))
		add_measured(&w);
	sums = export_sums(&by_stack, &n);
	for (size_t i = 0; i < n; i++)
		add_sum(&w, &sums[i], (uint32_t)i);
	add_hidden(&w, job);
	fputc('{', out);
	for (uint32_t i = 0; i < w.keys.n; i++) {
		struct buf b = { 0 };

		put_entry(&w, &b, i);
		fwrite(b.data, 1, b.len, out);
		buf_deinit(&b);
	}
	fputc('0', out);
	if (!w.keys.n)
		ret = error_set(err, ENODATA, "pstats refuses a profile without a function, and there is no sample");
	free(sums);
	strtab_deinit(&w.keys);
	free(w.key_of);
	free(w.entries);
	free(w.edges);
	u64map_deinit(&w.edge_ids);
	free(w.path);
	return ret;
}

const struct export_format export_pstats = {
	.name = "pstats",
	.suffix = ".pstats",
	.key = 's',
	.note = "its calls are samples: sampling counts no calls",
	.binary = true,
	.measured = true,
	.write = write_pstats,
};
