// SPDX-License-Identifier: Apache-2.0
/*
 * Where CPython has what: the table, debug offsets by hand, and those in the memory of an
 * interpreter.
 */
#include "tests/unit/lab.h"

#include <fcntl.h>
#include <gelf.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "base/io.h"
#include "elf/elf_file.h"
#include "proc/maps.h"
#include "python/layout.h"

#define NONE LAYOUT_NONE

static const struct {
	const char *name;
	size_t at;
} fields[] = {
#define ENTRY(name) { #name, offsetof(struct layout, name) },
	LAYOUT_FIELDS(ENTRY)
#undef ENTRY
};

static uint32_t value_of(const struct layout *l, size_t i)
{
	return *(const uint32_t *)((const uint8_t *)l + fields[i].at);
}

/* All fields whose name does not begin with `but`. */
static void assert_same_layout(const struct layout *a, const struct layout *b, const char *but)
{
	assert_int_equal(a->version, b->version);
	assert_int_equal(a->free_threaded, b->free_threaded);
	for (size_t i = 0; i < array_len(fields); i++) {
		if (*but && strncmp(fields[i].name, but, strlen(but)) == 0)
			continue;
		if (value_of(a, i) != value_of(b, i))
			fail_msg("%s: %u, not %u", fields[i].name, value_of(a, i), value_of(b, i));
	}
}

/* ---- the table ---- */

#define AT(field) #field, offsetof(struct layout, field)

TEST(the_table_has_what_was_measured)
{
	/* of 3.6 to 3.14 */
	static const struct { const char *name; size_t at; uint32_t of[9]; } cases[] = {
		{ AT(runtime_interpreters_head), { NONE, 24, 32, 32, 32, 40, 40, 632, 808 } },
		{ AT(runtime_tss_key), { NONE, 1508, 1396, 588, 588, 596, 1548, 2164, 2340 } },
		{ AT(runtime_gil), { NONE, 1264, 1152, 352, 352, 360, NONE, NONE, NONE } },
		{ AT(interp_next), { 0, 0, 0, 0, 0, 0, 0, 7264, 7272 } },
		{ AT(interp_threads_head), { 8, 8, 8, 8, 8, 16, 72, 7344, 7344 } },
		{ AT(interp_gil), { NONE, NONE, NONE, NONE, NONE, NONE, 384, 16, 16 } },
		{ AT(interp_gc_collecting),
		  { NONE, NONE, NONE, 816, 816, 848, 312, 7600, 7600 } },
		{ AT(gil_size), { NONE, 208, 208, 208, 208, 208, 208, 208, 208 } },
		{ AT(tstate_frame), { 24, 24, 24, 24, 24, NONE, NONE, NONE, NONE } },
		{ AT(tstate_cframe), { NONE, NONE, NONE, NONE, 48, 56, 56, NONE, NONE } },
		{ AT(tstate_current_frame),
		  { NONE, NONE, NONE, NONE, NONE, NONE, NONE, 72, 72 } },
		{ AT(tstate_thread_id), { 152, 176, 176, 176, 176, 152, 136, 152, 152 } },
		{ AT(tstate_native_thread_id),
		  { NONE, NONE, NONE, NONE, NONE, 160, 144, 160, 160 } },
		{ AT(frame_lasti), { 120, 104, 104, 104, 96, NONE, NONE, NONE, NONE } },
		{ AT(iframe_instr), { NONE, NONE, NONE, NONE, NONE, 56, 56, 56, 56 } },
		{ AT(iframe_owner), { NONE, NONE, NONE, NONE, NONE, 69, 70, 70, 74 } },
		{ AT(code_firstlineno), { 36, 36, 40, 40, 40, 72, 68, 68, 68 } },
		{ AT(code_linetable), { 112, 112, 120, 120, 120, 136, 136, 136, 136 } },
		{ AT(code_code_adaptive),
		  { NONE, NONE, NONE, NONE, NONE, 184, 192, 200, 208 } },
		{ AT(str_ascii_data), { 48, 48, 48, 48, 48, 48, 40, 40, 40 } },
		{ AT(str_compact_data), { 72, 72, 72, 72, 72, 72, 56, 56, 56 } },
		{ AT(type_cached_keys), { 856, 856, 872, 864, 872, 872, 880, 880, 880 } },
		{ AT(object_dict_before), { NONE, NONE, NONE, NONE, NONE, 24, 24, 24, 24 } },
		{ AT(dictkeys_nentries), { 32, 32, 32, 32, 32, 24, 24, 24, 24 } },
		{ AT(dictkeys_indices), { 40, 40, 40, 40, 40, 32, 32, 32, 32 } },
		{ AT(dictvalues_values), { NONE, NONE, NONE, NONE, NONE, 0, 0, 8, 8 } },
	};

	for (size_t i = 0; i < array_len(cases); i++)
		for (uint32_t minor = 6; minor <= 14; minor++) {
			const struct layout *l = layout_find(0x03000000 | minor << 16 | 0x20f0);
			uint32_t got;

			assert_non_null(l);
			got = *(const uint32_t *)((const uint8_t *)l + cases[i].at);
			if (got != cases[i].of[minor - 6])
				fail_msg("3.%u: %s is %u, not %u", minor, cases[i].name, got,
					 cases[i].of[minor - 6]);
		}
}

