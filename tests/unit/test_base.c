// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/test.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/buf.h"
#include "base/cursor.h"
#include "base/io.h"
#include "base/msg.h"
#include "base/msg_queue.h"
#include "base/parallel.h"
#include "base/ranges.h"
#include "base/strtab.h"
#include "base/u64map.h"

/* Against a map of bytes, with random sizes. */
TEST(ranges_are_taken_and_given_back)
{
	enum { SIZE = 5000, FIRST = 3, TAKEN = 200 };
	static bool used[SIZE];
	struct { uint32_t start, n; } taken[TAKEN] = { 0 };
	uint64_t random = 42;
	struct ranges r;

	ranges_init(&r, FIRST, SIZE);
	for (int turn = 0; turn < 20000; turn++) {
		random = random * 6364136223846793005u + 1442695040888963407u;

		size_t i = random >> 33 & 127;

		if (taken[i].n) {
			memset(used + taken[i].start, false, taken[i].n);
			ranges_give(&r, taken[i].start, taken[i].n);
			taken[i].n = 0;
			continue;
		}
		taken[i].n = 1 + (random >> 50) % 90;
		taken[i].start = ranges_take(&r, taken[i].n);
		if (taken[i].start == RANGES_NONE) {
			taken[i].n = 0;
			continue;
		}
		assert_true(taken[i].start >= FIRST && taken[i].start + taken[i].n <= SIZE);
		for (uint32_t k = 0; k < taken[i].n; k++) {
			assert_false(used[taken[i].start + k]);
			used[taken[i].start + k] = true;
		}
	}
	for (size_t i = 0; i < TAKEN; i++)
		if (taken[i].n)
			ranges_give(&r, taken[i].start, taken[i].n);
	assert_int_equal(r.n_free, 1);	/* all in one piece again */
	assert_int_equal(ranges_take(&r, SIZE), RANGES_NONE);
	assert_int_equal(ranges_take(&r, SIZE - FIRST), FIRST);
	assert_int_equal(ranges_take(&r, 1), RANGES_NONE);
	ranges_deinit(&r);
}

TEST(error_prefix_keeps_code_and_text)
{
	struct error err;

	errno = EACCES;
	assert_int_equal(error_sys(&err, "cannot open %s", "x"), -1);
	error_prefix(&err, "session %d", 3);
	assert_int_equal(err.code, EACCES);
	assert_string_equal(err.msg, "session 3: cannot open x: Permission denied");
}

TEST(error_messages_are_cut_not_overrun)
{
	char long_text[1000];
	struct error err;

	memset(long_text, 'a', sizeof(long_text) - 1);
	long_text[sizeof(long_text) - 1] = '\0';
	error_set(&err, EINVAL, "%s", long_text);
	error_prefix(&err, "%s", long_text);
	assert_int_equal(strlen(err.msg), sizeof(err.msg) - 1);
}

TEST(what_buf_writes_cursor_reads)
{
	static const uint64_t values[] = { 0, 1, 127, 128, 300, UINT32_MAX, UINT64_MAX };
	static const int64_t signed_values[] = { 0, -1, 1, -64, 64, INT64_MIN, INT64_MAX };
	struct buf b = { 0 };
	size_t len;

	for (size_t i = 0; i < array_len(values); i++)
		buf_put_uleb(&b, values[i]);
	for (size_t i = 0; i < array_len(signed_values); i++)
		buf_put_zigzag(&b, signed_values[i]);
	buf_put_str(&b, "abc", 3);
	buf_put_u32(&b, 0x01020304);

	struct cursor c = cursor_make(b.data, b.len);
	for (size_t i = 0; i < array_len(values); i++)
		assert_true(cursor_uleb(&c) == values[i]);
	for (size_t i = 0; i < array_len(signed_values); i++)
		assert_true(cursor_zigzag(&c) == signed_values[i]);
	assert_memory_equal(cursor_str(&c, &len), "abc", 3);
	assert_int_equal(len, 3);
	assert_int_equal(cursor_u32(&c), 0x01020304);
	assert_false(c.bad);
	assert_int_equal(cursor_left(&c), 0);
	buf_deinit(&b);
}

TEST(cursor_past_the_end_is_bad_and_zero)
{
	static const uint8_t bytes[] = { 0x80, 0x80 };
	struct cursor c = cursor_make(bytes, 2);

	assert_int_equal(cursor_uleb(&c), 0);
	assert_true(c.bad);
	c = cursor_make(bytes, 2);
	assert_int_equal(cursor_u32(&c), 0);
	assert_true(c.bad);
	assert_int_equal(cursor_u8(&c), 0);
	c = cursor_make(bytes, 2);
	struct cursor sub = cursor_sub(&c, 3);
	assert_true(sub.bad);
	assert_true(c.bad);
}

