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
#define BPF_MAX_FRAMES (BPF_MAX_ADDRS - BPF_MAX_KERNEL)
#define BPF_MAX_MAPPINGS 4096u	/* of a process */
#define BPF_MAX_BLOCKS (1u << 16)	/* mappings of all processes */
#define BPF_MAX_PROCS 8192u

struct bpf_proc {
	__u32 first, n;		/* its block in `mappings` */
	__u32 generation;	/* changes with the block; part of every hash */
	__u32 n_execs;		/* how often it had exec'd, see `execs`: else it is of before */
};

#define BPF_NO_TABLE 0u		/* executable memory of no file */

struct bpf_mapping {
	__u64 start, end;
	__u64 text_off;		/* added to an address it gives the place in the table's text */
	__u32 table;		/* index of the image's first word, or BPF_NO_TABLE */
	__u32 pad;
};

/* Why a stack has no further frame; what is not here is left to user space. */
enum bpf_end {
	BPF_END_COMPLETE, BPF_END_LIMIT, BPF_END_MEMORY, BPF_END_NO_RULE, BPF_END_JIT,
	BPF_END_REGISTER, BPF_END_NO_USER,
	BPF_END_GO_ON,		/* not ended yet */
	BPF_END_USER_SPACE,	/* it takes a copy of the stack */
};

/* How the address of a user frame was come by: its two highest bits. */
#define BPF_FRAME_RETURN (1ull << 62)
#define BPF_FRAME_GUESSED (1ull << 63)
#define BPF_FRAME_ADDR (~(3ull << 62))

/*
 * A sample: the raw part of a perf record.  The addresses of its stack follow, the
 * kernel's first, each list innermost first, when its hash was not sent before.
 */
struct bpf_sample {
	__u32 magic;
	__u8 end;		/* enum bpf_end */
	__u8 has_stack;
	__u16 n_kernel;
	__u64 hash[2];
	__u64 period;
	__u32 n_user;
	__u32 pad;
};

#define BPF_SAMPLE_MAGIC 0x43505246u

#endif
