// SPDX-License-Identifier: Apache-2.0
/*
 * ui/report_cells.h - cells that several reports have.
 */
#ifndef CPROFD_UI_REPORT_CELLS_H
#define CPROFD_UI_REPORT_CELLS_H

#include "ui/report.h"

/* With fewer samples shares have no decimals, or are nothing to build on. */
#define REPORT_WHOLE_PERCENT 100
#define REPORT_FEW_SAMPLES 30

/* "38.4" in 5 columns, bold from 10 %, dim below 1 %. */
void cell_share(const struct report *r, double share);

/* "±1.9 " in 6 columns, "?" in place of the blank if rough; "<0.2" near 0. */
void cell_interval(const struct report *r, struct interval iv);

/* "9.29" in 7 columns. */
void cell_seconds(const struct report *r, uint64_t ns, double share);

/* The kind letter of a function, one column. */
void cell_kind(const struct report *r, char kind);

/* The name of a function, bold from 10 %. */
void cell_function(const struct report *r, unsigned int width, uint32_t function,
		   double share);

/* Where a function is: "shop.c:38" or "libc.so.6". */
void cell_where(const struct report *r, unsigned int width, uint32_t function);

/* The last part of the path of a function's source file, or NULL. */
const char *function_file(const struct profile *p, uint32_t function);

/* The first of 10, 20, 40, 100 % that is not below `share`. */
double bar_scale(double share);

/* The columns of a table that end in a name and a place, as wide as the page. */
struct columns {
	unsigned int bar;	/* width */
	unsigned int name, where;	/* widths */
	unsigned int where_at;	/* column; the last one of the page stays empty */
};

/* For a table whose other columns take `used`, blanks before the name included. */
struct columns report_columns(const struct report *r, unsigned int used);

#endif
