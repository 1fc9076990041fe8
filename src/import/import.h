// SPDX-License-Identifier: Apache-2.0
/*
 * import/import.h - make recordings of what other profilers wrote.
 *
 * For cprofd-worker: the files are not trusted.  What is in them was counted and measured,
 * not sampled: it becomes MEASURED records, and the META `imported` names the format.
 */
#ifndef CPROFD_IMPORT_IMPORT_H
#define CPROFD_IMPORT_IMPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;

#define IMPORT_MAX_BYTES (64u << 20)	/* of a file */

/*
 * A file of Python's pstats, as cProfile writes it, into the empty file `out_fd`, which
 * stays the caller's.  `time_ns` (since 1970) is when the file was written.  Fails with
 * EBADMSG if it is none, with EFBIG beyond a limit.
 */
int import_pstats(const void *data, size_t len, uint64_t time_ns, int out_fd,
		  struct error *err);

#define IMPORT_COUNTS_MAGIC "cprofdct"

/*
 * Calls that one process has counted (count/cprofd_count.py), for the session: MEASURED
 * records, and the META `python` (its version, as 0x030c), `counting_ns` (what that took),
 * `replaced` (1: not to the end) and `no_room` (calls of functions that are not here).
 * Fails with EBADMSG if they cannot be.  Only of what import_is_counts().
 */
int import_counts(const void *data, size_t len, int out_fd, struct error *err);
bool import_is_counts(const void *data, size_t len);

/* How much of the file is used, by its first 64 bytes; the rest need not be read. */
uint64_t import_counts_used(const void *data);

#endif
