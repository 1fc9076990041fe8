// SPDX-License-Identifier: Apache-2.0
/* Names of addresses as bytes: what was written is read, what is damaged is not. */
#include "tests/unit/test.h"

#include <string.h>

#include "worker/symbol_answer.h"

static const struct symbol_function functions[] = {
	{ .name = "f", .file = "dir/f.c", .line = 2, .vaddr = 0x1000, .size = 64,
	  .source = SYMBOL_DWARF },
	{ .name = "", .source = SYMBOL_RANGE, .vaddr = UINT64_MAX, .size = UINT64_MAX },
	{ .name = "std::map<int, int>::operator[]", .line = UINT32_MAX,
	  .source = SYMBOL_SYMTAB },
};

static const struct symbol_level levels[] = { { 2, 7 }, { 0, 0 }, { 1, UINT32_MAX } };

/* Up, down, to both ends of the address space, with none to three levels. */
static const struct { uint64_t vaddr; uint32_t n_levels; } addresses[] = {
	{ 0x1000, 3 }, { 0x1010, 1 }, { 0x0ff0, 0 }, { 0, 1 }, { UINT64_MAX, 2 },
};

/* Of the address of the same place; the last one has none. */
static const struct symbol_call calls[array_len(addresses) - 1] = {
	{ CALL_NONE, 0, RECORD_NONE },
	{ CALL_DIRECT, 0x1000, 0 },
	{ CALL_INDIRECT, 0, RECORD_NONE },
	{ CALL_DIRECT, UINT64_MAX, RECORD_NONE },
};

static struct buf make_answer(struct symbol_answer_writer *w)
{
	struct symbol_sink sink = symbol_answer_sink(w);
	struct buf b = { 0 };

	for (size_t i = 0; i < array_len(functions); i++)
		sink.function(sink.ctx, &functions[i]);
	for (size_t i = 0; i < array_len(addresses); i++) {
		if (i < array_len(calls))
			symbol_answer_put_call(w, calls[i]);
		sink.address(sink.ctx, addresses[i].vaddr, levels, addresses[i].n_levels);
	}
	symbol_answer_finish(w, &b);
	return b;
}

/* Read all of it; false if it is malformed. */
static bool read_answer(const void *data, size_t len, bool check)
{
	struct symbol_answer_reader r;
	struct symbol_answer_function f;
	struct symbol_answer_address a;
	size_t n_functions = 0, n_addresses = 0;
	int more;

	symbol_answer_open(&r, data, len);
	while ((more = symbol_answer_next_function(&r, &f)) > 0) {
		const struct symbol_function *e = &functions[n_functions++ % array_len(functions)];

		if (!check)
			continue;
		assert_int_equal(f.name_len, strlen(e->name));
		assert_memory_equal(f.name, e->name, f.name_len);
		assert_int_equal(f.file_len, e->file ? strlen(e->file) : 0);
		assert_memory_equal(f.file, e->file ? e->file : "", f.file_len);
		assert_int_equal(f.line, e->line);
		assert_true(f.vaddr == e->vaddr && f.size == e->size);
		assert_int_equal(f.source, e->source);
	}
	if (more < 0)
		return false;
	while ((more = symbol_answer_next_address(&r, &a)) > 0) {
		size_t i = n_addresses++ % array_len(addresses);

		assert_true(a.n_levels <= RECORD_MAX_LEVELS);
		if (!check)
			continue;
		assert_true(a.vaddr == addresses[i].vaddr);
		assert_int_equal(a.n_levels, addresses[i].n_levels);
		assert_memory_equal(a.levels, levels, a.n_levels * sizeof(levels[0]));
		assert_int_equal(a.call.kind, i < array_len(calls) ? calls[i].kind : CALL_UNKNOWN);
		assert_true(a.call.target == (i < array_len(calls) ? calls[i].target : 0));
		assert_int_equal(a.call.function, i < array_len(calls) ? calls[i].function : RECORD_NONE);
	}
	if (check && more == 0) {
		assert_int_equal(n_functions, array_len(functions));
		assert_int_equal(n_addresses, array_len(addresses));
	}
	return more == 0;
}

TEST(what_was_answered_is_read)
{
	struct symbol_answer_writer w = { 0 };

	/* and again from the same writer, which begins anew */
	for (int i = 0; i < 2; i++) {
		struct buf b = make_answer(&w);

		assert_true(read_answer(b.data, b.len, true));
		buf_deinit(&b);
	}
	symbol_answer_deinit(&w);
}

