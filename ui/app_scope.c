// SPDX-License-Identifier: Apache-2.0
#include "ui/app_scope.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/util.h"
#include "profile/butterfly.h"
#include "profile/filter.h"
#include "ui/app.h"
#include "ui/text.h"

/* ---- taking one ---- */

static bool same_folds(const struct scope *a, const struct scope *b)
{
	return a->kernel_folded == b->kernel_folded && a->n_folded == b->n_folded &&
	       (!a->n_folded ||
		memcmp(a->folded, b->folded, a->n_folded * sizeof(*a->folded)) == 0);
}

static bool same_text(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "") == 0;
}

/* Are they the same samples, in the same stacks?  Recursion is folded by those who show it. */
static bool same_question(const struct scope *a, const struct scope *b)
{
	return a->window == b->window && a->from_ns == b->from_ns && a->length_ns == b->length_ns &&
	       a->n_threads == b->n_threads &&
	       (!a->n_threads || memcmp(a->threads, b->threads,
					a->n_threads * sizeof(*a->threads)) == 0) &&
	       same_text(a->typed, b->typed) && a->by_module == b->by_module &&
	       (!a->by_module || a->module == b->module) && a->frames == b->frames &&
	       same_folds(a, b);
}

void app_scope_fold(struct app *a, bool fold)
{
	const struct scope *s = a->scope.now;
	struct error err;

	if (profile_fold(a->model->p, s->folded, fold ? s->n_folded : 0, fold && s->kernel_folded,
			 &err) < 0)
		app_say(a, "%s", err.msg);
}

static void show_frames(struct app *a, enum frame_mode mode)
{
	struct error err;

	if (profile_show(a->model->p, mode, &err) < 0)
		app_say(a, "%s", err.msg);
}

void app_scope_ask(struct app *a)
{
	scope_select(a->scope.now, a->model->p, &a->model->scope);
	model_ask(a->model);
}

void app_scope_set(struct app *a, struct scope *next)
{
	struct scope *old = a->scope.now;

	a->scope.now = next;
	a->scope.n_set++;
	if (next != old) {
		if (next->frames != old->frames)
			show_frames(a, next->frames);
		if (!same_folds(old, next))
			app_scope_fold(a, true);
		if (next->recursion == old->recursion || !same_question(old, next)) {
			app_scope_ask(a);
			a->asked = 0;	/* other rows: no order of before is held */
		}
	}
	scope_release(old);
}

static void push_undo(struct app_scope *s, struct scope *old)
{
	if (s->n_undo == APP_UNDO) {
		scope_release(s->undo[0]);
		memmove(s->undo, s->undo + 1, --s->n_undo * sizeof(s->undo[0]));
	}
	s->undo[s->n_undo++] = old;
}

void app_scope_change(struct app *a, struct scope *next)
{
	push_undo(&a->scope, scope_hold(a->scope.now));
	app_scope_set(a, next);
}

void app_scope_init(struct app *a)
{
	a->scope.now = scope_new();
}

void app_scope_deinit(struct app *a)
{
	while (a->scope.n_undo)
		scope_release(a->scope.undo[--a->scope.n_undo]);
	scope_release(a->scope.before);
	scope_release(a->scope.kept);
	scope_release(a->scope.now);
}

static void undo(struct app *a)
{
	struct app_scope *s = &a->scope;

	if (s->n_undo)
		app_scope_set(a, s->undo[--s->n_undo]);
	else
		app_say(a, "nothing to undo: no scope was chosen before this one");
}

/* ---- time ---- */

static struct scope *with_window(const struct app *a, enum scope_window window, uint64_t from_ns,
				 uint64_t length_ns)
{
	struct scope *next = scope_copy(a->scope.now);

	next->window = window;
	next->from_ns = from_ns;
	next->length_ns = length_ns;
	return next;
}

