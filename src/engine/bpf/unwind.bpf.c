// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Unwinds the stack of the thread that a sampling event interrupted, at that moment.
 *
 * The program hangs on the events of the perf engine.  What it can unwind itself it
 * writes into the event's ring as a record of its own, and the kernel drops the sample;
 * what it cannot - an address of which user space has not told it yet, a rule that
 * takes more than the compact form - it leaves to the kernel, whose record with
 * registers and a copy of the stack is unwound in user space as if there were no
 * program.  So a fork, a dlopen or a rare rule costs a copy, never a sample.
 *
 * The rules are those of unwind/unwind.c, in the same order.
 *
 * Written for the verifier: all state lies in map memory, each global function is
 * verified once, and no index is used that is not masked.
 */
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
	__u32 n;			/* user frames */
	__u32 n_kernel;
	struct hash hash;
	struct bpf_sample out;		/* what is sent: this, and */
	__u64 addr[BPF_MAX_ADDRS];	/* this behind it */
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct run);
} runs SEC(".maps");

/* Keep the low bits, and keep the compiler from knowing that they are all there is. */
#define BOUND(i, mask) asm volatile("%0 &= %1" : "+r"(i) : "i"(mask))

/* ---- memory ---- */

/*
 * A helper call costs more than the copy: so much is read at once, from the wanted
 * word outwards, that the next frames are in it.
 */
static __always_inline int read_word(struct run *r, __u64 addr)
{
	__u64 off = addr - r->window_at;

	if (off < WINDOW * 8 && !(off & 7)) {
		off >>= 3;
		BOUND(off, WINDOW - 1);
		r->word = r->window[off];
		return 1;
	}
	if (bpf_probe_read_user(r->window, sizeof(r->window), (void *)addr) == 0) {
		r->window_at = addr;
		r->word = r->window[0];
		return 1;
	}
	r->window_at = 1;	/* at no word */
	if (bpf_probe_read_user(&r->word, 8, (void *)addr) == 0)
		return 1;
	r->end = BPF_END_MEMORY;
	return 0;
}

/* ---- from an address to a rule ---- */

static __always_inline __u32 word_at(const __u32 *words, __u32 i)
{
	return words[i & table_mask];
}

/* The mapping that `at` is in, as r->map. */
__attribute__((noinline)) int find_mapping(struct run *r, __u64 at)
{
	__u32 first, n, pos = 0, key;
	struct bpf_mapping *m;

	if (!r)
		return 0;
	first = r->proc.first;
	n = r->proc.n;
#pragma unroll
	for (__u32 step = BPF_MAX_MAPPINGS / 2; step; step /= 2) {
		key = first + pos + step - 1;
		m = bpf_map_lookup_elem(&mappings, &key);
		if (m && pos + step <= n && m->end <= at)
			pos += step;
	}
	key = first + pos;
	m = bpf_map_lookup_elem(&mappings, &key);
	if (!m || pos >= n || m->start > at || m->end <= at)
		return 0;
	r->map = *m;
	return 1;
}

/* The 24 bits for `at` by the table of r->map. */
__attribute__((noinline)) __u32 find_rule(struct run *r, __u64 at)
{
	__u32 zero = 0, table, block, key, page, low, high, rows, at_block;
	const __u32 *words = bpf_map_lookup_elem(&tables, &zero);
	__u64 off;

	if (!r || !words)
		return RULE_UNCOVERED;
	table = r->map.table;
	off = at + r->map.text_off;
	if (off >> 16 >= word_at(words, table + N_BLOCKS))
		return RULE_UNCOVERED;
	block = (__u32)(off >> 16);
	at_block = table + word_at(words, table + HEADER_WORDS + block);
	page = off >> 8 & 0xff;
	key = off & 0xff;
	low = word_at(words, at_block + page / 2) >> (page & 1) * 16 & 0xffff;
	page++;
	high = word_at(words, at_block + page / 2) >> (page & 1) * 16 & 0xffff;
	rows = at_block + BLOCK_HEAD;
	/* The last row at or before the key; before `low` lies the page before. */
#pragma unroll
	for (__u32 step = 128; step; step /= 2) {
		__u32 i = low + step;
		__u64 past = (__u64)(word_at(words, rows + i - 1) >> 24) > key;

		past |= i > high;
		low += step & (__u32)(past - 1);
	}
	return low ? word_at(words, rows + low - 1) & 0xffffff : RULE_UNCOVERED;
}

