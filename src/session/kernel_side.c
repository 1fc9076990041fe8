// SPDX-License-Identifier: Apache-2.0
/*
 * What the program in the kernel is told: of each process where its mappings are, and
 * of each file its unwind table.  Whatever is not told, or does not fit, costs copies of
 * stacks, which are unwound here: so rather nothing is told than what may be wrong.
 *
 * Where a mapping has taken another's place there may soon be a third one, and the
 * kernel would hear of it too late: it is not told of such a place for a while.
 *
 * Tables and blocks that are not needed any more may still be read for a moment.  Tables
 * are taken away when there is no room for another one.
 */
#include "session/session.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "base/ranges.h"
#include "engine/bpf/bpf_maps.h"
#include "engine/bpf/bpf_shared.h"
#include "engine/bpf/bpf_unwind.h"

#define LOOK_NS (100 * NS_PER_MS)	/* between two looks at who has exec'd, in the beginning */
#define BEGIN_NS (2 * NS_PER_S)
#define USED_NS (100 * NS_PER_MS)	/* what is old may still be read for so long */

enum kept { KEPT_MAPPINGS, KEPT_TABLES, KEPT_PROCESSES, KEPT_ONE_PROCESS };

struct kernel_side {
	int fds[BPF_MAP_COUNT];
	struct bpf_mapping *mappings;
	uint32_t *tables;
	size_t table_bytes;
	struct ranges blocks, words;
	struct old_range {
		struct ranges *of;
		uint32_t first, n;
		uint64_t since_ns;
	} *old;
	size_t n_old, cap_old;
	struct bpf_mapping block[BPF_MAX_MAPPINGS];	/* that is being put together */
	uint64_t since_ns, looked_ns;	/* at who has exec'd */
	bool refused_table;	/* since tables were taken away last */
	bool said[KEPT_ONE_PROCESS + 1];
};

void kernel_side_on_maps(struct session *s, struct msg *m)
{
	const struct o_bpf *msg = (const struct o_bpf *)m->data;
	struct kernel_side *k;

	kernel_side_free(s);
	if (m->n_fds != BPF_MAP_COUNT)
		return;
	k = s->kernel_side = xcalloc(1, sizeof(*k));
	for (int i = 0; i < BPF_MAP_COUNT; i++)
		k->fds[i] = msg_take_fd(m, (size_t)i);
	k->since_ns = s->now_ns;
	k->table_bytes = msg->table_bytes;
	k->tables = bpf_maps_map(k->fds[BPF_MAP_TABLES], k->table_bytes);
	k->mappings = bpf_maps_map(k->fds[BPF_MAP_MAPPINGS],
				   BPF_MAX_BLOCKS * sizeof(*k->mappings));
	ranges_init(&k->words, BPF_NO_TABLE + 1, (uint32_t)(k->table_bytes / 4));
	ranges_init(&k->blocks, 0, BPF_MAX_BLOCKS);
	if (!k->tables || !k->mappings) {
		session_note(s, NOTE_WARNING, "the kernel does not share its maps (%s): stacks are "
			     "copied", strerror(errno));
		kernel_side_free(s);
	}
}

void kernel_side_free(struct session *s)
{
	struct kernel_side *k = s->kernel_side;

	if (!k)
		return;
	if (k->tables)
		munmap(k->tables, k->table_bytes);
	if (k->mappings)
		munmap(k->mappings, BPF_MAX_BLOCKS * sizeof(*k->mappings));
	for (int i = 0; i < BPF_MAP_COUNT; i++)
		closep(&k->fds[i]);
	ranges_deinit(&k->blocks);
	ranges_deinit(&k->words);
	free(k->old);
	free(k);
	s->kernel_side = NULL;
}

static void say_full(struct session *s, enum kept what)
{
	static const char *const names[] = {
		[KEPT_MAPPINGS] = "no room for more mappings in the kernel",
		[KEPT_TABLES] = "no room for more unwind tables in the kernel",
		[KEPT_PROCESSES] = "no room for more processes in the kernel",
		[KEPT_ONE_PROCESS] = "a process has more executable mappings than the kernel looks through" };

	if (!s->kernel_side->said[what])
		session_note(s, NOTE_WARNING, "%s: some stacks are copied instead", names[what]);
	s->kernel_side->said[what] = true;
}

/* ---- what is not needed any more ---- */

static void retire(struct session *s, struct ranges *of, uint32_t first, uint32_t n)
{
	struct kernel_side *k = s->kernel_side;

	array_reserve(k->old, k->n_old + 1, k->cap_old);
	k->old[k->n_old++] = (struct old_range){ of, first, n, s->now_ns };
}

static void retire_block(struct session *s, struct proc *p)
{
	if (p->n_block)
		retire(s, &s->kernel_side->blocks, p->first_block, p->n_block);
	p->n_block = 0;
}

