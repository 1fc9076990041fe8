// SPDX-License-Identifier: Apache-2.0
/*
 * What threads are called and what they do, of interpreters whose memory is made up; real
 * ones are for integration/python_threads.sh.
 */
#include "tests/unit/test.h"

#include <string.h>

#include "base/buf.h"
#include "python/lock.h"
#include "python/thread_name.h"

static const uint32_t versions[] = {
	0x03060fff, 0x030703ff, 0x030710ff, 0x030812ff, 0x030912ff, 0x030a0dff, 0x030b07ff,
	0x030c01ff, 0x030d00ff, 0x030e03ff,
};

/* ---- a memory that is made up ---- */

#define BASE 0x7f0000000000u
#define STR_TYPE 0x5555000u

struct world {
	struct python_runtime runtime;
	struct buf bytes;	/* from BASE on, zeroed */
	unsigned int n_reads;
	struct python_thread thread;
	uint64_t object, type, frame, code;
};

static bool read_world(void *ctx, uint64_t addr, void *buf, size_t len)
{
	struct world *w = ctx;

	w->n_reads++;
	if (addr < BASE || addr - BASE > w->bytes.len || len > w->bytes.len - (addr - BASE))
		return false;
	memcpy(buf, w->bytes.data + (addr - BASE), len);
	return true;
}

static uint64_t add(struct world *w, size_t len)
{
	size_t at = w->bytes.len;

	len = (len + 15) & ~(size_t)15;
	memset(buf_add(&w->bytes, len), 0, len);
	return BASE + at;
}

static void put(struct world *w, uint64_t addr, uint64_t v)
{
	memcpy(w->bytes.data + (addr - BASE), &v, sizeof(v));
}

static void put_byte(struct world *w, uint64_t addr, uint8_t v)
{
	w->bytes.data[addr - BASE] = v;
}

static uint64_t add_text(struct world *w, const char *text)
{
	const struct layout *l = &w->runtime.layout;
	uint64_t addr = add(w, l->str_ascii_data + strlen(text) + 8);

	put(w, addr + l->object_type, STR_TYPE);
	put(w, addr + l->str_length, strlen(text));
	put(w, addr + l->str_state, 1 << 2 | 1 << 5 | 1 << 6);	/* 1 byte, compact, ASCII */
	memcpy(w->bytes.data + (addr + l->str_ascii_data - BASE), text, strlen(text));
	return addr;
}

#define N_KEYS 5
#define NAME_KEY 3

/* Keys like those of a Thread; with `values` beside them, that of the name. */
static uint64_t add_keys(struct world *w, bool general, uint64_t name)
{
	static const char *const names[N_KEYS] = { "_target", "_", "_names", "_name", "_args" };
	const struct layout *l = &w->runtime.layout;
	bool old = l->dictkeys_size != LAYOUT_NONE;
	uint64_t keys = add(w, l->dictkeys_indices + 8 + N_KEYS * 24);
	uint64_t entry = keys + l->dictkeys_indices + 8;
	uint32_t bytes = old || general ? 24 : 16, key = old || general ? 8 : 0;

	if (old) {
		put(w, keys + l->dictkeys_size, 8);
	} else {
		put_byte(w, keys + l->dictkeys_log2_size, 3);
		put_byte(w, keys + l->dictkeys_log2_index_bytes, 3);
		put_byte(w, keys + l->dictkeys_kind, general ? 0 : 1);
	}
	put(w, keys + l->dictkeys_nentries, N_KEYS);
	for (uint32_t i = 0; i < N_KEYS; i++, entry += bytes) {
		put(w, entry + key, add_text(w, names[i]));
		put(w, entry + key + 8, i == NAME_KEY ? name : 0);
	}
	return keys;
}

static uint64_t add_values(struct world *w, uint64_t name)
{
	const struct layout *l = &w->runtime.layout;
	uint32_t first = l->dictvalues_values == LAYOUT_NONE ? 0 : l->dictvalues_values;
	uint64_t values = add(w, first + N_KEYS * 8);

	put(w, values + first + NAME_KEY * 8, name);
	return values;
}

static uint64_t add_dict(struct world *w, uint64_t keys, uint64_t values)
{
	uint64_t dict = add(w, w->runtime.layout.dict_values + 8);

	put(w, dict + w->runtime.layout.dict_keys, keys);
	put(w, dict + w->runtime.layout.dict_values, values);
	return dict;
}

