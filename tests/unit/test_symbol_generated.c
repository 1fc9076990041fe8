// SPDX-License-Identifier: Apache-2.0
/* Names of code that a program generates, from perf maps and jitdumps. */
#include "tests/unit/symbol_frames.h"

#include <inttypes.h>
#include <sys/mman.h>

#include "base/io.h"

/* What a perf map or a jitdump, or both, say of an address: "" if nothing. */
static char *generated_name(const struct buf *map, const struct buf *dump, uint64_t vaddr)
{
	struct error err;
	_cleanup_(closep) int map_fd = map ? io_memfd("map", map->data, map->len, &err) : -1;
	_cleanup_(closep) int dump_fd = dump ? io_memfd("dump", dump->data, dump->len, &err) : -1;
	struct module m = { .files = { map_fd, dump_fd, -1, MODULE_ANON } };
	_cleanup_(frames_deinit) struct frames ours = { 0 };

	assert_int_equal(symbolizer_open(&m.files, &m.s, &err), 0);
	resolve(&m, &vaddr, 1, true, &ours);
	assert_string_equal(symbolizer_note(m.s), "");
	symbolizer_close(m.s);
	assert_true(ours.n <= 1);
	if (ours.n) {
		assert_int_equal(ours.frame[0].source, SYMBOL_GENERATED);
		assert_int_equal(ours.frame[0].vaddr, 0);
	}
	return xstrdup(ours.n ? ours.frame[0].name : "");
}

struct name_at { uint64_t vaddr; const char *name; };

static void assert_generated(const struct buf *map, const struct buf *dump,
			     const struct name_at *cases, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		_cleanup_(freep) char *name = generated_name(map, dump, cases[i].vaddr);

		if (strcmp(name, cases[i].name) != 0)
			fail_msg("%#" PRIx64 " is \"%s\", not \"%s\"", cases[i].vaddr, name,
				 cases[i].name);
	}
}

/* ---- perf maps ---- */

TEST(generated_functions_come_from_the_perf_map)
{
	static const char text[] =
		"1000 100 first\n"
		"2000 10 JS:*inner /srv/a b.js:1:15\n"
		"00007FBB89fc5b80 2C4 high\n"
		"0x00007fcead000080 0x00000000000000a0 long J.inner(int)\n"	/* OpenJDK */
		/* said later: all, the beginning, the middle, the end of what was there */
		"3000 100 old\n" "3000 100 new\n"
		"4000 100 whole\n" "3f80 a0 over the beginning\n" "4040 20 inside\n"
		"40f0 20 over the end\n"
		"5000 10 a\n" "5010 10 b\n" "5000 20 both\n" "5018 1 c\n"
		/* malformed, each by itself */
		"6000 0 empty\n" "6000 -10 negative\n" "-6000 10 negative\n" "6000 10\n"
		"6000 10 \n" "6000\n" "\n" " 6000 10 blank\n" "0x 10 prefix\n" "0x0x6000 10 prefix\n"
		"6000  10 two blanks\n" "6000\t10\ttabs\n" "zz 10 x\n"
		"ffffffffffffff00 101 beyond the last address\n"
		"10000000000006000 10 more than 64 bits\n" "6000 1ffffffffffffffff x\n"
		/* the last of all addresses cannot be had: its end would be 0 */
		"fffffffffffffff0 f top\n"
		"7000 10 \x1b[31mred\x7f\r\n"
		"7100 10 cut\0here\n"
		"8000 10 the last line has no e";
	static const struct name_at cases[] = {
		{ 0xfff, "" }, { 0x1000, "first" }, { 0x10ff, "first" }, { 0x1100, "" },
		{ 0x200f, "JS:*inner /srv/a b.js:1:15" }, { 0x2010, "" },
		{ 0x7fcead00011f, "long J.inner(int)" }, { 0x7fcead000120, "" },
		{ 0x7fbb89fc5b80, "high" }, { 0x7fbb89fc5e43, "high" }, { 0x7fbb89fc5e44, "" },
		{ 0x3000, "new" }, { 0x30ff, "new" },
		{ 0x3f80, "over the beginning" }, { 0x401f, "over the beginning" },
		{ 0x4020, "whole" }, { 0x403f, "whole" }, { 0x4040, "inside" },
		{ 0x4060, "whole" }, { 0x40ef, "whole" }, { 0x40f0, "over the end" },
		{ 0x410f, "over the end" }, { 0x4110, "" },
		{ 0x5000, "both" }, { 0x5017, "both" }, { 0x5018, "c" }, { 0x5019, "both" },
		{ 0x5020, "" }, { 0x6000, "" }, { 0x600f, "" }, { 0xffffffffffffff80, "" },
		{ 0xf, "" }, { 0xfffffffffffffffe, "top" }, { UINT64_MAX, "" },
		{ 0x7000, "\x1b[31mred\x7f\r" }, { 0x7100, "cut" },
		{ 0x8000, "" }, { 0, "" },
	};
	struct buf map = { (uint8_t *)text, sizeof(text) - 1, 0 };

	assert_generated(&map, NULL, cases, array_len(cases));
}

