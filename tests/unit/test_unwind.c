// SPDX-License-Identifier: Apache-2.0
/* The unwinder over made-up registers, memory and call frame information. */
#include "tests/unit/lab.h"
#include "tests/unit/unwind_world.h"

#include <asm/perf_regs.h>
#include <errno.h>
#include <inttypes.h>

#include "unwind/step_libunwind.h"

enum { RAX, RDX, RCX, RBX, RSI, RDI, RBP, RSP, R8, R9, R10, R11, R12, R13, R14, R15, RIP };

/* Functions by where they begin in the text. */
enum {
	LEAF = 0x100,		/* nothing on the stack but the return address */
	PUSHES = 0x140,		/* push %rbp; mov %rsp,%rbp at 1 and 4 */
	BIG = 0x180,		/* 64 bytes of locals */
	OUTER = 0x1c0,		/* return address undefined */
	RESTORER = 0x200,	/* as in glibc */
	PLT = 0x240,		/* as the linker writes it */
	PLT10 = 0x3c0,		/* as some other linkers do */
	RARE = 0x280,		/* needs a real evaluation */
	REALIGNED = 0x2c0,	/* CFA = *(rbp - 8), rbp saved at rbp */
	BY_RBX = 0x300,		/* CFA = rbx + 16 */
	HUGE = 0x340,		/* more locals than 24 bits hold */
	POPS = 0x380,		/* pop %rbp at 1, of which its rules say nothing, as gcc's */
	NOTHING = 0x400,	/* no FDE up to the end */
	RESTORER_BYTES = 0x800,	/* a restorer without CFI */
};

#define RBP_SAVED 0x0e, 16, 0x86, 2	/* CFA = rsp + 16, rbp at CFA - 16 */

static const struct made_fde fdes[] = {
	{ .at = LEAF, .bytes = 0x40 },
	{ .at = PUSHES, .bytes = 0x40, .n = 8,
	  .program = { 0x41, RBP_SAVED, 0x43, 0x0d, 6 } },
	{ .at = BIG, .bytes = 0x40, .n = 4, .program = { 0x44, 0x0e, 0xc8, 0 } },
	{ .at = OUTER, .bytes = 0x40, .n = 2, .program = { 0x07, 16 } },
	/* CFA = *(rsp + 160); its FDE begins a byte early, as glibc's does */
	{ .at = RESTORER - 1, .bytes = 0x41, .signal = true, .n = 6,
	  .program = { 0x0f, 4, 0x77, 0xa0, 1, 0x06 } },
	{ .at = PLT, .bytes = 0x40, .n = 13,
	  .program = { 0x0f, 11, 0x77, 8, 0x80, 0, 0x3f, 0x1a, 0x3b, 0x2a, 0x33, 0x24, 0x22 } },
	{ .at = PLT10, .bytes = 0x40, .n = 13,
	  .program = { 0x0f, 11, 0x77, 8, 0x80, 0, 0x3f, 0x1a, 0x3a, 0x2a, 0x33, 0x24, 0x22 } },
	/* CFA = rsp + 8 + 8 by a plus on the stack */
	{ .at = RARE, .bytes = 0x40, .n = 8,
	  .program = { 0x0f, 6, 0x77, 8, 0x38, 0x38, 0x1c, 0x22 } },
	{ .at = REALIGNED, .bytes = 0x40, .n = 10,
	  .program = { 0x0f, 3, 0x76, 0x78, 0x06, 0x10, 6, 2, 0x76, 0 } },
	{ .at = BY_RBX, .bytes = 0x40, .n = 3, .program = { 0x0c, 3, 16 } },
	{ .at = POPS, .bytes = 0x40, .n = 7, .program = { RBP_SAVED, 0x41, 0x0e, 8 } },
	{ .at = HUGE, .bytes = 0x40, .n = 4, .program = { 0x0e, 0x88, 0x80, 0x10 } },
};

static const struct made_code code[] = {
	{ .at = RESTORER_BYTES, .n = 9,
	  .bytes = { 0x48, 0xc7, 0xc0, 0x0f, 0, 0, 0, 0x0f, 0x05 } },
	{ .n = 0 },
};

#define T(offset) (MADE_TEXT + (offset))
#define S(word) (STACK + 8 * (word))

static struct world w;

static int setup(void **state)
{
	world_init(&w, &unwind_arch_x86_64, fdes, array_len(fdes), code);
	return lab_setup(state);
}

static int teardown(void **state)
{
	world_deinit(&w);
	return lab_teardown(state);
}

/* ---- frames with a rule ---- */

