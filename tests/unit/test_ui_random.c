// SPDX-License-Identifier: Apache-2.0
/*
 * Any keys, clicks, commands, sizes, states of a session and places to come back to, in any
 * order, do no harm.
 *
 * The same ones each time: CPROFD_SEED=N chooses others, CPROFD_LONG takes more of them.  What
 * ends the program is found again with CPROFD_VERBOSE, which prints each before it is done.
 */
#include "tests/unit/app_maker.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "ui/place.h"
#include "ui/view.h"

#define STEPS 1200		/* of each recording */
#define STEPS_LONG 12000

static uint64_t seed = 7, state;
static unsigned int steps = STEPS;
static bool verbose;

/* A number below `n` (splitmix64, so that every machine has the same ones). */
static uint32_t below(uint32_t n)
{
	uint64_t z = state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return (uint32_t)((z ^ z >> 31) >> 32) % n;
}

#define one_of(array) ((array)[below(array_len(array))])

/* ---- what happens ---- */

/* Some make sense, most do not. */
static char *any_line(void)
{
	static const char *const words[] = {
		"", "fib", "main", "1", "12s", "18s", "0", "-5", "1e308", "nan", "on", "off", "ascii",
		"mouse", "theme", "dark", "light", "color", "never", "clipboard", "python", "native",
		"mixed", "folded", "pprof", "a.out", "b.out", "no/such", "/srv/app", "/tmp", "none",
		"tree", "filter", "z", "F5", "[", "(", "*", "/f.b/", "\xc3\xa9\xe4\xb8\xad", "\xff",
		"%s%n", "A", "B",
	};
	const struct command *c = &commands[below((uint32_t)n_commands)];
	const char *first = one_of(words), *second = one_of(words);

	return xasprintf("%s%s %s %s", c->name, below(4) ? "" : "!", first, second);
}

static void any_command(struct made_app *t)
{
	_cleanup_(freep) char *line = any_line(), *completed = command_complete(&t->app, line);

	if (verbose)
		fprintf(stderr, "command \"%s\"\n", line);
	command_run(&t->app, line);
}

static uint32_t any_key(void)
{
	static const uint32_t special[] = {
		KEY_OF_RESIZE, KEY_OF_UP, KEY_OF_DOWN, KEY_OF_LEFT, KEY_OF_RIGHT, KEY_OF_HOME,
		KEY_OF_END, KEY_OF_PAGE_UP, KEY_OF_PAGE_DOWN, KEY_OF_BACKSPACE, KEY_OF_ENTER,
		KEY_OF_ENTER, KEY_OF_ESCAPE, KEY_OF_TAB, KEY_OF_BACK_TAB, KEY_OF_DELETE, KEY_OF_F1,
		KEY_OF_F3, KEY_OF_F4, KEY_OF_F6, KEY_OF_F9, KEY_OF_F10, KEY_OF_WHEEL_UP,
		KEY_OF_WHEEL_DOWN, 0xe9, 0x4e2d, 0x1f600, 0x301,
	};

	return below(4) ? below(128) : one_of(special);
}

static void any_click(struct made_app *t)
{
	if (t->grid.width && t->grid.height)
		app_click(&t->app, grid_at(&t->grid, below(t->grid.height),
					   below(t->grid.width))->spot);
}

static void any_size(struct made_app *t)
{
	static const unsigned int sizes[][2] = {
		{ 60, 15 }, { 80, 24 }, { 100, 30 }, { 140, 40 }, { 250, 70 }, { 59, 14 }, { 1, 1 } };
	uint32_t n = below(2 * array_len(sizes));

	if (n < array_len(sizes))
		grid_resize(&t->grid, sizes[n][0], sizes[n][1]);
	else
		grid_resize(&t->grid, below(260), below(80));
}

