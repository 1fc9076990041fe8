// SPDX-License-Identifier: Apache-2.0
/*
 * ui/panel.h - the lesson beside a view, filled with what the view shows.
 *
 * At 100 columns or more it is at the right, else below, and where there is no room
 * for both in place of the view.  Behind the last page of a view's lesson come the
 * general ones.  Only with the focus it takes keys that move.
 */
#ifndef CPROFD_UI_PANEL_H
#define CPROFD_UI_PANEL_H

#include "ui/view.h"

/* Is it there, beside the view at hand? */
bool panel_is_open(const struct app *a);

/* Take its part of the view's area off that; to be drawn in by panel_draw(). */
struct area panel_take(struct app *a, const struct grid *g, struct area *area);
void panel_draw(struct app *a, struct grid *g, struct area panel);

/* Take a key; false if it is for somebody else. */
bool panel_key(struct app *a, uint32_t key);

/* What the row of keys shows while the panel has the focus; else NULL. */
const char *panel_keys(const struct app *a);

void app_panel_deinit(struct app_panel *p);

#endif
