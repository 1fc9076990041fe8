// SPDX-License-Identifier: Apache-2.0
/*
 * profile/profile.h - what a recording says, in tables that views ask.
 *
 * A profile is fed with the records of one recording in their order and does
 * nothing else: no file, no clock, no terminal.  More can be fed at any time,
 * so a recording that still grows is the same thing as one that is finished.
 *
 *	profile_init(&p, header);
 *	while (record_reader_next(reader, &rec, err) > 0)
 *		if (profile_add_record(&p, &rec, err) < 0)
 *			break;			what came before is whole
 *	if (profile_update(&p, err) < 0) ...
 *	summary_make(&p, &selection, &sum);	profile/summary.h and its siblings
 *
 * Everything has a number, and numbers are never given again (but those of
 * leaves): threads, frames and stacks keep theirs when names arrive later.  The
 * tables are open to read and written only here.  Names are bytes of the target: nobody prints them
 * without ui/text.h.
 *
 * The recording is not trusted: every number in it is checked before it is used
 * as an index, and every table has a limit.
 */
#ifndef CPROFD_PROFILE_PROFILE_H
#define CPROFD_PROFILE_PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/strtab.h"
#include "base/u64map.h"
#include "profile/calls.h"
#include "profile/counters.h"
#include "profile/samples.h"
#include "profile/shown.h"
#include "profile/tree.h"
#include "record/record.h"

struct error;
struct record_header;

/* More than this is refused with EFBIG: a small file can claim anything. */
#define PROFILE_MAX_ITEMS (1u << 24)	/* of each kind not named here */
#define PROFILE_MAX_FUNCTIONS (1u << 22)
#define PROFILE_MAX_CODES (1u << 16)	/* functions whose instructions are there */
#define PROFILE_MAX_STACKS (1u << 25)
#define PROFILE_MAX_STRING_BYTES (1u << 29)

struct profile_meta {
	uint32_t key, value;	/* strings */
};

struct profile_process {
	uint32_t pid, ppid;
	uint64_t time_ns;
	enum record_process_how how;
	uint32_t name, exe, cgroup;	/* strings */
	bool ended;
	struct record_process_end end;	/* if it ended */
};

struct profile_thread {
	uint32_t process, tid;
	uint64_t time_ns;
	uint32_t name;		/* string, the last one that it had */
};

#define PROFILE_MAX_BUILD_ID 64

struct profile_module {
	enum record_module_kind kind;
	uint32_t path;		/* string */
	uint32_t flags;		/* enum record_module_flags */
	uint32_t note;		/* string: what is missing and would help */
	bool info;		/* flags and note were told */
	bool main;		/* the file that some process is running */
	uint32_t loop_level;	/* MODULE_PYTHON: 1 and the level "[asyncio event loop]"; 0: none */
	uint8_t build_id_len;
	uint8_t build_id[PROFILE_MAX_BUILD_ID];
	uint64_t text_vaddr, text_off, text_bytes;	/* its code; 0 bytes: not known */
};

/* A call in source: an inlining level of a frame. */
struct profile_level {
	uint32_t function;
	uint32_t line;		/* 0: not known */
	uint32_t file;		/* string: where that line is, or empty; mostly the
				   function's, but its body may #include others */
};

struct profile_frame {
	uint64_t vaddr;
	uint32_t module;
	uint32_t flags;		/* enum record_frame_flags */
	uint32_t first_level;	/* the innermost inlined call */
	uint32_t n_levels;	/* 0 only before profile_update() */
	uint32_t n_trimmed;	/* levels before the first that are not shown; profile/shown.h */
	uint32_t own_level;	/* 1 and its first level, if another stands for it; 0: it is its own */
	enum record_call_kind call;	/* of a return address: what the code says ... */
	uint32_t call_function;	/* ... the one that begins at the target, or RECORD_NONE */
	uint64_t call_target;	/* CALL_DIRECT, else 0 */
};

/*
 * Where time can go: a function, or what stands for one.  Code without a name
 * has a function for each range that unwind information bounds, else for each
 * address, for memory of no file one per mapping, for a kernel without names
 * one.  Stacks that end early have one above them for each way and module
 * (`outcome`), and one stands for frames left out: they are the pseudo functions.
 */
struct profile_function {
	uint32_t module;	/* RECORD_NONE: none */
	uint32_t name;		/* string, never empty */
	uint32_t file;		/* string: source file, or empty */
	uint32_t line;		/* of the declaration, or 0 */
	enum record_symbol_source source;	/* SYMBOL_NONE, _RANGE: no real name */
	uint64_t vaddr;		/* where it starts, 0 if not known */
	uint64_t size;		/* bytes, 0 if not known */
	uint8_t outcome;	/* pseudo functions: enum record_outcome; else 0 */
};

