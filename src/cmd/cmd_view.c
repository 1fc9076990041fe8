// SPDX-License-Identifier: Apache-2.0
#include <getopt.h>
#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "base/util.h"
#include "cmd/cmd.h"
#include "cmd/cmd_recording.h"
#include "cmd/live.h"
#include "ui/loop.h"
#include "ui/view.h"

#define MAX_SIDE 1000		/* of a rendered screen */

struct options {
	const char *file;
	bool ascii, lesson;
	enum term_color color;
	const struct view *render;	/* or NULL: on the terminal */
	unsigned int width, height;	/* of what is rendered */
};

enum { OPTION_ASCII = 256, OPTION_COLOR, OPTION_LESSON, OPTION_RENDER, OPTION_SIZE };

static const struct option long_options[] = {
	{ "ascii", no_argument, NULL, OPTION_ASCII },
	{ "color", required_argument, NULL, OPTION_COLOR },
	{ "lesson", no_argument, NULL, OPTION_LESSON },
	{ "render", required_argument, NULL, OPTION_RENDER },
	{ "size", required_argument, NULL, OPTION_SIZE },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

static int set_render(struct options *o, const char *name)
{
	for (size_t i = 0; views[i]; i++) {
		if (strcasecmp(views[i]->name, name) != 0)
			continue;
		if (views[i]->coming)
			return cmd_usage(&cmd_view, "--render %s: %s: coming with a later version",
					 name, views[i]->coming);
		o->render = views[i];
		return EXIT_OK;
	}
	return cmd_usage(&cmd_view, "--render %s: no such view", name);
}

static int set_size(struct options *o, const char *text)
{
	char end;

	if (sscanf(text, "%ux%u%c", &o->width, &o->height, &end) == 2 && o->width &&
	    o->height && o->width <= MAX_SIDE && o->height <= MAX_SIDE)
		return EXIT_OK;
	return cmd_usage(&cmd_view, "--size %s: not WIDTHxHEIGHT, such as 100x30", text);
}

/* -1: help was asked for. */
static int parse(struct options *o, int argc, char **argv)
{
	int opt, code = EXIT_OK;

	opterr = 0;
	while (code == EXIT_OK && (opt = getopt_long(argc, argv, "h", long_options, NULL)) != -1) {
		if (opt == 'h')
			return -1;
		else if (opt == OPTION_ASCII)
			o->ascii = true;
		else if (opt == OPTION_COLOR)
			code = live_color(&cmd_view, optarg, &o->color);
		else if (opt == OPTION_LESSON)
			o->lesson = true;
		else if (opt == OPTION_RENDER)
			code = set_render(o, optarg);
		else if (opt == OPTION_SIZE)
			code = set_size(o, optarg);
		else
			code = cmd_usage(&cmd_view, "an option is unknown or lacks its value");
	}
	if (code != EXIT_OK)
		return code;
	if (argc - optind != 1)
		return cmd_usage(&cmd_view, argc == optind ? "which recording?"
							  : "one recording at a time");
	o->file = argv[optind];
	return EXIT_OK;
}

/* One screen on stdout. */
static void render(const struct options *o, struct app *a)
{
	bool utf8 = !o->ascii && strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
	struct buf out = { 0 };
	struct grid g;

	app_go(a, o->render, a->function);
	grid_init(&g, o->width, o->height, utf8);
	g.fills = g.two_tones = o->color == TERM_COLOR_ALWAYS;
	app_draw(a, &g);
	for (unsigned int y = 0; y < g.height; y++) {
		if (o->color == TERM_COLOR_ALWAYS)
			palette_row_sgr(&g, y, g.width, THEME_DARK, &out);
		else
			grid_row_text(&g, y, &out);
		buf_put_u8(&out, '\n');
	}
	fwrite(out.data, 1, out.len, stdout);
	buf_deinit(&out);
	grid_deinit(&g);
}

static int on_terminal(const struct options *o, struct app *a)
{
	struct term_caps caps;
	struct error err;

	if (term_open(o->ascii, o->color, &caps, &err) < 0)
		return cmd_usage(&cmd_view, "%s: `cprofd report` prints the same as text", err.msg);
	loop_run(a, &caps, NULL);
	term_close();
	return EXIT_OK;
}

static int view(const struct options *o)
{
	struct cmd_recording recording;
	struct model model;
	struct app app;
	int code = cmd_recording_open(&cmd_view, o->file, &recording);

	if (code != EXIT_OK)
		return code;
	setlocale(LC_CTYPE, "");
	model_init(&model, recording.p);
	app_init(&app, &model);
	app.recording_fd = recording.fd;
	if (profile_is_host(recording.p))
		app_open_processes(&app);
	if (o->lesson)
		app_open_lesson(&app);
	if (o->render)
		render(o, &app);
	else
		code = on_terminal(o, &app);
	if (code == EXIT_OK)
		code = recording.exit_code;
	app_deinit(&app);
	model_deinit(&model);
	cmd_recording_close(&recording);
	return cmd_finish_stdout(&cmd_view, code);
}

static int run(int argc, char **argv)
{
	struct options o = { .width = 100, .height = 30 };
	int code = parse(&o, argc, argv);

	if (code == -1) {
		cmd_print_help(&cmd_view);
		return cmd_finish_stdout(&cmd_view, EXIT_OK);
	}
	return code == EXIT_OK ? view(&o) : code;
}

const struct cmd cmd_view = {
	.name = "view",
	.synopsis = "[--ascii] [--color WHEN] [--lesson] [--render VIEW [--size WxH]] RECORDING",
	.summary = "look at a recording on the terminal",
	.help =
	"Shows the functions of a recording, its call tree, who calls whom, a flame graph,\n"
	"and source lines beside their instructions; `?` lists the keys.\n"
	"\n"
	"  --ascii             no characters beyond ASCII\n"
	"  --color WHEN        auto, always or never\n"
	"  --lesson            with the lesson beside each view, as L opens it\n"
	"  --render VIEW       print one screen instead: functions, tree, callers,\n"
	"                      flame, source, processes, quality, hints or help\n"
	"  --size WxH          columns and rows of that screen; else 100x30\n"
	"  -h, --help          this text\n",
	.run = run,
};
