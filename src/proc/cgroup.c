// SPDX-License-Identifier: Apache-2.0
#include "proc/cgroup.h"

#include <stdio.h>
#include <string.h>

#include "proc/task.h"

#define MAX_TEXT 8192

/* How well a line tells which group it is; 0: not at all. */
static int worth(const char *line, const char *path)
{
	if (path[0] != '/' || path[1] == '\n' || path[1] == '\0')
		return 0;
	if (strncmp(line, "0::", 3) == 0)
		return 3;
	return strstr(line, ":name=systemd:") && strstr(line, ":name=systemd:") < path ? 2 : 1;
}

void cgroup_choose(const char *text, char *path, size_t cap)
{
	int best = 0;

	snprintf(path, cap, "/");
	/* ID:CONTROLLERS:PATH */
	for (const char *line = text; line && *line; line = strchr(line, '\n')) {
		line += *line == '\n';
		const char *first = strchr(line, ':');
		const char *second = first ? strchr(first + 1, ':') : NULL;

		if (!second || worth(line, second + 1) <= best)
			continue;
		best = worth(line, second + 1);
		snprintf(path, cap, "%.*s", (int)strcspn(second + 1, "\n"), second + 1);
	}
}

void cgroup_of(int dir, char *path, size_t cap)
{
	char text[MAX_TEXT];

	if (proc_read_file(dir, "cgroup", text, sizeof(text)) > 0)
		cgroup_choose(text, path, cap);
	else
		path[0] = '\0';
}
