// SPDX-License-Identifier: Apache-2.0
#include "ui/action.h"

#include <string.h>

#include "ui/key.h"

const struct action_row action_rows[] = {
	{ ACTION_DOWN, ACTIONS_MOVE, { 'j', KEY_OF_DOWN }, "j Down", "next row" },
	{ ACTION_UP, ACTIONS_MOVE, { 'k', KEY_OF_UP }, "k Up", "row before" },
	{ ACTION_FIRST, ACTIONS_MOVE, { 'g', KEY_OF_HOME }, "g Home", "first row" },
	{ ACTION_LAST, ACTIONS_MOVE, { 'G', KEY_OF_END }, "G End", "last row" },
	{ ACTION_HALF_DOWN, ACTIONS_MOVE, { KEY_OF_CTRL('D') }, "^D", "half a page down" },
	{ ACTION_HALF_UP, ACTIONS_MOVE, { KEY_OF_CTRL('U') }, "^U", "half a page up" },
	{ ACTION_PAGE_DOWN, ACTIONS_MOVE, { KEY_OF_PAGE_DOWN, ' ' }, "PgDn Space", "page down" },
	{ ACTION_PAGE_UP, ACTIONS_MOVE, { KEY_OF_PAGE_UP }, "PgUp", "page up" },
	{ ACTION_OPEN, ACTIONS_MOVE, { 'l', KEY_OF_RIGHT }, "l Right", "open; flame, time: right" },
	{ ACTION_CLOSE, ACTIONS_MOVE, { 'h', KEY_OF_LEFT }, "h Left", "close; flame, time: left" },
	{ ACTION_ENTER, ACTIONS_MOVE, { KEY_OF_ENTER }, "Enter", "its callers; flame: zoom" },
	{ ACTION_PANE_BEFORE, ACTIONS_MOVE, { KEY_OF_BACK_TAB }, "S-Tab", "source: the other pane" },
	{ ACTION_BACK, ACTIONS_MOVE, { KEY_OF_BACKSPACE, '<' }, "Backspace <",
	  "zoom out; the view before" },

	{ ACTION_OVERVIEW, ACTIONS_VIEWS, { '1' }, "1", "overview of it all" },
	{ ACTION_FUNCTIONS, ACTIONS_VIEWS, { '2' }, "2", "functions" },
	{ ACTION_TREE, ACTIONS_VIEWS, { '3', 't' }, "3 t", "call tree" },
	{ ACTION_CALLERS, ACTIONS_VIEWS, { '4', 'c' }, "4 c", "callers and callees" },
	{ ACTION_FLAME, ACTIONS_VIEWS, { '5', 'f' }, "5 f", "flame graph" },
	{ ACTION_SOURCE, ACTIONS_VIEWS, { '6', 'a' }, "6 a", "source and assembly" },
	{ ACTION_THREADS, ACTIONS_VIEWS, { '7' }, "7", "threads over time" },
	{ ACTION_OFF_CPU, ACTIONS_VIEWS, { '8' }, "8", "for what threads waited" },
	{ ACTION_MEMORY, ACTIONS_VIEWS, { '9' }, "9", "memory, and what it costs" },
	{ ACTION_COMPARE, ACTIONS_VIEWS, { '0' }, "0", "what became faster or slower" },
	{ ACTION_HEAT, ACTIONS_VIEWS, { 'm' }, "m", "heat map of the time" },
	{ ACTION_PROCESSES, ACTIONS_VIEWS, { 'W' }, "W", "who used the time: processes" },
	{ ACTION_QUALITY, ACTIONS_VIEWS, { '=' }, "=", "quality of the data" },
	{ ACTION_HINTS, ACTIONS_VIEWS, { '!' }, "!", "what stands out" },

	{ ACTION_SEARCH, ACTIONS_FIND, { '/', KEY_OF_F3 }, "/ F3", "search names: text or /re/" },
	{ ACTION_NEXT_MATCH, ACTIONS_FIND, { 'n' }, "n", "next match; 5: its next box" },
	{ ACTION_MATCH_BEFORE, ACTIONS_FIND, { 'N' }, "N", "match before; 5: its box before" },
	{ ACTION_SEARCH_NAME, ACTIONS_FIND, { '*' }, "*", "search its name; 5: join its paths" },
	{ ACTION_FILTER, ACTIONS_FIND, { '\\', KEY_OF_F4 }, "\\ F4",
	  "only samples with such a name" },

	{ ACTION_WINDOW, ACTIONS_SCOPE, { 'w' }, "w", "all, last 60 s, last 10 s, since R" },
	{ ACTION_STEP_BACK, ACTIONS_SCOPE, { ',' }, ",", "the window before" },
	{ ACTION_STEP_ON, ACTIONS_SCOPE, { '.' }, ".", "the next window" },
	{ ACTION_SINCE, ACTIONS_SCOPE, { 'R' }, "R", "count from now" },
	{ ACTION_ALL_TIME, ACTIONS_SCOPE, { 'A' }, "A", "all of the time" },
	{ ACTION_CHOOSE_THREADS, ACTIONS_SCOPE, { 'T' }, "T", "choose threads" },
	{ ACTION_FRAMES, ACTIONS_SCOPE, { 'M' }, "M", "frames: merged, python, native ..." },
	{ ACTION_MODULE, ACTIONS_SCOPE, { 'd' }, "d", "only this library, or all" },
	{ ACTION_FOLD, ACTIONS_SCOPE, { 'x' }, "x", "fold into its callers" },
	{ ACTION_KERNEL, ACTIONS_SCOPE, { 'K' }, "K", "fold the kernel, or not" },
	{ ACTION_UNFOLD, ACTIONS_SCOPE, { 'X' }, "X", "unfold all" },
	{ ACTION_BASELINE, ACTIONS_SCOPE, { 'B' }, "B", "what is shown now is A, for 0" },
	{ ACTION_UNDO, ACTIONS_SCOPE, { 'u' }, "u", "undo the last of these" },

	{ ACTION_SORT, ACTIONS_SHOW, { 's', KEY_OF_F6 }, "s F6", "functions: sort by a column" },
	{ ACTION_REVERSE, ACTIONS_SHOW, { 'I' }, "I", "functions: reverse the order" },
	{ ACTION_FOLLOW, ACTIONS_SHOW, { 'F' }, "F", "functions: follow it, or stay" },
	{ ACTION_SMALLEST, ACTIONS_SHOW, { '%' }, "%", "tree: smallest share shown" },
	{ ACTION_NAME, ACTIONS_SHOW, { 'y' }, "y", "the whole name, file, address" },
	{ ACTION_EDIT, ACTIONS_SHOW, { 'e' }, "e", "its line in your $EDITOR" },
	{ ACTION_HEADER, ACTIONS_SHOW, { '#' }, "#", "hide the header, or not" },
	{ ACTION_HOTTEST, ACTIONS_SHOW, { 'H' }, "H", "the most own time; 7, m: busiest" },
	{ ACTION_ASSEMBLY, ACTIONS_SHOW, { 'o' }, "o", "6: assembly; 0: swap; 5: against A" },
	{ ACTION_MIXED, ACTIONS_SHOW, { 'O' }, "O", "source: its lines in the assembly" },
	{ ACTION_INVERT, ACTIONS_SHOW, { 'i' }, "i", "flame: invert; 8: hide idle threads" },
	{ ACTION_RECURSION, ACTIONS_SHOW, { 'r' }, "r", "recursion: direct folded, raw, cycles" },
	{ ACTION_BY, ACTIONS_SHOW, { 'b' }, "b", "processes, 8: rows; 0: choose A" },
	{ ACTION_UNIT, ACTIONS_SHOW, { 'U' }, "U", "0: per run, per second, share" },
	{ ACTION_RANGE, ACTIONS_SHOW, { 'v' }, "v", "7, m: select time; 0: only evidence" },
	{ ACTION_ZOOM_IN, ACTIONS_SHOW, { '+' }, "+", "7, m: shorter columns of time" },
	{ ACTION_ZOOM_OUT, ACTIONS_SHOW, { '-' }, "-", "7, m: longer columns of time" },
	{ ACTION_NEXT_MARK, ACTIONS_SHOW, { ']' }, "]", "7, m: the next mark" },
	{ ACTION_MARK_BEFORE, ACTIONS_SHOW, { '[' }, "[", "7, m: the mark before" },
	{ ACTION_OPEN_ALL, ACTIONS_SHOW, { 'E' }, "E", "tree, 7: open all" },
	{ ACTION_CLOSE_ALL, ACTIONS_SHOW, { 'C' }, "C", "tree, 7: close all" },

	{ ACTION_NONE, ACTIONS_SHOW, { 0 }, "x", "what stands out: dismiss it" },
	{ ACTION_LESSON, ACTIONS_SHOW, { 'L' }, "L", "lesson about this view" },
	{ ACTION_NEXT_PANE, ACTIONS_SHOW, { KEY_OF_TAB }, "Tab", "to the lesson; source: assembly" },
	{ ACTION_NONE, ACTIONS_SHOW, { 0 }, "n b", "lesson: next page, page before" },

	{ ACTION_PAUSE, ACTIONS_SESSION, { 'p', 'Z' }, "p Z", "live: pause, go on" },
	{ ACTION_DETACH, ACTIONS_SESSION, { 'D' }, "D", "live: leave, it goes on" },
	{ ACTION_COMMAND, ACTIONS_SESSION, { ':' }, ":", "a command, see below" },
	{ ACTION_SAVE, ACTIONS_SESSION, { 'S' }, "S", "save or export" },
	{ ACTION_PRINT, ACTIONS_SESSION, { 'P' }, "P", "this screen to a file" },
	{ ACTION_HELP, ACTIONS_SESSION, { '?', KEY_OF_F1 }, "? F1", "this page" },
	{ ACTION_REDRAW, ACTIONS_SESSION, { KEY_OF_CTRL('L') }, "^L", "draw the screen anew" },
	{ ACTION_SUSPEND, ACTIONS_SESSION, { KEY_OF_CTRL('Z') }, "^Z", "suspend" },
	{ ACTION_QUIT, ACTIONS_SESSION, { 'q' }, "q", "close this page, or quit" },
	{ ACTION_LEAVE, ACTIONS_SESSION, { KEY_OF_F10, KEY_OF_CTRL('C') }, "F10 ^C", "quit" },
	{ ACTION_CANCEL, ACTIONS_SESSION, { KEY_OF_ESCAPE }, "Esc", "cancel what is asked or marked" },
};

