// SPDX-License-Identifier: Apache-2.0
#include "ui/page.h"

#include <string.h>

#include "base/util.h"
#include "ui/palette.h"
#include "ui/text.h"

#define LINE_MAX_COLUMNS 4096

void page_init(struct page *page, FILE *out, unsigned int width, bool utf8, bool colour)
{
	*page = (struct page){ .out = out, .width = width, .colour = colour };
	grid_init(&page->row, LINE_MAX_COLUMNS, 1, utf8);
	page->pen = pen_make(&page->row, 0, 0, LINE_MAX_COLUMNS);
}

void page_deinit(struct page *page)
{
	grid_deinit(&page->row);
	buf_deinit(&page->line);
}

void page_end(struct page *page)
{
	page->line.len = 0;
	if (page->colour)
		palette_row_sgr(&page->row, 0, page->pen.column, THEME_SAFE, &page->line);
	else
		grid_row_text(&page->row, 0, &page->line);
	buf_put_u8(&page->line, '\n');
	fwrite(page->line.data, 1, page->line.len, page->out);
	grid_clear(&page->row);
	page->pen.column = 0;
}

void page_wrap(struct page *page, struct style style, const char *text)
{
	unsigned int left = page->pen.column, right = page->width - 1;
	const char *next;
	size_t len;

	text += strspn(text, " ");
	for (; (len = text_line(text, right > left ? right - left : 1, &next)) != 0; text = next) {
		pen_put(&page->pen, style, "%.*s", (int)len, text);
		if (!*next)
			return;
		page_end(page);
		pen_to(&page->pen, left);
	}
}

void page_rule(struct page *page, const char *title, const char *note)
{
	struct pen pen = pen_make(&page->row, 0, 0, page->width);

	pen_rule(&pen, title, note);
	page->pen.column = pen.column;
	page_end(page);
}
