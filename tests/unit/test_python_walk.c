// SPDX-License-Identifier: Apache-2.0
/*
 * The interpreter in a file and in memory, what its threads run, and where that belongs on
 * the C stack: on memory that is made up, and with the interpreters that are here.
 */
#include "tests/unit/lab.h"

#include <glob.h>

#include "elf/elf_file.h"
#include "python/merge.h"
#include "python/runtime.h"

/* ---- merging ---- */

#define SP(i) (0x1000u + 0x10u * (i))
#define NOWHERE 0xffu

/*
 * The C stack by letters, innermost first, E a loop; Python frames become digits, ! is where
 * they are cut, ? a loop whose frames are not there.
 */
struct merge_case {
	const char *native;
	bool complete;
	uint32_t n_segments;
	struct { uint32_t n, at; bool is_cut; } segments[4];	/* in which C frame; NOWHERE: not told */
	const char *merged;
	uint32_t n_apart, n_unknown;
	bool of_others;
};

static void assert_merged(const struct merge_case *c)
{
	static struct python_stack stack;
	uint64_t sp[16];
	bool is_loop[16];
	struct merged_frame out[64];
	struct merge_native native = { (uint32_t)strlen(c->native), sp, is_loop, c->complete,
				       c->of_others };
	char text[65] = "";
	struct merge_rest rest;
	uint32_t n;

	for (uint32_t i = 0; i <= native.n; i++) {
		sp[i] = SP(i);
		is_loop[i] = c->native[i] == 'E';
	}
	stack.n_frames = 0;
	stack.n_segments = c->n_segments;
	stack.end = PYTHON_END_COMPLETE;
	for (uint32_t i = 0; i < c->n_segments; i++) {
		stack.segments[i] = (struct python_segment){
			.first = stack.n_frames, .n_frames = c->segments[i].n, .is_cut = c->segments[i].is_cut,
			.boundary = c->segments[i].at == NOWHERE ? 0 : SP(c->segments[i].at) + 8 };
		stack.n_frames += c->segments[i].n;
		if (c->segments[i].is_cut)
			stack.end = PYTHON_END_LIMIT;
	}
	n = python_merge(&native, &stack, out, &rest);
	assert_true(n <= python_merge_room(&native, &stack) && n < sizeof(text));
	for (uint32_t i = 0; i < n; i++)
		text[i] = out[i].kind == MERGED_PYTHON ? (char)('0' + out[i].index)
			  : out[i].kind == MERGED_NATIVE ? c->native[out[i].index]
			  : out[i].kind == MERGED_CUT ? '!' : '?';
	text[n] = '\0';
	assert_string_equal(text, c->merged);
	assert_int_equal(rest.n_apart, c->n_apart);
	assert_int_equal(rest.n_unknown, c->n_unknown);
}

TEST(python_frames_come_where_their_loop_is)
{
	static const struct merge_case cases[] = {
		{ "lEfbm", true, 0, { { 0 } }, "lEfbm", 0 },
		/* the example of merge.h */
		{ "lEfbEm", true, 2, { { 2, 1 }, { 2, 4 } }, "l01Efb23Em", 0 },
		/* a loop that has just begun, or is just ending, has no segment */
		{ "EfbEm", true, 1, { { 2, 3 } }, "Efb01Em", 0 },
		/* one C frame stands for many that were left out */
		{ "lgEm", true, 3, { { 1, 1 }, { 2, 1 }, { 1, 2 } }, "l012g3Em", 0 },
		/* the C stack ends early */
		{ "lEf", false, 2, { { 1, 1 }, { 2, 9 } }, "l0Ef12", 2 },
		/* where one is is not told, that of the next is */
		{ "lEfEm", true, 2, { { 1, 0 }, { 1, 3 } }, "0lEf1Em", 0 },
		/* one without Python frames */
		{ "lEfEm", true, 2, { { 0, 1 }, { 2, 3 } }, "lEf01Em", 0 },
		/* no loop is there that could run it */
		{ "lEfm", true, 2, { { 1, 1 }, { 1, 9 } }, "l0Efm1", 1 },
	};

	for (size_t i = 0; i < array_len(cases); i++)
		assert_merged(&cases[i]);
}

