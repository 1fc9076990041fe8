// SPDX-License-Identifier: Apache-2.0
/*
 * ui/code_jumps.h - the jump that is drawn beside instructions.
 *
 *	40382c ┌▸ mov    0x18(%rbx,%rax,8),%rdx
 *	403831 │  test   %eax,%eax
 *	403834 └─ jne    40382c
 */
#ifndef CPROFD_UI_CODE_JUMPS_H
#define CPROFD_UI_CODE_JUMPS_H

#include "ui/app.h"
#include "ui/pen.h"

struct code_jump {
	bool any;
	uint32_t from, to;	/* instructions */
};

/* The jump that is chosen; of another instruction the innermost loop around it. */
struct code_jump code_jump_find(const struct app *a);

/* Two columns of it beside an instruction, or beside a line that stands above it. */
void code_jump_put(const struct code_jump *j, struct pen *pen, uint32_t number);
void code_jump_put_above(const struct code_jump *j, struct pen *pen, uint32_t number);

#endif