TEST(patch_releases_that_differ_have_rows_of_their_own)
{
	static const struct { uint32_t hex, gil, frame; } cases[] = {
		{ 0x030700f0, 1176, 24 }, { 0x030703f0, 1176, 24 }, { 0x030704f0, 1264, 24 },
		{ 0x030711f0, 1264, 24 },
	};

	for (size_t i = 0; i < array_len(cases); i++) {
		assert_int_equal(layout_find(cases[i].hex)->runtime_gil, cases[i].gil);
		assert_int_equal(layout_find(cases[i].hex)->tstate_frame, cases[i].frame);
	}
	assert_ptr_equal(layout_find(0x030b02f0), layout_find(0x030b07f0));
}

TEST(a_version_that_is_not_in_the_table_has_no_layout)
{
	static const uint32_t versions[] = {
		0, 0x020712f0, 0x030509f0, 0x030f00f0, 0x040000f0, UINT32_MAX,
	};

	for (size_t i = 0; i < array_len(versions); i++)
		assert_null(layout_find(versions[i]));
}

/* What a walker needs is there in every version. */
TEST(every_version_has_a_chain_from_a_thread_to_a_name)
{
	for (uint32_t minor = 6; minor <= 14; minor++) {
		const struct layout *l = layout_find(0x030000f0 | minor << 16);

		assert_int_equal(l->version, 0x0300 + minor);
		assert_false(l->free_threaded);
		assert_int_equal(l->interp_next == NONE || l->tstate_interp == NONE, 0);
		assert_int_equal((l->tstate_frame != NONE) + (l->cframe_current_frame != NONE) +
				 (l->tstate_current_frame != NONE), 1);
		assert_int_equal((l->frame_code != NONE) + (l->iframe_code != NONE), 1);
		assert_int_equal((l->frame_lasti != NONE) + (l->iframe_instr != NONE), 1);
		assert_int_equal((l->code_code != NONE) + (l->code_code_adaptive != NONE), 1);
		assert_int_equal((l->dictkeys_size != NONE) + (l->dictkeys_log2_size != NONE), 1);
	}
}

/* ---- debug offsets by hand ---- */

struct word {
	const char *name;
	uint64_t value;
};