TEST(where_python_frames_are_missing_something_stands_for_them)
{
	static const struct merge_case cases[] = {
		/* an inner loop runs nothing, and only the innermost may */
		{ "lEfEfEm", true, 2, { { 1, 1 }, { 1, 5 } }, "l0Ef?Ef1Em", 0, 1 },
		{ "lEfEfEm", true, 1, { { 1, 5 } }, "lEf?Ef0Em", 0, 1 },
		{ "lEfEm", true, 1, { { 1, 3 } }, "lEf0Em", 0, 0 },
		{ "lEfEm", true, 0, { { 0 } }, "lEf?Em", 0, 1 },
		/* the innermost, too, where others may run in it */
		{ "lEfEm", true, 1, { { 1, 3 } }, "l?Ef0Em", 0, 1, true },
		{ "lEfEm", true, 1, { { 1, 1 } }, "l0Ef?Em", 0, 1, true },
		/* cut where the address of the loop is told, and where not: that is the next one */
		{ "lEfEfEm", true, 2, { { 1, 1 }, { 2, 3, true } }, "l0Ef12!EfEm", 0 },
		{ "lEfEfEm", true, 2, { { 1, 1 }, { 2, NOWHERE, true } }, "l0Ef12!EfEm", 0 },
		{ "lEfEm", true, 1, { { 2, NOWHERE, true } }, "l01!EfEm", 0 },
		{ "lEfEm", true, 2, { { 1, 1 }, { 0, NOWHERE, true } }, "l0Ef!Em", 0 },
		/* to 3.10 */
		{ "lEfEfEm", true, 3, { { 1, NOWHERE }, { 1, NOWHERE }, { 0, NOWHERE, true } },
		  "l0Ef1Ef!Em", 0 },
		{ "lEfEfEm", true, 2, { { 1, NOWHERE }, { 1, NOWHERE } }, "lEf0Ef1Em", 0 },
		{ "lEfEfEm", true, 2, { { 1, NOWHERE }, { 1, NOWHERE } }, "l?Ef0Ef1Em", 0, 1, true },
		{ "lEfEfEm", true, 1, { { 1, NOWHERE } }, "lEf?Ef0Em", 0, 1 },
		/* by several interpreters */
		{ "l", true, 3, { { 0, NOWHERE, true }, { 0, NOWHERE, true }, { 0, NOWHERE, true } },
		  "l!!!", 0 },
	};

	for (size_t i = 0; i < array_len(cases); i++)
		assert_merged(&cases[i]);
}

TEST(before_3_11_loops_are_counted_from_the_outermost)
{
#define ONE { 1, NOWHERE }
	static const struct merge_case cases[] = {
		{ "lEfEm", true, 2, { ONE, ONE }, "l0Ef1Em", 0 },
		/* the innermost has begun or ended its work */
		{ "EfEfEm", true, 2, { ONE, ONE }, "Ef0Ef1Em", 0 },
		/* the outermost are not there, so that nobody knows */
		{ "EfEf", false, 3, { ONE, ONE, ONE }, "0Ef1Ef2", 1 },
		{ "EfEf", false, 1, { ONE }, "0EfEf", 0 },
		/* frames without a loop */
		{ "lEm", true, 3, { ONE, ONE, ONE }, "l0Em12", 2 },
		{ "lm", true, 1, { ONE }, "lm0", 1 },
	};

	for (size_t i = 0; i < array_len(cases); i++)
		assert_merged(&cases[i]);
}

/* From a stranger's memory: segments that say more than there is. */
TEST(segments_have_no_more_frames_than_there_are)
{
	static struct python_stack stack = { .n_frames = 2, .n_segments = 2,
		.segments = { { .n_frames = 5, .boundary = SP(0) + 8 },
			      { .first = 2, .n_frames = 5, .boundary = SP(1) + 8 } } };
	const uint64_t sp[] = { SP(0), SP(1), SP(2) };
	struct merge_native native = { .n = 2, .sp = sp };
	struct merged_frame out[8];
	struct merge_rest rest;

	assert_int_equal(python_merge(&native, &stack, out, &rest), 4);
	for (uint32_t i = 0; i < 4; i++)
		assert_int_equal(out[i].kind, i < 2 ? MERGED_PYTHON : MERGED_NATIVE);
	assert_int_equal(rest.n_apart, 0);
}

/* ---- a memory that is made up ---- */

#define BASE 0x7f0000000000u
#define CODE 0x1000u		/* the first code object; one more every 256 bytes */
#define CODES 5000u

struct world {
	struct python_runtime r;
	struct buf bytes;	/* from BASE on, zeroed */
	struct python_thread thread;
	uint64_t interp;
	uint64_t cframes[2];	/* 3.11, 3.12: the outer one first */
};

#define FRAME_BYTES 512

/* Frames are as large as their code objects, which lie elsewhere, say. */
static bool read_code_size(const struct layout *l, uint64_t off, void *buf, size_t len)
{
	uint32_t n = off == l->code_nlocalsplus ? (FRAME_BYTES - l->iframe_localsplus) / 8 - 20
		   : off == l->code_stacksize ? 20 : 0;

	if (!n || len != sizeof(n))
		return false;
	memcpy(buf, &n, sizeof(n));
	return true;
}

static bool read_world(void *ctx, uint64_t addr, void *buf, size_t len)
{
	struct world *w = ctx;

	if (addr >= CODE && addr - CODE < CODES * 256)
		return read_code_size(&w->r.layout, (addr - CODE) % 256, buf, len);
	if (addr < BASE || addr - BASE > w->bytes.len || len > w->bytes.len - (addr - BASE))
		return false;
	memcpy(buf, w->bytes.data + (addr - BASE), len);
	return true;
}

