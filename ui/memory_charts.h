// SPDX-License-Identifier: Apache-2.0
/*
 * ui/memory_charts.h - how much memory the program held over time, and how many page faults
 * it had: of all its processes together.
 */
#ifndef CPROFD_UI_MEMORY_CHARTS_H
#define CPROFD_UI_MEMORY_CHARTS_H

#include "ui/view.h"

/* Draw them from row `y` of an area to its end, as far as they are known and there is room. */
void memory_charts_put(const struct app *a, struct grid *g, struct area area, unsigned int y);

#endif
