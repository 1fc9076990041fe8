// SPDX-License-Identifier: Apache-2.0
#include "ui/pen.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>

#include "base/utf8.h"
#include "base/util.h"
#include "ui/text.h"

struct pen pen_make(struct grid *grid, unsigned int y, unsigned int left, unsigned int right)
{
	right = min_of(right, grid->width);
	return (struct pen){ .grid = grid, .y = y, .left = min_of(left, right),
			     .width = y < grid->height && left < right ? right - left : 0 };
}

unsigned int pen_left(const struct pen *pen)
{
	return pen->column < pen->width ? pen->width - pen->column : 0;
}

void pen_fact(struct pen *pen, const char *label, const char *value, const char *unit)
{
	if (text_width(label) + text_width(value) + text_width(unit) + 4 > pen_left(pen))
		return;
	pen_to(pen, pen->column + 3);
	pen_put(pen, STYLE_DIM, "%s", label);
	pen_put(pen, STYLE_TEXT, "%s", value);
	pen_put(pen, STYLE_DIM, "%s", unit);
}

void pen_to(struct pen *pen, unsigned int column)
{
	pen->column = max_of(pen->column, column);
}

static void set_cell(struct cell *c, struct style style, const char *text, size_t len)
{
	memcpy(c->text, text, len);
	c->text[len] = '\0';
	if (style.bg == INK_DEFAULT)
		style.bg = c->style.bg;
	style.attrs |= c->style.attrs & ATTR_UNDERLINE;	/* of a header row */
	c->style = style;
}

/* What overwrites one half of a wide character takes the other half away. */
static void split_wide(const struct pen *pen, unsigned int x)
{
	struct cell *c = grid_at(pen->grid, pen->y, x);

	if (x && !*c->text)
		strcpy(c[-1].text, " ");
	if (x + 1 < pen->grid->width && !*c[1].text)
		strcpy(c[1].text, " ");
}

/* One character, with a mark that combines with the one before if it has no width. */
static void put_char(struct pen *pen, struct style style, const char *s, size_t len,
		     unsigned int width)
{
	struct cell *c;

	if (!width) {
		c = pen->column ? grid_at(pen->grid, pen->y, pen->left + pen->column - 1) : NULL;
		if (c && pen->column <= pen->width && strlen(c->text) + len < CELL_BYTES)
			strncat(c->text, s, len);
		return;
	}
	if (pen->column + width <= pen->width && len < CELL_BYTES) {
		c = grid_at(pen->grid, pen->y, pen->left + pen->column);
		for (unsigned int i = 0; i < width; i++)
			split_wide(pen, pen->left + pen->column + i);
		set_cell(c, style, s, len);
		for (unsigned int i = 1; i < width; i++)
			set_cell(c + i, style, "", 0);
	}
	pen->column += width;
}

static void put_text(struct pen *pen, struct style style, const char *s)
{
	const char *end = s + strlen(s);

	while (s < end && pen->column < pen->width) {
		uint32_t cp = '?';
		size_t n = utf8_decode(s, end, &cp);
		int width = cp < 0x80 ? 1 : wcwidth((wchar_t)cp);

		n = n ? n : 1;
		put_char(pen, style, s, n, width < 0 ? 1 : (unsigned int)width);
		s += n;
	}
	pen->column += text_width(s);
}

void pen_put(struct pen *pen, struct style style, const char *fmt, ...)
{
	_cleanup_(freep) char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		abort();
	va_end(ap);
	put_text(pen, style, text);
}

void pen_right(struct pen *pen, struct style style, unsigned int width, const char *fmt, ...)
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
		pen_to(pen, pen->column + width - used);
	put_text(pen, style, text);
}

void pen_name(struct pen *pen, struct style style, unsigned int width, const char *name)
{
	struct buf clean = { 0 };

	text_clean(&clean, name, strlen(name), pen->grid->utf8);
	text_clip(&clean, width, pen->grid->utf8);
	put_text(pen, style, (const char *)clean.data);
	buf_deinit(&clean);
}