static uint64_t add(struct world *w, size_t len)
{
	size_t at = w->bytes.len;

	memset(buf_add(&w->bytes, len), 0, len);
	return BASE + at;
}

static void put(struct world *w, uint64_t base, uint32_t off, uint64_t v, size_t len)
{
	if (off != LAYOUT_NONE)
		memcpy(w->bytes.data + (base + off - BASE), &v, len);
}

static const uint32_t versions[] = { 0x030812f0, 0x030a0df0, 0x030b02f0, 0x030c01f0, 0x030d00f0 };

static bool has_objects(const struct world *w) { return w->r.layout.version <= 0x030a; }

/* An interpreter with one thread that runs nothing. */
static void begin_world(struct world *w, uint32_t version)
{
	const struct layout *l = layout_find(version);
	uint64_t tstate;

	*w = (struct world){ .r = { .layout = *l, .version_hex = version } };
	w->r.address = add(w, 8192);
	w->interp = add(w, 8192);
	tstate = add(w, 1024);
	put(w, w->r.address, l->runtime_interpreters_head, w->interp, 8);
	put(w, w->interp, l->interp_threads_head, tstate, 8);
	put(w, tstate, l->tstate_interp, w->interp, 8);
	put(w, tstate, l->tstate_thread_id, tstate + 512, 8);
	put(w, tstate, l->tstate_native_thread_id, 77, 8);
	w->thread = (struct python_thread){ .tstate = tstate, .thread_id = tstate + 512, .tid = 77 };
	for (int i = 0; i < 2 && l->cframe_current_frame != LAYOUT_NONE; i++) {
		w->cframes[i] = add(w, 64);
		put(w, w->cframes[i], l->cframe_previous, i ? w->cframes[0] : 0, 8);
	}
	put(w, tstate, l->tstate_cframe, w->cframes[1], 8);
}

enum { OWNED, GENERATOR, SHIM = 3, ENTRY = 1 << 8 };

static uint64_t add_frame(struct world *w, uint64_t before, uint64_t code, int64_t at, unsigned int how)
{
	const struct layout *l = &w->r.layout;
	uint64_t f = add(w, FRAME_BYTES);

	put(w, f, has_objects(w) ? l->frame_back : l->iframe_previous, before, 8);
	put(w, f, has_objects(w) ? l->frame_code : l->iframe_code, code, 8);
	put(w, f, has_objects(w) ? l->frame_lasti : l->iframe_instr, (uint64_t)at, has_objects(w) ? 4 : 8);
	put(w, f, l->iframe_owner, how & 0xff, 1);
	put(w, f, l->iframe_is_entry, how & ENTRY ? 1 : 0, 1);
	return f;
}

/* `outer` is what the loop around the innermost runs. */
static void set_top(struct world *w, uint64_t frame, uint64_t outer)
{
	const struct layout *l = &w->r.layout;

	put(w, w->thread.tstate, l->tstate_frame, frame, 8);
	put(w, w->thread.tstate, l->tstate_current_frame, frame, 8);
	if (w->cframes[1]) {
		put(w, w->cframes[1], l->cframe_current_frame, frame, 8);
		put(w, w->cframes[0], l->cframe_current_frame, outer, 8);
	}
}

static struct python_stack stack;

/* Frames that are of no segment are lost; what ends early says where. */
static void assert_segments(void)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < stack.n_segments; i++) {
		n += stack.segments[i].n_frames;
		assert_int_equal(stack.segments[i].is_cut,
				 stack.end != PYTHON_END_COMPLETE && i + 1 == stack.n_segments);
	}
	assert_int_equal(n, stack.n_frames);
	assert_true(stack.n_segments || stack.end == PYTHON_END_COMPLETE);
}

static void walk(struct world *w)
{
	const struct python_memory memory = { w, read_world };

	python_walk_begin(&stack);
	python_walk(&w->r, &memory, &w->thread, &stack);
	assert_segments();
}

/* Four frames in two loops; the innermost is a generator's. */
static uint64_t add_four(struct world *w, uint64_t shims[2], uint64_t *outer)
{
	bool has_shims = w->r.layout.version >= 0x030c;
	uint64_t f = 0;

	for (unsigned int i = 0; i < 2; i++) {
		shims[i] = has_shims ? f = add_frame(w, f, 0x9990, 0, SHIM) : 0;
		f = add_frame(w, f, 0x1000 + 0x200 * i, 0x1100, OWNED | ENTRY);
		f = add_frame(w, f, 0x1100 + 0x200 * i, i ? 3 : 4, i ? GENERATOR : OWNED);
		if (i == 0)
			*outer = f;
	}
	set_top(w, f, *outer);
	return f;
}

