// SPDX-License-Identifier: Apache-2.0
#include "symbol/dw_ranges.h"

#include "base/cursor.h"
#include "symbol/dwarf_compat.h"

void dw_ranges_init(struct dw_ranges *r, struct elf_file *file)
{
	r->ranges = elf_file_section_or_empty(file, ".debug_ranges");
	r->rnglists = elf_file_section_or_empty(file, ".debug_rnglists");
	r->addr = elf_file_section_or_empty(file, ".debug_addr");
}

static struct cursor cursor_at(const struct elf_section *s, uint64_t off)
{
	struct cursor c = cursor_make(s->data, s->len);

	cursor_bytes(&c, off < s->len ? (size_t)off : s->len);
	return c;
}

/* Pairs of offsets from a base, which a pair beginning with ~0 changes. */
static void walk_pairs(struct cursor c, uint64_t base, dw_range_fn fn, void *ctx)
{
	for (;;) {
		uint64_t low = cursor_u64(&c), high = cursor_u64(&c);

		if (c.bad || (low == 0 && high == 0))
			return;
		if (low == UINT64_MAX)
			base = high;
		else
			fn(ctx, base + low, base + high);
	}
}

static uint64_t indexed_address(const struct dw_ranges *r, const struct dw_ranges_base *base,
				struct cursor *c)
{
	uint64_t index = cursor_uleb(c);

	if (index > r->addr.len / 8)
		index = r->addr.len / 8;	/* makes the read fail */

	struct cursor at = cursor_at(&r->addr, base->addr_base + index * 8);
	uint64_t addr = cursor_u64(&at);

	c->bad |= at.bad;
	return addr;
}

/* DWARF 5, 7.25. */
static void walk_entries(const struct dw_ranges *r, const struct dw_ranges_base *unit,
			 struct cursor c, dw_range_fn fn, void *ctx)
{
	uint64_t base = unit->low_pc;

	for (;;) {
		uint8_t kind = cursor_u8(&c);
		uint64_t low = 0, high = 0;

		switch (kind) {
		case DW_RLE_base_addressx:
			base = indexed_address(r, unit, &c);
			break;
		case DW_RLE_base_address:
			base = cursor_u64(&c);
			break;
		case DW_RLE_startx_endx:
			low = indexed_address(r, unit, &c);
			high = indexed_address(r, unit, &c);
			break;
		case DW_RLE_startx_length:
			low = indexed_address(r, unit, &c);
			high = low + cursor_uleb(&c);
			break;
		case DW_RLE_offset_pair:
			low = base + cursor_uleb(&c);
			high = base + cursor_uleb(&c);
			break;
		case DW_RLE_start_end:
			low = cursor_u64(&c);
			high = cursor_u64(&c);
			break;
		case DW_RLE_start_length:
			low = cursor_u64(&c);
			high = low + cursor_uleb(&c);
			break;
		default:	/* DW_RLE_end_of_list, or damage */
			return;
		}
		if (c.bad)
			return;
		if (low < high)
			fn(ctx, low, high);
	}
}

void dw_ranges_walk(const struct dw_ranges *r, const struct dw_ranges_base *base,
		    uint64_t off, bool is_index, dw_range_fn fn, void *ctx)
{
	if (base->version < 5) {
		walk_pairs(cursor_at(&r->ranges, off), base->low_pc, fn, ctx);
		return;
	}
	if (is_index) {
		if (off > r->rnglists.len)
			return;

		struct cursor c = cursor_at(&r->rnglists,
					    base->lists_base + off * base->offset_bytes);

		off = base->lists_base +
		      (base->offset_bytes == 8 ? cursor_u64(&c) : cursor_u32(&c));
		if (c.bad)
			return;
	}
	walk_entries(r, base, cursor_at(&r->rnglists, off), fn, ctx);
}
