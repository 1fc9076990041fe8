// SPDX-License-Identifier: Apache-2.0
#include "profile/summary.h"

#include <math.h>
#include <string.h>

#include "base/util.h"
#include "profile/summary_blocks.h"

/* Sums of nodes and functions over the whole range, from those of leaves. */
static void add_up(struct summary *sum, const struct profile *p)
{
	const struct tree *t = &p->tree;

	for (size_t i = 0; i < p->n_leaves; i++) {
		uint32_t node = t->of_stack[p->shown.leaves[i]];

		sum_add(&sum->nodes[node], sum->leaves[i]);
		sum_add(&sum->functions[t->function[node]].self, sum->leaves[i]);
	}
	for (uint32_t n = t->n; n-- > 0;) {
		struct sum node = sum->nodes[n];

		if (!node.count)
			continue;
		if (t->flags[n] & TREE_OUTERMOST)
			sum_add(&sum->functions[t->function[n]].total, node);
		if (n)
			sum_add(&sum->nodes[t->parent[n]], node);
	}
	sum->functions[FUNCTION_EMPTY].total = sum->functions[FUNCTION_EMPTY].self;
}

/* Those that pass the filter, of all. */
static struct sum *pick(const struct summary *sum, const struct picked *k)
{
	struct sum *leaves = xcalloc(sum->n_leaves, sizeof(*leaves));

	for (size_t i = 0; i < sum->n_leaves; i++)
		if (k->leaf[i])
			leaves[i] = sum->all_leaves[i];
	return leaves;
}

/* ---- what was not sampled ---- */

/* Growth of a counter over the selection; false if nothing is known of it. */
static bool count(const struct profile *p, const struct selection *s,
		  const struct picked *k, enum record_counter_what what, uint64_t *out)
{
	const struct counters *c = &p->counters;
	bool any = false;

	*out = 0;
	if (!s->n_threads && counters_known(c, what, RECORD_NONE)) {
		*out = counters_growth(c, what, RECORD_NONE, k->from_ns, k->to_ns);
		return true;
	}
	for (uint32_t i = 0; i < p->n_threads; i++) {
		if (!k->thread[i] || !counters_known(c, what, i))
			continue;
		*out += counters_growth(c, what, i, k->from_ns, k->to_ns);
		any = true;
	}
	/* Not kept by thread: all of it, so that nothing is claimed too much. */
	if (!any && counters_known(c, what, RECORD_NONE) && what != COUNTER_CPU_NS)
		*out = counters_growth(c, what, RECORD_NONE, k->from_ns, k->to_ns);
	return any;
}

/*
 * CPU time that was used while sampling was off.  By thread it is not known: the times
 * when it was off are random, so of some threads it is that part of what they used.
 */
static uint64_t off_part(const struct profile *p, const struct selection *s,
			 const struct picked *k, uint64_t cpu_ns)
{
	const struct counters *c = &p->counters;
	uint64_t off_ns = counters_growth(c, COUNTER_OFF_CPU_NS, RECORD_NONE, k->from_ns, k->to_ns);
	uint64_t all_ns = 0;

	if (!s->n_threads || !off_ns)
		return off_ns;
	for (uint32_t i = 0; i < p->n_threads; i++)
		all_ns += counters_growth(c, COUNTER_CPU_NS, i, k->from_ns, k->to_ns);
	return all_ns ? (uint64_t)((double)cpu_ns * fmin(1, (double)off_ns / (double)all_ns)) : 0;
}

#define MAX_LOST 1e18	/* so that sums with it fit; a recording can claim more */

/* The part of the losses that falls into the range. */
static struct sum lost_between(const struct profile *p, uint64_t from_ns, uint64_t to_ns)
{
	double n = 0, weight = 0;

	for (size_t i = 0; i < p->n_losses; i++) {
		const struct record_lost *l = &p->losses[i];
		uint64_t from = max_of(l->from_ns, from_ns), to = min_of(l->to_ns, to_ns);
		double part;

		if (l->from_ns == l->to_ns)
			part = l->from_ns >= from_ns && l->from_ns <= to_ns;
		else
			part = to > from ? (double)(to - from) /
				(double)(l->to_ns - l->from_ns) : 0;
		n += part * (double)l->count;
		weight += part * (double)l->weight_ns;
	}
	return (struct sum){ (uint64_t)fmin(n + .5, MAX_LOST),
			     (uint64_t)fmin(weight + .5, MAX_LOST) };
}

static bool kernel_excluded(const struct profile *p)
{
	const char *kernel = profile_meta(p, "kernel");

	return kernel && strcmp(kernel, "excluded") == 0;
}

