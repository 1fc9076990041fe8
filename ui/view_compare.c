// SPDX-License-Identifier: Apache-2.0
/* What became faster or slower: a baseline, and what is shown now. */
#include <math.h>
#include <string.h>

#include "base/util.h"
#include "profile/filter.h"
#include "ui/cells.h"
#include "ui/compare_cells.h"
#include "ui/prose.h"
#include "ui/text.h"
#include "ui/view.h"

#define HEAD_ROWS 4		/* unit, A, B, change */
#define HEAD_FROM 13		/* height of the view from which on they are all there; else one */
#define DETAIL_ROWS 4		/* rule, three lines */
#define DETAIL_FROM 18
#define CERTAINTY_ROWS 3
#define CERTAINTY_FROM 25
#define TOTAL_ROWS 2		/* below the rows: a line, the sums */
#define LABEL_AT 2
#define VALUE_AT 12
#define NAME_WIDTH 30		/* of a side */
#define TIME_FROM 72		/* width from which on there is room for how long it is */
#define BAR_FROM 90		/* width from which on totals have bars */
#define BAR_AT 66
#define BAR_MOST 40

/* Which parts there is room for. */
struct layout {
	bool head, detail, certainty;
	unsigned int table;	/* row of its head */
	unsigned int rows;	/* of the table */
	unsigned int foot;	/* row of the units */
};

static struct layout layout_of(struct area area)
{
	struct layout l = { .head = area.height >= HEAD_FROM, .detail = area.height >= DETAIL_FROM,
			    .certainty = area.height >= CERTAINTY_FROM };
	unsigned int below = TOTAL_ROWS;

	l.table = l.head ? HEAD_ROWS + l.certainty : 1;
	if (l.head)
		below += 1;
	if (l.certainty)
		below += CERTAINTY_ROWS + 1;
	if (l.detail)
		below += DETAIL_ROWS;
	l.rows = area.height > l.table + 1 + below ? area.height - l.table - 1 - below : 1;
	l.foot = l.table + 1 + l.rows + TOTAL_ROWS + l.certainty;
	return l;
}

/* What draws it all needs. */
struct picture {
	struct app *a;
	struct grid *g;
	struct area area;
	struct layout l;
	const struct compare *c;
	struct compare_side sides[2];
	struct compare_cells cells;
};

/* ---- above the table ---- */

/* A bar of what is not code. */
static void put_meter(struct pen *pen, unsigned int width, double part)
{
	static const char *const eighths[] = { "", "▏", "▎", "▍", "▌", "▋", "▊", "▉" };
	unsigned int n = (unsigned int)lround(fmin(fmax(part, 0), 1) * width * 8);
	struct style style = { .fg = INK_METER };
	bool utf8 = pen->grid->utf8;

	for (unsigned int i = 0; i < n / 8; i++)
		pen_put(pen, style, utf8 ? "█" : "#");
	if (utf8 && n % 8)
		pen_put(pen, style, "%s", eighths[n % 8]);
}

static void put_side(const struct picture *t, int side)
{
	struct pen pen = area_pen(t->g, t->area, side == COMPARE_A ? 1 : 2);
	const struct compare_total *total = t->c->total;
	double most = fmax(total[COMPARE_A].value, total[COMPARE_B].value);
	_cleanup_(freep) char *name = app_compare_name(t->a, side);
	char buf[COMPARE_NUMBER], n[TEXT_NUMBER];
	bool wide = t->area.width >= BAR_FROM;
	/* taken by what is beside the bar */
	unsigned int room = BAR_AT + t->cells.number + (unsigned int)strlen(t->cells.numbers.unit) + 3;

	pen_to(&pen, LABEL_AT);
	pen_put(&pen, STYLE_STRONG, "%c  ", side == COMPARE_A ? 'A' : 'B');
	pen_name(&pen, STYLE_TEXT, NAME_WIDTH, name);
	pen_to(&pen, wide ? 40 : NAME_WIDTH + 5);
	if (t->area.width >= TIME_FROM)
		pen_right(&pen, STYLE_DIM, 9, "%s", text_time(n, total[side].range_ns));
	pen_right(&pen, STYLE_TEXT, wide ? 12 : 11, "%s", text_count(n, total[side].samples));
	pen_put(&pen, STYLE_DIM, " smp");
	if (t->c->unit == COMPARE_SHARE)
		return;
	pen_to(&pen, wide ? BAR_AT : pen.column + 2);
	if (wide && t->area.width > room)
		put_meter(&pen, min_of(t->area.width - room, (unsigned int)BAR_MOST),
			  most > 0 ? total[side].value / most : 0);
	pen_to(&pen, pen.column + wide);
	pen_put(&pen, STYLE_STRONG, "%s",
		compare_value(buf, &t->cells.numbers, total[side].value));
	pen_put(&pen, STYLE_DIM, " %s", t->cells.numbers.unit);
}

