// SPDX-License-Identifier: Apache-2.0
/*
 * ui/lessons.h - the folder of lessons, each read once.
 */
#ifndef CPROFD_UI_LESSONS_H
#define CPROFD_UI_LESSONS_H

#include "ui/lesson.h"

struct lessons {
	char *folder;		/* NULL: the program's own is looked for */
	struct lessons_item {
		const char *name;
		struct lesson lesson;
		char *trouble;	/* why it cannot be shown, for people; NULL: it can */
	} *v;
	size_t n, cap;
};

/*
 * The lesson NAME.txt, or NULL: then *trouble is why.  Both stay `l`'s, and are valid
 * until the next call.  `name` has to live as long as `l`.
 */
const struct lesson *lessons_find(struct lessons *l, const char *name, const char **trouble);
void lessons_deinit(struct lessons *l);

#endif
