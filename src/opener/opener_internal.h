// SPDX-License-Identifier: Apache-2.0
/*
 * opener/opener_internal.h - shared by the files of the opener.
 */
#ifndef CPROFD_OPENER_OPENER_INTERNAL_H
#define CPROFD_OPENER_OPENER_INTERNAL_H

#include "base/msg.h"
#include "engine/period.h"
#include "opener/opener.h"

/* A process of the target that is followed. */
struct target {
	pid_t pid;
	int dir;		/* /proc/PID */
	bool refused;		/* it has become a program that we may not look into */
	struct target_usage *usage;	/* NULL: not looked at */
};

/* What the target uses: open_usage.c. */
struct usage_opener {
	bool begun;
	bool too_many, io_refused;	/* why some of it is not known */
	bool any;		/* process was there this time */
	uint64_t sums[O_USAGE_COUNTERS];
	size_t n_threads;		/* of those looked at so far this time */
};

struct count_opener;
struct file_opener;
struct perf_opener;
struct ptrace_opener;
struct waiting_opener;

struct opener {
	struct opener_spec spec;
	bool rate_given;	/* else each engine has its own */
	int session;		/* channel to the session */
	int pidfd;		/* of the target's first process */
	pid_t session_pid;
	pid_t worker_pids[WORKER_COUNT];

	struct target *targets;
	size_t n_targets, cap_targets;
	struct usage_opener usage;

	struct file_opener *files;
	int cache_dir;		/* -1: no cache */
	bool cache_trimmed;	/* its size was looked at in this run */
	struct period_random random;

	bool told_rings;	/* the session: there is no second try */
	size_t n_rings_due;	/* that the session has still to map */
	bool ring_refused;
	struct s_reopen reopen_later;	/* asked for meanwhile */
	bool by_cpu;		/* events are of CPUs, not of threads */
	struct perf_opener *perf;	/* the engine in use: one of these */
	struct ptrace_opener *ptrace;
	struct waiting_opener *waiting;	/* beside it; or NULL */
	struct count_opener *count;	/* calls are being counted; or NULL */
	bool was_stopped;	/* the first target, when last looked */
	bool sampling_over;	/* asked to end it: not while a thread is held */
};

/* ---- opener.c ---- */

/* Send to the session.  A session that is gone is noticed by the main loop. */
void opener_send(struct opener *o, const void *msg, size_t len, const int *fds,
		 size_t n_fds);

/* Send struct `head` (of `head_len` bytes) with a terminated text behind it. */
void opener_send_text(struct opener *o, const void *head, size_t head_len,
		      const char *text, const int *fds, size_t n_fds);

/* Take one message of the session and do what it says; false: it has ended. */
bool opener_take_message(struct opener *o);

