// SPDX-License-Identifier: Apache-2.0
/*
 * Code objects, strings and line tables of Python: by hand, and damaged ones.  The lines
 * and objects of real interpreters are for integration/python_lines.sh.
 */
#include "tests/unit/test.h"

#include <string.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "python/code_object.h"
#include "python/line_table.h"

/* ---- line tables ---- */

#define TABLE(...) (const uint8_t[]){ __VA_ARGS__ }, sizeof((const uint8_t[]){ __VA_ARGS__ })
#define MANY 12

TEST(the_line_of_every_instruction)
{
	const struct {
		uint16_t version;
		const uint8_t *table;
		size_t len;
		int32_t lines[MANY];	/* of the first twelve code units; the first line is 10 */
	} cases[] = {
		/* no table, no difference */
		{ 0x0306, NULL, 0, { 10, 10, 10 } },
		{ 0x030a, NULL, 0, { 10, 10, 10 } },
		{ 0x030b, NULL, 0, { 10, 10, 10 } },
		/* forward, back, two steps at one place, a long range in two */
		{ 0x0308, TABLE(0, 1, 4, 2, 2, 0xfd, 4, 1), { 11, 11, 13, 10, 10, 11, 11 } },
		{ 0x0306, TABLE(2, 127, 0, 127, 0, 1, 2, 0x80), { 10, 265, 137, 137 } },
		{ 0x0309, TABLE(255, 0, 1, 5), { 10, 10, 10, 10 } },
		/* each range has its own; -128 has none and steps nowhere */
		{ 0x030a, TABLE(4, 1, 2, 0xfe, 4, 0), { 11, 11, 9, 9, 9 } },
		{ 0x030a, TABLE(2, 1, 2, 0x80, 2, 3), { 11, 11, 14 } },
		{ 0x030a, TABLE(2, 0x80, 2, 0x80, 2, 3), { 10, 10, 13 } },
		/* what is of no instruction counts only as a step */
		{ 0x030a, TABLE(2, 1, 0, 100, 2, 0x80, 2, 1), { 11, 11, 112 } },
		{ 0x030a, TABLE(0, 0x80, 254, 1), { 11, 11, 11 } },
		/* 3.11: kinds 14 and 13 with a varint, 12 to 10, 9 to 0, 15 */
		{ 0x030b, TABLE(0xe9, 2, 0, 0, 0, 0xe8, 3, 1, 1, 1), { 11, 11, 10 } },
		{ 0x030c, TABLE(0xe8, 0x48, 0x01, 0, 0, 0), { 46 } },
		{ 0x030d, TABLE(0xe8, 0x41, 0x02, 0, 0, 0, 0xe8, 0), { -54 } },
		{ 0x030b, TABLE(0xd0, 1, 2, 0xd8, 1, 2, 0xe0, 1, 2, 0x80, 3), { 10, 11, 13, 13 } },
		{ 0x030b, TABLE(0xd8, 1, 2, 0xf8, 0xf9, 0xc8, 0, 0xd8, 0, 0),
		  { 11, 11, 11, 11, 11, 12 } },
		{ 0x030b, TABLE(0xf8, 0xd8, 1, 2), { 10, 11 } },
		{ 0x030b, TABLE(0xdf, 1, 2, 0xd8, 1, 2),
		  { 11, 11, 11, 11, 11, 11, 11, 11, 12 } },
	};

	for (size_t i = 0; i < array_len(cases); i++)
		for (int k = -2; k < MANY && (k < 0 || cases[i].lines[k]); k++)
			for (int in = 0; in < 2; in++) {
				int32_t line = line_table_find(cases[i].version, cases[i].table,
							       cases[i].len, 10, 2 * k + in);
				if (line != (k < 0 ? 10 : cases[i].lines[k]))
					fail_msg("case %zu, byte %d: line %d", i, 2 * k + in, line);
			}
}

