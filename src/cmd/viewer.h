// SPDX-License-Identifier: Apache-2.0
/*
 * cmd/viewer.h - an app that is shown: on the terminal, or as text by a script.
 *
 *	struct viewer_options o = VIEWER_OPTIONS;
 *	... viewer_option() for each option
 *	code = viewer_load(cmd, &o);
 *	... app_init()
 *	viewer_begin(&o, &app, program);
 *	code = viewer_show(cmd, &o, &app, feed);
 *	viewer_unload(&o);
 */
#ifndef CPROFD_CMD_VIEWER_H
#define CPROFD_CMD_VIEWER_H

#include <getopt.h>

#include "ui/loop.h"
#include "ui/script.h"

struct cmd;
struct view;

struct viewer_options {
	bool ascii;
	bool lesson;			/* with the lesson open */
	int color;			/* enum term_color, or -1: nobody said */
	const char *script_path;	/* or NULL */
	const struct view *render;	/* print this view instead, or NULL */
	unsigned int width, height;	/* of what is printed; 0: nobody said */
	bool forgetful;			/* how it was left is not kept */
	struct script script;		/* by viewer_load() */
	/* By viewer_begin(): */
	char *kept_as;			/* what is looked at is known by that name, or NULL */
	struct buf place;		/* how it was left the last time */
};

#define VIEWER_OPTIONS ((struct viewer_options){ .color = -1 })

extern const struct option viewer_long_options[];	/* ends with a zeroed one */

#define VIEWER_OPTIONS_HELP                                                    \
	"  --ascii            no characters beyond ASCII\n"                    \
	"  --color WHEN       auto, always or never\n"                         \
	"  --lesson           with the lesson beside each view, as L opens it\n" \
	"  --script FILE      keys and commands from a file; without a terminal the\n" \
	"                     screen that came of them is printed\n"	\
	"  --size WxH         columns and rows of what is printed, 100x30 if not said;\n" \
	"                     a script is then played without the terminal\n" \
	"  --no-state         do not come back to how this program was looked at last\n"

/* Take one of them; false if it is none.  *code is then an exit code, or 0. */
bool viewer_option(const struct cmd *cmd, struct viewer_options *o, int opt, const char *value,
		   int *code);

/* Is there a terminal that an app can be shown on? */
bool viewer_has_terminal(void);

/* Is there a terminal or a script, so that there is somebody to show it to? */
bool viewer_is_possible(const struct viewer_options *o);

/* Read the script; EXIT_OK, or an exit code after saying what is wrong with it. */
int viewer_load(const struct cmd *cmd, struct viewer_options *o);
void viewer_unload(struct viewer_options *o);

/*
 * Set up an app that was just made: as it is configured, and where it was left the last
 * time.  Nothing of both if it will not be on a terminal, or a script tells it what to do.
 * `program` is how what is looked at is called, or NULL.
 */
void viewer_begin(struct viewer_options *o, struct app *a, const char *program);

/* There is more in the profile: perhaps what was selected and folded the last time. */
void viewer_come_back(struct viewer_options *o, struct app *a);

/*
 * Show the app until it is left; `feed` may be NULL.  LC_CTYPE has to be set.  Returns an
 * exit code, after a message if it is not EXIT_OK.
 */
int viewer_show(const struct cmd *cmd, struct viewer_options *o, struct app *a,
		const struct loop_feed *feed);

#endif
