// SPDX-License-Identifier: Apache-2.0
/*
 * ui/page.h - a page of text: lines of cells, in colour or not.
 *
 *	struct page page = { .out = stdout, .width = 80, .utf8 = true };
 *
 *	page_right(&page, TONE_STRONG, 6, "%s", number);
 *	page_to(&page, 12);
 *	page_name(&page, TONE_TEXT, 24, name);
 *	page_end(&page);
 *	page_deinit(&page);
 *
 * Columns are counted from 0, whatever bytes a character or a colour takes.
 * Blanks at the end of a line are left out.
 */
#ifndef CPROFD_UI_PAGE_H
#define CPROFD_UI_PAGE_H

#include <stdbool.h>
#include <stdio.h>

#include "base/buf.h"

enum tone {
	TONE_TEXT,
	TONE_STRONG,	/* worth reading first */
	TONE_DIM,	/* labels, units, places, what is under 1 % */
	TONE_NATIVE, TONE_LIBRARY, TONE_KERNEL, TONE_UNKNOWN,	/* kinds of code */
	TONE_ALARM,	/* what is abnormal */
};

struct page {
	FILE *out;
	unsigned int width;
	bool utf8;
	bool colour;

	struct buf line;	/* of the line so far, without blanks at its end */
	unsigned int column;	/* where the next cell goes */
	unsigned int blanks;	/* columns before it that are not in `line` yet */
};

void page_deinit(struct page *page);

/* The tone of a kind letter (profile_function_kind). */
enum tone page_kind_tone(char kind);

/* Put text that is clean. */
void page_put(struct page *page, enum tone tone, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* The same at the right of the next `width` columns. */
void page_right(struct page *page, enum tone tone, unsigned int width,
		const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* Put bytes of the target: cleaned, and cut to `width` columns. */
void page_name(struct page *page, enum tone tone, unsigned int width, const char *name);

/* Go on at `column`, but never back. */
void page_to(struct page *page, unsigned int column);

/*
 * A bar of `width` columns for [0, scale]: solid up to `low`, a line from there
 * to `high`.  Something above 0 is never empty.
 */
void page_bar(struct page *page, enum tone tone, unsigned int width, double low,
	      double high, double scale);

/* End the line. */
void page_end(struct page *page);

/* Clean text broken into lines between the current column and the right edge. */
void page_wrap(struct page *page, enum tone tone, const char *text);

/* "─ title  note ─────" over the whole width, as a line of its own. */
void page_rule(struct page *page, const char *title, const char *note);

/* "±" and such, or what stands for them without UTF-8. */
const char *page_plus_minus(const struct page *page);

#endif
