// SPDX-License-Identifier: Apache-2.0
/* Threads over time: cells that add up, whatever the window, and the range picked in the view. */
#include "tests/unit/app_maker.h"
#include "tests/unit/profile_maker.h"

#include "profile/filter.h"
#include "profile/thread_activity.h"
#include "profile/thread_functions.h"
#include "profile/timeline.h"
#include "ui/threads_data.h"
#include "ui/view.h"

/* ---- sums ---- */

static struct timeline make(const struct profile *p, const struct selection *s, uint64_t cell_ns,
			    uint64_t from_ns, uint32_t n)
{
	struct timeline t;

	timeline_make(p, s, &(struct timeline_how){ .from_ns = from_ns, .cell_ns = cell_ns,
						    .n_cells = n, .lanes = true }, &t);
	return t;
}

/* Lanes add up to their cells, all of them to the lane of all. */
static void assert_adds_up(const struct timeline *t)
{
	uint64_t n = 0, run_ns = 0;

	for (uint32_t i = 0; i < t->n_lanes; i++) {
		const struct timeline_lane *lane = &t->lanes[i];
		uint64_t cells = 0, cells_ns = 0, states_ns = 0;

		for (uint32_t c = 0; c < t->how.n_cells; c++) {
			cells += lane->cells[c].n;
			cells_ns += lane->cells[c].run_ns + lane->cells[c].wait_ns;
		}
		for (int s = 0; s < TIMELINE_STATES; s++)
			states_ns += lane->ns[s];
		assert_int_equal(cells, lane->n);
		assert_int_equal(cells_ns, lane->run_ns + lane->wait_ns);
		assert_int_equal(states_ns, cells_ns);
		assert_true(!i || lane->run_ns <= lane[-1].run_ns);
		n += lane->n;
		run_ns += lane->run_ns;
	}
	assert_int_equal(n, t->all.n);
	assert_int_equal(run_ns, t->all.run_ns);
	assert_int_equal(timeline_samples(t, 0, t->how.n_cells), n);
}

/* Of any threads, filter and length of cells it is what the summary has. */
TEST(cells_add_up_to_the_samples_in_scope)
{
	static const uint32_t worker = 1;
	struct profile_load *load = fixture_load(&plain);
	const struct profile *p = profile_load_profile(load);
	struct filter *filter;
	struct error err;

	assert_int_equal(filter_parse("fib", &filter, &err), 0);
	const struct selection all[] = {
		{ 0 }, { .threads = &worker, .n_threads = 1 }, { .filter = filter },
		{ .filter = filter, .threads = &worker, .n_threads = 1 } };
	static const uint64_t cells[] = { 30 * S, S, S / 2, 7 * S, 123456789 };

	for (size_t i = 0; i < array_len(all) * array_len(cells); i++) {
		const struct selection *s = &all[i % array_len(all)];
		uint64_t cell = cells[i / array_len(all)];
		struct timeline t = make(p, s, cell, p->start_ns, (uint32_t)(30 * S / cell + 1));
		struct summary sum;

		summary_make(p, s, &sum);
		assert_adds_up(&t);
		assert_int_equal(t.all.n, sum.received.count - sum.filtered.count);
		assert_int_equal(t.all.run_ns, sum.received.weight_ns - sum.filtered.weight_ns);
		assert_int_equal(t.n_lanes, s->n_threads ? 1 : 2);
		summary_deinit(&sum);
		timeline_deinit(&t);
	}
	filter_close(filter);
	profile_load_close(load);
}

/* A part of the time has what the same selection has; the rest is left out. */
TEST(a_window_has_its_own_samples)
{
	struct profile_load *load = fixture_load(&plain);
	const struct profile *p = profile_load_profile(load);
	struct selection s = { .from_ns = p->start_ns + 4 * S, .to_ns = p->start_ns + 9 * S };
	struct timeline t = make(p, &everything, S, s.from_ns, 5);
	struct summary sum;

	summary_make(p, &s, &sum);
	assert_adds_up(&t);
	assert_int_equal(t.all.n, sum.received.count);
	/* 100 were lost in the second from 5 s on. */
	for (uint32_t i = 0; i < 5; i++)
		assert_true(i == 1 ? t.lost[i] > 99.9 && t.lost[i] < 100.1 : t.lost[i] == 0);
	summary_deinit(&sum);
	timeline_deinit(&t);
	profile_load_close(load);
}

