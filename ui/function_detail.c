// SPDX-License-Identifier: Apache-2.0
#include "ui/function_detail.h"

#include <string.h>

#include "base/clock.h"
#include "base/util.h"
#include "profile/butterfly.h"
#include "profile/lines.h"
#include "ui/cells.h"
#include "ui/facts.h"
#include "ui/ranks.h"
#include "ui/recursion_picture.h"
#include "ui/text.h"

#define ROWS 7		/* rule, four lines, a blank row on either side */
#define BRIEF_ROWS 3	/* rule, two lines */
#define BRIEF_BELOW 22	/* height of the view */
#define LABEL_AT 2
#define VALUE_AT 16
#define PEEK_WIDTH 36	/* that lines of source need at least */

/* Has anybody counted calls, beside samples? */
static bool is_counted(const struct app *a)
{
	return a->model->p->calls.n && !a->model->sum.measured;
}

unsigned int function_detail_rows(const struct app *a, unsigned int height)
{
	return (height < BRIEF_BELOW ? BRIEF_ROWS : ROWS) + is_counted(a);
}

static void put_label(struct pen *pen, const char *label)
{
	pen_to(pen, LABEL_AT);
	pen_put(pen, STYLE_DIM, "%s", label);
	pen_to(pen, VALUE_AT);
}

static void put_samples(const struct app *a, struct pen *pen)
{
	const struct function_sum *f = &a->model->sum.functions[a->function];
	char self[TEXT_NUMBER], total[TEXT_NUMBER], all[TEXT_NUMBER];

	if (a->model->sum.measured) {
		put_label(pen, "calls");
		pen_put(pen, STYLE_TEXT, "%s", text_count(total, f->total.count));
		pen_put(pen, STYLE_DIM, " of %s", text_count(all, a->model->sum.received.count));
		return;
	}
	put_label(pen, "samples");
	pen_put(pen, STYLE_TEXT, "%s", text_count(self, f->self.count));
	pen_put(pen, STYLE_DIM, " on top, ");
	pen_put(pen, STYLE_TEXT, "%s", text_count(total, f->total.count));
	pen_put(pen, STYLE_DIM, " on the stack, of %s",
		text_count(all, a->model->sum.received.count));
}

/* Columns of that. */
static unsigned int samples_width(const struct app *a)
{
	const struct function_sum *f = &a->model->sum.functions[a->function];
	char n[TEXT_NUMBER];

	return (unsigned int)(strlen(text_count(n, f->self.count)) +
			      strlen(text_count(n, f->total.count)) +
			      strlen(text_count(n, a->model->sum.received.count)) +
			      strlen(" on top,  on the stack, of "));
}

/* How often it was called; the caller frees it. */
static char *count_text(const struct app *a)
{
	const struct profile_count *count = profile_count_of(a->model->p, a->function);
	_cleanup_(freep) char *how = count ? facts_count(a->model->p, count) : NULL;
	char calls[TEXT_NUMBER];

	return count ? xasprintf("%s  %s", text_count(calls, count->calls), how)
		     : xstrdup("-  not counted");
}

static void put_count(const struct app *a, struct pen *pen)
{
	_cleanup_(freep) char *text = count_text(a);
	int number = (int)strcspn(text, " ");

	put_label(pen, "calls");
	pen_put(pen, *text == '-' ? STYLE_DIM : STYLE_STRONG, "%.*s", number, text);
	pen_put(pen, STYLE_DIM, "%s", text + number);
}

/* "97% of it" */
static void put_part(struct pen *pen, uint64_t part, uint64_t whole)
{
	pen_put(pen, STYLE_STRONG, "  %.0f%%", whole ? 100.0 * (double)part / (double)whole : 0);
	pen_put(pen, STYLE_DIM, " of it");
}

static void find_neighbours(const struct lines *lines, struct app_detail *d)
{
	for (uint32_t i = 0; i < APP_PEEK; i++)
		d->peek[i].line = d->line + i > APP_PEEK / 2 ? d->line + i - APP_PEEK / 2 : 0;
	for (uint32_t i = 0; i < lines->n; i++) {
		const struct line_sum *l = &lines->v[i];
		uint32_t at = l->line - d->line + APP_PEEK / 2;

		if (l->file == d->file && at < APP_PEEK)
			d->peek[at].own_ns += line_own_ns(l);
	}
}

static void find_line(const struct model *m, struct app_detail *d)
{
	const struct line_sum *hot = NULL;
	struct lines lines;

	if (profile_function_in_interpreter(m->p, d->function))
		return;
	lines_make(m->p, NULL, &m->sum, d->function, &lines);
	for (uint32_t i = 0; i < lines.n; i++) {
		const struct line_sum *l = &lines.v[i];

		d->lines_ns += line_own_ns(l);
		d->with_c |= l->in_c.weight_ns != 0;
		if (l->line && (!hot || line_own_ns(l) > line_own_ns(hot)))
			hot = l;
	}
	if (hot && line_own_ns(hot)) {
		d->line = hot->line;
		d->line_ns = line_own_ns(hot);
		d->file = hot->file;
		find_neighbours(&lines, d);
	}
	lines_deinit(&lines);
}

