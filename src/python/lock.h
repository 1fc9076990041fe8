// SPDX-License-Identifier: Apache-2.0
/*
 * python/lock.h - the lock that lets one thread at a time run Python.
 *
 * There is one for all, from 3.12 on one in each interpreter (sub-interpreters may share
 * it).  Of 3.6 only its holder is known, and not where it is.
 */
#ifndef CPROFD_PYTHON_LOCK_H
#define CPROFD_PYTHON_LOCK_H

#include "python/runtime.h"

enum python_holding {
	PYTHON_HOLDING_UNKNOWN,		/* it cannot be read, or there is no such lock */
	PYTHON_HOLDING_NOT,
	PYTHON_HOLDING,
	PYTHON_HOLDING_COLLECTING,	/* has it, and collects garbage; of 3.6 not known */
};

/* Has the thread the lock?  It has to be held still, or to wait. */
enum python_holding python_holding(const struct python_runtime *runtime,
				   const struct python_memory *memory,
				   const struct python_thread *thread);

/* Is `addr` in the thread's lock?  Who waits there waits for it. */
bool python_lock_contains(const struct python_runtime *runtime,
			  const struct python_memory *memory,
			  const struct python_thread *thread, uint64_t addr);

/*
 * Where all that is, for those who read it by themselves: LAYOUT_NONE or 0 is what this
 * version has not.
 */
struct python_lock_at {
	uint64_t lock;		/* an address; or */
	uint32_t interp, interp_lock;	/* of the thread's state, of what is there: the pointer to it */
	uint32_t holder, locked, size;	/* of the lock; without `locked` 0 is nobody */
	uint64_t collecting;	/* an address; or */
	uint32_t interp_collecting;	/* of the interpreter */
};

/* False: nothing is known of it. */
bool python_lock_at(const struct python_runtime *runtime, struct python_lock_at *out);

#endif
