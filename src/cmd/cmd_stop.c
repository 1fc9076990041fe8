// SPDX-License-Identifier: Apache-2.0
#include <ctype.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/out_file.h"
#include "base/util.h"
#include "cmd/cmd.h"
#include "cmd/live.h"
#include "cmd/sessions.h"
#include "cmd/target.h"

/* The session of a process by number, or by the name it was recorded under. */
static int find(const char *text, struct session_entry *out)
{
	_cleanup_(freep) struct session_entry *all = NULL;
	size_t n, n_found = 0;
	struct error err;

	if (sessions_list(&all, &n, &err) < 0)
		return cmd_fail(&cmd_stop, cmd_file_exit(&err, false), "%s", err.msg);
	for (size_t i = 0; i < n; i++) {
		struct session_facts facts;
		char pid[16];

		if (!all[i].live)
			continue;
		snprintf(pid, sizeof(pid), "%d", (int)all[i].pid);
		session_facts_read(all[i].path, &facts, &err);
		if (strcmp(pid, text) != 0 && strcmp(facts.program, text) != 0)
			continue;
		*out = all[i];
		n_found++;
	}
	if (n_found == 1)
		return EXIT_OK;
	return cmd_fail(&cmd_stop, n_found ? EXIT_USAGE : EXIT_NO_PROCESS,
			n_found ? "%s: %zu sessions are of that name; give the process id"
				: "%s: no session of that process goes on; `cprofd list` shows those there are",
			text, n_found);
}

static int stop(const char *text, const char *save, bool force)
{
	struct session_entry e;
	struct error err;
	int control, code = find(text, &e);
	bool ended;

	if (code)
		return code;
	control = sessions_connect(&e, &err);
	ended = control < 0 || live_stop(control);
	closep(&control);
	if (!ended)
		return cmd_fail(&cmd_stop, EXIT_INTERNAL, "the session does not end; its recording is %s",
				e.path);
	if (!save) {
		cmd_say("stopped; the recording is %s", e.path);
		return EXIT_OK;
	}
	if (session_save(&e, save, force ? OUT_FILE_FORCE : 0, &err) < 0)
		return cmd_fail(&cmd_stop, EXIT_OUTPUT, "%s; the recording stays at %s", err.msg,
				e.path);
	sessions_remove(&e);
	cmd_say("saved %s", save);
	return EXIT_OK;
}

static int run(int argc, char **argv)
{
	static const struct option long_options[] = {
		{ "save", required_argument, NULL, 's' }, { "force", no_argument, NULL, 'f' },
		{ "help", no_argument, NULL, 'h' }, { 0 } };
	const char *save = NULL, *target = NULL;
	bool force = false;
	int opt;

	opterr = 0;
	while ((opt = getopt_long(argc, argv, "hp:", long_options, NULL)) != -1) {
		if (opt == 'h') {
			cmd_print_help(&cmd_stop);
			return cmd_finish_stdout(&cmd_stop, EXIT_OK);
		} else if (opt == 's') {
			save = optarg;
		} else if (opt == 'f') {
			force = true;
		} else if (opt == 'p') {
			target = optarg;
		} else {
			return cmd_usage(&cmd_stop, "an option is unknown or lacks its value");
		}
	}
	if (!target && optind < argc)
		target = argv[optind++];
	if (!target || optind != argc)
		return cmd_usage(&cmd_stop, "the id or the name of one process is wanted");
	return stop(target, save, force);
}

const struct cmd cmd_stop = {
	.name = "stop",
	.synopsis = "[--save FILE [--force]] PID|NAME",
	.summary = "end a session that goes on",
	.help =
		"Ends the sampling of a session that `cprofd attach` began, and waits until\n"
		"its recording is whole.  The program goes on.\n\n"
		"  -p PID             the same as PID\n"
		"  --save FILE        move the recording to FILE\n"
		"  --force            replace FILE if it is there\n"
		"  -h, --help         this text\n",
	.run = run,
};
