// SPDX-License-Identifier: Apache-2.0
#include "ui/tree_cells.h"

#include <math.h>
#include <string.h>

#include "base/util.h"
#include "ui/ledger_text.h"
#include "ui/text.h"

#define REST_LEAST 24	/* columns that "2 more, each under 0.2%" takes */

/* A blank for a row that is no function. */
static char kind_of(const struct tree_cells *t, const struct tree_row *row)
{
	return row->kind == TREE_ROW_NODE && row->node
		? profile_function_kind(t->c.p, t->tree->function[row->node]) : ' ';
}

void tree_cells_numbers(const struct tree_cells *t, const struct tree_row *row)
{
	double total = summary_share(t->c.sum, row->total.weight_ns);
	double self = row->kind == TREE_ROW_NODE
		? summary_share(t->c.sum, row->self.weight_ns) : 0;
	char kind = kind_of(t, row);

	pen_to(t->c.pen, 2);
	cell_share(&t->c, total);
	pen_to(t->c.pen, 8);
	if (row->kind == TREE_ROW_NODE)
		cell_share(&t->c, self);
	pen_to(t->c.pen, 14);
	pen_bar(t->c.pen, kind, t->columns.bar, self, total, total, 1);
	pen_to(t->c.pen, t->c.pen->column + 1);
	cell_kind(&t->c, kind);
	pen_to(t->c.pen, TREE_CELLS_NAME_AT + t->columns.bar + 1);
}

char *tree_cells_function(const struct profile *p, const struct ledger *l, uint32_t function)
{
	char low[TEXT_NUMBER], high[TEXT_NUMBER];

	if (p->functions[function].outcome == OUTCOME_LEFT_OUT && l->left_out_max) {
		_cleanup_(freep) char *frames = ledger_left_out(l);

		return xasprintf("[%s left out]", frames);
	}
	if (p->functions[function].outcome != OUTCOME_COPY || !l->gap_max)
		return xstrdup(profile_string(p, p->functions[function].name));
	text_bytes(low, l->gap_min);
	text_bytes(high, l->gap_max);
	if (strcmp(low, high) == 0)
		return xasprintf("[gap: %s of stack not copied]", high);
	return xasprintf("[gap: %s to %s of stack not copied]", low, high);
}

/* How often a function calls itself in a row: in half of its samples, and at most. */
static char *recursion_text(const struct tree_row *row, bool utf8)
{
	const char *times = utf8 ? "×" : "x";

	if (row->n < 2)
		return xstrdup("");
	return row->n == row->max_depth ? xasprintf("  %s%u", times, row->n)
		: xasprintf("  %s%u, at most %u", times, row->n, row->max_depth);
}

/* Deep down a name takes room of the next column, which moves to the right there. */
static void put_node(const struct tree_cells *t, const struct tree_row *row)
{
	uint32_t function = t->tree->function[row->node];
	double share = summary_share(t->c.sum, row->total.weight_ns);
	_cleanup_(freep) char *name = tree_cells_function(t->c.p, t->ledger, function);
	_cleanup_(freep) char *recursion = recursion_text(row, t->c.pen->grid->utf8);
	_cleanup_(freep) char *where = t->c.p->functions[function].outcome	/* is nowhere */
		? xstrdup("") : function_where(t->c.p, function);
	unsigned int place = min_of(text_width(where), t->columns.where);
	unsigned int used = text_width(recursion) + (place ? place + 2 : 0) + 1;
	unsigned int end = t->width > used ? t->width - used : 0;

	pen_name(t->c.pen, share >= .0995 ? STYLE_STRONG : STYLE_TEXT,
		 end > t->c.pen->column + 8 ? end - t->c.pen->column : 8, name);
	pen_put(t->c.pen, STYLE_DIM, "%s", recursion);
	if (!place)
		return;
	pen_to(t->c.pen, max_of(t->columns.where_at, t->c.pen->column + 2));
	pen_name(t->c.pen, STYLE_DIM, min_of(place, pen_left(t->c.pen)), where);
}

static void put_root(const struct tree_cells *t, const struct tree_row *row)
{
	const char *title = profile_title(t->c.p);
	char count[TEXT_NUMBER], time[TEXT_NUMBER];
	_cleanup_(freep) char *all = xasprintf("%s samples, %s", text_count(count, row->total.count),
					       text_time(time, row->total.weight_ns));
	unsigned int at = t->width > text_width(all) + 1 ? t->width - text_width(all) - 1 : 0;

	at = min_of(at, t->columns.where_at);
	pen_name(t->c.pen, STYLE_STRONG, at > t->c.pen->column + 2 ? at - t->c.pen->column - 2 : 0,
		 title ? title : "all");
	pen_to(t->c.pen, at);
	pen_put(t->c.pen, STYLE_DIM, "%s", all);
}

static void put_rest(const struct tree_cells *t, const struct tree_row *row)
{
	double largest = summary_share(t->c.sum, row->largest_ns);
	char count[TEXT_NUMBER];

	_cleanup_(freep) char *text = xasprintf("%s more, %sunder %.1f%%", text_count(count, row->n),
		row->n > 1 && pen_left(t->c.pen) > REST_LEAST ? "each " : "",
		floor(largest * 1000) / 10 + .1);

	pen_name(t->c.pen, STYLE_DIM, pen_left(t->c.pen), text);
}

void tree_cells_name(const struct tree_cells *t, const struct tree_row *row)
{
	if (row->kind == TREE_ROW_REST)
		put_rest(t, row);
	else if (row->kind == TREE_ROW_FILTERED)
		pen_put(t->c.pen, STYLE_DIM, "[filtered out]");
	else if (row->depth == 0)
		put_root(t, row);
	else
		put_node(t, row);
}
