// SPDX-License-Identifier: Apache-2.0
#include "ui/command.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "export/export.h"
#include "ui/app.h"
#include "ui/key.h"
#include "ui/save.h"
#include "ui/setting.h"
#include "ui/view.h"

#define PROBE_SECONDS 2		/* if none are given */

/* ---- what they do ---- */

static void run_write(struct app *a, const char *argument, bool force)
{
	if (!*argument)
		app_refuse(a, "which file?  :w FILE");
	else if (!save_recording(a, argument, force))
		app_refuse(a, "%s exists; :w! replaces it", argument);
}

/* Append a name to a list of them, which is terminated. */
static void list_add(struct buf *list, const char *separator, const char *name)
{
	if (list->len)
		buf_put(list, separator, strlen(separator));
	buf_put(list, name, strlen(name) + 1);
	list->len--;
}

static void say_formats(struct app *a, const char *name)
{
	struct buf list = { 0 };

	for (size_t i = 0; export_formats[i]; i++)
		list_add(&list, ", ", export_formats[i]->name);
	app_refuse(a, "\"%s\" is no format; there are: %s", name, (const char *)list.data);
	buf_deinit(&list);
}

static void run_export(struct app *a, const char *argument, bool force)
{
	size_t len = strcspn(argument, " ");
	_cleanup_(freep) char *name = xasprintf("%.*s", (int)len, argument);
	const char *path = argument + len + strspn(argument + len, " ");
	const struct export_format *format = export_find(name);

	if (!format)
		say_formats(a, name);
	else if (!*path)
		app_refuse(a, "which file?  :export %s FILE", name);
	else if (!save_export(a, format, path, force))
		app_refuse(a, "%s exists; :export! %s FILE replaces it", path, name);
}

static void run_save_screen(struct app *a, const char *argument, bool force)
{
	if (!*argument)
		app_refuse(a, "which file?  :save-screen FILE");
	else if (!save_screen(a, argument, force))
		app_refuse(a, "%s exists; :save-screen! %s replaces it", argument, argument);
}

static void run_threads(struct app *a, const char *argument, bool force)
{
	(void)force;
	app_scope_threads(a, argument);
}

static void run_range(struct app *a, const char *argument, bool force)
{
	(void)force;
	if (range_name_is_good(argument))
		app_range_take(a, argument);
	else
		app_scope_range(a, argument);
}

static void run_ranges(struct app *a, const char *argument, bool force)
{
	(void)argument;
	(void)force;
	app_range_ask(a);
}

static void run_keep(struct app *a, const char *argument, bool force)
{
	app_range_keep(a, argument, force);
}

static void run_drop(struct app *a, const char *argument, bool force)
{
	(void)force;
	app_range_drop(a, argument);
}

/* "before", "before after": kept ranges; else a file. */
static void run_compare(struct app *a, const char *argument, bool force)
{
	size_t len = strcspn(argument, " ");
	_cleanup_(freep) char *first = xasprintf("%.*s", (int)len, argument);
	const char *second = argument + len + strspn(argument + len, " ");
	const struct named_range *range = kept_find(&a->kept, first);

	(void)force;
	if (!*argument)
		app_refuse(a, "with what?  :compare FILE, or names of kept ranges");
	else if (range && (!*second || kept_find(&a->kept, second)))
		app_compare_ranges(a, range, kept_find(&a->kept, second));
	else
		app_compare_open(a, argument);
}

static void run_frames(struct app *a, const char *argument, bool force)
{
	(void)force;
	app_scope_frames(a, argument);
}

/* Of a Python function its name, else NULL. */
static const char *python_function(const struct app *a, uint32_t function)
{
	const struct profile *p = a->model->p;

	return function != RECORD_NONE && p->functions[function].source == SYMBOL_PYTHON
		? profile_string(p, p->functions[function].name) : NULL;
}

