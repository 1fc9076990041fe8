// SPDX-License-Identifier: Apache-2.0
/*
 * profile/flame.h - call paths as boxes in rows of columns, as wide as their time.
 *
 *	struct flame f;
 *
 *	flame_init(&f, &p, &sum);
 *	flame_lay(&f, &(struct flame_how){ .columns = 98 });
 *	for (i = 0; i < f.n; i++)
 *		... f.v[i].depth, f.v[i].column, f.v[i].width
 *	flame_deinit(&f);
 *
 * The first row is everything, or what was zoomed in on; below a box are those that
 * it calls, the heaviest first, or, inverted, those that call it.  What is left
 * blank below a box is its own time, or stacks that begin with it.
 *
 * Edges are the exact ones rounded to columns, so boxes never overlap, none reaches
 * beyond the one above, and none is wrong by a column.  What is narrower than a
 * column is left out: it is counted in `narrow`, and one box stands for all such
 * below the same box if that is wide enough.
 *
 * Only what is wide enough to be drawn is looked into.
 */
#ifndef CPROFD_PROFILE_FLAME_H
#define CPROFD_PROFILE_FLAME_H

#include "profile/recursion.h"

enum flame_kind {
	FLAME_ALL,
	FLAME_FUNCTION,
	FLAME_REST,		/* `n` functions that are too narrow by themselves */
	FLAME_HIDDEN,		/* in the kernel, not visible: time without samples */
	FLAME_FILTERED,		/* samples that the filter leaves out */
};

struct flame_box {
	enum flame_kind kind;
	uint32_t function;	/* RECORD_NONE: not of one */
	uint32_t parent;	/* the box above; the first one's is itself */
	uint32_t depth;		/* row */
	uint32_t column, width;
	uint32_t n;		/* rest: functions; function: its direct recursion as in
				   struct tree_row, 0 for none; not told of cycles */
	uint32_t max_depth;	/* how deep its recursion went */
	struct sum total;
	struct sum self;	/* time of the function itself; inverted: 0 but on top */
	uint64_t start_ns;	/* its left edge */
};

struct flame_how {
	bool inverted;		/* functions by their own time on top, callers below */
	bool raw;		/* direct recursion is not folded */
	uint32_t columns;	/* at least 1 */
	const uint32_t *zoom;	/* functions from the outermost (inverted: innermost) one */
	uint32_t n_zoom;	/* to the one that fills the first row; 0: all */
	bool joined;		/* the first of these wherever it is called, as one box: below
				   it all that it calls (inverted: all that call it) */
};

struct flame {
	struct flame_box *v;	/* by row, and from left to right */
	uint32_t n;		/* 0: there is no time at all */
	uint32_t n_rows;
	uint32_t n_zoom;	/* how many of how->zoom there are; joined and 0: it is nowhere */
	struct {
		uint32_t n;
		struct sum sum;
	} narrow;		/* what is too narrow; what is below it is not counted */

	/* ---- for flame.c ---- */
	const struct profile *p;
	uint64_t whole_n, whole_ns, hidden_ns;
	struct sum filtered;
	const struct lens *lens;	/* its nodes stand for stacks, or NULL: */
	uint32_t n_stacks;
	struct sum *total;	/* by stack or outcome, what continues it included */
	uint32_t *first_child, *next_sibling;	/* by stack or outcome; 0: none */
	size_t cap;
};

/* Take in the samples that `sum` sums up. */
void flame_init(struct flame *f, const struct profile *p, const struct summary *sum);

/* The same by the paths of another tree, which folds cycles and outlives it. */
void flame_init_of(struct flame *f, const struct profile *p, const struct summary *sum,
		   const struct lens *lens);
void flame_deinit(struct flame *f);

/* Make the boxes anew. */
void flame_lay(struct flame *f, const struct flame_how *how);

/* Whose code it is: as profile_function_kind(); '?' of what is no function. */
char flame_box_kind(const struct flame *f, const struct flame_box *box);

/* Is at least half of its time spent in it, not in what it calls? */
bool flame_box_is_own(const struct flame_box *box);

/* The interval of its share; `sum` is the one that the boxes were made of. */
struct interval flame_box_interval(const struct summary *sum, const struct flame_box *box);

#endif
