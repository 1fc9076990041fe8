// SPDX-License-Identifier: Apache-2.0
/*
 * python/thread_name.h - what the threading module calls a thread.
 *
 * The outermost frame of a thread that threading has started is of Thread._bootstrap,
 * whose first local variable is the Thread: both are there for as long as the thread
 * runs, so that they can be read while it does.
 */
#ifndef CPROFD_PYTHON_THREAD_NAME_H
#define CPROFD_PYTHON_THREAD_NAME_H

#include "python/runtime.h"

/* The address of the Thread, or 0: threading has not started it, or it cannot be read now. */
uint64_t python_thread_object(const struct python_runtime *runtime,
			      const struct python_memory *memory,
			      const struct python_thread *thread);

/* Its name, valid UTF-8, or NULL.  The caller frees it. */
char *python_thread_name(const struct python_runtime *runtime, const struct python_memory *memory,
			 uint64_t object);

#endif
