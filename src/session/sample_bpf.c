// SPDX-License-Identifier: Apache-2.0
/*
 * Samples that the kernel has unwound: a hash, and the stack's addresses with the first
 * that has it.
 */
#include "session/session.h"

#include "engine/bpf/bpf_sample.h"

/* A stack that the kernel sent. */
struct kernel_stack {
	uint64_t hash;		/* the second half; the first one leads here */
	uint32_t stack;		/* number in the recording */
	uint32_t leaf;		/* frame of the program that ran, or RECORD_NONE */
};

static enum record_outcome outcome_of(const struct bpf_sample *head)
{
	static const uint8_t outcomes[] = {
		[BPF_END_COMPLETE] = OUTCOME_COMPLETE, [BPF_END_LIMIT] = OUTCOME_LIMIT,
		[BPF_END_MEMORY] = OUTCOME_MEMORY, [BPF_END_NO_RULE] = OUTCOME_NO_RULE,
		[BPF_END_JIT] = OUTCOME_JIT, [BPF_END_REGISTER] = OUTCOME_REGISTER,
		[BPF_END_NO_USER] = OUTCOME_NO_USER };

	return outcomes[head->end];
}

/* The frame of an address that the program ran, or returns to. */
static uint32_t user_frame(struct session *s, struct proc *p, uint64_t addr)
{
	uint32_t flags = (addr & BPF_FRAME_RETURN ? UNWIND_RETURN : 0) |
			 (addr & BPF_FRAME_GUESSED ? UNWIND_GUESSED : 0);
	struct unwind_place place = { 0 };

	addr &= BPF_FRAME_ADDR;
	p->space.resolve(p->space.ctx, addr, flags, &place);
	if (place.where == WHERE_FILE || place.where == WHERE_ANON)
		return place.frame;
	return stacks_frame(s, modules_anon(s), addr, flags & UNWIND_RETURN ? FRAME_RETURN : 0);
}

/* Take down a stack that was not sent before. */
static struct kernel_stack *take_stack(struct session *s, const struct perf_sample *p,
				       struct thread *t, const struct bpf_sample *head)
{
	size_t all = (size_t)head->n_kernel + head->n_user, n = 0;
	struct module *kernel = head->n_kernel ? modules_kernel(s) : NULL;
	uint32_t *slot = u64map_slot(&s->kernel_stacks_by_hash, head->hash[0]);
	struct kernel_stack *k;

	array_reserve(s->sample_frames, all, s->cap_sample_frames);
	for (size_t i = 0; i < all; i++) {
		uint64_t addr = bpf_sample_addr(p->raw, i);

		if (i < head->n_kernel && addr >= PERF_CONTEXT_MAX)
			continue;	/* a marker that the kernel puts among them */
		s->sample_frames[n] = i < head->n_kernel
			? stacks_frame(s, kernel, addr, n ? FRAME_RETURN : 0)
			: user_frame(s, t->proc, addr);
		n++;
	}
	if (*slot == U64MAP_NONE) {
		array_reserve(s->kernel_stacks, s->n_kernel_stacks + 1, s->cap_kernel_stacks);
		*slot = (uint32_t)s->n_kernel_stacks++;
	}
	k = &s->kernel_stacks[*slot];
	*k = (struct kernel_stack){
		.hash = head->hash[1],
		.stack = stacks_stack(s, outcome_of(head), s->sample_frames, n),
		.leaf = head->n_user && !head->n_kernel ? s->sample_frames[0] : RECORD_NONE };
	return k;
}

static struct kernel_stack *find_stack(struct session *s, const struct bpf_sample *head)
{
	uint32_t i = u64map_find(&s->kernel_stacks_by_hash, head->hash[0]);

	return i < s->n_kernel_stacks && s->kernel_stacks[i].hash == head->hash[1]
		? &s->kernel_stacks[i] : NULL;
}

void bpf_on_sample(struct session *s, const struct perf_sample *p, uint64_t weight_ns)
{
	struct thread *t = procs_get_thread(s, p->pid, p->tid, p->time_ns);
	struct bpf_sample head;
	struct kernel_stack *k;

	if (!bpf_sample_head(p->raw, p->raw_len, &head))
		return;
	k = head.has_stack ? take_stack(s, p, t, &head) : find_stack(s, &head);
	if (!k)		/* it was forgotten here: have it sent again */
		procs_changed(t->proc);
	else if (k->leaf != RECORD_NONE)
		code_saw(s, k->leaf);
	session_put_sample(s, &(struct record_sample){
		.time_ns = p->time_ns,
		.thread = t->number,
		.stack = k ? k->stack : OUTCOME_PENDING,
		.weight_ns = (uint32_t)min_of(weight_ns, (uint64_t)UINT32_MAX),
		.cpu = p->cpu,
		.state = STATE_RUNNING,
	});
}

void bpf_forget_stacks(struct session *s)
{
	u64map_clear(&s->kernel_stacks_by_hash);
	s->n_kernel_stacks = 0;
}
