// SPDX-License-Identifier: Apache-2.0
#include <math.h>
#include <string.h>

#include "base/util.h"
#include "ui/ranks.h"
#include "ui/report.h"
#include "ui/text.h"

/* Rows, unless somebody asks for a number: the first in any case, */
#define ROWS_ANY 15
#define ROWS_MAX 40		/* then those from this share on */
#define ROWS_SHARE .001
#define WIDE 90			/* from here on with a column of seconds */

struct flat {
	const struct report *r;
	struct columns columns;
	bool seconds;
	unsigned int counted;	/* columns */
	double scale;		/* of the bars */
	uint32_t *order;
	uint32_t n, n_shown;
};

/* A row above the table: where the columns and the ends of the bars are. */
static void put_head(const struct flat *f)
{
	struct page *page = f->r->page;
	unsigned int bar = 14;

	pen_right(&page->pen, STYLE_STRONG, 6, "SELF%%");
	if (f->r->sum->measured)
		pen_right(&page->pen, STYLE_DIM, 6, "CALLS");
	else
		pen_right(&page->pen, STYLE_DIM, 6, "%s95 ", pen_plus_minus(&page->pen));
	pen_to(&page->pen, bar);
	pen_put(&page->pen, STYLE_DIM, "0");
	pen_right(&page->pen, STYLE_DIM, f->columns.bar - 1, "%.0f%%", f->scale * 100);
	pen_right(&page->pen, STYLE_DIM, 7, "TOTAL%%");
	if (f->counted)
		pen_right(&page->pen, STYLE_DIM, f->counted, "CALLS");
	if (f->seconds)
		pen_right(&page->pen, STYLE_DIM, 8, "SELF s");
	pen_put(&page->pen, STYLE_DIM, "  K FUNCTION");
	pen_to(&page->pen, f->columns.where_at);
	pen_put(&page->pen, STYLE_DIM, "WHERE");
	page_end(page);
}

/*
 * What all rows have up to the kind letter; `calls` of what was measured.  No function is
 * RECORD_NONE.
 */
static void put_numbers(const struct flat *f, uint32_t function, char kind, double share,
			struct interval iv, uint64_t calls, double total, uint64_t self_ns)
{
	const struct report *r = f->r;

	pen_to(&r->page->pen, 1);
	cell_share(&r->cells, share);
	pen_to(&r->page->pen, 7);
	if (r->sum->measured)
		cell_calls(&r->cells, calls);
	else if (share > 0)
		cell_interval(&r->cells, iv);
	pen_to(&r->page->pen, 14);
	pen_bar(&r->page->pen, kind, f->columns.bar, iv.low, iv.share, iv.high, f->scale);
	pen_to(&r->page->pen, r->page->pen.column + 2);
	if (total >= 0)
		cell_share(&r->cells, total);
	else
		pen_to(&r->page->pen, r->page->pen.column + 5);
	if (f->counted && function != RECORD_NONE)
		cell_counted(&r->cells, f->counted, function);
	else
		pen_to(&r->page->pen, r->page->pen.column + f->counted);
	pen_to(&r->page->pen, r->page->pen.column + 1);
	if (f->seconds)
		cell_seconds(&r->cells, self_ns, share);
	pen_to(&r->page->pen, r->page->pen.column + (f->seconds ? 2 : 1));
	cell_kind(&r->cells, kind);
	pen_to(&r->page->pen, r->page->pen.column + 1);
}

static void put_function(const struct flat *f, uint32_t function)
{
	const struct report *r = f->r;
	const struct function_sum *sum = &r->sum->functions[function];
	struct interval none = { 0 };
	double share = summary_share(r->sum, sum->self.weight_ns);

	put_numbers(f, function, profile_function_kind(r->p, function), share,
		    sum->self.count ? summary_self(r->sum, function) : none, sum->self.count,
		    summary_share(r->sum, sum->total.weight_ns), sum->self.weight_ns);
	cell_function(&r->cells, f->columns.name, function, share);
	pen_to(&r->page->pen, f->columns.where_at);
	cell_where(&r->cells, f->columns.where, function);
	page_end(r->page);
}