static void find_caller(const struct model *m, struct app_detail *d)
{
	struct butterfly b;

	butterfly_make(m->p, &m->sum, d->function, 1, &b);
	d->total_ns = b.total.weight_ns;
	for (uint32_t i = 0; i < b.callers.n_rows; i++) {
		if (d->caller != RECORD_NONE && b.callers.rows[i].sum.weight_ns <= d->caller_ns)
			continue;
		d->caller = b.callers.rows[i].function;
		d->caller_ns = b.callers.rows[i].sum.weight_ns;
	}
	butterfly_deinit(&b);
}

bool function_detail_is_known(const struct app *a)
{
	return a->detail.asked == a->model->n_asked && a->detail.function == a->function;
}

/* What is known of the selected function; false if there is no time for it now. */
static bool find_detail(struct app *a)
{
	const struct model *m = a->model;
	struct app_detail *d = &a->detail;

	if (function_detail_is_known(a))
		return true;
	if (app_puts_off(a))
		return false;
	*d = (struct app_detail){ .function = a->function, .asked = m->n_asked,
				  .caller = RECORD_NONE };
	find_line(m, d);
	find_caller(m, d);
	return true;
}

static void put_line(const struct app *a, struct pen *pen)
{
	const struct app_detail *d = &a->detail;

	put_label(pen, "hottest line");
	if (d->line) {
		pen_put(pen, STYLE_STRONG, "%u", d->line);
		put_part(pen, d->line_ns, d->lines_ns);
		if (d->with_c)
			pen_put(pen, STYLE_DIM, ", with the C that it calls");
	} else if (profile_function_in_interpreter(a->model->p, d->function)) {
		pen_name(pen, STYLE_DIM, pen_left(pen) - 1,
			 "-  C of the interpreter: see the line that calls it");
	} else {
		pen_put(pen, STYLE_DIM, "-  no line is known for its own time");
	}
}

static void put_caller(const struct app *a, struct pen *pen)
{
	const struct profile *p = a->model->p;
	const struct app_detail *d = &a->detail;

	put_label(pen, "called from");
	if (d->caller != RECORD_NONE) {
		unsigned int room = pen_left(pen) > 14 ? pen_left(pen) - 14 : 0;	/* "  97% of it" */

		pen_name(pen, STYLE_TEXT, min_of(40u, room),
			 profile_string(p, p->functions[d->caller].name));
		put_part(pen, d->caller_ns, d->total_ns);
	} else {
		pen_put(pen, STYLE_DIM, "nobody: stacks begin with it");
	}
}

/* ---- a look at the source ---- */

/* Blanks that a line begins with; of an empty one more than any has. */
static size_t indent(const char *text)
{
	size_t n = text ? strspn(text, " ") : 0;

	return !text || !text[n] ? SIZE_MAX : n;
}

/*
 * The hottest line and its neighbours, `n` of them from row `y` on, right of column `left`,
 * where they are known.
 */
static void put_peek(struct app *a, struct grid *g, struct area area, unsigned int y,
		     unsigned int n, unsigned int left)
{
	const struct model *m = a->model;
	const struct app_detail *d = &a->detail;
	const char *path = d->line ? profile_string(m->p, d->file) : "";
	const struct source *source = *path ? sources_find(&a->source.sources, path) : NULL;
	unsigned int first = APP_PEEK / 2 - (n - 1) / 2;
	char kind = profile_function_kind(m->p, a->function);
	_cleanup_(freep) char *trouble = NULL;
	size_t cut = SIZE_MAX;
	char *text[APP_PEEK] = { 0 };

	if (!source)
		return;
	trouble = source_trouble(path, d->with_c, source, m->p->start_real_ns / NS_PER_S);
	if (trouble)
		return;
	for (unsigned int i = first; i < first + n; i++) {
		text[i] = source_line_text(source, d->peek[i].line);
		cut = min_of(cut, indent(text[i]));
	}
	for (unsigned int i = first; i < first + n; i++) {
		struct pen pen = pen_make(g, area.top + y + i - first, 0, area.width);
		double share = summary_share(&m->sum, d->peek[i].own_ns);
		char percent[TEXT_NUMBER];

		pen_to(&pen, left);
		pen_put(&pen, STYLE_RULE, g->utf8 ? "│" : "|");
		pen_to(&pen, left + 2);
		if (d->peek[i].own_ns)
			pen_put(&pen, style_heat(kind, share), "%5s ",
				text_percent(percent, share, m->sum.received.count < CELLS_WHOLE_PERCENT));
		pen_to(&pen, left + 8);
		if (text[i]) {
			pen_right(&pen, STYLE_DIM, 5, "%u", d->peek[i].line);
			pen_to(&pen, pen.column + 2);
			pen_name(&pen, d->peek[i].line == d->line ? STYLE_STRONG : STYLE_TEXT,
				 area.width - pen.column - 1,
				 text[i] + (indent(text[i]) == SIZE_MAX ? strlen(text[i]) : cut));
		}
		free(text[i]);
	}
}

