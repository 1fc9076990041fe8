// SPDX-License-Identifier: Apache-2.0
#include "ui/place.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "profile/filter.h"
#include "ui/app.h"
#include "ui/view.h"

/* ---- writing ---- */

/* One line; a name with a newline in it cannot be come back to. */
static void put_line(struct buf *out, const char *key, const char *value)
{
	if (strchr(value, '\n'))
		return;
	buf_put(out, key, strlen(key));
	buf_put_u8(out, ' ');
	buf_put(out, value, strlen(value));
	buf_put_u8(out, '\n');
}

/* A function is called by its name and its file. */
static void put_function(const struct app *a, struct buf *out, const char *key,
			 uint32_t function)
{
	const struct profile *p = a->model->p;

	put_line(out, "file", profile_string(p, p->functions[function].file));
	put_line(out, key, profile_string(p, p->functions[function].name));
}

/* The file that is shown alone: by its path, or by what stands for one. */
static const char *module_key(const struct profile *p, uint32_t module)
{
	const char *path = profile_string(p, p->modules[module].path);

	return *path ? path : profile_module_name(p, module);
}

static void put_threads(const struct app *a, struct buf *out)
{
	const struct profile *p = a->model->p;
	const struct scope *s = a->scope.now;

	for (size_t i = 0; i < s->n_threads; i++) {
		const struct profile_thread *t = &p->threads[s->threads[i]];
		_cleanup_(freep) char *value = xasprintf("%u %s", t->tid, profile_string(p, t->name));

		put_line(out, "thread", value);
	}
}

/* In a recording times stay what they are; live they go on. */
static void put_range(const struct app *a, struct buf *out)
{
	const struct profile *p = a->model->p;
	const struct summary *sum = &a->model->sum;
	_cleanup_(freep) char *value = NULL;

	if (a->session.state != APP_FILE || a->scope.now->window == SCOPE_ALL ||
	    sum->from_ns < p->start_ns || sum->to_ns <= sum->from_ns)
		return;
	value = xasprintf("%" PRIu64 " %" PRIu64, sum->from_ns - p->start_ns,
			  sum->to_ns - sum->from_ns);
	put_line(out, "range", value);
}

/* Times from the start of the recording: of another one they say nothing. */
static void put_kept(const struct app *a, struct buf *out)
{
	for (uint32_t i = 0; i < a->kept.n; i++) {
		const struct named_range *range = &a->kept.v[i];
		_cleanup_(freep) char *value = xasprintf("%" PRIu64 " %" PRIu64 " %s", range->from_ns,
							 range->to_ns, range->name);

		put_line(out, "keep", value);
	}
}

void place_write(const struct app *a, struct buf *out)
{
	const struct scope *s = a->scope.now;
	char recording[32];

	snprintf(recording, sizeof(recording), "%" PRIu64, a->model->p->start_real_ns);
	put_line(out, "recording", recording);
	if (s->typed)
		put_line(out, "filter", s->typed);
	if (s->by_module && s->module != RECORD_NONE)
		put_line(out, "module", module_key(a->model->p, s->module));
	put_threads(a, out);
	put_range(a, out);
	put_kept(a, out);
	put_line(out, "view", a->view->name);
	put_line(out, "sort", view_functions_sort(a));
	put_line(out, "order", a->reversed ? "reversed" : "usual");
	put_line(out, "flame", a->flame.how.inverted ? "inverted" : "usual");
	put_line(out, "recursion", recursion_name(s->recursion));
	put_line(out, "frames", frame_mode_name(s->frames));
	put_line(out, "kernel", s->kernel_folded ? "folded" : "shown");
	for (size_t i = 0; i < s->n_folded; i++)
		put_function(a, out, "fold", s->folded[i]);
	if (a->function != RECORD_NONE)
		put_function(a, out, "function", a->function);
}

/* ---- reading ---- */

