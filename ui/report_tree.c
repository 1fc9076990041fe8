// SPDX-License-Identifier: Apache-2.0
#include "base/util.h"
#include "profile/tree_rows.h"
#include "ui/report.h"
#include "ui/text.h"
#include "ui/tree_cells.h"
#include "ui/tree_guides.h"

#define ROWS 60			/* unless somebody asks for another number */
#define MIN_SHARE .005
#define MAX_DEPTH 4096		/* of calls shown */

struct tree_report {
	const struct report *r;
	struct tree_cells cells;
	struct tree_rows rows;
	struct tree_guides guides;
};

static void put_head(const struct tree_report *t)
{
	struct page *page = t->r->page;

	pen_put(&page->pen, STYLE_STRONG, " TOTAL%%");
	pen_put(&page->pen, STYLE_DIM, " SELF%% ");
	pen_to(&page->pen, 14);
	pen_put(&page->pen, STYLE_DIM, "0");
	pen_right(&page->pen, STYLE_DIM, t->cells.columns.bar - 1, "100%%");
	pen_put(&page->pen, STYLE_DIM, " K CALL TREE");
	pen_to(&page->pen, t->cells.columns.where_at);
	pen_put(&page->pen, STYLE_DIM, "WHERE");
	page_end(page);
}

static void put_row(struct tree_report *t, uint32_t i)
{
	const struct tree_row *row = &t->rows.v[i];

	tree_guides_next(&t->guides, &t->rows, i);
	tree_cells_numbers(&t->cells, row);
	tree_guides_put(&t->guides, &t->r->page->pen, t->cells.columns.name);
	tree_cells_name(&t->cells, row);
	page_end(t->r->page);
}

/* Kernel time that is not visible: beside the tree, part of the 100 %. */
static void put_hidden(const struct tree_report *t)
{
	const struct report *r = t->r;

	if (!r->sum->hidden_ns)
		return;
	pen_to(&r->page->pen, 2);
	cell_share(&r->cells, summary_share(r->sum, r->sum->hidden_ns));
	pen_to(&r->page->pen, 14 + t->cells.columns.bar + 1);
	cell_kind(&r->cells, 'K');
	pen_to(&r->page->pen, TREE_CELLS_NAME_AT + t->cells.columns.bar + 1);
	pen_put(&r->page->pen, STYLE_TEXT, "[kernel, not visible]");
	page_end(r->page);
}

/* By how many samples the rows below a row, and its own, miss its total. */
static uint64_t difference(const struct tree_rows *rows, uint32_t i)
{
	const struct tree_row *row = &rows->v[i];
	uint64_t sum = row->self.count;

	for (uint32_t c = i + 1; c < rows->n && rows->v[c].depth > row->depth; c++)
		if (rows->v[c].depth == row->depth + 1)
			sum += rows->v[c].total.count;
	return sum > row->total.count ? sum - row->total.count : row->total.count - sum;
}

static void put_check(const struct tree_report *t)
{
	struct page *page = t->r->page;
	_cleanup_(freep) char *text = NULL;
	char count[TEXT_NUMBER];
	uint64_t off = 0;

	for (uint32_t i = 0; i < t->rows.n; i++)
		if (t->rows.v[i].kind == TREE_ROW_NODE)
			off += difference(&t->rows, i);
	text = xasprintf("children + self = parent on every line; the sums differ by %s samples",
			 text_count(count, off));
	pen_to(&page->pen, 1);
	pen_put(&page->pen, STYLE_DIM, "check");
	pen_to(&page->pen, 15);
	page_wrap(page, STYLE_TEXT, text);
	page_end(page);
}

void report_tree(const struct report *r)
{
	struct tree_report t = { .r = r };

	t.cells = (struct tree_cells){ r->cells, &r->p->tree, r->ledger,
				       cells_columns(r->page->width, TREE_CELLS_NAME_AT + 1),
				       r->page->width };
	tree_rows_make(r->p, r->sum, (uint64_t)(MIN_SHARE * (double)r->sum->base_ns),
		       r->limit ? r->limit : ROWS, MAX_DEPTH, &t.rows);
	tree_guides_init(&t.guides, MAX_DEPTH);
	put_head(&t);
	for (uint32_t i = 0; i < t.rows.n; i++)
		put_row(&t, i);
	put_hidden(&t);
	put_check(&t);
	tree_guides_deinit(&t.guides);
	tree_rows_deinit(&t.rows);
}
