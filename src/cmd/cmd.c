// SPDX-License-Identifier: Apache-2.0
#include "cmd/cmd.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/util.h"
#include "ui/text.h"

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

/* The text of `fmt`, without what could move a cursor; the caller frees it. */
static char *clean_text(const char *fmt, va_list ap)
{
	struct buf clean = { 0 };
	char *text;

	if (vasprintf(&text, fmt, ap) < 0)
		abort();
	text_clean(&clean, text, strlen(text), true);
	free(text);
	return (char *)clean.data;
}

void cmd_say(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	_cleanup_(freep) char *text = clean_text(fmt, ap);
	va_end(ap);
	fprintf(stderr, "cprofd: %s\n", text);
}

int cmd_fail(const struct cmd *cmd, int code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	_cleanup_(freep) char *text = clean_text(fmt, ap);
	va_end(ap);
	fprintf(stderr, "cprofd: %s: %s\n", cmd->name, text);
	return code;
}

int cmd_usage(const struct cmd *cmd, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	_cleanup_(freep) char *text = clean_text(fmt, ap);
	va_end(ap);
	fprintf(stderr, "cprofd: %s: %s; see `cprofd %s --help`\n", cmd->name, text, cmd->name);
	return EXIT_USAGE;
}

double cmd_number(const struct cmd *cmd, const char *option, const char *value, double min,
		  double max, int *code)
{
	char *end;
	double v = strtod(value, &end);

	if (end == value || *end || !(v >= min) || !(v <= max))
		*code = cmd_usage(cmd, "%s %s: a number from %g to %g is wanted", option, value, min,
				  max);
	return v;
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

static bool reader_is_gone(void)
{
	struct pollfd out = { .fd = STDOUT_FILENO };

	return poll(&out, 1, 0) == 1 && out.revents & POLLERR;
}

int cmd_finish_stdout(const struct cmd *cmd, int code)
{
	errno = 0;
	/* A reader that went away (head, less) is no failure of ours. */
	if ((fflush(stdout) == 0 && !ferror(stdout)) || errno == EPIPE || reader_is_gone())
		return code;
	return cmd_fail(cmd, EXIT_OUTPUT, "standard output: %s",
			errno ? strerror(errno) : "not all of it could be written");
}
