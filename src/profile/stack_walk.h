// SPDX-License-Identifier: Apache-2.0
/*
 * profile/stack_walk.h - the calls of a stack one by one, inlined ones too, without
 * those that are folded into their callers.
 *
 *	struct stack_walk w = stack_walk_from(p, p->shown.leaves[leaf]);
 *	const struct profile_level *call;
 *
 *	while ((call = stack_walk_next(&w)))	innermost first
 *		...
 *	w.stack is now the outcome
 */
#ifndef CPROFD_PROFILE_STACK_WALK_H
#define CPROFD_PROFILE_STACK_WALK_H

#include "profile/profile.h"

struct stack_walk {
	const struct profile *p;
	uint32_t stack;		/* that `next` belongs to */
	uint32_t next;		/* level of its frame */
};

static inline struct stack_walk stack_walk_from(const struct profile *p, uint32_t stack)
{
	return (struct stack_walk){ .p = p, .stack = stack };
}

static inline const struct profile_level *stack_walk_next(struct stack_walk *w)
{
	while (w->stack >= RECORD_STACK_FIRST) {
		const struct profile_stack *s = &w->p->shown.stacks[w->stack];
		const struct profile_frame *f = &w->p->frames[s->frame];

		while (w->next < f->n_levels) {
			const struct profile_level *call = &w->p->levels[f->first_level + w->next++];
			bool outermost = w->next == f->n_levels && s->parent < RECORD_STACK_FIRST;

			if (outermost || !profile_is_folded(w->p, call->function))
				return call;
		}
		w->stack = s->parent;
		w->next = 0;
	}
	return NULL;
}

#endif
