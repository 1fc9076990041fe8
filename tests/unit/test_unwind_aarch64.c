// SPDX-License-Identifier: Apache-2.0
/*
 * Unwinding for aarch64, on any machine: the rules that its call frame
 * information gives, and stacks walked by them.
 */
#include "tests/unit/unwind_world.h"

enum { X9 = 9, X19 = 19, X29 = 29, X30 = 30, SP = 31, PC = 32 };

/* Functions by where they begin in the text. */
enum {
	LEAF = 0x100,		/* no frame at all */
	RECORD = 0x140,		/* signs, saves x29 and x30, and undoes all at 0x1c */
	ONLY_LR = 0x180,	/* saves x30 alone */
	LOCALS = 0x1c0,		/* a leaf with 64 bytes of locals */
	OUTER = 0x200,		/* return address undefined */
	RESTORER = 0x240,	/* as in the vdso */
	SWAPPED = 0x280,	/* x30 below x29 */
	IN_X9 = 0x2c0,		/* return address in x9 */
	BY_X19 = 0x300,		/* CFA = x19 + 16 */
	SCALABLE = 0x340,	/* CFA depends on the length of vectors */
	BY_SP = 0x380,		/* a record, and the CFA by sp all along, as gcc has it */
	NOTHING = 0x400,	/* no FDE up to the end */
	RESTORER_BYTES = 0x800,	/* a restorer without CFI */
};

#define NEGATE_RA 0x2d
#define SAVE(reg, slot) 0x80 | (reg), slot
#define RESTORE(reg) 0xc0 | (reg)
#define CFA_OFFSET(n) 0x0e, n
#define BEHIND(insns) 0x40 | (insns)

static const struct made_fde fdes[] = {
	{ .at = LEAF, .bytes = 0x40 },
	{ .at = RECORD, .bytes = 0x40, .n = 20,
	  .program = { BEHIND(1), NEGATE_RA, BEHIND(1), CFA_OFFSET(32), SAVE(X29, 4), SAVE(X30, 3),
		       BEHIND(1), 0x0d, X29,
		       BEHIND(4), 0x0c, SP, 0, RESTORE(X29), RESTORE(X30), BEHIND(1), NEGATE_RA } },
	{ .at = ONLY_LR, .bytes = 0x40, .n = 5,
	  .program = { BEHIND(1), CFA_OFFSET(16), SAVE(X30, 2) } },
	{ .at = LOCALS, .bytes = 0x40, .n = 3, .program = { BEHIND(1), CFA_OFFSET(64) } },
	{ .at = OUTER, .bytes = 0x40, .n = 2, .program = { 0x07, X30 } },
	{ .at = RESTORER - 4, .bytes = 0x44, .signal = true },
	{ .at = SWAPPED, .bytes = 0x40, .n = 6,
	  .program = { CFA_OFFSET(32), SAVE(X29, 1), SAVE(X30, 2) } },
	{ .at = IN_X9, .bytes = 0x40, .n = 3, .program = { 0x09, X30, X9 } },
	{ .at = BY_X19, .bytes = 0x40, .n = 5, .program = { 0x0c, X19, 16, SAVE(X30, 1) } },
	/* sp + 16 + 8 * VG, which is register 46 */
	{ .at = SCALABLE, .bytes = 0x40, .n = 10,
	  .program = { 0x0f, 8, 0x8f, 16, 0x92, 46, 0, 0x38, 0x1e, 0x22 } },
	{ .at = BY_SP, .bytes = 0x40, .n = 6,
	  .program = { CFA_OFFSET(48), SAVE(X29, 6), SAVE(X30, 5) } },
};

static const struct made_code code[] = {
	{ .at = RESTORER_BYTES, .n = 8, .bytes = { 0x68, 0x11, 0x80, 0xd2, 0x01, 0, 0, 0xd4 } },
	{ .n = 0 },
};

#define T(offset) (MADE_TEXT + (offset))
#define S(word) (STACK + 8 * (word))

