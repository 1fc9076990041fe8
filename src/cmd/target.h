// SPDX-License-Identifier: Apache-2.0
/*
 * cmd/target.h - which process a command is about.
 */
#ifndef CPROFD_CMD_TARGET_H
#define CPROFD_CMD_TARGET_H

#include <sys/types.h>

#include "proc/task.h"

struct cmd;

struct cmd_target {
	pid_t pid;
	char name[PROC_NAME_MAX];
};

/*
 * Find the process that `text` names: by number, or (if `by_name`) by the name
 * of its executable.  A thread's number stands for its process, which is said.
 * Returns 0, or an exit code after the message.
 */
int target_find(const struct cmd *cmd, const char *text, bool by_name,
		struct cmd_target *out);

#endif