TEST(behind_its_table_is_the_last_line)
{
	assert_int_equal(line_table_find(0x0308, TABLE(4, 1), 10, INT64_MAX), 11);
	assert_int_equal(line_table_find(0x030a, TABLE(4, 1, 2, 0x80), 10, INT64_MAX), 11);
	assert_int_equal(line_table_find(0x030b, TABLE(0xd8, 1, 2, 0xf8), 10, INT64_MAX), 11);
	assert_int_equal(line_table_find(0x030b, TABLE(0xd8, 1, 2), 10, INT64_MIN), 10);
}

/* A fixed random sequence. */
static uint32_t draw(void)
{
	static uint64_t state = 0x9e3779b97f4a7c15;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 24);
}

/* The sanitizers see what is read behind the end of a copy. */
TEST(a_damaged_table_gives_some_line_and_is_read_to_its_end_only)
{
	static const uint16_t versions[] = { 0x0306, 0x030a, 0x030b };
	static const uint8_t real[] = {		/* of all formats something */
		0xe8, 0x7f, 0x7f, 0x7f, 0x7f, 0x7f, 0x7f, 0x7f, 0x01, 0xd8, 4, 8, 0xf0, 0x80, 127,
		0xef, 0xff, 0xff, 0, 0x80, 255, 127, 0xf0, 3, 0x41, 0x42, 0x43,
	};

	for (size_t len = 0; len <= sizeof(real); len++) {
		_cleanup_(freep) uint8_t *copy = xmalloc(len);

		memcpy(copy, real, len);
		for (size_t v = 0; v < array_len(versions); v++)
			for (int64_t offset = -2; offset < 400; offset++)
				line_table_find(versions[v], copy, len, INT32_MAX, offset);
	}
	for (int i = 0; i < 20000; i++) {
		size_t len = draw() % 40;
		_cleanup_(freep) uint8_t *copy = xmalloc(len);
		uint16_t version = versions[draw() % array_len(versions)];

		for (size_t k = 0; k < len; k++)
			copy[k] = (uint8_t)draw();
		for (int k = 0; k < 8; k++)
			line_table_find(version, copy, len, (int32_t)draw(), draw() % 600);
		line_table_find(version, copy, len, 0, INT64_MAX);
	}
}

/* ---- a memory that is made up ---- */

static const struct layout *layouts[9];	/* 3.6 to 3.14 */

#define BASE 0x7f0000000000u
#define TYPE 0x55550000u	/* of code objects */

struct world {
	const struct layout *layout;
	struct buf bytes;	/* from BASE on, zeroed */
	unsigned int n_reads;
	bool endless;		/* what is not in `bytes` is 0 */
};

static bool read_world(void *ctx, uint64_t addr, void *buf, size_t len)
{
	struct world *w = ctx;

	w->n_reads++;
	if (addr < BASE || addr - BASE > w->bytes.len || len > w->bytes.len - (addr - BASE)) {
		memset(buf, 0, len);
		return w->endless;
	}
	memcpy(buf, w->bytes.data + (addr - BASE), len);
	return true;
}

static uint64_t add(struct world *w, size_t len)
{
	size_t at = w->bytes.len;

	memset(buf_add(&w->bytes, len), 0, len);
	return BASE + at;
}

static void put(struct world *w, uint64_t addr, const void *p, size_t len)
{
	memcpy(w->bytes.data + (addr - BASE), p, len);
}

static void put_u64(struct world *w, uint64_t addr, uint64_t v)
{
	put(w, addr, &v, sizeof(v));
}

static void put_u32(struct world *w, uint64_t addr, uint32_t v)
{
	put(w, addr, &v, sizeof(v));
}

enum { INTERNED = 2, COMPACT = 1 << 5, ASCII = 1 << 6, READY = 1 << 7 };

