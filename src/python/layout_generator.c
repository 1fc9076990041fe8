// SPDX-License-Identifier: Apache-2.0
/*
 * Prints the row of layouts.inc of the CPython whose headers it is compiled against;
 * layout_generate does that.  What a version has nowhere stays LAYOUT_NONE.
 */
#include <Python.h>

#if PY_VERSION_HEX < 0x03070000
#include <frameobject.h>
#elif PY_VERSION_HEX < 0x03080000
#include <frameobject.h>
#include <internal/pystate.h>
#include <internal/mem.h>
#include <internal/gil.h>
#include <internal/ceval.h>
#elif PY_VERSION_HEX < 0x03090000
#include <frameobject.h>
#include <internal/pycore_pystate.h>
#include <internal/pycore_pymem.h>
#include <internal/pycore_ceval.h>
#include <internal/pycore_gil.h>
#else
#include <frameobject.h>
#include <internal/pycore_runtime.h>
#include <internal/pycore_interp.h>
#include <internal/pycore_pystate.h>
#include <internal/pycore_gil.h>
#endif
#if PY_VERSION_HEX >= 0x030b0000
#include <internal/pycore_frame.h>
#include <internal/pycore_code.h>
#include <internal/pycore_dict.h>
#include <internal/pycore_object.h>
#endif
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "layout.h"

/* The first and the last version of what follows. */
#define FROM(version) (PY_VERSION_HEX >> 16 >= (version))
#define TO(version) (PY_VERSION_HEX >> 16 <= (version))

/* With 3.7.4 the head of what is collected is aligned to 16 bytes: runtime.gc grew. */
#if FROM(0x0307) && PY_VERSION_HEX < 0x03070400
#define LAST_MICRO 3
#else
#define LAST_MICRO 255
#endif

#if TO(0x030a)
/* Of Objects/dict-common.h, which is not installed; the same in 3.6 to 3.10. */
struct _dictkeysobject {
	Py_ssize_t dk_refcnt;
	Py_ssize_t dk_size;
	void *dk_lookup;
	Py_ssize_t dk_usable;
	Py_ssize_t dk_nentries;
	char dk_indices[];
};
#endif

static struct layout row;

#define AT(field, type, member) (row.field = offsetof(type, member))

static void runtime(void)
{
#if FROM(0x0307)
	AT(runtime_interpreters_head, _PyRuntimeState, interpreters.head);
#endif
#if FROM(0x0307) && TO(0x030b)
	AT(runtime_tstate_current, _PyRuntimeState, gilstate.tstate_current);
	AT(runtime_tss_key, _PyRuntimeState, gilstate.autoTSSkey._key);
	AT(runtime_gil, _PyRuntimeState, ceval.gil);
#endif
#if FROM(0x030c)
	AT(runtime_tss_key, _PyRuntimeState, autoTSSkey._key);
#endif
#if FROM(0x0307) && TO(0x0308)
	AT(runtime_gc_collecting, _PyRuntimeState, gc.collecting);
#endif
#if FROM(0x0308)
	AT(runtime_main_thread, _PyRuntimeState, main_thread);
#endif
}

static void interp(void)
{
	AT(interp_next, PyInterpreterState, next);
#if FROM(0x0307)
	AT(interp_id, PyInterpreterState, id);
#endif
#if FROM(0x030b)
	AT(interp_threads_head, PyInterpreterState, threads.head);
#else
	AT(interp_threads_head, PyInterpreterState, tstate_head);
#endif
#if FROM(0x030c)
	AT(interp_gil, PyInterpreterState, ceval.gil);
#endif
#if FROM(0x0309)
	AT(interp_gc_collecting, PyInterpreterState, gc.collecting);
#endif
}

static void gil(void)
{
#if FROM(0x0307)
	AT(gil_last_holder, struct _gil_runtime_state, last_holder);
	AT(gil_locked, struct _gil_runtime_state, locked);
	row.gil_size = sizeof(struct _gil_runtime_state);
#endif
}

static void tstate(void)
{
	AT(tstate_next, PyThreadState, next);
	AT(tstate_interp, PyThreadState, interp);
#if TO(0x030a)
	AT(tstate_frame, PyThreadState, frame);
#endif
#if FROM(0x030a) && TO(0x030c)
	AT(tstate_cframe, PyThreadState, cframe);
	AT(tstate_root_cframe, PyThreadState, root_cframe);
#endif
#if FROM(0x030d)
	AT(tstate_current_frame, PyThreadState, current_frame);
#endif
	AT(tstate_thread_id, PyThreadState, thread_id);
#if FROM(0x030b)
	AT(tstate_native_thread_id, PyThreadState, native_thread_id);
#endif
}

