// SPDX-License-Identifier: Apache-2.0
/*
 * ui/function_columns.h - the columns of the table of functions: which, in which order, and
 * where they are in a given width.
 *
 * A zeroed choice is the usual one: what the width has room for.
 */
#ifndef CPROFD_UI_FUNCTION_COLUMNS_H
#define CPROFD_UI_FUNCTION_COLUMNS_H

#include "base/buf.h"
#include "profile/summary.h"

enum function_column {
	COLUMN_SELF, COLUMN_ERROR, COLUMN_BAR, COLUMN_TOTAL, COLUMN_CALLS, COLUMN_SECONDS,
	COLUMN_KIND, COLUMN_FUNCTION, COLUMN_WHERE, COLUMN_TREND, COLUMN_SAMPLES, COLUMN_MODULE,
	COLUMN_COUNT
};

struct column_choice {
	uint8_t v[COLUMN_COUNT];	/* enum function_column, from the left */
	unsigned int n;			/* 0: the usual ones */
};

/* Its name in a configuration file: these names stay. */
const char *function_column_name(enum function_column column);

/*
 * "self,total,function": commas or blanks between; "usual" is the zeroed choice.  Names are
 * behind the others if they are not among them: there is no table without them.  Fails with
 * EINVAL, and says what there is.
 */
int function_columns_parse(const char *text, struct column_choice *out, struct error *err);

/* Append the same. */
void function_columns_write(const struct column_choice *choice, struct buf *out);

#define COLUMNS_TREND 10	/* width of the trend */

struct function_columns {
	uint8_t v[COLUMN_COUNT];	/* enum function_column, those that are shown */
	unsigned int n;
	struct column_place {
		unsigned int at, width;	/* width 0: it is not shown */
	} place[COLUMN_COUNT];		/* by enum function_column */
};

/*
 * Put those into a table of this width for which there is something to show.  What matters
 * least is left out until names have room.
 */
void function_columns_lay(const struct column_choice *choice, const struct profile *p,
			  const struct summary *sum, unsigned int width,
			  struct function_columns *out);

#endif
