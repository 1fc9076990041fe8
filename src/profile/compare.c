// SPDX-License-Identifier: Apache-2.0
#include "profile/compare.h"

#include <math.h>
#include <string.h>

#include "base/util.h"
#include "profile/compare_match.h"
#include "profile/compare_side.h"

#define LEAST_USED 5		/* blocks with samples, or nothing is known of their scatter */

static const char *const unit_names[COMPARE_UNITS] = {
	[COMPARE_PER_RUN] = "run", [COMPARE_PER_SECOND] = "second", [COMPARE_SHARE] = "share",
};

const char *compare_unit_name(enum compare_unit unit)
{
	return unit_names[unit];
}

bool compare_unit_parse(const char *name, enum compare_unit *out)
{
	for (enum compare_unit i = 0; i < COMPARE_UNITS; i++)
		if (strcmp(unit_names[i], name) == 0) {
			*out = i;
			return true;
		}
	return false;
}

/* ---- sums ---- */

static void add_blocks(double *to, const double *x, uint32_t n)
{
	for (uint32_t b = 0; b < n; b++)
		to[b] += x[b];
}

/* Where rows of several functions are put together: by row, or NULL. */
static double **places_of(const struct match *m, int which, uint32_t n_blocks)
{
	double **place = xcalloc(max_of(m->n, 1u), sizeof(*place));

	for (uint32_t i = 0; i < m->n; i++)
		if (m->rows[i].n_functions[which] > 1 || m->rows[i].kind == COMPARE_FILTERED)
			place[i] = xcalloc(n_blocks, sizeof(**place));
	return place;
}

static void sum_up(struct side *s, const struct blocks *blocks, int which, const struct match *m)
{
	const struct summary *sum = s->in->sum;
	double rest[STATS_MAX_BLOCKS];		/* what the filter leaves out */
	double **place = places_of(m, which, blocks->n);

	memcpy(rest, blocks->weight, blocks->n * sizeof(*rest));
	for (uint32_t f = 0; f < sum->n_functions; f++) {
		const double *x = blocks->self_ns + (size_t)f * blocks->n;
		uint32_t row = m->row_of[which][f];

		if (row == MATCH_NONE)
			continue;
		s->rows[row].n += sum->functions[f].self.count;
		if (place[row])
			add_blocks(place[row], x, blocks->n);
		else
			tally(&s->rows[row], blocks, x);
		for (uint32_t b = 0; b < blocks->n; b++)
			rest[b] -= x[b];
	}
	for (uint32_t i = 0; i < m->n; i++) {
		if (m->rows[i].kind == COMPARE_FILTERED) {
			add_blocks(place[i], rest, blocks->n);
			s->rows[i].n += sum->filtered.count;
		}
		if (place[i])
			tally(&s->rows[i], blocks, place[i]);
		free(place[i]);
	}
	free(place);
}

static void side_init(struct side *s, const struct compare_side *in, int which,
		      const struct match *m)
{
	struct blocks blocks;

	blocks_init(&blocks, in);
	side_begin(s, in, &blocks);
	s->rows = xcalloc(max_of(m->n, 1u), sizeof(*s->rows));
	sum_up(s, &blocks, which, m);
	blocks_deinit(&blocks);
}

/* ---- values and their scatter ---- */

/* Time of the kernel that is not sampled scatters nobody knows how. */
static bool can_test(const struct compare_row *row, const struct side sides[2])
{
	return row->kind != COMPARE_FILTERED &&
	       !(row->kind == COMPARE_KERNEL && (sides[COMPARE_A].in->sum->hidden_ns ||
						 sides[COMPARE_B].in->sum->hidden_ns));
}

static void fill_values(struct compare_row *row, uint32_t i, const struct side sides[2])
{
	for (int side = 0; side < 2; side++) {
		const struct side *s = &sides[side];
		double ns = s->rows[i].sum;

		if (row->kind == COMPARE_KERNEL)
			ns += (double)s->in->sum->hidden_ns;
		row->samples[side] = s->rows[i].n;
		row->value[side] = ns * s->unit;
	}
	row->change = row->value[COMPARE_B] - row->value[COMPARE_A];
	row->low = row->high = row->change;
	row->verdict = COMPARE_UNTESTED;
}

/* How far the interval of row `i` reaches to either side. */
static double half_width(uint32_t i, const struct side sides[2], enum compare_unit unit,
			 struct quantiles *q)
{
	return sides_half_width(sides, &sides[COMPARE_A].rows[i], &sides[COMPARE_B].rows[i], unit, q);
}

static void test(struct compare_row *row, uint32_t i, const struct side sides[2],
		 const struct compare *c, struct quantiles *q)
{
	double half = half_width(i, sides, c->unit, q);

	row->low = row->change - half;
	row->high = row->change + half;
	row->verdict = c->trouble ? COMPARE_UNTESTED : compare_judge(row->low, row->high, row->samples);
}

/* ---- all of it ---- */

static void find_trouble(struct compare *c, const struct side sides[2])
{
	for (int side = 0; side < 2 && !c->trouble; side++) {
		c->trouble_side = side;
		if (c->total[side].samples < COMPARE_FEW_SAMPLES)
			c->trouble = COMPARE_FEW;
		else if (c->total[side].lost > COMPARE_MAX_LOST)
			c->trouble = COMPARE_LOST;
		else if (sides[side].n_blocks < 2 || sides[side].n_used < LEAST_USED)
			c->trouble = COMPARE_SHORT;
	}
}

