// SPDX-License-Identifier: Apache-2.0
/*
 * unwind/unwind_build.h - make the compact unwind table of an ELF file.
 *
 * Reads .eh_frame through its sorted header or, without a usable one, from
 * beginning to end; then .debug_frame for addresses that .eh_frame says nothing
 * about.  Runs in the worker.
 */
#ifndef CPROFD_UNWIND_UNWIND_BUILD_H
#define CPROFD_UNWIND_UNWIND_BUILD_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct elf_file;
struct error;

/*
 * Append the image (unwind/unwind_table.h) to `out`, which has to be empty.  A
 * file without call frame information gives a table that covers nothing.
 * Fails with EBADMSG if its sections cannot be read, EFBIG if the text spans
 * more than UNWIND_MAX_TEXT, ENOTSUP for a machine that is not known.
 */
int unwind_build(struct elf_file *elf, struct buf *out, struct error *err);

/* Where a function begins and ends according to its FDE. */
struct unwind_range {
	uint64_t start, end;	/* vaddrs; end exclusive */
};

/*
 * The ranges of all FDEs, sorted, not overlapping.  On success the caller frees
 * *out; fails like unwind_build().
 */
int unwind_ranges(struct elf_file *elf, struct unwind_range **out, size_t *n,
		  struct error *err);

#endif
