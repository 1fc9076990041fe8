// SPDX-License-Identifier: Apache-2.0
/* Counts of calls that a program's Python left: as count/cprofd_count.py writes them. */
#include "tests/unit/test.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/util.h"
#include "import/import.h"
#include "profile/profile.h"
#include "profile/profile_load.h"

#define MONITORING_3_12 0x030c02ull

static void put_head(struct buf *b, uint64_t version, uint64_t used)
{
	const uint64_t words[] = { version, used, 10, 2000000, 3000000, 1, 0 };

	buf_put(b, IMPORT_COUNTS_MAGIC, 8);
	buf_put(b, words, sizeof(words));
}

static void put_function(struct buf *b, uint64_t calls, uint32_t line, const char *file,
			 const char *name)
{
	const uint64_t words[] = { calls, line | (uint64_t)strlen(file) << 32 |
				   (uint64_t)strlen(name) << 48 };

	buf_put(b, words, sizeof(words));
	buf_put(b, file, strlen(file));
	buf_put(b, name, strlen(name));
	while (b->len % 8)
		buf_put_u8(b, 0);
}

/* "fib" and two records of "g", of 20 calls and 4 words that are not used yet. */
static struct buf example(uint64_t version)
{
	struct buf b = { 0 };

	put_head(&b, version, 0);
	put_function(&b, 17, 3, "/home/ann/fib.py", "fib");
	put_function(&b, 1, 9, "fib.py", "h\xc3\xa9.<locals>.g");
	put_function(&b, 2, 9, "fib.py", "h\xc3\xa9.<locals>.g");
	memcpy(b.data + 16, &(uint64_t){ b.len }, 8);
	buf_put(&b, (uint64_t[4]){ 5 }, 32);
	return b;
}

static int convert(const struct buf *b, int fd, struct error *err)
{
	return import_counts(b->data, b->len, fd, err);
}

TEST(counts_become_a_recording)
{
	_cleanup_(closep) int fd = memfd_create("counts", MFD_CLOEXEC);
	struct buf b = example(MONITORING_3_12);
	const struct profile_count *count;
	struct profile_load *load;
	const struct profile *p;
	struct error err;

	assert_true(import_is_counts(b.data, b.len));
	assert_false(import_is_counts(b.data, 63));
	assert_int_equal(convert(&b, fd, &err), 0);
	assert_int_equal(profile_load_open(fd, &load, &err), 0);
	assert_int_equal(profile_load_more(load, &err), 1);
	p = profile_load_profile(load);
	assert_int_equal(p->calls.n, 2);
	count = profile_count_of(p, p->calls.functions[0]);
	assert_int_equal(count->calls, 17);
	assert_int_equal(count->how, COUNTED_BY_MONITORING);
	assert_string_equal(profile_string(p, p->functions[p->calls.functions[1]].name),
			    "h\xc3\xa9.<locals>.g");
	assert_int_equal(p->functions[p->calls.functions[1]].line, 9);
	assert_int_equal(profile_meta_number(p, "python", 0), 0x030c);
	/* (20 + 1) * 2 us and 10 * 3 us */
	assert_int_equal(profile_meta_number(p, "counting_ns", 0), 72000);
	assert_int_equal(profile_meta_number(p, "replaced", 9), 0);
	assert_int_equal(profile_meta_number(p, "no_room", 0), 1);
	profile_load_close(load);
	buf_deinit(&b);
}

TEST(what_cannot_be_is_refused)
{
	static const struct {
		size_t at;
		uint64_t value;
		const char *why;
	} cases[] = {
		{ 16, 0, "its size" }, { 16, 63, "its size" }, { 16, 1 << 20, "its size" },
		{ 16, 65, "its size" }, { 16, 72, "a function is cut short" },
		{ 16, 80, "a name is cut short" },
		{ 8, 0x030c01, "of which Python" }, { 8, 0x030c04, "of which Python" },
		{ 8, 1ull << 24 | 0x0c02, "of which Python" },
		{ 64, 1ull << 50, "more calls" }, { 64, UINT64_MAX, "more calls" },
		{ 24, UINT64_MAX, "more calls" }, { 48, UINT64_MAX, "more calls" },
	};

	for (size_t i = 0; i < array_len(cases); i++) {
		_cleanup_(closep) int fd = memfd_create("counts", MFD_CLOEXEC);
		struct buf b = example(MONITORING_3_12);
		struct error err;

		memcpy(b.data + cases[i].at, &cases[i].value, 8);
		assert_int_equal(convert(&b, fd, &err), -1);
		assert_int_equal(err.code, EBADMSG);
		assert_non_null(strstr(err.msg, cases[i].why));
		buf_deinit(&b);
	}
}

TEST(a_file_that_is_cut_is_refused)
{
	struct buf b = example(MONITORING_3_12 | 128);
	size_t used = b.len - 32;
	struct error err;

	for (size_t len = 64; len <= b.len; len++) {
		_cleanup_(closep) int fd = memfd_create("counts", MFD_CLOEXEC);

		assert_int_equal(import_counts(b.data, len, fd, &err), len < used ? -1 : 0);
	}
	buf_deinit(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_become_a_recording),
		cmocka_unit_test(what_cannot_be_is_refused),
		cmocka_unit_test(a_file_that_is_cut_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
