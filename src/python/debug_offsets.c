// SPDX-License-Identifier: Apache-2.0
/*
 * struct _Py_DebugOffsets: 8 bytes "xdebugpy", then words of 64 bits: the version, whether
 * the build is free-threaded, and for each of some structures its size and offsets in it.
 * Which these are, and their order, depends on the minor version (its patch releases did not
 * differ so far); alphas and betas have what was there on their day.
 */
#include "python/layout.h"

#include <string.h>

#include "base/cursor.h"
#include "base/util.h"

#define COOKIE "xdebugpy"
#define MAX_BYTES (1u << 20)	/* of a structure; the largest has some 300 KiB */
#define MIN_LEVEL 0xc		/* of a release candidate, in PY_VERSION_HEX */

/* What the words say: fields, and what fields are made of. */
struct said {
	struct layout layout;
	uint32_t interp_bytes;
	uint32_t interp_gc;
	uint32_t interp_gil;	/* the structure, layout.interp_gil is a pointer to one */
	uint32_t interp_gil_locked;
	uint32_t interp_gil_last_holder;
	uint32_t str_bytes;
	uint32_t gc_bytes;
	uint32_t gc_collecting;
	uint32_t other;
};

struct word {
	uint16_t to;		/* a member of struct said, in bytes */
	uint8_t member_bytes;	/* of what is at that offset; 0: the word is a size */
	uint16_t since;		/* the first version that has the word */
};

#define SIZE(to) { offsetof(struct said, to), 0, 0 }
#define PART(to, bytes) { offsetof(struct said, to), bytes, 0 }
#define FIELD(to, bytes) PART(layout.to, bytes)
#define OTHER PART(other, 1)
#define SIZE_14 { offsetof(struct said, other), 0, 0x030e }
#define OTHER_14 { offsetof(struct said, other), 1, 0x030e }

static const uint16_t versions[] = { 0x030d, 0x030e };

static const struct word words[] = {
	/* _PyRuntimeState: finalizing, interpreters_head */
	SIZE(other), OTHER, FIELD(runtime_interpreters_head, 8),
	/* PyInterpreterState: id, next, threads_head, threads_main, gc */
	SIZE(interp_bytes), FIELD(interp_id, 8), FIELD(interp_next, 8),
	FIELD(interp_threads_head, 8), OTHER_14, PART(interp_gc, 8),
	/* imports_modules, sysdict, builtins, ceval_gil */
	OTHER, OTHER, OTHER, FIELD(interp_gil, 8),
	/* gil_runtime_state, ..._enabled (0 unless free-threaded), _locked, _holder */
	PART(interp_gil, 8), OTHER, PART(interp_gil_locked, 4), PART(interp_gil_last_holder, 8),
	/* code_object_generation, tlbc_generation */
	OTHER_14, OTHER_14,
	/* PyThreadState: prev, next, interp, current_frame */
	SIZE(other), OTHER, FIELD(tstate_next, 8), FIELD(tstate_interp, 8),
	FIELD(tstate_current_frame, 8),
	/* thread_id, native_thread_id, datastack_chunk, status */
	FIELD(tstate_thread_id, 8), FIELD(tstate_native_thread_id, 8), OTHER, OTHER,
	/* _PyInterpreterFrame: previous, executable, instr_ptr, localsplus, owner */
	SIZE(other), FIELD(iframe_previous, 8), FIELD(iframe_code, 8), FIELD(iframe_instr, 8),
	FIELD(iframe_localsplus, 8), FIELD(iframe_owner, 1),
	/* stackpointer, tlbc_index */
	OTHER_14, OTHER_14,
	/* PyCodeObject: filename, name, qualname, linetable, firstlineno */
	SIZE(other), FIELD(code_filename, 8), FIELD(code_name, 8), FIELD(code_qualname, 8),
	FIELD(code_linetable, 8), FIELD(code_firstlineno, 4),
	/* argcount, localsplusnames, localspluskinds, co_code_adaptive, co_tlbc */
	OTHER, OTHER, OTHER, FIELD(code_code_adaptive, 1), OTHER_14,
	/* PyObject: ob_type */
	SIZE(other), FIELD(object_type, 8),
	/* PyTypeObject: tp_name, tp_repr, tp_flags */
	SIZE(other), FIELD(type_name, 8), OTHER, FIELD(type_flags, 8),
	/* PyTupleObject: ob_item, ob_size */
	SIZE(other), OTHER, OTHER,
	/* PyListObject: ob_item, ob_size */
	SIZE(other), OTHER, OTHER,
	/* PySetObject: used, table, mask */
	SIZE_14, OTHER_14, OTHER_14, OTHER_14,
	/* PyDictObject: ma_keys, ma_values */
	SIZE(other), FIELD(dict_keys, 8), FIELD(dict_values, 8),
	/* PyFloatObject: ob_fval */
	SIZE(other), OTHER,
	/* PyLongObject: lv_tag, ob_digit */
	SIZE(other), OTHER, OTHER,
	/* PyBytesObject: ob_size, ob_sval */
	SIZE(other), FIELD(object_var_size, 8), FIELD(bytes_data, 1),
	/* PyUnicodeObject: state, length, the size of the PyASCIIObject that it begins with */
	SIZE(str_bytes), FIELD(str_state, 4), FIELD(str_length, 8), FIELD(str_ascii_data, 8),
	/* struct _gc_runtime_state: collecting; of what 3.14 has behind it nothing is used */
	SIZE(gc_bytes), PART(gc_collecting, 4),
};

