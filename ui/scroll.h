// SPDX-License-Identifier: Apache-2.0
/*
 * ui/scroll.h - a page of rows that is longer than the screen.
 *
 *	do {
 *		s = scroll_begin(a, g, area);
 *		pen = scroll_row(&s);	for each row; those outside write nothing
 *	} while (!scroll_end(&s));
 */
#ifndef CPROFD_UI_SCROLL_H
#define CPROFD_UI_SCROLL_H

#include "ui/view.h"

struct scroll {
	struct app *a;
	struct grid *g;
	struct area area;
	uint32_t row;		/* the next, of all there are */
};

struct scroll scroll_begin(struct app *a, struct grid *g, struct area area);
struct pen scroll_row(struct scroll *s);

/* The same for any row, columns from `left` on; s->row is the caller's then. */
struct pen scroll_at(struct scroll *s, uint32_t row, unsigned int left);

/* Bytes of the target as rows of their own, broken between words, from `left` on. */
void scroll_wrap(struct scroll *s, struct style style, unsigned int left, const char *text);

/* Now it is known how many rows there are: false if the page began too far down. */
bool scroll_end(struct scroll *s);

/* Scroll; false if the action does not. */
bool scroll_act(struct app *a, enum action action);

#endif
