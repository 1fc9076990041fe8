// SPDX-License-Identifier: Apache-2.0
/*
 * ui/beside.h - what a wide screen has room for at the right of a table: the selected
 * function, by those that call it and that it calls, or by its source; below that what
 * ui/side_pane.h has.
 *
 *	struct area pane = beside_take(a, &area);	// area is narrower now
 *
 *	...						// draw the table
 *	if (pane.width)
 *		beside_put_source(a, g, pane);
 */
#ifndef CPROFD_UI_BESIDE_H
#define CPROFD_UI_BESIDE_H

#include "ui/view.h"

/* Take columns from the right of a table; width 0: there are too few, or nothing is selected. */
struct area beside_take(const struct app *a, struct area *area);

void beside_put_callers(struct app *a, struct grid *g, struct area pane);

/* Without text of its lines `instead` is put, or, if that is NULL, what is known of them. */
void beside_put_source(struct app *a, struct grid *g, struct area pane,
		       void (*instead)(struct app *a, struct grid *g, struct area pane));

#endif
