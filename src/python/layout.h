// SPDX-License-Identifier: Apache-2.0
/*
 * python/layout.h - where CPython has what in its structures.
 *
 * Of 3.6 to 3.12 this is a table (layouts.inc) that layout_generator.c prints, compiled
 * against the headers of each version.  From 3.13 on the interpreter says it itself
 * (struct _Py_DebugOffsets at the start of _PyRuntime, whose own layout differs between
 * versions); what it leaves out comes from the table.  A version that has none is not
 * guessed.
 *
 *	uint8_t bytes[LAYOUT_DEBUG_BYTES];	read at _PyRuntime
 *	struct layout l;
 *
 *	if (version < 0x030d0000)
 *		known = layout_find(version);
 *	else if (layout_from_debug_offsets(bytes, len, &l, &why))
 *		known = &l;
 *
 * Offsets are in bytes from the start of the structure in their name; LAYOUT_NONE: this
 * version has no such field, or it is not known where.  The table is of x86-64 with glibc:
 * where locks have other sizes, what lies behind them in runtime and gil is elsewhere.
 */
#ifndef CPROFD_PYTHON_LAYOUT_H
#define CPROFD_PYTHON_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LAYOUT_NONE UINT32_MAX

/*
 * Names are structure_field, as the newest version that has it calls it:
 *	runtime	_PyRuntimeState		interp	PyInterpreterState
 *	tstate	PyThreadState		cframe	_PyCFrame
 *	frame	PyFrameObject (to 3.10)	iframe	_PyInterpreterFrame (from 3.11)
 *	code	PyCodeObject		gil	struct _gil_runtime_state
 *	object	PyObject, PyVarObject	bytes	PyBytesObject
 *	str	PyASCIIObject, PyCompactUnicodeObject, PyUnicodeObject
 *	type	PyTypeObject, PyHeapTypeObject	dict, dictkeys, dictvalues
 */
#define LAYOUT_FIELDS(X)                                                       \
	X(runtime_interpreters_head)                                           \
	X(runtime_tstate_current)	/* gilstate's; to 3.11 */              \
	X(runtime_tss_key)		/* autoTSSkey._key */                  \
	X(runtime_gil)			/* ceval.gil; to 3.11 */               \
	X(runtime_gc_collecting)	/* 3.7 and 3.8 */                      \
	X(runtime_main_thread)                                                 \
	X(interp_next)                                                         \
	X(interp_id)                                                           \
	X(interp_threads_head)		/* tstate_head to 3.10 */              \
	X(interp_gil)			/* pointer to it; from 3.12 */         \
	X(interp_gc_collecting)		/* from 3.9 */                         \
	X(gil_last_holder)                                                     \
	X(gil_locked)                                                          \
	X(gil_size)                                                            \
	X(tstate_next)                                                         \
	X(tstate_interp)                                                       \
	X(tstate_frame)			/* to 3.10 */                          \
	X(tstate_cframe)		/* pointer; 3.10 to 3.12 */            \
	X(tstate_current_frame)		/* from 3.13 */                        \
	X(tstate_root_cframe)		/* 3.10 to 3.12 */                     \
	X(tstate_thread_id)                                                    \
	X(tstate_native_thread_id)	/* from 3.11 */                        \
	X(cframe_current_frame)		/* 3.11, 3.12 */                       \
	X(cframe_previous)                                                     \
	X(frame_back)                                                          \
	X(frame_code)                                                          \
	X(frame_lasti)                                                         \
	X(frame_localsplus)                                                    \
	X(iframe_code)			/* f_code, f_executable */             \
	X(iframe_previous)                                                     \
	X(iframe_instr)			/* prev_instr, instr_ptr */            \
	X(iframe_is_entry)		/* 3.11 */                             \
	X(iframe_owner)                                                        \
	X(iframe_localsplus)                                                   \
	X(code_filename)                                                       \
	X(code_name)                                                           \
	X(code_qualname)		/* from 3.11 */                        \
	X(code_firstlineno)                                                    \
	X(code_nlocalsplus)		/* from 3.11 */                        \
	X(code_stacksize)		/* from 3.11 */                        \
	X(code_linetable)		/* co_lnotab to 3.9 */                 \
	X(code_code)			/* pointer to bytes; to 3.10 */        \
	X(code_code_adaptive)		/* from 3.11 */                        \
	X(code_flags)                                                          \
	X(object_type)                                                         \
	X(object_var_size)                                                     \
	X(object_dict_before)		/* pointer to it; from 3.11 */         \
	X(object_values_before)		/* pointer to them; 3.11 */            \
	X(bytes_data)                                                          \
	X(str_length)                                                          \
	X(str_state)                                                           \
	X(str_ascii_data)                                                      \
	X(str_compact_data)                                                    \
	X(str_data)			/* pointer; of those not compact */    \
	X(type_name)                                                           \
	X(type_basicsize)                                                      \
	X(type_flags)                                                          \
	X(type_dictoffset)                                                     \
	X(type_cached_keys)		/* ht_cached_keys */                   \
	X(dict_keys)                                                           \
	X(dict_values)                                                         \
	X(dictkeys_log2_size)		/* from 3.11 */                        \
	X(dictkeys_log2_index_bytes)	/* from 3.11 */                        \
	X(dictkeys_kind)		/* from 3.11 */                        \
	X(dictkeys_size)		/* dk_size; to 3.10 */                 \
	X(dictkeys_nentries)                                                   \
	X(dictkeys_indices)                                                    \
	X(dictvalues_values)                                                   \
	X(dictvalues_valid)		/* from 3.13 */

#define LAYOUT_MEMBER(name) uint32_t name;
struct layout {
	uint16_t version;	/* 0x030b is 3.11 */
	uint8_t last_micro;	/* the last of its patch releases that this is of */
	bool free_threaded;
	LAYOUT_FIELDS(LAYOUT_MEMBER)
};
#undef LAYOUT_MEMBER

/* As PY_VERSION_HEX has it: of 0x030b02f0, 3.11.2, the part above. */
static inline uint16_t layout_version(uint32_t hex)
{
	return (uint16_t)(hex >> 16);
}

/*
 * The compiled-in layout of a version as PY_VERSION_HEX has it; or NULL.  Of one minor
 * version's patch releases 3.7.0 to 3.7.3 have a row of their own; the others up to 3.13 do
 * not differ, as far as is known.
 */
const struct layout *layout_find(uint32_t version_hex);

#define LAYOUT_DEBUG_BYTES 1024	/* of _PyRuntime, enough for any struct _Py_DebugOffsets */

/*
 * The layout by the `len` bytes at the start of _PyRuntime (3.13 and later).  False
 * with *why, a phrase like "its version 3.15 is not known", if there is none, or
 * if what is there makes no sense; *why stays valid for ever.
 *
 * A field that they leave out is taken from the table if all the fields that they do say
 * of its structure are where the table has them, and else is LAYOUT_NONE: somebody built
 * that interpreter in another way, or its patch release is not the table's.
 */
bool layout_from_debug_offsets(const uint8_t *bytes, size_t len, struct layout *out,
			       const char **why);

#endif
