// SPDX-License-Identifier: Apache-2.0
#include "ui/panel.h"

#include <assert.h>
#include <limits.h>
#include <string.h>

#include "base/util.h"
#include "ui/cells.h"
#include "ui/key.h"
#include "ui/prose.h"
#include "ui/text.h"

#define BESIDE_FROM 100		/* columns from which on it is at the right */
#define WIDE_FROM 140
#define WIDTH 35
#define WIDTH_WIDE 44
#define BELOW_FROM 80		/* columns from which on it is below, */
#define BELOW_ROWS 9
#define VIEW_ROWS 8		/* which have to be left above it */
#define TEXT_AT 17		/* below: the parts' names are left of it */
#define VALUE_WIDTH 28		/* of a name in a sentence */

/* Behind the lesson of the view. */
static const char *const general[] = { "what-is-a-sample", "what-a-profiler-cannot-see" };

#define N_LESSONS (1 + array_len(general))

/* ---- which lesson ---- */

static size_t view_number(const struct app *a)
{
	size_t i = 0;

	while (views[i] != a->view)
		i++;
	assert(i < APP_VIEWS);
	return i;
}

/* The name of the view's own lesson; NULL: it has none. */
static const char *own_lesson(const struct app *a)
{
	if (a->view == &view_hints)
		return view_hints_lesson(a);
	return a->view->lesson_python && view_on_python(a) ? a->view->lesson_python
							    : a->view->lesson;
}

/* The name of number `i` of those that are read one after the other. */
static const char *lesson_name(const struct app *a, unsigned int i)
{
	return i ? general[i - 1] : own_lesson(a);
}

/* Is a general lesson the view's own, and was read already? */
static bool is_own(const struct app *a, unsigned int i)
{
	return i && i < N_LESSONS && strcmp(lesson_name(a, i), own_lesson(a)) == 0;
}

static const struct lesson *find_lesson(struct app *a, unsigned int i, const char **trouble)
{
	return lessons_find(&a->panel.lessons, lesson_name(a, i), trouble);
}

static unsigned int count_pages(struct app *a, unsigned int i)
{
	const char *trouble;
	const struct lesson *l = find_lesson(a, i, &trouble);

	return l ? l->n_pages : 1;
}

/*
 * Where one is in the lessons of the view at hand: at the front of a new one, but on the same
 * page where only the selected row is of another kind, as far as that lesson goes.
 */
static struct app_panel_place *place_of(struct app *a)
{
	struct app_panel_place *p = &a->panel.places[view_number(a)];
	const char *own = own_lesson(a);
	bool same_view = p->own && (p->own == a->view->lesson || p->own == a->view->lesson_python);

	if (p->own == own)
		return p;
	if (!same_view)
		*p = (struct app_panel_place){ .open = p->open };
	p->own = own;
	if (same_view && p->lesson == 0) {
		p->page = min_of(p->page, count_pages(a, 0) - 1);
		p->scroll = (struct list){ 0 };
	}
	return p;
}

bool panel_is_open(const struct app *a)
{
	return own_lesson(a) && a->panel.places[view_number(a)].open;
}

void app_open_lesson(struct app *a)
{
	for (size_t i = 0; views[i] && i < APP_VIEWS; i++)
		a->panel.places[i].open = true;
}

/* ---- keys ---- */

/* To another page, also of another lesson. */
static void turn(struct app *a, bool forward)
{
	struct app_panel_place *p = place_of(a);

	if (forward && p->page + 1 < count_pages(a, p->lesson)) {
		p->page++;
	} else if (forward && p->lesson + 1 + is_own(a, p->lesson + 1) < N_LESSONS) {
		p->lesson += 1 + is_own(a, p->lesson + 1);
		p->page = 0;
	} else if (!forward && p->page) {
		p->page--;
	} else if (!forward && p->lesson) {
		p->lesson -= 1 + is_own(a, p->lesson - 1);
		p->page = count_pages(a, p->lesson) - 1;
	} else {
		app_say(a, forward ? "this is the last page" : "this is the first page");
		return;
	}
	p->scroll = (struct list){ 0 };
}

static void toggle(struct app *a)
{
	struct app_panel_place *p = place_of(a);

	a->panel.focused = false;
	if (own_lesson(a))
		p->open = !p->open;
	else
		app_say(a, "there is no lesson about this page");
}

