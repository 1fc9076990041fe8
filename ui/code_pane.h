// SPDX-License-Identifier: Apache-2.0
/*
 * ui/code_pane.h - the instructions of a function, each with its share of the
 * samples that landed in this code.
 */
#ifndef CPROFD_UI_CODE_PANE_H
#define CPROFD_UI_CODE_PANE_H

#include "ui/app.h"

/* Where it is drawn: columns [left, right) of rows from `top` on, the head first. */
struct code_pane {
	const struct app *a;
	struct grid *g;
	unsigned int top, rows, left, right;
};

/*
 * Draw it; rows at `place` (see code_place()) are marked if that is not 0.  Without
 * instructions it says why.  Its first row is SPOT_ROW number `first_spot`.
 */
void code_pane_draw(const struct code_pane *pane, uint64_t place, uint32_t first_spot);

#endif
