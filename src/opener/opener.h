// SPDX-License-Identifier: Apache-2.0
/*
 * opener/opener.h - the process that opens things with the user's own rights.
 *
 * A child of the command, one per session: it opens the target (perf events,
 * /proc handles, files of the target, ptrace stops) for a session that has no
 * rights of its own, starts that session and its workers, and ends with it.
 * It reads numbers only: no file of a target is parsed here.
 */
#ifndef CPROFD_OPENER_OPENER_H
#define CPROFD_OPENER_OPENER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "opener/opener_proto.h"

struct error;

struct opener_spec {
	pid_t pid;		/* a process, not a thread; 0: every process there is */
	enum opener_engine engine;
	uint32_t rate_hz;	/* 0: the engine's own default */
	bool young;		/* it has just begun: see opener_young_rate() */
	uint32_t max_frames;
	uint64_t duration_ns;	/* 0: until stopped */
	bool on_exec;		/* `pid` is a child of ours that waits to exec */
	bool follow;		/* children too */
	uint32_t effect;	/* to be measured: enum opener_effect */
	bool counts;		/* it counts its calls itself: C_COUNTS will come */
	const char *command;	/* shown as what was profiled */
	int recording_fd;
	uint64_t max_bytes;	/* the recording ends there; 0: no limit */
	/* For a session that outlives the command; else NULL, and it ends with it. */
	const struct opener_socket {
		int listener;	/* where further viewers come */
		int dir;	/* it lies there, */
		const char *name;	/* and has this name: removed at the end */
	} *socket;
};

/*
 * Start an opener and its session.  On success *control is the caller's end of
 * the control channel (session/control.h), from which everything else comes:
 * that sampling began, that it failed, that it ended.  Descriptors stay the
 * caller's.  Fails only if not even a process could be started.
 */
int opener_start(const struct opener_spec *spec, int *control, struct error *err);

/*
 * Open a program of ours without needing the right to read it: beside the running
 * one (build tree), or where it is installed.  Returns a descriptor for O_PATH.
 */
int opener_open_program(const char *name, struct error *err);

/*
 * Start cprofd-session or cprofd-worker with `fds` as its descriptors from 3
 * on, under the unprivileged uid if we are root.  Returns its pid or -1.
 */
pid_t opener_spawn(const char *program, const int *fds, size_t n_fds, struct error *err);

#endif
