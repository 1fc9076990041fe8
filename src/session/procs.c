// SPDX-License-Identifier: Apache-2.0
#include "session/session.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "base/error.h"
#include "base/io.h"

#define MIN_CPU_NS NS_PER_MS	/* of a thread that was never sampled, to be told of */
#define MAX_MAPS_TEXT (64u << 20)
#define REFRESH_NS (100 * NS_PER_MS)	/* between two looks at the same process */
#define LOADING_NS (250 * NS_PER_MS)	/* after an exec libraries come one by one */

/* ---- finding and making ---- */

struct proc *procs_find(struct session *s, uint32_t pid)
{
	uint32_t i = u64map_find(&s->procs_by_pid, pid);

	return i < s->n_procs ? s->procs[i] : NULL;
}

static uint32_t put_text(struct session *s, const char *text)
{
	return record_put_string(s->writer, text, strlen(text));
}

static void put_process(struct proc *p, uint32_t ppid, enum record_process_how how,
			uint64_t time_ns)
{
	p->number = record_put_process(p->session->writer, &(struct record_process){
		.pid = p->pid, .ppid = ppid, .time_ns = time_ns, .how = how,
		.name = p->name, .exe = p->exe });
}

/*
 * A process that exec'd is recorded as soon as anything is said of it: its
 * first mapping, which is its executable, or a sample.
 */
static void ensure_recorded(struct proc *p)
{
	if (!p->exec_ns)
		return;
	put_process(p, 0, PROCESS_EXECED, p->exec_ns);
	p->exec_ns = 0;
}

static void new_generation(struct proc *p)
{
	p->space.generation = ++p->session->last_generation;
}

static void resolve(void *ctx, uint64_t pc, uint32_t flags, struct unwind_place *out);
static bool rare_step(void *ctx, uint64_t at, struct unwind_regs *regs);

static struct proc *new_proc(struct session *s, uint32_t pid)
{
	struct proc *p = xcalloc(1, sizeof(*p));
	uint32_t *slot = u64map_slot(&s->procs_by_pid, pid);

	/* One of that pid that has ended stays as long as samples may need it. */
	p->pid = pid;
	p->session = s;
	p->maps_fd = p->mem_fd = -1;
	p->space = (struct unwind_space){ .ctx = p, .resolve = resolve, .rare = rare_step };
	new_generation(p);
	if (*slot == U64MAP_NONE || s->procs[*slot]) {
		array_reserve(s->procs, s->n_procs + 1, s->cap_procs);
		*slot = (uint32_t)s->n_procs++;
	}
	s->procs[*slot] = p;
	return p;
}

static void ask_for_handles(struct session *s, uint32_t pid)
{
	struct s_process ask = { .type = S_PROCESS, .pid = pid };

	session_send_opener(s, &ask, sizeof(ask), NULL, 0);
}

void procs_ask_missing(struct session *s)
{
	for (size_t i = 0; i < s->n_procs; i++)
		if (s->procs[i] && !s->procs[i]->ended && s->procs[i]->maps_fd < 0)
			ask_for_handles(s, s->procs[i]->pid);
}

struct proc *procs_get(struct session *s, uint32_t pid, uint64_t time_ns)
{
	struct proc *p = procs_find(s, pid);

	if (p)
		return p;
	p = new_proc(s, pid);
	put_process(p, 0, PROCESS_FORKED, time_ns);
	ask_for_handles(s, pid);
	return p;
}

/* The last thread of that tid, also when it has ended; none of an exec'd process. */
static struct thread *find_last_thread(struct session *s, uint32_t tid)
{
	uint32_t i = u64map_find(&s->threads_by_tid, tid);
	struct thread *t = i < s->n_threads ? s->threads[i] : NULL;

	return t && procs_find(s, t->proc->pid) == t->proc ? t : NULL;
}

struct thread *procs_find_thread(struct session *s, uint32_t tid)
{
	struct thread *t = find_last_thread(s, tid);

	return t && !t->ended_ns ? t : NULL;
}

