// SPDX-License-Identifier: Apache-2.0
/*
 * session/session.h - shared by the files of the session.
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
#include "unwind/unwind.h"
#include "worker/worker_proto.h"

struct bpf_python;
struct bpf_sample;
struct counts;
struct python_memory;
struct python_runtime;
struct python_thread;
struct module;
struct proc;
struct session;
struct symbol_answer_reader;

/* ---- procs.c: processes and threads ---- */

struct mapping {
	uint64_t start, end, off;
	struct module *module;
	uint64_t unsteady_until_ns;	/* it took another's place; see kernel_side.c */
	uint32_t seen;		/* by this reading of all, or since */
};

/* Mappings took the place of others, or are gone. */
struct maps_change {
	uint32_t generation;	/* of the process, from then on */
	uint64_t modules;	/* old and new ones, see module_bit() */
};

#define MAX_MAPS_CHANGES 16	/* that are remembered, of a process */
#define UNSTEADY_NS (2 * NS_PER_S)	/* after a mapping has taken another's place */

struct proc {
	uint32_t pid;
	uint32_t number;	/* in the recording; see procs_record() */
	bool recorded;
	uint32_t name, exe, cgroup;	/* strings of the recording */
	uint32_t ppid;		/* 0: not known */
	enum record_process_how how;	/* it came to be known, */
	uint64_t born_ns;		/* and when that was */
	struct session *session;
	struct unwind_space space;	/* generation changes with the mappings */
	struct mapping *maps;	/* sorted */
	size_t n_maps, cap_maps;
	size_t n_maps_read;	/* when all were read last; */
	uint32_t n_readings;	/* how often that was, */
	uint64_t reading_ns;	/* and what CPU time it took */
	struct maps_change changes[MAX_MAPS_CHANGES];	/* the last ones */
	size_t n_changes;
	uint64_t changed_ns;	/* when the last of them came */
	int maps_fd, mem_fd;	/* -1: none */
	struct thread *threads;
	uint32_t n_living;	/* of its threads */
	bool first_ended;	/* the thread whose tid is the pid */
	bool maps_known;	/* all of them: else the opener was asked, or will be */
	bool asked;		/* the opener, for handles */
	uint64_t first_cpu_ns;	/* CPU time of that thread when it exec'd */
	bool ended;		/* or exec'd: freed when no sample can need it any more */
	uint64_t missing_ns;	/* its handles are dead, new ones were asked for then; 0: no */
	uint64_t refreshed_ns;	/* see mappings_refresh() */
	uint64_t first_reread_ns;	/* see mappings_reread(); 0: none yet */
	uint64_t reread_ns;	/* it would cost too much before that, */
	uint64_t stack_look_ns;	/* and to look for a stack before that */
	uint64_t loading_until_ns;	/* until then its libraries are being mapped */
	struct module *generated;	/* of code in no file, or NULL: none was sampled yet */
	uint32_t forked_by;	/* pid of who it has its code from, or 0 */
	struct python *python;	/* its interpreter; NULL: none is known */
	bool python_told;	/* to the kernel */
	uint32_t python_looked;	/* by that generation it was looked for what to tell, of the whole host */
	char *cwd;		/* the folder it worked in when it was first seen, or NULL */
	bool python_waits;	/* a handle of its memory was asked for */
	char *jitdump;		/* path of what it has mapped, until `generated` takes it */
	uint64_t jitdump_ino;

	/* kernel_side.c */
	uint32_t n_execs;	/* that are in the recording, or else were taken over: */
	uint32_t other_execs;	/* the kernel counted so many, less one, at the last look; 0: the same */
	bool takes_execs;	/* its number is taken with the next handles */
	uint32_t told_generation;	/* of what the kernel knows */
	uint64_t tell_again_ns;		/* some may be told that was left out; 0: nothing was */
	uint32_t first_block, n_block;	/* where that is; 0: nothing */
	uint32_t block_generation;
	bool told_partial;		/* there is more */
	bool tell_anew;			/* even if it is the same */
};