/* What is at `at`, through the cache, as r->place. */
static __always_inline void look_up(struct run *r, struct cache *cache, __u64 at)
{
	__u64 key = (at ^ (__u64)r->proc.generation << 32) * 0x9e3779b97f4a7c15ull;
	struct place *c = &cache->v[key >> 54 & (CACHE - 1)];

	if (c->at == at && c->generation == r->proc.generation) {
		r->place = *c;
		return;
	}
	r->place.at = at;
	r->place.generation = r->proc.generation;
	r->place.where = NOWHERE;
	if (!find_mapping(r, at))
		return;
	r->place.where = r->map.table == BPF_NO_TABLE ? IN_ANON : IN_FILE;
	r->place.table = r->map.table;
	r->place.rule = r->place.where == IN_FILE ? find_rule(r, at) : RULE_UNCOVERED;
	*c = r->place;
}

/* ---- from a frame to its caller ---- */

static __always_inline int end(struct run *r, __u32 why)
{
	r->end = why;
	return 1;
}

/* A frame lies further out than the one it called; a leaf may have pushed nothing. */
static __always_inline int step_to(struct run *r, __u64 cfa, __u32 fp_known, __u64 fp, __u64 ra)
{
	if (!(cfa > r->sp || (cfa == r->sp && !(r->flags & IS_RETURN))))
		return end(r, BPF_END_USER_SPACE);
	r->sp = cfa;
	r->fp = fp;
	r->pc = ra;
	r->flags = IS_RETURN | (fp_known ? KNOWN_FP : 0);
	return 0;
}

/* CFA = register + offset; the frame pointer, below it, is read first. */
static __always_inline int step_plain(struct run *r, __u32 rule)
{
	__u32 slot = rule >> 15 & 0x1ff, fp_known = r->flags & KNOWN_FP;
	__u64 cfa = (rule & 3) == TYPE_SP ? r->sp : r->fp, fp = r->fp;

	if ((rule & 3) == TYPE_FP && !fp_known)
		return end(r, BPF_END_USER_SPACE);
	cfa += 8ull * (rule >> 2 & 0x1fff);
	if (slot) {
		if (!read_word(r, cfa - 8ull * slot))
			return 1;
		fp = r->word;
		fp_known = 1;
	}
	if (!read_word(r, cfa - 8))
		return 1;
	return step_to(r, cfa, fp_known, fp, r->word);
}

/* Register `reg` of the frame at hand; 0 if it is not known. */
static __always_inline int get_reg(struct run *r, __u32 reg, __u64 *out)
{
	if (reg == RSP)
		*out = r->sp;
	else if (reg == RBP && r->flags & KNOWN_FP)
		*out = r->fp;
	else if (r->flags & KNOWN_ALL)
		*out = r->regs[reg & (N_REGS - 1)];
	else
		return 0;
	return reg < N_REGS;
}

/* An entry of the dictionary; what it cannot say here, user space may know. */
__attribute__((noinline)) int step_dict(struct run *r)
{
	__u32 zero = 0, i, at, head, kinds, fp_known;
	const __u32 *words = bpf_map_lookup_elem(&tables, &zero);
	__u64 cfa, ra, fp;

	if (!r || !words)
		return 1;
	i = r->place.rule >> 2 & 0x3fffff;
	if (i >= word_at(words, r->place.table + N_DICT))
		return end(r, BPF_END_USER_SPACE);
	at = r->place.table + word_at(words, r->place.table + DICT_AT) + i * RULE_WORDS;
	head = word_at(words, at);
	kinds = word_at(words, at + 1);
	if (!get_reg(r, head >> 8 & 0xff, &cfa))
		return end(r, BPF_END_USER_SPACE);
	cfa += (__s64)(__s32)word_at(words, at + 2);
	if ((head & 0xff) == CFA_DEREF) {
		if (!read_word(r, cfa))
			return 1;
		cfa = r->word + (__s64)(__s32)word_at(words, at + 3);
	}
	/* The return address. */
	if ((head >> 16 & 0xff) == VALUE_AT_CFA) {
		if (!read_word(r, cfa + (__s64)(__s32)word_at(words, at + 4)))
			return 1;
		ra = r->word;
	} else if ((head >> 16 & 0xff) != VALUE_IN_REG || !get_reg(r, word_at(words, at + 4), &ra)) {
		return end(r, BPF_END_USER_SPACE);
	}
	/* The frame pointer. */
	fp = r->fp;
	fp_known = r->flags & KNOWN_FP;
	if (head >> 24 == VALUE_AT_CFA) {
		if (!read_word(r, cfa + (__s64)(__s32)word_at(words, at + 5)))
			return 1;
		fp = r->word;
		fp_known = 1;
	} else if (head >> 24 == VALUE_IN_REG) {
		fp_known = get_reg(r, word_at(words, at + 5), &fp);
	} else if (head >> 24 == VALUE_AT_REG) {
		if (!get_reg(r, kinds & 0xff, &fp))
			return end(r, BPF_END_USER_SPACE);
		if (!read_word(r, fp + (__s64)(__s32)word_at(words, at + 5)))
			return 1;
		fp = r->word;
		fp_known = 1;
	} else if (head >> 24 != VALUE_SAME) {
		fp_known = 0;
	}
	return step_to(r, cfa, fp_known, fp, ra);
}

