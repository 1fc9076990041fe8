// SPDX-License-Identifier: Apache-2.0
/*
 * What somebody sets up: settings, keys that do something else, folders of sources.
 */
#include "tests/unit/app_maker.h"

#include <sys/stat.h>

#include "ui/config.h"
#include "ui/palette.h"
#include "ui/view.h"

/* ---- the lines ---- */

struct faults {
	unsigned int n, lines[8];
	char *why[8];
};

static void take_fault(void *ctx, unsigned int line, const char *why)
{
	struct faults *f = ctx;

	assert_true(f->n < 8);
	f->lines[f->n] = line;
	f->why[f->n++] = xstrdup(why);
}

static void configure(struct made_app *t, const char *text, struct faults *f)
{
	*f = (struct faults){ 0 };
	config_apply(&t->app, text, strlen(text), take_fault, f);
}

static void forget(struct faults *f)
{
	while (f->n)
		free(f->why[--f->n]);
}

TEST(lines_set_up_an_app)
{
	struct faults f;
	struct made_app t;

	made_app_init(&t, &usual, 100, 30, false);
	configure(&t, "# my own\n\n  set\ttheme   dark\r\nset mouse on\nbind z follow", &f);
	assert_int_equal(f.n, 0);
	assert_int_equal(t.app.set[APP_SET_THEME], THEME_DARK);
	assert_int_equal(t.app.set[APP_SET_MOUSE], 1);
	assert_int_equal(t.app.set[APP_SET_COLOR], -1);
	assert_true(t.app.asked_look);
	assert_null(t.app.message);
	type(&t, "z");
	assert_shows(&t, "the selection stays on its row");
	made_app_deinit(&t);
}

TEST(a_wrong_line_is_named_and_the_others_hold)
{
	static const char text[] =
		"set theme pink\n"
		"bind zz follow\n"
		"bind z fly\n"
		"bind 1 follow\n"
		"map app ~/app\n"
		"q\n"
		"colour\n"
		"set theme light";
	static const char *const why[] = {
		"there is :set theme safe|dark|light", "\"zz\" is no key", "\"fly\" is no action",
		"the digits stay", "which folder is where?",
		"\"q\" does not belong here; set, bind and map do",
		"\"colour\" does not belong here",
	};
	struct faults f;
	struct made_app t;

	made_app_init(&t, &usual, 100, 30, false);
	configure(&t, text, &f);
	assert_int_equal(f.n, array_len(why));
	for (unsigned int i = 0; i < f.n; i++) {
		assert_int_equal(f.lines[i], i + 1);
		if (strncmp(f.why[i], why[i], strlen(why[i])) != 0)
			fail_msg("%s", f.why[i]);
	}
	assert_int_equal(t.app.set[APP_SET_THEME], THEME_LIGHT);
	assert_false(t.app.asked_quit);
	forget(&f);
	made_app_deinit(&t);
}

TEST(any_bytes_set_up_nothing_and_do_no_harm)
{
	struct faults f = { 0 };
	struct made_app t;

	made_app_init(&t, &usual, 80, 24, false);
	config_apply(&t.app, "\0\xff\n\033[2J \0\nmap\nbind\nset", 21, take_fault, &f);
	assert_int_equal(f.n, 5);
	config_apply(&t.app, NULL, 0, take_fault, &f);
	assert_int_equal(f.n, 5);
	forget(&f);
	made_app_deinit(&t);
}

/* ---- keys ---- */

