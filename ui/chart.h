// SPDX-License-Identifier: Apache-2.0
/*
 * ui/chart.h - something over time, as columns.
 *
 *	50% ▂▂▁▂▆██▇▂▂
 *	  0 ██████████
 *	    0.0   30.0 s
 */
#ifndef CPROFD_UI_CHART_H
#define CPROFD_UI_CHART_H

#include "ui/text.h"
#include "ui/view.h"

#define CHART_MOST 120u		/* parts of one */

struct chart {
	double value[CHART_MOST];	/* from 0 to scale; NAN: there is none */
	unsigned int n, wide;		/* parts, and the columns of one */
	unsigned int rows;		/* its height, without the axis */
	unsigned int at;		/* where columns begin, behind the labels */
	double scale;			/* of the highest row, which is called */
	char top[TEXT_NUMBER];
	struct style style;
	double from_s, to_s;		/* on the axis */
};

/* Draw it from row `y` of an area on: its rows, and the axis below. */
void chart_put(const struct chart *c, struct grid *g, struct area area, unsigned int y);

#endif
