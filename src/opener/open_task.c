// SPDX-License-Identifier: Apache-2.0
#include "opener/opener_internal.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int task_open(const struct target *t, pid_t tid, const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "task/%d/%s", (int)tid, name);
	return openat(t->dir, path, O_RDONLY | O_CLOEXEC);
}

uint64_t task_cpu_ns(int schedstat_fd)
{
	char text[64];
	ssize_t n = pread(schedstat_fd, text, sizeof(text) - 1, 0);
	uint64_t ns = 0;

	if (n > 0) {
		text[n] = '\0';
		sscanf(text, "%" SCNu64, &ns);
	}
	return ns;
}

/* The file says "running", or "nr args... sp pc", or "-1 sp pc". */
enum task_look task_look(int syscall_fd, struct task_seen *out)
{
	char text[256];
	ssize_t n = pread(syscall_fd, text, sizeof(text) - 1, 0);
	int end = 0;

	if (n <= 0)
		return TASK_GONE;
	text[n] = '\0';
	if (strncmp(text, "running", 7) == 0)
		return TASK_RUNS;

	*out = (struct task_seen){ .call.number = -1 };
	if (sscanf(text, "%" SCNd32 "%n", &out->call.number, &end) != 1)
		return TASK_GONE;
	if (out->call.number >= 0)
		sscanf(text + end, "%" SCNx64 "%" SCNx64, &out->call.args[0], &out->call.args[1]);

	char *last = strrchr(text, ' ');
	if (!last)
		return TASK_GONE;
	out->pc = strtoull(last + 1, NULL, 16);
	*last = '\0';
	last = strrchr(text, ' ');
	out->sp = last ? strtoull(last + 1, NULL, 16) : 0;
	return out->pc ? TASK_WAITS : TASK_GONE;	/* an exiting thread has neither */
}