TEST(an_empty_answer_is_one)
{
	struct symbol_answer_writer w = { 0 };
	struct buf b = { 0 };

	symbol_answer_finish(&w, &b);
	assert_int_equal(b.len, 2);
	assert_true(read_answer(b.data, b.len, false));
	buf_deinit(&b);
	symbol_answer_deinit(&w);
}

TEST(every_truncation_is_refused)
{
	struct symbol_answer_writer w = { 0 };
	struct buf b = make_answer(&w);

	for (size_t len = 0; len < b.len; len++) {
		_cleanup_(freep) void *copy = xmemdup(b.data, len);

		if (read_answer(copy, len, false))
			fail_msg("%zu of %zu bytes were taken", len, b.len);
	}
	buf_deinit(&b);
	symbol_answer_deinit(&w);
}

TEST(addresses_are_not_read_before_the_functions)
{
	struct symbol_answer_writer w = { 0 };
	struct buf b = make_answer(&w);
	struct symbol_answer_reader r;
	struct symbol_answer_address a;

	symbol_answer_open(&r, b.data, b.len);
	assert_int_equal(symbol_answer_next_address(&r, &a), -1);
	buf_deinit(&b);
	symbol_answer_deinit(&w);
}

TEST(counts_that_lie_are_refused)
{
	static const struct { const char *what; uint8_t bytes[16]; size_t len; } cases[] = {
		{ "more functions than bytes", { 0xff, 0xff, 0xff, 0xff, 0x0f }, 5 },
		{ "2^64 - 1 functions",
		  { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01 }, 10 },
		{ "a name longer than all", { 1, 0xff, 0x7f, 'x' }, 4 },
		{ "a number without end", { 1, 0, 0, 0x80, 0x80, 0x80, 0x80 }, 7 },
		{ "more addresses than bytes", { 0, 0x7f, 0, 0 }, 4 },
		{ "a call of a kind that there is not", { 0, 1, 0, 0, CALL_KINDS }, 5 },
	};

	for (size_t i = 0; i < array_len(cases); i++)
		if (read_answer(cases[i].bytes, cases[i].len, false))
			fail_msg("taken: %s", cases[i].what);
}

TEST(more_levels_than_there_is_room_for_are_refused)
{
	static const struct { uint8_t low_byte; bool taken; } cases[] = {
		{ 0x80, true }, { 0x81, false } };	/* 256, 257 */

	for (size_t i = 0; i < array_len(cases); i++) {
		uint8_t bytes[5 + 2 * (RECORD_MAX_LEVELS + 1)] = {
			0, 1, 0, cases[i].low_byte, 0x02 };

		assert_int_equal(read_answer(bytes, sizeof(bytes), false), cases[i].taken);
	}
}

TEST(more_than_can_be_said_is_cut)
{
	static struct symbol_level many[RECORD_MAX_LEVELS + 5];
	char *name = xcalloc(1, RECORD_MAX_STRING + 100);
	struct symbol_answer_writer w = { 0 };
	struct symbol_sink sink = symbol_answer_sink(&w);
	struct symbol_answer_reader r;
	struct symbol_answer_function f;
	struct symbol_answer_address a;
	struct buf b = { 0 };

	memset(name, 'n', RECORD_MAX_STRING + 99);
	sink.function(sink.ctx, &(struct symbol_function){ .name = name });
	sink.address(sink.ctx, 1, many, array_len(many));
	symbol_answer_finish(&w, &b);
	symbol_answer_open(&r, b.data, b.len);
	assert_int_equal(symbol_answer_next_function(&r, &f), 1);
	assert_int_equal(f.name_len, RECORD_MAX_STRING);
	assert_int_equal(symbol_answer_next_function(&r, &f), 0);
	assert_int_equal(symbol_answer_next_address(&r, &a), 1);
	assert_int_equal(a.n_levels, RECORD_MAX_LEVELS);
	assert_int_equal(symbol_answer_next_address(&r, &a), 0);
	buf_deinit(&b);
	symbol_answer_deinit(&w);
	free(name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_answered_is_read),
		cmocka_unit_test(an_empty_answer_is_one),
		cmocka_unit_test(every_truncation_is_refused),
		cmocka_unit_test(addresses_are_not_read_before_the_functions),
		cmocka_unit_test(counts_that_lie_are_refused),
		cmocka_unit_test(more_levels_than_there_is_room_for_are_refused),
		cmocka_unit_test(more_than_can_be_said_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
