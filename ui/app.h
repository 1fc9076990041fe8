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
#include "hints/hint.h"
#include "profile/butterfly.h"
#include "profile/code.h"
#include "profile/compare_tree.h"
#include "profile/flame.h"
#include "profile/groups.h"
#include "profile/lines.h"
#include "profile/memory_work.h"
#include "profile/thread_functions.h"
#include "profile/timeline.h"
#include "profile/tree_rows.h"
#include "profile/waits.h"
#include "ui/action.h"
#include "ui/app_compare.h"
#include "ui/app_ranges.h"
#include "ui/app_scope.h"
#include "ui/app_session.h"
#include "ui/bindings.h"
#include "ui/command.h"
#include "ui/dialog.h"
#include "ui/function_columns.h"
#include "ui/grid.h"
#include "ui/held_scale.h"
#include "ui/lesson_slots.h"
#include "ui/lessons.h"
#include "ui/list.h"
#include "ui/model.h"
#include "ui/search.h"
#include "ui/source.h"
#include "ui/threads_group.h"
#include "ui/time_axis.h"
#include "ui/time_pick.h"

#define APP_MIN_WIDTH 60
#define APP_MIN_HEIGHT 15
#define APP_TRAIL 32
#define APP_PEEK 5		/* lines around the hottest one */
#define APP_QUICK_LEAVES 5000	/* more stacks are not gone through in haste: it would be seen */
#define APP_MOST_STEPS 6	/* in which what takes long is made, the last makes all */
#define APP_VIEWS 24		/* that there can be */

struct view;

/* Where somebody was, to come back to it. */
struct app_place {
	const struct view *view;
	uint32_t function;
	struct list list;
	struct scope *scope;
	bool in_code;		/* in the source: keys moved in the assembly, */
	uint32_t instruction;	/* from this one, or from a line so many rows above it */
	uint32_t above;
};

/* What `:set` sets: numbers of values in the table of setting.c. */
enum app_setting {
	APP_SET_ASCII, APP_SET_COLOR, APP_SET_THEME, APP_SET_PALETTE, APP_SET_CLIPBOARD, APP_SET_MOUSE,
	APP_SET_FLAME,
	APP_SETTINGS
};

/* A session that goes on, for commands that are about it. */
struct app_live {
	/* Do it; the answer is shown, and freed; NULL: there is none. */
	char *(*ask)(void *ctx, enum app_request what, const char *argument);
	/* All sessions there are, the newest first: how many; they stay the callee's. */
	uint32_t (*sessions)(void *ctx, const struct session_row **rows);
	void *ctx;
};

struct app {
	struct model *model;
	struct app_session session;
	const struct view *view;
	uint32_t function;	/* that is selected, or RECORD_NONE */
	bool arrived;		/* the view has not been drawn since it was opened: it
				   has to find what is selected */
	struct app_place trail[APP_TRAIL];
	uint32_t n_trail;
	unsigned int width, height;	/* of what was drawn last */
	unsigned int view_width;	/* of the view in it */
	bool utf8;		/* of what was drawn last */
	bool too_small;		/* what was drawn last was a sentence that says so */
	bool asked_quit, asked_redraw, asked_suspend;
	bool in_haste;		/* draw at once, what takes long comes later: */
	bool unsettled;		/* with another app_draw(), not in haste, */
	bool one_by_one;	/* or with several, each of which makes one such thing: */
	bool made_one;		/* this one has */
	bool asked_look;	/* how the terminal is used was set: */
	int set[APP_SETTINGS];	/* -1: not set, as it was begun with */
	char *asked_copy;	/* to the terminal's clipboard, or NULL */
	char *asked_edit;	/* this file, or NULL, */
	uint32_t asked_line;	/* at this line */
	bool dragging;		/* the mouse's button is held where time is picked, */
	bool drag_enters;	/* and it was not moved: to let it go is Enter */
	char *message;		/* until the next key */
	bool refused;		/* it says why something was not done: for a script */
	uint32_t script;	/* string: file that Python runs, or RECORD_NONE */
	uint32_t script_asked;	/* of the model, when that was found */
	int recording_fd;	/* the file, to copy it; -1: none */
	const struct app_live *live;	/* NULL: a recording */

	struct bindings bindings;	/* keys that do something else than by themselves */
	struct app_scope scope;
	struct search search;
	struct prompt prompt;	/* search, filter and commands */
	struct dialog dialog;
	void (*dialog_chosen)(struct app *a);	/* when something is, or NULL */
	uint32_t *asked_threads;	/* by choice of that dialog */
	uint32_t save_kind;
	struct {		/* of bars, and of lanes */
		struct held_scale overview, functions, threads, waits, memory;
	} scales;
	bool stays;		/* the selection stays on its row, not on its function */
	bool no_header;

