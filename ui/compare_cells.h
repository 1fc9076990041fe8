// SPDX-License-Identifier: Apache-2.0
/*
 * ui/compare_cells.h - the table of a comparison, as a report and a view have it: times
 * on both sides, what changed with its interval, drawn where there is room, and a verdict.
 *
 *	A ms  B ms  CHANGE  95% INTERVAL  -2        0  K FUNCTION    VERDICT
 */
#ifndef CPROFD_UI_COMPARE_CELLS_H
#define CPROFD_UI_COMPARE_CELLS_H

#include "ui/compare_text.h"
#include "ui/pen.h"

struct compare_cells {
	struct pen *pen;	/* in the row at hand */
	const struct compare *c;
	const struct compare_side *sides;
	struct compare_numbers numbers;
	unsigned int number;	/* columns of a value, the blank before it included */
	unsigned int interval, plot;	/* columns, 0: there is no room for it */
	unsigned int name;	/* columns */
	double low, high;	/* what the plot reaches */
};

/* For a table as wide as `width`. */
struct compare_cells compare_cells_make(const struct compare *c, const struct compare_side sides[2],
					unsigned int width);

void compare_cells_head(const struct compare_cells *t);
void compare_cells_row(const struct compare_cells *t, const struct compare_row *row, bool chosen);

/* Below the rows: a line, and their sums. */
void compare_cells_line(const struct compare_cells *t);
void compare_cells_total(const struct compare_cells *t);

#endif
