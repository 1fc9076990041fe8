// SPDX-License-Identifier: Apache-2.0
/* The cache folder: what is put is found, and what nobody uses goes. */
#include "tests/unit/test.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/io.h"
#include "opener/opener_internal.h"

static char folder[] = "/tmp/cprofd-test-cache.XXXXXX";
static int dir;

static int setup(void **state)
{
	(void)state;
	strcpy(folder + strlen(folder) - 6, "XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return dir < 0 ? -1 : 0;
}

static int teardown(void **state)
{
	DIR *d = fdopendir(dir);
	struct dirent *entry;

	(void)state;
	while (d && (entry = readdir(d)))
		unlinkat(dir, entry->d_name, 0);
	rmdir(folder);
	return d ? closedir(d) : -1;
}

/* A file of `bytes` that was last used `age_s` seconds ago. */
static void make(const char *name, size_t bytes, int age_s)
{
	struct timespec t[2] = { 0 };
	_cleanup_(closep) int fd = openat(dir, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, (off_t)bytes), 0);
	t[0].tv_nsec = UTIME_OMIT;
	t[1].tv_sec = time(NULL) - age_s;
	assert_int_equal(futimens(fd, t), 0);
}

static bool is_there(const char *name)
{
	return faccessat(dir, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* Which of the files "0" to "9" are there, as text. */
static const char *left(void)
{
	static char text[11];
	size_t n = 0;

	for (char name[2] = "0"; name[0] <= '9'; name[0]++)
		if (is_there(name))
			text[n++] = name[0];
	text[n] = '\0';
	return text;
}

TEST(the_files_not_used_for_longest_are_removed)
{
	static const struct {
		uint64_t max_bytes;
		size_t max_files;
		const char *left;
	} cases[] = {	/* of ten files of 100 bytes, "0" used first */
		{ 1000, 10, "0123456789" },	/* at the limit is not above it */
		{ 999, 10, "3456789" },
		{ 1000, 9, "3456789" },		/* a quarter of 9 is 2 */
		{ 1000, 8, "456789" },
		{ 400, 100, "789" },
		{ 100000, 4, "789" },
		{ 0, 0, "" },
	};

	for (size_t i = 0; i < array_len(cases); i++) {
		/* Made in another order than they were used in. */
		for (int k = 0; k < 10; k++) {
			char name[2] = { (char)('0' + k * 7 % 10), '\0' };

			make(name, 100, 1000 - 10 * (name[0] - '0'));
		}
		cache_trim(dir, cases[i].max_bytes, cases[i].max_files);
		assert_string_equal(left(), cases[i].left);
	}
}

TEST(a_large_old_file_is_enough)
{
	make("0", 10000, 500);
	for (char name[2] = "1"; name[0] <= '9'; name[0]++)
		make(name, 100, 100);
	cache_trim(dir, 2000, 100);
	assert_string_equal(left(), "123456789");
}

TEST(what_is_no_file_stays_and_does_not_count)
{
	make("0", 100, 100);
	assert_int_equal(mkdirat(dir, "folder", 0700), 0);
	assert_int_equal(symlinkat("0", dir, "link"), 0);
	cache_trim(dir, 100, 1);
	assert_true(is_there("0") && is_there("folder") && is_there("link"));
	make("1", 1, 50);
	cache_trim(dir, 100, 100);
	assert_string_equal(left(), "1");
	assert_true(is_there("folder") && is_there("link"));
	assert_int_equal(unlinkat(dir, "folder", AT_REMOVEDIR), 0);
}

/* ---- as the session asks ---- */

struct world {
	struct opener o;
	int session;		/* its end of the channel */
};

static void world_init(struct world *w)
{
	struct error err;
	int ends[2];

	assert_int_equal(msg_pair(ends, &err), 0);
	*w = (struct world){ .o = { .session = ends[0], .cache_dir = dir }, .session = ends[1] };
}

static void world_deinit(struct world *w)
{
	close(w->o.session);
	close(w->session);
}

static void put(struct world *w, const struct s_cache *ask, const char *text)
{
	struct error err;
	_cleanup_(closep) int fd = io_memfd("contents", text, strlen(text), &err);

	cache_put(&w->o, ask, fd);
}

/* What the cache answers: a descriptor or -1. */
static int get(struct world *w, const struct s_cache *ask)
{
	_cleanup_(freep) struct msg *m = xmalloc(sizeof(*m));
	struct error err;

	cache_get(&w->o, ask);
	assert_int_equal(msg_recv(w->session, m, &err), 1);
	assert_int_equal(((struct o_file *)m->data)->request, ask->request);
	return msg_take_fd(m, 0);
}

TEST(a_file_that_was_used_outlives_a_newer_one)
{
	static const char used[] = "01000000000000000000000000000000";
	const struct s_cache ask = { .type = S_CACHE_GET, .request = 7, .key = { 1 } };
	const struct s_cache other = { .type = S_CACHE_GET, .request = 8, .key = { 2 } };
	struct world w;
	char text[16];

	world_init(&w);
	put(&w, &ask, "contents");
	assert_true(is_there(used));
	make(used, strlen("contents"), 1000);
	make("0", 8, 100);

	_cleanup_(closep) int fd = get(&w, &ask);
	assert_int_equal(io_pread_full(fd, text, sizeof(text), 0), 8);
	assert_memory_equal(text, "contents", 8);
	assert_int_equal(get(&w, &other), -1);

	cache_trim(dir, 15, 100);
	assert_true(is_there(used) && !is_there("0"));
	world_deinit(&w);
}

TEST(a_folder_with_too_much_is_trimmed_once_in_a_run)
{
	const struct s_cache first = { .type = S_CACHE_PUT, .key = { 1 } };
	const struct s_cache second = { .type = S_CACHE_PUT, .key = { 2 } };
	struct world w;

	/* Of no real size: they have holes. */
	make("0", 200 << 20, 200);
	make("1", 100 << 20, 100);
	world_init(&w);
	put(&w, &first, "a");
	assert_string_equal(left(), "1");
	make("0", 200 << 20, 200);
	put(&w, &second, "b");
	assert_string_equal(left(), "01");
	world_deinit(&w);

	world_init(&w);
	put(&w, &second, "b");
	assert_string_equal(left(), "1");
	assert_true(is_there("01000000000000000000000000000000"));
	assert_true(is_there("02000000000000000000000000000000"));
	world_deinit(&w);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(the_files_not_used_for_longest_are_removed),
		CASE(a_large_old_file_is_enough),
		CASE(what_is_no_file_stays_and_does_not_count),
		CASE(a_file_that_was_used_outlives_a_newer_one),
		CASE(a_folder_with_too_much_is_trimmed_once_in_a_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
