// SPDX-License-Identifier: Apache-2.0
/*
 * A module goes opener (its file) -> cache or worker (its unwind table) ->
 * ready.  Until then addresses in it are "pending", and samples that need them
 * wait.  Whatever fails on the way ends in READY too, with what is known and a
 * note for people.
 *
 * The cache of tables is keyed by what the kernel says about the file (device,
 * inode, size, times), not by its build-id: a file that lies about its
 * build-id can then only spoil its own entry, and nothing has to be hashed.
 */
#include "session/session.h"

#include <elf.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/error.h"
#include "base/io.h"

#define MAX_MODULES 16000	/* numbers have to fit into stacks.c's keys */
#define MISSED_NS (200 * NS_PER_MS)	/* until a file is asked for once more */
#define MAX_UNUSED 64		/* files that are left open: many come again soon */
#define MAX_CRASHES 1		/* of a worker over one module: then it is unreadable */
#define TABLE_LIMIT_NS (10 * NS_PER_S)
#define STEP_LIMIT_MS 50
#define MAX_STEP_STACK (32u << 10)
#define CACHE_MAGIC 0x3454554443504327ull	/* changes with what is cached */

/* A cached table: this, then struct r_table, then the image. */
struct cache_header {
	uint64_t magic;
	uint64_t checksum;	/* of all that follows */
};

/* ---- making modules ---- */

static struct module *new_module(struct session *s, enum record_module_kind kind,
				 const char *path, size_t path_len)
{
	struct module *m = xcalloc(1, sizeof(*m));

	m->kind = kind;
	m->path = strndup(path, path_len);
	if (!m->path)
		abort();
	m->fd = m->debug_fd = m->alt_fd = -1;
	m->number = record_put_module(s->writer, &(struct record_module){
		.kind = kind, .path = record_put_string(s->writer, path, path_len) });
	array_reserve(s->modules, s->n_modules + 1, s->cap_modules);
	s->modules[s->n_modules++] = m;
	return m;
}

struct module *modules_anon(struct session *s)
{
	if (!s->anon) {
		s->anon = new_module(s, MODULE_ANON, "[anon]", 6);
		s->anon->state = MODULE_READY;
		s->anon->naming = NAMING_FAILED;
	}
	return s->anon;
}

struct module *modules_generated(struct session *s, struct generated *g)
{
	struct module *m = new_module(s, MODULE_ANON, "[anon]", 6);

	m->state = MODULE_READY;
	m->generated = g;
	return m;
}

struct module *modules_kernel(struct session *s)
{
	if (!s->kernel) {
		s->kernel = new_module(s, MODULE_KERNEL, "[kernel]", 8);
		s->kernel->state = MODULE_READY;
	}
	return s->kernel;
}

struct module *modules_python(struct session *s, const char *name)
{
	struct module *m = new_module(s, MODULE_PYTHON, name, strlen(name));

	m->state = MODULE_READY;
	m->naming = NAMING_FAILED;	/* python.c names its frames */
	return m;
}

static void want_table(struct session *s, struct module *m);

/*
 * The kernel gives every 64-bit process the same vdso: ours is as good as the
 * target's, and it is there before the target's memory can be read.
 */
struct module *modules_vdso(struct session *s)
{
	if (!s->vdso) {
		s->vdso = new_module(s, MODULE_VDSO, "[vdso]", 6);
		s->vdso->fd = memory_image_vdso();
		want_table(s, s->vdso);
	}
	return s->vdso;
}

static bool is_file(const struct module *m, const struct proc_map *map)
{
	return m->kind == MODULE_FILE && m->ino == map->ino && m->dev == map->dev &&
	       strlen(m->path) == map->path_len && memcmp(m->path, map->path, map->path_len) == 0;
}

/*
 * The file's module, or NULL.  *key is where it is in s->files, or is to be: of equal
 * hashes the next one counts.
 */
static struct module *find_file(struct session *s, const struct proc_map *map, uint64_t *key)
{
	uint32_t i;

	*key = XXH3_64bits_withSeed(map->path, map->path_len, map->dev * 31 + map->ino);
	while ((i = u64map_find(&s->files, *key)) != U64MAP_NONE) {
		if (is_file(s->modules[i], map))
			return s->modules[i];
		++*key;
	}
	return NULL;
}

static void ask_for_file(struct session *s, struct proc *p, const struct proc_map *map,
			 struct module *m)
{
	size_t len = sizeof(struct s_file) + map->path_len + 1;
	_cleanup_(freep) struct s_file *ask = xcalloc(1, len);