/* ---- bars ---- */

/* The part of cell `i` that `eighths` of the bar reach: 0 to 8. */
static unsigned int reach(unsigned int eighths, unsigned int i)
{
	return eighths > i * 8 ? min_of(eighths - i * 8, 8u) : 0;
}

static const char *const blocks[] = { " ", "▏", "▎", "▍", "▌", "▋", "▊", "▉", "█" };

/* Solid and then a line, for where there are no two tones. */
static const char *plain_cell(const struct pen *pen, unsigned int low, unsigned int high)
{
	if (!pen->grid->utf8)
		return low >= 4 ? "#" : high >= 4 ? "-" : " ";
	if (low)
		return blocks[low];
	return high > 4 ? "─" : high > 0 ? "╴" : " ";
}

/* Solid in the strong tone, soft in the quiet one, a sharp edge between them. */
static void put_toned(struct pen *pen, char kind, unsigned int low, unsigned int mid,
		      unsigned int high)
{
	uint8_t strong = (uint8_t)ink_strong(kind), quiet = (uint8_t)ink_quiet(kind);
	struct style style = { .fg = strong };
	unsigned int block = low;

	if (!low) {
		style.fg = quiet;
		block = high;
	} else if (low < 8 && high == 8) {
		style.bg = quiet;
	} else if (low < 8) {
		block = 2 * mid >= high ? mid : high;	/* three zones in one cell */
		style.fg = 2 * mid >= high ? strong : quiet;
	}
	put_text(pen, style, blocks[block]);
}

void pen_bar(struct pen *pen, char kind, unsigned int width, double low, double share,
	     double high, double scale)
{
	const double at[3] = { low, share, high };
	unsigned int e[3];

	for (int i = 0; i < 3; i++)
		e[i] = (unsigned int)lround(fmin(fmax(at[i] / scale, 0), 1) * width * 8);
	for (unsigned int i = 0; i < width; i++) {
		unsigned int l = reach(e[0], i), m = reach(e[1], i), h = reach(e[2], i);
		bool first = i == 0 && high > 0;

		if (pen->grid->utf8 && pen->grid->two_tones) {
			put_toned(pen, kind, l, m, first ? max_of(h, 1u) : h);
			continue;
		}
		const char *cell = plain_cell(pen, l, h);

		if (first && (*cell == ' ' || (l == 0 && h < 4)))
			cell = pen->grid->utf8 ? "▏" : "-";
		put_text(pen, *cell == ' ' ? STYLE_TEXT
				: (struct style){ .fg = (uint8_t)ink_strong(kind) }, cell);
	}
}

void pen_trend(struct pen *pen, struct style style, const double *values, unsigned int n)
{
	static const char *const heights[] = { " ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" };
	static const char ascii[] = " ..:-=+*#";
	double mean = 0;

	for (unsigned int i = 0; i < n; i++)
		mean += values[i] / n;
	for (unsigned int i = 0; i < n; i++) {
		unsigned int eighths = values[i] > 0
			? max_of((unsigned int)lround(fmin(values[i] / mean, 2) * 4), 1u) : 0;

		if (pen->grid->utf8)
			put_text(pen, style, heights[eighths]);
		else
			put_text(pen, style, (const char[]){ ascii[eighths], '\0' });
	}
}

void pen_rule(struct pen *pen, const char *title, const char *note)
{
	const char *line = pen->grid->utf8 ? "─" : "-";
	unsigned int from = pen->column;

	put_text(pen, STYLE_RULE, line);
	pen_to(pen, from + 2);
	put_text(pen, STYLE_STRONG, title);
	if (note && *note) {
		pen_to(pen, pen->column + 2);
		pen_name(pen, STYLE_DIM, pen_left(pen), note);
	}
	pen_to(pen, pen->column + 1);
	while (pen_left(pen))
		put_text(pen, STYLE_RULE, line);
}

const char *pen_plus_minus(const struct pen *pen)
{
	return pen->grid->utf8 ? "±" : "+-";
}
