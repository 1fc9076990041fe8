// SPDX-License-Identifier: Apache-2.0
/*
 * ui/tree_cells.h - the cells of a row of a call tree.
 *
 *	 TOTAL% SELF%  bar K name                     where
 */
#ifndef CPROFD_UI_TREE_CELLS_H
#define CPROFD_UI_TREE_CELLS_H

#include "profile/ledger.h"
#include "profile/tree_rows.h"
#include "ui/cells.h"

#define TREE_CELLS_NAME_AT 16	/* without the bar */

struct tree_cells {
	struct cells c;
	const struct tree *tree;	/* that rows are of */
	const struct ledger *ledger;
	struct columns columns;
	unsigned int width;	/* of the row */
};

/*
 * What a function in a tree is called: its name, or "[gap: 912 KiB of stack not
 * copied]" or "[3,976 frames left out]" with the sizes that occurred.  The caller frees
 * it.
 */
char *tree_cells_function(const struct profile *p, const struct ledger *l, uint32_t function);

/* All up to where the name, or what leads to it, begins. */
void tree_cells_numbers(const struct tree_cells *t, const struct tree_row *row);

/* From the pen's column on: the name, how deep its recursion goes, where it is. */
void tree_cells_name(const struct tree_cells *t, const struct tree_row *row);

#endif
