// SPDX-License-Identifier: Apache-2.0
/*
 * ui/loop.h - an app on a terminal, until somebody ends it.
 */
#ifndef CPROFD_UI_LOOP_H
#define CPROFD_UI_LOOP_H

#include "ui/app.h"
#include "ui/term.h"

/* Where a recording that grows comes from. */
struct loop_feed {
	void *ctx;
	/* To wait for, or -1.  May be another one every time. */
	int (*fd)(void *ctx);
	/*
	 * Take what there is, perhaps nothing; called after every wake-up.  Returns
	 * the milliseconds after which it is to be called again, or -1.
	 */
	int (*turn)(void *ctx);
};

/*
 * Keys to the app, its grid to the terminal, which is open; `feed` may be NULL.
 * Returns when the app asks to quit, or the terminal is gone.
 */
void loop_run(struct app *a, const struct term_caps *caps, const struct loop_feed *feed);

#endif
