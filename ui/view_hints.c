// SPDX-License-Identifier: Apache-2.0
/* What stands out: every hint that holds, its evidence, and when it is wrong. */
#include <limits.h>
#include <string.h>

#include "base/util.h"
#include "ui/cells.h"
#include "ui/prose.h"
#include "ui/text.h"
#include "ui/view.h"

#define LABEL_AT 7
#define TEXT_AT 18
#define HINT_ROWS 6		/* of one, about: for moving by pages */

/* ---- looking ---- */

static bool same_scope(const struct selection *a, const struct selection *b)
{
	return a->from_ns == b->from_ns && a->to_ns == b->to_ns && a->threads == b->threads &&
	       a->n_threads == b->n_threads && a->states == b->states && a->filter == b->filter &&
	       a->by_module == b->by_module && a->module == b->module;
}

void app_look_for_hints(struct app *a, unsigned int needed)
{
	const struct model *m = a->model;
	struct app_hints *h = &a->hints;

	if (!same_scope(&h->scope, &m->scope))
		hint_watch_restart(&h->watch);
	h->scope = m->scope;
	h->asked = m->n_asked;
	hint_watch_look(&h->watch, &(struct hint_input){
		.p = m->p, .sum = &m->sum, .ledger = &m->ledger,
		.order = m->order, .n_order = m->n_order }, needed);
}

void app_hints_deinit(struct app_hints *h)
{
	hint_watch_deinit(&h->watch);
}

static const struct hint *chosen(const struct app *a)
{
	const struct hints *shown = &a->hints.watch.shown;

	return a->hints.list.cursor < shown->n ? &shown->v[a->hints.list.cursor] : NULL;
}

/* The view whose key that is. */
static const struct view *view_of_key(char key)
{
	size_t i = 0;

	while (views[i] && views[i]->action != action_of_key((uint32_t)key))
		i++;
	return views[i];
}

const char *view_hints_lesson(const struct app *a)
{
	const struct hint *h = chosen(a);
	const struct view *view;

	if (!h)
		return "what-is-a-sample";
	view = view_of_key(h->rule->key);
	/* That of the view that proves it, in the form for Python. */
	if (view->lesson_python && strcmp(h->rule->lesson, view->lesson) == 0 &&
	    h->function != RECORD_NONE && profile_function_kind(a->model->p, h->function) == 'P')
		return view->lesson_python;
	return h->rule->lesson;
}

uint32_t view_hints_function(const struct app *a)
{
	const struct hint *h = chosen(a);

	return h && h->function != RECORD_NONE ? h->function : a->function;
}

/* ---- drawing ---- */

/* "evidence  12 words", bytes of the target among them. */
static void put_fact(struct rows *rows, const char *label, const char *text)
{
	struct prose prose = { .utf8 = rows->g->utf8 };
	struct pen pen = rows_next(rows);

	pen_to(&pen, LABEL_AT);
	pen_put(&pen, STYLE_DIM, "%s", label);
	pen_to(&pen, TEXT_AT);
	prose_add_name(&prose, PROSE_PLAIN, UINT_MAX, text);
	prose_put(rows, &prose, &pen, TEXT_AT);
	prose_deinit(&prose);
}

static bool fits(const char *text, unsigned int width, bool utf8)
{
	struct prose p = { .utf8 = utf8 };
	bool ret;

	prose_add_name(&p, PROSE_PLAIN, UINT_MAX, text);
	buf_put_u8(&p.text, '\0');
	ret = text_width((const char *)p.text.data) <= width;
	prose_deinit(&p);
	return ret;
}

/* The most of what a hint says that has room in one row. */
static const char *hint_text(const struct hint *h, unsigned int width, bool utf8)
{
	const char *text = h->claim;

	for (size_t i = 0; i < HINT_BRIEFS && h->briefs[i] && !fits(text, width, utf8); i++)
		text = h->briefs[i];
	return text;
}

void view_hints_put_first(const struct app *a, struct pen *pen)
{
	struct grid *g = pen->grid;
	const char *more = "! tells why", *text;
	struct prose claim = { .utf8 = g->utf8 };
	struct rows rest = { .g = g, .top = g->height };	/* one row is all there is */
	unsigned int room;

	if (!a->hints.watch.shown.n || a->view == &view_hints)
		return;
	rest.right = g->width - text_width(more) - 2;
	pen_put(pen, STYLE_STRONG, "! ");
	room = rest.right - pen->column - 1;
	text = hint_text(&a->hints.watch.shown.v[0], room, g->utf8);
	prose_add_name(&claim, PROSE_PLAIN, fits(text, room, g->utf8) ? UINT_MAX : room, text);
	prose_put(&rest, &claim, pen, 0);
	prose_deinit(&claim);
	pen_to(pen, g->width - text_width(more) - 1);
	pen_put(pen, STYLE_STRONG, "!");
	pen_put(pen, STYLE_DIM, "%s", more + 1);
}

