// SPDX-License-Identifier: Apache-2.0
/*
 * ui/code_rows.h - the instructions of the selected function: where each is in the source,
 * which are the hottest, where they go; and the rows that show them.
 *
 * Instructions have numbers, by address from 0.  Rows are these and, if a.source.mixed,
 * what heads them: a line of the function that has the code, and below it, where a call
 * was inlined, the line in what was called:
 *
 *	    38 g[x] = mix(s);
 *	    10   mix  x ^= x >> 16;
 *	  1cd5     mov    %eax,%r12d
 */
#ifndef CPROFD_UI_CODE_ROWS_H
#define CPROFD_UI_CODE_ROWS_H

#include "ui/app.h"

/* The code that is shown, and an instruction of it; only if a.source.code.n is not 0. */
const struct profile_code *code_of(const struct app *a);
const struct profile_instruction *code_instruction(const struct app *a, uint32_t number);

/* ---- rows ---- */

/* Make the rows of the code at hand, and find the files whose lines are in them. */
void code_rows_make(struct app *a);

/* Is any line known of this code? */
bool code_has_lines(const struct app *a);

/* The instruction of the chosen row, of a line the one below it; UINT32_MAX: none. */
uint32_t code_chosen(const struct app *a);

/* The row of an instruction. */
uint32_t code_row_of(const struct app *a, uint32_t number);

/* What a row that is a line stands for, or NULL: it is an instruction. */
const struct profile_level *code_line(const struct app *a, uint32_t row);

/* The file of a level as a string of the profile, and its text or NULL. */
uint32_t code_file(const struct profile *p, const struct profile_level *level);
const struct source *code_file_text(const struct app *a, uint32_t file);

/* ---- instructions ---- */

/* File and line of an instruction in the selected function; 0: not known. */
uint64_t code_place(const struct app *a, uint32_t number);

/* The one with the most samples; of those at `place` if that is not 0.  UINT32_MAX: none. */
uint32_t code_hottest(const struct app *a, uint64_t place);

/* The one with the most after it, which has less or the same; UINT32_MAX: none has any. */
uint32_t code_next_hottest(const struct app *a, uint32_t number);

/* "inlined: compare list.h:14, in membership shop.c:41"; NULL: it is not.  The caller frees it. */
char *code_inlined(const struct app *a, uint32_t number);

/* A row as text, not clean, with the name of what it goes to.  The caller frees it. */
char *code_text(const struct app *a, uint32_t row);

/* Are instructions missing that a session could record?  Then where they are. */
bool code_is_wanted(const struct app *a, uint32_t *module, uint64_t *vaddr);

/*
 * The function that an instruction goes to, or RECORD_NONE: of a stub, "write@plt", the one
 * with most time that is called so in another file, if there is any.
 */
uint32_t code_callee(const struct app *a, const struct profile_instruction *i);

/* The instruction at an address, or UINT32_MAX. */
uint32_t code_at(const struct app *a, uint64_t vaddr);

#endif