/* A str of `length` characters of `width` bytes; nothing follows the last one. */
static uint64_t add_str(struct world *w, unsigned int width, uint32_t flags, const void *data,
			uint64_t length)
{
	const struct layout *l = w->layout;
	bool compact = flags & COMPACT;
	size_t head = !compact ? l->str_data + 8
			       : flags & ASCII ? l->str_ascii_data : l->str_compact_data;
	size_t data_at = compact ? head : 8;
	uint64_t far = compact ? 0 : add(w, 8 + length * width);
	uint64_t addr = add(w, compact ? head + length * width : head);

	put_u64(w, addr + l->str_length, length);
	put_u32(w, addr + l->str_state, INTERNED | width << 2 | flags);
	if (!compact)
		put_u64(w, addr + l->str_data, far + data_at);
	put(w, (compact ? addr : far) + data_at, data, length * width);
	return addr;
}

static uint64_t add_text(struct world *w, const char *text)
{
	return add_str(w, 1, ASCII | COMPACT, text, strlen(text));
}

static uint64_t add_bytes(struct world *w, const void *data, size_t len)
{
	uint64_t addr = add(w, w->layout->bytes_data + len);

	put_u64(w, addr + w->layout->object_var_size, len);
	put(w, addr + w->layout->bytes_data, data, len);
	return addr;
}

static uint64_t name_at(const struct layout *l)
{
	return l->code_qualname != LAYOUT_NONE ? l->code_qualname : l->code_name;
}

static uint64_t add_code(struct world *w)
{
	const struct layout *l = w->layout;
	uint64_t name = add_text(w, "f.<locals>.g"), file = add_text(w, "/tmp/f.py");
	uint64_t table = l->version < 0x030b ? add_bytes(w, "\x04\x01", 2)
					     : add_bytes(w, "\xd8\x01\x02", 3);
	uint64_t code = add(w, l->code_linetable + 8);

	put_u64(w, code, 1);			/* references */
	put_u64(w, code + l->object_type, TYPE);
	put_u32(w, code + l->code_firstlineno, 7);
	if (l->code_qualname != LAYOUT_NONE)
		put_u64(w, code + l->code_name, add_text(w, "g"));
	put_u64(w, code + name_at(l), name);
	put_u64(w, code + l->code_filename, file);
	put_u64(w, code + l->code_linetable, table);
	return code;
}

static char *str_of(struct world *w, uint64_t addr)
{
	const struct python_memory memory = { w, read_world };

	return python_str_read(w->layout, &memory, addr);
}

static bool code_of(struct world *w, uint64_t addr, struct code_object *code)
{
	const struct python_memory memory = { w, read_world };

	return code_object_read(w->layout, &memory, TYPE, addr, code);
}

/* ---- strings ---- */

TEST(every_kind_of_str_is_utf8)
{
	const struct {
		unsigned int width;
		uint32_t flags;
		const void *data;
		size_t length;
		const char *text;
	} cases[] = {
		{ 1, ASCII | COMPACT, "plain", 5, "plain" },
		{ 1, ASCII | COMPACT, "", 0, "" },
		{ 1, COMPACT, "caf\xe9\x80\xff", 6, "café\xc2\x80ÿ" },
		{ 2, COMPACT, u"日本é", 3, "日本é" },
		{ 2, COMPACT, u"\uffff\ue000\ud7ff", 3, "\uffff\ue000\ud7ff" },
		{ 4, COMPACT, U"𝔘日éx", 4, "𝔘日éx" },
		{ 4, COMPACT, U"\U0010ffff", 1, "\U0010ffff" },
		/* not in one piece: of a class derived from str, and up to 3.11 of old ones */
		{ 1, ASCII, "plain", 5, "plain" },
		{ 1, ASCII | READY, "plain", 5, "plain" },
		{ 1, 0, "caf\xe9", 4, "café" },
		{ 2, 0, u"日本", 2, "日本" },
		{ 4, 0, U"𝔘", 1, "𝔘" },
		/* no characters */
		{ 2, COMPACT, (const uint16_t[]){ 'a', 0xd800, 0xdfff, 'b' }, 4, "a\ufffd\ufffdb" },
		{ 4, COMPACT, (const uint32_t[]){ 0x110000, 0xdc80, UINT32_MAX, 'b' }, 4,
		  "\ufffd\ufffd\ufffdb" },
		{ 1, ASCII | COMPACT, "a\0b", 3, "a\ufffd" "b" },
		{ 1, ASCII | COMPACT, "\xe9", 1, "é" },
	};

	for (size_t v = 0; v < array_len(layouts); v++)
		for (size_t i = 0; i < array_len(cases); i++) {
			struct world w = { .layout = layouts[v] };
			uint64_t addr = add_str(&w, cases[i].width, cases[i].flags, cases[i].data,
						cases[i].length);
			_cleanup_(freep) char *text = str_of(&w, addr);

			assert_string_equal(text ? text : "none", cases[i].text);
			buf_deinit(&w.bytes);
		}
}

