// SPDX-License-Identifier: Apache-2.0
/* Starting a session that outlives the command that starts it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/error.h"
#include "base/msg.h"
#include "base/out_file.h"
#include "base/util.h"
#include "cmd/cmd.h"
#include "cmd/live.h"
#include "cmd/watch.h"
#include "session/control.h"

/* The recording has a name of its own elsewhere: it is found from the folder. */
static void link_recording(int folder, const struct session_entry *e, const char *out)
{
	_cleanup_(freep) char *real = realpath(out, NULL);
	char name[SESSION_NAME_MAX + 8];

	session_file(e, "cprof", name);
	if (real)
		(void)!symlinkat(real, folder, name);
}

static int session_path(struct session_entry *e, const char *folder, struct error *err)
{
	int n = snprintf(e->path, sizeof(e->path), "%s/%s.cprof", folder, e->name);

	return (size_t)n < sizeof(e->path) ? 0 : error_set(err, ENAMETOOLONG, "%s", folder);
}

static int say_failed(const struct cmd *cmd, const struct watch_options *o,
		      const struct c_failed *failed)
{
	int code = (int)failed->exit_code;

	return o->spec.pid ? cmd_fail(cmd, code, "%d: %s", (int)o->spec.pid, failed->text)
			   : cmd_fail(cmd, code, "%s", failed->text);
}

/* Wait until it samples: 0, or an exit code. */
static int wait_for_start(const struct cmd *cmd, const struct watch_options *o, int control)
{
	_cleanup_(freep) struct msg *m = xmalloc(sizeof(*m));
	const union control_said *said = (const void *)m->data;
	struct error err;

	while (msg_recv(control, m, &err) == 1) {
		msg_close_fds(m);
		if (!control_is_sound(m))
			continue;
		if (said->type == C_STARTED)
			return 0;
		if (said->type == C_NOTE)
			cmd_say("%s", said->note.text);
		if (said->type == C_FAILED)
			return say_failed(cmd, o, &said->failed);
	}
	return cmd_fail(cmd, EXIT_INTERNAL, "the session ended before it began");
}

int live_start(const struct cmd *cmd, struct watch_options *o, struct session_entry *e,
	       int *control)
{
	unsigned int flags = OUT_FILE_LIVE | OUT_FILE_PRIVATE | (o->force ? OUT_FILE_FORCE : 0u);
	_cleanup_(closep) int folder = -1, listener = -1;
	struct opener_socket socket;
	char name[SESSION_NAME_MAX + 8], path[PATH_MAX];
	struct out_file *out;
	struct error err;
	int code;

	session_entry_make(o->spec.pid, e);
	sessions_trim();
	folder = sessions_open_folder(path, &err);
	if (folder >= 0 && session_path(e, path, &err) == 0)
		listener = sessions_listen(folder, e, &err);
	if (listener < 0)
		return cmd_fail(cmd, EXIT_OUTPUT, "%s", err.msg);
	session_file(e, "sock", name);
	socket = (struct opener_socket){ .listener = listener, .dir = folder, .name = name };
	if (out_file_open(o->out ? o->out : e->path, flags, &out, &err) < 0) {
		unlinkat(folder, name, 0);
		return cmd_fail(cmd, EXIT_OUTPUT, "%s", err.msg);
	}
	o->spec.recording_fd = out_file_fd(out);
	o->spec.socket = &socket;
	o->spec.max_bytes = o->out ? 0 : SESSION_MAX_BYTES;
	if (opener_start(&o->spec, control, &err) < 0) {
		out_file_abort(out);
		unlinkat(folder, name, 0);
		return cmd_fail(cmd, EXIT_INTERNAL, "%s", err.msg);
	}
	code = wait_for_start(cmd, o, *control);
	if (code) {
		out_file_abort(out);
		close(*control);
		return code;
	}
	/* The session has the file; from now on it keeps its name. */
	if (out_file_commit(out, &err) < 0)
		cmd_say("%s", err.msg);
	if (o->out) {
		link_recording(folder, e, o->out);
		if (!realpath(o->out, e->path))
			snprintf(e->path, sizeof(e->path), "%s", o->out);
	}
	return 0;
}