TEST(of_files_without_anything_nothing_is_said)
{
	static const struct name_at nothing[] = { { 0x1000, "" } };
	struct buf empty = { 0 }, lines = { (uint8_t *)"\n\n\n", 3, 0 };

	assert_generated(NULL, NULL, nothing, 1);
	assert_generated(&empty, &empty, nothing, 1);
	assert_generated(&lines, &lines, nothing, 1);
}

TEST(a_function_compiled_again_stays_one_function)
{
	static const char text[] = "1000 10 f\n2000 10 f\n";
	struct error err;
	_cleanup_(closep) int fd = io_memfd("map", text, sizeof(text) - 1, &err);
	struct module m = { .files = { fd, -1, -1, MODULE_ANON } };
	_cleanup_(frames_deinit) struct frames ours = { 0 };
	const uint64_t vaddrs[] = { 0x1000, 0x2000 };

	assert_int_equal(symbolizer_open(&m.files, &m.s, &err), 0);
	resolve(&m, vaddrs, 2, true, &ours);
	symbolizer_close(m.s);
	assert_int_equal(ours.n, 2);
	for (size_t i = 0; i < 2; i++) {
		assert_string_equal(ours.frame[i].name, "f");
		assert_int_equal(ours.frame[i].vaddr, 0);
	}
}

TEST(a_long_generated_name_is_cut)
{
	struct buf map = { 0 };

	buf_put(&map, "1000 10 ", 8);
	memset(buf_add(&map, 1 << 20), 'x', 1 << 20);
	buf_put(&map, "\n2000 10 next\n", 14);
	_cleanup_(freep) char *name = generated_name(&map, NULL, 0x1000);
	_cleanup_(freep) char *next = generated_name(&map, NULL, 0x2000);
	assert_int_equal(strlen(name), 4096);
	assert_string_equal(next, "next");
	buf_deinit(&map);
}

TEST(a_perf_map_that_is_too_large_is_not_read)
{
	_cleanup_(closep) int fd = memfd_create("map", MFD_CLOEXEC);
	struct module m = { .files = { fd, -1, -1, MODULE_ANON } };
	_cleanup_(frames_deinit) struct frames ours = { 0 };
	uint64_t vaddr = 0x1000;
	struct error err;

	assert_int_equal(write(fd, "1000 10 f\n", 10), 10);
	assert_int_equal(ftruncate(fd, (256 << 20) + 1), 0);
	assert_int_equal(symbolizer_open(&m.files, &m.s, &err), 0);
	resolve(&m, &vaddr, 1, true, &ours);
	assert_int_equal(ours.n, 0);
	assert_string_equal(symbolizer_note(m.s),
			    "its perf map: 268435457 bytes, limit 268435456");
	assert_true(symbolizer_flags(m.s) & MODULE_UNREADABLE);
	symbolizer_close(m.s);
}

/* ---- a jitdump, as jitdump-specification.txt has it ---- */

static void put_dump_header(struct buf *b, uint32_t magic, uint32_t bytes)
{
	const uint32_t head[] = { magic, 1, bytes, 62, 0, 1234 };

	buf_put(b, head, sizeof(head));
	buf_put_u64(b, 5);	/* time */
	buf_put_u64(b, 0);	/* flags */
	for (uint32_t i = 40; i < bytes; i++)
		buf_put_u8(b, 0);
}

static void put_dump_record(struct buf *b, uint32_t kind, const void *body, size_t len)
{
	buf_put_u32(b, kind);
	buf_put_u32(b, (uint32_t)(16 + len));
	buf_put_u64(b, 6);	/* time */
	buf_put(b, body, len);
}