static struct thread *new_thread(struct session *s, struct proc *p, uint32_t tid,
				 uint32_t name, uint64_t time_ns)
{
	uint32_t *slot = u64map_slot(&s->threads_by_tid, tid);
	struct thread *t = xcalloc(1, sizeof(*t));

	if (*slot == U64MAP_NONE || s->threads[*slot]) {
		array_reserve(s->threads, s->n_threads + 1, s->cap_threads);
		*slot = (uint32_t)s->n_threads++;
	}
	s->threads[*slot] = t;
	t->slot = *slot;
	ensure_recorded(p);
	t->tid = tid;
	t->proc = p;
	t->cpu_base_ns = tid == p->pid ? p->first_cpu_ns : 0;
	t->cpu_ns = t->cpu_base_ns;
	t->cpu_told = true;
	t->next = p->threads;
	p->threads = t;
	p->n_living++;
	t->number = record_put_thread(s->writer, &(struct record_thread){
		.process = p->number, .tid = tid, .time_ns = time_ns, .name = name });
	return t;
}

struct thread *procs_get_thread(struct session *s, uint32_t pid, uint32_t tid,
				uint64_t time_ns)
{
	struct thread *t = find_last_thread(s, tid);
	struct proc *p;

	/* What is in another ring can come behind the end that it was before. */
	if (t && (!t->ended_ns || time_ns <= t->ended_ns))
		return t;
	p = procs_get(s, pid, time_ns);
	return new_thread(s, p, tid, p->name, time_ns);
}

void procs_saw_cpu(struct thread *t, uint64_t cpu_ns, uint64_t time_ns)
{
	t->cpu_ns = cpu_ns;
	t->cpu_read_ns = time_ns;
	t->cpu_told = false;
}

static void put_cpu(struct session *s, struct thread *t)
{
	if (t->cpu_told)
		return;
	t->cpu_told = true;
	record_put_counter(s->writer, &(struct record_counter){
		.time_ns = t->cpu_read_ns, .what = COUNTER_CPU_NS, .thread = t->number,
		.value = t->cpu_ns - t->cpu_base_ns });
}

void procs_put_cpu(struct session *s)
{
	for (size_t i = 0; i < s->n_threads; i++)
		if (s->threads[i])
			put_cpu(s, s->threads[i]);
}

/* ---- mappings ---- */

/* The first mapping that ends behind `addr`. */
static size_t map_index(const struct proc *p, uint64_t addr)
{
	size_t low = 0, high = p->n_maps;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (p->maps[mid].end > addr)
			high = mid;
		else
			low = mid + 1;
	}
	return low;
}

const struct mapping *procs_find_mapping(const struct proc *p, uint64_t addr)
{
	size_t i = map_index(p, addr);

	return i < p->n_maps && p->maps[i].start <= addr ? &p->maps[i] : NULL;
}

static void insert_map(struct proc *p, size_t at, struct mapping map)
{
	array_reserve(p->maps, p->n_maps + 1, p->cap_maps);
	memmove(p->maps + at + 1, p->maps + at, (p->n_maps - at) * sizeof(*p->maps));
	p->maps[at] = map;
	p->n_maps++;
}

static void remove_map(struct proc *p, size_t at)
{
	p->n_maps--;
	memmove(p->maps + at, p->maps + at + 1, (p->n_maps - at) * sizeof(*p->maps));
}

/* Take [start, end) out of what was mapped before. */
static void cut_maps(struct proc *p, uint64_t start, uint64_t end)
{
	size_t i = map_index(p, start);

	while (i < p->n_maps && p->maps[i].start < end) {
		struct mapping *m = &p->maps[i];
		struct mapping rest = *m;

		if (m->start < start && m->end > end) {
			m->end = start;
			rest.off += end - rest.start;
			rest.start = end;
			insert_map(p, i + 1, rest);
			return;
		}
		if (m->start < start) {
			m->end = start;
			i++;
		} else if (m->end > end) {
			m->off += end - m->start;
			m->start = end;
			return;
		} else {
			remove_map(p, i);
		}
	}
}

static struct module *module_of(struct session *s, struct proc *p, const struct proc_map *map)
{
	if (map->path_len == 6 && memcmp(map->path, "[vdso]", 6) == 0)
		return modules_vdso(s);
	if (map->ino == 0 || map->path_len == 0 || map->path[0] != '/')
		return modules_anon(s);
	if (generated_is_jitdump(map)) {
		generated_saw_jitdump(p, map);
		return modules_anon(s);
	}
	return modules_file(s, p, map);
}

