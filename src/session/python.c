// SPDX-License-Identifier: Apache-2.0
/*
 * Python functions: what the interpreter of a thread runs, among the frames of its C stack.
 *
 *	a file with an interpreter is mapped (worker) ──► its runtime in memory
 *	a thread is held still ──► its Python frames ──► merged with what the unwinder found
 *	a code object met for the first time ──► its name, file and lines
 */
#include "session/python_internal.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#define BEGIN_NS (5 * NS_PER_MS)	/* until an interpreter that begins is looked at again */

/* ---- the runtime ---- */

static bool is_in(const struct python_code *code, uint64_t vaddr)
{
	return vaddr >= code->start && vaddr < code->end;
}

enum { NO_LOOP, LOOP, LOOP_BEGINS };

static uint32_t kind_of_loop(const struct python_elf *elf, uint64_t vaddr)
{
	if (is_in(&elf->begin, vaddr))
		return LOOP_BEGINS;
	return is_in(&elf->eval[0], vaddr) || is_in(&elf->eval[1], vaddr) ? LOOP : NO_LOOP;
}

static uint32_t known_loop(const struct session *s, uint32_t frame)
{
	uint32_t kind = u64map_find(&s->python_loops, frame);

	return kind == U64MAP_NONE ? NO_LOOP : kind;
}

void python_saw_frame(struct session *s, const struct module *m, uint64_t vaddr, uint32_t frame)
{
	uint32_t kind = m->facts && m->facts->has_python
			? kind_of_loop(&m->facts->python, vaddr) : NO_LOOP;

	if (kind != NO_LOOP)
		*u64map_slot(&s->python_loops, frame) = kind;
}

const struct mapping *python_interpreter(const struct proc *p)
{
	for (size_t i = 0; i < p->n_maps; i++) {
		const struct module *m = p->maps[i].module;

		if (m->state == MODULE_READY && m->facts && m->facts->has_python)
			return &p->maps[i];
	}
	return NULL;
}

/* Without memory: by the file alone. */
static enum python_finding find_runtime(const struct python_elf *elf, uint64_t bias,
					const struct python_memory *memory,
					struct python_runtime *out, const char **why)
{
	if (memory)
		return python_runtime_find(elf, bias, memory, out, why);
	return python_runtime_of_file(elf, bias, out, why) ? PYTHON_FOUND : PYTHON_REFUSED;
}

/* Of the whole host once for all that run that file. */
static void say_refused(struct session *s, const struct proc *p, struct module *m, const char *why)
{
	if (s->spec->pid)
		session_note(s, NOTE_WARNING, "process %d: its Python functions are not shown: %s",
			     (int)p->pid, why);
	else if (!m->said_python)
		session_note(s, NOTE_WARNING, "Python functions of processes with %s are not shown: %s",
			     m->path, why);
	m->said_python = true;
}

static void look_for_runtime(struct session *s, struct proc *p, const struct python_memory *memory)
{
	const struct mapping *map = python_interpreter(p);
	const struct python_elf *elf = map ? &map->module->facts->python : NULL;
	struct python *py = p->python;
	const char *why;
	uint64_t bias;

	if (!map)
		return;
	bias = map->start - module_vaddr(map, map->start);
	switch (find_runtime(elf, bias, memory, &py->runtime, &why)) {
	case PYTHON_FOUND:
		py->state = RUNTIME_FOUND;
		py->bias = bias;
		py->elf = *elf;
		py->functions = python_functions_module(s, py->runtime.layout.version);
		/* Later ones name the program itself by its absolute path. */
		if (py->runtime.layout.version < 0x0309 && p->cwd)
			py->cwd = xstrdup(p->cwd);
		map->module->flags |= MODULE_INTERPRETER;
		module_put_info(s, map->module);
		break;
	case PYTHON_NOT_YET:
		break;
	case PYTHON_REFUSED:
		py->state = RUNTIME_REFUSED;
		say_refused(s, p, map->module, why);
		break;
	}
}

struct python *python_of(struct session *s, struct proc *p,
				const struct python_memory *memory)
{
	struct python *py = p->python;

	if (!py) {
		if (!python_interpreter(p))
			return NULL;
		py = p->python = xcalloc(1, sizeof(*py));
		py->n_users = 1;
		py->mem_fd = fcntl(p->mem_fd, F_DUPFD_CLOEXEC, 0);
	}
	if (py->state == RUNTIME_WANTED &&
	    (py->generation != p->space.generation || s->now_ns - py->looked_ns >= BEGIN_NS)) {
		py->generation = p->space.generation;
		py->looked_ns = s->now_ns;
		look_for_runtime(s, p, memory);
	}
	return py->state == RUNTIME_FOUND ? py : NULL;
}

