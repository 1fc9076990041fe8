// SPDX-License-Identifier: Apache-2.0
/*
 * ui/dialog.h - a box on top of a screen that asks something.
 *
 *	dialog_open(&d, "Leave cprofd", "Enter does it, Esc stays");
 *	dialog_say(&d, "%u %s is still being recorded.", pid, name);
 *	dialog_offer(&d, 'd', DIALOG_PICK, "detach: recording goes on");
 *	...
 *	if (dialog_key(&d, key) == DIALOG_CHOSEN)
 *		... d.list.cursor, the number of the choice
 *	dialog_draw(&d, &grid);
 *	dialog_deinit(&d);
 *
 * Texts may be bytes of the target: they are cleaned.  What is said is broken into
 * lines as needed, and scrolls if nothing is offered; a choice has one line.  A
 * zeroed dialog is closed.
 */
#ifndef CPROFD_UI_DIALOG_H
#define CPROFD_UI_DIALOG_H

#include "ui/list.h"
#include "ui/prompt.h"

enum dialog_kind {
	DIALOG_PICK,		/* Enter chooses it */
	DIALOG_CHECK,		/* Space turns it on and off, Enter chooses all that are on */
};

struct dialog {
	bool open;
	char *title, *hint;	/* above and below */
	char **said;
	struct dialog_choice {
		enum dialog_kind kind;
		uint32_t key;	/* that chooses it, or turns it on and off; 0: none */
		char *text;
		bool on;
	} *choices;
	uint32_t n_said, n_choices;
	size_t cap_said, cap_choices;
	struct prompt field;	/* a line to edit, if it has a mark: gets all keys that
				   do not move among the choices */
	struct list list;	/* of choices, or of lines of what is said */
};

enum dialog_event {
	DIALOG_NOTHING,
	DIALOG_CHOSEN,		/* closed, but can be read until it is opened again */
	DIALOG_CANCELLED,	/* closed */
};

/* Start anew. */
void dialog_open(struct dialog *d, const char *title, const char *hint);
void dialog_deinit(struct dialog *d);

void dialog_say(struct dialog *d, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void dialog_offer(struct dialog *d, uint32_t key, enum dialog_kind kind, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

enum dialog_event dialog_key(struct dialog *d, uint32_t key);

/* In the middle of a grid of any size. */
void dialog_draw(struct dialog *d, struct grid *g);

#endif
