// SPDX-License-Identifier: Apache-2.0
/* ui/threads_picture.h - lanes of threads over a ruler of time, and what is chosen in words. */
#ifndef CPROFD_UI_THREADS_PICTURE_H
#define CPROFD_UI_THREADS_PICTURE_H

#include "ui/threads_data.h"

/* How many columns of time there are in an area so wide. */
uint32_t threads_picture_columns(const struct app *a, unsigned int width);

/* What threads_make() made; fits the list of rows into the area. */
void threads_picture_draw(struct app *a, struct grid *g, struct area area);

#endif
