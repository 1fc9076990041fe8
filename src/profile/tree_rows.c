// SPDX-License-Identifier: Apache-2.0
#include "profile/tree_rows.h"

#include <string.h>

#include "base/parallel.h"
#include "base/util.h"

struct work {
	const struct profile *p;
	const struct summary *sum;
	const struct lens *lens;
	uint64_t min_ns;
	uint32_t max_depth;
	struct tree_row *v;
	size_t n, cap;
};

static uint64_t total_ns(const struct work *w, uint32_t node)
{
	return w->lens->nodes[node].weight_ns;
}

static int by_weight(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x > *y ? -1 : *x < *y;
}

/*
 * What a node must have to be one of the `max_nodes` heaviest.  A node is never
 * heavier than its parent, so what is shown hangs together.
 */
static uint64_t find_limit(const struct lens *lens, uint64_t min_ns, uint32_t max_nodes)
{
	uint64_t *weights = xcalloc(lens->n_nodes, sizeof(*weights));
	size_t n = 0;

	for (uint32_t i = 1; i < lens->n_nodes; i++)
		if (lens->nodes[i].weight_ns >= min_ns)
			weights[n++] = lens->nodes[i].weight_ns;
	if (n > max_nodes) {
		qsort(weights, n, sizeof(*weights), by_weight);
		min_ns = max_nodes ? weights[max_nodes - 1] : UINT64_MAX;
	}
	free(weights);
	return min_ns;
}

static int by_row(const void *a, const void *b)
{
	const struct tree_row *x = a, *y = b;

	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	if (x->total.weight_ns != y->total.weight_ns)
		return x->total.weight_ns > y->total.weight_ns ? -1 : 1;
	return x->node < y->node ? -1 : x->node > y->node;
}

static void push_row(struct work *w, struct tree_row row)
{
	array_reserve(w->v, w->n + 1, w->cap);
	w->v[w->n++] = row;
}

/*
 * Put the children of a row at the end of the list, and a row for the rest.
 * Returns how many rows that is.
 */
static size_t push_children(struct work *w, uint32_t node, uint32_t depth)
{
	const struct tree *t = w->lens->tree;
	struct tree_row rest = { .kind = TREE_ROW_REST, .node = node, .depth = depth };
	size_t first = w->n;

	for (uint32_t c = t->first_child[node]; c != TREE_NONE; c = t->next_sibling[c]) {
		struct sum total = w->lens->nodes[c];

		if (!total.count)
			continue;
		if (total_ns(w, c) >= w->min_ns && depth <= w->max_depth) {
			push_row(w, (struct tree_row){ .kind = TREE_ROW_NODE, .node = c,
				.depth = depth, .self = lens_self(w->lens, c), .total = total });
			continue;
		}
		rest.n++;
		rest.largest_ns = max_of(rest.largest_ns, total_ns(w, c));
		sum_add(&rest.total, total);
		sum_add(&rest.self, total);
	}
	if (rest.n)
		push_row(w, rest);
	if (node == 0 && w->sum->filtered.count)
		push_row(w, (struct tree_row){ .kind = TREE_ROW_FILTERED, .depth = depth,
			.self = w->sum->filtered, .total = w->sum->filtered });
	if (w->n > first) {
		qsort(w->v + first, w->n - first, sizeof(*w->v), by_row);
		w->v[w->n - 1].last = true;
	}
	return w->n - first;
}

/*
 * Rows are made in the order in which they are shown: the children of the row
 * just made go on top of those that wait, the heaviest uppermost.  They are put
 * in order at the end of the list of rows, which serves as the scratch pad.
 */
static void make_rows(struct work *w)
{
	struct tree_row *waiting = NULL;	/* the next one is the last */
	size_t n_waiting = 1, cap_waiting = 0;

	array_reserve(waiting, 1, cap_waiting);
	waiting[0] = (struct tree_row){ .kind = TREE_ROW_NODE,
		.self = lens_self(w->lens, 0), .total = w->lens->nodes[0], .last = true };
	sum_add(&waiting[0].total, w->sum->filtered);
	while (n_waiting) {
		struct tree_row row = waiting[--n_waiting];
		size_t n;

		push_row(w, row);
		if (row.kind != TREE_ROW_NODE)
			continue;
		n = push_children(w, row.node, row.depth + 1);
		array_reserve(waiting, n_waiting + n, cap_waiting);
		while (n--)
			waiting[n_waiting++] = w->v[--w->n];
	}
	free(waiting);
}

/* ---- how deep recursion goes ---- */

#define PART_LEAVES 10000	/* that a thread of its own is for */

struct depths {
	const struct work *w;
	const struct u64map *of_node;	/* node -> row that wants to know */
	const bool *recursive;	/* by node: such a one is on its path, or it is one */
	uint32_t first, last;	/* leaves */
	struct u64map at;	/* row and depth -> place in sums */
	struct point {
		uint32_t row, depth;
		uint64_t weight_ns;
	} *points;
	size_t n, cap;
};

static void add_depth(struct depths *d, uint32_t row, uint32_t depth, uint64_t weight_ns)
{
	uint32_t *slot = u64map_slot(&d->at, (uint64_t)row << 32 | depth);

	if (*slot == U64MAP_NONE) {
		*slot = (uint32_t)d->n;
		array_reserve(d->points, d->n + 1, d->cap);
		d->points[d->n++] = (struct point){ row, depth, 0 };
	}
	d->points[*slot].weight_ns += weight_ns;
}

