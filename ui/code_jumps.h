// SPDX-License-Identifier: Apache-2.0
/*
 * ui/code_jumps.h - the jumps that are drawn beside instructions.
 *
 *	403823 ┌─▸mov    (%rbx),%eax
 *	40382c │┌▸mov    0x18(%rbx,%rax,8),%rdx
 *	403831 ││ test   %eax,%eax
 *	403834 │└─jne    40382c
 *	403838 └──jne    403823
 */
#ifndef CPROFD_UI_CODE_JUMPS_H
#define CPROFD_UI_CODE_JUMPS_H

#include "ui/app.h"
#include "ui/pen.h"

#define CODE_JUMPS 3

struct code_jumps {
	struct code_jump {
		uint32_t from, to;	/* rows */
	} v[CODE_JUMPS];		/* the first stands nearest to the instructions */
	unsigned int n;
	unsigned int lanes;	/* columns for them; one more is for their heads */
	bool has_chosen;	/* the first is the chosen instruction */
	uint32_t first, last;	/* rows on the screen */
};

/*
 * The jump that is chosen, then the loops around what is chosen: the innermost, then those
 * around it, as many as there are lanes for.
 */
struct code_jumps code_jumps_find(const struct app *a, unsigned int lanes);

/* Their columns beside a row, and as many more as its text is further to the right. */
void code_jumps_put(const struct code_jumps *j, struct pen *pen, uint32_t row, unsigned int indent);

#endif