/* ---- what a cell says ---- */

static void put(struct tiny *t, uint32_t thread, uint64_t at_ns, enum record_state state,
		enum record_activity activity, uint32_t ms)
{
	record_put_sample(t->w, &(struct record_sample){
		.time_ns = START + at_ns, .thread = thread, .weight_ns = ms * 1000000,
		.stack = state == STATE_WAITING ? OUTCOME_UNSEEN
						: tiny_stack(t, OUTCOME_COMPLETE, "ma"),
		.state = state, .activity = activity });
}

TEST(cells_say_what_took_most_of_them)
{
	struct profile_load *load;
	struct timeline t;
	struct tiny tiny = { 0 };

	tiny_begin(&tiny, NULL);
	put(&tiny, 0, 0, STATE_RUNNING, ACTIVITY_UNKNOWN, 300);
	put(&tiny, 0, S, STATE_WAITING, ACTIVITY_WAIT_LOCK, 200);
	put(&tiny, 0, S + 1, STATE_WAITING, ACTIVITY_WAIT_PYTHON, 300);
	put(&tiny, 1, 2 * S, STATE_RUNNING, ACTIVITY_COLLECTING, 900);
	put(&tiny, 1, 3 * S - 1, STATE_RUNNING, ACTIVITY_UNKNOWN, 100);
	load = tiny_load(&tiny);
	t = make(profile_load_profile(load), &everything, S, START, 4);
	assert_adds_up(&t);
	assert_int_equal(t.n_lanes, 2);
	assert_int_equal(t.lanes[0].thread, 1);
	assert_int_equal(t.lanes[0].cells[2].run_ns, S);
	assert_int_equal(t.lanes[0].cells[2].n, 2);
	assert_false(t.lanes[0].waits_known);
	assert_int_equal(t.collecting_ns[2], 900 * NS_PER_MS);
	assert_int_equal(t.collecting_all_ns, 900 * NS_PER_MS);
	assert_ptr_equal(timeline_lane_of(&t, 0), &t.lanes[1]);
	assert_true(t.lanes[1].waits_known);
	assert_int_equal(t.lanes[1].cells[0].run_ns, 300 * NS_PER_MS);
	assert_true(timeline_share(&t, &t.lanes[1].cells[0]) == .3);
	assert_int_equal(t.lanes[1].cells[1].n, 0);
	assert_int_equal(t.lanes[1].cells[1].wait_ns, 500 * NS_PER_MS);
	assert_int_equal(t.lanes[1].cells[1].most_wait, TIMELINE_WAIT_PYTHON);
	assert_int_equal(t.lanes[1].ns[TIMELINE_WAIT_LOCK], 200 * NS_PER_MS);
	assert_null(timeline_lane_of(&t, 7));
	timeline_deinit(&t);
	profile_load_close(load);
}

/* A recording can claim any time. */
TEST(the_end_of_time_is_survived)
{
	struct profile_load *load;
	struct timeline t;
	struct tiny tiny = { 0 };

	tiny_begin(&tiny, NULL);
	record_put_lost(tiny.w, &(struct record_lost){ .from_ns = 0, .to_ns = UINT64_MAX, .count = 5 });
	record_put_lost(tiny.w, &(struct record_lost){ .from_ns = UINT64_MAX, .to_ns = UINT64_MAX,
						      .count = 5 });
	record_put_lost(tiny.w, &(struct record_lost){ .from_ns = START + S, .to_ns = START + S,
						      .count = 7 });
	put(&tiny, 0, 0, STATE_RUNNING, ACTIVITY_UNKNOWN, 1);
	load = tiny_load(&tiny);
	t = make(profile_load_profile(load), &everything, UINT64_MAX / 3, START, 200);
	assert_int_equal(t.all.n, 1);
	timeline_deinit(&t);
	t = make(profile_load_profile(load), &everything, S, START, 4);
	assert_true(t.lost[1] > 6.9 && t.lost[1] < 7.1);
	timeline_deinit(&t);
	profile_load_close(load);
}

