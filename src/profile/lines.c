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

/* What a leaf has, by row. */
static void add_leaf(struct work *w, uint32_t leaf, struct sum sum)
{
	const struct leaf_lines *l = &w->leaves[leaf];

	for (uint32_t r = 0; r < l->n; r++)
		sum_add(&w->v[w->rows[l->first + r]].total, sum);
	if (l->self != UINT32_MAX)
		sum_add(&w->v[l->self].self, sum);
	if (l->in_c != UINT32_MAX)
		sum_add(&w->v[l->in_c].in_c, sum);
}

/* And a sample, by row and block `b`. */
static void add_sample(const struct work *w, const struct block_sums *blocks, uint32_t leaf,
		       double weight, uint32_t b)
{
	const struct leaf_lines *l = &w->leaves[leaf];
	size_t n = blocks->n_blocks;

	for (uint32_t r = 0; r < l->n; r++)
		blocks->total[w->rows[l->first + r] * n + b] += weight;
	if (l->self != UINT32_MAX)
		blocks->self[l->self * n + b] += weight;
	if (l->in_c != UINT32_MAX)
		blocks->in_c[l->in_c * n + b] += weight;
}

/* Only leaves that have a line are looked at: of most functions, few. */
static void add_blocks(const struct work *w, const struct selection *s,
		       const struct block_sums *blocks)
{
	const struct samples *smp = &w->p->samples;
	uint32_t n = blocks->n_blocks;
	struct picked k;

	picked_init(&k, w->p, s);
	for (size_t i = 0; i < w->p->n_leaves; i++)
		k.leaf[i] &= w->leaves[i].n > 0;
	for (uint32_t b = 0; b < n; b++) {
		size_t last = picked_block(&k, smp, b + 1, n);

		for (size_t i = picked_block(&k, smp, b, n); i < last; i++)
			if (k.leaf[smp->leaf[i]] && picked_has(&k, smp, i))
				add_sample(w, blocks, smp->leaf[i], (double)smp->weight_ns[i], b);
	}
	picked_deinit(&k);
}

/* How sure the shares are is what the blocks tell. */
static void find_shares(struct work *w, const struct selection *s, const struct stats *stats)
{
	size_t n = stats->n_blocks, n_sums = w->n * n;
	struct block_sums blocks = { .n_blocks = stats->n_blocks,
				     .self = xcalloc(n_sums, sizeof(double)),
				     .in_c = xcalloc(n_sums, sizeof(double)),
				     .total = xcalloc(n_sums, sizeof(double)) };

	add_blocks(w, s, &blocks);
	for (size_t i = 0; i < w->n; i++) {
		struct line_sum *row = &w->v[i];

		row->self_share = stats_share_of_blocks(stats, blocks.self + i * n);
		row->in_c_share = stats_share_of_blocks(stats, blocks.in_c + i * n);
		row->total_share = stats_share_of_blocks(stats, blocks.total + i * n);
	}
	free(blocks.self);
	free(blocks.in_c);
	free(blocks.total);
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
	_cleanup_(freep) bool *has = profile_leaves_with(p, function);
	uint32_t n = 0;
	struct work w = {
		.p = p, .function = function,
		.has_in_c = p->shown.mode == FRAMES_MERGED &&
			    profile_function_kind(p, function) == 'P',
		.leaves = xcalloc(p->n_leaves, sizeof(*w.leaves)),
	};

	for (uint32_t i = 0; i < sum->n_leaves; i++)
		if (has[i] && sum->leaves[i].count) {
			find_lines(&w, i);
			add_leaf(&w, i, sum->leaves[i]);
		}
	if (s)
		find_shares(&w, s, &sum->stats);
	for (size_t i = 0; i < w.n; i++)
		if (w.v[i].total.count)
			w.v[n++] = w.v[i];
	if (n)
		qsort_r(w.v, n, sizeof(*w.v), by_line, &p->functions[function].file);
	*out = (struct lines){ .function = function, .v = w.v, .n = n, .has_in_c = w.has_in_c };
	free(w.leaves);
	free(w.rows);
	u64map_deinit(&w.by_line);
}

void lines_deinit(struct lines *l)
{
	free(l->v);
	*l = (struct lines){ 0 };
}