struct thread {
	uint32_t tid;
	uint32_t number;	/* in the recording */
	struct proc *proc;
	struct thread *next;	/* of its process */
	uint32_t slot;		/* in the session's array */
	uint64_t ended_ns;	/* its tid may come back as another thread; 0: it lives */
	uint64_t stack_start, stack_end;	/* mapping of its stack, when last looked */
	uint64_t cpu_base_ns;	/* CPU time before sampling began */
	uint64_t cpu_ns;	/* CPU time when last read, */
	uint64_t cpu_read_ns;	/* and when that was */
	bool cpu_told;		/* that is in the recording */
	bool nameless;		/* its process had no name yet */
	bool cpu_before;	/* what it has used when first read was before that */
	uint32_t n_pending;	/* samples that wait for a table */
	uint64_t seen_ns;	/* when it was last sampled or listed */
	uint64_t thread_pointer;	/* pthread_self(); 0: not known */
	uint32_t name;		/* string of the recording */
	bool named_itself;	/* by its program: no other name counts any more */
	uint64_t named_ns;	/* when that was looked for last; 0: never */
};

/* The process, made up from what is known if it was not heard of yet. */
struct proc *procs_get(struct session *s, uint32_t pid, uint64_t time_ns);
struct proc *procs_find(struct session *s, uint32_t pid);

/*
 * Put it into the recording, if it is not there.  That is done when there is more to say
 * of it than that it came and went: many do only that.
 */
void procs_record(struct proc *p);

/* How many there were that are not in it. */
uint64_t procs_count_unrecorded(const struct session *s);
struct thread *procs_get_thread(struct session *s, uint32_t pid, uint32_t tid,
				uint64_t time_ns);
struct thread *procs_find_thread(struct session *s, uint32_t tid);

/* It is called that from now on. */
void procs_name_thread(struct session *s, struct thread *t, uint32_t name);

/* The thread had used so much CPU time at `time_ns`. */
void procs_saw_cpu(struct thread *t, uint64_t cpu_ns, uint64_t time_ns);

/* Put what was read since the last time into the recording. */
void procs_put_cpu(struct session *s);

/* Messages of the opener about processes. */
void procs_on_process(struct session *s, struct msg *m);
void procs_on_gone(struct session *s, const struct o_gone *msg);
void procs_on_threads(struct session *s, const struct o_threads *msg);
void procs_on_times(struct session *s, const struct o_times *msg);

/* Events that the kernel reports. */
void procs_on_mmap(struct session *s, const struct perf_mmap *m, uint64_t time_ns);
void procs_on_fork(struct session *s, const struct perf_task *t);
void procs_on_exit(struct session *s, const struct perf_task *t);
void procs_on_comm(struct session *s, const struct perf_comm *c, uint64_t time_ns);

/* Have the opener follow the processes that it has given no handles of. */
void procs_ask_missing(struct session *s);

/* What the kernel told was lost: look what there is. */
void procs_resync(struct session *s);

/* Ask for handles of its memory and mappings, and of a forked one, whose memory is wanted, once. */
void procs_ask_for_handles(struct proc *p);
void procs_want_handles(struct proc *p);

/* For an engine that is not told about execs: ask for new handles, now and then. */
void procs_refresh_handles(struct session *s, struct proc *p);

/* Something is known now that was not: forget what was resolved. */
void procs_new_generation(struct session *s);

/* The same for one process. */
void procs_changed(struct proc *p);

/* Free what has ended and no sample waits for. */
void procs_collect(struct session *s);

void procs_free(struct session *s);

/* ---- mappings.c: what is mapped where in a process ---- */

/* The mapping that `addr` is in, or NULL. */
const struct mapping *mappings_find(const struct proc *p, uint64_t addr);

/* Take one in, in place of what was there. */
void mappings_add(struct proc *p, const struct proc_map *map, uint64_t time_ns);

/* Put one into the recording, where the process is. */
void mappings_put(const struct proc *p, const struct mapping *m, uint64_t time_ns);

/* Take in all that there are now; those that are not there any more are forgotten. */
void mappings_read(struct proc *p);

/* For an engine that is not told about them: the same, not more often than the process
 * can bear. */
void mappings_refresh(struct session *s, struct proc *p);

/* For such an engine, too: false if that would cost too much now, or cannot be. */
bool mappings_reread(struct proc *p);

/* Can they be read while a thread is held still? */
bool mappings_are_quick(const struct proc *p);

/* Have some changed of late, or was it not looked at for long enough to know? */
bool mappings_are_unsteady(const struct proc *p);

/* Has a mapping of one of these modules come in another's place, or gone, since then? */
bool mappings_changed_since(const struct proc *p, uint32_t generation, uint64_t modules);

