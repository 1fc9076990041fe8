// SPDX-License-Identifier: Apache-2.0
/*
 * opener/opener_proto.h - what opener and session say to each other.
 *
 * The opener has the user's rights and opens things; the session has none and
 * asks.  One message is one struct below, followed by text where said, with
 * descriptors where said; both sides come from one build and check the length.
 * The session's channel to the opener is its descriptor SESSION_FD_OPENER.
 */
#ifndef CPROFD_OPENER_OPENER_PROTO_H
#define CPROFD_OPENER_OPENER_PROTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "engine/bpf/bpf_shared.h"
#include "proc/task.h"
#include "python/python_elf.h"
#include "record/record.h"
#include "unwind/arch.h"

/* Descriptors that a session is started with. */
enum {
	SESSION_FD_OPENER = 3,	/* this channel */
	SESSION_FD_CONTROL = 4,	/* to the command that started it (session/control.h) */
	SESSION_FD_RECORDING = 5,
	SESSION_FD_LISTENER = 6,	/* where further viewers come; may be missing */
};

/* And a worker. */
enum {
	WORKER_FD_SESSION = 3,	/* worker/worker_proto.h */
};

enum opener_type {
	/* opener to session */
	O_SPEC = 1,
	O_PROCESS,
	O_THREADS,
	O_RING,
	O_EVENTS,
	O_STARTED,
	O_FAILED,
	O_FILE,
	O_WORKER,
	O_TARGET_END,
	O_TIMES,
	O_NOTE,
	O_STOPPED,
	O_CHECKED,
	O_RINGS_FREED,
	O_BPF,
	O_GONE,
	O_PROGRESS,
	O_REVOKED,
	O_WAITING,
	O_COUNTED,
	O_USAGE,
	/* session to opener */
	S_FILE = 101,
	S_DEBUG_FILE,
	S_NAMES_FILE,
	S_KALLSYMS,
	S_CACHE_GET,
	S_CACHE_PUT,
	S_WORKER,
	S_PROCESS,
	S_REOPEN,
	S_CONTINUE,
	S_SAMPLING_OVER,
	S_PAUSE,
	S_PROGRESS,
	S_PYTHON,	/* only the type: bpf: there is Python to be walked */
	S_RING,
	S_COUNT,
};

enum opener_engine {
	ENGINE_AUTO, ENGINE_BPF, ENGINE_PERF, ENGINE_PTRACE, ENGINE_COUNT
};

static inline const char *opener_engine_name(enum opener_engine engine)
{
	static const char *const names[] = { "auto", "bpf", "perf", "ptrace" };

	return engine < ENGINE_COUNT ? names[engine] : "";
}

/* Whether the effect of sampling on the target is measured, and by which progress. */
enum opener_effect {
	EFFECT_NONE, EFFECT_AUTO,
	EFFECT_BY	/* and an enum record_progress */
};

/* Whoever sends puts the text where the struct ends: padding would come between. */
#define TEXT_IS_BEHIND(what, text)                                             \
	_Static_assert(sizeof(struct what) == offsetof(struct what, text), "padding")

/*
 * A program that has just begun may have no more time than that: how often it is sampled at
 * this age, where nobody chose a rate.  0: as every other.
 */
static inline uint32_t opener_young_rate(uint64_t age_ns)
{
	if (age_ns < 500 * NS_PER_MS)
		return 4999;
	return age_ns < 2 * NS_PER_S ? 1999 : 0;
}

/* The first message: what to do.  Followed by the command as shown to people. */
struct o_spec {
	uint32_t type;
	uint32_t pid;		/* 0: every process there is */
	uint32_t rate_hz;
	uint32_t young;		/* at first opener_young_rate() is in effect */
	uint32_t max_frames;
	uint64_t duration_ns;	/* 0: until stopped */
	uint64_t max_bytes;	/* of the recording; 0: no limit */
	uint32_t on_exec;	/* the target waits to exec; sampling starts then */
	uint32_t ncpus;
	uint32_t follow;	/* child processes as well */
	uint32_t command_pid;	/* of the command that asked for all this */
	uint32_t effect;	/* of sampling: enum opener_effect */
	uint32_t counts;	/* it counts its calls, which the command sends at its end */
	char command[];
};
TEXT_IS_BEHIND(o_spec, command);

