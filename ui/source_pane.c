// SPDX-License-Identifier: Apache-2.0
#include "ui/source_pane.h"

#include <string.h>

#include "base/util.h"
#include "ui/cells.h"
#include "ui/source_rows.h"
#include "ui/text.h"
#include "ui/view.h"

#define TOTAL_FROM 64		/* width from which on there is a column of totals, */
#define SECONDS_FROM 90		/* Python: one of seconds, */
#define SAMPLES_FROM 110	/* and one of samples, too; others: both */
#define NO_TEXT_WIDTH 22	/* for the names of files where no line can be shown */

/* Where each column ends; 0: there is none. */
struct columns_of_source {
	unsigned int in_c, total, seconds, samples, line;
	unsigned int text_at, right;
};

static unsigned int add_column(bool wanted, unsigned int *at, unsigned int width)
{
	*at += wanted ? width : 0;
	return wanted ? *at : 0;
}

static struct columns_of_source find_columns(const struct app *a, unsigned int room, bool beside)
{
	bool wide = room >= TOTAL_FROM, python = a->source.lines.has_in_c;
	bool seconds = room >= (python ? SECONDS_FROM : SAMPLES_FROM);
	struct columns_of_source c = { .right = room };
	unsigned int at = 13;

	c.in_c = add_column(wide && python, &at, 7);
	c.total = add_column(wide, &at, 7);
	c.seconds = add_column(seconds, &at, 9);
	if (wide)
		c.samples = add_column(!python || room >= SAMPLES_FROM, &at, 9);
	else
		c.samples = add_column(true, &at, 7);
	c.line = at + max_of(wide ? 8u : 5u, a->source.digits + 1);
	c.text_at = c.line + 3;
	if (beside && !a->source.text)
		c.right = min_of(room, c.text_at + NO_TEXT_WIDTH);
	return c;
}

/* Put something so that it ends there. */
static void put_head_of(struct pen *pen, unsigned int end, const char *name)
{
	if (end)
		pen_right(pen, STYLE_DIM, end - pen->column, "%s", name);
}

static void put_head(const struct app *a, struct grid *g, unsigned int y, unsigned int left,
		     const struct columns_of_source *c)
{
	struct pen pen = pen_make(g, y, left, left + c->right);
	const char *slash = strrchr(a->source.path, '/');

	pen_right(&pen, STYLE_STRONG, 6, "SELF%%");
	pen_right(&pen, STYLE_DIM, 6, "%s95 ", pen_plus_minus(&pen));
	put_head_of(&pen, c->in_c, "IN C%");
	put_head_of(&pen, c->total, "TOTAL%");
	put_head_of(&pen, c->seconds, "TOTAL s");
	put_head_of(&pen, c->samples, c->total ? "SAMPLES" : "SMP");
	put_head_of(&pen, c->line, "LINE");
	pen_to(&pen, c->text_at);
	if (*a->source.path)
		pen_name(&pen, STYLE_STRONG, pen_left(&pen) ? pen_left(&pen) - 1 : 0,
			 slash && slash[1] ? slash + 1 : a->source.path);
	else
		pen_put(&pen, STYLE_DIM, "SOURCE");
}

/* In six columns, in the colours of a kind of code. */
static void put_heat(struct cells *c, char kind, struct sum sum)
{
	double share = summary_share(c->sum, sum.weight_ns);
	char n[TEXT_NUMBER];

	if (sum.count)
		pen_put(c->pen, style_heat(kind, share), "%5s ",
			text_percent(n, share, c->sum->received.count < CELLS_WHOLE_PERCENT));
}

static void put_numbers(const struct app *a, struct cells *c,
			const struct columns_of_source *columns, const struct line_sum *sum)
{
	double total = summary_share(c->sum, sum->total.weight_ns);
	struct sum counted = columns->total ? sum->total : sum->self;
	char n[TEXT_NUMBER];

	pen_to(c->pen, 1);
	put_heat(c, profile_function_kind(c->p, a->function), sum->self);
	pen_to(c->pen, 7);
	if (sum->self.count)
		cell_interval(c, sum->self_share);
	if (columns->in_c) {
		pen_to(c->pen, columns->in_c - 5);
		put_heat(c, 'L', sum->in_c);
	}
	if (columns->total) {
		pen_to(c->pen, columns->total - 5);
		cell_share(c, total);
	}
	if (columns->seconds) {
		pen_to(c->pen, columns->seconds - 7);
		cell_seconds(c, sum->total.weight_ns, total);
	}
	if (columns->samples && counted.count)
		pen_right(c->pen, STYLE_TEXT, columns->samples - c->pen->column, "%s",
			  text_count(n, counted.count));
}

