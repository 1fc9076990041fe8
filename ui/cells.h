// SPDX-License-Identifier: Apache-2.0
/*
 * ui/cells.h - cells that the tables of several reports and views have.
 */
#ifndef CPROFD_UI_CELLS_H
#define CPROFD_UI_CELLS_H

#include "profile/summary.h"
#include "ui/pen.h"

/* Where to write, and about what. */
struct cells {
	struct pen *pen;
	const struct profile *p;
	const struct summary *sum;
};

/* With fewer samples shares have no decimals, or are nothing to build on. */
#define CELLS_WHOLE_PERCENT 100
#define CELLS_FEW_SAMPLES 30

/* "38.4" in 5 columns, bold from 10 %, dim below 1 %. */
void cell_share(const struct cells *c, double share);

/* "±1.9 " in 6 columns, "?" in place of the blank if rough; "<0.2" near 0. */
void cell_interval(const struct cells *c, struct interval iv);

/* "99999 " or "1.23M " in the columns of an interval, which what was counted has not. */
void cell_calls(const struct cells *c, uint64_t n);

/*
 * Columns for how often functions were called, blanks before them included: 0 where nobody
 * counted, or where that takes the place of intervals.
 */
unsigned int cells_counted_width(const struct profile *p, const struct summary *sum,
				 unsigned int width);

/* "1,234,567", "1.23M" if that is too wide, "-" if it was not counted; in so many columns. */
void cell_counted(const struct cells *c, unsigned int width, uint32_t function);

/* "9.29" in 7 columns. */
void cell_seconds(const struct cells *c, uint64_t ns, double share);

/* The kind letter of a function, one column. */
void cell_kind(const struct cells *c, char kind);

/* The name of a function, bold from 10 %. */
void cell_function(const struct cells *c, unsigned int width, uint32_t function,
		   double share);

/* Where a function is: "shop.c:38", "libc.so.6", of an interpreter "C in python3.11", or
   nothing.  Not clean; the caller frees it. */
char *function_where(const struct profile *p, uint32_t function);
void cell_where(const struct cells *c, unsigned int width, uint32_t function);

/* The last part of the path of a function's source file, or NULL. */
const char *function_file(const struct profile *p, uint32_t function);

/* "call at shop.c:61", of a line of that function's file.  The caller frees it. */
char *call_at(const struct profile *p, uint32_t function, uint32_t line);

/* "main > handle > parse": clean, its beginning left out if it is wider than that.
   The caller frees it. */
char *path_text(const struct profile *p, const uint32_t *functions, uint32_t n,
		unsigned int width, bool utf8);

/*
 * Behind a share beside a line of text: four steps of heat, from 0.8, 3, 10 and 25 %,
 * in the hue of a kind of code.
 */
struct style style_heat(char kind, double share);

/* The first of 10, 20, 40, 100 % that is not below `share`. */
double bar_scale(double share);

/* The columns of a table that ends in a name and a place. */
struct columns {
	unsigned int bar;	/* width */
	unsigned int name, where;	/* widths */
	unsigned int where_at;	/* column; the last one of the page stays empty */
};

/*
 * For a table as wide as `width`, whose other columns take `used`, blanks before
 * the name included.
 */
struct columns cells_columns(unsigned int width, unsigned int used);

#endif
