// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "cmd/cmd.h"
#include "cmd/show.h"
#include "cmd/target.h"
#include "cmd/watch.h"

/* Make `path` and the folders above it that are missing. */
static void make_folders(char *path)
{
	for (char *p = path + 1; *p; p++) {
		if (*p != '/')
			continue;
		*p = '\0';
		mkdir(path, 0700);
		*p = '/';
	}
	mkdir(path, 0700);
}

/*
 * Where a recording lies whose name nobody chose: the sessions folder of the
 * user's state, until its report was printed.
 */
static int state_path(pid_t pid, char *buf, size_t cap)
{
	const char *base = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	int n;

	if (base && base[0] == '/')
		n = snprintf(buf, cap, "%s/cprofd/sessions", base);
	else if (home && home[0] == '/')
		n = snprintf(buf, cap, "%s/.local/state/cprofd/sessions", home);
	else
		return -1;
	if (buf[0] != '/' || (size_t)n + 64 > cap)
		return -1;
	make_folders(buf);
	snprintf(buf + n, cap - (size_t)n, "/%d-%ld.cprof", (int)pid, (long)time(NULL));
	return 0;
}

static const char *greeting(void)
{
	if (!isatty(STDOUT_FILENO) || !isatty(STDIN_FILENO))
		return "no terminal: text mode; Ctrl-C (or -d) ends it and prints the report";
	return "text mode; Ctrl-C (or -d) ends it and prints the report";
}

static int attach(struct watch_options *o, const char *text)
{
	struct watch_result result;
	struct cmd_target target;
	char path[PATH_MAX];
	int code = target_find(&cmd_attach, text, true, &target);

	if (code)
		return code;
	o->spec.pid = target.pid;
	o->spec.command = target.name;
	if (!o->out && state_path(target.pid, path, sizeof(path)) < 0)
		return cmd_fail(&cmd_attach, EXIT_OUTPUT,
				"no folder for the recording: neither XDG_STATE_HOME nor HOME is set; use -o FILE");
	o->greeting = greeting();
	watch_run(&cmd_attach, o, o->out ? o->out : path, NULL, &result);
	code = result.exit_code;
	/* Also of what there is when it could not be written to its end. */
	if (code == EXIT_OK || (code == EXIT_OUTPUT && result.n_samples)) {
		int shown = show_report(&cmd_attach, result.path, o->out != NULL);

		code = code == EXIT_OK ? shown : code;
	}
	if (o->out && result.exit_code == EXIT_OK)
		cmd_say("saved %s", result.path);
	else if (!o->out && result.exit_code != EXIT_INTERNAL)
		unlink(path);	/* with -o it is kept; of a session that died, its place was said */
	return cmd_finish_stdout(&cmd_attach, code);
}

static int run(int argc, char **argv)
{
	struct watch_options options;
	const char *target = NULL;
	int opt, code;

	watch_options_init(&options);
	opterr = 0;
	while ((opt = getopt_long(argc, argv, WATCH_SHORT_OPTIONS "p:", watch_long_options,
				  NULL)) != -1) {
		if (opt == 'h') {
			cmd_print_help(&cmd_attach);
			return cmd_finish_stdout(&cmd_attach, EXIT_OK);
		} else if (opt == 'p') {
			target = optarg;	/* as the other commands have it */
		} else if (!watch_option(&cmd_attach, &options, opt, optarg, &code)) {
			return cmd_usage(&cmd_attach, "an option is unknown or lacks its value");
		} else if (code) {
			return code;
		}
	}
	if (!target && optind < argc)
		target = argv[optind++];
	if (!target || optind != argc)
		return cmd_usage(&cmd_attach, "the id or the name of one process is wanted");
	return attach(&options, target);
}

const struct cmd cmd_attach = {
	.name = "attach",
	.synopsis = "[OPTIONS] PID|NAME",
	.summary = "look into a running program",
	.help =
		"Samples the process until Ctrl-C, -d SECONDS or its end, then prints the\n"
		"report of what it saw.  -o FILE keeps the recording.\n\n"
		"  -p PID             the same as PID, as record has it\n"
		WATCH_OPTIONS_HELP,
	.run = run,
};
