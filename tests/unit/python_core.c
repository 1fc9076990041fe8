// SPDX-License-Identifier: Apache-2.0
/*
 * What Python ran in the core of a dead process; see integration/python_core.py.
 *
 *	python_core CORE
 *		a line for each thread, and one for each frame of it, the innermost first:
 *		thread TID NAME HOLDING END COMPLETE N_UNMATCHED	separated by tabs
 *		P NAME FILE LINE
 *		E	an interpreter loop
 *		C NAME	any other C function; no name: it has none
 *	python_core CORE damaged SEED N
 *		the same N times, silently, each time with something in the core changed
 *	python_core CORE truncated N
 *		the same with N cores whose heads end early, and with N that lack a part
 */
#include "tests/unit/core_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/u64map.h"
#include "base/util.h"
#include "elf/elf_file.h"
#include "elf/elf_symtab.h"
#include "python/code_object.h"
#include "python/lock.h"
#include "python/merge.h"
#include "python/thread_name.h"
#include "unwind/unwind.h"
#include "unwind/unwind_build.h"

#define MAX_MODULES 1024
#define MAX_FRAMES 8192
#define MAX_THREADS 64		/* of one core that are looked at */
#define MAX_READS (1u << 22)	/* of the memory of one core */

static void __attribute__((noreturn)) die(const char *what, const char *why)
{
	fprintf(stderr, "python_core: %s: %s\n", what, why);
	exit(99);
}

/* ---- files that were mapped ---- */

struct module {
	char *path;
	int fd;
	struct elf_file *elf;		/* NULL: it cannot be read */
	struct elf_symtab *symbols;
	struct unwind_table table;
	bool has_table, has_python;
	struct python_elf python;
};

/* Of all cores: the files are the same. */
static struct module *modules[MAX_MODULES];
static size_t n_modules;

static void read_table(struct module *m)
{
	struct buf image = { 0 };	/* kept */
	struct error err;

	m->has_table = unwind_build(m->elf, &image, &err) == 0 &&
		       unwind_table_init(&m->table, image.data, image.len, &err) == 0;
}

static struct module *module_of(const char *path)
{
	struct error err;
	struct module *m;

	for (size_t i = 0; i < n_modules; i++)
		if (strcmp(modules[i]->path, path) == 0)
			return modules[i];
	if (n_modules == MAX_MODULES)
		return modules[0];
	m = modules[n_modules++] = xcalloc(1, sizeof(*m));
	m->path = xstrdup(path);
	m->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (m->fd < 0 || elf_file_open(m->fd, &m->elf, &err) < 0)
		return m;
	read_table(m);
	m->has_python = python_elf_find(m->elf, path, &m->python);
	if (elf_symtab_open(m->elf, ELF_SYMTAB, &m->symbols, &err) <= 0 &&
	    elf_symtab_open(m->elf, ELF_DYNSYM, &m->symbols, &err) <= 0)
		m->symbols = NULL;
	return m;
}

/* As the file has it; false: it has no such place. */
static bool to_vaddr(const struct module *m, uint64_t off, uint64_t *vaddr)
{
	for (size_t i = 0; m->elf && i < elf_file_n_segments(m->elf); i++) {
		const struct elf_segment *s = elf_file_segment(m->elf, i);

		/* What is mapped begins at a page, the segment may not. */
		if (off + 4096 >= s->off + 1 && off < s->off + s->file_bytes) {
			*vaddr = off - s->off + s->vaddr;
			return true;
		}
	}
	return false;
}

/* ---- one core ---- */

struct place {
	const struct module *module;	/* NULL: none */
	uint64_t vaddr;
};

struct known_code {
	bool is_code;
	struct code_object code;
};

struct look {
	struct core_file core;
	struct python_memory memory;
	uint64_t n_reads;
	struct python_runtime runtime;
	const struct python_elf *elf;
	struct place *places;		/* frames by number */
	size_t n_places, cap_places;
	struct known_code *codes;
	size_t n_codes, cap_codes;
	struct u64map codes_by_address;
	FILE *out;			/* NULL: nothing is said */
};

/* Words that were read, each by when that was first, for those that change them. */
static struct u64map words_read;
static bool is_noting;

static bool read_memory(void *ctx, uint64_t addr, void *buf, size_t len)
{
	struct look *l = ctx;

	if (++l->n_reads > MAX_READS)
		die("memory", "there is no end of reading");
	for (uint64_t at = addr & ~7ull; is_noting && at < addr + len && len < 65536; at += 8) {
		uint32_t *slot = u64map_slot(&words_read, at);

		if (*slot == U64MAP_NONE)
			*slot = (uint32_t)words_read.n;
	}
	return core_read(&l->core, addr, buf, len);
}