/* As in the memory of a 3.13.0. */
static const struct word of_3_13[] = {
	{ "cookie", 0x7970677562656478 }, { "version", 0x030d00f0 }, { "free_threaded", 0 },
	{ "runtime.size", 283320 }, { "runtime.finalizing", 608 }, { "runtime.head", 632 },
	{ "interp.size", 194968 }, { "interp.id", 7272 }, { "interp.next", 7264 },
	{ "interp.threads_head", 7344 }, { "interp.gc", 7400 }, { "interp.modules", 7656 },
	{ "interp.sysdict", 7640 }, { "interp.builtins", 7648 }, { "interp.ceval_gil", 16 },
	{ "interp.gil", 7752 }, { "interp.gil_enabled", 0 }, { "interp.gil_locked", 7768 },
	{ "interp.gil_holder", 7760 },
	{ "tstate.size", 304 }, { "tstate.prev", 0 }, { "tstate.next", 8 },
	{ "tstate.interp", 16 }, { "tstate.current_frame", 72 }, { "tstate.thread_id", 152 },
	{ "tstate.native_thread_id", 160 }, { "tstate.chunk", 232 }, { "tstate.status", 32 },
	{ "iframe.size", 80 }, { "iframe.previous", 8 }, { "iframe.executable", 0 },
	{ "iframe.instr_ptr", 56 }, { "iframe.localsplus", 72 }, { "iframe.owner", 70 },
	{ "code.size", 208 }, { "code.filename", 112 }, { "code.name", 120 },
	{ "code.qualname", 128 }, { "code.linetable", 136 }, { "code.firstlineno", 68 },
	{ "code.argcount", 52 }, { "code.names", 96 }, { "code.kinds", 104 },
	{ "code.adaptive", 200 },
	{ "object.size", 16 }, { "object.type", 8 },
	{ "type.size", 416 }, { "type.name", 24 }, { "type.repr", 88 }, { "type.flags", 168 },
	{ "tuple.size", 32 }, { "tuple.item", 24 }, { "tuple.ob_size", 16 },
	{ "list.size", 40 }, { "list.item", 24 }, { "list.ob_size", 16 },
	{ "dict.size", 48 }, { "dict.keys", 32 }, { "dict.values", 40 },
	{ "float.size", 24 }, { "float.value", 16 },
	{ "long.size", 32 }, { "long.tag", 16 }, { "long.digit", 24 },
	{ "bytes.size", 40 }, { "bytes.ob_size", 16 }, { "bytes.data", 32 },
	{ "str.size", 64 }, { "str.state", 32 }, { "str.length", 16 }, { "str.ascii", 40 },
	{ "gc.size", 240 }, { "gc.collecting", 200 },
};

/* As in that of a 3.14.3. */
static const struct word of_3_14[] = {
	{ "cookie", 0x7970677562656478 }, { "version", 0x030e03f0 }, { "free_threaded", 0 },
	{ "runtime.size", 316576 }, { "runtime.finalizing", 784 }, { "runtime.head", 808 },
	{ "interp.size", 225824 }, { "interp.id", 7280 }, { "interp.next", 7272 },
	{ "interp.threads_head", 7344 }, { "interp.threads_main", 7360 }, { "interp.gc", 7408 },
	{ "interp.modules", 7664 }, { "interp.sysdict", 7648 }, { "interp.builtins", 7656 },
	{ "interp.ceval_gil", 16 }, { "interp.gil", 7760 }, { "interp.gil_enabled", 0 },
	{ "interp.gil_locked", 7776 }, { "interp.gil_holder", 7768 },
	{ "interp.code_generation", 7968 }, { "interp.tlbc_generation", 0 },
	{ "tstate.size", 824 }, { "tstate.prev", 0 }, { "tstate.next", 8 },
	{ "tstate.interp", 16 }, { "tstate.current_frame", 72 }, { "tstate.thread_id", 152 },
	{ "tstate.native_thread_id", 160 }, { "tstate.chunk", 232 }, { "tstate.status", 32 },
	{ "iframe.size", 88 }, { "iframe.previous", 8 }, { "iframe.executable", 0 },
	{ "iframe.instr_ptr", 56 }, { "iframe.localsplus", 80 }, { "iframe.owner", 74 },
	{ "iframe.stackpointer", 64 }, { "iframe.tlbc_index", 0 },
	{ "code.size", 216 }, { "code.filename", 112 }, { "code.name", 120 },
	{ "code.qualname", 128 }, { "code.linetable", 136 }, { "code.firstlineno", 68 },
	{ "code.argcount", 52 }, { "code.names", 96 }, { "code.kinds", 104 },
	{ "code.adaptive", 208 }, { "code.tlbc", 0 },
	{ "object.size", 16 }, { "object.type", 8 },
	{ "type.size", 416 }, { "type.name", 24 }, { "type.repr", 88 }, { "type.flags", 168 },
	{ "tuple.size", 40 }, { "tuple.item", 32 }, { "tuple.ob_size", 16 },
	{ "list.size", 40 }, { "list.item", 24 }, { "list.ob_size", 16 },
	{ "set.size", 200 }, { "set.used", 24 }, { "set.table", 40 }, { "set.mask", 32 },
	{ "dict.size", 48 }, { "dict.keys", 32 }, { "dict.values", 40 },
	{ "float.size", 24 }, { "float.value", 16 },
	{ "long.size", 32 }, { "long.tag", 16 }, { "long.digit", 24 },
	{ "bytes.size", 40 }, { "bytes.ob_size", 16 }, { "bytes.data", 32 },
	{ "str.size", 64 }, { "str.state", 32 }, { "str.length", 16 }, { "str.ascii", 40 },
	{ "gc.size", 240 }, { "gc.collecting", 192 },
};