TEST(functions_of_a_thread_are_its_own)
{
	struct tiny tiny = { 0 };
	struct profile_load *load;
	struct thread_functions f;
	const struct profile *p;

	tiny_begin(&tiny, NULL);
	for (uint32_t i = 0; i < 6; i++)
		tiny_samples(&tiny, tiny_stack(&tiny, OUTCOME_COMPLETE, (char[]){ 'm', (char)('a' + i), 0 }),
			     0, 3 + (i ^ 1), i * S);
	tiny_samples(&tiny, tiny_stack(&tiny, OUTCOME_COMPLETE, "mz"), 1, 50, 7 * S);
	load = tiny_load(&tiny);
	p = profile_load_profile(load);
	thread_functions_make(p, &everything, &(uint32_t){ 0 }, 1, &f);
	assert_int_equal(f.n, THREAD_FUNCTIONS);
	assert_int_equal(f.all_ns, 33 * NS_PER_MS);
	for (uint32_t i = 0; i < f.n; i++)
		assert_int_equal(f.v[i].self_ns, (8 - i) * NS_PER_MS);
	assert_int_equal(f.v[0].function, function(p, "e"));
	thread_functions_make(p, &everything, &(uint32_t){ 1 }, 1, &f);
	assert_int_equal(f.n, 1);
	assert_int_equal(f.v[0].function, function(p, "z"));
	thread_functions_make(p, &everything, (uint32_t[]){ 1, 0 }, 2, &f);	/* of both */
	assert_int_equal(f.n, THREAD_FUNCTIONS);
	assert_int_equal(f.all_ns, 83 * NS_PER_MS);
	assert_int_equal(f.v[0].function, function(p, "z"));
	profile_load_close(load);
}

/* ---- the ruler ---- */

TEST(an_axis_fits_its_time_into_its_columns)
{
	srand(3);
	for (int i = 0; i < 20000; i++) {
		uint64_t from = (uint64_t)rand() * (uint64_t)rand() % (1000 * S);
		uint64_t length = (uint64_t)rand() * 1000 % (uint64_t)(1 + rand() % 10000000) * 1000;
		uint32_t columns = 20 + (uint32_t)rand() % 200;
		struct time_axis x = time_axis_fit(from, from + length, columns);
		uint32_t column;

		assert_true(x.n >= 1 && x.n <= columns);
		assert_true(time_axis_ns(&x, 0) <= from);
		assert_true(time_axis_ns(&x, x.n) >= from + length);
		if (length > 0)
			assert_true(time_axis_has(&x, from + length / 2, &column) && column < x.n);
	}
	assert_int_equal(time_axis_even(0), NS_PER_MS);
	assert_int_equal(time_axis_even(S / 2), S / 2);
	assert_int_equal(time_axis_even(13 * S), 14 * S);
	assert_int_equal(time_axis_fit(0, 30 * S, 60).cell_ns, S / 2);
}

/* ---- the view ---- */

/* What is picked there is the time of every view; the header has the samples of it. */
TEST(a_range_picked_in_the_view_is_that_of_every_view)
{
	const struct profile *p;
	struct made_app t;
	struct selection s;
	struct summary sum;
	char *before, *after;
	uint64_t cell;

	made_app_init(&t, &usual, 100, 30, false);
	p = t.model.p;
	type(&t, "7");
	before = screen(&t);
	type(&t, "lllvlllllllll");
	assert_shows(&t, "selecting");
	cell = t.app.threads.axis.cell_ns;
	type(&t, "\n");
	s = (struct selection){ .from_ns = p->start_ns + 3 * cell, .to_ns = p->start_ns + 13 * cell };
	summary_make(p, &s, &sum);
	assert_int_equal(t.model.sum.received.count, sum.received.count);
	assert_int_equal(t.model.sum.from_ns, s.from_ns);
	assert_int_equal(t.model.sum.to_ns, s.to_ns);
	summary_deinit(&sum);
	assert_ptr_equal(t.app.view, &view_threads);
	type(&t, "2");
	assert_int_equal(t.app.scope.now->window, SCOPE_RANGE);
	type(&t, "7u");
	assert_int_equal(t.app.scope.now->window, SCOPE_ALL);
	type(&t, "hhhhhhhhhhhhhhhh");
	after = screen(&t);
	assert_string_equal(before, after);
	free(before);
	free(after);
	made_app_deinit(&t);
}

