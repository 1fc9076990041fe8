// SPDX-License-Identifier: Apache-2.0
#include "profile/compare_side.h"

#include <math.h>

#include "base/clock.h"
#include "base/util.h"

#define SHORTEST_NS (10 * NS_PER_MS)	/* a range that is cut into blocks at all */

bool side_is_rough(const struct side *s)
{
	return s->in->sum->to_ns - s->in->sum->from_ns < STATS_MIN_BLOCKS * STATS_BLOCK_NS ||
	       s->n_used < STATS_MIN_BLOCKS;
}

/* ---- sums ---- */

void blocks_init(struct blocks *t, const struct compare_side *in)
{
	const struct profile *p = in->p;
	const struct samples *samples = &p->samples;
	const struct summary *sum = in->sum;
	struct picked k;

	*t = (struct blocks){ .n = sum->stats.n_blocks, .self_ns = sum->self_ns,
			      .weight = sum->stats.weight };
	if (t->n >= STATS_MIN_BLOCKS || sum->to_ns - sum->from_ns < SHORTEST_NS)
		return;
	t->n = BLOCKS_SHORT;
	t->weight = t->own_weight;
	t->self_ns = t->own = xcalloc(max_of(sum->n_functions, 1u), t->n * sizeof(*t->own));
	picked_init(&k, p, in->selection);
	for (uint32_t b = 0; b < t->n; b++)
		for (size_t i = picked_block(&k, samples, b, t->n),
			    end = picked_block(&k, samples, b + 1, t->n); i < end; i++) {
			uint32_t leaf = samples->leaf[i], function;

			if (!picked_has(&k, samples, i))
				continue;
			t->own_weight[b] += samples->weight_ns[i];
			function = p->tree.function[p->tree.of_stack[p->shown.leaves[leaf]]];
			if (k.leaf[leaf] && function < sum->n_functions)
				t->own[(size_t)function * t->n + b] += samples->weight_ns[i];
		}
	picked_deinit(&k);
}

void blocks_deinit(struct blocks *t)
{
	free(t->own);
}

void tally(struct tally *t, const struct blocks *blocks, const double *x)
{
	for (uint32_t b = 0; b < blocks->n; b++) {
		t->sum += x[b];
		t->sq += x[b] * x[b];
		t->w += x[b] * blocks->weight[b];
	}
}

void side_begin(struct side *s, const struct compare_side *in, const struct blocks *blocks)
{
	const struct summary *sum = in->sum;
	double cpu_ns;

	*s = (struct side){ .in = in, .n_blocks = blocks->n };
	tally(&s->all, blocks, blocks->weight);
	s->all.n = sum->received.count;
	for (uint32_t b = 0; b < blocks->n; b++)
		s->n_used += blocks->weight[b] > 0;
	/* The weight of a sample; by that of those with much weight, which count for more. */
	s->sample_ns = sum->stats.n > 0 ? s->all.sum / sum->stats.n : 0;
	s->base_ns = s->all.sum + (double)sum->hidden_ns;
	/* Lost samples are where the others are: their time is known, their place is not. */
	cpu_ns = fmax(sum->cpu_known ? (double)sum->cpu_ns : 0,
		      s->base_ns + (double)sum->lost.weight_ns);
	s->scale = s->base_ns > 0 ? cpu_ns / s->base_ns : 1;
}

/* ---- values and their scatter ---- */

double side_run_scatter(const struct side *s)
{
	double cpu_ns = s->base_ns * s->scale;

	return cpu_ns > 0 ? hypot(COMPARE_RUN_SCATTER, COMPARE_RUN_SCATTER_NS / cpu_ns) : 0;
}

void side_set_unit(struct side *s, enum compare_unit unit)
{
	double range = (double)(s->in->sum->to_ns - s->in->sum->from_ns);

	switch (unit) {
	case COMPARE_PER_RUN:
		s->unit = s->scale / NS_PER_S;
		break;
	case COMPARE_PER_SECOND:
		s->unit = range > 0 ? s->scale / range : 0;
		break;
	default:
		s->unit = s->base_ns > 0 ? 1 / s->base_ns : 0;
	}
}

/*
 * Of a part of the whole, as stats.h has it.  One sample more on either side, so that none,
 * or all, is not certain.
 */
static double variance_of_share(const struct side *s, const struct tally *t)
{
	double b = s->n_used, q = s->all.sum > 0 ? t->sum / s->all.sum : 0;
	double n = s->sample_ns > 0 ? s->base_ns / s->sample_ns : 0;
	double p = (t->sum / fmax(s->base_ns, 1) * n + 1) / (n + 2);
	double blocks = b > 1 ? b / (b - 1) * fmax(0, t->sq - 2 * q * t->w + q * q * s->all.sq) : 0;

	return fmax(blocks / (s->base_ns * s->base_ns), p * (1 - p) / (n + 2));
}

/* Of time in a range: blocks in which the program waits count, too. */
static double variance_per_second(const struct side *s, const struct tally *t)
{
	double b = s->n_blocks, least = (t->sum + s->sample_ns) * s->sample_ns;
	double blocks = b > 1 ? b / (b - 1) * fmax(0, t->sq - t->sum * t->sum / b) : 0;

	return s->unit * s->unit * fmax(blocks, least);
}

/* The whole of a run was counted: what is not certain is how samples share it out. */
double side_variance(const struct side *s, const struct tally *t, enum compare_unit unit)
{
	double whole = s->base_ns * s->unit, runs = s->run_scatter * t->sum * s->unit;

	switch (unit) {
	case COMPARE_PER_RUN:
		return (t == &s->all ? 0 : whole * whole * variance_of_share(s, t)) + runs * runs;
	case COMPARE_PER_SECOND:
		return variance_per_second(s, t) + runs * runs;
	default:
		return variance_of_share(s, t);
	}
}

/* After Welch, of the sum of two variances, each from so many blocks. */
uint32_t sides_degrees_of_freedom(const struct side sides[2], enum compare_unit unit,
				  const double var[2])
{
	double sum = var[COMPARE_A] + var[COMPARE_B], parts = 0;

	for (int side = 0; side < 2; side++) {
		double blocks = unit == COMPARE_PER_SECOND ? sides[side].n_blocks
							   : sides[side].n_used;

		parts += var[side] * var[side] / fmax(1, blocks - 1);
	}
	return parts > 0 ? (uint32_t)fmax(1, sum * sum / parts) : 1;
}

enum compare_verdict compare_judge(double low, double high, const uint64_t samples[2])
{
	if (high < 0)
		return samples[COMPARE_B] ? COMPARE_LESS : COMPARE_GONE;
	if (low > 0)
		return samples[COMPARE_A] ? COMPARE_MORE : COMPARE_NEW;
	return COMPARE_NO_EVIDENCE;
}

static double quantile(struct quantiles *q, uint32_t degrees_of_freedom)
{
	double *t = &q->t[min_of(degrees_of_freedom, (uint32_t)array_len(q->t) - 1)];

	if (*t == 0)
		*t = stats_t_beyond(COMPARE_ALPHA / q->n_tested, degrees_of_freedom);
	return *t;
}

double sides_half_width(const struct side sides[2], const struct tally *a, const struct tally *b,
			enum compare_unit unit, struct quantiles *q)
{
	double var[2] = { side_variance(&sides[COMPARE_A], a, unit),
			  side_variance(&sides[COMPARE_B], b, unit) };

	return quantile(q, sides_degrees_of_freedom(sides, unit, var)) *
	       sqrt(var[COMPARE_A] + var[COMPARE_B]);
}
