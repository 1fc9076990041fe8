// SPDX-License-Identifier: Apache-2.0
/*
 * session/procs.h - processes, their threads, and what is mapped where in them.
 *
 * A part of session/session.h, for the files named below.
 */
#ifndef CPROFD_SESSION_PROCS_H
#define CPROFD_SESSION_PROCS_H

#include "engine/perf_reader.h"
#include "opener/opener_proto.h"
#include "proc/maps.h"
#include "record/record.h"
#include "unwind/unwind.h"

struct module;
struct msg;
struct session;

/* ---- procs.c: processes and threads ---- */

struct mapping {
	uint64_t start, end, off;
	struct module *module;
	uint64_t unsteady_until_ns;	/* it took another's place; see kernel_side.c */
	uint32_t seen;		/* by this reading of all, or since */
};

/* Mappings took the place of others, or are gone. */
struct maps_change {
	uint32_t generation;	/* of the process, from then on */
	uint64_t modules;	/* old and new ones, see module_bit() */
};

#define MAX_MAPS_CHANGES 16	/* that are remembered, of a process */
#define UNSTEADY_NS (2 * NS_PER_S)	/* after a mapping has taken another's place */

struct proc {
	uint32_t pid;
	uint32_t number;	/* in the recording; see procs_record() */
	bool recorded;
	uint32_t name, exe, cgroup;	/* strings of the recording */
	uint32_t ppid;		/* 0: not known */
	enum record_process_how how;	/* it came to be known, */
	uint64_t born_ns;		/* and when that was */
	struct session *session;
	struct unwind_space space;	/* generation changes with the mappings */
	struct mapping *maps;	/* sorted */
	size_t n_maps, cap_maps;
	size_t n_maps_read;	/* when all were read last; */
	uint32_t n_readings;	/* how often that was, */
	uint64_t reading_ns;	/* and what CPU time it took */
	struct maps_change changes[MAX_MAPS_CHANGES];	/* the last ones */
	size_t n_changes;
	uint64_t changed_ns;	/* when the last of them came */
	int maps_fd, mem_fd;	/* -1: none */
	struct thread *threads;
	uint32_t n_living;	/* of its threads */
	bool first_ended;	/* the thread whose tid is the pid */
	bool maps_known;	/* all of them: else the opener was asked, or will be */
	bool asked;		/* the opener, for handles */
	uint64_t first_cpu_ns;	/* CPU time of that thread when it exec'd */
	bool ended;		/* or exec'd: freed when no sample can need it any more */
	uint64_t missing_ns;	/* its handles are dead, new ones were asked for then; 0: no */
	uint64_t refreshed_ns;	/* see mappings_refresh() */
	uint64_t first_reread_ns;	/* see mappings_reread(); 0: none yet */
	uint64_t reread_ns;	/* it would cost too much before that, */
	uint64_t stack_look_ns;	/* and to look for a stack before that */
	uint64_t loading_until_ns;	/* until then its libraries are being mapped */
	struct module *generated;	/* of code in no file, or NULL: none was sampled yet */
	uint32_t forked_by;	/* pid of who it has its code from, or 0 */
	struct python *python;	/* its interpreter; NULL: none is known */
	bool python_told;	/* to the kernel */
	uint32_t python_looked;	/* by that generation it was looked for what to tell, of the whole host */
	char *cwd;		/* the folder it worked in when it was first seen, or NULL */
	bool python_waits;	/* a handle of its memory was asked for */
	char *jitdump;		/* path of what it has mapped, until `generated` takes it */
	uint64_t jitdump_ino;

	/* kernel_side.c */
	uint32_t n_execs;	/* that are in the recording, or else were taken over: */
	uint32_t other_execs;	/* the kernel counted so many, less one, at the last look; 0: the same */
	bool takes_execs;	/* its number is taken with the next handles */
	uint32_t told_generation;	/* of what the kernel knows */
	uint64_t tell_again_ns;		/* some may be told that was left out; 0: nothing was */
	uint32_t first_block, n_block;	/* where that is; 0: nothing */
	uint32_t block_generation;
	bool told_partial;		/* there is more */
	bool tell_anew;			/* even if it is the same */
};

