// SPDX-License-Identifier: Apache-2.0
/*
 * ui/palette.h - what the inks of a grid are on a terminal with 256 colours.
 *
 * Words have a contrast of 4.5:1 at least, on any ground that they stand on.
 *
 * Measured for contrast on black, white and Solarized, and for being told apart
 * under deutan, protan and tritan simulation: LOOK in the design.
 */
#ifndef CPROFD_UI_PALETTE_H
#define CPROFD_UI_PALETTE_H

#include "ui/grid.h"

enum theme {
	THEME_SAFE,	/* legible on any background: no tints, one tone of a kind */
	THEME_DARK,	/* and light ones by turns */
	THEME_LIGHT,
	THEME_SOLARIZED_DARK,
	THEME_SOLARIZED_LIGHT,
	THEME_DISTINCT_DARK,
	THEME_DISTINCT_LIGHT,
};

/*
 * Of a dark and of a light terminal: the usual ones, those for the grounds of Solarized, and
 * those that are told apart best whatever one's eyes see of red and green.
 */
enum hues { HUES_USUAL, HUES_SOLARIZED, HUES_DISTINCT };

/* That of a ground (THEME_SAFE, THEME_DARK, THEME_LIGHT) with these hues. */
enum theme palette_theme(enum theme ground, enum hues hues);

bool palette_is_light(enum theme theme);

#define PALETTE_DEFAULT (-1)	/* the terminal's own */

/* The colour's number, or PALETTE_DEFAULT. */
int palette_colour(enum theme theme, enum ink ink);

/* Those of a cell: of what stands in it, and of its ground. */
int palette_text(enum theme theme, struct style style);
int palette_ground(enum theme theme, struct style style);

/*
 * Append cells [0, width) of a row with SGR sequences between them, without the
 * blanks at its end; ends with everything reset.
 */
void palette_row_sgr(const struct grid *g, unsigned int y, unsigned int width,
		     enum theme theme, struct buf *out);

#endif
