// SPDX-License-Identifier: Apache-2.0
/*
 * cmd/convert.h - files of other profilers as recordings.
 *
 *	if (convert_start(&c, err) < 0) ...
 *	recording = convert_file(&c, file, err);
 *	convert_end(&c);	only now it is what it will be
 *
 * The files are strangers': what parses them is a process without rights, which could change
 * what it made as long as it is there.  Whoever reads a recording checks it.
 */
#ifndef CPROFD_CMD_CONVERT_H
#define CPROFD_CMD_CONVERT_H

#include <sys/types.h>

struct error;

struct convert {
	pid_t worker;
	int channel;
};

int convert_start(struct convert *c, struct error *err);

/*
 * A recording, as a file in memory that the caller closes, or -1: EBADMSG if it is no such
 * file, EFBIG beyond a limit.
 */
int convert_file(struct convert *c, int file, struct error *err);
void convert_end(struct convert *c);

#endif
