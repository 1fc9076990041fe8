// SPDX-License-Identifier: Apache-2.0
/*
 * ui/code_rows.h - the instructions of the selected function as rows: where each is in the
 * source, which are the hottest, where they go.
 */
#ifndef CPROFD_UI_CODE_ROWS_H
#define CPROFD_UI_CODE_ROWS_H

#include "ui/app.h"

/* The code that is shown, and an instruction of it; only if a.source.code.n is not 0. */
const struct profile_code *code_of(const struct app *a);
const struct profile_instruction *code_instruction(const struct app *a, uint32_t row);

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
