// SPDX-License-Identifier: Apache-2.0
#include "ui/palette.h"

#include <stdio.h>
#include <string.h>

#include "base/util.h"

#define NONE PALETTE_DEFAULT

static const int colours[INK_COUNT][3] = {	/* safe, dark, light */
	[INK_DEFAULT] = { NONE, NONE, NONE },
	[INK_DIM] = { 245, 245, 242 },
	[INK_FAINT] = { 245, 242, 244 },
	[INK_RULE] = { NONE, 239, 250 },
	[INK_BLACK] = { 16, 16, 16 },
	[INK_STRIP] = { NONE, 235, 254 },
	[INK_PANEL] = { NONE, 235, 255 },
	[INK_TINT] = { NONE, 237, 253 },
	[INK_CHIP] = { NONE, 239, 250 },
	[INK_METER] = { NONE, 251, 242 },
	[INK_HEAT] = { NONE, 236, 254 },
	[INK_WARM] = { NONE, 240, 250 },
	[INK_PYTHON] = { 69, 111, 69 },
	[INK_PYTHON_QUIET] = { NONE, 67, 153 },
	[INK_NATIVE] = { 166, 214, 166 },
	[INK_NATIVE_QUIET] = { NONE, 136, 214 },
	[INK_LIBRARY] = { 65, 150, 65 },
	[INK_LIBRARY_QUIET] = { NONE, 65, 150 },
	[INK_KERNEL] = { 164, 182, 133 },
	[INK_KERNEL_QUIET] = { NONE, 96, 182 },
	[INK_UNKNOWN] = { NONE, 245, 242 },
	[INK_UNKNOWN_QUIET] = { NONE, 242, 244 },
	[INK_LESS] = { 69, 69, 69 },
	[INK_MORE] = { 166, 166, 166 },
};

int palette_colour(enum theme theme, enum ink ink)
{
	return colours[ink][theme];
}

static void put_sgr(struct buf *out, enum theme theme, struct style style)
{
	int fg = palette_colour(theme, style.fg), bg = palette_colour(theme, style.bg);
	char text[64];

	if (style.fg == INK_BLACK && style.bg && bg < 0) {	/* a fill that the theme lacks */
		fg = PALETTE_DEFAULT;
		style.attrs |= ATTR_REVERSE;
	}
	int n = snprintf(text, sizeof(text), "\033[0%s%s%s",
			 style.attrs & ATTR_BOLD ? ";1" : "",
			 style.attrs & ATTR_UNDERLINE ? ";4" : "",
			 style.attrs & ATTR_REVERSE ? ";7" : "");

	if (fg >= 0)
		n += snprintf(text + n, sizeof(text) - (size_t)n, ";38;5;%d", fg);
	if (bg >= 0)
		n += snprintf(text + n, sizeof(text) - (size_t)n, ";48;5;%d", bg);
	text[n++] = 'm';
	buf_put(out, text, (size_t)n);
}

static bool same_look(enum theme theme, struct style a, struct style b)
{
	return a.attrs == b.attrs && palette_colour(theme, a.fg) == palette_colour(theme, b.fg) &&
	       palette_colour(theme, a.bg) == palette_colour(theme, b.bg);
}

/* Does a style show where there is no ink? */
static bool shows_on_blank(struct style s)
{
	return s.bg || s.attrs & (ATTR_UNDERLINE | ATTR_REVERSE);
}

/* A blank that looks the same in the style at hand as in its own. */
static bool is_neutral(const struct cell *c, struct style now)
{
	return strcmp(c->text, " ") == 0 && !shows_on_blank(c->style) && !shows_on_blank(now);
}

void palette_row_sgr(const struct grid *g, unsigned int y, unsigned int width,
		     enum theme theme, struct buf *out)
{
	struct style now = STYLE_TEXT;
	unsigned int end = min_of(width, g->width);

	while (end && is_neutral(grid_at(g, y, end - 1), now))
		end--;
	for (unsigned int x = 0; x < end; x++) {
		const struct cell *c = grid_at(g, y, x);

		if (!is_neutral(c, now) && !same_look(theme, c->style, now)) {
			put_sgr(out, theme, c->style);
			now = c->style;
		}
		buf_put(out, c->text, strlen(c->text));
	}
	if (!same_look(theme, now, STYLE_TEXT))
		put_sgr(out, theme, STYLE_TEXT);
}
