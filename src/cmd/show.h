// SPDX-License-Identifier: Apache-2.0
/*
 * cmd/show.h - the report of a recording, as attach, run and report print it.
 */
#ifndef CPROFD_CMD_SHOW_H
#define CPROFD_CMD_SHOW_H

#include <stdbool.h>

struct cmd;

/*
 * Print the flat report of the recording at `path` on stdout; its name too if
 * it is kept.  `by`: first by process, program, cgroup or thread; NULL: not.  Returns an exit code, after a message if it is not EXIT_OK.
 */
int show_report(const struct cmd *cmd, const char *path, bool kept, const char *by);

#endif
