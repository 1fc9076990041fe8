// SPDX-License-Identifier: Apache-2.0
#include "ui/time_pick.h"

#include "base/util.h"
#include "ui/app.h"

/* To the middle: so it stays in a cell that is shorter. */
void time_pick_go(struct time_pick *t, uint64_t cell)
{
	t->cursor_ns = cell * t->step_ns + t->step_ns / 2;
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