/* The footer and the help page say the keys as they are by now. */
TEST(a_key_that_is_bound_is_shown)
{
	struct made_app t;

	made_app_init(&t, &usual, 100, 30, false);
	assert_shows(&t, "f flame");
	type(&t, ":bind f filter\n");
	assert_shows(&t, "f: filter");
	assert_shows(&t, "5 flame");
	type(&t, ":bind PgDn help\n:bind F7 lesson\n:bind y none\n:bind L none\n");
	assert_shows(&t, "F7 lesson");
	app_key(&t.app, KEY_OF_PAGE_DOWN);
	assert_ptr_equal(t.app.view, &view_help);
	grid_resize(&t.grid, 100, 90);
	assert_shows(&t, "? F1 PgDn    this page");
	assert_shows(&t, "Space        page down");
	assert_shows(&t, "-            the whole name, file, address");
	assert_shows(&t, "\\ F4 f       only samples with such a name");
	type(&t, "y");
	assert_shows(&t, "y does nothing here");
	type(&t, "f");
	assert_int_equal(t.app.prompt.mark, '\\');
	type(&t, "fib\n");
	assert_string_equal(t.app.scope.now->typed, "fib");
	made_app_deinit(&t);
}

TEST(a_key_can_be_given_back)
{
	struct made_app t;

	made_app_init(&t, &usual, 100, 30, false);
	type(&t, ":bind j up\n:bind j down\n");
	free(screen(&t));
	type(&t, "j");
	assert_int_equal(t.app.functions.cursor, 1);
	type(&t, ":bind j\n");
	assert_shows(&t, "which key does what?");
	type(&t, ":bind z tr\t\n");
	assert_int_equal(bindings_find(&t.app.bindings, 'z'), ACTION_TREE);
	made_app_deinit(&t);
}

/* ---- folders of sources ---- */

static void write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static const char *first_line(struct sources *s, const char *path, char text[64])
{
	const struct source *source = sources_find(s, path);
	char *line = source_line_text(source, 1);

	snprintf(text, 64, "%s", line ? line : "-");
	free(line);
	return text;
}

TEST(sources_are_looked_for_where_a_folder_is_mapped)
{
	_cleanup_(freep) char *here = xasprintf("%s/here.c", made_app_dir);
	_cleanup_(freep) char *deep = xasprintf("%s/deep.c", made_app_dir);
	struct sources s = { 0 };
	char text[64];

	write_file(here, "here\n");
	write_file(deep, "deep\n");
	assert_string_equal(first_line(&s, "/srv/app/here.c", text), "-");
	assert_true(sources_map(&s, "/srv/app", made_app_dir));
	assert_string_equal(first_line(&s, "/srv/app/here.c", text), "here");
	assert_string_equal(first_line(&s, "/srv/apple/here.c", text), "-");
	assert_string_equal(first_line(&s, "/srv/app/none.c", text), "-");
	/* The longest folder says most; the same one again is another place for it. */
	assert_true(sources_map(&s, "/srv/app/lib/", made_app_dir));
	assert_string_equal(first_line(&s, "/srv/app/lib/deep.c", text), "deep");
	assert_true(sources_map(&s, "/srv/app", "/nowhere"));
	assert_string_equal(first_line(&s, "/srv/app/here.c", text), "here");	/* was read */
	assert_int_equal(s.n_maps, 2);
	/* What can be read where it says is found there if it is not in the other place. */
	assert_true(sources_map(&s, made_app_dir, "/nowhere"));
	assert_string_equal(first_line(&s, here, text), "here");
	for (int i = 0; i < 2 * SOURCE_MAPS; i++) {
		_cleanup_(freep) char *from = xasprintf("/%d", i);

		sources_map(&s, from, "/nowhere");
	}
	assert_int_equal(s.n_maps, SOURCE_MAPS);
	sources_deinit(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_set_up_an_app),
		cmocka_unit_test(a_wrong_line_is_named_and_the_others_hold),
		cmocka_unit_test(any_bytes_set_up_nothing_and_do_no_harm),
		cmocka_unit_test(a_key_that_is_bound_is_shown),
		cmocka_unit_test(a_key_can_be_given_back),
		cmocka_unit_test(sources_are_looked_for_where_a_folder_is_mapped),
	};

	return cmocka_run_group_tests(tests, made_app_setup, made_app_teardown);
}
