// SPDX-License-Identifier: Apache-2.0
/*
 * ui/palette.h - what the inks of a grid are on a terminal with 256 colours.
 *
 * Measured for contrast on black, white and Solarized, and for being told apart
 * under deutan, protan and tritan simulation: LOOK in the design.
 */
#ifndef CPROFD_UI_PALETTE_H
#define CPROFD_UI_PALETTE_H

#include "ui/grid.h"

enum theme {
	THEME_SAFE,	/* legible on any background: no tints, one tone of a kind */
	THEME_DARK,
	THEME_LIGHT,
};

#define PALETTE_DEFAULT (-1)	/* the terminal's own */

/* The colour's number, or PALETTE_DEFAULT. */
int palette_colour(enum theme theme, enum ink ink);

/*
 * Append cells [0, width) of a row with SGR sequences between them, without the
 * blanks at its end; ends with everything reset.
 */
void palette_row_sgr(const struct grid *g, unsigned int y, unsigned int width,
		     enum theme theme, struct buf *out);

#endif