struct reader {
	struct app *a;
	struct scope *next;	/* that it was */
	char *file, *function;	/* the last file, and what was selected; or NULL */
	char *function_file;
	bool same_recording;
	struct left_thread {
		uint32_t tid;
		char *name;
	} *threads;
	size_t n_threads, cap_threads;
	uint32_t n_kept;	/* ranges that came back */
	struct buf back, gone;	/* what is as it was left, and what cannot be: "a, b" */
};

static void add_word(struct buf *list, const char *word)
{
	if (list->len && strstr((const char *)list->data, word))
		return;		/* of several of a kind it is said once */
	if (list->len)
		buf_put(list, ", ", 2);
	buf_put(list, word, strlen(word) + 1);
	list->len--;
}

static bool is_function(const struct app *a, uint32_t i, const char *name, const char *file)
{
	const struct profile *p = a->model->p;

	return strcmp(profile_string(p, p->functions[i].name), name) == 0 &&
	       strcmp(profile_string(p, p->functions[i].file), file ? file : "") == 0;
}

/* Pages that somebody opens in passing are none to begin with. */
static void read_view(struct reader *r, const char *name)
{
	for (size_t i = 0; views[i]; i++)
		if (strcmp(views[i]->name, name) == 0 && views[i] != &view_help &&
		    views[i] != &view_sessions)
			r->a->view = views[i];
}

static void read_sort(struct reader *r, const char *name)
{
	view_functions_sort_by(r->a, name);
}

static void read_order(struct reader *r, const char *value)
{
	r->a->reversed = strcmp(value, "reversed") == 0;
}

static void read_flame(struct reader *r, const char *value)
{
	bool inverted = strcmp(value, "inverted") == 0;

	r->a->flame.stale |= r->a->flame.how.inverted != inverted;
	r->a->flame.how.inverted = inverted;
}

static void read_recursion(struct reader *r, const char *value)
{
	recursion_parse(value, &r->next->recursion);
}

static void read_frames(struct reader *r, const char *name)
{
	const struct profile *p = r->a->model->p;

	if (profile_has_python(p) && !profile_is_measured(p))
		frame_mode_parse(name, &r->next->frames);
}

static void read_kernel(struct reader *r, const char *value)
{
	r->next->kernel_folded = strcmp(value, "folded") == 0;
}

static void read_file(struct reader *r, const char *path)
{
	free(r->file);
	r->file = xstrdup(path);
}

static bool is_folded(const struct scope *s, uint32_t function)
{
	for (size_t i = 0; i < s->n_folded; i++)
		if (s->folded[i] == function)
			return true;
	return false;
}

static void read_recording(struct reader *r, const char *value)
{
	r->same_recording = strtoull(value, NULL, 10) == r->a->model->p->start_real_ns;
}

static bool matches_any(const struct profile *p, const struct filter *f)
{
	for (uint32_t i = 0; i < p->n_functions; i++)
		if (filter_match(f, profile_string(p, p->functions[i].name)))
			return true;
	return false;
}

static void read_filter(struct reader *r, const char *typed)
{
	struct error err;

	if (scope_set_filter(r->next, typed, &err) < 0)
		return;
	if (matches_any(r->a->model->p, r->next->filter)) {
		add_word(&r->back, "filter");
	} else {
		add_word(&r->gone, "filter");
		scope_set_filter(r->next, "", &err);
	}
}

static void read_module(struct reader *r, const char *key)
{
	const struct profile *p = r->a->model->p;

	for (uint32_t i = 0; i < p->n_modules && !r->next->by_module; i++) {
		if (strcmp(module_key(p, i), key) != 0)
			continue;
		r->next->by_module = true;
		r->next->module = i;
	}
	add_word(r->next->by_module ? &r->back : &r->gone, "file");
}

/* "1234 worker": which one that is hangs on the others. */
static void read_thread(struct reader *r, const char *value)
{
	char *name;
	unsigned long tid = strtoul(value, &name, 10);

	if (*name != ' ')
		return;
	array_reserve(r->threads, r->n_threads + 1, r->cap_threads);
	r->threads[r->n_threads++] = (struct left_thread){ (uint32_t)tid, xstrdup(name + 1) };
}