static void resolve(void *ctx, uint64_t pc, uint32_t flags, struct unwind_place *out)
{
	struct look *l = ctx;
	uint64_t at = flags & UNWIND_RETURN ? pc - 1 : pc, vaddr = 0;
	const struct core_mapping *map = core_mapping_at(&l->core, at);
	struct module *m = map ? module_of(map->path) : NULL;

	*out = (struct unwind_place){ .where = WHERE_NOWHERE, .frame = (uint32_t)l->n_places };
	array_reserve(l->places, l->n_places + 1, l->cap_places);
	l->places[l->n_places++] = (struct place){ 0 };
	if (!m || !to_vaddr(m, at - map->start + map->off, &vaddr))
		return;
	l->places[l->n_places - 1] = (struct place){ m, vaddr };
	out->where = WHERE_FILE;
	if (m->has_table) {
		out->table = &m->table;
		out->rule = unwind_table_find(&m->table, vaddr);
	}
}

static bool is_in(const struct python_code *code, uint64_t vaddr)
{
	return vaddr >= code->start && vaddr < code->end;
}

static bool is_loop(const struct place *p)
{
	return p->module && p->module->has_python &&
	       (is_in(&p->module->python.eval[0], p->vaddr) ||
		is_in(&p->module->python.eval[1], p->vaddr));
}

static struct known_code *code_at(struct look *l, uint64_t addr)
{
	uint32_t *slot = u64map_slot(&l->codes_by_address, addr);
	struct known_code *k;
	uint64_t stamp;

	if (*slot != U64MAP_NONE)
		return &l->codes[*slot];
	*slot = (uint32_t)l->n_codes;
	array_reserve(l->codes, l->n_codes + 1, l->cap_codes);
	k = &l->codes[l->n_codes++];
	k->is_code = code_object_stamp(&l->runtime.layout, &l->memory, addr, &stamp) &&
		     code_object_read(&l->runtime.layout, &l->memory, l->runtime.code_type, addr,
				      &k->code);
	return k;
}

static void say_python(struct look *l, const struct python_frame *f)
{
	const struct known_code *k = code_at(l, f->code);
	int64_t offset = f->offset;
	int32_t line;

	if (!k->is_code) {
		if (l->out)
			fprintf(l->out, "P\t-\t-\t0\n");
		return;
	}
	if (k->code.instructions)
		offset = (int64_t)(f->instruction - k->code.instructions);
	line = code_object_line(&l->runtime.layout, &k->code, offset);
	if (l->out)
		fprintf(l->out, "P\t%s\t%s\t%d\n", k->code.name, k->code.file, line);
}

static void say_c(struct look *l, const struct place *p)
{
	struct elf_symbol symbol = { .name = "" };
	uint32_t number;

	if (!l->out)
		return;
	if (is_loop(p)) {
		fprintf(l->out, "E\n");
		return;
	}
	if (p->module && p->module->symbols &&
	    elf_symtab_find(p->module->symbols, p->vaddr, &number))
		elf_symtab_get(p->module->symbols, number, &symbol);
	fprintf(l->out, "C\t%s\n", symbol.name);
}

/* The thread as the interpreter has it, or NULL. */
static const struct python_thread *find_thread(const struct core_thread *t,
					       const struct python_thread *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (v[i].tid == t->tid)
			return &v[i];
	return NULL;
}

static void look_at_thread(struct look *l, struct unwinder *u, const struct core_thread *t,
			   const struct python_thread *python, const struct python_thread *all,
			   size_t n_all)
{
	static struct python_stack stack;
	static struct merged_frame merged[2 * (MAX_FRAMES + 1 + PYTHON_MAX_FRAMES)];
	static bool loops[MAX_FRAMES + 1];
	static uint32_t generation;
	const struct unwind_space space = {
		.generation = ++generation, .ctx = l, .resolve = resolve, .read = read_memory };
	struct unwind_stack native = { .space = &space, .regs = t->regs,
				       .start = t->regs.value[u->arch->sp] };
	struct merge_rest rest;
	uint32_t n;
	_cleanup_(freep) char *name = NULL;
	uint64_t object;

	unwinder_run(u, &native);
	for (uint32_t i = 0; i < u->n_frames; i++)
		loops[i] = is_loop(&l->places[u->frames[i]]);
	python_walk_begin(&stack);
	for (size_t i = n_all; i-- > 0;)	/* it may run several interpreters */
		if (all[i].thread_id == python->thread_id)
			python_walk(&l->runtime, &l->memory, &all[i], &stack);
	n = python_merge(&(struct merge_native){ .n = u->n_frames, .sp = u->sp, .is_loop = loops,
						 .complete = u->end == UNWIND_COMPLETE },
			 &stack, merged, &rest);
	object = python_thread_object(&l->runtime, &l->memory, python);
	if (object)
		name = python_thread_name(&l->runtime, &l->memory, object);
	int holding = python_holding(&l->runtime, &l->memory, python);

	if (l->out)
		fprintf(l->out, "thread\t%u\t%s\t%d\t%d\t%d\t%u\n", t->tid, name ? name : "", holding,
			stack.end, u->end == UNWIND_COMPLETE, rest.n_apart + rest.n_unknown);
	for (uint32_t i = 0; i < n; i++)
		if (merged[i].kind == MERGED_PYTHON)
			say_python(l, &stack.frames[merged[i].index]);
		else if (merged[i].kind == MERGED_NATIVE)
			say_c(l, &l->places[u->frames[merged[i].index]]);
}