static void put_hint(struct rows *rows, const struct hint *h, uint32_t n, bool is_chosen)
{
	struct prose claim = { .utf8 = rows->g->utf8 };
	unsigned int first = rows->n;
	struct pen pen = rows_next(rows);
	_cleanup_(freep) char *where = xasprintf("Enter shows it: %s", view_of_key(h->rule->key)->name);

	pen_put(&pen, STYLE_TEXT, is_chosen ? ">" : " ");
	pen_to(&pen, 2);
	pen_put(&pen, STYLE_DIM, "%s", h->rule->id);
	pen_to(&pen, LABEL_AT);
	prose_add_name(&claim, PROSE_STRONG, UINT_MAX, h->claim);
	prose_put(rows, &claim, &pen, LABEL_AT);
	prose_deinit(&claim);
	put_fact(rows, "evidence", h->evidence);
	put_fact(rows, "how sure", hint_sure_text(h->sure));
	if (h->wrong_if || h->rule->wrong_if)
		put_fact(rows, "wrong if", h->wrong_if ? h->wrong_if : h->rule->wrong_if);
	put_fact(rows, "proof", where);
	for (unsigned int i = first; i < rows->n; i++) {
		unsigned int y = rows->top + i - rows->from;

		if (i < rows->from || i - rows->from >= rows->height)
			continue;
		grid_spot(rows->g, y, 0, rows->right + 1, SPOT_ROW, n);
		if (is_chosen)
			grid_tint(rows->g, y, 0, rows->right + 1, (struct style){ .bg = INK_TINT });
	}
	rows_next(rows);
}

static void put_none(const struct app *a, struct rows *rows)
{
	const struct hint_watch *w = &a->hints.watch;
	const struct summary *sum = &a->model->sum;
	char n[TEXT_NUMBER];
	bool dismissed = false;
	struct pen pen = rows_next(rows);

	for (size_t i = 0; i < w->n_seen; i++)
		dismissed |= w->seen[i].dismissed;
	pen_to(&pen, 2);
	if (sum->received.count < HINTS_MIN_SAMPLES)
		pen_put(&pen, STYLE_TEXT, "With %s samples nothing can be said.",
			text_count(n, sum->received.count));
	else if (dismissed)
		pen_put(&pen, STYLE_TEXT, "Nothing that was not dismissed.");
	else
		pen_put(&pen, STYLE_TEXT, "Nothing stands out so clearly that it is worth saying.");
}

static void put_all(struct app *a, struct rows *rows)
{
	const struct hints *shown = &a->hints.watch.shown;
	struct pen pen = rows_next(rows);

	pen_rule(&pen, "What stands out", "with the evidence, and when it is wrong");
	rows_next(rows);
	for (uint32_t i = 0; i < shown->n; i++)
		put_hint(rows, &shown->v[i], i, i == a->hints.list.cursor);
	if (!shown->n)
		put_none(a, rows);
}

/* Rows above the end of the chosen one. */
static unsigned int rows_up_to_chosen(struct app *a, struct rows rows)
{
	rows.height = 0;
	rows.n = 2;
	for (uint32_t i = 0; i <= a->hints.list.cursor && i < a->hints.watch.shown.n; i++)
		put_hint(&rows, &a->hints.watch.shown.v[i], i, false);
	return rows.n;
}

static void draw(struct app *a, struct grid *g, struct area area)
{
	struct rows rows = { .g = g, .top = area.top, .height = area.height, .right = area.width - 1 };
	unsigned int end;

	list_fit(&a->hints.list, (uint32_t)a->hints.watch.shown.n, area.height / HINT_ROWS);
	end = rows_up_to_chosen(a, rows);
	rows.from = end > area.height ? end - area.height : 0;
	put_all(a, &rows);
}

static bool act(struct app *a, enum action action)
{
	const struct hint *h = chosen(a);

	if (list_act(&a->hints.list, action))
		return true;
	if (action != ACTION_ENTER && action != ACTION_FOLD)
		return false;
	if (!h)
		app_say(a, "there is nothing here to go to");
	else if (action == ACTION_ENTER)
		app_go(a, view_of_key(h->rule->key), view_hints_function(a));
	else
		hint_watch_dismiss(&a->hints.watch, a->hints.list.cursor);
	return true;
}

static bool pick(struct app *a, uint32_t n)
{
	bool was = a->hints.list.cursor == n;

	list_choose(&a->hints.list, n);
	return was;
}

const struct view view_hints = {
	.action = ACTION_HINTS, .name = "Hints", .short_name = "Hint",
	.keys = "j/k move  Enter show it  x dismiss  L lesson about it  q close  ? help",
	.needs_samples = true, .draw = draw, .act = act, .pick = pick,
};