static void account(struct summary *sum, const struct profile *p,
		    const struct selection *s, const struct picked *k)
{
	uint64_t known, unsampled_ns, throttled_ns;

	sum->cpu_known = count(p, s, k, COUNTER_CPU_NS, &sum->cpu_ns);
	/* Of a thread that has ended nobody could read the last part second. */
	if (sum->cpu_known && (s->n_threads || !counters_known(&p->counters, COUNTER_CPU_NS, RECORD_NONE)))
		sum->cpu_ns = max_of(sum->cpu_ns, sum->received.weight_ns);
	/* Kept for all threads together; of some, nothing is claimed too much. */
	count(p, s, k, COUNTER_UNSAMPLED_NS, &unsampled_ns);
	count(p, s, k, COUNTER_THROTTLED_NS, &throttled_ns);
	sum->lost_of_all = lost_between(p, k->from_ns, k->to_ns);
	if (!s->n_threads) {
		sum->lost = sum->lost_of_all;
		sum->unsampled_ns = unsampled_ns;
		sum->throttled_ns = throttled_ns;
	}
	sum->off_ns = off_part(p, s, k, sum->cpu_ns);
	known = sum->received.weight_ns + sum->lost_of_all.weight_ns + unsampled_ns + throttled_ns +
		sum->off_ns;
	if (sum->cpu_known && sum->cpu_ns > known) {
		/* With a visible kernel, the rest is what cannot be sampled in it. */
		uint64_t *rest = kernel_excluded(p) ? &sum->hidden_ns : &sum->unsampled_ns;

		*rest += sum->cpu_ns - known;
	}
	sum->base_ns = sum->received.weight_ns + sum->hidden_ns;
	sum->stats.scale = sum->received.weight_ns
		? (double)sum->base_ns / (double)sum->received.weight_ns : 1;
}

/* Of a recording without samples: what another profiler counted and timed. */
static void take_measured(struct summary *sum, const struct profile *p)
{
	sum->measured = true;
	for (size_t i = 0; i < p->n_measured; i++) {
		const struct profile_measured *m = &p->measured[i];
		struct function_sum *f = &sum->functions[m->function];

		if (m->caller != RECORD_NONE)
			continue;
		f->self = (struct sum){ m->calls, m->self_ns };
		f->total = (struct sum){ m->calls, m->total_ns };
		sum_add(&sum->received, f->self);
	}
	sum->base_ns = sum->received.weight_ns;
}

void summary_make(const struct profile *p, const struct selection *s, struct summary *out)
{
	struct picked k;

	picked_init(&k, p, s);
	*out = (struct summary){
		.from_ns = k.from_ns, .to_ns = k.to_ns,
		.n_leaves = (uint32_t)p->n_leaves,
		.n_functions = (uint32_t)p->n_functions, .n_nodes = p->tree.n,
		.all_leaves = xcalloc(p->n_leaves, sizeof(*out->all_leaves)),
		.functions = xcalloc(p->n_functions, sizeof(*out->functions)),
		.nodes = xcalloc(p->tree.n, sizeof(*out->nodes)),
	};
	summary_blocks_make(out, p, &k, summary_blocks_threads(out, p, &k));
	out->leaves = k.function ? pick(out, &k) : out->all_leaves;
	add_up(out, p);
	account(out, p, s, &k);
	if (profile_is_measured(p))
		take_measured(out, p);
	out->listed = steal(k.function);
	picked_deinit(&k);
}

void summary_deinit(struct summary *sum)
{
	if (sum->leaves != sum->all_leaves)
		free(sum->leaves);
	free(sum->all_leaves);
	free(sum->functions);
	free(sum->self_ns);
	free(sum->nodes);
	free(sum->listed);
	*sum = (struct summary){ 0 };
}

/* ---- shares ---- */

/* What is not sampled has no interval. */
static struct interval exact_share(const struct summary *sum, uint64_t weight_ns)
{
	double share = summary_share(sum, weight_ns);

	return (struct interval){ share, share, share, false };
}

struct interval summary_self(const struct summary *sum, uint32_t function)
{
	if (sum->measured)
		return exact_share(sum, sum->functions[function].self.weight_ns);
	return stats_share_of_blocks(&sum->stats, summary_blocks_of(sum, function));
}

struct interval summary_total(const struct summary *sum, uint32_t function)
{
	const struct function_sum *f = &sum->functions[function];

	if (sum->measured)
		return exact_share(sum, f->total.weight_ns);
	return stats_share(&sum->stats, (double)f->total.weight_ns, f->total_sq, f->total_w);
}

bool summary_trend(const struct summary *sum, uint32_t function, uint32_t n,
		   double *out)
{
	const double *blocks = summary_blocks_of(sum, function);
	uint32_t n_blocks = sum->stats.n_blocks;

	if (sum->measured || n_blocks < n || n_blocks < 2)
		return false;
	for (uint32_t i = 0; i < n; i++) {
		double from = (double)i * n_blocks / n, to = (double)(i + 1) * n_blocks / n;

		out[i] = 0;
		for (uint32_t b = (uint32_t)from; b < n_blocks && b < to; b++)
			out[i] += blocks[b] * (fmin(to, b + 1) - fmax(from, b));
	}
	return true;
}

