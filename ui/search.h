// SPDX-License-Identifier: Apache-2.0
/*
 * ui/search.h - find rows by what is typed, in any view that has rows.
 *
 * What is found is marked until another search, or Escape.  Functions are found
 * by name; a view may look at its own text instead (see struct view_rows).
 */
#ifndef CPROFD_UI_SEARCH_H
#define CPROFD_UI_SEARCH_H

#include <stdbool.h>
#include <stdint.h>

#include "ui/action.h"
#include "ui/list.h"

struct app;

struct search {
	struct filter *filter;	/* NULL: nothing is looked for */
	char *typed;
	double share;		/* of samples with such a function */
	uint32_t asked;		/* of the model, when that was found out */

	/* where somebody was when the search began */
	uint32_t row, function;
	struct list list;
};

void search_deinit(struct search *s);

/* Somebody types a search: begins, types on, ends. */
void search_open(struct app *a);
void search_typed(struct app *a, const char *text);
void search_close(struct app *a, bool keep);

/* Do an action that is about the search; false if it is not. */
bool search_act(struct app *a, enum action action);

/* Is it one of the functions that were looked for?  For views, to mark it. */
bool search_found(const struct app *a, uint32_t function);

#endif
