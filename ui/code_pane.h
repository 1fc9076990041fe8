// SPDX-License-Identifier: Apache-2.0
/*
 * ui/code_pane.h - the instructions of a function, each with its share of the
 * samples that landed in this code.
 */
#ifndef CPROFD_UI_CODE_PANE_H
#define CPROFD_UI_CODE_PANE_H

#include "ui/app.h"

/* Where it is drawn: columns [left, right) of rows from `top` on, the head first. */
struct code_pane {
	const struct app *a;
	struct grid *g;
	unsigned int top, rows, left, right;
};

/*
 * Draw it; rows at `place` (see code_place()) are marked if that is not 0.  Without
 * instructions it says why.  Its first row is SPOT_ROW number `first_spot`.
 */
void code_pane_draw(const struct code_pane *pane, uint64_t place, uint32_t first_spot);

/* File and line of an instruction in the selected function; 0: not known. */
uint64_t code_place(const struct app *a, uint32_t row);

/* The row with the most samples; of those at `place` if that is not 0.  UINT32_MAX: none. */
uint32_t code_hottest(const struct app *a, uint64_t place);

/* The row with the most after `row`, which has less or the same; UINT32_MAX: none has any. */
uint32_t code_next_hottest(const struct app *a, uint32_t row);

/* "inlined: compare list.h:14, in membership shop.c:41"; NULL: it is not.  The caller frees it. */
char *code_inlined(const struct app *a, uint32_t row);

/* A row as text, not clean, with the name of what it goes to.  The caller frees it. */
char *code_text(const struct app *a, uint32_t row);

/* Are instructions missing that a session could record?  Then where they are. */
bool code_is_wanted(const struct app *a, uint32_t *module, uint64_t *vaddr);

/* The row of an address, or UINT32_MAX. */
uint32_t code_row_at(const struct app *a, uint64_t vaddr);

#endif