/* One row, where there is no room for more. */
static void put_brief(const struct picture *t)
{
	struct pen pen = area_pen(t->g, t->area, 0);
	_cleanup_(freep) char *change = compare_change_text(t->c, t->g->utf8);
	char buf[COMPARE_NUMBER];

	pen_to(&pen, 1);
	pen_put(&pen, STYLE_STRONG, "per %s", compare_unit_name(t->c->unit));
	for (int side = 0; side < 2 && t->c->unit != COMPARE_SHARE; side++) {
		pen_put(&pen, STYLE_DIM, "  %c ", side == COMPARE_A ? 'A' : 'B');
		pen_put(&pen, STYLE_TEXT, "%s", compare_value(buf, &t->cells.numbers,
							      t->c->total[side].value));
	}
	pen_put(&pen, STYLE_TEXT, "  %s", change);
}

static void put_head(const struct picture *t)
{
	struct pen pen = area_pen(t->g, t->area, 0);
	_cleanup_(freep) char *change = compare_change_text(t->c, t->g->utf8);
	_cleanup_(freep) char *trouble = compare_trouble_text(t->c);

	if (!t->l.head) {
		put_brief(t);
		return;
	}
	pen_to(&pen, 1);
	pen_put(&pen, STYLE_STRONG, "%s", compare_unit_title(t->c->unit));
	pen_to(&pen, pen.column + 3);
	pen_put(&pen, STYLE_DIM, "%s", compare_caution(t->c));
	put_side(t, COMPARE_A);
	put_side(t, COMPARE_B);
	pen = area_pen(t->g, t->area, 3);
	if (trouble) {
		pen_to(&pen, LABEL_AT);
		pen_put(&pen, STYLE_STRONG, "! %s", trouble);
		return;
	}
	if (t->c->unit == COMPARE_SHARE)
		return;
	pen_to(&pen, t->area.width >= BAR_FROM ? BAR_AT : 32);
	pen_put(&pen, t->c->change_known ? STYLE_STRONG : STYLE_DIM, "%s", change);
}

/* ---- the table ---- */

static void put_rows(struct picture *t)
{
	struct app_compare *v = &t->a->compare;
	unsigned int y = t->l.table;
	struct pen pen = area_pen(t->g, t->area, y);

	t->cells.pen = &pen;
	compare_cells_head(&t->cells);
	grid_tint(t->g, t->area.top + y, 0, t->area.width, (struct style){ .attrs = ATTR_UNDERLINE });
	for (uint32_t i = 0; i < t->l.rows && v->list.top + i < v->n_shown; i++) {
		bool chosen = v->list.top + i == v->list.cursor;

		pen = area_pen(t->g, t->area, ++y);
		if (chosen) {
			grid_tint(t->g, t->area.top + y, 0, t->area.width,
				  (struct style){ .bg = INK_TINT });
			pen_put(&pen, STYLE_TEXT, ">");
		}
		compare_cells_row(&t->cells, &t->c->rows[v->shown[v->list.top + i]], chosen);
		area_spot(t->g, t->area, y, v->list.top + i);
	}
	if (!v->n_shown) {
		pen = area_pen(t->g, t->area, ++y);
		pen_to(&pen, LABEL_AT);
		pen_put(&pen, STYLE_TEXT, "no row has evidence of a change; v shows all");
	}
	pen = area_pen(t->g, t->area, ++y);
	compare_cells_line(&t->cells);
	if (v->only_evidence && v->n_shown < t->c->n_rows) {
		pen_to(&pen, pen.column + 2);
		pen_put(&pen, STYLE_DIM, "%u without evidence are not shown", t->c->n_rows - v->n_shown);
	}
	pen = area_pen(t->g, t->area, ++y);
	compare_cells_total(&t->cells);
}

/* ---- below ---- */

static void put_units(const struct picture *t)
{
	struct pen pen = area_pen(t->g, t->area, t->l.foot);

	pen_to(&pen, 1);
	pen_put(&pen, STYLE_DIM, t->g->utf8 ? "unit " : "unit");
	for (enum compare_unit i = 0; i < COMPARE_UNITS; i++) {
		const char *name = compare_unit_name(i), *per = i == COMPARE_SHARE ? "" : "per ";

		if (!compare_has_unit(t->sides, i))
			continue;
		if (i == t->c->unit && t->g->utf8)
			pen_put(&pen, (struct style){ .bg = INK_CHIP, .attrs = ATTR_BOLD }, " %s%s ",
				per, name);
		else if (i == t->c->unit)
			pen_put(&pen, STYLE_STRONG, " [%s%s]", per, name);
		else
			pen_put(&pen, STYLE_DIM, "  %s%s ", per, name);
	}
}

