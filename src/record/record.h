// SPDX-License-Identifier: Apache-2.0
/*
 * record/record.h - what a recording says, record by record.
 *
 * A session describes what it sees as a stream of small records that refer to
 * earlier ones by number; the file is that stream (its bytes are documented in
 * cprofd-recording(5); record/block.h frames them).  record/writer.h makes
 * records, record/reader.h takes them apart; both speak in the structs below.
 *
 * Numbers: strings, processes, threads, modules, frames, functions and stacks
 * are numbered in the order in which they are written, each kind from 0 (string
 * 0 is the empty one; stacks start at RECORD_STACK_FIRST).  Stack numbers start
 * again after an EPOCH record.  A record refers only to numbers already given.
 *
 * Times are CLOCK_MONOTONIC in ns.  Addresses: `vaddr` is an address as the
 * ELF file states it, so frames of different processes and runs compare.
 */
#ifndef CPROFD_RECORD_RECORD_H
#define CPROFD_RECORD_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cursor.h"

#define RECORD_MAJOR 1	/* a reader refuses another major version */
#define RECORD_MINOR 6	/* grows with every record type or field added */

#define RECORD_MAX_STRING 65536	/* longer ones are cut by the writer */
#define RECORD_NONE UINT32_MAX	/* "no such number" where a field allows it */

enum record_type {
	RECORD_META = 1,
	RECORD_STRING = 2,
	RECORD_PROCESS = 3,
	RECORD_PROCESS_END = 4,
	RECORD_THREAD = 5,
	RECORD_THREAD_NAME = 6,
	RECORD_MODULE = 7,
	RECORD_MAPPING = 8,
	RECORD_FRAMES = 9,
	RECORD_STACKS = 10,
	RECORD_SAMPLES = 11,
	RECORD_FUNCTIONS = 12,
	RECORD_SYMBOLS = 13,
	RECORD_COUNTER = 14,
	RECORD_LOST = 15,
	RECORD_NOTE = 16,
	RECORD_MARK = 17,
	RECORD_EPOCH = 18,
	RECORD_MODULE_INFO = 19,
	RECORD_END = 20,
	RECORD_CODE = 21,
	RECORD_PROCESS_INFO = 22,
	RECORD_CALLS = 23,
	RECORD_WINDOW = 24,
	RECORD_MEASURED = 25,
};

#define RECORD_LAST_TYPE RECORD_MEASURED

/*
 * How a stack ends at its root side.  Every stack carries exactly one; stack
 * number 0 is the empty stack of outcome 0, and so on.  So every sample is in
 * exactly one of these, or it was lost, throttled or not visible, which counters
 * and LOST records say.
 */
enum record_outcome {
	OUTCOME_COMPLETE = 0,	/* reached the outermost frame */
	OUTCOME_COPY = 1,	/* the copy of the stack ended: a gap follows */
	OUTCOME_LIMIT = 2,	/* frame limit in effect */
	OUTCOME_NO_RULE = 3,	/* no unwind rule for the last frame's address */
	OUTCOME_MEMORY = 4,	/* stack memory could not be read */
	OUTCOME_JIT = 5,	/* code that belongs to no file */
	OUTCOME_REGISTER = 6,	/* the rule needs a register that is not known */
	OUTCOME_BROKEN = 7,	/* the next frame would not lie further out */
	OUTCOME_NO_USER = 8,	/* no user stack: exiting, or a kernel thread */
	OUTCOME_PENDING = 9,	/* its unwind table did not arrive in time */
	OUTCOME_LEFT_OUT = 10,	/* reached the outermost frame, but has FRAME_LEFT_OUT */
	OUTCOME_UNSEEN = 11,	/* what the thread does was looked at, its stack was not */
	/* The C stack is whole, but its Python frames are not. */
	OUTCOME_PYTHON_MEMORY = 12,	/* one of them, or what it refers to, could not be read,
					   or was just being made */
	OUTCOME_PYTHON_LIMIT = 13,	/* more than are kept */
	OUTCOME_PYTHON_UNMATCHED = 14,	/* some are of no run of the interpreter loop that is
					   on it, or of a run there are none */
	OUTCOME_COUNT
};

#define RECORD_STACK_FIRST 16	/* first number of a stack that has a frame */

