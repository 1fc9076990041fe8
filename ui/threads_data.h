// SPDX-License-Identifier: Apache-2.0
/*
 * ui/threads_data.h - what the view of threads shows: which time, which rows, and what is
 * chosen of both.
 *
 * The time on the screen is all there is, or the window of the scope, or what was zoomed in
 * on; a range that was picked is marked in it.  Numbers beside the lanes are of the scope.
 */
#ifndef CPROFD_UI_THREADS_DATA_H
#define CPROFD_UI_THREADS_DATA_H

#include "ui/view.h"

/* Make all up to date for so many columns of time; false if there is no thread to show. */
bool threads_make(struct app *a, uint32_t columns);

/* The columns of a time from the start: [from, to); false if none of it is on the screen. */
bool threads_columns(const struct app *a, uint64_t from_ns, uint64_t to_ns, uint32_t *from,
		     uint32_t *to);

/* Those of the range, if there is one. */
bool threads_range(const struct app *a, uint32_t *from, uint32_t *to);

/* What the scope has, by thread. */
static inline const struct timeline *threads_total(const struct app_threads *t)
{
	return t->is_whole ? &t->line : &t->total;
}

/* CPU time of the scope as a part of one CPU. */
double threads_share(const struct app *a, uint64_t ns);

/* What a thread is called: bytes of the target. */
const char *threads_name(const struct app *a, uint32_t thread);

/* The same of a row; of a group it is what they have in common. */
const char *threads_row_name(const struct app *a, const struct app_threads_row *row);

/* The row at the cursor is the chosen one. */
void threads_take_row(struct app_threads *t);

/* Open or close a group, or NULL: all; false if there is none. */
bool threads_open(struct app *a, const struct threads_group *only, bool open);

/* The first mark in a column, or NULL. */
const struct profile_note *threads_mark(const struct app *a, uint32_t column);

/* A click on a row, or on no row of a thread, and on a column of its lane. */
#define THREADS_SPOT_ROWS (1u << 18)
#define THREADS_NO_ROW (THREADS_SPOT_ROWS - 1)
static inline uint32_t threads_spot(uint32_t row, uint32_t column)
{
	return (row & (THREADS_SPOT_ROWS - 1)) | (column + 1) * THREADS_SPOT_ROWS;
}

/* The column of the cursor. */
uint32_t threads_column(const struct app *a);

/* Move it; beyond the edge what was zoomed in on moves. */
void threads_move(struct app *a, int64_t cells);
void threads_move_to(struct app *a, uint32_t column);

/* Scroll to where the cursor is, with cells as long as they are. */
void threads_follow(struct app *a);

/* Shorter cells around the cursor, or longer ones; false if there are none. */
bool threads_zoom(struct app *a, bool in);

#endif
