// SPDX-License-Identifier: Apache-2.0
/*
 * symbol/dw_ranges.h - range lists: the pieces that code was split into.
 *
 * Reads .debug_ranges (DWARF 3 and 4) and .debug_rnglists (DWARF 5).
 */
#ifndef CPROFD_SYMBOL_DW_RANGES_H
#define CPROFD_SYMBOL_DW_RANGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "elf/elf_file.h"

/* The sections; those that the file does not have are empty. */
struct dw_ranges {
	struct elf_section ranges, rnglists, addr;
};

/* What the lists of a compilation unit are relative to. */
struct dw_ranges_base {
	uint16_t version;
	uint8_t offset_bytes;	/* 4 or 8 */
	uint64_t low_pc;
	uint64_t addr_base;	/* of its addresses in .debug_addr */
	uint64_t lists_base;	/* of its table of lists in .debug_rnglists */
};

/* Called for each piece: [low, high). */
typedef void (*dw_range_fn)(void *ctx, uint64_t low, uint64_t high);

/* `file` has to live as long as what is filled in. */
void dw_ranges_init(struct dw_ranges *r, struct elf_file *file);

/*
 * Walk the list at `off` or, if is_index, list number `off` of the unit.  A damaged
 * list ends where the damage is.
 */
void dw_ranges_walk(const struct dw_ranges *r, const struct dw_ranges_base *base,
		    uint64_t off, bool is_index, dw_range_fn fn, void *ctx);

#endif