static bool find_runtime(struct look *l, const char **why)
{
	*why = "no interpreter is mapped";
	for (size_t i = 0; i < l->core.n_mappings; i++) {
		const struct core_mapping *map = &l->core.mappings[i];
		const struct module *m = module_of(map->path);
		uint64_t vaddr;

		if (!m->has_python || !to_vaddr(m, map->off, &vaddr))
			continue;
		l->elf = &m->python;
		return python_runtime_find(&m->python, map->start - vaddr, &l->memory, &l->runtime,
					   why) == PYTHON_FOUND;
	}
	return false;
}

/* Of the core the bytes [lost, end) are missing.  False with *why: there is nothing to be said. */
static bool look_at(uint8_t *bytes, size_t len, size_t lost, size_t end, FILE *out, const char **why)
{
	static struct python_thread threads[PYTHON_MAX_THREADS];
	static struct unwinder *u;
	struct look l = { .out = out };
	struct error err;
	bool found;

	l.memory = (struct python_memory){ &l, read_memory };
	if (!u)
		u = unwinder_new(unwind_arch_host(), MAX_FRAMES);
	*why = "it is no core";
	if (core_open(&l.core, bytes, len, &err) < 0)
		return false;
	l.core.lost_from = lost;
	l.core.lost_to = end;
	found = find_runtime(&l, why);
	if (found) {
		size_t n = python_threads(&l.runtime, &l.memory, threads, array_len(threads));

		for (size_t i = 0; i < min_of(l.core.n_threads, (size_t)MAX_THREADS); i++) {
			const struct core_thread *t = &l.core.threads[i];
			const struct python_thread *python = find_thread(t, threads, n);

			if (python)
				look_at_thread(&l, u, t, python, threads, n);
		}
	}
	for (size_t i = 0; i < l.n_codes; i++)
		if (l.codes[i].is_code)
			code_object_deinit(&l.codes[i].code);
	free(l.codes);
	u64map_deinit(&l.codes_by_address);
	free(l.places);
	core_close(&l.core);
	return found;
}

/* ---- damage ---- */

static uint64_t random_state;