/* With a pointer authentication code in the bits above an address. */
#define SIGNED(addr) ((addr) | 0xb55aull << 48)

static struct world w;

static int setup(void **state)
{
	(void)state;
	world_init(&w, &unwind_arch_aarch64, fdes, array_len(fdes), code);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	world_deinit(&w);
	return 0;
}

/* ---- rules ---- */

TEST(a_row_is_what_the_instructions_say)
{
	static const struct { uint32_t at; uint32_t rule; } cases[] = {
		{ LEAF, RULE_SP }, { LEAF + 0x3c, RULE_SP },
		{ RECORD, RULE_SP },
		{ RECORD + 4, RULE_SP },			/* signed */
		{ RECORD + 8, RULE_SP | 4 << 2 | 4 << 15 },	/* saved */
		{ RECORD + 12, RULE_FP | 4 << 2 | 4 << 15 },
		{ RECORD + 0x1b, RULE_FP | 4 << 2 | 4 << 15 },
		{ RECORD + 0x1c, RULE_SP },			/* all undone */
		{ RECORD + 0x20, RULE_SP },			/* and checked */
		{ LOCALS + 4, RULE_SP | 8 << 2 },
		{ OUTER, RULE_SPECIAL | SPECIAL_END << 2 },
		{ RESTORER, RULE_SPECIAL | SPECIAL_SIGNAL << 2 },
		{ RESTORER - 1, RULE_SPECIAL | SPECIAL_SIGNAL << 2 },
		{ SCALABLE, RULE_SPECIAL | SPECIAL_UNSUPPORTED << 2 },
		{ BY_SP, RULE_SP | 6 << 2 | 6 << 15 },
		{ NOTHING + 0x10, RULE_SPECIAL | SPECIAL_UNCOVERED << 2 },
		{ RESTORER_BYTES, RULE_SPECIAL | SPECIAL_SIGNAL << 2 },
		{ RESTORER_BYTES - 1, RULE_SPECIAL | SPECIAL_SIGNAL << 2 },
		{ RESTORER_BYTES + 8, RULE_SPECIAL | SPECIAL_UNCOVERED << 2 },
	};

	for (size_t i = 0; i < array_len(cases); i++) {
		uint32_t rule = unwind_table_find(&w.made.table, T(cases[i].at));

		if (rule != cases[i].rule)
			fail_msg("%#x: %#x instead of %#x", cases[i].at, rule, cases[i].rule);
	}
	assert_int_equal(w.made.table.header->machine, EM_AARCH64);
}

TEST(what_a_row_cannot_hold_is_in_the_dictionary)
{
	static const struct { uint32_t at; struct unwind_rule rule; } cases[] = {
		{ ONLY_LR + 4, { .cfa_reg = SP, .cfa_off = 16, .ra_kind = VALUE_AT_CFA,
				 .ra_off = -16 } },
		{ SWAPPED, { .cfa_reg = SP, .cfa_off = 32, .ra_kind = VALUE_AT_CFA, .ra_off = -16,
			     .fp_kind = VALUE_AT_CFA, .fp_off = -8 } },
		{ IN_X9, { .cfa_reg = SP, .ra_kind = VALUE_IN_REG, .ra_off = X9 } },
		{ BY_X19, { .cfa_reg = X19, .cfa_off = 16, .ra_kind = VALUE_AT_CFA, .ra_off = -8 } },
	};

	for (size_t i = 0; i < array_len(cases); i++) {
		uint32_t rule = unwind_table_find(&w.made.table, T(cases[i].at));

		assert_int_equal(rule_type(rule), RULE_DICT);
		assert_memory_equal(unwind_table_dict(&w.made.table, rule_index(rule)),
				    &cases[i].rule, sizeof(cases[i].rule));
	}
}

/* ---- stacks ---- */