bool panel_key(struct app *a, uint32_t key)
{
	enum action action = bindings_find(&a->bindings, key);

	if (action == ACTION_LESSON) {
		toggle(a);
		return true;
	}
	if (!panel_is_open(a))
		return false;
	if (action == ACTION_NEXT_PANE) {
		a->panel.focused = !a->panel.focused;
		return true;
	}
	if (!a->panel.focused)
		return false;
	if (action == ACTION_CANCEL)
		a->panel.focused = false;
	else if (key == 'n' || key == 'b')
		turn(a, key == 'n');
	else
		return list_act(&place_of(a)->scroll, action);
	return true;
}

const char *panel_keys(const struct app *a)
{
	return panel_is_open(a) && a->panel.focused
		? "n next page  b page before  j/k scroll  Tab back  L close  ? help" : NULL;
}

/* ---- room ---- */

struct area panel_take(struct app *a, const struct grid *g, struct area *area)
{
	struct area panel = *area;

	if (!panel_is_open(a)) {
		a->panel.focused = false;
		return (struct area){ 0 };
	}
	if (g->width >= BESIDE_FROM) {
		panel.width = g->width >= WIDE_FROM ? WIDTH_WIDE : WIDTH;
		panel.left = area->width - panel.width;
		area->width = panel.left;
	} else if (g->width >= BELOW_FROM && area->height >= BELOW_ROWS + VIEW_ROWS) {
		panel.height = BELOW_ROWS;
		panel.top = area->top + area->height - BELOW_ROWS;
		area->height -= BELOW_ROWS;
	} else {
		a->panel.focused = true;	/* the view cannot be seen */
	}
	return panel;
}

/* ---- drawing ---- */

/* What goes into the slots: of the selected function, or the examples. */
static void make_values(struct app *a)
{
	struct app_panel *p = &a->panel;
	const struct model *m = a->model;
	uint32_t function = a->view == &view_hints ? view_hints_function(a) : a->function;
	bool compared = a->view == &view_compare && app_compare_make(a);
	bool looked = a->view == &view_waits && a->waits.w.shown.count >= CELLS_FEW_SAMPLES;
	bool example = m->sum.measured || (a->view == &view_compare && !compared) || (m->sum.received.count < CELLS_FEW_SAMPLES && !looked);

	if (p->asked == m->n_asked && p->function == function && p->example == example &&
	    p->compared == (compared ? a->compare.n_made : 0))
		return;
	lesson_values_deinit(&p->values);
	p->asked = m->n_asked;
	p->function = function;
	p->example = example;
	p->compared = compared ? a->compare.n_made : 0;
	if (p->example)
		lesson_values_make_example(&p->values);
	else
		lesson_values_make(m, function, &a->source.sources, &p->values);
	if (!p->example && compared)
		app_compare_fill(a, &p->values);
}

struct page {
	const struct app *a;
	struct rows rows;
	bool below;		/* the panel is: parts have their names at the left */
	unsigned int indent;	/* of the text */
};

/* The value of the slot [name, name + len), or NULL. */
static const char *value_of(const struct page *p, const char *name, size_t len)
{
	return p->a->panel.values.v[lesson_slot_find(name, len)];
}

/* Is everything known that a line speaks of? */
static bool is_known(const struct page *p, const char *text)
{
	const char *name, *rest;
	size_t len;

	for (; lesson_find_slot(text, &name, &len, &rest); text = rest)
		if (!value_of(p, name, len))
			return false;
	return true;
}

static void add_line(struct page *p, struct prose *prose, const char *text)
{
	unsigned int width = lesson_is_fixed(text) ? p->rows.right - p->rows.left - p->indent - 3
						   : VALUE_WIDTH;
	const char *name, *rest, *at;
	bool strong = false;
	size_t len;

	for (; (at = lesson_find_slot(text, &name, &len, &rest)); text = rest) {
		enum prose_tone tone = len > 9 && strncmp(name + len - 9, ".interval", 9) == 0
			? PROSE_DIM : PROSE_STRONG;

		prose_add_marked(prose, text, (size_t)(at - text), &strong);
		prose_add_name(prose, tone, width, value_of(p, name, len));
	}
	prose_add_marked(prose, text, strlen(text), &strong);
}

