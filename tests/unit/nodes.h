// SPDX-License-Identifier: Apache-2.0
/*
 * tests/unit/nodes.h - stacks of a recording built a frame at a time.
 *
 * The number of a stack stands for its path; a longer one is made of it and one
 * more frame.  For recordings without epochs, of which all stacks are made here.
 */
#ifndef CPROFD_TESTS_UNIT_NODES_H
#define CPROFD_TESTS_UNIT_NODES_H

#include "record/writer.h"

struct nodes {
	struct {
		uint32_t parent, frame;
	} node[20000];		/* by number of the stack */
	uint32_t path[20000];
};

/* The stack with `frame` on top of stack `parent`, which may be an outcome. */
static inline uint32_t nodes_push(struct nodes *n, struct record_writer *w, uint32_t parent,
				  uint32_t frame)
{
	struct record_stack s = { .n_frames = 1 };
	uint32_t below = parent, top = parent, number;

	for (; below >= RECORD_STACK_FIRST; below = n->node[below].parent)
		s.n_frames++;
	s.outcome = below;
	s.frames = n->path;
	n->path[s.n_frames - 1] = frame;
	for (uint32_t i = s.n_frames - 1; i-- > 0; top = n->node[top].parent)
		n->path[i] = n->node[top].frame;
	number = record_put_stack(w, &s);
	n->node[number].parent = parent;
	n->node[number].frame = frame;
	return number;
}

#endif
