// SPDX-License-Identifier: Apache-2.0
/*
 * ui/app_ranges.h - named ranges of an app (ui/kept_ranges.h): what commands do with them.
 */
#ifndef CPROFD_UI_APP_RANGES_H
#define CPROFD_UI_APP_RANGES_H

#include "ui/kept_ranges.h"

struct app;

/* Keep what is being selected, or else what is shown; another of that name only if forced. */
void app_range_keep(struct app *a, const char *name, bool force);

void app_range_drop(struct app *a, const char *name);

/* Show one in every view. */
void app_range_take(struct app *a, const char *name);

/* Ask which. */
void app_range_ask(struct app *a);

/* The one that is shown, if all of it and no more is; else NULL. */
const struct named_range *app_range_shown(const struct app *a);

/* "before  12.0-18.0 s"; the caller frees it. */
char *app_range_text(const struct named_range *range);

#endif
