// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "base/clock.h"
#include "base/util.h"
#include "profile/lines.h"
#include "ui/report.h"
#include "ui/source.h"
#include "ui/text.h"

#define CONTEXT 2	/* lines shown around one that has samples */
#define SECONDS_FROM 90	/* width of the page from which on lines have seconds */

struct line_report {
	const struct report *r;
	struct sources *sources;
	struct lines lines;
	const char *path;		/* the file at hand */
	const struct source *source;	/* its text, or NULL */
	unsigned int in_c, seconds;	/* columns where these end; 0: there is none */
	unsigned int total, samples, line, text;
};

static void find_columns(struct line_report *l)
{
	unsigned int at = 13;

	l->in_c = l->lines.has_in_c ? at += 7 : 0;
	l->total = at += 7;
	l->seconds = l->r->page->width >= SECONDS_FROM ? at += 9 : 0;
	l->samples = at += 9;
	l->line = at += 8;
	l->text = at + 3;
}

static void put_head_of(const struct line_report *l, unsigned int end, const char *name)
{
	struct pen *pen = &l->r->page->pen;

	if (end)
		pen_right(pen, STYLE_DIM, end - pen->column, "%s", name);
}

/* A rule with the name of the function and of the file at hand. */
static void put_title(const struct line_report *l)
{
	const struct report *r = l->r;
	const char *function = profile_string(r->p, r->p->functions[l->lines.function].name);
	struct buf name = { 0 }, where = { 0 };

	text_clean(&name, function, strlen(function), r->page->row.utf8);
	text_clip(&name, r->page->width / 2, r->page->row.utf8);
	text_clean(&where, l->path, strlen(l->path), r->page->row.utf8);
	text_clip(&where, r->page->width / 2 - 8, r->page->row.utf8);
	page_rule(r->page, (const char *)name.data, (const char *)where.data);
	buf_deinit(&name);
	buf_deinit(&where);
}

/* Can the text of the lines be trusted? */
static void put_state(const struct line_report *l)
{
	const struct report *r = l->r;
	_cleanup_(freep) char *text = source_trouble(l->path, l->lines.has_in_c, l->source,
						     r->p->start_real_ns / NS_PER_S);
	struct buf clean = { 0 };

	if (!text)
		return;
	text_clean(&clean, text, strlen(text), r->page->row.utf8);
	pen_to(&r->page->pen, 1);
	page_wrap(r->page, STYLE_STRONG, (const char *)clean.data);
	page_end(r->page);
	buf_deinit(&clean);
}

static void begin_file(struct line_report *l, uint32_t file)
{
	l->path = profile_string(l->r->p, file);
	l->source = sources_find(l->sources, l->path);
	put_title(l);
	put_state(l);
}

static void put_head(const struct line_report *l)
{
	struct page *page = l->r->page;

	pen_right(&page->pen, STYLE_STRONG, 6, "SELF%%");
	pen_right(&page->pen, STYLE_DIM, 6, "%s95 ", pen_plus_minus(&page->pen));
	put_head_of(l, l->in_c, "IN C%");
	put_head_of(l, l->total, "TOTAL%");
	put_head_of(l, l->seconds, "TOTAL s");
	put_head_of(l, l->samples, "SAMPLES");
	put_head_of(l, l->line, "LINE");
	page_end(page);
}

/* The text of a line of source with its tabs as blanks. */
static void put_source(const struct line_report *l, uint32_t line, struct style tone)
{
	struct page *page = l->r->page;
	_cleanup_(freep) char *text = source_line_text(l->source, line);

	pen_to(&page->pen, l->text - 2);
	pen_put(&page->pen, STYLE_DIM, page->row.utf8 ? "│" : "|");
	pen_to(&page->pen, l->text);
	if (text)
		pen_name(&page->pen, tone, page->width - l->text - 1, text);
}

