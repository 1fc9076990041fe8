// SPDX-License-Identifier: Apache-2.0
/*
 * What the program in the kernel is told: of each process where its mappings are, and
 * of each file its unwind table.  Whatever is not told, or does not fit, costs copies of
 * stacks, which are unwound here.
 */
#include "session/session.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "base/ranges.h"
#include "engine/bpf/bpf_maps.h"
#include "engine/bpf/bpf_shared.h"
#include "engine/bpf/bpf_unwind.h"

#define USED_NS (100 * NS_PER_MS)	/* an old block may still be read for so long */

struct kernel_side {
	int fds[BPF_MAP_COUNT];
	struct bpf_mapping *mappings;
	uint32_t *tables;
	size_t table_bytes;
	struct ranges blocks, words;
	struct old_block {
		uint32_t first, n;
		uint64_t since_ns;
	} *old;
	size_t n_old, cap_old;
	bool said_full;
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

static void say_full(struct session *s, const char *what)
{
	struct kernel_side *k = s->kernel_side;

	if (!k->said_full)
		session_note(s, NOTE_WARNING, "no room for more %s in the kernel: some stacks are "
			     "copied instead", what);
	k->said_full = true;
}

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
		say_full(s, "unwind tables");
	} else {
		memcpy(k->tables + m->kernel_table, m->table.words, (size_t)n * 4);
	}
	return m->kernel_table;
}

/* False if the kernel cannot go through it: it is left out. */
static bool fill(struct session *s, const struct mapping *map, struct bpf_mapping *out)
{
	struct module *m = map->module;

	if (m->state != MODULE_READY)
		return false;
	*out = (struct bpf_mapping){ .start = map->start, .end = map->end };
	if (m->kind == MODULE_ANON)
		return true;
	if (!m->facts || !m->has_table || !table_of(s, m))
		return false;
	out->table = m->kernel_table;
	out->text_off = module_vaddr(map, map->start) - map->start - m->table.header->text_vaddr;
	return true;
}

static void retire(struct session *s, struct proc *p)
{
	struct kernel_side *k = s->kernel_side;

	if (!p->n_block)
		return;
	array_reserve(k->old, k->n_old + 1, k->cap_old);
	k->old[k->n_old++] = (struct old_block){ p->first_block, p->n_block, s->now_ns };
	p->n_block = 0;
}

static void free_old(struct session *s)
{
	struct kernel_side *k = s->kernel_side;
	size_t kept = 0;

	for (size_t i = 0; i < k->n_old; i++) {
		if (s->now_ns - k->old[i].since_ns < USED_NS)
			k->old[kept++] = k->old[i];
		else
			ranges_give(&k->blocks, k->old[i].first, k->old[i].n);
	}
	k->n_old = kept;
}

/* First the block, then the entry that leads to it. */
static void tell(struct session *s, struct proc *p)
{
	struct kernel_side *k = s->kernel_side;
	uint32_t n = (uint32_t)min_of(p->n_maps, (size_t)BPF_MAX_MAPPINGS), first, used = 0;
	struct bpf_proc entry = { .generation = p->space.generation, .n_execs = p->n_execs };

	p->told_generation = p->space.generation;
	if (!n)
		return;
	first = ranges_take(&k->blocks, n);
	if (first == RANGES_NONE) {
		say_full(s, "mappings");
		return;
	}
	for (uint32_t i = 0; i < n; i++)
		used += fill(s, &p->maps[i], &k->mappings[first + used]);
	entry.first = first;
	entry.n = used;
	retire(s, p);
	p->first_block = first;
	p->n_block = n;
	__atomic_thread_fence(__ATOMIC_RELEASE);
	if (bpf_maps_put(k->fds[BPF_MAP_PROCS], &p->pid, &entry) < 0)
		retire(s, p);
}

void kernel_side_update(struct session *s)
{
	if (!s->kernel_side)
		return;
	free_old(s);
	for (size_t i = 0; i < s->n_procs; i++) {
		struct proc *p = s->procs[i];

		if (p && !p->ended && p->told_generation != p->space.generation)
			tell(s, p);
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
}

bool kernel_side_is_ready(const struct session *s)
{
	for (size_t i = 0; i < s->n_procs; i++)
		if (s->procs[i] && s->procs[i]->told_generation != s->procs[i]->space.generation)
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
	retire(s, p);
}
