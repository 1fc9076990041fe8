// SPDX-License-Identifier: Apache-2.0
#include "ui/text.h"

#include <stdio.h>
#include <wchar.h>

#include "base/utf8.h"

/* May it stand where it stands?  A combining mark needs something to sit on. */
static bool is_shown(uint32_t cp, bool first)
{
	int width = wcwidth((wchar_t)cp);

	return !utf8_is_control(cp) && width >= 0 && !(width == 0 && first);
}

static void put(struct buf *out, const char *fmt, uint32_t value)
{
	char tmp[16];
	int n = snprintf(tmp, sizeof(tmp), fmt, value);

	buf_put(out, tmp, (size_t)n);
}

static void terminate(struct buf *b)
{
	*buf_add(b, 1) = '\0';
	b->len--;
}

void text_clean(struct buf *out, const char *s, size_t len, bool utf8)
{
	const char *end = s + len, *start = s;

	while (s < end) {
		uint32_t cp = 0;
		size_t n = utf8_decode(s, end, &cp);

		if (n == 0)
			put(out, "\\x%02x", (unsigned char)*s);
		else if (cp < 0x80 && !utf8_is_control(cp))
			buf_put_u8(out, (uint8_t)cp);
		else if (cp < 0x80)
			put(out, "\\x%02x", cp);
		else if (!utf8)
			buf_put_u8(out, '?');
		else if (is_shown(cp, s == start))
			buf_put(out, s, n);
		else
			put(out, cp > 0xffff ? "\\U%08x" : "\\u%04x", cp);
		s += n ? n : 1;
	}
	terminate(out);
}

static unsigned int char_width(uint32_t cp)
{
	int width = cp < 0x80 ? 1 : wcwidth((wchar_t)cp);

	return width < 0 ? 1 : (unsigned int)width;
}

/* Columns of [s, end) up to `limit`; *stop is where the next would be too much. */
static unsigned int measure(const char *s, const char *end, unsigned int limit,
			    const char **stop)
{
	unsigned int width = 0;

	while (s < end) {
		uint32_t cp = '?';
		size_t n = utf8_decode(s, end, &cp);

		if (width + char_width(cp) > limit)
			break;
		width += char_width(cp);
		s += n ? n : 1;
	}
	*stop = s;
	return width;
}

unsigned int text_width(const char *s)
{
	const char *stop;

	return measure(s, s + strlen(s), UINT32_MAX, &stop);
}

void text_clip(struct buf *b, unsigned int width, bool utf8)
{
	const char *s = (const char *)b->data, *end = s + b->len, *stop;

	if (!b->len)
		return;
	measure(s, end, width, &stop);
	if (stop == end)
		return;
	b->len = 0;
	if (width) {
		measure(s, end, width - 1, &stop);
		b->len = (size_t)(stop - s);
		buf_put(b, utf8 ? "…" : "~", utf8 ? strlen("…") : 1);
	}
	terminate(b);
}

size_t text_line(const char *s, unsigned int width, const char **next)
{
	const char *end = s, *word = s, *stop;

	while (*word) {
		const char *after = word + strcspn(word, " ");

		if (measure(s, after, UINT32_MAX, &stop) > width && word > s)
			break;
		end = after;
		word = after + strspn(after, " ");
	}
	*next = word;
	return (size_t)(end - s);
}