/* Offsets that a test may change. */
struct offsets {
	const struct word *words;
	size_t n;
	uint64_t value[array_len(of_3_14)];
};

static struct offsets offsets_of(uint32_t minor)
{
	struct offsets o = { of_3_13, array_len(of_3_13), { 0 } };

	if (minor == 14) {
		o.words = of_3_14;
		o.n = array_len(of_3_14);
	}
	for (size_t i = 0; i < o.n; i++)
		o.value[i] = o.words[i].value;
	return o;
}

static uint64_t *word_of(struct offsets *o, const char *name)
{
	for (size_t i = 0; i < o->n; i++)
		if (strcmp(o->words[i].name, name) == 0)
			return &o->value[i];
	fail_msg("no word %s", name);
	return NULL;
}

/* From a copy of exactly that length, so that the sanitizer sees the end. */
static bool read_bytes(const void *bytes, size_t len, struct layout *out, const char **why)
{
	_cleanup_(freep) uint8_t *copy = xmemdup(bytes, len);

	return layout_from_debug_offsets(copy, len, out, why);
}

static bool read_offsets(const struct offsets *o, struct layout *out, const char **why)
{
	return read_bytes(o->value, o->n * sizeof(uint64_t), out, why);
}

TEST(the_offsets_of_a_version_are_what_the_table_has)
{
	for (uint32_t minor = 13; minor <= 14; minor++) {
		struct offsets o = offsets_of(minor);
		struct layout l;
		const char *why;

		assert_memory_equal(o.value, "xdebugpy", 8);
		if (!read_offsets(&o, &l, &why))
			fail_msg("3.%u: %s", minor, why);
		assert_same_layout(&l, layout_find(0x030000f0 | minor << 16), "");
	}
}