/* "fib 5": the function, and how many seconds; without a name that of the row. */
static void run_probe(struct app *a, const char *argument, bool force)
{
	const char *space = strrchr(argument, ' '), *last = space ? space + 1 : argument;
	const char *name = python_function(a, a->function);
	_cleanup_(freep) char *line = NULL, *answer = NULL;
	const bool timed = isdigit((unsigned char)*last);

	(void)force;
	if (timed ? !space && !name : !*argument && !name) {
		app_refuse(a, "of which Python function?  :probe FUNCTION, or choose its row");
		return;
	}
	if (timed && space)
		line = xasprintf("%s %.*s", last, (int)(space - argument), argument);
	else if (timed)
		line = xasprintf("%s %s", last, name);
	else
		line = xasprintf("%d %s", PROBE_SECONDS, *argument ? argument : name);
	answer = a->live->ask(a->live->ctx, APP_PROBE, line);
	if (answer)
		app_say(a, "%s", answer);
}

static void run_freeze(struct app *a, const char *argument, bool force)
{
	(void)force;
	app_session_freeze(a, argument);
}

static void run_quit(struct app *a, const char *argument, bool force)
{
	(void)argument;
	(void)force;
	app_quit(a);
}

static void run_sessions(struct app *a, const char *argument, bool force)
{
	(void)argument;
	(void)force;
	app_go(a, &view_sessions, a->function);
}

static void run_detach(struct app *a, const char *argument, bool force)
{
	(void)argument;
	(void)force;
	app_session_detach(a);
}

static void run_set(struct app *a, const char *argument, bool force)
{
	(void)force;
	setting_take(a, argument);
}

/* ---- :bind and :map ---- */

static void run_bind(struct app *a, const char *argument, bool force)
{
	size_t len = strcspn(argument, " ");
	const char *name = argument + len + strspn(argument + len, " ");
	enum action action = strcmp(name, "none") == 0 ? ACTION_NONE : action_called(name);
	uint32_t key = key_called(argument, len);

	(void)force;
	if (!*name)
		app_refuse(a, "which key does what?  :bind KEY ACTION, as in bind z follow");
	else if (!key)
		app_refuse(a, "\"%.*s\" is no key; ? lists them", (int)len, argument);
	else if (action == ACTION_COUNT)
		app_refuse(a, "\"%s\" is no action; cprofd(1) lists them", name);
	else if (!bindings_set(&a->bindings, key, action))
		app_refuse(a, "the digits stay: they are those of the views");
	else
		app_say(a, "%.*s: %s", (int)len, argument, name);
}

/* "~/src" is a folder at home. */
static char *expand(const char *path)
{
	const char *home = getenv("HOME");

	return path[0] == '~' && path[1] == '/' && home ? xasprintf("%s%s", home, path + 1)
							: xstrdup(path);
}

static void run_map(struct app *a, const char *argument, bool force)
{
	size_t len = strcspn(argument, " ");
	_cleanup_(freep) char *from = xasprintf("%.*s", (int)len, argument), *to = NULL;

	(void)force;
	to = expand(argument + len + strspn(argument + len, " "));
	if (*from != '/' || *to != '/')
		app_refuse(a, "which folder is where?  :map FROM TO, as in map /srv/app ~/app");
	else if (!sources_map(&a->source.sources, from, to))
		app_refuse(a, "%d folders are mapped already", SOURCE_MAPS);
	else
		app_say(a, "source files of %s are looked for in %s", from, to);
}

/* ---- the table ---- */