TEST(plain_frames_are_walked_to_the_outermost)
{
	world_begin(&w, T(LEAF));
	w.words[0] = T(BIG + 5);
	w.words[9] = T(PUSHES + 6);
	w.stack.regs.value[RBP] = S(20);
	w.words[20] = S(30);
	w.words[21] = T(OUTER + 1);
	world_expect(&w, UNWIND_COMPLETE, EXACT(T(LEAF)), CALL(T(BIG + 5)), CALL(T(PUSHES + 6)),
		     CALL(T(OUTER + 1)));
	assert_int_equal(w.stack.regs.value[RBP], S(30));
	assert_int_equal(w.stack.regs.value[RSP], S(22));
}

TEST(the_caller_is_found_at_every_instruction_of_a_prologue)
{
	static const struct { uint32_t at; size_t ra_word; bool by_rbp; } cases[] = {
		{ PUSHES, 0, false }, { PUSHES + 1, 1, false }, { PUSHES + 3, 1, false },
		{ PUSHES + 4, 5, true }, { PUSHES + 0x3f, 5, true },
		{ BIG + 3, 0, false }, { BIG + 4, 8, false },
	};

	for (size_t i = 0; i < array_len(cases); i++) {
		world_begin(&w, T(cases[i].at));
		w.words[cases[i].ra_word] = T(OUTER + 8);
		w.stack.regs.value[RBP] = cases[i].by_rbp ? S(cases[i].ra_word - 1) : 0;
		world_expect(&w, UNWIND_COMPLETE, EXACT(T(cases[i].at)), CALL(T(OUTER + 8)));
	}
}

/* What lies below the stack pointer is not in the copy, and nobody's any more. */
TEST(a_slot_below_the_stack_pointer_is_not_read)
{
	world_begin(&w, T(POPS + 1));
	w.words[0] = T(PUSHES + 9);
	w.stack.regs.value[RBP] = S(20);
	w.words[21] = T(OUTER + 1);
	world_expect(&w, UNWIND_COMPLETE, EXACT(T(POPS + 1)), CALL(T(PUSHES + 9)),
		     CALL(T(OUTER + 1)));
}

/* A call that does not return is the last instruction of its function. */
TEST(a_return_address_is_looked_up_one_byte_before)
{
	world_begin(&w, T(LEAF));
	w.words[0] = T(PUSHES);		/* called from the last byte of LEAF */
	w.words[1] = T(OUTER + 0x40);	/* called from the last byte of OUTER */
	world_expect(&w, UNWIND_COMPLETE, EXACT(T(LEAF)), CALL(T(PUSHES)), CALL(T(OUTER + 0x40)));
}

TEST(a_plt_entry_has_pushed_from_its_11th_or_10th_byte_on)
{
	static const struct { uint32_t at, pushed; } cases[] = { { PLT, 11 }, { PLT10, 10 } };

	for (size_t i = 0; i < array_len(cases); i++)
		for (uint32_t at = 0; at < 16; at++) {
			uint64_t pc = T(cases[i].at + 16 + at);

			world_begin(&w, pc);
			w.words[at >= cases[i].pushed ? 1 : 0] = T(OUTER + 2);
			world_expect(&w, UNWIND_COMPLETE, EXACT(pc), CALL(T(OUTER + 2)));
		}
}

TEST(a_frame_of_any_form_is_walked)
{
	/* realigned: the CFA is in memory, below the frame pointer */
	world_begin(&w, T(REALIGNED + 3));
	w.stack.regs.value[RBP] = S(10);
	w.words[9] = S(40);
	w.words[10] = S(77);
	w.words[39] = T(OUTER + 1);
	world_expect(&w, UNWIND_COMPLETE, EXACT(T(REALIGNED + 3)), CALL(T(OUTER + 1)));
	assert_int_equal(w.stack.regs.value[RBP], S(77));
	assert_int_equal(w.stack.regs.value[RSP], S(40));

	world_begin(&w, T(BY_RBX));
	w.stack.regs.value[RBX] = S(50);
	w.words[51] = T(OUTER + 1);
	world_expect(&w, UNWIND_COMPLETE, EXACT(T(BY_RBX)), CALL(T(OUTER + 1)));
}

TEST(more_locals_than_a_row_holds_are_in_the_dictionary)
{
	uint32_t rule = unwind_table_find(&w.made.table, T(HUGE));
	const struct unwind_rule *d = unwind_table_dict(&w.made.table, rule_index(rule));

	assert_int_equal(rule_type(rule), RULE_DICT);
	assert_int_equal(d->cfa_reg, RSP);
	assert_int_equal(d->cfa_off, 0x40008);
}