const size_t n_action_rows = sizeof(action_rows) / sizeof(action_rows[0]);

const char *action_group_name(enum action_group group)
{
	static const char *const names[] = {
		[ACTIONS_MOVE] = "MOVE", [ACTIONS_FIND] = "FIND", [ACTIONS_VIEWS] = "VIEWS",
		[ACTIONS_SHOW] = "SHOW", [ACTIONS_SCOPE] = "SCOPE",
		[ACTIONS_SESSION] = "SESSION" };

	return names[group];
}

enum action action_of_key(uint32_t key)
{
	for (size_t i = 0; i < n_action_rows; i++)
		for (int k = 0; k < ACTION_KEYS && action_rows[i].keys[k]; k++)
			if (action_rows[i].keys[k] == key)
				return action_rows[i].action;
	return ACTION_NONE;
}

/* Of the configuration: they stay as they are. */
static const char *const names[ACTION_COUNT] = {
	[ACTION_DOWN] = "down",
	[ACTION_UP] = "up",
	[ACTION_FIRST] = "first",
	[ACTION_LAST] = "last",
	[ACTION_HALF_DOWN] = "half-down",
	[ACTION_HALF_UP] = "half-up",
	[ACTION_PAGE_DOWN] = "page-down",
	[ACTION_PAGE_UP] = "page-up",
	[ACTION_OPEN] = "open",
	[ACTION_CLOSE] = "close",
	[ACTION_OPEN_ALL] = "open-all",
	[ACTION_CLOSE_ALL] = "close-all",
	[ACTION_ENTER] = "enter",
	[ACTION_HOTTEST] = "hottest",
	[ACTION_BACK] = "back",
	[ACTION_PANE_BEFORE] = "pane-before",
	[ACTION_OVERVIEW] = "overview",
	[ACTION_FUNCTIONS] = "functions",
	[ACTION_TREE] = "tree",
	[ACTION_CALLERS] = "callers",
	[ACTION_FLAME] = "flame",
	[ACTION_SOURCE] = "source",
	[ACTION_THREADS] = "threads",
	[ACTION_OFF_CPU] = "off-cpu",
	[ACTION_MEMORY] = "memory",
	[ACTION_COMPARE] = "compare",
	[ACTION_PROCESSES] = "processes",
	[ACTION_QUALITY] = "quality",
	[ACTION_HINTS] = "hints",
	[ACTION_SEARCH] = "search",
	[ACTION_NEXT_MATCH] = "next-match",
	[ACTION_MATCH_BEFORE] = "match-before",
	[ACTION_SEARCH_NAME] = "search-name",
	[ACTION_FILTER] = "filter",
	[ACTION_CHOOSE_THREADS] = "choose-threads",
	[ACTION_WINDOW] = "window",
	[ACTION_STEP_BACK] = "step-back",
	[ACTION_STEP_ON] = "step-on",
	[ACTION_SINCE] = "since",
	[ACTION_ALL_TIME] = "all-time",
	[ACTION_UNDO] = "undo",
	[ACTION_MODULE] = "module",
	[ACTION_KERNEL] = "kernel",
	[ACTION_FOLD] = "fold",
	[ACTION_UNFOLD] = "unfold",
	[ACTION_FRAMES] = "frames",
	[ACTION_SORT] = "sort",
	[ACTION_REVERSE] = "reverse",
	[ACTION_INVERT] = "invert",
	[ACTION_RECURSION] = "recursion",
	[ACTION_FOLLOW] = "follow",
	[ACTION_SMALLEST] = "smallest",
	[ACTION_HEADER] = "header",
	[ACTION_NAME] = "name",
	[ACTION_EDIT] = "edit",
	[ACTION_LESSON] = "lesson",
	[ACTION_NEXT_PANE] = "next-pane",
	[ACTION_ASSEMBLY] = "assembly",
	[ACTION_MIXED] = "mixed",
	[ACTION_BY] = "by",
	[ACTION_BASELINE] = "baseline",
	[ACTION_UNIT] = "unit",
	[ACTION_RANGE] = "range",
	[ACTION_ZOOM_IN] = "zoom-in",
	[ACTION_ZOOM_OUT] = "zoom-out",
	[ACTION_NEXT_MARK] = "next-mark",
	[ACTION_MARK_BEFORE] = "mark-before",
	[ACTION_HEAT] = "heat",
	[ACTION_PAUSE] = "pause",
	[ACTION_DETACH] = "detach",
	[ACTION_LEAVE] = "leave",
	[ACTION_COMMAND] = "command",
	[ACTION_SAVE] = "save",
	[ACTION_PRINT] = "print",
	[ACTION_HELP] = "help",
	[ACTION_REDRAW] = "redraw",
	[ACTION_SUSPEND] = "suspend",
	[ACTION_QUIT] = "quit",
	[ACTION_CANCEL] = "cancel",
};

const char *action_name(enum action action)
{
	return names[action];
}

enum action action_called(const char *name)
{
	enum action action = ACTION_NONE;

	while (++action < ACTION_COUNT)
		if (names[action] && strcmp(names[action], name) == 0)
			break;
	return action;
}
