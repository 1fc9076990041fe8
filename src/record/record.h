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
#define RECORD_MINOR 2	/* grows with every record type or field added */

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
};

#define RECORD_LAST_TYPE RECORD_CODE

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
	OUTCOME_COUNT
};

#define RECORD_STACK_FIRST 16	/* first number of a stack that has a frame */

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
 *	pid		of the process that was asked for
 *	clock		of the times in the recording
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

struct record_sample {
	uint64_t time_ns;	/* kept to the microsecond */
	uint32_t thread;
	uint32_t stack;
	uint32_t weight_ns;	/* the time that this sample stands for */
	uint32_t cpu;		/* RECORD_NONE: not known */
	enum record_state state;
	uint64_t gap_bytes;	/* OUTCOME_COPY: stack beyond the copy; else 0 */
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
	COUNTER_TORN,		/* ptrace: waiting threads that moved while being read */
	COUNTER_COPIED,		/* bpf: samples whose stack was copied, not unwound at once */
	COUNTER_PROGRAM_NS,	/* bpf: time that the program in the kernel has run */
	COUNTER_COUNT
};

struct record_counter {
	uint64_t time_ns;
	enum record_counter_what what;
	uint32_t thread;	/* RECORD_NONE: all threads together */
	uint64_t value;
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

#define RECORD_MAX_COLUMNS 7

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
		struct record_thread thread;
		struct record_thread_name thread_name;
		struct record_module module;
		struct record_module_info module_info;
		struct record_mapping mapping;
		struct record_counter counter;
		struct record_lost lost;
		struct record_note note;
		struct record_mark mark;
		struct record_end end;
		/*
		 * FRAMES, STACKS, FUNCTIONS, SYMBOLS, SAMPLES and CODE hold
		 * many items, which record_next_frame() etc. hand out.  Each field
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
		} batch;
	};
};

#endif
