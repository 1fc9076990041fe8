// SPDX-License-Identifier: Apache-2.0
#include "ui/app_ranges.h"

#include "base/util.h"
#include "ui/app.h"

static uint64_t since_start(const struct app *a, uint64_t ns)
{
	return ns > a->model->p->start_ns ? ns - a->model->p->start_ns : 0;
}

/* What would be kept; false if that is all of the time, or nothing. */
static bool find_time(const struct app *a, uint64_t *from_ns, uint64_t *to_ns)
{
	if (time_pick_selection(&a->pick, from_ns, to_ns))
		return true;
	*from_ns = since_start(a, a->model->sum.from_ns);
	*to_ns = since_start(a, a->model->sum.to_ns);
	return a->scope.now->window != SCOPE_ALL && *from_ns < *to_ns;
}

char *app_range_text(const struct named_range *range)
{
	char span[TIME_AXIS_SPAN];

	return xasprintf("%s  %s s", range->name, time_axis_span(span, range->from_ns, range->to_ns));
}

void app_range_keep(struct app *a, const char *name, bool force)
{
	uint64_t from_ns, to_ns;
	char span[TIME_AXIS_SPAN];

	if (!range_name_is_good(name)) {
		app_refuse(a, "a name is a word of at most %d letters, as in :keep before", RANGE_NAME_MOST);
	} else if (!find_time(a, &from_ns, &to_ns)) {
		app_refuse(a, "all of the time is shown: v in 7 selects a part, which :keep keeps");
	} else if (!force && kept_find(&a->kept, name)) {
		app_refuse(a, "%s is kept already; :keep! %s puts this in its place", name, name);
	} else if (!kept_put(&a->kept, name, from_ns, to_ns)) {
		app_refuse(a, "%d ranges are kept already; :drop NAME forgets one", KEPT_RANGES_MOST);
	} else {
		app_say(a, "%s is kept as %s; :range %s shows it again",
			time_axis_span(span, from_ns, to_ns), name, name);
	}
}

static void say_unknown(struct app *a, const char *name)
{
	if (!*name)
		app_refuse(a, "which range?  :ranges lists those that are kept");
	else
		app_refuse(a, "no range is kept as \"%s\"; :ranges lists them", name);
}

void app_range_drop(struct app *a, const char *name)
{
	if (kept_drop(&a->kept, name))
		app_say(a, "%s is forgotten; no sample is", name);
	else
		say_unknown(a, name);
}

void app_range_take(struct app *a, const char *name)
{
	const struct named_range *range = kept_find(&a->kept, name);

	if (!range) {
		say_unknown(a, name);
		return;
	}
	a->pick.selecting = false;
	a->pick.cursor_ns = range->from_ns;
	app_scope_take_range(a, a->model->p->start_ns + range->from_ns, range->to_ns - range->from_ns);
}

const struct named_range *app_range_shown(const struct app *a)
{
	const struct scope *s = a->scope.now;
	uint64_t from_ns = since_start(a, s->from_ns);

	return s->window == SCOPE_RANGE ? kept_of(&a->kept, from_ns, from_ns + s->length_ns) : NULL;
}

static void chosen(struct app *a)
{
	if (a->dialog.list.cursor < a->kept.n)
		app_range_take(a, a->kept.v[a->dialog.list.cursor].name);
}

void app_range_ask(struct app *a)
{
	if (!a->kept.n) {
		app_say(a, "no range is kept: select time with v in 7, then :keep NAME");
		return;
	}
	dialog_open(&a->dialog, "Kept ranges", "Enter shows it in every view, Esc changes nothing");
	for (uint32_t i = 0; i < a->kept.n; i++) {
		_cleanup_(freep) char *text = app_range_text(&a->kept.v[i]);

		dialog_offer(&a->dialog, i < 9 ? '1' + i : 0, DIALOG_PICK, "%s", text);
	}
	app_ask(a, chosen);
}
