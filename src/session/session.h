// SPDX-License-Identifier: Apache-2.0
/*
 * session/session.h - shared by the files of the session.
 *
 *	opener ──► perf rings / ptrace stops ──► sample_*.c ──► unwinder
 *	                                              │ frames
 *	                     procs.c: which module is an address in
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

struct module;
struct proc;
struct session;
struct symbol_answer_reader;

/* ---- procs.c: processes, threads, mappings ---- */

struct mapping {
	uint64_t start, end, off;
	struct module *module;
};

struct proc {
	uint32_t pid;
	uint32_t number;	/* in the recording */
	uint32_t name, exe;	/* strings of the recording */
	struct session *session;
	struct unwind_space space;	/* generation changes with the mappings */
	struct mapping *maps;	/* sorted */
	size_t n_maps, cap_maps;
	int maps_fd, mem_fd;	/* -1: none */
	struct thread *threads;
	uint32_t n_living;	/* of its threads */
	bool first_ended;	/* the thread whose tid is the pid */
	uint64_t first_cpu_ns;	/* CPU time of that thread when it exec'd */
	bool ended;		/* or exec'd: freed when no sample can need it any more */
	uint64_t exec_ns;	/* it exec'd then, and is not in the recording yet */
	uint64_t refreshed_ns;	/* see procs_refresh_*() */
	uint64_t loading_until_ns;	/* until then its libraries are being mapped */
	struct module *generated;	/* of code in no file, or NULL: none was sampled yet */
	uint32_t forked_by;	/* pid of who it has its code from, or 0 */
	char *jitdump;		/* path of what it has mapped, until `generated` takes it */
	uint64_t jitdump_ino;

	/* kernel_side.c */
	uint32_t n_execs;	/* that are in the recording */
	uint32_t told_generation;	/* of what the kernel knows */
	uint32_t first_block, n_block;	/* where that is; 0: nothing */
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
};

/* The process, made up from what is known if it was not heard of yet. */
struct proc *procs_get(struct session *s, uint32_t pid, uint64_t time_ns);
struct proc *procs_find(struct session *s, uint32_t pid);
struct thread *procs_get_thread(struct session *s, uint32_t pid, uint32_t tid,
				uint64_t time_ns);
struct thread *procs_find_thread(struct session *s, uint32_t tid);

/* The thread had used so much CPU time at `time_ns`. */
void procs_saw_cpu(struct thread *t, uint64_t cpu_ns, uint64_t time_ns);

/* Put what was read since the last time into the recording. */
void procs_put_cpu(struct session *s);

/* Messages of the opener about processes. */
void procs_on_process(struct session *s, struct msg *m);
void procs_on_threads(struct session *s, const struct o_threads *msg);
void procs_on_times(struct session *s, const struct o_times *msg);

/* Events that the kernel reports. */
void procs_on_mmap(struct session *s, const struct perf_mmap *m, uint64_t time_ns);
void procs_on_fork(struct session *s, const struct perf_task *t);
void procs_on_exit(struct session *s, const struct perf_task *t);
void procs_on_comm(struct session *s, const struct perf_comm *c, uint64_t time_ns);

/* Have the opener follow the processes that it has given no handles of. */
void procs_ask_missing(struct session *s);

/* The mapping that `addr` is in, or NULL. */
const struct mapping *procs_find_mapping(const struct proc *p, uint64_t addr);

/*
 * For an engine that is not told about mappings: look again, or ask for new
 * handles after an exec.  Not more often than the process can bear.
 */
void procs_refresh_maps(struct session *s, struct proc *p);
void procs_refresh_handles(struct session *s, struct proc *p);

/* Something is known now that was not: forget what was resolved. */
void procs_new_generation(struct session *s);

/* The same for one process. */
void procs_changed(struct proc *p);

/* Free what has ended; not while samples wait for it. */
void procs_collect(struct session *s);

/* End of the memory mapping that holds the thread's stack at `addr`; 0: unknown. */
uint64_t procs_stack_end(struct thread *t, uint64_t addr);

void procs_free(struct session *s);

/* ---- modules.c: files and their unwind tables ---- */

enum module_state {
	MODULE_ASKED_FILE,	/* waits for the opener */
	MODULE_ASKED_CACHE,	/* waits for a cached table */
	MODULE_WANTS_TABLE,	/* waits for its turn to ask the worker */
	MODULE_ASKED_TABLE,	/* waits for the worker */
	MODULE_READY,		/* with a table, or known to have none */
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
};

struct module *modules_file(struct session *s, struct proc *p, const struct proc_map *map);
struct module *modules_vdso(struct session *s);

