// SPDX-License-Identifier: Apache-2.0
/*
 * export/out_file.h - write a file that appears whole or not at all.
 *
 *	if (out_file_open("a.folded", force, &f, err) < 0)
 *		return -1;
 *	... write to out_file_stream(f)
 *	if (out_file_commit(f, err) < 0)	f is gone either way
 *		return -1;
 *
 * The bytes go to a file beside it, which takes the name at the end.  An
 * existing file is only replaced if that was asked for, anything that is no
 * regular file never.
 */
#ifndef CPROFD_EXPORT_OUT_FILE_H
#define CPROFD_EXPORT_OUT_FILE_H

#include <stdbool.h>
#include <stdio.h>

struct error;
struct out_file;

/*
 * Fails with EEXIST if there is a file and `force` is not set, with EINVAL if
 * there is something else (a folder, a link, a pipe), or as open(2) does.
 */
int out_file_open(const char *path, bool force, struct out_file **out, struct error *err);

FILE *out_file_stream(struct out_file *f);

/* Sync the file and give it its name.  On failure nothing is left behind. */
int out_file_commit(struct out_file *f, struct error *err);

/* Give up: nothing is left behind.  NULL is allowed. */
void out_file_abort(struct out_file *f);

#endif
