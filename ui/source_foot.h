// SPDX-License-Identifier: Apache-2.0
/*
 * ui/source_foot.h - what stands below the lines and instructions of a function: the
 * chosen line, where the text is from, how far the numbers can be trusted.
 */
#ifndef CPROFD_UI_SOURCE_FOOT_H
#define CPROFD_UI_SOURCE_FOOT_H

#include "ui/view.h"

/*
 * Why the lines of the selected function cannot be shown, or not be trusted: a sentence, not
 * clean, or NULL.  The caller frees it.
 */
char *source_foot_trouble(const struct app *a);

/* How many rows it takes of an area; `with_code`: the instructions are on the screen. */
unsigned int source_foot_rows(struct area area, bool with_code);

/* Put it at the bottom of the area. */
void source_foot_put(struct app *a, struct grid *g, struct area area, bool with_code);

#endif
