// SPDX-License-Identifier: Apache-2.0
/*
 * The selected function by source line, and beside it by instruction.
 *
 * The lines are those of its file, the function in the middle, and behind it those of other
 * files, inlined into it.  What is chosen in one pane is marked in the other: the
 * instructions of a line, the line of an instruction.
 */
#include <inttypes.h>

#include "base/util.h"
#include "profile/filter.h"
#include "ui/code_pane.h"
#include "ui/code_rows.h"
#include "ui/source_foot.h"
#include "ui/source_pane.h"
#include "ui/source_rows.h"
#include "ui/view.h"

#define SPLIT_FROM 100		/* width from which on both panes can be shown, */
#define BOTH_FROM 140		/* and from which on they always are */

/* Choose a row, in the middle, so that what is around it can be seen. */
static void choose(struct list *l, uint32_t row)
{
	if (row == UINT32_MAX)
		return;
	l->top = row > l->height / 2 ? row - l->height / 2 : 0;
	list_choose(l, row);
}

static void choose_code(struct app *a, uint32_t number)
{
	choose(&a->source.code_list, number == UINT32_MAX ? number : code_row_of(a, number));
}

static void choose_hottest_line(struct app_source *s)
{
	source_show(s, &s->list, source_hottest(s));
	s->hot_line = s->list.cursor + 1;
	s->hot_line_rank = 1;
}

/* Live, it comes later than the lines. */
static void choose_hottest_code(struct app *a)
{
	struct app_source *s = &a->source;

	choose_code(a, code_hottest(a, 0));
	s->hot_code = code_chosen(a) + 1;
	s->hot_code_rank = 1;
}

static void choose_hottest(struct app *a)
{
	struct app_source *s = &a->source;

	if (s->is_new)
		choose_hottest_line(s);
	if (s->is_new || s->is_new_code)
		choose_hottest_code(a);
	if (s->is_new_text)		/* lines stand where they did not before */
		source_show(s, &s->list, s->list.cursor);
	s->is_new = s->is_new_code = s->is_new_text = false;
}

/* ---- panes ---- */

enum panes { PANE_SOURCE = 1, PANE_CODE = 2, PANES_BOTH = 3 };

static enum panes panes(const struct app *a, unsigned int width)
{
	if (view_on_python(a))
		return PANE_SOURCE;
	if (source_is_code_only(&a->source))
		return PANE_CODE;
	if (width >= BOTH_FROM || (width >= SPLIT_FROM && !a->source.alone))
		return PANES_BOTH;
	return a->source.in_code ? PANE_CODE : PANE_SOURCE;
}

/* What is chosen in the pane that keys do not move in follows the other. */
static void follow(struct app *a)
{
	struct app_source *s = &a->source;
	uint64_t place = s->in_code ? code_place(a, code_chosen(a))
				    : source_place(s, s->list.cursor);
	uint32_t to = s->in_code ? source_row_at(s, place) : place ? code_hottest(a, place) : UINT32_MAX;

	if (to != UINT32_MAX && s->in_code)
		list_choose(&s->list, to);
	else if (to != UINT32_MAX)
		list_choose(&s->code_list, code_row_of(a, to));
}

/* ---- the view ---- */

static void draw(struct app *a, struct grid *g, struct area area)
{
	struct app_source *s = &a->source;
	enum panes which;
	unsigned int room, left, rows;
	uint64_t place;

	grid_tint(g, area.top, 0, area.width, (struct style){ .attrs = ATTR_UNDERLINE });
	if (view_lacks_function(a, g, area))
		return;
	source_rows_make(a);
	which = panes(a, area.width);
	room = which == PANES_BOTH ? area.width * 55 / 100 : area.width;
	left = which == PANES_BOTH ? source_pane_width(a, room) : room;
	rows = area.height - 1 - source_foot_rows(area, which & PANE_CODE);
	s->width = area.width;
	list_fit(&s->list, s->n_rows, rows);
	list_fit(&s->code_list, s->n_code_rows, rows);
	choose_hottest(a);
	follow(a);
	place = s->in_code ? code_place(a, code_chosen(a)) : source_place(s, s->list.cursor);
	if (which & PANE_SOURCE)
		source_pane_draw(&(struct source_pane){
			.a = a, .g = g, .list = &s->list, .top = area.top, .rows = rows + 1,
			.room = room, .beside = which == PANES_BOTH }, place);
	for (unsigned int y = 0; which == PANES_BOTH && y <= rows; y++) {
		struct pen pen = pen_make(g, area.top + y, left, left + 1);

		pen_put(&pen, STYLE_RULE, g->utf8 ? "│" : "|");
	}
	if (which & PANE_CODE)
		code_pane_draw(&(struct code_pane){ a, g, area.top, rows + 1,
						    which == PANE_CODE ? 0 : left + 1, area.width },
			       place, s->n_rows);
	source_foot_put(a, g, area, which & PANE_CODE);
}