	m->state = MODULE_ASKED_FILE;
	*ask = (struct s_file){ .type = S_FILE, .pid = p->pid, .start = map->start,
				.end = map->end, .dev = map->dev, .ino = map->ino };
	memcpy(ask->path, m->path, map->path_len + 1);
	session_ask(s, REQUEST_FILE, m, ask, len, &ask->request);
}

/* The process that had it ended before it was opened: now it can be, through another. */
static void try_again(struct session *s, struct proc *p, const struct proc_map *map,
		      struct module *m)
{
	if (!m->missed_ns || s->now_ns - m->missed_ns < MISSED_NS)
		return;
	m->missed_ns = 0;
	m->flags &= ~(uint32_t)MODULE_UNREADABLE;
	m->naming = NAMING_IDLE;
	free(steal(m->note));
	ask_for_file(s, p, map, m);
}

static void say_modules(struct session *s)
{
	if (!s->said_modules)
		session_note(s, NOTE_WARNING, "more than %d files with code: what is in the others has "
			     "no names", MAX_MODULES);
	s->said_modules = true;
}

struct module *modules_file(struct session *s, struct proc *p, const struct proc_map *map)
{
	uint64_t key;
	struct module *m = find_file(s, map, &key);

	if (!m && s->n_modules >= MAX_MODULES) {
		say_modules(s);
		return modules_anon(s);
	}
	if (!m) {
		*u64map_slot(&s->files, key) = (uint32_t)s->n_modules;
		m = new_module(s, MODULE_FILE, map->path, map->path_len);
		m->dev = map->dev;
		m->ino = map->ino;
		if (map->deleted)
			m->flags |= MODULE_DELETED;
		ask_for_file(s, p, map, m);
	} else if (m->state == MODULE_CLOSED) {
		ask_for_file(s, p, map, m);
	} else {
		try_again(s, p, map, m);
	}
	return m;
}

/* The segment that holds `off`, or has it within `slack` bytes around. */
static const struct r_segment *find_segment(const struct r_table *f, uint64_t off, uint64_t slack)
{
	for (uint32_t i = 0; f && i < f->n_segments; i++) {
		const struct r_segment *seg = &f->segment[i];

		if (off + slack >= seg->off && off < seg->off + seg->bytes + slack)
			return seg;
	}
	return NULL;
}

uint64_t module_vaddr(const struct mapping *map, uint64_t addr)
{
	const struct r_table *f = map->module->facts;
	uint64_t off = addr - map->start + map->off;
	const struct r_segment *seg = find_segment(f, off, 0);

	/* A mapping begins and ends on pages, a segment need not. */
	if (!seg)
		seg = find_segment(f, off, 0xfff);
	return seg ? off - seg->off + seg->vaddr : off;
}

/* ---- what became of it ---- */

static void set_note(struct module *m, const char *what, const char *why)
{
	free(m->note);
	m->note = xasprintf("%s%s%s", what, why[0] ? ": " : "", why);
}

void module_put_info(struct session *s, struct module *m)
{
	const char *one = m->note ? m->note : "", *other = m->names_note ? m->names_note : "";
	_cleanup_(freep) char *note = xasprintf("%s%s%s", one, *one && *other ? "; " : "", other);
	const struct r_segment *text = m->facts && m->facts->n_segments ? m->facts->segment : NULL;

	record_put_module_info(s->writer, &(struct record_module_info){
		.module = m->number,
		.flags = m->flags,
		.build_id = m->facts ? m->facts->build_id : NULL,
		.build_id_len = m->facts ? min_of(m->facts->build_id_len,
						  (uint32_t)WORKER_MAX_BUILD_ID) : 0,
		.text_vaddr = text ? text->vaddr : 0,
		.text_off = text ? text->off : 0,
		.text_bytes = text ? text->bytes : 0,
		.note = record_put_string(s->writer, note, strlen(note)),
	});
}

/* From here on samples need not wait for it any more. */
static void become_ready(struct session *s, struct module *m)
{
	m->state = MODULE_READY;
	module_put_info(s, m);
	procs_new_generation(s);
	s->need_retry = true;
}

static void become_unreadable(struct session *s, struct module *m, const char *why)
{
	m->flags |= MODULE_UNREADABLE;
	set_note(m, "cannot be read", why);
	m->naming = NAMING_FAILED;
	become_ready(s, m);
}

