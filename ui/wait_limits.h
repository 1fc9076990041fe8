// SPDX-License-Identifier: Apache-2.0
/*
 * ui/wait_limits.h - what looking at threads that wait now and then cannot know.
 */
#ifndef CPROFD_UI_WAIT_LIMITS_H
#define CPROFD_UI_WAIT_LIMITS_H

#include "profile/waits.h"
#include "ui/view.h"

/* Wrapped: how many rows that takes.  In an area with no height nothing is drawn. */
unsigned int wait_limits_put(const struct waits *w, struct grid *g, struct area area);

/* Why there are no waits to show, and what to do. */
void wait_nothing_put(const struct app *a, struct grid *g, struct area area);

#endif