void opener_note(struct opener *o, enum record_note_level level, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* The followed process `pid`, or NULL. */
struct target *opener_find_target(struct opener *o, pid_t pid);

/*
 * Follow process `pid` and its children as far as there are any.  Fails with
 * ESRCH if `pid` is gone.
 */
int opener_add_target(struct opener *o, pid_t pid, struct error *err);

/*
 * Give the session handles of the targets from number `from` on.  An engine
 * that reports execs does this when its events are open: what was exec'd before
 * is in the maps then, and what comes later in the events.
 */
void opener_tell_targets(struct opener *o, size_t from);

/* Tell of the threads of a process and their names; those known change nothing. */
void opener_tell_threads(struct opener *o, const struct target *t);

/* ---- open_spawn.c ---- */

/*
 * In a child: keep only `fds`, as 3, 4, ... whatever their numbers are now.
 * 0 to 2 become /dev/null, so that no terminal and no pipe is held.
 */
#define FIRST_KEPT_FD 3
int opener_keep_fds(const int *fds, size_t n_fds);

/* Hold neither the terminal (or pipe) that we were started on, nor a folder. */
void opener_leave_terminal(void);


/* ---- open_files.c: files that a target names, opened by a disposable child ---- */

struct file_opener *file_opener_new(void);
void file_opener_free(struct file_opener *f);

/* Have S_FILE, S_DEBUG_FILE or S_NAMES_FILE done; the answer goes to the session later. */
void file_opener_ask(struct opener *o, const struct msg *m);

/* The child that opens now; 0: none. */
pid_t file_opener_pid(const struct file_opener *f);

/* For poll(): its channel, or -1; and what to do when it is readable. */
int file_opener_fd(const struct file_opener *f);
void file_opener_answer(struct opener *o);

/* When the request at hand takes too long, as CLOCK_MONOTONIC; UINT64_MAX: none. */
uint64_t file_opener_deadline(const struct file_opener *f);
void file_opener_give_up(struct opener *o);

/* ---- open_cache.c ---- */

/* The cache folder, made if needed; -1 if there cannot be one. */
int cache_open_dir(void);
void cache_get(struct opener *o, const struct s_cache *ask);
void cache_put(struct opener *o, const struct s_cache *ask, int contents);

/* Say that a cached file was used. */
void cache_touch(int fd);

/*
 * If the folder holds more than `max_bytes` or `max_files`, remove those that
 * were not used for longest until it is at three quarters of both.
 */
void cache_trim(int dir, uint64_t max_bytes, size_t max_files);

/* ---- open_kallsyms.c ---- */

/*
 * The text of /proc/kallsyms, perhaps from the cache; -1: not to be had, and *hidden if
 * that is because it shows this user no addresses.
 */
int kallsyms_open(struct opener *o, bool *hidden);

/* ---- open_progress.c: how far the target has come ---- */

void progress_answer(struct opener *o, const struct s_progress *ask);

/* CPU time that all processes of the target have used. */
uint64_t progress_cpu_ns(const struct opener *o);

/* ---- open_usage.c: what the target uses ---- */

/* Look at all targets, and tell the session. */
void usage_look(struct opener *o);

/* A target is gone. */
void usage_forget(struct target *target);

/* ---- open_count.c: what Python functions return, counted by a probe ---- */

void count_opener_start(struct opener *o, struct msg *m);

/* When there is something to tell, or it is over; and that. */
uint64_t count_opener_due(const struct opener *o);
void count_opener_tick(struct opener *o);

/* End it, if it is going on; tells the session what was counted. */
void count_opener_end(struct opener *o);

/* ---- open_task.c: what a thread does now ---- */

/* /proc/PID/task/TID/NAME, or -1 with errno. */
int task_open(const struct target *t, pid_t tid, const char *name);

/* CPU time that it has used, by its "schedstat". */
uint64_t task_cpu_ns(int schedstat_fd);

/* By its "syscall"; *out only if it waits. */
struct task_seen {
	struct o_call call;
	uint64_t sp, pc;
};
enum task_look { TASK_RUNS, TASK_WAITS, TASK_GONE };
enum task_look task_look(int syscall_fd, struct task_seen *out);

/* ---- open_waiting.c: for what threads wait that the engine does not see ---- */

void waiting_start(struct opener *o);
void waiting_stop(struct opener *o);

/* When the next look is due, and the look. */
uint64_t waiting_due(const struct opener *o);
void waiting_tick(struct opener *o);

/* ---- open_refusal.c: why an engine may not, in words that help ---- */

/* May the process be traced?  0, or -1 with the reason. */
int refusal_of_ptrace(const struct target *t, struct error *err);

/*
 * The bpf program was refused with *err, which gets the true cause; `t` is NULL for the
 * whole host.  Returns true if the user has what it takes otherwise, and so may wonder.
 */
bool refusal_of_bpf(const struct target *t, struct error *err);

/* Perf events for the whole host were. */
void refusal_of_host(struct error *err);

/*
 * Perf events were refused with *err, which gets the true cause.  Returns true
 * if that lies in the process itself, so that no other engine may either.
 */
bool refusal_of_perf(const struct target *t, struct error *err);

/* ---- open_perf.c, open_ptrace.c: the engines' opening halves ---- */

struct bpf_unwind;

/* Do descriptors suffice for the events of all threads that there are? */
bool perf_opener_has_room(struct opener *o);

/*
 * Open events for every followed process and tell the session.  With `bpf`, which it
 * takes over, the kernel unwinds.  Fails with EACCES or EPERM if the kernel does not
 * allow it, with another code if it cannot be done here; *err has a line for people.
 */
int perf_opener_start(struct opener *o, struct bpf_unwind *bpf, struct error *err);
void perf_opener_stop(struct opener *o);

/* Open them again with other parameters. */
void perf_opener_reopen(struct opener *o, const struct s_reopen *ask);

/* Have the program in the kernel walk Python frames, too. */
void perf_opener_python(struct opener *o);

int ptrace_opener_start(struct opener *o, struct error *err);
void ptrace_opener_stop(struct opener *o);

/* When the next look at the threads is due, and the look. */
uint64_t ptrace_opener_due(const struct opener *o);
void ptrace_opener_tick(struct opener *o);
void ptrace_opener_continue(struct opener *o, const struct s_continue *msg);

/* Leave the threads alone, or go on; what they use until then is in no sample. */
void ptrace_opener_pause(struct opener *o, bool pause);

#endif