const struct command commands[] = {
	{ "w", "FILE", "copy the recording; w! replaces a file", run_write, APP_RECORDING },
	{ "export", "FORMAT FILE", "write the scope for another tool; export! replaces",
	  run_export, APP_RECORDING },
	{ "save-screen", "FILE", "this screen as text; save-screen! replaces a file",
	  run_save_screen, APP_RECORDING },
	{ "threads", "[NAME]", "only threads of that name or number; none: all", run_threads,
	  APP_RECORDING },
	{ "range", "[FROM TO]", "such as 12s 18s, or NAME, a kept one; none: all time",
	  run_range, APP_RECORDING },
	{ "ranges", "", "choose one of those that are kept", run_ranges, APP_RECORDING },
	{ "keep", "NAME", "this part of the time under a name; keep! replaces",
	  run_keep, APP_RECORDING },
	{ "drop", "NAME", "forget a kept range", run_drop, APP_RECORDING },
	{ "frames", "[MODE]", "Python: merged, python, native or mixed; none: merged",
	  run_frames, APP_RECORDING },
	{ "compare", "FILE", "with a recording, or kept ranges A [B], in view 0", run_compare,
	  APP_RECORDING },
	{ "set", "NAME VALUE", "columns, flame, theme, mouse ...; alone: all of them",
	  run_set, APP_RECORDING, true },
	{ "bind", "KEY ACTION", "let a key do something else, or none", run_bind,
	  APP_RECORDING, true },
	{ "map", "FROM TO", "source files of folder FROM are in TO here", run_map,
	  APP_RECORDING, true },
	{ "rate", "HZ", "live: take so many samples a second", NULL, APP_RATE },
	{ "mark", "TEXT", "live: note this moment in the recording", NULL, APP_MARK },
	{ "freeze", "[WHEN]", "live: pause as FUNCTION runs, cpu N, pause S, off", run_freeze,
	  APP_FREEZE },
	{ "probe", "[FUNCTION] [SECONDS]", "live: count calls of a Python function; *: of all",
	  run_probe, APP_PROBE },
	{ "sessions", "", "live: what else is being recorded", run_sessions, APP_SESSIONS },
	{ "detach", "", "live: leave, and let it be recorded on", run_detach, APP_DETACH },
	{ "stop", "", "live: end the recording", NULL, APP_STOP },
	{ "q", "", "leave", run_quit, APP_RECORDING },
};
const size_t n_commands = array_len(commands);

bool command_is_there(const struct app *a, const struct command *c)
{
	return c->request == APP_RECORDING || a->live;
}

static void run_live(struct app *a, const struct command *c, const char *argument)
{
	_cleanup_(freep) char *answer = NULL;

	answer = a->live->ask(a->live->ctx, c->request, argument);
	if (answer)
		app_say(a, "%s", answer);
}

static void say_commands(struct app *a, const char *name)
{
	struct buf list = { 0 };

	for (size_t i = 0; i < n_commands; i++)
		if (command_is_there(a, &commands[i]))
			list_add(&list, " ", commands[i].name);
	app_refuse(a, ":%s is no command; there are: %s", name, (const char *)list.data);
	buf_deinit(&list);
}

/* "w! shop.cprof" as its three parts; the caller frees both texts. */
static char *split(const char *line, bool *force, char **argument)
{
	size_t len, end;
	char *name;

	line += strspn(line, " ");
	len = strcspn(line, " !");
	name = xasprintf("%.*s", (int)len, line);
	*force = line[len] == '!';
	line += len + *force;
	line += strspn(line, " ");
	*argument = xstrdup(line);
	for (end = strlen(*argument); end && (*argument)[end - 1] == ' ';)
		(*argument)[--end] = '\0';
	return name;
}