/* There is room again: who was refused has another try. */
static void admit_tables(struct session *s)
{
	for (size_t i = 0; i < s->n_modules; i++)
		s->modules[i]->kernel_refused = false;
	s->kernel_side->refused_table = false;
	procs_new_generation(s);
}

static void free_old(struct session *s)
{
	struct kernel_side *k = s->kernel_side;
	size_t kept = 0;
	bool tables = false;

	for (size_t i = 0; i < k->n_old; i++) {
		struct old_range *o = &k->old[i];

		if (s->now_ns - o->since_ns < USED_NS) {
			k->old[kept++] = *o;
			continue;
		}
		ranges_give(o->of, o->first, o->n);
		tables |= o->of == &k->words;
	}
	k->n_old = kept;
	if (tables && k->refused_table)
		admit_tables(s);
}

void kernel_side_drop_table(struct session *s, struct module *m)
{
	if (!s->kernel_side || !m->kernel_table)
		return;
	retire(s, &s->kernel_side->words, m->kernel_table, m->table.header->n_words);
	m->kernel_table = BPF_NO_TABLE;
}

/* Take away the tables of files that no process has mapped. */
static void retire_tables(struct session *s)
{
	_cleanup_(freep) bool *used = modules_used(s);

	for (size_t i = 0; i < s->n_modules; i++)
		if (!used[i])
			kernel_side_drop_table(s, s->modules[i]);
}

/* ---- telling ---- */

/* The index of the module's table, which is brought there if it is not yet. */
static uint32_t table_of(struct session *s, struct module *m)
{
	struct kernel_side *k = s->kernel_side;
	uint32_t n;

	if (m->kernel_table || m->kernel_refused)
		return m->kernel_table;
	n = m->table.header->n_words;
	m->kernel_table = ranges_take(&k->words, n);
	if (m->kernel_table == RANGES_NONE) {
		m->kernel_table = BPF_NO_TABLE;
		m->kernel_refused = true;
		if (!k->refused_table)
			retire_tables(s);
		k->refused_table = true;
		say_full(s, KEPT_TABLES);
	} else {
		memcpy(k->tables + m->kernel_table, m->table.words, (size_t)n * 4);
	}
	return m->kernel_table;
}

/* False if the kernel cannot go through it: it is left out. */
static bool fill(struct session *s, const struct mapping *map, uint32_t generation,
		 struct bpf_mapping *out)
{
	struct module *m = map->module;

	if (m->state != MODULE_READY)
		return false;
	*out = (struct bpf_mapping){ .start = map->start, .end = map->end,
				     .generation = generation };
	if (m->kind == MODULE_ANON)
		return true;
	if (!m->facts || !m->has_table || !table_of(s, m))
		return false;
	out->table = m->kernel_table;
	out->text_off = module_vaddr(map, map->start) - map->start - m->table.header->text_vaddr;
	return true;
}

/* Mappings for the kernel, in k->block: how many.  Those of files, if it cannot be all. */
static uint32_t make_block(struct session *s, struct proc *p, uint32_t generation)
{
	struct kernel_side *k = s->kernel_side;
	bool too_many = p->n_maps > BPF_MAX_MAPPINGS;
	uint32_t n = 0;

	if (too_many)
		say_full(s, KEPT_ONE_PROCESS);
	p->tell_again_ns = 0;
	for (size_t i = 0; i < p->n_maps && n < BPF_MAX_MAPPINGS; i++) {
		const struct mapping *map = &p->maps[i];

		if (s->now_ns < map->unsteady_until_ns)
			p->tell_again_ns = s->now_ns + UNSTEADY_NS;
		else if (!too_many || map->module->kind != MODULE_ANON)
			n += fill(s, map, generation, &k->block[n]);
	}
	return n;
}

/* What it was told before may be wrong by now. */
static void refuse(struct session *s, struct proc *p, enum kept what)
{
	kernel_side_forget(s, p);
	p->tell_again_ns = s->now_ns + NS_PER_S;
	say_full(s, what);
}

/* Does it know that already?  Its stacks go on by the generation that it has. */
static bool knows(const struct kernel_side *k, const struct proc *p, uint32_t n)
{
	return !p->tell_anew && n && n == p->n_block && p->told_partial == (n < p->n_maps) &&
	       memcmp(k->mappings + p->first_block, k->block, n * sizeof(*k->block)) == 0;
}

