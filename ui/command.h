// SPDX-License-Identifier: Apache-2.0
/*
 * ui/command.h - the `:` line: one table, from which come the commands, their
 * completion and the help page.
 *
 * To add one: a row in command.c.
 */
#ifndef CPROFD_UI_COMMAND_H
#define CPROFD_UI_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

struct app;

/* What only a session that goes on can do: struct app_live. */
enum app_request {
	APP_RECORDING,		/* nothing: the command is for recordings, too */
	APP_RATE, APP_MARK, APP_FREEZE, APP_PROBE, APP_SESSIONS, APP_DETACH, APP_STOP
};

struct command {
	const char *name, *arguments, *help;
	/* `argument` is all behind the name, or ""; `force`: there was a "!" */
	void (*run)(struct app *a, const char *argument, bool force);
	enum app_request request;	/* only live; without run() the session does it */
	bool sets_up;		/* may stand in a configuration file */
};

extern const struct command commands[];
extern const size_t n_commands;

/* Is it more than a name: those about a session need one. */
bool command_is_there(const struct app *a, const struct command *c);

/* Do a line such as "w! shop.cprof"; what is wrong with it is said. */
void command_run(struct app *a, const char *line);

/* The same of a line of a configuration file, where only those that set up may stand. */
void command_set_up(struct app *a, const char *line);

/* The line with its last word completed as far as that is clear; the caller frees it. */
char *command_complete(const struct app *a, const char *line);

#endif
