// SPDX-License-Identifier: Apache-2.0
/*
 * The selected function by source line, and beside it by instruction.
 *
 * The lines are those of its own file from the first with samples to the last, then
 * those of other files, inlined into it.  What is chosen in one pane is marked in the
 * other: the instructions of a line, the line of an instruction.
 */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "base/util.h"
#include "profile/filter.h"
#include "ui/cells.h"
#include "ui/code_pane.h"
#include "ui/text.h"
#include "ui/view.h"

#define CONTEXT 4		/* lines shown above the first and below the last */
#define MAX_LINES 20000		/* of one function */
#define SPLIT_FROM 100		/* width from which on both panes can be shown, */
#define BOTH_FROM 140		/* and from which on they always are */
#define TOTAL_FROM 64		/* width of the pane of source with a column of totals, */
#define SECONDS_FROM 90		/* Python: one of seconds, */
#define SAMPLES_FROM 110	/* and one of samples, too; others: both */
#define DETAIL_FROM 23		/* height from which on the line is described */

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

/* File and line of a row as code_place() has them; 0: not known. */
static uint64_t place_of(const struct app_source *s, uint32_t row)
{
	const struct app_source_row *r = row < s->n_rows ? &s->rows[row] : NULL;

	if (!r || !r->line)
		return 0;
	return (uint64_t)(r->sum ? r->sum->file : s->lines.v[0].file) << 32 | r->line;
}

static uint32_t row_at(const struct app_source *s, uint64_t place)
{
	for (uint32_t i = 0; place && i < s->n_rows; i++)
		if (place_of(s, i) == place)
			return i;
	return UINT32_MAX;
}

static uint32_t hottest_line(const struct app_source *s)
{
	uint32_t best = UINT32_MAX;

	for (uint32_t i = 0; i < s->n_rows; i++)
		if (s->rows[i].sum &&
		    (best == UINT32_MAX || line_own_ns(s->rows[i].sum) > line_own_ns(s->rows[best].sum)))
			best = i;
	return best;
}

/* The line with the most own time after `row`, which has less or the same. */
static uint32_t next_hottest_line(const struct app_source *s, uint32_t row)
{
	uint64_t least = line_own_ns(s->rows[row].sum);
	uint32_t best = UINT32_MAX;

	for (uint32_t i = 0; i < s->n_rows; i++) {
		uint64_t ns = s->rows[i].sum ? line_own_ns(s->rows[i].sum) : 0;

		if (ns && i != row && (ns < least || (ns == least && i > row)) &&
		    (best == UINT32_MAX || ns > line_own_ns(s->rows[best].sum)))
			best = i;
	}
	return best;
}

/* Choose a row, in the middle, so that what is around it can be seen. */
static void choose(struct list *l, uint32_t row)
{
	if (row == UINT32_MAX)
		return;
	l->top = row > l->height / 2 ? row - l->height / 2 : 0;
	list_choose(l, row);
}

static void choose_hottest(struct app *a)
{
	struct app_source *s = &a->source;

	choose(&s->list, hottest_line(s));
	choose(&s->code_list, code_hottest(a, 0));
	s->hot_line = s->list.cursor + 1;
	s->hot_code = s->code_list.cursor + 1;
	s->hot_line_rank = s->hot_code_rank = 1;
}

static void forget(struct app_source *s)
{
	if (!s->asked)
		return;
	lines_deinit(&s->lines);
	code_deinit(&s->code);
	butterfly_deinit(&s->below);
}

static void make_rows(struct app *a)
{
	struct app_source *s = &a->source;
	const struct model *m = a->model;
	bool same = s->asked && s->function == a->function;
	uint64_t place = same ? place_of(s, s->list.cursor) : 0;

	if (s->asked == m->n_asked && same && s->n_put == s->sources.n_put)
		return;
	forget(s);
	lines_make(m->p, &m->scope, &m->sum, a->function, &s->lines);
	code_make(m->p, &m->scope, &m->sum, a->function, &s->code);
	butterfly_make(m->p, &m->sum, a->function, 1, &s->below);
	s->asked = m->n_asked;
	s->function = a->function;
	s->path = s->lines.n ? profile_string(m->p, s->lines.v[0].file) : "";
	s->text = sources_find(&s->sources, s->path);
	s->n_put = s->sources.n_put;
	s->n_rows = 0;
	for (uint32_t i = s->lines.n ? push_own(s) : 0; i < s->lines.n; i++)
		push(s, s->lines.v[i].line, &s->lines.v[i]);
	s->is_new = !same;
	s->in_code &= !view_on_python(a);
	if (row_at(s, place) != UINT32_MAX)
		s->list.cursor = row_at(s, place);
	list_fit(&s->list, s->n_rows, s->list.height);
	list_fit(&s->code_list, s->code.n, s->code_list.height);
}