/*
 * A process of the target.  Descriptors: /proc/PID/maps, then /proc/PID/mem if
 * it could be opened; none of a kernel thread.  Followed by the path of its
 * executable, that of its cgroup and that of the folder it works in, each terminated.
 */
struct o_process {
	uint32_t type;
	uint32_t pid, ppid;
	uint32_t has_mem;
	uint32_t kernel_thread;
	char name[PROC_NAME_MAX];
	char texts[];
};
TEXT_IS_BEHIND(o_process, texts);

/* A process that was asked for has ended. */
struct o_gone {
	uint32_t type;
	uint32_t pid;
};

/* Threads of a process. */
struct o_threads {
	uint32_t type;
	uint32_t pid;
	uint32_t n;
	struct o_thread {
		uint32_t tid;
		char name[PROC_NAME_MAX];
	} thread[];
};

/* A ring to map, with the event that owns it as descriptor. */
struct o_ring {
	uint32_t type;
	uint32_t cpu;
	uint32_t sideband;	/* mmap, fork, ... instead of samples */
	uint32_t pad;
	uint64_t bytes;
};

/* The kernel unwinds, by maps that the session fills: enum bpf_map_number's descriptors. */
struct o_bpf {
	uint32_t type;
	uint32_t table_bytes;
};

/*
 * Events that write into the rings, a descriptor each.  id 0: one that only has to stay
 * open; tid 0: one that a BPF program writes to; tid PERF_EVERY_THREAD: of whatever
 * runs on the CPU.
 */
#define O_EVENTS_MAX 64
struct o_events {
	uint32_t type;
	uint32_t n;
	struct o_event {
		uint64_t id;
		uint64_t period_ns;
		uint32_t tid, cpu;
	} event[O_EVENTS_MAX];
};

/*
 * The engine samples (again, with other parameters, after S_REOPEN).  Of the whole host
 * with a descriptor of /proc/stat.
 */
struct o_started {
	uint32_t type;
	uint32_t rate_hz;
	enum opener_engine engine;
	uint32_t kernel;	/* kernel samples are delivered */
	uint32_t stack_bytes;
	uint32_t hardware;	/* the event is hardware cycles */
	uint32_t n_threads, n_threads_total;	/* sampled of those there are */
	uint32_t tells_all;	/* what else happens on the CPUs is told, too */
	uint32_t pad;
	uint64_t time_ns;
};

/* No engine works.  Followed by one line for people. */
struct o_failed {
	uint32_t type;
	uint32_t exit_code;	/* enum cmd_exit */
	char text[];
};
TEXT_IS_BEHIND(o_failed, text);

/*
 * The answer to S_FILE, S_DEBUG_FILE, S_NAMES_FILE, S_KALLSYMS, S_CACHE_GET: a
 * descriptor, or none.
 */
enum file_origin {
	FILE_NONE,
	FILE_MAPPED,		/* the very file that is mapped */
	FILE_BY_PATH,		/* found by its path, same inode */
	FILE_OTHER,		/* found by its path, another inode: not the one mapped */
	FILE_REFUSED,		/* S_NAMES_FILE: there, but not to be believed;
				   S_KALLSYMS: there, but it hides the addresses */
};

struct o_file {
	uint32_t type;
	uint32_t request;
	uint32_t origin;	/* enum file_origin */
	uint32_t stuck;		/* opening it did not return in time */
	uint32_t index;		/* S_DEBUG_FILE: which of the names it was */
	struct o_file_state {	/* S_NAMES_FILE: what tells whether it has grown */
		uint64_t ino, size, changed_ns;
	} state;
};