/* All registers of the interrupted frame are in the kernel's signal frame. */
__attribute__((noinline)) int step_signal(struct run *r)
{
	/* r8-r15, rdi, rsi, rbp, rbx, rdx, rax, rcx, rsp, rip from offset 40 on */
	__u64 g[17];

	if (!r)
		return 1;
	if (bpf_probe_read_user(g, sizeof(g), (void *)(r->sp + 40)) < 0)
		return end(r, BPF_END_MEMORY);
#pragma unroll
	for (int i = 0; i < 8; i++)
		r->regs[8 + i] = g[i];
	r->regs[5] = g[8];
	r->regs[4] = g[9];
	r->regs[6] = g[10];
	r->regs[3] = g[11];
	r->regs[1] = g[12];
	r->regs[0] = g[13];
	r->regs[2] = g[14];
	r->fp = g[10];
	r->sp = g[15];
	r->pc = g[16];
	r->flags = KNOWN_FP | KNOWN_ALL;
	return 0;
}

/* The PLT pushes at its 11th (or 10th) byte of 16. */
static __always_inline int step_plt(struct run *r, __u32 limit)
{
	__u64 cfa = r->sp + 8 + ((r->pc & 15) >= limit ? 8 : 0);

	if (!read_word(r, cfa - 8))
		return 1;
	return step_to(r, cfa, r->flags & KNOWN_FP, r->fp, r->word);
}

/*
 * No rule: a leaf has most likely put nothing on the stack; else there may be frame
 * pointers.  See step_without_rule() of unwind/unwind.c.
 */
__attribute__((noinline)) int step_without_rule(struct run *r, struct cache *cache)
{
	__u32 otherwise, where;
	__u64 ra, fp;

	if (!r || !cache)
		return 1;
	where = r->place.where;
	otherwise = where == IN_ANON ? BPF_END_JIT : BPF_END_NO_RULE;
	if (!(r->flags & IS_RETURN) && where == IN_FILE && read_word(r, r->sp)) {
		ra = r->word;
		look_up(r, cache, ra - 1);
		if (r->place.where != NOWHERE) {
			if (step_to(r, r->sp + 8, r->flags & KNOWN_FP, r->fp, ra))
				return 1;
			r->flags |= IS_GUESSED;
			return 0;
		}
	}
	r->end = BPF_END_GO_ON;
	if (!(r->flags & KNOWN_FP))
		return end(r, BPF_END_REGISTER);
	if (!r->fp)
		return end(r, r->flags & IS_CHAINED ||
			      ((r->flags & (IS_RETURN | IS_GUESSED)) == IS_RETURN &&
			       otherwise == BPF_END_NO_RULE) ? BPF_END_COMPLETE : otherwise);
	if (r->fp < r->sp || r->fp & 7)
		return end(r, otherwise);
	if (!read_word(r, r->fp))
		return end(r, otherwise);
	fp = r->word;
	if (!read_word(r, r->fp + 8))
		return end(r, otherwise);
	ra = r->word;
	look_up(r, cache, ra - 1);
	if (r->place.where == NOWHERE)
		return end(r, otherwise);
	if (step_to(r, r->fp + 16, 1, fp, ra))
		return 1;
	r->flags |= IS_GUESSED | IS_CHAINED;
	return 0;
}

static __always_inline void add_to_hash(struct hash *h, __u64 v)
{
	__u64 a = (h->v[0] ^ v) * 0x9e3779b97f4a7c15ull, b = (h->v[1] + v) * 0xc2b2ae3d27d4eb4full;

	h->v[0] = a ^ a >> 29;
	h->v[1] = b ^ b >> 31;
}