struct thread {
	uint32_t tid;
	uint32_t number;	/* in the recording */
	struct proc *proc;
	struct thread *next;	/* of its process */
	uint32_t slot;		/* in the session's array */
	uint64_t ended_ns;	/* its tid may come back as another thread; 0: it lives */
	uint64_t stack_start, stack_end;	/* mapping of its stack, when last looked */
	uint64_t cpu_base_ns;	/* CPU time before sampling began */
	uint64_t cpu_ns;	/* CPU time when last read, */
	uint64_t cpu_read_ns;	/* and when that was */
	bool cpu_told;		/* that is in the recording */
	bool nameless;		/* its process had no name yet */
	bool cpu_before;	/* what it has used when first read was before that */
	uint32_t n_pending;	/* samples that wait for a table */
	uint64_t seen_ns;	/* when it was last sampled or listed */
	uint64_t thread_pointer;	/* pthread_self(); 0: not known */
	uint32_t name;		/* string of the recording */
	bool named_itself;	/* by its program: no other name counts any more */
	uint64_t named_ns;	/* when that was looked for last; 0: never */
};

/* The process, made up from what is known if it was not heard of yet. */
struct proc *procs_get(struct session *s, uint32_t pid, uint64_t time_ns);
struct proc *procs_find(struct session *s, uint32_t pid);

/*
 * Put it into the recording, if it is not there.  That is done when there is more to say
 * of it than that it came and went: many do only that.
 */
void procs_record(struct proc *p);

/* How many there were that are not in it. */
uint64_t procs_count_unrecorded(const struct session *s);
struct thread *procs_get_thread(struct session *s, uint32_t pid, uint32_t tid,
				uint64_t time_ns);
struct thread *procs_find_thread(struct session *s, uint32_t tid);

/* It is called that from now on. */
void procs_name_thread(struct session *s, struct thread *t, uint32_t name);

/* The thread had used so much CPU time at `time_ns`. */
void procs_saw_cpu(struct thread *t, uint64_t cpu_ns, uint64_t time_ns);

/* Put what was read since the last time into the recording. */
void procs_put_cpu(struct session *s);

/* Messages of the opener about processes. */
void procs_on_process(struct session *s, struct msg *m);
void procs_on_gone(struct session *s, const struct o_gone *msg);
void procs_on_threads(struct session *s, const struct o_threads *msg);
void procs_on_times(struct session *s, const struct o_times *msg);

/* Events that the kernel reports. */
void procs_on_mmap(struct session *s, const struct perf_mmap *m, uint64_t time_ns);
void procs_on_fork(struct session *s, const struct perf_task *t);
void procs_on_exit(struct session *s, const struct perf_task *t);
void procs_on_comm(struct session *s, const struct perf_comm *c, uint64_t time_ns);

/* Have the opener follow the processes that it has given no handles of. */
void procs_ask_missing(struct session *s);

/* What the kernel told was lost: look what there is. */
void procs_resync(struct session *s);

/* Ask for handles of its memory and mappings, and of a forked one, whose memory is wanted, once. */
void procs_ask_for_handles(struct proc *p);
void procs_want_handles(struct proc *p);

/* For an engine that is not told about execs: ask for new handles, now and then. */
void procs_refresh_handles(struct session *s, struct proc *p);

/* Something is known now that was not: forget what was resolved. */
void procs_new_generation(struct session *s);

/* The same for one process. */
void procs_changed(struct proc *p);

/* Free what has ended and no sample waits for. */
void procs_collect(struct session *s);

void procs_free(struct session *s);

/* ---- mappings.c: what is mapped where in a process ---- */

/* The mapping that `addr` is in, or NULL. */
const struct mapping *mappings_find(const struct proc *p, uint64_t addr);

/* Take one in, in place of what was there. */
void mappings_add(struct proc *p, const struct proc_map *map, uint64_t time_ns);

/* Put one into the recording, where the process is. */
void mappings_put(const struct proc *p, const struct mapping *m, uint64_t time_ns);

/* Take in all that there are now; those that are not there any more are forgotten. */
void mappings_read(struct proc *p);

/* For an engine that is not told about them: the same, not more often than the process
 * can bear. */
void mappings_refresh(struct session *s, struct proc *p);

/* For such an engine, too: false if that would cost too much now, or cannot be. */
bool mappings_reread(struct proc *p);

/* Can they be read while a thread is held still? */
bool mappings_are_quick(const struct proc *p);

/* Have some changed of late, or was it not looked at for long enough to know? */
bool mappings_are_unsteady(const struct proc *p);

/* Has a mapping of one of these modules come in another's place, or gone, since then? */
bool mappings_changed_since(const struct proc *p, uint32_t generation, uint64_t modules);

/* End of the memory mapping that holds the thread's stack at `addr`; 0: unknown. */
uint64_t mappings_stack_end(struct thread *t, uint64_t addr);

/* For struct unwind_space, whose ctx is a process. */
void mappings_resolve(void *ctx, uint64_t pc, uint32_t flags, struct unwind_place *out);
bool mappings_rare_step(void *ctx, uint64_t at, struct unwind_regs *regs);

#endif