/* Take facts and table out of `len` bytes mapped at `p`, which become ours. */
static bool take_image(struct session *s, struct module *m, void *p, size_t len,
		       size_t facts_at)
{
	size_t table_at = facts_at + sizeof(struct r_table);
	struct error err;

	if (len < table_at)
		return false;
	const struct r_table *facts = (const struct r_table *)((const char *)p + facts_at);
	if (facts->n_segments > WORKER_MAX_SEGMENTS || facts->names_len > WORKER_MAX_NAMES ||
	    facts->machine != unwind_arch_host()->machine ||
	    unwind_table_init(&m->table, (const char *)p + table_at, len - table_at, &err) < 0)
		return false;
	m->facts = facts;
	m->has_table = true;
	m->image = p;
	m->image_len = len;
	if (facts->has_table)
		m->flags |= MODULE_HAS_UNWIND;
	else
		set_note(m, "no unwind information (.eh_frame), so stacks can end there: build it with "
			 "-fasynchronous-unwind-tables", "");
	become_ready(s, m);
	return true;
}

/* ---- from file to table ---- */

/* False if it has to wait. */
static bool ask_for_table(struct session *s, struct module *m)
{
	size_t len = sizeof(struct w_table) + strlen(m->path) + 1;
	_cleanup_(freep) struct w_table *ask = xcalloc(1, len);

	*ask = (struct w_table){ .type = W_TABLE, .module = m->number };
	memcpy(ask->path, m->path, strlen(m->path) + 1);
	if (!session_send_worker(s, WORKER_UNWIND, m, 0, ask, len, &m->fd, 1))
		return false;
	m->state = MODULE_ASKED_TABLE;
	return true;
}

static void want_table(struct session *s, struct module *m)
{
	if (m->fd < 0) {
		become_unreadable(s, m, "");
		return;
	}
	m->state = MODULE_WANTS_TABLE;
	modules_worker_ready(s);
}

bool module_file_key(int fd, uint8_t key[16])
{
	struct stat st;
	XXH128_canonical_t canonical;

	if (fstat(fd, &st) < 0)
		return false;
	const uint64_t identity[] = {
		CACHE_MAGIC, st.st_dev, st.st_ino, (uint64_t)st.st_size,
		(uint64_t)st.st_mtim.tv_sec, (uint64_t)st.st_mtim.tv_nsec,
		(uint64_t)st.st_ctim.tv_sec, (uint64_t)st.st_ctim.tv_nsec,
	};
	XXH128_canonicalFromHash(&canonical, XXH3_128bits(identity, sizeof(identity)));
	memcpy(key, canonical.digest, 16);
	return true;
}

static void ask_for_cached_table(struct session *s, struct module *m)
{
	struct s_cache ask = { .type = S_CACHE_GET };

	memcpy(ask.key, m->table_key, sizeof(ask.key));
	m->state = MODULE_ASKED_CACHE;
	session_ask(s, REQUEST_TABLE_CACHE, m, &ask, sizeof(ask), &ask.request);
}

void modules_on_file(struct session *s, struct module *m, const struct o_file *o, int fd)
{
	bool ours = o->origin == FILE_MAPPED || o->origin == FILE_BY_PATH;

	if (!ours && fd >= 0) {
		close(fd);
		fd = -1;
	}
	if (!ours) {
		/*
		 * Not there any more, or not for us: its memory has the most of it.
		 * Pages of a file system that does not answer would never come.
		 */
		for (size_t i = 0; fd < 0 && !o->stuck && i < s->n_procs; i++)
			if (s->procs[i])
				fd = memory_image_file(s->procs[i], m->dev, m->ino);
		if (o->origin == FILE_OTHER)
			m->flags |= MODULE_DELETED;
		set_note(m, m->flags & MODULE_DELETED
			 ? "deleted or replaced since it was started; read from memory"
			 : "it could not be opened; read from memory", "");
	}
	m->fd = fd;
	if (fd < 0 && !o->stuck && o->origin == FILE_NONE)
		m->missed_ns = s->now_ns;
	if (fd < 0)
		become_unreadable(s, m, o->stuck ? "opening it did not return"
						 : "deleted or not permitted");
	else if (ours && (m->has_key = module_file_key(fd, m->table_key)))
		ask_for_cached_table(s, m);
	else
		want_table(s, m);
}

