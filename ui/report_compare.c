// SPDX-License-Identifier: Apache-2.0
#include "ui/report_compare.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/util.h"
#include "ui/compare_cells.h"
#include "ui/text.h"

#define LABEL 1		/* columns */
#define VALUE 15
#define ROWS 30		/* unless somebody asks for a number; with evidence all */

/* Clean bytes of the target; the caller frees them. */
static char *clean(const struct report_compare *r, const char *s)
{
	struct buf b = { 0 };

	text_clean(&b, s, strlen(s), r->page->row.utf8);
	return (char *)b.data;
}

/* A line of text, which is freed; NULL: none. */
static void put_line(const struct report_compare *r, const char *label, struct style tone,
		     char *text)
{
	_cleanup_(freep) char *shown = text ? clean(r, text) : NULL;

	if (shown) {
		pen_to(&r->page->pen, LABEL);
		pen_put(&r->page->pen, STYLE_DIM, "%s", label);
		pen_to(&r->page->pen, VALUE);
		page_wrap(r->page, tone, shown);
		page_end(r->page);
	}
	free(text);
}

/* "a.cprof, 2.0 to 12.0 s: shop, 2026-01-22 14:02:03, 10.0 s, 4,812 samples" */
static char *side_text(const struct report_compare *r, int side)
{
	const struct compare_side *s = &r->sides[side];
	const struct compare_total *t = &r->c->total[side];
	const char *title = profile_title(s->p);
	time_t start = (time_t)(s->p->start_real_ns / NS_PER_S);
	char when[32] = "?", length[TEXT_NUMBER], n[TEXT_NUMBER], range[64] = "";
	struct tm tm;

	if (localtime_r(&start, &tm))
		strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S", &tm);
	if (s->selection->from_ns || s->selection->to_ns)
		snprintf(range, sizeof(range), ", %.3f s to %.3f s",
			 (double)(s->sum->from_ns - s->p->start_ns) / NS_PER_S,
			 (double)(s->sum->to_ns - s->p->start_ns) / NS_PER_S);
	return xasprintf("%s%s: %s, %s, %s, %s samples", r->files[side], range,
			 title ? title : "nothing", when, text_time(length, t->range_ns),
			 text_count(n, t->samples));
}

static void put_head(const struct report_compare *r)
{
	struct compare_numbers n = compare_numbers_of(r->c);
	_cleanup_(freep) char *change = compare_change_text(r->c, r->page->row.utf8);
	char a[COMPARE_NUMBER], b[COMPARE_NUMBER];

	put_line(r, "A", STYLE_STRONG, side_text(r, COMPARE_A));
	put_line(r, "B", STYLE_STRONG, side_text(r, COMPARE_B));
	put_line(r, "recorded", STYLE_TEXT, compare_circumstances(r->sides));
	put_line(r, "unit", STYLE_TEXT, xasprintf("%s; %s", compare_unit_title(r->c->unit),
						  compare_caution(r->c)));
	if (r->c->unit != COMPARE_SHARE)
		put_line(r, "total", STYLE_TEXT,
			 xasprintf("A %s %s   B %s %s   %s",
				   compare_value(a, &n, r->c->total[COMPARE_A].value), n.unit,
				   compare_value(b, &n, r->c->total[COMPARE_B].value), n.unit, change));
	put_line(r, "!", STYLE_STRONG, compare_trouble_text(r->c));
	page_end(r->page);
}

static bool is_shown(const struct report_compare *r, uint32_t i)
{
	return compare_has_evidence(&r->c->rows[i]) ||
	       (!r->only_evidence && (!r->limit || i < r->limit) && (r->limit || i < ROWS));
}

static void put_more(const struct report_compare *r, uint32_t n_more)
{
	struct page *page = r->page;
	char n[TEXT_NUMBER];

	if (!n_more)
		return;
	pen_to(&page->pen, 2);
	pen_put(&page->pen, STYLE_DIM, "and %s row%s without evidence", text_count(n, n_more),
		n_more == 1 ? "" : "s");
	page_end(page);
}

void report_compare(const struct report_compare *r)
{
	struct compare_cells t = compare_cells_make(r->c, r->sides, r->page->width);
	uint32_t n_more = 0;

	put_head(r);
	t.pen = &r->page->pen;
	compare_cells_head(&t);
	page_end(r->page);
	for (uint32_t i = 0; i < r->c->n_rows; i++) {
		if (!is_shown(r, i)) {
			n_more++;
			continue;
		}
		compare_cells_row(&t, &r->c->rows[i], false);
		page_end(r->page);
	}
	put_more(r, n_more);
	compare_cells_line(&t);
	page_end(r->page);
	compare_cells_total(&t);
	page_end(r->page);
	page_end(r->page);
	put_line(r, "certainty", STYLE_TEXT, compare_certainty(r->c));
}
