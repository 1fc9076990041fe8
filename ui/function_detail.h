// SPDX-License-Identifier: Apache-2.0
/*
 * ui/function_detail.h - what is known of the selected function, below a table of them:
 * samples, hottest line, callers, and how certain the order is.
 */
#ifndef CPROFD_UI_FUNCTION_DETAIL_H
#define CPROFD_UI_FUNCTION_DETAIL_H

#include "ui/view.h"

/*
 * Rows that it takes of a view of that height, a blank one above and below included; where
 * these are few it is brief.
 */
unsigned int function_detail_rows(const struct app *a, unsigned int height);

/* Draw it in the last rows of the area. */
void function_detail_put(struct app *a, struct grid *g, struct area area);

/* A rule with the name of the selected function and where it is, "fib  fib.py:26". */
void function_detail_title(const struct app *a, struct pen *pen, unsigned int width);

/* Was there time to find out about callers and lines of the selected one? */
bool function_detail_is_known(const struct app *a);

#endif
