// SPDX-License-Identifier: Apache-2.0
/*
 * The commands that read recordings: what they print, where, and how they end.
 */
#include "tests/unit/test.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/exit_code.h"
#include "base/io.h"
#include "cmd/cmd.h"
#include "record/block.h"
#include "tests/unit/fixture.h"

#define MAX_ARGS 12

/* What a command did. */
struct result {
	int code;
	char *out, *err;
};

static char folder[] = "/tmp/test_cmds_XXXXXX";

static char *text_of(int fd)
{
	struct buf b = { 0 };
	struct error err;

	lseek(fd, 0, SEEK_SET);
	assert_int_equal(io_read_all(fd, 1 << 24, &b, &err), 0);
	buf_put_u8(&b, '\0');
	return (char *)b.data;
}

/* Run a command in a child, in the folder, with its words given by blanks. */
static struct result run(const struct cmd *cmd, const char *words)
{
	_cleanup_(freep) char *copy = xasprintf("%s %s", cmd->name, words);
	_cleanup_(closep) int out = memfd_create("out", MFD_CLOEXEC);
	_cleanup_(closep) int err = memfd_create("err", MFD_CLOEXEC);
	char *argv[MAX_ARGS + 1] = { 0 };
	int argc = 0, status;
	pid_t pid;

	for (char *word = strtok(copy, " "); word && argc < MAX_ARGS; word = strtok(NULL, " "))
		argv[argc++] = word;
	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		dup2(out, STDOUT_FILENO);
		dup2(err, STDERR_FILENO);
		if (chdir(folder) < 0)
			_exit(99);
		_exit(cmd->run(argc, argv));
	}
	waitpid(pid, &status, 0);
	assert_true(WIFEXITED(status));
	return (struct result){ WEXITSTATUS(status), text_of(out), text_of(err) };
}

static void result_deinit(struct result *r)
{
	free(r->out);
	free(r->err);
}

#define _result_ _cleanup_(result_deinit) struct result

static char *path_of(const char *name)
{
	return xasprintf("%s/%s", folder, name);
}

/* Put the first `len` bytes (0: all) of a recording into a file of the folder. */
static void put_recording(const char *name, const struct fixture_options *o, size_t len)
{
	_cleanup_(freep) char *path = path_of(name);
	_cleanup_(closep) int from = fixture_fd(o), to = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	struct buf all = { 0 };
	struct error err;

	lseek(from, 0, SEEK_SET);
	assert_int_equal(io_read_all(from, 1 << 24, &all, &err), 0);
	assert_int_equal(io_write_full(to, all.data, len ? len : all.len), 0);
	buf_deinit(&all);
}

static size_t size_of(const char *name)
{
	_cleanup_(freep) char *path = path_of(name);
	struct stat st;

	return stat(path, &st) < 0 ? 0 : (size_t)st.st_size;
}

/* One line, of the form "cprofd: WHAT: WHY". */
static void assert_one_line(const char *text, const char *part)
{
	assert_int_equal(strncmp(text, "cprofd: ", 8), 0);
	assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
	if (!strstr(text, part))
		fail_msg("\"%s\" is not in \"%s\"", part, text);
}

static int setup(void **state)
{
	static const struct fixture_options plain = { 0 }, unfinished = { .unfinished = true };

	(void)state;
	setenv("TZ", "UTC", 1);
	setenv("LC_ALL", "C.UTF-8", 1);
	if (!mkdtemp(folder))
		return -1;
	put_recording("a.cprof", &plain, 0);
	put_recording("live.cprof", &unfinished, 0);
	put_recording("torn.cprof", &plain, size_of("a.cprof") - 7);
	put_recording("bad.cprof", &plain, 0);
	_cleanup_(freep) char *bad = path_of("bad.cprof");
	_cleanup_(closep) int fd = open(bad, O_WRONLY | O_CLOEXEC);
	return pwrite(fd, "xxxx", 4, (off_t)size_of("a.cprof") - 3000) == 4 ? 0 : -1;
}

static int teardown(void **state)
{
	_cleanup_(freep) char *command = xasprintf("rm -r %s", folder);

	(void)state;
	return system(command);
}

TEST(report_prints_each_kind_of_report)
{
	static const struct {
		const char *words, *part;
	} cases[] = {
		{ "a.cprof", "FUNCTION" },
		{ "--tree a.cprof", "CALL TREE" },
		{ "--callers fib a.cprof", "CALLED BY" },
		{ "--lines fib a.cprof", "LINE" },
		{ "--json a.cprof", "\"schema\":\"cprofd-report\"" },
		{ "--json --tree --callers fib a.cprof", "\"callers_of\"" },
		{ "--from 5 --to 7.5 a.cprof", "5.000 s to 7.500 s" },
		{ "--thread 4243 a.cprof", "thread 4243 worker-1" },
		{ "--filter ^fi[b]$ a.cprof", "[filtered out]" },
		{ "--limit 2 a.cprof", "more functions" },
		{ "--width 60 a.cprof", "FUNCTION" },
		{ "--color always a.cprof", "\033[0;1m" },
		{ "--help", "usage: cprofd report " },
		{ "-h", "usage: cprofd report " },
	};

	for (size_t i = 0; i < array_len(cases); i++) {
		_result_ r = run(&cmd_report, cases[i].words);

		assert_int_equal(r.code, EXIT_OK);
		assert_string_equal(r.err, "");
		if (!strstr(r.out, cases[i].part))
			fail_msg("%s: \"%s\" is not in the output", cases[i].words, cases[i].part);
	}
}

