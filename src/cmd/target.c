// SPDX-License-Identifier: Apache-2.0
#include "cmd/target.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/util.h"
#include "cmd/cmd.h"

#define MAX_LISTED 8

/* Its number may be in use all the same: /proc can be told to hide what is others'. */
static int say_none(const struct cmd *cmd, const char *text, pid_t pid)
{
	if (access("/proc/self", F_OK) < 0)
		return cmd_fail(cmd, EXIT_UNSUPPORTED, "/proc is not mounted; cprofd needs it");
	if (kill(pid, 0) == 0 || errno == EPERM)
		return cmd_fail(cmd, EXIT_UNSUPPORTED, "%s: /proc does not show you this process (mounted with hidepid); ask its user, or an administrator",
				text);
	return cmd_fail(cmd, EXIT_NO_PROCESS, "%s: no such process; did it just end?", text);
}

/* The process `pid` (or its thread of that number). */
static int find_by_pid(const struct cmd *cmd, const char *text, struct cmd_target *out)
{
	struct proc_status status;
	struct error err;
	char *end;
	long pid = strtol(text, &end, 10);
	_cleanup_(closep) int dir = -1;

	if (*end || pid <= 0 || pid > 0x7fffffff)
		return cmd_usage(cmd, "%s is not a process id", text);
	dir = proc_open_dir((pid_t)pid, &err);
	if (dir < 0 || proc_read_status(dir, 0, &status, &err) < 0)
		return say_none(cmd, text, (pid_t)pid);
	/* Its first thread may end and leave the work to others. */
	if ((status.state == 'Z' || status.state == 'X') && proc_living_thread(dir, &err) < 0)
		return cmd_fail(cmd, EXIT_NO_PROCESS, "%s (%s): the process has ended and only waits to be reaped",
				text, status.name);
	if (status.kernel_thread)
		return cmd_fail(cmd, EXIT_UNSUPPORTED, "%s (%s): a kernel thread has no user stack; profile the process that keeps it busy",
				text, status.name);
	if (proc_is_32bit(dir))
		return cmd_fail(cmd, EXIT_UNSUPPORTED, "%s (%s): a 32-bit program; cprofd unwinds 64-bit programs only",
				text, status.name);
	out->pid = (pid_t)pid;
	snprintf(out->name, sizeof(out->name), "%s", status.name);
	if (status.tgid && status.tgid != pid) {
		_cleanup_(closep) int process = proc_open_dir(status.tgid, &err);

		if (process < 0 || proc_read_status(process, 0, &status, &err) < 0)
			return cmd_fail(cmd, EXIT_NO_PROCESS, "%s: no such process; did it just end?",
					text);
		cmd_say("%ld is a thread of %d (%s): profiling the process", pid, (int)status.tgid,
			status.name);
		out->pid = status.tgid;
		snprintf(out->name, sizeof(out->name), "%s", status.name);
	}
	return 0;
}

/* Is it called so: by its comm, or by the last part of its executable's path? */
static bool is_called(int dir, const char *name, char comm[PROC_NAME_MAX])
{
	struct proc_status status;
	struct error err;
	char exe[4096], *slash;

	if (proc_read_status(dir, 0, &status, &err) < 0 ||
	    (status.state == 'Z' && proc_living_thread(dir, &err) < 0))
		return false;
	memcpy(comm, status.name, PROC_NAME_MAX);
	if (strcmp(status.name, name) == 0)
		return true;
	proc_exe_path(dir, exe, sizeof(exe));
	slash = strrchr(exe, '/');
	return slash && strcmp(slash + 1, name) == 0;
}

static int find_by_name(const struct cmd *cmd, const char *name, struct cmd_target *out)
{
	DIR *proc = opendir("/proc");
	char list[MAX_LISTED * 12 + 8] = "", number[16];
	struct dirent *entry;
	size_t n = 0;

	while (proc && (entry = readdir(proc))) {
		char comm[PROC_NAME_MAX];
		struct error err;

		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		_cleanup_(closep) int dir = proc_open_dir((pid_t)atol(entry->d_name), &err);
		if (dir < 0 || !is_called(dir, name, comm) || atol(entry->d_name) == getpid())
			continue;
		snprintf(number, sizeof(number), "%d", (int)atol(entry->d_name));
		if (n < MAX_LISTED)
			snprintf(list + strlen(list), sizeof(list) - strlen(list), " %s", number);
		n++;
	}
	if (proc)
		closedir(proc);
	if (n == 0 && access("/proc/self", F_OK) < 0)
		return cmd_fail(cmd, EXIT_UNSUPPORTED, "/proc is not mounted; cprofd needs it");
	if (n == 0)
		return cmd_fail(cmd, EXIT_NO_PROCESS, "%s: no process of that name%s", name,
				access("/proc/1/status", F_OK) < 0 ? " that /proc shows you (hidepid)" : "");
	if (n > 1)
		return cmd_fail(cmd, EXIT_USAGE, "%zu processes match \"%s\":%s%s; give the number of one",
				n, name, list, n > MAX_LISTED ? " ..." : "");
	return find_by_pid(cmd, number, out);
}

int target_find(const struct cmd *cmd, const char *text, bool by_name,
		struct cmd_target *out)
{
	if (by_name && text[strspn(text, "0123456789")])
		return find_by_name(cmd, text, out);
	return find_by_pid(cmd, text, out);
}