TEST(all_frames_are_walked_in_the_runs_of_their_loops)
{
	static const uint64_t codes[] = { 0x1300, 0x1200, 0x1100, 0x1000 };

	for (size_t v = 0; v < array_len(versions); v++) {
		uint64_t shims[2], outer;
		struct world w;

		begin_world(&w, versions[v]);
		walk(&w);
		assert_int_equal(stack.n_frames, 0);
		add_four(&w, shims, &outer);
		walk(&w);
		assert_int_equal(stack.end, PYTHON_END_COMPLETE);
		assert_int_equal(stack.n_frames, 4);
		for (size_t i = 0; i < 4; i++)
			assert_int_equal(stack.frames[i].code, codes[i]);
		assert_int_equal(stack.n_segments, has_objects(&w) ? 4 : 2);
		for (uint32_t i = 0; i < stack.n_segments; i++) {
			assert_int_equal(stack.segments[i].n_frames, has_objects(&w) ? 1 : 2);
			assert_int_equal(stack.segments[i].boundary, has_objects(&w) ? 0 :
					 shims[1] ? shims[1 - i] : w.cframes[1 - i]);
		}
		if (has_objects(&w))
			assert_int_equal(stack.frames[0].offset, versions[v] >> 16 == 0x030a ? 6 : 3);
		else
			assert_int_equal(stack.frames[0].instruction, 3);
		buf_deinit(&w.bytes);
	}
}

TEST(a_frame_that_has_not_begun_is_at_a_negative_offset)
{
	for (size_t v = 0; v < 2; v++) {
		struct world w;

		begin_world(&w, versions[v]);
		set_top(&w, add_frame(&w, 0, 0x1000, -1, 0), 0);
		walk(&w);
		assert_int_equal(stack.n_frames, 1);
		assert_int_equal(stack.frames[0].offset, -1);
		buf_deinit(&w.bytes);
	}
}

/* In 3.14 what refers to a code object has bits that are not of its address. */
TEST(the_tag_of_a_reference_is_no_part_of_it)
{
	struct world w;

	begin_world(&w, 0x030e00f0);
	uint64_t f = add_frame(&w, add_frame(&w, 0, 0x9990, 0, SHIM), 0x1001, 0, OWNED);
	set_top(&w, add_frame(&w, f, 0x1103, 0, OWNED), 0);
	walk(&w);
	assert_int_equal(stack.end, PYTHON_END_COMPLETE);
	assert_int_equal(stack.n_frames, 2);
	assert_int_equal(stack.frames[0].code, 0x1100);
	assert_int_equal(stack.frames[1].code, 0x1000);
	buf_deinit(&w.bytes);
}

/* Its cframe says nothing yet: what is there is of a call that has returned. */
TEST(of_a_loop_that_has_just_begun_the_one_around_it_is_walked)
{
	for (size_t v = 2; v < 4; v++) {
		uint64_t shims[2], outer, gone;
		const struct python_memory memory = { NULL, read_world };
		struct world w;

		begin_world(&w, versions[v]);
		gone = add_four(&w, shims, &outer);
		set_top(&w, gone, outer);
		assert_int_equal(python_cframe(&w.r, &(struct python_memory){ &w, memory.read }, &w.thread),
				 w.cframes[1]);
		python_walk_begin(&stack);
		python_walk_from(&w.r, &(struct python_memory){ &w, memory.read }, w.cframes[0], &stack);
		assert_int_equal(stack.n_frames, 2);
		assert_int_equal(stack.frames[0].code, 0x1100);
		assert_int_equal(stack.n_segments, 1);
		assert_int_equal(stack.segments[0].boundary, shims[0] ? shims[0] : w.cframes[0]);
		python_walk_begin(&stack);
		python_walk_from(&w.r, &(struct python_memory){ &w, memory.read }, 0, &stack);
		assert_int_equal(stack.n_frames, 0);
		assert_int_equal(stack.end, PYTHON_END_MEMORY);
		buf_deinit(&w.bytes);
	}
}

/* What it says of its caller is of a call that has returned: the loop around knows better. */
TEST(a_frame_that_begins_a_loop_need_not_know_its_caller)
{
	static const uint32_t new[] = { 0x030b02f0, 0x030c01f0, 0x030d00f0 };

	for (size_t v = 0; v < array_len(new); v++) {
		const struct layout *l = layout_find(new[v]);
		uint64_t stale[] = { 0, 0, BASE + 64 };
		struct world w;

		begin_world(&w, new[v]);
		uint64_t shim = new[v] >= 0x030c0000 ? add_frame(&w, 0, 0x9990, 0, SHIM) : 0;
		uint64_t first = add_frame(&w, shim, 0x1000, 2, OWNED | ENTRY);
		uint64_t caller = add_frame(&w, first, 0x1100, 2, OWNED);
		uint64_t f = add_frame(&w, caller, 0x1200, 2, OWNED | ENTRY);

		stale[1] = first;
		for (size_t i = 0; i < array_len(stale); i++) {
			put(&w, f, l->iframe_previous, stale[i], 8);
			set_top(&w, f, caller);
			walk(&w);
			if (!w.cframes[1]) {	/* from 3.13 on nothing else does */
				assert_int_equal(stack.end, PYTHON_END_TORN);
				assert_int_equal(stack.n_frames, 1);
				continue;
			}
			assert_int_equal(stack.end, PYTHON_END_COMPLETE);
			assert_int_equal(stack.n_frames, 3);
			assert_int_equal(stack.frames[1].code, 0x1100);
			assert_int_equal(stack.segments[0].n_frames, 1);
			assert_int_equal(stack.segments[0].boundary, w.cframes[1]);
			assert_int_equal(stack.segments[1].n_frames, 2);
			/* One called within the loop is not called by what the loop around runs. */
			set_top(&w, f, first);
			walk(&w);
			assert_int_equal(stack.end, PYTHON_END_TORN);
			assert_int_equal(stack.n_frames, 1);
		}
		buf_deinit(&w.bytes);
	}
}

