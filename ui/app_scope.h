// SPDX-License-Identifier: Apache-2.0
/* ui/app_scope.h - the scope of an app: keys that change it, and the way back. */
#ifndef CPROFD_UI_APP_SCOPE_H
#define CPROFD_UI_APP_SCOPE_H

#include "ui/action.h"
#include "ui/scope.h"

struct app;

#define APP_UNDO 32

struct app_scope {
	struct scope *now;
	struct scope *undo[APP_UNDO];	/* those before, the last one last */
	unsigned int n_undo;
	uint32_t n_set;		/* how often `now` was set */
	uint64_t since_ns;	/* when counting began anew; 0: never */
	struct scope *before;	/* what there was when somebody began to type a filter */
	uint32_t selected;	/* the function then */
	struct scope *kept;	/* from the last time (ui/place.h), or NULL */
};

void app_scope_init(struct app *a);
void app_scope_deinit(struct app *a);

/* Take a scope that the caller held, and ask the model; undo leads back. */
void app_scope_change(struct app *a, struct scope *next);

/* The same without a way back. */
void app_scope_set(struct app *a, struct scope *next);

/* Ask the model anew: there is more data. */
void app_scope_ask(struct app *a);

/* Fold what the scope folds, or nothing at all, in the profile: for exports. */
void app_scope_fold(struct app *a, bool fold);

/* Do an action that is about the scope; false if it is not. */
bool app_scope_act(struct app *a, enum action action);

/* "main", "10 20", "12s 18s": what a command says; a NULL or empty one chooses all. */
void app_scope_threads(struct app *a, const char *name);
void app_scope_range(struct app *a, const char *range);

/* Only that time, in every view. */
void app_scope_take_range(struct app *a, uint64_t from_ns, uint64_t length_ns);

/* The frames of this name: "merged", "python" ...; a NULL or empty one: merged. */
void app_scope_frames(struct app *a, const char *name);

/* Somebody types a filter: begins, types on, ends. */
void app_filter_open(struct app *a);
void app_filter_typed(struct app *a, const char *text);
void app_filter_close(struct app *a, bool keep);

#endif
