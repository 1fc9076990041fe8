// SPDX-License-Identifier: Apache-2.0
#include "proc/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/util.h"
#include "proc/task.h"

bool proc_read_io(int dir, uint64_t *calls, uint64_t *bytes)
{
	uint64_t rchar, wchar, syscr, syscw;
	char text[512];

	if (proc_read_file(dir, "io", text, sizeof(text)) <= 0 ||
	    sscanf(text, "rchar: %" SCNu64 " wchar: %" SCNu64 " syscr: %" SCNu64 " syscw: %" SCNu64,
		   &rchar, &wchar, &syscr, &syscw) != 4)
		return false;
	*calls = syscr + syscw;
	*bytes = rchar + wchar;
	return true;
}

bool proc_read_stat(int dir, uint64_t *faults, uint64_t *children_cpu_ns)
{
	uint64_t own, of_children, user, system;
	long per_s = sysconf(_SC_CLK_TCK);
	char text[1024], *name_end;

	if (proc_read_file(dir, "stat", text, sizeof(text)) <= 0 || per_s <= 0 ||
	    !(name_end = strrchr(text, ')')) ||
	    sscanf(name_end, ") %*c %*d %*d %*d %*d %*d %*u %" SCNu64 " %" SCNu64 " %*u %*u %*u %*u %"
		   SCNu64 " %" SCNu64, &own, &of_children, &user, &system) != 4)
		return false;
	*faults = own + of_children;
	*children_cpu_ns = (user + system) * (NS_PER_S / (uint64_t)per_s);
	return true;
}

static bool thread_switches(int dir, pid_t tid, uint64_t *out)
{
	static const char key[] = "\nvoluntary_ctxt_switches:";
	char name[48], text[8192];
	const char *at;

	snprintf(name, sizeof(name), "task/%d/status", (int)tid);
	return proc_read_file(dir, name, text, sizeof(text)) > 0 && (at = strstr(text, key)) &&
	       sscanf(at + strlen(key), "%" SCNu64, out) == 1;
}

bool proc_read_switches(int dir, uint64_t *switches)
{
	_cleanup_(freep) pid_t *tids = NULL;
	uint64_t sum = 0, one;
	struct error err;
	size_t n;

	if (proc_list_threads(dir, &tids, &n, &err) < 0)
		return false;
	for (size_t i = 0; i < n; i++)
		if (thread_switches(dir, tids[i], &one))
			sum += one;
	*switches = sum;
	return true;
}

uint64_t proc_cpu_ns(pid_t pid)
{
	clockid_t clock;
	struct timespec ts;

	if (pid <= 0 || clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &ts) < 0)
		return 0;
	return (uint64_t)ts.tv_sec * NS_PER_S + (uint64_t)ts.tv_nsec;
}
