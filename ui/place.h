// SPDX-License-Identifier: Apache-2.0
/*
 * ui/place.h - where somebody was in an app, as text, to come back to it.
 *
 * Lines of "KEY VALUE".  What is not known, or is not in the profile (yet, or any more), is
 * left out: the text may be of another version, or of another run of the program.
 */
#ifndef CPROFD_UI_PLACE_H
#define CPROFD_UI_PLACE_H

#include "base/buf.h"

struct app;

/*
 * Append view, selection, order and scope to `out`: filter, threads, frames, what is folded,
 * of a finished recording the time, and the ranges that were kept.
 */
void place_write(const struct app *a, struct buf *out);

/*
 * Go there; `len` bytes of any text.  More may be there when there is more in the profile:
 * it can be done again.  What is as it was left is said, and what cannot be of a finished
 * recording; scope.kept is that scope.
 */
void place_read(struct app *a, const char *text, size_t len);

#endif
