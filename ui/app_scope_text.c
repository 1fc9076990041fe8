// SPDX-License-Identifier: Apache-2.0
#include "ui/app_scope_text.h"

#include "base/clock.h"
#include "base/util.h"
#include "ui/app.h"
#include "ui/text.h"

#define THREAD_WIDTH 20		/* of a name in the context line */
#define FILTER_WIDTH 24
#define BRIEF 100		/* width below which it is short */
#define BEGINNING_NS NS_PER_S	/* in which the first samples may still be on their way */
#define IDLE_SHARE .05		/* of one CPU: a process that uses less is waiting */

/* Is it all there is? */
static bool is_all(const struct app *a)
{
	const struct scope *s = a->scope.now;

	return s->window == SCOPE_ALL && !s->n_threads && !s->typed && !s->by_module;
}

void app_scope_put_separator(struct pen *pen)
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

static uint64_t since_start(const struct app *a, uint64_t ns)
{
	return ns > a->model->p->start_ns ? ns - a->model->p->start_ns : 0;
}

static double seconds(const struct app *a, uint64_t ns)
{
	return (double)since_start(a, ns) / (double)NS_PER_S;
}

static void put_window(const struct app *a, struct pen *pen)
{
	const struct scope *s = a->scope.now;
	const struct summary *sum = &a->model->sum;
	const struct named_range *range;
	char time[TEXT_NUMBER], span[TIME_AXIS_SPAN];

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
		range = app_range_shown(a);
		if (range)
			pen_put(pen, STYLE_STRONG, "%s ", range->name);
		pen_put(pen, range ? STYLE_DIM : STYLE_STRONG, "%s s",
			time_axis_span(span, since_start(a, sum->from_ns), since_start(a, sum->to_ns)));
	}
}

static void put_frames(const struct app *a, struct pen *pen)
{
	enum frame_mode frames = a->scope.now->frames;

	if (frames == FRAMES_MERGED)
		return;
	pen_put(pen, STYLE_STRONG, "%s frames", frame_mode_name(frames));
	app_scope_put_separator(pen);
}

static void put_recursion(const struct app *a, struct pen *pen)
{
	static const char *const names[RECURSION_MODES] = {
		[RECURSION_RAW] = "recursion unfolded", [RECURSION_CYCLES] = "cycles folded" };
	const char *name = names[a->scope.now->recursion];

	if (!name)
		return;
	pen_put(pen, STYLE_STRONG, "%s", name);
	app_scope_put_separator(pen);
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
		app_scope_put_separator(pen);
		pen_put(pen, STYLE_DIM, "only ");
		pen_name(pen, STYLE_STRONG, THREAD_WIDTH,
			 profile_module_name(a->model->p, s->module));
	}
	if (!s->n_folded && !s->kernel_folded)
		return;
	app_scope_put_separator(pen);
	if (s->n_folded)
		pen_put(pen, STYLE_STRONG, "%zu", s->n_folded);
	if (s->kernel_folded)
		pen_put(pen, STYLE_STRONG, "%skernel", s->n_folded ? " + " : "");
	pen_put(pen, STYLE_DIM, " folded");
}

/* Who comes back is not to take a part for the whole. */
static void put_kept(const struct app *a, struct pen *pen)
{
	if (a->scope.now != a->scope.kept)
		return;
	pen_put(pen, STYLE_ALARM, pen->width < BRIEF ? " as left " : " as left, u undoes ");
	app_scope_put_separator(pen);
}

void app_scope_draw(const struct app *a, struct pen *pen)
{
	put_kept(a, pen);
	put_threads(a, pen);
	app_scope_put_separator(pen);
	put_window(a, pen);
	app_scope_put_separator(pen);
	put_frames(a, pen);
	put_recursion(a, pen);
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

	return a->session.state == APP_LIVE && is_all(a) &&
	       sum->to_ns - sum->from_ns < BEGINNING_NS;
}

/* Did it hardly use a CPU? */
static bool is_waiting(const struct summary *sum)
{
	return sum->cpu_known &&
	       (double)sum->cpu_ns < IDLE_SHARE * (double)(sum->to_ns - sum->from_ns);
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
	if (a->session.state == APP_FILE && is_all(a) && !a->model->p->ended)
		return xstrdup("No samples in what can be read of it.");
	if (!range_ns)
		return xasprintf("No CPU samples: nothing was recorded after %.1f s.",
				 seconds(a, sum->from_ns));
	text_time(range, range_ns);
	text_time(cpu, sum->cpu_ns);
	if (!sum->cpu_known)
		return xasprintf("No CPU samples in %s: nothing here ran while it was looked at.",
				 range);
	if (is_waiting(sum))
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
	else if (is_waiting(&a->model->sum))
		*next = xstrdup("Press 8 to see for what it waits.");
	else if (!is_all(a))
		*next = xstrdup("u goes back to what was shown before, A shows all of the time.");
	else
		*next = xstrdup("= says how this was recorded, and what could not be seen.");
	return true;
}