TEST(selecting_is_cancelled_by_escape_and_backspace)
{
	struct made_app t;

	made_app_init(&t, &usual, 80, 24, false);
	type(&t, "7llvl");
	assert_shows(&t, "selecting");
	type(&t, "\033");
	assert_lacks(&t, "selecting");
	type(&t, "v<");
	assert_lacks(&t, "selecting");
	assert_ptr_equal(t.app.view, &view_threads);
	type(&t, "<");
	assert_ptr_equal(t.app.view, &view_functions);
	assert_int_equal(t.app.scope.now->window, SCOPE_ALL);
	made_app_deinit(&t);
}

TEST(enter_on_a_thread_limits_every_view_to_it)
{
	struct made_app t;
	struct sum all;

	made_app_init(&t, &usual, 100, 30, false);
	all = t.model.sum.received;
	type(&t, "7j\n");
	assert_shows(&t, "only worker-1 now");
	assert_int_equal(t.app.scope.now->n_threads, 1);
	assert_int_equal(t.app.threads.n_rows, 1);
	assert_true(t.model.sum.received.count < all.count);
	type(&t, "2");
	assert_shows(&t, " worker-1 |");
	type(&t, "7\n");
	assert_shows(&t, "one thread already");
	type(&t, "u");
	assert_int_equal(t.model.sum.received.count, all.count);
	assert_shows(&t, "all threads");
	assert_int_equal(t.app.threads.n_rows, 2);
	made_app_deinit(&t);
}

/* In and out lead back to all there is; in between no sample is counted twice. */
TEST(zooming_goes_in_and_out_and_follows_the_cursor)
{
	struct made_app t;
	char *before, *after;
	uint64_t ns;
	int n = 0;

	made_app_init(&t, &usual, 100, 30, false);
	type(&t, "7");
	free(screen(&t));
	type(&t, "llllllll");
	before = screen(&t);
	ns = t.app.pick.cursor_ns;
	while (!t.app.message) {
		uint64_t cell = t.app.threads.axis.cell_ns;

		type(&t, "+");
		free(screen(&t));
		assert_true(t.app.threads.axis.cell_ns < cell || t.app.message);
		assert_true(n++ < 30);
	}
	assert_shows(&t, "as short as they can be");
	assert_int_equal(t.app.threads.axis.cell_ns, TIME_AXIS_LEAST_NS);
	assert_int_equal(t.app.pick.cursor_ns / S, ns / S);
	type(&t, "hhhhhhhhhhhhhhhhh");	/* to the edge, and beyond */
	for (int i = 0; i < 200; i++)
		type(&t, "l");
	free(screen(&t));
	while (!t.app.message)
		type(&t, "-");
	assert_shows(&t, "all of the time");
	type(&t, "+");
	free(screen(&t));
	type(&t, "A");
	assert_int_equal(t.app.threads.zoom_ns, 0);
	for (int i = 0; i < 100; i++)
		type(&t, "h");
	type(&t, "llllllll");
	after = screen(&t);
	assert_string_equal(before, after);
	free(before);
	free(after);
	type(&t, "H");
	assert_true(t.app.threads.line.all.cells[0].n > 0);
	made_app_deinit(&t);
}

/* Its cells are those of the same time; what is picked there is the time of every view. */
TEST(the_heat_map_has_all_samples_and_picks_time)
{
	const struct profile *p;
	struct made_app t;
	struct selection s;
	struct summary sum;
	uint64_t cell, from, n;
	char *before, *after;

	made_app_init(&t, &usual, 100, 30, false);
	p = t.model.p;
	type(&t, "m");
	before = screen(&t);
	assert_int_equal(t.app.heat.axis.cell_ns, S);
	assert_int_equal(t.app.heat.rows, 20);
	assert_int_equal(t.app.heat.t.all.n, t.model.sum.received.count);
	cell = t.app.pick.step_ns;
	assert_int_equal(cell, S / 20);
	type(&t, "lljjjvlj");
	assert_shows(&t, "selecting 2.15-3.25 s");
	from = p->start_ns + 2 * S + 3 * cell;
	s = (struct selection){ .from_ns = from, .to_ns = from + S + 2 * cell };
	summary_make(p, &s, &sum);
	n = timeline_samples(&t.app.heat.t, 43, 65);
	assert_int_equal(n, sum.received.count);
	type(&t, "\n");
	assert_int_equal(t.model.sum.received.count, n);
	assert_ptr_equal(t.app.view, &view_heat);
	summary_deinit(&sum);
	type(&t, "ugkkkk");
	after = screen(&t);
	assert_string_equal(before, after);
	free(before);
	free(after);
	/* Shorter columns and back; the edges are as far as one gets. */
	type(&t, "llll+");
	free(screen(&t));
	assert_true(t.app.heat.axis.cell_ns < S);
	for (int i = 0; i < 400; i++)
		type(&t, i & 1 ? "l" : "j");
	free(screen(&t));
	assert_true(t.app.pick.cursor_ns < 31 * S);
	type(&t, "gkA");
	assert_shows(&t, "0.00-0.05 s");
	type(&t, "H");
	free(screen(&t));
	type(&t, "7");
	assert_shows(&t, "this column");
	type(&t, "<q");
	assert_ptr_equal(t.app.view, &view_functions);
	made_app_deinit(&t);
}

