// SPDX-License-Identifier: Apache-2.0
/*
 * python/runtime.h - the CPython interpreter in a process, its threads, and what they run.
 *
 *	_PyRuntime ─► interpreters ─► threads ─► the frame on top ─► its caller ─► ...
 *
 * Everything is read from memory that may change while it is read, and that belongs to a
 * stranger: it is bounded, and believed only where it agrees with itself.  What a thread
 * runs can be read only while the thread is held still.
 */
#ifndef CPROFD_PYTHON_RUNTIME_H
#define CPROFD_PYTHON_RUNTIME_H

#include "python/layout.h"
#include "python/memory.h"
#include "python/python_elf.h"

struct python_runtime {
	struct layout layout;
	uint32_t version_hex;
	uint64_t address;	/* of _PyRuntime; 0: 3.6 */
	uint64_t tstate_current, interp_head;	/* 3.6 */
	uint64_t code_type;	/* PyCode_Type; 0: not known, then any is believed */
};

enum python_finding {
	PYTHON_FOUND,
	PYTHON_NOT_YET,		/* it is there, but has no thread yet */
	PYTHON_REFUSED,		/* *why says the reason */
};

/*
 * What `elf` says, loaded at `bias` (address minus vaddr), looked at in memory.  *why is a
 * phrase like "its version 3.15 is not known", valid for ever.
 */
enum python_finding python_runtime_find(const struct python_elf *elf, uint64_t bias,
					const struct python_memory *memory,
					struct python_runtime *out, const char **why);

/*
 * The same without a look into memory, for those who look by themselves whether what it
 * says is there; false with *why.
 */
bool python_runtime_of_file(const struct python_elf *elf, uint64_t bias,
			    struct python_runtime *out, const char **why);

#define PYTHON_MAX_THREADS 20000u

struct python_thread {
	uint64_t tstate;
	uint64_t thread_id;	/* pthread_self() of it */
	uint32_t tid;		/* as the process itself has it, in its pid namespace; 0: not known */
};

/*
 * The threads that run Python, or wait in it, of all interpreters: up to `max`; how many.
 * They may come and go meanwhile.  A thread that runs several interpreters is there once for
 * each, that of the newest one first.
 */
size_t python_threads(const struct python_runtime *runtime, const struct python_memory *memory,
		      struct python_thread *out, size_t max);

/* Is it still the state of that thread? */
bool python_thread_check(const struct python_runtime *runtime, const struct python_memory *memory,
			 const struct python_thread *thread);

/* ---- what a thread runs ---- */

#define PYTHON_MAX_FRAMES 4096u

struct python_frame {
	uint64_t code;		/* its code object */
	int64_t offset;		/* up to 3.10: bytes into the code; negative: not begun */
	uint64_t instruction;	/* from 3.11: address of the instruction */
	uint32_t stamp;		/* of the code object when it was walked; 0: it still runs */
};

/*
 * Frames called one by another within one run of the interpreter loop.  That has
 * `boundary` on its stack: an address in the frame of the C function.  Up to 3.10 each
 * Python frame is one of its own, and the address is not known: 0.
 */
struct python_segment {
	uint32_t first, n_frames;	/* of python_stack.frames */
	bool is_cut;		/* the loop runs others, further out, that are not there */
	uint64_t boundary;
};

enum python_end {
	PYTHON_END_COMPLETE,
	PYTHON_END_LIMIT,	/* more than PYTHON_MAX_FRAMES, or so many segments */
	PYTHON_END_MEMORY,	/* what a frame refers to cannot be read, or is none */
	PYTHON_END_TORN,	/* who called the innermost frame is not there yet */
};

struct python_stack {
	struct python_frame frames[PYTHON_MAX_FRAMES];	/* the innermost first */
	struct python_segment segments[PYTHON_MAX_FRAMES];
	uint32_t n_frames, n_segments;
	enum python_end end;	/* not complete: a segment is cut */
};

/*
 * What a thread runs by one of its states is added to what it runs by others.  From 3.11 on
 * the segments come in the order of their addresses; before, what is added comes further in
 * than what was there.
 */
void python_walk_begin(struct python_stack *out);
void python_walk(const struct python_runtime *runtime, const struct python_memory *memory,
		 const struct python_thread *thread, struct python_stack *out);

/*
 * 3.10 to 3.12: a place on the stack of the thread that runs by this state, if any does: the
 * thread that the state names is the one that has made it.  0: not known.
 */
uint64_t python_on_stack(const struct python_runtime *runtime, const struct python_memory *memory,
			 const struct python_thread *thread);

/* To 3.11: the state that may run, or ran last, of all threads; 0: not known. */
uint64_t python_current(const struct python_runtime *runtime, const struct python_memory *memory);

/* How many interpreters there are. */
uint32_t python_interpreters(const struct python_runtime *runtime,
			     const struct python_memory *memory);

/*
 * 3.11 and 3.12: the structure of the thread's innermost interpreter loop, on its stack; 0:
 * none.  Of a loop that has only just begun it says nothing (python_elf.begin): then the
 * walk is to be from that of the loop around.
 */
uint64_t python_cframe(const struct python_runtime *runtime, const struct python_memory *memory,
		       const struct python_thread *thread);
void python_walk_from(const struct python_runtime *runtime, const struct python_memory *memory,
		      uint64_t cframe, struct python_stack *out);

#endif