/* Is the outermost frame of such a stack the one where its thread began? */
static inline bool record_outcome_has_root(uint32_t outcome)
{
	return outcome == OUTCOME_COMPLETE || outcome == OUTCOME_LEFT_OUT ||
	       outcome == OUTCOME_PYTHON_MEMORY || outcome == OUTCOME_PYTHON_LIMIT;
}

/* Are frames missing that are known to be missing? */
static inline bool record_outcome_is_cut(uint32_t outcome)
{
	return outcome != OUTCOME_COMPLETE && outcome != OUTCOME_LEFT_OUT &&
	       outcome != OUTCOME_NO_USER;
}

/* The name of an outcome in reports and JSON, such as "copy too small". */
const char *record_outcome_name(enum record_outcome outcome);

/*
 * Keys that readers rely on; values are text, numbers in decimal.  A session
 * writes those that it knows, and again when one changes.
 *
 *	version		of the cprofd that recorded
 *	engine		bpf, perf or ptrace
 *	event		what ticks: cpu-clock, cycles, ...
 *	rate_hz		asked for
 *	stack_bytes	size of a stack copy; absent when none is made
 *	max_frames	frame limit in effect
 *	kernel		visible, or excluded: kernel code is not sampled
 *	kernel_release, arch, cpus (number)	of the machine
 *	command		name of the program, without its arguments
 *	pid		of the process that was asked for; 0: of every one on the host
 *	clock		of the times in the recording
 *	imported	the format that a recording without samples was made of
 *	measure_effect	by which progress of the target the effect of sampling is
 *			measured: a name of enum record_progress, or auto; absent when
 *			it is not
 */
struct record_meta {		/* the same key again replaces the value */
	const char *key, *value;	/* not terminated */
	size_t key_len, value_len;
};

struct record_string {
	const char *text;	/* not terminated, any bytes */
	size_t len;
};

enum record_process_how {
	PROCESS_PRESENT,	/* ran when recording began */
	PROCESS_FORKED,
	PROCESS_EXECED,		/* replaces the process of the same pid */
};

struct record_process {
	uint32_t pid, ppid;
	uint64_t time_ns;
	enum record_process_how how;
	uint32_t name, exe;	/* strings */
};

/* What was learned about a process after it was first seen; what is not known is 0. */
struct record_process_info {
	uint32_t process, ppid;
	uint32_t name, exe;	/* strings */
	uint32_t cgroup;	/* string: path of its control group */
};

enum record_end_how {
	END_UNKNOWN, END_EXITED, END_SIGNALED,
};

struct record_process_end {
	uint32_t process;
	uint64_t time_ns;
	enum record_end_how how;
	uint32_t status;	/* exit status or signal */
};

struct record_thread {
	uint32_t process, tid;
	uint64_t time_ns;
	uint32_t name;		/* string */
};

struct record_thread_name {
	uint32_t thread, name;
};

enum record_module_kind {
	MODULE_FILE,
	MODULE_VDSO,
	MODULE_KERNEL,	/* vaddr is the kernel's own address */
	MODULE_ANON,	/* executable memory of no file: vaddr is the address */
	MODULE_PYTHON,	/* functions of that version of Python, at every 16 MiB; a frame's
			   vaddr is so many instructions of 2 bytes into one */
};

struct record_module {
	enum record_module_kind kind;
	uint32_t path;		/* string */
};

/* What was learned about a module after it was first seen. */
enum record_module_flags {
	MODULE_HAS_SYMTAB = 1 << 0,	/* .symtab, also from a debug file */
	MODULE_HAS_LINES = 1 << 1,	/* DWARF line tables */
	MODULE_HAS_UNWIND = 1 << 2,	/* .eh_frame or .debug_frame */
	MODULE_DELETED = 1 << 3,	/* the file was deleted or replaced */
	MODULE_UNREADABLE = 1 << 4,	/* the file or a part of it; see note */
	MODULE_INTERPRETER = 1 << 5,	/* what runs functions of a MODULE_PYTHON */
};

struct record_module_info {
	uint32_t module;
	uint32_t flags;
	const uint8_t *build_id;
	size_t build_id_len;	/* 0: none */
	uint64_t text_vaddr, text_off, text_bytes;	/* its code; 0 bytes: not known */
	uint32_t note;		/* string: what is missing and what would help */
};

struct record_mapping {
	uint32_t process, module;
	uint64_t start, size, off;
	uint64_t time_ns;
};

