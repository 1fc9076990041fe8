// SPDX-License-Identifier: Apache-2.0
/*
 * Calls that a program's Pythons counted themselves (--count).
 *
 * The command sends what each process has left, made into a recording by a worker, and an
 * end.  Functions of the same name, file, line and version are one; they are recorded anew,
 * as what they are, so that a profile takes them for those that were sampled.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/strtab.h"
#include "record/reader.h"
#include "session/python_internal.h"

#define MAX_COUNTED (1u << 20)	/* functions */
#define MAX_CALLS (1ull << 60)

/* A function: what makes it one is bytes of counts.keys. */
struct counted_function {
	uint32_t module, file, line, name;	/* as recorded */
};

struct counts {
	struct strtab keys;
	uint64_t *calls;		/* by number of the key */
	uint8_t *how;
	size_t cap_calls, cap_how;
	uint32_t n_processes, n_replaced;
	uint64_t n_calls, n_no_room, cost_ns;
	bool ended;
};

/* What one process has counted: import/import.h. */
struct counted {
	struct strtab strings;		/* by number in its recording */
	struct record_function *functions;
	struct record_measured *measured;
	size_t n_functions, n_measured, cap_functions, cap_measured;
	uint64_t python, counting_ns, replaced, no_room;
};

static void counted_deinit(struct counted *c)
{
	strtab_deinit(&c->strings);
	free(c->functions);
	free(c->measured);
}

void counts_free(struct session *s)
{
	if (!s->counts)
		return;
	strtab_deinit(&s->counts->keys);
	free(s->counts->calls);
	free(s->counts->how);
	free(s->counts);
}

/* ---- reading ---- */

static void take_meta(struct counted *c, const struct record_meta *m)
{
	const struct {
		const char *key;
		uint64_t *value;
	} known[] = { { "python", &c->python }, { "counting_ns", &c->counting_ns },
		      { "replaced", &c->replaced }, { "no_room", &c->no_room } };

	for (size_t i = 0; i < array_len(known); i++) {
		size_t len = strlen(known[i].key);

		if (m->key_len == len && memcmp(m->key, known[i].key, len) == 0) {
			_cleanup_(freep) char *text = strndup(m->value, m->value_len);

			*known[i].value = strtoull(text, NULL, 10);
		}
	}
}

static int take_record(struct counted *c, struct record *rec)
{
	struct record_function f;
	struct record_measured m;
	int more = 0;

	if (rec->type == RECORD_META)
		take_meta(c, &rec->meta);
	if (rec->type == RECORD_STRING)
		strtab_add(&c->strings, rec->string.text, rec->string.len);
	while (rec->type == RECORD_FUNCTIONS && (more = record_next_function(rec, &f)) > 0) {
		if (f.name >= c->strings.n || f.file >= c->strings.n)
			return -1;
		array_reserve(c->functions, c->n_functions + 1, c->cap_functions);
		c->functions[c->n_functions++] = f;
	}
	while (rec->type == RECORD_MEASURED && (more = record_next_measured(rec, &m)) > 0) {
		if (m.function >= c->n_functions)
			return -1;
		array_reserve(c->measured, c->n_measured + 1, c->cap_measured);
		c->measured[c->n_measured++] = m;
	}
	return more;
}

static int read_counted(int fd, struct counted *c)
{
	struct record_reader *r;
	struct record rec;
	struct error err;
	int more;

	strtab_add(&c->strings, "", 0);
	if (record_reader_open(fd, &r, &err) < 0)
		return -1;
	while ((more = record_reader_next(r, &rec, &err)) > 0)
		if (take_record(c, &rec) < 0) {
			more = -1;
			break;
		}
	record_reader_close(r);
	return more;
}

/* ---- adding up ---- */

static uint32_t put_string(struct session *s, const struct counted *c, uint32_t string)
{
	return record_put_string(s->writer, strtab_get(&c->strings, string),
				 strtab_len(&c->strings, string));
}