static void next_window(struct app *a)
{
	const struct scope *s = a->scope.now;

	if (s->window == SCOPE_ALL)
		app_scope_change(a, with_window(a, SCOPE_LAST, 0, 60 * NS_PER_S));
	else if (s->window == SCOPE_LAST && s->length_ns > 10 * NS_PER_S)
		app_scope_change(a, with_window(a, SCOPE_LAST, 0, 10 * NS_PER_S));
	else if (s->window == SCOPE_LAST && a->scope.since_ns)
		app_scope_change(a, with_window(a, SCOPE_SINCE, a->scope.since_ns, 0));
	else
		app_scope_change(a, with_window(a, SCOPE_ALL, 0, 0));
}

/* Move a window by its length, as far as there is anything. */
static void step(struct app *a, bool on)
{
	const struct profile *p = a->model->p;
	const struct selection *s = &a->model->scope;
	uint64_t length = a->scope.now->length_ns, from = s->from_ns;
	uint64_t last = p->end_ns > p->start_ns + length ? p->end_ns - length : p->start_ns;

	if (a->scope.now->window != SCOPE_LAST && a->scope.now->window != SCOPE_RANGE) {
		app_say(a, "there is no window to move: w chooses one");
		return;
	}
	if (on)
		from = from + length < last ? from + length : last;
	else
		from = from > p->start_ns + length ? from - length : p->start_ns;
	if (from == s->from_ns)
		app_say(a, on ? "nothing was recorded after this" : "the recording begins here");
	else
		app_scope_change(a, with_window(a, SCOPE_RANGE, from, length));
}

static void all_time(struct app *a)
{
	if (a->scope.now->window == SCOPE_ALL)
		app_say(a, "this is all of the time already");
	else
		app_scope_change(a, with_window(a, SCOPE_ALL, 0, 0));
}

static void begin_anew(struct app *a)
{
	a->scope.since_ns = a->model->p->end_ns;
	app_scope_change(a, with_window(a, SCOPE_SINCE, a->scope.since_ns, 0));
}

void app_scope_take_range(struct app *a, uint64_t from_ns, uint64_t length_ns)
{
	app_scope_change(a, with_window(a, SCOPE_RANGE, from_ns, length_ns));
}

/* "12", "12s", "1.5 s" */
static bool take_seconds(const char **s, double *out)
{
	char *end;

	*out = strtod(*s, &end);
	if (end == *s || !(*out >= 0 && *out < 1e9))
		return false;
	end += strspn(end, " ");
	if (*end == 's')
		end++;
	*s = end + strspn(end, " -");
	return true;
}

void app_scope_range(struct app *a, const char *range)
{
	double from, to;

	if (!range || !*range) {
		all_time(a);
		return;
	}
	if (!take_seconds(&range, &from) || !take_seconds(&range, &to) || *range || to <= from)
		app_refuse(a, "a range is two times since the start, such as 12s 18s");
	else
		app_scope_change(a, with_window(a, SCOPE_RANGE, a->model->p->start_ns +
						(uint64_t)(from * (double)NS_PER_S),
						(uint64_t)((to - from) * (double)NS_PER_S)));
}

/* ---- threads ---- */

void app_scope_threads(struct app *a, const char *name)
{
	const struct profile *p = a->model->p;
	struct scope *next = scope_copy(a->scope.now);
	struct filter *filter = NULL;
	struct error err;

	next->n_threads = 0;
	if (name && *name && filter_open(name, FILTER_TEXT, &filter, &err) == 0) {
		next->threads = xreallocarray(next->threads, max_of(p->n_threads, (size_t)1),
					      sizeof(*next->threads));
		for (uint32_t i = 0; i < p->n_threads; i++) {
			char tid[16];

			snprintf(tid, sizeof(tid), "%u", p->threads[i].tid);
			if (filter_match(filter, profile_string(p, p->threads[i].name)) ||
			    strcmp(tid, name) == 0)
				next->threads[next->n_threads++] = i;
		}
		filter_close(filter);
	}
	if (name && *name && !next->n_threads) {
		app_refuse(a, "no thread is called \"%s\"; T lists them", name);
		scope_release(next);
		return;
	}
	app_scope_change(a, next);
}

/* ---- functions ---- */