void app_source_deinit(struct app_source *s)
{
	forget(s);
	sources_deinit(&s->sources);
	free(s->rows);
}

/* ---- panes ---- */

enum panes { PANE_SOURCE = 1, PANE_CODE = 2, PANES_BOTH = 3 };

static enum panes panes(const struct app *a, unsigned int width)
{
	if (view_on_python(a))
		return PANE_SOURCE;
	if (width >= BOTH_FROM || (width >= SPLIT_FROM && !a->source.alone))
		return PANES_BOTH;
	return a->source.in_code ? PANE_CODE : PANE_SOURCE;
}

/* What is chosen in the pane that keys do not move in follows the other. */
static void follow(struct app *a)
{
	struct app_source *s = &a->source;
	uint64_t place = s->in_code ? code_place(a, s->code_list.cursor)
				    : place_of(s, s->list.cursor);
	uint32_t row = s->in_code ? row_at(s, place) : place ? code_hottest(a, place) : UINT32_MAX;

	if (row != UINT32_MAX)
		list_choose(s->in_code ? &s->list : &s->code_list, row);
}

/* ---- drawing the source ---- */

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

static struct columns_of_source find_columns(const struct app *a, unsigned int right)
{
	bool wide = right >= TOTAL_FROM, python = a->source.lines.has_in_c;
	bool seconds = right >= (python ? SECONDS_FROM : SAMPLES_FROM);
	struct columns_of_source c = { .right = right };
	unsigned int at = 13;

	c.in_c = add_column(wide && python, &at, 7);
	c.total = add_column(wide, &at, 7);
	c.seconds = add_column(seconds, &at, 9);
	if (wide)
		c.samples = add_column(!python || right >= SAMPLES_FROM, &at, 9);
	else
		c.samples = add_column(true, &at, 7);
	c.line = at + (wide ? 8 : 5);
	c.text_at = c.line + 3;
	return c;
}

/* Put something so that it ends there. */
static void put_head_of(struct pen *pen, unsigned int end, const char *name)
{
	if (end)
		pen_right(pen, STYLE_DIM, end - pen->column, "%s", name);
}

