// SPDX-License-Identifier: Apache-2.0
/*
 * Sampling is switched off for a while, to measure what it does (effect.c) or while
 * something slows the target down (python_probe.c).  The time is kept, and the CPU time
 * that the target used in it, so that this is no hole in the data.
 */
#include "session/session.h"

static void tell_engine(struct session *s, bool on)
{
	const struct s_pause pause = { .type = S_PAUSE, .pause = !on };

	if (!s->perf)
		session_send_opener(s, &pause, sizeof(pause), NULL, 0);
	else if (on)
		perf_reader_enable(s->perf);
	else
		perf_reader_stop(s->perf);
}

static uint64_t off_for_ns(const struct sampling_switch *w)
{
	return w->off ? clock_mono_ns() - w->since_ns : 0;
}

/* Until now the target used as much as was known last. */
static void count_off(struct sampling_switch *w)
{
	uint64_t ns = off_for_ns(w);

	w->off_ns += ns;
	w->off_cpu_ns += (uint64_t)((double)ns * w->cpus);
	w->since_ns += ns;
}

void switch_sampling(struct session *s, bool on)
{
	struct sampling_switch *w = &s->sampling;

	if (on == !w->off)
		return;
	count_off(w);
	w->off = !on;
	w->used = true;
	tell_engine(s, on);
	w->since_ns = clock_mono_ns();
	if (!on)
		perf_drain(s);	/* what is left is not to be done in the window */
}

bool switch_is_off(const struct session *s)
{
	return s->sampling.off;
}

void switch_used(struct session *s, uint64_t cpu_ns, uint64_t ns)
{
	if (cpu_ns && ns)
		s->sampling.cpus = (double)cpu_ns / (double)ns;
	count_off(&s->sampling);
}

uint64_t switch_off_cpu_ns(const struct session *s)
{
	const struct sampling_switch *w = &s->sampling;

	return w->off_cpu_ns + (uint64_t)((double)off_for_ns(w) * w->cpus);
}

void switch_second(struct session *s)
{
	if (!s->sampling.used)
		return;
	session_put_counter(s, COUNTER_OFF_NS, s->sampling.off_ns + off_for_ns(&s->sampling));
	session_put_counter(s, COUNTER_OFF_CPU_NS, switch_off_cpu_ns(s));
}

void switch_stop(struct session *s)
{
	count_off(&s->sampling);
	s->sampling.off = false;
}
