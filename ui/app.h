// SPDX-License-Identifier: Apache-2.0
/*
 * ui/app.h - the user interface: state in, cells out.
 *
 * Keys change the state, app_draw() turns it into a grid; no terminal, no clock.
 * So a terminal, a test and `view --render` see the same.
 *
 *	row 0		program, state, samples, what is missing
 *	row 1		views
 *	row 2		scope and selection
 *	rows 3 to -3	the view
 *	row -2		a message
 *	row -1		keys that matter here
 */
#ifndef CPROFD_UI_APP_H
#define CPROFD_UI_APP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/u64map.h"
#include "profile/butterfly.h"
#include "profile/flame.h"
#include "profile/lines.h"
#include "profile/tree_rows.h"
#include "ui/action.h"
#include "ui/dialog.h"
#include "ui/grid.h"
#include "ui/list.h"
#include "ui/model.h"
#include "ui/source.h"

#define APP_MIN_WIDTH 60
#define APP_MIN_HEIGHT 15
#define APP_TRAIL 32

struct view;

/* What is looked at. */
enum app_state {
	APP_FILE,		/* a recording */
	APP_LIVE,		/* one that grows */
	APP_STALE,		/* its session does not answer */
	APP_ENDED,		/* sampling is over */
};

/* What is to become of a live session that is left. */
enum app_leave {
	LEAVE_DETACH,		/* it goes on */
	LEAVE_SAVE,		/* it stops, its recording is kept */
	LEAVE_DISCARD,		/* it stops, and the recording is removed */
};

#define APP_HOLD_NS (3 * UINT64_C(1000000000))	/* how long a key keeps the order */

/* Where somebody was, to come back to it. */
struct app_place {
	const struct view *view;
	uint32_t function;
};

struct app {
	struct model *model;
	enum app_state state;
	enum app_leave leave;	/* with asked_quit */
	char *target;		/* live: "4242 shop", how it is called in messages */
	uint64_t now_ns;	/* of the loop: CLOCK_MONOTONIC; 0: no time passes */
	uint64_t held_until_ns;	/* the order of rows stays till then: somebody reads */
	bool paused;
	uint64_t paused_ns;	/* since when */
	uint64_t n_known;	/* samples that there are; more than shown while paused */
	uint64_t stale_ns;	/* since when */
	unsigned int n_tries;	/* to reach the session again */
	const struct view *view;
	uint32_t function;	/* that is selected, or RECORD_NONE */
	bool arrived;		/* the view has not been drawn since it was opened: it
				   has to find what is selected */
	struct app_place trail[APP_TRAIL];
	uint32_t n_trail;
	unsigned int width, height;	/* of what was drawn last */
	bool asked_quit, asked_redraw, asked_suspend;
	struct dialog leaving;	/* what is to become of the session? */
	char *message;		/* until the next key */

	/* functions */
	struct list functions;
	uint32_t *order;	/* as they are shown */
	uint32_t n_order;
	uint32_t asked;		/* of the model, when that was made */
	unsigned int sort;	/* column */
	bool reversed;

	struct app_tree {
		struct tree_rows rows;
		uint32_t asked;		/* of the model, when these were made */
		uint32_t *shown;	/* rows that are below no closed one */
		uint32_t n_shown;
		struct u64map closed;	/* node -> 1, or 0 */
		struct list list;
	} tree;

	struct app_callers {
		struct butterfly b;
		uint32_t function, asked;	/* what it is of */
		struct app_callers_row {
			enum { CALLERS_FUNCTION, CALLERS_LINE, CALLERS_NOBODY,
			       CALLERS_MIDDLE, CALLERS_SELF } kind;
			const struct butterfly_side *side;
			uint32_t function, depth, line;
			struct sum sum;
		} *rows;
		uint32_t n_rows, middle;
		size_t cap_rows;
		struct list list;
	} callers;

	struct app_flame {
		struct flame f;
		uint32_t asked;		/* of the model, when its sums were made */
		struct flame_how how;	/* what its boxes are */
		bool stale;		/* they are not what they should be */
		uint32_t cursor;	/* box */
		struct app_path {
			uint32_t *v;	/* functions */
			uint32_t n;
			size_t cap;
		} zoom, path;		/* to the first row; to the cursor */
		enum flame_kind kind;	/* of the box there, or below it */
		uint32_t outs[APP_TRAIL], n_outs;	/* lengths of the zooms before */
		struct list rows;
		bool fits;		/* as boxes of two rows, when last zoomed or resized */
		uint32_t fits_in;	/* rows of the screen; 0: to be found out */
	} flame;

	struct app_source {
		struct lines lines;
		uint32_t function, asked;	/* what they are of */
		bool is_new;		/* and have not been drawn yet */
		struct sources sources;
		const char *path;	/* of the function's own file */
		const struct source *text;	/* of it, or NULL */
		struct app_source_row {
			uint32_t line;		/* 0: not known */
			const struct line_sum *sum;	/* NULL: no samples */
		} *rows;
		uint32_t n_rows;
		size_t cap_rows;
		struct list list;
	} source;

	/* quality, help: text that scrolls */
	struct list text;
};

/* The model stays the caller's and outlives it.  Ends with app_deinit(). */
void app_init(struct app *a, struct model *model);
void app_deinit(struct app *a);

/* The model has been asked again, as there is more in the profile. */
void app_refresh(struct app *a);

/* Is the order of rows to stay as it is? */
bool app_is_held(const struct app *a);

/* Take a key, as ui/key.h has them. */
void app_key(struct app *a, uint32_t key);

/* Draw into a grid of any size. */
void app_draw(struct app *a, struct grid *g);

/* ---- for views ---- */

/* Say something in the row for messages. */
void app_say(struct app *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Go to another view, or function; the place before is kept in the trail. */
void app_go(struct app *a, const struct view *view, uint32_t function);

#endif