struct o_worker {		/* its channel as descriptor */
	uint32_t type;
	uint32_t which;		/* enum worker_which */
	uint32_t pid;
};

struct o_target_end {
	uint32_t type;
	uint32_t pid;
	uint32_t how;		/* enum record_end_how */
	uint32_t status;
	uint64_t time_ns;
};

/* CPU time of threads. */
#define O_TIMES_MAX 2000
struct o_times {
	uint32_t type;
	uint32_t n;
	uint32_t more;		/* another message has the next threads */
	uint32_t helper_pid;	/* of a process that opens files for the opener; 0: none */
	uint64_t time_ns;
	struct o_time {
		uint32_t pid, tid;
		uint64_t cpu_ns;
	} time[];
};

/* The system call that a waiting thread is in; number -1: none. */
struct o_call {
	int32_t number;
	uint32_t pad;
	uint64_t args[2];	/* the first ones */
};

/*
 * bpf: threads of Python programs that wait, which their events do not show: their stacks
 * are not looked at.
 */
#define O_WAITING_MAX 64
struct o_waiting {
	uint32_t type;
	uint32_t n;
	uint64_t time_ns;
	struct o_waiter {
		uint32_t pid, tid;
		uint64_t weight_ns;
		struct o_call call;
	} thread[O_WAITING_MAX];
};

/* Something that people should know.  Followed by the text. */
struct o_note {
	uint32_t type;
	uint32_t level;		/* enum record_note_level */
	char text[];
};
TEXT_IS_BEHIND(o_note, text);

/*
 * ptrace: one thread, stopped (running) or waiting by itself.  The opener goes
 * on with the thread when S_CONTINUE comes, or so long after the message without it.
 */
#define STOPPED_NS (40 * NS_PER_MS)

struct o_stopped {
	uint32_t type;
	uint32_t sequence;
	uint32_t pid, tid;
	uint32_t waiting;	/* only sp and pc are known; nothing was stopped */
	uint32_t in_syscall;	/* the stop landed in a system call */
	struct o_call call;	/* of one that waits */
	uint64_t time_ns;
	uint64_t weight_ns;
	uint64_t cpu_ns;	/* that the thread has used in its life */
	uint64_t held_ns;	/* for so long were threads held before this one, together */
	uint64_t thread_pointer;	/* pthread_self() of it; 0: not known */
	struct unwind_regs regs;
};

/* ptrace: nothing is left that we may look into; perf's events tell that by themselves. */
struct o_revoked {
	uint32_t type;
};

/*
 * What all processes of the target together have used since recording began: the counters
 * from COUNTER_USER_NS on, in their order.
 */
#define O_USAGE_COUNTERS (COUNTER_THREADS - COUNTER_USER_NS + 1)
#define O_USAGE_UNKNOWN UINT64_MAX

struct o_usage {
	uint32_t type;
	uint32_t unused;
	uint64_t time_ns;
	uint64_t value[O_USAGE_COUNTERS];	/* or O_USAGE_UNKNOWN */
};

/* ptrace: whether a waiting thread stayed where it was while it was read. */
struct o_checked {
	uint32_t type;
	uint32_t sequence;
	uint32_t same;
};

/* How far all processes of the target together have come. */
struct o_progress {
	uint32_t type;
	uint32_t sequence;	/* of S_PROGRESS */
	uint64_t time_ns;
	uint64_t cpu_ns;
	uint64_t progress[PROGRESS_COUNT];	/* or PROGRESS_UNKNOWN */
};

/*
 * How often functions of Python ended, by S_COUNT; in several messages if they are many, and
 * before the end with counts of 0, so that they are known.  The one that counts is the last.
 * Followed by the reason, and without functions, if nothing could be counted.
 */
