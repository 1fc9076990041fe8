// SPDX-License-Identifier: Apache-2.0
/*
 * unwind/cfi.h - call frame information, interpreted.
 *
 * Reads .eh_frame and .debug_frame (DWARF 5, section 6.4; Linux Standard Base
 * 5.0, "Exception Frames") and hands out rows: for a range of addresses, how
 * the CFA, the frame pointer and the return address of the caller are found.
 * No other register is followed, which is what makes it fast.
 *
 * Input is a target's file: every length and offset is checked, every loop is
 * bounded by the size of the input.  A bad FDE costs that FDE.
 *
 *	struct cfi cfi;
 *	struct cfi_fde fde;
 *	size_t off = 0;
 *
 *	cfi_init(&cfi, data, len, vaddr, CFI_EH_FRAME, EM_X86_64);
 *	while (cfi_next(&cfi, &off, &fde))
 *		cfi_rows(&cfi, &fde, on_row, ctx);
 */
#ifndef CPROFD_UNWIND_CFI_H
#define CPROFD_UNWIND_CFI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cursor.h"

enum cfi_format {
	CFI_EH_FRAME,
	CFI_DEBUG_FRAME,
};

enum cfi_kind {
	CFI_SAME,	/* has the value it has in this frame */
	CFI_UNDEFINED,	/* cannot be recovered; as return address: outermost */
	CFI_AT_CFA,	/* saved at CFA + off */
	CFI_IS_CFA,	/* its value is CFA + off */
	CFI_REGISTER,	/* is in register `reg` */
	CFI_AT_EXPR,	/* saved where the expression says */
	CFI_IS_EXPR,	/* is what the expression says */
};

/* How one register of the caller is found. */
struct cfi_rule {
	uint8_t kind;			/* enum cfi_kind */
	uint16_t expr_len;
	uint32_t reg;			/* DWARF number */
	union {
		int64_t off;
		const uint8_t *expr;	/* *_EXPR: into the section */
	};
};

/* How the canonical frame address is found: reg + off, or an expression. */
struct cfi_cfa {
	bool is_expr;
	uint16_t expr_len;
	uint32_t reg;
	int64_t off;		/* also during an expression: it may come back */
	const uint8_t *expr;
};

struct cfi_rules {
	struct cfi_cfa cfa;
	struct cfi_rule fp;	/* the architecture's frame pointer */
	struct cfi_rule ra;	/* the return address column */
};

struct cfi_row {
	uint64_t start, end;	/* vaddrs it holds for; end exclusive */
	bool signal;		/* the caller was interrupted, did not call */
	const struct cfi_rules *rules;	/* during the call */
};

struct cfi_cie {
	size_t off;		/* in the section */
	uint64_t code_align;
	int64_t data_align;
	uint32_t ra_reg;
	uint8_t fde_encoding;	/* DW_EH_PE_* of addresses in FDEs */
	uint8_t addr_bytes;
	bool has_aug_data;
	bool signal;
	struct cfi_rules initial;	/* after its own instructions */
};

struct cfi_fde {
	size_t off;		/* of its entry in the section */
	uint64_t start, end;	/* vaddrs; end exclusive */
	const struct cfi_cie *cie;	/* until the next FDE is read */
	struct cursor program;
};

#define CFI_CIE_CACHE 16

struct cfi {
	const uint8_t *data;
	size_t len;
	uint64_t vaddr;		/* of data[0] */
	enum cfi_format format;
	uint32_t fp_reg, ra_reg;	/* DWARF numbers for the machine */
	size_t n_bad;		/* entries that could not be read */
	size_t n_cached, next_cached;
	struct cfi_cie cies[CFI_CIE_CACHE];
};

/*
 * Begin with the `len` bytes of a section, which have to stay.  `machine` is
 * EM_X86_64 or EM_AARCH64.
 */
void cfi_init(struct cfi *cfi, const void *data, size_t len, uint64_t vaddr,
	      enum cfi_format format, uint16_t machine);

/*
 * The next FDE at or after *off, which moves behind it.  Returns false at the
 * end of the section (or where its lengths stop making sense).
 */
bool cfi_next(struct cfi *cfi, size_t *off, struct cfi_fde *out);

/* The FDE whose entry begins at `off`; false if there is none. */
bool cfi_fde_at(struct cfi *cfi, size_t off, struct cfi_fde *out);

/*
 * Call `row` for each row of the FDE in ascending order, without gaps.  Returns
 * the address up to which there are rows: fde->end, or less if an instruction
 * could not be understood.
 */
uint64_t cfi_rows(struct cfi *cfi, const struct cfi_fde *fde,
		  void (*row)(void *ctx, const struct cfi_row *row), void *ctx);

/*
 * The sorted table of .eh_frame_hdr: entries of (address, FDE).  It is only a
 * hint about order: each FDE found through it is read like any other.
 */
struct cfi_index {
	const uint8_t *entries;
	size_t n;
	uint64_t hdr_vaddr;
	uint64_t eh_frame_vaddr;
};

/* False if there is no table of the usual form (4-byte, relative to itself). */
bool cfi_index_init(struct cfi_index *index, const void *hdr, size_t len,
		    uint64_t vaddr);

/* Address and FDE (as vaddr of its entry) of entry `i`. */
void cfi_index_entry(const struct cfi_index *index, size_t i, uint64_t *start,
		     uint64_t *fde_vaddr);

#endif
