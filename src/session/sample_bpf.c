// SPDX-License-Identifier: Apache-2.0
/*
 * Samples that the kernel has unwound: a hash, and the stack's addresses with the first
 * that has it.
 *
 * Stacks are kept as long as the kernel may send their hash alone.  It forgets those that
 * were not seen for long, and so do we: of MAX_KEPT new ones the old half goes.
 */
#include "session/session.h"

#include "engine/bpf/bpf_sample.h"

#define MAX_KEPT 65536		/* as many as the kernel knows */

/* A stack that the kernel sent. */
struct kernel_stack {
	uint64_t hash;		/* the second half; the first one leads here */
	uint32_t stack;		/* number in the recording */
	uint32_t leaf;		/* frame of the program that ran, or RECORD_NONE */
	uint64_t modules;	/* that were mapped where it has addresses, see module_bit() */
};

/* How many frames are left out between those kept. */
static uint32_t left_out(const struct bpf_sample *head)
{
	return unwind_n_outer(bpf_sample_limit(head)) ? head->n_beyond : 0;
}

static enum record_outcome outcome_of(const struct bpf_sample *head)
{
	static const uint8_t outcomes[] = {
		[BPF_END_COMPLETE] = OUTCOME_COMPLETE, [BPF_END_LIMIT] = OUTCOME_LIMIT,
		[BPF_END_MEMORY] = OUTCOME_MEMORY, [BPF_END_NO_RULE] = OUTCOME_NO_RULE,
		[BPF_END_JIT] = OUTCOME_JIT, [BPF_END_REGISTER] = OUTCOME_REGISTER,
		[BPF_END_NO_USER] = OUTCOME_NO_USER };

	if (head->n_beyond)
		return left_out(head) ? OUTCOME_LEFT_OUT : OUTCOME_LIMIT;
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

/* ---- those that were sent ---- */

static struct kernel_stack *find_in(const struct kernel_stacks *k, const struct bpf_sample *head)
{
	uint32_t i = u64map_find(&k->by_hash, head->hash[0]);

	return i < k->n && k->v[i].hash == head->hash[1] ? &k->v[i] : NULL;
}

static void clear(struct kernel_stacks *k)
{
	u64map_clear(&k->by_hash);
	k->n = 0;
}

static struct kernel_stack *keep(struct session *s, const struct bpf_sample *head,
				 struct kernel_stack stack)
{
	struct kernel_stacks *k = &s->kernel_stacks, full = *k;
	uint32_t *slot;

	if (k->n == MAX_KEPT) {
		*k = s->old_kernel_stacks;
		s->old_kernel_stacks = full;
		clear(k);
	}
	slot = u64map_slot(&k->by_hash, head->hash[0]);
	if (*slot == U64MAP_NONE) {
		array_reserve(k->v, k->n + 1, k->cap);
		*slot = (uint32_t)k->n++;
	}
	k->v[*slot] = stack;
	return &k->v[*slot];
}

static struct kernel_stack *find_stack(struct session *s, const struct bpf_sample *head)
{
	struct kernel_stack *k = find_in(&s->kernel_stacks, head);

	if (!k && (k = find_in(&s->old_kernel_stacks, head)))
		k = keep(s, head, *k);
	return k;
}

void bpf_forget_stacks(struct session *s)
{
	clear(&s->kernel_stacks);
	clear(&s->old_kernel_stacks);
}

static void free_stacks(struct kernel_stacks *k)
{
	u64map_deinit(&k->by_hash);
	free(k->v);
}

void bpf_free_stacks(struct session *s)
{
	free_stacks(&s->kernel_stacks);
	free_stacks(&s->old_kernel_stacks);
}

/* ---- a sample ---- */

static enum record_activity activity_of(const struct bpf_sample *head)
{
	static const uint8_t activities[] = {
		[BPF_ACTIVITY_UNKNOWN] = ACTIVITY_UNKNOWN, [BPF_ACTIVITY_PYTHON] = ACTIVITY_PYTHON,
		[BPF_ACTIVITY_COLLECTING] = ACTIVITY_COLLECTING,
		[BPF_ACTIVITY_NATIVE] = ACTIVITY_NATIVE, [BPF_ACTIVITY_LOCK] = ACTIVITY_WAIT_PYTHON };

