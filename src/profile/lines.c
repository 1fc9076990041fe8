// SPDX-License-Identifier: Apache-2.0
#include "profile/lines.h"

#include <stdlib.h>

#include "base/util.h"
#include "profile/stack_walk.h"

/* Which lines of the function a leaf is in: the rows [first, first + n). */
struct leaf_lines {
	uint32_t first, n;
	uint32_t self;		/* row of its own line, or UINT32_MAX */
	uint32_t in_c;		/* row of the line that called the C it is in, or UINT32_MAX */
};

struct work {
	const struct profile *p;
	uint32_t function;
	bool has_in_c;
	struct leaf_lines *leaves;
	uint32_t *rows;		/* what leaf_lines points into */
	size_t n_rows, cap_rows;
	struct u64map by_line;	/* file and line -> row */
	struct line_sum *v;
	size_t n, cap;
};

/* Time by row and block of time. */
struct block_sums {
	uint32_t n_blocks;
	double *self, *in_c, *total;
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
	struct stack_walk walk = stack_walk_from(w->p, w->p->shown.leaves[leaf]);
	struct leaf_lines *l = &w->leaves[leaf];
	const struct profile_level *call;
	bool top = true, in_c = w->has_in_c;

	*l = (struct leaf_lines){ .first = (uint32_t)w->n_rows, .self = UINT32_MAX,
				  .in_c = UINT32_MAX };
	for (; (call = stack_walk_next(&walk)); top = false) {
		bool last_in_c = in_c && profile_function_kind(w->p, call->function) == 'P';

		in_c &= !last_in_c;
		if (call->function != w->function)
			continue;
		uint32_t row = row_of(w, call);
		if (top)
			l->self = row;
		else if (last_in_c)
			l->in_c = row;
		if (has_row(w, l, row))
			continue;	/* recursion through the same line */
		array_reserve(w->rows, w->n_rows + 1, w->cap_rows);
		w->rows[w->n_rows++] = row;
		l->n++;
	}
}

static void add_to(struct sum *sum, double *blocks, struct sum one, size_t block)
{
	sum_add(sum, one);
	blocks[block] += (double)one.weight_ns;
}

/* Add up the selection by row and block. */
static void add_up(struct work *w, const struct selection *s, const struct block_sums *blocks)
{
	const struct samples *smp = &w->p->samples;
	uint32_t n = blocks->n_blocks;
	struct picked k;

	picked_init(&k, w->p, s);
	for (uint32_t b = 0; b < n; b++) {
		size_t last = picked_block(&k, smp, b + 1, n);

		for (size_t i = picked_block(&k, smp, b, n); i < last; i++) {
			const struct leaf_lines *l = &w->leaves[smp->leaf[i]];
			struct sum one = { 1, smp->weight_ns[i] };

			if (!l->n || !picked_has(&k, smp, i) || !k.leaf[smp->leaf[i]])
				continue;
			for (uint32_t r = 0; r < l->n; r++) {
				size_t row = w->rows[l->first + r];

				add_to(&w->v[row].total, blocks->total, one, row * n + b);
			}
			if (l->self != UINT32_MAX)
				add_to(&w->v[l->self].self, blocks->self, one,
				       (size_t)l->self * n + b);
			if (l->in_c != UINT32_MAX)
				add_to(&w->v[l->in_c].in_c, blocks->in_c, one,
				       (size_t)l->in_c * n + b);
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
		.has_in_c = p->shown.mode == FRAMES_MERGED &&
			    profile_function_kind(p, function) == 'P',
		.leaves = xcalloc(p->n_leaves, sizeof(*w.leaves)),
	};

	for (uint32_t i = 0; i < p->n_leaves; i++)
		find_lines(&w, i);

	size_t n_sums = w.n * n_blocks;
	struct block_sums blocks = { .n_blocks = n_blocks, .self = xcalloc(n_sums, sizeof(double)),
				     .in_c = xcalloc(n_sums, sizeof(double)),
				     .total = xcalloc(n_sums, sizeof(double)) };

	add_up(&w, s, &blocks);
	for (size_t i = 0; i < w.n; i++) {
		struct line_sum row = w.v[i];

		row.self_share = stats_share_of_blocks(&sum->stats, blocks.self + i * n_blocks);
		row.in_c_share = stats_share_of_blocks(&sum->stats, blocks.in_c + i * n_blocks);
		row.total_share = stats_share_of_blocks(&sum->stats, blocks.total + i * n_blocks);
		if (row.total.count)
			w.v[n++] = row;
	}
	if (n)
		qsort_r(w.v, n, sizeof(*w.v), by_line, &p->functions[function].file);
	*out = (struct lines){ .function = function, .v = w.v, .n = n, .has_in_c = w.has_in_c };
	free(blocks.self);
	free(blocks.in_c);
	free(blocks.total);
	free(w.leaves);
	free(w.rows);
	u64map_deinit(&w.by_line);
}

void lines_deinit(struct lines *l)
{
	free(l->v);
	*l = (struct lines){ 0 };
}