/* End of the memory mapping that holds the thread's stack at `addr`; 0: unknown. */
uint64_t mappings_stack_end(struct thread *t, uint64_t addr);

/* For struct unwind_space, whose ctx is a process. */
void mappings_resolve(void *ctx, uint64_t pc, uint32_t flags, struct unwind_place *out);
bool mappings_rare_step(void *ctx, uint64_t at, struct unwind_regs *regs);

/* ---- modules.c: files and their unwind tables ---- */

enum module_state {
	MODULE_ASKED_FILE,	/* waits for the opener */
	MODULE_ASKED_CACHE,	/* waits for a cached table */
	MODULE_WANTS_TABLE,	/* waits for its turn to ask the worker */
	MODULE_ASKED_TABLE,	/* waits for the worker */
	MODULE_READY,		/* with a table, or known to have none */
	MODULE_CLOSED,		/* nobody maps it, and it has no frame: as if it were new */
};

/* How far the names of a module's frames are. */
enum naming_state {
	NAMING_IDLE,		/* nobody asked yet */
	NAMING_DEBUG_FILE,	/* waits for the opener */
	NAMING_CACHE,		/* waits for cached names */
	NAMING_CACHED,		/* has them, and no need for more so far */
	NAMING_OPEN,		/* waits for the worker to open */
	NAMING_ALT_FILE,	/* waits for the opener */
	NAMING_OPEN_AGAIN,	/* waits for the worker to open with that */
	NAMING_READY,		/* can be asked */
	NAMING_ASKED,		/* waits for names */
	NAMING_FAILED,		/* there will be none */
};

struct unnamed {		/* a frame without a name yet */
	uint64_t vaddr;		/* where to look, 1 before a return address */
	uint32_t frame;
	bool is_return;
};

struct module {
	uint32_t number;	/* in the recording */
	enum record_module_kind kind;
	char *path;
	uint64_t dev, ino;
	int fd;			/* -1: none */
	enum module_state state;
	uint32_t flags;		/* enum record_module_flags */
	char *note;		/* NULL: none */
	char *names_note;	/* the same about its names */
	unsigned int n_crashes;	/* of a worker over this module */
	bool no_rare;		/* a worker ended in a rare step over it: no more of those */
	uint64_t missed_ns;	/* when it could not be opened; 0: it could, or is not tried again */
	bool has_key;		/* it is the very file: what is made from it can be cached */
	uint8_t table_key[16];

	/* Valid when READY. */
	const struct r_table *facts;	/* NULL: the file could not be read */
	struct unwind_table table;
	bool has_table;
	void *image;		/* mapping that facts and table are in */
	size_t image_len;

	/* kernel_side.c */
	uint32_t kernel_table;	/* its table's index in the kernel; 0: it is not there */
	bool kernel_refused;	/* there is no room for it */

	/* symbols.c */
	enum naming_state naming;
	bool names_wait;	/* for its turn to ask the worker what `naming` says */
	struct unnamed *unnamed;
	size_t n_unnamed, cap_unnamed;
	int debug_fd, alt_fd;
	char *debug_path;
	uint32_t *functions;	/* worker's number -> recording's number */
	size_t n_functions, cap_functions;
	struct known_names *known;
	struct generated *generated;	/* MODULE_ANON of one process; else NULL */
	struct python_functions *python;	/* MODULE_PYTHON; else NULL */
	bool said_python;	/* why its Python functions are not shown */
};

struct module *modules_file(struct session *s, struct proc *p, const struct proc_map *map);
struct module *modules_vdso(struct session *s);

/* Memory of no file, whosever it is: what mappings refer to.  Has no names. */
struct module *modules_anon(struct session *s);

/* Of one process; takes `g` over. */
struct module *modules_generated(struct session *s, struct generated *g);
struct module *modules_kernel(struct session *s);

/* Functions of a version of Python: "python3.11". */
struct module *modules_python(struct session *s, const char *name);

/* One bit of 64 for a module. */
static inline uint64_t module_bit(const struct module *m)
{
	return 1ull << m->number % 64;
}

/* Where in the file's own terms address `addr` of a mapping is. */
uint64_t module_vaddr(const struct mapping *map, uint64_t addr);

void modules_on_file(struct session *s, struct module *module, const struct o_file *o, int fd);
void modules_on_cache(struct session *s, struct module *module, int fd);
void modules_on_table(struct session *s, struct msg *m);
void modules_on_step(struct session *s, struct msg *m);

