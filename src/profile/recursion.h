// SPDX-License-Identifier: Apache-2.0
/*
 * profile/recursion.h - a call tree in which recursion is folded in one way or another, and
 * how deep a function calls itself.
 *
 *	stack			direct		cycles		raw
 *	main f f g f h		main f g f h	main f h	main f f g f h
 *
 * Each sample is in one place of the tree, whichever it is, so all add up to the same.
 */
#ifndef CPROFD_PROFILE_RECURSION_H
#define CPROFD_PROFILE_RECURSION_H

#include "profile/summary.h"
#include "profile/tree_other.h"

/* "raw", "direct", "cycles". */
const char *recursion_name(enum recursion mode);
bool recursion_parse(const char *name, enum recursion *out);

/* ---- one stack ---- */

/* Calls that are one. */
struct fold_call {
	struct profile_level level;	/* the innermost of them */
	uint32_t n;
};

struct fold_path {
	const struct profile *p;
	enum recursion mode;
	struct fold_call *v;	/* outermost first; a stack that is not whole begins with the
				   pseudo function that says so */
	size_t n, cap;

	/* Cycles: where each function is, what was there before it, and from where on. */
	uint32_t *at, *before;
	size_t cap_before, floor;

	struct profile_level *calls;	/* as they are on the stack, the innermost first */
	size_t n_calls, cap_calls;
};

void fold_path_init(struct fold_path *f, const struct profile *p, enum recursion mode);
void fold_path_deinit(struct fold_path *f);

/* Lay out the calls of a leaf. */
void fold_path_take(struct fold_path *f, uint32_t leaf);

/* The same in two steps: list them, and fold those of [from, to) alone. */
void fold_path_list(struct fold_path *f, uint32_t leaf);
void fold_path_fold(struct fold_path *f, size_t from, size_t to);

/* ---- the tree ---- */

struct lens {
	enum recursion mode;
	const struct tree *tree;	/* the profile's, or `other` */
	const struct sum *nodes;	/* of it: the summary's, or `own_nodes` */
	uint32_t n_nodes;
	struct tree_other other;
	struct sum *own_nodes;
};

/*
 * The tree of a summary, which it refers to, as does it to the profile.  Fails with EFBIG
 * like tree_update(): then it is the profile's own, and valid all the same.
 */
int lens_make(struct profile *p, const struct summary *sum, enum recursion mode,
	      struct lens *out, struct error *err);

/* The same into a lens that was made before, or zeroed: what stays true of its tree is kept. */
int lens_update(struct lens *l, struct profile *p, const struct summary *sum,
		enum recursion mode, struct error *err);

/* What a node has itself, without what it calls. */
struct sum lens_self(const struct lens *l, uint32_t node);

/* The node that a shown stack ends in. */
uint32_t lens_node(const struct lens *l, const struct profile *p, uint32_t stack);

/* The profile's own tree: direct recursion is folded.  Needs no lens_deinit(). */
struct lens lens_direct(const struct profile *p, const struct summary *sum);

void lens_deinit(struct lens *l);

/* ---- one function ---- */

struct recursion_depths {
	struct sum *self;	/* by depth, from 1 at [0]: it runs itself, and so many calls of
				   it are open */
	uint32_t n;		/* the deepest that was seen, 0: never; not only where it runs */
	bool cut;		/* calls may be missing on some of the stacks: depths are at least
				   what they are */
};

void recursion_depths_make(const struct profile *p, const struct summary *sum, uint32_t function,
			   struct recursion_depths *out);
void recursion_depths_deinit(struct recursion_depths *d);

#endif
