// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "base/util.h"
#include "ui/facts.h"
#include "ui/ledger_text.h"
#include "ui/report.h"
#include "ui/text.h"

#define MAX_ROWS 12
#define TEXT_AT 18

static void put_count(const struct report *r, struct sum sum)
{
	char n[TEXT_NUMBER];

	pen_right(&r->page->pen, STYLE_TEXT, 10, "%s", sum.count ? text_count(n, sum.count) : "");
	pen_to(&r->page->pen, TEXT_AT);
}

/* What would help, on the line below. */
static void put_fix(const struct report *r, const char *fix)
{
	struct buf clean = { 0 };

	if (!fix)
		return;
	text_clean(&clean, fix, strlen(fix), r->page->row.utf8);
	pen_to(&r->page->pen, TEXT_AT + 2);
	page_wrap(r->page, STYLE_DIM, (const char *)clean.data);
	page_end(r->page);
	buf_deinit(&clean);
}

static void put_module(const struct report *r, uint32_t module)
{
	if (module == RECORD_NONE)
		return;
	pen_put(&r->page->pen, STYLE_TEXT, " in ");
	pen_name(&r->page->pen, STYLE_TEXT, r->page->width - r->page->pen.column - 1,
		  profile_module_name(r->p, module));
}

static void put_row(const struct report *r, const struct ledger_row *row)
{
	double share = ledger_share(r->ledger, row->sum.weight_ns);
	_cleanup_(freep) char *text = ledger_row_text(r->ledger, row);

	pen_to(&r->page->pen, 2);
	cell_share(&r->cells, share);
	put_count(r, row->sum);
	pen_put(&r->page->pen, STYLE_TEXT, "%s", text);
	put_module(r, row->module);
	page_end(r->page);
	if (ledger_fix_matters(row, share))
		put_fix(r, ledger_fix(r->p, row));
}

static void put_more_rows(const struct report *r, uint32_t first)
{
	struct sum sum = { 0 };

	for (uint32_t i = first; i < r->ledger->n_rows; i++)
		sum_add(&sum, r->ledger->rows[i].sum);
	pen_to(&r->page->pen, 2);
	cell_share(&r->cells, ledger_share(r->ledger, sum.weight_ns));
	put_count(r, sum);
	pen_put(&r->page->pen, STYLE_DIM, "%u more of these", r->ledger->n_rows - first);
	page_end(r->page);
}

static void put_unnamed(const struct report *r)
{
	uint32_t n = min_of(r->ledger->n_unnamed, (uint32_t)MAX_ROWS);

	if (!n)
		return;
	pen_to(&r->page->pen, TEXT_AT);
	page_wrap(r->page, STYLE_DIM, "with functions that have no name, in the stack anywhere:");
	page_end(r->page);
	for (uint32_t i = 0; i < n; i++) {
		const struct ledger_unnamed *u = &r->ledger->unnamed[i];

		pen_to(&r->page->pen, 2);
		cell_share(&r->cells, ledger_share(r->ledger, u->anywhere.weight_ns));
		put_count(r, u->anywhere);
		pen_name(&r->page->pen, STYLE_TEXT, r->page->width - TEXT_AT - 1,
			  profile_module_name(r->p, u->module));
		page_end(r->page);
		put_fix(r, ledger_unnamed_fix(r->p, u->module));
	}
}

static void put_edges(const struct report *r)
{
	_cleanup_(freep) char *edges = ledger_edges(r->ledger);
	_cleanup_(freep) char *text = edges ? xasprintf("calls: %s", edges) : NULL;

	if (!text)
		return;
	pen_to(&r->page->pen, TEXT_AT);
	page_wrap(r->page, STYLE_TEXT, text);
	page_end(r->page);
}

void report_ledger(const struct report *r)
{
	const struct ledger *l = r->ledger;
	uint32_t n = l->n_rows > MAX_ROWS ? MAX_ROWS - 1 : l->n_rows;

	page_end(r->page);
	page_rule(r->page, "What became of the samples", "share, samples");
	for (uint32_t i = 0; i < n; i++)
		put_row(r, &l->rows[i]);
	if (n < l->n_rows)
		put_more_rows(r, n);
	pen_to(&r->page->pen, 2);
	if (l->whole_ns) {
		pen_right(&r->page->pen, STYLE_TEXT, 5, "100.0");
		pen_to(&r->page->pen, TEXT_AT);
		pen_put(&r->page->pen, STYLE_DIM, "of the time that was due, in %u %s", l->n_rows,
			l->n_rows == 1 ? "row" : "rows");
	} else {
		pen_put(&r->page->pen, STYLE_TEXT, "%s", facts_nothing_due(r->sum));
	}
	page_end(r->page);
	put_unnamed(r);
	put_edges(r);
}
