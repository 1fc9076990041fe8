// SPDX-License-Identifier: Apache-2.0
/*
 * Names for frames, in the background.  Per module:
 *
 *	first frame ──► its debug file (opener)
 *	both files ──► names known from earlier sessions with them (cache)
 *	one not among them ──► symbol worker opens both
 *	──► addresses in batches to the worker ──► names
 *
 * What the worker answers goes into the recording and, at the end, together
 * with what was known before, into the cache.
 */
#include "session/session.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/io.h"
#include "worker/symbol_answer.h"

#define ASK_NS (500 * NS_PER_MS)	/* names are asked for in batches */
#define NAMES_LIMIT_NS (60 * NS_PER_S)
#define NAMES_MAGIC 0x36454d414e504325ull	/* changes with what is cached */
#define MAX_CACHED_NAMES (64u << 20)
#define MAX_CRASHES 2
#define FORGOTTEN (U64MAP_NONE - 1)	/* in by_vaddr: to be asked for anew */
#define AHEAD 8			/* names that are fetched before they are needed */

/*
 * What is known about a module's addresses: the form of symbol_answer.h, with
 * functions numbered by `n_functions`.  Goes to the cache at the end.
 */
struct known_names {
	struct buf functions;
	uint32_t n_functions;
	struct buf addresses;		/* vaddr, n_levels, function, line, ..., call */
	struct u64map by_vaddr;		/* -> place in addresses */
	struct u64map by_hash;		/* of a function's bytes -> its number */
	struct known_function {
		uint32_t recorded;	/* its number in the recording */
		uint64_t vaddr;		/* where it begins */
	} *places;
	size_t cap_places;
	size_t n_cached;		/* addresses that came from the cache */
};

static struct known_names *known_of(struct module *m)
{
	if (!m->known)
		m->known = xcalloc(1, sizeof(*m->known));
	return m->known;
}

void symbols_free_module(struct module *m)
{
	if (m->known) {
		buf_deinit(&m->known->functions);
		buf_deinit(&m->known->addresses);
		u64map_deinit(&m->known->by_vaddr);
		u64map_deinit(&m->known->by_hash);
		free(m->known->places);
		free(m->known);
	}
	closep(&m->debug_fd);
	closep(&m->alt_fd);
	generated_free(m->generated);
	python_functions_free(m->python);
	free(m->debug_path);
	free(m->unnamed);
	free(m->functions);
}

/* ---- learning and recording ---- */

static uint32_t put_text(struct session *s, const char *text, size_t len)
{
	return record_put_string(s->writer, len ? text : "", len);
}

/*
 * Learn a function: into known_names as bytes, and into the recording.  The
 * worker may tell again what the cache told: then it keeps its number.
 */
static uint32_t learn_function(struct session *s, struct module *m,
			       const struct symbol_answer_function *f)
{
	struct known_names *k = known_of(m);
	struct buf *b = &k->functions;
	size_t start = b->len;
	uint32_t *known;

	buf_put_str(b, f->name, f->name_len);
	buf_put_str(b, f->file, f->file_len);
	buf_put_uleb(b, f->line);
	buf_put_uleb(b, f->vaddr);
	buf_put_uleb(b, f->size);
	buf_put_uleb(b, f->source);
	known = u64map_slot(&k->by_hash, XXH3_64bits(b->data + start, b->len - start));
	if (*known != U64MAP_NONE) {
		b->len = start;
		return *known;
	}
	*known = k->n_functions;
	array_reserve(k->places, k->n_functions + 1, k->cap_places);
	k->places[k->n_functions].vaddr = f->vaddr;
	k->places[k->n_functions].recorded = record_put_function(s->writer, &(struct record_function){
		.module = m->number,
		.name = put_text(s, f->name, f->name_len),
		.file = put_text(s, f->file, f->file_len),
		.line = f->line, .vaddr = f->vaddr, .size = f->size,
		.source = (enum record_symbol_source)f->source });
	return k->n_functions++;
}