static void fill_total(struct compare_total *t, const struct side *s)
{
	const struct summary *sum = s->in->sum;

	*t = (struct compare_total){
		.range_ns = sum->to_ns - sum->from_ns,
		.cpu_ns = (uint64_t)(s->base_ns * s->scale),
		.samples = s->all.n, .n_blocks = s->n_blocks, .n_used = s->n_used,
		.lost = sum->lost.weight_ns || sum->lost.count ? summary_lost(sum).share : 0,
		.value = s->base_ns * s->unit,
	};
}

/* B / A - 1, whose relative variance is the sum of theirs. */
static void fill_change(struct compare *c, const struct side sides[2])
{
	double a = c->total[COMPARE_A].value, b = c->total[COMPARE_B].value, var[2], half;

	if (c->unit == COMPARE_SHARE || a <= 0 || b <= 0 || c->trouble)
		return;
	for (int side = 0; side < 2; side++)
		var[side] = side_variance(&sides[side], &sides[side].all, c->unit) /
			    (c->total[side].value * c->total[side].value);
	half = stats_t_beyond(COMPARE_ALPHA, sides_degrees_of_freedom(sides, c->unit, var)) * b / a *
	       sqrt(var[COMPARE_A] + var[COMPARE_B]);
	c->change = (struct interval){ b / a - 1, b / a - 1 - half, b / a - 1 + half, c->rough };
	c->change_known = true;
}

/* Did all of it change, and no part of it more than the others? */
static bool changed_alike(const struct compare *c, const struct side sides[2],
			  const struct match *m, struct quantiles *q)
{
	if (c->unit != COMPARE_PER_SECOND || !c->change_known ||
	    (c->change.low <= 0 && c->change.high >= 0))
		return false;
	for (uint32_t i = 0; i < m->n; i++) {
		double share[2];

		for (int side = 0; side < 2; side++)
			share[side] = sides[side].rows[i].sum / sides[side].base_ns;
		if (can_test(&m->rows[i], sides) && fabs(share[COMPARE_B] - share[COMPARE_A]) >
		    half_width(i, sides, COMPARE_SHARE, q))
			return false;
	}
	return true;
}

static bool has_evidence(const struct compare_row *r)
{
	return r->verdict != COMPARE_NO_EVIDENCE && r->verdict != COMPARE_UNTESTED;
}

/* How much it changed at least. */
static double certain(const struct compare_row *r)
{
	return has_evidence(r) ? fmin(fabs(r->low), fabs(r->high)) : 0;
}

static int by_weight(const void *a, const void *b)
{
	const struct compare_row *x = a, *y = b;
	double t = fmax(x->value[0], x->value[1]), u = fmax(y->value[0], y->value[1]);
	bool last = x->kind >= COMPARE_OTHERS, other = y->kind >= COMPARE_OTHERS;

	if (last || other)
		return last && other ? (x->kind > y->kind) - (x->kind < y->kind) : last - other;
	if (certain(x) != certain(y))
		return certain(x) > certain(y) ? -1 : 1;
	if (t != u)
		return t > u ? -1 : 1;
	if (x->function[COMPARE_B] != y->function[COMPARE_B])
		return x->function[COMPARE_B] < y->function[COMPARE_B] ? -1 : 1;
	return (x->function[COMPARE_A] > y->function[COMPARE_A]) -
	       (x->function[COMPARE_A] < y->function[COMPARE_A]);
}

void compare_make(const struct compare_side in[2], enum compare_unit unit, struct compare *out)
{
	struct quantiles quantiles = { 0 };
	struct side sides[2];
	struct match m;

	match_make(in, &m);
	*out = (struct compare){ .unit = unit };
	for (int side = 0; side < 2; side++) {
		side_init(&sides[side], &in[side], side, &m);
		side_set_unit(&sides[side], unit);
		if (in[0].p != in[1].p)
			sides[side].run_scatter = side_run_scatter(&sides[side]);
		fill_total(&out->total[side], &sides[side]);
		out->rough |= side_is_rough(&sides[side]);
	}
	find_trouble(out, sides);
	fill_change(out, sides);
	for (uint32_t i = 0; i < m.n; i++)
		quantiles.n_tested += can_test(&m.rows[i], sides);
	out->n_tested = quantiles.n_tested;
	for (uint32_t i = 0; i < m.n; i++) {
		fill_values(&m.rows[i], i, sides);
		if (can_test(&m.rows[i], sides))
			test(&m.rows[i], i, sides, out, &quantiles);
	}
	out->alike = changed_alike(out, sides, &m, &quantiles);
	out->rows = steal(m.rows);
	out->n_rows = m.n;
	qsort(out->rows, out->n_rows, sizeof(*out->rows), by_weight);
	for (int side = 0; side < 2; side++)
		free(sides[side].rows);
	match_deinit(&m);
}

void compare_deinit(struct compare *c)
{
	free(c->rows);
	*c = (struct compare){ 0 };
}

/* ---- units ---- */

/*
 * Did it see the program from its first instruction to its end?  What cprofd starts is a
 * process that executes the program before the first sample.
 */
static bool is_whole_run(const struct compare_side *s)
{
	const struct profile *p = s->p;
	const struct profile_process *main = profile_main_process(p);

	return !s->selection->from_ns && !s->selection->to_ns && !s->selection->n_threads &&
	       p->ended && p->end.why == END_TARGET && main && main->how != PROCESS_PRESENT &&
	       p->samples.n &&
	       p->processes[p->threads[p->samples.thread[0]].process].how != PROCESS_PRESENT;
}

bool compare_has_unit(const struct compare_side sides[2], enum compare_unit unit)
{
	return unit != COMPARE_PER_RUN ||
	       (is_whole_run(&sides[COMPARE_A]) && is_whole_run(&sides[COMPARE_B]));
}