static const char *unknown_version(uint16_t version)
{
#define PHRASE(minor) [minor] = "its version 3." #minor " is not known"
	static const char *const phrases[] = {
		PHRASE(15), PHRASE(16), PHRASE(17), PHRASE(18), PHRASE(19), PHRASE(20),
	};
#undef PHRASE
	uint8_t minor = (uint8_t)version;

	if (version >> 8 == 3 && minor < array_len(phrases) && phrases[minor])
		return phrases[minor];
	return "its version is not known";
}

static bool known_version(uint16_t version)
{
	for (size_t i = 0; i < array_len(versions); i++)
		if (versions[i] == version)
			return true;
	return false;
}

/* Each word is a size, or an offset of something that is within that size. */
static bool read_words(struct cursor *c, struct said *out)
{
	uint32_t size = 0;

	for (size_t i = 0; i < array_len(words); i++) {
		uint32_t bytes = words[i].member_bytes;

		if (words[i].since > out->layout.version)
			continue;
		uint64_t value = cursor_u64(c);
		if (bytes == 0) {
			if (value > MAX_BYTES)
				return false;
			size = (uint32_t)value;
		} else if (value > size || size - value < bytes || value % bytes) {
			return false;
		}
		*(uint32_t *)((char *)out + words[i].to) = (uint32_t)value;
	}
	return !c->bad;
}

/* The fields that are made of several words. */
static bool derive(struct said *s)
{
	if (s->interp_gc + s->gc_bytes > s->interp_bytes ||
	    s->interp_gil_locked < s->interp_gil || s->interp_gil_last_holder < s->interp_gil)
		return false;
	s->layout.interp_gc_collecting = s->interp_gc + s->gc_collecting;
	s->layout.gil_locked = s->interp_gil_locked - s->interp_gil;
	s->layout.gil_last_holder = s->interp_gil_last_holder - s->interp_gil;
	/* Of a PyUnicodeObject the pointer is the last, behind a PyCompactUnicodeObject. */
	s->layout.str_data = s->layout.str_compact_data = s->str_bytes - 8;
	return true;
}

static const struct {
	const char *name;
	size_t at;
} fields[] = {
#define ENTRY(name) { #name, offsetof(struct layout, name) },
	LAYOUT_FIELDS(ENTRY)
#undef ENTRY
};

static uint32_t *field_of(struct layout *l, size_t i)
{
	return (uint32_t *)((uint8_t *)l + fields[i].at);
}

/* Is what was said of the structure of field `i` as in the table? */
static bool structure_agrees(struct layout *said, struct layout *table, size_t i)
{
	size_t prefix = strcspn(fields[i].name, "_") + 1;

	for (size_t j = 0; j < array_len(fields); j++)
		if (strncmp(fields[i].name, fields[j].name, prefix) == 0 &&
		    *field_of(said, j) != LAYOUT_NONE &&
		    *field_of(said, j) != *field_of(table, j))
			return false;
	return true;
}

static void add_left_out(struct layout *said, struct layout table, struct layout *out)
{
	for (size_t i = 0; i < array_len(fields); i++)
		if (*field_of(said, i) == LAYOUT_NONE && structure_agrees(said, &table, i))
			*field_of(out, i) = *field_of(&table, i);
}

bool layout_from_debug_offsets(const uint8_t *bytes, size_t len, struct layout *out,
			       const char **why)
{
	struct cursor c = cursor_make(bytes, len);
	const uint8_t *cookie = cursor_bytes(&c, strlen(COOKIE));
	uint64_t version = cursor_u64(&c), free_threaded = cursor_u64(&c);
	const struct layout *table;
	struct said said;

	*why = "its debug offsets make no sense";
	if (c.bad || memcmp(cookie, COOKIE, strlen(COOKIE)) != 0 || version > UINT32_MAX ||
	    layout_version((uint32_t)version) < versions[0] || free_threaded > 1)
		return false;
	if (!known_version(layout_version((uint32_t)version))) {
		*why = unknown_version(layout_version((uint32_t)version));
		return false;
	}
	if ((version >> 4 & 0xf) < MIN_LEVEL) {
		*why = "its version is an alpha or a beta";
		return false;
	}
	if (free_threaded) {
		*why = "its build is free-threaded";
		return false;
	}
	memset(&said, 0xff, sizeof(said));	/* LAYOUT_NONE */
	said.layout.version = layout_version((uint32_t)version);
	said.layout.free_threaded = false;
	if (!read_words(&c, &said) || !derive(&said))
		return false;
	*out = said.layout;
	table = layout_find((uint32_t)version);
	if (table && table->free_threaded == said.layout.free_threaded)
		add_left_out(&said.layout, *table, out);
	return true;
}
