// SPDX-License-Identifier: Apache-2.0
#include "ui/memory_charts.h"

#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "base/util.h"
#include "ui/chart.h"

#define LEAST_PARTS 5		/* readings, which come each second */
#define LEAST_ROWS 3
#define MOST_ROWS 12
#define AROUND 3		/* rows beside those: a blank one, rule, axis */
#define LABEL 11		/* columns of "1,023 MiB" */
#define BOTH_FROM 120		/* width from which on they are beside each other */

struct what {
	const char *title, *note;
	/* Of a part of the time; NAN: not known. */
	double (*value)(const struct model *m, uint64_t from_ns, uint64_t to_ns);
	void (*name)(char text[TEXT_NUMBER], double value);
};

static double held(const struct model *m, uint64_t from_ns, uint64_t to_ns)
{
	uint64_t bytes;

	(void)from_ns;
	return counters_gauge(&m->p->counters, COUNTER_RESIDENT_BYTES, to_ns, &bytes) ? (double)bytes : NAN;
}

static void name_bytes(char text[TEXT_NUMBER], double value)
{
	text_bytes(text, (uint64_t)value);
}

static double faults(const struct model *m, uint64_t from_ns, uint64_t to_ns)
{
	const struct counters *c = &m->p->counters;

	uint64_t until = min_of(to_ns, counters_last_ns(c, COUNTER_FAULTS));

	if (!counters_known(c, COUNTER_FAULTS, RECORD_NONE) ||
	    until < from_ns + (to_ns - from_ns) / 2)
		return NAN;
	return (double)counters_growth(c, COUNTER_FAULTS, RECORD_NONE, from_ns, until) * 1e9 /
	       (double)(until - from_ns);
}

static void name_rate(char text[TEXT_NUMBER], double value)
{
	text_count(text, (uint64_t)llround(value));
	strcat(text, "/s");
}

static const struct what charts[] = {
	{ "Held over time", "all processes, shared pages as often", held, name_bytes },
	{ "Page faults", "pages touched first; those read from disk not counted", faults, name_rate },
};

/* False if nothing is known of it, or all of it is 0. */
static bool make(const struct model *m, const struct what *what, unsigned int width, struct chart *c)
{
	uint64_t from = m->sum.from_ns, length = m->sum.to_ns - from;
	unsigned int n = (unsigned int)min_of(length / NS_PER_S, (uint64_t)CHART_MOST);

	n = min_of(n, width);
	if (n < LEAST_PARTS)
		return false;
	*c = (struct chart){ .n = n, .wide = width / n, .at = LABEL, .style = { .fg = INK_DIM } };
	for (unsigned int i = 0; i < n; i++) {
		c->value[i] = what->value(m, from + length * i / n, from + length * (i + 1) / n);
		c->scale = isnan(c->value[i]) ? c->scale : fmax(c->scale, c->value[i]);
	}
	what->name(c->top, c->scale);
	c->from_s = (double)(from - m->p->start_ns) / 1e9;
	c->to_s = (double)(m->sum.to_ns - m->p->start_ns) / 1e9;
	return c->scale > 0;
}

void memory_charts_put(const struct app *a, struct grid *g, struct area area, unsigned int y)
{
	bool both = area.width >= BOTH_FROM;
	unsigned int width = both ? area.width / 2 : area.width;

	for (size_t i = 0; i < array_len(charts); i++) {
		struct area part = area;
		struct chart c;
		struct pen pen;

		part.left += both && i ? width : 0;
		part.width = width - (both && !i);
		if (y + AROUND + LEAST_ROWS > area.height ||
		    !make(a->model, &charts[i], part.width - LABEL - 1, &c))
			continue;
		c.rows = min_of(area.height - y - AROUND, (unsigned int)MOST_ROWS);
		pen = area_pen(g, part, y + 1);
		pen_rule(&pen, charts[i].title, charts[i].note);
		chart_put(&c, g, part, y + 2);
		y += both ? 0 : c.rows + AROUND;
	}
}