static void learn_address(struct module *m, const struct symbol_answer_address *a)
{
	struct known_names *k = known_of(m);
	struct buf *b = &k->addresses;

	/* What was known of it before stays behind, and is not found any more. */
	*u64map_slot(&k->by_vaddr, a->vaddr) = (uint32_t)b->len;
	buf_put_uleb(b, a->vaddr);
	buf_put_uleb(b, a->n_levels);
	for (uint32_t i = 0; i < a->n_levels; i++) {
		buf_put_uleb(b, a->levels[i].function);
		buf_put_uleb(b, a->levels[i].line);
	}
	symbol_call_put(b, a->vaddr, &a->call);
}

/* Where in the known addresses this one is, or U64MAP_NONE. */
static uint32_t find_address(const struct known_names *k, uint64_t vaddr)
{
	uint32_t at = u64map_find(&k->by_vaddr, vaddr);

	return at == FORGOTTEN ? U64MAP_NONE : at;
}

/* What is known of the call before the return address that `frame` is. */
static void put_call(struct session *s, const struct known_names *k, const struct symbol_call *call,
		     uint32_t frame)
{
	if (call->kind == CALL_UNKNOWN)
		return;
	record_put_call(s->writer, &(struct record_call){
		.frame = frame, .kind = call->kind, .target = call->target,
		.function = call->function == RECORD_NONE
			? RECORD_NONE : k->places[call->function].recorded });
}

/* Give a frame the name that its address is known by; false if it is not. */
static bool name_frame(struct session *s, struct module *m, const struct unnamed *u)
{
	struct known_names *k = known_of(m);
	uint32_t at = find_address(k, u->vaddr);
	struct record_level levels[RECORD_MAX_LEVELS];
	struct symbol_call call;
	struct cursor c;
	uint32_t n;

	if (at == U64MAP_NONE)
		return false;
	c = cursor_make(k->addresses.data + at, k->addresses.len - at);
	cursor_uleb(&c);	/* vaddr */
	n = (uint32_t)cursor_uleb(&c);
	if (!n && m->generated) {
		generated_nameless(m, u->vaddr, u->frame);
		return true;
	}
	for (uint32_t l = 0; l < n; l++) {
		uint64_t function = cursor_uleb(&c);

		levels[l].function = k->places[function].recorded;
		levels[l].line = (uint32_t)cursor_uleb(&c);
	}
	record_put_symbol(s->writer, u->frame, levels, n);
	if (u->is_return && symbol_call_get(&c, u->vaddr, &call))
		put_call(s, k, &call, u->frame);
	return true;
}

/* Name all that can be named now; the rest moves to the front. */
static void name_known(struct session *s, struct module *m)
{
	size_t kept = 0;

	for (size_t i = 0; i < m->n_unnamed; i++) {
		if (i + AHEAD < m->n_unnamed)
			u64map_prefetch(&m->known->by_vaddr, m->unnamed[i + AHEAD].vaddr);
		if (!name_frame(s, m, &m->unnamed[i]))
			m->unnamed[kept++] = m->unnamed[i];
	}
	m->n_unnamed = kept;
}

/* The functions of an answer, which the worker numbers over its life. */
static bool learn_functions(struct session *s, struct module *m, struct symbol_answer_reader *r)
{
	struct symbol_answer_function f;
	int more;

	while ((more = symbol_answer_next_function(r, &f)) > 0) {
		array_reserve(m->functions, m->n_functions + 1, m->cap_functions);
		m->functions[m->n_functions++] = learn_function(s, m, &f);
	}
	return more == 0;
}

/* The next address, with our numbers of functions; like symbol_answer_next_address(). */
static int next_address(const struct module *m, struct symbol_answer_reader *r,
			struct symbol_answer_address *a)
{
	int more = symbol_answer_next_address(r, a);

	for (uint32_t i = 0; more > 0 && i < a->n_levels; i++) {
		if (a->levels[i].function >= m->n_functions)
			return -1;
		a->levels[i].function = m->functions[a->levels[i].function];
	}
	if (more > 0 && a->call.function != RECORD_NONE) {
		if (a->call.function >= m->n_functions)
			return -1;
		a->call.function = m->functions[a->call.function];
	}
	return more;
}

/* Take an answer in. */
static bool learn_answer(struct session *s, struct module *m, const void *data, size_t len)
{
	struct symbol_answer_reader r;
	struct symbol_answer_address a;
	int more;

	symbol_answer_open(&r, data, len);
	if (!learn_functions(s, m, &r))
		return false;
	while ((more = next_address(m, &r, &a)) > 0)
		learn_address(m, &a);
	return more == 0;
}

