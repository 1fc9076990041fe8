// SPDX-License-Identifier: Apache-2.0
/*
 * cmd/live.h - a session that goes on, on the terminal.
 *
 * The terminal is only a viewer: the session was there before, or was started
 * with live_start(), and goes on when the viewer is gone.
 */
#ifndef CPROFD_CMD_LIVE_H
#define CPROFD_CMD_LIVE_H

#include "cmd/sessions.h"
#include "cmd/viewer.h"

struct cmd;
struct watch_options;

/*
 * Start a session of o->spec that outlives this command.  *control is a channel
 * to it.  Returns 0 once it samples, or an exit code after saying why not.
 */
int live_start(const struct cmd *cmd, struct watch_options *o, struct session_entry *e,
	       int *control);

/*
 * Show the session, and others that somebody goes to from there, until it is left,
 * and do what was then chosen.
 * `control` is taken over.  `program` is how the target is called.  Returns an
 * exit code, after a message if it is not EXIT_OK.
 */
int live_show(const struct cmd *cmd, const struct session_entry *e, int control,
	      const char *program, struct viewer_options *o);

/*
 * Have the session stop and wait for it to seal its recording.  Returns false if
 * it did not within a minute.
 */
bool live_stop(int control);

#endif