TEST(a_wrong_command_line_is_refused_with_the_reason)
{
	static const struct {
		const struct cmd *cmd;
		const char *words, *part;
	} cases[] = {
		{ &cmd_report, "", "which recording?" },
		{ &cmd_report, "a.cprof b.cprof", "only one recording" },
		{ &cmd_report, "--nonsense a.cprof", "unknown" },
		{ &cmd_report, "--limit", "unknown or lacks" },
		{ &cmd_report, "--limit 0 a.cprof", "--limit 0" },
		{ &cmd_report, "--width 10 a.cprof", "--width 10" },
		{ &cmd_report, "--color pink a.cprof", "--color pink" },
		{ &cmd_report, "--from x a.cprof", "--from x" },
		{ &cmd_report, "--from 9 --to 3 a.cprof", "--from 9" },
		{ &cmd_report, "--thread 1 a.cprof", "no such thread" },
		{ &cmd_report, "--filter a( a.cprof", "regular expression" },
		{ &cmd_report, "--frames native a.cprof", "no Python functions" },
		{ &cmd_export, "--format folded --frames x a.cprof", "--frames x" },
		{ &cmd_report, "--callers nothing a.cprof", "no function" },
		{ &cmd_report, "--tree --callers fib a.cprof", "only one of" },
		{ &cmd_export, "a.cprof", "which --format?" },
		{ &cmd_export, "--format x a.cprof", "not one of folded" },
		{ &cmd_recover, "--in-place -o x a.cprof", "either" },
	};

	for (size_t i = 0; i < array_len(cases); i++) {
		_result_ r = run(cases[i].cmd, cases[i].words);

		assert_int_equal(r.code, EXIT_USAGE);
		assert_string_equal(r.out, "");
		if (!strstr(r.err, cases[i].part))
			fail_msg("%s: \"%s\" is not in \"%s\"", cases[i].words, cases[i].part, r.err);
	}
}

TEST(a_recording_without_an_end_is_not_finished)
{
	_result_ r = run(&cmd_report, "live.cprof");

	assert_int_equal(r.code, EXIT_OK);
	assert_one_line(r.err, "live.cprof: not finished: recorded up to 30.000 s");
	assert_non_null(strstr(r.out, "8,000 ="));
}

TEST(a_torn_recording_is_reported_as_far_as_it_goes)
{
	_result_ r = run(&cmd_report, "torn.cprof");

	assert_int_equal(r.code, EXIT_DAMAGED);
	assert_one_line(r.err, "the last block is not whole");
	assert_non_null(strstr(r.err, "cprofd recover"));
	assert_non_null(strstr(r.out, "FUNCTION"));
}

TEST(a_damaged_recording_is_reported_as_far_as_it_goes)
{
	_result_ r = run(&cmd_report, "bad.cprof");

	assert_int_equal(r.code, EXIT_DAMAGED);
	assert_one_line(r.err, "wrong checksum");
	assert_non_null(strstr(r.err, "byte "));
	assert_non_null(strstr(r.out, "FUNCTION"));
}

TEST(what_is_no_recording_prints_nothing_on_stdout)
{
	static const struct {
		const char *name, *bytes;
		size_t len;
		const char *part;
	} cases[] = {
		{ "empty.cprof", "", 0, "nothing was recorded" },
		{ "text.cprof", "hello, this is a text, not a recording; it is long enough to be one, though", 75,
		  "not a cprofd recording" },
	};

	for (size_t i = 0; i < array_len(cases); i++) {
		_cleanup_(freep) char *path = path_of(cases[i].name);
		int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

		assert_int_equal(io_write_full(fd, cases[i].bytes, cases[i].len), 0);
		close(fd);
		const struct cmd *const cmds[] = { &cmd_report, &cmd_recover };
		for (size_t k = 0; k < array_len(cmds); k++) {
			_result_ r = run(cmds[k], cases[i].name);

			assert_int_equal(r.code, EXIT_DAMAGED);
			assert_string_equal(r.out, "");
			assert_one_line(r.err, cases[i].part);
		}
	}
	_result_ none = run(&cmd_report, "none.cprof"), dir = run(&cmd_report, ".");
	assert_int_equal(none.code, EXIT_DAMAGED);
	assert_one_line(none.err, "No such file");
	assert_int_equal(dir.code, EXIT_DAMAGED);
	assert_one_line(dir.err, "no regular file");
}

