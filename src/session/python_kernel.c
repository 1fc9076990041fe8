// SPDX-License-Identifier: Apache-2.0
/*
 * What the kernel walks of Python: what it takes for that, and what comes of it.
 */
#include "session/python_internal.h"

#include <string.h>

#include "engine/bpf/bpf_sample.h"
#include "python/lock.h"

#define MAX_BLIND 50		/* stacks, before it is said, */
#define BLIND_NS NS_PER_S	/* of so long after it was told */

static uint16_t offset16(uint32_t off)
{
	return off == LAYOUT_NONE ? BPF_PYTHON_NONE : (uint16_t)off;
}

static struct bpf_machine_code moved(const struct python_code *code, uint64_t bias)
{
	return (struct bpf_machine_code){ code->start + bias, code->end + bias };
}

static struct bpf_python how_walked(const struct python *py)
{
	const struct layout *l = &py->runtime.layout;
	bool objects = l->version <= 0x030a, cframes = l->version <= 0x030c && !objects;

	return (struct bpf_python){
		.kind = objects ? BPF_PYTHON_OBJECTS : cframes ? BPF_PYTHON_CFRAMES : BPF_PYTHON_FRAMES,
		.thread_id = offset16(l->tstate_thread_id),
		.top = offset16(objects ? l->tstate_frame : cframes ? l->tstate_cframe
						 : l->tstate_current_frame),
		.current = offset16(l->cframe_current_frame),
		.outer = offset16(l->cframe_previous),
		.code = offset16(objects ? l->frame_code : l->iframe_code),
		.back = offset16(objects ? l->frame_back : l->iframe_previous),
		.at = offset16(objects ? l->frame_lasti : l->iframe_instr),
		.owner = objects ? BPF_PYTHON_NONE : offset16(l->iframe_owner),
		.entry = objects ? BPF_PYTHON_NONE : offset16(l->iframe_is_entry),
		.frame = offset16(objects ? l->frame_lasti + 4 : l->iframe_localsplus),
		.n_words = (uint16_t)python_stamp_words(l),
		.changing = (uint16_t)python_changing_word(l),
		.texts = { offset16(l->code_name), offset16(l->code_qualname),
			   offset16(l->code_filename) },
		.lines = offset16(l->code_linetable),
		.bytes_size = offset16(l->object_var_size),
		.bytes_data = offset16(l->bytes_data),
		.begin = moved(&py->elf.begin, py->bias),
		.eval = { moved(&py->elf.eval[0], py->bias), moved(&py->elf.eval[1], py->bias) },
		.n_locals = offset16(l->code_nlocalsplus), .n_stack = offset16(l->code_stacksize),
		.name = (uint16_t)l->code_name, .hash = (uint16_t)(l->str_length + 8),
		.interp = offset16(l->tstate_interp), .holder = BPF_PYTHON_NONE };
}

/* Where it sees who may run. */
static void how_locked(const struct python_runtime *runtime, struct bpf_python *how)
{
	struct python_lock_at at;

	if (!python_lock_at(runtime, &at))
		return;
	how->interp_lock = offset16(at.interp_lock);
	how->interp_collecting = offset16(at.interp_collecting);
	how->holder = offset16(at.holder);
	how->locked = offset16(at.locked);
	how->lock_size = at.size == LAYOUT_NONE ? 0 : (uint16_t)at.size;
	how->lock = at.lock;
	how->collecting = at.collecting;
}

/* Of the whole host nobody's memory is looked into, but by the kernel. */
static bool is_of_host(const struct session *s)
{
	return !s->spec->pid;
}

/* Is there something to tell that was not, or could be by now? */
static bool may_tell(const struct session *s, struct proc *p)
{
	bool again;

	if (p->python_told || (p->python && p->python->state == RUNTIME_REFUSED))
		return false;
	if (!is_of_host(s))
		return p->mem_fd >= 0 || p->python;
	again = p->python_looked != p->space.generation;
	p->python_looked = p->space.generation;
	return again;
}

static struct python *interpreter_of(struct session *s, struct proc *p)
{
	struct python_memory memory;

	if (is_of_host(s))
		return python_of(s, p, NULL);
	memory = python_memory_of(s, p);
	return python_of(s, p, &memory);
}

