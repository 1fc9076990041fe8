// SPDX-License-Identifier: Apache-2.0
/*
 * ui/loop.h - an app on a terminal, until somebody ends it.
 */
#ifndef CPROFD_UI_LOOP_H
#define CPROFD_UI_LOOP_H

#include "ui/app.h"
#include "ui/term.h"

/*
 * Keys to the app, its grid to the terminal, which is open.  Returns when the
 * app asks to quit, or the terminal is gone.
 */
void loop_run(struct app *a, const struct term_caps *caps);

#endif
