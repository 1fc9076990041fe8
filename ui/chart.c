// SPDX-License-Identifier: Apache-2.0
#include "ui/chart.h"

#include <math.h>
#include <stdio.h>

/* What a part has in row `row` from below: 0 to 8 eighths. */
static unsigned int eighths_in(const struct chart *c, double value, unsigned int row)
{
	double all = c->scale > 0 ? value / c->scale * c->rows * 8 : 0;

	return (unsigned int)lround(fmin(fmax(all - row * 8.0, 0), 8));
}

static void put_axis(const struct chart *c, struct grid *g, struct area area, unsigned int y)
{
	struct pen pen = area_pen(g, area, y);
	char end[32];

	snprintf(end, sizeof(end), "%.1f s", c->to_s);
	pen_to(&pen, c->at);
	pen_put(&pen, STYLE_DIM, "%.1f", c->from_s);
	pen_right(&pen, STYLE_DIM, c->at + c->n * c->wide - pen.column, "%s", end);
}

void chart_put(const struct chart *c, struct grid *g, struct area area, unsigned int y)
{
	static const char *const blocks[] = { " ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" };

	for (unsigned int row = c->rows; row-- > 0; y++) {
		struct pen pen = area_pen(g, area, y);

		if (row == c->rows - 1)
			pen_right(&pen, STYLE_DIM, c->at - 1, "%s", c->top);
		else if (!row)
			pen_right(&pen, STYLE_DIM, c->at - 1, "0");
		pen_to(&pen, c->at);
		for (unsigned int i = 0; i < c->n * c->wide; i++) {
			double value = c->value[i / c->wide];
			unsigned int e = isnan(value) ? 0 : eighths_in(c, value, row);

			pen_put(&pen, e ? c->style : STYLE_TEXT, "%s",
				g->utf8 ? blocks[e] : e >= 4 ? "#" : e ? "." : " ");
		}
	}
	put_axis(c, g, area, y);
}
