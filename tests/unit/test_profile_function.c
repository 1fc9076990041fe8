// SPDX-License-Identifier: Apache-2.0
/* One function: what calls it and is called, its lines and instructions. */
#include "tests/unit/profile_maker.h"

#include "profile/butterfly.h"
#include "profile/code.h"
#include "profile/lines.h"

TEST(a_butterfly_adds_up_on_both_sides)
{
	struct profile_load *load = fixture_load(&plain);
	const struct profile *p = profile_load_profile(load);
	struct summary sum;

	summary_make(p, &everything, &sum);
	for (uint32_t f = 1; f < p->n_functions; f++) {
		struct butterfly b;
		struct sum callers, callees;

		butterfly_make(p, &sum, f, 3, &b);
		callers = b.outermost;
		callees = b.self;
		for (uint32_t i = 0; i < b.callers.n_rows; i++)
			if (b.callers.rows[i].depth == 1)
				sum_add(&callers, b.callers.rows[i].sum);
		for (uint32_t i = 0; i < b.callees.n_rows; i++)
			if (b.callees.rows[i].depth == 1)
				sum_add(&callees, b.callees.rows[i].sum);
		assert_memory_equal(&callers, &b.total, sizeof(callers));
		assert_memory_equal(&callees, &b.total, sizeof(callees));
		assert_int_equal(b.total.count, sum.functions[f].total.count);
		butterfly_deinit(&b);
	}
	summary_deinit(&sum);
	profile_load_close(load);
}

TEST(callers_are_shown_with_the_lines_of_their_calls)
{
	struct profile_load *load = fixture_load(&plain);
	const struct profile *p = profile_load_profile(load);
	struct butterfly b;
	struct summary sum;

	summary_make(p, &everything, &sum);
	butterfly_make(p, &sum, function(p, "fib"), 3, &b);
	assert_int_equal(b.callers.rows[0].function, function(p, "handle_order"));
	assert_int_equal(b.callers.rows[0].parent, BUTTERFLY_NONE);
	assert_int_equal(b.callers.rows[1].function, function(p, "main"));
	assert_int_equal(b.callers.rows[1].parent, 0);
	assert_int_equal(b.callers.lines[0].line, 70);
	assert_int_equal(b.callees.n_rows, 0);		/* direct recursion is one call */
	butterfly_deinit(&b);

	butterfly_make(p, &sum, function(p, "build_report"), 2, &b);
	assert_int_equal(b.callees.rows[0].function, function(p, "write"));
	assert_int_equal(b.callees.rows[1].function, function(p, "ksys_write"));
	assert_int_equal(b.callees.rows[1].depth, 2);
	butterfly_deinit(&b);
	summary_deinit(&sum);
	profile_load_close(load);
}

TEST(lines_count_a_sample_once_and_know_inlined_calls)
{
	struct profile_load *load = fixture_load(&plain);
	const struct profile *p = profile_load_profile(load);
	struct summary sum;
	struct lines l;

	summary_make(p, &everything, &sum);
	lines_make(p, &everything, &sum, function(p, "fib"), &l);
	assert_int_equal(l.n, 3);	/* 18, 19, 20; 19 fourteen times on a stack */
	assert_int_equal(l.v[1].line, 19);
	assert_true(l.v[1].total.count <= sum.functions[function(p, "fib")].total.count);
	assert_true(l.v[0].self_share.low < l.v[0].self_share.share);
	lines_deinit(&l);

	lines_make(p, &everything, &sum,
		   function(p, "membership(std::vector<int> const&, int)"), &l);
	assert_int_equal(l.n, 2);
	assert_int_equal(l.v[1].line, 41);
	assert_int_equal(l.v[1].self.count, 0);		/* its time is compare()'s, inlined there */
	assert_int_equal(l.v[1].total.count, sum.functions[function(p, "compare")].self.count);
	lines_deinit(&l);
	summary_deinit(&sum);
	profile_load_close(load);
}

/* Samples of the fixture that landed on an instruction, by its address. */
static uint64_t n_landed(const struct profile *p, uint64_t vaddr)
{
	uint64_t n = 0;

	for (size_t i = 0; i < p->samples.n; i++) {
		uint32_t stack = p->leaves[p->samples.leaf[i]];

		if (stack >= RECORD_STACK_FIRST)
			n += p->frames[p->stacks[stack].frame].vaddr == vaddr;
	}
	return n;
}

