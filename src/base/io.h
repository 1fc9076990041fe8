// SPDX-License-Identifier: Apache-2.0
/*
 * base/io.h - whole reads and writes on descriptors.
 */
#ifndef CPROFD_BASE_IO_H
#define CPROFD_BASE_IO_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"

struct error;

/*
 * Read up to `len` bytes at `off`, less only at the end of the file.  Returns
 * the number of bytes, or -1 with errno set.
 */
ssize_t io_pread_full(int fd, void *buf, size_t len, uint64_t off);

/* Write all of it.  Returns 0, or -1 with errno set. */
int io_write_full(int fd, const void *buf, size_t len);

/*
 * Append what is left to be read from `fd` to `out`.  Fails with EFBIG if that
 * is more than `limit` bytes, or with what read(2) says.
 */
int io_read_all(int fd, size_t limit, struct buf *out, struct error *err);

/*
 * A memory file holding `len` bytes, ready to be read from its start.
 * Returns a descriptor that the caller closes, or -1 with *err set.
 */
int io_memfd(const char *name, const void *data, size_t len, struct error *err);

/*
 * Append the whole regular or memory file to `out`, from its start.  For files
 * that a stranger may truncate meanwhile: that is an error here and SIGBUS in a
 * mapping.  Fails with EFBIG if the file is larger than `limit`.
 */
int io_load(int fd, size_t limit, struct buf *out, struct error *err);

/*
 * Map a whole regular or memory file for reading.  On success the caller ends
 * with munmap(*out, *len_out); an empty file gives NULL and 0.  Fails with
 * EFBIG if the file is larger than `limit`.  For files that a stranger may
 * truncate meanwhile use io_load().
 */
int io_map(int fd, size_t limit, const void **out, size_t *len_out,
	   struct error *err);

#endif