TEST(a_leaf_returns_to_its_link_register)
{
	static const uint32_t leaves[] = { LEAF, LEAF + 0x3c, RECORD, RECORD + 4, RECORD + 0x20,
					   LOCALS, LOCALS + 4, ONLY_LR };

	for (size_t i = 0; i < array_len(leaves); i++) {
		world_begin(&w, T(leaves[i]));
		w.stack.regs.value[X30] = SIGNED(T(OUTER + 4));
		world_expect(&w, UNWIND_COMPLETE, EXACT(T(leaves[i])), CALL(T(OUTER + 4)));
	}
}

TEST(records_of_x29_and_x30_are_walked_to_the_outermost)
{
	world_begin(&w, T(RECORD + 8));
	w.words[0] = S(10);			/* x29 of the caller */
	w.words[1] = SIGNED(T(RECORD + 16));	/* CFA = sp + 32 */
	w.words[10] = S(20);
	w.words[11] = T(BY_SP + 8);		/* CFA = x29 + 32 = word 14 */
	w.words[14] = S(30);
	w.words[15] = T(ONLY_LR + 8);		/* CFA = sp + 48 = word 20 */
	w.words[20] = SIGNED(T(OUTER + 4));	/* CFA = sp + 16 */
	world_expect(&w, UNWIND_COMPLETE, EXACT(T(RECORD + 8)), CALL(T(RECORD + 16)),
		     CALL(T(BY_SP + 8)), CALL(T(ONLY_LR + 8)), CALL(T(OUTER + 4)));
	assert_int_equal(w.stack.regs.value[SP], S(22));
	assert_int_equal(w.stack.regs.value[X29], S(30));
}

TEST(a_caller_that_saved_no_return_address_ends_the_stack)
{
	world_begin(&w, T(LEAF));
	w.stack.regs.value[X30] = T(LOCALS + 8);
	world_expect(&w, UNWIND_REGISTER, EXACT(T(LEAF)), CALL(T(LOCALS + 8)));

	world_begin(&w, T(LEAF));
	w.stack.regs.value[X30] = T(IN_X9 + 8);
	world_expect(&w, UNWIND_REGISTER, EXACT(T(LEAF)), CALL(T(IN_X9 + 8)));

	world_begin(&w, T(IN_X9 + 8));
	w.stack.regs.value[X9] = SIGNED(T(OUTER + 4));
	world_expect(&w, UNWIND_COMPLETE, EXACT(T(IN_X9 + 8)), CALL(T(OUTER + 4)));
}

TEST(a_signed_zero_is_the_outermost)
{
	world_begin(&w, T(LEAF));
	w.stack.regs.value[X30] = SIGNED(0);
	world_expect(&w, UNWIND_COMPLETE, EXACT(T(LEAF)));
}

TEST(a_rule_that_is_not_known_is_said)
{
	world_begin(&w, T(SCALABLE + 4));
	world_expect(&w, UNWIND_NO_RULE, EXACT(T(SCALABLE + 4)));
}

/* The kernel's rt_sigframe: siginfo, ucontext, 16 more bytes, then x0-x30, sp, pc. */
static void put_signal_frame(uint64_t *at_sp, uint64_t pc, uint64_t sp, uint64_t lr, uint64_t x19)
{
	uint64_t *regs = at_sp + (128 + 168 + 8 + 8) / 8;

	regs[X19] = x19;
	regs[X30] = lr;
	regs[SP] = sp;
	regs[PC] = pc;
}

TEST(an_interrupted_leaf_still_has_its_link_register)
{
	static const uint32_t restorers[] = { RESTORER, RESTORER_BYTES };

	for (size_t i = 0; i < array_len(restorers); i++) {
		world_begin(&w, T(LEAF));
		w.stack.regs.value[X30] = T(restorers[i]);
		put_signal_frame(w.words, T(LOCALS), S(100), SIGNED(T(BY_X19 + 4)), S(110));
		w.words[111] = T(OUTER + 4);
		/* in BY_X19 x19 is not known any more: a call came between */
		world_expect(&w, UNWIND_REGISTER, EXACT(T(LEAF)), CALL(T(restorers[i])),
			     EXACT(T(LOCALS)), CALL(T(BY_X19 + 4)));

		world_begin(&w, T(restorers[i]));
		put_signal_frame(w.words, T(BY_X19), S(100), 0, S(110));
		w.words[111] = T(OUTER + 4);
		world_expect(&w, UNWIND_COMPLETE, EXACT(T(restorers[i])), EXACT(T(BY_X19)),
			     CALL(T(OUTER + 4)));
	}
}