#define FUNCTION_EMPTY 0	/* what a sample without any frame is in */
#define FUNCTION_EMPTY_NAME "[empty stack]"

struct profile_stack {
	uint32_t parent;	/* below RECORD_STACK_FIRST: an outcome */
	uint32_t frame;
};

/*
 * The machine code of a function, or (n 0) why there is none.  The piece of it that
 * is there begins at `vaddr`; its instructions have no gaps.
 */
struct profile_code {
	uint32_t module;
	uint32_t note;		/* string */
	uint64_t vaddr, size;	/* of the function; size 0: not known */
	uint32_t first, n;	/* instructions */
};

struct profile_instruction {
	uint64_t vaddr;
	uint64_t target;	/* of a jump or call, if has_target */
	uint32_t target_function;	/* the one that is there, or RECORD_NONE */
	uint32_t text;		/* string: mnemonic, tab, operands */
	uint32_t first_level, n_levels;	/* what it is in source, as of a frame */
	uint32_t len;
	bool has_target;
};

/* What was counted and timed elsewhere: a recording that has this has no samples. */
struct profile_measured {
	uint32_t function;
	uint32_t caller;	/* function, or RECORD_NONE: whoever called it */
	uint64_t calls, outermost;	/* as in struct record_measured */
	uint64_t self_ns, total_ns;
};

struct profile_range {
	uint64_t start, size;
};

/* A sample whose stack was larger than its copy, or had more frames than are kept. */
struct profile_gap {
	uint64_t time_ns;
	uint32_t thread;
	uint32_t stack;
	uint64_t size;		/* bytes; OUTCOME_LEFT_OUT: frames */
};

struct profile_note {
	uint64_t time_ns;
	enum record_note_level level;
	uint32_t text;		/* string */
};

struct profile {
	uint64_t start_ns;	/* when recording began; times are as in records */
	uint64_t start_real_ns;	/* the same moment since 1970 */
	uint64_t end_ns;	/* the last moment that something was recorded */
	bool ended;		/* the last record was read: */
	struct record_end end;

	struct strtab strings;	/* number 0 is the empty one */

	struct profile_meta *metas;
	struct profile_process *processes;
	struct profile_thread *threads;
	struct profile_module *modules;
	struct profile_frame *frames;
	struct profile_level *levels;
	struct profile_function *functions;
	struct profile_stack *stacks;	/* recorded ones, the first RECORD_STACK_FIRST unused */
	uint32_t *leaves;	/* the stacks that samples are in; see profile_update() */
	struct profile_range *anon;	/* executable memory of no file, by start */
	struct profile_gap *gaps;
	struct record_lost *losses;
	struct record_window *windows;	/* of --measure-effect */
	struct profile_note *notes, *marks;
	struct profile_code *codes;
	struct profile_instruction *instructions;
	struct profile_measured *measured;	/* one of each */
	size_t n_metas, n_processes, n_threads, n_modules, n_frames,
	       n_levels, n_functions, n_stacks, n_leaves, n_anon, n_gaps, n_losses, n_windows, n_notes, n_marks,
	       n_codes, n_instructions, n_measured;

	struct profile_folds {
		bool any;		/* anything at all */
		bool kernel;		/* all functions of the kernel */
		bool *function;		/* by function, of the first n */
		size_t n;
	} folds;			/* see profile_fold() */

	struct samples samples;
	struct counters counters;
	struct call_counts calls;	/* with samples, or the same that `measured` says */
	struct shown shown;	/* the stacks as views have them */
	struct tree tree;	/* of those, direct recursion folded */

	/* What only feeding needs. */
	struct {
		size_t metas, processes, threads, modules, frames, levels,
		       functions, stacks, leaves, anon, gaps, losses, windows, notes, marks,
		       codes, instructions, measured, renamed;
	} cap;
	uint32_t *string_ids;	/* number in the recording -> in `strings` */
	struct profile_function_id {
		uint32_t function;
		uint32_t file;	/* string: that it was told with */
	} *function_ids;	/* by number in the recording */
	struct profile_stack_id {
		uint32_t stack;
		uint32_t leaf;	/* its number among the leaves, or RECORD_NONE */
	} *epoch_stacks;	/* by number since the last EPOCH */
	uint32_t *leaf_ids;	/* by stack: the same */
	size_t n_string_ids, cap_string_ids;
	size_t n_function_ids, cap_function_ids;
	size_t n_epoch_stacks, cap_epoch_stacks;
	size_t cap_leaf_ids;
	size_t n_ordered;	/* leaves when they were numbered anew last */
	size_t n_named;		/* stacks whose frames have names */
	uint32_t *path;			/* the stack added last, by its frames */
	size_t cap_path;
	struct u64map stack_ids;	/* parent and frame -> stack */
	struct u64map function_index;	/* hash of what makes it one -> function */
	struct u64map function_starts;	/* hash of name and start -> function */
	struct u64map measured_ids;	/* function and caller -> measured */
	uint64_t measured_ns, measured_calls;	/* all that was claimed */
	uint32_t *renamed;	/* frames that have other names than in the tree */
	size_t n_renamed;
	bool anon_unsorted;
};

