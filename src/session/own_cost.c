// SPDX-License-Identifier: Apache-2.0
/*
 * What looking costs: CPU time of the session, its opener, the command and the
 * workers.  The clock of another process may be read without any right to it.
 */
#include "session/session.h"

#include <unistd.h>

static uint64_t cpu_ns_of(pid_t pid)
{
	clockid_t clock;
	struct timespec ts;

	if (pid <= 0 || clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &ts) < 0)
		return 0;
	return (uint64_t)ts.tv_sec * NS_PER_S + (uint64_t)ts.tv_nsec;
}

void own_cost_set(struct session *s, enum own_process which, pid_t pid)
{
	s->own_ended_ns += s->own[which].cpu_ns;
	s->own[which].pid = pid;
	s->own[which].cpu_ns = 0;
}

uint64_t own_cost_ns(struct session *s)
{
	uint64_t sum = clock_ns(CLOCK_PROCESS_CPUTIME_ID) + s->own_ended_ns;

	for (size_t i = 0; i < array_len(s->own); i++) {
		uint64_t now = cpu_ns_of(s->own[i].pid);

		/* Of one that has ended, what it had when it was read last. */
		s->own[i].cpu_ns = max_of(s->own[i].cpu_ns, now);
		sum += s->own[i].cpu_ns;
	}
	return sum;
}