/* As if it had been left and was looked at again. */
static void come_back(struct made_app *t)
{
	struct buf text = { 0 };

	place_write(&t->app, &text);
	if (text.len && !below(3))
		text.data[below((uint32_t)text.len)] = (uint8_t)below(256);
	place_read(&t->app, (const char *)text.data, text.len);
	buf_deinit(&text);
}

static void any_state(struct made_app *t)
{
	struct app_session *s = &t->app.session;

	s->state = (enum app_state)below(APP_ENDED + 1);
	s->now_ns += below((uint32_t)NS_PER_S);
	t->grid.fills = below(2);
	t->grid.two_tones = below(2);
	t->app.in_haste = below(2);
	if (!below(8))
		app_session_refresh(&t->app);	/* there may be more data */
	if (!below(8))
		app_look_for_hints(&t->app, 1 + below(3));
}

static void happen(struct made_app *t)
{
	bool asks = t->app.prompt.mark || t->app.dialog.open;	/* it takes keys only then */
	uint32_t what = below(100), key;

	if (what < 6 && !asks) {
		any_command(t);
	} else if (what < 12) {
		any_click(t);
	} else if (what < 18) {
		any_size(t);
	} else if (what < 20 && !asks) {
		come_back(t);
	} else {
		key = any_key();
		if (verbose)
			fprintf(stderr, "key %#x\n", key);
		app_key(&t->app, key);
	}
	if (below(3) == 0)
		any_state(t);
	t->app.asked_quit = false;
	t->app.session.join = 0;
	if (below(8))
		free(screen(t));
}

/* ---- on what ---- */

static char *answer(void *ctx, enum app_request what, const char *argument)
{
	(void)ctx;
	(void)what;
	return below(2) ? xasprintf("asked for %s", argument) : NULL;
}

static uint32_t sessions(void *ctx, const struct session_row **rows)
{
	static const struct session_row two[] = {
		{ .pid = 4242, .program = "shop", .state = "live", .since = "now", .here = true },
		{ .program = "\033[2J\xff", .state = "cut", .since = "-" },
	};

	(void)ctx;
	*rows = two;
	return below(3);
}

static void play(const struct fixture_options *o, bool live)
{
	const struct app_live ops = { .ask = answer, .sessions = sessions };
	struct made_app t;

	state = seed;
	made_app_init(&t, o, 80, 24, below(2));
	t.app.session.target = xstrdup("4242 shop");
	t.app.live = live ? &ops : NULL;
	for (unsigned int i = 0; i < steps; i++)
		happen(&t);
	made_app_deinit(&t);
}

TEST(a_recording_bears_anything)
{
	play(&usual, false);
}

TEST(a_session_bears_anything)
{
	play(&usual, true);
}

TEST(hostile_names_bear_anything)
{
	play(&(const struct fixture_options){ .hostile = true, .deep = true }, false);
}

TEST(python_bears_anything)
{
	play(&(const struct fixture_options){ .python = true, .counted = true }, true);
}

TEST(what_waits_bears_anything)
{
	play(&(const struct fixture_options){ .waits = true }, false);
}

TEST(hardly_any_samples_bear_anything)
{
	play(&(const struct fixture_options){ .n_samples = 1, .unfinished = true }, true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_recording_bears_anything),
		cmocka_unit_test(a_session_bears_anything),
		cmocka_unit_test(hostile_names_bear_anything),
		cmocka_unit_test(python_bears_anything),
		cmocka_unit_test(what_waits_bears_anything),
		cmocka_unit_test(hardly_any_samples_bear_anything),
	};

	if (getenv("CPROFD_SEED"))
		seed = strtoull(getenv("CPROFD_SEED"), NULL, 0);
	if (getenv("CPROFD_LONG"))
		steps = STEPS_LONG;
	verbose = getenv("CPROFD_VERBOSE");
	printf("CPROFD_SEED=%" PRIu64 ", %u steps of each recording\n", seed, steps);
	return cmocka_run_group_tests(tests, made_app_setup, made_app_teardown);
}
