// SPDX-License-Identifier: Apache-2.0
/*
 * ui/scope.h - what of a profile somebody wants to see: when, which threads, which
 * functions, and which of them folded into their callers.
 *
 * A scope that others hold is never changed: scope_copy() makes one to change.
 * So the trail and undo keep scopes, and to go back is to take one of them.
 */
#ifndef CPROFD_UI_SCOPE_H
#define CPROFD_UI_SCOPE_H

#include "profile/selection.h"

struct error;

enum scope_window {
	SCOPE_ALL,
	SCOPE_LAST,		/* the last `length_ns`, whatever comes */
	SCOPE_SINCE,		/* from `from_ns` on */
	SCOPE_RANGE,		/* from `from_ns`, `length_ns` long */
};

struct scope {
	unsigned int n_holders;
	enum scope_window window;
	uint64_t from_ns, length_ns;
	uint32_t *threads;	/* numbers; none: all */
	size_t n_threads;
	char *typed;		/* the filter as it was typed, or NULL */
	struct filter *filter;	/* the same compiled */
	bool by_module;		/* functions of this module only */
	uint32_t module;
	uint32_t *folded;	/* functions */
	size_t n_folded;
	bool kernel_folded;
	enum frame_mode frames;	/* of stacks with Python functions */
	enum recursion recursion;	/* how trees of calls show it */
};

/* Everything.  The caller holds it. */
struct scope *scope_new(void);

/* The same as another, for its one holder to change. */
struct scope *scope_copy(const struct scope *s);

struct scope *scope_hold(struct scope *s);
void scope_release(struct scope *s);	/* NULL is allowed */

/* Put a filter in place of the one there is; "" for none.  Fails with EINVAL. */
int scope_set_filter(struct scope *s, const char *typed, struct error *err);

/* Do both choose the same, but for the time? */
bool scope_same_but_time(const struct scope *a, const struct scope *b);

/* What it chooses by now. */
void scope_select(const struct scope *s, const struct profile *p, struct selection *out);

#endif