/* Memory of no file, whosever it is: what mappings refer to.  Has no names. */
struct module *modules_anon(struct session *s);

/* Of one process; takes `g` over. */
struct module *modules_generated(struct session *s, struct generated *g);
struct module *modules_kernel(struct session *s);

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

/* ---- stacks.c: frames and stacks by number ---- */

uint32_t stacks_frame(struct session *s, struct module *module, uint64_t vaddr,
		      uint32_t flags);

/*
 * Call `fn` for every frame of the present epoch; `vaddr` is where its name was
 * looked for, of a kernel's address the lower 48 bits.
 */
typedef void (*stacks_frame_fn)(void *ctx, uint32_t frame, struct module *module, uint64_t vaddr);
void stacks_each_frame(struct session *s, stacks_frame_fn fn, void *ctx);

/* The stack that ends in `outcome` and has these frames, the innermost first. */
uint32_t stacks_stack(struct session *s, enum record_outcome outcome,
		      const uint32_t *frames, size_t n_frames);

/* Begin a new epoch if the tables have grown large. */
void stacks_check_budget(struct session *s);
void stacks_free(struct session *s);

/* ---- symbols.c ---- */

/* `frame` of `module` wants a name, to be looked for at `vaddr`. */
void symbols_want(struct module *module, uint64_t vaddr, uint32_t frame);

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

void session_put_sample(struct session *s, const struct record_sample *sample);

/* `n_lost` samples were lost so far in all; the new ones go to the recording. */
void session_put_lost(struct session *s, uint64_t n_lost, uint64_t period_ns);

/* The value of a counter of all threads together, now. */
void session_put_counter(struct session *s, enum record_counter_what what, uint64_t value);

void perf_on_ring(struct session *s, struct msg *m);
void perf_on_events(struct session *s, struct msg *m);
void perf_on_started(struct session *s, const struct o_started *msg);
void perf_drain(struct session *s);
void perf_retry_pending(struct session *s, bool give_up);
void perf_second(struct session *s);

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

/* ---- kernel_side.c: what unwinding in the kernel needs ---- */

void kernel_side_on_maps(struct session *s, struct msg *m);

/* Tell the kernel what has changed. */
void kernel_side_update(struct session *s);

/* Does it know everything of all processes there are? */
bool kernel_side_is_ready(const struct session *s);

/* Once a second: counters. */
void kernel_side_second(struct session *s);

/* How long the program in the kernel has run; 0 if there is none. */
uint64_t kernel_side_cost_ns(const struct session *s);

/* The process is gone, or another program. */
void kernel_side_forget(struct session *s, struct proc *p);
void kernel_side_free(struct session *s);

/* ---- own_cost.c: CPU time of cprofd's processes ---- */

enum own_process {
	OWN_OPENER, OWN_WORKERS, OWN_VIEWERS = OWN_WORKERS + WORKER_COUNT,
	OWN_COUNT = OWN_VIEWERS + CONTROL_MAX_VIEWERS
};

/* From now on this process is `which`; pid 0: none. */
void own_cost_set(struct session *s, enum own_process which, pid_t pid);

/* Of all of them since they began. */
uint64_t own_cost_ns(struct session *s);

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
	struct record_process_end target_end;
	uint64_t finish_by_ns;
	bool rings_freed;
	bool events_ended;	/* a second ago the kernel had ended them all */
	int write_errno;
	char write_error[256];

	/* own_cost.c */
	struct {
		pid_t pid;
		uint64_t cpu_ns;	/* when last read */
	} own[OWN_COUNT];
	uint64_t own_ended_ns;		/* of those that were replaced */

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

	/* modules.c */
	struct module **modules;
	size_t n_modules, cap_modules;
	struct module *anon, *vdso, *kernel;
	size_t n_generated;
	bool cpu_read;		/* the CPU times of threads, for the first time */
	bool said_python, said_32bit;

	/* stacks.c */
	struct u64map frames, stacks;
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

	struct governor governor;

	/* kernel_side.c, sample_bpf.c */
	struct kernel_side *kernel_side;	/* NULL: the kernel unwinds nothing */
	struct kernel_stack *kernel_stacks;
	size_t n_kernel_stacks, cap_kernel_stacks;
	struct u64map kernel_stacks_by_hash;

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
	struct record_sample checked_sample;	/* ptrace: to be confirmed */
	uint32_t checked_sequence;
	uint64_t n_stops, n_stops_syscall, n_torn;
	uint64_t n_samples, n_lost;
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