bool summary_differ(const struct summary *sum, uint32_t a, uint32_t b)
{
	if (sum->measured)
		return sum->functions[a].self.weight_ns != sum->functions[b].self.weight_ns;
	return stats_differ(&sum->stats, summary_blocks_of(sum, a), summary_blocks_of(sum, b));
}

/* Where blocks are not known: as for as many independent samples. */
static struct interval plain_share(const struct summary *sum, uint64_t part, uint64_t whole)
{
	double mean = sum->received.count
		? (double)sum->received.weight_ns / (double)sum->received.count : 0;
	struct interval iv = { .high = 1, .rough = true };

	if (mean > 0 && whole)
		iv = stats_wilson((double)part / (double)whole, (double)whole / mean,
				  stats_t(STATS_MAX_BLOCKS));
	iv.rough = true;
	return iv;
}

struct interval summary_part(const struct summary *sum, uint64_t weight_ns)
{
	return plain_share(sum, weight_ns, sum->base_ns);
}

struct interval summary_hidden(const struct summary *sum)
{
	return summary_part(sum, sum->hidden_ns);
}

struct interval summary_lost(const struct summary *sum)
{
	return plain_share(sum, sum->lost.weight_ns, sum->base_ns + sum->lost.weight_ns);
}

/* ---- order ---- */

struct ranked {
	uint32_t function;
	uint64_t self_ns, total_ns;
	const char *name;
};

static int by_rank(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;
	int names;

	if (x->self_ns != y->self_ns)
		return x->self_ns > y->self_ns ? -1 : 1;
	if (x->total_ns != y->total_ns)
		return x->total_ns > y->total_ns ? -1 : 1;
	names = strcmp(x->name, y->name);
	return names ? names : (x->function > y->function) - (x->function < y->function);
}

/* Those have time of their own, or are not listed. */
static bool is_pseudo(const struct profile *p, uint32_t function)
{
	return function == FUNCTION_EMPTY || p->functions[function].outcome;
}

uint32_t *summary_rank(const struct profile *p, const struct summary *sum, uint32_t *n_out)
{
	struct ranked *r = xcalloc(sum->n_functions, sizeof(*r));
	uint32_t *order, n = 0;

	for (uint32_t i = 0; i < sum->n_functions; i++) {
		const struct function_sum *f = &sum->functions[i];

		if (!(is_pseudo(p, i) ? f->self.count : f->total.count) ||
		    (sum->listed && !sum->listed[i]))
			continue;
		r[n++] = (struct ranked){ i, f->self.weight_ns, f->total.weight_ns,
					  profile_string(p, p->functions[i].name) };
	}
	qsort(r, n, sizeof(*r), by_rank);
	order = xcalloc(n, sizeof(*order));
	for (uint32_t i = 0; i < n; i++)
		order[i] = r[i].function;
	free(r);
	*n_out = n;
	return order;
}

/* A function is on a stack if one of its nodes is on the way of a leaf. */
uint32_t summary_n_functions(const struct profile *p, const struct summary *sum)
{
	const struct tree *t = &p->tree;
	bool *node = xcalloc(sum->n_nodes, sizeof(*node));
	bool *on_top = xcalloc(sum->n_functions, sizeof(*on_top));
	bool *anywhere = xcalloc(sum->n_functions, sizeof(*anywhere));
	uint32_t n = 0;

	for (uint32_t i = 0; i < sum->n_leaves; i++) {
		uint32_t at = t->of_stack[p->shown.leaves[i]];

		if (!sum->all_leaves[i].count)
			continue;
		node[at] = true;
		on_top[t->function[at]] = true;
	}
	for (uint32_t i = sum->n_nodes; i-- > 1;) {	/* 0 is the root */
		if (!node[i])
			continue;
		anywhere[t->function[i]] = true;
		node[t->parent[i]] = true;
	}
	for (uint32_t i = 0; i < sum->n_functions; i++)
		n += is_pseudo(p, i) ? on_top[i] : anywhere[i];
	free(node);
	free(on_top);
	free(anywhere);
	return n;
}

static uint32_t find(const struct profile *p, const struct summary *sum, const char *name,
		     bool exact, uint32_t *n_out)
{
	uint32_t best = RECORD_NONE;

	*n_out = 0;
	for (uint32_t i = 0; i < sum->n_functions; i++) {
		const char *is = profile_string(p, p->functions[i].name);

		if (!sum->functions[i].total.count ||
		    (exact ? strcmp(is, name) != 0 : !strstr(is, name)))
			continue;
		++*n_out;
		if (best == RECORD_NONE || sum->functions[i].total.weight_ns >
					   sum->functions[best].total.weight_ns)
			best = i;
	}
	return best;
}

uint32_t summary_find(const struct profile *p, const struct summary *sum, const char *name,
		      uint32_t *n_out)
{
	uint32_t function = find(p, sum, name, true, n_out);

	return *n_out ? function : find(p, sum, name, false, n_out);
}
