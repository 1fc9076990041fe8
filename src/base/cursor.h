// SPDX-License-Identifier: Apache-2.0
/*
 * base/cursor.h - read little-endian data that nobody vouches for.
 *
 * A cursor walks over bytes in memory.  A read past the end returns 0 (or
 * NULL), moves to the end and sets `bad`, which stays set: a parser reads a
 * whole structure and asks once whether all of it was there.
 *
 *	struct cursor c = cursor_make(data, len);
 *	uint32_t kind = cursor_u32(&c);
 *	const char *name = cursor_str(&c, &name_len);
 *
 *	if (c.bad)
 *		return error_set(err, EBADMSG, "cut short");
 */
#ifndef CPROFD_BASE_CURSOR_H
#define CPROFD_BASE_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct cursor {
	const uint8_t *p;	/* next byte */
	const uint8_t *end;	/* first byte not to be read */
	bool bad;		/* something was read that was not there */
};

static inline struct cursor cursor_make(const void *data, size_t len)
{
	const uint8_t *p = data;

	return (struct cursor){ .p = p, .end = p + len };
}

static inline size_t cursor_left(const struct cursor *c)
{
	return (size_t)(c->end - c->p);
}

/* The next `n` bytes, which are consumed; NULL if there are fewer. */
static inline const uint8_t *cursor_bytes(struct cursor *c, size_t n)
{
	const uint8_t *p = c->p;

	if (n > cursor_left(c)) {
		c->p = c->end;
		c->bad = true;
		return NULL;
	}
	c->p += n;
	return p;
}

/* A cursor over the next `n` bytes, which are consumed here. */
static inline struct cursor cursor_sub(struct cursor *c, size_t n)
{
	const uint8_t *p = cursor_bytes(c, n);

	return p ? (struct cursor){ .p = p, .end = p + n }
		 : (struct cursor){ .p = c->end, .end = c->end, .bad = true };
}

#define CURSOR_FIXED(name, type)                                               \
	static inline type cursor_##name(struct cursor *c)                     \
	{                                                                      \
		const uint8_t *p = cursor_bytes(c, sizeof(type));              \
		type v = 0;                                                    \
		if (p)                                                         \
			memcpy(&v, p, sizeof(v));                              \
		return v;                                                      \
	}
CURSOR_FIXED(u8, uint8_t)
CURSOR_FIXED(u16, uint16_t)
CURSOR_FIXED(u32, uint32_t)
CURSOR_FIXED(u64, uint64_t)
#undef CURSOR_FIXED

uint64_t cursor_uleb_long(struct cursor *c);

/* Unsigned LEB128, which is also the varint of our own formats. */
static inline uint64_t cursor_uleb(struct cursor *c)
{
	if (c->p < c->end && *c->p < 0x80)
		return *c->p++;
	return cursor_uleb_long(c);
}

/* Signed LEB128, as DWARF has it. */
int64_t cursor_sleb(struct cursor *c);

/* A signed varint of our own formats: zigzag, so that small stays short. */
static inline int64_t cursor_zigzag(struct cursor *c)
{
	uint64_t v = cursor_uleb(c);

	return (int64_t)(v >> 1) ^ -(int64_t)(v & 1);
}

/* Bytes preceded by their count as a varint; not terminated. */
static inline const char *cursor_str(struct cursor *c, size_t *len)
{
	uint64_t n = cursor_uleb(c);

	if (n > cursor_left(c))
		n = cursor_left(c) + 1;	/* makes the read fail */
	const char *p = (const char *)cursor_bytes(c, (size_t)n);
	*len = p ? (size_t)n : 0;
	return p;
}

#endif