/* ---- asking ---- */

static void fail(struct module *m)
{
	m->naming = NAMING_FAILED;
	m->names_wait = false;
	m->n_unnamed = 0;
}

void symbols_want(struct module *m, uint64_t vaddr, uint32_t frame, bool is_return)
{
	if (m->naming == NAMING_FAILED)
		return;
	array_reserve(m->unnamed, m->n_unnamed + 1, m->cap_unnamed);
	m->unnamed[m->n_unnamed++] = (struct unnamed){ vaddr, frame, is_return };
}

void symbols_ask_again(struct module *m, const struct unnamed *unnamed, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		*u64map_slot(&known_of(m)->by_vaddr, unnamed[i].vaddr) = FORGOTTEN;
		symbols_want(m, unnamed[i].vaddr, unnamed[i].frame, unnamed[i].is_return);
	}
}

/*
 * Names are worth as much as the files that they came from: those from before a
 * debug file was installed, or another one, do not serve any more.
 */
static bool names_key(const struct module *m, uint8_t key[16])
{
	XXH128_canonical_t canonical;
	uint64_t identity[5] = { NAMES_MAGIC };

	if (!m->has_key || m->flags & MODULE_DELETED || m->kind != MODULE_FILE)
		return false;
	memcpy(identity + 1, m->table_key, sizeof(m->table_key));
	if (m->debug_fd >= 0 && !module_file_key(m->debug_fd, (uint8_t *)(identity + 3)))
		return false;
	XXH128_canonicalFromHash(&canonical, XXH3_128bits(identity, sizeof(identity)));
	memcpy(key, canonical.digest, 16);
	return true;
}

static void ask_for_debug_file(struct session *s, struct module *m)
{
	size_t len = m->facts ? m->facts->names_len : 0;
	_cleanup_(freep) struct s_debug_file *ask = xcalloc(1, sizeof(*ask) + len + 1);

	m->naming = NAMING_DEBUG_FILE;
	*ask = (struct s_debug_file){ .type = S_DEBUG_FILE, .pid = s->spec->pid };
	if (len)
		memcpy(ask->names, m->facts->names, len);
	session_ask(s, REQUEST_DEBUG, m, ask, sizeof(*ask) + len + !len, &ask->request);
}

static void ask_for_kallsyms(struct session *s, struct module *m)
{
	struct s_kallsyms ask = { .type = S_KALLSYMS };

	m->naming = NAMING_DEBUG_FILE;
	session_ask(s, REQUEST_DEBUG, m, &ask, sizeof(ask), &ask.request);
}

static void begin(struct session *s, struct module *m)
{
	if (m->kind == MODULE_KERNEL)
		ask_for_kallsyms(s, m);
	else if (m->generated)
		generated_look(s, m);
	else if (m->fd < 0)
		fail(m);
	else
		ask_for_debug_file(s, m);
}

static bool ask_to_open(struct session *s, struct module *m)
{
	const char *path = m->debug_path ? m->debug_path : "";
	size_t len = sizeof(struct w_open_symbols) + strlen(path) + 1;
	_cleanup_(freep) struct w_open_symbols *ask = xcalloc(1, len);
	int fds[3], n = 0;

	*ask = (struct w_open_symbols){
		.type = W_OPEN_SYMBOLS, .module = m->number, .kind = m->kind,
		.has_file = m->fd >= 0, .has_debug = m->debug_fd >= 0, .has_alt = m->alt_fd >= 0 };
	memcpy(ask->debug_path, path, strlen(path) + 1);
	if (m->fd >= 0)
		fds[n++] = m->fd;
	if (m->debug_fd >= 0)
		fds[n++] = m->debug_fd;
	if (m->alt_fd >= 0)
		fds[n++] = m->alt_fd;
	m->n_functions = 0;	/* the worker begins to count again */
	return session_send_worker(s, WORKER_SYMBOL, m, 0, ask, len, fds, (size_t)n);
}

static int by_vaddr(const void *a, const void *b)
{
	const struct unnamed *x = a, *y = b;

	return x->vaddr < y->vaddr ? -1 : x->vaddr > y->vaddr;
}

