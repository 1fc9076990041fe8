// SPDX-License-Identifier: Apache-2.0
/*
 * ui/place.h - where somebody was in an app, as text, to come back to it.
 *
 * Lines of "KEY VALUE".  What is not known, or is not in the profile any more, is
 * left out: the text may be of another version.
 */
#ifndef CPROFD_UI_PLACE_H
#define CPROFD_UI_PLACE_H

#include "base/buf.h"

struct app;

/* Append view and selection to `out`. */
void place_write(const struct app *a, struct buf *out);

/* Go there; `len` bytes of any text. */
void place_read(struct app *a, const char *text, size_t len);

#endif
