// SPDX-License-Identifier: Apache-2.0
/* Threads of a Python program by the names that it has given them. */
#include "session/session.h"

#include "python/thread_name.h"

#define NAME_NS (NS_PER_S / 2)	/* between two looks at the same thread: a name may change */

bool python_name_due(const struct session *s, const struct thread *t)
{
	return !t->named_ns || s->now_ns - t->named_ns >= NAME_NS;
}

/*
 * One in a sub-interpreter has a state in that, too, and the frame that it began with is in
 * the other.
 */
static uint64_t find_object(const struct python_seen *seen)
{
	uint64_t object = 0;

	for (size_t i = 0; i < seen->n && !object; i++)
		if (seen->all[i].thread_id == seen->thread->thread_id)
			object = python_thread_object(seen->runtime, seen->memory, &seen->all[i]);
	return object;
}

void python_name_thread(struct session *s, struct thread *t, const struct python_seen *seen)
{
	_cleanup_(freep) char *name = NULL;
	uint64_t object;

	if (!python_name_due(s, t))
		return;
	t->named_ns = s->now_ns;
	object = find_object(seen);
	if (object)
		name = python_thread_name(seen->runtime, seen->memory, object);
	else if (t->tid == t->proc->pid && !t->named_itself)
		name = xstrdup("MainThread");
	if (name && *name) {
		procs_name_thread(s, t, record_put_string(s->writer, name, strlen(name)));
		t->named_itself = true;
	}
}