static void read_range(struct reader *r, const char *value)
{
	const struct profile *p = r->a->model->p;
	uint64_t from, length;

	if (r->a->session.state != APP_FILE ||
	    sscanf(value, "%" SCNu64 " %" SCNu64, &from, &length) != 2)
		return;
	if (!r->same_recording || !length || from >= p->end_ns - p->start_ns ||
	    length > p->end_ns - p->start_ns - from) {
		add_word(&r->gone, "time");
		return;
	}
	r->next->window = SCOPE_RANGE;
	r->next->from_ns = p->start_ns + from;
	r->next->length_ns = length;
	add_word(&r->back, "time");
}

/* Whoever looks has the last word: a name that is there already stays what it is. */
static void read_keep(struct reader *r, const char *value)
{
	const struct profile *p = r->a->model->p;
	uint64_t from, to;
	int name = 0;

	if (!r->same_recording ||
	    sscanf(value, "%" SCNu64 " %" SCNu64 " %n", &from, &to, &name) != 2 || !name ||
	    (r->a->session.state == APP_FILE && to > p->end_ns - p->start_ns) ||
	    kept_find(&r->a->kept, value + name))
		return;
	r->n_kept += kept_put(&r->a->kept, value + name, from, to);
}

static void read_fold(struct reader *r, const char *name)
{
	struct scope *s = r->next;

	for (uint32_t i = 0; i < r->a->model->p->n_functions; i++) {
		if (!is_function(r->a, i, name, r->file) || is_folded(s, i))
			continue;
		s->folded = xreallocarray(s->folded, s->n_folded + 1, sizeof(*s->folded));
		s->folded[s->n_folded++] = i;
		return;
	}
	add_word(&r->gone, "folds");
}

/* Which one that is can be told when the scope is known. */
static void read_function(struct reader *r, const char *name)
{
	free(r->function);
	free(r->function_file);
	r->function = xstrdup(name);
	r->function_file = xstrdup(r->file ? r->file : "");
}

static const struct {
	const char *key;
	void (*read)(struct reader *r, const char *value);
} lines[] = {
	{ "recording", read_recording }, { "filter", read_filter }, { "module", read_module },
	{ "thread", read_thread }, { "range", read_range }, { "keep", read_keep }, { "view", read_view },
	{ "sort", read_sort }, { "order", read_order }, { "flame", read_flame }, { "recursion", read_recursion }, { "frames", read_frames },
	{ "kernel", read_kernel }, { "file", read_file }, { "fold", read_fold },
	{ "function", read_function },
};

static void read_line(struct reader *r, const char *line)
{
	size_t len = strcspn(line, " ");

	for (size_t i = 0; i < array_len(lines) && line[len]; i++)
		if (strlen(lines[i].key) == len && memcmp(lines[i].key, line, len) == 0)
			lines[i].read(r, line + len + 1);
}

/*
 * Threads are known by their numbers in the same recording.  In another one by their names,
 * unless there are more of a name than were chosen: nobody knows which of them then.
 */
static bool is_left(const struct reader *r, uint32_t thread)
{
	const struct profile *p = r->a->model->p;
	const char *name = profile_string(p, p->threads[thread].name);
	size_t wanted = 0, there = 0;

	for (size_t i = 0; i < r->n_threads; i++) {
		bool same = strcmp(r->threads[i].name, name) == 0;

		if (r->same_recording && r->threads[i].tid == p->threads[thread].tid)
			return true;
		wanted += same;
	}
	for (uint32_t i = 0; i < p->n_threads && wanted; i++)
		there += strcmp(profile_string(p, p->threads[i].name), name) == 0;
	return !r->same_recording && wanted && there <= wanted;
}

static void choose_threads(struct reader *r)
{
	struct scope *s = r->next;
	size_t n = r->a->model->p->n_threads;

	if (!r->n_threads)
		return;
	s->threads = xreallocarray(s->threads, max_of(n, (size_t)1), sizeof(*s->threads));
	for (uint32_t i = 0; i < n; i++)
		if (is_left(r, i))
			s->threads[s->n_threads++] = i;
	add_word(s->n_threads ? &r->back : &r->gone, s->n_threads == 1 ? "thread" : "threads");
}

