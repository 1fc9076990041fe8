// SPDX-License-Identifier: Apache-2.0
/*
 * Functions with samples get a key, and rows are keys:
 *
 *	name and file's, or module's, last part		of what has a name
 *	the same with the address in the name		code without one, of one build
 *	the module's name				the same, of builds that differ
 *
 * Then rows that are on one side only are joined by name, where that is clear, and those
 * with few samples become one.
 */
#include "profile/compare_match.h"

#include <string.h>

#include "base/strtab.h"
#include "base/util.h"

#define KEY_KERNEL "k"		/* no name begins so: those of functions have more in front */
#define KEY_OTHERS "o"
#define KEY_FILTERED "f"

struct work {
	const struct compare_side *sides;
	struct match *m;
	struct strtab keys;	/* by row */
	size_t cap;
	bool one_kernel;
	bool *same_build[2];	/* by module: the other side has the very same file */
};

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash[1] ? slash + 1 : path;
}

/* ---- modules ---- */

static bool same_id(const struct profile_module *a, const struct profile_module *b)
{
	return a->build_id_len && a->build_id_len == b->build_id_len &&
	       memcmp(a->build_id, b->build_id, a->build_id_len) == 0;
}

static bool has_build(const struct profile *p, const struct profile_module *m)
{
	for (size_t i = 0; i < p->n_modules; i++)
		if (same_id(&p->modules[i], m))
			return true;
	return false;
}

bool compare_module_differs(const struct profile *a, uint32_t module, const struct profile *b)
{
	const struct profile_module *m = &a->modules[module];
	const char *name = profile_module_name(a, module);
	bool found = false;

	if (m->kind != MODULE_FILE || !m->build_id_len)
		return false;
	for (uint32_t i = 0; i < b->n_modules; i++)
		found |= b->modules[i].build_id_len &&
			 (strcmp(profile_module_name(b, i), name) == 0 ||
			  (m->main && b->modules[i].main));
	return found && !has_build(b, m);
}

static bool *find_builds(const struct profile *p, const struct profile *other)
{
	bool *same = xcalloc(max_of(p->n_modules, (size_t)1), sizeof(*same));

	for (size_t i = 0; i < p->n_modules; i++)
		same[i] = p == other || has_build(other, &p->modules[i]);
	return same;
}

/* ---- keys ---- */

/* The file or module that a function is in, as people who change it would call it. */
static const char *place_of(const struct profile *p, uint32_t function)
{
	const struct profile_function *f = &p->functions[function];

	if (f->file)
		return last_part(profile_string(p, f->file));
	if (f->module == RECORD_NONE || profile_function_kind(p, function) == 'N')
		return "";	/* the program is the same one under another name */
	return profile_module_name(p, f->module);
}

/* Is it known by an address that means nothing elsewhere? */
static bool is_by_address(const struct profile *p, uint32_t function, const bool *same_build)
{
	const struct profile_function *f = &p->functions[function];

	return profile_function_unnamed(p, function) && f->vaddr && f->module != RECORD_NONE &&
	       (p->modules[f->module].kind == MODULE_ANON || !same_build[f->module]);
}

static char *named_key(const struct profile *p, uint32_t function)
{
	return xasprintf("n%s\n%s", profile_string(p, p->functions[function].name),
			 place_of(p, function));
}

static char *key_of(const struct work *w, int side, uint32_t function, enum compare_kind *kind)
{
	const struct compare_side *s = &w->sides[side];

	*kind = COMPARE_FUNCTION;
	if (s->sum->listed && !s->sum->listed[function]) {
		*kind = COMPARE_FILTERED;
		return xstrdup(KEY_FILTERED);
	}
	if (w->one_kernel && profile_function_kind(s->p, function) == 'K') {
		*kind = COMPARE_KERNEL;
		return xstrdup(KEY_KERNEL);
	}
	if (is_by_address(s->p, function, w->same_build[side])) {
		*kind = COMPARE_UNNAMED;
		return xasprintf("u%s", place_of(s->p, function));
	}
	return named_key(s->p, function);
}

uint32_t compare_find(const struct profile *from, uint32_t function, const struct profile *to)
{
	const char *name = profile_string(from, from->functions[function].name);

	if (from == to)
		return function;
	for (uint32_t i = 0; i < to->n_functions; i++)
		if (strcmp(profile_string(to, to->functions[i].name), name) == 0 &&
		    strcmp(place_of(to, i), place_of(from, function)) == 0)
			return i;
	return RECORD_NONE;
}

/* ---- all functions, with samples or without ---- */

/* The functions of a profile by key: of several the first one. */
struct index {
	struct strtab keys, names;
	uint32_t n_keys, n_names;
	uint32_t *of_key, *of_name;	/* of_name: RECORD_NONE if more than one has it */
};

