// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/look.h"
#include "profile/groups.h"

enum { OPTION_BY = 512 };

static bool own_option(struct look *l, int opt, const char *value, int *code)
{
	enum group_by by;

	*code = 0;
	if (opt != OPTION_BY)
		return false;
	if (group_by_parse(value, &by))
		l->by = value;
	else
		*code = cmd_usage(&cmd_top, "--by %s: not process, program, cgroup or thread", value);
	return true;
}

static int run(int argc, char **argv)
{
	static const struct option own[] = {
		{ "by", required_argument, NULL, OPTION_BY },
		{ 0 },
	};
	struct look l = { .own_short = WATCH_SHORT_OPTIONS, .own = own, .own_option = own_option,
			  .by = group_by_name(GROUP_PROCESS) };
	int code = look_parse(&cmd_top, argc, argv, &l);

	if (code == LOOK_HELPED)
		return cmd_finish_stdout(&cmd_top, EXIT_OK);
	if (code)
		return code;
	if (optind != argc)
		return cmd_usage(&cmd_top, "it is about the whole host: `cprofd attach` takes a process");
	if (!l.watch.spec.follow)
		return cmd_usage(&cmd_top, "--no-follow: of the whole host nothing is left out");
	if (l.watch.spec.effect)
		return cmd_usage(&cmd_top, "--measure-effect: of one program only, by attach, run or record");
	l.watch.spec.pid = 0;
	l.watch.spec.command = "host";
	return look(&cmd_top, &l);
}

const struct cmd cmd_top = {
	.name = "top",
	.synopsis = "[OPTIONS]",
	.summary = "look into everything that runs on this machine",
	.help =
		"On a terminal: shows live which processes use the CPUs, and in what; Enter goes\n"
		"into one, W comes back, b groups them by program, cgroup or thread.  Recording\n"
		"goes on when the terminal is left, as with attach; `cprofd stop host` ends it.\n"
		"Without a terminal: samples until Ctrl-C or -d SECONDS, then prints the report.\n"
		"It takes root, or CAP_PERFMON (and CAP_BPF to unwind in the kernel).\n\n"
		"  --by WHAT          the report's rows: process, program, cgroup or thread\n"
		VIEWER_OPTIONS_HELP
		WATCH_OPTIONS_HELP,
	.run = run,
};
