// SPDX-License-Identifier: Apache-2.0
/*
 * Names of code that a process generates while it runs: it writes them to files of
 * its own (perf map, jitdump), which grow.  Each process with a sample in such code
 * has a module for it, and that is looked at
 *
 *	when its first frame wants a name,
 *	again, LOOK_NS later at the earliest, while frames have none,
 *	for the last time when sampling or the process has ended.
 *
 * A look asks the opener for the files; if they have changed the worker reads them
 * from the beginning, and is asked for the frames that had no name before.
 *
 *	map ──► none: its parent's ──► jitdump, if one is mapped ──► worker
 *
 * A child that was forked has its parent's code, until it execs.
 */
#include "session/session.h"

#include <ctype.h>
#include <string.h>

#include "base/error.h"

#define LOOK_NS NS_PER_S
#define READ_SHARE 8	/* reading takes one in so many of the time, at most */
#define MAX_GENERATED 1000	/* modules; other processes' code stays without names */

struct generated {
	uint32_t pid, parent;	/* parent 0: not known, or no code of it */
	char *dump;		/* path of the jitdump, or NULL */
	uint64_t dump_ino;

	enum { LOOK_AT_MAP, LOOK_AT_PARENT, LOOK_AT_DUMP } looking;
	uint64_t due_ns;	/* of the next look */
	uint64_t read_ns;	/* the worker reads since then; 0: it does not */
	bool process_ended;
	bool looked_last;	/* there will be no more looks */
	bool refused;		/* there is a file, but it is not to be believed */
	struct o_file_state map, dump_state;	/* when last seen */
	bool changed;		/* since the worker read them */
	unsigned int read_by;	/* how many workers had died then */

	struct unnamed *missing;	/* frames that the files did not name */
	size_t n_missing, cap_missing;
};

/* ---- modules ---- */

struct module *generated_module(struct session *s, struct proc *p)
{
	struct generated *g;

	if (p->generated)
		return p->generated;
	if (s->n_generated >= MAX_GENERATED)
		return modules_anon(s);
	s->n_generated++;
	g = xcalloc(1, sizeof(*g));
	g->pid = p->pid;
	g->parent = p->forked_by;
	g->dump = steal(p->jitdump);
	g->dump_ino = p->jitdump_ino;
	p->generated = modules_generated(s, g);
	return p->generated;
}

void generated_free(struct generated *g)
{
	if (!g)
		return;
	free(g->dump);
	free(g->missing);
	free(g);
}

/* jit-PID.dump, which is mapped for profilers to find it */
bool generated_is_jitdump(const struct proc_map *map)
{
	const char *name = memrchr(map->path, '/', map->path_len), *end = map->path + map->path_len;
	static const char before[] = "/jit-", behind[] = ".dump";

	if (!name || (size_t)(end - name) <= strlen(before) + strlen(behind) ||
	    memcmp(name, before, strlen(before)) != 0 ||
	    memcmp(end - strlen(behind), behind, strlen(behind)) != 0)
		return false;
	for (name += strlen(before); name < end - strlen(behind); name++)
		if (!isdigit((unsigned char)*name))
			return false;
	return true;
}

void generated_saw_jitdump(struct proc *p, const struct proc_map *map)
{
	struct generated *g = p->generated ? p->generated->generated : NULL;
	char **path = g ? &g->dump : &p->jitdump;

	free(*path);
	*path = strndup(map->path, map->path_len);
	if (!*path)
		abort();
	*(g ? &g->dump_ino : &p->jitdump_ino) = map->ino;
}

void generated_process_ended(struct module *m)
{
	m->generated->process_ended = true;
}

/* ---- looking ---- */

static void ask_for_file(struct session *s, struct module *m, uint32_t pid, const char *path,
			 uint64_t ino)
{
	size_t len = sizeof(struct s_names_file) + strlen(path) + 1;
	_cleanup_(freep) struct s_names_file *ask = xcalloc(1, len);

	*ask = (struct s_names_file){ .type = S_NAMES_FILE, .pid = pid, .ino = ino };
	memcpy(ask->path, path, strlen(path) + 1);
	m->naming = NAMING_DEBUG_FILE;
	session_ask(s, REQUEST_DEBUG, m, ask, len, &ask->request);
}