TEST(sleb_is_read_as_dwarf_defines_it)
{
	static const struct {
		uint8_t bytes[3];
		int64_t value;
	} cases[] = {	/* DWARF 5, 7.6, figure 7.6 */
		{ { 2 }, 2 },
		{ { 0x7e }, -2 },
		{ { 0xff, 0 }, 127 },
		{ { 0x81, 0x7f }, -127 },
		{ { 0x80, 1 }, 128 },
		{ { 0x80, 0x7f }, -128 },
		{ { 0x81, 1 }, 129 },
		{ { 0xff, 0x7e }, -129 },
	};

	for (size_t i = 0; i < array_len(cases); i++) {
		struct cursor c = cursor_make(cases[i].bytes, 3);
		assert_true(cursor_sleb(&c) == cases[i].value);
	}
}

TEST(u64map_keeps_many_keys)
{
	struct u64map map = { 0 };

	assert_int_equal(u64map_find(&map, 5), U64MAP_NONE);
	for (uint32_t i = 0; i < 100000; i++)
		*u64map_slot(&map, (uint64_t)i << 33 | (i & 7)) = i;
	assert_int_equal(map.n, 100000);
	for (uint32_t i = 0; i < 100000; i++)
		assert_int_equal(u64map_find(&map, (uint64_t)i << 33 | (i & 7)), i);
	assert_int_equal(u64map_find(&map, 1), U64MAP_NONE);
	u64map_clear(&map);
	assert_int_equal(u64map_find(&map, 0), U64MAP_NONE);
	u64map_deinit(&map);
}

TEST(strtab_numbers_equal_strings_equally)
{
	struct strtab t = { 0 };

	assert_int_equal(strtab_add(&t, "", 0), 0);
	assert_int_equal(strtab_add(&t, "a", 1), 1);
	assert_int_equal(strtab_add(&t, "a\0b", 3), 2);
	assert_int_equal(strtab_add(&t, "a", 1), 1);
	assert_int_equal(strtab_len(&t, 2), 3);
	assert_memory_equal(strtab_get(&t, 2), "a\0b", 4);
	strtab_deinit(&t);
}

