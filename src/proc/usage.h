// SPDX-License-Identifier: Apache-2.0
/*
 * proc/usage.h - what a process has used since it began, and holds now, as the kernel counts.
 *
 * `dir` is a descriptor of /proc/PID (proc/task.h).
 */
#ifndef CPROFD_PROC_USAGE_H
#define CPROFD_PROC_USAGE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Of all its threads, those that have ended included, without its children. */
struct proc_usage {
	uint64_t user_ns, system_ns;	/* in 10 ms */
	uint64_t faults, faults_disk;
	bool io_known;			/* it takes the right to look into it */
	uint64_t read_bytes, written_bytes;
	uint64_t threads, resident_bytes;	/* now */
};

/* Of one thread. */
struct thread_usage {
	uint64_t waits, preemptions;	/* switches to another one */
	uint64_t queue_ns;		/* it could have run, and no CPU was free */
};

/* False if it is gone. */
bool proc_read_usage(int dir, struct proc_usage *out);
bool proc_read_thread_usage(int dir, pid_t tid, struct thread_usage *out);

#endif