/* Are its numbers those of the example? */
static bool is_example(const struct page *p, const struct lesson_line *lines, size_t n)
{
	const char *name, *rest;
	size_t len;

	for (size_t i = 0; p->a->panel.example && i < n; i++)
		if (lesson_find_slot(lines[i].text, &name, &len, &rest))
			return true;
	return false;
}

/* Sentences that stand together become one paragraph. */
static void put_paragraphs(struct page *p, const struct lesson_line *lines, size_t n,
			   struct pen *pen)
{
	struct prose prose = { .utf8 = p->rows.g->utf8 };
	bool gap = false;

	if (is_example(p, lines, n))
		prose_add(&prose, PROSE_DIM, "example:");
	for (size_t i = 0; i < n; i++) {
		bool fixed = lesson_is_fixed(lines[i].text);
		bool ends = i + 1 == n || fixed || !*lines[i + 1].text ||
			    lesson_is_fixed(lines[i + 1].text);

		gap |= !*lines[i].text;
		if (*lines[i].text && is_known(p, lines[i].text)) {
			if (gap && !pen)
				rows_next(&p->rows);
			gap = false;
			if (prose.text.len)
				prose_add(&prose, PROSE_PLAIN, " ");
			add_line(p, &prose, lines[i].text);
		}
		if (!ends || !prose.text.len)
			continue;
		prose_put(&p->rows, &prose, pen, p->indent);
		pen = NULL;
		prose_clear(&prose);
	}
	prose_deinit(&prose);
}

/* Keys as caps and what they do: one a row, or below as many as there is room for. */
static void put_keys(struct page *p, const struct lesson_line *lines, size_t n, struct pen *first)
{
	struct prose prose = { .utf8 = p->rows.g->utf8 };
	struct style cap = { .bg = INK_CHIP, .attrs = ATTR_BOLD };
	size_t widest = 0, len;
	struct pen pen;

	for (size_t i = 0; !p->below && i < n; i++)
		if (lesson_try_text(lines[i].text, &len))
			widest = max_of(widest, len);
	for (size_t i = 0; i < n; i++) {
		const char *text = lesson_try_text(lines[i].text, &len);

		if (!text || !is_known(p, text))
			continue;
		prose_clear(&prose);
		add_line(p, &prose, text);
		if (first)
			pen = *first;
		else if (!p->below || pen_left(&pen) < prose.text.len + len + 8)
			pen = rows_next(&p->rows);
		else
			pen_to(&pen, pen.column + 3);
		first = NULL;
		pen_to(&pen, p->indent);
		pen_put(&pen, cap, " %.*s ", (int)len, lines[i].text);
		pen_to(&pen, p->below ? pen.column + 1 : p->indent + (unsigned int)widest + 4);
		prose_put(&p->rows, &prose, &pen, p->indent + (unsigned int)widest + 4);
	}
	prose_deinit(&prose);
}

static bool any_known(const struct page *p, const struct lesson_line *lines, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (*lines[i].text && is_known(p, lines[i].text))
			return true;
	return false;
}

/* Any bytes, which are no lesson's. */
static void put_text(struct page *p, struct pen *pen, enum prose_tone tone, const char *text)
{
	struct prose prose = { .utf8 = p->rows.g->utf8 };

	prose_add_name(&prose, tone, UINT_MAX, text);
	prose_put(&p->rows, &prose, pen, p->indent);
	prose_deinit(&prose);
}

static void put_part(struct page *p, const struct lesson_line *lines, size_t n)
{
	static const char *const headings[LESSON_PARTS] = {
		[LESSON_READ] = "READ", [LESSON_PROGRAM] = "IN YOUR PROGRAM",
		[LESSON_TRY] = "TRY", [LESSON_CHECK] = "CHECK", [LESSON_ANSWER] = "ANSWER" };
	enum lesson_part part = lines[0].part;
	bool beside = p->below || part == LESSON_CHECK || part == LESSON_ANSWER;
	struct pen pen;

	if (!any_known(p, lines, n) && part != LESSON_PROGRAM)
		return;
	if (p->rows.n && !p->below)
		rows_next(&p->rows);
	pen = rows_next(&p->rows);
	pen_put(&pen, (struct style){ .fg = INK_DIM, .attrs = ATTR_BOLD }, "%s", headings[part]);
	pen_to(&pen, p->below ? p->indent : pen.column + 2);
	if (part == LESSON_TRY)
		put_keys(p, lines, n, beside ? &pen : NULL);
	else if (any_known(p, lines, n))
		put_paragraphs(p, lines, n, beside ? &pen : NULL);
	else
		put_text(p, beside ? &pen : NULL, PROSE_DIM,
			 "Of this selection nothing is known that belongs here.");
}

