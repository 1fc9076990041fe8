// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * engine/bpf/python.bpf.h - the Python frames of the thread, by the rules of python/runtime.c.
 *
 * They are walked before the C stack is, which then says for each run of the interpreter
 * loop which of its frames that is.
 */
#ifndef CPROFD_ENGINE_BPF_PYTHON_BPF_H
#define CPROFD_ENGINE_BPF_PYTHON_BPF_H

#include "run.bpf.h"

#define FRESH_CODES 64		/* that are sent with a sample, at most */
#define THREAD_WORDS 256	/* of glibc's struct pthread, in which a thread's own data are first */

/* Code objects that were sent. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, SEEN);
	__type(key, struct hash);
	__type(value, __u32);
} codes SEC(".maps");

/* The Python frames of the thread, and the runs of the interpreter loop that they are in. */
struct python {
	struct bpf_python how;
	__u64 frame, cframe;
	__u64 callee;			/* the innermost frame, until its caller is believed, */
	__u32 around;			/* or looked for in the loop around */
	__u32 n, n_before;		/* frames, and those of segments that have ended */
	__u32 n_segments, segment;	/* and the next one that the stack is to have */
	__u64 below_cfa;		/* of a loop: so far below the end of its C frame is its cframe */
	__u64 code;			/* the last code object, */
	__u64 words[BPF_PYTHON_WORDS];	/* a part of it, */
	__u32 stamp;			/* and its stamp */
	union {
		__u64 words[BPF_PYTHON_FRAME / 8];
		__u32 halves[BPF_PYTHON_FRAME / 4];
		__u8 bytes[BPF_PYTHON_FRAME];
	} raw;				/* the frame at hand */
	__u64 thread[THREAD_WORDS];
	__u32 n_fresh;			/* code objects that were not met before */
	__u64 fresh[FRESH_CODES];
	__u32 fresh_stamps[FRESH_CODES];
	struct bpf_code sent;
	__u64 boundary[BPF_MAX_SEGMENTS];
	__u64 segments[BPF_MAX_SEGMENTS];	/* as they are sent */
	__u64 frames[BPF_MAX_PYTHON];
	__u32 stamps[BPF_MAX_PYTHON];
};

/* Likewise by CPU. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct python);
} python_runs SEC(".maps");

static __always_inline struct python *this_python(void)
{
	__u32 cpu = bpf_get_smp_processor_id();

	return bpf_map_lookup_elem(&python_runs, &cpu);
}

static __always_inline __u64 read_user(__u64 addr)
{
	__u64 v = 0;

	bpf_probe_read_user(&v, sizeof(v), (void *)addr);
	return v;
}

static __always_inline __u64 raw_word(const struct python *p, __u64 off)
{
	off >>= 3;
	BOUND(off, BPF_PYTHON_FRAME / 8 - 1);
	return p->raw.words[off];
}

static __always_inline __u32 raw_half(const struct python *p, __u64 off)
{
	off >>= 2;
	BOUND(off, BPF_PYTHON_FRAME / 4 - 1);
	return p->raw.halves[off];
}

static __always_inline __u32 raw_byte(const struct python *p, __u64 off)
{
	if (off == BPF_PYTHON_NONE)
		return 0;
	BOUND(off, BPF_PYTHON_FRAME - 1);
	return p->raw.bytes[off];
}

static __always_inline void end_segment(struct python *p, __u64 boundary)
{
	__u64 i = p->n_segments;

	if (i >= BPF_MAX_SEGMENTS)
		return;
	p->boundary[i] = boundary;
	p->segments[i] = (__u64)BPF_PYTHON_UNMATCHED << 32 | (p->n - p->n_before);
	p->n_before = p->n;
	p->n_segments++;
}

static __always_inline struct hash code_key(__u64 code, __u32 stamp)
{
	return (struct hash){ { code, (__u64)(bpf_get_current_pid_tgid() >> 32) << 32 | stamp } };
}

static __always_inline void note_fresh(struct python *p)
{
	struct hash key = code_key(p->code, p->stamp);
	__u64 i = p->n_fresh;

	if (i >= FRESH_CODES || bpf_map_lookup_elem(&codes, &key))
		return;
	BOUND(i, FRESH_CODES - 1);
	p->fresh[i] = p->code;
	p->fresh_stamps[i] = p->stamp;
	p->n_fresh++;
}

/* The stamp of the code object that the next frames are of, too, if it calls itself. */
static __always_inline int read_code(struct python *p, __u64 code)
{
	__u64 size = p->how.n_words, hash;

	if (!code || code & 15 || size > BPF_PYTHON_WORDS)
		return 0;
	if (bpf_probe_read_user(p->words, size * 8, (void *)(code + 8)) < 0)
		return 0;
	p->code = code;
	hash = read_user(read_user(code + p->how.name) + p->how.hash);
	p->stamp = bpf_python_stamp(p->words, p->how.n_words, p->how.changing, hash);
	note_fresh(p);
	return 1;
}

