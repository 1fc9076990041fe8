// SPDX-License-Identifier: Apache-2.0
/*
 * base/out_file.h - write a file without ever harming another.
 *
 *	if (out_file_open("a.folded", 0, &f, err) < 0)
 *		return -1;
 *	... write to out_file_stream(f)
 *	if (out_file_commit(f, err) < 0)	f is gone either way
 *		return -1;
 *
 * The bytes go to a file beside it, which takes the name when it is whole.  An
 * existing file is only replaced if that was asked for, anything that is no
 * regular file never.
 */
#ifndef CPROFD_BASE_OUT_FILE_H
#define CPROFD_BASE_OUT_FILE_H

#include <stdio.h>

struct error;
struct out_file;

enum out_file_flags {
	OUT_FILE_FORCE = 1 << 0,	/* replace a file that is there */
	OUT_FILE_PRIVATE = 1 << 1,	/* readable by its owner only */
	OUT_FILE_LIVE = 1 << 2,		/* has its name at once, if that is free */
};

/*
 * Fails with EEXIST if there is a file and OUT_FILE_FORCE is not set, with
 * EINVAL if there is something else (a folder, a link, a pipe), or as open(2)
 * does.
 */
int out_file_open(const char *path, unsigned int flags, struct out_file **out,
		  struct error *err);

/* Where to write: a stream, or a descriptor (both stay the file's). */
FILE *out_file_stream(struct out_file *f);
int out_file_fd(const struct out_file *f);

/*
 * Sync what went through the stream and give the file its name.  On failure
 * nothing is left behind.
 */
int out_file_commit(struct out_file *f, struct error *err);

/* Give up: nothing is left behind.  NULL is allowed. */
void out_file_abort(struct out_file *f);

#endif