/* What it was asked is in s->asked. */
void modules_worker_died(struct session *s);

/* There is a worker (again), or it has less to do: ask it what is waiting. */
void modules_worker_ready(struct session *s);

/* The key for what is derived from a file: what the kernel says it is. */
bool module_file_key(int fd, uint8_t key[16]);

/* Close the files that no process has mapped, and that no sample was in. */
void modules_collect(struct session *s);

/* For each module, by its number: does a process have it mapped?  The caller frees it. */
bool *modules_used(const struct session *s);

/* Give up on what takes too long. */
void modules_tick(struct session *s, uint64_t now_ns);

/*
 * Step over one frame by libunwind in the worker, with the rule of address `at`;
 * waits for the answer.
 */
bool modules_rare_step(struct session *s, struct module *module, const struct mapping *map,
		       uint64_t at, const struct unwind_stack *stack,
		       struct unwind_regs *regs);

/* Tell the recording what was learned about the module. */
void module_put_info(struct session *s, struct module *module);

void modules_free(struct session *s);

/* ---- memory_image.c ---- */

/*
 * The file behind a mapping put together from the memory of the process, for
 * files that are deleted, replaced or not readable: a memory file without
 * section headers, or -1.
 */
int memory_image_file(const struct proc *p, uint64_t dev, uint64_t ino);

/* The kernel's vdso as a memory file, or -1. */
int memory_image_vdso(void);

/* ---- generated.c: names of code that processes generate ---- */

/* What the process' frames in memory of no file refer to. */
struct module *generated_module(struct session *s, struct proc *p);
void generated_free(struct generated *g);

/* Is it mapped for profilers to find it, and never run?  It was. */
bool generated_is_jitdump(const struct proc_map *map);
void generated_saw_jitdump(struct proc *p, const struct proc_map *map);
void generated_process_ended(struct module *module);

/* Look for the files; due when frames have no name and it is time. */
void generated_look(struct session *s, struct module *module);
bool generated_is_due(const struct session *s, const struct module *module);
void generated_on_file(struct session *s, struct module *module, const struct o_file *o, int fd);

/* The files do not name this frame: it waits for the next look. */
void generated_nameless(struct module *module, uint64_t vaddr, uint32_t frame);

/* The worker has named what it could. */
void generated_answered(struct session *s, struct module *module);

/* Is there a look to come that could name a frame? */
bool generated_busy(const struct module *module);

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

/* ---- stacks.c: frames and stacks by number ---- */

uint32_t stacks_frame(struct session *s, struct module *module, uint64_t vaddr,
		      uint32_t flags);

/*
 * Call `fn` for every frame of the present epoch; `vaddr` is where its name was
 * looked for, of a kernel's address the lower 48 bits.
 */
typedef void (*stacks_frame_fn)(void *ctx, uint32_t frame, struct module *module, uint64_t vaddr);
void stacks_each_frame(struct session *s, stacks_frame_fn fn, void *ctx);

/* The frame that stands for others: beyond the limit (OUTCOME_LEFT_OUT), or of Python. */
uint32_t stacks_left_out(struct session *s, enum record_outcome why);

/* The stack that ends in `outcome` and has these frames, the innermost first. */
uint32_t stacks_stack(struct session *s, enum record_outcome outcome,
		      const uint32_t *frames, size_t n_frames);

/* Begin a new epoch if the tables have grown large. */
void stacks_check_budget(struct session *s);
void stacks_free(struct session *s);

/* ---- symbols.c ---- */

/*
 * `frame` of `module` wants a name, to be looked for at `vaddr`; and if that is before
 * a return address, the call that ends there.
 */
void symbols_want(struct module *module, uint64_t vaddr, uint32_t frame, bool is_return);

/* The worker had no names for these: ask for them again, once it has new files. */
void symbols_ask_again(struct module *module, const struct unnamed *unnamed, size_t n);

/* Have the worker (re)open the files that the module has now. */
void symbols_open_files(struct session *s, struct module *module);

/* Send what is due to the worker; `hurry` when only names are missing. */
void symbols_tick(struct session *s, uint64_t now_ns, bool hurry);

void symbols_on_cache(struct session *s, struct module *module, int fd);
void symbols_on_file(struct session *s, struct module *module, const struct o_file *o, int fd);
void symbols_on_message(struct session *s, struct msg *m);
void symbols_worker_died(struct session *s);
void symbols_worker_new(struct session *s);	/* nothing is open in it */
void symbols_worker_ready(struct session *s);