TEST(what_refers_to_itself_ends)
{
	for (size_t v = 0; v < array_len(versions); v++) {
		const struct layout *l = layout_find(versions[v]);
		uint32_t back = l->version <= 0x030a ? l->frame_back : l->iframe_previous;
		static struct python_thread threads[300];
		struct world w;

		begin_world(&w, versions[v]);
		const struct python_memory memory = { &w, read_world };
		uint64_t f = add_frame(&w, 0, 0x1000, 2, GENERATOR);

		put(&w, f, back, f, 8);
		set_top(&w, f, 0);
		walk(&w);
		assert_int_equal(stack.end, PYTHON_END_LIMIT);
		assert_int_equal(stack.n_frames, PYTHON_MAX_FRAMES);
		if (!has_objects(&w)) {		/* loops that run nothing */
			put(&w, f, l->iframe_owner, SHIM, 1);
			walk(&w);
			assert_int_equal(stack.end, PYTHON_END_LIMIT);
			assert_int_equal(stack.n_frames, 0);
			assert_int_equal(stack.n_segments, PYTHON_MAX_FRAMES);
		}
		put(&w, w.thread.tstate, l->tstate_next, w.thread.tstate, 8);
		assert_int_equal(python_threads(&w.r, &memory, threads, 300), 300);
		put(&w, w.thread.tstate, l->tstate_next, 0, 8);
		put(&w, w.interp, l->interp_next, w.interp, 8);
		assert_in_range(python_threads(&w.r, &memory, threads, 300), 1, 64);
		buf_deinit(&w.bytes);
	}
}

/* A frame, its code, its caller, wherever they lead to: what was found before stays. */
TEST(what_leads_nowhere_ends_the_walk)
{
	static const uint64_t nowhere[] = { 1, BASE - 4096, 0x5555, UINT64_MAX, UINT64_MAX - 100 };

	for (size_t v = 0; v < array_len(versions); v++)
		for (size_t i = 0; i < array_len(nowhere); i++) {
			struct world w;

			begin_world(&w, versions[v]);
			set_top(&w, nowhere[i], 0);
			walk(&w);
			assert_int_equal(stack.end, PYTHON_END_MEMORY);
			assert_int_equal(stack.n_frames, 0);
			set_top(&w, add_frame(&w, nowhere[i], 0x1000, 2, OWNED), 0);
			walk(&w);
			assert_int_equal(stack.end, PYTHON_END_MEMORY);
			assert_int_equal(stack.n_frames, 1);
			w.thread.tstate = nowhere[i];
			walk(&w);
			assert_int_equal(stack.end, PYTHON_END_MEMORY);
			assert_int_equal(stack.n_frames, 0);
			buf_deinit(&w.bytes);
		}
}

TEST(what_is_too_deep_is_cut_and_said)
{
	for (size_t v = 0; v < array_len(versions); v++) {
		struct world w;
		uint64_t f = 0;

		begin_world(&w, versions[v]);
		for (uint32_t i = 0; i < PYTHON_MAX_FRAMES + 1; i++)
			f = add_frame(&w, f, CODE + 256 * (uint64_t)i, 2, OWNED);
		set_top(&w, f, 0);
		walk(&w);
		assert_int_equal(stack.end, PYTHON_END_LIMIT);
		assert_int_equal(stack.n_frames, PYTHON_MAX_FRAMES);
		assert_int_equal(stack.frames[0].code, CODE + 256 * PYTHON_MAX_FRAMES);
		buf_deinit(&w.bytes);
	}
}

/* ---- several interpreters ---- */

/* The state of the thread in another interpreter, which is the newest. */
static struct python_thread add_state(struct world *w, uint64_t cframe, uint64_t top)
{
	const struct layout *l = &w->r.layout;
	struct python_thread t = w->thread;
	uint64_t interp = add(w, 8192);

