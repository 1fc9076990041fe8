// SPDX-License-Identifier: Apache-2.0
/*
 * ui/flame_compare.h - boxes of the flame graph coloured by what changed against the baseline
 * of view 0.
 *
 * As wide as ever: by the time of what is shown now.  A box has the verdict of its call
 * path; without evidence it stays grey.
 */
#ifndef CPROFD_UI_FLAME_COMPARE_H
#define CPROFD_UI_FLAME_COMPARE_H

#include "ui/view.h"

/* Begin, say why that cannot be, or stop. */
void flame_compare_toggle(struct app *a);

/* Begin, if there is something to compare with. */
void flame_compare_begin(struct app *a);

/* Bring it up to date, once the boxes are. */
void flame_compare_make(struct app *a);

/* Are boxes coloured so now? */
bool flame_compare_is_on(const struct app *a);

/* What changed in a box; NULL: it is no path of functions, or not compared. */
const struct compare_node *flame_compare_of(const struct app *a, const struct flame_box *box);

/* -1 for less, 1 for more, 0 without evidence. */
int flame_compare_sign(const struct compare_node *n);

void flame_compare_deinit(struct app_flame_compare *d);

#endif
