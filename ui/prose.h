// SPDX-License-Identifier: Apache-2.0
/*
 * ui/prose.h - sentences with bold words, broken into rows.
 *
 *	struct rows rows = { .g = g, .top = 3, .height = 20, .left = 64, .right = 99 };
 *	struct prose p = { .utf8 = g->utf8 };
 *
 *	prose_add(&p, PROSE_PLAIN, "takes ");
 *	prose_add_name(&p, PROSE_STRONG, 30, name);
 *	prose_put(&rows, &p, NULL, 0);
 *	prose_deinit(&p);
 */
#ifndef CPROFD_UI_PROSE_H
#define CPROFD_UI_PROSE_H

#include "ui/pen.h"

/* Rows one below the other, of which a window is on the screen. */
struct rows {
	struct grid *g;
	unsigned int top, height, left, right;	/* of the window */
	unsigned int from;	/* the row at its top */
	unsigned int n;		/* rows so far */
};

/* The next row, which writes nothing if it is outside. */
struct pen rows_next(struct rows *r);

enum prose_tone { PROSE_PLAIN, PROSE_STRONG, PROSE_DIM };

struct prose {
	bool utf8;
	struct buf text, tones;		/* a tone for each byte of text */
};

void prose_deinit(struct prose *p);

/* Forget the text, keep the memory. */
void prose_clear(struct prose *p);

/* Append text that is clean; where there is UTF-8 "+-" becomes one sign. */
void prose_add(struct prose *p, enum prose_tone tone, const char *text);

/* Append bytes of the target: cleaned, and cut to `width` columns. */
void prose_add_name(struct prose *p, enum prose_tone tone, unsigned int width,
		    const char *bytes);

/* Append any bytes, those between two stars as strong ones; *strong goes on from the last. */
void prose_add_marked(struct prose *p, const char *text, size_t len, bool *strong);

/* Put it from `pen` on, or NULL: from a new row on; further rows begin at `indent`. */
void prose_put(struct rows *r, const struct prose *p, struct pen *pen, unsigned int indent);

#endif
