// SPDX-License-Identifier: Apache-2.0
#include "ui/wait_text.h"

static const struct {
	const char *name, *brief, *text;
} reasons[ACTIVITY_COUNT] = {
	[ACTIVITY_UNKNOWN] = { "not known", "not recorded", "this recording does not say for what" },
	[ACTIVITY_WAIT_PYTHON] = { "Python's lock", "its turn to run",
		"could run Python, while another thread held the lock of the interpreter" },
	[ACTIVITY_WAIT_LOCK] = { "lock", "another thread",
		"for another thread: a mutex, a condition, a queue" },
	[ACTIVITY_WAIT_IO] = { "I/O", "a file, pipe, socket",
		"for a file, a pipe, a socket, or any of several of them" },
	[ACTIVITY_SLEEP] = { "sleep", "time to pass", "for time to pass" },
	[ACTIVITY_WAIT_ELSE] = { "something else", "a child, a signal ...",
		"in another system call, for memory, or stopped" },
};

static enum record_activity known(enum record_activity reason)
{
	return reason < ACTIVITY_COUNT && reasons[reason].name ? reason : ACTIVITY_UNKNOWN;
}

const char *wait_reason_name(enum record_activity reason)
{
	return reasons[known(reason)].name;
}

const char *wait_reason_text(enum record_activity reason)
{
	return reasons[known(reason)].text;
}

const char *wait_reason_short(enum record_activity reason)
{
	return reasons[known(reason)].brief;
}

const char *wait_thread_name(const struct profile *p, uint32_t thread)
{
	const char *name = profile_string(p, p->threads[thread].name);

	return *name ? name : "[no name]";
}