TEST(a_register_that_nobody_saved_is_not_made_up)
{
	world_begin(&w, T(LEAF));
	w.words[0] = T(BY_RBX + 4);	/* a caller: its rbx is not known */
	world_expect(&w, UNWIND_REGISTER, EXACT(T(LEAF)), CALL(T(BY_RBX + 4)));

	world_begin(&w, T(PUSHES + 8));
	w.stack.regs.known &= ~(1ull << RBP);
	world_expect(&w, UNWIND_REGISTER, EXACT(T(PUSHES + 8)));
}

/* ---- signals ---- */

/* The kernel's frame at the stack pointer `sp`: offsets of asm/sigcontext.h. */
static void put_signal_frame(uint64_t *at_sp, uint64_t pc, uint64_t sp, uint64_t rbp, uint64_t rbx)
{
	at_sp[120 / 8] = rbp;
	at_sp[128 / 8] = rbx;
	at_sp[160 / 8] = sp;
	at_sp[168 / 8] = pc;
}

TEST(an_interrupted_pc_is_exact_and_all_its_registers_are_back)
{
	world_begin(&w, T(LEAF));
	w.words[0] = T(RESTORER);
	/* interrupted at its first byte: the byte before belongs to HUGE */
	put_signal_frame(w.words + 1, T(BY_RBX), S(60), 0, S(70));
	w.words[71] = T(OUTER + 1);
	world_expect(&w, UNWIND_COMPLETE, EXACT(T(LEAF)), CALL(T(RESTORER)), EXACT(T(BY_RBX)),
		     CALL(T(OUTER + 1)));
}

TEST(a_restorer_without_rules_is_known_by_its_bytes)
{
	world_begin(&w, T(LEAF));
	w.words[0] = T(RESTORER_BYTES);
	put_signal_frame(w.words + 1, T(LEAF), S(60), 0, 0);
	w.words[60] = T(OUTER + 1);
	world_expect(&w, UNWIND_COMPLETE, EXACT(T(LEAF)), CALL(T(RESTORER_BYTES)),
		     EXACT(T(LEAF)), CALL(T(OUTER + 1)));
}

TEST(an_interrupted_leaf_may_have_put_nothing_on_the_stack)
{
	/* The handler ran on the same stack, below: rsp is where it was. */
	world_begin(&w, T(RESTORER));
	w.words[0] = 0;
	put_signal_frame(w.words, T(PUSHES), S(60), S(80), 0);
	w.words[60] = T(PUSHES + 9);
	w.words[81] = T(OUTER + 1);
	world_expect(&w, UNWIND_COMPLETE, EXACT(T(RESTORER)), EXACT(T(PUSHES)),
		     CALL(T(PUSHES + 9)), CALL(T(OUTER + 1)));
}

TEST(below_an_alternate_signal_stack_there_is_a_gap)
{
	for (int can_read = 0; can_read < 2; can_read++) {
		world_begin(&w, T(LEAF));
		w.words[0] = T(RESTORER);
		put_signal_frame(w.words + 1, T(LEAF), FAR_STACK + 80, 0, 0);
		w.far_words[10] = T(OUTER + 1);
		w.space.read = can_read ? world_read : NULL;
		if (can_read) {
			world_expect(&w, UNWIND_COMPLETE, EXACT(T(LEAF)), CALL(T(RESTORER)),
				     EXACT(T(LEAF)), CALL(T(OUTER + 1)));
			continue;
		}
		/* even where the copy itself was not cut */
		world_expect(&w, UNWIND_COPY, EXACT(T(LEAF)), CALL(T(RESTORER)), EXACT(T(LEAF)));
		assert_int_equal(w.u->end_addr, FAR_STACK + 80);
	}
}

TEST(a_signal_frame_that_returns_to_itself_ends_at_the_limit)
{
	world_begin(&w, T(RESTORER));
	put_signal_frame(w.words, T(RESTORER), S(0), 0, 0);
	unwinder_run(w.u, &w.stack);
	assert_int_equal(w.u->end, UNWIND_LIMIT);
	assert_int_equal(w.u->n_frames, 64);
}

/* ---- frames without a rule ---- */

TEST(a_leaf_without_rules_has_its_return_address_on_top)
{
	world_begin(&w, T(NOTHING));
	w.words[0] = T(OUTER + 1);
	world_expect(&w, UNWIND_COMPLETE, EXACT(T(NOTHING)), GUESS(T(OUTER + 1)));
}

TEST(a_caller_without_rules_is_no_leaf)
{
	world_begin(&w, T(LEAF));
	w.words[0] = T(NOTHING + 8);
	w.words[1] = T(OUTER + 1);	/* a local of it that is an address of code */
	w.stack.regs.value[RBP] = 12345678;
	world_expect(&w, UNWIND_NO_RULE, EXACT(T(LEAF)), CALL(T(NOTHING + 8)));
}

