// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/util.h"
#include "cmd/cmd.h"
#include "cmd/live.h"
#include "cmd/show.h"
#include "cmd/target.h"
#include "cmd/watch.h"

static const char *greeting(void)
{
	if (!isatty(STDOUT_FILENO) || !isatty(STDIN_FILENO))
		return "no terminal: text mode; Ctrl-C (or -d) ends it and prints the report";
	return "this terminal cannot place its cursor: text mode; Ctrl-C (or -d) ends it and prints "
	       "the report";
}

/* On the terminal: the session that there is for it, or a new one. */
static int attach_live(struct watch_options *o, const struct cmd_target *target,
		       const struct live_options *live)
{
	struct session_entry e;
	struct error err;
	int control, code;

	if (sessions_find_live(target->pid, &e) && (control = sessions_connect(&e, &err)) >= 0) {
		if (o->out)
			cmd_say("%d is being recorded already, to %s", (int)target->pid, e.path);
		return live_show(&cmd_attach, &e, control, target->name, live);
	}
	code = live_start(&cmd_attach, o, &e, &control);
	return code ? code : live_show(&cmd_attach, &e, control, target->name, live);
}

/* As text: sample, wait, report. */
static int attach_text(struct watch_options *o, const struct cmd_target *target)
{
	struct watch_result result;
	char folder[PATH_MAX], path[PATH_MAX + SESSION_NAME_MAX + 8];
	struct session_entry e;
	struct error err;
	int code, fd;

	session_entry_make(target->pid, &e);
	fd = o->out ? -1 : sessions_open_folder(folder, &err);
	if (!o->out && fd < 0)
		return cmd_fail(&cmd_attach, EXIT_OUTPUT, "%s; use -o FILE", err.msg);
	closep(&fd);
	if (!o->out)
		snprintf(path, sizeof(path), "%s/%s.cprof", folder, e.name);
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

static int attach(struct watch_options *o, const char *text, const struct live_options *live)
{
	struct cmd_target target;
	int code = target_find(&cmd_attach, text, true, &target);

	if (code)
		return code;
	o->spec.pid = target.pid;
	o->spec.command = target.name;
	return live_is_possible() ? attach_live(o, &target, live) : attach_text(o, &target);
}

enum { OPTION_ASCII = 256, OPTION_COLOR, OPTION_LESSON };

static const struct option live_long_options[] = {
	{ "ascii", no_argument, NULL, OPTION_ASCII },
	{ "color", required_argument, NULL, OPTION_COLOR },
	{ "lesson", no_argument, NULL, OPTION_LESSON },
};

#define MAX_OPTIONS 32

/* Those of watching and of looking together. */
static void list_options(struct option all[MAX_OPTIONS])
{
	size_t n = 0;

	for (size_t i = 0; i < array_len(live_long_options); i++)
		all[n++] = live_long_options[i];
	for (size_t i = 0; n < MAX_OPTIONS - 1 && watch_long_options[i].name; i++)
		all[n++] = watch_long_options[i];
	all[n] = (struct option){ 0 };
}

static bool live_option(struct live_options *o, int opt, const char *value, int *code)
{
	*code = 0;
	if (opt == OPTION_ASCII)
		o->ascii = true;
	else if (opt == OPTION_LESSON)
		o->lesson = true;
	else if (opt == OPTION_COLOR)
		*code = live_color(&cmd_attach, value, &o->color);
	else
		return false;
	return true;
}

static int run(int argc, char **argv)
{
	struct live_options live = { .color = TERM_COLOR_AUTO };
	struct option all[MAX_OPTIONS];
	struct watch_options options;
	const char *target = NULL;
	int opt, code;

	list_options(all);
	watch_options_init(&options);
	opterr = 0;
	while ((opt = getopt_long(argc, argv, WATCH_SHORT_OPTIONS "p:", all, NULL)) != -1) {
		if (opt == 'h') {
			cmd_print_help(&cmd_attach);
			return cmd_finish_stdout(&cmd_attach, EXIT_OK);
		} else if (opt == 'p') {
			target = optarg;	/* as the other commands have it */
		} else if (!live_option(&live, opt, optarg, &code) &&
			   !watch_option(&cmd_attach, &options, opt, optarg, &code)) {
			return cmd_usage(&cmd_attach, "an option is unknown or lacks its value");
		} else if (code) {
			return code;
		}
	}
	if (!target && optind < argc)
		target = argv[optind++];
	if (!target || optind != argc)
		return cmd_usage(&cmd_attach, "the id or the name of one process is wanted");
	return attach(&options, target, &live);
}

const struct cmd cmd_attach = {
	.name = "attach",
	.synopsis = "[OPTIONS] PID|NAME",
	.summary = "look into a running program",
	.help =
		"On a terminal: shows live where its time goes; `?` lists the keys.  Recording\n"
		"goes on when the terminal is left: attach again comes back to it, `cprofd stop`\n"
		"ends it.  Without a terminal: samples until Ctrl-C, -d SECONDS or its end, then\n"
		"prints the report.  -o FILE names the recording.\n\n"
		"  -p PID             the same as PID, as record has it\n"
		"  --ascii            no characters beyond ASCII\n"
		"  --color WHEN       auto, always or never\n"
		"  --lesson           with the lesson beside each view, as L opens it\n"
		WATCH_OPTIONS_HELP,
	.run = run,
};