/* Threads that hardly run have lanes that can be read all the same, and it is said. */
TEST(lanes_are_scaled_to_what_they_hold)
{
	struct tiny tiny = { 0 };
	struct made_app t = { 0 };
	uint32_t stack;

	tiny_begin(&tiny, NULL);
	stack = tiny_stack(&tiny, OUTCOME_COMPLETE, "ma");
	for (uint64_t i = 0; i < 60; i++)	/* 80 ms of each second */
		tiny_samples(&tiny, stack, 0, 80, i * S);
	t.load = tiny_load(&tiny);
	model_init(&t.model, profile_load_profile(t.load));
	app_init(&t.app, &t.model);
	grid_init(&t.grid, 120, 30, true);
	type(&t, "7");
	assert_shows(&t, "full height is 10% of a CPU");
	assert_shows(&t, "1 thread, window");
	made_app_deinit(&t);
}

/* What was noted has its place in time, and can attack nobody. */
TEST(marks_have_a_lane)
{
	struct tiny tiny = { 0 };
	struct made_app t = { 0 };

	tiny_begin(&tiny, NULL);
	tiny_samples(&tiny, tiny_stack(&tiny, OUTCOME_COMPLETE, "ma"), 0, 2000, 0);
	record_put_mark(tiny.w, START + S / 2, "after the \x1b[2J deploy");
	t.load = tiny_load(&tiny);
	model_init(&t.model, profile_load_profile(t.load));
	app_init(&t.app, &t.model);
	grid_init(&t.grid, 120, 30, false);
	type(&t, "7");
	assert_shows(&t, " marks ");
	assert_lacks(&t, "mark 1");
	while (t.app.pick.cursor_ns / t.app.threads.axis.cell_ns < S / 2 / t.app.threads.axis.cell_ns)
		type(&t, "l");
	assert_shows(&t, "mark 1 of 1: after the \\x1b[2J deploy");
	made_app_deinit(&t);
}

/* From one to the next and back, also of those in one column, and beyond what is on the screen. */
TEST(marks_are_gone_through)
{
	struct tiny tiny = { 0 };
	struct made_app t = { 0 };

	tiny_begin(&tiny, NULL);
	tiny_samples(&tiny, tiny_stack(&tiny, OUTCOME_COMPLETE, "ma"), 0, 20000, 0);
	record_put_mark(tiny.w, START + 2 * S, "first");
	record_put_mark(tiny.w, START + 2 * S + 1000000, "beside it");
	record_put_mark(tiny.w, START + 15 * S, "last");
	t.load = tiny_load(&tiny);
	model_init(&t.model, profile_load_profile(t.load));
	app_init(&t.app, &t.model);
	grid_init(&t.grid, 100, 30, false);
	type(&t, "7]");
	assert_int_equal(t.app.pick.cursor_ns, 2 * S);
	assert_shows(&t, "mark 1 of 3, at 2.000 s: first");
	assert_shows(&t, "mark 1 of 3: first");
	type(&t, "]");
	assert_shows(&t, "mark 2 of 3: beside it");
	type(&t, "]");
	assert_shows(&t, "mark 3 of 3: last");
	type(&t, "]");
	assert_shows(&t, "this is the last mark");
	assert_int_equal(t.app.pick.cursor_ns, 15 * S);
	/* What was zoomed in on goes with it. */
	for (int i = 0; i < 6; i++)
		type_slowly(&t, "+");
	assert_shows(&t, "mark 3 of 3: last");
	type(&t, "[");
	assert_shows(&t, "mark 2 of 3: beside it");
	assert_int_equal(threads_column(&t.app), t.app.threads.axis.n / 2);
	type(&t, "[[");
	assert_shows(&t, "this is the first mark");
	/* Out of a window that lacks them, and in the heat map. */
	type_slowly(&t, "Aww]");
	assert_shows(&t, "mark 2 of 3: beside it");
	type_slowly(&t, "m]");
	assert_shows(&t, "mark 3 of 3: last");
	type_slowly(&t, "+++[");
	assert_shows(&t, "mark 2 of 3: beside it");
	made_app_deinit(&t);
	made_app_init(&t, &usual, 100, 30, false);
	type_slowly(&t, "7]");
	assert_shows(&t, "nothing was marked");
	made_app_deinit(&t);
}