TEST(instructions_count_what_landed_on_them_and_inlined_calls_too)
{
	struct profile_load *load = fixture_load(&(struct fixture_options){ 0 });
	const struct profile *p = profile_load_profile(load);
	const struct profile_code *code;
	struct summary sum;
	struct code outer, inner;
	uint64_t n = 0;
	double shares = 0;
	size_t n_hit = 0;

	summary_make(p, &everything, &sum);
	code_make(p, &everything, &sum,
		  function(p, "membership(std::vector<int> const&, int)"), &outer);
	code_make(p, &everything, &sum, function(p, "compare"), &inner);
	assert_int_equal(outer.number, 0);
	assert_int_equal(inner.number, 0);	/* it has no code of its own */
	assert_int_equal(inner.outer, function(p, "membership(std::vector<int> const&, int)"));
	code = &p->codes[0];
	assert_int_equal(outer.n, code->n);
	for (uint32_t i = 0; i < outer.n; i++) {
		const struct profile_instruction *insn = &p->instructions[code->first + i];
		const struct code_sum *c = &outer.v[i];

		assert_int_equal(c->self.count, n_landed(p, insn->vaddr));
		assert_int_equal(c->self.count, inner.v[i].self.count);
		if (c->self.count)
			assert_true(c->share.low < c->share.share && c->share.share < c->share.high);
		n += c->self.count;
		n_hit += c->self.count > 0;
		shares += c->share.share;
	}
	assert_int_equal(n_hit, 4);
	assert_int_equal(n, outer.self.count);
	assert_int_equal(n, sum.functions[function(p, "compare")].self.count);
	assert_true(shares > .9999 && shares < 1.0001);
	code_deinit(&outer);
	code_deinit(&inner);
	summary_deinit(&sum);
	profile_load_close(load);
}

TEST(code_that_is_not_there_has_a_reason_or_none)
{
	struct profile_load *load = fixture_load(&(struct fixture_options){ 0 });
	const struct profile *p = profile_load_profile(load);
	struct summary sum;
	struct code code;

	summary_make(p, &everything, &sum);
	code_make(p, &everything, &sum, function(p, "build_report"), &code);
	assert_int_equal(code.number, RECORD_NONE);
	assert_non_null(strstr(profile_string(p, code.note), "lies apart"));
	code_deinit(&code);
	code_make(p, &everything, &sum, function(p, "ksys_write"), &code);
	assert_int_equal(code.number, RECORD_NONE);
	assert_int_equal(code.note, 0);
	assert_int_equal(code.module, RECORD_NONE);	/* of the kernel there is none */
	code_deinit(&code);
	/* Of a library it could be had: where most of the samples are. */
	code_make(p, &everything, &sum, function(p, "__vfprintf_internal"), &code);
	assert_string_equal(profile_module_name(p, code.module), "libc.so.6");
	assert_int_equal(code.vaddr, 0x401000 + 0x1000 * 6 + 7 - 1);
	code_deinit(&code);
	summary_deinit(&sum);
	profile_load_close(load);
}

/* An instruction belongs to the line of the call that was inlined, and to its own. */
TEST(an_instruction_has_a_line_in_each_function_that_it_is_of)
{
	struct profile_load *load = fixture_load(&(struct fixture_options){ 0 });
	const struct profile *p = profile_load_profile(load);
	const struct profile_instruction *i = &p->instructions[p->codes[0].first + 9];
	uint32_t inner = function(p, "compare");
	uint32_t outer = function(p, "membership(std::vector<int> const&, int)");

	assert_int_equal(code_level(p, i, inner)->line, 14);
	assert_int_equal(code_level(p, i, outer)->line, 41);
	assert_null(code_level(p, i, function(p, "fib")));
	profile_load_close(load);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_butterfly_adds_up_on_both_sides),
		cmocka_unit_test(callers_are_shown_with_the_lines_of_their_calls),
		cmocka_unit_test(lines_count_a_sample_once_and_know_inlined_calls),
		cmocka_unit_test(instructions_count_what_landed_on_them_and_inlined_calls_too),
		cmocka_unit_test(code_that_is_not_there_has_a_reason_or_none),
		cmocka_unit_test(an_instruction_has_a_line_in_each_function_that_it_is_of),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