void python_tell_kernel(struct session *s, struct proc *p)
{
	struct s_process ask = { .type = S_PYTHON };
	struct bpf_python how;
	struct python *py;

	if (!may_tell(s, p))
		return;
	py = interpreter_of(s, p);
	if (!py)
		return;
	p->python_told = true;
	py->told_ns = s->now_ns;
	if (!s->asked_python)
		session_send_opener(s, &ask, sizeof(ask), NULL, 0);
	s->asked_python = true;
	how = how_walked(py);
	how_locked(&py->runtime, &how);
	kernel_side_tell_python(s, p, &how);
}

bool python_is_told(const struct proc *p)
{
	return p->python_told || (p->python ? p->python->state == RUNTIME_REFUSED
					    : !python_interpreter(p) || p->mem_fd < 0);
}

/* The Python part of a sample, as a walk would have found it. */
static void take_walk(const struct layout *l, const void *raw, const struct bpf_sample *head,
		      struct python_stack *out)
{
	bool objects = l->version <= 0x030a;
	uint32_t n_left;

	n_left = out->n_frames = min_of((uint32_t)head->n_python, PYTHON_MAX_FRAMES);
	out->n_segments = objects ? out->n_frames : min_of((uint32_t)head->n_segments, PYTHON_MAX_FRAMES);
	out->end = head->python_end == BPF_PYTHON_END_LIMIT ? PYTHON_END_LIMIT
		   : head->python_end == BPF_PYTHON_END_MEMORY ? PYTHON_END_MEMORY
		   : PYTHON_END_COMPLETE;
	for (uint32_t i = 0; i < out->n_frames; i++) {
		uint64_t word = bpf_sample_python(raw, head, i), code = BPF_PYTHON_CODE(word);
		int64_t at = (int64_t)BPF_PYTHON_AT(word);

		out->frames[i] = (struct python_frame){
			.code = code, .stamp = bpf_sample_stamp(raw, head, i) };
		if (objects)
			out->frames[i].offset = l->version >= 0x030a && at > 1 ? 2 * (at - 1) : at - 1;
		else
			out->frames[i].instruction = code + 2 * (uint64_t)at;
		if (objects)
			out->segments[i] = (struct python_segment){ .first = i, .n_frames = 1 };
	}
	for (uint32_t i = 0; !objects && i < out->n_segments; i++) {
		uint64_t word = bpf_sample_segment(raw, head, i);

		if (head->magic == BPF_PART_MAGIC)
			out->segments[i] = (struct python_segment){
				.n_frames = word & 0xffff, .boundary = word >> 16 };
		else	/* beside the numbers of frames in place of addresses */
			out->segments[i] = (struct python_segment){
				.n_frames = (uint32_t)word,
				.boundary = word >> 32 == BPF_PYTHON_UNMATCHED ? 0 : (word >> 32) + 1 };
		out->segments[i].first = out->n_frames - n_left;
		n_left -= min_of(out->segments[i].n_frames, n_left);
	}
	/* The frames of a run of the loop whose end was not reached. */
	if (objects)
		n_left = 0;
	if ((n_left || out->end != PYTHON_END_COMPLETE) && out->n_segments < PYTHON_MAX_FRAMES)
		out->segments[out->n_segments++] = (struct python_segment){
			.first = out->n_frames - n_left, .n_frames = n_left,
			.is_cut = out->end != PYTHON_END_COMPLETE };
}

/* Where user frame `i` of the sample is among those that are kept. */
static uint64_t place_of(const struct bpf_sample *head, uint32_t gap_at, uint64_t i)
{
	uint64_t all = (uint64_t)bpf_sample_limit(head) + head->n_beyond;
	uint64_t n_outer = bpf_sample_limit(head) - gap_at;

	if (gap_at == RECORD_NONE || i < gap_at)
		return i;
	return i < all - n_outer ? gap_at : gap_at + 1 + i - (all - n_outer);
}

static bool has_loop(const struct session *s, const uint32_t *frames, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (u64map_find(&s->python_loops, frames[i]) != U64MAP_NONE)
			return true;
	return false;
}