static void index_init(struct index *x, const struct profile *p, const bool *same_build)
{
	size_t n = max_of(p->n_functions, (size_t)1);

	*x = (struct index){ .of_key = xcalloc(n, sizeof(*x->of_key)),
			     .of_name = xcalloc(n, sizeof(*x->of_name)) };
	for (uint32_t i = 0; i < p->n_functions; i++) {
		_cleanup_(freep) char *key = named_key(p, i);
		const char *name = profile_string(p, p->functions[i].name);
		size_t n_keys = x->keys.n, n_names = x->names.n;
		uint32_t id;

		if (is_by_address(p, i, same_build))
			continue;
		id = strtab_add(&x->keys, key, strlen(key));
		if (x->keys.n > n_keys)
			x->of_key[id] = i;
		id = strtab_add(&x->names, name, strlen(name));
		x->of_name[id] = x->names.n > n_names ? i : RECORD_NONE;
	}
	x->n_keys = (uint32_t)x->keys.n;
	x->n_names = (uint32_t)x->names.n;
}

static uint32_t index_find(struct index *x, const struct profile *p, uint32_t function)
{
	_cleanup_(freep) char *key = named_key(p, function);
	const char *name = profile_string(p, p->functions[function].name);
	uint32_t id = strtab_add(&x->keys, key, strlen(key));

	if (id < x->n_keys)
		return x->of_key[id];
	id = strtab_add(&x->names, name, strlen(name));
	return id < x->n_names ? x->of_name[id] : RECORD_NONE;
}

uint32_t *compare_find_all(const struct profile *from, const struct profile *to)
{
	uint32_t *found = xcalloc(max_of(from->n_functions, (size_t)1), sizeof(*found));
	_cleanup_(freep) bool *from_same = find_builds(from, to), *to_same = find_builds(to, from);
	struct index x;

	index_init(&x, to, to_same);
	for (uint32_t i = 0; i < from->n_functions; i++)
		found[i] = is_by_address(from, i, from_same) ? RECORD_NONE : index_find(&x, from, i);
	strtab_deinit(&x.keys);
	strtab_deinit(&x.names);
	free(x.of_key);
	free(x.of_name);
	return found;
}

/* ---- rows ---- */

static uint32_t row_of_key(struct work *w, const char *key, enum compare_kind kind)
{
	struct match *m = w->m;
	uint32_t id = strtab_add(&w->keys, key, strlen(key));

	if (id < m->n)
		return id;
	array_reserve(m->rows, m->n + 1, w->cap);
	m->rows[m->n++] = (struct compare_row){ .kind = kind,
						.function = { RECORD_NONE, RECORD_NONE } };
	return id;
}

static uint64_t time_of(const struct work *w, int side, uint32_t function)
{
	return function == RECORD_NONE ? 0
		: w->sides[side].sum->functions[function].self.weight_ns;
}

static void enter(struct work *w, int side, uint32_t function)
{
	const struct sum *self = &w->sides[side].sum->functions[function].self;
	enum compare_kind kind;
	_cleanup_(freep) char *key = key_of(w, side, function, &kind);
	uint32_t id = row_of_key(w, key, kind);
	struct compare_row *row = &w->m->rows[id];

	w->m->row_of[side][function] = id;
	row->samples[side] += self->count;
	row->n_functions[side]++;
	if (row->function[side] == RECORD_NONE ||
	    self->weight_ns > time_of(w, side, row->function[side]))
		row->function[side] = function;
}

static void enter_side(struct work *w, int side)
{
	const struct summary *sum = w->sides[side].sum;

	w->m->row_of[side] = xcalloc(max_of(sum->n_functions, 1u), sizeof(*w->m->row_of[side]));
	for (uint32_t i = 0; i < sum->n_functions; i++) {
		w->m->row_of[side][i] = MATCH_NONE;
		if (sum->functions[i].self.count)
			enter(w, side, i);
	}
}

/* ---- by name alone ---- */

/* The rows with a name that are on one side only: how many, and the last. */
struct lone {
	uint32_t n[2], row[2];
};

static bool is_lone(const struct compare_row *row, int side)
{
	return row->kind == COMPARE_FUNCTION && row->n_functions[side] &&
	       !row->n_functions[!side];
}

/* Name and kind of code: a library's function is none of the program. */
static uint32_t name_id(struct work *w, struct strtab *names, int side, uint32_t function)
{
	const struct profile *p = w->sides[side].p;
	_cleanup_(freep) char *name = xasprintf("%c%s", profile_function_kind(p, function),
						profile_string(p, p->functions[function].name));

	return strtab_add(names, name, strlen(name));
}

/* What is known of A in a row is part of another row. */
static void join(struct compare_row *from, struct compare_row *to)
{
	to->function[COMPARE_A] = from->function[COMPARE_A];
	to->n_functions[COMPARE_A] = from->n_functions[COMPARE_A];
	to->samples[COMPARE_A] = from->samples[COMPARE_A];
	to->by_name = true;
	from->n_functions[COMPARE_A] = 0;
	from->samples[COMPARE_A] = 0;
}

