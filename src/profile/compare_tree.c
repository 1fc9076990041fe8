// SPDX-License-Identifier: Apache-2.0
/*
 * Block after block the weights of samples go to the nodes that they end in, and from there
 * up to the root; what nodes of A have goes to those of B that are the same paths.
 */
#include "profile/compare_tree.h"

#include <string.h>

#include "base/util.h"
#include "profile/compare_match.h"
#include "profile/compare_side.h"

#define NOWHERE UINT32_MAX

/* ---- which paths are the same ---- */

static uint32_t find_child(const struct tree *t, uint32_t node, uint32_t function)
{
	for (uint32_t i = t->first_child[node]; i != TREE_NONE; i = t->next_sibling[i])
		if (t->function[i] == function)
			return i;
	return NOWHERE;
}

/* By node of A that of B, or NOWHERE. */
static uint32_t *match_nodes(const struct compare_side sides[2], const struct lens *a,
			     const struct lens *b)
{
	uint32_t *to = xcalloc(a->n_nodes, sizeof(*to));
	const struct profile *p = sides[COMPARE_A].p;
	uint32_t *same = p == sides[COMPARE_B].p ? NULL : compare_find_all(p, sides[COMPARE_B].p);

	for (uint32_t i = 1; i < a->n_nodes; i++) {
		uint32_t parent = to[a->tree->parent[i]], function = a->tree->function[i];

		if (same)
			function = function < p->n_functions ? same[function] : RECORD_NONE;

		to[i] = parent == NOWHERE || function == RECORD_NONE
			? NOWHERE : find_child(b->tree, parent, function);
	}
	free(same);
	return to;
}

/* ---- sums ---- */

struct sums {
	struct side s;
	struct tally *nodes;	/* by node of B */
	uint32_t n_nodes;
	double gone;
};

/* Samples of a block into the nodes that they end in. */
static void scan(const struct side *s, const struct picked *k, const struct lens *lens, size_t i,
		 size_t end, double *weight)
{
	const struct profile *p = s->in->p;

	for (; i < end; i++) {
		uint32_t leaf = p->samples.leaf[i];

		if (picked_has(k, &p->samples, i) && k->leaf[leaf])
			weight[lens_node(lens, p, p->shown.leaves[leaf])] += p->samples.weight_ns[i];
	}
}

/* `to`: by node of the lens where it goes, NULL: to itself. */
static void sum_up(struct sums *t, const struct compare_side *in, const struct lens *lens,
		   const uint32_t *to, uint32_t n_nodes)
{
	double *weight = xcalloc(lens->n_nodes, sizeof(*weight));
	double *x = to ? xcalloc(n_nodes, sizeof(*x)) : weight;
	struct blocks blocks;
	struct picked k;

	blocks_init(&blocks, in);
	side_begin(&t->s, in, &blocks);
	t->nodes = xcalloc(n_nodes, sizeof(*t->nodes));
	t->n_nodes = n_nodes;
	t->gone = 0;
	picked_init(&k, in->p, in->selection);
	for (uint32_t b = 0; b < blocks.n; b++) {
		memset(weight, 0, lens->n_nodes * sizeof(*weight));
		scan(&t->s, &k, lens, picked_block(&k, &in->p->samples, b, blocks.n),
		     picked_block(&k, &in->p->samples, b + 1, blocks.n), weight);
		for (uint32_t i = lens->n_nodes; i-- > 1;)
			weight[lens->tree->parent[i]] += weight[i];
		if (to)
			memset(x, 0, n_nodes * sizeof(*x));
		for (uint32_t i = 0; to && i < lens->n_nodes; i++)
			if (to[i] != NOWHERE)
				x[to[i]] += weight[i];
			else if (to[lens->tree->parent[i]] != NOWHERE)
				t->gone += weight[i];
		for (uint32_t i = 0; i < n_nodes; i++)
			if (x[i] > 0) {
				t->nodes[i].sum += x[i];
				t->nodes[i].sq += x[i] * x[i];
				t->nodes[i].w += x[i] * blocks.weight[b];
			}
	}
	for (uint32_t i = 0; i < lens->n_nodes; i++)
		if (!to || to[i] != NOWHERE)
			t->nodes[to ? to[i] : i].n += lens->nodes[i].count;
	picked_deinit(&k);
	blocks_deinit(&blocks);
	if (to)
		free(x);
	free(weight);
}

