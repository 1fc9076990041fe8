// SPDX-License-Identifier: Apache-2.0
/* The list of a page has a row for each place that its window can be at. */
#include "ui/scroll.h"

#include <string.h>

#include "ui/text.h"

struct scroll scroll_begin(struct app *a, struct grid *g, struct area area)
{
	grid_blank(g, area.top, area.height);
	return (struct scroll){ a, g, area, 0 };
}

struct pen scroll_at(struct scroll *s, uint32_t row, unsigned int left)
{
	uint32_t top = s->a->text.cursor, y = row - top;

	return pen_make(s->g, row >= top && y < s->area.height ? s->area.top + y : s->g->height,
			s->area.left + left, s->area.left + s->area.width);
}

struct pen scroll_row(struct scroll *s)
{
	return scroll_at(s, s->row++, 0);
}

void scroll_wrap(struct scroll *s, struct style style, unsigned int left, const char *text)
{
	struct buf clean = { 0 };
	const char *line, *next;
	size_t len;

	text_clean(&clean, text, strlen(text), s->g->utf8);
	line = (const char *)clean.data;
	for (; (len = text_line(line, s->area.width - left - 1, &next)) != 0; line = next) {
		struct pen pen = scroll_row(s);

		pen_to(&pen, left);
		pen_put(&pen, style, "%.*s", (int)len, line);
	}
	buf_deinit(&clean);
}

bool scroll_end(struct scroll *s)
{
	uint32_t was = s->a->text.cursor;

	list_fit(&s->a->text, s->row > s->area.height ? s->row - s->area.height + 1 : 1,
		 s->area.height);
	return s->a->text.cursor == was;
}

bool scroll_act(struct app *a, enum action action)
{
	return list_act(&a->text, action);
}
