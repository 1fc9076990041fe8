// SPDX-License-Identifier: Apache-2.0
#include "ui/page.h"

#include <math.h>
#include <stdarg.h>

#include "base/util.h"
#include "ui/text.h"

void page_deinit(struct page *page)
{
	buf_deinit(&page->line);
}

/* Colours that can be told apart on dark and on light backgrounds. */
static const char *sgr(enum tone tone)
{
	switch (tone) {
	case TONE_STRONG:
		return "\033[1m";
	case TONE_DIM:
		return "\033[38;5;245m";
	case TONE_NATIVE:
		return "\033[38;5;166m";
	case TONE_LIBRARY:
		return "\033[38;5;65m";
	case TONE_KERNEL:
		return "\033[38;5;164m";
	case TONE_ALARM:
		return "\033[7m";
	case TONE_TEXT:
	case TONE_UNKNOWN:
		break;
	}
	return NULL;
}

enum tone page_kind_tone(char kind)
{
	switch (kind) {
	case 'N':
		return TONE_NATIVE;
	case 'L':
		return TONE_LIBRARY;
	case 'K':
		return TONE_KERNEL;
	default:
		return TONE_UNKNOWN;
	}
}

static void put_string(struct buf *b, const char *s)
{
	buf_put(b, s, strlen(s));
}

/* Put a cell of clean text; blanks around it become real when something follows. */
static void put_cell(struct page *page, enum tone tone, const char *text)
{
	const char *on = page->colour ? sgr(tone) : NULL;
	size_t lead = strspn(text, " "), len = strlen(text), trail = 0;

	page->column += text_width(text);
	page->blanks += (unsigned int)lead;
	while (len > lead && text[len - 1] == ' ') {
		len--;
		trail++;
	}
	if (len == lead)
		return;
	if (page->blanks)
		memset(buf_add(&page->line, page->blanks), ' ', page->blanks);
	if (on)
		put_string(&page->line, on);
	buf_put(&page->line, text + lead, len - lead);
	if (on)
		put_string(&page->line, "\033[0m");
	page->blanks = (unsigned int)trail;
}

void page_put(struct page *page, enum tone tone, const char *fmt, ...)
{
	_cleanup_(freep) char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		abort();
	va_end(ap);
	put_cell(page, tone, text);
}

void page_right(struct page *page, enum tone tone, unsigned int width, const char *fmt, ...)
{
	_cleanup_(freep) char *text = NULL;
	unsigned int used;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		abort();
	va_end(ap);
	used = text_width(text);
	if (used < width)
		page_to(page, page->column + width - used);
	put_cell(page, tone, text);
}

void page_name(struct page *page, enum tone tone, unsigned int width, const char *name)
{
	struct buf clean = { 0 };

	text_clean(&clean, name, strlen(name), page->utf8);
	text_clip(&clean, width, page->utf8);
	put_cell(page, tone, (const char *)clean.data);
	buf_deinit(&clean);
}

void page_to(struct page *page, unsigned int column)
{
	if (column <= page->column)
		return;
	page->blanks += column - page->column;
	page->column = column;
}

void page_end(struct page *page)
{
	if (page->line.len)
		fwrite(page->line.data, 1, page->line.len, page->out);
	fputc('\n', page->out);
	page->line.len = 0;
	page->column = page->blanks = 0;
}

/* A cell of a bar of which `low` and `high` eighths are reached. */
static const char *bar_cell(const struct page *page, unsigned int low, unsigned int high)
{
	static const char *const blocks[] = { " ", "▏", "▎", "▍", "▌", "▋", "▊", "▉", "█" };

	if (!page->utf8)
		return low >= 4 ? "#" : high >= 4 ? "-" : " ";
	if (low)
		return blocks[low];
	return high > 4 ? "─" : high > 0 ? "╴" : " ";
}

static unsigned int eighths(double share, double scale, unsigned int width)
{
	return (unsigned int)lround(fmin(fmax(share / scale, 0), 1) * width * 8);
}

void page_bar(struct page *page, enum tone tone, unsigned int width, double low,
	      double high, double scale)
{
	unsigned int l = eighths(low, scale, width), h = eighths(high, scale, width);
	unsigned int end = page->column + width;
	struct buf text = { 0 };

	for (unsigned int i = 0; i < width; i++) {
		unsigned int from = i * 8;
		const char *cell = bar_cell(page, l > from ? min_of(l - from, 8u) : 0,
					    h > from ? min_of(h - from, 8u) : 0);

		if (i == 0 && high > 0 && (*cell == ' ' || (l == 0 && h < 4)))
			cell = page->utf8 ? "▏" : "-";
		put_string(&text, cell);
	}
	buf_put_u8(&text, '\0');
	put_cell(page, tone, (const char *)text.data);
	buf_deinit(&text);
	page_to(page, end);
}

void page_wrap(struct page *page, enum tone tone, const char *text)
{
	unsigned int left = page->column;

	for (;;) {
		_cleanup_(freep) char *word = NULL;
		size_t len;

		text += strspn(text, " ");
		len = strcspn(text, " ");
		if (!len)
			return;
		word = xmemdup(text, len + 1);
		word[len] = '\0';
		text += len;
		if (page->column > left &&
		    page->column + 1 + text_width(word) >= page->width) {
			page_end(page);
			page_to(page, left);
		} else if (page->column > left) {
			page_to(page, page->column + 1);
		}
		put_cell(page, tone, word);
	}
}

void page_rule(struct page *page, const char *title, const char *note)
{
	const char *line = page->utf8 ? "─" : "-";

	page_put(page, TONE_DIM, "%s", line);
	page_to(page, 2);
	page_put(page, TONE_STRONG, "%s", title);
	if (note && *note) {
		page_to(page, page->column + 2);
		page_put(page, TONE_DIM, "%s", note);
	}
	page_to(page, page->column + 1);
	while (page->column < page->width)
		put_cell(page, TONE_TEXT, line);
	page_end(page);
}

const char *page_plus_minus(const struct page *page)
{
	return page->utf8 ? "±" : "+-";
}