static uint64_t random_number(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

static uint64_t random_below(uint64_t n)
{
	return random_number() % n;
}

/* Words that a look reads, in that order, and where the core has them. */
struct target {
	uint32_t order;
	uint64_t addr;
	uint8_t *at;
	bool is_pointer;	/* to where another is */
};

static uint64_t value_of(const struct target *t)
{
	uint64_t v;

	memcpy(&v, t->at, sizeof(v));
	return v;
}

static int by_order(const void *a, const void *b)
{
	const struct target *x = a, *y = b;

	return x->order < y->order ? -1 : x->order > y->order;
}

static struct target *find_targets(uint8_t *bytes, size_t len, size_t *n)
{
	struct target *v = NULL;
	size_t cap = 0, rest;
	struct core_file core;
	struct error err;
	const char *why;

	is_noting = true;
	if (!look_at(bytes, len, 0, 0, NULL, &why))
		die("damaged", why);
	is_noting = false;
	*n = 0;
	if (core_open(&core, bytes, len, &err) < 0)
		die("damaged", err.msg);
	for (size_t i = 0; i < words_read.n_slots; i++) {
		uint64_t addr = words_read.slots[i].key;
		uint8_t *at = words_read.slots[i].value == U64MAP_NONE
			      ? NULL : core_at(&core, addr, &rest);

		if (!at || rest < 8)
			continue;
		array_reserve(v, *n + 1, cap);
		v[*n] = (struct target){ words_read.slots[i].value, addr, at, false };
		v[*n].is_pointer = u64map_find(&words_read, value_of(&v[*n])) != U64MAP_NONE;
		++*n;
	}
	core_close(&core);
	if (*n)
		qsort(v, *n, sizeof(*v), by_order);
	if (*n < 1000)
		die("damaged", "hardly anything is read");
	return v;
}

#define NEAR 64		/* words that are read before or after another */

/*
 * A pointer becomes another that was read near it, mostly of the same kind: what one leads
 * to leads back, or is skipped.  False: this is none.
 */
static bool redirect(struct target *v, size_t n, size_t i)
{
	uint64_t word;

	for (int turn = 0; turn < NEAR && v[i].is_pointer; turn++) {
		size_t k = i + random_below(2 * NEAR) - NEAR;

		if (k >= n || k == i || !v[k].is_pointer)
			continue;
		word = value_of(&v[k]);
		memcpy(v[i].at, &word, sizeof(word));
		return true;
	}
	return false;
}

/* What stands there instead: a pointer to where another structure is, or nowhere, or noise. */
static void damage(uint8_t *at, const struct target *v, size_t n)
{
	static const uint64_t odd[] = { 0, 1, UINT64_MAX, INT64_MAX, 1ull << 63, 4096, UINT32_MAX };
	uint64_t word;

	memcpy(&word, at, sizeof(word));
	switch (random_below(6)) {
	case 0:
		word = v[random_below(n)].addr;
		break;
	case 1:
		word = v[random_below(n)].addr - random_below(256);
		break;
	case 2:
		word = odd[random_below(array_len(odd))];
		break;
	case 3:
		word ^= 1ull << random_below(64);
		break;
	case 4:
		word += (random_below(513) - 256) * 8;
		break;
	default:
		at += random_below(8);
		*at = (uint8_t)random_number();
		return;
	}
	memcpy(at, &word, sizeof(word));
}

#define MAX_AT_ONCE 8
#define HEADS 4096	/* bytes at the beginning of a core */

static int damaged(uint8_t *bytes, size_t len, uint64_t seed, uint64_t n)
{
	size_t n_targets, n_found = 0;
	_cleanup_(freep) struct target *v = find_targets(bytes, len, &n_targets);
	uint64_t longest_ns = 0;

	random_state = seed * 0x9e3779b97f4a7c15ull | 1;
	for (uint64_t i = 0; i < n; i++) {
		struct { uint8_t *at, bytes[8]; } was[MAX_AT_ONCE];
		size_t n_changes = 1 + random_below(MAX_AT_ONCE);
		uint64_t start = clock_mono_ns();
		const char *why;

		for (size_t k = 0; k < n_changes; k++) {
			size_t target = random_below(n_targets);

			was[k].at = random_below(32) ? v[target].at : bytes + random_below(HEADS);
			memcpy(was[k].bytes, was[k].at, sizeof(was[k].bytes));
			if (was[k].at != v[target].at || random_below(2) ||
			    !redirect(v, n_targets, target))
				damage(was[k].at, v, n_targets);
		}
		n_found += look_at(bytes, len, 0, 0, NULL, &why);
		for (size_t k = n_changes; k-- > 0;)
			memcpy(was[k].at, was[k].bytes, sizeof(was[k].bytes));
		longest_ns = max_of(longest_ns, clock_mono_ns() - start);
	}
	printf("%" PRIu64 " times, an interpreter found %zu times, %zu words, at most %" PRIu64 " ms\n",
	       n, n_found, n_targets, (uint64_t)(longest_ns / NS_PER_MS));
	return 0;
}

#define LOST 16		/* a part of so many */

/* Heads that end early, of copies whose end sanitizers see, and memory with a hole in it. */
static int truncated(uint8_t *bytes, size_t len, uint64_t n)
{
	size_t n_found = 0;
	const char *why;

	for (uint64_t i = 0; i < n; i++) {
		size_t part = min_of((size_t)i * 16, len), from = len / n * i;
		_cleanup_(freep) uint8_t *copy = xmemdup(bytes, max_of(part, (size_t)1));

		look_at(copy, part, 0, 0, NULL, &why);
		n_found += look_at(bytes, len, from, from + len / LOST, NULL, &why);
	}
	printf("%" PRIu64 " cores, an interpreter found in %zu\n", n, n_found);
	return 0;
}

int main(int argc, char **argv)
{
	_cleanup_(closep) int fd = argc > 1 ? open(argv[1], O_RDONLY | O_CLOEXEC) : -1;
	const char *what = argc > 2 ? argv[2] : "", *why;
	struct stat st;
	uint8_t *bytes;

	if (fd < 0 || fstat(fd, &st) < 0)
		die("usage", "python_core CORE [damaged SEED N | truncated N]");
	bytes = mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	if (bytes == MAP_FAILED)
		die(argv[1], strerror(errno));
	if (strcmp(what, "damaged") == 0 && argc == 5)
		return damaged(bytes, (size_t)st.st_size, strtoull(argv[3], NULL, 10),
			       strtoull(argv[4], NULL, 10));
	if (strcmp(what, "truncated") == 0 && argc == 4)
		return truncated(bytes, (size_t)st.st_size, strtoull(argv[3], NULL, 10));
	if (!look_at(bytes, (size_t)st.st_size, 0, 0, stdout, &why))
		die(argv[1], why);
	return 0;
}
