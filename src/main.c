// SPDX-License-Identifier: Apache-2.0
/*
 * cprofd: a sampling profiler that says how sure it is.
 *
 * This is the user's command.  It parses words, starts other processes and
 * shows what they found:
 *
 *	cmd/cmd_*.c	one file per command (the table below)
 *	opener/		a child that opens things with the user's rights
 *	session/	cprofd-session: engine -> unwinder -> recording
 *	worker/		cprofd-worker: parses what targets contain
 *	record/		the recording, which all of them share
 *	profile/, ui/	what a recording means, and how it looks
 */
#include <stdio.h>
#include <string.h>

#include "base/util.h"
#include "cmd/cmd.h"

static const struct cmd *const commands[] = {
	&cmd_attach,
	&cmd_list,
	&cmd_stop,
	&cmd_run,
	&cmd_record,
	&cmd_report,
	&cmd_view,
	&cmd_compare,
	&cmd_export,
	&cmd_import,
	&cmd_recover,
	&cmd_lesson,
	&cmd_doctor,
	&cmd_top,
	&cmd_verify,
	&cmd_version,
	&cmd_help,
};

const struct cmd *cmd_find(const char *name)
{
	for (size_t i = 0; i < array_len(commands); i++)
		if (strcmp(commands[i]->name, name) == 0)
			return commands[i];
	return NULL;
}

const struct cmd *cmd_nth(size_t i)
{
	return i < array_len(commands) ? commands[i] : NULL;
}

int main(int argc, char **argv)
{
	const struct cmd *cmd;

	if (argc < 2) {
		cmd_help.run(1, (char *[]){ "help", NULL });
		return EXIT_USAGE;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
		cmd = &cmd_help;
	else if (strcmp(argv[1], "--version") == 0)
		cmd = &cmd_version;
	else
		cmd = cmd_find(argv[1]);
	if (!cmd) {
		cmd_say("%s: no such command; `cprofd help` lists them", argv[1]);
		return EXIT_USAGE;
	}
	return cmd->run(argc - 1, argv + 1);
}
