// SPDX-License-Identifier: Apache-2.0
#include "unwind/unwind_table.h"

#include <errno.h>

#include "base/error.h"
#include "base/util.h"

int unwind_table_init(struct unwind_table *table, const void *image, size_t len,
		      struct error *err)
{
	const struct unwind_table_header *h = image;
	const size_t head = sizeof(*h) / 4;

	if (len < sizeof(*h) || h->magic != UNWIND_TABLE_MAGIC)
		return error_set(err, EBADMSG, "no unwind table of this version");
	if (h->n_words != len / 4 || len % 4 || len > UNWIND_MAX_IMAGE ||
	    h->n_blocks > h->n_words - head ||
	    h->dict_at > h->n_words || h->dict_at < head + h->n_blocks + 1 ||
	    h->n_dict > (h->n_words - h->dict_at) * 4 / sizeof(struct unwind_rule))
		return error_set(err, EBADMSG, "unwind table with wrong sizes");
	table->header = h;
	table->words = image;
	table->dict = (const struct unwind_rule *)(table->words + h->dict_at);
	return 0;
}

uint32_t unwind_table_find(const struct unwind_table *table, uint64_t vaddr)
{
	const struct unwind_table_header *h = table->header;
	const uint32_t *block_at = table->words + sizeof(*h) / 4;
	uint64_t off = vaddr - h->text_vaddr;
	uint64_t block = off >> UNWIND_BLOCK_SHIFT;

	if (block >= h->n_blocks)
		return RULE_UNCOVERED;

	uint32_t at = block_at[block], n_words = h->n_words;

	if (unlikely(at > n_words || n_words - at < UNWIND_BLOCK_HEAD))
		return RULE_UNCOVERED;

	const uint16_t *first = (const uint16_t *)(table->words + at);
	const uint32_t *rows = table->words + at + UNWIND_BLOCK_HEAD;
	uint32_t page = off >> UNWIND_PAGE_SHIFT & (UNWIND_PAGES - 1);
	uint32_t key = off & 0xff;
	uint32_t low = first[page], high = first[page + 1];	/* [256] is n_rows */

	if (unlikely(low > high || high > n_words - at - UNWIND_BLOCK_HEAD))
		return RULE_UNCOVERED;
	/* The last row at or before the key; before `low` lies the page before. */
	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (rows[mid] >> 24 <= key)
			low = mid + 1;
		else
			high = mid;
	}
	return low ? rows[low - 1] & 0xffffff : RULE_UNCOVERED;
}
