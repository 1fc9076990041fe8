// SPDX-License-Identifier: Apache-2.0
#include "profile/thread_activity.h"

#include <string.h>

#include "base/util.h"

static int by_time(const void *a, const void *b)
{
	const struct thread_activity *x = a, *y = b;

	if (x->running_ns != y->running_ns)
		return x->running_ns > y->running_ns ? -1 : 1;
	if (x->waiting_ns != y->waiting_ns)
		return x->waiting_ns > y->waiting_ns ? -1 : 1;
	return x->thread < y->thread ? -1 : x->thread > y->thread;
}

static void sum_samples(const struct profile *p, const struct picked *k,
			struct thread_activity *rows)
{
	const struct samples *s = &p->samples;

	for (size_t i = k->first; i < k->last; i++) {
		struct thread_activity *row = &rows[s->thread[i]];
		enum record_state state = samples_state(s->state[i]);

		if (!picked_has(k, s, i) || !k->leaf[s->leaf[i]])
			continue;
		sum_add(&row->sums[state][samples_activity(s->state[i])],
			(struct sum){ 1, s->weight_ns[i] });
		*(state == STATE_RUNNING ? &row->running_ns : &row->waiting_ns) += s->weight_ns[i];
	}
}

void thread_activities_make(const struct profile *p, const struct selection *s,
			    struct thread_activities *out)
{
	const char *engine = profile_meta(p, "engine");
	bool sees_all = engine && strcmp(engine, "ptrace") == 0;
	struct selection both = *s;
	struct picked k;

	both.states = 1u << STATE_RUNNING | 1u << STATE_WAITING;
	out->rows = xcalloc(max_of(p->n_threads, (size_t)1), sizeof(*out->rows));
	out->n = 0;
	picked_init(&k, p, &both);
	sum_samples(p, &k, out->rows);
	picked_deinit(&k);
	for (uint32_t t = 0; t < p->n_threads; t++) {
		struct thread_activity *row = &out->rows[t];

		row->thread = t;
		row->waits_known = sees_all || row->waiting_ns;
		if (row->running_ns || row->waiting_ns)
			out->rows[out->n++] = *row;
	}
	qsort(out->rows, out->n, sizeof(*out->rows), by_time);
}

void thread_activities_deinit(struct thread_activities *a)
{
	free(a->rows);
	*a = (struct thread_activities){ 0 };
}

uint64_t thread_activity_ns(const struct thread_activity *row, enum record_activity activity)
{
	return row->sums[STATE_RUNNING][activity].weight_ns +
	       row->sums[STATE_WAITING][activity].weight_ns;
}
