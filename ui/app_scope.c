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

#define THREAD_WIDTH 20		/* of a name in the context line */
#define FILTER_WIDTH 24
#define BEGINNING_NS NS_PER_S	/* in which the first samples may still be on their way */
#define IDLE_SHARE .05		/* of one CPU: a process that uses less is waiting */

/* ---- taking one ---- */

static bool same_folds(const struct scope *a, const struct scope *b)
{
	return a->kernel_folded == b->kernel_folded && a->n_folded == b->n_folded &&
	       (!a->n_folded ||
		memcmp(a->folded, b->folded, a->n_folded * sizeof(*a->folded)) == 0);
}

void app_scope_fold(struct app *a, bool fold)
{
	const struct scope *s = a->scope.now;
	struct error err;

	if (profile_fold(a->model->p, s->folded, fold ? s->n_folded : 0, fold && s->kernel_folded,
			 &err) < 0)
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
	if (next != old) {
		if (!same_folds(old, next))
			app_scope_fold(a, true);
		app_scope_ask(a);
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
		app_say(a, "a range is two times since the start, such as 12s 18s");
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
		app_say(a, "no thread is called \"%s\"; T lists them", name);
		scope_release(next);
		return;
	}
	app_scope_change(a, next);
}

/* ---- functions ---- */

/* The function that calls the selected one most; RECORD_NONE if none does. */
static uint32_t main_caller(const struct app *a)
{
	uint32_t caller = RECORD_NONE;
	struct butterfly b;

	butterfly_make(a->model->p, &a->model->sum, a->function, 1, &b);
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
	caller = main_caller(a);
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
			100 * summary_share(&m->sum, m->sum.nodes[0].total.weight_ns));
}

static bool same_text(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "") == 0;
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
	case ACTION_KERNEL:
		toggle_kernel(a);
		return true;
	case ACTION_MODULE:
		toggle_module(a);
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

/* ---- telling ---- */

bool app_scope_is_all(const struct app *a)
{
	const struct scope *s = a->scope.now;

	return s->window == SCOPE_ALL && !s->n_threads && !s->typed && !s->by_module;
}

static void put_separator(struct pen *pen)
{
	pen_put(pen, STYLE_RULE, pen->grid->utf8 ? " │ " : " | ");
}

static void put_threads(const struct app *a, struct pen *pen)
{
	const struct scope *s = a->scope.now;
	const struct profile *p = a->model->p;
	char n[TEXT_NUMBER];

	if (s->n_threads == 1)
		pen_name(pen, STYLE_STRONG, THREAD_WIDTH,
			 profile_string(p, p->threads[s->threads[0]].name));
	else if (s->n_threads)
		pen_put(pen, STYLE_STRONG, "%s threads", text_count(n, s->n_threads));
	else
		pen_put(pen, STYLE_DIM, "all threads");
}

static double seconds(const struct app *a, uint64_t ns)
{
	return ns > a->model->p->start_ns
		? (double)(ns - a->model->p->start_ns) / (double)NS_PER_S : 0;
}

static void put_window(const struct app *a, struct pen *pen)
{
	const struct scope *s = a->scope.now;
	const struct summary *sum = &a->model->sum;
	char time[TEXT_NUMBER];

	switch (s->window) {
	case SCOPE_ALL:
		pen_put(pen, STYLE_DIM, "all %s", text_time(time, sum->to_ns - sum->from_ns));
		break;
	case SCOPE_LAST:
		pen_put(pen, STYLE_STRONG, "last %.0f s", (double)s->length_ns / (double)NS_PER_S);
		break;
	case SCOPE_SINCE:
		pen_put(pen, STYLE_STRONG, "since %.1f s", seconds(a, s->from_ns));
		break;
	case SCOPE_RANGE:
		pen_put(pen, STYLE_STRONG, "%.1f-%.1f s", seconds(a, sum->from_ns),
			seconds(a, sum->to_ns));
	}
}