/* How the attributes of the Thread are kept. */
enum where { IN_DICT, IN_GENERAL_DICT, IN_SHARED_DICT, WITHOUT_DICT, N_WHERE };

#define OBJECT_SIZE 64
#define BEFORE 32		/* bytes before an object that are its own */

static void add_object(struct world *w, enum where where)
{
	const struct layout *l = &w->runtime.layout;
	uint64_t values, dict = 0;
	bool managed = l->object_dict_before != LAYOUT_NONE;
	uint64_t name = add_text(w, "a thread"), keys;

	keys = add_keys(w, where == IN_GENERAL_DICT, name);
	w->object = add(w, BEFORE + OBJECT_SIZE + 16 + N_KEYS * 8) + BEFORE;
	w->type = add(w, l->type_cached_keys + 8);
	put(w, w->object + l->object_type, w->type);
	put(w, w->type + l->type_basicsize, OBJECT_SIZE);
	if (where == WITHOUT_DICT)
		values = managed && l->dictvalues_valid != LAYOUT_NONE ? 0 : add_values(w, name);
	else
		values = where == IN_SHARED_DICT ? add_values(w, name) : 0;
	if (where != WITHOUT_DICT)
		dict = add_dict(w, keys, values);
	if (!managed) {
		put(w, w->type + l->type_dictoffset, 24);
		put(w, w->object + 24, dict ? dict : add_dict(w, keys, values));
		return;
	}
	put(w, w->type + l->type_flags, 1 << 4 | 1 << 2);
	put(w, w->type + l->type_cached_keys, keys);
	if (dict) {
		put(w, w->object - l->object_dict_before, dict);
	} else if (l->object_values_before != LAYOUT_NONE) {
		put(w, w->object - l->object_values_before, values);
	} else if (l->dictvalues_valid == LAYOUT_NONE) {
		put(w, w->object - l->object_dict_before, values - 1);
	} else {
		values = w->object + OBJECT_SIZE;
		put_byte(w, values + l->dictvalues_valid, 1);
		put(w, values + l->dictvalues_values + NAME_KEY * 8, name);
	}
}

static void add_code(struct world *w, const char *name, const char *file)
{
	const struct layout *l = &w->runtime.layout;

	w->code = add(w, l->code_linetable + 8);
	put(w, w->code + l->code_name, add_text(w, name));
	put(w, w->code + l->code_filename, add_text(w, file));
}

/* `n` frames above the one that the thread began with. */
static void add_stack(struct world *w, unsigned int n)
{
	const struct layout *l = &w->runtime.layout;
	bool objects = l->version <= 0x030a, cframes = l->version <= 0x030c && !objects;
	uint32_t back = objects ? l->frame_back : l->iframe_previous;
	uint32_t locals = objects ? l->frame_localsplus : l->iframe_localsplus, top;
	uint64_t at = 0, cframe;

	if (l->version >= 0x030c) {	/* where an interpreter loop begins */
		at = add(w, locals);
		put_byte(w, at + l->iframe_owner, 3);
	}
	w->frame = add(w, locals + 16);
	put(w, w->frame + back, at);
	put(w, w->frame + (objects ? l->frame_code : l->iframe_code), w->code);
	put(w, w->frame + locals, w->object | (l->version >= 0x030e ? 1 : 0));
	at = w->frame;
	for (unsigned int i = 0; i < n; i++) {
		uint64_t frame = add(w, locals + 16);

		put(w, frame + back, at);
		at = frame;
	}
	w->thread.tstate = add(w, 512);
	top = objects ? l->tstate_frame : cframes ? l->tstate_cframe : l->tstate_current_frame;
	if (cframes) {
		cframe = add(w, 64);
		put(w, cframe + l->cframe_current_frame, at);
		at = cframe;
	}
	put(w, w->thread.tstate + top, at);
}

static void begin(struct world *w, uint32_t version)
{
	const struct layout *l = layout_find(version);

	*w = (struct world){ 0 };
	if (!l)
		fail_msg("no layout of %x", version);
	w->runtime.layout = *l;
}

static void make(struct world *w, uint32_t version, enum where where, unsigned int n_frames)
{
	begin(w, version);
	add_object(w, where);
	add_code(w, "_bootstrap", "/usr/lib/python3/threading.py");
	add_stack(w, n_frames);
}

static char *name_of(struct world *w)
{
	const struct python_memory memory = { w, read_world };
	uint64_t object = python_thread_object(&w->runtime, &memory, &w->thread);

	return object ? python_thread_name(&w->runtime, &memory, object) : NULL;
}

