// SPDX-License-Identifier: Apache-2.0
#include "opener/opener_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/perf_event.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/error.h"
#include "base/util.h"

#define YAMA "/proc/sys/kernel/yama/ptrace_scope"
#define PARANOID "/proc/sys/kernel/perf_event_paranoid"

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
	char path[PROC_PATH_MAX];
	struct stat st;

	return fstatat(t->dir, proc_living_path(t->dir, "mem", path), &st, 0) == 0 &&
	       st.st_uid != status->uid;
}

/* Its memory is the measure: the kernel asks for the same right as for a trace. */
static bool opens_memory(const struct target *t)
{
	char path[PROC_PATH_MAX];
	_cleanup_(closep) int mem = openat(t->dir, proc_living_path(t->dir, "mem", path),
					   O_RDONLY | O_CLOEXEC);

	return mem >= 0 || (errno != EACCES && errno != EPERM);
}

static int say_owner(uid_t uid, struct error *err)
{
	const struct passwd *owner = getpwuid(uid);
	char number[32];

	snprintf(number, sizeof(number), "%u", (unsigned int)uid);
	return error_set(err, EPERM, "the process belongs to user %s; ask them, or an administrator",
			 owner ? owner->pw_name : number);
}

/* A process that is ending has no memory any more. */
static bool has_memory(const struct target *t)
{
	struct proc_status status;
	struct error err;
	pid_t tid = proc_living_thread(t->dir, &err);

	return tid >= 0 && proc_read_status(t->dir, tid, &status, &err) == 0 && status.has_memory;
}

/* Is it the process itself that is out of reach? */
static int check_target(const struct target *t, const struct proc_status *status,
			struct error *err)
{
	if (opens_memory(t))
		return 0;
	if (!has_memory(t))
		return error_set(err, ESRCH, "the process has ended");
	if (status->uid != geteuid() && geteuid() != 0)
		return say_owner(status->uid, err);
	if (is_protected(t, status))
		return error_set(err, EPERM, "the process is protected (not dumpable), as programs with more rights or secrets are; ask an administrator");
	return 0;
}

static int check_trace(const struct target *t, const struct proc_status *status,
		       struct error *err)
{
	if (check_target(t, status, err) < 0)
		return -1;
	/* A process that is no child of ours: ESRCH, unless nothing may be traced. */
	if (ptrace(PTRACE_DETACH, getpid(), NULL, NULL) < 0 && errno != ESRCH)
		return error_set(err, EPERM, "a seccomp filter forbids ptrace here; cprofd outside of it may use it");
	if (opens_memory(t))
		return 0;
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
	return check_trace(t, &status, err);
}

/* For every engine; *err gets the reason.  Nothing is of the whole host (NULL). */
static bool is_out_of_reach(const struct target *t, struct error *err)
{
	struct proc_status status;
	struct error why;

	if (!t || proc_read_status(t->dir, 0, &status, &why) < 0 ||
	    check_target(t, &status, &why) == 0)
		return false;
	*err = why;
	return true;
}

static void read_self(struct proc_status *self)
{
	struct error err;
	_cleanup_(closep) int dir = proc_open_dir(getpid(), &err);

	if (dir < 0 || proc_read_status(dir, 0, self, &err) < 0)
		*self = (struct proc_status){ 0 };
}

/* ---- bpf ---- */

/* What bpf(2) says of a descriptor that is none: EBADF, unless a filter forbids all. */
static int try_bpf(void)
{
	union bpf_attr attr = { .map_fd = (uint32_t)-1 };

	return syscall(SYS_bpf, BPF_MAP_LOOKUP_ELEM, &attr, sizeof(attr)) < 0 ? errno : 0;
}

bool refusal_of_bpf(const struct target *t, struct error *err)
{
	struct proc_status self;
	int said;

	read_self(&self);
	const bool can_bpf = self.caps & (1ull << CAP_BPF | 1ull << CAP_SYS_ADMIN);
	const bool can_perf = self.caps & (1ull << CAP_PERFMON | 1ull << CAP_SYS_ADMIN);
	const bool denied = err->code == EPERM || err->code == EACCES;

	if (err->code == ENOTSUP || (denied && is_out_of_reach(t, err)))
		return false;
	said = try_bpf();
	if (self.seccomp > 0 && (said == EPERM || said == ENOSYS))
		error_set(err, EPERM, "a seccomp filter forbids bpf here (a container's default does); cprofd outside of it may use it");
	else if (denied && (!can_bpf || !can_perf))
		error_set(err, EPERM, "bpf takes CAP_BPF and CAP_PERFMON, and you have %s; an administrator can lend them (ENGINES in cprofd(1))",
			  can_bpf ? "CAP_BPF alone" : can_perf ? "CAP_PERFMON alone" : "neither");
	else if (denied && proc_in_user_namespace())
		error_set(err, EPERM, "bpf takes CAP_BPF and CAP_PERFMON of the host: those of a user namespace, as in a container, do not count");
	else if (denied)
		error_set(err, EPERM, "the kernel forbids bpf although you have CAP_BPF and CAP_PERFMON (lockdown or a security module)");
	return can_bpf && can_perf && !proc_in_user_namespace();
}

/* ---- perf ---- */

/* May we have the least of an event, of ourselves?  0, or why not. */
static int try_perf(void)
{
	struct perf_event_attr attr = {
		.size = sizeof(attr), .type = PERF_TYPE_SOFTWARE,
		.config = PERF_COUNT_SW_DUMMY, .exclude_kernel = 1, .exclude_hv = 1 };
	_cleanup_(closep) int fd =
		(int)syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);

	return fd < 0 ? errno : 0;
}

/* A filter answers EPERM, or ENOSYS where the kernel has events. */
static bool is_filtered(int said)
{
	struct proc_status self;

	read_self(&self);
	return self.seccomp > 0 &&
	       (said == EPERM || (said == ENOSYS && access(PARANOID, F_OK) == 0));
}

static void say_filter(struct error *err)
{
	error_set(err, EPERM, "a seccomp filter forbids perf events here (a container's default does); cprofd outside of it may use them");
}

void refusal_of_host(struct error *err)
{
	if (err->code != EPERM && err->code != EACCES && err->code != ENOSYS)
		return;
	if (is_filtered(try_perf()))
		say_filter(err);
	else
		error_set(err, EPERM, "it takes CAP_PERFMON to see what others run; `cprofd attach` shows your own processes without");
}

bool refusal_of_perf(const struct target *t, struct error *err)
{
	const long paranoid = proc_read_number(PARANOID);
	int said;

	if (err->code != EPERM && err->code != EACCES && err->code != ENOSYS)
		return false;
	if (is_out_of_reach(t, err))
		return true;
	said = try_perf();
	if (said == EACCES && paranoid > 2)
		error_set(err, EACCES, "this kernel does not let you use perf events (perf_event_paranoid = %ld); CAP_PERFMON would allow it",
			  paranoid);
	else if (is_filtered(said))
		say_filter(err);
	else if (said == ENOSYS)
		error_set(err, ENOSYS, "this kernel has no perf events");
	else if (said)
		error_set(err, EPERM, "perf events are not allowed here (a security module, perhaps)");
	else
		error_set(err, EPERM, "perf events of this process are not allowed; CAP_PERFMON would allow it");
	return false;
}
