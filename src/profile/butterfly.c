// SPDX-License-Identifier: Apache-2.0
/*
 * Of each stack the outermost call of the function is looked for, and those that are one
 * with it if recursion is folded:
 *
 *	main  handle  F  F  sort  compare
 *	  callers <-- [run] --> callees
 *
 * What is left of the run are callers, from right to left, what is right of it are
 * callees, each folded by itself, and the function's own time is where nothing is.
 */
#include "profile/butterfly.h"

#include <string.h>

#include "base/util.h"
#include "profile/functions.h"

/* The calls of a stack on one side, as far as they are looked at. */
struct way {
	struct sum sum;
	uint32_t row;		/* that it has come to */
	uint32_t line;		/* of the first call */
	uint32_t n;		/* calls */
};

/* A side while it grows. */
struct side {
	struct way *ways;
	uint32_t *functions;	/* `depth` for each of them, the nearest first */
	size_t n_ways, cap_ways, cap_functions;
	uint32_t depth;
	struct butterfly_row *rows;
	struct butterfly_line *lines;
	size_t n_rows, cap_rows, n_lines, cap_lines;
	struct u64map by_path;	/* parent and function -> row */
	struct u64map by_line;	/* row and line -> line */
};

static uint32_t add_row(struct side *side, uint32_t parent, uint32_t function,
			uint32_t depth, struct sum sum)
{
	uint32_t *slot = u64map_slot(&side->by_path, (uint64_t)parent << 32 | function);

	if (*slot == U64MAP_NONE) {
		*slot = (uint32_t)side->n_rows;
		array_reserve(side->rows, side->n_rows + 1, side->cap_rows);
		side->rows[side->n_rows++] = (struct butterfly_row){
			.function = function, .parent = parent, .depth = depth };
	}
	sum_add(&side->rows[*slot].sum, sum);
	return *slot;
}

static void add_line(struct side *side, uint32_t row, uint32_t line, struct sum sum)
{
	uint32_t *slot = u64map_slot(&side->by_line, (uint64_t)row << 32 | line);

	if (*slot == U64MAP_NONE) {
		*slot = (uint32_t)side->n_lines;
		array_reserve(side->lines, side->n_lines + 1, side->cap_lines);
		side->lines[side->n_lines++] = (struct butterfly_line){ row, line, { 0 } };
	}
	sum_add(&side->lines[*slot].sum, sum);
}

/*
 * Enter calls going away from the middle: from place `i` in steps of `step`
 * while in [0, n).  `line` is where the first call between the two is written.
 */
static void add_way(struct side *side, const struct fold_path *c, size_t i, ptrdiff_t step,
		    uint32_t line, struct sum sum)
{
	uint32_t *functions;
	struct way way = { .sum = sum, .row = BUTTERFLY_NONE, .line = line };

	array_reserve(side->ways, side->n_ways + 1, side->cap_ways);
	array_reserve(side->functions, (side->n_ways + 1) * side->depth, side->cap_functions);
	functions = side->functions + side->n_ways * side->depth;
	for (; way.n < side->depth && i < c->n; i += (size_t)step)
		functions[way.n++] = c->v[i].level.function;
	side->ways[side->n_ways++] = way;
}

/*
 * Make rows of the ways, those next to the middle first: what is further away than a light
 * one is light, too, and not looked at.
 */
static void grow(struct side *side, double deeper_ns)
{
	for (uint32_t depth = 0; depth < side->depth; depth++)
		for (size_t i = 0; i < side->n_ways; i++) {
			struct way *way = &side->ways[i];

			if (depth >= way->n)
				continue;
			if (depth && (double)side->rows[way->row].sum.weight_ns < deeper_ns) {
				way->n = depth;
				continue;
			}
			way->row = add_row(side, way->row, side->functions[i * side->depth + depth],
					   depth + 1, way->sum);
			if (!depth)
				add_line(side, way->row, way->line, way->sum);
		}
}

