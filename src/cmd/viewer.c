// SPDX-License-Identifier: Apache-2.0
#include "cmd/viewer.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <langinfo.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/io.h"
#include "base/util.h"
#include "cmd/cmd.h"
#include "cmd/cmd_recording.h"
#include "cmd/kept_view.h"
#include "cmd/own_files.h"
#include "ui/config.h"
#include "ui/place.h"
#include "ui/terminfo.h"
#include "ui/text.h"
#include "ui/view.h"

#define WIDTH 100		/* of what is printed, unless somebody said */
#define HEIGHT 30
#define MAX_SIDE 1000

/* ---- options ---- */

enum { OPTION_ASCII = 768, OPTION_COLOR, OPTION_LESSON, OPTION_SCRIPT, OPTION_SIZE,
       OPTION_NO_STATE };

const struct option viewer_long_options[] = {
	{ "ascii", no_argument, NULL, OPTION_ASCII },
	{ "color", required_argument, NULL, OPTION_COLOR },
	{ "lesson", no_argument, NULL, OPTION_LESSON },
	{ "script", required_argument, NULL, OPTION_SCRIPT },
	{ "size", required_argument, NULL, OPTION_SIZE },
	{ "no-state", no_argument, NULL, OPTION_NO_STATE },
	{ 0 },
};

static int set_color(const struct cmd *cmd, struct viewer_options *o, const char *value)
{
	static const char *const names[] = {
		[TERM_COLOR_AUTO] = "auto", [TERM_COLOR_ALWAYS] = "always",
		[TERM_COLOR_NEVER] = "never" };

	for (size_t i = 0; i < array_len(names); i++) {
		if (strcmp(value, names[i]) != 0)
			continue;
		o->color = (int)i;
		return EXIT_OK;
	}
	return cmd_usage(cmd, "--color %s: not auto, always or never", value);
}

static int set_size(const struct cmd *cmd, struct viewer_options *o, const char *text)
{
	char end;

	if (sscanf(text, "%ux%u%c", &o->width, &o->height, &end) == 2 && o->width &&
	    o->height && o->width <= MAX_SIDE && o->height <= MAX_SIDE)
		return EXIT_OK;
	return cmd_usage(cmd, "--size %s: not WIDTHxHEIGHT, such as 100x30", text);
}

bool viewer_option(const struct cmd *cmd, struct viewer_options *o, int opt, const char *value,
		   int *code)
{
	*code = EXIT_OK;
	if (opt == OPTION_ASCII)
		o->ascii = true;
	else if (opt == OPTION_COLOR)
		*code = set_color(cmd, o, value);
	else if (opt == OPTION_LESSON)
		o->lesson = true;
	else if (opt == OPTION_SCRIPT)
		o->script_path = value;
	else if (opt == OPTION_SIZE)
		*code = set_size(cmd, o, value);
	else if (opt == OPTION_NO_STATE)
		o->forgetful = true;
	else
		return false;
	return true;
}

/* ---- the script ---- */

int viewer_load(const struct cmd *cmd, struct viewer_options *o)
{
	const char *path = o->script_path;
	_cleanup_(closep) int fd = -1;
	struct buf text = { 0 };
	struct error err;
	int code = EXIT_OK;

	if (!path)
		return EXIT_OK;
	fd = cmd_open_regular(path, O_RDONLY, &err);
	if (fd < 0 || io_read_all(fd, SCRIPT_MAX_BYTES, &text, &err) < 0)
		code = cmd_fail(cmd, cmd_file_exit(&err, false), "%s: %s", path, err.msg);
	else if (script_parse(&o->script, path, (const char *)text.data, text.len, &err) < 0)
		code = cmd_fail(cmd, EXIT_USAGE, "%s", err.msg);
	buf_deinit(&text);
	return code;
}

void viewer_unload(struct viewer_options *o)
{
	script_deinit(&o->script);
	buf_deinit(&o->place);
	free(steal(o->kept_as));
}

/* ---- the configuration ---- */

/* Where wrong lines are said: all on stderr, the first on the screen. */
struct faults {
	const char *path;
	char *first;
	unsigned int n;
};

static void take_fault(void *ctx, unsigned int line, const char *why)
{
	struct faults *f = ctx;
	struct buf clean = { 0 };

	text_clean(&clean, why, strlen(why), false);
	cmd_say("%s:%u: %s", f->path, line, (const char *)clean.data);
	if (!f->n++)
		f->first = xasprintf("config line %u: %s", line, (const char *)clean.data);
	buf_deinit(&clean);
}

