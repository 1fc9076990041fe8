/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * engine/bpf/bpf_shared.h - what the kernel side and user space both know.
 *
 * Three maps lead from an address to a rule:
 *
 *	procs		process -> where its block of mappings is, and how many
 *	mappings	blocks of struct bpf_mapping, sorted by address
 *	tables		images of unwind/unwind_table.h, by index of their first word
 *	execs		process -> how often it exec'd, counted by the kernel side
 *	targets		processes that are meant, where not all are; user space's session
 *			has no handle of it
 *	pythons		process -> where its Python interpreter has what
 *	cost		nanoseconds that the program has run, on each CPU
 *
 * User space writes a new block and then the entry in `procs`, so that a sample sees
 * either the old or the new one.  The kernel side believes none of it: every index is
 * masked or bounded, so that wrong contents give wrong stacks of the same process and
 * nothing worse.
 */
#ifndef CPROFD_ENGINE_BPF_SHARED_H
#define CPROFD_ENGINE_BPF_SHARED_H

#include <linux/types.h>

#define BPF_MAX_ADDRS 2048u	/* of a stack, the kernel's part included */
#define BPF_MAX_KERNEL 127u
#define BPF_OUTER 64u		/* outermost frames of a stack with more than the limit */
#define BPF_MAX_FRAMES (BPF_MAX_ADDRS - 1 - BPF_MAX_KERNEL - BPF_OUTER)
#define BPF_MAX_STEPS (1u << 14)	/* frames gone through, in 0.3 to 0.8 ms */
#define BPF_MAX_MAPPINGS 4096u	/* of a process */
#define BPF_MAX_BLOCKS (1u << 16)	/* mappings of all processes */
#define BPF_MAX_PROCS 8192u
#define BPF_MAX_TARGETS 16384u	/* as the opener has */
#define BPF_MAX_PYTHON 3584u	/* Python frames of a stack: what fits into a record */
#define BPF_MAX_SEGMENTS 256u	/* runs of the interpreter loop on it, from 3.11 on */
#define BPF_MAX_WORDS 8192u	/* of all that is sent of a stack */

struct bpf_proc {
	__u32 first, n;		/* its block in `mappings` */
	__u32 generation;	/* changes with the block; part of every hash */
	__u32 n_execs;		/* how often it had exec'd, see `execs`: else it is of before */
	__u32 partial;		/* it has mappings that are not in the block */
};

#define BPF_NO_TABLE 0u		/* executable memory of no file */

struct bpf_mapping {
	__u64 start, end;
	__u64 text_off;		/* added to an address it gives the place in the table's text */
	__u32 table;		/* index of the image's first word, or BPF_NO_TABLE */
	__u32 generation;	/* that of its block: else the block has become another's */
};

/*
 * What it takes to walk the Python frames of a process' threads; see python/runtime.h.
 * Offsets are in bytes; of a frame they are below BPF_PYTHON_FRAME.
 */
#define BPF_PYTHON_FRAME 128u
#define BPF_PYTHON_NONE 0xffffu

#define BPF_CODE_TEXTS 3u	/* name, qualified name, file */

enum bpf_python_kind {
	BPF_PYTHON_OBJECTS,	/* frame objects, to 3.10 */
	BPF_PYTHON_CFRAMES,	/* 3.11 and 3.12 */
	BPF_PYTHON_FRAMES,	/* from 3.13 on */
};

struct bpf_python {
	__u16 kind;
	__u16 tstate;		/* of what the thread pointer points to: the thread's state; 0:
				   the kernel side finds and enters it */
	__u16 thread_id, top;	/* of that: the thread pointer, and what is on top */
	__u16 current, outer;	/* of a cframe: frame, and the cframe around */
	__u16 code, back, at;	/* of a frame: its code, its caller, its instruction */
	__u16 owner, entry;	/* of a frame, bytes; BPF_PYTHON_NONE: there is none */
	__u16 frame;		/* bytes of a frame that are read */
	__u16 n_words;		/* of a code object, behind its first: they tell it from another */
	__u16 changing;		/* but for this one of them; BPF_PYTHON_NONE: none */
	__u16 texts[BPF_CODE_TEXTS];	/* of a code object: pointers to names and file, or NONE */
	__u16 lines;		/* and to its line table, a bytes object */
	__u16 bytes_size, bytes_data;	/* of that */
	__u16 name, hash;	/* of a code object its name, of that its hash */
	__u16 n_locals, n_stack;	/* of a code object: words of its frame; NONE: not known */
	/* Addresses of code: the interpreter loop, and where it begins; see python/python_elf.h */
	struct bpf_machine_code {
		__u64 start, end;
	} eval[2], begin;
	__u16 interp;		/* of the thread's state: its interpreter, */
	__u16 interp_lock, interp_collecting;	/* of that; BPF_PYTHON_NONE: see below */
	__u16 holder, locked, lock_size;	/* of the lock; see python/lock.h */
	__u64 lock, collecting;	/* addresses; 0: the interpreter has them, or they are not known */
};

/* What a thread does that runs, where that is known: as in enum record_activity. */
enum bpf_activity {
	BPF_ACTIVITY_UNKNOWN, BPF_ACTIVITY_PYTHON, BPF_ACTIVITY_COLLECTING, BPF_ACTIVITY_NATIVE,
	BPF_ACTIVITY_LOCK,
};

/* Why a stack has no further frame; what is not here is left to user space. */
enum bpf_end {
	BPF_END_COMPLETE, BPF_END_LIMIT, BPF_END_MEMORY, BPF_END_NO_RULE, BPF_END_JIT,
	BPF_END_REGISTER, BPF_END_NO_USER,
	BPF_END_GO_ON,		/* not ended yet */
	BPF_END_USER_SPACE,	/* it takes a copy of the stack */
};

