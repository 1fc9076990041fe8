// SPDX-License-Identifier: Apache-2.0
/*
 * ui/loop.h - an app on a terminal, until somebody ends it, or by a script alone.
 */
#ifndef CPROFD_UI_LOOP_H
#define CPROFD_UI_LOOP_H

#include "ui/app.h"
#include "ui/term.h"

struct script;

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
	/* Was something asked for that is still to come?  A script waits for it. */
	bool (*is_busy)(void *ctx);
};

/*
 * Keys to the app, its grid to the terminal, which is open; `feed` may be NULL, and
 * `script`, which comes before the keys and ends with the first one.
 * Returns 0 when the app asks to quit or the terminal is gone, -1 if the script failed.
 */
int loop_run(struct app *a, const struct term_caps *caps, const struct loop_feed *feed,
	     struct script *script, struct error *err);

/*
 * The same without a terminal: until the script is over, or the app asks to quit.  `g` shows
 * the app then.
 */
int loop_play(struct app *a, struct grid *g, const struct loop_feed *feed,
	      struct script *script, struct error *err);

#endif