void python_forked(const struct proc *parent, struct proc *child)
{
	/* Another engine reads its threads, which are not those of the parent. */
	if (!parent->session->kernel_side || !parent->python ||
	    parent->python->state != RUNTIME_FOUND)
		return;
	child->python = parent->python;
	child->python->n_users++;
}

/* ---- threads ---- */

static struct python_thread *find_listed(struct python *py, const struct thread *t)
{
	for (size_t i = 0; i < py->n_threads; i++)
		if (t->thread_pointer ? py->threads[i].thread_id == t->thread_pointer
				      : py->threads[i].tid == t->tid)
			return &py->threads[i];
	return NULL;
}

void python_list_threads(struct session *s, struct python *py, const struct python_memory *memory)
{
	if (!py->threads)
		py->threads = xcalloc(PYTHON_MAX_THREADS, sizeof(*py->threads));
	py->n_threads = python_threads(&py->runtime, memory, py->threads, PYTHON_MAX_THREADS);
	py->n_interpreters = python_interpreters(&py->runtime, memory);
	py->listed_ns = s->now_ns;
}

/* The thread as the interpreter has it, or NULL: it runs no Python. */
static struct python_thread *find_thread(struct session *s, struct python *py,
					 const struct thread *t,
					 const struct python_memory *memory)
{
	struct python_thread *found = find_listed(py, t);

	if (found && python_thread_check(&py->runtime, memory, found))
		return found;
	if (!found && py->listed_ns && s->now_ns - py->listed_ns < LOOK_NS)
		return NULL;
	python_list_threads(s, py, memory);
	return find_listed(py, t);
}

/* ---- merging ---- */

bool python_see_thread(struct session *s, struct thread *t, struct python_seen *out)
{
	const struct python_memory *memory;
	struct python_thread *thread;
	struct python *py;

	/* In the memory of its parent a forked one would be seen as others there. */
	if (t->proc->mem_fd < 0)
		return false;
	python_memory_of(s, t->proc);
	memory = &s->python->memory;
	py = python_of(s, t->proc, memory);
	/* Another interpreter may have come, and a thread have a state in that, too. */
	if (py && (py->n_interpreters > 1 || python_interpreters(&py->runtime, memory) > 1))
		python_list_threads(s, py, memory);
	thread = py ? find_thread(s, py, t, memory) : NULL;
	if (!thread)
		return false;
	*out = (struct python_seen){ &py->runtime, memory, thread, py->threads, py->n_threads };
	return true;
}

void python_saw_thread(struct session *s, struct thread *t)
{
	struct python_seen seen;

	if (python_name_due(s, t) && python_see_thread(s, t, &seen))
		python_name_thread(s, t, &seen);
}

static enum record_outcome outcome_of(enum python_end end)
{
	switch (end) {
	case PYTHON_END_COMPLETE:
		return OUTCOME_COMPLETE;
	case PYTHON_END_LIMIT:
		return OUTCOME_PYTHON_LIMIT;
	case PYTHON_END_MEMORY:
	case PYTHON_END_TORN:
		return OUTCOME_PYTHON_MEMORY;
	}
	return OUTCOME_PYTHON_MEMORY;
}

/* What is missing of the C stack is more than what is missing of Python's frames on it. */
static enum record_outcome worse(enum record_outcome native, const struct python_stack *python,
				 bool is_matched)
{
	if (!record_outcome_has_root(native))
		return native;
	if (python->end != PYTHON_END_COMPLETE)
		return outcome_of(python->end);
	return is_matched ? native : OUTCOME_PYTHON_UNMATCHED;
}

static uint32_t merged_number(struct session *s, struct python *py,
			      const struct python_memory *memory, const struct merged_frame *f,
			      const uint32_t *native)
{
	const struct python_stack *python = &s->python->stack;

	switch (f->kind) {
	case MERGED_NATIVE:
		return native[f->index];
	case MERGED_PYTHON:
		return python_frame_number(s, py, memory, &python->frames[f->index]);
	case MERGED_CUT:
		return stacks_left_out(s, outcome_of(python->end));
	case MERGED_UNKNOWN:
		return stacks_left_out(s, OUTCOME_PYTHON_UNMATCHED);
	}
	return RECORD_NONE;
}

