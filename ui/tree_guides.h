// SPDX-License-Identifier: Apache-2.0
/*
 * ui/tree_guides.h - the lines that lead to the rows of a call tree.
 *
 * A chain of calls without branches goes straight down; only where a path
 * branches its parts are indented, so that deep stacks stay readable:
 *
 *	main
 *	handle
 *	|- parse
 *	|  lex
 *	`- write
 */
#ifndef CPROFD_UI_TREE_GUIDES_H
#define CPROFD_UI_TREE_GUIDES_H

#include "profile/tree_rows.h"
#include "ui/pen.h"

struct tree_guides {
	bool *more;		/* by indentation: another part of the branch follows */
	uint32_t *indent;	/* by depth: of the row there last */
	bool branches;		/* the row at hand is a part of a branch */
	uint32_t depth;		/* of the row at hand */
};

/* For rows at most so deep.  The caller ends with tree_guides_deinit(). */
void tree_guides_init(struct tree_guides *g, uint32_t max_depth);
void tree_guides_deinit(struct tree_guides *g);

/* Take the next row: every one has its turn, shown or not. */
void tree_guides_next(struct tree_guides *g, const struct tree_rows *rows, uint32_t i);

/* The lines in front of its name, a third of `width` at most: the left is left out. */
void tree_guides_put(const struct tree_guides *g, struct pen *pen, unsigned int width);

#endif