TEST(frame_pointers_are_followed_only_where_they_look_like_frames)
{
	static const struct {
		const char *what;
		uint64_t pc, fp;
		bool fp_unknown;
		uint64_t words[4];	/* from the tenth on */
		enum unwind_end end;
		size_t n_frames;
	} cases[] = {
		{ "two frames, then 0", ANON, S(10), false,
		  { S(12), ANON + 9, 0, ANON + 7 }, UNWIND_COMPLETE, 3 },
		{ "code with rules goes on by them", ANON, S(10), false,
		  { 0, T(OUTER + 1) }, UNWIND_COMPLETE, 2 },
		{ "in a file, not a leaf by its stack", T(NOTHING), S(10), false,
		  { 0, ANON + 9 }, UNWIND_COMPLETE, 2 },
		{ "no frame pointer known", ANON, S(10), true, { 0 }, UNWIND_REGISTER, 1 },
		{ "0 without a chain", ANON, 0, false, { 0 }, UNWIND_JIT, 1 },
		{ "0 in a leaf", T(NOTHING), 0, false, { 0 }, UNWIND_NO_RULE, 1 },
		{ "below the stack pointer", ANON, STACK - 8, false, { 0 }, UNWIND_JIT, 1 },
		{ "not aligned", ANON, S(10) + 4, false,
		  { 0, (ANON + 9ull) << 32 }, UNWIND_JIT, 1 },
		{ "any number", ANON, 12345678, false, { 0 }, UNWIND_JIT, 1 },
		{ "beyond the stack", ANON, S(STACK_WORDS), false, { 0 }, UNWIND_JIT, 1 },
		{ "half of it beyond", ANON, S(STACK_WORDS - 1), false, { 0 }, UNWIND_JIT, 1 },
		{ "return address is no code", ANON, S(10), false,
		  { S(12), S(14) }, UNWIND_JIT, 1 },
		{ "return address is 0", ANON, S(10), false, { S(12), 0 }, UNWIND_JIT, 1 },
		{ "points at itself", ANON, S(10), false, { S(10), ANON + 9 }, UNWIND_JIT, 2 },
		{ "in a file", T(NOTHING), 12345678, false, { 0 }, UNWIND_NO_RULE, 1 },
		{ "waits for what it called", ANON, S(10), false,
		  { 0, PENDING + 9 }, UNWIND_PENDING, 2 },
	};

	for (size_t i = 0; i < array_len(cases); i++) {
		world_begin(&w, cases[i].pc);
		w.stack.regs.value[RBP] = cases[i].fp;
		if (cases[i].fp_unknown)
			w.stack.regs.known &= ~(1ull << RBP);
		memcpy(w.words + 10, cases[i].words, sizeof(cases[i].words));
		unwinder_run(w.u, &w.stack);
		if (w.u->end != cases[i].end || w.u->n_frames != cases[i].n_frames)
			fail_msg("%s: end %d, %u frames", cases[i].what, w.u->end, w.u->n_frames);
		assert_int_equal(w.u->frames[0], EXACT(cases[i].pc));
		if (w.u->n_frames > 1)
			assert_int_equal(w.u->frames[1], GUESS(w.words[11]));
	}
}

/* ---- ends ---- */

TEST(a_return_address_of_0_is_the_outermost)
{
	world_begin(&w, T(LEAF));
	world_expect(&w, UNWIND_COMPLETE, EXACT(T(LEAF)));
}

TEST(an_address_without_a_mapping_is_no_frame)
{
	world_begin(&w, T(LEAF));
	w.words[0] = NOWHERE;
	world_expect(&w, UNWIND_BROKEN, EXACT(T(LEAF)));

	/* but where the program is, it is */
	world_begin(&w, NOWHERE);
	w.stack.regs.value[RBP] = 1;
	world_expect(&w, UNWIND_NO_RULE, EXACT(NOWHERE));
}

TEST(a_copy_that_was_cut_ends_in_a_gap_and_an_end_of_memory_does_not)
{
	static const struct { size_t len; bool cut; enum unwind_end end; uint64_t wanted; } cases[] = {
		{ 8 * 10, true, UNWIND_COPY, S(74) },
		{ 8 * 10, false, UNWIND_MEMORY, S(74) },
		{ 8 * 75 - 1, true, UNWIND_COPY, S(74) },	/* 7 bytes of the word */
		{ 8 * 75 - 1, false, UNWIND_MEMORY, S(74) },
		{ 7, true, UNWIND_COPY, S(0) },
		{ 0, false, UNWIND_MEMORY, S(0) },
	};

	for (size_t i = 0; i < array_len(cases); i++) {
		world_begin(&w, T(LEAF));
		w.words[0] = T(PUSHES + 9);
		w.stack.regs.value[RBP] = S(73);
		w.stack.len = cases[i].len;
		w.stack.cut = cases[i].cut;
		if (cases[i].wanted == S(0))
			world_expect(&w, cases[i].end, EXACT(T(LEAF)));
		else
			world_expect(&w, cases[i].end, EXACT(T(LEAF)), CALL(T(PUSHES + 9)));
		assert_int_equal(w.u->end_addr, cases[i].wanted);
	}
}