/* 32 bits of the code object at hand. */
static __always_inline __u64 code_half(const struct python *p, __u64 off)
{
	__u64 i = (off - 8) >> 3;

	if (i >= BPF_PYTHON_WORDS)
		return 0;
	return (__u32)(p->words[i] >> (off & 4) * 8);
}

#define CODE_TAG_BITS 3		/* from 3.14 on; see python/runtime.c */
#define OWNER_THREAD 0		/* its stack of frames */
#define OWNER_NO_PYTHON 3	/* from there on: what an interpreter loop begins with */
#define PAGE 4096
#define IN_CHUNK 32		/* of a page: that stack begins so far behind the start of one */

/* Can the frame at hand have called the innermost one?  As python/runtime.c's can_call(). */
static __always_inline int can_call(const struct python *p)
{
	__u64 size;

	if (raw_byte(p, p->how.owner) != OWNER_THREAD)
		return 1;
	size = p->how.frame + 8 * (code_half(p, p->how.n_locals) + code_half(p, p->how.n_stack));
	return p->frame + size == p->callee || (p->callee & (PAGE - 1)) <= IN_CHUNK;
}

/* What the innermost frame says of its caller cannot be: as python/runtime.c's go_around(). */
static __always_inline int go_around(struct python *p)
{
	if (p->how.kind != BPF_PYTHON_CFRAMES || p->around)
		return 0;
	p->around = 1;
	if (p->n != p->n_before) {
		end_segment(p, p->cframe);
		p->cframe = read_user(p->cframe + p->how.outer);
	}
	p->frame = read_user(p->cframe + p->how.current);
	return p->frame != 0;
}

static __always_inline int end_python(struct run *r, __u8 why)
{
	r->out.python_end = why;
	return 1;
}

/* One frame; 1: there is no further one. */
static long python_frame(__u32 nr, void *ctx)
{
	struct turn *t = ctx;
	struct python *p = t->python;
	struct run *r = t->r;
	__u64 code, at, i, size;

	if (!p || !r)
		return 1;
	if (!p->frame && p->callee)
		go_around(p);
	if (!p->frame)	/* the outermost one, too, is one that a loop began with */
		return p->n == p->n_before || p->how.kind == BPF_PYTHON_OBJECTS
		       ? 1 : end_python(r, BPF_PYTHON_END_MEMORY);
	if (p->n >= BPF_MAX_PYTHON || p->n_segments >= BPF_MAX_SEGMENTS)
		return end_python(r, BPF_PYTHON_END_LIMIT);
	size = p->how.frame;
	BOUND(size, BPF_PYTHON_FRAME - 1);
	if (bpf_probe_read_user(p->raw.bytes, size, (void *)p->frame) < 0)
		return end_python(r, BPF_PYTHON_END_MEMORY);
	if (raw_byte(p, p->how.owner) >= OWNER_NO_PYTHON) {
		p->callee = 0;
		end_segment(p, p->frame);
		p->frame = raw_word(p, p->how.back);
		return 0;
	}
	code = raw_word(p, p->how.code) & ~(__u64)CODE_TAG_BITS;
	if (code != p->code && !read_code(p, code))
		return p->callee && go_around(p) ? 0 : end_python(r, BPF_PYTHON_END_MEMORY);
	at = p->how.kind == BPF_PYTHON_OBJECTS ? raw_half(p, p->how.at) + 1
					       : (raw_word(p, p->how.at) - code) >> 1;
	if (p->callee && !can_call(p))
		return go_around(p) ? 0 : end_python(r, BPF_PYTHON_END_MEMORY);
	p->callee = 0;
	i = p->n;
	if (i >= BPF_MAX_PYTHON)
		return 1;
	if (!i && p->how.n_locals != BPF_PYTHON_NONE && raw_byte(p, p->how.owner) == OWNER_THREAD)
		p->callee = p->frame;
	p->stamps[i] = p->stamp;
	p->frames[i] = code >> 4 << BPF_PYTHON_AT_BITS | (at & ((1u << BPF_PYTHON_AT_BITS) - 1));
	add_to_hash(&r->hash, p->frames[i]);
	add_to_hash(&r->hash, p->stamps[i]);
	p->n++;
	if (raw_byte(p, p->how.entry)) {
		end_segment(p, p->cframe);
		p->cframe = read_user(p->cframe + p->how.outer);
	}
	p->frame = raw_word(p, p->how.back);
	return 0;
}

