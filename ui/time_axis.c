// SPDX-License-Identifier: Apache-2.0
#include "ui/time_axis.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/util.h"
#include "ui/text.h"

#define BETWEEN 9		/* columns from one time to the next, at least */

uint64_t time_axis_even(uint64_t ns)
{
	static const uint8_t tenths[] = { 10, 11, 12, 14, 16, 18, 20, 22, 25, 30, 35, 40,
					  45, 50, 55, 60, 65, 70, 80, 90, 100 };
	uint64_t unit = TIME_AXIS_LEAST_NS / 10;

	while (unit < UINT64_MAX / 1000 && unit * 100 < ns)
		unit *= 10;
	for (size_t i = 0; i < array_len(tenths); i++)
		if (unit * tenths[i] >= ns)
			return max_of(unit * tenths[i], (uint64_t)TIME_AXIS_LEAST_NS);
	return unit * 100;
}

struct time_axis time_axis_fit(uint64_t from_ns, uint64_t to_ns, uint32_t columns)
{
	uint64_t length = to_ns > from_ns ? to_ns - from_ns : 0;
	struct time_axis x = { .cell_ns = time_axis_even(length / columns + (length % columns != 0)) };

	/* What does not begin where a cell does may need one more. */
	if (from_ns / x.cell_ns + columns < to_ns / x.cell_ns + (to_ns % x.cell_ns != 0))
		x.cell_ns = time_axis_even(x.cell_ns + 1);
	x.first = from_ns / x.cell_ns;
	x.n = (uint32_t)(to_ns / x.cell_ns + (to_ns % x.cell_ns != 0) - x.first);
	x.n = min_of(x.n, columns);
	x.n = max_of(x.n, 1u);
	return x;
}

bool time_axis_has(const struct time_axis *x, uint64_t ns, uint32_t *column)
{
	uint64_t cell = ns / x->cell_ns;

	if (cell < x->first || cell >= x->first + x->n)
		return false;
	*column = (uint32_t)(cell - x->first);
	return true;
}

char *time_axis_length(char buf[32], uint64_t ns)
{
	if (ns >= NS_PER_S)
		snprintf(buf, 32, "%g s", (double)ns / (double)NS_PER_S);
	else
		snprintf(buf, 32, "%g ms", (double)ns / (double)NS_PER_MS);
	return buf;
}

char *time_axis_moment(char buf[32], uint64_t ns, uint64_t step_ns)
{
	int decimals = 0;

	for (uint64_t unit = NS_PER_S; decimals < 3 && step_ns % unit; unit /= 10)
		decimals++;
	snprintf(buf, 32, "%.*f", decimals, (double)ns / (double)NS_PER_S);
	return buf;
}

char *time_axis_span(char buf[TIME_AXIS_SPAN], uint64_t from_ns, uint64_t to_ns)
{
	uint64_t length_ns = to_ns > from_ns ? to_ns - from_ns : 0;
	int decimals = length_ns >= NS_PER_S ? 1 : length_ns >= NS_PER_S / 10 ? 2 : 3;

	snprintf(buf, TIME_AXIS_SPAN, "%.*f-%.*f", decimals, (double)from_ns / (double)NS_PER_S,
		 decimals, (double)to_ns / (double)NS_PER_S);
	return buf;
}

/* From one time to the next: lengths that people like. */
static uint64_t step_of(const struct time_axis *x)
{
	static const uint64_t likes[] = { 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000,
		15000, 30000, 60000, 120000, 300000, 600000, 1800000, 3600000, 7200000, 21600000,
		43200000 };	/* ms */

	for (size_t i = 0; i < array_len(likes); i++)
		if (likes[i] * NS_PER_MS / x->cell_ns >= BETWEEN)
			return likes[i] * NS_PER_MS;
	return (BETWEEN * x->cell_ns / (86400 * NS_PER_S) + 1) * 86400 * NS_PER_S;
}

void time_axis_ruler(const struct time_axis *x, struct pen *above, struct pen *below)
{
	uint64_t step = step_of(x), to_end = x->cell_ns - 1;
	unsigned int left = above->column;
	bool utf8 = below->grid->utf8;
	char text[40];

	for (uint32_t i = 0; i < x->n; i++) {
		uint64_t at = (time_axis_ns(x, i) + to_end) / step * step;	/* the last by its end */

		if (at < time_axis_ns(x, i)) {
			pen_put(below, STYLE_RULE, utf8 ? " " : ".");
			continue;
		}
		pen_put(below, STYLE_DIM, utf8 ? "┴" : "|");
		time_axis_moment(text, at, step);
		strcat(text, at ? " s" : "");
		pen_to(above, left + i);
		if (left + i + strlen(text) <= above->width)
			pen_put(above, STYLE_DIM, "%s", text);
	}
}
