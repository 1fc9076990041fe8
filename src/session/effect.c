// SPDX-License-Identifier: Apache-2.0
/*
 * What sampling does to the target: it is switched off and on, and what the target gets
 * done meanwhile is compared (profile/effect.h).
 *
 *	   pair 0                  pair 1
 *	...| on      | off     |...| off | on  |...
 *	   settle, look, window, look
 *
 * Both windows of a pair are of one random length, so that no rhythm of the target
 * falls into step with them, and in random order, so that neither is favoured where
 * the target becomes faster or slower by itself.  A window is between two looks: what
 * switching costs, and what it leaves to be done, is in none.
 */
#include "session/session.h"

#include "engine/period.h"

#define BEGIN_NS (500 * NS_PER_MS)	/* for tables and the first names */
#define SHORTEST_NS (200 * NS_PER_MS)
#define LONGEST_NS (600 * NS_PER_MS)
#define SETTLE_NS (10 * NS_PER_MS)

struct effect {
	enum { EFFECT_WAITS, EFFECT_SETTLES, EFFECT_BEGINS, EFFECT_WATCHES, EFFECT_ENDS } state;
	uint64_t due_ns;	/* UINT64_MAX: nothing until an answer comes */
	struct period_random random;
	uint32_t sequence;	/* of the look asked for last */

	uint32_t pair;
	bool first_on, second;	/* of the pair: its first window is with sampling; now in the other */
	uint64_t length_ns;
	uint32_t rate_hz;
	struct o_progress from;
};

struct effect *effect_new(struct session *s, uint32_t effect)
{
	struct effect *e;

	if (effect == EFFECT_NONE || effect >= EFFECT_BY + PROGRESS_COUNT)
		return NULL;
	record_put_meta(s->writer, "measure_effect", effect == EFFECT_AUTO ? "auto" :
			record_progress_name((enum record_progress)(effect - EFFECT_BY)));
	session_note(s, NOTE_INFO, "sampling is off half of the time, to measure what it does to "
		     "the program: seconds shown are those with sampling");
	e = xcalloc(1, sizeof(*e));
	e->due_ns = UINT64_MAX;
	return e;
}

void effect_free(struct effect *e)
{
	free(e);
}

void effect_stop(struct session *s)
{
	struct effect *e = s->effect;

	if (!e)
		return;
	e->due_ns = UINT64_MAX;
	e->sequence++;		/* an answer under way comes too late */
}

/* ---- windows ---- */

static void settle(struct session *s, struct effect *e)
{
	switch_sampling(s, e->first_on != e->second);
	e->state = EFFECT_SETTLES;
	e->due_ns = clock_mono_ns() + SETTLE_NS;
}

static void begin_pair(struct session *s, struct effect *e)
{
	double length = period_draw_unit(&e->random);

	e->length_ns = SHORTEST_NS + (uint64_t)(length * (LONGEST_NS - SHORTEST_NS));
	e->first_on = period_draw_unit(&e->random) < .5;
	e->second = false;
	settle(s, e);
}

static void ask(struct session *s, struct effect *e)
{
	const struct s_progress ask = { .type = S_PROGRESS, .sequence = ++e->sequence };

	e->due_ns = UINT64_MAX;
	session_send_opener(s, &ask, sizeof(ask), NULL, 0);
}

static uint64_t growth(uint64_t from, uint64_t to)
{
	return from == PROGRESS_UNKNOWN || to == PROGRESS_UNKNOWN || to < from
		? PROGRESS_UNKNOWN : to - from;
}

static void put_window(struct session *s, struct effect *e, const struct o_progress *to)
{
	struct record_window w = {
		.from_ns = e->from.time_ns, .to_ns = to->time_ns,
		.pair = e->pair, .on = !switch_is_off(s), .rate_hz = e->rate_hz,
		.cpu_ns = to->cpu_ns > e->from.cpu_ns ? to->cpu_ns - e->from.cpu_ns : 0,
	};

	for (int i = 0; i < PROGRESS_COUNT; i++)
		w.progress[i] = growth(e->from.progress[i], to->progress[i]);
	if (switch_is_off(s))
		switch_used(s, w.cpu_ns, w.to_ns - w.from_ns);
	if (e->rate_hz == s->started.rate_hz)
		record_put_window(s->writer, &w);
}

void effect_on_progress(struct session *s, const struct o_progress *msg)
{
	struct effect *e = s->effect;

	if (!e || msg->sequence != e->sequence || s->state != SESSION_RUNNING)
		return;
	if (e->state == EFFECT_BEGINS) {
		e->from = *msg;
		e->rate_hz = s->started.rate_hz;
		e->state = EFFECT_WATCHES;
		e->due_ns = msg->time_ns + e->length_ns;
	} else if (e->state == EFFECT_ENDS) {
		put_window(s, e, msg);
		if (e->second) {
			e->pair++;
			begin_pair(s, e);
		} else {
			e->second = true;
			settle(s, e);
		}
	}
}

void effect_go_on(struct session *s)
{
	if (!s->effect || s->effect->state == EFFECT_WAITS)
		return;
	s->effect->pair++;
	begin_pair(s, s->effect);
}

uint64_t effect_due_ns(const struct session *s)
{
	return s->effect && !s->probe ? s->effect->due_ns : UINT64_MAX;
}

void effect_tick(struct session *s)
{
	struct effect *e = s->effect;

	if (!e || s->state != SESSION_RUNNING || s->probe)
		return;
	if (e->state == EFFECT_WAITS && e->due_ns == UINT64_MAX && s->n_cpu_samples)
		e->due_ns = s->now_ns + BEGIN_NS;
	if (s->now_ns < e->due_ns)
		return;
	switch (e->state) {
	case EFFECT_WAITS:
		begin_pair(s, e);
		break;
	case EFFECT_SETTLES:
		e->state = EFFECT_BEGINS;
		ask(s, e);
		break;
	case EFFECT_WATCHES:
		e->state = EFFECT_ENDS;
		ask(s, e);
		break;
	case EFFECT_BEGINS:
	case EFFECT_ENDS:
		break;		/* an answer is on its way */
	}
}
