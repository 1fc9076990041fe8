// SPDX-License-Identifier: Apache-2.0
#include "profile/lines.h"

#include <stdlib.h>

#include "base/util.h"
#include "profile/stack_walk.h"

/* Which lines of the function a leaf is in: the rows [first, first + n). */
struct leaf_lines {
	uint32_t first, n;
	uint32_t self;		/* row of its own line, or UINT32_MAX */
};

struct work {
	const struct profile *p;
	uint32_t function;
	struct leaf_lines *leaves;
	uint32_t *rows;		/* what leaf_lines points into */
	size_t n_rows, cap_rows;
	struct u64map by_line;	/* file and line -> row */
	struct line_sum *v;
	size_t n, cap;
};

static uint32_t row_of(struct work *w, const struct profile_level *call)
{
	uint32_t file = call->file ? call->file : w->p->functions[w->function].file;
	uint32_t *slot = u64map_slot(&w->by_line, (uint64_t)file << 32 | call->line);

	if (*slot == U64MAP_NONE) {
		*slot = (uint32_t)w->n;
		array_reserve(w->v, w->n + 1, w->cap);
		w->v[w->n++] = (struct line_sum){ .file = file, .line = call->line };
	}
	return *slot;
}

static bool has_row(const struct work *w, const struct leaf_lines *l, uint32_t row)
{
	for (uint32_t i = 0; i < l->n; i++)
		if (w->rows[l->first + i] == row)
			return true;
	return false;
}

static void find_lines(struct work *w, uint32_t leaf)
{
	struct stack_walk walk = stack_walk_from(w->p, w->p->leaves[leaf]);
	struct leaf_lines *l = &w->leaves[leaf];
	const struct profile_level *call;
	bool top = true;

	*l = (struct leaf_lines){ .first = (uint32_t)w->n_rows, .self = UINT32_MAX };
	for (; (call = stack_walk_next(&walk)); top = false) {
		if (call->function != w->function)
			continue;
		uint32_t row = row_of(w, call);
		if (top)
			l->self = row;
		if (has_row(w, l, row))
			continue;	/* recursion through the same line */
		array_reserve(w->rows, w->n_rows + 1, w->cap_rows);
		w->rows[w->n_rows++] = row;
		l->n++;
	}
}

/* Add up the selection by row and block. */
static void add_up(struct work *w, const struct selection *s, uint32_t n_blocks,
		   double *self, double *total)
{
	const struct samples *smp = &w->p->samples;
	struct picked k;

	picked_init(&k, w->p, s);
	for (uint32_t b = 0; b < n_blocks; b++) {
		size_t last = picked_block(&k, smp, b + 1, n_blocks);

		for (size_t i = picked_block(&k, smp, b, n_blocks); i < last; i++) {
			const struct leaf_lines *l = &w->leaves[smp->leaf[i]];
			struct sum one = { 1, smp->weight_ns[i] };

			if (!l->n || !picked_has(&k, smp, i) || !k.leaf[smp->leaf[i]])
				continue;
			for (uint32_t r = 0; r < l->n; r++) {
				uint32_t row = w->rows[l->first + r];

				sum_add(&w->v[row].total, one);
				total[(size_t)row * n_blocks + b] += (double)one.weight_ns;
			}
			if (l->self != UINT32_MAX) {
				sum_add(&w->v[l->self].self, one);
				self[(size_t)l->self * n_blocks + b] += (double)one.weight_ns;
			}
		}
	}
	picked_deinit(&k);
}

static int by_line(const void *a, const void *b, void *own_file)
{
	const struct line_sum *x = a, *y = b;
	const uint32_t own = *(const uint32_t *)own_file;

	if (x->file != y->file)
		return x->file == own ? -1 : y->file == own ? 1 : x->file < y->file ? -1 : 1;
	return x->line < y->line ? -1 : x->line > y->line;
}

void lines_make(const struct profile *p, const struct selection *s,
		const struct summary *sum, uint32_t function, struct lines *out)
{
	uint32_t n_blocks = sum->stats.n_blocks, n = 0;
	struct work w = {
		.p = p, .function = function,
		.leaves = xcalloc(p->n_leaves, sizeof(*w.leaves)),
	};

	for (uint32_t i = 0; i < p->n_leaves; i++)
		find_lines(&w, i);
	double *self = xcalloc(w.n * n_blocks, sizeof(*self));
	double *total = xcalloc(w.n * n_blocks, sizeof(*total));
	add_up(&w, s, n_blocks, self, total);
	for (size_t i = 0; i < w.n; i++) {
		struct line_sum row = w.v[i];

		row.self_share = stats_share_of_blocks(&sum->stats, self + i * n_blocks);
		row.total_share = stats_share_of_blocks(&sum->stats, total + i * n_blocks);
		if (row.total.count)
			w.v[n++] = row;
	}
	if (n)
		qsort_r(w.v, n, sizeof(*w.v), by_line, &p->functions[function].file);
	*out = (struct lines){ .function = function, .v = w.v, .n = n };
	free(self);
	free(total);
	free(w.leaves);
	free(w.rows);
	u64map_deinit(&w.by_line);
}

void lines_deinit(struct lines *l)
{
	free(l->v);
	*l = (struct lines){ 0 };
}
