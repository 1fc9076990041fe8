// SPDX-License-Identifier: Apache-2.0
/*
 * proc/cgroup.h - the control group that a process is in: its service, session or
 * container.  See cgroups(7) for /proc/PID/cgroup.
 */
#ifndef CPROFD_PROC_CGROUP_H
#define CPROFD_PROC_CGROUP_H

#include <stddef.h>

/*
 * The path that tells most, of the text of /proc/PID/cgroup: that of the unified
 * hierarchy; where that is not in use, systemd's; else that of the first controller
 * that is not at its root.  "/" if all are.  Not terminated by a newline.
 */
void cgroup_choose(const char *text, char *path, size_t cap);

/* The same of the process whose folder is `dir`; empty if that cannot be read. */
void cgroup_of(int dir, char *path, size_t cap);

#endif
