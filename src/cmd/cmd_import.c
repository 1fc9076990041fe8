// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/io.h"
#include "base/out_file.h"
#include "base/util.h"
#include "cmd/cmd.h"
#include "cmd/cmd_recording.h"
#include "cmd/convert.h"
#include "profile/profile.h"
#include "profile/profile_load.h"

#define COPY_BYTES (1u << 20)

struct options {
	const char *file, *output;	/* output NULL: made of the file's name */
	bool force;
};

enum option_id {
	OPTION_FORCE = 256,
};

static const struct option long_options[] = {
	{ "force", no_argument, NULL, OPTION_FORCE },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

/* EXIT_OK, an exit code after saying why, or -1 if help was asked for. */
static int parse(struct options *o, int argc, char **argv)
{
	int id;

	optind = 0;
	opterr = 0;
	while ((id = getopt_long(argc, argv, "o:h", long_options, NULL)) != -1) {
		switch (id) {
		case 'o':
			o->output = optarg;
			break;
		case OPTION_FORCE:
			o->force = true;
			break;
		case 'h':
			return -1;
		default:
			return cmd_usage(&cmd_import, "an option is unknown or lacks its value");
		}
	}
	if (argc - optind != 1)
		return cmd_usage(&cmd_import, argc == optind ? "which file?"
							     : "only one file at a time");
	o->file = argv[optind];
	return EXIT_OK;
}

/* "shop.pstats" becomes "shop.cprof", in the folder one is in. */
static char *default_output(const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	const char *dot = strrchr(name, '.');

	return xasprintf("%.*s.cprof", (int)(dot > name ? (size_t)(dot - name) : strlen(name)), name);
}

/* ---- the recording ---- */

static int copy(int from, FILE *to, struct error *err)
{
	_cleanup_(freep) char *bytes = xmalloc(COPY_BYTES);
	uint64_t at = 0;
	ssize_t n;

	while ((n = io_pread_full(from, bytes, COPY_BYTES, at)) > 0) {
		if (fwrite(bytes, 1, (size_t)n, to) != (size_t)n)
			return error_sys(err, "cannot write");
		at += (uint64_t)n;
	}
	return n < 0 ? error_sys(err, "cannot read what was imported") : 0;
}

static int keep(const struct options *o, int recording)
{
	_cleanup_(freep) char *path = o->output ? xstrdup(o->output) : default_output(o->file);
	unsigned int flags = OUT_FILE_PRIVATE | (o->force ? OUT_FILE_FORCE : 0u);
	struct out_file *file;
	struct error err;

	if (out_file_open(path, flags, &file, &err) < 0)
		return cmd_fail(&cmd_import, EXIT_OUTPUT, "%s", err.msg);
	if (copy(recording, out_file_stream(file), &err) < 0) {
		out_file_abort(file);
		return cmd_fail(&cmd_import, EXIT_OUTPUT, "%s: %s", path, err.msg);
	}
	if (out_file_commit(file, &err) < 0)
		return cmd_fail(&cmd_import, EXIT_OUTPUT, "%s", err.msg);
	cmd_say("calls that were counted, times that were measured, no samples: %s", path);
	return EXIT_OK;
}

/* Is it one that can be shown?  Numbers in it are only checked here. */
static int check(int recording, struct error *err)
{
	struct profile_load *load;
	int ret;

	if (profile_load_open(recording, &load, err) < 0)
		return -1;
	ret = profile_load_more(load, err);
	if (ret >= 0 && !profile_load_profile(load)->n_measured)
		ret = error_set(err, EBADMSG, "nothing is in it");
	profile_load_close(load);
	return ret < 0 ? -1 : 0;
}

static int import(const struct options *o)
{
	struct error err;
	_cleanup_(closep) int file = cmd_open_regular(o->file, O_RDONLY, &err);
	_cleanup_(closep) int recording = -1;
	struct convert c;

	if (file >= 0 && convert_start(&c, &err) == 0) {
		recording = convert_file(&c, file, &err);
		convert_end(&c);
	}
	if (recording < 0 || check(recording, &err) < 0)
		return cmd_fail(&cmd_import, err.code == EFBIG ? EXIT_LIMIT : cmd_file_exit(&err, false),
				"%s: %s", o->file, err.msg);
	return keep(o, recording);
}

static int run(int argc, char **argv)
{
	struct options o = { 0 };
	int code = parse(&o, argc, argv);

	if (code == -1) {
		cmd_print_help(&cmd_import);
		return cmd_finish_stdout(&cmd_import, EXIT_OK);
	}
	return code == EXIT_OK ? import(&o) : code;
}

const struct cmd cmd_import = {
	.name = "import",
	.synopsis = "[-o FILE] [--force] FILE.pstats",
	.summary = "make a recording of a profile by Python's cProfile",
	.help =
	"Reads what cProfile wrote and pstats reads: calls that were counted, times that\n"
	"were measured, callers.  There are no samples, so no intervals, stacks or lines:\n"
	"report, report --callers and export --format pstats show what there is.\n"
	"\n"
	"  -o FILE             the recording; else NAME.cprof in this folder\n"
	"  --force             replace FILE if it exists\n"
	"  -h, --help          this text\n",
	.run = run,
};