static bool same(const struct scope *a, const struct scope *b)
{
	return scope_same_but_time(a, b) && a->recursion == b->recursion &&
	       a->window == b->window && a->from_ns == b->from_ns && a->length_ns == b->length_ns;
}

/* Everything but what a place says. */
static struct scope *begin_scope(const struct app *a)
{
	struct scope *s = scope_copy(a->scope.now);
	struct error err;

	s->n_folded = s->n_threads = 0;
	s->by_module = false;
	scope_set_filter(s, "", &err);
	if (a->session.state == APP_FILE)
		s->window = SCOPE_ALL;
	return s;
}

/* One step back leads out of it, also when it was found bit by bit. */
static void take_scope(struct reader *r)
{
	struct app *a = r->a;
	struct scope *before = scope_hold(a->scope.now), *next = steal(r->next);
	bool again = a->scope.kept == before;

	if (again)
		app_scope_set(a, next);
	else
		app_scope_change(a, next);
	if (!a->model->n_order && a->scope.n_undo) {
		/* Nothing would be left to see. */
		app_scope_set(a, again ? scope_hold(before) : a->scope.undo[--a->scope.n_undo]);
		if (r->back.len)
			add_word(&r->gone, (const char *)r->back.data);
		r->back.len = 0;
	} else {
		scope_release(a->scope.kept);
		a->scope.kept = scope_hold(next);
	}
	scope_release(before);
}

/* Live, what is not there may come yet. */
static void say_what(struct reader *r)
{
	bool gone = r->gone.len && r->a->session.state == APP_FILE;

	if (r->back.len && gone)
		app_say(r->a, "as it was left: %s; u undoes that; left out, as not here: %s",
			(const char *)r->back.data, (const char *)r->gone.data);
	else if (r->back.len)
		app_say(r->a, "as it was left: %s; u undoes that", (const char *)r->back.data);
	else if (gone)
		app_say(r->a, "what was left is not here any more: %s", (const char *)r->gone.data);
	else if (r->n_kept)
		app_say(r->a, "%" PRIu32 " range%s of this recording %s kept; :ranges lists them",
			r->n_kept, r->n_kept == 1 ? "" : "s", r->n_kept == 1 ? "is" : "are");
}

/* The hottest one of that name, if there are several in that file. */
static void select_function(struct app *a, const char *name, const char *file)
{
	const struct model *m = a->model;

	for (uint32_t i = 0; i < m->n_order; i++) {
		if (!is_function(a, m->order[i], name, file))
			continue;
		a->function = m->order[i];
		return;
	}
}

void place_read(struct app *a, const char *text, size_t len)
{
	const char *end = text + len;
	struct reader r = { .a = a, .next = begin_scope(a) };

	while (text < end) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		size_t n = (size_t)((newline ? newline : end) - text);
		_cleanup_(freep) char *line = xasprintf("%.*s", (int)n, text);

		read_line(&r, line);
		text += n + 1;
	}
	choose_threads(&r);
	if (r.next->n_folded || r.next->kernel_folded)
		add_word(&r.back, "folds");
	if (r.next->frames != FRAMES_MERGED)
		add_word(&r.back, "frames");
	if (r.next->recursion != RECURSION_DIRECT)
		add_word(&r.back, "recursion");
	if (same(a->scope.now, r.next))
		r.back.len = 0;
	else
		take_scope(&r);
	say_what(&r);
	if (r.function)
		select_function(a, r.function, r.function_file);
	for (size_t i = 0; i < r.n_threads; i++)
		free(r.threads[i].name);
	free(r.threads);
	scope_release(r.next);
	free(r.file);
	free(r.function);
	free(r.function_file);
	buf_deinit(&r.back);
	buf_deinit(&r.gone);
	a->arrived = true;
}
