// SPDX-License-Identifier: Apache-2.0
#include <math.h>

#include "base/util.h"
#include "profile/butterfly.h"
#include "ui/report.h"
#include "ui/text.h"

#define DEPTH 3		/* calls away from the function */
#define ROWS 12		/* neighbours on either side, unless asked otherwise */
#define LINES 4		/* call lines of a neighbour */
#define MIN_DEEPER .1	/* share below which only neighbours are shown */

struct callers {
	const struct report *r;
	struct columns columns;
	struct butterfly b;
};

static double share_of(const struct callers *c, struct sum sum)
{
	return c->b.total.weight_ns
		? (double)sum.weight_ns / (double)c->b.total.weight_ns : 0;
}

static void put_numbers(const struct callers *c, struct sum sum)
{
	struct page *page = c->r->page;
	char n[TEXT_NUMBER];

	pen_to(&page->pen, 1);
	cell_share(&c->r->cells, share_of(c, sum));
	pen_right(&page->pen, STYLE_TEXT, 11, "%s", text_count(n, sum.count));
	pen_to(&page->pen, page->pen.column + 2);
}

static void put_head(const struct callers *c, const char *what)
{
	struct page *page = c->r->page;

	pen_right(&page->pen, STYLE_DIM, 6, "SHARE");
	pen_right(&page->pen, STYLE_DIM, 11, c->r->sum->measured ? "CALLS" : "SAMPLES");
	pen_put(&page->pen, STYLE_DIM, "  K ");
	pen_put(&page->pen, STYLE_STRONG, "%s", what);
	pen_to(&page->pen, c->columns.where_at);
	pen_put(&page->pen, STYLE_DIM, "WHERE");
	page_end(page);
}

/* A row that is no function. */
static void put_words(const struct callers *c, struct sum sum, unsigned int indent,
		      const char *text)
{
	put_numbers(c, sum);
	pen_to(&c->r->page->pen, c->r->page->pen.column + 2 + indent);
	pen_put(&c->r->page->pen, STYLE_DIM, "%s", text);
	page_end(c->r->page);
}

static void put_function(const struct callers *c, const struct butterfly_row *row)
{
	struct page *page = c->r->page;
	unsigned int indent = (row->depth - 1) * 2;

	put_numbers(c, row->sum);
	cell_kind(&c->r->cells, profile_function_kind(c->r->p, row->function));
	pen_to(&page->pen, page->pen.column + 1 + indent);
	if (row->function == c->b.function)
		pen_put(&page->pen, STYLE_DIM, "(again) ");
	cell_function(&c->r->cells, c->columns.name - indent, row->function, share_of(c, row->sum));
	pen_to(&page->pen, c->columns.where_at);
	cell_where(&c->r->cells, c->columns.where, row->function);
	page_end(page);
}

/* The lines of the calls between the function and neighbour `row`. */
static void put_lines(const struct callers *c, const struct butterfly_side *side,
		      uint32_t row, uint32_t caller)
{
	struct sum more = { 0 };
	uint32_t n = 0, n_more = 0;

	for (uint32_t i = 0; i < side->n_lines; i++) {
		const struct butterfly_line *l = &side->lines[i];

		if (l->row != row || !l->line)
			continue;
		if (++n > LINES) {
			sum_add(&more, l->sum);
			n_more++;
			continue;
		}
		struct buf text = { 0 };
		_cleanup_(freep) char *raw = call_at(c->r->p, caller, l->line);
		text_clean(&text, raw, strlen(raw), c->r->page->row.utf8);
		text_clip(&text, c->columns.name, c->r->page->row.utf8);
		put_words(c, l->sum, 4, (const char *)text.data);
		buf_deinit(&text);
	}
	if (n_more) {
		_cleanup_(freep) char *text = xasprintf("%u more lines", n_more);

		put_words(c, more, 4, text);
	}
}

/* Rows of one side; those too light to be shown become one row. */
static void put_side(const struct callers *c, const struct butterfly_side *side, bool callers)
{
	uint32_t limit = c->r->limit ? c->r->limit : ROWS, n = 0, n_more = 0;
	struct sum more = { 0 };
	bool shown = false;	/* the neighbour that deeper rows are below */

	for (uint32_t i = 0; i < side->n_rows; i++) {
		const struct butterfly_row *row = &side->rows[i];

		if (row->depth == 1) {
			shown = n < limit;
			n++;
		}
		if (!shown && row->depth == 1) {
			sum_add(&more, row->sum);
			n_more++;
		}
		if (!shown || (row->depth > 1 && share_of(c, row->sum) < MIN_DEEPER))
			continue;
		put_function(c, row);
		if (row->depth == 1)
			put_lines(c, side, i, callers ? row->function : c->b.function);
	}
	if (n_more) {
		_cleanup_(freep) char *text = xasprintf("%u more", n_more);

		put_words(c, more, 0, text);
	}
}

/* The function in the middle, with its share of everything. */
static void put_middle(const struct callers *c)
{
	const struct report *r = c->r;
	struct page *page = r->page;
	char n[TEXT_NUMBER], time[TEXT_NUMBER];

	page_end(page);
	pen_to(&page->pen, 1);
	cell_share(&r->cells, summary_share(r->sum, c->b.total.weight_ns));
	pen_to(&page->pen, 7);
	if (c->b.total.count && !r->sum->measured)
		cell_interval(&r->cells, summary_total(r->sum, c->b.function));
	pen_to(&page->pen, 20);
	cell_kind(&r->cells, profile_function_kind(r->p, c->b.function));
	pen_to(&page->pen, 22);
	cell_function(&r->cells, c->columns.name, c->b.function, 1);
	pen_to(&page->pen, c->columns.where_at);
	cell_where(&r->cells, c->columns.where, c->b.function);
	page_end(page);
	pen_to(&page->pen, 22);
	pen_put(&page->pen, STYLE_DIM, r->sum->measured ? "%s calls, %s in it and what it calls"
							: "%s samples, %s of CPU in it and what it calls",
		text_count(n, c->b.total.count), text_time(time, c->b.total.weight_ns));
	page_end(page);
	page_end(page);
}

static void put_certainty(const struct callers *c)
{
	struct page *page = c->r->page;
	_cleanup_(freep) char *text = NULL;
	char count[TEXT_NUMBER];

	if (!c->b.total.count || c->r->sum->measured)
		return;
	text = xasprintf("%s samples here: shares near 50%% carry at least %s%.0f points",
			 text_count(count, c->b.total.count), pen_plus_minus(&page->pen),
			 ceil(98 / sqrt((double)c->b.total.count)));
	pen_to(&page->pen, 1);
	pen_put(&page->pen, STYLE_DIM, "certainty");
	pen_to(&page->pen, 15);
	page_wrap(page, STYLE_TEXT, text);
	page_end(page);
}

void report_callers(const struct report *r, uint32_t function)
{
	struct callers c = { .r = r };

	c.columns = cells_columns(r->page->width, 22);
	c.columns.name += c.columns.bar;	/* there are no bars here */
	butterfly_make(r->p, r->sum, function, DEPTH, &c.b);

	put_head(&c, "CALLED BY");
	put_side(&c, &c.b.callers, true);
	if (c.b.outermost.count)
		put_words(&c, c.b.outermost, 0, r->sum->measured ? "nobody who was seen"
								 : "nobody: stacks begin with it");
	put_middle(&c);
	put_head(&c, "CALLS");
	put_words(&c, c.b.self, 0, "its own code");
	put_side(&c, &c.b.callees, false);
	put_certainty(&c);
	butterfly_deinit(&c.b);
}
