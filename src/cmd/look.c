// SPDX-License-Identifier: Apache-2.0
#include "cmd/look.h"

#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/util.h"
#include "cmd/cmd.h"
#include "cmd/live.h"
#include "cmd/show.h"

/* ---- options ---- */

#define MAX_OPTIONS 32

/* Those of watching, of looking and of the command together. */
static void list_options(const struct option *own, struct option all[MAX_OPTIONS])
{
	size_t n = 0;

	for (size_t i = 0; viewer_long_options[i].name; i++)
		all[n++] = viewer_long_options[i];
	for (size_t i = 0; n < MAX_OPTIONS - 1 && watch_long_options[i].name; i++)
		all[n++] = watch_long_options[i];
	for (size_t i = 0; own && n < MAX_OPTIONS - 1 && own[i].name; i++)
		all[n++] = own[i];
	all[n] = (struct option){ 0 };
}

int look_parse(const struct cmd *cmd, int argc, char **argv, struct look *l)
{
	struct option all[MAX_OPTIONS];
	int opt, code;

	l->viewer = VIEWER_OPTIONS;
	watch_options_init(&l->watch);
	list_options(l->own, all);
	opterr = 0;
	while ((opt = getopt_long(argc, argv, l->own_short, all, NULL)) != -1) {
		if (opt == 'h') {
			cmd_print_help(cmd);
			return LOOK_HELPED;
		}
		if (!viewer_option(cmd, &l->viewer, opt, optarg, &code) &&
		    !watch_option(cmd, &l->watch, opt, optarg, &code) &&
		    !(l->own_option && l->own_option(l, opt, optarg, &code)))
			return cmd_usage(cmd, "an option is unknown or lacks its value");
		if (code)
			return code;
	}
	return EXIT_OK;
}

/* ---- looking ---- */

static const char *greeting(void)
{
	if (!isatty(STDOUT_FILENO) || !isatty(STDIN_FILENO))
		return "no terminal: text mode; Ctrl-C (or -d) ends it and prints the report";
	return "this terminal cannot place its cursor: text mode; Ctrl-C (or -d) ends it and prints "
	       "the report";
}

/* On the terminal: the session that there is for it, or a new one. */
static int look_live(const struct cmd *cmd, struct look *l)
{
	const char *name = l->watch.spec.command;
	struct session_entry e;
	struct error err;
	int control, code;

	if (sessions_find_live(l->watch.spec.pid, &e) &&
	    (control = sessions_connect(&e, &err)) >= 0) {
		if (l->watch.out && l->watch.spec.pid)
			cmd_say("%d is being recorded already, to %s", (int)l->watch.spec.pid, e.path);
		else if (l->watch.out)
			cmd_say("the host is being recorded already, to %s", e.path);
		return live_show(cmd, &e, control, name, &l->viewer);
	}
	code = live_start(cmd, &l->watch, &e, &control);
	return code ? code : live_show(cmd, &e, control, name, &l->viewer);
}

/* As text: sample, wait, report. */
static int look_text(const struct cmd *cmd, struct look *l)
{
	struct watch_options *o = &l->watch;
	struct watch_result result;
	char folder[PATH_MAX], path[PATH_MAX + SESSION_NAME_MAX + 8];
	struct session_entry e;
	struct error err;
	int code, fd;

	session_entry_make(o->spec.pid, &e);
	fd = o->out ? -1 : sessions_open_folder(folder, &err);
	if (!o->out && fd < 0)
		return cmd_fail(cmd, EXIT_OUTPUT, "%s; use -o FILE", err.msg);
	closep(&fd);
	if (!o->out)
		snprintf(path, sizeof(path), "%s/%s.cprof", folder, e.name);
	o->greeting = greeting();
	watch_run(cmd, o, o->out ? o->out : path, NULL, &result);
	code = result.exit_code;
	/* Also of what there is when it could not be written to its end. */
	if (code == EXIT_OK || (code == EXIT_OUTPUT && result.n_samples)) {
		int shown = show_report(cmd, result.path, o->out != NULL, l->by);

		code = code == EXIT_OK ? shown : code;
	}
	if (o->out && result.exit_code == EXIT_OK)
		cmd_say("saved %s", result.path);
	else if (!o->out && result.exit_code != EXIT_INTERNAL)
		unlink(path);	/* with -o it is kept; of a session that died, its place was said */
	return cmd_finish_stdout(cmd, code);
}

int look(const struct cmd *cmd, struct look *l)
{
	int code = viewer_load(cmd, &l->viewer);

	if (code == EXIT_OK)
		code = viewer_is_possible(&l->viewer) ? look_live(cmd, l) : look_text(cmd, l);
	viewer_unload(&l->viewer);
	return code;
}