void modules_on_cache(struct session *s, struct module *m, int fd)
{
	const struct cache_header *h;
	const void *p = NULL;
	size_t len = 0;
	struct error err;
	bool good = false;

	if (fd >= 0 && io_map(fd, UNWIND_MAX_IMAGE, &p, &len, &err) == 0 && len > sizeof(*h)) {
		h = p;
		good = h->magic == CACHE_MAGIC &&
		       h->checksum == XXH3_64bits(h + 1, len - sizeof(*h)) &&
		       take_image(s, m, (void *)p, len, sizeof(*h));
	}
	if (!good) {
		if (p)
			munmap((void *)p, len);
		want_table(s, m);
	}
}

static void put_cached_table(struct session *s, struct module *m)
{
	struct cache_header h = { .magic = CACHE_MAGIC };
	struct s_cache ask = { .type = S_CACHE_PUT };
	_cleanup_(closep) int fd = -1;
	struct buf b = { 0 };
	struct error err;

	h.checksum = XXH3_64bits(m->image, m->image_len);
	buf_put(&b, &h, sizeof(h));
	buf_put(&b, m->image, m->image_len);
	fd = io_memfd("cprofd-cache", b.data, b.len, &err);
	buf_deinit(&b);
	memcpy(ask.key, m->table_key, sizeof(ask.key));
	if (fd >= 0)
		session_send_opener(s, &ask, sizeof(ask), &fd, 1);
}

static struct module *by_number(struct session *s, uint32_t number)
{
	return number < s->n_modules ? s->modules[number] : NULL;
}

