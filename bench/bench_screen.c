// SPDX-License-Identifier: Apache-2.0
/*
 * bench_screen FILE - what keys cost in the views of a recording, without a terminal.
 *
 * Prints "FIRST MOST LATER KIND what" lines in ms of CPU time: a key the first time and at most
 * until its screen is drawn, and at most a step of what is drawn later if no other key follows.
 * KIND: a change of view, a row, an order, recursion, a range, a filter, the threads, a search.  At
 * last "MiB over_model": what all of this left in memory beside the model.
 */
#include <fcntl.h>
#include <locale.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "base/util.h"
#include "profile/profile_load.h"
#include "ui/app.h"
#include "ui/key.h"
#include "ui/view.h"

#define ROUNDS 4
#define WIDTH 100
#define HEIGHT 30

static const struct step {
	const char *kind, *what;
	const char *before, *keys, *after;	/* `keys` are timed */
} steps[] = {
	{ "view", "overview", "", "1", "" },
	{ "view", "functions", "", "2", "" },
	{ "view", "tree", "", "3", "" },
	{ "view", "callers", "", "4", "" },
	{ "view", "flame", "", "5", "" },
	{ "view", "source", "", "6", "" },
	{ "view", "threads", "", "7", "" },
	{ "view", "waiting", "", "8", "" },
	{ "view", "memory", "", "9", "" },
	{ "view", "diff", "", "0", "" },
	{ "view", "heat", "", "m", "" },
	{ "view", "quality", "", "=", "<" },
	{ "row", "functions", "2", "j", "" },
	{ "row", "functions, the last", "", "G", "g" },
	{ "row", "overview", "1", "j", "k" },
	{ "row", "tree", "3", "j", "" },
	{ "row", "callers", "4", "j", "k" },
	{ "row", "flame", "5", "j", "" },
	{ "row", "source", "6", "j", "" },
	{ "row", "threads", "7", "j", "k" },
	{ "order", "by total", "2s", "t", "" },
	{ "order", "by name", "s", "n", "" },
	{ "order", "reversed", "", "I", "I" },
	{ "order", "by own", "s", "s", "" },
	{ "recursion", "tree, raw", "3", "r", "" },
	{ "recursion", "tree, cycles", "", "r", "" },
	{ "recursion", "tree, direct", "", "r", "" },
	{ "recursion", "flame, raw", "5", "r", "" },
	{ "recursion", "flame, cycles", "", "r", "" },
	{ "recursion", "flame, direct", "", "r", "" },
	{ "recursion", "callers, raw", "4", "r", "" },
	{ "recursion", "callers, cycles", "", "r", "" },
	{ "recursion", "callers, direct", "", "r", "" },
	{ "range", "19 s", "2:range 1s 20s", "\n", "" },
	{ "range", "all", "", "A", "" },
	{ "range", "back to 19 s", "", "u", "" },
	{ "range", "38 s", ":range 2s 40s", "\n", "A" },
	{ "filter", "a letter", "\\f", "1", "\n" },
	{ "filter", "none", "", "u", "" },
	{ "filter", "expression", "\\/function_1[0-9]", "7", "\n" },
	{ "filter", "a view with it", "", "3", "2" },
	{ "filter", "none again", "", "u", "" },
	{ "filter", "one file", "", "d", "" },
	{ "filter", "all files", "", "u", "" },
	{ "filter", "folded away", "", "x", "" },
	{ "filter", "unfolded", "", "X", "" },
	{ "threads", "one", ":threads 1", "\n", "" },
	{ "threads", "all", "", "u", "" },
	{ "search", "a letter", "/function_", "1", "\n" },
	{ "search", "expression", "//_[0-9]*", "7", "\n" },
	{ "search", "next", "", "n", "\x1b" },
};

static double cpu_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* As the loop draws it: at once, and what takes longer; how long each took. */
static void press(struct app *a, struct grid *g, uint32_t key, double *now_ms, double *later_ms)
{
	double start = cpu_ms();

	app_key(a, key);
	a->in_haste = true;
	a->unsettled = false;
	app_draw(a, g);
	a->in_haste = false;
	*now_ms = cpu_ms() - start;
	*later_ms = 0;
	for (int i = 1; a->unsettled; i++) {
		start = cpu_ms();
		a->one_by_one = i < APP_MOST_STEPS;
		a->unsettled = false;
		app_draw(a, g);
		*later_ms = max_of(*later_ms, cpu_ms() - start);
	}
	a->one_by_one = false;
}

static void press_all(struct app *a, struct grid *g, const char *keys)
{
	double now_ms, later_ms;

	for (; *keys; keys++)
		press(a, g, *keys == '\n' ? KEY_OF_ENTER : *keys == '\x1b' ? KEY_OF_ESCAPE
								   : (uint32_t)*keys, &now_ms, &later_ms);
}

static void measure(struct app *a, struct grid *g)
{
	struct { double first, now, later; } of[array_len(steps)] = { 0 };

	for (int round = 0; round < ROUNDS; round++)
		for (size_t i = 0; i < array_len(steps); i++) {
			uint32_t key = *steps[i].keys == '\n' ? KEY_OF_ENTER : (uint32_t)*steps[i].keys;
			double now_ms, later_ms;

			press_all(a, g, steps[i].before);
			press(a, g, key, &now_ms, &later_ms);
			press_all(a, g, steps[i].after);
			if (!round)
				of[i].first = now_ms;
			of[i].now = max_of(of[i].now, now_ms);
			of[i].later = max_of(of[i].later, later_ms);
		}
	for (size_t i = 0; i < array_len(steps); i++)
		printf("%.1f %.1f %.1f %s %s\n", of[i].first, of[i].now, of[i].later, steps[i].kind,
		       steps[i].what);
}

static double heap_mib(void)
{
	struct mallinfo2 m = mallinfo2();

	return (double)(m.uordblks + m.hblkhd) / (1 << 20);
}

static int run(int fd, struct error *err)
{
	struct profile_load *load;
	struct profile *p;
	struct model model;
	struct app app;
	struct grid grid;
	double model_mib;

	if (profile_load_open(fd, &load, err) < 0)
		return -1;
	if (profile_load_more(load, err) < 0) {
		profile_load_close(load);
		return -1;
	}
	p = profile_load_profile(load);
	model_mib = heap_mib();
	model_init(&model, p);
	app_init(&app, &model);
	grid_init(&grid, WIDTH, HEIGHT, true);
	app_draw(&app, &grid);
	measure(&app, &grid);
	printf("%.1f over_model\n", heap_mib() - model_mib);
	grid_deinit(&grid);
	app_deinit(&app);
	model_deinit(&model);
	profile_load_close(load);
	return 0;
}

int main(int argc, char **argv)
{
	_cleanup_(closep) int fd = argc == 2 ? open(argv[1], O_RDONLY | O_CLOEXEC) : -1;
	struct error err;

	setlocale(LC_CTYPE, "");
	if (fd < 0) {
		fprintf(stderr, "usage: bench_screen FILE\n");
		return 2;
	}
	if (run(fd, &err) < 0) {
		fprintf(stderr, "bench_screen: %s: %s\n", argv[1], err.msg);
		return 9;
	}
	return 0;
}