static void add_calls(struct session *s, const struct counted *c, const struct record_measured *m,
		      uint32_t module)
{
	const struct record_function *f = &c->functions[m->function];
	const struct counted_function key = { .module = module, .line = f->line,
		.file = put_string(s, c, f->file), .name = put_string(s, c, f->name) };
	struct counts *all = s->counts;
	size_t n = all->keys.n;
	uint32_t i;

	if (n == MAX_COUNTED || m->calls > MAX_CALLS - all->n_calls) {
		all->n_no_room++;
		return;
	}
	all->n_calls += m->calls;
	i = strtab_add(&all->keys, (const char *)&key, sizeof(key));
	if (i == n) {
		array_reserve(all->calls, n + 1, all->cap_calls);
		array_reserve(all->how, n + 1, all->cap_how);
		all->calls[i] = 0;
	}
	all->calls[i] += m->calls;
	all->how[i] = m->how;
}

void counts_on_recording(struct session *s, int fd)
{
	_cleanup_(counted_deinit) struct counted c = { 0 };
	uint32_t module;

	if (!s->counts)
		s->counts = xcalloc(1, sizeof(*s->counts));
	if (s->counts->ended || read_counted(fd, &c) < 0 || !c.python || c.python > UINT16_MAX)
		return;
	s->counts->n_processes++;
	s->counts->n_replaced += c.replaced != 0;
	s->counts->n_no_room += c.no_room;
	s->counts->cost_ns += c.counting_ns;
	module = python_functions_module(s, (uint16_t)c.python)->number;
	for (size_t i = 0; i < c.n_measured; i++)
		if (c.measured[i].calls && c.measured[i].caller == RECORD_NONE &&
		    c.measured[i].how != COUNTED_BY_IMPORT)
			add_calls(s, &c, &c.measured[i], module);
}

/* ---- the end ---- */

static bool has_python(const struct session *s)
{
	for (size_t i = 0; i < s->n_modules; i++)
		if (s->modules[i]->facts && s->modules[i]->facts->has_python)
			return true;
	return false;
}

/* "12 ms", "1.23 s" */
static const char *time_text(char text[32], uint64_t ns)
{
	if (ns < NS_PER_S)
		snprintf(text, 32, "%.0f ms", (double)ns / NS_PER_MS);
	else
		snprintf(text, 32, "%.2f s", (double)ns / NS_PER_S);
	return text;
}

static void say(struct session *s, const struct c_counts *end)
{
	const struct counts *c = s->counts;
	char cost[32], cpu[32];

	if (!c->n_processes)
		session_note(s, NOTE_WARNING, "no calls were counted: %s", has_python(s)
			     ? "Python did not load what counts (-I, -E, -S, another environment, or before 3.6), or it said why not"
			     : "no Python was seen to run");
	else
		session_note(s, NOTE_WARNING, "counting the calls slowed the program: it took about %s of %s of CPU time, in %u Python process%s",
			     time_text(cost, c->cost_ns), time_text(cpu, end->cpu_ns),
			     c->n_processes, c->n_processes == 1 ? "" : "es");
	if (c->n_replaced)
		session_note(s, NOTE_WARNING, "not all calls were counted: %u process%s set a profile function, which takes the place of what counts",
			     c->n_replaced, c->n_replaced == 1 ? "" : "es");
	if (end->n_lost)
		session_note(s, NOTE_WARNING, "not all calls were counted: what %u process%s left could not be read",
			     end->n_lost, end->n_lost == 1 ? "" : "es");
	if (c->n_no_room)
		session_note(s, NOTE_WARNING, "not all calls are here: there was no room for so many functions");
}

void counts_on_end(struct session *s, const struct c_counts *end)
{
	struct record_measured m = { .caller = RECORD_NONE, .from_ns = s->began_ns };
	struct counts *c = s->counts = s->counts ? s->counts : xcalloc(1, sizeof(*c));
	uint64_t end_ns = s->target_end.time_ns ? s->target_end.time_ns : s->now_ns;

	if (c->ended)
		return;
	c->ended = true;
	m.duration_ns = end_ns > m.from_ns ? end_ns - m.from_ns : 0;
	for (uint32_t i = 0; i < c->keys.n; i++) {
		struct counted_function f;

		memcpy(&f, strtab_get(&c->keys, i), sizeof(f));
		m.function = record_put_function(s->writer, &(struct record_function){
			.module = f.module, .name = f.name, .file = f.file, .line = f.line,
			.source = SYMBOL_PYTHON });
		m.calls = m.outermost = c->calls[i];
		m.how = c->how[i];
		record_put_measured(s->writer, &m);
	}
	say(s, end);
}

bool counts_busy(const struct session *s)
{
	return s->spec->counts && s->why == END_TARGET && !(s->counts && s->counts->ended);
}
