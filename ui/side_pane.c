// SPDX-License-Identifier: Apache-2.0
#include "ui/side_pane.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/util.h"
#include "ui/cells.h"
#include "ui/chart.h"
#include "ui/prose.h"

#define LEAST_HEIGHT 40		/* of a view, for callers to have enough of it */
#define CHART_ROWS 4
#define CHART_AT 6		/* behind the labels of its axis */
#define TREND_ROWS (CHART_ROWS + 3)	/* a blank one, rule, axis */
#define HINTS 3u
#define HINT_ROWS 2		/* of one at most */

static struct pen pane_pen(struct grid *g, struct area area, unsigned int y, unsigned int column)
{
	struct pen pen = area_pen(g, area, y);

	pen_to(&pen, column);
	return pen;
}

/* ---- how it went ---- */

/* The weight of blocks in one of `n` parts of the range, as summary_trend() has it. */
static double whole_of(const struct stats *s, unsigned int n, unsigned int i)
{
	double from = (double)i * s->n_blocks / n, to = (double)(i + 1) * s->n_blocks / n, sum = 0;

	for (uint32_t b = (uint32_t)from; b < s->n_blocks && b < to; b++)
		sum += s->weight[b] * (fmin(to, b + 1) - fmax(from, b));
	return sum;
}

static bool make_chart(const struct app *a, unsigned int width, struct chart *c)
{
	const struct summary *sum = &a->model->sum;
	double own[CHART_MOST], most = 0;

	c->n = min_of(sum->stats.n_blocks, width);
	c->n = min_of(c->n, CHART_MOST);
	if (a->function == RECORD_NONE || !c->n ||
	    sum->functions[a->function].self.count < CELLS_FEW_SAMPLES ||
	    !summary_trend(sum, a->function, c->n, own))
		return false;
	c->wide = width / c->n;
	for (unsigned int i = 0; i < c->n; i++) {
		double whole = whole_of(&sum->stats, c->n, i) * sum->stats.scale;

		c->value[i] = whole > 0 ? fmin(own[i] / whole, 1) : NAN;
		most = fmax(most, whole > 0 ? c->value[i] : 0);
	}
	c->scale = bar_scale(most);
	snprintf(c->top, sizeof(c->top), "%.0f%%", c->scale * 100);
	return true;
}

static void put_chart(const struct app *a, struct grid *g, struct area area, unsigned int y,
		      struct chart *c)
{
	const struct summary *sum = &a->model->sum;
	char kind = profile_function_kind(a->model->p, a->function);
	struct pen pen = pane_pen(g, area, y, 0);

	pen_rule(&pen, "Trend", "its own share of each moment");
	c->rows = CHART_ROWS;
	c->at = CHART_AT;
	c->style = (struct style){ .fg = (uint8_t)(g->two_tones ? ink_quiet(kind) : ink_strong(kind)) };
	c->from_s = (double)(sum->from_ns - a->model->p->start_ns) / 1e9;
	c->to_s = (double)(sum->to_ns - a->model->p->start_ns) / 1e9;
	chart_put(c, g, area, y + 1);
}

/* ---- what stands out ---- */

static void put_hints(const struct app *a, struct grid *g, struct area area, unsigned int y)
{
	const struct hints *shown = &a->hints.watch.shown;
	struct pen pen = pane_pen(g, area, y++, 0);

	pen_rule(&pen, "Stands out, too", "! says why, and when it is wrong");
	for (size_t i = 1; i < shown->n && i <= HINTS; i++) {
		struct rows rows = { .g = g, .top = area.top + y, .height = HINT_ROWS, .left = area.left,
				     .right = area.left + area.width - 1 };
		struct prose claim = { .utf8 = g->utf8 };

		pen = rows_next(&rows);
		pen_to(&pen, 1);
		pen_put(&pen, STYLE_STRONG, "! ");
		prose_add_name(&claim, PROSE_PLAIN, HINT_ROWS * (area.width - 8), shown->v[i].claim);
		prose_put(&rows, &claim, &pen, 3);
		prose_deinit(&claim);
		y += min_of(rows.n, (unsigned int)HINT_ROWS);
	}
}

/* ---- both ---- */

unsigned int side_pane_put(const struct app *a, struct grid *g, struct area area)
{
	const size_t shown = a->hints.watch.shown.n;	/* the first is in the row of messages */
	const unsigned int n_hints = shown ? (unsigned int)min_of(shown - 1, (size_t)HINTS) : 0;
	unsigned int hints = n_hints ? 2 + HINT_ROWS * n_hints : 0, trend, rows;
	struct chart chart;

	if (area.height < LEAST_HEIGHT || area.width < CHART_AT + 12)
		return 0;
	trend = make_chart(a, area.width - CHART_AT - 1, &chart) ? TREND_ROWS : 0;
	rows = trend + hints;
	if (trend)
		put_chart(a, g, area, area.height - rows + 1, &chart);
	if (hints)
		put_hints(a, g, area, area.height - hints + 1);
	return rows;
}