/* Every field that is said is taken from there, not from the table. */
TEST(what_the_offsets_say_is_believed)
{
	static const struct {
		const char *word;
		uint64_t value;
		size_t at;
		uint32_t is;
	} cases[] = {
		{ "runtime.head", 640, offsetof(struct layout, runtime_interpreters_head), 640 },
		{ "interp.id", 8000, offsetof(struct layout, interp_id), 8000 },
		{ "interp.next", 8000, offsetof(struct layout, interp_next), 8000 },
		{ "interp.threads_head", 8000, offsetof(struct layout, interp_threads_head), 8000 },
		{ "interp.ceval_gil", 24, offsetof(struct layout, interp_gil), 24 },
		{ "interp.gil", 7744, offsetof(struct layout, gil_locked), 24 },
		{ "interp.gil_locked", 7780, offsetof(struct layout, gil_locked), 28 },
		{ "interp.gil_holder", 7784, offsetof(struct layout, gil_last_holder), 32 },
		{ "interp.gc", 7000, offsetof(struct layout, interp_gc_collecting), 7200 },
		{ "gc.collecting", 4, offsetof(struct layout, interp_gc_collecting), 7404 },
		{ "tstate.next", 80, offsetof(struct layout, tstate_next), 80 },
		{ "tstate.interp", 80, offsetof(struct layout, tstate_interp), 80 },
		{ "tstate.current_frame", 80, offsetof(struct layout, tstate_current_frame), 80 },
		{ "tstate.thread_id", 80, offsetof(struct layout, tstate_thread_id), 80 },
		{ "tstate.native_thread_id", 80,
		  offsetof(struct layout, tstate_native_thread_id), 80 },
		{ "iframe.previous", 40, offsetof(struct layout, iframe_previous), 40 },
		{ "iframe.executable", 40, offsetof(struct layout, iframe_code), 40 },
		{ "iframe.instr_ptr", 40, offsetof(struct layout, iframe_instr), 40 },
		{ "iframe.localsplus", 40, offsetof(struct layout, iframe_localsplus), 40 },
		{ "iframe.owner", 79, offsetof(struct layout, iframe_owner), 79 },
		{ "code.filename", 0, offsetof(struct layout, code_filename), 0 },
		{ "code.name", 0, offsetof(struct layout, code_name), 0 },
		{ "code.qualname", 0, offsetof(struct layout, code_qualname), 0 },
		{ "code.linetable", 0, offsetof(struct layout, code_linetable), 0 },
		{ "code.firstlineno", 204, offsetof(struct layout, code_firstlineno), 204 },
		{ "code.adaptive", 207, offsetof(struct layout, code_code_adaptive), 207 },
		{ "object.type", 0, offsetof(struct layout, object_type), 0 },
		{ "type.name", 0, offsetof(struct layout, type_name), 0 },
		{ "type.flags", 0, offsetof(struct layout, type_flags), 0 },
		{ "dict.keys", 0, offsetof(struct layout, dict_keys), 0 },
		{ "dict.values", 0, offsetof(struct layout, dict_values), 0 },
		{ "bytes.ob_size", 0, offsetof(struct layout, object_var_size), 0 },
		{ "bytes.data", 39, offsetof(struct layout, bytes_data), 39 },
		{ "str.state", 36, offsetof(struct layout, str_state), 36 },
		{ "str.length", 0, offsetof(struct layout, str_length), 0 },
		{ "str.ascii", 48, offsetof(struct layout, str_ascii_data), 48 },
		{ "str.size", 80, offsetof(struct layout, str_data), 72 },
		{ "str.size", 80, offsetof(struct layout, str_compact_data), 72 },
	};

	for (size_t i = 0; i < array_len(cases); i++) {
		struct offsets o = offsets_of(13);
		struct layout l;
		const char *why;
		uint32_t got;

		*word_of(&o, cases[i].word) = cases[i].value;
		if (!read_offsets(&o, &l, &why))
			fail_msg("%s: %s", cases[i].word, why);
		got = *(const uint32_t *)((const uint8_t *)&l + cases[i].at);
		if (got != cases[i].is)
			fail_msg("%s: %u, not %u", cases[i].word, got, cases[i].is);
	}
}

TEST(the_table_adds_nothing_to_a_structure_that_is_another)
{
	struct offsets o = offsets_of(13);
	struct layout l, table = *layout_find(0x030d00f0);
	const char *why;

	*word_of(&o, "code.name") = 8;
	*word_of(&o, "type.flags") = 176;
	*word_of(&o, "interp.gil_locked") = 7780;
	assert_true(read_offsets(&o, &l, &why));
	table.code_name = 8;
	table.code_flags = table.code_nlocalsplus = table.code_stacksize = NONE;
	table.type_flags = 176;
	table.type_basicsize = table.type_dictoffset = table.type_cached_keys = NONE;
	table.gil_locked = 28;
	table.gil_size = NONE;
	assert_same_layout(&l, &table, "");
}

