// SPDX-License-Identifier: Apache-2.0
/*
 * session/session.h - the state that the files of the session share; each of
 * their groups has a header of its own.
 *
 *	opener ──► perf rings / ptrace stops ──► sample_*.c ──► unwinder
 *	                                              │ frames
 *	                     procs.c, mappings.c: which module is an address in
 *	                     modules.c: the module's file and unwind table
 *	                     generated.c: what processes say of code that they generate
 *	                     stacks.c: numbers for frames and stacks ──► recording
 *	                     symbols.c: names for frames, when there is time
 *	                     code.c: instructions of the hottest functions, at the end
 *
 * The session has no rights: it asks the opener for whatever has to be opened
 * and workers for whatever has to be parsed.  Everything runs on one thread
 * (besides the recording's writer); nothing in it waits for an answer, except
 * for the rare frame that libunwind has to step over.
 */
#ifndef CPROFD_SESSION_SESSION_H
#define CPROFD_SESSION_SESSION_H

#include "base/clock.h"
#include "base/msg.h"
#include "base/msg_queue.h"
#include "base/u64map.h"
#include "base/util.h"
#include "engine/perf_reader.h"
#include "opener/opener_proto.h"
#include "proc/maps.h"
#include "record/writer.h"
#include "session/control.h"
#include "session/cost.h"
#include "session/frames.h"
#include "session/modules.h"
#include "session/procs.h"
#include "session/python.h"
#include "session/sampling.h"
#include "session/viewers.h"
#include "unwind/unwind.h"
#include "worker/worker_proto.h"

/* What a request number of the opener stands for. */
enum request_kind {
	REQUEST_FILE, REQUEST_TABLE_CACHE, REQUEST_NAMES_CACHE, REQUEST_DEBUG, REQUEST_ALT,
	REQUEST_SOURCE,
};

struct request {
	uint32_t number;
	enum request_kind kind;
	struct module *module;
};

struct pending_sample;

/*
 * What a worker was asked and has not answered, in order; it works on the
 * first.  As many as this are sent to it: their answers fit into the channel, so
 * that the worker goes on while the session is busy with something else.
 */
#define MAX_ASKED 16

struct worker_asked {
	struct {
		struct module *module;
		uint32_t step;	/* number of a W_STEP or W_CODE; 0: another request */
	} at[MAX_ASKED];
	size_t n;
	uint64_t since_ns;	/* it works on the first, or is being started, since then */
};

struct viewer {
	int fd;			/* -1: none */
	struct source_request {
		uint32_t number;	/* of the opener; 0: none under way */
		uint32_t of_viewer;
	} source;
};

struct session {
	int opener;
	int listener;		/* -1: it ends when the command does */
	struct viewer viewers[CONTROL_MAX_VIEWERS];	/* the command first */
	struct msg_queue to_opener;	/* what its channel has no room for */
	struct o_spec *spec;	/* NULL until it came */
	struct record_writer *writer;
	uint64_t start_ns;
	uint64_t end_ns;	/* UINT64_MAX: until stopped */
	uint64_t now_ns;	/* when this turn of the loop began */

	enum { SESSION_STARTING, SESSION_RUNNING, SESSION_FINISHING, SESSION_OVER } state;
	enum record_end_why why;
	struct o_started started;
	bool is_started;
	uint64_t began_ns;	/* since when it samples */
	uint32_t told_rate_hz;	/* to the recording, in: */
	char rates[256];	/* rate:milliseconds, of each change */
	struct record_process_end target_end;
	uint64_t finish_by_ns;
	bool rings_freed;
	bool events_ended;	/* a second ago the kernel had ended them all */
	int write_errno;
	char write_error[256];

	/* own_cost.c */
	struct own_cost_of {
		pid_t pid;
		uint64_t cpu_ns;	/* when last read */
		uint64_t ended_ns;	/* of those that it took the place of */
	} own[OWN_COUNT];

	/* worker channels, -1: none at the moment */
	int workers[WORKER_COUNT];
	bool worker_starts[WORKER_COUNT];	/* a new one is under way */
	struct worker_asked asked[WORKER_COUNT];
	unsigned int n_worker_deaths[WORKER_COUNT];
	bool in_step;		/* waiting for the answer to `last_step`, */
	uint32_t last_step;
	struct r_step *step_answer;	/* which is this */
	bool need_retry;

	struct request *requests;
	size_t n_requests, cap_requests;
	uint32_t last_request;

	/* procs.c */
	struct u64map procs_by_pid, threads_by_tid;
	struct proc **procs;
	size_t n_procs, cap_procs;
	struct thread **threads;
	size_t n_threads, cap_threads;
	uint32_t last_generation;
	uint64_t listed_ns;	/* when the threads that there are had been listed last */
	uint64_t n_unrecorded;	/* processes that came and went, nothing more */