/* Of the view; before its first picture that of the screen. */
static unsigned int width_of(const struct app *a)
{
	return a->source.width ? a->source.width : a->width;
}

/* The pane that keys move in. */
static void switch_pane(struct app *a)
{
	if (view_on_python(a))
		app_say(a, "Python functions have no assembly: the interpreter runs them");
	else if (a->source.code_only)
		app_say(a, "no line is known of this function: its assembly is all there is");
	else if (a->source.alone && width_of(a) >= SPLIT_FROM && width_of(a) < BOTH_FROM)
		app_say(a, "the assembly is off: o shows it");
	else
		a->source.in_code = !a->source.in_code;
}

static void switch_assembly(struct app *a)
{
	struct app_source *s = &a->source;

	if (view_on_python(a)) {
		app_say(a, "Python functions have no assembly: the interpreter runs them");
	} else if (s->code_only) {
		app_say(a, "no line is known of this function: its assembly is all there is");
	} else if (width_of(a) >= BOTH_FROM) {
		app_say(a, "there is room for both: Tab goes from one to the other");
	} else if (width_of(a) >= SPLIT_FROM) {
		s->alone = !s->alone;
		s->in_code = false;
	} else {
		s->in_code = !s->in_code;
	}
}

/* The lines among the instructions, or not: what is chosen stays where it is on the screen. */
static void switch_mixed(struct app *a)
{
	struct app_source *s = &a->source;
	struct list *l = &s->code_list;
	uint32_t number = code_chosen(a), above = l->cursor - l->top;

	if (view_on_python(a)) {
		app_say(a, "Python functions have no assembly: the interpreter runs them");
		return;
	}
	if (!s->code.n && a->session.state == APP_LIVE) {
		s->mixed = !s->mixed;
		app_say(a, s->mixed ? "lines will stand among the instructions when these come"
				    : "no lines among the instructions");
		return;
	}
	if (!code_has_lines(a)) {
		app_say(a, s->code.n ? "no lines are known of this code: its file has none"
				     : "there is no assembly to put lines into");
		return;
	}
	s->mixed = !s->mixed || !(panes(a, width_of(a)) & PANE_CODE);
	s->alone = false;
	s->in_code |= width_of(a) < SPLIT_FROM;
	code_rows_make(a);
	l->n = s->n_code_rows;
	l->cursor = code_row_of(a, number);
	l->top = l->cursor - min_of(l->cursor, above);
	list_choose(l, l->cursor);
}

/* To the hottest row; from there to the next one, and after the last to the first again. */
static void go_hottest(struct app *a)
{
	struct app_source *s = &a->source;
	uint32_t *last = s->in_code ? &s->hot_code : &s->hot_line;
	uint32_t *rank = s->in_code ? &s->hot_code_rank : &s->hot_line_rank;
	uint32_t hottest = s->in_code ? code_hottest(a, 0) : source_hottest(s), to = UINT32_MAX;
	uint32_t at = s->in_code ? code_chosen(a) : s->list.cursor;

	if (hottest == UINT32_MAX)
		return;
	if (*last == at + 1 && (s->in_code || s->rows[at].sum))
		to = s->in_code ? code_next_hottest(a, at) : source_next_hottest(s, at);
	*rank = to == UINT32_MAX ? 1 : *rank + 1;
	to = to == UINT32_MAX ? hottest : to;
	if (s->in_code)
		choose_code(a, to);
	else
		source_show(s, &s->list, to);
	*last = to + 1;
	if (*rank == 1)
		app_say(a, "the hottest; H again goes on to the next");
	else
		app_say(a, "number %u by its own time; H goes on", *rank);
}

/* To a line in the source, of what was inlined in that function's. */
static void enter_line(struct app *a, const struct profile_level *level)
{
	struct app_source *s = &a->source;
	uint64_t place = (uint64_t)code_file(a->model->p, level) << 32 | level->line;
	uint32_t row;

	if (level->function == RECORD_NONE || !level->line ||
	    !a->model->sum.functions[level->function].total.count) {
		app_say(a, "no sample is in that function");
		return;
	}
	if (level->function == a->function)
		app_remember(a);
	else
		app_go(a, &view_source, level->function);
	source_rows_make(a);
	choose_hottest(a);
	s->in_code = false;
	row = source_row_at(s, place);
	if (row != UINT32_MAX)
		source_show(s, &s->list, row);
	else
		app_say(a, "line %" PRIu32 " has no sample of its own", level->line);
}