TEST(memory_below_the_copy_is_no_gap)
{
	/* CFA = rbx + 16, and rbx lies below the stack pointer */
	world_begin(&w, T(BY_RBX));
	w.stack.regs.value[RBX] = STACK - 64;
	w.stack.cut = true;
	world_expect(&w, UNWIND_MEMORY, EXACT(T(BY_RBX)));
	assert_int_equal(w.u->end_addr, STACK - 56);
}

TEST(beyond_the_copy_memory_is_read_where_it_can_be)
{
	world_begin(&w, T(LEAF));
	w.words[0] = T(PUSHES + 9);
	w.stack.regs.value[RBP] = S(73);
	w.words[74] = T(OUTER + 1);
	w.stack.len = 16;
	w.stack.cut = true;
	w.space.read = world_read;
	world_expect(&w, UNWIND_COMPLETE, EXACT(T(LEAF)), CALL(T(PUSHES + 9)), CALL(T(OUTER + 1)));
}

TEST(a_chain_of_frame_pointers_ends_in_a_gap_where_the_copy_does)
{
	world_begin(&w, ANON);
	w.stack.regs.value[RBP] = S(10);
	w.words[10] = S(100);
	w.words[11] = ANON + 9;
	w.stack.len = 8 * 50;
	w.stack.cut = true;
	world_expect(&w, UNWIND_COPY, EXACT(ANON), GUESS(ANON + 9));
	assert_int_equal(w.u->end_addr, S(100));
}

TEST(a_frame_that_lies_not_further_out_ends_the_stack)
{
	/* CFA = rbp + 16 = rsp */
	world_begin(&w, T(LEAF));
	w.words[0] = w.words[1] = T(LEAF + 1);
	w.words[2] = T(PUSHES + 9);
	w.stack.regs.value[RBP] = S(1);
	world_expect(&w, UNWIND_BROKEN, EXACT(T(LEAF)), CALL(T(LEAF + 1)), CALL(T(LEAF + 1)),
		     CALL(T(PUSHES + 9)));

	/* two frames that name each other */
	world_begin(&w, T(PUSHES + 9));
	w.stack.regs.value[RBP] = S(10);
	w.words[10] = S(6);
	w.words[11] = T(PUSHES + 10);
	w.words[6] = S(10);
	w.words[7] = T(PUSHES + 11);
	world_expect(&w, UNWIND_BROKEN, EXACT(T(PUSHES + 9)), CALL(T(PUSHES + 10)));
}

/* LEAF and `n` callers, told apart by where they call, the last of them at `outermost`. */
static void deep_stack(size_t n, uint64_t outermost)
{
	world_begin(&w, T(LEAF));
	for (size_t i = 0; i < n; i++)
		w.words[i] = T(LEAF + 1 + i % 0x3f);
	w.words[n - 1] = outermost;
}

/* Frame `i` of it, counted from the innermost. */
static uint32_t deep_frame(size_t i)
{
	return i ? CALL(w.words[i - 1]) : EXACT(T(LEAF));
}

/* Of 64 frames kept, 16 are the outermost if there are more. */
TEST(beyond_the_frame_limit_both_ends_are_kept)
{
	static const size_t n_frames[] = { 63, 64, 65, 66, 79, 80, 81, 127, 128, 129, 200, 250 };

	for (size_t i = 0; i < array_len(n_frames); i++) {
		size_t n = n_frames[i], n_outer = n > 64 ? 16 : 0, n_inner = min_of(n, (size_t)64) - n_outer;

		deep_stack(n - 1, T(OUTER + 1));
		unwinder_run(w.u, &w.stack);
		assert_int_equal(w.u->end, n > 64 ? UNWIND_LEFT_OUT : UNWIND_COMPLETE);
		assert_int_equal(w.u->n_left_out, n > 64 ? n - 64 : 0);
		assert_int_equal(w.u->n_frames, n > 64 ? 65 : n);
		for (size_t k = 0; k < n_inner; k++)
			assert_int_equal(w.u->frames[k], deep_frame(k));
		if (n > 64)
			assert_int_equal(w.u->gap_at, n_inner);
		for (size_t k = 0; k < n_outer; k++)
			assert_int_equal(w.u->frames[n_inner + 1 + k], deep_frame(n - n_outer + k));
	}
}

