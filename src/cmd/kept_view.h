// SPDX-License-Identifier: Apache-2.0
/*
 * cmd/kept_view.h - how somebody looked at a program the last time (ui/place.h), for the
 * next recording of it.
 *
 * In the folder $XDG_STATE_HOME/cprofd/views lies a file for each of the KEPT_VIEWS programs
 * that were looked at last.
 */
#ifndef CPROFD_CMD_KEPT_VIEW_H
#define CPROFD_CMD_KEPT_VIEW_H

#include "base/buf.h"

#define KEPT_VIEWS 100

/* Append what is kept of a program; nothing, if nothing is or it is not the user's own. */
void kept_view_read(const char *program, struct buf *out);

/* Keep it.  A comfort: if it cannot be kept, nothing is said. */
void kept_view_write(const char *program, const struct buf *text);

#endif