static void put_head(const struct app *a, struct grid *g, struct area area,
		     const struct columns_of_source *c)
{
	struct pen pen = pen_make(g, area.top, 0, c->right);
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

static void put_row(const struct app *a, struct grid *g, unsigned int y,
		    const struct columns_of_source *columns, uint32_t i, uint64_t place)
{
	const struct app_source_row *row = &a->source.rows[i];
	struct pen pen = pen_make(g, y, 0, columns->right);
	struct cells c = { &pen, a->model->p, &a->model->sum };
	bool chosen = !a->source.in_code && i == a->source.list.cursor;

	if (chosen)
		grid_tint(g, y, 0, columns->right, (struct style){ .bg = INK_TINT });
	if (chosen || (place && place_of(&a->source, i) == place))
		pen_put(&pen, STYLE_TEXT, ">");
	if (row->sum)
		put_numbers(a, &c, columns, row->sum);
	if (row->line)
		pen_right(&pen, row->sum ? STYLE_TEXT : STYLE_DIM, columns->line - pen.column,
			  "%u", row->line);
	else
		pen_right(&pen, STYLE_DIM, columns->line - pen.column, "?");
	pen_to(&pen, columns->text_at - 2);
	pen_put(&pen, STYLE_RULE, g->utf8 ? "│" : "|");
	pen_to(&pen, columns->text_at);
	put_text(a, &pen, row);
}

/* ---- what is known of the chosen line ---- */

/* "under it memcmp 676  malloc 12  +3" */
static void put_below(const struct app *a, struct pen *pen, uint32_t line)
{
	const struct butterfly_side *b = &a->source.below.callees;
	unsigned int n = 0, n_left = 0;
	char count[TEXT_NUMBER];

	for (uint32_t i = 0; i < b->n_lines; i++) {
		const char *name = profile_string(a->model->p,
						  a->model->p->functions[b->rows[b->lines[i].row].function].name);

		if (b->lines[i].line != line)
			continue;
		if (n >= 3 || pen_left(pen) < 40) {
			n_left++;
			continue;
		}
		pen_put(pen, STYLE_DIM, n++ ? "  " : "   under it  ");
		pen_name(pen, STYLE_TEXT, 24, name);
		pen_put(pen, STYLE_STRONG, " %s", text_count(count, b->lines[i].sum.count));
	}
	if (n_left)
		pen_put(pen, STYLE_DIM, "  +%u", n_left);
}

static void put_detail(const struct app *a, struct grid *g, struct area area, unsigned int y)
{
	const struct app_source *s = &a->source;
	const struct app_source_row *row = s->n_rows ? &s->rows[s->list.cursor] : NULL;
	uint64_t own = 0;
	bool is_own = row && row->sum && row->sum->file == s->lines.v[0].file;
	_cleanup_(freep) char *title = row ? xasprintf("line %u", row->line) : NULL;
	_cleanup_(freep) char *text = is_own ? source_line_text(s->text, row->line) : NULL;
	const char *shown = text ? text + strspn(text, " ") : "";
	struct pen pen = area_pen(g, area, y);
	struct buf clean = { 0 };

	if (!row || !row->line || !row->sum ||
	    (s->in_code && !code_place(a, s->code_list.cursor)))
		return;
	text_clean(&clean, shown, strlen(shown), g->utf8);
	text_clip(&clean, area.width - 20, g->utf8);
	pen_rule(&pen, title, (const char *)clean.data);
	buf_deinit(&clean);
	for (uint32_t i = 0; i < s->lines.n; i++)
		own += line_own_ns(&s->lines.v[i]);
	pen = area_pen(g, area, y + 1);
	pen_to(&pen, 1);
	if (own)
		pen_put(&pen, STYLE_STRONG, "%.0f%%",
			100.0 * (double)line_own_ns(row->sum) / (double)own);
	pen_put(&pen, STYLE_DIM, !own ? "no time of its own" : !s->lines.has_in_c
		? " of the function's own time" : " of the function's own time and of the C that it calls");
	if (is_own)
		put_below(a, &pen, row->line);
}

/* ---- the foot ---- */

/* Which file this is, and whether it can be trusted. */
static void put_file(const struct app *a, struct grid *g, struct area area, unsigned int y)
{
	static const char elsewhere[] = "; :map FROM TO says where";
	const struct app_source *s = &a->source;
	struct pen pen = area_pen(g, area, y);
	_cleanup_(freep) char *trouble =
		source_trouble(s->path, s->lines.has_in_c, s->text,
			       a->model->p->start_real_ns / NS_PER_S);

	pen_to(&pen, 1);
	if (trouble)
		pen_name(&pen, STYLE_STRONG, area.width - 2, trouble);
	else
		pen_name(&pen, STYLE_DIM, area.width - 2, s->path);
	if (!s->text && *s->path == '/' && pen.column + sizeof(elsewhere) < area.width)
		pen_put(&pen, STYLE_DIM, "%s", elsewhere);
}

/* How far the numbers beside instructions can be trusted. */
static void put_code_facts(const struct app *a, struct grid *g, struct area area, unsigned int y)
{
	const struct app_source *s = &a->source;
	const struct profile *p = a->model->p;
	const struct profile_code *code = s->code.n ? &p->codes[s->code.number] : NULL;
	struct pen pen = area_pen(g, area, y);
	char n[TEXT_NUMBER];
	uint64_t end;

	if (!code)
		return;
	end = p->instructions[code->first + code->n - 1].vaddr - code->vaddr +
	      p->instructions[code->first + code->n - 1].len;
	pen_to(&pen, 1);
	if (s->code.outer != a->function)
		pen_put(&pen, STYLE_DIM, "it is inlined here; ");
	pen_put(&pen, STYLE_DIM, "HERE%% is of %s samples in this code", text_count(n, s->code.self.count));
	if (s->code.self.count)
		pen_put(&pen, STYLE_DIM, ", near 50%% %s%.0f at least", pen_plus_minus(&pen),
			ceil(98 / sqrt((double)s->code.self.count)));
	if (end < code->size)
		pen_put(&pen, STYLE_DIM, "; its first %s of %" PRIu64, text_bytes(n, end), code->size);
}

static unsigned int foot_rows(struct area area, enum panes which)
{
	return 2 + (which & PANE_CODE ? 1 : 0) + (area.height >= DETAIL_FROM ? 3 : 0);
}

static void put_foot(const struct app *a, struct grid *g, struct area area, enum panes which)
{
	unsigned int y = area.height - foot_rows(area, which);
	_cleanup_(freep) char *inlined = NULL;
	struct pen pen;

	if (area.height >= DETAIL_FROM) {
		put_detail(a, g, area, y);
		y += 3;
	}
	put_file(a, g, area, y++);
	if (which & PANE_CODE)
		put_code_facts(a, g, area, y++);
	pen = area_pen(g, area, y);
	pen_to(&pen, 1);
	if (a->source.in_code && which & PANE_CODE)
		inlined = code_inlined(a, a->source.code_list.cursor);
	pen_name(&pen, STYLE_DIM, area.width - 2, inlined ? inlined
		 : a->source.lines.has_in_c && area.width >= TOTAL_FROM
		 ? "SELF% is Python itself, IN C% the C it calls; TOTAL% has Python it calls, too"
		 : view_on_python(a) ? "these are the lines that the interpreter was at"
		 : which & PANE_CODE && a->source.code.n
		 ? "* a timer lands on or just after the costly instruction: read groups of lines"
		 : "a sample lands on or just after the costly instruction: read groups of lines");
}

/* ---- the view ---- */

static void draw(struct app *a, struct grid *g, struct area area)
{
	struct app_source *s = &a->source;
	enum panes which = panes(a, area.width);
	unsigned int left = which == PANES_BOTH ? area.width * 55 / 100 : area.width;
	struct columns_of_source columns;
	unsigned int rows = area.height - 1 - foot_rows(area, which);
	struct code_pane code = { a, g, area.top, rows + 1, which == PANE_CODE ? 0 : left + 1,
				  area.width };
	uint64_t place;

	grid_tint(g, area.top, 0, area.width, (struct style){ .attrs = ATTR_UNDERLINE });
	if (view_lacks_function(a, g, area))
		return;
	make_rows(a);
	columns = find_columns(a, left);
	s->width = area.width;
	list_fit(&s->list, s->n_rows, rows);
	list_fit(&s->code_list, s->code.n, rows);
	if (s->is_new)
		choose_hottest(a);
	s->is_new = false;
	follow(a);
	place = s->in_code ? code_place(a, s->code_list.cursor) : place_of(s, s->list.cursor);
	if (which & PANE_SOURCE) {
		put_head(a, g, area, &columns);
		for (uint32_t i = 0; i < rows && s->list.top + i < s->n_rows; i++) {
			put_row(a, g, area.top + i + 1, &columns, s->list.top + i, place);
			grid_spot(g, area.top + i + 1, 0, left, SPOT_ROW, s->list.top + i);
		}
	}
	for (unsigned int y = 0; which == PANES_BOTH && y <= rows; y++) {
		struct pen pen = pen_make(g, area.top + y, left, left + 1);

		pen_put(&pen, STYLE_RULE, g->utf8 ? "│" : "|");
	}
	if (which & PANE_CODE)
		code_pane_draw(&code, place, s->n_rows);
	put_foot(a, g, area, which);
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
	} else if (width_of(a) >= BOTH_FROM) {
		app_say(a, "there is room for both: Tab goes from one to the other");
	} else if (width_of(a) >= SPLIT_FROM) {
		s->alone = !s->alone;
		s->in_code = false;
	} else {
		s->in_code = !s->in_code;
	}
}

