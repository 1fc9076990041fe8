// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include "cmd/cmd.h"
#include "cmd/look.h"
#include "cmd/target.h"

struct attach {
	struct look look;
	const char *target;
};

/* -p PID, as the other commands have it. */
static bool own_option(struct look *l, int opt, const char *value, int *code)
{
	struct attach *a = (struct attach *)l;

	*code = 0;
	if (opt == 'p')
		a->target = value;
	return opt == 'p';
}

static int run(int argc, char **argv)
{
	struct attach a = { .look = { .own_short = WATCH_SHORT_OPTIONS "p:",
				      .own_option = own_option } };
	int code = look_parse(&cmd_attach, argc, argv, &a.look);
	struct cmd_target target;

	if (code == LOOK_HELPED)
		return cmd_finish_stdout(&cmd_attach, EXIT_OK);
	if (code)
		return code;
	if (!a.target && optind < argc)
		a.target = argv[optind++];
	if (!a.target || optind != argc)
		return cmd_usage(&cmd_attach, "the id or the name of one process is wanted");
	code = target_find(&cmd_attach, a.target, true, &target);
	if (code)
		return code;
	a.look.watch.spec.pid = target.pid;
	a.look.watch.spec.command = target.name;
	return look(&cmd_attach, &a.look);
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
		VIEWER_OPTIONS_HELP
		WATCH_OPTIONS_HELP,
	.run = run,
};
