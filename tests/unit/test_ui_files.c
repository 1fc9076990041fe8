// SPDX-License-Identifier: Apache-2.0
/* What leaves the program: names, screens, copies of a recording, exports. */
#include "tests/unit/app_maker.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "base/io.h"

TEST(the_whole_name_is_shown_clean)
{
	const struct fixture_options hostile = { .hostile = true };
	struct made_app t;

	made_app_init(&t, &hostile, 80, 24, false);
	free(screen(&t));
	type(&t, "/evil\ny");
	assert_shows(&t, "evil\\x1b[2J\\x0aname;\\xff?off\"\\ ?");
	assert_shows(&t, "declared in /src/shop/shop.c:66");
	assert_shows(&t, "/usr/bin/shop: code of the program itself");
	assert_null(t.app.asked_copy);
	type(&t, "\033:set clipboard on\ny");
	assert_shows(&t, "its name is in the clipboard now");
	assert_non_null(strstr(t.app.asked_copy, "evil\\x1b[2J"));
	made_app_deinit(&t);
}

/* A file as text; the caller frees it. */
static char *file_text(const char *path)
{
	_cleanup_(closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct buf b = { 0 };
	struct error err;

	if (fd < 0 || io_read_all(fd, 1 << 24, &b, &err) < 0)
		return NULL;
	buf_put_u8(&b, '\0');
	return (char *)b.data;
}

TEST(a_screen_is_printed_and_nothing_overwritten)
{
	struct made_app t;
	char *shot, *text;

	made_app_init(&t, &usual, 100, 30, true);
	unlink("cprofd-screen-1.txt");
	unlink("cprofd-screen-2.txt");
	shot = screen(&t);
	type(&t, "P");
	assert_shows(&t, "to ./cprofd-screen-1.txt");
	text = file_text("cprofd-screen-1.txt");
	assert_string_equal(text, shot);
	free(text);
	type(&t, "jP");
	assert_shows(&t, "to ./cprofd-screen-2.txt");
	text = file_text("cprofd-screen-1.txt");
	assert_string_equal(text, shot);
	free(text);
	free(shot);
	made_app_deinit(&t);
}

TEST(a_recording_is_copied_but_never_over_another)
{
	struct made_app t;
	struct stat st, copy;

	made_app_init(&t, &usual, 100, 30, false);
	free(screen(&t));
	type(&t, ":w a.cprof\n");
	assert_shows(&t, "there is no recording file to copy");
	t.app.recording_fd = fixture_fd(&usual);
	assert_int_equal(fstat(t.app.recording_fd, &st), 0);
	type(&t, ":w a.cprof\n");
	assert_shows(&t, "KiB to ./a.cprof");
	assert_int_equal(stat("a.cprof", &copy), 0);
	assert_int_equal(copy.st_size, st.st_size);
	type(&t, ":w a.cprof\n");
	assert_shows(&t, "a.cprof exists; :w! replaces it");
	type(&t, ":w! a.cprof\n");
	assert_shows(&t, "KiB to ./a.cprof");
	type(&t, ":w /nowhere/a.cprof\n");
	assert_shows(&t, "nothing was changed");
	type(&t, ":w /dev/null\n");
	assert_shows(&t, "/dev/null is no regular file; nothing was changed");
	type(&t, ":w\n");
	assert_shows(&t, "which file?");

	/* the same by asking */
	unlink("shop-20260122-1402.cprof");
	setenv("TZ", "UTC", 1);
	type(&t, "S");
	assert_shows(&t, "the recording as it is, all of it (");
	type(&t, "\n");
	assert_shows(&t, ">shop-20260122-1402.cprof");
	type(&t, "\n");
	assert_shows(&t, "KiB to ./shop-20260122-1402.cprof");
	type(&t, "Sc\n");
	assert_shows(&t, "shop-20260122-1402.cprof is there already.");
	type(&t, "n");
	assert_shows(&t, ">shop-20260122-1402.cprof");
	type(&t, "\no");
	assert_shows(&t, "KiB to ./shop-20260122-1402.cprof");
	close(t.app.recording_fd);
	made_app_deinit(&t);
}

TEST(a_file_that_cannot_be_written_leaves_the_old_one)
{
	struct rlimit small = { 1000, RLIM_INFINITY }, before;
	struct made_app t;
	char *text, *now;

	made_app_init(&t, &usual, 100, 30, false);
	free(screen(&t));
	t.app.recording_fd = fixture_fd(&usual);
	type(&t, ":export! folded old.txt\n");
	text = file_text("old.txt");
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	type(&t, ":w! old.txt\n");
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_shows(&t, "write: 0 B of ");
	assert_shows(&t, "KiB done: File too large; nothing was changed");
	now = file_text("old.txt");
	assert_string_equal(now, text);
	free(now);
	free(text);
	close(t.app.recording_fd);
	made_app_deinit(&t);
}

/* An export has what is in scope, and calls that are folded on the screen. */
TEST(an_export_has_the_scope_and_no_folds)
{
	struct made_app t;
	char *text;

	made_app_init(&t, &usual, 100, 30, false);
	free(screen(&t));
	type(&t, "/ksys\nx\\write\n:export folded! a.folded\n");
	assert_shows(&t, "is no format; there are: folded");
	type(&t, ":export! folded a.folded\n");
	assert_shows(&t, "to ./a.folded");
	text = file_text("a.folded");
	assert_non_null(strstr(text, ";write;ksys_write_[k] "));
	assert_null(strstr(text, "fib"));
	free(text);
	type(&t, ":export folded a.folded\n");
	assert_shows(&t, "a.folded exists; :export! folded FILE replaces it");
	assert_shows(&t, "1 folded");
	made_app_deinit(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_whole_name_is_shown_clean),
		cmocka_unit_test(a_screen_is_printed_and_nothing_overwritten),
		cmocka_unit_test(a_recording_is_copied_but_never_over_another),
		cmocka_unit_test(a_file_that_cannot_be_written_leaves_the_old_one),
		cmocka_unit_test(an_export_has_the_scope_and_no_folds),
	};

	return cmocka_run_group_tests(tests, made_app_setup, made_app_teardown);
}
