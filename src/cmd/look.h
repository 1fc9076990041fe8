// SPDX-License-Identifier: Apache-2.0
/*
 * cmd/look.h - looking into what runs: the UI on a terminal, a report without.
 *
 * What attach and top have in common.
 */
#ifndef CPROFD_CMD_LOOK_H
#define CPROFD_CMD_LOOK_H

#include <stdbool.h>

#include "cmd/viewer.h"
#include "cmd/watch.h"

struct look {
	struct watch_options watch;	/* spec.pid and spec.command are the caller's to set */
	struct viewer_options viewer;
	const char *by;			/* what the report is by, NULL: functions */

	/* The command's own options. */
	const char *own_short;		/* all short ones: WATCH_SHORT_OPTIONS and more */
	const struct option *own;	/* long ones, or NULL */
	/* Take one of them; false if it is none.  *code is then an exit code, or 0. */
	bool (*own_option)(struct look *l, int opt, const char *value, int *code);
};

/* EXIT_OK, an exit code after saying why, or LOOK_HELPED: help was asked for and printed. */
#define LOOK_HELPED (-1)
int look_parse(const struct cmd *cmd, int argc, char **argv, struct look *l);

/* Do it; an exit code. */
int look(const struct cmd *cmd, struct look *l);

#endif
