// SPDX-License-Identifier: Apache-2.0
/*
 * proc/progress.h - what a process has done since it began, as the kernel counts it.
 *
 * `dir` is a descriptor of /proc/PID (proc/task.h).  Each returns false if it may not be
 * read, or the process is gone.  What children did that have been waited for counts as
 * their parent's, where the kernel keeps it so.
 */
#ifndef CPROFD_PROC_PROGRESS_H
#define CPROFD_PROC_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Calls of read(2), write(2) and the like, and the bytes that they moved; children too. */
bool proc_read_io(int dir, uint64_t *calls, uint64_t *bytes);

/* Page faults that needed no disk, children too; CPU time of these, in 10 ms. */
bool proc_read_stat(int dir, uint64_t *faults, uint64_t *children_cpu_ns);

/* How often its living threads began to wait. */
bool proc_read_switches(int dir, uint64_t *switches);

/* CPU time of a process without children, which needs no right to it; 0 if it is gone. */
uint64_t proc_cpu_ns(pid_t pid);

#endif