/* Ends with the world. */
static void assert_name(struct world *w, const char *want)
{
	char *name = name_of(w);

	if (want ? !name || strcmp(name, want) != 0 : name != NULL)
		fail_msg("%x: %s instead of %s", w->runtime.layout.version, name ? name : "none",
			 want ? want : "none");
	free(name);
	buf_deinit(&w->bytes);
}

TEST(the_name_wherever_attributes_are)
{
	struct world w;

	for (size_t i = 0; i < array_len(versions); i++)
		for (int where = 0; where < N_WHERE; where++)
			for (unsigned int n_frames = 0; n_frames < 3; n_frames++) {
				make(&w, versions[i], (enum where)where, n_frames);
				assert_name(&w, "a thread");
			}
}

TEST(a_thread_that_began_with_something_else_has_none)
{
	const char *const cases[][2] = {
		{ "_bootstrap", "/usr/lib/python3/threads.py" }, { "_bootstrap", "g.py" },
		{ "_bootstrap_inner", "/usr/lib/python3/threading.py" }, { "<module>", "x.py" },
	};
	struct world w;

	for (size_t i = 0; i < array_len(versions); i++)
		for (size_t k = 0; k < array_len(cases); k++) {
			begin(&w, versions[i]);
			add_object(&w, IN_DICT);
			add_code(&w, cases[k][0], cases[k][1]);
			add_stack(&w, 2);
			assert_name(&w, NULL);
		}
}

TEST(what_is_not_a_str_is_no_name)
{
	struct world w;

	for (size_t i = 0; i < array_len(versions); i++) {
		char *name;
		uint64_t at;

		make(&w, versions[i], IN_DICT, 0);
		name = name_of(&w);
		assert_non_null(name);
		free(name);
		/* The only str with these letters. */
		const uint8_t *found = memmem(w.bytes.data, w.bytes.len, "a thread", 8);

		at = BASE + (uint64_t)(found - w.bytes.data) - w.runtime.layout.str_ascii_data;
		put(&w, at + w.runtime.layout.object_type, STR_TYPE + 8);
		assert_name(&w, NULL);
	}
}

TEST(frames_that_go_round_end)
{
	struct world w;

	for (size_t i = 0; i < array_len(versions); i++) {
		make(&w, versions[i], IN_DICT, 0);

		const struct layout *l = &w.runtime.layout;

		put(&w, w.frame + (l->version <= 0x030a ? l->frame_back : l->iframe_previous), w.frame);
		assert_name(&w, NULL);
		assert_true(w.n_reads < 4 * PYTHON_MAX_FRAMES + 100);
	}
}

/* Each word of the memory in turn says something else. */
TEST(a_memory_that_lies_gives_some_name_or_none)
{
	struct world w;

	for (size_t i = 0; i < array_len(versions); i++)
		for (int where = 0; where < N_WHERE; where++) {
			make(&w, versions[i], (enum where)where, 2);
			for (size_t at = 0; at + 8 <= w.bytes.len; at += 4) {
				const uint64_t lies[] = { 0, 1, UINT64_MAX, INT64_MAX, BASE + at,
							  BASE + w.bytes.len - 1, w.object, w.frame, w.code };
				uint64_t truth;

				memcpy(&truth, w.bytes.data + at, 8);
				for (size_t k = 0; k < array_len(lies); k++) {
					memcpy(w.bytes.data + at, &lies[k], 8);
					w.n_reads = 0;
					free(name_of(&w));
					assert_true(w.n_reads < 4 * PYTHON_MAX_FRAMES + 4000);
				}
				memcpy(w.bytes.data + at, &truth, 8);
			}
			assert_name(&w, "a thread");
		}
}

/* ---- the lock ---- */

/* An interpreter with a lock, and two threads of it. */
struct locked {
	uint64_t other, lock, collecting;
};

