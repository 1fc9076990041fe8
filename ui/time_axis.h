// SPDX-License-Identifier: Apache-2.0
/*
 * ui/time_axis.h - columns of a screen as cells of time, and the ruler above them.
 *
 * Cells are counted from the start of the recording and have even lengths, so that what
 * is in one stays in it while the recording grows.
 */
#ifndef CPROFD_UI_TIME_AXIS_H
#define CPROFD_UI_TIME_AXIS_H

#include "ui/pen.h"

#define TIME_AXIS_LEAST_NS 1000000ull	/* of a cell */

/* Cells [first, first + n), of `cell_ns` each, the first one of the recording at its start. */
struct time_axis {
	uint64_t cell_ns, first;
	uint32_t n;
};

/* The shortest even length that is not shorter than this: 1, 1.1, 1.2, 1.4 ... 9, 10. */
uint64_t time_axis_even(uint64_t ns);

/* All of [from, to), counted from the start, in as many columns as that needs, at most so many. */
struct time_axis time_axis_fit(uint64_t from_ns, uint64_t to_ns, uint32_t columns);

/* Does a moment, counted from the start, fall into it?  Then into that column. */
bool time_axis_has(const struct time_axis *x, uint64_t ns, uint32_t *column);

/* When a column begins, counted from the start. */
static inline uint64_t time_axis_ns(const struct time_axis *x, uint32_t column)
{
	return (x->first + column) * x->cell_ns;
}

/* "0.5 s", "20 ms": an even length; into `buf`. */
char *time_axis_length(char buf[32], uint64_t ns);

/* "12.5" seconds, with as many decimals as `step_ns` has. */
char *time_axis_moment(char buf[32], uint64_t ns, uint64_t step_ns);

/* "12.0-18.0", "12.34-12.36": with as many decimals as so short a time needs. */
#define TIME_AXIS_SPAN 64
char *time_axis_span(char buf[TIME_AXIS_SPAN], uint64_t from_ns, uint64_t to_ns);

/* Times above, ticks below: two pens that stand where the first column is. */
void time_axis_ruler(const struct time_axis *x, struct pen *above, struct pen *below);

#endif