/* One frame: take it down, and go to its caller; 1: there is none. */
static __always_inline int step(struct run *r, struct cache *cache)
{
	__u64 frame = r->pc & BPF_FRAME_ADDR, i;
	__u32 rule;

	if (!r->pc && r->n)
		return end(r, BPF_END_COMPLETE);
	look_up(r, cache, r->pc - (r->flags & IS_RETURN));
	if (r->place.where == NOWHERE)
		return end(r, BPF_END_USER_SPACE);
	if (r->n >= max_frames)
		return end(r, BPF_END_LIMIT);
	if (r->flags & IS_RETURN)
		frame |= BPF_FRAME_RETURN;
	if (r->flags & IS_GUESSED)
		frame |= BPF_FRAME_GUESSED;
	i = r->n_kernel + r->n;
	BOUND(i, BPF_MAX_ADDRS - 1);
	r->addr[i] = frame;
	r->n++;
	add_to_hash(&r->hash, frame);
	rule = r->place.rule;
	if (r->place.where == IN_FILE && (rule & 3) <= TYPE_FP)
		return step_plain(r, rule);
	if (r->place.where == IN_FILE && (rule & 3) == TYPE_DICT)
		return step_dict(r);
	rule = r->place.where == IN_FILE ? rule >> 2 & 0x1fff : UNCOVERED;
	if (rule == OUTERMOST)
		return end(r, BPF_END_COMPLETE);
	if (rule == PLT11 || rule == PLT10)
		return step_plt(r, rule == PLT11 ? 11 : 10);
	if (rule == SIGNAL)
		return step_signal(r);
	if (rule == UNSUPPORTED)
		return end(r, BPF_END_USER_SPACE);
	return step_without_rule(r, cache);
}

/* IS_RETURN is 1 so that it can be subtracted. */
_Static_assert(IS_RETURN == 1, "see look_up() in step()");

__attribute__((noinline)) int steps(struct run *r, struct cache *cache)
{
	if (!r || !cache)
		return 1;
#pragma unroll
	for (int i = 0; i < FRAMES_A_TURN; i++)
		if (step(r, cache))
			return 1;
	return 0;
}

struct turn {
	struct run *r;
	struct cache *cache;
};

static long turn(__u32 i, void *ctx)
{
	struct turn *t = ctx;

	return steps(t->r, t->cache) ? 1 : 0;
}

/* ---- a sample ---- */

#define CS_32BIT 0x23

/* The registers of the program, wherever it was interrupted; 0: there are none. */
static __always_inline int take_regs(struct run *r, struct bpf_perf_event_data *ctx)
{
	struct pt_regs user;

	if (ctx->regs.cs & 3) {
		user.cs = ctx->regs.cs;
		r->pc = ctx->regs.rip;
		r->sp = ctx->regs.rsp;
		r->fp = ctx->regs.rbp;
		r->regs[0] = ctx->regs.rax;
		r->regs[1] = ctx->regs.rdx;
		r->regs[2] = ctx->regs.rcx;
		r->regs[3] = ctx->regs.rbx;
		r->regs[4] = ctx->regs.rsi;
		r->regs[5] = ctx->regs.rdi;
		r->regs[6] = ctx->regs.rbp;
		r->regs[8] = ctx->regs.r8;
		r->regs[9] = ctx->regs.r9;
		r->regs[10] = ctx->regs.r10;
		r->regs[11] = ctx->regs.r11;
		r->regs[12] = ctx->regs.r12;
		r->regs[13] = ctx->regs.r13;
		r->regs[14] = ctx->regs.r14;
		r->regs[15] = ctx->regs.r15;
		r->flags = KNOWN_FP | KNOWN_ALL;
		return user.cs != CS_32BIT;
	}
	if (bpf_probe_read_kernel(&user, sizeof(user),
				  (void *)bpf_task_pt_regs(bpf_get_current_task_btf())) < 0)
		return 0;
	r->pc = user.rip;
	r->sp = user.rsp;
	r->fp = user.rbp;
	/* A system call keeps those that its callee keeps; the rest is as it was. */
	r->regs[0] = user.rax;
	r->regs[1] = user.rdx;
	r->regs[2] = user.rcx;
	r->regs[3] = user.rbx;
	r->regs[4] = user.rsi;
	r->regs[5] = user.rdi;
	r->regs[6] = user.rbp;
	r->regs[8] = user.r8;
	r->regs[9] = user.r9;
	r->regs[10] = user.r10;
	r->regs[11] = user.r11;
	r->regs[12] = user.r12;
	r->regs[13] = user.r13;
	r->regs[14] = user.r14;
	r->regs[15] = user.r15;
	r->flags = KNOWN_FP | KNOWN_ALL;
	return (user.cs & 3) && user.cs != CS_32BIT;
}

