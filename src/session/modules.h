// SPDX-License-Identifier: Apache-2.0
/*
 * session/modules.h - files that are mapped, their unwind tables, and code in no file.
 *
 * A part of session/session.h, for the files named below.
 */
#ifndef CPROFD_SESSION_MODULES_H
#define CPROFD_SESSION_MODULES_H

#include "opener/opener_proto.h"
#include "session/procs.h"

struct generated;
struct msg;
struct session;

/* ---- modules.c: files and their unwind tables ---- */

enum module_state {
	MODULE_ASKED_FILE,	/* waits for the opener */
	MODULE_ASKED_CACHE,	/* waits for a cached table */
	MODULE_WANTS_TABLE,	/* waits for its turn to ask the worker */
	MODULE_ASKED_TABLE,	/* waits for the worker */
	MODULE_READY,		/* with a table, or known to have none */
	MODULE_CLOSED,		/* nobody maps it, and it has no frame: as if it were new */
};

/* How far the names of a module's frames are. */
enum naming_state {
	NAMING_IDLE,		/* nobody asked yet */
	NAMING_DEBUG_FILE,	/* waits for the opener */
	NAMING_CACHE,		/* waits for cached names */
	NAMING_CACHED,		/* has them, and no need for more so far */
	NAMING_OPEN,		/* waits for the worker to open */
	NAMING_ALT_FILE,	/* waits for the opener */
	NAMING_OPEN_AGAIN,	/* waits for the worker to open with that */
	NAMING_READY,		/* can be asked */
	NAMING_ASKED,		/* waits for names */
	NAMING_FAILED,		/* there will be none */
};

struct unnamed {		/* a frame without a name yet */
	uint64_t vaddr;		/* where to look, 1 before a return address */
	uint32_t frame;
	bool is_return;
};

struct module {
	uint32_t number;	/* in the recording */
	enum record_module_kind kind;
	char *path;
	uint64_t dev, ino;
	int fd;			/* -1: none */
	enum module_state state;
	uint32_t flags;		/* enum record_module_flags */
	char *note;		/* NULL: none */
	char *names_note;	/* the same about its names */
	unsigned int n_crashes;	/* of a worker over this module */
	bool no_rare;		/* a worker ended in a rare step over it: no more of those */
	uint64_t missed_ns;	/* when it could not be opened; 0: it could, or is not tried again */
	bool has_key;		/* it is the very file: what is made from it can be cached */
	uint8_t table_key[16];

	/* Valid when READY. */
	const struct r_table *facts;	/* NULL: the file could not be read */
	struct unwind_table table;
	bool has_table;
	void *image;		/* mapping that facts and table are in */
	size_t image_len;

	/* kernel_side.c */
	uint32_t kernel_table;	/* its table's index in the kernel; 0: it is not there */
	bool kernel_refused;	/* there is no room for it */

	/* symbols.c */
	enum naming_state naming;
	bool names_wait;	/* for its turn to ask the worker what `naming` says */
	struct unnamed *unnamed;
	size_t n_unnamed, cap_unnamed;
	int debug_fd, alt_fd;
	char *debug_path;
	uint32_t *functions;	/* worker's number -> recording's number */
	size_t n_functions, cap_functions;
	struct known_names *known;
	struct generated *generated;	/* MODULE_ANON of one process; else NULL */
	struct python_functions *python;	/* MODULE_PYTHON; else NULL */
	bool said_python;	/* why its Python functions are not shown */
};

struct module *modules_file(struct session *s, struct proc *p, const struct proc_map *map);
struct module *modules_vdso(struct session *s);

/* Memory of no file, whosever it is: what mappings refer to.  Has no names. */
struct module *modules_anon(struct session *s);

/* Of one process; takes `g` over. */
struct module *modules_generated(struct session *s, struct generated *g);
struct module *modules_kernel(struct session *s);

/* Functions of a version of Python: "python3.11". */
struct module *modules_python(struct session *s, const char *name);

/* One bit of 64 for a module. */
static inline uint64_t module_bit(const struct module *m)
{
	return 1ull << m->number % 64;
}

/* Where in the file's own terms address `addr` of a mapping is. */
uint64_t module_vaddr(const struct mapping *map, uint64_t addr);

void modules_on_file(struct session *s, struct module *module, const struct o_file *o, int fd);
void modules_on_cache(struct session *s, struct module *module, int fd);
void modules_on_table(struct session *s, struct msg *m);
void modules_on_step(struct session *s, struct msg *m);

/* What it was asked is in s->asked. */
void modules_worker_died(struct session *s);

/* There is a worker (again), or it has less to do: ask it what is waiting. */
void modules_worker_ready(struct session *s);

/* The key for what is derived from a file: what the kernel says it is. */
bool module_file_key(int fd, uint8_t key[16]);

/* Close the files that no process has mapped, and that no sample was in. */
void modules_collect(struct session *s);

/* For each module, by its number: does a process have it mapped?  The caller frees it. */
bool *modules_used(const struct session *s);

/* Give up on what takes too long. */
void modules_tick(struct session *s, uint64_t now_ns);

/*
 * Step over one frame by libunwind in the worker, with the rule of address `at`;
 * waits for the answer.
 */
bool modules_rare_step(struct session *s, struct module *module, const struct mapping *map,
		       uint64_t at, const struct unwind_stack *stack,
		       struct unwind_regs *regs);

/* Tell the recording what was learned about the module. */
void module_put_info(struct session *s, struct module *module);

void modules_free(struct session *s);

/* ---- memory_image.c ---- */

/*
 * The file behind a mapping put together from the memory of the process, for
 * files that are deleted, replaced or not readable: a memory file without
 * section headers, or -1.
 */
int memory_image_file(const struct proc *p, uint64_t dev, uint64_t ino);

/* The kernel's vdso as a memory file, or -1. */
int memory_image_vdso(void);

/* ---- generated.c: names of code that processes generate ---- */

/* What the process' frames in memory of no file refer to. */
struct module *generated_module(struct session *s, struct proc *p);
void generated_free(struct generated *g);

/* Is it mapped for profilers to find it, and never run?  It was. */
bool generated_is_jitdump(const struct proc_map *map);
void generated_saw_jitdump(struct proc *p, const struct proc_map *map);
void generated_process_ended(struct module *module);

/* Look for the files; due when frames have no name and it is time. */
void generated_look(struct session *s, struct module *module);
bool generated_is_due(const struct session *s, const struct module *module);
void generated_on_file(struct session *s, struct module *module, const struct o_file *o, int fd);

/* The files do not name this frame: it waits for the next look. */
void generated_nameless(struct module *module, uint64_t vaddr, uint32_t frame);

/* The worker has named what it could. */
void generated_answered(struct session *s, struct module *module);

/* Is there a look to come that could name a frame? */
bool generated_busy(const struct module *module);

#endif
