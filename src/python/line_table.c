// SPDX-License-Identifier: Apache-2.0
/*
 * Every format is a row of ranges of instructions, each from where the one before it
 * ended, whose line is the one before it plus a difference:
 *
 *	to 3.9	pairs (bytes, difference); a difference is the step to the NEXT range
 *	3.10	pairs (bytes, difference); -128: no line
 *	3.11	a byte 1 kkkk nnn (kind, code units - 1), then bytes < 128 as the kind has them:
 *		15	none: no line
 *		14, 13	the difference as a varint, in 14 columns as well
 *		12-10	kind - 10 is the difference; columns
 *		9-0	the same line; columns
 *
 * A range may be empty: its difference counts, its line is nobody's.
 */
#include "python/line_table.h"

#include <stdbool.h>

#define NO_LINE (-128)

/* Lines go round, as those of a damaged table may. */
struct walk {
	const uint8_t *p, *end;
	uint32_t line;
	int64_t range_end;	/* in bytes */
	bool has_line;		/* the range that was read last */
};

static bool next_pair(struct walk *w)
{
	int8_t difference;

	if (w->end - w->p < 2)
		return false;
	difference = (int8_t)w->p[1];
	w->range_end += w->p[0];
	w->has_line = difference != NO_LINE;
	if (w->has_line)
		w->line += (uint32_t)difference;
	w->p += 2;
	return true;
}

/* Six bits a byte, the least first; bit 6: there is more.  The lowest bit is the sign. */
static uint32_t signed_varint(const uint8_t *p, const uint8_t *end)
{
	uint32_t v = 0;

	for (unsigned int shift = 0; p < end && shift < 32; shift += 6) {
		v |= (uint32_t)(*p & 0x3f) << shift;
		if (!(*p++ & 0x40))
			break;
	}
	return v & 1 ? -(v >> 1) : v >> 1;
}

static bool next_location(struct walk *w)
{
	unsigned int kind;

	if (w->p == w->end)
		return false;
	kind = *w->p >> 3 & 15;
	w->range_end += ((*w->p & 7) + 1) * 2;
	w->p++;
	w->has_line = true;	/* or keeps that of the one before it, which is asked for */
	if (kind == 13 || kind == 14)
		w->line += signed_varint(w->p, w->end);
	else if (kind >= 10 && kind <= 12)
		w->line += kind - 10;
	while (w->p < w->end && *w->p < 0x80)
		w->p++;
	return true;
}

static int32_t find_in_lnotab(const uint8_t *table, size_t len, uint32_t line, int64_t offset)
{
	int64_t start = 0;

	for (size_t i = 0; i + 1 < len; i += 2) {
		start += table[i];
		if (start > offset)
			break;
		line += (uint32_t)(int8_t)table[i + 1];
	}
	return (int32_t)line;
}

int32_t line_table_find(uint16_t version, const uint8_t *table, size_t len, int32_t first_line,
			int64_t offset)
{
	bool (*next)(struct walk *w) = version < 0x030b ? next_pair : next_location;
	int32_t found = first_line;
	struct walk w;

	if (offset < 0 || len == 0)
		return first_line;
	if (version < 0x030a)
		return find_in_lnotab(table, len, (uint32_t)first_line, offset);
	w = (struct walk){ .p = table, .end = table + len, .line = (uint32_t)first_line };
	while (w.range_end <= offset) {
		int64_t start = w.range_end;

		if (!next(&w))
			break;
		if (w.has_line && w.range_end > start)
			found = (int32_t)w.line;
	}
	return found;
}