/* Functions are in other rows now: by row, where. */
static void move(struct work *w, int side, const uint32_t *to)
{
	uint32_t *row_of = w->m->row_of[side];

	for (uint32_t i = 0; i < w->sides[side].sum->n_functions; i++)
		if (row_of[i] != MATCH_NONE)
			row_of[i] = to[row_of[i]];
}

static void join_by_name(struct work *w)
{
	struct match *m = w->m;
	struct strtab names = { 0 };
	struct lone *lone = xcalloc(max_of(m->n, 1u), sizeof(*lone));
	uint32_t *to = xcalloc(max_of(m->n, 1u), sizeof(*to));

	for (uint32_t i = 0; i < m->n; i++)
		to[i] = i;
	for (uint32_t i = 0; i < m->n; i++)
		for (int side = 0; side < 2; side++)
			if (is_lone(&m->rows[i], side)) {
				uint32_t id = name_id(w, &names, side, m->rows[i].function[side]);

				lone[id].n[side]++;
				lone[id].row[side] = i;
			}
	for (uint32_t i = 0; i < names.n; i++) {
		const uint32_t *row = lone[i].row;

		if (lone[i].n[COMPARE_A] != 1 || lone[i].n[COMPARE_B] != 1)
			continue;
		join(&m->rows[row[COMPARE_A]], &m->rows[row[COMPARE_B]]);
		to[row[COMPARE_A]] = row[COMPARE_B];
	}
	move(w, COMPARE_A, to);
	strtab_deinit(&names);
	free(lone);
	free(to);
}

/* ---- few samples ---- */

static bool stands_alone(const struct compare_row *row)
{
	return row->kind == COMPARE_KERNEL || row->kind == COMPARE_FILTERED ||
	       row->samples[COMPARE_A] + row->samples[COMPARE_B] >= COMPARE_MIN_SAMPLES;
}

static void add_to(struct compare_row *to, const struct compare_row *row)
{
	for (int side = 0; side < 2; side++) {
		to->samples[side] += row->samples[side];
		to->n_functions[side] += row->n_functions[side];
	}
}

/* The rest in one row; rows that are empty, because they were joined, go. */
static void gather(struct work *w)
{
	struct match *m = w->m;
	uint32_t others = row_of_key(w, KEY_OTHERS, COMPARE_OTHERS), n = 0;
	uint32_t *to = xcalloc(m->n, sizeof(*to));

	for (uint32_t i = 0; i < m->n; i++)
		if (i != others && !stands_alone(&m->rows[i])) {
			add_to(&m->rows[others], &m->rows[i]);
			to[i] = MATCH_NONE;
		}
	for (uint32_t i = 0; i < m->n; i++)
		if (to[i] != MATCH_NONE && (i != others || m->rows[i].samples[COMPARE_A] +
						   m->rows[i].samples[COMPARE_B])) {
			m->rows[n] = m->rows[i];
			to[i] = n++;
		}
	for (uint32_t i = 0; i < m->n; i++)
		to[i] = to[i] == MATCH_NONE ? to[others] : to[i];
	for (int side = 0; side < 2; side++)
		move(w, side, to);
	m->n = n;
	free(to);
}

/* ---- all of it ---- */

bool compare_sees_kernel(const struct compare_side *s)
{
	const char *kernel = profile_meta(s->p, "kernel");

	return !s->sum->hidden_ns && !(kernel && strcmp(kernel, "excluded") == 0);
}

void match_make(const struct compare_side sides[2], struct match *out)
{
	struct work w = { .sides = sides, .m = out };

	*out = (struct match){ 0 };
	w.one_kernel = !compare_sees_kernel(&sides[COMPARE_A]) || !compare_sees_kernel(&sides[COMPARE_B]);
	for (int side = 0; side < 2; side++)
		w.same_build[side] = find_builds(sides[side].p, sides[!side].p);
	if (w.one_kernel)
		row_of_key(&w, KEY_KERNEL, COMPARE_KERNEL);
	if (sides[COMPARE_A].sum->listed || sides[COMPARE_B].sum->listed)
		row_of_key(&w, KEY_FILTERED, COMPARE_FILTERED);
	for (int side = 0; side < 2; side++)
		enter_side(&w, side);
	join_by_name(&w);
	gather(&w);
	for (int side = 0; side < 2; side++)
		free(w.same_build[side]);
	strtab_deinit(&w.keys);
}

void match_deinit(struct match *m)
{
	free(m->rows);
	free(m->row_of[COMPARE_A]);
	free(m->row_of[COMPARE_B]);
	*m = (struct match){ 0 };
}
