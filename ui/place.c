// SPDX-License-Identifier: Apache-2.0
#include "ui/place.h"

#include <string.h>

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

void place_write(const struct app *a, struct buf *out)
{
	const struct scope *s = a->scope.now;

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
};

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
	{ "view", read_view }, { "sort", read_sort }, { "order", read_order },
	{ "flame", read_flame }, { "recursion", read_recursion }, { "frames", read_frames },
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

static bool same(const struct scope *a, const struct scope *b)
{
	if (a->frames != b->frames || a->recursion != b->recursion || a->kernel_folded != b->kernel_folded ||
	    a->n_folded != b->n_folded)
		return false;
	for (size_t i = 0; i < a->n_folded; i++)
		if (!is_folded(b, a->folded[i]))
			return false;
	return true;
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
	struct reader r = { .a = a, .next = scope_copy(a->scope.now) };

	r.next->n_folded = 0;
	while (text < end) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		size_t n = (size_t)((newline ? newline : end) - text);
		_cleanup_(freep) char *line = xasprintf("%.*s", (int)n, text);

		read_line(&r, line);
		text += n + 1;
	}
	if (same(a->scope.now, r.next)) {
		scope_release(r.next);
	} else {
		app_scope_change(a, r.next);
		app_say(a, "folds and frames are as they were left; u undoes that");
	}
	if (r.function)
		select_function(a, r.function, r.function_file);
	free(r.file);
	free(r.function);
	free(r.function_file);
	a->arrived = true;
}
