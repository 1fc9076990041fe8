// SPDX-License-Identifier: Apache-2.0
/*
 * ui/page.h - a page of text, line by line, in colour or not.
 *
 *	struct page page;
 *
 *	page_init(&page, stdout, 80, true, false);
 *	pen_right(&page.pen, STYLE_STRONG, 6, "%s", number);
 *	pen_to(&page.pen, 12);
 *	pen_name(&page.pen, STYLE_TEXT, 24, name);
 *	page_end(&page);
 *	page_deinit(&page);
 *
 * The pen writes into the line at hand, which may become longer than the page is
 * wide.  Blanks at the end of a line are left out.
 */
#ifndef CPROFD_UI_PAGE_H
#define CPROFD_UI_PAGE_H

#include <stdio.h>

#include "ui/pen.h"

struct page {
	FILE *out;
	unsigned int width;
	bool colour;
	struct grid row;
	struct pen pen;
	struct buf line;
};

/* The caller ends with page_deinit(); `out` stays the caller's. */
void page_init(struct page *page, FILE *out, unsigned int width, bool utf8, bool colour);
void page_deinit(struct page *page);

/* End the line. */
void page_end(struct page *page);

/* Clean text broken into lines between the current column and the right edge. */
void page_wrap(struct page *page, struct style style, const char *text);

/* "─ title  note ─────" over the whole width, as a line of its own. */
void page_rule(struct page *page, const char *title, const char *note);

#endif