#define O_COUNTED_MAX 1500
struct o_counted {
	uint32_t type;
	uint32_t n;
	uint32_t more;		/* it is not the last */
	uint32_t n_procs;	/* processes that were listened to */
	uint64_t from_ns, to_ns;
	uint64_t cpu_ns;	/* that the target used between these, */
	uint64_t off_cpu_ns;	/* and since it was asked */
	uint64_t n_returns;	/* of all functions, yields included: each took */
	uint64_t return_ps;	/* picoseconds of CPU time at least; 0: not known */
	uint64_t n_left_out;	/* of functions for which there was no room */
	struct o_count {
		uint32_t pid, pad;
		uint64_t code, name;	/* addresses there: of its code object, and of that the name */
		uint64_t n;		/* how often it ended */
	} count[];
};

/* Open the file behind a mapping.  Followed by its path. */
struct s_file {
	uint32_t type;
	uint32_t request;
	uint32_t pid;
	uint32_t pad;
	uint64_t start, end;	/* of the mapping */
	uint64_t dev, ino;
	char path[];
};
TEXT_IS_BEHIND(s_file, path);

/* Open the first of some files, looked for by name in the target's root and
 * then in ours.  Followed by the names, each terminated. */
struct s_debug_file {
	uint32_t type;
	uint32_t request;
	uint32_t pid;
	char names[];
};
TEXT_IS_BEHIND(s_debug_file, names);

/*
 * Open what a process writes of the code that it generates: the jitdump that it has
 * mapped, or, where no path follows, /tmp/perf-PID.map as it sees that.  Only a
 * regular file that it or root owns, and that is not older than the process.
 */
struct s_names_file {
	uint32_t type;
	uint32_t request;
	uint32_t pid;
	uint32_t pad;
	uint64_t ino;		/* of the jitdump */
	char path[];
};
TEXT_IS_BEHIND(s_names_file, path);

/* The kernel's symbols, as text. */
struct s_kallsyms {
	uint32_t type;
	uint32_t request;
};

struct s_cache {		/* S_CACHE_PUT: the contents as memory file */
	uint32_t type;
	uint32_t request;
	uint8_t key[16];
};

enum worker_which {
	WORKER_UNWIND, WORKER_SYMBOL, WORKER_COUNT,
};

struct s_worker {		/* end the old one if there is one */
	uint32_t type;
	uint32_t which;
};

struct s_process {
	uint32_t type;
	uint32_t pid;
};

/* perf, bpf: open the events again, for all threads there are, like this. */
struct s_reopen {
	uint32_t type;
	uint32_t stack_bytes;	/* 0: as they are */
	uint32_t rate_hz;
	uint32_t by_cpu;	/* events of CPUs, where threads can be told apart */
};

/*
 * The rings were read to the end: free them, they count against the user.
 * Answered with O_RINGS_FREED, so that who waits for the session's end finds
 * them free.
 */
struct s_sampling_over {
	uint32_t type;
};

/* The answer to O_RING. */
struct s_ring {
	uint32_t type;
	uint32_t mapped;	/* else the budget for locked memory does not allow it */
};

/*
 * Count for so long what Python functions return in these processes, by a probe of their
 * interpreter, whose file comes along; for 0 ns: end it now.  Answered with O_COUNTED.
 */
#define S_COUNT_MAX 256
struct s_count {
	uint32_t type;
	uint32_t n;
	uint64_t duration_ns;
	uint32_t n_sites, pad;
	struct elf_probe site[PYTHON_MAX_RETURNS];
	struct bpf_return_way way;
	struct s_count_proc {
		uint32_t pid, pad;
		uint64_t state;		/* where it has the state of the thread that runs */
	} proc[];
};

struct o_rings_freed {
	uint32_t type;
};

struct s_continue {
	uint32_t type;
	uint32_t sequence;
	uint32_t again;		/* not taken: its time counts with the thread's next sample */
};

/* ptrace: take no samples until another one says so. */
struct s_pause {
	uint32_t type;
	uint32_t pause;
};

struct s_progress {		/* answered with O_PROGRESS */
	uint32_t type;
	uint32_t sequence;
};

#endif