/* From 3.14 on, how a str is interned takes a byte there. */
TEST(a_str_of_a_free_threaded_interpreter)
{
	struct layout layout = *layout_find(0x030du << 16);
	struct world w = { .layout = &layout };
	uint64_t addr = add_str(&w, 2, COMPACT, u"日本", 2);

	layout.free_threaded = true;
	_cleanup_(freep) char *of_3_13 = str_of(&w, addr);
	assert_string_equal(of_3_13, "日本");
	layout.version = 0x030e;
	put_u32(&w, addr + layout.str_state, 3 | (2u << 2 | COMPACT) << 6);
	_cleanup_(freep) char *of_3_14 = str_of(&w, addr);
	assert_string_equal(of_3_14, "日本");
	buf_deinit(&w.bytes);
}

TEST(a_long_str_ends_with_dots)
{
	for (size_t length = CODE_MAX_NAME - 1; length <= CODE_MAX_NAME + 1; length++) {
		struct world w = { .layout = layout_find(0x030cu << 16) };
		_cleanup_(freep) uint32_t *data = xreallocarray(NULL, length, sizeof(*data));

		for (size_t i = 0; i < length; i++)
			data[i] = 0x1d518;
		_cleanup_(freep) char *text = str_of(&w, add_str(&w, 4, COMPACT, data, length));
		if (length <= CODE_MAX_NAME) {
			assert_int_equal(strlen(text), 4 * length);
		} else {
			assert_int_equal(strlen(text), 4 * CODE_MAX_NAME + 3);
			assert_string_equal(text + 4 * CODE_MAX_NAME, "...");
		}
		buf_deinit(&w.bytes);
	}
}

TEST(what_is_no_str_is_refused)
{
	static const struct {
		uint32_t state;
		uint64_t length;
		bool endless;
	} cases[] = {
		{ COMPACT, 5 },					/* no width: not ready */
		{ COMPACT | 3 << 2, 5 },
		{ COMPACT | 7 << 2, 5 },
		{ COMPACT | ASCII | 2 << 2, 2 },		/* wide ASCII */
		{ COMPACT | ASCII | 1 << 2, UINT64_MAX, true },	/* negative */
		{ COMPACT | ASCII | 1 << 2, INT64_MAX, true },
		{ COMPACT | ASCII | 1 << 2, 1ull << 40, true },
		{ COMPACT | ASCII | 1 << 2, 6 },		/* longer than the memory */
		{ COMPACT | 4 << 2, 5 },
		{ 1 << 2, 5 },					/* its data is nowhere */
	};

	for (size_t v = 0; v < array_len(layouts); v++)
		for (size_t i = 0; i < array_len(cases); i++) {
			struct world w = { .layout = layouts[v],
					   .endless = cases[i].endless };
			uint64_t addr = add_text(&w, "hello");

			put_u32(&w, addr + w.layout->str_state, cases[i].state);
			put_u64(&w, addr + w.layout->str_length, cases[i].length);
			if (str_of(&w, addr))
				fail_msg("case %zu of version %zu is a str", i, v);
			buf_deinit(&w.bytes);
		}
}

/* ---- code objects ---- */

