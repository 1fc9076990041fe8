// SPDX-License-Identifier: Apache-2.0
/*
 * session/viewers.h - who looks at the session, and what the program counts itself.
 *
 * A part of session/session.h, for the files named below.
 */
#ifndef CPROFD_SESSION_VIEWERS_H
#define CPROFD_SESSION_VIEWERS_H

#include <poll.h>

#include "session/control.h"

struct session;

/* ---- counts.c: calls that the program counts itself ---- */

/* What one process has counted, as a recording; `fd` stays the caller's. */
void counts_on_recording(struct session *s, int fd);

/* That was all. */
void counts_on_end(struct session *s, const struct c_counts *end);

/* Are they to come yet? */
bool counts_busy(const struct session *s);
void counts_free(struct session *s);

/* ---- viewers.c: who looks at the session ---- */

/* `starter`: the command's channel; `listener`: where others come, or -1. */
void viewers_init(struct session *s, int starter, int listener);

/* Tell all of them: struct `head` with a text behind it. */
void viewers_tell(struct session *s, const void *head, size_t head_len, const char *text);
void viewers_tell_start(struct session *s);
void viewers_tell_growth(struct session *s);

/* The file that request `number` of the opener brought, or -1; it is taken over. */
void viewers_on_source(struct session *s, uint32_t number, int fd);

/* What to wait for, and what to do when it came. */
#define VIEWERS_POLL (CONTROL_MAX_VIEWERS + 1)
size_t viewers_poll(const struct session *s, struct pollfd fds[VIEWERS_POLL]);
void viewers_take(struct session *s, const struct pollfd fds[VIEWERS_POLL]);

#endif