/* The function that calls this one most; RECORD_NONE if none does. */
static uint32_t main_caller(const struct app *a, uint32_t function)
{
	uint32_t caller = RECORD_NONE;
	struct butterfly b;

	butterfly_make(a->model->p, &a->model->sum, function, 1, &b);
	if (b.callers.n_rows)
		caller = b.callers.rows[0].function;
	butterfly_deinit(&b);
	return caller;
}

static void fold_selected(struct app *a)
{
	const struct profile *p = a->model->p;
	uint32_t caller;
	struct scope *next;

	if (a->function == RECORD_NONE)
		return;
	caller = main_caller(a, a->function);
	if (a->function == FUNCTION_EMPTY || p->functions[a->function].outcome ||
	    caller == RECORD_NONE) {
		app_say(a, "nothing calls it that it could be folded into");
		return;
	}
	next = scope_copy(a->scope.now);
	next->folded = xreallocarray(next->folded, next->n_folded + 1, sizeof(*next->folded));
	next->folded[next->n_folded++] = a->function;
	app_say(a, "%s is part of what calls it now; X unfolds all",
		profile_string(p, p->functions[a->function].name));
	a->function = caller;
	a->arrived = true;
	app_scope_change(a, next);
}

static void unfold_all(struct app *a)
{
	struct scope *next;

	if (!a->scope.now->n_folded && !a->scope.now->kernel_folded) {
		app_say(a, "nothing is folded; x folds the selected function");
		return;
	}
	next = scope_copy(a->scope.now);
	next->n_folded = 0;
	next->kernel_folded = false;
	app_scope_change(a, next);
}

static bool has_kernel(const struct profile *p)
{
	for (uint32_t i = 0; i < p->n_functions; i++)
		if (profile_function_kind(p, i) == 'K')
			return true;
	return false;
}

static void toggle_kernel(struct app *a)
{
	struct scope *next;

	if (!has_kernel(a->model->p)) {
		app_say(a, "no functions of the kernel were recorded");
		return;
	}
	next = scope_copy(a->scope.now);
	next->kernel_folded = !next->kernel_folded;
	app_say(a, next->kernel_folded ? "the kernel's time is that of what called it now"
				       : "functions of the kernel are shown");
	app_scope_change(a, next);
}

static void toggle_module(struct app *a)
{
	const struct profile *p = a->model->p;
	uint32_t module = a->function == RECORD_NONE ? RECORD_NONE
						     : p->functions[a->function].module;
	struct scope *next;

	if (!a->scope.now->by_module && module == RECORD_NONE) {
		app_say(a, "the selected function belongs to no file");
		return;
	}
	next = scope_copy(a->scope.now);
	next->by_module = !next->by_module;
	next->module = module;
	app_scope_change(a, next);
}

/* ---- frames ---- */

#define FAR 64		/* calls that are looked through for one that is shown */

static bool is_shown(const struct app *a, uint32_t function, enum frame_mode mode)
{
	bool python = profile_function_kind(a->model->p, function) == 'P';

	return mode == FRAMES_PYTHON ? python : mode != FRAMES_NATIVE || !python;
}

/* Select what called the selected function, if that will not be there. */
static void select_shown(struct app *a, enum frame_mode mode)
{
	uint32_t function = a->function;

	for (int i = 0; i < FAR && function != RECORD_NONE && !is_shown(a, function, mode); i++)
		function = main_caller(a, function);
	if (function != RECORD_NONE && is_shown(a, function, mode))
		a->function = function;
	a->arrived = true;
}

static void change_frames(struct app *a, enum frame_mode mode)
{
	static const char *const shows[FRAME_MODES] = {
		[FRAMES_MERGED] = "merged frames: Python, and the C that it calls",
		[FRAMES_PYTHON] = "python frames: C and the kernel count where Python called them",
		[FRAMES_NATIVE] = "native frames: the interpreter as the machine runs it",
		[FRAMES_MIXED] = "mixed frames: Python, and all of the interpreter",
	};
	struct scope *next;

	if (profile_is_measured(a->model->p)) {
		app_say(a, "this was measured, not sampled: there are no stacks");
		return;
	}
	if (!profile_has_python(a->model->p)) {
		app_say(a, "there are no Python functions in this recording");
		return;
	}
	app_say(a, "%s", shows[mode]);
	if (mode == a->scope.now->frames)
		return;
	next = scope_copy(a->scope.now);
	next->frames = mode;
	select_shown(a, mode);
	app_scope_change(a, next);
	if (a->model->n_order && (a->function == RECORD_NONE ||
				  !a->model->sum.functions[a->function].total.count))
		a->function = a->model->order[0];
}

