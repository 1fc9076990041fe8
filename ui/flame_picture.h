// SPDX-License-Identifier: Apache-2.0
/*
 * ui/flame_picture.h - the boxes of a flame graph on the screen, and what is said of
 * them.
 *
 * Where backgrounds are seen a box is a tile in the colour of its kind: strong and
 * with a bold name if half of its time is its own, so that the eye finds what is wide
 * and has nothing below.  Elsewhere it stands in brackets.  With `:set flame` its tone
 * hangs on its name, or on its module, instead; no colour depends on anything but these.
 */
#ifndef CPROFD_UI_FLAME_PICTURE_H
#define CPROFD_UI_FLAME_PICTURE_H

#include "ui/view.h"

#define FLAME_MARGIN 1		/* columns left and right of the boxes */

/* Are boxes tiles, which may be two rows high? */
static inline bool flame_picture_has_tiles(const struct grid *g)
{
	return g->fills && g->utf8;
}

/* The box at the cursor; there has to be one. */
static inline const struct flame_box *flame_chosen(const struct app_flame *t)
{
	return &t->f.v[t->cursor];
}

/* Rows that there are for boxes. */
unsigned int flame_picture_rows(const struct grid *g, struct area area);

/* Draw those of a->flame that its list has on the screen, each `height` rows high. */
void flame_picture_draw(const struct app *a, struct grid *g, struct area area,
			unsigned int height);

#endif
