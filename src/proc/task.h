// SPDX-License-Identifier: Apache-2.0
/*
 * proc/task.h - what /proc says about a process and its threads.
 *
 * Everything is read relative to a descriptor of the folder /proc/PID: it goes
 * on meaning the same process when the number is used again (reads then fail
 * with ESRCH).
 */
#ifndef CPROFD_PROC_TASK_H
#define CPROFD_PROC_TASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct error;

#define PROC_NAME_MAX 64	/* kernel threads have long names; others 15 */

struct proc_status {
	char name[PROC_NAME_MAX];
	char state;		/* R S D T t Z X I */
	pid_t tgid, ppid;
	pid_t tracer;		/* 0: not traced */
	uid_t uid;		/* effective */
	gid_t gid;
	bool kernel_thread;
	int seccomp;		/* 0 off, 1 strict, 2 filter; -1 unknown */
	pid_t own_pid;		/* as it sees it itself: in the innermost pid namespace */
	bool has_memory;	/* not so of one that is ending */
	uint64_t caps;		/* effective: bit CAP_... */
};

/*
 * Open /proc/PID.  Returns the descriptor, or -1 with ESRCH if there is no
 * such process, ENOENT if /proc is not there.
 */
int proc_open_dir(pid_t pid, struct error *err);

/* Read status of process `dir`, or of its thread `tid` if that is not 0. */
int proc_read_status(int dir, pid_t tid, struct proc_status *out, struct error *err);

/* Runs 32-bit code?  False too if its maps may not be read. */
bool proc_is_32bit(int dir);

/*
 * The threads that are there now; *out is the caller's.  Fails with ESRCH when
 * the process is gone.
 */
int proc_list_threads(int dir, pid_t **out, size_t *n, struct error *err);

/*
 * The first thread that has not ended.  Most files of a process are those of its first
 * thread: when that has ended and others have not, "maps" is empty and "exe" gone, but
 * not so in task/TID.  Fails with ESRCH when all have ended.
 */
pid_t proc_living_thread(int dir, struct error *err);

/* `name` in /proc/PID as a path below it by way of a thread that has not ended. */
#define PROC_PATH_MAX 64
const char *proc_living_path(int dir, const char *name, char path[PROC_PATH_MAX]);

/* Processes whose parent is one of the threads of `dir`; like the above. */
int proc_list_children(int dir, pid_t **out, size_t *n, struct error *err);

/*
 * When the process began, by CLOCK_REALTIME, to a hundredth of a second.  Returns
 * 0, or -1 if that cannot be read.
 */
int proc_start_time(int dir, uint64_t *real_ns);

/* comm of a thread; empty if it is gone. */
void proc_thread_name(int dir, pid_t tid, char name[PROC_NAME_MAX]);

/*
 * CPU time that a thread has used, to the nanosecond.  Returns 0, or -1 if it
 * is gone or the kernel does not keep it.
 */
int proc_thread_cpu_ns(int dir, pid_t tid, uint64_t *out);

/*
 * The same of all CPUs since the machine started, without what other machines took of
 * them, to a hundredth of a second; by a descriptor of /proc/stat.
 */
int proc_host_cpu_ns(int stat, uint64_t *out);

/* What the link "exe" names, without " (deleted)"; empty if not readable. */
void proc_exe_path(int dir, char *buf, size_t cap);

/*
 * The folder that it works in, as it names it below its own root folder; empty if that is
 * not to be had, or is gone.
 */
void proc_cwd_path(int dir, char *buf, size_t cap);

/* A whole small file below `dir`, terminated; its length or -1 with errno. */
ssize_t proc_read_file(int dir, const char *name, char *buf, size_t cap);

/* Do our capabilities count in a user namespace only, such as a container's? */
bool proc_in_user_namespace(void);

/* The first number in a file such as /proc/sys/kernel/...; -1 if unreadable. */
long proc_read_number(const char *path);

#endif