	t.tstate = add(w, 1024);
	put(w, interp, l->interp_next, w->interp, 8);
	put(w, interp, l->interp_threads_head, t.tstate, 8);
	put(w, w->r.address, l->runtime_interpreters_head, interp, 8);
	put(w, t.tstate, l->tstate_interp, interp, 8);
	put(w, t.tstate, l->tstate_thread_id, t.thread_id, 8);
	put(w, t.tstate, l->tstate_native_thread_id, t.tid, 8);
	put(w, t.tstate, l->tstate_frame, top, 8);
	put(w, t.tstate, l->tstate_current_frame, top, 8);
	put(w, t.tstate, l->tstate_cframe, cframe, 8);
	if (cframe)
		put(w, cframe, l->cframe_current_frame, top, 8);
	return t;
}

static void set_back(struct world *w, uint64_t frame, uint64_t before)
{
	const struct layout *l = &w->r.layout;

	put(w, frame, has_objects(w) ? l->frame_back : l->iframe_previous, before, 8);
}

/* A frame of a loop; where that is on the stack goes to *at. */
static uint64_t add_run(struct world *w, uint64_t code, uint64_t *at)
{
	uint64_t shim = w->r.layout.version >= 0x030c ? add_frame(w, 0, 0x9990, 0, SHIM) : 0;

	*at = shim ? shim : w->cframes[0] ? add(w, 64) : 0;
	return add_frame(w, shim, code, 0x1100, GENERATOR | ENTRY);	/* those lie anywhere */
}

/* Two loops run by one state, and between them on the stack one by the other. */
TEST(a_thread_runs_all_the_interpreters_that_it_has_a_state_in)
{
	for (size_t v = 0; v < array_len(versions); v++) {
		uint64_t at[3], inner, middle, outer, cframe;
		const struct python_thread *states[2];
		struct python_thread found[4], other;
		const struct layout *l;
		struct world w;

		begin_world(&w, versions[v]);
		const struct python_memory memory = { &w, read_world };

		l = &w.r.layout;
		inner = add_run(&w, 0x1200, &at[0]);
		middle = add_run(&w, 0x2000, &at[1]);
		outer = add_run(&w, 0x1000, &at[2]);
		set_back(&w, l->version >= 0x030c ? at[0] : inner, outer);
		if (l->version == 0x030b) {
			w.cframes[1] = at[0];
			w.cframes[0] = at[2];
			put(&w, at[0], l->cframe_previous, at[2], 8);
			put(&w, w.thread.tstate, l->tstate_cframe, at[0], 8);
		}
		cframe = l->version == 0x030b ? at[1] : w.cframes[0] ? add(&w, 64) : 0;
		set_top(&w, inner, outer);
		other = add_state(&w, cframe, middle);
		assert_int_equal(python_interpreters(&w.r, &memory), 2);
		assert_int_equal(python_threads(&w.r, &memory, found, array_len(found)), 2);
		assert_int_equal(found[0].tstate, other.tstate);
		assert_int_equal(found[1].tstate, w.thread.tstate);
		assert_int_equal(found[0].thread_id, found[1].thread_id);

		states[0] = &w.thread;
		states[1] = &other;
		for (size_t turn = 0; turn < 2; turn++) {
			const uint64_t *codes = has_objects(&w) && turn == 0
				? (const uint64_t[]){ 0x2000, 0x1200, 0x1000 }
				: has_objects(&w) ? (const uint64_t[]){ 0x1200, 0x1000, 0x2000 }
				: (const uint64_t[]){ 0x1200, 0x2000, 0x1000 };

			python_walk_begin(&stack);
			python_walk(&w.r, &memory, states[turn], &stack);
			python_walk(&w.r, &memory, states[1 - turn], &stack);
			assert_segments();
			assert_int_equal(stack.n_segments, 3);
			for (uint32_t i = 0; i < 3; i++) {
				assert_int_equal(stack.frames[stack.segments[i].first].code, codes[i]);
				assert_int_equal(stack.segments[i].boundary, at[i]);
			}
		}
		buf_deinit(&w.bytes);
	}
}

/* One is cut, the other is not: that stays said. */
TEST(an_end_of_one_state_is_that_of_all)
{
	for (size_t v = 0; v < array_len(versions); v++) {
		struct python_thread other;
		struct world w;

		begin_world(&w, versions[v]);
		const struct python_memory memory = { &w, read_world };

		set_top(&w, add_frame(&w, 0x5550, 0x1000, 2, OWNED), 0);
		other = add_state(&w, w.cframes[0], 0);
		python_walk_begin(&stack);
		python_walk(&w.r, &memory, &w.thread, &stack);
		python_walk(&w.r, &memory, &other, &stack);
		assert_int_equal(stack.end, PYTHON_END_MEMORY);
		assert_int_equal(stack.n_frames, 1);
		buf_deinit(&w.bytes);
	}
}

/* ---- the runtime ---- */

static enum python_finding find(struct world *w, uint32_t version, const char **why)
{
	const struct python_elf elf = { .version_hex = version, .runtime = 0x4000 };
	const struct python_memory memory = { w, read_world };
	struct python_runtime r;

