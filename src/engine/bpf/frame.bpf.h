// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * engine/bpf/frame.bpf.h - from a frame to its caller.
 *
 * The rules are those of unwind/unwind.c, in the same order.
 */
#ifndef CPROFD_ENGINE_BPF_FRAME_BPF_H
#define CPROFD_ENGINE_BPF_FRAME_BPF_H

#include "run.bpf.h"

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
	if (!m || pos >= n || m->start > at || m->end <= at ||
	    m->generation != r->proc.generation)
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
		if (r->proc.partial)	/* it may be in what is not told */
			return end(r, BPF_END_USER_SPACE);
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
		return end(r, r->proc.partial ? BPF_END_USER_SPACE : otherwise);
	if (step_to(r, r->fp + 16, 1, fp, ra))
		return 1;
	r->flags |= IS_GUESSED | IS_CHAINED;
	return 0;
}

#endif
