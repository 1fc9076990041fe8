// SPDX-License-Identifier: Apache-2.0
/* ui/flame_change.h - what the flame graph says of a change: its colours, and rows below it. */
#ifndef CPROFD_UI_FLAME_CHANGE_H
#define CPROFD_UI_FLAME_CHANGE_H

#include "ui/compare_text.h"
#include "ui/flame_compare.h"

/* A box by what became of it, as flame_compare_sign() has it. */
struct style flame_change_style(const struct grid *g, int sign);

/* The chosen box; what colours mean; what A is. */
void flame_change_put(const struct app *a, const struct compare_numbers *numbers, struct pen *pen);
void flame_change_put_colours(const struct app *a, struct pen *pen);
void flame_change_put_baseline(const struct app *a, const struct compare_numbers *numbers,
			       struct pen *pen);

#endif
