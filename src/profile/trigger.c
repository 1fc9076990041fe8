// SPDX-License-Identifier: Apache-2.0
#include "profile/trigger.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/util.h"
#include "profile/counters.h"
#include "profile/filter.h"
#include "profile/selection.h"

/* "cpu 1.5": the number behind the word, if it is that word and one. */
static bool number_after(const char *text, const char *word, double *out)
{
	size_t len = strlen(word);
	char *end;

	if (strncmp(text, word, len) != 0 || text[len] != ' ')
		return false;
	*out = strtod(text + len, &end);
	return end > text + len && !end[strspn(end, " s")];
}

int trigger_parse(const char *text, uint64_t from_ns, struct trigger *out, struct error *err)
{
	*out = (struct trigger){ .seen_ns = from_ns };
	if (number_after(text, "cpu", &out->above))
		out->kind = TRIGGER_CPU;
	else if (number_after(text, "pause", &out->above))
		out->kind = TRIGGER_PAUSE;
	else if (filter_parse(text, &out->function, err) == 0)
		out->kind = TRIGGER_FUNCTION;
	else
		return -1;
	if (!isfinite(out->above) || out->above < 0)
		return error_set(err, EINVAL, "%s: no number that can be waited for", text);
	return 0;
}

void trigger_deinit(struct trigger *t)
{
	filter_close(t->function);
	*t = (struct trigger){ 0 };
}

static double seconds(const struct profile *p, uint64_t time_ns)
{
	return (double)(int64_t)(time_ns - p->start_ns) / NS_PER_S;
}

static char *look_for_function(const struct trigger *t, const struct profile *p)
{
	const struct selection since = { .from_ns = t->seen_ns, .to_ns = UINT64_MAX,
					 .filter = t->function };
	struct picked picked;
	char *why = NULL;

	picked_init(&picked, p, &since);
	for (size_t i = picked.first; i < picked.last && !why; i++)
		if (picked_has(&picked, &p->samples, i) && picked.leaf[p->samples.leaf[i]])
			why = xasprintf("%s ran at %.2f s", filter_pattern(t->function),
					seconds(p, p->samples.time_ns[i]));
	picked_deinit(&picked);
	return why;
}

static char *look_for_cpu(const struct trigger *t, const struct profile *p)
{
	uint64_t ns = counters_growth(&p->counters, COUNTER_CPU_NS, RECORD_NONE, t->seen_ns,
				      p->end_ns);
	double cpus = (double)ns / (double)(p->end_ns - t->seen_ns);

	return cpus > t->above ? xasprintf("%.2f CPUs were used from %.1f to %.1f s", cpus,
					   seconds(p, t->seen_ns), seconds(p, p->end_ns))
			       : NULL;
}

/* Between two samples, or since the last one; from the last look on. */
static char *look_for_pause(const struct trigger *t, const struct profile *p)
{
	const struct samples *s = &p->samples;
	uint64_t before = t->seen_ns;

	for (size_t i = samples_find(s, t->seen_ns); i <= s->n; i++) {
		uint64_t time = i < s->n ? s->time_ns[i] : p->end_ns;

		if (i < s->n && s->state[i] != STATE_RUNNING)
			continue;	/* a look at a thread that waits */
		if (time > before && (double)(time - before) / NS_PER_S > t->above)
			return xasprintf("nothing ran from %.2f to %.2f s", seconds(p, before),
					 seconds(p, time));
		before = time;
	}
	return NULL;
}

/* The last sample of what ran, or where the last look ended: a pause goes on from it. */
static uint64_t last_sample(const struct trigger *t, const struct profile *p)
{
	const struct samples *s = &p->samples;

	for (size_t i = s->n; i-- > 0 && s->time_ns[i] > t->seen_ns;)
		if (s->state[i] == STATE_RUNNING)
			return s->time_ns[i];
	return t->seen_ns;
}

char *trigger_look(struct trigger *t, const struct profile *p)
{
	char *why = NULL;

	if (p->end_ns <= t->seen_ns)
		return NULL;
	switch (t->kind) {
	case TRIGGER_NONE:
		return NULL;
	case TRIGGER_FUNCTION:
		why = look_for_function(t, p);
		t->seen_ns = p->end_ns;
		return why;
	case TRIGGER_CPU:
		if (p->end_ns - t->seen_ns < NS_PER_S)
			return NULL;
		why = look_for_cpu(t, p);
		t->seen_ns = p->end_ns;
		return why;
	case TRIGGER_PAUSE:
		why = look_for_pause(t, p);
		t->seen_ns = last_sample(t, p);
		return why;
	}
	return NULL;
}
