// SPDX-License-Identifier: Apache-2.0
/*
 * ui/source_rows.h - the lines that can be shown with the selected function: those of its
 * own file, all of them if its text is there, and behind the function those of other files,
 * inlined into it.
 */
#ifndef CPROFD_UI_SOURCE_ROWS_H
#define CPROFD_UI_SOURCE_ROWS_H

#include "ui/app.h"

/* Bring them, the instructions and the callees up to date. */
void source_rows_make(struct app *a);

/* Is its assembly all there is to see: no line is known, and instructions are? */
bool source_is_code_only(const struct app_source *s);

/* Is a row of the function itself, not what stands before and behind it in the file? */
bool source_is_own(const struct app_source *s, uint32_t row);

/* The first and the last row of the function; there has to be one. */
void source_own_rows(const struct app_source *s, uint32_t *first, uint32_t *last);

/*
 * Choose a row in a list of them, in the middle; all of the function stays there if there is
 * room for it.  UINT32_MAX: nothing.
 */
void source_show(const struct app_source *s, struct list *l, uint32_t row);

/* File and line of a row as code_place() has them; 0: not known. */
uint64_t source_place(const struct app_source *s, uint32_t row);

/* The row of such a place, or UINT32_MAX. */
uint32_t source_row_at(const struct app_source *s, uint64_t place);

/* The row with the most own time; UINT32_MAX: none has samples. */
uint32_t source_hottest(const struct app_source *s);

/* The one with the most after `row`, which has less or the same; UINT32_MAX: none has any. */
uint32_t source_next_hottest(const struct app_source *s, uint32_t row);

#endif