TEST(a_code_object_says_what_it_is)
{
	for (size_t v = 0; v < array_len(layouts); v++) {
		const struct layout *l = layouts[v];
		struct world w = { .layout = l };
		uint64_t addr = add_code(&w);
		struct code_object code;

		assert_true(code_of(&w, addr, &code));
		assert_string_equal(code.name, "f.<locals>.g");
		assert_string_equal(code.file, "/tmp/f.py");
		assert_int_equal(code.first_line, 7);
		assert_true(code.instructions ==
			    (l->version < 0x030b ? 0 : addr + l->code_code_adaptive));
		assert_int_equal(code_object_line(l, &code, -2), 7);
		assert_int_equal(code_object_line(l, &code, 0), l->version < 0x030a ? 7 : 8);
		assert_int_equal(code_object_line(l, &code, 4), 8);
		assert_int_equal(w.n_reads, 7);
		code_object_deinit(&code);
		code_object_deinit(&code);
		buf_deinit(&w.bytes);
	}
}

TEST(of_too_large_a_line_table_only_the_first_line_is_known)
{
	for (uint32_t over = 0; over < 2; over++) {
		struct world w = { .layout = layout_find(0x030bu << 16) };
		_cleanup_(freep) uint8_t *data = xcalloc(1, CODE_MAX_LINE_TABLE + over);
		uint64_t addr = add_code(&w);
		struct code_object code;

		memcpy(data, "\xd8\x01\x02", 3);
		put_u64(&w, addr + w.layout->code_linetable,
			add_bytes(&w, data, CODE_MAX_LINE_TABLE + over));
		assert_true(code_of(&w, addr, &code));
		assert_int_equal(code.line_table_len, over ? 0 : CODE_MAX_LINE_TABLE);
		assert_int_equal(code_object_line(w.layout, &code, 0), over ? 7 : 8);
		code_object_deinit(&code);
		buf_deinit(&w.bytes);
	}
}

TEST(an_empty_line_table_is_one)
{
	struct world w = { .layout = layout_find(0x030bu << 16) };
	uint64_t addr = add_code(&w);
	struct code_object code;

	put_u64(&w, addr + w.layout->code_linetable, add_bytes(&w, "", 0));
	assert_true(code_of(&w, addr, &code));
	assert_int_equal(code_object_line(w.layout, &code, 20), 7);
	code_object_deinit(&code);
	buf_deinit(&w.bytes);
}

/* Wherever a pointer of it leads to; what is refused leaves nothing behind. */
TEST(what_is_no_code_object_is_refused)
{
	static const uint64_t nowhere[] = { 0, 1, BASE - 64, UINT64_MAX, UINT64_MAX - 20 };

	for (size_t v = 0; v < array_len(layouts); v++) {
		const struct layout *l = layouts[v];
		const uint64_t pointers[] = { l->object_type, name_at(l), l->code_filename,
					      l->code_linetable };
		struct world w = { .layout = l };
		uint64_t addr = add_code(&w), stamp;
		const struct python_memory memory = { &w, read_world };
		struct code_object code;

		for (size_t i = 0; i < array_len(nowhere); i++) {
			assert_false(code_of(&w, nowhere[i], &code));
			assert_null(code.name);
			assert_false(code_object_stamp(l, &memory, nowhere[i], &stamp));
			for (size_t k = 0; k < array_len(pointers); k++) {
				uint64_t was;

				memcpy(&was, w.bytes.data + (addr - BASE) + pointers[k], 8);
				put_u64(&w, addr + pointers[k], nowhere[i]);
				if (code_of(&w, addr, &code))
					fail_msg("pointer %zu, %zu of version %zu", k, i, v);
				assert_true(!code.name && !code.file && !code.line_table);
				put_u64(&w, addr + pointers[k], was);
			}
		}
		/* itself, and what is no code at all */
		put_u64(&w, addr + name_at(l), addr);
		assert_false(code_of(&w, addr, &code));
		assert_false(code_of(&w, addr + 8, &code));
		buf_deinit(&w.bytes);
	}
}

