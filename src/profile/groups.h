// SPDX-License-Identifier: Apache-2.0
/*
 * profile/groups.h - the answer to "who used the time": a selection by process, by
 * program, by control group or by thread.
 *
 * Shares are of the same 100 % as those of the summary, of which they are a part: what
 * is not in any group is not visible, or filtered out.
 */
#ifndef CPROFD_PROFILE_GROUPS_H
#define CPROFD_PROFILE_GROUPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "profile/summary.h"

enum group_by {
	GROUP_PROCESS,	/* one that execs another program is two */
	GROUP_PROGRAM,	/* processes of the same name */
	GROUP_CGROUP,
	GROUP_THREAD,
	GROUP_BY_COUNT
};

/* As options and people call it: "process", ... */
const char *group_by_name(enum group_by by);
bool group_by_parse(const char *name, enum group_by *out);

struct group {
	uint32_t thread;	/* the one of it with the most time, */
	uint32_t process;	/* and its process */
	uint32_t n_processes, n_threads;	/* with samples */
	bool living;		/* some process of it had not ended */
	struct sum sum;
	uint64_t kernel_ns;	/* of that time in the kernel */
	struct interval share;
};

struct groups {
	enum group_by by;
	struct group *rows;	/* those with the most time first */
	uint32_t n;
};

/* `sum` is the summary of `s`.  Ends with groups_deinit(). */
void groups_make(const struct profile *p, const struct selection *s, const struct summary *sum,
		 enum group_by by, struct groups *out);
void groups_deinit(struct groups *g);

/* The rows in the order that those of `before` have; what is new comes behind them. */
void groups_keep_order(const struct profile *p, const struct groups *before, struct groups *g);

/* What all threads of a group have in common: stays the same when groups are made anew. */
uint64_t group_key(const struct profile *p, enum group_by by, uint32_t thread);

/* What the group is called; valid as long as `buf` is. */
#define GROUP_NAME_MAX 256
const char *group_name(const struct profile *p, const struct groups *g, const struct group *row,
		       char buf[GROUP_NAME_MAX]);

/*
 * What people call a control group: the last part of its path, without what managers
 * put around a name; a container's long id by its first digits, as its tools show it.
 */
void group_cgroup_name(const char *path, char *name, size_t cap);

#endif
