// SPDX-License-Identifier: Apache-2.0
/*
 * unwind/unwind_table.h - the compact unwind table of one ELF file.
 *
 * One image per file, position independent, made by unwind/unwind_build.h in
 * the worker, shared by every process that maps the file, cached on disk, and
 * read without being changed by the user-space unwinder and by the kernel side.
 *
 *	header
 *	block_at[n_blocks + 1]	word index of each 64 KiB block of text
 *	block:	u16 first[256]	per 256-byte page: its first row in this block
 *		u16 n_rows, u16 0
 *		u32 row[n_rows]	pc & 255 << 24 | rule
 *	...
 *	struct unwind_rule dict[n_dict]
 *
 * A row holds from its pc to the next row.  A page's rows are found without a
 * search over the file, then there are 2 on average: at most 7 steps, mostly
 * 1 or 2.  A page without a row of its own continues the row before it, and
 * every block starts with a row, so that no lookup leaves its block.
 *
 * A rule is 24 bits:
 *	bits 0-1	RULE_SP, RULE_FP: CFA = that register + 8 * bits 2-14
 *			RULE_SPECIAL: bits 2-14 are an enum unwind_special
 *			RULE_DICT: bits 2-23 are an index into dict[]
 *	bits 15-23	RULE_SP, RULE_FP: where the caller's frame pointer is;
 *			0: where it was, k: saved at CFA - 8 * k
 * and the return address is at CFA - 8 on x86-64; on aarch64 it is saved 8
 * above the frame pointer, or still in the link register if k is 0.
 *
 * Readers treat an image as untrusted: unwind_table_init() checks its outer
 * shape, lookups mask and bound every index.
 */
#ifndef CPROFD_UNWIND_UNWIND_TABLE_H
#define CPROFD_UNWIND_UNWIND_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;

#define UNWIND_TABLE_MAGIC 0x55504301u	/* changes with the layout */
#define UNWIND_BLOCK_SHIFT 16
#define UNWIND_PAGE_SHIFT 8
#define UNWIND_PAGES 256	/* per block */
#define UNWIND_BLOCK_HEAD 129	/* words before a block's rows */
#define UNWIND_MAX_TEXT (1ull << 32)
#define UNWIND_MAX_IMAGE (1u << 29)

struct unwind_table_header {
	uint32_t magic;
	uint16_t machine;	/* EM_* */
	uint16_t reserved;
	uint64_t text_vaddr;	/* of block 0, a multiple of the block size */
	uint32_t n_blocks;
	uint32_t n_rows;
	uint32_t n_dict;
	uint32_t dict_at;	/* word index of dict[] */
	uint32_t n_words;	/* of the whole image */
	uint32_t n_bad;		/* FDEs that could not be read */
	uint8_t pad[24];
};
_Static_assert(sizeof(struct unwind_table_header) == 64, "fixed");

enum unwind_rule_type {
	RULE_SP, RULE_FP, RULE_SPECIAL, RULE_DICT,
};

enum unwind_special {
	SPECIAL_UNCOVERED,	/* no rule for these addresses */
	SPECIAL_END,		/* return address undefined: outermost frame */
	SPECIAL_PLT11,		/* x86-64 PLT: CFA moves at the 11th byte of 16 */
	SPECIAL_PLT10,
	SPECIAL_SIGNAL,		/* registers are in the kernel's signal frame */
	SPECIAL_UNSUPPORTED,	/* there is a rule, but not in this form */
	SPECIAL_COUNT
};

/* A rule spelled out, for what 24 bits do not hold. */
enum unwind_cfa_kind {
	CFA_REG,		/* reg + off */
	CFA_DEREF,		/* *(reg + off) + add */
};

enum unwind_value_kind {
	VALUE_SAME,		/* unchanged */
	VALUE_AT_CFA,		/* at CFA + off */
	VALUE_IN_REG,		/* in register `off` */
	VALUE_AT_REG,		/* at reg + off, registers as in this frame */
	VALUE_UNKNOWN,
};

struct unwind_rule {
	uint8_t cfa_kind, cfa_reg;
	uint8_t ra_kind, fp_kind;
	uint8_t fp_reg;
	uint8_t pad[3];
	int32_t cfa_off, cfa_add;
	int32_t ra_off, fp_off;
};
_Static_assert(sizeof(struct unwind_rule) == 24, "fixed");

/* 24 bits put together and taken apart. */
static inline uint32_t rule_make(enum unwind_rule_type type, uint32_t low, uint32_t high)
{
	return (uint32_t)type | low << 2 | high << 15;
}

static inline enum unwind_rule_type rule_type(uint32_t rule)
{
	return (enum unwind_rule_type)(rule & 3);
}

static inline uint32_t rule_low(uint32_t rule)
{
	return rule >> 2 & 0x1fff;
}

static inline uint32_t rule_high(uint32_t rule)
{
	return rule >> 15 & 0x1ff;
}

static inline uint32_t rule_index(uint32_t rule)
{
	return rule >> 2 & 0x3fffff;
}

#define RULE_UNCOVERED rule_make(RULE_SPECIAL, SPECIAL_UNCOVERED, 0)
#define RULE_SIGNAL_FRAME rule_make(RULE_SPECIAL, SPECIAL_SIGNAL, 0)

/* An image in memory, ready for lookups; owns nothing. */
struct unwind_table {
	const struct unwind_table_header *header;
	const uint32_t *words;	/* the image from its beginning */
	const struct unwind_rule *dict;
};

/*
 * Look at an image of `len` bytes, which has to stay.  Fails with EBADMSG if it
 * is not one of this version.
 */
int unwind_table_init(struct unwind_table *table, const void *image, size_t len,
		      struct error *err);

/* The rule (24 bits) for address `vaddr`; RULE_UNCOVERED where there is none. */
uint32_t unwind_table_find(const struct unwind_table *table, uint64_t vaddr);

/* Entry `i` of the dictionary; NULL if there is none. */
static inline const struct unwind_rule *
unwind_table_dict(const struct unwind_table *table, uint32_t i)
{
	return i < table->header->n_dict ? &table->dict[i] : NULL;
}

#endif
