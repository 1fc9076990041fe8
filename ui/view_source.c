// SPDX-License-Identifier: Apache-2.0
/*
 * The selected function by source line: the lines of its own file from the first
 * with samples to the last, then those of other files, inlined into it.
 */
#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "base/util.h"
#include "profile/filter.h"
#include "ui/cells.h"
#include "ui/text.h"
#include "ui/view.h"

#define CONTEXT 4		/* lines shown above the first and below the last */
#define MAX_LINES 20000		/* of one function */
#define NUMBER_AT 30
#define TEXT_AT 40
#define DETAIL_ROWS 2

/* ---- rows ---- */

static void push(struct app_source *s, uint32_t line, const struct line_sum *sum)
{
	array_reserve(s->rows, s->n_rows + 1, s->cap_rows);
	s->rows[s->n_rows++] = (struct app_source_row){ line, sum };
}

/* The lines of the first file, those without samples too if their text is there. */
static uint32_t push_own(struct app_source *s)
{
	const struct lines *l = &s->lines;
	uint32_t n = 0, first, last, at = 0;

	while (n < l->n && l->v[n].file == l->v[0].file)
		n++;
	while (at < n && !l->v[at].line)	/* not known: at the front */
		push(s, 0, &l->v[at++]);
	if (at == n)
		return n;
	first = l->v[at].line > CONTEXT ? l->v[at].line - CONTEXT : 1;
	last = l->v[n - 1].line + CONTEXT;
	for (uint32_t line = first; line <= last && line - first < MAX_LINES; line++) {
		bool sampled = at < n && l->v[at].line == line;

		if (sampled || (s->text && line <= s->text->n_lines))
			push(s, line, sampled ? &l->v[at] : NULL);
		at += sampled;
	}
	while (at < n) {		/* of a function that is too long */
		push(s, l->v[at].line, &l->v[at]);
		at++;
	}
	return n;
}

static void choose_hottest(struct app_source *s)
{
	uint32_t best = UINT32_MAX;

	for (uint32_t i = 0; i < s->n_rows; i++)
		if (s->rows[i].sum &&
		    (best == UINT32_MAX ||
		     s->rows[i].sum->self.weight_ns > s->rows[best].sum->self.weight_ns))
			best = i;
	if (best == UINT32_MAX)
		return;
	/* in the middle, so that what is around it can be seen */
	s->list.top = best > s->list.height / 2 ? best - s->list.height / 2 : 0;
	list_choose(&s->list, best);
}

static void make_rows(struct app *a)
{
	struct app_source *s = &a->source;
	const struct model *m = a->model;

	if (s->asked == m->n_asked && s->function == a->function)
		return;
	if (s->asked)
		lines_deinit(&s->lines);
	lines_make(m->p, &m->scope, &m->sum, a->function, &s->lines);
	s->asked = m->n_asked;
	s->function = a->function;
	s->path = s->lines.n ? profile_string(m->p, s->lines.v[0].file) : "";
	s->text = sources_find(&s->sources, s->path);
	s->n_rows = 0;
	for (uint32_t i = s->lines.n ? push_own(s) : 0; i < s->lines.n; i++)
		push(s, s->lines.v[i].line, &s->lines.v[i]);
	s->is_new = true;
}

void app_source_deinit(struct app_source *s)
{
	if (s->asked)
		lines_deinit(&s->lines);
	sources_deinit(&s->sources);
	free(s->rows);
}

/* ---- drawing ---- */

static void put_head(struct grid *g, struct area area)
{
	struct pen pen = area_pen(g, area, 0);

	pen_right(&pen, STYLE_STRONG, 6, "SELF%%");
	pen_right(&pen, STYLE_DIM, 6, "%s95 ", pen_plus_minus(&pen));
	pen_right(&pen, STYLE_DIM, 8, "TOTAL%%");
	pen_right(&pen, STYLE_DIM, 9, "SAMPLES");
	pen_right(&pen, STYLE_DIM, 7, "LINE");
	pen_to(&pen, TEXT_AT);
	pen_put(&pen, STYLE_DIM, "SOURCE");
	grid_tint(g, area.top, 0, area.width, (struct style){ .attrs = ATTR_UNDERLINE });
}

/* Four steps of heat behind the share, in the hue of the function's kind. */
static struct style heat(const struct app *a, double share)
{
	char kind = profile_function_kind(a->model->p, a->function);

	if (share >= .25)
		return (struct style){ INK_BLACK, (uint8_t)ink_strong(kind), ATTR_BOLD };
	if (share >= .1)
		return (struct style){ INK_BLACK, (uint8_t)ink_quiet(kind), 0 };
	if (share >= .03)
		return (struct style){ INK_DEFAULT, INK_WARM, 0 };
	return (struct style){ INK_DEFAULT, share >= .008 ? INK_HEAT : INK_DEFAULT, 0 };
}

