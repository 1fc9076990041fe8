// SPDX-License-Identifier: Apache-2.0
#include "profile/shown.h"

#include <string.h>

#include "base/util.h"
#include "profile/functions.h"
#include "profile/profile_internal.h"

/* What a frame is to the stack that it is on. */
enum role {
	ROLE_OTHER,
	ROLE_PYTHON,
	ROLE_EVENT_LOOP,	/* a Python function of asyncio's loop */
	ROLE_STEPS,		/* of an extension module that runs tasks for the loop, or is the loop */
	ROLE_INTERPRETER,	/* C of the interpreter */
	ROLE_MACHINERY,		/* of it, what runs or calls Python functions */
	ROLE_START,		/* what a program or thread begins with */
};

static const char *const mode_names[FRAME_MODES] = {
	[FRAMES_MERGED] = "merged", [FRAMES_PYTHON] = "python", [FRAMES_NATIVE] = "native",
	[FRAMES_MIXED] = "mixed",
};

const char *frame_mode_name(enum frame_mode mode)
{
	return mode_names[mode];
}

bool frame_mode_parse(const char *name, enum frame_mode *out)
{
	for (enum frame_mode i = 0; i < FRAME_MODES; i++)
		if (strcmp(name, mode_names[i]) == 0) {
			*out = i;
			return true;
		}
	return false;
}

/* Names of the interpreter's functions that are how it works, not what it does. */
static const char *const machinery[] = {
	"PyFrame_", "_PyCFunction_", "_PyEvalFrame", "_PyEval_", "_PyFrame_", "_PyFunction_",
	"_PyMethodDef_", "_PyMethodDescr_", "_PyThreadState_PopFrame", "_PyThreadState_PushFrame",
	"_PyObject_Call", "_PyObject_FastCall", "_PyObject_MakeTpCall", "_PyObject_Vectorcall",
	"_PyRun_", "_PyVectorcall", "PyEval_", "PyObject_Call", "PyObject_Vectorcall", "PyRun_",
	"PyVectorcall_Call", "Py_BytesMain", "Py_Main", "Py_RunMain", "_Py_UnixMain",
	"call_function", "cfunction_call", "cfunction_vectorcall", "fast_function",
	"clear_gen_frame", "clear_thread_frame", "frame_alloc", "frame_dealloc",
	"function_code_fastcall", "gen_iternext", "gen_send_ex", "method_call", "method_vectorcall",
	"object_vacall", "pymain_", "pyrun_", "pythread_wrapper", "run_eval_code_obj", "run_mod",
	"slot_tp_call", "t_bootstrap", "thread_run", "vectorcall_method",
};

static bool is_machinery(const char *name)
{
	for (size_t i = 0; i < array_len(machinery); i++)
		if (strncmp(name, machinery[i], strlen(machinery[i])) == 0)
			return true;
	return false;
}

static bool is_start(const char *name)
{
	static const char *const starts[] = { "__clone", "__clone3", "_start", "clone", "clone3",
					      "main", "start_thread", "thread_start" };

	for (size_t i = 0; i < array_len(starts); i++)
		if (strcmp(name, starts[i]) == 0)
			return true;
	return strncmp(name, "__libc_start_", strlen("__libc_start_")) == 0;
}

/* Functions of asyncio's loop, by file; to 3.10 without the class before their names. */
static const struct {
	const char *file, *name;
} event_loop[] = {
	{ "asyncio/base_events.py", "_run_once" }, { "asyncio/base_events.py", "run_forever" },
	{ "asyncio/base_events.py", "run_until_complete" }, { "asyncio/events.py", "_run" },
	{ "asyncio/runners.py", "run" }, { "asyncio/selector_events.py", "_process_events" },
	/* where tasks are written in Python */
	{ "asyncio/tasks.py", "__step" }, { "asyncio/tasks.py", "__step_run_and_handle_result" },
	{ "asyncio/tasks.py", "__wakeup" },
	{ "uvloop/__init__.py", "run" },
};

/* Is `tail` the end of the text, from a `before` or its beginning on? */
static bool ends_in(const char *text, char before, const char *tail)
{
	size_t len = strlen(text), n = strlen(tail);

	return len >= n && strcmp(text + len - n, tail) == 0 &&
	       (len == n || text[len - n - 1] == before);
}