	struct list overview;	/* its functions */

	/* functions */
	struct list functions;
	uint32_t *order;	/* as they are shown */
	uint32_t n_order;
	uint32_t asked;		/* of the model, when that was made */
	struct column_choice columns;
	unsigned int sort;	/* column */
	bool reversed;
	struct app_detail {	/* of the selected function */
		uint32_t function, asked;	/* what it is of */
		uint32_t line;		/* with the most own time; 0: none is known */
		uint64_t line_ns, lines_ns;	/* its own, and of all lines */
		bool with_c;		/* these include C that Python called */
		uint32_t file;		/* of that line: a string of the profile */
		struct {
			uint32_t line;
			uint64_t own_ns;
		} peek[APP_PEEK];	/* with own time, that line in the middle */
		uint32_t caller;	/* that most of it comes from, or RECORD_NONE */
		uint64_t caller_ns, total_ns;
	} detail;

	struct app_depths {	/* of the selected function's recursion */
		struct recursion_depths d;
		uint32_t function, asked;	/* what they are of */
	} depths;

	struct app_lens {	/* the tree of calls, see app_lens() */
		struct lens l;
		enum recursion mode;	/* that was asked for */
		uint32_t asked;		/* of the model, when it was made */
	} lens;

	struct app_tree {
		struct tree_rows rows;
		uint32_t asked;		/* of the model, when these were made, */
		enum recursion mode;	/* with recursion so */
		bool has_depths;	/* they say how deep that went */
		unsigned int smallest;	/* which limit of rows */
		uint32_t *shown;	/* rows that are below no closed one */
		uint32_t n_shown;
		struct u64map closed;	/* node -> 1, or 0 */
		struct list list;
	} tree;

	struct app_callers {
		struct butterfly b;
		uint32_t function, asked;	/* what it is of */
		enum recursion mode;
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
		uint32_t asked;		/* of the model, when its sums were made, */
		enum recursion mode;	/* with recursion so */
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
		unsigned int n_laid;	/* how often boxes were made */
		struct app_flame_compare {
			bool on;
			struct compare_tree tree;	/* no nodes: nothing can be said now */
			unsigned int n_made;	/* of the comparison, when that was made, */
			enum recursion mode;	/* with recursion so */
			uint32_t *node_of;	/* by box */
			uint32_t n_boxes;
			size_t cap;
			unsigned int n_laid;	/* of the boxes, when these were found */
		} compare;
	} flame;

	struct app_source {
		struct lines lines;
		struct code code;
		uint32_t function, asked;	/* what they are of */
		struct butterfly below;	/* what it calls, and in which lines; once asked for */
		bool has_below;
		bool is_new, is_new_code, is_new_text;	/* and have not been drawn yet */
		struct sources sources;
		unsigned int n_put;	/* of them, when the rows were made */
		const char *path;	/* of the function's own file */
		const struct source *text;	/* of it, or NULL */
		struct app_source_row {
			uint32_t line;		/* 0: not known */
			const struct line_sum *sum;	/* NULL: no samples */
		} *rows;
		uint32_t n_rows;
		size_t cap_rows;
		uint32_t first, last;	/* lines of the function in it; 0: not known */
		unsigned int digits;	/* of the highest line */
		unsigned int indent;	/* of its line whose text begins the furthest right */
		struct app_code_row {
			uint32_t number;	/* of the instruction; a line's: the one below it */
			enum { CODE_INSTRUCTION, CODE_LINE, CODE_INLINED_LINE } is;
		} *code_rows;
		uint32_t n_code_rows;
		size_t cap_code_rows;
		struct app_code_file {		/* that those lines are in */
			uint32_t file;		/* string */
			const struct source *text;	/* or NULL */
		} *code_files;
		uint32_t n_code_files;
		size_t cap_code_files;
		bool mixed;		/* lines stand among the instructions */
		struct list list, code_list;
		uint32_t hot_line, hot_code;	/* row, instruction, and 1, that H went to last, */
		uint32_t hot_line_rank, hot_code_rank;	/* as which, from 1 */
		bool in_code;		/* keys move in the assembly */
		bool code_only;		/* which is all there is */
		bool alone;		/* there is room for both, and one is shown */
		unsigned int width;	/* of what was drawn last */
	} source;

	struct app_processes {
		struct groups g;
		enum group_by by;
		uint32_t asked;		/* of the model, when they were made */
		struct list list;
	} processes;

	struct app_waits {
		struct waits w;
		enum waits_by by;
		bool busy_only;
		uint32_t asked;		/* of the model, when they were made */
		struct list list;
		struct wait_parts parts;	/* of this row: */
		struct wait_row row;
		bool has_parts;
	} waits;

