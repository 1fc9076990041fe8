// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>
#include <string.h>

#include "cmd/cmd.h"

static void print_commands(void)
{
	const struct cmd *cmd;

	printf("cprofd - a sampling profiler that says how sure it is\n\n"
	       "usage: cprofd COMMAND [OPTIONS]\n\n");
	for (size_t i = 0; (cmd = cmd_nth(i)); i++)
		printf("  %-10s %s\n", cmd->name, cmd->summary);
	printf("\n`cprofd COMMAND --help` says more, and so does cprofd(1).\n");
}

static int run(int argc, char **argv)
{
	if (argc > 1 && argv[1][0] != '-') {
		const struct cmd *cmd = cmd_find(argv[1]);

		if (!cmd)
			return cmd_usage(&cmd_help, "%s: no such command", argv[1]);
		cmd_print_help(cmd);
	} else if (argc > 1 && (strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "--help") == 0)) {
		cmd_print_help(&cmd_help);
	} else if (argc > 1) {
		return cmd_usage(&cmd_help, "that option does not exist");
	} else {
		print_commands();
	}
	return cmd_finish_stdout(&cmd_help, EXIT_OK);
}

const struct cmd cmd_help = {
	.name = "help",
	.synopsis = "[COMMAND]",
	.summary = "list the commands, or explain one",
	.help = "  -h, --help         this text\n",
	.run = run,
};
