// SPDX-License-Identifier: Apache-2.0
/*
 * session/python.h - Python functions among the frames of the interpreter, what
 * its threads are called and do, and how often functions are called.
 *
 * A part of session/session.h, for the files named below.
 */
#ifndef CPROFD_SESSION_PYTHON_H
#define CPROFD_SESSION_PYTHON_H

#include "opener/opener_proto.h"
#include "session/modules.h"

struct msg;
struct perf_sample;
struct python_functions;
struct session;

/* ---- python.c: Python functions among the frames of the interpreter ---- */

/*
 * The stack that the unwinder has just found, with the Python frames of the thread if it
 * has any: how many, *frames are valid until the next call.  *outcome is what the unwinder
 * found, and then what becomes of it if they are not whole.  The thread has to be held
 * still, or must not have moved.
 */
size_t python_frames(struct session *s, struct thread *t, const uint32_t **frames,
		     enum record_outcome *outcome);

/*
 * The same of a stack that the kernel has unwound, with the head of its sample: `native` are
 * its `n` user frames, of which the one at `gap_at` (RECORD_NONE: none) stands for those left
 * out.
 */
size_t python_frames_of_sample(struct session *s, struct thread *t, const void *raw,
			       const struct bpf_sample *head, const uint32_t *native, uint32_t n,
			       uint32_t gap_at, const uint32_t **frames,
			       enum record_outcome *outcome);

/*
 * What the kernel sent of the Python frames of a stack that it copies: kept until the sample
 * with the copy comes, which gets it; and its frames among those just unwound.
 */
void python_keep_part(struct session *s, const struct perf_sample *part);
void python_add_part(struct session *s, struct perf_sample *p);
size_t python_frames_of_part(struct session *s, struct thread *t, const struct perf_sample *p,
			     const uint32_t **frames, enum record_outcome *outcome);

/* A code object that the kernel met for the first time, with what names it. */
void python_learn_code(struct session *s, const struct perf_sample *p);

/* A thread whose frames are not walked here was sampled: what is it called? */
void python_saw_thread(struct session *s, struct thread *t);

/* A thread as its interpreter has it; valid until the next one is seen. */
struct python_seen {
	const struct python_runtime *runtime;
	const struct python_memory *memory;
	const struct python_thread *thread;	/* one of */
	const struct python_thread *all;	/* `n` that there are */
	size_t n;
};

/* False: it runs no Python. */
bool python_see_thread(struct session *s, struct thread *t, struct python_seen *out);

/* Is the process' Python, if it has any, to be walked by the kernel?  Tells it what it takes. */
void python_tell_kernel(struct session *s, struct proc *p);

/* Is there nothing to tell, or has it been told? */
bool python_is_told(const struct proc *p);

/* `frame`, of a file with an interpreter, or of MODULE_PYTHON, has come up. */
void python_saw_frame(struct session *s, const struct module *m, uint64_t vaddr, uint32_t frame);
void python_name_frame(struct session *s, struct module *m, uint64_t vaddr, uint32_t frame);

/* Once a second: say so if there is Python that cannot be seen. */
void python_second(struct session *s);

/* Frames are numbered anew. */
void python_forget_frames(struct session *s);

/* The child of a process is known to be what that is. */
void python_forked(const struct proc *parent, struct proc *child);
void python_process_ended(struct proc *p);
void python_functions_free(struct python_functions *f);
void python_free(struct session *s);

/* ---- python_name.c: what the threading module calls a thread ---- */

/* Is it time to look? */
bool python_name_due(const struct session *s, const struct thread *t);

/* If so. */
void python_name_thread(struct session *s, struct thread *t, const struct python_seen *seen);

/* ---- activity.c: what a thread does, beside that it runs or waits ---- */

/* By the system call that it waits in. */
enum record_activity activity_of_call(const struct o_call *call);
enum record_activity activity_waiting(struct session *s, struct thread *t,
				      const struct o_call *call);

/* Of one that is held still. */
enum record_activity activity_running(struct session *s, struct thread *t,
				      const struct unwind_regs *regs);

/* What the opener saw of threads that wait. */
void activity_on_waiting(struct session *s, const struct o_waiting *msg);

/* ---- python_probe.c: how often Python functions are called, for a time ---- */

/*
 * `function` is a name, or a qualified one.  NULL, or why that cannot be: then whatever
 * becomes of it is told in notes.
 */
const char *probe_want(struct session *s, const char *function, uint64_t duration_ns);

/* Ask for it, once the interpreter is known. */
void probe_tick(struct session *s);
void probe_on_counted(struct session *s, const struct msg *m);

/* A process is no more, or another program. */
void probe_process_ended(const struct proc *p);

/* Sampling is to end: is nothing being counted?  Else that ends first. */
bool probe_is_over(struct session *s);
bool probe_is_ending(const struct session *s);
void probe_free(struct session *s);

#endif
