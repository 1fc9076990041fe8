// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/out_file.h"
#include "base/util.h"
#include "cmd/cmd.h"
#include "cmd/cmd_recording.h"
#include "export/export.h"

struct options {
	const char *file, *output;	/* output NULL: beside the recording */
	const struct export_format *format;
	bool force, threads, raw_addresses;
	struct cmd_selection selection;
};

enum option_id {
	OPTION_OTHER = 256, OPTION_FORMAT, OPTION_FORCE, OPTION_THREADS, OPTION_RAW,
};

static const struct option long_options[] = {
	{ "format", required_argument, NULL, OPTION_FORMAT },
	{ "force", no_argument, NULL, OPTION_FORCE },
	{ "threads", no_argument, NULL, OPTION_THREADS },
	{ "raw-addresses", no_argument, NULL, OPTION_RAW },
	{ "from", required_argument, NULL, OPTION_OTHER },
	{ "to", required_argument, NULL, OPTION_OTHER },
	{ "thread", required_argument, NULL, OPTION_OTHER },
	{ "filter", required_argument, NULL, OPTION_OTHER },
	{ "frames", required_argument, NULL, OPTION_OTHER },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

static int set_format(struct options *o, const char *name)
{
	char known[128] = "";

	o->format = export_find(name);
	if (o->format)
		return EXIT_OK;
	for (size_t i = 0; export_formats[i]; i++) {
		size_t len = strlen(known);

		snprintf(known + len, sizeof(known) - len, "%s%s", i ? ", " : "",
			 export_formats[i]->name);
	}
	return cmd_usage(&cmd_export, "--format %s: not one of %s", name, known);
}

static int set_option(struct options *o, int id, const char *name, const char *value)
{
	int code = EXIT_OK;

	switch (id) {
	case 'o':
		o->output = value;
		return code;
	case OPTION_FORMAT:
		return set_format(o, value);
	case OPTION_FORCE:
		o->force = true;
		return code;
	case OPTION_THREADS:
		o->threads = true;
		return code;
	case OPTION_RAW:
		o->raw_addresses = true;
		return code;
	case OPTION_OTHER:
		cmd_selection_option(&cmd_export, &o->selection, name, value, &code);
		return code;
	default:
		return cmd_usage(&cmd_export, "an option is unknown or lacks its value");
	}
}

/* EXIT_OK, an exit code after saying why, or -1 if help was asked for. */
static int parse(struct options *o, int argc, char **argv)
{
	int index = 0, id, code = EXIT_OK;

	optind = 0;
	opterr = 0;
	while (code == EXIT_OK && (id = getopt_long(argc, argv, "o:h", long_options, &index)) != -1) {
		if (id == 'h')
			return -1;
		code = set_option(o, id, long_options[index].name, optarg);
	}
	if (code != EXIT_OK)
		return code;
	if (!o->format)
		return cmd_usage(&cmd_export, "which --format?");
	if (argc - optind != 1)
		return cmd_usage(&cmd_export, argc == optind ? "which recording?"
							     : "only one recording at a time");
	o->file = argv[optind];
	return EXIT_OK;
}

/* "shop.cprof" becomes "shop.folded", in the folder one is in. */
static char *default_output(const struct options *o)
{
	const char *slash = strrchr(o->file, '/'), *name = slash ? slash + 1 : o->file;
	size_t len = strlen(name);

	if (len > 6 && strcmp(name + len - 6, ".cprof") == 0)
		len -= 6;
	return xasprintf("%.*s%s", (int)len, name, o->format->suffix);
}

static int say_failure(const struct options *o, const struct error *err)
{
	return cmd_fail(&cmd_export, err->code == ENODATA ? EXIT_NO_SAMPLE : EXIT_INTERNAL,
			"%s: %s", o->format->name, err->msg);
}

static int export_to_stdout(const struct options *o, const struct export_job *job)
{
	struct error err;

	if (o->format->binary && isatty(STDOUT_FILENO))
		return cmd_fail(&cmd_export, EXIT_USAGE, "standard output: %s is not for a terminal; "
				"name a file with -o", o->format->name);
	if (export_write(o->format, job, stdout, &err) < 0)
		return say_failure(o, &err);
	return cmd_finish_stdout(&cmd_export, EXIT_OK);
}

static int export_to_file(const struct options *o, const struct export_job *job, const char *path)
{
	struct out_file *file;
	struct error err;

	if (out_file_open(path, o->force ? OUT_FILE_FORCE : 0, &file, &err) < 0)
		return cmd_fail(&cmd_export, EXIT_OUTPUT, "%s", err.msg);
	if (export_write(o->format, job, out_file_stream(file), &err) < 0) {
		out_file_abort(file);
		return say_failure(o, &err);
	}
	if (out_file_commit(file, &err) < 0)
		return cmd_fail(&cmd_export, EXIT_OUTPUT, "%s", err.msg);
	return EXIT_OK;
}

static int export(const struct options *o, struct profile *p)
{
	struct export_job job = { .p = p, .threads = o->threads, .raw_addresses = o->raw_addresses };
	_cleanup_(freep) char *path = o->output ? xstrdup(o->output) : default_output(o);
	struct cmd_selection chosen = o->selection;
	struct selection selection;
	int code = cmd_select(&cmd_export, &chosen, p, &selection);

	job.selection = &selection;
	if (code == EXIT_OK)
		code = strcmp(path, "-") == 0 ? export_to_stdout(o, &job)
					      : export_to_file(o, &job, path);
	if (code == EXIT_OK && export_note(o->format, p))
		cmd_fail(&cmd_export, EXIT_OK, "%s: %s", o->format->name, export_note(o->format, p));
	cmd_selection_deinit(&chosen);
	return code;
}

static int run(int argc, char **argv)
{
	struct options o = { .selection.to_s = -1 };
	struct cmd_recording recording;
	int code = parse(&o, argc, argv);

	if (code == -1) {
		cmd_print_help(&cmd_export);
		return cmd_finish_stdout(&cmd_export, EXIT_OK);
	}
	if (code == EXIT_OK)
		code = cmd_recording_open(&cmd_export, o.file, &recording);
	if (code != EXIT_OK) {
		cmd_selection_deinit(&o.selection);
		return code;
	}
	code = export(&o, recording.p);
	if (code == EXIT_OK)
		code = recording.exit_code;
	cmd_recording_close(&recording);
	return code;
}

const struct cmd cmd_export = {
	.name = "export",
	.synopsis = "--format NAME [-o FILE] [OPTIONS] RECORDING",
	.summary = "write a recording in the format of another tool",
	.help =
	"  --format NAME       folded: one line per stack and its microseconds;\n"
	"                      pprof: for `go tool pprof` and what reads its format;\n"
	"                      pstats: for Python's pstats and snakeviz, where calls\n"
	"                      are samples;\n"
	"                      svg: a flame graph as a picture;\n"
	"                      html: one to search and zoom in a browser, offline\n"
	"  -o FILE             where to; \"-\" is standard output; else the recording's\n"
	"                      name with another ending, in this folder\n"
	"  --force             replace FILE if it exists\n"
	"  --threads           folded: begin each line with its thread\n"
	"  --raw-addresses     pprof: give code without a name no name made of its address\n"
	CMD_SELECTION_OPTIONS
	"  -h, --help          this text\n",
	.run = run,
};
