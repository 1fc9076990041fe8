// SPDX-License-Identifier: Apache-2.0
/*
 * ui/group_cells.h - a table of processes, programs, control groups or threads, as a
 * report and a view have it.
 */
#ifndef CPROFD_UI_GROUP_CELLS_H
#define CPROFD_UI_GROUP_CELLS_H

#include "profile/groups.h"
#include "ui/cells.h"

struct group_cells {
	struct cells c;		/* its pen is in the row at hand */
	const struct groups *g;
	struct columns columns;
	double scale;		/* of the bars */
};

/* For a table as wide as `width`. */
struct group_cells group_cells_make(const struct profile *p, const struct summary *sum,
				    const struct groups *g, unsigned int width);

void group_cells_head(const struct group_cells *t);
void group_cells_row(const struct group_cells *t, const struct group *row, bool chosen);

/* What is in no row; false if there is nothing to speak of. */
bool group_cells_rest(const struct group_cells *t);

#endif