TEST(a_line_table_of_negative_size_is_none)
{
	struct world w = { .layout = layout_find(0x0308u << 16) };
	uint64_t addr = add_code(&w), table = add_bytes(&w, "\x04\x01", 2);
	struct code_object code;

	put_u64(&w, addr + w.layout->code_linetable, table);
	assert_true(code_of(&w, addr, &code));
	code_object_deinit(&code);
	put_u64(&w, table + w.layout->object_var_size, (uint64_t)-2);
	assert_false(code_of(&w, addr, &code));
	buf_deinit(&w.bytes);
}

/* Whatever the memory holds and however much of it there is. */
TEST(a_damaged_code_object_is_refused_or_makes_sense)
{
	for (int i = 0; i < 40000; i++) {
		const struct layout *l = layouts[(size_t)i % array_len(layouts)];
		struct world w = { .layout = l };
		uint64_t addr = add_code(&w);
		struct code_object code;

		for (uint32_t n = draw() % 4; n > 0; n--)
			w.bytes.data[draw() % w.bytes.len] = (uint8_t)draw();
		if (draw() % 4 == 0)
			w.bytes.len -= draw() % w.bytes.len;
		if (code_of(&w, addr, &code)) {
			struct buf repaired = { 0 };

			utf8_repair(&repaired, code.name, strlen(code.name) + 1);
			assert_string_equal((char *)repaired.data, code.name);
			assert_true(code.line_table_len <= CODE_MAX_LINE_TABLE);
			code_object_line(l, &code, draw() % 100);
			code_object_deinit(&code);
			buf_deinit(&repaired);
		}
		buf_deinit(&w.bytes);
	}
}

TEST(the_stamp_is_of_what_does_not_change)
{
	for (size_t v = 0; v < array_len(layouts); v++) {
		const struct layout *l = layouts[v];
		struct world w = { .layout = l };
		uint64_t addr = add_code(&w), first, stamp, name;
		const struct python_memory memory = { &w, read_world };

		assert_true(code_object_stamp(l, &memory, addr, &first));
		assert_int_equal(w.n_reads, 2);
		put_u64(&w, addr, 77);			/* references */
		if (l->version == 0x030b)
			put_u32(&w, addr + l->code_flags + 4, 0xfff8);	/* calls */
		assert_true(code_object_stamp(l, &memory, addr, &stamp));
		assert_true(stamp == first);
		for (uint32_t at = l->object_type; at < l->code_linetable + 8; at++) {
			uint8_t *byte = &w.bytes.data[addr - BASE + at];

			if (l->version == 0x030b && at >= l->code_flags + 4 &&
			    at < l->code_flags + 8)
				continue;
			*byte ^= 1;
			assert_true(code_object_stamp(l, &memory, addr, &stamp));
			assert_true(stamp != first);
			*byte ^= 1;
		}
		/* another name at the same address, of the same length */
		memcpy(&name, w.bytes.data + (addr - BASE) + l->code_name, sizeof(name));
		put_u64(&w, name + l->str_length + 8, 12345);
		assert_true(code_object_stamp(l, &memory, addr, &stamp));
		assert_true(stamp != first);
		buf_deinit(&w.bytes);
	}
}

/* What is free has the address of the next that is, or nothing, in its first word. */
TEST(a_code_object_that_was_thrown_away_has_no_stamp)
{
	for (size_t v = 0; v < array_len(layouts); v++) {
		static const struct { uint64_t first; bool alive; } cases[] = {
			{ 1, true }, { UINT32_MAX, true }, { 0, false },
			{ 0x7f1234567890, false }, { 0x7f1200000000, false },
			{ (uint64_t)5 << 48 | 3u << 30, true },	/* 3.14: never freed */
		};
		struct world w = { .layout = layouts[v] };
		uint64_t addr = add_code(&w), stamp;
		const struct python_memory memory = { &w, read_world };

		for (size_t i = 0; i < array_len(cases); i++) {
			put_u64(&w, addr, cases[i].first);
			assert_int_equal(code_object_stamp(w.layout, &memory, addr, &stamp),
					 cases[i].alive);
		}
		buf_deinit(&w.bytes);
	}
}

/*
 * As it may come from the interpreter itself (struct _Py_DebugOffsets), or with fields that
 * are not known.
 */
