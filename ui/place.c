// SPDX-License-Identifier: Apache-2.0
#include "ui/place.h"

#include <string.h>

#include "ui/app.h"
#include "ui/view.h"

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

void place_write(const struct app *a, struct buf *out)
{
	const struct profile *p = a->model->p;

	put_line(out, "view", a->view->name);
	if (a->function == RECORD_NONE)
		return;
	put_line(out, "file", profile_string(p, p->functions[a->function].file));
	put_line(out, "function", profile_string(p, p->functions[a->function].name));
}

static bool is(const char *s, const char *text, size_t len)
{
	return strlen(s) == len && memcmp(s, text, len) == 0;
}

static const struct view *find_view(const char *name, size_t len)
{
	for (size_t i = 0; views[i]; i++)
		if (!views[i]->coming && is(views[i]->name, name, len))
			return views[i];
	return NULL;
}

/* The hottest one of that name, if there are several in that file. */
static uint32_t find_function(const struct app *a, const char *name, size_t len,
			      const char *file, size_t file_len)
{
	const struct profile *p = a->model->p;

	for (uint32_t i = 0; i < a->model->n_order; i++) {
		const struct profile_function *f = &p->functions[a->model->order[i]];

		if (is(profile_string(p, f->name), name, len) &&
		    is(profile_string(p, f->file), file, file_len))
			return a->model->order[i];
	}
	return a->function;
}

void place_read(struct app *a, const char *text, size_t len)
{
	const char *end = text + len, *file = "";
	size_t file_len = 0;

	while (text < end) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		size_t n = (size_t)((newline ? newline : end) - text);
		const struct view *view;

		if (n > 5 && memcmp(text, "view ", 5) == 0) {
			view = find_view(text + 5, n - 5);
			a->view = view ? view : a->view;
		} else if (n >= 5 && memcmp(text, "file ", 5) == 0) {
			file = text + 5;
			file_len = n - 5;
		} else if (n > 9 && memcmp(text, "function ", 9) == 0) {
			a->function = find_function(a, text + 9, n - 9, file, file_len);
		}
		text += n + 1;
	}
	a->arrived = true;
}