/* The kernel has one state of a thread: to 3.11 its first one, later that which it is in. */
static void say_several(struct session *s, const struct proc *p)
{
	if (p->python->said_several)
		return;
	p->python->said_several = true;
	session_note(s, NOTE_WARNING, "process %d runs several Python interpreters: of a thread that runs more than one, the bpf engine shows the functions of one; --engine ptrace shows all",
		     (int)p->pid);
}

size_t python_merge_frames(struct session *s, const struct proc *p,
			   const struct python_memory *memory, struct merge_native *native,
			   const uint32_t *frames, enum record_outcome *outcome)
{
	struct python *py = p->python;
	struct python_scratch *x = s->python;
	size_t most = python_merge_room(native, &x->stack);
	/* Before 3.11 loops are counted: where some are missing no frame has its own. */
	bool is_known = native->complete || py->runtime.layout.version >= 0x030b;
	struct merge_rest rest;
	uint32_t n, n_kept = 0;

	array_reserve(x->is_loop, native->n, x->cap_is_loop);
	for (uint32_t i = 0; i < native->n; i++)
		x->is_loop[i] = known_loop(s, frames[i]) != NO_LOOP;
	native->is_loop = x->is_loop;
	array_reserve(x->merged, most, x->cap_merged);
	array_reserve(x->frames, most, x->cap_frames);
	n = python_merge(native, &x->stack, x->merged, &rest);
	for (uint32_t i = 0; i < n; i++) {
		uint32_t frame = merged_number(s, py, memory, &x->merged[i], frames);

		if (frame != RECORD_NONE)
			x->frames[n_kept++] = frame;
	}
	if (s->kernel_side && py->n_interpreters > 1 && rest.n_unknown > rest.innermost)
		say_several(s, p);
	*outcome = worse(*outcome, &x->stack, !is_known || !(rest.n_apart + rest.n_unknown));
	return n_kept;
}

/* ---- walking ---- */

/* Is the innermost loop one of this state, which has just begun? */
static bool has_just_begun(struct session *s, const struct python_seen *seen,
			   const struct python_thread *state)
{
	const struct unwinder *u = s->unwinder;
	uint64_t cframe;

	if (!u->n_frames || known_loop(s, u->frames[0]) != LOOP_BEGINS)
		return false;
	cframe = python_cframe(seen->runtime, seen->memory, state);
	return cframe >= u->sp[0] && cframe < u->sp[1];
}

static bool has_segment_in(const struct python_stack *stack, uint64_t from, uint64_t to)
{
	for (uint32_t i = 0; i < stack->n_segments; i++)
		if (stack->segments[i].boundary >= from && stack->segments[i].boundary < to)
			return true;
	return false;
}

/*
 * Then the walk begins at the _PyCFrame of the loop around it, which lies at the same place
 * of its C frame, unless what that runs was walked with another state.
 */
static void walk_around(struct session *s, const struct python_seen *seen,
			const struct python_thread *state)
{
	const struct unwinder *u = s->unwinder;
	struct python_stack *stack = &s->python->stack;
	uint64_t below_end = u->sp[1] - python_cframe(seen->runtime, seen->memory, state);
	uint32_t i = 1;

	while (i < u->n_frames && known_loop(s, u->frames[i]) == NO_LOOP)
		i++;
	if (i < u->n_frames && !has_segment_in(stack, u->sp[i], u->sp[i + 1]))
		python_walk_from(seen->runtime, seen->memory, u->sp[i + 1] - below_end, stack);
}

/* A thread, and the part of its stack that is in use; to 0: not known. */
struct walked {
	const struct python_seen *seen;
	uint64_t from, to;
};

/*
 * Does the thread run by this state?  That of a sub-interpreter names the thread that has
 * made it, to 3.12, and another may run it: where it is on a stack says that.
 */
static bool is_of(const struct walked *w, const struct python_thread *state)
{
	uint64_t at = w->to ? python_on_stack(w->seen->runtime, w->seen->memory, state) : 0;

	return at ? at >= w->from && at < w->to : state->thread_id == w->seen->thread->thread_id;
}