/* Why there is no further Python frame. */
enum bpf_python_end {
	BPF_PYTHON_END_NONE,	/* none was looked for */
	BPF_PYTHON_END_COMPLETE,
	BPF_PYTHON_END_LIMIT,	/* BPF_MAX_PYTHON, or BPF_MAX_SEGMENTS */
	BPF_PYTHON_END_MEMORY,	/* a frame, or its code object, could not be read, or is not
				   there yet */
};

/* How the address of a user frame was come by: its two highest bits. */
#define BPF_FRAME_RETURN (1ull << 62)
#define BPF_FRAME_GUESSED (1ull << 63)
#define BPF_FRAME_ADDR (~(3ull << 62))

/*
 * A sample: the raw part of a perf record.  The addresses of its stack follow, the
 * kernel's first, each list innermost first, when its hash was not sent before.
 *
 * Behind the addresses are the Python frames, the innermost first, and behind those a word
 * for each run of the interpreter loop that has some: the user frame that runs them, counted
 * from the innermost, above bit 32, and how many there are; and at last bpf_python_stamp() of
 * each frame's code object, 32 bits each.
 *
 * The addresses of frames beyond the limit come last, as a ring of BPF_OUTER places: the
 * first of them, if no later one took it, is in the first place.
 */
struct bpf_sample {
	__u32 magic;
	__u8 end;		/* enum bpf_end */
	__u8 has_stack;
	__u8 n_kernel;
	__u8 activity : 4;	/* enum bpf_activity */
	__u8 python_end : 4;	/* enum bpf_python_end */
	__u64 hash[2];
	__u64 period;
	__u32 n_user;		/* addresses */
	__u32 n_beyond;		/* frames beyond the limit, whether kept or not */
	__u32 generation;	/* of the block that it was unwound by */
	__u16 n_python;		/* Python frames */
	__u16 n_segments;
};

#define BPF_SAMPLE_MAGIC 0x43505247u

/*
 * A code object that was not met before: it may be gone before user space comes to read it.
 * Pieces of memory with the addresses that they are at; of the line table only what there
 * is is sent.
 */
#define BPF_CODE_MAGIC 0x43505243u
#define BPF_CODE_OBJECT 256u
#define BPF_CODE_TEXT 320u
#define BPF_CODE_LINES 32768u

struct bpf_code {
	__u32 magic;
	__u32 stamp;
	__u64 address;
	__u64 text_at[BPF_CODE_TEXTS], lines_at;
	__u32 text_bytes[BPF_CODE_TEXTS], lines_bytes;
	__u8 object[BPF_CODE_OBJECT];
	__u8 text[BPF_CODE_TEXTS][BPF_CODE_TEXT];
	__u8 lines[BPF_CODE_LINES];
};

/*
 * Of a stack that is copied instead, the Python frames alone: the sample with the copy comes
 * behind it.  Has no addresses, and for each segment its boundary above bit 16.
 */
#define BPF_PART_MAGIC 0x43505250u

/*
 * A Python frame in a word: the address of its code object, of which the lowest 4 bits are
 * 0, above the lowest 18; they have where it is: half of its instruction's distance from the
 * code object, or to 3.10 its last instruction and 1.
 */
#define BPF_PYTHON_AT_BITS 18u
#define BPF_PYTHON_CODE(word) ((word) >> BPF_PYTHON_AT_BITS << 4)
#define BPF_PYTHON_AT(word) ((word) & ((1u << BPF_PYTHON_AT_BITS) - 1))
#define BPF_PYTHON_WORDS 18u	/* of a code object, from the second one to its line table */

/*
 * A number that tells a code object from another that has come to lie at its address, by its
 * words and the hash of its name: what is freed is given again in the same order, so that
 * the words may be the same.
 */
static inline __attribute__((always_inline)) __u32
bpf_python_stamp(const __u64 words[BPF_PYTHON_WORDS], __u32 n, __u32 changing, __u64 hash)
{
	__u64 x = n ^ hash;

	for (__u32 i = 0; i < BPF_PYTHON_WORDS; i++) {
		if (i >= n)
			break;
		if (i != changing) {
			x = (x ^ words[i]) * 0x9e3779b97f4a7c15ull;
			x ^= x >> 29;
		}
	}
	return (__u32)(x >> 32);
}

#define BPF_PYTHON_UNMATCHED 0xffffffffu	/* no user frame runs the segment */

/*
 * returns.bpf.c: how often each Python function returned, by its code object and, as that
 * may be thrown away and its place be taken, by the name that it had.
 */
#define BPF_RETURN_PROCS 257u	/* that are counted together, and who counts */
#define BPF_RETURN_CODES 16384u	/* functions of all of them */

struct bpf_return_key {
	__u64 code, name;	/* addresses; 0: not to be read */
	__u32 process;		/* index */
	__u32 pad;
};

struct bpf_returned {
	__u64 n_ended;
	__u64 n_others;		/* it will go on, or had not begun */
};

/* Where it finds these: bytes into the structures on the way. */
struct bpf_return_way {
	__u16 cframe;		/* of a thread's state */
	__u16 frame;		/* of that */
	__u16 code, at, owner;	/* of that; `at`: its instruction */
	__u16 name;		/* of a code object */
	__u16 state_before;	/* of a frame in a generator: its state lies before it, */
	__s8 suspended;		/* and is this while it will go on */
	__u8 generator;		/* whose frames have this owner, */
	__u8 made;		/* and are at this instruction until it is begun */
};

#endif
