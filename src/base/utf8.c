// SPDX-License-Identifier: Apache-2.0
#include "base/utf8.h"

#include "base/buf.h"

size_t utf8_decode(const char *s, const char *end, uint32_t *out)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	unsigned char c = (unsigned char)*s;
	size_t n = c < 0x80 ? 1 : c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;
	uint32_t cp = n == 1 ? c : c & (0x7fu >> n);

	if ((c >= 0x80 && c < 0xc2) || c > 0xf4 || (size_t)(end - s) < n)
		return 0;
	for (size_t i = 1; i < n; i++) {
		if (((unsigned char)s[i] & 0xc0) != 0x80)
			return 0;
		cp = cp << 6 | ((unsigned char)s[i] & 0x3f);
	}
	if (cp < least[n] || cp > 0x10ffff || (cp >= 0xd800 && cp < 0xe000))
		return 0;
	*out = cp;
	return n;
}

size_t utf8_encode(uint32_t cp, char out[4])
{
	static const uint8_t first[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
	size_t n = cp < 0x80 ? 1 : cp < 0x800 ? 2 : cp < 0x10000 ? 3 : 4;

	if (cp > 0x10ffff || (cp >= 0xd800 && cp < 0xe000))
		return 0;
	for (size_t i = n; --i > 0; cp >>= 6)
		out[i] = (char)(0x80 | (cp & 0x3f));
	out[0] = (char)(first[n] | cp);
	return n;
}

void utf8_repair(struct buf *out, const char *s, size_t len)
{
	const char *end = s + len;
	uint32_t cp;

	while (s < end) {
		size_t n = utf8_decode(s, end, &cp);

		if (n)
			buf_put(out, s, n);
		else
			buf_put(out, "\xef\xbf\xbd", 3);
		s += n ? n : 1;
	}
}

bool utf8_is_control(uint32_t cp)
{
	return cp < 0x20 || (cp >= 0x7f && cp < 0xa0) || cp == 0xad || cp == 0x61c ||
	       cp == 0x180e || (cp >= 0x200b && cp <= 0x200f) ||
	       (cp >= 0x2028 && cp <= 0x202e) || (cp >= 0x2060 && cp <= 0x206f) ||
	       cp == 0xfeff || (cp >= 0xfff9 && cp <= 0xfffb) ||
	       (cp >= 0xe0000 && cp <= 0xe0fff);
}