TEST(without_the_outermost_the_frame_limit_keeps_the_innermost)
{
	static const struct {
		uint64_t outermost;
		bool cut;
		enum unwind_end end;
		bool copy_ended;
	} cases[] = {
		{ NOWHERE, false, UNWIND_LIMIT, false },
		{ T(NOTHING + 8), false, UNWIND_LIMIT, false },
		{ PENDING + 1, false, UNWIND_PENDING, false },
		{ T(OUTER + 1), true, UNWIND_LIMIT, true },
	};

	for (size_t i = 0; i < array_len(cases); i++) {
		deep_stack(150, cases[i].outermost);
		w.stack.regs.value[RBP] = 12345678;
		w.stack.cut = cases[i].cut;
		if (cases[i].cut)
			w.stack.len = 8 * 140;
		unwinder_run(w.u, &w.stack);
		assert_int_equal(w.u->end, cases[i].end);
		assert_int_equal(w.u->copy_ended, cases[i].copy_ended);
		assert_int_equal(w.u->n_left_out, 0);
		assert_int_equal(w.u->n_frames, 64);
		for (size_t k = 0; k < 64; k++)
			assert_int_equal(w.u->frames[k], deep_frame(k));
	}
}

/* Too few to share them out. */
TEST(a_limit_below_4_keeps_the_innermost)
{
	struct unwinder *u = w.u;

	w.u = unwinder_new(u->arch, 3);
	deep_stack(3, T(OUTER + 1));
	world_expect(&w, UNWIND_LIMIT, deep_frame(0), deep_frame(1), deep_frame(2));
	unwinder_free(w.u);
	w.u = u;
}

/* ---- resolve() ---- */

TEST(what_is_pending_is_asked_again)
{
	for (int ready = 0; ready < 2; ready++) {
		world_begin(&w, T(LEAF));
		w.space.generation = 1000;
		w.pending_is_ready = ready;
		w.words[0] = PENDING + 1;
		world_expect(&w, ready ? UNWIND_JIT : UNWIND_PENDING, EXACT(T(LEAF)),
			     CALL(PENDING + 1));
	}
	w.pending_is_ready = false;
}

TEST(answers_are_kept_until_the_generation_changes)
{
	uint32_t before;

	for (uint32_t generation = 2000; generation < 2002; generation++) {
		for (int again = 0; again < 2; again++) {
			before = w.n_resolved;
			world_begin(&w, T(LEAF));
			w.space.generation = generation;
			w.words[0] = T(OUTER + 1);
			world_expect(&w, UNWIND_COMPLETE, EXACT(T(LEAF)), CALL(T(OUTER + 1)));
			assert_int_equal(w.n_resolved - before, again ? 0 : 2);
		}
	}
}

/* ---- rows for libunwind ---- */

static struct rare_answer {
	bool ok;
	struct unwind_regs regs;
	uint64_t at;		/* asked for */
	uint32_t n_asked;
} rare_answer;

static bool rare(void *ctx, uint64_t at, struct unwind_regs *regs)
{
	(void)ctx;
	rare_answer.at = at;
	rare_answer.n_asked++;
	if (rare_answer.ok)
		*regs = rare_answer.regs;
	return rare_answer.ok;
}

/* Run with a caller at `pc` and `sp` as the answer for a frame at S(0). */
static void answer_rare(bool ok, uint64_t pc, uint64_t sp)
{
	world_begin(&w, T(RARE + 5));
	w.space.rare = rare;
	rare_answer = (struct rare_answer){ .ok = ok };
	rare_answer.regs.value[RIP] = pc;
	rare_answer.regs.value[RSP] = sp;
	rare_answer.regs.known = 1ull << RIP | 1ull << RSP;
}

TEST(a_rare_row_is_stepped_over_by_whoever_can)
{
	world_begin(&w, T(RARE + 5));
	assert_int_equal(unwind_table_find(&w.made.table, T(RARE)),
			 rule_make(RULE_SPECIAL, SPECIAL_UNSUPPORTED, 0));
	world_expect(&w, UNWIND_NO_RULE, EXACT(T(RARE + 5)));

	answer_rare(false, 0, 0);
	world_expect(&w, UNWIND_NO_RULE, EXACT(T(RARE + 5)));

	answer_rare(true, T(OUTER + 1), S(4));
	world_expect(&w, UNWIND_COMPLETE, EXACT(T(RARE + 5)), CALL(T(OUTER + 1)));
	assert_int_equal(rare_answer.at, T(RARE + 5));

	/* a caller whose last instruction was the call */
	answer_rare(true, T(OUTER + 1), S(4));
	w.stack.regs.value[RIP] = T(LEAF);
	w.words[0] = T(RARE + 0x40);
	world_expect(&w, UNWIND_COMPLETE, EXACT(T(LEAF)), CALL(T(RARE + 0x40)), CALL(T(OUTER + 1)));
	assert_int_equal(rare_answer.at, T(RARE + 0x3f));
}