	return head->activity < array_len(activities) ? activities[head->activity] : ACTIVITY_UNKNOWN;
}

static uint64_t module_at(const struct proc *p, uint64_t addr)
{
	uint64_t at = (addr & BPF_FRAME_ADDR) - !!(addr & BPF_FRAME_RETURN);
	const struct mapping *map = mappings_find(p, at);

	return map ? module_bit(map->module) : 0;
}

/* Frames [from, to) of the user's part, and the modules they are in; returns how many. */
static size_t frames_between(struct session *s, const struct perf_sample *p, struct proc *proc,
			     const struct bpf_sample *head, uint32_t from, uint32_t to,
			     uint32_t *frames, uint64_t *modules)
{
	for (uint32_t i = from; i < to; i++) {
		uint64_t addr = bpf_sample_addr(p->raw, bpf_sample_place(head, i));

		*modules |= module_at(proc, addr);
		frames[i - from] = user_frame(s, proc, addr);
	}
	return to - from;
}

/* All of it, as the unwinder has it. */
static size_t user_frames(struct session *s, const struct perf_sample *p, struct proc *proc,
			  const struct bpf_sample *head, uint32_t *frames, uint64_t *modules)
{
	uint32_t limit = bpf_sample_limit(head), all = limit + head->n_beyond;
	uint32_t n_outer = left_out(head) ? unwind_n_outer(limit) : 0;
	size_t n = frames_between(s, p, proc, head, 0, limit - n_outer, frames, modules);

	if (!n_outer)
		return n;
	frames[n++] = stacks_left_out(s, OUTCOME_LEFT_OUT);
	return n + frames_between(s, p, proc, head, all - n_outer, all, frames + n, modules);
}

/* Take down a stack that was not sent before. */
static struct kernel_stack *take_stack(struct session *s, const struct perf_sample *p,
				       struct thread *t, const struct bpf_sample *head)
{
	size_t n = 0, n_user;
	const uint32_t *user;
	uint32_t leaf;
	struct module *kernel = head->n_kernel ? modules_kernel(s) : NULL;
	enum record_outcome outcome = outcome_of(head);
	uint64_t modules = 0;

	array_reserve(s->sample_frames, (size_t)head->n_kernel + head->n_user + 1,
		      s->cap_sample_frames);
	for (size_t i = 0; i < head->n_kernel; i++) {
		uint64_t addr = bpf_sample_addr(p->raw, i);

		if (addr >= PERF_CONTEXT_MAX)
			continue;	/* a marker that the kernel puts among them */
		s->sample_frames[n] = stacks_frame(s, kernel, addr, n ? FRAME_RETURN : 0);
		n++;
	}
	n_user = user_frames(s, p, t->proc, head, s->sample_frames + n, &modules);
	leaf = head->n_user && !head->n_kernel ? s->sample_frames[0] : RECORD_NONE;
	n_user = python_frames_of_sample(s, t, p->raw, head, s->sample_frames + n, (uint32_t)n_user,
					 left_out(head) ? bpf_sample_limit(head) -
						unwind_n_outer(bpf_sample_limit(head)) : RECORD_NONE,
					 &user, &outcome);
	if (user != s->sample_frames + n) {
		array_reserve(s->sample_frames, n + n_user, s->cap_sample_frames);
		memcpy(s->sample_frames + n, user, n_user * sizeof(*user));
	}
	return keep(s, head, (struct kernel_stack){
		.hash = head->hash[1],
		.stack = stacks_stack(s, outcome, s->sample_frames, n + n_user),
		.leaf = leaf,
		.modules = modules });
}

/*
 * The stack of the sample, or NULL if it is not known: it was forgotten here, or the
 * kernel has gone by a mapping that had ended before the sample was taken.
 */
static struct kernel_stack *stack_of(struct session *s, const struct perf_sample *p,
				     struct thread *t, const struct bpf_sample *head)
{
	struct kernel_stack *k = head->has_stack ? take_stack(s, p, t, head) : find_stack(s, head);

	if (!k) {		/* have it sent again */
		t->proc->tell_anew = true;
		procs_changed(t->proc);
	}
	return k && !mappings_changed_since(t->proc, head->generation, k->modules) ? k : NULL;
}

void bpf_on_sample(struct session *s, const struct perf_sample *p, uint64_t weight_ns)
{
	struct bpf_sample head;
	struct kernel_stack *k;
	struct thread *t;

	if (bpf_sample_part(p->raw, p->raw_len, &head)) {
		python_keep_part(s, p);
		return;
	}
	if (bpf_sample_is_code(p->raw, p->raw_len)) {
		python_learn_code(s, p);
		return;
	}
	if (!bpf_sample_head(p->raw, p->raw_len, &head))
		return;
	t = procs_get_thread(s, p->pid, p->tid, p->time_ns);
	k = stack_of(s, p, t, &head);
	if (k && k->leaf != RECORD_NONE)
		code_saw(s, k->leaf);
	python_saw_thread(s, t);
	session_put_sample(s, &(struct record_sample){
		.time_ns = p->time_ns,
		.thread = t->number,
		.stack = k ? k->stack : OUTCOME_PENDING,
		.weight_ns = (uint32_t)min_of(weight_ns, (uint64_t)UINT32_MAX),
		.cpu = p->cpu,
		.state = STATE_RUNNING,
		.activity = activity_of(&head),
		.gap = k ? left_out(&head) : 0,
	});
}