static void add_map(struct session *s, struct proc *p, const struct proc_map *map,
		    uint64_t time_ns)
{
	struct module *module = module_of(s, p, map);
	const struct mapping *there = procs_find_mapping(p, map->start);

	if (p->exec_ns && !p->exe && module->kind == MODULE_FILE)
		p->exe = record_put_string(s->writer, map->path, map->path_len);
	ensure_recorded(p);
	if (there && there->start == map->start && there->end == map->end &&
	    there->off == map->off && there->module == module)
		return;		/* seen both in maps and as an event */
	cut_maps(p, map->start, map->end);
	insert_map(p, map_index(p, map->start), (struct mapping){
		.start = map->start, .end = map->end, .off = map->off, .module = module });
	new_generation(p);
	record_put_mapping(s->writer, &(struct record_mapping){
		.process = p->number, .module = module->number, .start = map->start,
		.size = map->end - map->start, .off = map->off, .time_ns = time_ns });
}

static void read_maps(struct session *s, struct proc *p)
{
	struct buf text = { 0 };
	struct proc_map map;
	char path[PATH_MAX];
	struct error err;

	if (lseek(p->maps_fd, 0, SEEK_SET) == 0 &&
	    io_read_all(p->maps_fd, MAX_MAPS_TEXT, &text, &err) == 0) {
		const char *at = (const char *)text.data, *end = at + text.len;

		while (proc_maps_next(&at, end, &map)) {
			if (!map.exec)
				continue;
			map.path_len = proc_map_path(&map, path, sizeof(path));
			map.path = path;
			add_map(s, p, &map, clock_mono_ns());
		}
	}
	buf_deinit(&text);
}

uint64_t procs_stack_end(struct thread *t, uint64_t addr)
{
	struct buf text = { 0 };
	struct proc_map map;
	struct error err;

	if (addr >= t->stack_start && addr < t->stack_end)
		return t->stack_end;
	t->stack_start = t->stack_end = 0;
	if (t->proc->maps_fd >= 0 && lseek(t->proc->maps_fd, 0, SEEK_SET) == 0 &&
	    io_read_all(t->proc->maps_fd, MAX_MAPS_TEXT, &text, &err) == 0) {
		const char *at = (const char *)text.data, *end = at + text.len;

		while (proc_maps_next(&at, end, &map)) {
			if (addr >= map.start && addr < map.end) {
				t->stack_start = map.start;
				t->stack_end = map.end;
				break;
			}
		}
	}
	buf_deinit(&text);
	return t->stack_end;
}

/* ---- answers for the unwinder ---- */

static void resolve(void *ctx, uint64_t pc, uint32_t flags, struct unwind_place *out)
{
	struct proc *p = ctx;
	struct session *s = p->session;
	uint64_t at = flags & UNWIND_RETURN ? pc - 1 : pc;
	const struct mapping *map = procs_find_mapping(p, at);
	struct module *m = map ? map->module : NULL;
	uint32_t frame_flags = (flags & UNWIND_RETURN ? FRAME_RETURN : 0) |
			       (flags & UNWIND_GUESSED ? FRAME_GUESSED : 0);

	if (m && m->state != MODULE_READY) {
		out->where = WHERE_PENDING;
		return;
	}
	if (!m || !m->facts) {
		out->where = !m ? WHERE_NOWHERE : m->kind == MODULE_ANON ? WHERE_ANON : WHERE_FILE;
		out->rule = RULE_UNCOVERED;	/* a file that could not be read */
		out->table = NULL;
		if (!m || m->kind == MODULE_ANON)
			m = generated_module(s, p);
		out->frame = stacks_frame(s, m, m->kind == MODULE_FILE
					  ? module_vaddr(map, pc) : pc, frame_flags);
		return;
	}
	uint64_t vaddr = module_vaddr(map, at);

	out->where = WHERE_FILE;
	out->rule = m->has_table ? unwind_table_find(&m->table, vaddr) : RULE_UNCOVERED;
	out->table = &m->table;
	/* A handler returns to the first instruction of code that nobody called. */
	if (out->rule == RULE_SIGNAL_FRAME)
		frame_flags &= ~(uint32_t)FRAME_RETURN;
	out->frame = stacks_frame(s, m, vaddr + (pc - at), frame_flags);
}

static bool rare_step(void *ctx, uint64_t at, struct unwind_regs *regs)
{
	struct proc *p = ctx;
	const struct mapping *map = procs_find_mapping(p, at);

	return map && map->module->facts && p->session->unwinding &&
	       modules_rare_step(p->session, map->module, map, at, p->session->unwinding, regs);
}