static void put_lesson(struct page *p, const struct lesson *l, unsigned int page)
{
	for (size_t i = 0, n; i < l->n_lines; i += n) {
		const struct lesson_line *first = &l->lines[i];

		for (n = 1; i + n < l->n_lines && first[n].part == first->part &&
			    first[n].page == first->page; n++)
			;
		if (first->page == page)
			put_part(p, first, n);
	}
}

/* Its background, and the line between it and the view. */
static void put_ground(struct grid *g, struct area panel)
{
	bool beside = panel.left > 0;

	if (!beside)
		grid_blank(g, panel.top, panel.height);	/* a view may be there */
	for (unsigned int y = panel.top; y < panel.top + panel.height; y++) {
		struct pen edge = pen_make(g, y, panel.left, panel.left + 1);

		if (beside)
			pen_put(&edge, STYLE_RULE, g->utf8 ? "│" : "|");
		grid_tint(g, y, panel.left + beside, panel.width - beside,
			  (struct style){ .bg = INK_PANEL });
	}
}

/* "LESSON  Functions   1/3", and below what leads on. */
static void put_frame(struct app *a, struct grid *g, struct area panel,
		      const struct lesson *l, bool more)
{
	const struct app_panel_place *place = place_of(a);
	bool beside = panel.left > 0, focused = a->panel.focused;
	unsigned int n_pages = l ? l->n_pages : 1, bottom = panel.top + panel.height - 1;
	struct pen pen = pen_make(g, panel.top, panel.left, panel.left + panel.width);
	const char *next = more ? "j" : "n", *what = more ? "more below" : "next page";

	pen_to(&pen, beside ? 2 : 1);
	pen_put(&pen, focused ? STYLE_ALARM : STYLE_STRONG, "LESSON");
	pen_put(&pen, STYLE_DIM, "  %s", l ? l->title : "");
	pen_to(&pen, panel.width - 4);
	pen_put(&pen, STYLE_DIM, "%u/%u", place->page + 1, n_pages);
	pen = pen_make(g, beside ? bottom : panel.top, panel.left, panel.left + panel.width - 6);
	pen_to(&pen, beside ? 2 : panel.width - 32);
	if (!focused) {
		pen_put(&pen, STYLE_STRONG, "Tab");
		pen_put(&pen, STYLE_DIM, " then ");
	}
	pen_put(&pen, STYLE_STRONG, "%s", next);
	pen_put(&pen, STYLE_DIM, "  %s", what);
}

void panel_draw(struct app *a, struct grid *g, struct area panel)
{
	struct app_panel_place *place;
	const struct lesson *l;
	const char *trouble;
	bool beside = panel.left > 0;
	struct page p;

	if (!panel.width)
		return;
	place = place_of(a);
	l = find_lesson(a, place->lesson, &trouble);
	make_values(a);
	do {
		put_ground(g, panel);
		p = (struct page){ .a = a, .below = panel.width >= 60, .rows = {
			.g = g, .top = panel.top + (beside ? 2 : 1),
			.height = panel.height - (beside ? 3 : 1),
			.left = panel.left + (beside ? 2 : 1), .right = panel.left + panel.width - 1,
			.from = place->scroll.cursor } };
		p.indent = p.below ? TEXT_AT : 0;
		if (l)
			put_lesson(&p, l, place->page);
		else
			put_text(&p, NULL, PROSE_PLAIN, trouble);
		list_fit(&place->scroll, p.rows.n > p.rows.height ? p.rows.n - p.rows.height + 1 : 1,
			 p.rows.height);
	} while (p.rows.from != place->scroll.cursor);
	put_frame(a, g, panel, l, place->scroll.cursor + 1 < place->scroll.n);
}

void app_panel_deinit(struct app_panel *p)
{
	lessons_deinit(&p->lessons);
	lesson_values_deinit(&p->values);
}
