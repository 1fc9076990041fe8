// SPDX-License-Identifier: Apache-2.0
/*
 * ui/list.h - a list of rows of which some are on the screen, and one is chosen.
 */
#ifndef CPROFD_UI_LIST_H
#define CPROFD_UI_LIST_H

#include <stdbool.h>
#include <stdint.h>

#include "ui/action.h"

struct list {
	uint32_t n;		/* rows there are */
	uint32_t cursor;	/* the row that is chosen */
	uint32_t top;		/* the first row on the screen */
	uint32_t height;	/* rows on the screen */
};

/* Take on a new number of rows, and of rows on the screen. */
void list_fit(struct list *l, uint32_t n, uint32_t height);

/* Choose a row. */
void list_choose(struct list *l, uint32_t row);

/* Do what moves; false if the action does not. */
bool list_act(struct list *l, enum action action);

#endif
