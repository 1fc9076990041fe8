// SPDX-License-Identifier: Apache-2.0
/*
 * cmd/cmd.h - the commands of cprofd behind one table.
 *
 * To add a command: write cmd_NAME.c with a `const struct cmd cmd_NAME`,
 * declare it below, enter it in the table in main.c, list the file in
 * Makefile.am, describe it in man/cprofd.1 (a test compares the synopsis with
 * --help) and in packaging/completions.
 *
 * Results go to stdout, everything else to stderr.  An error is one line,
 * "cprofd: WHAT: WHY; DO", without errno numbers.
 */
#ifndef CPROFD_CMD_CMD_H
#define CPROFD_CMD_CMD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/exit_code.h"

struct error;

struct cmd {
	const char *name;
	const char *synopsis;	/* lines after "cprofd NAME ", '\n' between forms */
	const char *summary;	/* for the list of commands, one line */
	const char *help;	/* what it does and its options, for --help */
	int (*run)(int argc, char **argv);	/* argv[0] is the name; exit code */
};

extern const struct cmd cmd_attach;
extern const struct cmd cmd_compare;
extern const struct cmd cmd_doctor;
extern const struct cmd cmd_export;
extern const struct cmd cmd_help;
extern const struct cmd cmd_import;
extern const struct cmd cmd_lesson;
extern const struct cmd cmd_list;
extern const struct cmd cmd_record;
extern const struct cmd cmd_recover;
extern const struct cmd cmd_report;
extern const struct cmd cmd_run;
extern const struct cmd cmd_stop;
extern const struct cmd cmd_top;
extern const struct cmd cmd_verify;
extern const struct cmd cmd_version;
extern const struct cmd cmd_view;

/* The command of this name, or NULL. */
const struct cmd *cmd_find(const char *name);

/* The commands in the order of the table; NULL behind the last. */
const struct cmd *cmd_nth(size_t i);

/* Print the --help text of a command on stdout. */
void cmd_print_help(const struct cmd *cmd);

/*
 * Say "cprofd: NAME: FMT" on stderr and return `code`.  The text names the
 * object, the reason and, after "; ", what to do.
 */
int cmd_fail(const struct cmd *cmd, int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* One line of progress on stderr. */
void cmd_say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* A wrong command line: the same, followed by where to find help. */
int cmd_usage(const struct cmd *cmd, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * The number that an option was given.  A bad one is reported: *code is then an exit
 * code, else it stays as it is.
 */
double cmd_number(const struct cmd *cmd, const char *option, const char *value, double min,
		  double max, int *code);

/* The exit code that fits err->code of a failed read or write of a file. */
int cmd_file_exit(const struct error *err, bool writing);

/*
 * Flush stdout at the end of a command: EXIT_OUTPUT with a message if anything
 * could not be written, else `code`.
 */
int cmd_finish_stdout(const struct cmd *cmd, int code);

#endif
