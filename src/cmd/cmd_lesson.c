// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/io.h"
#include "base/util.h"
#include "cmd/cmd.h"
#include "cmd/cmd_recording.h"
#include "ui/lesson.h"

/* Say what is wrong with a lesson, or what is in it. */
static int check_text(const char *path, const struct buf *text)
{
	struct lesson_faults faults;
	struct lesson lesson;
	int code = EXIT_OK;

	if (lesson_parse((const char *)text->data, text->len, &lesson, &faults))
		printf("%s: good; %u pages, %u words\n", path, lesson.n_pages, lesson.n_words);
	for (size_t i = 0; i < faults.n; i++)
		printf("%s:%u: %s\n", path, faults.v[i].line, faults.v[i].reason);
	if (faults.n)
		code = EXIT_DAMAGED;
	lesson_faults_deinit(&faults);
	lesson_deinit(&lesson);
	return code;
}

static int check_file(const char *path)
{
	struct buf text = { 0 };
	struct error err;
	_cleanup_(closep) int fd = cmd_open_regular(path, O_RDONLY, &err);
	int code;

	if (fd < 0 || io_read_all(fd, LESSON_MAX_BYTES, &text, &err) < 0)
		code = cmd_fail(&cmd_lesson, cmd_file_exit(&err, false), "%s: %s", path, err.msg);
	else
		code = check_text(path, &text);
	buf_deinit(&text);
	return code;
}

/* All files, whatever is wrong with the ones before; ends with the first failure's code. */
static int check(char **files)
{
	int code = EXIT_OK;

	for (; *files; files++) {
		int one = check_file(*files);

		code = code == EXIT_OK ? one : code;
	}
	return cmd_finish_stdout(&cmd_lesson, code);
}

static int run(int argc, char **argv)
{
	static const struct option long_options[] = { { "help", no_argument, NULL, 'h' }, { 0 } };
	int opt;

	opterr = 0;
	while ((opt = getopt_long(argc, argv, "h", long_options, NULL)) != -1) {
		if (opt != 'h')
			return cmd_usage(&cmd_lesson, "that option does not exist");
		cmd_print_help(&cmd_lesson);
		return cmd_finish_stdout(&cmd_lesson, EXIT_OK);
	}
	if (optind == argc || strcmp(argv[optind], "check") != 0)
		return cmd_usage(&cmd_lesson, "what is to be done? `check` is all there is");
	if (optind + 1 == argc)
		return cmd_usage(&cmd_lesson, "check which files?");
	return check(argv + optind + 1);
}

const struct cmd cmd_lesson = {
	.name = "lesson",
	.synopsis = "check FILE...",
	.summary = "check lessons that you wrote",
	.help =
	"Says of each lesson what is wrong with it, as FILE:LINE: REASON.  The format is in\n"
	"cprofd-lesson(5).\n"
	"\n"
	"  -h, --help         this text\n",
	.run = run,
};
