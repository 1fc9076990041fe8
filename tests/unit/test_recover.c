// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/test.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/io.h"
#include "profile/profile_load.h"
#include "profile/summary.h"
#include "record/recover.h"
#include "tests/unit/fixture.h"

static const struct fixture_options plain = { .n_samples = 3000 };
static const struct fixture_options unfinished = { .n_samples = 3000, .unfinished = true };

static struct buf bytes_of(int fd)
{
	struct buf all = { 0 };
	struct error err;

	lseek(fd, 0, SEEK_SET);
	assert_int_equal(io_read_all(fd, 1 << 24, &all, &err), 0);
	return all;
}

static int file_of(const void *data, size_t len)
{
	struct error err;
	int fd = io_memfd("damaged", data, len, &err);

	assert_true(fd >= 0);
	return fd;
}

/* Recover into a new memory file. */
static int recover(int fd, const struct recover_state *s)
{
	char *data = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&data, &len);
	struct error err;
	int to;

	assert_int_equal(recover_write(fd, s, out, &err), 0);
	fclose(out);
	to = file_of(data, len);
	free(data);
	return to;
}

/* A whole recording: it is read to its end, which says how many samples there are. */
static uint64_t samples_in(int fd)
{
	struct profile_load *load;
	struct error err;
	uint64_t n;

	assert_int_equal(profile_load_open(fd, &load, &err), 0);
	assert_true(profile_load_more(load, &err) >= 0);
	const struct profile *p = profile_load_profile(load);
	assert_true(p->ended);
	assert_int_equal(p->end.n_samples, p->samples.n);
	n = p->samples.n;
	profile_load_close(load);
	return n;
}

TEST(a_whole_recording_needs_no_recovery)
{
	_cleanup_(closep) int fd = fixture_fd(&plain);
	struct recover_state s;
	struct error err;

	assert_int_equal(recover_look(fd, &s, &err), 0);
	assert_true(recover_is_whole(&s));
	assert_int_equal(s.n_samples, 3000);
	assert_int_equal(s.n_lost, 3000 / 80);
	assert_string_equal(s.damage, "");
}

TEST(an_unfinished_recording_gets_its_end)
{
	_cleanup_(closep) int fd = fixture_fd(&unfinished);
	struct recover_state s;
	struct error err;

	assert_int_equal(recover_look(fd, &s, &err), 0);
	assert_false(recover_is_whole(&s));
	assert_int_equal(s.valid_bytes, s.file_bytes);
	_cleanup_(closep) int to = recover(fd, &s);
	assert_int_equal(samples_in(to), 3000);
	assert_int_equal(recover_look(to, &s, &err), 0);
	assert_true(recover_is_whole(&s));
}

TEST(every_torn_recording_becomes_a_whole_one_with_all_that_was_readable)
{
	_cleanup_(closep) int fd = fixture_fd(&plain);
	struct buf all = bytes_of(fd);
	uint64_t last = 0;

	for (size_t len = 64; len <= all.len; len += len + 300 > all.len ? 1 : 53) {
		_cleanup_(closep) int cut = file_of(all.data, len);
		struct recover_state s;
		struct error err;

		assert_int_equal(recover_look(cut, &s, &err), 0);
		assert_int_equal(s.torn, s.valid_bytes < len);
		_cleanup_(closep) int to = recover(cut, &s);
		struct buf got = bytes_of(to);

		assert_memory_equal(got.data, all.data, s.valid_bytes);
		buf_deinit(&got);
		assert_true(samples_in(to) >= last);
		last = samples_in(to);
	}
	assert_int_equal(last, 3000);
	buf_deinit(&all);
}

TEST(damage_in_the_middle_keeps_what_is_before_it)
{
	_cleanup_(closep) int fd = fixture_fd(&plain);
	struct buf all = bytes_of(fd);

	for (size_t at = 64; at < all.len; at += 211) {
		struct recover_state s;
		struct error err;

		all.data[at] ^= 0x40;
		_cleanup_(closep) int damaged = file_of(all.data, all.len);
		all.data[at] ^= 0x40;
		assert_int_equal(recover_look(damaged, &s, &err), 0);
		assert_false(recover_is_whole(&s));
		assert_true(s.valid_bytes <= at);
		assert_string_not_equal(s.damage, "");
		_cleanup_(closep) int to = recover(damaged, &s);
		assert_true(samples_in(to) <= 3000);
	}
	buf_deinit(&all);
}

TEST(a_torn_end_can_be_cut_off_in_place)
{
	_cleanup_(closep) int fd = fixture_fd(&plain);
	struct recover_state s;
	struct stat st;
	struct error err;

	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(ftruncate(fd, st.st_size - 10), 0);
	assert_int_equal(recover_look(fd, &s, &err), 0);
	assert_true(s.torn);
	assert_int_equal(recover_in_place(fd, &s, &err), 0);
	assert_int_equal(samples_in(fd), s.n_samples);
}

TEST(in_place_never_cuts_off_more_than_a_torn_end)
{
	_cleanup_(closep) int fd = fixture_fd(&plain);
	struct recover_state s;
	struct stat before, after;
	struct error err;
	const char bad = 'x';

	assert_int_equal(pwrite(fd, &bad, 1, 300), 1);
	assert_int_equal(fstat(fd, &before), 0);
	assert_int_equal(recover_look(fd, &s, &err), 0);
	assert_false(s.torn);
	assert_int_equal(recover_in_place(fd, &s, &err), -1);
	assert_int_equal(err.code, EBUSY);
	assert_int_equal(fstat(fd, &after), 0);
	assert_int_equal(before.st_size, after.st_size);
}

TEST(what_is_no_recording_is_not_recovered)
{
	_cleanup_(closep) int empty = file_of("", 0), other = file_of("hello, world", 12);
	struct recover_state s;
	struct error err;

	assert_int_equal(recover_look(empty, &s, &err), -1);
	assert_int_equal(err.code, ENODATA);
	assert_int_equal(recover_look(other, &s, &err), -1);
	assert_int_equal(err.code, EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_whole_recording_needs_no_recovery),
		cmocka_unit_test(an_unfinished_recording_gets_its_end),
		cmocka_unit_test(every_torn_recording_becomes_a_whole_one_with_all_that_was_readable),
		cmocka_unit_test(damage_in_the_middle_keeps_what_is_before_it),
		cmocka_unit_test(a_torn_end_can_be_cut_off_in_place),
		cmocka_unit_test(in_place_never_cuts_off_more_than_a_torn_end),
		cmocka_unit_test(what_is_no_recording_is_not_recovered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