/* An empty profile of the recording with this header. */
void profile_init(struct profile *p, const struct record_header *header);
void profile_deinit(struct profile *p);

/*
 * Add what a record says; consumes its items.  Fails with EBADMSG if it refers
 * to what was not given before or is malformed, with EFBIG if a table would
 * outgrow its limit.  Everything before the bad item is kept.
 */
int profile_add_record(struct profile *p, struct record *rec, struct error *err);

/*
 * Bring order, names and tree up to date with what was added.  To be called
 * before anything is asked.  Numbers leaves anew, in the order of the tree, when
 * many came: so that what is summed up together lies together.  Fails with EFBIG
 * like profile_add_record().
 */
int profile_update(struct profile *p, struct error *err);

/*
 * Fold functions into what calls them: tree and stack_walk.h are as if they had not
 * been called, and what they called had been called by their callers.  Only the
 * outermost call of a stack stays, because nobody called it.  `kernel` folds all
 * functions of the kernel, too.  Replaces what was folded before.
 * Fails like profile_update().
 */
int profile_fold(struct profile *p, const uint32_t *functions, size_t n, bool kernel,
		 struct error *err);

/* Is it, where it is not outermost? */
static inline bool profile_is_folded(const struct profile *p, uint32_t function)
{
	const struct profile_function *f = &p->functions[function];

	return p->folds.any &&
	       ((function < p->folds.n && p->folds.function[function]) ||
		(p->folds.kernel && f->module != RECORD_NONE && !f->outcome &&
		 p->modules[f->module].kind == MODULE_KERNEL));
}

/*
 * Show stacks in that way from here on.  What has no Python function among Python functions
 * only is in FUNCTION_EMPTY, which has another name then.  Fails like profile_update().
 */
int profile_show(struct profile *p, enum frame_mode mode, struct error *err);

/* Is there any Python function in the recording? */
bool profile_has_python(const struct profile *p);

/* Fails with EFBIG if no further name may be made: for tree.c. */
int profile_check_names(const struct profile *p, struct error *err);

/* A string by number, terminated; valid until the next record is added. */
static inline const char *profile_string(const struct profile *p, uint32_t id)
{
	return strtab_get(&p->strings, id);
}

/* The value of a META key, or NULL if it was not recorded. */
const char *profile_meta(const struct profile *p, const char *key);

/* The value of a META key as a number, or `none` if it is not there or not one. */
uint64_t profile_meta_number(const struct profile *p, const char *key, uint64_t none);

/* The last part of a module's path; "[kernel]" and such as they are. */
const char *profile_module_name(const struct profile *p, uint32_t module);

/* "python3.11", of the file of an interpreter, whether program or library; freed by the caller. */
char *profile_interpreter_name(const struct profile *p, uint32_t module);

/*
 * Whose code a function is: 'P' written in Python, 'N' of the program itself, 'L' of a
 * library or the interpreter, 'K' of the kernel, '?' not known.
 */
char profile_function_kind(const struct profile *p, uint32_t function);

/* Is it C of the interpreter, shown for what Python called there? */
bool profile_function_in_interpreter(const struct profile *p, uint32_t function);

/* Does it stand for code that nobody could name? */
bool profile_function_unnamed(const struct profile *p, uint32_t function);

/*
 * The pseudo function above the outermost frame of a leaf, or RECORD_NONE if the
 * stack is complete.
 */
uint32_t profile_leaf_root(const struct profile *p, uint32_t leaf);

/*
 * By leaf: is a call of the function on its stack?  FUNCTION_EMPTY: is nothing on it?
 * The caller frees it.
 */
bool *profile_leaves_with(const struct profile *p, uint32_t function);

/*
 * The process that the recording is about: the one asked for, as what it ran
 * last, else the first; NULL if there is none, or if it is about the whole host.
 */
const struct profile_process *profile_main_process(const struct profile *p);

/* Is it about all processes of the host? */
bool profile_is_host(const struct profile *p);

/* Was it measured by another profiler, without samples? */
static inline bool profile_is_measured(const struct profile *p)
{
	return p->n_measured && !p->samples.n;
}

/* How often it was called; NULL: nobody counted that. */
static inline const struct profile_count *profile_count_of(const struct profile *p,
							   uint32_t function)
{
	return call_counts_of(&p->calls, function);
}

/* What it is about, in a word: that process' name, or "host"; NULL if nothing is known. */
const char *profile_title(const struct profile *p);

#endif
