// SPDX-License-Identifier: Apache-2.0
#include "ui/grid.h"

#include <string.h>

#include "base/util.h"

enum ink ink_strong(char kind)
{
	switch (kind) {
	case 'P':
		return INK_PYTHON;
	case 'N':
		return INK_NATIVE;
	case 'L':
		return INK_LIBRARY;
	case 'K':
		return INK_KERNEL;
	default:
		return INK_UNKNOWN;
	}
}

enum ink ink_quiet(char kind)
{
	return ink_strong(kind) + 1;
}

struct style style_kind(char kind)
{
	static const char kinds[] = "PNLK";
	const char *at = kind ? strchr(kinds, kind) : NULL;

	return (struct style){ .fg = (uint8_t)(at ? INK_PYTHON_WORD + (at - kinds) : INK_DEFAULT) };
}

void grid_blank(struct grid *g, unsigned int y, unsigned int n)
{
	const struct cell blank = { .text = " " };

	for (; n && y < g->height; n--, y++)
		for (unsigned int x = 0; x < g->width; x++)
			*grid_at(g, y, x) = blank;
}

void grid_clear(struct grid *g)
{
	grid_blank(g, 0, g->height);
}

void grid_init(struct grid *g, unsigned int width, unsigned int height, bool utf8)
{
	*g = (struct grid){ .utf8 = utf8 };
	grid_resize(g, width, height);
}

void grid_deinit(struct grid *g)
{
	free(g->cells);
	*g = (struct grid){ 0 };
}

void grid_resize(struct grid *g, unsigned int width, unsigned int height)
{
	g->cells = xreallocarray(g->cells, max_of((size_t)width * height, (size_t)1),
				 sizeof(*g->cells));
	g->width = width;
	g->height = height;
	grid_clear(g);
}

void grid_tint(struct grid *g, unsigned int y, unsigned int x, unsigned int width,
	       struct style style)
{
	for (; width && y < g->height && x < g->width; width--, x++) {
		struct cell *c = grid_at(g, y, x);

		if (style.bg != INK_DEFAULT)
			c->style.bg = style.bg;
		c->style.attrs |= style.attrs;
	}
}

void grid_spot(struct grid *g, unsigned int y, unsigned int x, unsigned int width,
	       enum spot_kind kind, uint32_t n)
{
	for (; width && y < g->height && x < g->width; width--, x++) {
		struct spot *spot = &grid_at(g, y, x)->spot;

		spot->kind = kind;
		spot->n = n & ((1u << 30) - 1);
	}
}

void grid_row_text(const struct grid *g, unsigned int y, struct buf *out)
{
	size_t end = out->len;

	for (unsigned int x = 0; x < g->width; x++) {
		const char *text = grid_at(g, y, x)->text;

		buf_put(out, text, strlen(text));
		if (strcmp(text, " ") != 0)
			end = out->len;
	}
	out->len = end;
}