static void put_numbers(const struct app *a, struct cells *c, const struct line_sum *sum)
{
	double share = summary_share(c->sum, sum->self.weight_ns);
	bool whole = c->sum->received.count < CELLS_WHOLE_PERCENT;
	char n[TEXT_NUMBER];

	pen_to(c->pen, 1);
	if (sum->self.count)
		pen_put(c->pen, heat(a, share), "%5s ", text_percent(n, share, whole));
	pen_to(c->pen, 7);
	if (sum->self.count)
		cell_interval(c, sum->self_share);
	pen_to(c->pen, 15);
	cell_share(c, summary_share(c->sum, sum->total.weight_ns));
	pen_right(c->pen, STYLE_TEXT, 9, "%s", text_count(n, sum->total.count));
}

/* The line's text; of a line that is elsewhere its file. */
static void put_text(const struct app *a, struct pen *pen, const struct app_source_row *row)
{
	const struct app_source *s = &a->source;
	struct style style = row->sum ? STYLE_TEXT : STYLE_DIM;
	const char *path = row->sum ? profile_string(a->model->p, row->sum->file) : s->path;
	_cleanup_(freep) char *text = NULL;

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
	if (text)
		pen_name(pen, style, pen_left(pen) ? pen_left(pen) - 1 : 0, text);
}

static void put_row(const struct app *a, struct grid *g, struct area area, unsigned int y,
		    uint32_t i)
{
	const struct app_source_row *row = &a->source.rows[i];
	struct pen pen = area_pen(g, area, y);
	struct cells c = { &pen, a->model->p, &a->model->sum };

	if (i == a->source.list.cursor) {
		grid_tint(g, pen.y, 0, area.width, (struct style){ .bg = INK_TINT });
		pen_put(&pen, STYLE_TEXT, ">");
	}
	if (row->sum)
		put_numbers(a, &c, row->sum);
	pen_to(&pen, NUMBER_AT);
	if (row->line)
		pen_right(&pen, row->sum ? STYLE_TEXT : STYLE_DIM, 7, "%u", row->line);
	else
		pen_right(&pen, STYLE_DIM, 7, "?");
	pen_to(&pen, TEXT_AT - 2);
	pen_put(&pen, STYLE_RULE, g->utf8 ? "│" : "|");
	pen_to(&pen, TEXT_AT);
	put_text(a, &pen, row);
}

/* Which file this is, and whether it can be trusted. */
static void put_foot(const struct app *a, struct grid *g, struct area area, unsigned int y)
{
	const struct app_source *s = &a->source;
	struct pen pen = area_pen(g, area, y);
	_cleanup_(freep) char *trouble =
		source_trouble(s->path, s->text, a->model->p->start_real_ns / NS_PER_S);

	pen_to(&pen, 1);
	if (trouble)
		pen_name(&pen, STYLE_STRONG, area.width - 2, trouble);
	else
		pen_name(&pen, STYLE_DIM, area.width - 2, s->path);
	pen = area_pen(g, area, y + 1);
	pen_to(&pen, 1);
	pen_name(&pen, STYLE_DIM, area.width - 2,
		 "a sample lands on or just after the costly instruction: read groups of lines");
}

static void draw(struct app *a, struct grid *g, struct area area)
{
	struct app_source *s = &a->source;
	unsigned int rows = area.height - 1 - DETAIL_ROWS;

	put_head(g, area);
	if (view_lacks_function(a, g, area))
		return;
	make_rows(a);
	list_fit(&s->list, s->n_rows, rows);
	if (s->is_new)
		choose_hottest(s);
	s->is_new = false;
	for (uint32_t i = 0; i < rows && s->list.top + i < s->n_rows; i++)
		put_row(a, g, area, i + 1, s->list.top + i);
	put_foot(a, g, area, area.height - DETAIL_ROWS);
}

static uint32_t rows_n(struct app *a)
{
	if (a->function == RECORD_NONE)
		return 0;
	make_rows(a);
	a->source.list.n = a->source.n_rows;
	return a->source.n_rows;
}

static uint32_t rows_at(const struct app *a)
{
	return a->source.list.cursor;
}

static void rows_choose(struct app *a, uint32_t row)
{
	list_choose(&a->source.list, row);
	a->source.is_new = false;
}

static bool rows_match(struct app *a, uint32_t row, const struct filter *f)
{
	_cleanup_(freep) char *text = source_line_text(a->source.text, a->source.rows[row].line);

	return text && filter_match(f, text);
}

static struct list *rows_list(struct app *a)
{
	return &a->source.list;
}

static const struct view_rows rows = {
	.n = rows_n, .at = rows_at, .choose = rows_choose, .matches = rows_match,
	.list = rows_list, .own_text = true,
};

static bool act(struct app *a, enum action action)
{
	if (list_act(&a->source.list, action))
		return true;
	if (action == ACTION_HOTTEST) {
		choose_hottest(&a->source);
		return true;
	}
	if (action == ACTION_ENTER) {
		app_go(a, &view_callers, a->function);
		return true;
	}
	return false;
}

const struct view view_source = {
	.key = '6', .action = ACTION_SOURCE, .name = "Source", .short_name = "Src",
	.keys = "j/k line  H hottest  Enter callers  / search  < back  L lesson  ? help  q quit",
	.lesson = "source",
	.rows = &rows, .draw = draw, .act = act,
};