static void put_certainty(const struct picture *t)
{
	_cleanup_(freep) char *text = compare_certainty(t->c);
	struct rows rows = { .g = t->g, .top = t->area.top + t->l.foot + 1, .height = CERTAINTY_ROWS,
			     .left = 1, .right = t->area.width - 1 };
	struct prose p = { .utf8 = t->g->utf8 };

	prose_add(&p, PROSE_DIM, text);
	prose_put(&rows, &p, NULL, 0);
	prose_deinit(&p);
}

static void put_label(struct pen *pen, const char *label)
{
	pen_to(pen, LABEL_AT);
	pen_put(pen, STYLE_DIM, "%s", label);
	pen_to(pen, VALUE_AT);
}

static void put_change(const struct picture *t, const struct compare_row *row, struct pen *pen)
{
	const struct compare_numbers *n = &t->cells.numbers;
	char change[COMPARE_NUMBER], low[COMPARE_NUMBER], high[COMPARE_NUMBER];
	const char *what = row->verdict == COMPARE_UNTESTED ? "how it scatters is not known"
		: compare_has_evidence(row) ? "without 0: a change" : "with 0: no evidence";
	bool utf8 = t->g->utf8;

	put_label(pen, "change");
	pen_put(pen, STYLE_STRONG, "%s", compare_change(change, n, row->change, utf8));
	pen_put(pen, STYLE_DIM, " %s", n->unit);
	if (row->low < row->high)
		pen_put(pen, STYLE_TEXT, "  95%%: %s to %s%s", compare_change(low, n, row->low, utf8),
			compare_change(high, n, row->high, utf8), t->c->rough ? "?" : "");
	if (pen_left(pen) > strlen(what) + 3)
		pen_put(pen, STYLE_DIM, "  %s", what);
}

static const char *match_text(const struct compare_row *row)
{
	switch (row->kind) {
	case COMPARE_OTHERS:
		return "fewer than 10 each, too few to be tested alone";
	case COMPARE_FILTERED:
		return "what the filter leaves out";
	case COMPARE_KERNEL:
		return "one side does not see its functions";
	case COMPARE_UNNAMED:
		return "at addresses that mean nothing in the other build";
	case COMPARE_FUNCTION:
		break;
	}
	if (!row->n_functions[COMPARE_A] || !row->n_functions[COMPARE_B])
		return "not found on the other side";
	return row->by_name ? "matched by name, in another file" : "matched by name and place";
}

static void put_detail(const struct picture *t)
{
	const struct app_compare *v = &t->a->compare;
	const struct compare_row *row = &t->c->rows[v->shown[v->list.cursor]];
	unsigned int y = t->area.height - DETAIL_ROWS;
	_cleanup_(freep) char *name = compare_row_name(t->sides, row);
	_cleanup_(freep) char *both = compare_circumstances(t->sides);
	struct pen pen = area_pen(t->g, t->area, y);
	char a[TEXT_NUMBER], b[TEXT_NUMBER];
	struct buf clean = { 0 };

	text_clean(&clean, name, strlen(name), t->g->utf8);
	text_clip(&clean, t->area.width - 8, t->g->utf8);
	pen_rule(&pen, (const char *)clean.data, "");
	buf_deinit(&clean);
	pen = area_pen(t->g, t->area, y + 1);
	put_change(t, row, &pen);
	pen = area_pen(t->g, t->area, y + 2);
	put_label(&pen, "samples");
	pen_put(&pen, STYLE_TEXT, "%s", text_count(a, row->samples[COMPARE_A]));
	pen_put(&pen, STYLE_DIM, " in A, ");
	pen_put(&pen, STYLE_TEXT, "%s", text_count(b, row->samples[COMPARE_B]));
	pen_put(&pen, STYLE_DIM, " in B; ");
	pen_name(&pen, STYLE_DIM, pen_left(&pen) > 1 ? pen_left(&pen) - 1 : 0, match_text(row));
	pen = area_pen(t->g, t->area, y + 3);
	put_label(&pen, "recorded");
	pen_name(&pen, STYLE_DIM, t->area.width - VALUE_AT - 1, both);
}

/* ---- the view ---- */

static void put_lack(const struct app *a, struct grid *g, struct area area)
{
	const char *const texts[] = { a->compare.lacks, a->compare.helps };
	struct rows rows = { .g = g, .top = area.top + 2, .height = area.height - 2, .left = 1,
			     .right = area.width - 1 };

	for (unsigned int i = 0; i < 2; i++) {
		struct prose p = { .utf8 = g->utf8 };

		prose_add_name(&p, i ? PROSE_DIM : PROSE_PLAIN, 200, texts[i]);
		prose_put(&rows, &p, NULL, 0);
		prose_deinit(&p);
	}
}

