// SPDX-License-Identifier: Apache-2.0
#include "opener/opener_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/util.h"

#define YAMA "/proc/sys/kernel/yama/ptrace_scope"

/* Who traces the process, in *tracer; false if nobody does. */
static bool find_tracer(const struct proc_status *target, struct proc_status *tracer)
{
	struct error err;

	if (!target->tracer)
		return false;
	_cleanup_(closep) int dir = proc_open_dir(target->tracer, &err);
	if (dir < 0 || proc_read_status(dir, 0, tracer, &err) < 0)
		snprintf(tracer->name, sizeof(tracer->name), "another program");
	return true;
}

/* The kernel gives the files in /proc of a process that is not dumpable to root. */
static bool is_protected(const struct target *t, const struct proc_status *status)
{
	struct stat st;

	return fstatat(t->dir, "mem", &st, 0) == 0 && st.st_uid != status->uid;
}

static int say_owner(uid_t uid, struct error *err)
{
	const struct passwd *owner = getpwuid(uid);
	char number[32];

	snprintf(number, sizeof(number), "%u", (unsigned int)uid);
	return error_set(err, EPERM, "the process belongs to user %s; ask them, or an administrator",
			 owner ? owner->pw_name : number);
}

/*
 * May we look into it at all?  Its memory is the measure: the kernel asks for
 * the same right as for a trace.
 */
static int check_access(const struct target *t, const struct proc_status *status,
			struct error *err)
{
	_cleanup_(closep) int mem = openat(t->dir, "mem", O_RDONLY | O_CLOEXEC);

	if (mem >= 0 || (errno != EACCES && errno != EPERM))
		return 0;
	if (status->uid != geteuid() && geteuid() != 0)
		return say_owner(status->uid, err);
	if (is_protected(t, status))
		return error_set(err, EPERM, "the process is protected (not dumpable), as programs with more rights or secrets are; ask an administrator");
	if (proc_read_number(YAMA) > 0)
		return error_set(err, EPERM, "not allowed to trace the process (yama ptrace_scope = %ld); start it with cprofd run, or get CAP_SYS_PTRACE",
				 proc_read_number(YAMA));
	return error_set(err, EPERM, "not allowed to look into the process; CAP_SYS_PTRACE would allow it");
}

int refusal_of_ptrace(const struct target *t, struct error *err)
{
	struct proc_status status, tracer;

	if (proc_read_status(t->dir, 0, &status, err) < 0)
		return -1;
	if (find_tracer(&status, &tracer))
		return error_set(err, EPERM, "already traced by %s (pid %d); end that first, or use --engine perf",
				 tracer.name, (int)status.tracer);
	return check_access(t, &status, err);
}

void refusal_of_bpf(const struct target *t, struct error *err)
{
	struct proc_status status;
	struct error why;

	if (err->code == EPERM && proc_read_status(t->dir, 0, &status, &why) == 0 &&
	    check_access(t, &status, &why) < 0)
		*err = why;
}

bool refusal_of_perf(const struct target *t, struct error *err)
{
	const long paranoid = proc_read_number("/proc/sys/kernel/perf_event_paranoid");
	const bool denied = err->code == EPERM || err->code == EACCES;
	struct proc_status self, status;
	struct error ignored;
	_cleanup_(closep) int dir = proc_open_dir(getpid(), &ignored);

	if (err->code == ENOSYS)
		error_set(err, ENOSYS, "this kernel has no perf events");
	else if (denied && paranoid > 2 && geteuid() != 0)
		error_set(err, EACCES, "this kernel does not let you use perf events (perf_event_paranoid = %ld); CAP_PERFMON would allow it",
			  paranoid);
	else if (denied && dir >= 0 && proc_read_status(dir, 0, &self, &ignored) == 0 &&
		 self.seccomp > 0)
		error_set(err, EPERM, "a seccomp filter forbids perf events here (a container's default does)");
	else if (denied && proc_read_status(t->dir, 0, &status, &ignored) == 0 &&
		 check_access(t, &status, err) < 0)
		return true;
	return false;
}
