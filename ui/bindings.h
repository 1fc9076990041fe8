// SPDX-License-Identifier: Apache-2.0
/*
 * ui/bindings.h - keys that somebody gave other actions than those of ui/action.h.
 *
 * A zeroed struct has none.  What asks (a prompt, a box) keeps its own keys.
 */
#ifndef CPROFD_UI_BINDINGS_H
#define CPROFD_UI_BINDINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "ui/action.h"

struct bindings {
	struct binding {
		uint32_t key;
		enum action action;	/* ACTION_NONE: it does nothing any more */
	} *v;
	size_t n, cap;
};

void bindings_deinit(struct bindings *b);

/* Give a key another action.  false: it is a digit, which stays as the tabs show it. */
bool bindings_set(struct bindings *b, uint32_t key, enum action action);

/* What a key does, ACTION_NONE if nothing. */
enum action bindings_find(const struct bindings *b, uint32_t key);

/* A key that does what this one does by itself, 0 if there is none. */
uint32_t bindings_key_for(const struct bindings *b, uint32_t key);

/* Append the names of all keys of a row, as its label has them, terminated but not counted. */
void bindings_label(const struct bindings *b, const struct action_row *row, struct buf *out);

#endif
