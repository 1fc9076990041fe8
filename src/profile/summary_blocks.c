// SPDX-License-Identifier: Apache-2.0
/*
 * Two steps per GROUP blocks of time:
 *
 *	samples of a block ──► weight by leaf		one block after the other,
 *							so that the sums stay in cache
 *	weights by leaf, GROUP blocks at once
 *	  ──► backwards over the steps of the tree: a node's total is its own plus
 *	      what its children left at its depth; it is added to the node's
 *	      function if that has no other node above, and left for the parent
 *
 * which gives the scatter of every function's share between blocks.  Walking in order
 * keeps the whole state of the second step in a few vectors per depth: 60 blocks of a
 * tree of 600,000 nodes take 40 ms.
 *
 * Where that is worth it the groups are dealt out to as many threads as there are CPUs:
 * each sums up by itself, and what they have is added up at the end.
 */
#include "profile/summary_blocks.h"

#include <string.h>

#include "base/parallel.h"
#include "base/util.h"

#define GROUP 8
#define AHEAD 24	/* samples between asking for a leaf's sum and using it */
#define STEPS_AHEAD 8	/* the same for the function of a step */
#define PART_WORK 1000000	/* samples and steps that a thread of its own is for: 5 ms */

/* The weights of one thing in each block of a group. */
typedef double group_t __attribute__((vector_size(GROUP * sizeof(double))));

struct function_group {
	group_t self, total;
};

/* What is summed up by one thread: the groups [first, last). */
struct part {
	struct summary *sum;	/* its own cells of self_ns and stats.weight are written */
	const struct profile *p;
	const struct picked *picked;
	uint32_t first, last;

	struct sum received, filtered;
	double sq;		/* of all weights */
	struct sum *leaves;	/* by leaf */
	struct scatter {
		double sq, w;
	} *functions;		/* by function: of its total */

	struct sum *block;	/* by leaf: one block; zero between blocks */
	group_t *group;		/* by place in the tree's order of leaves */
	group_t *left;		/* by depth: of the children walked so far */
	struct function_group *function;	/* zero between groups */
};

/* ---- a group of blocks ---- */

/* Add samples to their leaves; returns all.  `whole`: none has to be asked for. */
static inline struct sum scan(struct part *w, size_t first, size_t last, bool whole)
{
	const struct samples *s = &w->p->samples;
	struct sum received = { 0 };
	double sq = 0;

	for (size_t i = first; i < last; i++) {
		struct sum one = { 1, s->weight_ns[i] };

		__builtin_prefetch(&w->block[s->leaf[min_of(i + AHEAD, last - 1)]], 1);
		if (!whole && !picked_has(w->picked, s, i))
			continue;
		sum_add(&w->block[s->leaf[i]], one);
		sum_add(&received, one);
		sq += (double)one.weight_ns * (double)one.weight_ns;
	}
	w->sq += sq;
	return received;
}

/* A block of the selection; returns its weight. */
static double scan_block(struct part *w, size_t first, size_t last)
{
	struct sum received = scan(w, first, last, w->picked->whole);

	sum_add(&w->received, received);
	return (double)received.weight_ns;
}

/* Move the weights of a block to place `g` of its group. */
static void keep_block(struct part *w, uint32_t g)
{
	const struct tree *t = &w->p->tree;

	for (size_t i = 0; i < t->n_leaves; i++) {
		uint32_t leaf = t->leaves[i];
		struct sum *block = &w->block[leaf];

		w->group[i][g] = 0;
		if (!block->count)
			continue;
		sum_add(&w->leaves[leaf], *block);
		if (w->picked->leaf[leaf]) {
			w->group[i][g] = (double)block->weight_ns;
		} else {
			sum_add(&w->filtered, *block);
		}
		*block = (struct sum){ 0 };
	}
}

/* From leaves to functions, self and total, for a group of blocks. */
static void climb(struct part *w)
{
	const struct tree *t = &w->p->tree;
	size_t leaf = t->n_leaves;
	group_t total = { 0 };
	uint32_t below = 0;	/* flags of the step after this one */

	for (uint32_t i = t->n - 1; i > 0; i--) {
		const struct tree_step *s = &t->steps[i];
		struct function_group *f = &w->function[s->function];

		if (i > STEPS_AHEAD)
			__builtin_prefetch(&w->function[s[-STEPS_AHEAD].function].total, 1);
		if (!(below & TREE_CHAINED)) {
			total = w->left[s->depth + 1];
			w->left[s->depth + 1] = (group_t){ 0 };
		}
		for (; leaf && t->leaf_steps[leaf - 1] == i; leaf--) {
			f->self += w->group[leaf - 1];
			total += w->group[leaf - 1];
		}
		if (s->flags & TREE_OUTERMOST)
			f->total += total;
		if (!(s->flags & TREE_CHAINED))
			w->left[s->depth] += total;
		below = s->flags;
	}
	w->left[1] = (group_t){ 0 };
}

