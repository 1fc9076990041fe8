// SPDX-License-Identifier: Apache-2.0
/*
 * ui/pen.h - writes into a row of a grid, from left to right, within bounds.
 *
 *	struct pen pen = pen_make(&grid, y, 0, grid.width);
 *
 *	pen_right(&pen, STYLE_STRONG, 6, "%s", number);
 *	pen_to(&pen, 12);
 *	pen_name(&pen, STYLE_TEXT, 24, name);
 *
 * Columns are counted from the left bound; what does not fit is not written.
 * Where a style has no background, the one that is there stays.
 */
#ifndef CPROFD_UI_PEN_H
#define CPROFD_UI_PEN_H

#include "ui/grid.h"

struct pen {
	struct grid *grid;
	unsigned int y, left, width;
	unsigned int column;	/* where the next character goes */
};

/* For columns [left, right) of row `y`; one below the last row writes nothing. */
struct pen pen_make(struct grid *grid, unsigned int y, unsigned int left, unsigned int right);

/* Put text that is clean. */
void pen_put(struct pen *pen, struct style style, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* The same at the right of the next `width` columns. */
void pen_right(struct pen *pen, struct style style, unsigned int width, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* Put bytes of the target: cleaned, and cut to `width` columns. */
void pen_name(struct pen *pen, struct style style, unsigned int width, const char *name);

/* Go on at `column`, but never back. */
void pen_to(struct pen *pen, unsigned int column);

/* Columns that are left. */
unsigned int pen_left(const struct pen *pen);

/* Three columns on, "label value unit" with the value plain; nothing if it does not fit. */
void pen_fact(struct pen *pen, const char *label, const char *value, const char *unit);

/*
 * A bar of `width` columns for [0, scale] in the tones of a kind of code: solid
 * up to `low`, soft from there to `high`.  Something above 0 is never empty.
 */
void pen_bar(struct pen *pen, char kind, unsigned int width, double low, double share,
	     double high, double scale);

/* One column for each of `n` values, their mean at half height; blank where there is none. */
void pen_trend(struct pen *pen, struct style style, const double *values, unsigned int n);

/* A line through the rest of the row: "─ title  note ─────". */
void pen_rule(struct pen *pen, const char *title, const char *note);

/* "±" and such, or what stands for them without UTF-8. */
const char *pen_plus_minus(const struct pen *pen);

#endif
