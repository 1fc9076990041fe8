// SPDX-License-Identifier: Apache-2.0
/*
 * ui/text.h - text that may be shown: names of the target, and numbers.
 *
 * Names of functions, files and threads are bytes that somebody else chose.
 * text_clean() is the one way for them to a terminal: what is not a printable
 * character comes out as \x1b or \u202e, so that it cannot move the cursor,
 * reorder a line or end it.  Everything else here takes text that is clean.
 *
 * "utf8" says whether the output takes UTF-8; then LC_CTYPE must be set
 * accordingly, because widths come from wcwidth(3).
 */
#ifndef CPROFD_UI_TEXT_H
#define CPROFD_UI_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/text_number.h"

/*
 * Append `len` bytes of the target to `out` so that they can be shown; out->data
 * is terminated, out->len does not count that.  Without UTF-8 a character beyond
 * ASCII is a `?`.
 */
void text_clean(struct buf *out, const char *s, size_t len, bool utf8);

/* Columns that clean text takes. */
unsigned int text_width(const char *s);

/*
 * Cut clean text in `b` to `width` columns, the last one a mark (`…` or `~`), if
 * it is longer.
 */
void text_clip(struct buf *b, unsigned int width, bool utf8);

/*
 * The first line of clean text that is broken between words to fit `width` columns
 * (a longer word has one for itself): its length, 0 at the end.  *next is where
 * the rest begins.
 */
size_t text_line(const char *s, unsigned int width, const char **next);

#endif