static bool ask_for_names(struct session *s, struct module *m)
{
	_cleanup_(freep) struct w_symbols *ask = xcalloc(1, sizeof(*ask));
	uint64_t last = 0;

	qsort(m->unnamed, m->n_unnamed, sizeof(*m->unnamed), by_vaddr);
	*ask = (struct w_symbols){ .type = W_SYMBOLS, .module = m->number };
	for (size_t i = 0; i < m->n_unnamed && ask->n < WORKER_MAX_ADDRESSES; i++) {
		if (!i || m->unnamed[i].vaddr != last)
			last = ask->vaddrs[ask->n++] = m->unnamed[i].vaddr;
		if (m->unnamed[i].is_return)
			ask->returns[(ask->n - 1) / 64] |= 1ull << (ask->n - 1) % 64;
	}
	return session_send_worker(s, WORKER_SYMBOL, m, 0, ask,
				   offsetof(struct w_symbols, vaddrs) + ask->n * sizeof(uint64_t),
				   NULL, 0);
}

/* Ask the worker what `state` stands for when it has less to do. */
static void wish(struct module *m, enum naming_state state)
{
	m->naming = state;
	m->names_wait = true;
}

/* The same, and now if it can be. */
static void want(struct session *s, struct module *m, enum naming_state state)
{
	wish(m, state);
	symbols_worker_ready(s);
}

void symbols_open_files(struct session *s, struct module *m)
{
	want(s, m, NAMING_OPEN);
}

/* Ask the worker what the module waits for; false if the worker has enough to do. */
static bool serve(struct session *s, struct module *m)
{
	if (!m->names_wait)
		return true;
	if (!(m->naming == NAMING_ASKED ? ask_for_names : ask_to_open)(s, m))
		return false;
	m->names_wait = false;
	return true;
}

void symbols_worker_ready(struct session *s)
{
	if (s->first_named && !serve(s, s->first_named))
		return;
	for (size_t i = 0; i < s->n_modules; i++)
		if (!serve(s, s->modules[i]))
			return;
}

void symbols_first(struct session *s, uint32_t module)
{
	for (size_t i = 0; i < s->n_modules; i++)
		if (s->modules[i]->number == module)
			s->first_named = s->modules[i];
	s->ask_step_ns = 0;	/* not with the next batch, but now */
}

/* Give up on what takes too long; true if the worker was replaced. */
static bool check_limit(struct session *s, uint64_t now_ns)
{
	struct worker_asked *asked = &s->asked[WORKER_SYMBOL];

	if (now_ns < asked->since_ns + NAMES_LIMIT_NS)
		return false;
	if (asked->n) {
		if (!asked->at[0].step)
			asked->at[0].module->n_crashes = MAX_CRASHES;
		session_kill_worker(s, WORKER_SYMBOL);
		return true;
	}
	for (size_t i = 0; i < s->n_modules; i++)
		if (s->modules[i]->names_wait)
			fail(s->modules[i]);	/* there is no worker */
	return false;
}

/* What the module needs next. */
static void advance(struct session *s, struct module *m)
{
	if (m->known && m->n_unnamed)
		name_known(s, m);
	if (m->naming == NAMING_IDLE && m->n_unnamed && m->state == MODULE_READY)
		begin(s, m);
	else if (m->naming == NAMING_CACHED && m->n_unnamed)
		wish(m, NAMING_OPEN);
	else if (m->naming == NAMING_READY && m->n_unnamed)
		wish(m, NAMING_ASKED);
	else if (m->generated && generated_is_due(s, m))
		generated_look(s, m);
}

void symbols_tick(struct session *s, uint64_t now_ns, bool hurry)
{
	/* The first names soon, then in batches: every turn of this costs. */
	if (!hurry && now_ns - s->names_asked_ns < s->ask_step_ns)
		return;
	s->names_asked_ns = now_ns;
	s->ask_step_ns = min_of(s->ask_step_ns * 2 + NS_PER_MS, (uint64_t)ASK_NS);
	if (check_limit(s, now_ns))
		return;
	for (size_t i = 0; i < s->n_modules; i++)
		advance(s, s->modules[i]);
	symbols_worker_ready(s);
}

