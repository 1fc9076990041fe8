// SPDX-License-Identifier: Apache-2.0
/*
 * ui/heat_picture.h - when all threads together were busy: seconds from left to right,
 * parts of a second from top to bottom.
 */
#ifndef CPROFD_UI_HEAT_PICTURE_H
#define CPROFD_UI_HEAT_PICTURE_H

#include "ui/view.h"

/* How many columns and rows of time there may be in an area so large. */
uint32_t heat_picture_columns(unsigned int width);
uint32_t heat_picture_rows(unsigned int height);

/* What a->heat has. */
void heat_picture_draw(const struct app *a, struct grid *g, struct area area);

#endif
