// SPDX-License-Identifier: Apache-2.0
/*
 * Watching may cost so much of a core and no more: where samples are dear (stacks of
 * thousands of frames, many busy threads) there are fewer of them then.
 *
 * What names cost in the beginning is over soon, so it has to last.  The rate does not
 * rise again by itself: a profile that breathes would be hard to read.
 */
#include "session/session.h"

#define LIMIT .10		/* of a core */
#define AIM .07			/* what the new rate should cost */
#define SECONDS 3		/* that it has to last */
#define MIN_RATE_HZ 19

uint32_t governor_rate(struct governor *g, uint64_t cost_ns, uint64_t now_ns, uint32_t rate_hz)
{
	double share = now_ns > g->since_ns ? (double)(cost_ns - g->cost_ns) /
					      (double)(now_ns - g->since_ns) : 0;
	bool first = !g->since_ns;

	g->cost_ns = cost_ns;
	g->since_ns = now_ns;
	g->n_dear = !first && share > LIMIT ? g->n_dear + 1 : 0;
	g->share = share;
	if (g->n_dear < SECONDS || rate_hz <= MIN_RATE_HZ)
		return rate_hz;
	g->n_dear = 0;
	return max_of((uint32_t)((double)rate_hz * AIM / share), (uint32_t)MIN_RATE_HZ);
}

void governor_second(struct session *s, uint64_t cost_ns)
{
	uint32_t rate_hz = governor_rate(&s->governor, cost_ns, s->now_ns, s->started.rate_hz);

	if (s->state != SESSION_RUNNING || !s->perf || rate_hz == s->started.rate_hz)
		return;
	session_note(s, NOTE_WARNING, "watching costs %.0f%% of a core, more than %.0f%%: fewer "
		     "samples", s->governor.share * 100, LIMIT * 100);
	perf_set_rate(s, rate_hz);
}
