// SPDX-License-Identifier: Apache-2.0
/*
 * ui/source_pane.h - the lines of a function, each with its share of all samples.
 */
#ifndef CPROFD_UI_SOURCE_PANE_H
#define CPROFD_UI_SOURCE_PANE_H

#include "ui/app.h"

/*
 * Where it is drawn: `room` columns from `left` on, of rows from `top` on, the head first;
 * beside something else no more of them than it needs.
 */
struct source_pane {
	const struct app *a;
	struct grid *g;
	const struct list *list;	/* of its rows; that of a.source: keys move in it */
	unsigned int top, rows, left, room;
	bool beside;
};

/* Columns that it takes beside something else: fewer where no text of the lines is known. */
unsigned int source_pane_width(const struct app *a, unsigned int room);

/* Draw it; the row at `place` (see source_place()) is marked if that is not 0. */
void source_pane_draw(const struct source_pane *pane, uint64_t place);

#endif