/* ---- frame pointers ---- */

TEST(records_are_followed_where_there_are_no_rules)
{
	world_begin(&w, ANON);
	w.stack.regs.value[X29] = S(10);
	w.words[10] = S(20);
	w.words[11] = SIGNED(ANON + 8);
	w.words[20] = 0;
	w.words[21] = T(NOTHING + 8);
	world_expect(&w, UNWIND_COMPLETE, EXACT(ANON), GUESS(ANON + 8), GUESS(T(NOTHING + 8)));
}

/* A record lies at the lower end of its frame: the CFA is anywhere above. */
TEST(a_record_does_not_tell_the_stack_pointer)
{
	world_begin(&w, ANON);
	w.stack.regs.value[X29] = S(10);
	w.words[10] = S(20);
	w.words[11] = T(BY_SP + 8);
	w.words[12] = S(40);		/* what would be taken for its record */
	w.words[13] = T(LEAF + 8);
	w.words[20] = 0;		/* its record */
	w.words[21] = T(OUTER + 4);
	world_expect(&w, UNWIND_COMPLETE, EXACT(ANON), GUESS(T(BY_SP + 8)), GUESS(T(OUTER + 4)));

	/* a rule that goes by x29 finds it again */
	world_begin(&w, ANON);
	w.stack.regs.value[X29] = S(10);
	w.words[10] = S(20);
	w.words[11] = T(RECORD + 16);
	w.words[20] = 0;
	w.words[21] = T(BY_SP + 8);	/* CFA = word 24 */
	w.words[24] = 0;
	w.words[25] = T(OUTER + 4);
	world_expect(&w, UNWIND_COMPLETE, EXACT(ANON), GUESS(T(RECORD + 16)), CALL(T(BY_SP + 8)),
		     CALL(T(OUTER + 4)));

	/* and without the stack pointer nothing is found at it */
	world_begin(&w, ANON);
	w.stack.regs.value[X29] = S(10);
	w.words[10] = S(20);
	w.words[11] = T(RESTORER);
	put_signal_frame(w.words + 12, T(LEAF), S(100), T(OUTER + 4), 0);
	world_expect(&w, UNWIND_REGISTER, EXACT(ANON), GUESS(T(RESTORER)));
}

/* ---- registers ---- */

/* asm/perf_regs.h of arm64: x0 to x29, lr, sp, pc. */
TEST(registers_of_perf_are_the_kernels)
{
	const struct unwind_arch *a = &unwind_arch_aarch64;

	assert_int_equal(a->perf_mask, 0x1ffffffff);
	assert_int_equal(a->n_regs, 33);
	for (unsigned int i = 0; i < a->n_regs; i++)
		assert_int_equal(a->perf_regs[i], i);
	assert_int_equal(a->lr, 30);
	assert_int_equal(a->sp, 31);
	assert_int_equal(a->pc, 32);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_row_is_what_the_instructions_say),
		cmocka_unit_test(what_a_row_cannot_hold_is_in_the_dictionary),
		cmocka_unit_test(a_leaf_returns_to_its_link_register),
		cmocka_unit_test(records_of_x29_and_x30_are_walked_to_the_outermost),
		cmocka_unit_test(a_caller_that_saved_no_return_address_ends_the_stack),
		cmocka_unit_test(a_signed_zero_is_the_outermost),
		cmocka_unit_test(a_rule_that_is_not_known_is_said),
		cmocka_unit_test(an_interrupted_leaf_still_has_its_link_register),
		cmocka_unit_test(records_are_followed_where_there_are_no_rules),
		cmocka_unit_test(a_record_does_not_tell_the_stack_pointer),
		cmocka_unit_test(registers_of_perf_are_the_kernels),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