	/* modules.c */
	struct module **modules;
	size_t n_modules, cap_modules;
	struct module *anon, *vdso, *kernel;
	size_t n_generated;
	struct u64map files;	/* hash of a file and its path -> index of its module */
	bool cpu_read;		/* the CPU times of threads, for the first time */
	int host_stat;		/* of the whole host: /proc/stat; -1: none */
	uint64_t host_cpu_ns;	/* CPU time of all CPUs when sampling began */
	bool said_python, said_32bit, said_modules;

	/* stacks.c */
	struct u64map frames, stacks;
	uint32_t left_out_frames[OUTCOME_COUNT];	/* and 1; 0: there is none yet */
	uint32_t *path;		/* scratch */
	size_t cap_path;

	/* symbols.c */
	uint64_t names_asked_ns, ask_step_ns;
	struct module *first_named;	/* before the others, or NULL */

	/* code.c */
	struct code_wish *codes;
	size_t n_codes, cap_codes;
	struct u64map leaf_samples;	/* by frame: samples taken in it */
	bool chose_code;	/* code_want_hottest() was there */

	/* python.c */
	struct python_scratch *python;
	struct u64map python_loops;	/* frames in the code of an interpreter loop */
	uint32_t python_line;		/* of the frame that is being numbered */
	bool asked_python;		/* the opener: to have the kernel walk it */

	struct governor governor;
	struct effect *effect;	/* NULL: it is not measured */
	struct counts *counts;	/* NULL: none came yet */
	struct sampling_switch sampling;
	struct probe *probe;	/* NULL: nothing is being counted */

	/* kernel_side.c, sample_bpf.c */
	struct kernel_side *kernel_side;	/* NULL: the kernel unwinds nothing */
	struct kernel_stacks {
		struct u64map by_hash;
		struct kernel_stack *v;
		size_t n, cap;
	} kernel_stacks, old_kernel_stacks;

	/* samples */
	struct unwinder *unwinder;
	const struct unwind_stack *unwinding;	/* the one at hand */
	struct perf_reader *perf;
	uint32_t *sample_frames;	/* scratch: kernel and user frames */
	size_t cap_sample_frames;
	struct pending_sample *pending, **last_pending;	/* in the order of arrival */
	size_t n_pending, pending_bytes;
	uint64_t n_cut_window, n_window;	/* since last judged */
	uint64_t held_until_ns;		/* bpf: then sampling begins at the latest; 0: it has */
	uint64_t n_copied;		/* bpf: samples that were not unwound in the kernel, */
	uint64_t copied_ns;		/* and when the last of them was */
	bool wants_more_stack;		/* larger copies were asked for */
	bool wants_by_cpu;		/* events of CPUs were asked for */
	uint64_t n_births, n_exits;	/* of threads and processes, */
	uint64_t lives_since_ns;	/* since then */
	struct record_sample checked_sample;	/* ptrace: to be confirmed */
	uint32_t checked_sequence;
	uint64_t n_stops, n_stops_syscall, n_torn, stopped_ns;
	uint64_t n_samples, n_lost;
	uint64_t n_lost_news, n_said_lost_news;	/* of processes and mappings */
	uint64_t n_cpu_samples;	/* without those of waiting threads */
	uint64_t lost_since_ns;
};

/* End sampling, or when it has ended: do not wait for names any more. */
void session_stop(struct session *s, enum record_end_why why);

/* Ask the opener; answers come with the number that is put into *ask_number. */
void session_ask(struct session *s, enum request_kind kind, struct module *module,
		 void *ask, size_t len, uint32_t *ask_number);

/* Never waits: what the channel has no room for is sent by the loop. */
void session_send_opener(struct session *s, const void *msg, size_t len, const int *fds,
			 size_t n_fds);

/*
 * Make a request about `module` to a worker; `step` is the number of a W_STEP or
 * W_CODE, 0 for others.  Never waits: false if the worker has enough to do, or if there is
 * none, then one is started; *_worker_ready() comes when it can be tried again.
 */
bool session_send_worker(struct session *s, enum worker_which which, struct module *module,
			 uint32_t step, const void *msg, size_t len, const int *fds,
			 size_t n_fds);

/*
 * A worker has answered; false if that is not what it is at, then the answer is
 * not to be believed.
 */
bool session_answered(struct session *s, enum worker_which which, uint32_t module,
		      uint32_t step);

/* A worker is stuck: have it replaced. */
void session_kill_worker(struct session *s, enum worker_which which);

/* Take one message of a worker; false if it is gone. */
bool session_take_worker_message(struct session *s, enum worker_which which);

void session_note(struct session *s, enum record_note_level level, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));


/*
 * Everything from the recording's start to its end; the process' exit code.
 * `listener` is -1 for a session that ends with the command.
 */
int session_run(int opener, int control, int recording, int listener);

#endif