/* The kernel's part, before the user's frames. */
static __always_inline void take_kernel(struct run *r, struct bpf_perf_event_data *ctx)
{
	long bytes = 0;

	r->n_kernel = 0;
	if (ctx->regs.cs & 3)
		return;
	bytes = bpf_get_stack(ctx, r->addr, BPF_MAX_KERNEL * 8, 0);
	if (bytes <= 0)
		return;
	r->n_kernel = (__u32)bytes / 8;
	for (__u32 i = 0; i < BPF_MAX_KERNEL; i++) {
		if (i >= r->n_kernel)
			break;
		add_to_hash(&r->hash, r->addr[i]);
	}
}

/* 0: it was sent, or lost and counted. */
static __always_inline int send(struct run *r, struct bpf_perf_event_data *ctx)
{
	__u32 one = 1, n = r->n_kernel + r->n, *known;
	__u64 size = sizeof(r->out);

	add_to_hash(&r->hash, (__u64)r->end << 32 | n);
	known = bpf_map_lookup_elem(&seen, &r->hash);
	r->out.magic = BPF_SAMPLE_MAGIC;
	r->out.hash[0] = r->hash.v[0];
	r->out.hash[1] = r->hash.v[1];
	r->out.period = ctx->sample_period;
	r->out.end = r->end;
	r->out.has_stack = !known;
	r->out.n_kernel = r->n_kernel;
	r->out.n_user = r->n;
	if (!known)
		size += 8 * (n & (BPF_MAX_ADDRS - 1));
	if (size > sizeof(r->out) + sizeof(r->addr))
		return 1;
	if (bpf_perf_event_output(ctx, &output, BPF_F_CURRENT_CPU, &r->out, size) == 0 && !known)
		bpf_map_update_elem(&seen, &r->hash, &one, BPF_ANY);
	return 0;
}

static __always_inline int sample(struct bpf_perf_event_data *ctx)
{
	__u32 zero = 0, tgid = bpf_get_current_pid_tgid() >> 32;
	struct run *r = bpf_map_lookup_elem(&runs, &zero);
	struct turn t = { r, bpf_map_lookup_elem(&caches, &zero) };
	struct bpf_proc *proc = bpf_map_lookup_elem(&procs, &tgid);
	__u32 *n_execs;

	if (!r || !t.cache || !proc || !proc->n)
		return 1;
	n_execs = bpf_map_lookup_elem(&execs, &tgid);
	if ((n_execs ? *n_execs : 0) != proc->n_execs)
		return 1;
	r->proc = *proc;
	r->n = 0;
	r->window_at = 1;
	r->end = BPF_END_GO_ON;
	r->hash.v[0] = seed ^ r->proc.generation;
	r->hash.v[1] = seed + r->proc.generation;
	if (!take_regs(r, ctx))
		return 1;
	take_kernel(r, ctx);
	bpf_loop(BPF_MAX_ADDRS / FRAMES_A_TURN + 1, turn, &t, 0);
	if (r->end == BPF_END_USER_SPACE || r->end == BPF_END_GO_ON)
		return 1;
	return send(r, ctx);
}

SEC("perf_event")
int unwind(struct bpf_perf_event_data *ctx)
{
	__u64 began = bpf_ktime_get_ns(), *ns;
	int pass = sample(ctx);
	__u32 zero = 0;

	ns = bpf_map_lookup_elem(&cost, &zero);
	if (ns)
		*ns += bpf_ktime_get_ns() - began;
	return pass;
}

/* What is known of the mappings of a process that execs is void at once. */
SEC("raw_tracepoint/sched_process_exec")
int on_exec(void *ctx)
{
	__u32 tgid = bpf_get_current_pid_tgid() >> 32, one = 1, *n;

	n = bpf_map_lookup_elem(&execs, &tgid);
	if (n)
		__sync_fetch_and_add(n, 1);
	else
		bpf_map_update_elem(&execs, &tgid, &one, BPF_NOEXIST);
	return 0;
}

/* And of one that ended: its number may come back. */
SEC("raw_tracepoint/sched_process_exit")
int on_exit(void *ctx)
{
	__u64 id = bpf_get_current_pid_tgid();
	__u32 tgid = id >> 32;

	if ((__u32)id == tgid) {
		bpf_map_delete_elem(&procs, &tgid);
		bpf_map_delete_elem(&execs, &tgid);
	}
	return 0;
}

char _license[] SEC("license") = "Dual BSD/GPL";