/* Time that belongs to no function that can be named. */
static void put_pseudo(const struct flat *f, char kind, const char *name, const char *where,
		       uint64_t ns, struct interval iv)
{
	put_numbers(f, RECORD_NONE, kind, iv.share, iv, 0, -1, ns);
	pen_name(&f->r->page->pen, STYLE_TEXT, f->columns.name, name);
	pen_to(&f->r->page->pen, f->columns.where_at);
	pen_name(&f->r->page->pen, STYLE_DIM, f->columns.where, where);
	page_end(f->r->page);
}

/* A row for what is not listed: only its sum. */
static void put_rest(const struct flat *f, uint64_t ns, const char *text)
{
	struct page *page = f->r->page;
	double share = summary_share(f->r->sum, ns);

	pen_to(&page->pen, 1);
	cell_share(&f->r->cells, share);
	pen_to(&page->pen, 14 + f->columns.bar + 8 + f->counted);
	if (f->seconds)
		cell_seconds(&f->r->cells, ns, share);
	pen_to(&page->pen, page->pen.column + (f->seconds ? 4 : 3));
	pen_put(&page->pen, STYLE_DIM, "%s", text);
	page_end(page);
}

static uint64_t self_of(const struct flat *f, uint32_t rank)
{
	return f->r->sum->functions[f->order[rank]].self.weight_ns;
}

static void put_more(const struct flat *f)
{
	_cleanup_(freep) char *text = NULL;
	char count[TEXT_NUMBER];
	uint64_t ns = 0;
	double largest;

	if (f->n_shown == f->n)
		return;
	for (uint32_t i = f->n_shown; i < f->n; i++)
		ns += self_of(f, i);
	largest = summary_share(f->r->sum, self_of(f, f->n_shown));
	text = xasprintf("%s more function%s under %.1f%%",
			 text_count(count, f->n - f->n_shown),
			 f->n - f->n_shown == 1 ? "," : "s, each", floor(largest * 1000) / 10 + .1);
	put_rest(f, ns, text);
}

/* Own time of functions that do not match the filter. */
static void put_filtered(const struct flat *f)
{
	uint64_t ns = f->r->sum->received.weight_ns;

	if (!f->r->sum->listed)
		return;
	for (uint32_t i = 0; i < f->n; i++)
		ns -= self_of(f, i);
	put_rest(f, ns, "[filtered out]");
}

static void put_pseudo_rows(const struct flat *f)
{
	const struct summary *sum = f->r->sum;

	if (sum->hidden_ns)
		put_pseudo(f, 'K', "[kernel, not visible]", "", sum->hidden_ns,
			   summary_hidden(sum));
	if (sum->lost.count || sum->lost.weight_ns)
		put_pseudo(f, '?', "[lost]", "of what was due", sum->lost.weight_ns,
			   summary_lost(sum));
}

#define MOST_CALLED 3	/* are named, */
#define NAME_WIDTH 40u	/* each so wide */

/* Into its place among those that were called most. */
static void rank_calls(const struct call_counts *c, size_t i, size_t most[MOST_CALLED], size_t n)
{
	size_t at = min_of(n, (size_t)MOST_CALLED);

	for (; at && c->counts[most[at - 1]].calls < c->counts[i].calls; at--)
		if (at < MOST_CALLED)
			most[at] = most[at - 1];
	if (at < MOST_CALLED)
		most[at] = i;
}

/* "fib 25,083", clean; the caller frees it. */
static char *called_text(const struct report *r, size_t i)
{
	const struct call_counts *c = &r->p->calls;
	const char *name = profile_string(r->p, r->p->functions[c->functions[i]].name);
	struct buf b = { 0 };
	char number[TEXT_NUMBER];
	char *text;

	text_clean(&b, name, strlen(name), r->page->row.utf8);
	text_clip(&b, NAME_WIDTH, r->page->row.utf8);
	text = xasprintf("%s %s", (const char *)b.data, text_count(number, c->counts[i].calls));
	buf_deinit(&b);
	return text;
}

