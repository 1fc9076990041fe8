// SPDX-License-Identifier: Apache-2.0
/*
 * ui/action.h - what keys do: one table, from which come the keys and the help
 * page; the man page is compared with that.
 *
 * To add one: an enum action, a row and a name in action.c, and a case where it is
 * done - in app.c if every view has it, else in the view.
 */
#ifndef CPROFD_UI_ACTION_H
#define CPROFD_UI_ACTION_H

#include <stddef.h>
#include <stdint.h>

enum action {
	ACTION_NONE,
	/* moving */
	ACTION_DOWN, ACTION_UP, ACTION_FIRST, ACTION_LAST,
	ACTION_HALF_DOWN, ACTION_HALF_UP, ACTION_PAGE_DOWN, ACTION_PAGE_UP,
	ACTION_OPEN, ACTION_CLOSE, ACTION_OPEN_ALL, ACTION_CLOSE_ALL,
	ACTION_ENTER, ACTION_HOTTEST, ACTION_BACK, ACTION_PANE_BEFORE,
	/* views */
	ACTION_OVERVIEW, ACTION_FUNCTIONS, ACTION_TREE, ACTION_CALLERS, ACTION_FLAME,
	ACTION_SOURCE, ACTION_THREADS, ACTION_OFF_CPU, ACTION_MEMORY, ACTION_COMPARE,
	ACTION_PROCESSES, ACTION_QUALITY, ACTION_HINTS,
	/* finding */
	ACTION_SEARCH, ACTION_NEXT_MATCH, ACTION_MATCH_BEFORE, ACTION_SEARCH_NAME,
	ACTION_FILTER,
	/* scope */
	ACTION_CHOOSE_THREADS, ACTION_WINDOW, ACTION_STEP_BACK, ACTION_STEP_ON,
	ACTION_SINCE, ACTION_ALL_TIME, ACTION_UNDO, ACTION_MODULE, ACTION_KERNEL,
	ACTION_FOLD, ACTION_UNFOLD, ACTION_FRAMES, ACTION_BASELINE,
	/* what is shown */
	ACTION_SORT, ACTION_REVERSE, ACTION_INVERT, ACTION_RECURSION, ACTION_FOLLOW,
	ACTION_SMALLEST, ACTION_HEADER, ACTION_NAME, ACTION_EDIT, ACTION_LESSON, ACTION_NEXT_PANE,
	ACTION_ASSEMBLY, ACTION_MIXED, ACTION_BY, ACTION_UNIT, ACTION_RANGE, ACTION_ZOOM_IN,
	ACTION_ZOOM_OUT, ACTION_HEAT, ACTION_NEXT_MARK, ACTION_MARK_BEFORE,
	/* the rest */
	ACTION_PAUSE, ACTION_DETACH, ACTION_LEAVE, ACTION_COMMAND, ACTION_SAVE, ACTION_PRINT,
	ACTION_HELP, ACTION_REDRAW, ACTION_SUSPEND, ACTION_QUIT, ACTION_CANCEL,
	ACTION_COUNT
};

enum action_group {
	ACTIONS_MOVE, ACTIONS_FIND, ACTIONS_VIEWS, ACTIONS_SHOW, ACTIONS_SCOPE,
	ACTIONS_SESSION, ACTIONS_GROUPS
};

#define ACTION_KEYS 4

struct action_row {
	enum action action;
	enum action_group group;
	uint32_t keys[ACTION_KEYS];	/* as term_take_key() gives them; 0: no more */
	const char *label;		/* the keys, for people */
	const char *text;		/* what they do; NULL: not listed by itself */
};

extern const struct action_row action_rows[];
extern const size_t n_action_rows;

/* Name of a group, as a heading. */
const char *action_group_name(enum action_group group);

/* What a key does if nobody bound it to something else, ACTION_NONE if nothing. */
enum action action_of_key(uint32_t key);

/* What an action is called in a configuration; NULL for ACTION_NONE. */
const char *action_name(enum action action);

/* The action of this name, ACTION_COUNT if there is none. */
enum action action_called(const char *name);

#endif