static int by_weight(const struct sum *x, const struct sum *y)
{
	return x->weight_ns > y->weight_ns ? -1 : x->weight_ns < y->weight_ns;
}

static int by_line(const void *a, const void *b)
{
	const struct butterfly_line *x = a, *y = b;
	int heavier = by_weight(&x->sum, &y->sum);

	if (x->row != y->row)
		return x->row < y->row ? -1 : 1;
	return heavier ? heavier : (x->line > y->line) - (x->line < y->line);
}

struct sibling {
	struct butterfly_row row;
	uint32_t old;		/* its number while the side grew */
};

static int by_sibling(const void *a, const void *b)
{
	const struct sibling *x = a, *y = b;
	int heavier = by_weight(&x->row.sum, &y->row.sum);

	if (x->row.parent != y->row.parent)
		return x->row.parent < y->row.parent ? -1 : 1;
	return heavier ? heavier : x->old < y->old ? -1 : 1;
}

/* Put the children of `parent` (an old number) and all below in their final order. */
static void place(const struct sibling *sorted, const uint32_t *first, size_t n,
		  uint32_t parent, uint32_t new_parent, struct butterfly_side *out,
		  uint32_t *new_number)
{
	size_t i = parent == BUTTERFLY_NONE ? first[n] : first[parent];

	for (; i < n && sorted[i].row.parent == parent; i++) {
		uint32_t number = out->n_rows++;

		new_number[sorted[i].old] = number;
		out->rows[number] = sorted[i].row;
		out->rows[number].parent = new_parent;
		place(sorted, first, n, sorted[i].old, number, out, new_number);
	}
}

/* Leave out what is light: no row is heavier than its parent, so it has no children then. */
static void drop_light(struct side *side, double deeper_ns)
{
	_cleanup_(freep) uint32_t *new_number = xcalloc(side->n_rows, sizeof(*new_number));
	size_t n = 0;

	for (size_t i = 0; i < side->n_rows; i++) {
		struct butterfly_row row = side->rows[i];

		if (row.depth > 1 && (double)row.sum.weight_ns < deeper_ns)
			continue;
		if (row.depth > 1)
			row.parent = new_number[row.parent];
		new_number[i] = (uint32_t)n;
		side->rows[n++] = row;
	}
	for (size_t i = 0; i < side->n_lines; i++)
		side->lines[i].row = new_number[side->lines[i].row];
	side->n_rows = n;
}

/* Order what has grown; empties `side`. */
static void finish(struct side *side, double deeper_ns, struct butterfly_side *out)
{
	grow(side, deeper_ns);
	drop_light(side, deeper_ns);

	size_t n = side->n_rows;
	struct sibling *sorted = xcalloc(n, sizeof(*sorted));
	uint32_t *first = xcalloc(n + 1, sizeof(*first));	/* child; [n]: of the middle */
	uint32_t *new_number = xcalloc(n, sizeof(*new_number));

	for (uint32_t i = 0; i < n; i++)
		sorted[i] = (struct sibling){ side->rows[i], i };
	qsort(sorted, n, sizeof(*sorted), by_sibling);
	for (size_t i = 0; i <= n; i++)
		first[i] = (uint32_t)n;
	for (uint32_t i = (uint32_t)n; i-- > 0;) {
		uint32_t parent = sorted[i].row.parent;

		first[parent == BUTTERFLY_NONE ? n : parent] = i;
	}
	*out = (struct butterfly_side){ .rows = xcalloc(n, sizeof(*out->rows)) };
	place(sorted, first, n, BUTTERFLY_NONE, BUTTERFLY_NONE, out, new_number);

	for (size_t i = 0; i < side->n_lines; i++)
		side->lines[i].row = new_number[side->lines[i].row];
	if (side->n_lines)
		qsort(side->lines, side->n_lines, sizeof(*side->lines), by_line);
	out->lines = side->lines;
	out->n_lines = (uint32_t)side->n_lines;
	free(side->rows);
	free(side->ways);
	free(side->functions);
	u64map_deinit(&side->by_path);
	u64map_deinit(&side->by_line);
	free(sorted);
	free(first);
	free(new_number);
}