/* The module of this number is to be named before the others. */
void symbols_first(struct session *s, uint32_t module);

/* Are there frames that still wait for a name? */
bool symbols_busy(const struct session *s);

/*
 * Have the worker open the module, as far as that is not done yet: true once it can
 * be asked.
 */
bool symbols_open(struct session *s, struct module *module);

/*
 * Take in the names that an answer about code begins with: functions go into the
 * recording, addresses to `fn`.  False if they are malformed: then the module gets
 * no more names.
 */
typedef void (*symbols_address_fn)(void *ctx, uint64_t vaddr,
				   const struct record_level *levels, uint32_t n_levels);
bool symbols_take_code(struct session *s, struct module *module, struct symbol_answer_reader *r,
		       symbols_address_fn fn, void *ctx);

/* Where the function begins that has the code at `vaddr`; false if that is not known. */
bool symbols_function_at(const struct module *module, uint64_t vaddr, uint64_t *start);

/* Give what was learned to the cache. */
void symbols_save(struct session *s);
void symbols_free_module(struct module *module);

/* ---- code.c: instructions of functions ---- */

/* A sample that ran was taken in this frame. */
void code_saw(struct session *s, uint32_t frame);

/* Frames count from here on anew. */
void code_forget_frames(struct session *s);

/* Record the code of the function at `vaddr`, once. */
void code_want(struct session *s, uint32_t module, uint64_t vaddr);

/* The same for the functions with the most samples, when the names are there. */
void code_want_hottest(struct session *s);

/* Ask the worker for what is wanted. */
void code_tick(struct session *s);

void code_on_message(struct session *s, struct msg *m);
void code_worker_died(struct session *s);

/* Is something wanted that is not in the recording yet? */
bool code_busy(const struct session *s);
void code_free(struct session *s);

/* ---- sample.c, sample_perf.c, sample_ptrace.c ---- */

/* Why a stack ends, as the recording says it. */
enum record_outcome sample_outcome(enum unwind_end end);

/* Put the frame that stands for those left out into the unwinder's result, if any are. */
void sample_mark_gap(struct session *s);

void session_put_sample(struct session *s, const struct record_sample *sample);

/* `n_lost` samples were lost so far in all; the new ones go to the recording. */
void session_put_lost(struct session *s, uint64_t n_lost, uint64_t period_ns);

/* The value of a counter of all threads together, now. */
void session_put_counter(struct session *s, enum record_counter_what what, uint64_t value);

void perf_on_ring(struct session *s, struct msg *m);
void perf_on_events(struct session *s, struct msg *m);
void perf_on_started(struct session *s, const struct o_started *msg, int host_stat);
void perf_drain(struct session *s);
void perf_retry_pending(struct session *s, bool give_up);
void perf_second(struct session *s);

/* Sample no more; what there is can still be drained. */
void perf_stop(struct session *s);

/* After each drain: is another rate or size of stack copies due?  Asks for it. */
void perf_judge(struct session *s);

/* The milliseconds after which to drain though nothing woke us: INT_MAX: no matter. */
int perf_patience_ms(const struct session *s);
void perf_free(struct session *s);

void ptrace_on_stopped(struct session *s, struct o_stopped *msg);
void ptrace_on_checked(struct session *s, const struct o_checked *msg);
void ptrace_second(struct session *s);

/* Another rate from here on. */
void perf_set_rate(struct session *s, uint32_t rate_hz);

/* A sample that the kernel has unwound. */
void bpf_on_sample(struct session *s, const struct perf_sample *p, uint64_t weight_ns);

/* Stack numbers begin anew. */
void bpf_forget_stacks(struct session *s);
void bpf_free_stacks(struct session *s);

/* ---- kernel_side.c: what unwinding in the kernel needs ---- */

void kernel_side_on_maps(struct session *s, struct msg *m);

/* Tell the kernel what has changed. */
void kernel_side_update(struct session *s);

/*
 * Fresh handles have come: if an exec was not told of, what is read by them is of after it.
 * To be called before that is read.
 */
void kernel_side_take_execs(struct session *s, struct proc *p);

/* Does it know everything of all processes there are? */
bool kernel_side_is_ready(const struct session *s);

