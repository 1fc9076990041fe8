// SPDX-License-Identifier: Apache-2.0
/*
 * python/merge.h - the Python frames of a thread among the frames of its C stack.
 *
 * Each run of the interpreter loop (_PyEval_EvalFrameDefault) is one C frame and runs a
 * segment of Python frames, which were called by it and are further in than it:
 *
 *	C stack, innermost first	merged
 *	  list_contains			  list_contains
 *	  _PyEval_EvalFrameDefault	  Python: membership, report	its segment
 *	  _PyFunction_Vectorcall	  _PyEval_EvalFrameDefault
 *	  builtin_sorted		  _PyFunction_Vectorcall
 *	  _PyEval_EvalFrameDefault	  builtin_sorted
 *	  main				  Python: main, <module>
 *					  _PyEval_EvalFrameDefault
 *					  main
 *
 * From 3.11 on the segment says an address that lies in the frame of its loop; one without
 * is of the next loop, known by its code.  Before, all are known by that, and each has one
 * Python frame; they are counted from the outermost, as the innermost may have begun or ended
 * its work already.
 *
 * Where Python frames are missing something stands for them.
 */
#ifndef CPROFD_PYTHON_MERGE_H
#define CPROFD_PYTHON_MERGE_H

#include "python/runtime.h"

/* The C stack, innermost first. */
struct merge_native {
	uint32_t n;
	const uint64_t *sp;	/* n + 1: the stack pointer of each; the last is where the outermost ends */
	const bool *is_loop;	/* n: its code is the interpreter loop; may be NULL from 3.11 on */
	bool complete;		/* the outermost frame is there, and none is missing between */
	bool of_others;		/* a loop may run frames that are not among those of Python */
};

enum merged_kind {
	MERGED_NATIVE,
	MERGED_PYTHON,
	MERGED_CUT,		/* the Python frames end here early */
	MERGED_UNKNOWN,		/* the loop that follows runs frames that are not there */
};

struct merged_frame {
	uint32_t index;		/* in the C stack, or in python_stack.frames */
	enum merged_kind kind;
};

/* Frames and loops that are of no other: neither should be. */
struct merge_rest {
	uint32_t n_apart;	/* Python frames; they come outermost */
	uint32_t n_unknown;	/* loops; the innermost only with of_others, as it may have none */
	bool innermost;		/* it is among them */
};

/* Room that `out` has to have. */
static inline size_t python_merge_room(const struct merge_native *native,
				       const struct python_stack *python)
{
	return 2 * (size_t)native->n + python->n_frames + python->n_segments;
}

/* Returns how many frames it has written. */
uint32_t python_merge(const struct merge_native *native, const struct python_stack *python,
		      struct merged_frame *out, struct merge_rest *rest);

#endif
