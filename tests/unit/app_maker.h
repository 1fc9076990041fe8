// SPDX-License-Identifier: Apache-2.0
/*
 * An app that looks at a fixture, without a terminal: keys in, a screen out.
 *
 *	made_app_init(&t, &usual, 80, 24, false);
 *	type(&t, "jj\n");
 *	assert_shows(&t, "Callers");
 *	made_app_deinit(&t);
 */
#ifndef CPROFD_TESTS_UNIT_APP_MAKER_H
#define CPROFD_TESTS_UNIT_APP_MAKER_H

#include "tests/unit/test.h"

#include <dirent.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "profile/profile_load.h"
#include "tests/unit/fixture.h"
#include "ui/app.h"
#include "ui/key.h"

static const struct fixture_options usual = { .hidden = true };

/* An app that looks at a fixture. */
struct made_app {
	struct profile_load *load;
	struct model model;
	struct app app;
	struct grid grid;
};

static inline void made_app_init(struct made_app *t, const struct fixture_options *o,
				 unsigned int width, unsigned int height, bool utf8)
{
	const char *top = getenv("top_srcdir");

	t->load = fixture_load(o);
	model_init(&t->model, profile_load_profile(t->load));
	app_init(&t->app, &t->model);
	t->app.panel.lessons.folder = xasprintf("%s/lessons", top ? top : ".");
	grid_init(&t->grid, width, height, utf8);
}

static inline void made_app_deinit(struct made_app *t)
{
	grid_deinit(&t->grid);
	app_deinit(&t->app);
	model_deinit(&t->model);
	profile_load_close(t->load);
}

/* The screen as text; the caller frees it. */
static inline char *screen(struct made_app *t)
{
	struct buf b = { 0 };

	app_draw(&t->app, &t->grid);
	for (unsigned int y = 0; y < t->grid.height; y++) {
		grid_row_text(&t->grid, y, &b);
		buf_put_u8(&b, '\n');
	}
	buf_put_u8(&b, '\0');
	return (char *)b.data;
}

/* A line end is Enter, \033 Escape, \t Tab. */
static inline void type(struct made_app *t, const char *keys)
{
	for (; *keys; keys++)
		app_key(&t->app, *keys == '\n' ? KEY_OF_ENTER : *keys == '\033' ? KEY_OF_ESCAPE :
			*keys == '\t' ? KEY_OF_TAB : (uint32_t)*keys);
}

/* With what came of each key on the screen before the next. */
static inline void type_slowly(struct made_app *t, const char *keys)
{
	for (; *keys; keys++) {
		free(screen(t));
		type(t, (const char[]){ *keys, '\0' });
	}
}

static inline void assert_shows(struct made_app *t, const char *text)
{
	char *s = screen(t);

	if (!strstr(s, text))
		fail_msg("no \"%s\" in:\n%s", text, s);
	free(s);
}

static inline void assert_lacks(struct made_app *t, const char *text)
{
	char *s = screen(t);

	if (strstr(s, text))
		fail_msg("\"%s\" in:\n%s", text, s);
	free(s);
}

/* The name of the selected function. */
static inline const char *selected(const struct made_app *t)
{
	const struct profile *p = t->model.p;

	return profile_string(p, p->functions[t->app.function].name);
}

/*
 * Group set-up and tear-down.  Keys can write files: into a folder that is gone
 * afterwards.
 */
static char made_app_dir[] = "/tmp/cprofd-test-ui.XXXXXX";

static inline int made_app_setup(void **state)
{
	(void)state;
	setlocale(LC_CTYPE, "C.UTF-8");
	return mkdtemp(made_app_dir) ? chdir(made_app_dir) : -1;
}

static inline int made_app_teardown(void **state)
{
	DIR *dir = opendir(made_app_dir);
	struct dirent *entry;

	(void)state;
	while (dir && (entry = readdir(dir)))
		unlinkat(dirfd(dir), entry->d_name, 0);
	closedir(dir);
	return chdir("/") < 0 || rmdir(made_app_dir) < 0 ? -1 : 0;
}

#endif
