// SPDX-License-Identifier: Apache-2.0
#include "ui/prose.h"

#include <limits.h>
#include <string.h>

#include "base/util.h"
#include "ui/text.h"

struct pen rows_next(struct rows *r)
{
	unsigned int row = r->n++, y = row - r->from;

	return pen_make(r->g, row >= r->from && y < r->height ? r->top + y : r->g->height,
			r->left, r->right);
}

void prose_deinit(struct prose *p)
{
	buf_deinit(&p->text);
	buf_deinit(&p->tones);
}

void prose_clear(struct prose *p)
{
	p->text.len = p->tones.len = 0;
}

static void add_bytes(struct prose *p, enum prose_tone tone, const char *s, size_t len)
{
	buf_put(&p->text, s, len);
	while (p->tones.len < p->text.len)
		buf_put_u8(&p->tones, (uint8_t)tone);
}

static void add(struct prose *p, enum prose_tone tone, const char *s, size_t len)
{
	const char *end = s + len, *sign;

	while (p->utf8 && (sign = memmem(s, (size_t)(end - s), "+-", 2))) {
		add_bytes(p, tone, s, (size_t)(sign - s));
		add_bytes(p, tone, "±", strlen("±"));
		s = sign + 2;
	}
	add_bytes(p, tone, s, (size_t)(end - s));
}

void prose_add(struct prose *p, enum prose_tone tone, const char *text)
{
	add(p, tone, text, strlen(text));
}

static void add_clean(struct prose *p, enum prose_tone tone, unsigned int width, const char *s,
		      size_t len)
{
	struct buf clean = { 0 };

	text_clean(&clean, s, len, p->utf8);
	text_clip(&clean, width, p->utf8);
	add(p, tone, (const char *)clean.data, clean.len);
	buf_deinit(&clean);
}

void prose_add_name(struct prose *p, enum prose_tone tone, unsigned int width,
		    const char *bytes)
{
	add_clean(p, tone, width, bytes, strlen(bytes));
}

void prose_add_marked(struct prose *p, const char *text, size_t len, bool *strong)
{
	const char *end = text + len, *star;

	for (; (star = memchr(text, '*', (size_t)(end - text))); text = star + 1) {
		add_clean(p, *strong ? PROSE_STRONG : PROSE_PLAIN, UINT_MAX, text,
			  (size_t)(star - text));
		*strong = !*strong;
	}
	add_clean(p, *strong ? PROSE_STRONG : PROSE_PLAIN, UINT_MAX, text, (size_t)(end - text));
}

/* A line of it, in runs of one tone. */
static void put_line(struct pen *pen, const char *s, const uint8_t *tones, size_t len)
{
	static const struct style styles[] = {
		[PROSE_PLAIN] = { 0, 0, 0 }, [PROSE_STRONG] = { 0, 0, ATTR_BOLD },
		[PROSE_DIM] = { INK_DIM, 0, 0 } };

	for (size_t at = 0, n; at < len; at += n) {
		for (n = 1; at + n < len && tones[at + n] == tones[at]; n++)
			;
		pen_put(pen, styles[tones[at]], "%.*s", (int)n, s + at);
	}
}

void prose_put(struct rows *r, const struct prose *p, struct pen *pen, unsigned int indent)
{
	_cleanup_(freep) char *all = xasprintf("%.*s", (int)p->text.len, (const char *)p->text.data);
	unsigned int width = r->right > r->left ? r->right - r->left : 0;
	const char *s = all, *next;
	size_t len;

	for (;;) {
		unsigned int from = pen ? pen->column : indent;
		struct pen own;

		len = text_line(s, width > from + 1 ? width - from : 1, &next);
		if (!len)
			return;
		if (!pen) {
			own = rows_next(r);
			pen = &own;
			pen_to(pen, indent);
		}
		put_line(pen, s, p->tones.data + (s - all), len);
		pen = NULL;
		s = next;
	}
}
