// SPDX-License-Identifier: Apache-2.0
/*
 * ui/threads_group.h - threads that are alike, as one row: "worker-*" for worker-1 to
 * worker-512.
 *
 * Alike are those whose names are the same but for the last number in them.  Only where there
 * are many threads, and many alike, are they one row, which can be opened.
 */
#ifndef CPROFD_UI_THREADS_GROUP_H
#define CPROFD_UI_THREADS_GROUP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/strtab.h"
#include "profile/timeline.h"

#define THREADS_MANY 32		/* up to so many are a row each, */
#define THREADS_ALIKE 4		/* and always those of whom fewer are alike */

struct app_threads_row;

struct threads_group {
	uint32_t name;			/* of struct threads_groups */
	struct app_threads_row *rows;	/* one for each of them */
	uint32_t n, n_looked;		/* of so many it is known in the scope whether they wait */
	bool same;			/* all have one name, numbers and all */
	struct timeline_lane lane, total;	/* of all of them; without cells: no sample */
};

struct threads_groups {
	struct strtab names;		/* which keep their numbers, in data that grows, too */
	bool *open;			/* by name */
	size_t n_open;
	struct threads_group *v;
	uint32_t n;
};

/* Append the name that all alike have, terminated; out->len does not count that. */
void threads_group_name(struct buf *out, const char *thread);

/*
 * Rows of threads become rows of groups, for those that are in one, the rest stay; *n
 * rows are left, in no order.  `line` and `total` are what the lanes of the rows are of.
 */
void threads_group_make(struct threads_groups *g, const struct profile *p,
			struct app_threads_row *rows, uint32_t *n, const struct timeline *line,
			const struct timeline *total);

bool threads_group_is_open(const struct threads_groups *g, const struct threads_group *group);
void threads_group_open(struct threads_groups *g, const struct threads_group *group, bool open);

/* Forget the groups; what is open stays so. */
void threads_group_clear(struct threads_groups *g);
void threads_group_deinit(struct threads_groups *g);

#endif
