// SPDX-License-Identifier: Apache-2.0
/*
 * symbol/dw_code.h - functions and the calls inlined into them, unit by unit.
 *
 * A unit is walked once for its functions.  What was inlined into a function is read
 * when the first address in it is asked for, and so on inwards: programs have many
 * functions and few hot ones, and most entries are never looked at.
 *
 * Functions and inlined calls are numbered over all units of a file.
 */
#ifndef CPROFD_SYMBOL_DW_CODE_H
#define CPROFD_SYMBOL_DW_CODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/u64map.h"
#include "elf/range_map.h"
#include "symbol/dw_info.h"
#include "symbol/dw_ranges.h"

#define DW_NONE UINT32_MAX

/* The calls inlined directly into a function or into an inlined call. */
struct dw_body {
	Dwarf_Die die;		/* NULL: there is no code */
	uint32_t unit;
	bool read;
	struct range_map calls;	/* values are numbers of calls */
};

/* A function as compiled, or one that was inlined somewhere. */
struct dw_function {
	struct dw_ref entry;	/* that names it, maybe by referring to another */
	uint64_t vaddr, size;	/* of the first piece of its code; 0: only seen inlined */
	struct dw_body body;
};

struct dw_call {
	uint32_t function;	/* what is called */
	uint32_t file, line;	/* where it is called */
	struct dw_body body;
};

struct dw_unit {
	Dwarf_Die die;		/* its entry ... */
	uint64_t off;		/* ... and where that is */
	struct dw_ranges_base base;
	bool is_skeleton;	/* its entries are in another file (.dwo) */
	enum { DW_UNIT_UNREAD, DW_UNIT_OUTER, DW_UNIT_ALL } read;
	struct range_map functions;	/* values are numbers of functions */
};

struct dw_code {
	struct dw_info *info;	/* the caller's */
	struct dw_ranges ranges;
	struct dw_unit *units;	/* those of code, by offset */
	size_t n_units, cap_units;
	uint32_t n_skeletons;
	struct range_map by_addr;	/* values are numbers of units */
	struct dw_function *functions;
	size_t n_functions, cap_functions;
	struct u64map by_entry;	/* key of entry -> number of function */
	struct dw_call *calls;
	size_t n_calls, cap_calls;
};

/* List the units.  `info` and `file` have to live longer. */
void dw_code_init(struct dw_code *code, struct dw_info *info, struct elf_file *file);
void dw_code_deinit(struct dw_code *code);

/* The number of the unit around an address, or of that with its entry at `off`; or DW_NONE. */
uint32_t dw_code_unit_at(const struct dw_code *code, uint64_t vaddr);
uint32_t dw_code_unit_by_off(const struct dw_code *code, uint64_t off);

/* The function of `unit` that an address is in, or DW_NONE. */
uint32_t dw_code_function_at(struct dw_code *code, uint32_t unit, uint64_t vaddr);

/*
 * The call inlined directly into `function` or, if that is DW_NONE, into `call` that
 * an address is in; or DW_NONE.
 */
uint32_t dw_code_call_at(struct dw_code *code, uint32_t function, uint32_t call,
			 uint64_t vaddr);

#endif
