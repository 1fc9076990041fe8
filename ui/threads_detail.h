// SPDX-License-Identifier: Apache-2.0
/* ui/threads_detail.h - the chosen thread and column in words, and what states are called. */
#ifndef CPROFD_UI_THREADS_DETAIL_H
#define CPROFD_UI_THREADS_DETAIL_H

#include "ui/threads_data.h"

struct threads_sign {
	char letter;
	char kind;		/* of code that runs */
	const char *line;	/* of what waits, behind its letter */
	const char *name, *brief;
};

extern const struct threads_sign threads_signs[TIMELINE_STATES];

/* How many rows it takes, and draw it in the last ones of the area. */
unsigned int threads_detail_rows(struct area area);
void threads_detail_draw(struct app *a, struct grid *g, struct area area);

#endif
