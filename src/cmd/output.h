// SPDX-License-Identifier: Apache-2.0
/*
 * cmd/output.h - a file that a command makes, without ever harming another.
 *
 * A file that is there already is not touched, unless the user says so: then
 * the new one is written beside it and takes its place when it is whole.
 */
#ifndef CPROFD_CMD_OUTPUT_H
#define CPROFD_CMD_OUTPUT_H

#include <stdbool.h>

struct error;

struct output {
	char *path;	/* where it will be */
	char *tmp;	/* where it is written; NULL: at `path` itself */
	int fd;
};

/*
 * Make the file, readable by its owner only.  With `force` a regular file that
 * is there is replaced at the end.  Fails with EEXIST and a text that says what
 * is in the way, or with what open(2) says.
 */
int output_open(struct output *out, const char *path, bool force, struct error *err);

/* It is whole: put it in its place. */
int output_commit(struct output *out, struct error *err);

/* Close; what was not committed stays if `keep`, and else is removed. */
void output_close(struct output *out, bool keep);

#endif