static void draw(struct app *a, struct grid *g, struct area area)
{
	struct app_compare *v = &a->compare;
	struct picture t = { .a = a, .g = g, .area = area, .l = layout_of(area), .c = &v->c };

	if (view_lacks_samples(a, g, area))
		return;
	if (!app_compare_make(a)) {
		put_lack(a, g, area);
		return;
	}
	if (!v->list.height)	/* the first time: from the top, if what is chosen is there */
		v->list.top = 0;
	list_fit(&v->list, v->n_shown, t.l.rows);
	app_compare_sides(a, t.sides);
	t.cells = compare_cells_make(t.c, t.sides, area.width);
	put_head(&t);
	put_rows(&t);
	if (t.l.head)
		put_units(&t);
	if (t.l.certainty)
		put_certainty(&t);
	if (t.l.detail && v->n_shown)
		put_detail(&t);
}

/* ---- rows ---- */

static uint32_t rows_n(struct app *a)
{
	return app_compare_make(a) ? a->compare.n_shown : 0;
}

static uint32_t rows_at(const struct app *a)
{
	return a->compare.list.cursor;
}

/* The function of the row, as far as there is one in what is looked at. */
static uint32_t function_at(const struct app *a, uint32_t row)
{
	const struct app_compare *v = &a->compare;
	const struct compare_row *r = &v->c.rows[v->shown[row]];

	return r->kind == COMPARE_FUNCTION ? r->function[app_compare_now(a)] : RECORD_NONE;
}

static void rows_choose(struct app *a, uint32_t row)
{
	list_choose(&a->compare.list, row);
	a->function = function_at(a, row);
}

static bool rows_match(struct app *a, uint32_t row, const struct filter *f)
{
	const struct app_compare *v = &a->compare;
	struct compare_side sides[2];
	_cleanup_(freep) char *name = NULL;

	app_compare_sides(a, sides);
	name = compare_row_name(sides, &v->c.rows[v->shown[row]]);
	return filter_match(f, name);
}

static struct list *rows_list(struct app *a)
{
	return &a->compare.list;
}

static const struct view_rows rows = {
	.n = rows_n, .at = rows_at, .choose = rows_choose, .matches = rows_match,
	.list = rows_list, .own_text = true,
};

/* ---- keys ---- */

static void next_unit(struct app *a)
{
	struct app_compare *v = &a->compare;

	do
		v->unit = (v->unit + 1) % COMPARE_UNITS;
	while (!compare_has_unit(v->sides, v->unit));
	v->unit_chosen = true;
	app_compare_again(a);
}

static void enter(struct app *a)
{
	uint32_t function = a->compare.n_shown ? function_at(a, a->compare.list.cursor) : RECORD_NONE;

	if (function == RECORD_NONE)
		app_refuse(a, "this row is no function of what is shown now");
	else
		app_go(a, &view_callers, function);
}

static bool act(struct app *a, enum action action)
{
	struct app_compare *v = &a->compare;
	bool made = app_compare_make(a);

	if (action == ACTION_BY) {
		app_compare_ask(a);
		return true;
	}
	if (!made && (action == ACTION_UNIT || action == ACTION_RANGE || action == ACTION_ASSEMBLY)) {
		app_refuse(a, "there is nothing to compare with yet; b chooses it");
		return true;
	}
	if (!made)
		return false;
	if (list_act(&v->list, action)) {
		if (v->n_shown)
			a->function = function_at(a, v->list.cursor);
	} else if (action == ACTION_ENTER) {
		enter(a);
	} else if (action == ACTION_UNIT) {
		next_unit(a);
	} else if (action == ACTION_RANGE) {
		v->only_evidence = !v->only_evidence;
		app_compare_again(a);
	} else if (action == ACTION_ASSEMBLY) {
		v->swapped = !v->swapped;
		app_compare_again(a);
		app_say(a, v->swapped ? "A is what is shown now, B the baseline"
				      : "A is the baseline, B what is shown now");
	} else {
		return false;
	}
	return true;
}

static bool pick(struct app *a, uint32_t n)
{
	bool was = a->compare.list.cursor == n;

	if (app_compare_make(a) && n < a->compare.n_shown)
		rows_choose(a, n);
	return was;
}

const struct view view_compare = {
	.key = '0', .action = ACTION_COMPARE, .name = "Diff", .short_name = "Diff",
	.keys = "Enter callers  U unit  v evidence only  o swap  b choose A  f flame  B now as A  L lesson  ? help  q quit",
	.lesson = "compare",
	.rows = &rows, .needs_samples = true, .draw = draw, .act = act, .pick = pick,
};