static __always_inline void begin_python(struct python *p)
{
	p->n = p->n_before = p->n_segments = p->segment = p->n_fresh = 0;
	p->code = p->callee = p->around = 0;
}

/* From p->frame, and up to 3.12 p->cframe, on. */
static __always_inline void walk_python(struct run *r, struct python *p)
{
	struct turn t = { r, 0, p };

	begin_python(p);
	r->out.python_end = BPF_PYTHON_END_COMPLETE;
	bpf_loop(BPF_MAX_PYTHON + BPF_MAX_SEGMENTS, python_frame, &t, 0);
	r->out.n_python = p->n;
	r->out.n_segments = p->n_segments;
	add_to_hash(&r->hash, r->out.python_end);
	r->boundary = p->n_segments ? p->boundary[0] : 0;
}

static __always_inline int is_in(const struct bpf_machine_code *code, __u64 at)
{
	return at - code->start < code->end - code->start;
}

#define FIRST_ARGUMENT 5	/* its register */

/* Is the thread the one that may run Python?  Its stack does not depend on that. */
__attribute__((noinline)) int take_activity(struct run *r, __u64 tstate, __u64 fs)
{
	struct python *p = this_python();
	__u64 interp, lock, holder;
	__u32 locked = 1, collecting = 0;

	if (!r || !p || p->how.holder == BPF_PYTHON_NONE)
		return 0;
	interp = read_user(tstate + p->how.interp);
	lock = p->how.lock;
	if (!lock && p->how.interp_lock != BPF_PYTHON_NONE)
		lock = read_user(interp + p->how.interp_lock);
	if (!lock)
		return 0;
	holder = read_user(lock + p->how.holder);
	if (p->how.locked != BPF_PYTHON_NONE)
		bpf_probe_read_user(&locked, sizeof(locked), (void *)lock + p->how.locked);
	if (locked != 1 || !holder ||
	    (holder != tstate && read_user(holder + p->how.thread_id) != fs)) {
		r->out.activity = r->regs[FIRST_ARGUMENT] - lock < p->how.lock_size
				  ? BPF_ACTIVITY_LOCK : BPF_ACTIVITY_NATIVE;
		return 0;
	}
	if (p->how.collecting)
		bpf_probe_read_user(&collecting, sizeof(collecting), (void *)p->how.collecting);
	else if (p->how.interp_collecting != BPF_PYTHON_NONE)
		bpf_probe_read_user(&collecting, sizeof(collecting),
				    (void *)interp + p->how.interp_collecting);
	r->out.activity = collecting ? BPF_ACTIVITY_COLLECTING : BPF_ACTIVITY_PYTHON;
	return 0;
}

/*
 * How far behind the thread pointer the thread's state is: among what belongs to the thread,
 * in pairs of a sequence number and a value.  The state says whose it is.  0: nowhere.
 */
__attribute__((noinline)) int find_tstate(__u64 fs)
{
	struct python *p = this_python();

	if (!p || bpf_probe_read_user(p->thread, sizeof(p->thread), (void *)fs) < 0)
		return 0;
	for (__u32 i = 1; i < THREAD_WORDS; i += 2) {
		__u64 at = p->thread[i];

		if (at && at != fs && !(at & 7) && read_user(at + p->how.thread_id) == fs)
			return i * 8;
	}
	return 0;
}