void generated_look(struct session *s, struct module *m)
{
	struct generated *g = m->generated;

	g->looked_last = g->process_ended || s->state == SESSION_FINISHING;
	g->due_ns = s->now_ns + LOOK_NS;
	g->refused = false;
	g->looking = LOOK_AT_MAP;
	ask_for_file(s, m, g->pid, "", 0);
}

bool generated_is_due(const struct session *s, const struct module *m)
{
	const struct generated *g = m->generated;

	return m->naming == NAMING_READY && g->n_missing && !g->looked_last &&
	       (s->now_ns >= g->due_ns || g->process_ended || s->state == SESSION_FINISHING);
}

bool generated_busy(const struct module *m)
{
	const struct generated *g = m->generated;

	return g->n_missing && (!g->looked_last || m->naming != NAMING_READY);
}

/*
 * Keep the newest descriptor of a file.  One that is not to be had any more, as its
 * process has ended, may have grown since it was read.
 */
static void take_file(struct generated *g, const struct o_file *o, int fd, int *kept,
		      struct o_file_state *seen)
{
	if (o->origin == FILE_REFUSED)
		g->refused = true;
	if (fd < 0) {
		g->changed |= *kept >= 0 && g->looked_last;
		return;
	}
	g->changed |= memcmp(&o->state, seen, sizeof(*seen)) != 0;
	*seen = o->state;
	closep(kept);
	*kept = fd;
}

static void set_note(struct session *s, struct module *m)
{
	const char *note = !m->generated->refused ? NULL : "what it says of its generated code is not "
			   "used: the file is another user's, older than the process, or no regular file";

	if (!note == !m->note)
		return;
	free(m->note);
	m->note = note ? xstrdup(note) : NULL;
	module_put_info(s, m);
}

/* The files are there as far as they are: have the worker read them, if need be. */
static void looked(struct session *s, struct module *m)
{
	struct generated *g = m->generated;

	set_note(s, m);
	if (g->read_by && !g->changed && g->read_by == s->n_worker_deaths[WORKER_SYMBOL] + 1) {
		m->naming = NAMING_READY;
		return;
	}
	g->changed = false;
	g->read_by = s->n_worker_deaths[WORKER_SYMBOL] + 1;
	g->read_ns = s->now_ns;
	symbols_ask_again(m, g->missing, g->n_missing);
	g->n_missing = 0;
	symbols_open_files(s, m);
}

void generated_on_file(struct session *s, struct module *m, const struct o_file *o, int fd)
{
	struct generated *g = m->generated;

	if (g->looking == LOOK_AT_DUMP)
		take_file(g, o, fd, &m->debug_fd, &g->dump_state);
	else
		take_file(g, o, fd, &m->fd, &g->map);
	if (g->looking == LOOK_AT_MAP && m->fd < 0 && !g->dump && g->parent) {
		g->looking = LOOK_AT_PARENT;
		ask_for_file(s, m, g->parent, "", 0);
	} else if (g->looking != LOOK_AT_DUMP && g->dump) {
		g->looking = LOOK_AT_DUMP;
		ask_for_file(s, m, g->pid, g->dump, g->dump_ino);
	} else {
		looked(s, m);
	}
}

void generated_nameless(struct module *m, uint64_t vaddr, uint32_t frame)
{
	struct generated *g = m->generated;

	array_reserve(g->missing, g->n_missing + 1, g->cap_missing);
	g->missing[g->n_missing++] = (struct unnamed){ .vaddr = vaddr, .frame = frame };
}

void generated_answered(struct session *s, struct module *m)
{
	struct generated *g = m->generated;

	if (g->read_ns)
		g->due_ns = max_of(g->due_ns, s->now_ns + READ_SHARE * (s->now_ns - g->read_ns));
	g->read_ns = 0;
}