static bool is_event_loop(const struct profile *p, const struct profile_frame *f)
{
	const struct profile_function *function = &p->functions[p->levels[f->first_level].function];
	const char *name = profile_string(p, function->name), *file = profile_string(p, function->file);

	for (size_t i = 0; i < array_len(event_loop); i++)
		if (ends_in(file, '/', event_loop[i].file) && ends_in(name, '.', event_loop[i].name))
			return true;
	return false;
}

static bool is_steps(const struct profile *p, uint32_t module)
{
	static const char steps[] = "_asyncio.";

	return strncmp(profile_module_name(p, module), steps, strlen(steps)) == 0 ||
	       strstr(profile_string(p, p->modules[module].path), "/uvloop/loop.");
}

static enum role role_of(const struct profile *p, uint32_t frame)
{
	const struct profile_frame *f = &p->frames[frame];
	const struct profile_module *m = &p->modules[f->module];
	const char *name;

	if (f->flags & FRAME_LEFT_OUT)	/* with an address: of Python */
		return f->vaddr ? ROLE_PYTHON : ROLE_OTHER;
	if (m->kind == MODULE_PYTHON)
		return f->n_levels == 1 && is_event_loop(p, f) ? ROLE_EVENT_LOOP : ROLE_PYTHON;
	if (m->kind == MODULE_FILE && is_steps(p, f->module))
		return ROLE_STEPS;
	if (!f->n_levels)
		return ROLE_OTHER;
	name = profile_string(p, p->functions[p->levels[f->first_level + f->n_levels - 1].function].name);
	if (m->kind == MODULE_FILE && is_start(name))
		return ROLE_START;
	if (!(m->flags & MODULE_INTERPRETER))
		return ROLE_OTHER;
	return is_machinery(name) ? ROLE_MACHINERY : ROLE_INTERPRETER;
}

/* Show the function itself only, not what was inlined into it. */
static void trim(struct profile_frame *f)
{
	if (f->n_levels < 2)
		return;
	f->n_trimmed = f->n_levels - 1;
	f->first_level += f->n_trimmed;
	f->n_levels = 1;
}

/* Show it under the name that all of the loop have. */
static void name_as_loop(struct profile *p, struct profile_frame *f)
{
	static const char name[] = "[asyncio event loop]";
	struct profile_module *m = &p->modules[f->module];

	if (!m->loop_level) {
		struct profile_function group = {
			.module = f->module, .name = strtab_add(&p->strings, name, strlen(name)),
			.source = SYMBOL_PYTHON };

		PUSH(p, levels) = (struct profile_level){ .function = function_intern(p, &group) };
		m->loop_level = (uint32_t)p->n_levels;
	}
	f->own_level = f->first_level + 1;
	f->first_level = m->loop_level - 1;
}

static void untrim_all(struct profile *p)
{
	for (size_t i = 0; i < p->n_frames; i++) {
		struct profile_frame *f = &p->frames[i];

		if (f->own_level)
			f->first_level = f->own_level - 1;
		f->own_level = 0;
		f->first_level -= f->n_trimmed;
		f->n_levels += f->n_trimmed;
		f->n_trimmed = 0;
	}
}

/* The role, kept until names may be others. */
static enum role known_role(struct profile *p, struct shown *s, uint32_t frame)
{
	if (!s->roles[frame]) {
		enum role role = role_of(p, frame);

		if (s->mode == FRAMES_MERGED && role == ROLE_INTERPRETER)
			trim(&p->frames[frame]);
		if (s->mode != FRAMES_NATIVE && role == ROLE_EVENT_LOOP)
			name_as_loop(p, &p->frames[frame]);
		s->roles[frame] = (uint8_t)(role + 1);
	}
	return (enum role)(s->roles[frame] - 1);
}

static uint32_t push(struct shown *s, struct profile_stack stack)
{
	array_reserve(s->stacks, s->n_stacks + 1, s->cap);
	s->stacks[s->n_stacks] = stack;
	return (uint32_t)s->n_stacks++;
}

static uint32_t intern(struct shown *s, uint32_t parent, uint32_t frame)
{
	uint32_t *slot = u64map_slot(&s->ids, (uint64_t)parent << 32 | frame);

	if (*slot == U64MAP_NONE)
		*slot = push(s, (struct profile_stack){ parent, frame });
	return *slot;
}

/* Does the stack end in an event loop? */
static bool in_event_loop(const struct shown *s, uint32_t stack)
{
	return stack >= RECORD_STACK_FIRST &&
	       s->roles[s->stacks[stack].frame] == ROLE_EVENT_LOOP + 1;
}