	return python_runtime_find(&elf, w->r.address - 0x4000, &memory, &r, why);
}

TEST(a_runtime_is_believed_where_it_agrees_with_itself)
{
	for (size_t v = 0; v < 4; v++) {	/* from 3.13 on: integration/python.sh */
		const struct layout *l = layout_find(versions[v]);
		const char *why = "";
		struct world w;

		begin_world(&w, versions[v]);
		assert_int_equal(find(&w, versions[v], &why), PYTHON_FOUND);
		put(&w, w.thread.tstate, l->tstate_interp, w.interp + 8, 8);
		assert_int_equal(find(&w, versions[v], &why), PYTHON_REFUSED);
		assert_string_equal(why, "its memory is not laid out as that of its version should be");
		put(&w, w.interp, l->interp_threads_head, 0, 8);
		assert_int_equal(find(&w, versions[v], &why), PYTHON_NOT_YET);
		put(&w, w.r.address, l->runtime_interpreters_head, 0, 8);
		assert_int_equal(find(&w, versions[v], &why), PYTHON_NOT_YET);
		assert_int_equal(find(&w, 0, &why), PYTHON_REFUSED);
		assert_string_equal(why, "it does not say its version");
		assert_int_equal(find(&w, 0x03050000, &why), PYTHON_REFUSED);
		assert_string_equal(why, "its version is not known");
		assert_int_equal(find(&w, 0x030f0000, &why), PYTHON_REFUSED);
		buf_deinit(&w.bytes);
	}
}

/* From 3.13 on that is what one looks like that was made and runs nothing. */
TEST(an_interpreter_without_a_thread_hides_none)
{
	for (size_t v = 0; v < 4; v++) {
		const struct layout *l = layout_find(versions[v]);
		const char *why = "";
		struct world w;
		uint64_t interp;

		begin_world(&w, versions[v]);
		interp = add(&w, 8192);
		put(&w, interp, l->interp_next, w.interp, 8);
		put(&w, w.r.address, l->runtime_interpreters_head, interp, 8);
		assert_int_equal(find(&w, versions[v], &why), PYTHON_FOUND);
		/* and none of them has one */
		put(&w, w.interp, l->interp_threads_head, 0, 8);
		put(&w, w.interp, l->interp_next, interp, 8);
		assert_int_equal(find(&w, versions[v], &why), PYTHON_NOT_YET);
		buf_deinit(&w.bytes);
	}
}

/* ---- in files ---- */

/* Address of a symbol as nm says it, of the dynamic ones or all; 0: there is none. */
static uint64_t by_nm(const char *options, const char *path, const char *name, uint64_t *size)
{
	_cleanup_(freep) char *line = lab_output("nm -S %s '%s' | sed 's/@.*//' | grep ' %s$' | head -n 1",
						 options, path, name);
	unsigned long long at = 0, bytes = 0;

	if (sscanf(line, "%llx %llx", &at, &bytes) < 1)
		return 0;
	*size = bytes;
	return at;
}

static bool find_in(const char *path, struct python_elf *out)
{
	int fd = lab_open(path);
	struct elf_file *file;
	struct error err;
	bool found;

	assert_int_equal(elf_file_open(fd, &file, &err), 0);
	found = python_elf_find(file, path, out);
	elf_file_close(file);
	close(fd);
	return found;
}

/* The first or last instruction of a range, as objdump has it, is such a one. */
static void assert_instruction(const char *path, uint64_t start, uint64_t end, const char *which,
			       const char *pattern)
{
	_cleanup_(freep) char *text = lab_output("objdump -d --no-show-raw-insn --start-address=%llu "
		"--stop-address=%llu '%s' | grep '^ ' | %s -n 1 | grep -c '%s'",
		(unsigned long long)start, (unsigned long long)end, path, which, pattern);

	if (atoi(text) != 1)
		fail_msg("%s: no \"%s\" at %llx", path, pattern, (unsigned long long)end);
}

/* By the file alone the layout is that of the version. */
static void assert_layout(const struct python_elf *elf)
{
	const struct layout *known = layout_find(elf->version_hex);
	struct python_runtime r;
	const char *why = "";

	assert_int_equal(elf->debug_len, known->version < 0x030d ? 0 : sizeof(elf->debug));
	assert_true(python_runtime_of_file(elf, 0x1000, &r, &why));
	assert_int_equal(r.layout.tstate_thread_id, known->tstate_thread_id);
	assert_int_equal(r.layout.iframe_instr, known->iframe_instr);
	assert_int_equal(r.layout.code_linetable, known->code_linetable);
	assert_int_equal(r.code_type, elf->code_type + 0x1000);
	assert_false(python_runtime_of_file(&(struct python_elf){ .version_hex = 0x030f00f0 }, 0, &r,
					    &why));
	assert_true(*why);
}

