// SPDX-License-Identifier: Apache-2.0
/*
 * ui/side_pane.h - what a wide screen has room for below the callers: how the selected
 * function's share went, and what stands out beside the hint of every view.
 *
 *	─ Trend  its own share ──────
 *	50% │▂▂▁▂▆██▇▂▂
 *	  0 │██████████
 *	     0         30 s
 *	─ Stands out, too ───────────
 *	! GIL wait 16.3 s beside 24.2 s of CPU
 */
#ifndef CPROFD_UI_SIDE_PANE_H
#define CPROFD_UI_SIDE_PANE_H

#include "ui/view.h"

/* Draw it in the last rows of the area; returns how many those are, 0: there is no room. */
unsigned int side_pane_put(const struct app *a, struct grid *g, struct area area);

#endif