/* Rows keep their thread when there is more data, and their order while somebody reads. */
TEST(rows_stay_what_they_are)
{
	struct made_app t;
	uint32_t thread;

	made_app_init(&t, &usual, 100, 30, false);
	type(&t, "7");
	free(screen(&t));
	type(&t, "j");
	thread = t.app.threads.thread;
	type(&t, "s");
	model_ask(&t.model);
	free(screen(&t));
	assert_int_equal(t.app.threads.thread, thread);
	assert_int_equal(t.app.threads.rows[t.app.threads.list.cursor].thread, thread);
	type(&t, "g/worker\n");
	assert_int_equal(t.app.threads.thread, 1);
	made_app_deinit(&t);
}

/* ---- threads that are alike ---- */

/* Two threads, then workers 1 to `n_workers`, and others; each runs for 1 ms more than the one before. */
static void make_many(struct made_app *t, uint32_t n_workers)
{
	static const char *const others[] = { "logger", "io-1", "io-2", "io-3", "pool", "pool", "pool", "pool" };
	struct tiny tiny = { 0 };
	uint32_t stack, n = 2;
	char name[32];

	*t = (struct made_app){ 0 };
	tiny_begin(&tiny, NULL);
	for (uint32_t i = 0; i < n_workers + array_len(others); i++, n++) {
		int len = i < n_workers ? snprintf(name, sizeof(name), "worker-%u", i + 1)
			: snprintf(name, sizeof(name), "%s", others[i - n_workers]);

		record_put_thread(tiny.w, &(struct record_thread){ .tid = 7 + n, .time_ns = START,
			.name = record_put_string(tiny.w, name, (size_t)len) });
	}
	stack = tiny_stack(&tiny, OUTCOME_COMPLETE, "ma");
	tiny_samples(&tiny, stack, 0, 10, 0);
	for (uint32_t i = 2; i < n; i++)
		tiny_samples(&tiny, stack, i, i, S);
	t->load = tiny_load(&tiny);
	model_init(&t->model, profile_load_profile(t->load));
	app_init(&t->app, &t->model);
	grid_init(&t->grid, 100, 30, false);
}

/* Many threads are few rows, and every one of them is in one: nothing is lost or counted twice. */
TEST(threads_that_are_alike_are_one_row)
{
	struct made_app t;
	const struct app_threads *threads = &t.app.threads;
	uint64_t run_ns = 0, n = 0;

	make_many(&t, 40);
	type(&t, "7");
	assert_shows(&t, " x40 > worker-*");
	assert_shows(&t, " x4 > pool ");
	assert_shows(&t, "49 threads, window");
	assert_shows(&t, "io-3");		/* three are not many */
	assert_lacks(&t, "worker-7");
	assert_int_equal(threads->n_rows, 1 + 1 + 1 + 1 + 3);
	assert_true(threads->rows[0].main);
	assert_int_equal(threads->rows[1].total->run_ns, (2 + 41) * 40 / 2 * NS_PER_MS);
	for (uint32_t i = 0; i < threads->n_rows; i++) {
		run_ns += threads->rows[i].total->run_ns;
		for (uint32_t c = 0; c < threads->axis.n; c++)
			n += threads->rows[i].lane->cells[c].n;
	}
	assert_int_equal(run_ns, t.model.sum.received.weight_ns);
	assert_int_equal(n, t.model.sum.received.count);
	made_app_deinit(&t);
}