/* Functions that were called, and never while a sample was taken. */
static void put_unsampled(const struct flat *f)
{
	const struct report *r = f->r;
	const struct call_counts *c = &r->p->calls;
	_cleanup_(freep) char *text = NULL;
	char functions[TEXT_NUMBER], called[TEXT_NUMBER];
	size_t n = 0, most[MOST_CALLED] = { 0 };
	uint64_t calls = 0;

	for (size_t i = 0; !r->sum->measured && i < c->n; i++) {
		if (r->sum->functions[c->functions[i]].total.count)
			continue;
		rank_calls(c, i, most, n++);
		calls += c->counts[i].calls;
	}
	if (!n)
		return;
	text = xasprintf("%s more function%s, without a sample here: %s call%s (--json has all).  Most: ",
			 text_count(functions, n), n == 1 ? "" : "s", text_count(called, calls),
			 calls == 1 ? "" : "s");
	for (size_t i = 0; i < min_of(n, (size_t)MOST_CALLED); i++) {
		_cleanup_(freep) char *before = text, *one = called_text(r, most[i]);

		text = xasprintf("%s%s%s", before, i ? ", " : "", one);
	}
	pen_to(&r->page->pen, 1);
	pen_put(&r->page->pen, STYLE_DIM, "calls");
	pen_to(&r->page->pen, 15);
	page_wrap(r->page, STYLE_TEXT, text);
	page_end(r->page);
}

static void put_ties(const struct flat *f)
{
	struct page *page = f->r->page;
	_cleanup_(freep) char *text = ranks_certainty(f->r->sum, f->order, f->n_shown);

	pen_to(&page->pen, 1);
	pen_put(&page->pen, STYLE_DIM, "certainty");
	pen_to(&page->pen, 15);
	page_wrap(page, STYLE_TEXT, text);
	page_end(page);
}

/* Why there is no row: never an empty table. */
static void put_empty(const struct flat *f)
{
	pen_to(&f->r->page->pen, 1);
	if (f->r->sum->received.count)
		page_wrap(f->r->page, STYLE_TEXT, "no function of this selection matches the filter");
	else if (f->r->p->ended)
		page_wrap(f->r->page, STYLE_TEXT, "no CPU samples: nothing here ran while it was looked at");
	else
		page_wrap(f->r->page, STYLE_TEXT, "no samples in what can be read of it");
	page_end(f->r->page);
}

static uint32_t rows_to_show(const struct flat *f)
{
	uint32_t n = min_of(f->n, (uint32_t)ROWS_MAX);

	if (f->r->limit)
		return min_of(f->n, f->r->limit);
	while (n > ROWS_ANY && summary_share(f->r->sum, self_of(f, n - 1)) < ROWS_SHARE)
		n--;
	return n;
}

static double largest_high(const struct flat *f)
{
	double high = f->r->sum->hidden_ns ? summary_hidden(f->r->sum).share : 0;

	return f->n ? fmax(high, summary_share(f->r->sum, self_of(f, 0))) : high;
}

void report_flat(const struct report *r)
{
	struct flat f = { .r = r, .seconds = r->page->width >= WIDE };

	f.counted = cells_counted_width(r->p, r->sum, r->page->width);
	f.columns = cells_columns(r->page->width, (f.seconds ? 33 : 25) + f.counted);
	f.order = summary_rank(r->p, r->sum, &f.n);
	f.n_shown = rows_to_show(&f);
	f.scale = bar_scale(largest_high(&f));
	put_head(&f);
	if (!f.n)
		put_empty(&f);
	for (uint32_t i = 0; i < f.n_shown; i++)
		put_function(&f, f.order[i]);
	put_more(&f);
	put_filtered(&f);
	put_pseudo_rows(&f);
	if (f.n_shown > 1)
		put_ties(&f);
	put_unsampled(&f);
	free(f.order);
}