TEST(a_rare_row_has_to_lead_further_out_as_well)
{
	static const struct { uint64_t pc, sp; uint32_t n_asked; } cases[] = {
		{ T(RARE + 9), S(4), 2 },	/* further out once, then stays */
		{ T(RARE + 9), S(0) - 8, 1 },	/* back */
	};

	for (size_t i = 0; i < array_len(cases); i++) {
		answer_rare(true, cases[i].pc, cases[i].sp);
		unwinder_run(w.u, &w.stack);
		assert_int_equal(w.u->end, UNWIND_BROKEN);
		assert_int_equal(rare_answer.n_asked, cases[i].n_asked);
		assert_int_equal(w.u->n_frames, cases[i].n_asked);
	}
}

TEST(a_rare_row_that_loses_the_stack_pointer_ends_the_stack)
{
	answer_rare(true, T(LEAF + 1), S(4));
	rare_answer.regs.known = 1ull << RIP;
	world_expect(&w, UNWIND_REGISTER, EXACT(T(RARE + 5)));
}

/* A program with such a row, stepped over by libunwind itself. */
struct judged {
	struct step_libunwind *step;
	uint64_t n_steps;
};

static bool read_words(void *ctx, uint64_t addr, uint64_t *out)
{
	return world_read(ctx, addr, out, 8);
}

static struct judged judged;

static bool step_rare(void *ctx, uint64_t at, struct unwind_regs *regs)
{
	judged.n_steps++;
	regs->value[RIP] = at;
	return step_libunwind_run(judged.step, regs, read_words, ctx);
}

static const char rare_source[] =
	".text\n.globl _start\n"
	"_start: .cfi_startproc\n .cfi_undefined rip\n nop\n call rare\n hlt\n .cfi_endproc\n"
	/* CFA = rsp + (16 + 8), by an addition that the compact form lacks */
	"rare: .cfi_startproc\n"
	" .cfi_escape 0x0f, 6, 0x77, 0, 0x40, 0x38, 0x22, 0x22\n"
	" nop\n call _start\n .cfi_endproc\n"
	"next: .cfi_startproc\n nop\n .cfi_endproc\n"
	".section .note.GNU-stack,\"\",@progbits\n";

TEST(libunwind_steps_over_a_rare_row_of_a_real_file)
{
	struct made_table made = w.made;
	struct elf_file *elf;
	struct buf image = { 0 };
	struct error err;

	lab_write("rare.S", rare_source);
	need_tool("gcc", "gcc");
	lab_run("gcc -nostdlib -static -no-pie -Wl,--eh-frame-hdr -Wl,-Ttext=0x%x rare.S -o rare",
		MADE_TEXT);
	_cleanup_(closep) int fd = lab_open("rare");
	assert_int_equal(elf_file_open(fd, &elf, &err), 0);
	if (step_libunwind_open(elf, &judged.step, &err) < 0) {
		elf_file_close(elf);
		need(false, err.msg);
	}
	assert_int_equal(unwind_build(elf, &image, &err), 0);
	assert_int_equal(unwind_table_init(&w.made.table, image.data, image.len, &err), 0);

	_cleanup_(freep) char *hex = lab_output("nm rare | awk '$3 == \"rare\" { print $1 }'");
	uint64_t pc = strtoull(hex, NULL, 16);
	assert_int_equal(unwind_table_find(&w.made.table, pc),
			 rule_make(RULE_SPECIAL, SPECIAL_UNSUPPORTED, 0));
	world_begin(&w, pc);
	w.space.rare = step_rare;
	w.words[2] = MADE_TEXT + 6;	/* behind the call */
	world_expect(&w, UNWIND_COMPLETE, EXACT(pc), CALL(MADE_TEXT + 6));
	assert_int_equal(judged.n_steps, 1);
	assert_int_equal(w.stack.regs.value[RSP], S(3));

	/* as a caller, by a call behind which another function begins */
	world_begin(&w, pc + 6);
	w.space.rare = step_rare;
	w.words[0] = pc + 6;
	w.words[3] = MADE_TEXT + 6;
	world_expect(&w, UNWIND_COMPLETE, EXACT(pc + 6), CALL(pc + 6), CALL(MADE_TEXT + 6));

	step_libunwind_close(judged.step);
	elf_file_close(elf);
	buf_deinit(&image);
	w.made = made;
}

/* ---- registers ---- */