/* What the thread of process `tgid` runs, if it runs Python. */
__attribute__((noinline)) int take_python(struct run *r, __u32 tgid)
{
	struct python *p = this_python();
	struct bpf_python *how = bpf_map_lookup_elem(&pythons, &tgid);
	__u64 fs = 0, tstate;

	if (!r || !how || !p)
		return 0;
	p->how = *how;
	bpf_probe_read_kernel(&fs, sizeof(fs),
			      (void *)bpf_get_current_task_btf() + fsbase_at);
	if (!p->how.tstate)
		how->tstate = p->how.tstate = find_tstate(fs);
	if (!fs || !p->how.tstate)
		return 0;
	tstate = read_user(fs + p->how.tstate);
	if (!tstate)
		return 0;
	if (read_user(tstate + p->how.thread_id) != fs) {
		how->tstate = 0;	/* it only looked like one */
		return 0;
	}
	take_activity(r, tstate, fs);
	p->frame = read_user(tstate + p->how.top);
	p->cframe = p->frame;
	if (p->how.kind == BPF_PYTHON_CFRAMES) {
		if (is_in(&p->how.begin, r->pc) && p->cframe >= r->sp) {
			r->late = p->cframe;
			return 0;
		}
		p->frame = read_user(p->cframe + p->how.current);
	}
	walk_python(r, p);
	return 0;
}

/*
 * The innermost loop has just begun, and its cframe says nothing yet.  That of the loop
 * around it lies at the same place of its C frame: it is waited for.
 */
__attribute__((noinline)) int late_python(struct run *r)
{
	struct python *p = this_python();
	__u64 i, pc;

	if (!r || !p || !r->n)
		return 0;
	if (r->n == 1) {
		p->below_cfa = r->sp - r->late;
		if (r->late < r->sp)
			return 0;
		/* Not its own: it is not there yet. */
	} else {
		i = r->at - 1;
		BOUND(i, BPF_MAX_ADDRS - 1);
		pc = (r->addr[i] & BPF_FRAME_ADDR) - 1;
		if (!is_in(&p->how.eval[0], pc) && !is_in(&p->how.eval[1], pc))
			return 0;
		p->cframe = r->sp - p->below_cfa;
	}
	r->late = 0;
	p->frame = read_user(p->cframe + p->how.current);
	walk_python(r, p);
	return 0;
}

/* The frame taken down last is the loop that runs the segment. */
__attribute__((noinline)) int next_segment(struct run *r)
{
	struct python *p = this_python();
	__u64 i;

	if (!r || !p)
		return 0;
	i = p->segment;
	if (i >= BPF_MAX_SEGMENTS)
		return 0;
	p->segments[i] = (__u64)(r->n - 1) << 32 | (__u32)p->segments[i];
	add_to_hash(&r->hash, p->segments[i]);
	i = ++p->segment;
	r->boundary = i < p->n_segments && i < BPF_MAX_SEGMENTS ? p->boundary[i] : 0;
	return 0;
}

/* The Python part, behind `n` addresses; how many words there are then. */
__attribute__((noinline)) int put_python(struct run *r, __u32 n)
{
	struct python *p = this_python();
	__u64 at = n, frames, segments;

	if (!r || !p)
		return 0;
	frames = r->out.n_python;
	segments = r->out.n_segments;
	if (frames > BPF_MAX_PYTHON || segments > BPF_MAX_SEGMENTS)
		return n;
	BOUND(at, BPF_MAX_ADDRS - 1);
	bpf_probe_read_kernel(&r->addr[at], frames * 8, p->frames);
	at += frames;
	BOUND(at, BPF_MAX_WORDS - 1);
	if (at > BPF_MAX_ADDRS + BPF_MAX_PYTHON)
		return n;
	bpf_probe_read_kernel(&r->addr[at], segments * 8, p->segments);
	at += segments;
	if (at > BPF_MAX_ADDRS + BPF_MAX_PYTHON + BPF_MAX_SEGMENTS)
		return n;
	bpf_probe_read_kernel(&r->addr[at], frames * 4, p->stamps);
	return at + (frames + 1) / 2;
}

#endif