/* A frame of it that another one called is shown by that. */
static uint32_t add_event_loop(struct shown *s, uint32_t above, uint32_t frame)
{
	return in_event_loop(s, above) ? above : intern(s, above, frame);
}

/* A frame of the interpreter, with those below it as far as they are its own. */
static struct shown_of add_interpreter(struct shown *s, struct shown_of above, uint32_t frame,
				       enum role role)
{
	struct shown_of of = above;

	/* The first one that does something stands for what it calls, too. */
	if (role == ROLE_INTERPRETER && !above.in_c) {
		of.end = intern(s, above.end, frame);
		of.in_c = true;
	}
	return of;
}

static struct shown_of add_merged(struct shown *s, struct shown_of above, uint32_t frame,
				  enum role role)
{
	struct shown_of of = above;

	of.in_c = false;
	switch (role) {
	case ROLE_PYTHON:
		of.end = of.base = intern(s, above.base, frame);
		of.python = true;
		break;
	case ROLE_EVENT_LOOP:
		of.end = of.base = add_event_loop(s, above.base, frame);
		of.python = true;
		break;
	case ROLE_INTERPRETER:
	case ROLE_MACHINERY:
		return add_interpreter(s, above, frame, role);
	case ROLE_START:
		of.end = intern(s, above.end, frame);
		if (above.python)
			of.base = of.end;
		break;
	case ROLE_STEPS:
		of.end = of.base = in_event_loop(s, above.base) ? above.base
								: intern(s, above.end, frame);
		break;
	case ROLE_OTHER:
		of.end = of.base = intern(s, above.end, frame);
		break;
	}
	return of;
}

static struct shown_of add(struct shown *s, struct shown_of above, uint32_t frame, enum role role)
{
	bool python = role == ROLE_PYTHON || role == ROLE_EVENT_LOOP;

	if (s->mode == FRAMES_MERGED)
		return add_merged(s, above, frame, role);
	if (s->mode == FRAMES_PYTHON && role == ROLE_EVENT_LOOP)
		above.end = above.base = add_event_loop(s, above.end, frame);
	else if (python == (s->mode == FRAMES_PYTHON))
		above.end = above.base = intern(s, above.end, frame);
	return above;
}

static void forget(struct shown *s)
{
	if (s->own) {
		free(s->stacks);
		free(s->leaves);
	}
	free(s->of);
	free(s->roles);
	u64map_deinit(&s->ids);
	*s = (struct shown){ .mode = s->mode };
}

void shown_deinit(struct shown *s)
{
	forget(s);
}

/* All that is shown is what was recorded. */
static size_t show_recorded(struct profile *p)
{
	struct shown *s = &p->shown;
	size_t first = s->own ? 0 : s->n_stacks;

	if (s->own) {
		forget(s);
		untrim_all(p);
	}
	s->stacks = p->stacks;
	s->n_stacks = p->n_stacks;
	s->leaves = p->leaves;
	return first;
}

size_t shown_update(struct profile *p, bool anew)
{
	struct shown *s = &p->shown;
	size_t first;

	if (s->mode == FRAMES_MIXED || !profile_has_python(p)) {
		first = show_recorded(p);
		return anew ? 0 : first;
	}
	if (!s->own || anew) {
		forget(s);
		untrim_all(p);
	}
	s->own = true;
	first = s->n_stacks;
	if (p->n_frames > s->n_roles) {
		s->roles = xreallocarray(s->roles, p->n_frames, 1);
		memset(s->roles + s->n_roles, 0, p->n_frames - s->n_roles);
		s->n_roles = p->n_frames;
	}
	array_reserve(s->of, p->n_stacks, s->cap_of);
	for (size_t i = s->n_made; i < p->n_stacks; i++) {
		const struct profile_stack *r = &p->stacks[i];

		if (i < RECORD_STACK_FIRST) {
			uint32_t number = push(s, *r);

			s->of[i] = (struct shown_of){ .end = number, .base = number };
		} else {
			s->of[i] = add(s, s->of[r->parent], r->frame, known_role(p, s, r->frame));
		}
	}
	s->n_made = p->n_stacks;
	array_reserve(s->leaves, max_of(p->n_leaves, (size_t)1), s->cap_leaves);
	for (size_t i = 0; i < p->n_leaves; i++)
		s->leaves[i] = s->of[p->leaves[i]].end;
	return first;
}