#ifdef __x86_64__
TEST(registers_of_perf_are_the_kernels)
{
	static const struct { unsigned int perf, dwarf; } pairs[] = {
		{ PERF_REG_X86_AX, RAX }, { PERF_REG_X86_BX, RBX }, { PERF_REG_X86_CX, RCX },
		{ PERF_REG_X86_DX, RDX }, { PERF_REG_X86_SI, RSI }, { PERF_REG_X86_DI, RDI },
		{ PERF_REG_X86_BP, RBP }, { PERF_REG_X86_SP, RSP }, { PERF_REG_X86_IP, RIP },
		{ PERF_REG_X86_R8, R8 }, { PERF_REG_X86_R9, R9 }, { PERF_REG_X86_R10, R10 },
		{ PERF_REG_X86_R11, R11 }, { PERF_REG_X86_R12, R12 }, { PERF_REG_X86_R13, R13 },
		{ PERF_REG_X86_R14, R14 }, { PERF_REG_X86_R15, R15 },
	};
	const struct unwind_arch *a = &unwind_arch_x86_64;
	uint64_t mask = 0;

	for (size_t i = 0; i < array_len(pairs); i++) {
		uint64_t below = a->perf_mask & ((1ull << pairs[i].perf) - 1);

		mask |= 1ull << pairs[i].perf;
		assert_int_equal(a->perf_regs[__builtin_popcountll(below)], pairs[i].dwarf);
	}
	assert_int_equal(a->perf_mask, mask);
	assert_int_equal(a->n_regs, array_len(pairs));
}
#endif

TEST(an_architecture_is_found_by_its_number)
{
	assert_ptr_equal(unwind_arch_find(EM_X86_64), &unwind_arch_x86_64);
	assert_ptr_equal(unwind_arch_find(EM_AARCH64), &unwind_arch_aarch64);
	assert_null(unwind_arch_find(EM_386));
	assert_null(unwind_arch_find(EM_RISCV));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_frames_are_walked_to_the_outermost),
		cmocka_unit_test(the_caller_is_found_at_every_instruction_of_a_prologue),
		cmocka_unit_test(a_slot_below_the_stack_pointer_is_not_read),
		cmocka_unit_test(a_return_address_is_looked_up_one_byte_before),
		cmocka_unit_test(a_plt_entry_has_pushed_from_its_11th_or_10th_byte_on),
		cmocka_unit_test(a_frame_of_any_form_is_walked),
		cmocka_unit_test(more_locals_than_a_row_holds_are_in_the_dictionary),
		cmocka_unit_test(a_register_that_nobody_saved_is_not_made_up),
		cmocka_unit_test(an_interrupted_pc_is_exact_and_all_its_registers_are_back),
		cmocka_unit_test(a_restorer_without_rules_is_known_by_its_bytes),
		cmocka_unit_test(an_interrupted_leaf_may_have_put_nothing_on_the_stack),
		cmocka_unit_test(below_an_alternate_signal_stack_there_is_a_gap),
		cmocka_unit_test(a_signal_frame_that_returns_to_itself_ends_at_the_limit),
		cmocka_unit_test(a_leaf_without_rules_has_its_return_address_on_top),
		cmocka_unit_test(a_caller_without_rules_is_no_leaf),
		cmocka_unit_test(frame_pointers_are_followed_only_where_they_look_like_frames),
		cmocka_unit_test(a_return_address_of_0_is_the_outermost),
		cmocka_unit_test(an_address_without_a_mapping_is_no_frame),
		cmocka_unit_test(a_copy_that_was_cut_ends_in_a_gap_and_an_end_of_memory_does_not),
		cmocka_unit_test(memory_below_the_copy_is_no_gap),
		cmocka_unit_test(beyond_the_copy_memory_is_read_where_it_can_be),
		cmocka_unit_test(a_chain_of_frame_pointers_ends_in_a_gap_where_the_copy_does),
		cmocka_unit_test(a_frame_that_lies_not_further_out_ends_the_stack),
		cmocka_unit_test(beyond_the_frame_limit_both_ends_are_kept),
		cmocka_unit_test(without_the_outermost_the_frame_limit_keeps_the_innermost),
		cmocka_unit_test(a_limit_below_4_keeps_the_innermost),
		cmocka_unit_test(what_is_pending_is_asked_again),
		cmocka_unit_test(answers_are_kept_until_the_generation_changes),
		cmocka_unit_test(a_rare_row_is_stepped_over_by_whoever_can),
		cmocka_unit_test(a_rare_row_has_to_lead_further_out_as_well),
		cmocka_unit_test(a_rare_row_that_loses_the_stack_pointer_ends_the_stack),
		cmocka_unit_test(libunwind_steps_over_a_rare_row_of_a_real_file),
#ifdef __x86_64__
		cmocka_unit_test(registers_of_perf_are_the_kernels),
#endif
		cmocka_unit_test(an_architecture_is_found_by_its_number),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
