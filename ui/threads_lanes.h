// SPDX-License-Identifier: Apache-2.0
/*
 * ui/threads_lanes.h - lanes of the view of threads that are of no thread: of all together, of
 * garbage collection, of what was noted and kept, and of what was lost.
 */
#ifndef CPROFD_UI_THREADS_LANES_H
#define CPROFD_UI_THREADS_LANES_H

#include "ui/threads_data.h"

#define THREADS_WITH_WAITS 96	/* width from which on there is a column at the right, */
#define THREADS_WAITS 14	/* with its blanks */

struct threads_picture {
	struct app *a;
	struct app_threads *t;
	const struct timeline *total;	/* of the scope */
	struct grid *g;
	struct area area;
	unsigned int tid, name;		/* widths; 0: no column */
	unsigned int lanes;		/* where they begin */
	double scale;			/* CPUs that fill a cell of a thread */
	bool marked;			/* there is a range: [from, to) */
	uint32_t from, to;
};

/* ---- cells, also of the lanes of threads ---- */

extern const char *const threads_heights[9];	/* a dot, then blocks */

/* How much of a cell is filled: never nothing. */
int threads_eighths(double share);

bool threads_is_marked(const struct threads_picture *pic, uint32_t column);

/* The background of a column: of the range, or where the cursor is. */
uint8_t threads_ground(const struct threads_picture *pic, uint32_t column);

/* The same below a block: where a tint is drawn reversed, that would turn it inside out. */
uint8_t threads_ground_of_block(const struct threads_picture *pic, uint32_t column);

/* Does it begin when the recording had ended? */
bool threads_is_over(const struct threads_picture *pic, uint32_t column);

/* ---- lanes, in row `y` of the area ---- */

/* All threads of the scope together, up to as many CPUs as there are. */
void threads_put_all(const struct threads_picture *pic, unsigned int y);
void threads_put_collecting(const struct threads_picture *pic, unsigned int y);
void threads_put_lost(const struct threads_picture *pic, unsigned int y);

/* Moments that somebody noted. */
void threads_put_noted(const struct threads_picture *pic, unsigned int y);

/*
 * Ranges that were kept, in rows in which none is over another; those that need one more row
 * are only counted.  Rows for them: one, or two if there are any over others.
 */
void threads_put_kept(const struct threads_picture *pic, unsigned int y, unsigned int n_lanes);
unsigned int threads_kept_rows(const struct app *a, unsigned int height);

#endif