TEST(groups_of_threads_open_and_close)
{
	struct made_app t;
	const struct app_threads *threads = &t.app.threads;

	make_many(&t, 40);
	type_slowly(&t, "7j");
	assert_shows(&t, "40 threads   all of the time");
	assert_shows(&t, "Enter open/close");
	assert_shows(&t, "nobody looked whether they wait");
	type(&t, "\n");
	assert_shows(&t, ">x40 v worker-*");
	assert_int_equal(threads->n_rows, 7 + 40);
	type(&t, "j");
	assert_shows(&t, "> 48   worker-40");	/* what ran most */
	assert_shows(&t, "Enter only this");
	assert_int_equal(threads->rows[2].total->run_ns, 41 * NS_PER_MS);

	/* New data, another order: the cursor stays on its thread, what is open stays open. */
	type(&t, "s");
	model_ask(&t.model);
	free(screen(&t));
	assert_int_equal(threads->n_rows, 7 + 40);
	assert_int_equal(threads->rows[threads->list.cursor].thread, 41);
	assert_true(threads->rows[threads->list.cursor].inside);

	/* Closed, it is on the group that has the thread; opened, it is there again. */
	type(&t, "C");
	assert_int_equal(threads->n_rows, 7);
	assert_true(threads->rows[threads->list.cursor].group && threads->on_group);
	type(&t, "E");
	assert_int_equal(threads->n_rows, 7 + 40 + 4);
	type(&t, "C");

	/* What is searched for may be in a group that is closed. */
	type(&t, "g/worker-17\n");
	assert_true(threads->on_group);
	type(&t, "\nn");
	assert_shows(&t, "worker-17");
	type(&t, "\n");
	assert_shows(&t, "only worker-17 now");
	made_app_deinit(&t);
}

/* Few are seen one by one, however alike. */
TEST(few_threads_are_a_row_each)
{
	struct made_app t;

	make_many(&t, THREADS_MANY - 9);
	type(&t, "7");
	assert_shows(&t, "worker-23");
	assert_lacks(&t, "worker-*");
	assert_int_equal(t.app.threads.n_rows, THREADS_MANY);
	type(&t, "E");
	assert_int_equal(t.app.threads.n_rows, THREADS_MANY);
	made_app_deinit(&t);
}

TEST(alike_is_what_differs_by_the_last_number)
{
	static const char *const names[][2] = {
		{ "worker-17", "worker-*" }, { "conn 8", "conn *" }, { "Thread-12 (serve)", "Thread-* (serve)" },
		{ "pool-1-thread-20", "pool-1-thread-*" }, { "kworker/0:1-events", "kworker/0:*-events" },
		{ "redis", "redis" }, { "", "" }, { "7", "*" }, { "a\xff\xfe" "1", "a\xff\xfe*" },
	};
	struct buf name = { 0 };

	for (size_t i = 0; i < array_len(names); i++) {
		name.len = 0;
		threads_group_name(&name, names[i][0]);
		assert_string_equal((const char *)name.data, names[i][1]);
		assert_int_equal(name.len, strlen(names[i][1]));
	}
	buf_deinit(&name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cells_add_up_to_the_samples_in_scope),
		cmocka_unit_test(a_window_has_its_own_samples),
		cmocka_unit_test(cells_say_what_took_most_of_them),
		cmocka_unit_test(the_end_of_time_is_survived),
		cmocka_unit_test(functions_of_a_thread_are_its_own),
		cmocka_unit_test(an_axis_fits_its_time_into_its_columns),
		cmocka_unit_test(a_range_picked_in_the_view_is_that_of_every_view),
		cmocka_unit_test(selecting_is_cancelled_by_escape_and_backspace),
		cmocka_unit_test(enter_on_a_thread_limits_every_view_to_it),
		cmocka_unit_test(zooming_goes_in_and_out_and_follows_the_cursor),
		cmocka_unit_test(the_heat_map_has_all_samples_and_picks_time),
		cmocka_unit_test(lanes_are_scaled_to_what_they_hold),
		cmocka_unit_test(marks_have_a_lane),
		cmocka_unit_test(marks_are_gone_through),
		cmocka_unit_test(rows_stay_what_they_are),
		cmocka_unit_test(threads_that_are_alike_are_one_row),
		cmocka_unit_test(groups_of_threads_open_and_close),
		cmocka_unit_test(few_threads_are_a_row_each),
		cmocka_unit_test(alike_is_what_differs_by_the_last_number),
	};

	return cmocka_run_group_tests(tests, made_app_setup, made_app_teardown);
}
