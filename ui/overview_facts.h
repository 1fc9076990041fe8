// SPDX-License-Identifier: Apache-2.0
/*
 * ui/overview_facts.h - what the overview says in its two columns: how much of the machine
 * the program used, what it did, and how good the data is.
 *
 * A fact is a label and what is drawn behind it.  What a recording does not hold is said so:
 * never 0.
 */
#ifndef CPROFD_UI_OVERVIEW_FACTS_H
#define CPROFD_UI_OVERVIEW_FACTS_H

#include "profile/time_account.h"
#include "ui/model.h"
#include "ui/pen.h"

struct overview_fact {
	const char *label;	/* at most 12 columns */
	void (*put)(const struct model *m, const struct time_account *t, struct pen *pen);
};

#define OVERVIEW_FACTS 5
#define OVERVIEW_QUALITY 4

extern const struct overview_fact overview_usage[OVERVIEW_FACTS];
extern const struct overview_fact overview_activity[OVERVIEW_FACTS];
extern const struct overview_fact overview_quality[OVERVIEW_QUALITY];

/* Does the recording hold anything that the kernel counted of the program? */
bool overview_is_counted(const struct model *m);

/* And that is only a part of it: processes ended too soon to be read. */
bool overview_is_partial(const struct model *m);

#endif
