// SPDX-License-Identifier: Apache-2.0
/*
 * session/python_internal.h - shared by the files of the session that are about Python.
 *
 *	python.c		interpreters, threads, and their frames in place
 *	python_memory.c		what may be read of a process
 *	python_code.c		code objects and functions
 *	python_kernel.c		what the kernel walks
 *	python_probe.c		how often functions are called
 */
#ifndef CPROFD_SESSION_PYTHON_INTERNAL_H
#define CPROFD_SESSION_PYTHON_INTERNAL_H

#include "python/code_object.h"
#include "python/merge.h"
#include "session/session.h"

#define LOOK_NS (100 * NS_PER_MS)	/* between two looks for threads, or for memory */

/* A code object of a process. */
struct known_code {
	struct code_object code;
	uint64_t stamp;
	uint32_t kernel_stamp;	/* the same as the kernel has it */
	uint32_t function;
	uint32_t checked;	/* at the walk of this number */
};

/* Of who may read it: where memory is that comes from no file but the interpreter's. */
struct safe {
	struct range { uint64_t start, end; } *v;
	size_t n, cap;
	uint64_t read_ns;
};

/* An interpreter, and what is known of its code. */
struct python {
	enum { RUNTIME_WANTED, RUNTIME_FOUND, RUNTIME_REFUSED } state;
	struct python_runtime runtime;
	struct python_elf elf;		/* of the file, which is loaded at */
	uint64_t bias;
	struct module *functions;	/* of its version */
	char *cwd;			/* the folder of relative paths, or NULL */
	uint32_t generation;		/* of the process' mappings, when looked last */
	uint64_t looked_ns, listed_ns;
	struct python_thread *threads;
	size_t n_threads;
	uint32_t n_interpreters;	/* when they were listed; a thread may run several */
	bool said_several;
	struct known_code *codes;
	size_t n_codes, cap_codes;
	struct u64map by_address;
	uint32_t n_walks, n_unreadable;
	int mem_fd;			/* of the process that it was found in */
	struct safe safe;
	uint32_t n_blind;		/* stacks of its loop without a Python frame, if there was none with, */
	uint64_t told_ns;		/* although it was told long ago how to find them */
	unsigned int n_users;		/* processes: those forked have it from their parents */
};

#define PYTHON_PAGE 4096
#define PYTHON_PAGES 8


/* Pages of a process' memory that were read for one stack. */
struct pages {
	struct session *session;
	const struct proc *proc;
	int fd;
	uint64_t addr[PYTHON_PAGES];		/* UINT64_MAX: none */
	uint8_t bytes[PYTHON_PAGES][PYTHON_PAGE];
};

/* What a walk and its merging take, once. */
struct python_scratch {
	struct python_stack stack;
	bool *is_loop;
	size_t cap_is_loop;
	struct merged_frame *merged;
	size_t cap_merged;
	uint32_t *frames;
	size_t cap_frames;
	uint64_t *numbers;
	size_t cap_numbers;
	struct part {
		uint32_t tid;
		uint64_t time_ns;
		uint8_t *bytes;
		size_t len, cap;
	} *parts;			/* by CPU */
	size_t n_parts;
	struct pages pages;
	struct python_memory memory;	/* by way of these */
};

/* ---- python.c ---- */

/*
 * The process' interpreter, or NULL as long as there is none that is known.  Without a handle
 * of its memory it is as its file says.
 */
struct python *python_of(struct session *s, struct proc *p, const struct python_memory *memory);

/* Who had it needs it no more. */
void python_release(struct python *py);

/* The first mapping of a file with an interpreter, or NULL. */
const struct mapping *python_interpreter(const struct proc *p);

void python_list_threads(struct session *s, struct python *py, const struct python_memory *memory);

/*
 * s->python->stack among the C frames, whose numbers are in `frames`; into
 * s->python->frames.  Returns how many there are; *outcome is that of the C stack, and then
 * that of all of it.
 */
size_t python_merge_frames(struct session *s, const struct proc *p,
			   const struct python_memory *memory, struct merge_native *native,
			   const uint32_t *frames, enum record_outcome *outcome);

/* ---- python_memory.c ---- */

/*
 * The memory of the process as it is now; valid until it is asked for again.  A forked one
 * has no handle of its own: what it was born with is still in the one that its parent was
 * found in.
 */
struct python_memory python_memory_of(struct session *s, const struct proc *p);

/* What was read may be another by now. */
void python_memory_forget(const struct python_memory *memory);

/* ---- python_code.c ---- */

/* What functions of that version refer to. */
struct module *python_functions_module(struct session *s, uint16_t version);

/* The number of the Python frame in the recording; RECORD_NONE: it is not to be there. */
uint32_t python_frame_number(struct session *s, struct python *py,
			     const struct python_memory *memory, const struct python_frame *f);

/*
 * What it is called and its number in the recording, of the function whose code object lies
 * at that address and has its name at that other one; RECORD_NONE: it lies there no more.
 */
uint32_t python_function_at(struct session *s, struct python *py,
			    const struct python_memory *memory, uint64_t code, uint64_t name,
			    const char **called);

/* The same of each that is known. */
typedef void (*python_function_fn)(void *ctx, uint32_t function, const char *called);
void python_each_function(const struct python *py, python_function_fn fn, void *ctx);

/* How the kernel stamps code objects: by so many words, but for this one. */
uint32_t python_stamp_words(const struct layout *l);
uint32_t python_changing_word(const struct layout *l);

#endif