static void assert_found(const char *path, const char *symbols)
{
	struct python_elf elf, stripped;
	uint64_t at, size = 0;
	uint16_t version;

	assert_true(find_in(path, &elf));
	version = (uint16_t)(elf.version_hex >> 16);
	assert_true(layout_find(elf.version_hex));
	if (version > 0x0306)
		assert_true(elf.runtime == by_nm("-D", path, "_PyRuntime", &size) && elf.runtime_size == size);
	assert_true(elf.code_type == by_nm("-D", path, "PyCode_Type", &size));
	assert_true(elf.eval[0].start == by_nm("-D", path, "_PyEval_EvalFrameDefault", &size));
	assert_true(elf.eval[0].end == elf.eval[0].start + size);
	at = by_nm("", symbols, "_PyEval_EvalFrameDefault.cold", &size);
	assert_true(elf.eval[1].start == at);
	assert_true(!at || elf.eval[1].end == at + size);
	if (version == 0x030b || version == 0x030c) {
		assert_instruction(path, elf.eval[0].start, elf.begin.start, "tail",
				   "mov *%r[a-z0-9]*,0x38(%r");
		/* Its last one writes the frame and the structure around onto the stack. */
		assert_instruction(path, elf.begin.end - 1, elf.begin.end + 8, "head",
				   "mov[ua]ps %xmm[0-9]*,0x[0-9a-f]*(%rsp)");
	} else {
		assert_int_equal(elf.begin.end, 0);
	}
	assert_layout(&elf);
	if (version == 0x0306)	/* interp_head is no exported symbol */
		return;
	lab_run("objcopy --strip-all '%s' stripped", path);
	assert_true(find_in("stripped", &stripped));
	if (!stripped.version_hex)
		stripped.version_hex = elf.version_hex;
	assert_true(stripped.runtime == elf.runtime && stripped.code_type == elf.code_type);
	/* Of some bytes that only say that they are not reached nobody else knows. */
	assert_memory_equal(stripped.eval, elf.eval, (at && size < 16 ? 1 : 2) * sizeof(*elf.eval));
	assert_int_equal(stripped.version_hex >> 16, version);
}

TEST(interpreters_are_found_as_nm_says_with_and_without_symbols)
{
	_cleanup_(freep) char *debian = lab_output("readelf -n /usr/bin/python3.11 | sed -n "
		"'s|.*Build ID: \\(..\\)\\(.*\\)|/usr/lib/debug/.build-id/\\1/\\2.debug|p'");
	glob_t all;

	need(lab_try("nm --version && objdump --version && objcopy --version"), "no binutils");
	debian[strcspn(debian, "\n")] = '\0';
	if (*debian && access(debian, R_OK) == 0)
		assert_found("/usr/bin/python3.11", debian);
	else
		print_message("skipped: no /usr/bin/python3.11 with its debug file\n");
	if (glob("/root/.pyenv/versions/3.*/lib/libpython3.*.so.1.0", 0, NULL, &all) != 0) {
		print_message("skipped: no interpreters of pyenv\n");
		return;
	}
	for (size_t i = 0; i < all.gl_pathc; i++)
		assert_found(all.gl_pathv[i], all.gl_pathv[i]);
	globfree(&all);
}

TEST(what_is_no_interpreter_is_none)
{
	struct python_elf elf;

	assert_false(find_in("/bin/sh", &elf));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(python_frames_come_where_their_loop_is),
		cmocka_unit_test(where_python_frames_are_missing_something_stands_for_them),
		cmocka_unit_test(before_3_11_loops_are_counted_from_the_outermost),
		cmocka_unit_test(segments_have_no_more_frames_than_there_are),
		cmocka_unit_test(all_frames_are_walked_in_the_runs_of_their_loops),
		cmocka_unit_test(a_frame_that_has_not_begun_is_at_a_negative_offset),
		cmocka_unit_test(the_tag_of_a_reference_is_no_part_of_it),
		cmocka_unit_test(of_a_loop_that_has_just_begun_the_one_around_it_is_walked),
		cmocka_unit_test(a_frame_that_begins_a_loop_need_not_know_its_caller),
		cmocka_unit_test(what_refers_to_itself_ends),
		cmocka_unit_test(what_leads_nowhere_ends_the_walk),
		cmocka_unit_test(what_is_too_deep_is_cut_and_said),
		cmocka_unit_test(a_runtime_is_believed_where_it_agrees_with_itself),
		cmocka_unit_test(an_interpreter_without_a_thread_hides_none),
		cmocka_unit_test(a_thread_runs_all_the_interpreters_that_it_has_a_state_in),
		cmocka_unit_test(an_end_of_one_state_is_that_of_all),
		cmocka_unit_test(interpreters_are_found_as_nm_says_with_and_without_symbols),
		cmocka_unit_test(what_is_no_interpreter_is_none),
	};

	return cmocka_run_group_tests(tests, lab_setup, lab_teardown);
}
