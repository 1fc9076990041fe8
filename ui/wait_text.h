// SPDX-License-Identifier: Apache-2.0
/* ui/wait_text.h - words for what threads wait for. */
#ifndef CPROFD_UI_WAIT_TEXT_H
#define CPROFD_UI_WAIT_TEXT_H

#include "profile/profile.h"

/* "lock", of a reason as in struct wait_row. */
const char *wait_reason_name(enum record_activity reason);

/* What that is, in 20 columns: "another thread" */
const char *wait_reason_short(enum record_activity reason);

/* The same as part of a sentence: "for another thread: a mutex, a condition, a queue" */
const char *wait_reason_text(enum record_activity reason);

/* The name of a thread, not clean. */
const char *wait_thread_name(const struct profile *p, uint32_t thread);

#endif