TEST(export_writes_beside_nothing_that_exists)
{
	_result_ first = run(&cmd_export, "--format folded a.cprof");
	_result_ second = run(&cmd_export, "--format folded a.cprof");
	_result_ forced = run(&cmd_export, "--format folded --force a.cprof");
	_result_ out = run(&cmd_export, "--format folded -o - a.cprof");

	assert_int_equal(first.code, EXIT_OK);
	assert_string_equal(first.err, "");
	assert_int_equal(second.code, EXIT_OUTPUT);
	assert_one_line(second.err, "a.folded: exists; --force replaces it");
	assert_int_equal(forced.code, EXIT_OK);
	assert_int_equal(out.code, EXIT_OK);
	assert_int_equal(strlen(out.out), size_of("a.folded"));
}

TEST(export_refuses_what_is_no_file)
{
	static const char *const outputs[] = { "/dev/full", ".", "/dev/stdout" };

	for (size_t i = 0; i < array_len(outputs); i++) {
		_cleanup_(freep) char *words = xasprintf("--format folded -o %s a.cprof", outputs[i]);
		_result_ r = run(&cmd_export, words);

		assert_int_equal(r.code, EXIT_OUTPUT);
		assert_string_equal(r.out, "");
	}
}

TEST(export_of_a_damaged_recording_says_so)
{
	_result_ r = run(&cmd_export, "--format folded -o part.folded torn.cprof");

	assert_int_equal(r.code, EXIT_DAMAGED);
	assert_one_line(r.err, "not whole");
	assert_true(size_of("part.folded") > 0);
}

TEST(recover_makes_a_recording_that_reports_without_complaint)
{
	size_t before = size_of("torn.cprof");
	_result_ r = run(&cmd_recover, "torn.cprof");

	assert_int_equal(r.code, EXIT_OK);
	assert_string_equal(r.err, "");
	assert_int_equal(size_of("torn.cprof"), before);
	_result_ report = run(&cmd_report, "torn.recovered.cprof");
	assert_int_equal(report.code, EXIT_OK);
	assert_string_equal(report.err, "");
	assert_non_null(strstr(report.out, "recovered: byte "));
	_result_ again = run(&cmd_recover, "torn.cprof");
	assert_int_equal(again.code, EXIT_OUTPUT);
	_result_ whole = run(&cmd_recover, "torn.recovered.cprof");
	assert_int_equal(whole.code, EXIT_OK);
	assert_non_null(strstr(whole.out, "nothing to recover"));
}

TEST(recover_in_place_changes_only_torn_ends)
{
	static const struct fixture_options plain = { 0 };
	size_t before = size_of("bad.cprof");

	_result_ bad = run(&cmd_recover, "--in-place bad.cprof");
	assert_int_equal(bad.code, EXIT_DAMAGED);
	assert_one_line(bad.err, "more than a torn end");
	assert_int_equal(size_of("bad.cprof"), before);

	put_recording("again.cprof", &plain, size_of("a.cprof") - 7);
	_result_ torn = run(&cmd_recover, "--in-place again.cprof");
	assert_int_equal(torn.code, EXIT_OK);
	_result_ report = run(&cmd_report, "again.cprof");
	assert_int_equal(report.code, EXIT_OK);
	assert_string_equal(report.err, "");
}

TEST(a_file_that_is_being_written_is_not_recovered)
{
	_cleanup_(freep) char *path = path_of("live.cprof");
	_cleanup_(closep) int writer = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
	_cleanup_(closep) int probe = open(path, O_RDONLY | O_CLOEXEC);

	assert_true(writer >= 0 && probe >= 0);
	if (fcntl(probe, F_SETLEASE, F_RDLCK) == 0)
		skip();		/* no leases here */
	_result_ r = run(&cmd_recover, "live.cprof");
	if (r.code == EXIT_OK)
		skip();
	assert_int_equal(r.code, EXIT_DAMAGED);
	assert_one_line(r.err, "still being recorded");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(report_prints_each_kind_of_report),
		cmocka_unit_test(a_wrong_command_line_is_refused_with_the_reason),
		cmocka_unit_test(a_recording_without_an_end_is_not_finished),
		cmocka_unit_test(a_torn_recording_is_reported_as_far_as_it_goes),
		cmocka_unit_test(a_damaged_recording_is_reported_as_far_as_it_goes),
		cmocka_unit_test(what_is_no_recording_prints_nothing_on_stdout),
		cmocka_unit_test(export_writes_beside_nothing_that_exists),
		cmocka_unit_test(export_refuses_what_is_no_file),
		cmocka_unit_test(export_of_a_damaged_recording_says_so),
		cmocka_unit_test(recover_makes_a_recording_that_reports_without_complaint),
		cmocka_unit_test(recover_in_place_changes_only_torn_ends),
		cmocka_unit_test(a_file_that_is_being_written_is_not_recovered),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