enum record_frame_flags {
	FRAME_RETURN = 1 << 0,	/* a return address: the call is before it */
	FRAME_GUESSED = 1 << 1,	/* found by frame pointer, without a rule */
	FRAME_LEFT_OUT = 1 << 2,	/* stands for others: its module says nothing, its
					   address is the outcome that says why, or 0: they
					   are beyond the frame limit */
};

struct record_frame {
	uint32_t module;
	uint32_t flags;
	uint64_t vaddr;
};

#define RECORD_MAX_FRAMES (1u << 17)	/* of one stack */

/*
 * A stack: frames from the outermost to the innermost.  It is written as what
 * differs from the stack before it, of which a program's next one mostly shares
 * the outer part.
 */
struct record_stack {
	enum record_outcome outcome;
	uint32_t n_frames;
	const uint32_t *frames;	/* read: until the next one is read */
	uint32_t n_shared;	/* read: so many, and the outcome, are as before */
};

enum record_state {
	STATE_RUNNING,		/* on a CPU */
	STATE_WAITING,		/* seen by an engine that looks at waiting threads */
	STATE_COUNT
};

/*
 * What a thread does, beside that it runs or waits.  Of one that runs it is said where an
 * interpreter lets only one thread at a time run its code, by a lock.
 */
enum record_activity {
	ACTIVITY_UNKNOWN,
	ACTIVITY_PYTHON,	/* runs, and has the lock */
	ACTIVITY_COLLECTING,	/* the same, and collects garbage */
	ACTIVITY_NATIVE,	/* runs what Python has called, without it */
	ACTIVITY_WAIT_PYTHON,	/* waits for it; or runs, to take it or to give it away */
	ACTIVITY_WAIT_LOCK,	/* waits for another lock, */
	ACTIVITY_WAIT_IO,	/* for a file, a socket, ..., */
	ACTIVITY_SLEEP,		/* for time to pass, */
	ACTIVITY_WAIT_ELSE,	/* or for something else */
	ACTIVITY_COUNT
};

/* Names as in JSON: "python", "wait-lock". */
const char *record_activity_name(enum record_activity activity);

struct record_sample {
	uint64_t time_ns;	/* kept to the microsecond */
	uint32_t thread;
	uint32_t stack;
	uint32_t weight_ns;	/* the time that this sample stands for */
	uint32_t cpu;		/* RECORD_NONE: not known */
	enum record_state state;
	enum record_activity activity;
	uint64_t gap;		/* OUTCOME_COPY: bytes of stack beyond the copy;
				   or frames that were left out for the limit */
};

enum record_symbol_source {
	SYMBOL_NONE,		/* looked for, not found */
	SYMBOL_DWARF,
	SYMBOL_SYMTAB,		/* of the file or its debug file */
	SYMBOL_DYNSYM,
	SYMBOL_MINIDEBUG,	/* .gnu_debugdata */
	SYMBOL_RANGE,		/* bounds from unwind information, no name */
	SYMBOL_KALLSYMS,
	SYMBOL_GENERATED,	/* the program's own word: perf-PID.map, jitdump */
	SYMBOL_PYTHON,		/* of a code object, by the interpreter's memory */
};

struct record_function {
	uint32_t module;
	uint32_t name;		/* string, demangled; empty for SYMBOL_RANGE */
	uint32_t file;		/* string: source file, or empty */
	uint32_t line;		/* of its declaration, or 0 */
	uint64_t vaddr;		/* where it starts, 0 if not known */
	uint64_t size;		/* bytes, 0 if not known */
	enum record_symbol_source source;
};

struct record_level {
	uint32_t function;
	uint32_t line;		/* 0 if not known */
};

#define RECORD_MAX_LEVELS 256

/* What the frame is in source: inlined calls, the innermost first. */
struct record_symbol {
	uint32_t frame;
	uint32_t n_levels;	/* 0: looked for, nothing found */
	struct record_level levels[RECORD_MAX_LEVELS];
};

/* What the code says of the call from which a frame's address is the return. */
enum record_call_kind {
	CALL_UNKNOWN,		/* not looked at: such frames have no item */
	CALL_NONE,		/* no call ends there */
	CALL_DIRECT,		/* of a place that is in the instruction */
	CALL_INDIRECT,		/* of a place that a register or memory had */
	CALL_KINDS
};

struct record_call {
	uint32_t frame;
	enum record_call_kind kind;
	uint64_t target;	/* CALL_DIRECT: vaddr in the frame's module, else 0 */
	uint32_t function;	/* that begins there, or RECORD_NONE */
};