TEST(without_a_place_for_a_field_nothing_is_read)
{
	static const uint32_t far[] = { 505, 4096, INT32_MAX, LAYOUT_NONE - 4, LAYOUT_NONE };
	struct layout bad;
	const struct {
		uint32_t *field;
		bool far;	/* no place but LAYOUT_NONE is out of the question */
	} cases[] = {
		{ &bad.object_type }, { &bad.code_filename }, { &bad.code_name },
		{ &bad.code_firstlineno }, { &bad.code_linetable }, { &bad.str_length },
		{ &bad.str_state }, { &bad.str_ascii_data, true }, { &bad.str_compact_data, true },
		{ &bad.str_data, true }, { &bad.object_var_size, true }, { &bad.bytes_data, true },
	};

	for (size_t i = 0; i < array_len(cases); i++)
		for (size_t k = cases[i].far ? array_len(far) - 1 : 0; k < array_len(far); k++) {
			struct world w = { .layout = layout_find(0x030au << 16), .endless = true };
			uint64_t addr = add_code(&w);
			struct code_object code;

			put_u64(&w, addr + w.layout->code_name,
				add_str(&w, 2, COMPACT, u"日本", 2));
			if (cases[i].field == &bad.str_data)
				put_u64(&w, addr + w.layout->code_filename,
					add_str(&w, 1, ASCII, "/", 1));
			assert_true(code_of(&w, addr, &code));
			code_object_deinit(&code);
			bad = *w.layout;
			w.layout = &bad;
			*cases[i].field = far[k];
			if (code_of(&w, addr, &code))
				fail_msg("field %zu at %u", i, far[k]);
			buf_deinit(&w.bytes);
		}
}

/* Of 3.11 they are looked at, of others they need not be known. */
TEST(a_code_object_needs_no_place_of_its_flags)
{
	for (size_t v = 0; v < array_len(layouts); v++) {
		struct layout layout = *layouts[v];
		struct world w = { .layout = &layout };
		const struct python_memory memory = { &w, read_world };
		uint64_t addr = add_code(&w), stamp;
		struct code_object code;

		layout.code_flags = LAYOUT_NONE;
		assert_true(code_of(&w, addr, &code));
		assert_true(code_object_stamp(&layout, &memory, addr, &stamp));
		code_object_deinit(&code);
		buf_deinit(&w.bytes);
	}
}

static int find_layouts(void **state)
{
	(void)state;
	for (uint32_t v = 0; v < array_len(layouts); v++) {
		layouts[v] = layout_find((0x0306u + v) << 16 | 0xffff);
		if (!layouts[v])
			return -1;
	}
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_line_of_every_instruction),
		cmocka_unit_test(behind_its_table_is_the_last_line),
		cmocka_unit_test(a_damaged_table_gives_some_line_and_is_read_to_its_end_only),
		cmocka_unit_test(every_kind_of_str_is_utf8),
		cmocka_unit_test(a_str_of_a_free_threaded_interpreter),
		cmocka_unit_test(a_long_str_ends_with_dots),
		cmocka_unit_test(what_is_no_str_is_refused),
		cmocka_unit_test(a_code_object_says_what_it_is),
		cmocka_unit_test(of_too_large_a_line_table_only_the_first_line_is_known),
		cmocka_unit_test(an_empty_line_table_is_one),
		cmocka_unit_test(what_is_no_code_object_is_refused),
		cmocka_unit_test(a_line_table_of_negative_size_is_none),
		cmocka_unit_test(a_damaged_code_object_is_refused_or_makes_sense),
		cmocka_unit_test(the_stamp_is_of_what_does_not_change),
		cmocka_unit_test(a_code_object_that_was_thrown_away_has_no_stamp),
		cmocka_unit_test(without_a_place_for_a_field_nothing_is_read),
		cmocka_unit_test(a_code_object_needs_no_place_of_its_flags),
	};

	return cmocka_run_group_tests(tests, find_layouts, NULL);
}
