// SPDX-License-Identifier: Apache-2.0
#include "profile/counters.h"

#include "base/util.h"

void counters_deinit(struct counters *c)
{
	for (size_t i = 0; i < c->n; i++)
		free(c->series[i].points);
	free(c->series);
	u64map_deinit(&c->by_key);
	*c = (struct counters){ 0 };
}

static uint64_t key_of(enum record_counter_what what, uint32_t thread)
{
	return (uint64_t)what << 32 | thread;
}

static void push(struct counters *c, struct counter_series *s, uint64_t time_ns,
		 uint64_t value)
{
	array_reserve(s->points, s->n + 1, s->cap);
	s->points[s->n++] = (struct counter_point){ time_ns, value };
	c->n_points++;
}

void counters_add(struct counters *c, const struct record_counter *reading,
		  uint64_t born_ns)
{
	uint32_t *slot = u64map_slot(&c->by_key, key_of(reading->what, reading->thread));
	struct counter_series *s;

	if (*slot == U64MAP_NONE) {
		array_reserve(c->series, c->n + 1, c->cap);
		*slot = (uint32_t)c->n;
		c->series[c->n++] = (struct counter_series){ 0 };
	}
	s = &c->series[*slot];
	if (record_counter_is_gauge(reading->what)) {
		if (!s->n || reading->time_ns >= s->points[s->n - 1].time_ns)
			push(c, s, reading->time_ns, reading->value);
		return;
	}
	if (!s->n)
		push(c, s, min_of(born_ns, reading->time_ns), 0);
	if (reading->time_ns >= s->points[s->n - 1].time_ns &&
	    reading->value >= s->points[s->n - 1].value)
		push(c, s, reading->time_ns, reading->value);
}

static const struct counter_series *find(const struct counters *c,
					 enum record_counter_what what, uint32_t thread)
{
	uint32_t i = u64map_find(&c->by_key, key_of(what, thread));

	return i == U64MAP_NONE ? NULL : &c->series[i];
}

bool counters_known(const struct counters *c, enum record_counter_what what,
		    uint32_t thread)
{
	return find(c, what, thread) != NULL;
}

/* The first point after a time. */
static size_t point_after(const struct counter_series *s, uint64_t time_ns)
{
	size_t low = 0, high = s->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (s->points[mid].time_ns <= time_ns)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static uint64_t value_at(const struct counter_series *s, uint64_t time_ns)
{
	size_t low = point_after(s, time_ns);

	if (low == 0)
		return 0;
	const struct counter_point *a = &s->points[low - 1], *b = a + 1;
	if (low == s->n)
		return a->value;
	double part = (double)(time_ns - a->time_ns) / (double)(b->time_ns - a->time_ns);
	return a->value + (uint64_t)(part * (double)(b->value - a->value));
}

uint64_t counters_growth(const struct counters *c, enum record_counter_what what,
			 uint32_t thread, uint64_t from_ns, uint64_t to_ns)
{
	const struct counter_series *s = find(c, what, thread);

	if (!s || from_ns >= to_ns)
		return 0;
	return value_at(s, to_ns) - value_at(s, from_ns);
}

uint64_t counters_last_ns(const struct counters *c, enum record_counter_what what)
{
	const struct counter_series *s = find(c, what, RECORD_NONE);

	return s ? s->points[s->n - 1].time_ns : 0;
}

bool counters_gauge(const struct counters *c, enum record_counter_what what, uint64_t at_ns,
		    uint64_t *out)
{
	const struct counter_series *s = find(c, what, RECORD_NONE);
	size_t after = s ? point_after(s, at_ns) : 0;

	if (!after)
		return false;
	*out = s->points[after - 1].value;
	return true;
}

bool counters_highest(const struct counters *c, enum record_counter_what what, uint64_t from_ns,
		      uint64_t to_ns, uint64_t *out)
{
	const struct counter_series *s = find(c, what, RECORD_NONE);
	bool any = counters_gauge(c, what, from_ns, out);

	for (size_t i = s ? point_after(s, from_ns) : 0; s && i < s->n; i++) {
		if (s->points[i].time_ns >= to_ns)
			break;
		*out = any ? max_of(*out, s->points[i].value) : s->points[i].value;
		any = true;
	}
	return any;
}