/* Who counted calls. */
enum record_counted {
	COUNTED_BY_IMPORT,	/* another profiler, */
	COUNTED_BY_PROBE,	/* the kernel at a probe of the interpreter, */
	COUNTED_BY_MONITORING,	/* the program itself by sys.monitoring */
	COUNTED_BY_SETPROFILE,	/* or sys.setprofile */
	COUNTED_BY_COUNT	/* a number from here on is of a later version */
};

/* Names as in JSON: "import", "monitoring". */
const char *record_counted_name(enum record_counted how);

/*
 * What was counted, and by another profiler also timed: a function, or the part of it
 * that is due to one caller.
 *
 * Another profiler's items cover all of what it saw, and several of the same add up.
 * Its calls are what it calls so: of a generator mostly each time that it goes on.
 *
 * Others counted beside the samples, from `from_ns` on for `duration_ns`; the last item of
 * the same replaces those before.  A call is then that the function's code began to run,
 * in whatever process: of a generator or coroutine once, when it is first asked for a
 * value.  Their times are not measured: 0.
 */
struct record_measured {
	uint32_t function;
	uint32_t caller;	/* function, or RECORD_NONE: whoever called it */
	uint64_t calls;
	uint64_t outermost;	/* of them those that were not within another */
	uint64_t self_ns, total_ns;
	uint64_t from_ns, duration_ns;	/* import: 0 */
	uint8_t how;		/* enum record_counted */
};

/*
 * The machine code of a function, for which somebody asked.  Its instructions are
 * without gaps, from the start on; of a large function they may be fewer than its
 * size.  If there are none, the note says why, and `vaddr` is what was asked for.
 */
struct record_code {
	uint32_t module;
	uint32_t note;		/* string */
	uint64_t vaddr, size;	/* of the function; size 0: there is none */
};

#define RECORD_MAX_INSTRUCTION_TEXT 128

struct record_instruction {
	uint64_t vaddr;		/* read: follows from what came before */
	uint32_t len;		/* bytes */
	const char *text;	/* mnemonic, tab, operands; not terminated */
	size_t text_len;
	bool has_target;	/* it jumps to, or calls, a place that is known: */
	uint64_t target;
	uint32_t target_function;	/* the one that is there, or RECORD_NONE */
	uint32_t n_levels;	/* what it is in source, as in struct record_symbol */
	struct record_level levels[RECORD_MAX_LEVELS];
};

enum record_counter_what {
	COUNTER_CPU_NS,		/* CPU time used, cumulative since the start */
	COUNTER_OWN_CPU_NS,	/* CPU time of cprofd's processes, cumulative */
	COUNTER_UNSAMPLED_NS,	/* CPU time that fell between samples, cumulative */
	COUNTER_STOPS,		/* ptrace: stops, cumulative */
	COUNTER_STOPS_SYSCALL,	/* ptrace: stops that landed in a system call */
	COUNTER_THROTTLED_NS,	/* time the kernel throttled sampling, cumulative */
	COUNTER_TORN,		/* ptrace: threads that moved while being read */
	COUNTER_COPIED,		/* bpf: samples whose stack was copied, not unwound at once */
	COUNTER_PROGRAM_NS,	/* bpf: time that the program in the kernel has run */
	COUNTER_OWN_OPENER_NS,	/* the opener's part of COUNTER_OWN_CPU_NS, */
	COUNTER_OWN_WORKERS_NS,	/* that of the workers, */
	COUNTER_OWN_VIEWERS_NS,	/* and that of the command and of others that look */
	COUNTER_STOPPED_NS,	/* ptrace: for how long threads were held, together */
	COUNTER_OFF_NS,		/* time in which sampling was off, to measure its effect or
				   while calls were counted, */
	COUNTER_OFF_CPU_NS,	/* and CPU time that was used then */
	/* What the kernel counts of the target's processes together, cumulative: */
	COUNTER_USER_NS,	/* CPU time in the program */
	COUNTER_SYSTEM_NS,	/* and in the kernel */
	COUNTER_FAULTS,		/* page faults that needed no disk, */
	COUNTER_FAULTS_DISK,	/* and that did */
	COUNTER_READ_BYTES,	/* by read(2) and the like, from whatever it was */
	COUNTER_WRITTEN_BYTES,	/* by write(2) and the like */
	COUNTER_WAITS,		/* switches to another thread because it began to wait, */
	COUNTER_PREEMPTIONS,	/* and because another one was to run */
	COUNTER_QUEUE_NS,	/* for how long threads could have run and no CPU was free */
	/* The same as it is at that time: gauges. */
	COUNTER_RESIDENT_BYTES,	/* memory held, by all its processes; shared pages as often */
	COUNTER_THREADS,
	COUNTER_COUNT
};