bool symbols_busy(const struct session *s)
{
	for (size_t i = 0; i < s->n_modules; i++) {
		const struct module *m = s->modules[i];

		if (m->naming != NAMING_FAILED &&
		    (m->n_unnamed || (m->generated && generated_busy(m))))
			return true;
	}
	return false;
}

/* ---- for code.c ---- */

bool symbols_open(struct session *s, struct module *m)
{
	if (m->state == MODULE_CLOSED)
		fail(m);
	else if (m->naming == NAMING_IDLE && m->state == MODULE_READY)
		begin(s, m);
	else if (m->naming == NAMING_CACHED)
		want(s, m, NAMING_OPEN);
	return m->naming == NAMING_READY || m->naming == NAMING_ASKED;
}

bool symbols_take_code(struct session *s, struct module *m, struct symbol_answer_reader *r,
		       symbols_address_fn fn, void *ctx)
{
	struct symbol_answer_address a;
	struct record_level levels[RECORD_MAX_LEVELS];
	int more = learn_functions(s, m, r) ? 1 : -1;

	while (more > 0 && (more = next_address(m, r, &a)) > 0) {
		for (uint32_t i = 0; i < a.n_levels; i++)
			levels[i] = (struct record_level){
				m->known->places[a.levels[i].function].recorded, a.levels[i].line };
		fn(ctx, a.vaddr, levels, a.n_levels);
	}
	if (more < 0)
		fail(m);
	return more == 0;
}

bool symbols_function_at(const struct module *m, uint64_t vaddr, uint64_t *start)
{
	const struct known_names *k = m->known;
	uint32_t at = k ? find_address(k, vaddr) : U64MAP_NONE;
	uint64_t function = UINT64_MAX;
	struct cursor c;

	if (at == U64MAP_NONE)
		return false;
	c = cursor_make(k->addresses.data + at, k->addresses.len - at);
	cursor_uleb(&c);	/* vaddr */
	for (uint64_t n = cursor_uleb(&c); n; n--) {
		function = cursor_uleb(&c);
		cursor_uleb(&c);	/* line */
	}
	if (function == UINT64_MAX)
		return false;
	*start = k->places[function].vaddr;
	return true;
}

/* ---- answers ---- */

/* What names its files have, what they lack, and where they are damaged. */
static void take_flags(struct session *s, struct module *m, uint32_t flags, const char *note,
		       size_t note_len)
{
	bool damaged = flags & MODULE_UNREADABLE && !(m->flags & MODULE_UNREADABLE);

	m->flags |= flags & (MODULE_HAS_SYMTAB | MODULE_HAS_LINES | MODULE_UNREADABLE);
	free(m->names_note);
	m->names_note = xasprintf("%.*s", (int)min_of(note_len, (size_t)WORKER_MAX_NOTE),
				  note ? note : "");
	if (damaged)
		session_note(s, NOTE_WARNING, "%s: %s", m->path, m->names_note);
}

void symbols_on_cache(struct session *s, struct module *m, int fd)
{
	const void *p = NULL;
	size_t len = 0, note_len;
	struct error err;

	if (fd >= 0 && io_map(fd, MAX_CACHED_NAMES, &p, &len, &err) == 0 && len > 16) {
		struct cursor c = cursor_make(p, len);
		uint64_t magic = cursor_u64(&c), checksum = cursor_u64(&c);

		if (magic == NAMES_MAGIC && checksum == XXH3_64bits(c.p, cursor_left(&c))) {
			uint32_t flags = cursor_u32(&c);

			const char *note = cursor_str(&c, &note_len);

			take_flags(s, m, flags, note, note_len);
			learn_answer(s, m, c.p, cursor_left(&c));
			known_of(m)->n_cached = known_of(m)->by_vaddr.n;
			name_known(s, m);
		}
	}
	if (p)
		munmap((void *)p, len);
	module_put_info(s, m);
	/* The worker is opened when an address comes that is not known. */
	if (m->n_unnamed)
		want(s, m, NAMING_OPEN);
	else
		m->naming = NAMING_CACHED;
}

static void ask_for_cached_names(struct session *s, struct module *m)
{
	struct s_cache ask = { .type = S_CACHE_GET };

	if (!names_key(m, ask.key)) {
		want(s, m, NAMING_OPEN);
		return;
	}
	m->naming = NAMING_CACHE;
	session_ask(s, REQUEST_NAMES_CACHE, m, &ask, sizeof(ask), &ask.request);
}