/* Facts and image side by side in memory of our own, as in the cache. */
static void *join(const struct r_table *r, int image_fd, size_t *len)
{
	struct buf image = { 0 };
	struct error err;
	uint8_t *p;

	if (image_fd < 0 || io_load(image_fd, UNWIND_MAX_IMAGE, &image, &err) < 0 || !image.len) {
		buf_deinit(&image);
		return NULL;
	}
	*len = sizeof(*r) + image.len;
	p = mmap(NULL, *len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		abort();
	memcpy(p, r, sizeof(*r));
	memcpy(p + sizeof(*r), image.data, image.len);
	buf_deinit(&image);
	return p;
}

void modules_on_table(struct session *s, struct msg *msg)
{
	struct r_table *r = (struct r_table *)msg->data;
	_cleanup_(closep) int fd = msg_take_fd(msg, 0);
	struct module *m;
	size_t len;
	void *p;

	if (msg->len < sizeof(*r))
		return;
	m = by_number(s, r->module);
	if (!m || !session_answered(s, WORKER_UNWIND, r->module, 0) ||
	    m->state != MODULE_ASKED_TABLE)
		return;
	modules_worker_ready(s);
	r->error[sizeof(r->error) - 1] = '\0';
	p = join(r, fd, &len);
	if (!p || !take_image(s, m, p, len, 0)) {
		if (p)
			munmap(p, len);
		become_unreadable(s, m, r->error);
		return;
	}
	if (m->has_key && !(m->flags & MODULE_DELETED))
		put_cached_table(s, m);
}

/*
 * It died over its oldest request.  A table may be tried once more; a rare step
 * costs the module its rare steps, but not its table, and nobody else anything.
 */
void modules_worker_died(struct session *s)
{
	const struct worker_asked *asked = &s->asked[WORKER_UNWIND];

	for (size_t i = 0; i < asked->n; i++)
		if (!asked->at[i].step && asked->at[i].module->state == MODULE_ASKED_TABLE)
			asked->at[i].module->state = MODULE_WANTS_TABLE;
	if (!asked->n)
		return;
	struct module *guilty = asked->at[0].module;
	if (asked->at[0].step)
		guilty->no_rare = true;
	else if (++guilty->n_crashes > MAX_CRASHES)
		become_unreadable(s, guilty, "the parser crashed or reached its limits");
}

void modules_worker_ready(struct session *s)
{
	for (size_t i = 0; i < s->n_modules; i++)
		if (s->modules[i]->state == MODULE_WANTS_TABLE && !ask_for_table(s, s->modules[i]))
			return;
}

void modules_tick(struct session *s, uint64_t now_ns)
{
	struct worker_asked *asked = &s->asked[WORKER_UNWIND];

	if (now_ns < asked->since_ns + TABLE_LIMIT_NS)
		return;
	if (asked->n) {
		if (!asked->at[0].step)
			asked->at[0].module->n_crashes = MAX_CRASHES;
		session_kill_worker(s, WORKER_UNWIND);
		return;
	}
	for (size_t i = 0; i < s->n_modules; i++)
		if (s->modules[i]->state == MODULE_WANTS_TABLE)
			become_unreadable(s, s->modules[i], "no parser could be started");
}

/* ---- rare rows ---- */

void modules_on_step(struct session *s, struct msg *m)
{
	const struct r_step *r = (const struct r_step *)m->data;

	if (m->len < sizeof(*r) || !session_answered(s, WORKER_UNWIND, r->module, r->number))
		return;
	/* One that nobody waits for any more is of another frame. */
	if (s->in_step && r->number == s->last_step && !s->step_answer)
		s->step_answer = xmemdup(r, sizeof(*r));
	modules_worker_ready(s);
}

/* Wait until `until`; false if nothing came, or the worker is gone. */
static bool take_answer(struct session *s, uint64_t until)
{
	struct pollfd fd = { .fd = s->workers[WORKER_UNWIND], .events = POLLIN };
	uint64_t now = clock_mono_ns();
	int ms = now < until ? (int)((until - now) / NS_PER_MS) + 1 : 0;

	return fd.fd >= 0 && poll(&fd, 1, ms) > 0 &&
	       session_take_worker_message(s, WORKER_UNWIND);
}

bool modules_rare_step(struct session *s, struct module *m, const struct mapping *map,
		       uint64_t at, const struct unwind_stack *stack, struct unwind_regs *regs)
{
	const struct unwind_arch *arch = unwind_arch_host();
	uint64_t sp = regs->value[arch->sp], skip = sp - stack->start;
	struct buf b = { 0 };
	struct w_step ask = {
		.type = W_STEP, .module = m->number, .number = s->last_step % UINT32_MAX + 1,
		.vaddr = module_vaddr(map, at), .regs = *regs, .stack_start = sp };

	if (skip > stack->len || m->fd < 0 || m->no_rare)
		return false;
	ask.stack_len = min_of(stack->len - (size_t)skip, (size_t)MAX_STEP_STACK);
	buf_put(&b, &ask, sizeof(ask));
	buf_put(&b, stack->bytes + skip, (size_t)ask.stack_len);
	bool sent = session_send_worker(s, WORKER_UNWIND, m, ask.number, b.data, b.len, &m->fd, 1);
	buf_deinit(&b);
	if (!sent)
		return false;

	s->last_step = ask.number;
	s->in_step = true;
	uint64_t until = clock_mono_ns() + STEP_LIMIT_MS * NS_PER_MS;
	/* It may send no more than it was asked. */
	for (size_t n = s->asked[WORKER_UNWIND].n; n && !s->step_answer; n--)
		if (!take_answer(s, until))
			break;
	_cleanup_(freep) struct r_step *answer = steal(s->step_answer);
	s->in_step = false;
	if (!answer || !answer->ok)
		return false;
	*regs = answer->regs;
	return true;
}

/* ---- end ---- */

bool *modules_used(const struct session *s)
{
	bool *used = xcalloc(s->n_modules + 1, sizeof(*used));

	for (size_t i = 0; i < s->n_procs; i++)
		for (size_t k = 0; s->procs[i] && k < s->procs[i]->n_maps; k++)
			used[s->procs[i]->maps[k].module->number] = true;
	return used;
}

static void close_module(struct session *s, struct module *m)
{
	kernel_side_drop_table(s, m);
	closep(&m->fd);
	m->fd = -1;
	if (m->image)
		munmap(m->image, m->image_len);
	m->image = NULL;
	m->facts = NULL;
	m->has_table = false;
	m->state = MODULE_CLOSED;
}

void modules_collect(struct session *s)
{
	_cleanup_(freep) bool *used = modules_used(s);
	size_t n = 0;

	for (size_t i = 0; i < s->n_modules; i++) {
		const struct module *m = s->modules[i];

		used[i] |= m->kind != MODULE_FILE || m->state != MODULE_READY ||
			   m->naming != NAMING_IDLE || m->n_unnamed;
		n += !used[i];
	}
	for (size_t i = 0; n > MAX_UNUSED && i < s->n_modules; i++)
		if (!used[i])
			close_module(s, s->modules[i]);
}

void modules_free(struct session *s)
{
	for (size_t i = 0; i < s->n_modules; i++) {
		struct module *m = s->modules[i];

		symbols_free_module(m);
		closep(&m->fd);
		if (m->image)
			munmap(m->image, m->image_len);
		free(m->path);
		free(m->note);
		free(m->names_note);
		free(m);
	}
	free(s->modules);
	u64map_deinit(&s->files);
}
