// SPDX-License-Identifier: Apache-2.0
/* What is mapped where in a process, and what that says to the unwinder. */
#include "session/session.h"

#include <limits.h>
#include <string.h>

#include "base/error.h"
#include "base/io.h"

#define MAX_MAPS_TEXT (64u << 20)
#define REFRESH_NS (100 * NS_PER_MS)	/* between two looks at the same process */
#define REREAD_SHARE 20	/* reading mappings takes one in so many of the time, at most, */
#define LEARN_NS (100 * NS_PER_MS)	/* from the first on, in which changes would show */
#define QUICK_NS (5 * NS_PER_MS)	/* of STOPPED_NS */
#define DEAR_NS (2 * NS_PER_MS)	/* or more while one reading takes less than this */

void mappings_put(const struct proc *p, const struct mapping *m, uint64_t time_ns)
{
	record_put_mapping(p->session->writer, &(struct record_mapping){
		.process = p->number, .module = m->module->number, .start = m->start,
		.size = m->end - m->start, .off = m->off, .time_ns = time_ns });
}

/* ---- one by one ---- */

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

static struct mapping *find_mapping(const struct proc *p, uint64_t addr)
{
	size_t i = map_index(p, addr);

	return i < p->n_maps && p->maps[i].start <= addr ? &p->maps[i] : NULL;
}

