// SPDX-License-Identifier: Apache-2.0
/*
 * ui/function_detail.h - what is known of the selected function, below a table of them:
 * samples, hottest line, callers, and how certain the order is.
 */
#ifndef CPROFD_UI_FUNCTION_DETAIL_H
#define CPROFD_UI_FUNCTION_DETAIL_H

#include "ui/view.h"

/* Rows that it takes, a blank one above and below included. */
unsigned int function_detail_rows(const struct app *a);

/* Draw it from row `y` of the area on, which begins with the blank one. */
void function_detail_put(struct app *a, struct grid *g, struct area area, unsigned int y);

/* Was there time to find out about callers and lines of the selected one? */
bool function_detail_is_known(const struct app *a);

#endif
