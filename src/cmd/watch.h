// SPDX-License-Identifier: Apache-2.0
/*
 * cmd/watch.h - a session from the command's side: start, wait, end.
 *
 * Used by attach, record and run.  Signals: the first SIGINT, SIGTERM or SIGHUP
 * stops sampling and finishes the recording; the second does without the names
 * that are still missing.
 */
#ifndef CPROFD_CMD_WATCH_H
#define CPROFD_CMD_WATCH_H

#include <getopt.h>
#include <sys/resource.h>

#include "opener/opener.h"

struct cmd;
struct count;

/* Options that attach, record and run share. */
struct watch_options {
	struct opener_spec spec;	/* rate, engine, duration, follow, max_frames */
	const char *out;		/* -o, or NULL */
	bool force;
	bool quiet;			/* no progress */
	const char *greeting;		/* once sampling has begun, or NULL */
	struct watch_probe {
		const char *function;	/* NULL: none */
		double seconds;
	} probe;			/* calls, once sampling has begun */
};

/* A program started by us that waits until sampling has begun. */
struct watch_child {
	const char *program;	/* argv[0], for messages */
	pid_t pid;
	int go;			/* a byte written here lets it exec */
	int failed;		/* where it says why it could not exec */
	struct count *count;	/* of its calls; NULL: they are not counted */
};

struct watch_result {
	int exit_code;		/* of cprofd: EXIT_OK when there is a recording */
	uint64_t n_samples, n_lost;
	bool child_ended;
	uint64_t wall_ns;	/* of the child, from when sampling began */
	bool exec_failed;	/* it never became the program */
	int child_status;	/* as wait(2) gives it */
	struct rusage child_usage;
	char path[4096];	/* the recording */
};

/* Their part of a command's help. */
#define WATCH_OPTIONS_HELP                                                     \
	"  -o FILE            write the recording to FILE\n"                   \
	"  --force            replace FILE if it is there\n"                   \
	"  -F HZ              samples a second and busy thread (default 499; ptrace 99)\n" \
	"  -d SECONDS         stop after so long\n"                            \
	"  --engine NAME      auto, bpf, perf or ptrace (auto: the first that works)\n" \
	"  --max-frames N     frames kept of a stack (default 1024)\n"         \
	"  --measure-effect[=MEASURE]  how much does sampling slow the program?  Seen by\n" \
	"                     calls, bytes, faults, switches or auto (the default)\n" \
	"  --no-follow        leave child processes out\n"                     \
	"  --quiet            no progress line\n"                              \
	"  -h, --help         this text\n"

/* That of those that start a program: before it. */
#define WATCH_COUNT_HELP                                                       \
	"  --count            count each call of a Python function; this slows the program\n"

/*
 * Take one option that getopt found; false if it is none of the shared ones.
 * A bad value is reported; *code is then an exit code, else 0.
 */
bool watch_option(const struct cmd *cmd, struct watch_options *o, int opt,
		  const char *value, int *code);
extern const struct option watch_long_options[];
#define WATCH_OPTION_COUNT 999	/* --count: not shared; who starts a program sets spec.counts */
#define WATCH_SHORT_OPTIONS "F:d:o:h"

/* Set the defaults. */
void watch_options_init(struct watch_options *o);

/*
 * Start `argv` so that it waits before it becomes that program.  Returns 0 or
 * an exit code after the message.  Ended by watch_run().
 */
int watch_start_child(const struct cmd *cmd, const struct watch_options *o, char **argv,
		      struct watch_child *child);

/*
 * Record spec.pid into `path` until it ends or somebody stops it.  Messages go
 * to stderr.  `child` is NULL unless we started the target.
 */
void watch_run(const struct cmd *cmd, struct watch_options *o, const char *path,
	       struct watch_child *child, struct watch_result *result);

/*
 * Ask a session to count calls of a Python function; false: that is no time to count for,
 * or the session does not answer.
 */
bool watch_ask_probe(int control, const char *function, double seconds);

/* The exit code of a command that ran a child: the child's own, or cprofd's. */
int watch_child_exit(const struct watch_result *result);

/* NAME-20261122-1402.cprof, in the current folder. */
void watch_default_name(const char *name, char *buf, size_t cap);

#endif