/* What is wrong with it is said, and no reason not to go on. */
static void configure(struct app *a)
{
	_cleanup_(closep) int fd = -1;
	char path[PATH_MAX];
	struct faults faults = { .path = path };
	struct buf text = { 0 };
	struct error err;

	if (own_path(OWN_CONFIG, "config", path, &err) < 0)
		return;
	fd = own_open(AT_FDCWD, path, &err);
	if (fd < 0 && err.code == ENOENT)
		return;
	if (fd < 0 || io_read_all(fd, CONFIG_MAX_BYTES, &text, &err) < 0) {
		cmd_say("%s: %s", path, err.msg);
		app_say(a, "%s: %s", path, err.msg);
	} else {
		config_apply(a, (const char *)text.data, text.len, take_fault, &faults);
	}
	if (faults.n > 1)
		app_say(a, "%s (and %u more)", faults.first, faults.n - 1);
	else if (faults.n)
		app_say(a, "%s", faults.first);
	free(faults.first);
	buf_deinit(&text);
}

/* ---- how it was left ---- */

/* Two programs called python3 have only that in common: of those one session is meant. */
static char *name_to_keep(const struct app *a, const char *program)
{
	static const char *const run_others[] = { "python", "pypy", "node", "java", "perl", "ruby",
						  "php", "sh", "bash", "dash", "zsh" };
	size_t len = strcspn(program, "0123456789.");

	for (size_t i = 0; i < array_len(run_others); i++)
		if (strlen(run_others[i]) == len && memcmp(run_others[i], program, len) == 0)
			return xasprintf("%s %" PRIu64, program, a->model->p->start_real_ns);
	return xstrdup(program);
}

static void keep_place(const struct viewer_options *o, const struct app *a)
{
	struct buf text = { 0 };

	if (o->forgetful || o->script_path || !o->kept_as)
		return;
	place_write(a, &text);
	kept_view_write(o->kept_as, &text);
	buf_deinit(&text);
}

void viewer_come_back(struct viewer_options *o, struct app *a)
{
	if (o->place.len)
		place_read(a, (const char *)o->place.data, o->place.len);
}

/* ---- showing ---- */

/* Is it drawn as text, whatever terminal there may be? */
static bool is_text(const struct viewer_options *o)
{
	return o->render || (o->script_path && (o->width || !viewer_has_terminal()));
}

void viewer_begin(struct viewer_options *o, struct app *a, const char *program)
{
	free(steal(o->kept_as));
	if (program)
		o->kept_as = name_to_keep(a, program);
	if (is_text(o) || o->script_path)
		return;
	o->place.len = 0;	/* of the session before */
	if (!o->forgetful && o->kept_as)
		kept_view_read(o->kept_as, &o->place);
	viewer_come_back(o, a);
	configure(a);
}

bool viewer_has_terminal(void)
{
	return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) &&
	       terminfo_check() == TERMINFO_SCREEN;
}

bool viewer_is_possible(const struct viewer_options *o)
{
	return o->script_path || viewer_has_terminal();
}

static void print(const struct grid *g, bool colored)
{
	struct buf out = { 0 };

	for (unsigned int y = 0; y < g->height; y++) {
		if (colored)
			palette_row_sgr(g, y, g->width, THEME_DARK, &out);
		else
			grid_row_text(g, y, &out);
		buf_put_u8(&out, '\n');
	}
	fwrite(out.data, 1, out.len, stdout);
	fflush(stdout);		/* before what is said of it */
	buf_deinit(&out);
}

/* One screen on stdout: that of a view, or what comes of the script, or of both. */
static int as_text(const struct cmd *cmd, struct viewer_options *o, struct app *a,
		   const struct loop_feed *feed)
{
	bool utf8 = !o->ascii && strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
	struct error err;
	struct grid g;
	int ret;

	if (o->render)
		app_go(a, o->render, a->function);
	grid_init(&g, o->width ? o->width : WIDTH, o->height ? o->height : HEIGHT, utf8);
	g.fills = g.two_tones = o->color == TERM_COLOR_ALWAYS;
	ret = loop_play(a, &g, feed, o->script_path ? &o->script : NULL, &err);
	print(&g, o->color == TERM_COLOR_ALWAYS);
	grid_deinit(&g);
	return cmd_finish_stdout(cmd, ret < 0 ? cmd_fail(cmd, EXIT_USAGE, "%s", err.msg) : EXIT_OK);
}

static int on_terminal(const struct cmd *cmd, struct viewer_options *o, struct app *a,
		       const struct loop_feed *feed)
{
	enum term_color color = o->color < 0 ? TERM_COLOR_AUTO : (enum term_color)o->color;
	struct term_caps caps;
	struct error err;
	int ret;

	if (o->ascii)
		a->set[APP_SET_ASCII] = true;
	if (o->color >= 0)
		a->set[APP_SET_COLOR] = o->color;
	if (term_open(o->ascii, color, &caps, &err) < 0)
		return cmd_usage(cmd, "%s: `cprofd report` prints the same as text", err.msg);
	ret = loop_run(a, &caps, feed, o->script_path ? &o->script : NULL, &err);
	term_close();
	keep_place(o, a);
	return ret < 0 ? cmd_fail(cmd, EXIT_USAGE, "%s", err.msg) : EXIT_OK;
}

int viewer_show(const struct cmd *cmd, struct viewer_options *o, struct app *a,
		const struct loop_feed *feed)
{
	return is_text(o) ? as_text(cmd, o, a, feed) : on_terminal(cmd, o, a, feed);
}