void procs_changed(struct proc *p)
{
	new_generation(p);
}

void procs_new_generation(struct session *s)
{
	for (size_t i = 0; i < s->n_procs; i++)
		if (s->procs[i])
			new_generation(s->procs[i]);
}

/* ---- what the opener says ---- */

/*
 * It exec'd: everything is another program's from here on, in a new process of
 * the same pid.  Samples that still wait for a table keep the old one.
 */
static struct proc *become_another(struct session *s, struct proc *old, uint32_t name,
				   uint32_t exe, uint64_t time_ns)
{
	const struct thread *first = procs_find_thread(s, old->pid);
	struct proc *p;

	old->ended = true;
	kernel_side_forget(s, old);
	p = new_proc(s, old->pid);
	p->n_execs = old->n_execs + 1;
	p->first_cpu_ns = first ? first->cpu_ns : 0;
	p->name = name;
	p->exe = exe;
	p->exec_ns = time_ns;
	p->loading_until_ns = s->now_ns + LOADING_NS;
	return p;
}

void procs_on_process(struct session *s, struct msg *m)
{
	const struct o_process *msg = (const struct o_process *)m->data;
	struct proc *p = procs_find(s, msg->pid);
	bool is_new = !p;

	if (is_new) {
		p = new_proc(s, msg->pid);
	} else if (!s->perf && put_text(s, msg->exe) != p->exe) {
		/* An engine without events about execs: another executable tells. */
		p = become_another(s, p, put_text(s, msg->name), put_text(s, msg->exe), s->now_ns);
	}
	closep(&p->maps_fd);
	closep(&p->mem_fd);
	p->maps_fd = msg_take_fd(m, 0);
	p->mem_fd = msg->has_mem ? msg_take_fd(m, 1) : -1;
	if (is_new) {
		p->name = put_text(s, msg->name);
		p->exe = put_text(s, msg->exe);
		put_process(p, msg->ppid, PROCESS_PRESENT, clock_mono_ns());
	}
	/* The command that waits to exec has nothing of what it will be. */
	if (!s->spec->on_exec || !is_new || msg->pid != s->spec->pid)
		read_maps(s, p);
}

void procs_refresh_maps(struct session *s, struct proc *p)
{
	bool too_soon = s->now_ns - p->refreshed_ns < REFRESH_NS &&
			s->now_ns >= p->loading_until_ns;

	if (too_soon || p->maps_fd < 0)
		return;
	p->refreshed_ns = s->now_ns;
	read_maps(s, p);
}

void procs_refresh_handles(struct session *s, struct proc *p)
{
	if (s->now_ns - p->refreshed_ns < REFRESH_NS)
		return;
	p->refreshed_ns = s->now_ns;
	ask_for_handles(s, p->pid);
}

void procs_on_threads(struct session *s, const struct o_threads *msg)
{
	struct proc *p = procs_find(s, msg->pid);

	for (uint32_t i = 0; p && i < msg->n; i++)
		if (!procs_find_thread(s, msg->thread[i].tid))
			new_thread(s, p, msg->thread[i].tid,
				   put_text(s, msg->thread[i].name), clock_mono_ns());
}

void procs_on_times(struct session *s, const struct o_times *msg)
{
	for (uint32_t i = 0; i < msg->n; i++) {
		const struct o_time *time = &msg->time[i];
		struct thread *t = procs_find_thread(s, time->tid);

		/* Never sampled: idle, or always where we may not look. */
		if (!t && time->cpu_ns >= MIN_CPU_NS && s->cpu_read && procs_find(s, time->pid))
			t = procs_get_thread(s, time->pid, time->tid, msg->time_ns);
		if (!t)
			continue;
		/* Of those that are there at first, what they have is from before. */
		if (!s->cpu_read)
			t->cpu_base_ns = time->cpu_ns;
		procs_saw_cpu(t, time->cpu_ns, msg->time_ns);
	}
	if (msg->more)
		return;
	s->cpu_read = true;
	procs_put_cpu(s);
}

/* ---- what the kernel says ---- */