static void make_locked(struct world *w, uint32_t version, struct locked *k)
{
	const struct layout *l;
	uint64_t interp;

	begin(w, version);
	l = &w->runtime.layout;
	interp = add(w, 16384);
	w->thread.tstate = add(w, 512);
	k->other = add(w, 512);
	w->thread.thread_id = 0x1000;
	put(w, w->thread.tstate + l->tstate_interp, interp);
	put(w, w->thread.tstate + l->tstate_thread_id, 0x1000);
	put(w, k->other + l->tstate_thread_id, 0x2000);
	k->collecting = l->interp_gc_collecting != LAYOUT_NONE ? interp + l->interp_gc_collecting : 0;
	if (version >> 16 == 0x306) {
		w->runtime.tstate_current = k->lock = add(w, 16);
		return;
	}
	w->runtime.address = add(w, 2048);
	if (l->runtime_gc_collecting != LAYOUT_NONE)
		k->collecting = w->runtime.address + l->runtime_gc_collecting;
	if (l->runtime_gil != LAYOUT_NONE) {
		k->lock = w->runtime.address + l->runtime_gil;
	} else {
		k->lock = add(w, l->gil_size);
		put(w, interp + l->interp_gil, k->lock);
	}
}

static void set_lock(struct world *w, const struct locked *k, uint64_t holder, uint32_t locked,
		     bool collecting)
{
	const struct layout *l = &w->runtime.layout;

	if (l->gil_locked == LAYOUT_NONE) {
		put(w, k->lock, locked == 1 ? holder : 0);
	} else {
		put(w, k->lock + l->gil_last_holder, holder);
		put(w, k->lock + l->gil_locked, locked);
	}
	if (k->collecting)
		put(w, k->collecting, collecting);
}

TEST(who_has_the_lock_and_collects_garbage)
{
	struct locked k;
	struct world w;

	for (size_t i = 0; i < array_len(versions); i++) {
		const struct python_memory memory = { &w, read_world };

		make_locked(&w, versions[i], &k);
		const struct {
			uint64_t holder;
			uint32_t locked;
			bool collecting;
			enum python_holding holding;
		} cases[] = {
			{ w.thread.tstate, 1, false, PYTHON_HOLDING },
			{ w.thread.tstate, 1, true,
			  k.collecting ? PYTHON_HOLDING_COLLECTING : PYTHON_HOLDING },
			{ w.thread.tstate, 0, false, PYTHON_HOLDING_NOT },	/* it was the last */
			{ w.thread.tstate, UINT32_MAX, false, PYTHON_HOLDING_NOT },
			{ k.other, 1, true, PYTHON_HOLDING_NOT },
			{ 0, 0, false, PYTHON_HOLDING_NOT },
			{ 0xdead0000, 1, false, PYTHON_HOLDING_NOT },
		};

		for (size_t c = 0; c < array_len(cases); c++) {
			set_lock(&w, &k, cases[c].holder, cases[c].locked, cases[c].collecting);
			if (python_holding(&w.runtime, &memory, &w.thread) != cases[c].holding)
				fail_msg("%x, case %zu", versions[i], c);
		}
		/* Another state of the same thread has it. */
		put(&w, k.other + w.runtime.layout.tstate_thread_id, 0x1000);
		set_lock(&w, &k, k.other, 1, false);
		assert_int_equal(python_holding(&w.runtime, &memory, &w.thread), PYTHON_HOLDING);
		buf_deinit(&w.bytes);
		assert_int_equal(python_holding(&w.runtime, &memory, &w.thread),
				 PYTHON_HOLDING_UNKNOWN);
	}
}

TEST(what_is_in_the_lock)
{
	struct locked k;
	struct world w;

	for (size_t i = 0; i < array_len(versions); i++) {
		const struct python_memory memory = { &w, read_world };
		uint32_t size;

		make_locked(&w, versions[i], &k);
		size = w.runtime.layout.gil_size;
		if (size == LAYOUT_NONE)
			size = 0;	/* 3.6 does not say where it is */
		assert_false(python_lock_contains(&w.runtime, &memory, &w.thread, k.lock - 1));
		assert_false(python_lock_contains(&w.runtime, &memory, &w.thread, k.lock + size));
		if (size) {
			assert_true(python_lock_contains(&w.runtime, &memory, &w.thread, k.lock));
			assert_true(python_lock_contains(&w.runtime, &memory, &w.thread,
							 k.lock + size - 1));
		}
		buf_deinit(&w.bytes);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_name_wherever_attributes_are),
		cmocka_unit_test(a_thread_that_began_with_something_else_has_none),
		cmocka_unit_test(what_is_not_a_str_is_no_name),
		cmocka_unit_test(frames_that_go_round_end),
		cmocka_unit_test(a_memory_that_lies_gives_some_name_or_none),
		cmocka_unit_test(who_has_the_lock_and_collects_garbage),
		cmocka_unit_test(what_is_in_the_lock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
