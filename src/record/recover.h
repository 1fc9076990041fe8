// SPDX-License-Identifier: Apache-2.0
/*
 * record/recover.h - make a whole recording of what can be read of a damaged one.
 *
 * Blocks refer to those before them, so what can be read is a prefix.  Recovering
 * keeps it byte for byte, cuts what follows, and adds an END record with the
 * totals and a note that says what happened.
 */
#ifndef CPROFD_RECORD_RECOVER_H
#define CPROFD_RECORD_RECOVER_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct error;

/* What a look at a recording found. */
struct recover_state {
	uint64_t file_bytes;
	uint64_t valid_bytes;	/* of the prefix that is kept */
	uint64_t last_ns;	/* the last moment in it, since its start */
	uint64_t start_mono_ns;
	uint64_t n_samples, n_lost;
	bool ended;		/* it ends with an END record */
	bool torn;		/* what follows is a block that is not whole, not garbage */
	char damage[160];	/* what is wrong after the prefix, or "" */
};

/* Is there nothing to do? */
static inline bool recover_is_whole(const struct recover_state *s)
{
	return s->ended && s->valid_bytes == s->file_bytes;
}

/* Look through the file; fails like record_reader_open(). */
int recover_look(int fd, struct recover_state *out, struct error *err);

/* Write the recovered recording; the caller asks the stream about errors. */
int recover_write(int fd, const struct recover_state *s, FILE *out, struct error *err);

/*
 * Do it in the file itself, which is open for writing: what follows the prefix is
 * cut off.  Fails with EBUSY if that is more than a torn end, because it might
 * hold what another tool can still read.
 */
int recover_in_place(int fd, const struct recover_state *s, struct error *err);

#endif