void procs_on_mmap(struct session *s, const struct perf_mmap *m, uint64_t time_ns)
{
	static const char deleted[] = " (deleted)";
	struct proc_map map = {
		.start = m->addr, .end = m->addr + m->len, .off = m->off,
		.dev = m->dev, .ino = m->ino, .exec = m->exec,
		.path = m->path, .path_len = strlen(m->path),
	};
	size_t suffix = strlen(deleted);

	if (!m->exec || map.end <= map.start)
		return;
	if (map.path_len > suffix && strcmp(m->path + map.path_len - suffix, deleted) == 0)
		map.path_len -= suffix;
	add_map(s, procs_get(s, m->pid, time_ns), &map, time_ns);
}

/* A child has its parent's mappings until it execs. */
void procs_on_fork(struct session *s, const struct perf_task *t)
{
	struct proc *parent, *child;

	if (t->pid == t->ppid)
		return;		/* a thread: known when it is sampled */
	if (!s->spec->follow)
		return;
	parent = procs_find(s, t->ppid);
	child = procs_find(s, t->pid);
	if (child && !child->first_ended)
		return;		/* the opener was faster */
	if (child)
		child->ended = true;
	child = new_proc(s, t->pid);
	if (parent) {
		child->name = parent->name;
		child->exe = parent->exe;
		child->forked_by = parent->pid;
		child->maps = xmemdup(parent->maps, parent->n_maps * sizeof(*parent->maps));
		child->n_maps = child->cap_maps = parent->n_maps;
	}
	put_process(child, t->ppid, PROCESS_FORKED, t->time_ns);
	for (size_t i = 0; i < child->n_maps; i++) {
		const struct mapping *m = &child->maps[i];

		record_put_mapping(s->writer, &(struct record_mapping){
			.process = child->number, .module = m->module->number,
			.start = m->start, .size = m->end - m->start, .off = m->off,
			.time_ns = t->time_ns });
	}
}

void procs_on_exit(struct session *s, const struct perf_task *t)
{
	struct thread *thread = procs_find_thread(s, t->tid);
	struct proc *p = procs_find(s, t->pid);

	if (thread) {
		thread->ended_ns = t->time_ns;
		thread->proc->n_living--;
	}
	if (!p || t->pid == s->spec->pid)
		return;		/* the first process' end comes from the opener */
	p->first_ended |= t->pid == t->tid;
	/* The first thread may end and leave the work to others. */
	if (!p->first_ended || p->n_living || p->ended)
		return;
	record_put_process_end(s->writer, &(struct record_process_end){
		.process = p->number, .time_ns = t->time_ns, .how = END_UNKNOWN });
	p->ended = true;
	kernel_side_forget(s, p);
}

void procs_on_comm(struct session *s, const struct perf_comm *c, uint64_t time_ns)
{
	struct proc *p = procs_get(s, c->pid, time_ns);
	uint32_t name = put_text(s, c->name);
	struct thread *t;

	if (c->exec) {
		become_another(s, p, name, 0, time_ns);
		ask_for_handles(s, c->pid);
		return;
	}
	if (c->tid == c->pid)
		p->name = name;
	t = procs_get_thread(s, c->pid, c->tid, time_ns);
	record_put_thread_name(s->writer, &(struct record_thread_name){
		.thread = t->number, .name = name });
}

/* ---- end ---- */

static void free_thread(struct session *s, struct thread *t)
{
	put_cpu(s, t);
	s->threads[t->slot] = NULL;
	free(t);
}

/* Free the threads that have ended, or all. */
static void free_threads(struct proc *p, bool all)
{
	struct thread **link = &p->threads;

	while (*link) {
		struct thread *t = *link;

		if (!all && !t->ended_ns) {
			link = &t->next;
			continue;
		}
		*link = t->next;
		free_thread(p->session, t);
	}
}

static void free_proc(struct proc *p)
{
	free_threads(p, true);
	if (p->generated)
		generated_process_ended(p->generated);
	free(p->jitdump);
	closep(&p->maps_fd);
	closep(&p->mem_fd);
	free(p->maps);
	free(p);
}

void procs_collect(struct session *s)
{
	if (s->n_pending)
		return;
	for (size_t i = 0; i < s->n_procs; i++) {
		struct proc *p = s->procs[i];

		if (!p)
			continue;
		free_threads(p, false);
		if (p->ended)
			free_proc(steal(s->procs[i]));
	}
}

void procs_free(struct session *s)
{
	for (size_t i = 0; i < s->n_procs; i++)
		if (s->procs[i])
			free_proc(s->procs[i]);
	free(s->procs);
	free(s->threads);
	u64map_deinit(&s->procs_by_pid);
	u64map_deinit(&s->threads_by_tid);
}
