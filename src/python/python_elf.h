// SPDX-License-Identifier: Apache-2.0
/*
 * python/python_elf.h - is there a CPython interpreter in an ELF file, and where has it what?
 *
 * Found by exported symbols, which also a stripped interpreter has, as its extensions need
 * them; by the section .PyRuntime (3.10 and later) where there are none.  The file is
 * never run, and nothing of its contents is believed that python/runtime.h does not
 * check in the memory of the process.
 *
 * Runs in the worker.
 */
#ifndef CPROFD_PYTHON_PYTHON_ELF_H
#define CPROFD_PYTHON_PYTHON_ELF_H

#include <stdbool.h>
#include <stdint.h>

#include "elf/elf_probe.h"
#include "python/layout.h"

struct elf_file;

#define PYTHON_MAX_RETURNS 4	/* compilers make copies of code; who has more has none */

/* Everything as the file has it: vaddrs.  0: there is none, or it was not found. */
struct python_elf {
	uint32_t version_hex;	/* PY_VERSION_HEX; its lower half 0xffff: not known */
	uint32_t runtime_size;	/* bytes of _PyRuntime */
	uint64_t runtime;	/* _PyRuntime, from 3.7 */
	uint8_t debug[LAYOUT_DEBUG_BYTES];	/* from 3.13: what it begins with, */
	uint32_t debug_len;			/* as far as the file has it */
	uint64_t code_type;	/* PyCode_Type */
	uint64_t tstate_current, interp_head;	/* 3.6: _PyThreadState_Current, interp_head */
	struct python_code {
		uint64_t start, end;	/* end exclusive */
	} eval[2];	/* _PyEval_EvalFrameDefault, and the part of it that lies elsewhere */
	/*
	 * 3.11 and 3.12: of the loop, from where the thread has its _PyCFrame on; what that
	 * says may only come later, but before the end.
	 */
	struct python_code begin;
	/*
	 * Places where the interpreter says that a function returns, to who listens: offsets
	 * in the file.  None: it was built without (python:function__return, elf/elf_probe.h).
	 */
	uint32_t n_returns, pad;
	struct elf_probe returns[PYTHON_MAX_RETURNS];
};

/* False if there is no interpreter in it.  `path` is its name, which may say the version. */
bool python_elf_find(struct elf_file *file, const char *path, struct python_elf *out);

#endif