	struct app_memory {
		struct memory_work work;
		uint32_t asked;		/* of the model, when it was made */
		struct list list;
	} memory;

	struct kept_ranges kept;	/* parts of the time, by name */
	struct time_pick pick;		/* in the next two */
	struct app_threads {
		struct timeline line, total;	/* of the time on the screen; of the scope */
		struct scope *made_for;	/* the first, but for its time, */
		size_t made_of;		/* and of so many samples and functions */
		uint32_t asked;		/* of the model, when they were made */
		struct time_axis axis;	/* of the first */
		bool is_whole;		/* both are of the same time: the second is empty */
		struct app_threads_row {
			const struct timeline_lane *lane, *total;	/* NULL: no sample */
			uint32_t thread;	/* of a group its first */
			bool main;	/* of the process that all of this is about */
			bool inside;	/* of a group that is open, above it */
			const struct threads_group *group;	/* that it stands for, or NULL */
		} *rows;
		uint32_t n_rows, n_threads;
		struct threads_groups groups;
		/* Threads as they were shown last, and those inside of groups. */
		uint32_t *order, *inside, n_order, n_inside;
		struct list list;
		uint32_t thread;	/* that is chosen, */
		bool on_group;		/* or the group that it is the first of */
		bool by_start;		/* not by CPU time */
		uint32_t columns;	/* of what was drawn last */
		uint64_t zoom_ns, zoom_first;	/* length and number of the first cell; 0: not zoomed */
		struct thread_top {
			uint32_t thread, asked;	/* what it is of; 0: nothing yet */
			bool group;
			struct thread_functions f;
		} top;
	} threads;

	struct app_compare compare;

	struct app_heat {
		struct timeline t;	/* cells down the first column, then down the next */
		uint32_t asked;		/* of the model, when it was made */
		struct time_axis axis;	/* of columns */
		uint32_t rows;		/* cells of a column */
		uint32_t columns;	/* that there is room for */
		uint64_t zoom_ns, zoom_first;	/* as in the threads */
	} heat;

	/* quality, help: text that scrolls */
	struct list text;

	struct app_hints {
		struct hint_watch watch;
		struct selection scope;		/* that it looked at last */
		uint32_t asked;
		struct list list;		/* in their view */
	} hints;

	struct app_panel {
		struct lessons lessons;
		struct lesson_values values;
		uint32_t function, asked;	/* what they are of */
		bool example;			/* or they are made up */
		unsigned int compared;		/* which comparison they are of; 0: none */
		bool focused;
		struct app_panel_place {	/* by view */
			bool open;
			const char *own;	/* the view's lesson, and where one is: */
			unsigned int lesson, page;
			struct list scroll;
		} places[APP_VIEWS];
	} panel;
};

/* The model stays the caller's and outlives it.  Ends with app_deinit(). */
void app_init(struct app *a, struct model *model);
void app_deinit(struct app *a);

/* Take a key, as ui/key.h has them. */
void app_key(struct app *a, uint32_t key);

/*
 * Take a click on what was drawn so; the second one on a row is Enter.  Then the mouse may be
 * moved with its button held, which picks time, and is let go.
 */
void app_click(struct app *a, struct spot spot);
void app_drag(struct app *a, struct spot spot);
void app_release(struct app *a);

/* Begin with the processes, not with functions. */
void app_open_processes(struct app *a);

/* Open the lesson beside every view. */
void app_open_lesson(struct app *a);

/*
 * Look for hints once more: each second while the profile grows, what held 3 times in
 * a row is shown.  Of a finished recording app_draw() does it.
 */
void app_look_for_hints(struct app *a, unsigned int needed);

/* Draw into a grid of any size. */
void app_draw(struct app *a, struct grid *g);

/* ---- for views ---- */

/* Show a.dialog, which was just made, and call back if something is chosen in it. */
void app_ask(struct app *a, void (*chosen)(struct app *a));

/* Leave, or ask how. */
void app_quit(struct app *a);

/* Say something in the row for messages. */
void app_say(struct app *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The same of what was asked for, but is not done: a script ends there. */
void app_refuse(struct app *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/*
 * The tree of calls with recursion as the scope has it.  Valid until the model is asked
 * again or the scope changes.
 */
const struct lens *app_lens(struct app *a);

/* Keep this place in the trail. */
void app_remember(struct app *a);

/*
 * Is there no time now for what all stacks are gone through for?  If so another app_draw()
 * comes, see in_haste; if not, what is made has to be kept, or it is made in each.
 */
bool app_puts_off(struct app *a);

/* The ledger with its edges; NULL: there is no time for them now. */
const struct ledger *app_ledger(struct app *a);

/* Go to another view, or function; the place before is kept in the trail. */
void app_go(struct app *a, const struct view *view, uint32_t function);

#endif