/* Goes up and down; all others only grow. */
static inline bool record_counter_is_gauge(enum record_counter_what what)
{
	return what == COUNTER_RESIDENT_BYTES || what == COUNTER_THREADS;
}

struct record_counter {
	uint64_t time_ns;
	enum record_counter_what what;
	uint32_t thread;	/* RECORD_NONE: all threads together */
	uint64_t value;
};

/* What can tell how far a program has come, whatever it does. */
enum record_progress {
	PROGRESS_CALLS,		/* of read(2), write(2) and the like */
	PROGRESS_BYTES,		/* moved by them */
	PROGRESS_FAULTS,	/* page faults that needed no disk */
	PROGRESS_SWITCHES,	/* of threads that began to wait */
	PROGRESS_COUNT
};

#define PROGRESS_UNKNOWN UINT64_MAX

/* "calls" and so on, as in --measure-effect=NAME. */
const char *record_progress_name(enum record_progress progress);

/*
 * What the target did while sampling was on, or off, to measure the effect of that.
 * Windows come in pairs of both, of about the same length, in either order.
 */
struct record_window {
	uint64_t from_ns, to_ns;
	uint32_t pair;		/* from 0 */
	bool on;
	uint32_t rate_hz;
	uint64_t cpu_ns;	/* that the target used */
	uint64_t progress[PROGRESS_COUNT];	/* or PROGRESS_UNKNOWN */
};

struct record_lost {		/* samples that were due and are not here */
	uint64_t from_ns, to_ns;
	uint64_t count;
	uint64_t weight_ns;	/* the time that they would stand for */
};

enum record_note_level {
	NOTE_INFO, NOTE_WARNING,
};

struct record_note {
	uint64_t time_ns;
	enum record_note_level level;
	const char *text;
	size_t len;
};

struct record_mark {
	uint64_t time_ns;
	const char *text;
	size_t len;
};

enum record_end_why {
	END_STOPPED,		/* somebody asked */
	END_TARGET,		/* the target ended */
	END_DURATION,		/* -d was reached */
	END_PRIVILEGED,		/* the target now runs a privileged program */
	END_TROUBLE,		/* see the last note */
};

/* The last record; the totals let a reader check that it lost nothing. */
struct record_end {
	uint64_t time_ns;
	enum record_end_why why;
	uint64_t n_samples;
	uint64_t n_lost;
};

#define RECORD_MAX_COLUMNS 9

/* The frames of the stack read last. */
struct record_path {
	uint32_t *frames;
	size_t n, cap;
	enum record_outcome outcome;
};

/* One record, taken apart.  Pointers are valid until the next is read. */
struct record {
	enum record_type type;
	uint64_t start_ns;	/* of the recording */
	struct record_code code;	/* CODE: before its batch */
	union {
		struct record_meta meta;
		struct record_string string;
		struct record_process process;
		struct record_process_end process_end;
		struct record_process_info process_info;
		struct record_thread thread;
		struct record_thread_name thread_name;
		struct record_module module;
		struct record_module_info module_info;
		struct record_mapping mapping;
		struct record_counter counter;
		struct record_lost lost;
		struct record_window window;
		struct record_note note;
		struct record_mark mark;
		struct record_end end;
		/*
		 * FRAMES, STACKS, FUNCTIONS, SYMBOLS, SAMPLES, CODE, CALLS and
		 * MEASURED hold many items, which record_next_frame() etc. hand out.  Each field
		 * is a column of its own: like beside like compresses well.
		 */
		struct record_batch {
			uint32_t n_items;
			uint32_t n_left;
			uint64_t last, last_other;	/* what items are differences to */
			struct cursor col[RECORD_MAX_COLUMNS];
			struct record_path *path;	/* STACKS */
			const uint32_t *weights;	/* SAMPLES */
			size_t n_weights;
			bool has_activity;
			bool has_how;	/* MEASURED, since 1.5 */
		} batch;
	};
};

#endif
