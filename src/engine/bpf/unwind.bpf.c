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
 * To ask the kernel for the mapping of such an address was tried (Linux 6.18):
 * bpf_find_vma() takes 10 us and works once in an interrupt, as it gives its lock back
 * by an irq_work of which a CPU has one; bpf_iter_task_vma refuses with interrupts off.
 * A stack goes through three mappings at least, and the copy costs less.
 *
 * Written for the verifier: all state lies in map memory, each global function is
 * verified once, and no index is used that is not masked.
 */
#include "frame.bpf.h"
#include "python.bpf.h"

/* ---- a frame ---- */

/* Frames beyond the limit go round in the ring that ends the list. */
static __always_inline void take_down(struct run *r, __u64 frame)
{
	__u64 i = r->at, next = i + 1;

	BOUND(i, BPF_MAX_ADDRS - 1);
	r->addr[i] = frame;
	r->at = next - (BPF_OUTER & ~(__u64)((__s64)(next - r->at_end) >> 63));
	if (r->n < max_frames)
		add_to_hash(&r->hash, frame);
	r->n++;
}

/* One frame: take it down, and go to its caller; 1: there is none. */
static __always_inline int step(struct run *r, struct cache *cache)
{
	__u64 frame = r->pc & BPF_FRAME_ADDR;
	__u32 rule;

	if (!r->pc && r->n)
		return end(r, BPF_END_COMPLETE);
	if (r->late)
		late_python(r);
	if (r->boundary - r->sp_before < r->sp - r->sp_before)
		next_segment(r);
	look_up(r, cache, r->pc - (r->flags & IS_RETURN));
	if (r->place.where == NOWHERE)
		return end(r, BPF_END_USER_SPACE);
	if (r->flags & IS_RETURN)
		frame |= BPF_FRAME_RETURN;
	if (r->flags & IS_GUESSED)
		frame |= BPF_FRAME_GUESSED;
	take_down(r, frame);
	r->sp_before = r->sp;
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

/*
 * The stack has more frames than are kept.  Without the outermost one it ends at the
 * limit.  What is in the ring is part of the hash by its order and not by its place, so
 * that recursion of any depth is one stack.
 */
__attribute__((noinline)) int end_beyond(struct run *r)
{
	__u64 i;
	__u32 kept;

	if (!r)
		return 0;
	r->out.n_beyond = r->n - max_frames;
	r->n = max_frames;
	if (r->end != BPF_END_COMPLETE) {
		r->end = BPF_END_LIMIT;
		r->out.n_beyond = 0;
	}
	kept = r->out.n_beyond < BPF_OUTER ? r->out.n_beyond : BPF_OUTER;
	for (__u32 k = 0; k < BPF_OUTER; k++) {
		if (k >= kept)
			break;
		i = r->n_kernel + max_frames + (r->out.n_beyond - kept + k) % BPF_OUTER;
		BOUND(i, BPF_MAX_ADDRS - 1);
		add_to_hash(&r->hash, r->addr[i]);
	}
	r->n += kept;
	return 0;
}

/* So much of an object as can be read; it may lie at the end of what is mapped. */
static __always_inline __u32 read_text(__u8 *to, __u64 from)
{
	if (bpf_probe_read_user(to, BPF_CODE_TEXT, (void *)from) == 0)
		return BPF_CODE_TEXT;
	return bpf_probe_read_user(to, 96, (void *)from) == 0 ? 96 : 0;
}

__attribute__((noinline)) int send_code(struct bpf_perf_event_data *ctx, __u32 nr)
{
	struct python *p = this_python();
	struct hash key;
	__u32 one = 1;
	__u64 size, at, i = nr;

	if (!p)
		return 0;
	BOUND(i, FRESH_CODES - 1);
	key = code_key(p->fresh[i], p->fresh_stamps[i]);
	p->sent.magic = BPF_CODE_MAGIC;
	p->sent.address = p->fresh[i];
	p->sent.stamp = p->fresh_stamps[i];
	if (bpf_probe_read_user(p->sent.object, BPF_CODE_OBJECT, (void *)p->sent.address) < 0)
		return 0;
	for (__u32 k = 0; k < BPF_CODE_TEXTS; k++) {
		p->sent.text_at[k] = p->how.texts[k] == BPF_PYTHON_NONE
				     ? 0 : read_user(p->sent.address + p->how.texts[k]);
		p->sent.text_bytes[k] = p->sent.text_at[k]
					? read_text(p->sent.text[k], p->sent.text_at[k]) : 0;
	}
	at = read_user(p->sent.address + p->how.lines);
	size = read_user(at + p->how.bytes_size) + p->how.bytes_data;
	if (size > BPF_CODE_LINES - 1)
		size = BPF_CODE_LINES - 1;
	p->sent.lines_at = at;
	BOUND(size, BPF_CODE_LINES - 1);
	p->sent.lines_bytes = bpf_probe_read_user(p->sent.lines, size, (void *)at) == 0 ? size : 0;
	size += sizeof(p->sent) - BPF_CODE_LINES;
	if (bpf_perf_event_output(ctx, &output, BPF_F_CURRENT_CPU, &p->sent, size) == 0)
		bpf_map_update_elem(&codes, &key, &one, BPF_ANY);
	return 0;
}

static __always_inline void send_codes(struct bpf_perf_event_data *ctx)
{
	struct python *p = this_python();

	for (__u32 i = 0; p && i < FRESH_CODES; i++) {
		if (i >= p->n_fresh)
			break;
		send_code(ctx, i);
	}
}

/* The stack is copied: what Python frames are on it is known all the same.  Returns 1. */
__attribute__((noinline)) int send_part(struct bpf_perf_event_data *ctx)
{
	__u32 cpu = bpf_get_smp_processor_id();
	struct run *r = bpf_map_lookup_elem(&runs, &cpu);
	struct python *p = this_python();
	__u64 size;

	if (!r || !p || !r->out.python_end)
		return 1;
	for (__u32 i = 0; i < BPF_MAX_SEGMENTS; i++) {
		if (i >= r->out.n_segments)
			break;
		p->segments[i] = p->boundary[i] << 16 | (p->segments[i] & 0xffff);
	}
	r->out.magic = BPF_PART_MAGIC;
	r->out.end = BPF_END_USER_SPACE;
	r->out.has_stack = 1;
	r->out.n_kernel = r->out.n_user = 0;
	size = put_python(r, 0) & (BPF_MAX_WORDS - 1);
	size = sizeof(r->out) + 8 * size;
	if (size <= sizeof(r->out) + sizeof(r->addr))
		bpf_perf_event_output(ctx, &output, BPF_F_CURRENT_CPU, &r->out, size);
	return 1;
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
	r->out.generation = r->proc.generation;
	if (!known) {
		if (r->out.n_python)
			n = put_python(r, n);
		size += 8 * (n & (BPF_MAX_WORDS - 1));
	}
	if (size > sizeof(r->out) + sizeof(r->addr))
		return 1;
	if (bpf_perf_event_output(ctx, &output, BPF_F_CURRENT_CPU, &r->out, size) == 0 && !known)
		bpf_map_update_elem(&seen, &r->hash, &one, BPF_ANY);
	return 0;
}

static __always_inline int sample(struct bpf_perf_event_data *ctx)
{
	__u32 zero = 0, cpu = bpf_get_smp_processor_id(), tgid = current_ids() >> 32;
	struct run *r = bpf_map_lookup_elem(&runs, &cpu);
	struct turn t = { r, bpf_map_lookup_elem(&caches, &zero), 0 };
	struct bpf_proc *proc = bpf_map_lookup_elem(&procs, &tgid);
	__u32 *n_execs;

	if (is_filtered && !bpf_map_lookup_elem(&targets, &tgid))
		return 0;
	if (!r || !t.cache || !proc || !proc->n)
		return 1;
	n_execs = bpf_map_lookup_elem(&execs, &tgid);
	if ((n_execs ? *n_execs : 0) != proc->n_execs)
		return 1;
	r->proc = *proc;
	r->n = 0;
	r->out.n_beyond = 0;
	r->window_at = 1;
	r->end = BPF_END_GO_ON;
	r->hash.v[0] = seed ^ r->proc.generation;
	r->hash.v[1] = seed + r->proc.generation;
	if (!take_regs(r, ctx))
		return 1;
	r->sp_before = r->sp;
	r->boundary = r->late = 0;
	r->out.n_python = r->out.n_segments = r->out.python_end = 0;
	r->out.activity = BPF_ACTIVITY_UNKNOWN;
	if (fsbase_at)		/* somebody asked for it */
		take_python(r, tgid);
	take_kernel(r, ctx);
	r->at = r->n_kernel;
	r->at_end = r->n_kernel + max_frames + BPF_OUTER;
	bpf_loop(BPF_MAX_STEPS / FRAMES_A_TURN, turn, &t, 0);
	if (r->n > max_frames)
		end_beyond(r);
	if (r->out.n_python)
		send_codes(ctx);
	if (r->end == BPF_END_USER_SPACE || r->end == BPF_END_GO_ON)
		return send_part(ctx);
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

/*
 * A child has its parent's memory: what is known of that is known of it from its first
 * instruction on, and it is meant as well.
 */
SEC("raw_tracepoint/sched_process_fork")
int on_fork(struct bpf_raw_tracepoint_args *ctx)
{
	__u32 parent = bpf_get_current_pid_tgid() >> 32, one = 1, child, *n_execs;
	struct bpf_python *python;
	struct bpf_proc *proc, copy;

	/* In a namespace user space has other numbers, and tells of each itself. */
	if (pidns_ino ||
	    bpf_probe_read_kernel(&child, sizeof(child), (void *)(ctx->args[1] + tgid_at)) < 0 ||
	    child == parent)
		return 0;
	if (bpf_map_lookup_elem(&targets, &parent))
		bpf_map_update_elem(&targets, &child, &one, BPF_ANY);
	proc = bpf_map_lookup_elem(&procs, &parent);
	n_execs = bpf_map_lookup_elem(&execs, &parent);
	if (!proc || (n_execs ? *n_execs : 0) != proc->n_execs)
		return 0;
	copy = *proc;
	copy.n_execs = 0;
	bpf_map_update_elem(&procs, &child, &copy, BPF_NOEXIST);
	python = bpf_map_lookup_elem(&pythons, &parent);
	if (python)
		bpf_map_update_elem(&pythons, &child, python, BPF_ANY);
	return 0;
}

static __always_inline int gets_other_rights(__u64 binprm)
{
	__u8 bits;

	return bpf_probe_read_kernel(&bits, 1, (void *)(binprm + secureexec_at / 8)) < 0 ||
	       bits >> secureexec_at % 8 & 1;
}

/*
 * What is known of the mappings of a process that execs is void at once.  With other
 * rights than before it is meant no more, as the kernel has it with events of threads.
 */
SEC("raw_tracepoint/sched_process_exec")
int on_exec(struct bpf_raw_tracepoint_args *ctx)
{
	__u32 tgid = current_ids() >> 32, one = 1, *n;

	if (!tgid)
		return 0;
	if (is_filtered && gets_other_rights(ctx->args[2]))
		bpf_map_delete_elem(&targets, &tgid);
	bpf_map_delete_elem(&pythons, &tgid);
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
	__u64 id = current_ids();
	__u32 tgid = id >> 32;

	if ((__u32)id == tgid) {
		bpf_map_delete_elem(&procs, &tgid);
		bpf_map_delete_elem(&execs, &tgid);
		bpf_map_delete_elem(&pythons, &tgid);
		if (is_filtered)
			bpf_map_delete_elem(&targets, &tgid);
	}
	return 0;
}

char _license[] SEC("license") = "Dual BSD/GPL";
