// SPDX-License-Identifier: Apache-2.0
/*
 * What looking costs: CPU time of the session, its opener, the command and the
 * workers.  The clock of another process may be read without any right to it.
 */
#include "session/session.h"

#include "proc/progress.h"

void own_cost_set(struct session *s, enum own_process which, pid_t pid)
{
	struct own_cost_of *own = &s->own[which];

	if (own->pid == pid)
		return;
	own->ended_ns += own->cpu_ns;
	own->pid = pid;
	own->cpu_ns = 0;
}

/* Of those from `first` to before `last`. */
static uint64_t cost_of(struct session *s, size_t first, size_t last)
{
	uint64_t sum = 0;

	for (size_t i = first; i < last; i++) {
		struct own_cost_of *own = &s->own[i];

		/* Of one that has ended, what it had when it was read last. */
		own->cpu_ns = max_of(own->cpu_ns, proc_cpu_ns(own->pid));
		sum += own->cpu_ns + own->ended_ns;
	}
	return sum;
}

uint64_t own_cost_put(struct session *s)
{
	uint64_t opener = cost_of(s, OWN_OPENER, OWN_WORKERS);
	uint64_t workers = cost_of(s, OWN_WORKERS, OWN_VIEWERS);
	uint64_t viewers = cost_of(s, OWN_VIEWERS, OWN_COUNT);
	uint64_t all = clock_ns(CLOCK_PROCESS_CPUTIME_ID) + opener + workers + viewers;

	session_put_counter(s, COUNTER_OWN_CPU_NS, all);
	session_put_counter(s, COUNTER_OWN_OPENER_NS, opener);
	session_put_counter(s, COUNTER_OWN_WORKERS_NS, workers);
	session_put_counter(s, COUNTER_OWN_VIEWERS_NS, viewers);
	return all;
}
