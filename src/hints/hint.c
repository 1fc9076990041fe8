// SPDX-License-Identifier: Apache-2.0
#include "hints/hint.h"

#include <math.h>

#include "base/util.h"

static const struct hint_rule *const rules[] = {
	&hint_few,
	&hint_recursion,
	&hint_line,
	&hint_holes,
	&hint_flat,
};

const char *hint_sure_text(enum hint_sure sure)
{
	static const char *const names[] = {
		[HINT_IS] = "it was counted",
		[HINT_LOOKS_LIKE] = "it looks like that; it is a pattern, not a proof",
		[HINT_MAY] = "it may be so: half of the evidence is not in the samples" };

	return names[sure];
}

/* ---- for rules ---- */

enum hint_verdict hint_above(struct interval iv, double bar)
{
	return iv.low >= bar ? HINT_HOLDS : iv.high >= .8 * bar ? HINT_KEEPS : HINT_FAILS;
}

char *hint_share(struct interval iv)
{
	return xasprintf("%.1f%% +-%.1f%s", iv.share * 100,
			 100 * fmax(iv.high - iv.share, iv.share - iv.low), iv.rough ? "?" : "");
}

static void hint_deinit(struct hint *h)
{
	free(h->claim);
	for (size_t i = 0; i < HINT_BRIEFS; i++)
		free(h->briefs[i]);
	free(h->evidence);
}

void hints_add(struct hints *out, enum hint_verdict verdict, struct hint h)
{
	if (verdict == HINT_FAILS) {
		hint_deinit(&h);
		return;
	}
	h.holds = verdict == HINT_HOLDS;
	array_reserve(out->v, out->n + 1, out->cap);
	out->v[out->n++] = h;
}

/* ---- looking ---- */

static void hints_clear(struct hints *h)
{
	for (size_t i = 0; i < h->n; i++)
		hint_deinit(&h->v[i]);
	h->n = 0;
}

/* May the rule say anything about data as good as this? */
static bool is_allowed(const struct hint_rule *rule, const struct hint_input *in)
{
	uint64_t n = in->sum->received.count;

	if (in->sum->measured || n < HINTS_MIN_SAMPLES)
		return false;
	return rule->about_data ||
	       (n >= HINTS_SHARE_SAMPLES && summary_lost(in->sum).share <= HINTS_MAX_LOST);
}

static void find(const struct hint_input *in, struct hints *out)
{
	for (size_t i = 0; i < array_len(rules); i++) {
		size_t first = out->n;

		if (is_allowed(rules[i], in))
			rules[i]->look(in, out);
		for (size_t k = first; k < out->n; k++)
			out->v[k].rule = rules[i];
	}
}

static struct hint_seen *seen_of(struct hint_watch *w, const struct hint *h)
{
	for (size_t i = 0; i < w->n_seen; i++)
		if (w->seen[i].rule == h->rule && w->seen[i].function == h->function)
			return &w->seen[i];
	array_reserve(w->seen, w->n_seen + 1, w->cap_seen);
	w->seen[w->n_seen] = (struct hint_seen){ .rule = h->rule, .function = h->function };
	return &w->seen[w->n_seen++];
}

static const struct hint *find_in(const struct hints *h, const struct hint_seen *s)
{
	for (size_t i = 0; i < h->n; i++)
		if (h->v[i].rule == s->rule && h->v[i].function == s->function)
			return &h->v[i];
	return NULL;
}

/* What is not proposed any more has to begin anew; keeps no list of what is gone. */
static void forget_gone(struct hint_watch *w, const struct hints *found)
{
	size_t n = 0;

	for (size_t i = 0; i < w->n_seen; i++) {
		struct hint_seen s = w->seen[i];

		if (!find_in(found, &s)) {
			s.in_a_row = 0;
			s.shown = false;
		}
		if (s.dismissed || find_in(found, &s))
			w->seen[n++] = s;
	}
	w->n_seen = n;
}

static int by_gain(const void *a, const void *b)
{
	const struct hint *x = a, *y = b;

	if (x->gain != y->gain)
		return x->gain > y->gain ? -1 : 1;
	return (x->function > y->function) - (x->function < y->function);
}

void hint_watch_look(struct hint_watch *w, const struct hint_input *in, unsigned int needed)
{
	struct hints found = { 0 };

	find(in, &found);
	forget_gone(w, &found);
	hints_clear(&w->shown);
	for (size_t i = 0; i < found.n; i++) {
		struct hint_seen *s = seen_of(w, &found.v[i]);

		s->in_a_row = found.v[i].holds ? s->in_a_row + 1 : 0;
		s->shown = s->shown || s->in_a_row >= needed;
		if (s->shown && !s->dismissed)
			hints_add(&w->shown, HINT_HOLDS, found.v[i]);
		else
			hint_deinit(&found.v[i]);
	}
	if (w->shown.n)
		qsort(w->shown.v, w->shown.n, sizeof(*w->shown.v), by_gain);
	free(found.v);
}

void hint_watch_restart(struct hint_watch *w)
{
	forget_gone(w, &(struct hints){ 0 });
	hints_clear(&w->shown);
}

void hint_watch_dismiss(struct hint_watch *w, size_t i)
{
	seen_of(w, &w->shown.v[i])->dismissed = true;
	hint_deinit(&w->shown.v[i]);
	w->shown.n--;
	for (; i < w->shown.n; i++)
		w->shown.v[i] = w->shown.v[i + 1];
}

void hint_watch_deinit(struct hint_watch *w)
{
	hints_clear(&w->shown);
	free(w->shown.v);
	free(w->seen);
	*w = (struct hint_watch){ 0 };
}
