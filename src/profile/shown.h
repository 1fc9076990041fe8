// SPDX-License-Identifier: Apache-2.0
/*
 * profile/shown.h - the stacks as views show them: of a Python program without the machinery
 * of its interpreter.
 *
 *	recorded, outermost first	merged
 *	  _start			  -
 *	  main				  -
 *	  pymain_run_python		  -
 *	  _PyEval_EvalFrameDefault	  -
 *	  Python: <module>		  <module>
 *	  Python: report		  report
 *	  builtin_sorted		  -		C that calls Python again
 *	  _PyEval_EvalFrameDefault	  -
 *	  Python: key			  key
 *	  _PyEval_EvalFrameDefault	  -
 *	  cfunction_vectorcall_O	  -		how C functions are called
 *	  list_index			  list_index	C that was called last,
 *	  list_richcompare		  -		with what it calls in the interpreter
 *
 * What is in no interpreter (a library, an extension module, the kernel) is always shown.
 * Time in what is not shown is that of its caller.  The functions of asyncio that run what
 * is due, one called by the other, are one frame, "[asyncio event loop]".  Without Python
 * functions in the recording the stacks are those recorded, and take no memory of their own.
 */
#ifndef CPROFD_PROFILE_SHOWN_H
#define CPROFD_PROFILE_SHOWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/u64map.h"

struct error;
struct profile;
struct profile_stack;

enum frame_mode {
	FRAMES_MERGED,		/* Python functions, and C that is not the machinery */
	FRAMES_PYTHON,		/* Python functions only, an event loop as one of them */
	FRAMES_NATIVE,		/* no Python functions: what the machine ran */
	FRAMES_MIXED,		/* all that was recorded */
	FRAME_MODES
};

struct shown {
	enum frame_mode mode;
	struct profile_stack *stacks;	/* as in struct profile */
	size_t n_stacks;
	uint32_t *leaves;		/* by leaf: its stack among those */

	/* What only making them needs. */
	bool own;			/* they are not those recorded */
	size_t n_made;			/* recorded stacks that were taken in */
	struct shown_of {
		uint32_t end;		/* the stack that it is shown as, */
		uint32_t base;		/* and what Python functions hang on that it calls */
		bool python;		/* there is a Python function on it, */
		bool in_c;		/* and it ends in C of the interpreter that is shown */
	} *of;				/* by recorded stack */
	uint8_t *roles;			/* by frame; 0: not looked at */
	size_t n_roles, cap, cap_of, cap_leaves;
	struct u64map ids;		/* parent and frame -> stack */
};

/* "merged", "python", "native", "mixed". */
const char *frame_mode_name(enum frame_mode mode);
bool frame_mode_parse(const char *name, enum frame_mode *out);

void shown_deinit(struct shown *s);

/*
 * Bring p->shown up to date with what was recorded, or make all of it anew.  Returns the
 * first stack that is new or another than before.
 */
size_t shown_update(struct profile *p, bool anew);

#endif