/* ---- tests ---- */

static uint64_t samples_of(const struct sums sums[2], uint32_t node)
{
	return sums[COMPARE_A].nodes[node].n + sums[COMPARE_B].nodes[node].n;
}

/* Has it the samples of its caller, and no others? */
static bool is_chained(const struct sums sums[2], const struct tree *tree, uint32_t node)
{
	uint32_t parent = tree->parent[node];

	return parent && sums[COMPARE_A].nodes[node].n == sums[COMPARE_A].nodes[parent].n &&
	       sums[COMPARE_B].nodes[node].n == sums[COMPARE_B].nodes[parent].n;
}

/* Kernel time that is not sampled scatters nobody knows how. */
static bool can_test(const struct sums sums[2], const struct lens *b, uint32_t node)
{
	const struct compare_side *in = sums[COMPARE_B].s.in;
	bool hidden = sums[COMPARE_A].s.in->sum->hidden_ns || in->sum->hidden_ns;

	return node && samples_of(sums, node) >= COMPARE_MIN_SAMPLES &&
	       !(hidden && profile_function_kind(in->p, b->tree->function[node]) == 'K');
}

static void fill(struct compare_node *n, const struct sums sums[2], uint32_t node)
{
	for (int side = 0; side < 2; side++) {
		n->samples[side] = sums[side].nodes[node].n;
		n->value[side] = sums[side].nodes[node].sum * sums[side].s.unit;
	}
	n->change = n->value[COMPARE_B] - n->value[COMPARE_A];
	n->low = n->high = n->change;
	n->verdict = COMPARE_UNTESTED;
}

void compare_tree_make(const struct compare_side sides[2], const struct lens *a,
		       const struct lens *b, const struct compare *c, struct compare_tree *out)
{
	struct quantiles quantiles = { 0 };
	struct sums sums[2];
	bool same = sides[COMPARE_A].p == sides[COMPARE_B].p, trouble;
	uint32_t *to = same && a->tree == b->tree ? NULL : match_nodes(sides, a, b);

	*out = (struct compare_tree){ .nodes = xcalloc(b->n_nodes, sizeof(*out->nodes)),
				      .n_nodes = b->n_nodes };
	out->kernel_differs = compare_sees_kernel(&sides[COMPARE_A]) !=
			      compare_sees_kernel(&sides[COMPARE_B]);
	trouble = c->trouble || out->kernel_differs;
	sum_up(&sums[COMPARE_A], &sides[COMPARE_A], a, to, b->n_nodes);
	sum_up(&sums[COMPARE_B], &sides[COMPARE_B], b, NULL, b->n_nodes);
	for (int side = 0; side < 2; side++) {
		side_set_unit(&sums[side].s, c->unit);
		if (!same)
			sums[side].s.run_scatter = side_run_scatter(&sums[side].s);
	}
	out->gone = sums[COMPARE_A].gone * sums[COMPARE_A].s.unit;
	for (uint32_t i = 0; i < b->n_nodes; i++)
		out->n_tested += can_test(sums, b, i) && !is_chained(sums, b->tree, i);
	quantiles.n_tested = max_of(out->n_tested, 1u);
	out->n_tested = trouble ? 0 : out->n_tested;
	for (uint32_t i = 0; i < b->n_nodes; i++) {
		struct compare_node *n = &out->nodes[i];
		double half;

		fill(n, sums, i);
		if (trouble || !can_test(sums, b, i))
			continue;
		half = sides_half_width((struct side[]){ sums[COMPARE_A].s, sums[COMPARE_B].s },
					&sums[COMPARE_A].nodes[i], &sums[COMPARE_B].nodes[i], c->unit,
					&quantiles);
		n->low = n->change - half;
		n->high = n->change + half;
		n->verdict = compare_judge(n->low, n->high, n->samples);
	}
	for (int side = 0; side < 2; side++)
		free(sums[side].nodes);
	free(to);
}

void compare_tree_deinit(struct compare_tree *t)
{
	free(t->nodes);
	*t = (struct compare_tree){ 0 };
}
