// SPDX-License-Identifier: Apache-2.0
#include "ui/palette.h"

#include <stdio.h>
#include <string.h>

#include "base/util.h"

#define NONE PALETTE_DEFAULT

#define THEMES 7

/* Those that are white on black, and black on white, with the same hues stand side by side. */
static const int colours[INK_COUNT][THEMES] = {
	/*		        safe  dark light  Solarized  distinct */
	[INK_DEFAULT]		= { NONE, NONE, NONE, 187, 238, NONE, NONE },
	[INK_DIM]		= { 245, 247, 240, 109, 241, 247, 240 },
	[INK_FAINT]		= { 245, 245, 242, 246, 242, 245, 242 },
	[INK_RULE]		= { NONE, 239, 250, 240, 187, 239, 250 },
	[INK_BLACK]		= { 16, 16, 16, 16, 16, 16, 16 },
	[INK_STRIP]		= { NONE, 235, 254, 0, 7, 235, 254 },
	[INK_PANEL]		= { NONE, 235, 255, 0, 7, 235, 255 },
	[INK_TINT]		= { NONE, 236, 253, 237, 7, 236, 253 },
	[INK_CHIP]		= { NONE, 239, 250, 239, 187, 239, 250 },
	[INK_METER]		= { NONE, 251, 242, 251, 242, 251, 242 },
	[INK_HEAT]		= { NONE, 236, 254, 237, 187, 236, 254 },
	[INK_WARM]		= { NONE, 240, 250, 240, 180, 240, 250 },
	[INK_PYTHON]		= { 69, 111, 69, 111, 69, 123, 38 },
	[INK_PYTHON_QUIET]	= { NONE, 67, 153, 67, 153, 73, 117 },
	[INK_NATIVE]		= { 166, 214, 166, 214, 166, 178, 137 },
	[INK_NATIVE_QUIET]	= { NONE, 136, 214, 136, 214, 136, 180 },
	[INK_LIBRARY]		= { 65, 150, 65, 150, 65, 193, 106 },
	[INK_LIBRARY_QUIET]	= { NONE, 65, 150, 65, 150, 107, 150 },
	[INK_KERNEL]		= { 164, 182, 133, 182, 133, 207, 165 },
	[INK_KERNEL_QUIET]	= { NONE, 139, 182, 139, 182, 133, 213 },
	[INK_UNKNOWN]		= { NONE, 245, 243, 246, 243, 245, 243 },
	[INK_UNKNOWN_QUIET]	= { NONE, 243, 246, 243, 246, 243, 246 },
	[INK_PYTHON_WORD]	= { 69, 111, 26, 111, 26, 123, 26 },
	[INK_NATIVE_WORD]	= { 166, 214, 130, 214, 94, 178, 94 },
	[INK_LIBRARY_WORD]	= { 65, 150, 28, 150, 22, 193, 28 },
	[INK_KERNEL_WORD]	= { 164, 182, 97, 182, 97, 207, 90 },
	[INK_LESS]		= { 69, 75, 26, 75, 26, 123, 26 },
	[INK_MORE]		= { 166, 208, 130, 208, 94, 178, 94 },
};

enum theme palette_theme(enum theme ground, enum hues hues)
{
	return ground == THEME_SAFE ? ground : (enum theme)(ground + 2 * hues);
}

bool palette_is_light(enum theme theme)
{
	return theme != THEME_SAFE && !(theme & 1);
}

/* Where the ground is not the terminal's own, some text needs another ink to be read. */
static enum ink readable(enum theme theme, struct style style)
{
	if (style.bg == INK_DEFAULT || palette_colour(theme, style.bg) == NONE)
		return style.fg;
	if (style.fg == INK_FAINT)
		return INK_DIM;
	if (palette_is_light(theme) && style.fg >= INK_PYTHON_WORD && style.fg <= INK_MORE)
		return INK_DEFAULT;
	return style.fg;
}

int palette_colour(enum theme theme, enum ink ink)
{
	return colours[ink][theme];
}

int palette_text(enum theme theme, struct style style)
{
	return palette_colour(theme, readable(theme, style));
}

int palette_ground(enum theme theme, struct style style)
{
	return style.bg == INK_DEFAULT ? NONE : palette_colour(theme, style.bg);
}

static void put_sgr(struct buf *out, enum theme theme, struct style style)
{
	int fg = palette_text(theme, style), bg = palette_ground(theme, style);
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
	return a.attrs == b.attrs && palette_text(theme, a) == palette_text(theme, b) &&
	       palette_ground(theme, a) == palette_ground(theme, b);
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