static int count_open_fds(void)
{
	int n = 0;

	for (int fd = 0; fd < 1024; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

TEST(msg_carries_bytes_and_descriptors)
{
	struct msg *m = xcalloc(1, sizeof(*m));
	int ends[2], fds[3] = { 0, 1, 2 };
	struct error err;
	int before = count_open_fds();

	assert_int_equal(msg_pair(ends, &err), 0);
	assert_int_equal(msg_send(ends[0], "hello", 5, fds, 3, &err), 0);
	assert_int_equal(msg_recv(ends[1], m, &err), 1);
	assert_int_equal(m->len, 5);
	assert_memory_equal(m->data, "hello", 5);
	assert_int_equal(m->n_fds, 3);
	int taken = msg_take_fd(m, 1);
	assert_true(taken > 2);
	assert_int_equal(msg_take_fd(m, 1), -1);
	assert_int_equal(msg_take_fd(m, 3), -1);
	close(taken);
	msg_close_fds(m);

	close(ends[0]);
	assert_int_equal(msg_recv(ends[1], m, &err), 0);
	assert_int_equal(msg_send(ends[1], "x", 1, NULL, 0, &err), -1);
	assert_int_equal(err.code, EPIPE);
	close(ends[1]);
	assert_int_equal(count_open_fds(), before);
	free(m);
}

TEST(msg_sent_before_the_end_arrives_although_ours_was_not_read)
{
	struct msg *m = xcalloc(1, sizeof(*m));
	struct error err;
	int ends[2];

	assert_int_equal(msg_pair(ends, &err), 0);
	assert_int_equal(msg_send(ends[0], "last", 4, NULL, 0, &err), 0);
	assert_int_equal(msg_send(ends[1], "unread", 6, NULL, 0, &err), 0);
	close(ends[0]);
	assert_int_equal(msg_recv(ends[1], m, &err), 1);
	assert_memory_equal(m->data, "last", 4);
	assert_int_equal(msg_recv(ends[1], m, &err), 0);
	close(ends[1]);
	free(m);
}

TEST(msg_queue_keeps_what_the_channel_has_no_room_for)
{
	_cleanup_(freep) struct msg *m = xmalloc(sizeof(*m));
	struct msg_queue q = { 0 };
	struct error err;
	uint32_t n = 0, seen = 0;
	int ends[2], pipe_fds[2], fd = STDOUT_FILENO;
	char c;

	assert_int_equal(msg_pair(ends, &err), 0);
	for (; n < 1000; n++)
		assert_int_equal(msg_queue_send(&q, ends[0], &n, sizeof(n), NULL, 0, &err), 0);
	assert_int_equal(pipe(pipe_fds), 0);
	assert_int_equal(msg_queue_send(&q, ends[0], &n, sizeof(n), pipe_fds, 1, &err), 0);
	close(pipe_fds[0]);		/* it waits as a duplicate */
	assert_true(msg_queue_waits(&q));
	for (; seen <= n; seen++) {
		assert_int_equal(msg_queue_flush(&q, ends[0], &err), 0);
		assert_int_equal(msg_recv(ends[1], m, &err), 1);
		assert_memory_equal(m->data, &seen, sizeof(seen));
	}
	assert_false(msg_queue_waits(&q));
	assert_int_equal(m->n_fds, 1);
	assert_int_equal(write(pipe_fds[1], "x", 1), 1);
	assert_int_equal(read(m->fds[0], &c, 1), 1);
	msg_close_fds(m);
	close(pipe_fds[1]);

	while (!msg_queue_waits(&q))
		assert_int_equal(msg_queue_send(&q, ends[0], "x", 1, &fd, 1, &err), 0);
	close(ends[1]);
	assert_int_equal(msg_queue_flush(&q, ends[0], &err), -1);
	assert_int_equal(err.code, EPIPE);
	msg_queue_deinit(&q);
	close(ends[0]);
}

TEST(io_load_reads_the_whole_file_from_its_start)
{
	struct buf b = { 0 };
	struct error err;
	int fd = io_memfd("text", "hello", 5, &err), ends[2];

	lseek(fd, 3, SEEK_SET);
	assert_int_equal(io_load(fd, 5, &b, &err), 0);
	assert_int_equal(b.len, 5);
	assert_memory_equal(b.data, "hello", 5);
	assert_int_equal(io_load(fd, 4, &b, &err), -1);
	assert_int_equal(err.code, EFBIG);
	assert_int_equal(b.len, 5);
	assert_int_equal(ftruncate(fd, 0), 0);
	assert_int_equal(io_load(fd, 4, &b, &err), 0);
	assert_int_equal(b.len, 5);
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(io_load(ends[0], 4, &b, &err), 0);	/* of no size, and not waited for */
	assert_int_equal(b.len, 5);
	close(ends[0]);
	close(ends[1]);
	close(fd);
	buf_deinit(&b);
}

static void count_part(void *ctx, uint32_t i)
{
	((uint32_t *)ctx)[i]++;
}

TEST(each_part_is_done_once)
{
	for (uint32_t n = 1; n <= PARALLEL_MOST; n++) {
		uint32_t done[PARALLEL_MOST] = { 0 };

		parallel_run(n, count_part, done);
		for (uint32_t i = 0; i < PARALLEL_MOST; i++)
			assert_int_equal(done[i], i < n);
	}
	assert_int_equal(parallel_parts(0, 10), 1);
	assert_int_equal(parallel_parts(19, 10), 1);
	assert_in_range(parallel_parts(1000, 10), 1, PARALLEL_MOST);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(error_prefix_keeps_code_and_text),
		cmocka_unit_test(error_messages_are_cut_not_overrun),
		cmocka_unit_test(what_buf_writes_cursor_reads),
		cmocka_unit_test(cursor_past_the_end_is_bad_and_zero),
		cmocka_unit_test(sleb_is_read_as_dwarf_defines_it),
		cmocka_unit_test(u64map_keeps_many_keys),
		cmocka_unit_test(ranges_are_taken_and_given_back),
		cmocka_unit_test(strtab_numbers_equal_strings_equally),
		cmocka_unit_test(msg_carries_bytes_and_descriptors),
		cmocka_unit_test(msg_sent_before_the_end_arrives_although_ours_was_not_read),
		cmocka_unit_test(msg_queue_keeps_what_the_channel_has_no_room_for),
		cmocka_unit_test(io_load_reads_the_whole_file_from_its_start),
		cmocka_unit_test(each_part_is_done_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