/* The `index`-th of some terminated names. */
static const char *nth_name(const char *names, size_t len, uint32_t index)
{
	for (size_t at = 0; at < len; at += strnlen(names + at, len - at) + 1)
		if (index-- == 0)
			return names + at;
	return "";
}

static void no_kallsyms(struct session *s, struct module *m, bool hidden)
{
	free(m->note);
	m->note = xstrdup(hidden ? "the kernel hides the addresses of its functions from this user "
				   "(kernel.kptr_restrict): root sees them"
				 : "/proc/kallsyms could not be read");
	fail(m);
	module_put_info(s, m);
}

void symbols_on_file(struct session *s, struct module *m, const struct o_file *o, int fd)
{
	if (m->generated && m->naming == NAMING_DEBUG_FILE) {
		generated_on_file(s, m, o, fd);
	} else if (m->kind == MODULE_KERNEL && m->naming == NAMING_DEBUG_FILE) {
		m->fd = fd;
		if (fd < 0)
			no_kallsyms(s, m, o->origin == FILE_REFUSED);
		else
			want(s, m, NAMING_OPEN);
	} else if (m->naming == NAMING_DEBUG_FILE) {
		m->debug_fd = fd;
		if (fd >= 0 && m->facts)
			m->debug_path = xstrdup(nth_name(m->facts->names, m->facts->names_len,
							 o->index));
		ask_for_cached_names(s, m);
	} else if (m->naming == NAMING_ALT_FILE) {
		m->alt_fd = fd;
		if (fd < 0)
			m->naming = NAMING_READY;
		else
			want(s, m, NAMING_OPEN_AGAIN);
	} else {
		closep(&fd);
	}
}

static void ask_for_alt_file(struct session *s, struct module *m, const struct r_open_symbols *r)
{
	size_t len = min_of(r->names_len, (uint32_t)WORKER_MAX_NAMES);
	_cleanup_(freep) struct s_debug_file *ask = xcalloc(1, sizeof(*ask) + len + 1);

	m->naming = NAMING_ALT_FILE;
	*ask = (struct s_debug_file){ .type = S_DEBUG_FILE, .pid = s->spec->pid };
	memcpy(ask->names, r->names, len);
	session_ask(s, REQUEST_ALT, m, ask, sizeof(*ask) + len + 1, &ask->request);
}

static void on_open(struct session *s, struct module *m, struct r_open_symbols *r)
{
	bool first = m->naming == NAMING_OPEN;

	take_flags(s, m, r->flags, r->note, strnlen(r->note, sizeof(r->note)));
	module_put_info(s, m);
	if (!r->ok)
		fail(m);
	else if (first && r->names_len)
		ask_for_alt_file(s, m, r);
	else
		m->naming = NAMING_READY;
}

/* An address that the worker was asked for and has no name stays known as such. */
static void on_names(struct session *s, struct module *m, int fd)
{
	size_t n_before = m->n_unnamed;
	struct buf b = { 0 };
	struct error err;
	bool good = fd >= 0 && io_load(fd, UNWIND_MAX_IMAGE, &b, &err) == 0 &&
		    learn_answer(s, m, b.data, b.len);

	buf_deinit(&b);
	m->naming = NAMING_READY;
	name_known(s, m);
	if (m->generated)
		generated_answered(s, m);
	if (!good || (n_before && m->n_unnamed == n_before))
		fail(m);	/* it does not answer what it is asked */
}

void symbols_on_message(struct session *s, struct msg *msg)
{
	const struct r_symbols *head = (const struct r_symbols *)msg->data;
	struct module *m;

	if (msg->len < sizeof(*head) || head->module >= s->n_modules)
		return;
	m = s->modules[head->module];
	if (!session_answered(s, WORKER_SYMBOL, head->module, 0))
		return;
	if (head->type == R_OPEN_SYMBOLS && msg->len >= sizeof(struct r_open_symbols) &&
	    (m->naming == NAMING_OPEN || m->naming == NAMING_OPEN_AGAIN)) {
		on_open(s, m, (struct r_open_symbols *)msg->data);
	} else if (head->type == R_SYMBOLS && m->naming == NAMING_ASKED) {
		_cleanup_(closep) int fd = msg_take_fd(msg, 0);

		on_names(s, m, fd);
		take_flags(s, m, head->flags, head->note, strnlen(head->note, sizeof(head->note)));
		module_put_info(s, m);
	}
	symbols_worker_ready(s);
}