const struct mapping *mappings_find(const struct proc *p, uint64_t addr)
{
	return find_mapping(p, addr);
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

/* Is the same at every address that both have? */
static bool continues(const struct mapping *a, const struct mapping *b)
{
	return a->module == b->module &&
	       (a->module->kind == MODULE_ANON || a->start - a->off == b->start - b->off);
}

/*
 * Take the place of `new` out of what was mapped before.  Returns the modules that had
 * it, but for what goes on in it.
 */
static uint64_t cut_maps(struct proc *p, const struct mapping *new)
{
	uint64_t start = new->start, end = new->end, modules = 0;
	size_t i = map_index(p, start);

	while (i < p->n_maps && p->maps[i].start < end) {
		struct mapping *m = &p->maps[i];
		struct mapping rest = *m;

		if (!continues(m, new))
			modules |= module_bit(m->module);
		if (m->start < start && m->end > end) {
			m->end = start;
			rest.off += end - rest.start;
			rest.start = end;
			insert_map(p, i + 1, rest);
			return modules;
		}
		if (m->start < start) {
			m->end = start;
			i++;
		} else if (m->end > end) {
			m->off += end - m->start;
			m->start = end;
			return modules;
		} else {
			remove_map(p, i);
		}
	}
	return modules;
}

/* When there are too many the two oldest become one. */
static void put_change(struct proc *p, uint64_t modules)
{
	if (p->n_changes == MAX_MAPS_CHANGES) {
		p->changes[1].modules |= p->changes[0].modules;
		memmove(p->changes, p->changes + 1, --p->n_changes * sizeof(*p->changes));
	}
	p->changes[p->n_changes++] = (struct maps_change){ p->space.generation, modules };
	p->changed_ns = p->session->now_ns;
}

bool mappings_changed_since(const struct proc *p, uint32_t generation, uint64_t modules)
{
	for (size_t i = p->n_changes; i > 0; i--) {
		const struct maps_change *c = &p->changes[i - 1];

		if ((int32_t)(c->generation - generation) <= 0)
			return false;
		if (c->modules & modules)
			return true;
	}
	return false;
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

void mappings_add(struct proc *p, const struct proc_map *map, uint64_t time_ns)
{
	struct session *s = p->session;
	struct module *module = module_of(s, p, map);
	struct mapping *there = find_mapping(p, map->start);
	struct mapping new = { .start = map->start, .end = map->end, .off = map->off,
			       .module = module, .seen = p->n_readings };
	uint64_t cut;

	/* The first mapping after an exec is the executable. */
	if (p->how == PROCESS_EXECED && !p->recorded && !p->exe && module->kind == MODULE_FILE)
		p->exe = record_put_string(s->writer, map->path, map->path_len);
	if (p->pid == s->spec->pid)
		procs_record(p);
	if (there && there->start == map->start && there->end == map->end &&
	    there->off == map->off && there->module == module) {
		there->seen = p->n_readings;
		return;		/* seen both in maps and as an event */
	}
	cut = cut_maps(p, &new);
	if (cut)
		new.unsteady_until_ns = s->now_ns + UNSTEADY_NS;
	insert_map(p, map_index(p, map->start), new);
	procs_changed(p);
	if (cut)
		put_change(p, cut | module_bit(module));
	if (p->recorded)
		mappings_put(p, &new, time_ns);
}

/* ---- as /proc has them ---- */

/* Nobody tells what is unmapped: it is what was not seen in the last reading. */
static void drop_unseen(struct proc *p)
{
	uint64_t modules = 0;
	size_t kept = 0;

	for (size_t i = 0; i < p->n_maps; i++) {
		if (p->maps[i].seen == p->n_readings)
			p->maps[kept++] = p->maps[i];
		else
			modules |= module_bit(p->maps[i].module);
	}
	p->n_maps = kept;
	if (!modules)
		return;
	procs_changed(p);
	put_change(p, modules);
}

void mappings_read(struct proc *p)
{
	uint64_t start = clock_ns(CLOCK_THREAD_CPUTIME_ID);
	struct buf text = { 0 };
	struct proc_map map;
	char path[PATH_MAX];
	struct error err;

	if (lseek(p->maps_fd, 0, SEEK_SET) == 0 &&
	    io_read_all(p->maps_fd, MAX_MAPS_TEXT, &text, &err) == 0) {
		const char *at = (const char *)text.data, *end = at + text.len;

		p->n_readings++;
		while (proc_maps_next(&at, end, &map)) {
			if (!map.exec)
				continue;
			map.path_len = proc_map_path(&map, path, sizeof(path));
			map.path = path;
			mappings_add(p, &map, clock_mono_ns());
		}
		if (text.len)	/* else its memory is gone: what was in it stays known */
			drop_unseen(p);
	}
	p->n_maps_read = p->n_maps;
	buf_deinit(&text);
	p->reading_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID) - start;
}

uint64_t mappings_stack_end(struct thread *t, uint64_t addr)
{
	uint64_t now = clock_mono_ns(), start = clock_ns(CLOCK_THREAD_CPUTIME_ID), took;
	struct buf text = { 0 };
	struct proc_map map;
	struct error err;

	if (addr >= t->stack_start && addr < t->stack_end)
		return t->stack_end;
	t->stack_start = t->stack_end = 0;
	if (now < t->proc->stack_look_ns)
		return 0;
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
	took = clock_ns(CLOCK_THREAD_CPUTIME_ID) - start;
	if (took > DEAR_NS)	/* it has tens of thousands of mappings */
		t->proc->stack_look_ns = now + REREAD_SHARE * took;
	return t->stack_end;
}

void mappings_refresh(struct session *s, struct proc *p)
{
	bool too_soon = s->now_ns - p->refreshed_ns < REFRESH_NS &&
			s->now_ns >= p->loading_until_ns;

	if (too_soon || p->maps_fd < 0)
		return;
	p->refreshed_ns = s->now_ns;
	mappings_read(p);
}

bool mappings_are_quick(const struct proc *p)
{
	return p->reading_ns < QUICK_NS;
}

bool mappings_are_unsteady(const struct proc *p)
{
	uint64_t now = p->session->now_ns;

	bool changed = p->n_changes && now < p->changed_ns + UNSTEADY_NS;
	bool learning = !p->first_reread_ns || now < p->first_reread_ns + LEARN_NS;

	return p->maps_fd >= 0 && (changed || (learning && mappings_are_quick(p)));
}

bool mappings_reread(struct proc *p)
{
	uint64_t now = clock_mono_ns();

	if (p->maps_fd < 0 || now < p->reread_ns)
		return false;
	mappings_read(p);
	if (!p->first_reread_ns)
		p->first_reread_ns = now;
	p->reread_ns = now + REREAD_SHARE * p->reading_ns;
	return true;
}

/* ---- answers for the unwinder ---- */

void mappings_resolve(void *ctx, uint64_t pc, uint32_t flags, struct unwind_place *out)
{
	struct proc *p = ctx;
	struct session *s = p->session;
	uint64_t at = flags & UNWIND_RETURN ? pc - 1 : pc;
	const struct mapping *map = mappings_find(p, at);
	struct module *m = map ? map->module : NULL;
	uint32_t frame_flags = (flags & UNWIND_RETURN ? FRAME_RETURN : 0) |
			       (flags & UNWIND_GUESSED ? FRAME_GUESSED : 0);

	if (m ? m->state != MODULE_READY : !p->maps_known) {
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

bool mappings_rare_step(void *ctx, uint64_t at, struct unwind_regs *regs)
{
	struct proc *p = ctx;
	const struct mapping *map = mappings_find(p, at);

	return map && map->module->facts && p->session->unwinding &&
	       modules_rare_step(p->session, map->module, map, at, p->session->unwinding, regs);
}
