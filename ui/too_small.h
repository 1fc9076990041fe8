// SPDX-License-Identifier: Apache-2.0
/*
 * ui/too_small.h - a terminal in which no view has room.
 *
 * It says so in as many words as fit.  What nobody can see does nothing: only leaving,
 * ^L and ^Z are keys then, and leaving asks nothing.  All else is as it was when there is
 * room again.
 */
#ifndef CPROFD_UI_TOO_SMALL_H
#define CPROFD_UI_TOO_SMALL_H

#include "ui/app.h"
#include "ui/grid.h"

bool too_small(const struct grid *g);

void too_small_draw(const struct app *a, struct grid *g);
void too_small_key(struct app *a, uint32_t key);

#endif
