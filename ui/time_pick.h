// SPDX-License-Identifier: Apache-2.0
/*
 * ui/time_pick.h - a moment that is chosen in a picture of time, and a range from there on,
 * which Enter makes the time of every view.
 *
 * The pictures have cells of different lengths; the cursor is a moment and stays in its
 * place when one is left for the other.
 */
#ifndef CPROFD_UI_TIME_PICK_H
#define CPROFD_UI_TIME_PICK_H

#include <stdbool.h>
#include <stdint.h>

#include "ui/action.h"

struct app;
struct profile_note;

struct time_pick {
	uint64_t cursor_ns;	/* from the start, as all times here */
	uint64_t step_ns;	/* length of a cell of the picture at hand; 0: none was drawn */
	bool selecting;
	uint64_t anchor_ns;	/* where that began */
	bool dragged;		/* with the mouse */
};

/* Go to a cell of the picture at hand. */
void time_pick_go(struct time_pick *t, uint64_t cell);

/* The mouse came there with its button held: select from where that was pressed. */
void time_pick_drag(struct time_pick *t, uint64_t cell);

/* The time that is being selected: whole cells; false if none is. */
bool time_pick_selection(const struct time_pick *t, uint64_t *from_ns, uint64_t *to_ns);

/* That, or else the range of the scope; false if there is neither. */
bool time_pick_range(const struct app *a, uint64_t *from_ns, uint64_t *to_ns);

/*
 * Go to the next mark, or to the one before, and say what it is; false if there is none.  The
 * picture has to follow.
 */
bool time_pick_mark(struct app *a, bool next);

/*
 * The mark that the cursor is on, if that is in [from, from + length), else the first one there;
 * NULL if there is none.  *number counts from 1.
 */
const struct profile_note *time_pick_mark_in(const struct app *a, uint64_t from_ns,
					     uint64_t length_ns, size_t *number);

/* Begin to select, stop, take it; false if the action is something else. */
bool time_pick_act(struct app *a, enum action action);

#endif
