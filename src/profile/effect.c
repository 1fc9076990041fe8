// SPDX-License-Identifier: Apache-2.0
#include "profile/effect.h"

#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "base/util.h"

#define AT_LEAST_PER_S 200	/* what is slower can be a timer */
#define MOST_SCATTER .5

struct interval effect_lost(const double *on, const double *off, size_t n)
{
	double sum_on = 0, sum_off = 0, sq = 0, ratio, half;

	for (size_t i = 0; i < n; i++) {
		sum_on += on[i];
		sum_off += off[i];
	}
	ratio = sum_on / sum_off;
	for (size_t i = 0; i < n; i++) {
		double e = on[i] - ratio * off[i];

		sq += e * e;
	}
	half = stats_t((uint32_t)n - 1) * sqrt((double)n / (double)(n - 1) * sq) / sum_off;
	return (struct interval){ .share = 1 - ratio, .low = 1 - ratio - half, .high = 1 - ratio + half };
}

/* ---- pairs ---- */

struct pair {
	const struct record_window *on, *off;
};

static struct pair *find_pairs(const struct profile *p, size_t *n)
{
	struct pair *pairs = xcalloc(p->n_windows / 2 + 1, sizeof(*pairs));

	*n = 0;
	for (size_t i = 0; i + 1 < p->n_windows; i++) {
		const struct record_window *a = &p->windows[i], *b = a + 1;

		/* At one rate: the last that was in effect. */
		if (a->pair != b->pair || a->on == b->on || a->to_ns == a->from_ns ||
		    b->to_ns == b->from_ns || a->rate_hz != p->windows[p->n_windows - 1].rate_hz ||
		    b->rate_hz != a->rate_hz)
			continue;
		pairs[(*n)++] = a->on ? (struct pair){ a, b } : (struct pair){ b, a };
		i++;
	}
	return pairs;
}

static double rate_of(const struct record_window *w, enum record_progress by)
{
	return (double)w->progress[by] * (double)NS_PER_S / (double)(w->to_ns - w->from_ns);
}

/* What is known of one measure: rates by pair, and CPU time for one step of it. */
struct rates {
	double *on, *off, *cost_on, *cost_off;
	size_t n, n_cost;
	double mean;		/* without sampling, a second */
	double scatter;		/* of that, from one pair to the next, relative */
};

static void rates_init(struct rates *r, const struct pair *pairs, size_t n, enum record_progress by)
{
	double steps = 0;

	*r = (struct rates){ .on = xcalloc(n, sizeof(*r->on)), .off = xcalloc(n, sizeof(*r->off)),
			     .cost_on = xcalloc(n, sizeof(*r->on)),
			     .cost_off = xcalloc(n, sizeof(*r->on)) };
	for (size_t i = 0; i < n; i++) {
		const struct record_window *on = pairs[i].on, *off = pairs[i].off;

		if (on->progress[by] == PROGRESS_UNKNOWN || off->progress[by] == PROGRESS_UNKNOWN)
			continue;
		r->on[r->n] = rate_of(on, by);
		r->off[r->n] = rate_of(off, by);
		r->mean += r->off[r->n];
		if (r->n)
			steps += pow(r->off[r->n] - r->off[r->n - 1], 2);
		r->n++;
		if (!on->progress[by] || !off->progress[by] || !on->cpu_ns || !off->cpu_ns)
			continue;
		r->cost_on[r->n_cost] = (double)on->cpu_ns / (double)on->progress[by];
		r->cost_off[r->n_cost++] = (double)off->cpu_ns / (double)off->progress[by];
	}
	r->mean /= (double)max_of(r->n, (size_t)1);
	r->scatter = r->n > 1 && r->mean > 0
		? sqrt(steps / (2 * (double)(r->n - 1))) / r->mean : INFINITY;
}

static void rates_deinit(struct rates *r)
{
	free(r->on);
	free(r->off);
	free(r->cost_on);
	free(r->cost_off);
}

/* ---- the choice ---- */

static bool is_asked_for(const struct profile *p, struct effect_found *out)
{
	const char *by = profile_meta(p, "measure_effect");

	for (int i = 0; by && i < PROGRESS_COUNT; i++)
		if (strcmp(by, record_progress_name((enum record_progress)i)) == 0) {
			out->by = (enum record_progress)i;
			out->asked = true;
		}
	return by != NULL;
}

static bool is_steady(const struct rates *all, enum record_progress by)
{
	/* Bytes come by calls: a timer can move many at once. */
	const struct rates *steps = by == PROGRESS_BYTES ? &all[PROGRESS_CALLS] : &all[by];

	return all[by].n >= EFFECT_MIN_PAIRS && steps->mean >= AT_LEAST_PER_S &&
	       all[by].scatter <= MOST_SCATTER;
}

/* False if none is good enough. */
static bool choose(const struct rates *all, enum record_progress *by)
{
	double least = INFINITY;

	for (int i = 0; i < PROGRESS_SWITCHES; i++)
		if (is_steady(all, (enum record_progress)i) && all[i].scatter < least) {
			least = all[i].scatter;
			*by = (enum record_progress)i;
		}
	if (isfinite(least))
		return true;
	*by = PROGRESS_SWITCHES;	/* says less: not every wait is for work */
	return is_steady(all, PROGRESS_SWITCHES);
}

static void compare(const struct rates *r, struct effect_found *out)
{
	out->n_pairs = (uint32_t)r->n;
	out->per_s = r->mean;
	out->slower = effect_lost(r->on, r->off, r->n);
	out->dearer_known = r->n_cost >= EFFECT_MIN_PAIRS;
	if (out->dearer_known) {
		struct interval less = effect_lost(r->cost_on, r->cost_off, r->n_cost);

		out->dearer = (struct interval){ .share = -less.share, .low = -less.high,
						 .high = -less.low };
	}
}

bool effect_find(const struct profile *p, struct effect_found *out)
{
	struct rates all[PROGRESS_COUNT];
	_cleanup_(freep) struct pair *pairs = NULL;
	size_t n;

	*out = (struct effect_found){ 0 };
	if (!is_asked_for(p, out))
		return false;
	pairs = find_pairs(p, &n);
	out->n_pairs = (uint32_t)n;
	out->rate_hz = n ? pairs[0].on->rate_hz : 0;
	for (int i = 0; i < PROGRESS_COUNT; i++)
		rates_init(&all[i], pairs, n, (enum record_progress)i);
	if (n < EFFECT_MIN_PAIRS)
		out->trouble = EFFECT_TOO_FEW;
	else if (out->asked ? all[out->by].n < EFFECT_MIN_PAIRS || all[out->by].mean <= 0
			    : !choose(all, &out->by))
		out->trouble = EFFECT_NO_PROGRESS;
	else
		compare(&all[out->by], out);
	for (int i = 0; i < PROGRESS_COUNT; i++)
		rates_deinit(&all[i]);
	return true;
}
