// SPDX-License-Identifier: Apache-2.0
/*
 * cmd/sessions.h - sessions that outlive their terminal, and what they left.
 *
 * Each has a name, PID-SECONDS of its target and of when it began.  In the folder
 * $XDG_STATE_HOME/cprofd/sessions (mode 0700) lie
 *
 *	NAME.cprof	its recording, or a link to it
 *	NAME.sock	while it goes on: its control channel (session/control.h)
 *	NAME.view	where its last viewer was (cmd/live.h)
 *
 * What is older than SESSIONS_KEEP_DAYS is removed when another session begins,
 * but never a recording that lies elsewhere.
 */
#ifndef CPROFD_CMD_SESSIONS_H
#define CPROFD_CMD_SESSIONS_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct error;

#define SESSIONS_KEEP_DAYS 7
#define SESSION_MAX_BYTES (1ull << 30)		/* of a recording that nobody named */
#define SESSION_NAME_MAX 48

struct session_entry {
	pid_t pid;
	long began;		/* seconds since 1970 */
	bool live;		/* it answers */
	char name[SESSION_NAME_MAX];
	char path[PATH_MAX];	/* of the recording, links resolved */
};

/* A name for a session of `pid` that begins now. */
void session_entry_make(pid_t pid, struct session_entry *e);

/* The folder, made if it is missing: its descriptor.  Fails with ENOENT if neither
 * XDG_STATE_HOME nor HOME is set, or as mkdir(2) and open(2). */
int sessions_open_folder(char path[PATH_MAX], struct error *err);

/* All there are, the newest first; the caller frees *out. */
int sessions_list(struct session_entry **out, size_t *n, struct error *err);

/* The newest of `pid` that goes on; false if there is none. */
bool sessions_find_live(pid_t pid, struct session_entry *out);

/* A socket for the session to listen on. */
int sessions_listen(int folder, const struct session_entry *e, struct error *err);

/* A channel to a session that goes on.  Fails with ECONNREFUSED if it does not. */
int sessions_connect(const struct session_entry *e, struct error *err);

/* A file of the session, "view" or "sock": its name in the folder. */
void session_file(const struct session_entry *e, const char *what,
		  char name[SESSION_NAME_MAX + 8]);

/*
 * Give the recording a name of its own: a copy, which never replaces anything but
 * with OUT_FILE_FORCE.  Fails as base/out_file.h does.
 */
int session_save(const struct session_entry *e, const char *path, unsigned int flags,
		 struct error *err);

/* Remove what there is of it; the recording, too, if that lies in the folder. */
void sessions_remove(const struct session_entry *e);

/* Remove what is too old. */
void sessions_trim(void);

/* ---- what a recording says of itself, without its samples ---- */

struct session_facts {
	char program[64];	/* as it was called */
	uint64_t n_samples, n_lost;
	uint64_t start_real_ns, elapsed_ns;
	uint64_t bytes;
	bool ended;		/* it has an end */
};

/* Fails as open(2) or record_reader_open(); a damaged rest is left out. */
int session_facts_read(const char *path, struct session_facts *out, struct error *err);

/* All of that as a row of a list; what cannot be read is missing in it. */
struct session_row;
void session_row_make(const struct session_entry *e, struct session_row *out);

#endif