TEST(damaged_offsets_are_refused)
{
	static const char damaged[] = "its debug offsets make no sense";
	static const struct { const char *word; uint64_t value; const char *why; } cases[] = {
		{ "cookie", 0, damaged },
		{ "cookie", 0x7a70677562656478, damaged },
		{ "version", 0, damaged },
		{ "version", 0x030c00f0, damaged },
		{ "version", 0x1030d00f0, damaged },
		{ "version", UINT64_MAX, damaged },
		{ "version", 0x030f00f0, "its version 3.15 is not known" },
		{ "version", 0x031400f0, "its version 3.20 is not known" },
		{ "version", 0x031500f0, "its version is not known" },
		{ "version", 0x03ff00f0, "its version is not known" },
		{ "version", 0x040d00f0, "its version is not known" },
		{ "version", 0xffffffff, "its version is not known" },
		{ "version", 0x030d00a6, "its version is an alpha or a beta" },
		{ "version", 0x030d00b4, "its version is an alpha or a beta" },
		{ "version", 0x030d00c1, NULL },	/* a release candidate */
		{ "version", 0x030d05f0, NULL },
		{ "free_threaded", 1, "its build is free-threaded" },
		{ "free_threaded", 2, damaged },
		{ "free_threaded", UINT64_MAX, damaged },
		/* sizes */
		{ "runtime.size", 0, damaged },
		{ "interp.size", 1 << 20, NULL },
		{ "interp.size", (1 << 20) + 1, damaged },
		{ "tstate.size", 160, damaged },
		{ "str.size", UINT64_MAX, damaged },
		/* offsets */
		{ "tstate.next", 296, NULL },
		{ "tstate.next", 304, damaged },
		{ "tstate.next", 12, damaged },
		{ "tstate.next", UINT64_MAX, damaged },
		{ "tstate.next", UINT64_MAX - 7, damaged },
		{ "tstate.next", 1ull << 32, damaged },
		{ "iframe.owner", 79, NULL },
		{ "iframe.owner", 80, damaged },
		{ "code.firstlineno", 70, damaged },
		{ "code.adaptive", 208, damaged },
		{ "code.argcount", 208, damaged },
		{ "str.ascii", 64, damaged },
		{ "interp.gc", 194968 - 232, damaged },
		{ "interp.gil", 7776, damaged },
		{ "interp.gil_locked", 7748, damaged },
		{ "interp.gil_holder", 7744, damaged },
		{ "gc.collecting", 240, damaged },
	};

	for (size_t i = 0; i < array_len(cases); i++) {
		struct offsets o = offsets_of(13);
		const char *why = NULL;
		struct layout l;
		bool known;

		*word_of(&o, cases[i].word) = cases[i].value;
		known = read_offsets(&o, &l, &why);
		if (known != !cases[i].why)
			fail_msg("%s = %#llx: %s", cases[i].word,
				 (unsigned long long)cases[i].value, known ? "taken" : why);
		if (!known)
			assert_string_equal(why, cases[i].why);
	}
}

TEST(offsets_that_are_cut_short_are_refused)
{
	for (uint32_t minor = 13; minor <= 14; minor++) {
		struct offsets o = offsets_of(minor);
		struct layout l;
		const char *why;
		size_t len = o.n * sizeof(uint64_t);

		for (size_t cut = 0; cut < len; cut++) {
			assert_false(read_bytes(o.value, cut, &l, &why));
			assert_string_equal(why, "its debug offsets make no sense");
		}
		assert_true(read_bytes(o.value, len, &l, &why));
	}
}

/* The order of one version is not that of the other. */
TEST(offsets_of_another_version_make_no_sense)
{
	for (uint32_t minor = 13; minor <= 14; minor++) {
		struct offsets o = offsets_of(minor);
		struct layout l;
		const char *why;

		*word_of(&o, "version") ^= 0x030d0000 ^ 0x030e0000;
		assert_false(read_offsets(&o, &l, &why));
		assert_string_equal(why, "its debug offsets make no sense");
	}
}