/* Keep what the blocks [first, first + n) say about functions, and empty it. */
static void keep_group(struct part *w, uint32_t first, uint32_t n)
{
	const double *weight = w->sum->stats.weight + first;

	for (uint32_t i = 0; i < w->sum->n_functions; i++) {
		struct function_group *g = &w->function[i];
		struct scatter *f = &w->functions[i];

		for (uint32_t b = 0; b < n; b++) {
			if (g->self[b] > 0)
				summary_blocks_of(w->sum, i)[first + b] = g->self[b];
			f->sq += g->total[b] * g->total[b];
			f->w += g->total[b] * weight[b];
		}
		*g = (struct function_group){ 0 };
	}
}

static void sum_part(void *parts, uint32_t number)
{
	struct part *w = (struct part *)parts + number;
	const struct samples *s = &w->p->samples;
	struct stats *st = &w->sum->stats;

	for (uint32_t group = w->first; group < w->last; group++) {
		uint32_t first = group * GROUP, n = min_of(st->n_blocks - first, (uint32_t)GROUP);

		for (uint32_t g = 0; g < n; g++) {
			uint32_t b = first + g;

			st->weight[b] = scan_block(w, picked_block(w->picked, s, b, st->n_blocks),
						   picked_block(w->picked, s, b + 1, st->n_blocks));
			keep_block(w, g);
		}
		climb(w);
		keep_group(w, first, n);
	}
}

/* ---- parts ---- */

/* Zeroed memory for vectors. */
static void *vectors(size_t n, size_t size)
{
	void *p = aligned_alloc(sizeof(group_t), max_of(n, (size_t)1) * size);

	if (!p)
		abort();
	memset(p, 0, n * size);
	return p;
}

static void part_init(struct part *w)
{
	const struct profile *p = w->p;

	w->leaves = xcalloc(p->n_leaves, sizeof(*w->leaves));
	w->functions = xcalloc(p->n_functions, sizeof(*w->functions));
	w->block = xcalloc(p->n_leaves, sizeof(*w->block));
	w->group = vectors(p->n_leaves, sizeof(*w->group));
	w->left = vectors((size_t)p->tree.max_depth + 2, sizeof(*w->left));
	w->function = vectors(p->n_functions, sizeof(*w->function));
}

/* Add what a part has to the summary, and free it. */
static void part_finish(struct part *w)
{
	struct summary *sum = w->sum;

	sum_add(&sum->received, w->received);
	sum_add(&sum->filtered, w->filtered);
	for (uint32_t i = 0; i < sum->n_leaves; i++)
		sum_add(&sum->all_leaves[i], w->leaves[i]);
	for (uint32_t i = 0; i < sum->n_functions; i++) {
		sum->functions[i].total_sq += w->functions[i].sq;
		sum->functions[i].total_w += w->functions[i].w;
	}
	free(w->leaves);
	free(w->functions);
	free(w->block);
	free(w->group);
	free(w->left);
	free(w->function);
}

static uint32_t n_groups(const struct summary *sum)
{
	return (stats_n_blocks(sum->to_ns - sum->from_ns) + GROUP - 1) / GROUP;
}

uint32_t summary_blocks_threads(const struct summary *sum, const struct profile *p,
				const struct picked *k)
{
	return parallel_parts((k->last - k->first) + (uint64_t)p->tree.n * n_groups(sum), PART_WORK);
}

void summary_blocks_make(struct summary *sum, const struct profile *p, const struct picked *k,
			 uint32_t n_threads)
{
	uint32_t groups = n_groups(sum), n = min_of(n_threads, groups);
	struct part parts[PARALLEL_MOST];
	double sq = 0;

	n = min_of(n, (uint32_t)PARALLEL_MOST);
	sum->stats.n_blocks = stats_n_blocks(sum->to_ns - sum->from_ns);
	sum->self_ns = xcalloc(sum->n_functions, sum->stats.n_blocks * sizeof(*sum->self_ns));
	for (uint32_t i = 0; i < n; i++) {
		parts[i] = (struct part){ .sum = sum, .p = p, .picked = k,
			.first = i * groups / n, .last = (i + 1) * groups / n };
		part_init(&parts[i]);
	}
	parallel_run(n, sum_part, parts);
	for (uint32_t i = 0; i < n; i++) {
		sq += parts[i].sq;
		part_finish(&parts[i]);
	}
	stats_finish(&sum->stats);
	sum->stats.n = sq > 0 ? sum->stats.total * sum->stats.total / sq : 0;
}
