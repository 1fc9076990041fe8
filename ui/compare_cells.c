// SPDX-License-Identifier: Apache-2.0
#include "ui/compare_cells.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/util.h"
#include "ui/text.h"

#define VERDICT 13		/* "faster (gone)" */
#define NAME_LEAST 18
#define PLOT_LEAST 12
#define PLOT_MOST 40

static bool is_drawn(const struct compare_row *r)
{
	return r->kind < COMPARE_OTHERS && r->low < r->high;
}

/* What the intervals of functions reach; those that nobody can say much of do not stretch it. */
static void find_reach(struct compare_cells *t)
{
	double most = 0;

	for (uint32_t i = 0; i < t->c->n_rows; i++)
		if (is_drawn(&t->c->rows[i]))
			most = fmax(most, fabs(t->c->rows[i].change));
	for (uint32_t i = 0; i < t->c->n_rows; i++) {
		const struct compare_row *r = &t->c->rows[i];

		if (!is_drawn(r))
			continue;
		t->low = fmin(t->low, fmax(r->low, -1.5 * most));
		t->high = fmax(t->high, fmin(r->high, 1.5 * most));
	}
	if (t->low >= t->high)
		t->high = t->low + 1;
}

/* Columns of the widest number there is, signs included. */
static unsigned int number_width(const struct compare_cells *t)
{
	char buf[COMPARE_NUMBER];
	unsigned int most = 0;

	for (int side = 0; side < 2; side++)
		most = max_of(most, text_width(compare_value(buf, &t->numbers,
							     t->c->total[side].value)));
	for (uint32_t i = 0; i < t->c->n_rows; i++)
		most = max_of(most, text_width(compare_change(buf, &t->numbers, t->c->rows[i].change,
							      false)));
	most = max_of(most, text_width(compare_change(buf, &t->numbers, -fmax(-t->low, t->high),
						      false)));
	most = max_of(most, (unsigned int)strlen(t->numbers.unit) + 2);	/* "A ms" */
	return max_of(most, (unsigned int)strlen("CHANGE")) + 1;
}

struct compare_cells compare_cells_make(const struct compare *c, const struct compare_side sides[2],
					unsigned int width)
{
	struct compare_cells t = { .c = c, .sides = sides, .numbers = compare_numbers_of(c) };
	unsigned int used;

	find_reach(&t);
	t.number = number_width(&t);
	used = 1 + 3 * t.number + 1 + 4 + VERDICT + 1;
	t.name = NAME_LEAST;
	t.interval = 2 * t.number + 5;
	if (used + t.name + t.interval > width) {
		t.interval = 0;
	} else {
		used += t.interval;
		if (width > used + NAME_LEAST + 6 + PLOT_LEAST + 2)
			t.plot = min_of((width - used - NAME_LEAST) * 3 / 5, (unsigned int)PLOT_MOST);
	}
	used += t.plot ? t.plot + 2 : 0;
	if (width > used + t.name)
		t.name = width - used;
	return t;
}

/* ---- the plot ---- */

/* The column of a change, as a number with fractions. */
static double column_of(const struct compare_cells *t, double change)
{
	double at = (change - t->low) / (t->high - t->low) * t->plot;

	return fmin(fmax(at, 0), t->plot - 1e-9);
}

static struct style tone_of(const struct compare_row *row)
{
	if (!compare_has_evidence(row))
		return STYLE_DIM;
	return (struct style){ .fg = row->change < 0 ? INK_LESS : INK_MORE };
}

/* A forest plot: heavy where the interval leaves 0 out, light where it does not. */
static void put_plot(const struct compare_cells *t, const struct compare_row *row)
{
	bool utf8 = t->pen->grid->utf8, heavy = compare_has_evidence(row);
	const char *line = !utf8 ? heavy ? "=" : "-" : heavy ? "━" : "─";
	const char *cross = !utf8 ? heavy ? "#" : "+" : heavy ? "╋" : "┼";
	unsigned int zero = (unsigned int)column_of(t, 0), at = (unsigned int)column_of(t, row->change);
	double low = column_of(t, row->low), high = column_of(t, row->high);
	bool known = row->low < row->high;

	for (unsigned int i = 0; i < t->plot; i++) {
		bool within = known && i + 1 > low && i < high;

		if (known && i == at)
			pen_put(t->pen, tone_of(row), "%s", row->change > t->high ? ">"
				: row->change < t->low ? "<" : cross);
		else if (within && i == (unsigned int)low && low - i > .5 && utf8)
			pen_put(t->pen, tone_of(row), heavy ? "╺" : "╶");
		else if (within && i == (unsigned int)high && high - i < .5 && utf8)
			pen_put(t->pen, tone_of(row), heavy ? "╸" : "╴");
		else if (within)
			pen_put(t->pen, tone_of(row), "%s", line);
		else if (i == zero)
			pen_put(t->pen, STYLE_RULE, utf8 ? "│" : "|");
		else
			pen_put(t->pen, STYLE_RULE, " ");
	}
}