void app_scope_frames(struct app *a, const char *name)
{
	enum frame_mode mode = FRAMES_MERGED;

	if (name && *name && !frame_mode_parse(name, &mode))
		app_refuse(a, "\"%s\" are no frames; there are: merged, python, native, mixed", name);
	else
		change_frames(a, mode);
}

/* ---- recursion ---- */

static void next_recursion(struct app *a)
{
	static const char *const says[RECURSION_MODES] = {
		[RECURSION_DIRECT] = "a function that calls itself is one call",
		[RECURSION_RAW] = "every call is shown, also of a function by itself",
		[RECURSION_CYCLES] = "a function and all up to its innermost call are one",
	};
	struct scope *next;

	if (profile_is_measured(a->model->p)) {
		app_say(a, "this was measured, not sampled: there are no stacks");
		return;
	}
	next = scope_copy(a->scope.now);
	next->recursion = (next->recursion + 1) % RECURSION_MODES;
	app_say(a, "%s", says[next->recursion]);
	app_scope_change(a, next);
}

/* ---- filter ---- */

void app_filter_open(struct app *a)
{
	a->scope.before = scope_hold(a->scope.now);
	a->scope.selected = a->function;
}

void app_filter_typed(struct app *a, const char *text)
{
	const struct model *m = a->model;
	struct scope *next = scope_copy(a->scope.before);
	struct error err;
	char count[TEXT_NUMBER];

	if (scope_set_filter(next, text, &err) < 0) {
		app_say(a, "%s", err.msg);
		scope_release(next);
		return;
	}
	a->function = a->scope.selected;
	app_scope_set(a, next);
	if (m->n_order && *text)
		app_say(a, "%s function%s, %.1f%% of CPU time", text_count(count, m->n_order),
			m->n_order == 1 ? "" : "s",
			100 * summary_share(&m->sum, m->sum.nodes[0].weight_ns));
}

void app_filter_close(struct app *a, bool keep)
{
	struct scope *before = steal(a->scope.before), *next;
	struct error err;

	if (!keep) {
		a->function = a->scope.selected;
		next = scope_copy(before);
		scope_set_filter(next, "", &err);
		app_scope_set(a, next);
	}
	if (same_text(a->scope.now->typed, before->typed))
		scope_release(before);
	else
		push_undo(&a->scope, before);
}

/* Escape where a filter leaves nothing to see. */
static bool clear_filter(struct app *a)
{
	struct scope *next;
	struct error err;

	if (!a->scope.now->typed || a->model->n_order)
		return false;
	next = scope_copy(a->scope.now);
	scope_set_filter(next, "", &err);
	app_scope_change(a, next);
	return true;
}

/* ---- keys ---- */

bool app_scope_act(struct app *a, enum action action)
{
	switch (action) {
	case ACTION_WINDOW:
		next_window(a);
		return true;
	case ACTION_STEP_BACK:
	case ACTION_STEP_ON:
		step(a, action == ACTION_STEP_ON);
		return true;
	case ACTION_SINCE:
		begin_anew(a);
		return true;
	case ACTION_ALL_TIME:
		all_time(a);
		return true;
	case ACTION_UNDO:
		undo(a);
		return true;
	case ACTION_FRAMES:
		change_frames(a, (a->scope.now->frames + 1) % FRAME_MODES);
		return true;
	case ACTION_KERNEL:
		toggle_kernel(a);
		return true;
	case ACTION_MODULE:
		toggle_module(a);
		return true;
	case ACTION_RECURSION:
		next_recursion(a);
		return true;
	case ACTION_FOLD:
		fold_selected(a);
		return true;
	case ACTION_UNFOLD:
		unfold_all(a);
		return true;
	case ACTION_CANCEL:
		return clear_filter(a);
	default:
		return false;
	}
}
