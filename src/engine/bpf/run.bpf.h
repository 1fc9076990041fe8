// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * engine/bpf/run.bpf.h - what the program in the kernel knows, and has at hand.
 *
 * The maps, and the state of a stack that is being unwound.
 */
#ifndef CPROFD_ENGINE_BPF_RUN_BPF_H
#define CPROFD_ENGINE_BPF_RUN_BPF_H

#include <linux/bpf.h>
#include <linux/bpf_perf_event.h>
#include <linux/perf_event.h>
#include <bpf/bpf_helpers.h>

#include "bpf_shared.h"

#define FRAMES_A_TURN 4		/* of bpf_loop() */
#define WINDOW 64u		/* words of stack read at once */
#define CACHE 1024u
#define SEEN 65536u

#define HEADER_WORDS 16u	/* of an image; see unwind_table.h */
#define N_BLOCKS 4u		/* word in it */
#define DICT_AT 7u
#define N_DICT 6u
#define BLOCK_HEAD 129u
#define RULE_WORDS 6u		/* of an entry of the dictionary */

enum { TYPE_SP, TYPE_FP, TYPE_SPECIAL, TYPE_DICT };
enum { UNCOVERED, OUTERMOST, PLT11, PLT10, SIGNAL, UNSUPPORTED };
enum { VALUE_SAME, VALUE_AT_CFA, VALUE_IN_REG, VALUE_AT_REG };
#define CFA_DEREF 1
#define RULE_UNCOVERED (TYPE_SPECIAL | UNCOVERED << 2)

/* How the frame at hand was come by. */
#define IS_RETURN 1u		/* it was called: its pc is a return address */
#define IS_GUESSED 2u		/* by convention, without a rule */
#define IS_CHAINED 4u		/* by a frame pointer */
#define KNOWN_FP 8u
#define KNOWN_ALL 16u		/* it was interrupted: all registers are known */

#define RBP 6			/* DWARF's numbers */
#define RSP 7
#define N_REGS 16

const volatile __u32 table_mask = 1023;	/* of an index into `tables` */
const volatile __u32 max_frames = 1024;
const volatile __u64 seed = 0;
const volatile __u64 pidns_dev = 0, pidns_ino = 0;	/* whose numbers user space has; 0: the first */

/* Set when events are of CPUs and not all processes are meant, perhaps only later. */
volatile __u8 is_filtered = 0;		/* only of `targets` */
volatile __u32 tgid_at = 0, secureexec_at = 0, fsbase_at = 0;	/* see bpf_fields.h */

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, BPF_MAX_PROCS);
	__type(key, __u32);
	__type(value, struct bpf_proc);
} procs SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, BPF_MAX_PROCS);
	__type(key, __u32);
	__type(value, __u32);
} execs SEC(".maps");

/* Processes that are meant, if not all are.  Only who loads the program writes it. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, BPF_MAX_TARGETS);
	__type(key, __u32);
	__type(value, __u32);
} targets SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, BPF_MAX_PROCS);
	__type(key, __u32);
	__type(value, struct bpf_python);
} pythons SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, BPF_MAX_BLOCKS);
	__type(key, __u32);
	__type(value, struct bpf_mapping);
} mappings SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} cost SEC(".maps");

/* One value: its size is set before loading. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__uint(key_size, 4);
	__uint(value_size, 4096);
} tables SEC(".maps");

/* Hashes of the stacks that were sent. */
struct hash {
	__u64 v[2];
};

static __always_inline void add_to_hash(struct hash *h, __u64 v)
{
	__u64 a = (h->v[0] ^ v) * 0x9e3779b97f4a7c15ull, b = (h->v[1] + v) * 0xc2b2ae3d27d4eb4full;

	h->v[0] = a ^ a >> 29;
	h->v[1] = b ^ b >> 31;
}

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, SEEN);
	__type(key, struct hash);
	__type(value, __u32);
} seen SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(key_size, 4);
	__uint(value_size, 4);
} output SEC(".maps");

enum { NOWHERE, IN_FILE, IN_ANON };

/* What an address was found to be. */
struct place {
	__u64 at;
	__u32 generation;	/* 0: empty */
	__u32 rule;
	__u32 table;
	__u32 where;
};

struct cache {
	struct place v[CACHE];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct cache);
} caches SEC(".maps");

struct run {
	__u64 pc, sp, fp;
	__u64 regs[N_REGS];		/* with KNOWN_ALL */
	__u64 word;			/* that was read */
	__u64 window_at;
	__u64 window[WINDOW];
	struct place place;		/* of the frame at hand */
	struct bpf_proc proc;
	struct bpf_mapping map;
	__u32 flags;
	__u32 end;			/* enum bpf_end */
	__u32 n;			/* user frames, those beyond the limit too */
	__u32 n_kernel;
	__u32 at, at_end;		/* of addr: the next place, and where the ring ends */
	struct hash hash;
	__u64 sp_before;		/* of the frame before */
	__u64 boundary;			/* that the next Python segment has; 0: there is none */
	__u64 late;			/* the cframe of a loop that has just begun; 0: it has not */
	struct bpf_sample out;		/* what is sent: this, and */
	__u64 addr[BPF_MAX_WORDS];	/* this behind it; addresses are in the first BPF_MAX_ADDRS */
};

/* By CPU; the value is too large for a per-CPU map.  Its size is set before loading. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct run);
} runs SEC(".maps");

/*
 * The running thread and its process, as user space numbers them; 0: it is in a pid
 * namespace further in, and takes the way by user space.
 */
static __always_inline __u64 current_ids(void)
{
	struct bpf_pidns_info in_ns;

	if (!pidns_ino)
		return bpf_get_current_pid_tgid();
	if (bpf_get_ns_current_pid_tgid(pidns_dev, pidns_ino, &in_ns, sizeof(in_ns)) < 0)
		return 0;
	return (__u64)in_ns.tgid << 32 | in_ns.pid;
}

/* What loops hand to their bodies. */
struct turn {
	struct run *r;
	struct cache *cache;
	struct python *python;
};

/* Keep the low bits, and keep the compiler from knowing that they are all there is. */
#define BOUND(i, mask) asm volatile("%0 &= %1" : "+r"(i) : "i"(mask))

#endif
