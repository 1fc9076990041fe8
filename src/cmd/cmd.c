// SPDX-License-Identifier: Apache-2.0
#include "cmd/cmd.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"

void cmd_print_help(const struct cmd *cmd)
{
	const char *form = cmd->synopsis;

	printf("cprofd %s - %s\n\n", cmd->name, cmd->summary);
	for (const char *head = "usage:";; head = "      ") {
		size_t len = strcspn(form, "\n");

		printf("%s cprofd %s%s%.*s\n", head, cmd->name, len ? " " : "",
		       (int)len, form);
		if (!form[len])
			break;
		form += len + 1;
	}
	printf("\n%s", cmd->help);
}

static void say(const struct cmd *cmd, const char *fmt, va_list ap)
{
	fprintf(stderr, "cprofd: %s: ", cmd->name);
	vfprintf(stderr, fmt, ap);
}

int cmd_fail(const struct cmd *cmd, int code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(cmd, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	return code;
}

int cmd_usage(const struct cmd *cmd, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(cmd, fmt, ap);
	va_end(ap);
	fprintf(stderr, "; see `cprofd %s --help`\n", cmd->name);
	return EXIT_USAGE;
}

int cmd_file_exit(const struct error *err, bool writing)
{
	switch (err->code) {
	case EBADMSG:
	case ENODATA:
	case ENOTSUP:
		return EXIT_DAMAGED;
	case ENOMEM:
	case EMFILE:
	case ENFILE:
		return EXIT_LIMIT;
	default:
		return writing ? EXIT_OUTPUT : EXIT_DAMAGED;
	}
}

int cmd_finish_stdout(const struct cmd *cmd, int code)
{
	/* A reader that went away (head, less) is no failure of ours. */
	if (fflush(stdout) != 0 && errno != EPIPE)
		return cmd_fail(cmd, EXIT_OUTPUT, "standard output: %s", strerror(errno));
	return code;
}