/* What was measured tells the callers of a function and whom it calls, and no more. */
static void take_measured(const struct profile *p, uint32_t function, struct butterfly *b,
			  struct side *callers, struct side *callees)
{
	uint64_t called = 0;

	for (size_t i = 0; i < p->n_measured; i++) {
		const struct profile_measured *m = &p->measured[i];
		struct sum sum = { m->calls, m->total_ns };

		if (m->function == function && m->caller == RECORD_NONE) {
			b->total = sum;
			b->self = (struct sum){ m->calls, m->self_ns };
		} else if (m->function == function) {
			add_row(callers, BUTTERFLY_NONE, m->caller, 1, sum);
			called += m->calls;
		} else if (m->caller == function) {
			add_row(callees, BUTTERFLY_NONE, m->function, 1, sum);
		}
	}
	/* Somebody who is not known called it, or nobody: with how much time is not told. */
	if (b->total.count > called)
		b->outermost.count = b->total.count - called;
}

/* The innermost call that is one with the call of the same function at `first`. */
static size_t find_last(const struct fold_path *c, size_t first)
{
	uint32_t function = c->calls[first].function;
	size_t last = first;

	if (c->mode == RECURSION_RAW)
		return first;
	for (size_t i = first; i-- > 0 && !c->p->functions[c->calls[i].function].outcome;)
		if (c->calls[i].function == function)
			last = i;
		else if (c->mode == RECURSION_DIRECT)
			break;
	return last;
}

void butterfly_make_folded(const struct profile *p, const struct summary *sum, uint32_t function,
			   uint32_t depth, double deeper_share, enum recursion mode,
			   struct butterfly *out)
{
	_cleanup_(freep) bool *has = profile_leaves_with(p, function);
	const struct sum *sums = sum->leaves;
	struct side callers = { .depth = depth }, callees = { .depth = depth };
	struct fold_path c;

	*out = (struct butterfly){ .function = function };
	if (sum->measured)
		take_measured(p, function, out, &callers, &callees);
	fold_path_init(&c, p, mode);
	for (uint32_t i = 0; i < sum->n_leaves; i++) {
		size_t first, last;

		if (!sums[i].count || !has[i])
			continue;
		fold_path_list(&c, i);
		first = c.n_calls;
		while (first && c.calls[first - 1].function != function)
			first--;
		if (!first--)
			continue;
		last = find_last(&c, first);
		sum_add(&out->total, sums[i]);
		if (first + 1 < c.n_calls) {
			fold_path_fold(&c, first + 1, c.n_calls);
			add_way(&callers, &c, c.n - 1, -1, c.calls[first + 1].line, sums[i]);
		} else {
			sum_add(&out->outermost, sums[i]);
		}
		if (last) {
			fold_path_fold(&c, 0, last);
			add_way(&callees, &c, 0, 1, c.calls[last].line, sums[i]);
		} else {
			sum_add(&out->self, sums[i]);
		}
	}
	finish(&callers, deeper_share * (double)out->total.weight_ns, &out->callers);
	finish(&callees, deeper_share * (double)out->total.weight_ns, &out->callees);
	fold_path_deinit(&c);
}

void butterfly_make(const struct profile *p, const struct summary *sum, uint32_t function,
		    uint32_t depth, struct butterfly *out)
{
	butterfly_make_folded(p, sum, function, depth, 0, RECURSION_DIRECT, out);
}

void butterfly_deinit(struct butterfly *b)
{
	free(b->callers.rows);
	free(b->callers.lines);
	free(b->callees.rows);
	free(b->callees.lines);
	*b = (struct butterfly){ 0 };
}
