// SPDX-License-Identifier: Apache-2.0
/*
 * New children come first below their parent, so what is new below an old node is one run
 * of steps behind the node's own:
 *
 *	old	a b c		new below b: x, below that y; below c: z
 *	fresh	    x y   z
 *	all	a b x y c z
 *
 * The runs are walked, and the old steps behind them moved back, from the end on.
 */
#include "profile/tree_order.h"

#include <string.h>

#include "base/util.h"
#include "profile/profile.h"

/* Steps that are not in the order yet, run after run. */
struct fresh {
	struct tree_step *v;
	size_t n, cap;
	struct run {
		uint32_t behind;	/* this step */
		uint32_t n;
	} *runs;
	size_t n_runs, cap_runs;
};

/* ---- steps ---- */

/* Add a node and all that is below it. */
static void walk(const struct tree *t, uint32_t top, struct fresh *f)
{
	uint32_t node = top;

	for (;;) {
		array_reserve(f->v, f->n + 1, f->cap);
		f->v[f->n++] = (struct tree_step){ node, t->function[node], t->depth[node], 0 };
		if (t->first_child[node] != TREE_NONE) {
			node = t->first_child[node];
			continue;
		}
		while (node != top && t->next_sibling[node] == TREE_NONE)
			node = t->parent[node];
		if (node == top)
			return;
		node = t->next_sibling[node];
	}
}

static int by_step(const void *a, const void *b)
{
	const struct run *x = a, *y = b;

	return (x->behind > y->behind) - (x->behind < y->behind);
}

/* Find where there is something new, and walk it. */
static void find_fresh(const struct tree *t, struct fresh *f)
{
	size_t n = 0;

	for (uint32_t i = t->n_steps; i < t->n; i++) {
		if (t->parent[i] >= t->n_steps)
			continue;
		array_reserve(f->runs, f->n_runs + 1, f->cap_runs);
		f->runs[f->n_runs++] = (struct run){ .behind = t->step_of[t->parent[i]] };
	}
	qsort(f->runs, f->n_runs, sizeof(*f->runs), by_step);
	for (size_t i = 0; i < f->n_runs; i++) {
		struct run run = f->runs[i];
		size_t first = f->n;

		if (n && f->runs[n - 1].behind == run.behind)
			continue;
		for (uint32_t c = t->first_child[t->steps[run.behind].node];
		     c != TREE_NONE && c >= t->n_steps; c = t->next_sibling[c])
			walk(t, c, f);
		run.n = (uint32_t)(f->n - first);
		f->runs[n++] = run;
	}
	f->n_runs = n;
}

/* Put what is fresh where it belongs; returns the first step that is another one now. */
static uint32_t merge(struct tree *t, const struct fresh *f)
{
	uint32_t to = t->n, from = t->n_steps, at = (uint32_t)f->n;

	for (size_t i = f->n_runs; i-- > 0;) {
		const struct run *run = &f->runs[i];
		uint32_t n_behind = from - (run->behind + 1);

		to -= n_behind;
		from -= n_behind;
		memmove(t->steps + to, t->steps + from, n_behind * sizeof(*t->steps));
		to -= run->n;
		at -= run->n;
		memcpy(t->steps + to, f->v + at, run->n * sizeof(*t->steps));
	}
	return to;
}

static void order_nodes(struct tree *t)
{
	struct fresh f = { 0 };
	uint32_t first = 0;

	array_reserve(t->step_of, t->n, t->cap_step_of);
	if (t->n_steps) {
		array_reserve(t->steps, t->n, t->cap_steps);
		find_fresh(t, &f);
		first = merge(t, &f);
		free(f.v);
		free(f.runs);
	} else {
		walk(t, 0, &f);
		t->steps = f.v;
		t->cap_steps = f.cap;
	}
	for (uint32_t i = first; i < t->n; i++) {
		t->step_of[t->steps[i].node] = i;
		t->max_depth = max_of(t->max_depth, t->steps[i].depth);
	}
	t->n_steps = t->n;
}

/*
 * Mark the nodes that have no other of their function above them: during a walk
 * by what is on the path, because looking up from each node would take the
 * square of the depth.
 */
static void mark_outermost(struct tree *t, size_t n_functions)
{
	uint32_t *on_path = xcalloc(n_functions, sizeof(*on_path));
	uint32_t *path = xreallocarray(NULL, (size_t)t->max_depth + 1, sizeof(*path));
	uint32_t depth = 0;

	for (uint32_t i = 1; i < t->n_steps; i++) {
		struct tree_step *s = &t->steps[i];

		while (depth >= s->depth)
			on_path[path[depth--]]--;
		depth = s->depth;
		path[depth] = s->function;
		if (!on_path[s->function]++) {
			s->flags = TREE_OUTERMOST;
			t->flags[s->node] |= TREE_OUTERMOST;
		}
	}
	free(path);
	free(on_path);
}

/* ---- leaves ---- */

/* `ends[i]` and `ends[i + 1]` bound the leaves that end at step `i`. */
static void mark_chains(struct tree *t, const uint32_t *ends)
{
	for (uint32_t i = 1; i < t->n; i++) {
		struct tree_step *s = &t->steps[i];

		s->flags &= ~(uint32_t)TREE_CHAINED;
		/* One deeper: it is the first child of the one before. */
		if (s->depth == s[-1].depth + 1 && i > 1 && ends[i - 1] == ends[i] &&
		    t->next_sibling[s->node] == TREE_NONE)
			s->flags |= TREE_CHAINED;
	}
}

/* Sort the leaves by the step of the node that they end in. */
static void order_leaves(struct tree *t, const struct profile *p)
{
	uint32_t *place = xcalloc((size_t)t->n + 1, sizeof(*place));

	if (t->cap_leaves < p->n_leaves) {
		t->cap_leaves = p->n_leaves;
		t->leaves = xreallocarray(t->leaves, t->cap_leaves, sizeof(*t->leaves));
		t->leaf_steps = xreallocarray(t->leaf_steps, t->cap_leaves, sizeof(*t->leaf_steps));
	}
	for (size_t i = 0; i < p->n_leaves; i++)
		place[t->step_of[t->of_stack[p->shown.leaves[i]]] + 1]++;
	for (uint32_t i = 0; i < t->n; i++)
		place[i + 1] += place[i];
	mark_chains(t, place);
	for (uint32_t i = 0; i < p->n_leaves; i++) {
		uint32_t step = t->step_of[t->of_stack[p->shown.leaves[i]]];

		t->leaf_steps[place[step]] = step;
		t->leaves[place[step]++] = i;
	}
	t->n_leaves = p->n_leaves;
	free(place);
}

void tree_order_update(struct tree *t, const struct profile *p)
{
	if (t->n_steps != t->n) {
		order_nodes(t);
		mark_outermost(t, p->n_functions);
	}
	order_leaves(t, p);
}