/* First the block, then the entry that leads to it. */
static void tell(struct session *s, struct proc *p)
{
	struct kernel_side *k = s->kernel_side;
	uint32_t n = make_block(s, p, p->block_generation), first;
	struct bpf_proc entry = { .n = n, .generation = p->space.generation,
				  .n_execs = p->n_execs, .partial = n < p->n_maps };

	p->told_generation = p->space.generation;
	if (knows(k, p, n))
		return;
	first = entry.first = n ? ranges_take(&k->blocks, n) : RANGES_NONE;
	p->tell_anew = false;
	if (first == RANGES_NONE) {
		if (n)
			refuse(s, p, KEPT_MAPPINGS);
		else
			kernel_side_forget(s, p);
		return;
	}
	for (uint32_t i = 0; i < n; i++)
		k->block[i].generation = entry.generation;
	memcpy(k->mappings + first, k->block, n * sizeof(*k->block));
	__atomic_thread_fence(__ATOMIC_RELEASE);
	if (bpf_maps_put(k->fds[BPF_MAP_PROCS], &p->pid, &entry) < 0) {
		refuse(s, p, KEPT_PROCESSES);
		retire(s, &k->blocks, first, n);
		return;
	}
	retire_block(s, p);
	p->first_block = first;
	p->n_block = n;
	p->block_generation = entry.generation;
	p->told_partial = entry.partial;
}

void kernel_side_tell_python(struct session *s, const struct proc *p, const struct bpf_python *how)
{
	bpf_maps_put(s->kernel_side->fds[BPF_MAP_PYTHONS], &p->pid, how);
}

/* ---- execs ---- */

/* How often it exec'd as the kernel counts it: since its program is there. */
static uint32_t counted_execs(const struct session *s, const struct proc *p)
{
	uint32_t n;

	return bpf_maps_get(s->kernel_side->fds[BPF_MAP_EXECS], &p->pid, &n) < 0 ? 0 : n;
}

/*
 * The kernel trusts what it was told of a process until that execs.  An exec that happened
 * between its program and the first event is in no record: what is told from then on is
 * never trusted.  One that is only late is there at the next look.
 */
static void look_for_execs(struct session *s)
{
	s->kernel_side->looked_ns = s->now_ns;
	for (size_t i = 0; i < s->n_procs; i++) {
		struct proc *p = s->procs[i];
		uint32_t n;

		if (!p || p->ended || !p->n_block)
			continue;
		n = counted_execs(s, p);
		if (n == p->n_execs) {
			p->other_execs = 0;
		} else if (p->other_execs != n + 1) {
			p->other_execs = n + 1;
		} else {
			p->other_execs = 0;
			p->takes_execs = true;
			procs_ask_for_handles(p);
		}
	}
}

void kernel_side_take_execs(struct session *s, struct proc *p)
{
	if (!s->kernel_side || !p->takes_execs)
		return;
	p->takes_execs = false;
	p->n_execs = counted_execs(s, p);
	p->tell_anew = true;
	p->python_told = false;
	procs_changed(p);
}

void kernel_side_update(struct session *s)
{
	struct kernel_side *k = s->kernel_side;

	if (!k)
		return;
	free_old(s);
	if (s->now_ns - k->looked_ns >= (s->now_ns - k->since_ns < BEGIN_NS ? LOOK_NS : NS_PER_S))
		look_for_execs(s);
	for (size_t i = 0; i < s->n_procs; i++) {
		struct proc *p = s->procs[i];

		if (p && !p->ended && p->maps_known && p->told_generation != p->space.generation)
			tell(s, p);
		if (p && !p->ended)
			python_tell_kernel(s, p);
	}
}

/* What was left out may be let in by now. */
static void tell_the_rest(struct session *s)
{
	if (s->kernel_side->refused_table)
		retire_tables(s);
	for (size_t i = 0; i < s->n_procs; i++) {
		struct proc *p = s->procs[i];

		if (p && !p->ended && p->tell_again_ns && s->now_ns >= p->tell_again_ns)
			procs_changed(p);
	}
}

uint64_t kernel_side_cost_ns(const struct session *s)
{
	return s->kernel_side ? bpf_maps_sum(s->kernel_side->fds[BPF_MAP_COST]) : 0;
}

void kernel_side_second(struct session *s)
{
	if (!s->kernel_side)
		return;
	session_put_counter(s, COUNTER_COPIED, s->n_copied);
	session_put_counter(s, COUNTER_PROGRAM_NS, kernel_side_cost_ns(s));
	tell_the_rest(s);
}

bool kernel_side_is_ready(const struct session *s)
{
	for (size_t i = 0; i < s->n_procs; i++)
		if (s->procs[i] && (s->procs[i]->told_generation != s->procs[i]->space.generation ||
				    !python_is_told(s->procs[i])))
			return false;
	for (size_t i = 0; i < s->n_modules; i++)
		if (s->modules[i]->state != MODULE_READY)
			return false;
	return s->n_procs > 0;
}

void kernel_side_forget(struct session *s, struct proc *p)
{
	if (!s->kernel_side || !p->n_block)
		return;
	bpf_maps_delete(s->kernel_side->fds[BPF_MAP_PROCS], &p->pid);
	bpf_maps_delete(s->kernel_side->fds[BPF_MAP_PYTHONS], &p->pid);
	retire_block(s, p);
}