/* To where the chosen instruction goes. */
static void enter_target(struct app *a)
{
	const struct code *c = &a->source.code;
	const struct profile_level *line = code_line(a, a->source.code_list.cursor);
	const struct profile_instruction *i;
	uint32_t number, callee;

	if (!c->n)
		return;
	if (line) {
		enter_line(a, line);
		return;
	}
	i = code_instruction(a, code_chosen(a));
	number = i->has_target ? code_at(a, i->target) : UINT32_MAX;
	callee = code_callee(a, i);
	if (number != UINT32_MAX && i->target != code_of(a)->vaddr) {
		app_remember(a);
		choose_code(a, number);
	} else if (i->has_target && callee != RECORD_NONE &&
		   a->model->sum.functions[callee].total.count) {
		app_go(a, &view_source, callee);
	} else {
		app_say(a, "Enter goes where a jump goes, or to a function that is called and has samples");
	}
}

void view_source_leave(const struct app *a, struct app_place *from)
{
	from->in_code = a->source.in_code;
	from->instruction = code_chosen(a);
	if (from->instruction != UINT32_MAX)
		from->above = code_row_of(a, from->instruction) - a->source.code_list.cursor;
}

void view_source_return(struct app *a, const struct app_place *to)
{
	struct app_source *s = &a->source;
	uint32_t row;

	source_rows_make(a);
	choose_hottest(a);
	s->in_code = to->in_code;
	if (!to->in_code) {
		s->list = to->list;
	} else if (to->instruction < s->code.n) {
		row = code_row_of(a, to->instruction);
		if (row >= to->above && s->code_rows[row - to->above].number == to->instruction)
			row -= to->above;
		s->code_list = to->list;	/* its height, and how far down it was on the screen */
		s->code_list.n = s->n_code_rows;
		s->code_list.top = row - min_of(row, to->list.cursor - to->list.top);
		list_choose(&s->code_list, row);
	}
}

/* ---- what can be searched: the pane that keys move in ---- */

static struct list *rows_list(struct app *a)
{
	return a->source.in_code ? &a->source.code_list : &a->source.list;
}

static uint32_t rows_n(struct app *a)
{
	if (a->function == RECORD_NONE)
		return 0;
	source_rows_make(a);
	return rows_list(a)->n;
}

static uint32_t rows_at(const struct app *a)
{
	return a->source.in_code ? a->source.code_list.cursor : a->source.list.cursor;
}

static void rows_choose(struct app *a, uint32_t row)
{
	list_choose(rows_list(a), row);
	a->source.is_new = false;
}

static bool rows_match(struct app *a, uint32_t row, const struct filter *f)
{
	_cleanup_(freep) char *text = a->source.in_code ? code_text(a, row)
				      : source_line_text(a->source.text, a->source.rows[row].line);

	return text && filter_match(f, text);
}

static const struct view_rows rows = {
	.n = rows_n, .at = rows_at, .choose = rows_choose, .matches = rows_match,
	.list = rows_list, .own_text = true,
};

/* The rows of the second pane are counted behind those of the first. */
static bool pick(struct app *a, uint32_t n)
{
	struct app_source *s = &a->source;
	bool in_code = n >= s->n_rows;
	uint32_t row = in_code ? n - s->n_rows : n;
	bool was = s->in_code == in_code && rows_at(a) == row;

	s->in_code = in_code;
	rows_choose(a, row);
	return was;
}

static bool act(struct app *a, enum action action)
{
	struct app_source *s = &a->source;

	if (a->function == RECORD_NONE)
		return false;
	source_rows_make(a);
	if (list_act(s->in_code ? &s->code_list : &s->list, action))
		return true;
	switch (action) {
	case ACTION_HOTTEST:
		go_hottest(a);
		return true;
	case ACTION_NEXT_PANE:
	case ACTION_PANE_BEFORE:
		switch_pane(a);
		return true;
	case ACTION_ASSEMBLY:
		switch_assembly(a);
		return true;
	case ACTION_MIXED:
		switch_mixed(a);
		return true;
	case ACTION_ENTER:
		if (s->in_code)
			enter_target(a);
		else
			app_go(a, &view_callers, a->function);
		return true;
	default:
		return false;
	}
}

const struct view view_source = {
	.key = '6', .action = ACTION_SOURCE, .name = "Source", .short_name = "Src",
	.keys = "j/k line  H hottest  Tab pane  o assembly  O mixed  Enter callers  / search  < back  ? help"
		"  L lesson  q quit",
	.keys_code = "j/k line  H hottest  Tab pane  o assembly  O mixed  Enter follow  < back"
		     "  / search  ? help  L lesson  q quit",
	.keys_python = "j/k line  H hottest  Enter callers  / search  < back  L lesson  ? help  q quit",
	.lesson = "source", .lesson_python = "source-python",
	.rows = &rows, .needs_samples = true, .draw = draw, .act = act, .pick = pick,
};