static const struct command *find(const char *name)
{
	for (size_t i = 0; i < n_commands; i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

void command_run(struct app *a, const char *line)
{
	_cleanup_(freep) char *argument = NULL, *name = NULL;
	const struct command *c;
	bool force;

	name = split(line, &force, &argument);
	c = find(name);
	if (!*name && !force)
		return;
	if (!c)
		say_commands(a, name);
	else if (!command_is_there(a, c))
		app_refuse(a, "this is a recording: :%s is for one that is being made", name);
	else if (c->run)
		c->run(a, argument, force);
	else
		run_live(a, c, argument);
}

void command_set_up(struct app *a, const char *line)
{
	_cleanup_(freep) char *argument = NULL, *name = NULL;
	const struct command *c;
	bool force;

	name = split(line, &force, &argument);
	c = find(name);
	if (c && c->run == run_set && !*argument)
		app_refuse(a, "set what?  A name and a value, as in set theme dark");
	else if (c && c->sets_up)
		c->run(a, argument, force);
	else
		app_refuse(a, "\"%s\" does not belong here; set, bind and map do", name);
}

/* ---- completion ---- */

/* What all candidates so far have in common. */
struct completion {
	const char *typed;
	char *common;		/* or NULL: none yet */
	unsigned int n;
};

static void offer(struct completion *c, const char *candidate)
{
	size_t same = 0;

	if (strncmp(candidate, c->typed, strlen(c->typed)) != 0)
		return;
	c->n++;
	if (!c->common) {
		c->common = xstrdup(candidate);
		return;
	}
	while (c->common[same] && c->common[same] == candidate[same])
		same++;
	c->common[same] = '\0';
}

static bool is_columns(const char *line)
{
	return strncmp(line, SETTING_COLUMNS " ", strlen(SETTING_COLUMNS " ")) == 0;
}

/* Behind "set ". */
static void offer_settings(struct completion *c, const char *line, unsigned int n)
{
	if (n == 1)
		offer(c, SETTING_COLUMNS);
	for (int i = 0; i < APP_SETTINGS; i++) {
		if (n == 1)
			offer(c, settings[i].name);
		if (n != 2 || strncmp(line, settings[i].name, strlen(settings[i].name)) != 0)
			continue;
		for (int v = 0; v < SETTING_VALUES && settings[i].values[v]; v++)
			offer(c, settings[i].values[v]);
	}
	if (n >= 2 && is_columns(line))
		for (enum function_column i = 0; i < COLUMN_COUNT; i++)
			offer(c, function_column_name(i));
}

static bool takes_range(const char *line, unsigned int n)
{
	return strncmp(line, "compare ", 8) == 0 ? n <= 2 :
	       n == 1 && (strncmp(line, "range ", 6) == 0 || strncmp(line, "drop ", 5) == 0 ||
			  strncmp(line, "keep! ", 6) == 0);
}

/* Candidates for word `n` (counted from 0) behind the words before it. */
static void offer_words(const struct app *a, struct completion *c, const char *line, unsigned int n)
{
	if (n == 0)
		for (size_t i = 0; i < n_commands; i++)
			offer(c, commands[i].name);
	else if (n == 1 && strncmp(line, "export ", 7) == 0)
		for (size_t i = 0; export_formats[i]; i++)
			offer(c, export_formats[i]->name);
	else if (n == 1 && strncmp(line, "frames ", 7) == 0)
		for (enum frame_mode i = 0; i < FRAME_MODES; i++)
			offer(c, frame_mode_name(i));
	else if (takes_range(line, n))
		for (uint32_t i = 0; i < a->kept.n; i++)
			offer(c, a->kept.v[i].name);
	else if (n == 2 && strncmp(line, "bind ", 5) == 0)
		for (enum action i = ACTION_NONE + 1; i < ACTION_COUNT; i++)
			offer(c, action_name(i) ? action_name(i) : "");
	else if (strncmp(line, "set ", 4) == 0)
		offer_settings(c, line + 4, n);
}

char *command_complete(const struct app *a, const char *line)
{
	const char *space = strrchr(line, ' '), *word = space ? space + 1 : line;
	bool columns = strncmp(line, "set ", 4) == 0 && is_columns(line + 4);
	const char *comma = columns ? strrchr(word, ',') : NULL;
	struct completion c = { .typed = comma ? comma + 1 : word };
	unsigned int n = 0;
	char *text;

	word = c.typed;
	for (const char *s = line; *s; s++)
		n += *s == ' ';
	offer_words(a, &c, line, n);
	text = xasprintf("%.*s%s%s", (int)(word - line), line, c.common ? c.common : word,
			 c.n == 1 && !columns ? " " : "");
	free(c.common);
	return text;
}