static void put_numbers(const struct line_report *l, const struct line_sum *sum)
{
	const struct report *r = l->r;
	struct pen *pen = &r->page->pen;
	double total = summary_share(r->sum, sum->total.weight_ns);
	char n[TEXT_NUMBER];

	pen_to(pen, 1);
	cell_share(&r->cells, summary_share(r->sum, sum->self.weight_ns));
	pen_to(pen, 7);
	if (sum->self.count)
		cell_interval(&r->cells, sum->self_share);
	if (l->in_c) {
		pen_to(pen, l->in_c - 5);
		cell_share(&r->cells, summary_share(r->sum, sum->in_c.weight_ns));
	}
	pen_to(pen, l->total - 5);
	cell_share(&r->cells, total);
	if (l->seconds) {
		pen_to(pen, l->seconds - 7);
		cell_seconds(&r->cells, sum->total.weight_ns, total);
	}
	pen_right(pen, STYLE_TEXT, l->samples - pen->column, "%s", text_count(n, sum->total.count));
}

static void put_line(const struct line_report *l, const struct line_sum *sum)
{
	struct page *page = l->r->page;
	bool hot = summary_share(l->r->sum, line_own_ns(sum)) >= .0995;

	put_numbers(l, sum);
	if (!sum->line)
		pen_right(&page->pen, STYLE_TEXT, l->line - page->pen.column, "?");
	else
		pen_right(&page->pen, STYLE_TEXT, l->line - page->pen.column, "%u", sum->line);
	put_source(l, sum->line, hot ? STYLE_STRONG : STYLE_TEXT);
	if (!sum->line)
		pen_put(&page->pen, STYLE_DIM, "line not known");
	page_end(page);
}

/* A line without samples. */
static void put_context(const struct line_report *l, uint32_t line)
{
	pen_right(&l->r->page->pen, STYLE_DIM, l->line, "%u", line);
	put_source(l, line, STYLE_DIM);
	page_end(l->r->page);
}

/* Lines of context between `from` and `to`, both left out, or a mark for a gap. */
static void put_between(const struct line_report *l, uint32_t from, uint32_t to)
{
	uint32_t first = from ? from + 1 : to > CONTEXT ? to - CONTEXT : 1;

	if (!l->source || to <= first)
		return;
	if (from && to - first > 2 * CONTEXT + 1) {
		for (uint32_t i = first; i < first + CONTEXT; i++)
			put_context(l, i);
		pen_right(&l->r->page->pen, STYLE_DIM, l->line, l->r->page->row.utf8 ? "…" : "...");
		page_end(l->r->page);
		first = to - CONTEXT;
	}
	for (uint32_t i = first; i < to; i++)
		put_context(l, i);
}

static void put_after(const struct line_report *l, uint32_t line)
{
	if (!l->source || !line)
		return;
	for (uint32_t i = line + 1; i <= line + CONTEXT && i <= l->source->n_lines; i++)
		put_context(l, i);
}

/* The lines of each file under a title of its own. */
static void put_lines(struct line_report *l)
{
	uint32_t last = 0, file = 0;

	for (uint32_t i = 0; i < l->lines.n; i++) {
		const struct line_sum *sum = &l->lines.v[i];

		if (!i || sum->file != file) {
			if (i)
				put_after(l, last);
			begin_file(l, sum->file);
			if (!i)
				put_head(l);
			file = sum->file;
			last = 0;
		}
		put_between(l, last, sum->line);
		put_line(l, sum);
		last = sum->line;
	}
	put_after(l, last);
}

void report_lines(const struct report *r, uint32_t function, struct sources *sources)
{
	struct line_report l = { .r = r, .sources = sources };

	lines_make(r->p, r->selection, r->sum, function, &l.lines);
	find_columns(&l);
	put_lines(&l);
	pen_to(&r->page->pen, 1);
	page_wrap(r->page, STYLE_DIM, l.lines.has_in_c
		  ? "SELF% is Python itself, IN C% the C it calls; TOTAL% has Python it calls, too"
		  : profile_function_kind(r->p, function) == 'P'
		  ? "these are the lines that the interpreter was at"
		  : "a sample lands on or just after the costly instruction: read groups of lines");
	page_end(r->page);
	lines_deinit(&l.lines);
}