/* Whatever is there: what is taken for a layout has no offset that is out of bounds. */
TEST(a_layout_of_changed_bytes_stays_within_bounds)
{
	uint64_t seed = 1;
	size_t n_taken = 0;

	for (int round = 0; round < 100000; round++) {
		struct offsets o = offsets_of(13 + (uint32_t)(round & 1));
		struct layout l;
		const char *why;

		for (int i = 0; i < 1 + round % 3; i++) {
			uint8_t *bytes = (uint8_t *)o.value;

			seed = seed * 6364136223846793005u + 1442695040888963407u;
			bytes[(seed >> 33) % (o.n * 8)] = (uint8_t)(seed >> 56);
		}
		if (!read_offsets(&o, &l, &why))
			continue;
		n_taken++;
		for (size_t i = 0; i < array_len(fields); i++)
			assert_true(value_of(&l, i) < 1 << 20 || value_of(&l, i) == NONE);
	}
	assert_true(n_taken > 1000 && n_taken < 50000);
}

/* ---- an interpreter ---- */

struct python {
	pid_t pid;
	int to_it, from_it, mem;
	uint64_t runtime;	/* the address of _PyRuntime */
};

/* Where the file of `path` has `name`; 0: nowhere. */
static uint64_t symbol_in(struct elf_file *file, const char *name)
{
	Elf *elf = elf_file_elf(file);
	Elf_Scn *section = NULL;

	while ((section = elf_nextscn(elf, section))) {
		GElf_Shdr header;
		GElf_Sym symbol;
		Elf_Data *data;

		if (!gelf_getshdr(section, &header) || header.sh_type != SHT_DYNSYM)
			continue;
		data = elf_getdata(section, NULL);
		for (int i = 0; data && gelf_getsym(data, i, &symbol); i++) {
			const char *is = elf_strptr(elf, header.sh_link, symbol.st_name);

			if (is && strcmp(is, name) == 0 && symbol.st_shndx != SHN_UNDEF)
				return symbol.st_value;
		}
	}
	return 0;
}

/* The address of a symbol that one of the mapped files of process `pid` has. */
static uint64_t address_of(pid_t pid, const char *name)
{
	_cleanup_(freep) char *maps_path = xasprintf("/proc/%d/maps", (int)pid);
	_cleanup_(closep) int maps = open(maps_path, O_RDONLY | O_CLOEXEC);
	struct buf text = { 0 };
	struct proc_map m;
	struct error err;
	uint64_t addr = 0;

	assert_int_equal(io_read_all(maps, 64 << 20, &text, &err), 0);
	const char *at = (const char *)text.data, *end = at + text.len;
	while (addr == 0 && proc_maps_next(&at, end, &m)) {
		_cleanup_(freep) char *path = strndup(m.path, m.path_len);
		_cleanup_(closep) int fd = -1;
		struct elf_file *file;

		if (m.off != 0 || m.path[0] != '/' || !strstr(path, "python"))
			continue;
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0 || elf_file_open(fd, &file, &err) < 0)
			continue;
		addr = symbol_in(file, name);
		if (addr)
			addr += m.start - (elf_file_segment(file, 0)->vaddr & ~4095ull);
		elf_file_close(file);
	}
	buf_deinit(&text);
	return addr;
}

/* Start the interpreter and wait until it runs what it was told. */
static void python_start(struct python *p, const char *program)
{
	_cleanup_(freep) char *mem = NULL;
	int up[2], down[2];
	char byte;

	assert_int_equal(pipe2(up, O_CLOEXEC), 0);
	assert_int_equal(pipe2(down, O_CLOEXEC), 0);
	p->pid = fork();
	assert_true(p->pid >= 0);
	if (p->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(down[0], 0);
		dup2(up[1], 1);
		execl(program, program, "-c", "print(1, flush=True); input()", NULL);
		_exit(127);
	}
	close(up[1]);
	close(down[0]);
	p->to_it = down[1];
	p->from_it = up[0];
	struct pollfd ready = { .fd = p->from_it, .events = POLLIN };
	assert_int_equal(poll(&ready, 1, 30000), 1);
	assert_int_equal(read(p->from_it, &byte, 1), 1);
	mem = xasprintf("/proc/%d/mem", (int)p->pid);
	p->mem = open(mem, O_RDONLY | O_CLOEXEC);
	assert_true(p->mem >= 0);
	p->runtime = address_of(p->pid, "_PyRuntime");
	assert_true(p->runtime > 0);
}