static void put_functions(const struct app *a, struct pen *pen)
{
	const struct scope *s = a->scope.now;

	if (s->typed) {
		pen_put(pen, STYLE_DIM, "filter ");
		pen_name(pen, STYLE_STRONG, FILTER_WIDTH, s->typed);
	} else {
		pen_put(pen, STYLE_DIM, "no filter");
	}
	if (s->by_module) {
		put_separator(pen);
		pen_put(pen, STYLE_DIM, "only ");
		pen_name(pen, STYLE_STRONG, THREAD_WIDTH,
			 profile_module_name(a->model->p, s->module));
	}
	if (!s->n_folded && !s->kernel_folded)
		return;
	put_separator(pen);
	if (s->n_folded)
		pen_put(pen, STYLE_STRONG, "%zu", s->n_folded);
	if (s->kernel_folded)
		pen_put(pen, STYLE_STRONG, "%skernel", s->n_folded ? " + " : "");
	pen_put(pen, STYLE_DIM, " folded");
}

void app_scope_draw(const struct app *a, struct pen *pen)
{
	put_threads(a, pen);
	put_separator(pen);
	put_window(a, pen);
	put_separator(pen);
	put_functions(a, pen);
}

/* No function is left by the filter, the module, or both. */
static char *no_match(const struct app *a, uint32_t n)
{
	const struct scope *s = a->scope.now;
	const char *module = s->by_module ? profile_module_name(a->model->p, s->module) : "";
	char count[TEXT_NUMBER];

	text_count(count, n);
	if (s->typed && s->by_module)
		return xasprintf("No function of %s matches \"%s\" (%s in scope).", module,
				 s->typed, count);
	if (s->typed)
		return xasprintf("No function matches \"%s\" (%s in scope).", s->typed, count);
	return xasprintf("No function of %s is on any stack (%s in scope).", module, count);
}

static bool is_beginning(const struct app *a)
{
	const struct summary *sum = &a->model->sum;

	return a->session.state == APP_LIVE && app_scope_is_all(a) &&
	       sum->to_ns - sum->from_ns < BEGINNING_NS;
}

/* No sample at all: was there nothing to see, or could it not be seen? */
static char *no_samples(const struct app *a)
{
	const struct summary *sum = &a->model->sum;
	uint64_t range_ns = sum->to_ns - sum->from_ns;
	const char *who = a->scope.now->n_threads == 1 ? "the thread" :
			  a->scope.now->n_threads ? "these threads" : "the process";
	char range[TEXT_NUMBER], cpu[TEXT_NUMBER];

	if (is_beginning(a))
		return xasprintf("Attaching to %s ...", a->session.target);
	if (a->session.state == APP_FILE && app_scope_is_all(a) && !a->model->p->ended)
		return xstrdup("No samples in what can be read of it.");
	if (!range_ns)
		return xasprintf("No CPU samples: nothing was recorded after %.1f s.",
				 seconds(a, sum->from_ns));
	text_time(range, range_ns);
	text_time(cpu, sum->cpu_ns);
	if (!sum->cpu_known)
		return xasprintf("No CPU samples in %s: nothing here ran while it was looked at.",
				 range);
	if ((double)sum->cpu_ns < IDLE_SHARE * (double)range_ns)
		return xasprintf("No CPU samples in %s: %s used %s of CPU. It is waiting, not "
				 "computing.", range, who, cpu);
	return xasprintf("No samples although %s used %s of CPU.", who, cpu);
}

bool app_scope_is_empty(const struct app *a, char **what, char **next)
{
	uint32_t n;

	if (a->model->n_order)
		return false;
	n = summary_n_functions(a->model->p, &a->model->sum);
	*what = n ? no_match(a, n) : no_samples(a);
	if (n && a->scope.now->typed)
		*next = xstrdup("Esc clears the filter.");
	else if (is_beginning(a))
		*next = xstrdup("What it does is shown from its first sample on; keys work already.");
	else if (!app_scope_is_all(a))
		*next = xstrdup("u goes back to what was shown before, A shows all of the time.");
	else
		*next = xstrdup("= says how this was recorded, and what could not be seen.");
	return true;
}
