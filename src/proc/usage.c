// SPDX-License-Identifier: Apache-2.0
#include "proc/usage.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/util.h"
#include "proc/task.h"

bool proc_read_usage(int dir, struct proc_usage *out)
{
	long per_s = sysconf(_SC_CLK_TCK), page = sysconf(_SC_PAGESIZE);
	char text[1024], *name_end;
	uint64_t user, system;
	int64_t pages;

	*out = (struct proc_usage){ 0 };
	if (proc_read_file(dir, "stat", text, sizeof(text)) <= 0 || per_s <= 0 || page <= 0 ||
	    !(name_end = strrchr(text, ')')) ||
	    sscanf(name_end, ") %*c %*d %*d %*d %*d %*d %*u %" SCNu64 " %*u %" SCNu64 " %*u %" SCNu64
		   " %" SCNu64 " %*d %*d %*d %*d %" SCNu64 " %*d %*u %*u %" SCNd64, &out->faults,
		   &out->faults_disk, &user, &system, &out->threads, &pages) != 6)
		return false;
	out->user_ns = user * (NS_PER_S / (uint64_t)per_s);
	out->system_ns = system * (NS_PER_S / (uint64_t)per_s);
	out->resident_bytes = (uint64_t)max_of(pages, (int64_t)0) * (uint64_t)page;
	out->io_known = proc_read_file(dir, "io", text, sizeof(text)) > 0 &&
			sscanf(text, "rchar: %" SCNu64 " wchar: %" SCNu64, &out->read_bytes,
			       &out->written_bytes) == 2;
	return true;
}

bool proc_read_thread_usage(int dir, pid_t tid, struct thread_usage *out)
{
	static const char waits[] = "\nvoluntary_ctxt_switches:";
	static const char preemptions[] = "\nnonvoluntary_ctxt_switches:";
	char name[48], text[8192];
	const char *a, *b;

	snprintf(name, sizeof(name), "task/%d/status", (int)tid);
	if (proc_read_file(dir, name, text, sizeof(text)) <= 0 || !(a = strstr(text, waits)) ||
	    !(b = strstr(text, preemptions)) ||
	    sscanf(a + strlen(waits), "%" SCNu64, &out->waits) != 1 ||
	    sscanf(b + strlen(preemptions), "%" SCNu64, &out->preemptions) != 1)
		return false;
	snprintf(name, sizeof(name), "task/%d/schedstat", (int)tid);
	return proc_read_file(dir, name, text, sizeof(text)) > 0 &&
	       sscanf(text, "%*u %" SCNu64, &out->queue_ns) == 1;
}