/* To the hottest row; from there to the next one, and after the last to the first again. */
static void go_hottest(struct app *a)
{
	struct app_source *s = &a->source;
	struct list *l = s->in_code ? &s->code_list : &s->list;
	uint32_t *last = s->in_code ? &s->hot_code : &s->hot_line;
	uint32_t *rank = s->in_code ? &s->hot_code_rank : &s->hot_line_rank;
	uint32_t hottest = s->in_code ? code_hottest(a, 0) : hottest_line(s), to = UINT32_MAX;

	if (hottest == UINT32_MAX)
		return;
	if (*last == l->cursor + 1 && (s->in_code || s->rows[l->cursor].sum))
		to = s->in_code ? code_next_hottest(a, l->cursor) : next_hottest_line(s, l->cursor);
	*rank = to == UINT32_MAX ? 1 : *rank + 1;
	choose(l, to == UINT32_MAX ? hottest : to);
	*last = l->cursor + 1;
	if (*rank == 1)
		app_say(a, "the hottest; H again goes on to the next");
	else
		app_say(a, "number %u by its own time; H goes on", *rank);
}

/* To where the chosen instruction goes. */
static void enter_target(struct app *a)
{
	const struct code *c = &a->source.code;
	const struct profile *p = a->model->p;
	const struct profile_instruction *i;
	uint32_t row;

	if (!c->n)
		return;
	i = &p->instructions[p->codes[c->number].first + a->source.code_list.cursor];
	row = i->has_target ? code_row_at(a, i->target) : UINT32_MAX;
	if (row != UINT32_MAX && i->target != p->codes[c->number].vaddr)
		choose(&a->source.code_list, row);
	else if (i->has_target && i->target_function != RECORD_NONE &&
		 a->model->sum.functions[i->target_function].total.count)
		app_go(a, &view_callers, i->target_function);
	else
		app_say(a, "Enter goes where a jump goes, or to a function that is called and has samples");
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
	make_rows(a);
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
	make_rows(a);
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
	.keys = "j/k line  H hottest  Tab pane  o assembly  Enter callers  / search  < back  ? help"
		"  L lesson  q quit",
	.keys_python = "j/k line  H hottest  Enter callers  / search  < back  L lesson  ? help  q quit",
	.lesson = "source", .lesson_python = "source-python",
	.rows = &rows, .needs_samples = true, .draw = draw, .act = act, .pick = pick,
};
