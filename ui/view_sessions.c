// SPDX-License-Identifier: Apache-2.0
/* The sessions there are: those that go on, and what ended ones left. */
#include "base/clock.h"
#include "ui/cells.h"
#include "ui/text.h"
#include "ui/view.h"

enum { PID_WIDTH = 8, PROGRAM_AT = 11, STATE_AT = 29, SINCE_AT = 36, TIME_AT = 54 };

static void put_head(struct grid *g, struct area area)
{
	struct pen pen = area_pen(g, area, 0);

	pen_to(&pen, 1);
	pen_right(&pen, STYLE_DIM, PID_WIDTH, "PID");
	pen_to(&pen, PROGRAM_AT);
	pen_put(&pen, STYLE_DIM, "PROGRAM");
	pen_to(&pen, STATE_AT);
	pen_put(&pen, STYLE_DIM, "STATE");
	pen_to(&pen, SINCE_AT);
	pen_put(&pen, STYLE_DIM, "SINCE");
	pen_to(&pen, TIME_AT);
	pen_right(&pen, STYLE_DIM, 6, "TIME");
	pen_right(&pen, STYLE_DIM, 12, "SAMPLES");
	if (area.width >= 84)
		pen_right(&pen, STYLE_DIM, 10, "SIZE");
}

static void put_row(struct grid *g, struct area area, unsigned int y, const struct session_row *r,
		    bool chosen)
{
	struct style style = chosen ? STYLE_STRONG : STYLE_TEXT;
	struct pen pen = area_pen(g, area, y);
	unsigned int s = (unsigned int)(r->elapsed_ns / NS_PER_S);
	char n[TEXT_NUMBER];

	pen_put(&pen, style, chosen ? ">" : " ");
	pen_right(&pen, style, PID_WIDTH, "%u", r->pid);
	pen_to(&pen, PROGRAM_AT);
	pen_name(&pen, style, STATE_AT - PROGRAM_AT - 2, r->program);
	pen_to(&pen, STATE_AT);
	pen_put(&pen, style, "%s", r->state);
	pen_to(&pen, SINCE_AT);
	pen_put(&pen, STYLE_DIM, "%s", r->since);
	pen_to(&pen, TIME_AT);
	pen_right(&pen, style, 6, "%02u:%02u", s / 60, s % 60);
	pen_right(&pen, style, 12, "%s", text_count(n, r->n_samples));
	if (area.width >= 84)
		pen_right(&pen, STYLE_DIM, 10, "%s", text_bytes(n, r->bytes));
	if (r->here)
		pen_put(&pen, STYLE_DIM, "  here");
	if (chosen)
		grid_tint(g, area.top + y, 0, area.width, (struct style){ .bg = INK_TINT });
}

static void draw(struct app *a, struct grid *g, struct area area)
{
	struct list *l = &a->session.list;
	const struct session_row *rows = NULL;
	uint32_t n = a->live ? a->live->sessions(a->live->ctx, &rows) : 0;
	struct pen pen;

	list_fit(l, n, area.height - 1);
	if (!n) {
		pen = area_pen(g, area, 1);
		pen_to(&pen, 1);
		pen_put(&pen, STYLE_TEXT, "This is a recording; `cprofd list` shows the sessions "
			"there are.");
		return;
	}
	put_head(g, area);
	for (uint32_t i = 0; i < l->height && l->top + i < n; i++) {
		put_row(g, area, 1 + i, &rows[l->top + i], l->top + i == l->cursor);
		area_spot(g, area, 1 + i, l->top + i);
	}
}

static bool pick(struct app *a, uint32_t n)
{
	bool was = a->session.list.cursor == n;

	list_choose(&a->session.list, n);
	return was;
}

static bool act(struct app *a, enum action action)
{
	const struct session_row *rows;

	if (!a->live)
		return false;
	list_fit(&a->session.list, a->live->sessions(a->live->ctx, &rows), a->session.list.height);
	if (list_act(&a->session.list, action))
		return true;
	if (action != ACTION_ENTER || !a->session.list.n)
		return false;
	a->session.join = a->session.list.cursor + 1;
	a->session.leave = LEAVE_DETACH;
	a->asked_quit = true;
	return true;
}

const struct view view_sessions = {
	.name = "Sessions", .short_name = "Sess",
	.keys = "j/k move  Enter join it  q close  ? help",
	.draw = draw, .act = act, .pick = pick,
};