/* It runs Python, and the kernel does not find what. */
static void saw_blind(struct session *s, const struct proc *p)
{
	struct python *py = p->python;

	if (py->n_walks || s->now_ns - py->told_ns < BLIND_NS || ++py->n_blind != MAX_BLIND)
		return;
	session_note(s, NOTE_WARNING, "process %d: its Python functions are not shown: where its C library "
		     "keeps what belongs to a thread is not known", (int)p->pid);
}

size_t python_frames_of_sample(struct session *s, struct thread *t, const void *raw,
			       const struct bpf_sample *head, const uint32_t *native, uint32_t n,
			       uint32_t gap_at, const uint32_t **frames,
			       enum record_outcome *outcome)
{
	struct python *py = t->proc->python;
	struct python_scratch *x;
	struct python_memory memory;
	size_t n_merged;

	*frames = native;
	if (!py || py->state != RUNTIME_FOUND)
		return n;
	if (!head->python_end && py->n_interpreters < 2) {
		if (has_loop(s, native, n))
			saw_blind(s, t->proc);
		return n;
	}
	py->n_unreadable = 0;
	memory = python_memory_of(s, t->proc);
	x = s->python;
	take_walk(&py->runtime.layout, raw, head, &x->stack);
	py->n_walks++;
	for (uint32_t i = 0; i < x->stack.n_segments; i++)
		if (x->stack.segments[i].boundary)
			x->stack.segments[i].boundary =
				place_of(head, gap_at, x->stack.segments[i].boundary - 1) + 1;
	array_reserve(x->numbers, (size_t)n + 1, x->cap_numbers);
	for (uint32_t i = 0; i <= n; i++)
		x->numbers[i] = i + 1;

	n_merged = python_merge_frames(s, t->proc, &memory, &(struct merge_native){
		.n = n, .sp = x->numbers, .complete = head->end == BPF_END_COMPLETE && !head->n_beyond,
		.of_others = py->n_interpreters > 1 }, native, outcome);
	if (py->n_unreadable && t->proc->mem_fd < 0) {
		t->proc->python_waits = true;
		procs_want_handles(t->proc);
	}
	*frames = x->frames;
	return n_merged;
}

#define PART_NS (NS_PER_MS / 2)	/* between a part and its sample, at most */

void python_keep_part(struct session *s, const struct perf_sample *p)
{
	struct python_scratch *x;
	struct part *part;

	if (!s->python)
		s->python = xcalloc(1, sizeof(*s->python));
	x = s->python;
	if (p->cpu >= x->n_parts) {
		x->parts = xreallocarray(x->parts, p->cpu + 1, sizeof(*x->parts));
		memset(x->parts + x->n_parts, 0, (p->cpu + 1 - x->n_parts) * sizeof(*x->parts));
		x->n_parts = p->cpu + 1;
	}
	part = &x->parts[p->cpu];
	array_reserve(part->bytes, p->raw_len, part->cap);
	memcpy(part->bytes, p->raw, p->raw_len);
	part->len = p->raw_len;
	part->tid = p->tid;
	part->time_ns = p->time_ns;
}

void python_add_part(struct session *s, struct perf_sample *p)
{
	struct part *part = s->python && p->cpu < s->python->n_parts ? &s->python->parts[p->cpu] : NULL;

	if (!part || part->tid != p->tid || p->time_ns < part->time_ns ||
	    p->time_ns - part->time_ns > PART_NS)
		return;
	p->python = part->bytes;
	p->python_len = part->len;
	part->tid = 0;
}

size_t python_frames_of_part(struct session *s, struct thread *t, const struct perf_sample *p,
			     const uint32_t **frames, enum record_outcome *outcome)
{
	const struct unwinder *u = s->unwinder;
	struct python *py = t->proc->python;
	struct python_memory memory;
	struct bpf_sample head;
	size_t n;

	*frames = u->frames;
	if (!p->python || !py || py->state != RUNTIME_FOUND ||
	    !bpf_sample_part(p->python, p->python_len, &head))
		return u->n_frames;
	memory = python_memory_of(s, t->proc);
	take_walk(&py->runtime.layout, p->python, &head, &s->python->stack);
	py->n_walks++;
	n = python_merge_frames(s, t->proc, &memory, &(struct merge_native){
		.n = u->n_frames, .sp = u->sp, .complete = u->end == UNWIND_COMPLETE,
		.of_others = py->n_interpreters > 1 }, u->frames, outcome);
	*frames = s->python->frames;
	return n;
}

