// SPDX-License-Identifier: Apache-2.0
#include <math.h>

#include "base/util.h"
#include "ui/group_cells.h"
#include "ui/report.h"
#include "ui/text.h"

#define ROWS 20			/* unless somebody asks for a number */

static void put_more(const struct report *r, const struct groups *g, uint32_t n_shown)
{
	uint64_t ns = 0;
	char count[TEXT_NUMBER];

	if (n_shown == g->n)
		return;
	for (uint32_t i = n_shown; i < g->n; i++)
		ns += g->rows[i].sum.weight_ns;
	pen_to(&r->page->pen, 1);
	cell_share(&r->cells, summary_share(r->sum, ns));
	pen_to(&r->page->pen, 14);
	pen_put(&r->page->pen, STYLE_DIM, "%s more", text_count(count, g->n - n_shown));
	page_end(r->page);
}

void report_groups(const struct report *r, enum group_by by)
{
	struct group_cells t;
	struct groups g;
	uint32_t n_shown;

	groups_make(r->p, r->selection, r->sum, by, &g);
	n_shown = min_of(g.n, r->limit ? r->limit : ROWS);
	t = group_cells_make(r->p, r->sum, &g, r->page->width);
	t.c.pen = &r->page->pen;
	group_cells_head(&t);
	page_end(r->page);
	for (uint32_t i = 0; i < n_shown; i++) {
		group_cells_row(&t, &g.rows[i], false);
		page_end(r->page);
	}
	put_more(r, &g, n_shown);
	if (group_cells_rest(&t))
		page_end(r->page);
	page_end(r->page);
	groups_deinit(&g);
}