static void python_end(struct python *p)
{
	close(p->mem);
	kill(p->pid, SIGKILL);
	assert_int_equal(waitpid(p->pid, NULL, 0), p->pid);
	close(p->to_it);
	close(p->from_it);
}

static uint64_t word_at(const struct python *p, uint64_t addr)
{
	uint64_t word;

	assert_int_equal(pread(p->mem, &word, sizeof(word), (off_t)addr), sizeof(word));
	return word;
}

/* Compare what a running interpreter says with the table, but for fields named `but`. */
static void look_into(const char *version, uint32_t version_hex, const char *but)
{
	uint8_t bytes[LAYOUT_DEBUG_BYTES];
	struct python p;
	struct layout l;
	const char *why;

	/* Not by way of a shim, which could be of another version. */
	if (!lab_try("for p in ${PYENV_ROOT:-/root/.pyenv}/versions/*/bin/python%s "
		     "\"$(command -v python%s)\"; do "
		     "\"$p\" -c 'import sys; print(sys.executable, end=\"\")' >it 2>/dev/null && "
		     "exit 0; done; exit 1", version, version)) {
		print_message("skipped: no python%s here\n", version);
		skip();
	}
	_cleanup_(freep) char *program = lab_output("cat it");
	python_start(&p, program);
	assert_int_equal(pread(p.mem, bytes, sizeof(bytes), (off_t)p.runtime), sizeof(bytes));
	if (!layout_from_debug_offsets(bytes, sizeof(bytes), &l, &why))
		fail_msg("%s: %s", program, why);
	assert_same_layout(&l, layout_find(version_hex), but);

	uint64_t interp = word_at(&p, p.runtime + l.runtime_interpreters_head);
	uint64_t tstate = word_at(&p, interp + l.interp_threads_head);
	assert_int_equal(word_at(&p, tstate + l.tstate_interp), interp);
	assert_int_equal(word_at(&p, tstate + l.tstate_native_thread_id), p.pid);
	assert_int_equal(word_at(&p, interp + l.interp_next), 0);
	python_end(&p);
}

TEST(a_running_3_13_says_what_the_table_has)
{
	look_into("3.13", 0x030d00f0, "");
}

/* 3.14.5 has other members in its interpreter's state. */
TEST(a_running_3_14_says_what_the_table_has)
{
	look_into("3.14", 0x030e00f0, "interp_");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_table_has_what_was_measured),
		cmocka_unit_test(patch_releases_that_differ_have_rows_of_their_own),
		cmocka_unit_test(a_version_that_is_not_in_the_table_has_no_layout),
		cmocka_unit_test(every_version_has_a_chain_from_a_thread_to_a_name),
		cmocka_unit_test(the_offsets_of_a_version_are_what_the_table_has),
		cmocka_unit_test(what_the_offsets_say_is_believed),
		cmocka_unit_test(the_table_adds_nothing_to_a_structure_that_is_another),
		cmocka_unit_test(damaged_offsets_are_refused),
		cmocka_unit_test(offsets_that_are_cut_short_are_refused),
		cmocka_unit_test(offsets_of_another_version_make_no_sense),
		cmocka_unit_test(a_layout_of_changed_bytes_stays_within_bounds),
		cmocka_unit_test(a_running_3_13_says_what_the_table_has),
		cmocka_unit_test(a_running_3_14_says_what_the_table_has),
	};

	return cmocka_run_group_tests(tests, lab_setup, lab_teardown);
}
