// SPDX-License-Identifier: Apache-2.0
/*
 * ui/app_compare.h - what an app compares: a baseline A, which is a part of what is looked
 * at or another recording, with what is shown now.
 *
 * Filter, frames and folds of the scope are those of both; threads of another recording
 * are those of the same names.
 */
#ifndef CPROFD_UI_APP_COMPARE_H
#define CPROFD_UI_APP_COMPARE_H

#include "profile/compare.h"
#include "profile/profile_load.h"
#include "ui/list.h"

struct app;
struct lesson_values;
struct named_range;

struct app_compare {
	/* the baseline */
	struct profile *p;		/* NULL: there is none */
	struct profile_load *load;	/* of another recording, or NULL: the one looked at */
	int fd;				/* of its file, if there is one */
	char *name;			/* what it is called */
	uint64_t from_ns, to_ns;	/* of the one looked at: which part of it */
	uint32_t *threads;		/* and which threads; none: all */
	size_t n_threads;

	/* both sides, the baseline first whichever way it is looked at */
	struct compare_side sides[2];
	struct selection selections[2];
	struct summary sums[2];		/* made for this, or empty */
	uint32_t *named;		/* threads of the baseline of the names in the scope */
	char *lacks;			/* why it cannot be compared, and what helps; or NULL */
	const char *helps;

	struct compare c;		/* of the sides, as they are swapped */
	uint32_t asked;			/* of the model, when all of this was made */
	unsigned int n_made;
	enum compare_unit unit;
	bool unit_chosen, swapped, only_evidence;
	uint32_t *shown;		/* rows */
	uint32_t n_shown;
	struct list list;

	char **offered;			/* files, by choice of the dialog; NULL: none */
	uint32_t n_offered;
};

void app_compare_deinit(struct app_compare *v);

/* Take what is shown now for the baseline. */
void app_compare_take(struct app *a);

/* Take a kept range; and show another one, unless that is NULL. */
void app_compare_ranges(struct app *a, const struct named_range *baseline,
			const struct named_range *shown);

/* Take another recording; says what is wrong with it. */
void app_compare_open(struct app *a, const char *path);

/* Ask which. */
void app_compare_ask(struct app *a);

/* Bring it up to date; false: `lacks` says why there is nothing. */
bool app_compare_make(struct app *a);

/* The same anew, as it is looked at in another way. */
void app_compare_again(struct app *a);

/* The sides as they are swapped: A, then B; and which of them is what is looked at now. */
void app_compare_sides(const struct app *a, struct compare_side sides[2]);
int app_compare_now(const struct app *a);

/* "shop-list.cprof", "now, last 10.0 s": what a side is; the caller frees it. */
char *app_compare_name(const struct app *a, int side);

/* For a lesson: what changed most for sure. */
void app_compare_fill(const struct app *a, struct lesson_values *out);

#endif