/* Once a second: counters, and what could not be told before. */
void kernel_side_second(struct session *s);

/* How long the program in the kernel has run; 0 if there is none. */
uint64_t kernel_side_cost_ns(const struct session *s);

/* The process is gone, or another program. */
void kernel_side_forget(struct session *s, struct proc *p);

/* No process has the module mapped. */
void kernel_side_drop_table(struct session *s, struct module *m);
/* How the process' Python is walked. */
void kernel_side_tell_python(struct session *s, const struct proc *p, const struct bpf_python *how);
void kernel_side_free(struct session *s);

/* ---- own_cost.c: CPU time of cprofd's processes ---- */

enum own_process {
	OWN_OPENER, OWN_HELPER, OWN_WORKERS, OWN_VIEWERS = OWN_WORKERS + WORKER_COUNT,
	OWN_COUNT = OWN_VIEWERS + CONTROL_MAX_VIEWERS
};

/* From now on this process is `which`; pid 0: none. */
void own_cost_set(struct session *s, enum own_process which, pid_t pid);

/* Put what they have used since they began into the recording; of all together. */
uint64_t own_cost_put(struct session *s);

/* ---- governor.c: a limit to that ---- */

struct governor {
	uint64_t cost_ns, since_ns;	/* at the last look; since_ns 0: there was none */
	double share;			/* of a core, between the last two */
	unsigned int n_dear;		/* looks in a row at which it was too much */
};

/*
 * Cost so far, at `now_ns`, with that rate: the rate from here on.  To be asked once a
 * second.
 */
uint32_t governor_rate(struct governor *g, uint64_t cost_ns, uint64_t now_ns, uint32_t rate_hz);

/* The same for a session, which then samples at that rate and says why. */
void governor_second(struct session *s, uint64_t cost_ns);

/* ---- effect.c: what sampling does to the target ---- */

struct effect *effect_new(struct session *s, uint32_t effect);
void effect_free(struct effect *e);

/* Go on as far as it is time to; when it will be time again. */
void effect_tick(struct session *s);
uint64_t effect_due_ns(const struct session *s);
void effect_on_progress(struct session *s, const struct o_progress *msg);

/* Sampling ends. */
void effect_stop(struct session *s);

/* Somebody else has had it off: a pair that was begun is lost. */
void effect_go_on(struct session *s);

/* ---- switch.c: sampling off and on ---- */

struct sampling_switch {
	bool off, used;		/* it has been off at all */
	uint64_t since_ns;		/* valid when off */
	uint64_t off_ns, off_cpu_ns;	/* before that: time, and CPU time of the target in it */
	double cpus;			/* that it used when last known, without sampling */
};

void switch_sampling(struct session *s, bool on);
bool switch_is_off(const struct session *s);

/* While it was off the target used so much in `ns`: so it was since it is off. */
void switch_used(struct session *s, uint64_t cpu_ns, uint64_t ns);

/* CPU time that was used while it was off. */
uint64_t switch_off_cpu_ns(const struct session *s);

/* Once a second: counters.  Sampling ends. */
void switch_second(struct session *s);
void switch_stop(struct session *s);

/* ---- counts.c: calls that the program counts itself ---- */

/* What one process has counted, as a recording; `fd` stays the caller's. */
void counts_on_recording(struct session *s, int fd);

/* That was all. */
void counts_on_end(struct session *s, const struct c_counts *end);

/* Are they to come yet? */
bool counts_busy(const struct session *s);
void counts_free(struct session *s);

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

/* ---- viewers.c: who looks at the session ---- */

struct pollfd;

/* `starter`: the command's channel; `listener`: where others come, or -1. */
void viewers_init(struct session *s, int starter, int listener);

/* Tell all of them: struct `head` with a text behind it. */
void viewers_tell(struct session *s, const void *head, size_t head_len, const char *text);
void viewers_tell_start(struct session *s);
void viewers_tell_growth(struct session *s);

/* The file that request `number` of the opener brought, or -1; it is taken over. */
void viewers_on_source(struct session *s, uint32_t number, int fd);

/* What to wait for, and what to do when it came. */
#define VIEWERS_POLL (CONTROL_MAX_VIEWERS + 1)
size_t viewers_poll(const struct session *s, struct pollfd fds[VIEWERS_POLL]);
void viewers_take(struct session *s, const struct pollfd fds[VIEWERS_POLL]);

/* ---- session.c ---- */

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
