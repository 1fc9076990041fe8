// SPDX-License-Identifier: Apache-2.0
#include "ui/text.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <wchar.h>

#include "base/utf8.h"

/* Characters that have a width of 0 or more but change how others are shown. */
static bool is_control(uint32_t cp)
{
	return cp < 0x20 || (cp >= 0x7f && cp < 0xa0) || cp == 0xad || cp == 0x61c ||
	       cp == 0x180e || (cp >= 0x200b && cp <= 0x200f) ||
	       (cp >= 0x2028 && cp <= 0x202e) || (cp >= 0x2060 && cp <= 0x206f) ||
	       cp == 0xfeff || (cp >= 0xfff9 && cp <= 0xfffb) ||
	       (cp >= 0xe0000 && cp <= 0xe0fff);
}

/* May it stand where it stands?  A combining mark needs something to sit on. */
static bool is_shown(uint32_t cp, bool first)
{
	int width = wcwidth((wchar_t)cp);

	return !is_control(cp) && width >= 0 && !(width == 0 && first);
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
		else if (cp < 0x80 && !is_control(cp))
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

/* ---- numbers ---- */

char *text_count(char buf[TEXT_NUMBER], uint64_t n)
{
	char digits[24];
	int len = snprintf(digits, sizeof(digits), "%" PRIu64, n);
	char *to = buf;

	for (int i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0)
			*to++ = ',';
		*to++ = digits[i];
	}
	*to = '\0';
	return buf;
}

/* Three digits that count, of a number of at least 1. */
static int decimals(double v)
{
	return v < 9.995 ? 2 : v < 99.95 ? 1 : 0;
}

char *text_count_short(char buf[TEXT_NUMBER], uint64_t n)
{
	static const char units[] = "kMGTPE";
	double v = (double)n;
	size_t unit = 0;

	if (n < 100000) {
		snprintf(buf, TEXT_NUMBER, "%" PRIu64, n);
		return buf;
	}
	for (v /= 1e3; v >= 999.5 && units[unit + 1]; unit++)
		v /= 1e3;
	snprintf(buf, TEXT_NUMBER, "%.*f%c", decimals(v), v, units[unit]);
	return buf;
}

char *text_percent(char buf[TEXT_NUMBER], double fraction, bool whole)
{
	snprintf(buf, TEXT_NUMBER, "%.*f", whole ? 0 : 1, fraction * 100);
	return buf;
}

static char *with_unit(char buf[TEXT_NUMBER], double v, const char *unit)
{
	char number[TEXT_NUMBER - 8];

	if (v >= 999.5)
		text_count(buf, (uint64_t)llround(v));
	else
		snprintf(buf, TEXT_NUMBER, "%.*f", decimals(v), v);
	snprintf(number, sizeof(number), "%s", buf);
	snprintf(buf, TEXT_NUMBER, "%s %s", number, unit);
	return buf;
}

char *text_time(char buf[TEXT_NUMBER], uint64_t ns)
{
	double v = (double)ns;

	if (ns < 1000)
		snprintf(buf, TEXT_NUMBER, "%" PRIu64 " ns", ns);
	else if (v < 999.5e3)
		with_unit(buf, v / 1e3, "us");
	else if (v < 999.5e6)
		with_unit(buf, v / 1e6, "ms");
	else
		with_unit(buf, v / 1e9, "s");
	return buf;
}

char *text_seconds(char buf[TEXT_NUMBER], uint64_t ns)
{
	double s = (double)ns / 1e9;

	if (s >= 999.995)
		return text_count(buf, (uint64_t)llround(s));
	snprintf(buf, TEXT_NUMBER, "%.2f", s);
	return buf;
}

char *text_bytes(char buf[TEXT_NUMBER], uint64_t n)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	double v = (double)n;
	size_t unit = 0;

	while (v >= 1023.5 && unit + 1 < array_len(units)) {
		v /= 1024;
		unit++;
	}
	if (unit == 0 || v == floor(v)) {
		snprintf(buf, TEXT_NUMBER, "%.0f %s", v, units[unit]);
		return buf;
	}
	return with_unit(buf, v, units[unit]);
}