/* ---- all of it ---- */

static void put_certainty(const struct app *a, struct grid *g, struct area area, unsigned int y)
{
	const struct model *m = a->model;
	_cleanup_(freep) char *text = ranks_certainty(&m->sum, m->order, min_of(m->n_order, 15u));
	struct pen pen = area_pen(g, area, y);

	put_label(&pen, "certainty");
	pen_name(&pen, STYLE_TEXT, area.width - VALUE_AT - 1, text);
}

/* Behind the samples: "  line 41  97% of it". */
static void put_brief_line(const struct app *a, struct pen *pen)
{
	const struct app_detail *d = &a->detail;

	if (!d->line || pen_left(pen) < 24)
		return;
	pen_put(pen, STYLE_DIM, "  line ");
	pen_put(pen, STYLE_STRONG, "%u", d->line);
	put_part(pen, d->line_ns, d->lines_ns);
}

static void put_brief(struct app *a, struct grid *g, struct area area, unsigned int y)
{
	struct pen pen = area_pen(g, area, y++);

	put_samples(a, &pen);
	if (find_detail(a))
		put_brief_line(a, &pen);
	if (is_counted(a)) {
		pen = area_pen(g, area, y++);
		put_count(a, &pen);
	}
	put_certainty(a, g, area, y);
}

void function_detail_title(const struct app *a, struct pen *pen, unsigned int width)
{
	const struct profile *p = a->model->p;
	const char *raw = profile_string(p, p->functions[a->function].name);
	_cleanup_(freep) char *where = function_where(p, a->function);
	struct buf name = { 0 }, place = { 0 };

	text_clean(&place, where, strlen(where), pen->grid->utf8);
	text_clip(&place, width / 3, pen->grid->utf8);
	text_clean(&name, raw, strlen(raw), pen->grid->utf8);
	text_clip(&name, width - 10 - text_width((const char *)place.data), pen->grid->utf8);
	pen_rule(pen, (const char *)name.data, (const char *)place.data);
	buf_deinit(&name);
	buf_deinit(&place);
}

/* The column from which on there is room for source beside facts; 0: there is not, or no line. */
static unsigned int find_split(const struct app *a, unsigned int width)
{
	unsigned int widest = max_of(VALUE_AT + samples_width(a), 58u) + 2;

	if (!function_detail_is_known(a) || !a->detail.line)
		return 0;
	if (is_counted(a)) {
		_cleanup_(freep) char *text = count_text(a);

		widest = max_of(widest, VALUE_AT + text_width(text) + 2);
	}
	return widest + PEEK_WIDTH <= width ? max_of(widest, width / 2) : 0;
}

static void put_facts(struct app *a, struct grid *g, struct area area, unsigned int y)
{
	bool known = find_detail(a);
	unsigned int split = find_split(a, area.width), n = 0;
	struct area facts = area;
	struct pen pen;

	facts.width = split ? split - 1 : area.width;
	pen = area_pen(g, facts, y);
	put_samples(a, &pen);
	n++;
	if (is_counted(a)) {
		pen = area_pen(g, facts, y + n++);
		put_count(a, &pen);
	}
	if (known) {
		pen = area_pen(g, facts, y + n++);
		put_line(a, &pen);
		pen = area_pen(g, facts, y + n++);
		put_caller(a, &pen);
		if (split)
			put_peek(a, g, area, y, n, split);
	} else {
		n += 2;
	}
	put_certainty(a, g, area, y + n);
	pen = area_pen(g, area, y + n + 1);
	recursion_picture_put(a, &pen);
}

void function_detail_put(struct app *a, struct grid *g, struct area area)
{
	const bool brief = area.height < BRIEF_BELOW;
	unsigned int y = area.height - function_detail_rows(a, area.height) + !brief;
	struct pen pen = area_pen(g, area, y++);

	function_detail_title(a, &pen, area.width);
	if (!a->model->sum.functions[a->function].total.count) {
		pen = area_pen(g, area, y);
		pen_to(&pen, LABEL_AT);
		pen_put(&pen, STYLE_DIM, "no samples in this scope");
	} else if (brief) {
		put_brief(a, g, area, y);
	} else {
		put_facts(a, g, area, y);
	}
}
