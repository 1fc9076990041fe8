// SPDX-License-Identifier: Apache-2.0
/*
 * ui/source_pane.h - the lines of a function, each with its share of all samples.
 */
#ifndef CPROFD_UI_SOURCE_PANE_H
#define CPROFD_UI_SOURCE_PANE_H

#include "ui/app.h"

/* Where it is drawn: columns [0, right) of rows from `top` on, the head first. */
struct source_pane {
	const struct app *a;
	struct grid *g;
	unsigned int top, rows, right;
};

/* Draw it; the row at `place` (see source_place()) is marked if that is not 0. */
void source_pane_draw(const struct source_pane *pane, uint64_t place);

#endif