/* It died over its oldest request, which may be tried again. */
void symbols_worker_died(struct session *s)
{
	const struct worker_asked *asked = &s->asked[WORKER_SYMBOL];
	/* of code only code.c thinks the worse */
	struct module *guilty = asked->n && !asked->at[0].step ? asked->at[0].module : NULL;

	for (size_t i = 0; i < asked->n; i++)
		if (asked->at[i].module->naming != NAMING_FAILED)
			wish(asked->at[i].module, NAMING_OPEN);
	if (guilty && ++guilty->n_crashes > MAX_CRASHES) {
		free(guilty->note);
		guilty->note = xstrdup("symbols unreadable: the parser crashed or reached its limits");
		guilty->flags |= MODULE_UNREADABLE;
		module_put_info(s, guilty);
		session_note(s, NOTE_WARNING, "symbols for %s unreadable (parser stopped)",
			     guilty->path);
		fail(guilty);
	}
}

/* What was open in a worker before has to be opened in this one. */
void symbols_worker_new(struct session *s)
{
	for (size_t i = 0; i < s->n_modules; i++) {
		struct module *m = s->modules[i];

		if (m->naming >= NAMING_OPEN && m->naming <= NAMING_ASKED)
			wish(m, NAMING_OPEN);
	}
	symbols_worker_ready(s);
}

/* ---- cache ---- */

/* Those that are current, in the form of symbol_answer.h. */
static void put_addresses(struct buf *b, const struct known_names *k)
{
	struct cursor c = cursor_make(k->addresses.data, k->addresses.len);
	struct symbol_call call;
	uint64_t last = 0;

	while (cursor_left(&c)) {
		uint32_t at = (uint32_t)(c.p - k->addresses.data);
		uint64_t vaddr = cursor_uleb(&c);
		const uint8_t *levels = c.p;

		for (uint64_t n = cursor_uleb(&c) * 2; n; n--)
			cursor_uleb(&c);
		symbol_call_get(&c, vaddr, &call);
		if (u64map_find(&k->by_vaddr, vaddr) != at)
			continue;
		buf_put_zigzag(b, (int64_t)(vaddr - last));
		buf_put(b, levels, (size_t)(c.p - levels));
		last = vaddr;
	}
}

static void save(struct session *s, struct module *m)
{
	const struct known_names *k = m->known;
	struct s_cache ask = { .type = S_CACHE_PUT };
	struct buf b = { 0 };
	uint64_t checksum;
	size_t note_len = m->names_note ? strlen(m->names_note) : 0;
	struct error err;

	/* A damaged file has the build-id of a good one. */
	if (!k || k->by_vaddr.n == k->n_cached || m->flags & MODULE_UNREADABLE || !names_key(m, ask.key))
		return;
	buf_put_u64(&b, NAMES_MAGIC);
	buf_put_u64(&b, 0);
	buf_put_u32(&b, m->flags & (MODULE_HAS_SYMTAB | MODULE_HAS_LINES));
	buf_put_uleb(&b, note_len);
	buf_put(&b, m->names_note, note_len);
	buf_put_uleb(&b, k->n_functions);
	buf_put(&b, k->functions.data, k->functions.len);
	buf_put_uleb(&b, k->by_vaddr.n);
	put_addresses(&b, k);
	checksum = XXH3_64bits(b.data + 16, b.len - 16);
	memcpy(b.data + 8, &checksum, sizeof(checksum));
	_cleanup_(closep) int fd = io_memfd("cprofd-names", b.data, b.len, &err);
	if (fd >= 0 && b.len <= MAX_CACHED_NAMES)
		session_send_opener(s, &ask, sizeof(ask), &fd, 1);
	buf_deinit(&b);
}

void symbols_save(struct session *s)
{
	for (size_t i = 0; i < s->n_modules; i++)
		save(s, s->modules[i]);
}
