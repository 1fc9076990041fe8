// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/out_file.h"
#include "base/util.h"
#include "cmd/cmd.h"
#include "cmd/cmd_recording.h"
#include "record/recover.h"

struct options {
	const char *file, *output;	/* output NULL: beside the recording */
	bool in_place, force;
};

enum option_id {
	OPTION_IN_PLACE = 256, OPTION_FORCE,
};

static const struct option long_options[] = {
	{ "in-place", no_argument, NULL, OPTION_IN_PLACE },
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
		case OPTION_IN_PLACE:
			o->in_place = true;
			break;
		case OPTION_FORCE:
			o->force = true;
			break;
		case 'h':
			return -1;
		default:
			return cmd_usage(&cmd_recover, "an option is unknown or lacks its value");
		}
	}
	if (argc - optind != 1)
		return cmd_usage(&cmd_recover, argc == optind ? "which recording?"
							      : "only one recording at a time");
	if (o->in_place && o->output)
		return cmd_usage(&cmd_recover, "either -o or --in-place");
	o->file = argv[optind];
	return EXIT_OK;
}

/* "shop.cprof" becomes "shop.recovered.cprof" beside it. */
static char *default_output(const char *path)
{
	size_t len = strlen(path);

	if (len > 6 && strcmp(path + len - 6, ".cprof") == 0)
		len -= 6;
	return xasprintf("%.*s.recovered.cprof", (int)len, path);
}

/*
 * Is somebody writing the file?  The kernel gives a read lease only if nobody has
 * it open for writing; where there are no leases we do not know.
 */
static bool is_being_written(int fd)
{
	if (fcntl(fd, F_SETLEASE, F_RDLCK) < 0)
		return errno == EAGAIN;
	fcntl(fd, F_SETLEASE, F_UNLCK);
	return false;
}

static void say_done(const struct recover_state *s, const char *path)
{
	printf("%s: %" PRIu64 " samples, up to %.3f s; %" PRIu64 " bytes cut off\n", path,
	       s->n_samples, (double)s->last_ns / NS_PER_S, s->file_bytes - s->valid_bytes);
}

static int recover_to_file(const struct options *o, int fd, const struct recover_state *s)
{
	_cleanup_(freep) char *path = o->output ? xstrdup(o->output) : default_output(o->file);
	unsigned int flags = OUT_FILE_PRIVATE | (o->force ? OUT_FILE_FORCE : 0u);
	struct out_file *file;
	struct error err;

	if (out_file_open(path, flags, &file, &err) < 0)
		return cmd_fail(&cmd_recover, EXIT_OUTPUT, "%s", err.msg);
	if (recover_write(fd, s, out_file_stream(file), &err) < 0) {
		out_file_abort(file);
		return cmd_fail(&cmd_recover, cmd_file_exit(&err, false), "%s: %s", o->file, err.msg);
	}
	if (out_file_commit(file, &err) < 0)
		return cmd_fail(&cmd_recover, EXIT_OUTPUT, "%s", err.msg);
	say_done(s, path);
	return EXIT_OK;
}

static int recover_same_file(const struct options *o, int looked_at, const struct recover_state *s)
{
	struct stat was, is;
	struct error err;
	_cleanup_(closep) int fd = cmd_open_regular(o->file, O_RDWR, &err);

	if (fd < 0)
		return cmd_fail(&cmd_recover, EXIT_OUTPUT, "%s: %s", o->file, err.msg);
	/* Not another one that has come to that name meanwhile. */
	if (fstat(looked_at, &was) < 0 || fstat(fd, &is) < 0 || was.st_dev != is.st_dev ||
	    was.st_ino != is.st_ino)
		return cmd_fail(&cmd_recover, EXIT_OUTPUT, "%s: is another file now", o->file);
	if (recover_in_place(fd, s, &err) < 0)
		return cmd_fail(&cmd_recover, err.code == EBUSY ? EXIT_DAMAGED : EXIT_OUTPUT,
				"%s: %s", o->file, err.msg);
	say_done(s, o->file);
	return EXIT_OK;
}

static int recover(const struct options *o)
{
	struct recover_state state;
	struct error err;
	_cleanup_(closep) int fd = cmd_open_regular(o->file, O_RDONLY, &err);

	if (fd < 0)
		return cmd_fail(&cmd_recover, cmd_file_exit(&err, false), "%s: %s", o->file, err.msg);
	if (is_being_written(fd))
		return cmd_fail(&cmd_recover, EXIT_DAMAGED, "%s: is still being recorded; end "
				"that first", o->file);
	if (recover_look(fd, &state, &err) < 0)
		return cmd_fail(&cmd_recover, cmd_file_exit(&err, false), "%s: %s", o->file, err.msg);
	if (recover_is_whole(&state) && !o->output) {
		printf("%s: is whole, there is nothing to recover\n", o->file);
		return EXIT_OK;
	}
	return o->in_place ? recover_same_file(o, fd, &state) : recover_to_file(o, fd, &state);
}

static int run(int argc, char **argv)
{
	struct options o = { 0 };
	int code = parse(&o, argc, argv);

	if (code == -1) {
		cmd_print_help(&cmd_recover);
		code = EXIT_OK;
	} else if (code == EXIT_OK) {
		code = recover(&o);
	}
	return cmd_finish_stdout(&cmd_recover, code);
}

const struct cmd cmd_recover = {
	.name = "recover",
	.synopsis = "[-o FILE | --in-place] [--force] RECORDING",
	.summary = "make a whole recording of what can be read of a damaged one",
	.help =
	"Keeps what can be read, cuts what follows, and ends it properly.  Writes\n"
	"NAME.recovered.cprof beside the recording, which is not changed.\n"
	"\n"
	"  -o FILE             write to this file\n"
	"  --force             replace FILE if it exists\n"
	"  --in-place          cut a torn end off in the recording itself\n"
	"  -h, --help          this text\n",
	.run = run,
};
