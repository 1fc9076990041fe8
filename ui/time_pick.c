// SPDX-License-Identifier: Apache-2.0
#include "ui/time_pick.h"

#include "base/util.h"
#include "ui/app.h"

/* To the middle: so it stays in a cell that is shorter. */
void time_pick_go(struct time_pick *t, uint64_t cell)
{
	t->cursor_ns = cell * t->step_ns + t->step_ns / 2;
}

void time_pick_drag(struct time_pick *t, uint64_t cell)
{
	if (cell == t->cursor_ns / t->step_ns && !t->dragged)
		return;
	if (!t->selecting)
		t->anchor_ns = t->cursor_ns;
	t->selecting = t->dragged = true;
	time_pick_go(t, cell);
}

bool time_pick_selection(const struct time_pick *t, uint64_t *from_ns, uint64_t *to_ns)
{
	if (!t->selecting || !t->step_ns)
		return false;
	*from_ns = min_of(t->cursor_ns, t->anchor_ns) / t->step_ns * t->step_ns;
	*to_ns = (max_of(t->cursor_ns, t->anchor_ns) / t->step_ns + 1) * t->step_ns;
	return true;
}

static uint64_t since_start(const struct app *a, uint64_t ns)
{
	return ns > a->model->p->start_ns ? ns - a->model->p->start_ns : 0;
}

bool time_pick_range(const struct app *a, uint64_t *from_ns, uint64_t *to_ns)
{
	if (time_pick_selection(&a->pick, from_ns, to_ns))
		return true;
	*from_ns = since_start(a, a->model->sum.from_ns);
	*to_ns = since_start(a, a->model->sum.to_ns);
	return a->scope.now->window == SCOPE_RANGE;
}

/* ---- marks ---- */

bool time_pick_mark(struct app *a, bool next)
{
	const struct profile *p = a->model->p;
	const struct profile_note *best = NULL;
	uint64_t best_ns = 0, now_ns = a->pick.cursor_ns;
	char moment[32];
	size_t number;

	for (size_t i = 0; i < p->n_marks; i++) {
		uint64_t ns = since_start(a, p->marks[i].time_ns);

		if ((next ? ns > now_ns : ns < now_ns) &&
		    (!best || (next ? ns < best_ns : ns > best_ns))) {
			best = &p->marks[i];
			best_ns = ns;
		}
	}
	if (!best) {
		app_say(a, !p->n_marks ? "nothing was marked; :mark TEXT notes a moment of a live session"
				       : next ? "this is the last mark" : "this is the first mark");
		return false;
	}
	a->pick.cursor_ns = best_ns;
	best = time_pick_mark_in(a, best_ns, 1, &number);
	app_say(a, "mark %zu of %zu, at %s s: %s", number, p->n_marks,
		time_axis_moment(moment, best_ns, TIME_AXIS_LEAST_NS), profile_string(p, best->text));
	return true;
}

const struct profile_note *time_pick_mark_in(const struct app *a, uint64_t from_ns,
					     uint64_t length_ns, size_t *number)
{
	const struct profile *p = a->model->p;
	const struct profile_note *found = NULL;

	for (size_t i = 0; i < p->n_marks; i++) {
		uint64_t ns = since_start(a, p->marks[i].time_ns);

		if (ns < from_ns || ns - from_ns >= length_ns || (found && ns != a->pick.cursor_ns))
			continue;
		found = &p->marks[i];
		*number = i + 1;
		if (ns == a->pick.cursor_ns)
			break;
	}
	return found;
}

/* ---- keys ---- */

static void take(struct app *a)
{
	uint64_t from_ns, to_ns;

	if (!time_pick_selection(&a->pick, &from_ns, &to_ns))
		return;
	a->pick.selecting = false;
	app_scope_take_range(a, a->model->p->start_ns + from_ns, to_ns - from_ns);
	app_say(a, "every view shows this time now: u undoes, A is all of the time");
}

bool time_pick_act(struct app *a, enum action action)
{
	struct time_pick *t = &a->pick;

	if (action == ACTION_RANGE) {
		t->selecting = !t->selecting;
		t->anchor_ns = t->cursor_ns;
	} else if (action == ACTION_ENTER && t->selecting) {
		take(a);
	} else if ((action == ACTION_CANCEL || action == ACTION_BACK) && t->selecting) {
		t->selecting = false;
	} else {
		return false;
	}
	return true;
}
