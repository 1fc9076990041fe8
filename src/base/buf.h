// SPDX-License-Identifier: Apache-2.0
/*
 * base/buf.h - bytes that grow, and the writing half of base/cursor.h.
 *
 * A zeroed struct is an empty buffer; buf_deinit() ends it.
 */
#ifndef CPROFD_BASE_BUF_H
#define CPROFD_BASE_BUF_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/util.h"

struct buf {
	uint8_t *data;
	size_t len;
	size_t cap;
};

static inline void buf_deinit(struct buf *b)
{
	free(b->data);
	*b = (struct buf){ 0 };
}

/* Room for `n` more bytes at the end; they become part of the buffer. */
static inline uint8_t *buf_add(struct buf *b, size_t n)
{
	array_reserve(b->data, b->len + n, b->cap);
	b->len += n;
	return b->data + b->len - n;
}

static inline void buf_put(struct buf *b, const void *p, size_t n)
{
	if (n)
		memcpy(buf_add(b, n), p, n);
}

static inline void buf_put_u8(struct buf *b, uint8_t v)
{
	*buf_add(b, 1) = v;
}

static inline void buf_put_u32(struct buf *b, uint32_t v)
{
	buf_put(b, &v, sizeof(v));
}

static inline void buf_put_u64(struct buf *b, uint64_t v)
{
	buf_put(b, &v, sizeof(v));
}

/* Unsigned LEB128. */
static inline void buf_put_uleb(struct buf *b, uint64_t v)
{
	uint8_t tmp[10];
	size_t n = 0;

	while (v >= 0x80) {
		tmp[n++] = (uint8_t)(v | 0x80);
		v >>= 7;
	}
	tmp[n++] = (uint8_t)v;
	buf_put(b, tmp, n);
}

static inline void buf_put_zigzag(struct buf *b, int64_t v)
{
	buf_put_uleb(b, ((uint64_t)v << 1) ^ (uint64_t)(v >> 63));
}

/* Bytes with their count in front. */
static inline void buf_put_str(struct buf *b, const char *s, size_t len)
{
	buf_put_uleb(b, len);
	buf_put(b, s, len);
}

#endif
