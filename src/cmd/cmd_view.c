// SPDX-License-Identifier: Apache-2.0
#include <getopt.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "cmd/cmd.h"
#include "cmd/cmd_recording.h"
#include "cmd/viewer.h"
#include "ui/view.h"

enum { OPTION_RENDER = 256 };

static const struct option own_long_options[] = {
	{ "render", required_argument, NULL, OPTION_RENDER },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

#define MAX_OPTIONS 16

static void list_options(struct option all[MAX_OPTIONS])
{
	size_t n = 0;

	for (size_t i = 0; viewer_long_options[i].name; i++)
		all[n++] = viewer_long_options[i];
	for (size_t i = 0; own_long_options[i].name; i++)
		all[n++] = own_long_options[i];
	all[n] = (struct option){ 0 };
}

static int set_render(struct viewer_options *o, const char *name)
{
	for (size_t i = 0; views[i]; i++) {
		if (strcasecmp(views[i]->name, name) != 0)
			continue;
		o->render = views[i];
		return EXIT_OK;
	}
	return cmd_usage(&cmd_view, "--render %s: no such view", name);
}

/* -1: help was asked for. */
static int parse(struct viewer_options *o, int argc, char **argv)
{
	struct option all[MAX_OPTIONS];
	int opt, code = EXIT_OK;

	list_options(all);
	opterr = 0;
	while (code == EXIT_OK && (opt = getopt_long(argc, argv, "h", all, NULL)) != -1) {
		if (opt == 'h')
			return -1;
		else if (opt == OPTION_RENDER)
			code = set_render(o, optarg);
		else if (!viewer_option(&cmd_view, o, opt, optarg, &code))
			code = cmd_usage(&cmd_view, "an option is unknown or lacks its value");
	}
	if (code != EXIT_OK)
		return code;
	if (argc - optind != 1)
		return cmd_usage(&cmd_view, argc == optind ? "which recording?"
							  : "one recording at a time");
	return EXIT_OK;
}

static int show(struct viewer_options *o, struct cmd_recording *recording)
{
	struct model model;
	struct app app;
	int code;

	setlocale(LC_CTYPE, "");
	model_init(&model, recording->p);
	app_init(&app, &model);
	app.recording_fd = recording->fd;
	if (profile_is_host(recording->p))
		app_open_processes(&app);
	viewer_begin(o, &app, profile_title(recording->p));
	if (o->lesson)
		app_open_lesson(&app);
	code = viewer_show(&cmd_view, o, &app, NULL);
	app_deinit(&app);
	model_deinit(&model);
	return code == EXIT_OK ? recording->exit_code : code;
}

static int view(struct viewer_options *o, const char *path)
{
	struct cmd_recording recording;
	int code = viewer_load(&cmd_view, o);

	if (code == EXIT_OK)
		code = cmd_recording_open(&cmd_view, path, &recording);
	if (code == EXIT_OK) {
		code = show(o, &recording);
		cmd_recording_close(&recording);
	}
	viewer_unload(o);
	return cmd_finish_stdout(&cmd_view, code);
}

static int run(int argc, char **argv)
{
	struct viewer_options o = VIEWER_OPTIONS;
	int code = parse(&o, argc, argv);

	if (code == -1) {
		cmd_print_help(&cmd_view);
		return cmd_finish_stdout(&cmd_view, EXIT_OK);
	}
	return code == EXIT_OK ? view(&o, argv[optind]) : code;
}

const struct cmd cmd_view = {
	.name = "view",
	.synopsis = "[--ascii] [--color WHEN] [--lesson] [--script FILE] [--size WxH] [--no-state] [--render VIEW] RECORDING",
	.summary = "look at a recording on the terminal",
	.help =
	"Shows the functions of a recording, its call tree, who calls whom, a flame graph,\n"
	"and source lines beside their instructions; `?` lists the keys.\n"
	"\n"
	VIEWER_OPTIONS_HELP
	"  --render VIEW      print one screen instead: overview, functions, tree,\n"
	"                     callers, flame, source, threads, off-cpu, mem, diff,\n"
	"                     heat, processes, quality, hints or help\n"
	"  -h, --help         this text\n",
	.run = run,
};