/* Count how many calls are one in each recursive node on a leaf's path. */
static void measure(struct depths *d, struct fold_path *path, uint32_t leaf, uint64_t weight_ns)
{
	const struct work *w = d->w;
	const struct tree *t = w->lens->tree;
	uint32_t node = lens_node(w->lens, w->p, w->p->shown.leaves[leaf]);

	fold_path_take(path, leaf);
	for (size_t i = path->n; i-- > 0 && node; node = t->parent[node]) {
		uint32_t row = t->flags[node] & TREE_RECURSIVE ? u64map_find(d->of_node, node)
							       : U64MAP_NONE;

		for (uint32_t n = 1; row != U64MAP_NONE && n <= path->v[i].n; n++)
			add_depth(d, row, n, weight_ns);
	}
}

static int by_point(const void *a, const void *b)
{
	const struct point *x = a, *y = b;

	if (x->row != y->row)
		return x->row < y->row ? -1 : 1;
	return x->depth < y->depth ? -1 : 1;
}

/*
 * A point holds the weight that reaches at least its depth.  The median depth is
 * the largest one that half of the weight reaches.
 */
static void set_depths(struct work *w, struct depths *d)
{
	if (d->n)
		qsort(d->points, d->n, sizeof(*d->points), by_point);
	for (size_t i = 0; i < d->n; i++) {
		const struct point *pt = &d->points[i];
		struct tree_row *row = &w->v[pt->row];

		row->max_depth = pt->depth;
		if (pt->weight_ns >= row->total.weight_ns - row->total.weight_ns / 2)
			row->n = pt->depth;
	}
}

/* The nodes that have a recursive one with a row on their path, themselves included. */
static bool *find_recursive(const struct work *w, const struct u64map *of_node)
{
	const struct tree *t = w->lens->tree;
	bool *is = xcalloc(w->lens->n_nodes, sizeof(*is));

	for (uint32_t i = 1; i < w->lens->n_nodes; i++)
		is[i] = is[t->parent[i]] || (t->flags[i] & TREE_RECURSIVE &&
					     u64map_find(of_node, i) != U64MAP_NONE);
	return is;
}

static void measure_part(void *parts, uint32_t number)
{
	struct depths *d = (struct depths *)parts + number;
	const struct work *w = d->w;
	struct fold_path path;

	fold_path_init(&path, w->p, w->lens->mode);
	for (uint32_t i = d->first; i < d->last; i++)
		if (w->sum->leaves[i].count &&
		    d->recursive[lens_node(w->lens, w->p, w->p->shown.leaves[i])])
			measure(d, &path, i, w->sum->leaves[i].weight_ns);
	fold_path_deinit(&path);
}

/* What the parts have found, in the first. */
static void join(struct depths *parts, uint32_t n)
{
	for (uint32_t i = 1; i < n; i++) {
		for (size_t k = 0; k < parts[i].n; k++)
			add_depth(parts, parts[i].points[k].row, parts[i].points[k].depth,
				  parts[i].points[k].weight_ns);
		free(parts[i].points);
		u64map_deinit(&parts[i].at);
	}
}

void tree_rows_find_depths(const struct profile *p, const struct summary *sum,
			   const struct lens *lens, struct tree_rows *r)
{
	struct work w = { .p = p, .sum = sum, .lens = lens, .v = r->v, .n = r->n };
	uint32_t n = parallel_parts(sum->n_leaves, PART_LEAVES);
	struct depths parts[PARALLEL_MOST];
	_cleanup_(freep) bool *recursive = NULL;
	struct u64map of_node = { 0 };

	for (uint32_t i = 0; i < w.n; i++)
		if (w.v[i].kind == TREE_ROW_NODE &&
		    lens->tree->flags[w.v[i].node] & TREE_RECURSIVE)
			*u64map_slot(&of_node, w.v[i].node) = i;
	if (!of_node.n)
		return;
	recursive = find_recursive(&w, &of_node);
	for (uint32_t i = 0; i < n; i++)
		parts[i] = (struct depths){ .w = &w, .of_node = &of_node, .recursive = recursive,
			.first = (uint32_t)((uint64_t)sum->n_leaves * i / n),
			.last = (uint32_t)((uint64_t)sum->n_leaves * (i + 1) / n) };
	parallel_run(n, measure_part, parts);
	join(parts, n);
	set_depths(&w, parts);
	free(parts->points);
	u64map_deinit(&parts->at);
	u64map_deinit(&of_node);
}

void tree_rows_lay(const struct profile *p, const struct summary *sum, const struct lens *lens,
		   uint64_t min_ns, uint32_t max_nodes, uint32_t max_depth, struct tree_rows *out)
{
	struct work w = {
		.p = p, .sum = sum, .lens = lens, .max_depth = max_depth,
		.min_ns = find_limit(lens, min_ns, max_nodes),
	};

	make_rows(&w);
	*out = (struct tree_rows){ .v = w.v, .n = (uint32_t)w.n };
}

void tree_rows_make_of(const struct profile *p, const struct summary *sum, const struct lens *lens,
		       uint64_t min_ns, uint32_t max_nodes, uint32_t max_depth,
		       struct tree_rows *out)
{
	tree_rows_lay(p, sum, lens, min_ns, max_nodes, max_depth, out);
	tree_rows_find_depths(p, sum, lens, out);
}

void tree_rows_make(const struct profile *p, const struct summary *sum, uint64_t min_ns,
		    uint32_t max_nodes, uint32_t max_depth, struct tree_rows *out)
{
	const struct lens lens = lens_direct(p, sum);

	tree_rows_make_of(p, sum, &lens, min_ns, max_nodes, max_depth, out);
}

void tree_rows_deinit(struct tree_rows *r)
{
	free(r->v);
	*r = (struct tree_rows){ 0 };
}