static void put_load(struct buf *b, uint64_t start, uint64_t size, const char *name)
{
	struct buf body = { 0 };

	buf_put_u32(&body, 1234);
	buf_put_u32(&body, 1235);
	buf_put_u64(&body, start);
	buf_put_u64(&body, start);
	buf_put_u64(&body, size);
	buf_put_u64(&body, 1);
	buf_put(&body, name, strlen(name) + 1);
	buf_put(&body, "\xc3\xc3\xc3", 3);
	put_dump_record(b, 0, body.data, body.len);
	buf_deinit(&body);
}

static void put_move(struct buf *b, uint64_t from, uint64_t to, uint64_t size)
{
	const uint64_t body[] = { 1234, to, from, to, size, 1 };

	put_dump_record(b, 1, body, sizeof(body));
}

TEST(generated_functions_come_from_the_jitdump)
{
	static const struct name_at cases[] = {
		{ 0x1000, "first" }, { 0x103f, "first" }, { 0x1040, "" }, { 0x2000, "again" },
		{ 0x3000, "mover" }, { 0x30ff, "mover" }, { 0x4000, "mover" }, { 0x5000, "" },
		{ 0x6000, "" }, { 0x7000, "last" }, { 0x9000, "" },
	};
	static const uint64_t no_end[] = { 1234, 0x9000, 0x9000, 0x10, 1, 0x6d6d6d6d6d6d6d6d };
	struct buf b = { 0 };

	put_dump_header(&b, 0x4a695444, 48);
	put_load(&b, 0x1000, 0x40, "first");
	put_load(&b, 0x2000, 0x40, "old");
	put_dump_record(&b, 2, "lines", 5);
	put_load(&b, 0x2000, 0x40, "again");
	put_load(&b, 0x3000, 0x100, "mover");
	put_move(&b, 0x3000, 0x4000, 0x100);
	put_move(&b, 0x9000, 0x5000, 0x100);	/* of what is not known */
	put_load(&b, 0x6000, 0x10, "");
	put_dump_record(&b, 0, "short", 5);
	put_dump_record(&b, 0, no_end, sizeof(no_end));
	put_dump_record(&b, 4, "", 0);
	put_dump_record(&b, 77, "of a later version", 18);
	put_load(&b, 0x7000, 0x10, "last");
	assert_generated(NULL, &b, cases, array_len(cases));

	/* cut anywhere: what is whole before that */
	for (size_t len = 0; len < b.len; len++) {
		struct buf cut = { b.data, len, 0 };
		_cleanup_(freep) char *last = generated_name(NULL, &cut, 0x7000);
		_cleanup_(freep) char *first = generated_name(NULL, &cut, 0x1000);
		bool whole = len >= 48 + 16 + 40 + sizeof("first") + 3;

		assert_string_equal(last, "");
		assert_string_equal(first, whole ? "first" : "");
	}
	/* the jitdump knows better than the map */
	static const char text[] = "1000 40 in the map\n8000 10 only there\n";
	static const struct name_at both[] = { { 0x1000, "first" }, { 0x8000, "only there" } };
	struct buf map = { (uint8_t *)text, sizeof(text) - 1, 0 };
	assert_generated(&map, &b, both, array_len(both));
	buf_deinit(&b);
}

TEST(a_jitdump_of_another_form_says_nothing)
{
	static const struct { uint32_t magic, bytes; } cases[] = {
		{ 0x4454694a, 40 },	/* of another byte order */
		{ 0x4a695444, 39 }, { 0x4a695444, 0 }, { 0, 40 },
	};
	static const struct name_at nothing[] = { { 0x1000, "" } };

	for (size_t i = 0; i < array_len(cases); i++) {
		struct buf b = { 0 };

		put_dump_header(&b, cases[i].magic, cases[i].bytes);
		put_load(&b, 0x1000, 0x40, "first");
		assert_generated(NULL, &b, nothing, 1);
		buf_deinit(&b);
	}
	struct buf b = { 0 };
	put_dump_header(&b, 0x4a695444, 40);
	buf_put_u32(&b, 0);
	buf_put_u32(&b, 0);	/* a record of no bytes: no way on */
	put_load(&b, 0x1000, 0x40, "first");
	assert_generated(NULL, &b, nothing, 1);
	buf_deinit(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(generated_functions_come_from_the_perf_map),
		cmocka_unit_test(of_files_without_anything_nothing_is_said),
		cmocka_unit_test(a_function_compiled_again_stays_one_function),
		cmocka_unit_test(a_long_generated_name_is_cut),
		cmocka_unit_test(a_perf_map_that_is_too_large_is_not_read),
		cmocka_unit_test(generated_functions_come_from_the_jitdump),
		cmocka_unit_test(a_jitdump_of_another_form_says_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
