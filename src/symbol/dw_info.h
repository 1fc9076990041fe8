// SPDX-License-Identifier: Apache-2.0
/*
 * symbol/dw_info.h - the tree of DWARF entries (DIEs) in a file, by libdwarf.
 *
 * libdwarf gets its sections from an elf_file, decompressed and within limits,
 * and only those that it needs to walk entries.  Range lists and line programs are
 * read by dw_ranges.h and dw_lines.h: libdwarf makes an object of every row
 * (820,000 in Debian's python3.11: 120 ms where our reader takes 12), and its
 * range lists can be made to crash it before the first entry is read.
 *
 * A failure inside libdwarf means damaged data: the functions then answer as if
 * there were nothing, and count it.
 *
 *	while (dw_info_next_unit(info, &unit)) {
 *		for (more = dw_child(info, unit.die, &die); more; die = next) {
 *			...
 *			more = dw_next(info, die, &next);
 *			dw_die_free(die);
 *		}
 *		dw_die_free(unit.die);
 *	}
 */
#ifndef CPROFD_SYMBOL_DW_INFO_H
#define CPROFD_SYMBOL_DW_INFO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "symbol/dwarf_compat.h"

struct elf_file;
struct error;
struct dw_info;

/* A unit of .debug_info.  The caller frees `die`. */
struct dw_unit_header {
	Dwarf_Die die;
	uint64_t off;		/* of `die` */
	uint16_t version;
	uint8_t offset_bytes;	/* 4 or 8 */
	bool has_functions;	/* a unit of code, not of types */
};

/* Where an attribute refers to. */
struct dw_ref {
	uint64_t off;		/* of an entry in .debug_info ... */
	bool alt;		/* ... of the file that dwz moved common parts to */
};

/*
 * `file` has to live as long as the object.  Returns 1, or 0 if there is no
 * .debug_info, or -1 with EBADMSG if it cannot be read.
 */
int dw_info_open(struct elf_file *file, struct dw_info **out, struct error *err);

/* NULL is allowed. */
void dw_info_close(struct dw_info *info);

/* Strings may be in `alt` from now on, which has to live as long. */
void dw_info_set_alt(struct dw_info *info, struct dw_info *alt);

/* How often libdwarf found something damaged, 0: never. */
unsigned int dw_info_n_damaged(const struct dw_info *info);

/* The next unit, from the first to the last; false at the end. */
bool dw_info_next_unit(struct dw_info *info, struct dw_unit_header *out);

/*
 * Entries: the one at an offset, the first one inside another, the next one beside
 * it.  False if there is none, then *out is NULL.  The caller frees each, before
 * `info` is closed.  By offset is the slow way: libdwarf looks through all units.
 */
bool dw_die_at(struct dw_info *info, uint64_t off, Dwarf_Die *out);
bool dw_child(struct dw_info *info, Dwarf_Die die, Dwarf_Die *out);
bool dw_next(struct dw_info *info, Dwarf_Die die, Dwarf_Die *out);

/* NULL is allowed. */
void dw_die_free(Dwarf_Die die);

uint64_t dw_die_off(struct dw_info *info, Dwarf_Die die);
uint64_t dw_die_unit_off(struct dw_info *info, Dwarf_Die die);	/* of its unit's entry */
uint16_t dw_tag(struct dw_info *info, Dwarf_Die die);

/* The value of an attribute; false (NULL) if it is not there.  Strings live as long as `info`. */
bool dw_has(struct dw_info *info, Dwarf_Die die, uint16_t attr);
bool dw_number(struct dw_info *info, Dwarf_Die die, uint16_t attr, uint64_t *out);
bool dw_address(struct dw_info *info, Dwarf_Die die, uint16_t attr, uint64_t *out);
const char *dw_string(struct dw_info *info, Dwarf_Die die, uint16_t attr);
bool dw_reference(struct dw_info *info, Dwarf_Die die, uint16_t attr, struct dw_ref *out);

/* An offset into another section, or (is_index) a place in a table of offsets. */
bool dw_section_offset(struct dw_info *info, Dwarf_Die die, uint16_t attr,
		       uint64_t *out, bool *is_index);

/* [low, high) of an entry that is one piece. */
bool dw_low_high(struct dw_info *info, Dwarf_Die die, uint64_t *low, uint64_t *high);

#endif