/* Where the ends and 0 are, as far as they do not run into each other. */
static void put_axis(const struct compare_cells *t)
{
	unsigned int from = t->pen->column, zero = (unsigned int)column_of(t, 0);
	char low[COMPARE_NUMBER], high[COMPARE_NUMBER];
	bool utf8 = t->pen->grid->utf8;
	unsigned int high_width;

	compare_change(low, &t->numbers, t->low, utf8);
	compare_change(high, &t->numbers, t->high, utf8);
	high_width = text_width(high);
	if (text_width(low) + 1 <= zero)
		pen_put(t->pen, STYLE_DIM, "%s", low);
	pen_to(t->pen, from + zero);
	pen_put(t->pen, STYLE_DIM, "0");
	if (zero + 2 + high_width <= t->plot) {
		pen_to(t->pen, from + t->plot - high_width);
		pen_put(t->pen, STYLE_DIM, "%s", high);
	}
	pen_to(t->pen, from + t->plot);
}

/* ---- rows ---- */

void compare_cells_head(const struct compare_cells *t)
{
	const char *unit = t->numbers.unit;

	pen_to(t->pen, 1);
	pen_right(t->pen, STYLE_DIM, t->number, "A %s", unit);
	pen_right(t->pen, STYLE_DIM, t->number, "B %s", unit);
	pen_right(t->pen, STYLE_DIM, t->number, "CHANGE");
	if (t->interval) {
		unsigned int to = t->pen->column + t->interval;

		pen_to(t->pen, t->pen->column + 2);
		pen_put(t->pen, STYLE_DIM, "95%% INTERVAL");
		pen_to(t->pen, to);
	}
	if (t->plot) {
		pen_to(t->pen, t->pen->column + 2);
		put_axis(t);
	}
	pen_to(t->pen, t->pen->column + 2);
	pen_put(t->pen, STYLE_DIM, "K FUNCTION");
	pen_to(t->pen, t->pen->column - 8 + t->name);
	pen_put(t->pen, STYLE_DIM, "VERDICT");
}

/* "-1.95 .. -1.73": the two ends of an interval, rough ones with a mark. */
static void put_interval(const struct compare_cells *t, const struct compare_row *row)
{
	unsigned int to = t->pen->column + t->interval;
	bool utf8 = t->pen->grid->utf8;
	char buf[COMPARE_NUMBER];

	if (row->low < row->high) {
		pen_right(t->pen, STYLE_DIM, t->number + 1, "%s",
			  compare_change(buf, &t->numbers, row->low, utf8));
		pen_put(t->pen, STYLE_DIM, utf8 ? " … " : " ..");
		pen_put(t->pen, STYLE_DIM, "%s%s%s", utf8 ? "" : " ",
			compare_change(buf, &t->numbers, row->high, utf8), t->c->rough ? "?" : "");
	}
	pen_to(t->pen, to);
}

void compare_cells_row(const struct compare_cells *t, const struct compare_row *row, bool chosen)
{
	bool evidence = compare_has_evidence(row), utf8 = t->pen->grid->utf8;
	struct style text = evidence || chosen ? STYLE_TEXT : STYLE_DIM;
	_cleanup_(freep) char *name = compare_row_name(t->sides, row);
	char kind = compare_row_kind(t->sides, row), buf[COMPARE_NUMBER];
	struct style word = tone_of(row);
	unsigned int name_at;

	pen_to(t->pen, 1);
	for (int side = 0; side < 2; side++)
		pen_right(t->pen, text, t->number, "%s",
			  compare_value(buf, &t->numbers, row->value[side]));
	pen_right(t->pen, evidence ? STYLE_STRONG : text, t->number, "%s",
		  compare_change(buf, &t->numbers, row->change, utf8));
	if (t->interval)
		put_interval(t, row);
	if (t->plot) {
		pen_to(t->pen, t->pen->column + 2);
		put_plot(t, row);
	}
	pen_to(t->pen, t->pen->column + 2);
	pen_put(t->pen, style_kind(kind), "%c", kind);
	pen_put(t->pen, STYLE_TEXT, " ");
	name_at = t->pen->column;
	pen_name(t->pen, chosen || evidence ? STYLE_STRONG : STYLE_TEXT, t->name - 1, name);
	pen_to(t->pen, name_at + t->name);
	if (evidence)
		word.attrs |= ATTR_BOLD;
	pen_put(t->pen, word, "%s", compare_word(t->c->unit, row->verdict));
}

void compare_cells_line(const struct compare_cells *t)
{
	pen_to(t->pen, 1);
	for (int i = 0; i < 3; i++) {
		pen_to(t->pen, t->pen->column + 1);
		for (unsigned int k = 1; k < t->number; k++)
			pen_put(t->pen, STYLE_RULE, t->pen->grid->utf8 ? "─" : "-");
	}
}

void compare_cells_total(const struct compare_cells *t)
{
	const struct compare_total *total = t->c->total;
	char buf[COMPARE_NUMBER];

	pen_to(t->pen, 1);
	for (int side = 0; side < 2; side++)
		pen_right(t->pen, STYLE_TEXT, t->number, "%s",
			  compare_value(buf, &t->numbers, total[side].value));
	pen_right(t->pen, STYLE_STRONG, t->number, "%s",
		  compare_change(buf, &t->numbers, total[COMPARE_B].value - total[COMPARE_A].value,
				 t->pen->grid->utf8));
	pen_to(t->pen, t->pen->column + 2);
	pen_put(t->pen, STYLE_DIM, "total; the rows add up");
}
