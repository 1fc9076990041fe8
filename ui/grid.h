// SPDX-License-Identifier: Apache-2.0
/*
 * ui/grid.h - a screen as cells: what views draw, and what a terminal, a file
 * and a test show of it.
 *
 * Colours are named by what they mean; ui/palette.h says what they are on a
 * terminal.  Text gets into a grid by ui/pen.h, which cleans and clips it.
 */
#ifndef CPROFD_UI_GRID_H
#define CPROFD_UI_GRID_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

enum ink {
	INK_DEFAULT,	/* as a foreground: text; as a background: what is there already */
	INK_DIM,	/* labels, units, places, what is under 1 % */
	INK_FAINT,	/* what repeats something; never the only place of a fact */
	INK_RULE,	/* lines */
	INK_BLACK,	/* text on a fill */
	INK_STRIP,	/* background of the rows of tabs and keys */
	INK_PANEL,	/* background of the lesson panel */
	INK_TINT,	/* background of the selected row */
	INK_CHIP,	/* background of the current tab */
	INK_METER,	/* bars of what is not code */
	INK_HEAT,	/* background of a line with a small share, */
	INK_WARM,	/* and with a larger one */
	/* Kinds of code in two tones: strong (certain, own), quiet (the rest). */
	INK_PYTHON, INK_PYTHON_QUIET,
	INK_NATIVE, INK_NATIVE_QUIET,
	INK_LIBRARY, INK_LIBRARY_QUIET,
	INK_KERNEL, INK_KERNEL_QUIET,
	INK_UNKNOWN, INK_UNKNOWN_QUIET,
	/* Letters and words that name a kind. */
	INK_PYTHON_WORD, INK_NATIVE_WORD, INK_LIBRARY_WORD, INK_KERNEL_WORD,
	INK_LESS, INK_MORE,	/* of a comparison, beside the word that says it */
	INK_COUNT
};

enum attr {
	ATTR_BOLD = 1 << 0,
	ATTR_UNDERLINE = 1 << 1,
	ATTR_REVERSE = 1 << 2,
};

struct style {
	uint8_t fg, bg;		/* enum ink */
	uint8_t attrs;		/* enum attr */
};

/* Styles by what they are for. */
#define STYLE_TEXT ((struct style){ INK_DEFAULT, INK_DEFAULT, 0 })
#define STYLE_STRONG ((struct style){ INK_DEFAULT, INK_DEFAULT, ATTR_BOLD })
#define STYLE_DIM ((struct style){ INK_DIM, INK_DEFAULT, 0 })
#define STYLE_FAINT ((struct style){ INK_FAINT, INK_DEFAULT, 0 })
#define STYLE_RULE ((struct style){ INK_RULE, INK_DEFAULT, 0 })
#define STYLE_ALARM ((struct style){ INK_DEFAULT, INK_DEFAULT, ATTR_REVERSE })

/* The tones of a kind letter: P N L K, else not known. */
enum ink ink_strong(char kind);
enum ink ink_quiet(char kind);

/* Text that names a kind. */
struct style style_kind(char kind);

#define CELL_BYTES 12	/* a character and what combines with it, terminated */

/* What a click on a cell means. */
enum spot_kind {
	SPOT_NONE,
	SPOT_KEY,	/* the same as key `n` */
	SPOT_ROW,	/* row `n` of the view, or box `n` */
	SPOT_CHOICE,	/* choice `n` of the dialog */
};

struct spot {
	uint32_t kind : 2, n : 30;	/* enum spot_kind */
};

struct cell {
	char text[CELL_BYTES];	/* UTF-8; empty: the right half of the one before */
	struct style style;
	struct spot spot;
};

struct grid {
	unsigned int width, height;
	bool utf8;		/* else only ASCII is drawn */
	bool fills;		/* backgrounds are seen */
	bool two_tones;		/* strong and quiet inks can be told apart */
	struct cell *cells;	/* by row */
};

/* A grid of blanks.  The caller ends with grid_deinit(). */
void grid_init(struct grid *g, unsigned int width, unsigned int height, bool utf8);
void grid_deinit(struct grid *g);

/* Make everything blank, or rows [y, y + n); a new size is taken on. */
void grid_clear(struct grid *g);
void grid_blank(struct grid *g, unsigned int y, unsigned int n);
void grid_resize(struct grid *g, unsigned int width, unsigned int height);

static inline struct cell *grid_at(const struct grid *g, unsigned int y, unsigned int x)
{
	return &g->cells[(size_t)y * g->width + x];
}

/* Set the background and attributes of cells [x, x + width) of a row. */
void grid_tint(struct grid *g, unsigned int y, unsigned int x, unsigned int width,
	       struct style style);

/* A click on cells [x, x + width) of a row means that. */
void grid_spot(struct grid *g, unsigned int y, unsigned int x, unsigned int width,
	       enum spot_kind kind, uint32_t n);

/* Append a row as text, without the blanks at its end. */
void grid_row_text(const struct grid *g, unsigned int y, struct buf *out);

#endif