/* What is around the function recedes behind its lines, and these behind what took time. */
static struct style row_style(const struct app_source *s, const struct app_source_row *row)
{
	if (!source_is_own(s, (uint32_t)(row - s->rows)))
		return STYLE_FAINT;
	return row->sum ? STYLE_TEXT : STYLE_DIM;
}

/*
 * The line's text; of a line that is elsewhere its file.  Where lines begin far to the
 * right in a narrow pane, all begin further left, in proportion.
 */
static void put_text(const struct app *a, struct pen *pen, const struct app_source_row *row)
{
	const struct app_source *s = &a->source;
	struct style style = row_style(s, row);
	const char *path = row->sum ? profile_string(a->model->p, row->sum->file) : s->path;
	_cleanup_(freep) char *text = NULL;
	size_t indent, room;

	if (strcmp(path, s->path) != 0) {
		const char *slash = strrchr(path, '/');

		pen_put(pen, STYLE_DIM, "in ");
		pen_name(pen, STYLE_DIM, pen_left(pen), slash && slash[1] ? slash + 1 : path);
		return;
	}
	if (!row->line) {
		pen_put(pen, STYLE_DIM, "line not known");
		return;
	}
	text = source_line_text(s->text, row->line);
	if (!text)
		return;
	indent = strspn(text, " ");
	room = pen_left(pen) / 4;
	pen_to(pen, pen->column + (unsigned int)(s->indent <= room ? indent
						 : min_of((indent * room + s->indent - 1) / s->indent, room)));
	pen_name(pen, style, pen_left(pen) ? pen_left(pen) - 1 : 0, text + indent);
}

static void put_row(const struct source_pane *pane, unsigned int y,
		    const struct columns_of_source *columns, uint32_t i, uint64_t place)
{
	const struct app *a = pane->a;
	const struct app_source_row *row = &a->source.rows[i];
	struct pen pen = pen_make(pane->g, y, pane->left, pane->left + columns->right);
	struct cells c = { &pen, a->model->p, &a->model->sum };
	bool chosen = !a->source.in_code && i == pane->list->cursor;

	if (chosen)
		grid_tint(pane->g, y, pane->left, columns->right, (struct style){ .bg = INK_TINT });
	if (chosen || (place && source_place(&a->source, i) == place))
		pen_put(&pen, STYLE_TEXT, ">");
	if (row->sum)
		put_numbers(a, &c, columns, row->sum);
	if (row->line)
		pen_right(&pen, row_style(&a->source, row), columns->line - pen.column,
			  "%u", row->line);
	else
		pen_right(&pen, STYLE_DIM, columns->line - pen.column, "?");
	pen_to(&pen, columns->text_at - 2);
	pen_put(&pen, STYLE_RULE, pane->g->utf8 ? "│" : "|");
	pen_to(&pen, columns->text_at);
	put_text(a, &pen, row);
}

unsigned int source_pane_width(const struct app *a, unsigned int room)
{
	return find_columns(a, room, true).right;
}

void source_pane_draw(const struct source_pane *pane, uint64_t place)
{
	const struct list *l = pane->list;
	struct columns_of_source c = find_columns(pane->a, pane->room, pane->beside);

	put_head(pane->a, pane->g, pane->top, pane->left, &c);
	for (uint32_t i = 0; i + 1 < pane->rows && l->top + i < pane->a->source.n_rows; i++) {
		put_row(pane, pane->top + i + 1, &c, l->top + i, place);
		if (l == &pane->a->source.list)
			grid_spot(pane->g, pane->top + i + 1, pane->left, c.right, SPOT_ROW,
				  l->top + i);
	}
}
