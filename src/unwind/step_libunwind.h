// SPDX-License-Identifier: Apache-2.0
/*
 * unwind/step_libunwind.h - one frame, stepped over by libunwind.
 *
 * For the rare rows that the compact table cannot hold, and as the judge that
 * tests hold the table against.  libunwind evaluates what the file says without
 * checking it, so this runs in the worker only, after our own reader has found
 * that the row is well-formed.
 */
#ifndef CPROFD_UNWIND_STEP_LIBUNWIND_H
#define CPROFD_UNWIND_STEP_LIBUNWIND_H

#include <stdbool.h>
#include <stdint.h>

#include "unwind/arch.h"

struct elf_file;
struct error;
struct step_libunwind;

/*
 * Get ready to step over frames of `elf`, which has to live as long.  Fails
 * with ENODATA if it has no .eh_frame_hdr to search, ENOTSUP if cprofd was
 * built without libunwind or for another machine.
 */
int step_libunwind_open(struct elf_file *elf, struct step_libunwind **out,
			struct error *err);

/* NULL is allowed. */
void step_libunwind_close(struct step_libunwind *s);

/*
 * Turn *regs, whose pc is an address as the file states it, into those of the
 * caller.  `read` gives words of stack memory, false where there is none.
 * Returns false if libunwind cannot: *regs is then as it was.
 */
bool step_libunwind_run(struct step_libunwind *s, struct unwind_regs *regs,
			bool (*read)(void *ctx, uint64_t addr, uint64_t *out), void *ctx);

#endif