static void frames(void)
{
#if FROM(0x030a) && TO(0x030a)
	AT(cframe_previous, CFrame, previous);
#endif
#if FROM(0x030b) && TO(0x030c)
	AT(cframe_current_frame, _PyCFrame, current_frame);
	AT(cframe_previous, _PyCFrame, previous);
#endif
#if TO(0x030a)
	AT(frame_back, PyFrameObject, f_back);
	AT(frame_code, PyFrameObject, f_code);
	AT(frame_lasti, PyFrameObject, f_lasti);
	AT(frame_localsplus, PyFrameObject, f_localsplus);
#else
	AT(iframe_previous, _PyInterpreterFrame, previous);
	AT(iframe_owner, _PyInterpreterFrame, owner);
	AT(iframe_localsplus, _PyInterpreterFrame, localsplus);
#endif
#if FROM(0x030b) && TO(0x030b)
	AT(iframe_is_entry, _PyInterpreterFrame, is_entry);
#endif
#if FROM(0x030b) && TO(0x030c)
	AT(iframe_code, _PyInterpreterFrame, f_code);
	AT(iframe_instr, _PyInterpreterFrame, prev_instr);
#endif
#if FROM(0x030d)
	AT(iframe_code, _PyInterpreterFrame, f_executable);
	AT(iframe_instr, _PyInterpreterFrame, instr_ptr);
#endif
}

static void code(void)
{
	AT(code_filename, PyCodeObject, co_filename);
	AT(code_name, PyCodeObject, co_name);
	AT(code_firstlineno, PyCodeObject, co_firstlineno);
	AT(code_flags, PyCodeObject, co_flags);
#if TO(0x0309)
	AT(code_linetable, PyCodeObject, co_lnotab);
#else
	AT(code_linetable, PyCodeObject, co_linetable);
#endif
#if TO(0x030a)
	AT(code_code, PyCodeObject, co_code);
#else
	AT(code_qualname, PyCodeObject, co_qualname);
	AT(code_code_adaptive, PyCodeObject, co_code_adaptive);
	AT(code_nlocalsplus, PyCodeObject, co_nlocalsplus);
	AT(code_stacksize, PyCodeObject, co_stacksize);
#endif
}

static void objects(void)
{
	AT(object_type, PyObject, ob_type);
	AT(object_var_size, PyVarObject, ob_size);
	/* Said only by functions that take an object: this one is not looked at. */
#if FROM(0x030b)
	char *object = (char *)4096;
#if FROM(0x030c) && TO(0x030c)
	row.object_dict_before = object - (char *)_PyObject_DictOrValuesPointer((PyObject *)object);
#else
	row.object_dict_before = object - (char *)_PyObject_ManagedDictPointer((PyObject *)object);
#endif
#if TO(0x030b)
	row.object_values_before = object - (char *)_PyObject_ValuesPointer((PyObject *)object);
#endif
#endif
	AT(bytes_data, PyBytesObject, ob_sval);
	AT(str_length, PyASCIIObject, length);
	AT(str_state, PyASCIIObject, state);
	row.str_ascii_data = sizeof(PyASCIIObject);
	row.str_compact_data = sizeof(PyCompactUnicodeObject);
	AT(str_data, PyUnicodeObject, data);
	AT(type_name, PyTypeObject, tp_name);
	AT(type_basicsize, PyTypeObject, tp_basicsize);
	AT(type_flags, PyTypeObject, tp_flags);
	AT(type_dictoffset, PyTypeObject, tp_dictoffset);
	AT(type_cached_keys, PyHeapTypeObject, ht_cached_keys);
}

static void dicts(void)
{
	AT(dict_keys, PyDictObject, ma_keys);
	AT(dict_values, PyDictObject, ma_values);
#if TO(0x030a)
	AT(dictkeys_size, struct _dictkeysobject, dk_size);
#else
	AT(dictkeys_log2_size, struct _dictkeysobject, dk_log2_size);
	AT(dictkeys_log2_index_bytes, struct _dictkeysobject, dk_log2_index_bytes);
	AT(dictkeys_kind, struct _dictkeysobject, dk_kind);
	AT(dictvalues_values, struct _dictvalues, values);
#endif
	AT(dictkeys_nentries, struct _dictkeysobject, dk_nentries);
	AT(dictkeys_indices, struct _dictkeysobject, dk_indices);
#if FROM(0x030d)
	AT(dictvalues_valid, struct _dictvalues, valid);
#endif
}

static void print_field(const char *name, uint32_t value)
{
	if (value == LAYOUT_NONE)
		printf("\t.%s = LAYOUT_NONE,\n", name);
	else
		printf("\t.%s = %u,\n", name, value);
}

int main(void)
{
	memset(&row, 0xff, sizeof(row));
	runtime();
	interp();
	gil();
	tstate();
	frames();
	code();
	objects();
	dicts();
	printf("{	/* %s */\n", PY_VERSION);
	printf("\t.version = 0x%04x,\n", (unsigned int)(PY_VERSION_HEX >> 16));
	printf("\t.last_micro = %d,\n", LAST_MICRO);
#define PRINT(name) print_field(#name, row.name);
	LAYOUT_FIELDS(PRINT)
	printf("},\n");
	return 0;
}
