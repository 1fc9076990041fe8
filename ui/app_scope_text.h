// SPDX-License-Identifier: Apache-2.0
/* ui/app_scope_text.h - what is said of the scope of an app. */
#ifndef CPROFD_UI_APP_SCOPE_TEXT_H
#define CPROFD_UI_APP_SCOPE_TEXT_H

#include <stdbool.h>

#include "ui/pen.h"

struct app;

/* "all threads | all 30.0 s | no filter", what is not all in bold. */
void app_scope_draw(const struct app *a, struct pen *pen);

/* The line between these, and what comes behind them. */
void app_scope_put_separator(struct pen *pen);

/* Why there is nothing to see, in one or two lines; false if there is something. */
bool app_scope_is_empty(const struct app *a, char **what, char **next);

#endif