/* To 3.10 what is walked last is innermost: what runs now, and before that what is newer. */
static void walk_all(struct session *s, const struct walked *w)
{
	const struct python_seen *seen = w->seen;
	struct python_stack *stack = &s->python->stack;
	const struct python_thread *late = NULL, *current = NULL;
	uint64_t current_at = python_current(seen->runtime, seen->memory);

	for (size_t i = seen->n; i-- > 0;) {
		const struct python_thread *state = &seen->all[i];

		if (!is_of(w, state))
			continue;
		if (has_just_begun(s, seen, state))
			late = state;
		else if (state->tstate == current_at)
			current = state;
		else
			python_walk(seen->runtime, seen->memory, state, stack);
	}
	if (current)
		python_walk(seen->runtime, seen->memory, current, stack);
	if (late)
		walk_around(s, seen, late);
}

static uint32_t count_loops(const struct session *s)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < s->unwinder->n_frames; i++)
		n += known_loop(s, s->unwinder->frames[i]) != NO_LOOP;
	return n;
}

/* The thread's state in the oldest interpreter that it runs. */
static const struct python_thread *oldest(const struct python_seen *seen)
{
	size_t i = seen->n;

	while (seen->all[--i].thread_id != seen->thread->thread_id)
		;
	return &seen->all[i];
}

/* All that the thread runs, which may be several interpreters. */
static void walk(struct session *s, struct thread *t, const struct python_seen *seen)
{
	struct python_stack *stack = &s->python->stack;
	const struct unwinder *u = s->unwinder;
	bool several = t->proc->python->n_interpreters > 1;
	struct walked w = { seen, u->sp[0], several ? mappings_stack_end(t, u->sp[0]) : 0 };

	python_walk_begin(stack);
	if (!several && !has_just_begun(s, seen, seen->thread)) {
		python_walk(seen->runtime, seen->memory, seen->thread, stack);
		return;
	}
	walk_all(s, &w);
	/* Before 3.10 by their number: more than there are loops are of another thread. */
	if (several && seen->runtime->layout.version <= 0x0309 && u->end == UNWIND_COMPLETE &&
	    stack->n_frames > count_loops(s)) {
		python_walk_begin(stack);
		python_walk(seen->runtime, seen->memory, oldest(seen), stack);
	}
}

size_t python_frames(struct session *s, struct thread *t, const uint32_t **frames,
		     enum record_outcome *outcome)
{
	struct python_seen seen;
	struct python *py;

	*frames = s->unwinder->frames;
	if (s->unwinder->end == UNWIND_PENDING || !python_see_thread(s, t, &seen))
		return s->unwinder->n_frames;
	py = t->proc->python;
	python_name_thread(s, t, &seen);
	walk(s, t, &seen);
	py->n_walks++;

	const struct unwinder *u = s->unwinder;
	size_t n = python_merge_frames(s, t->proc, seen.memory, &(struct merge_native){
		.n = u->n_frames, .sp = u->sp, .complete = u->end == UNWIND_COMPLETE,
		.of_others = py->n_interpreters > 1 && py->runtime.layout.version <= 0x0309 },
		u->frames, outcome);

	*frames = s->python->frames;
	return n;
}

/* ---- where there is no looking ---- */

void python_second(struct session *s)
{
	bool blind = s->started.engine == ENGINE_PERF;

	for (size_t i = 0; blind && !s->said_python && s->is_started && i < s->n_modules; i++) {
		const struct module *m = s->modules[i];

		if (!m->facts || !m->facts->has_python)
			continue;
		s->said_python = true;
		session_note(s, NOTE_WARNING, s->spec->pid
			     ? "this is a Python program, of which the perf engine sees the interpreter only: --engine ptrace sees its functions"
			     : "Python programs run here, of which the perf engine sees the interpreters only: --engine bpf sees their functions");
	}
}

/* ---- end ---- */

void python_forget_frames(struct session *s)
{
	u64map_clear(&s->python_loops);
}

void python_release(struct python *py)
{
	if (!py || --py->n_users)
		return;
	closep(&py->mem_fd);
	for (size_t i = 0; i < py->n_codes; i++)
		code_object_deinit(&py->codes[i].code);
	free(py->codes);
	free(py->threads);
	free(py->cwd);
	free(py->safe.v);
	u64map_deinit(&py->by_address);
	free(py);
}

void python_process_ended(struct proc *p)
{
	python_release(steal(p->python));
}

void python_free(struct session *s)
{
	u64map_deinit(&s->python_loops);
	if (!s->python)
		return;
	free(s->python->is_loop);
	free(s->python->merged);
	free(s->python->numbers);
	for (size_t i = 0; i < s->python->n_parts; i++)
		free(s->python->parts[i].bytes);
	free(s->python->parts);
	free(s->python->frames);
	free(s->python);
}
