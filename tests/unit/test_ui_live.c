// SPDX-License-Identifier: Apache-2.0
/* A session that goes on while somebody looks, and is left and come back to. */
#include "tests/unit/app_maker.h"

#include "base/clock.h"
#include "tests/unit/golden.h"
#include "ui/place.h"
#include "ui/view.h"

static uint32_t two_sessions(void *ctx, const struct session_row **rows)
{
	static const struct session_row all[] = {
		{ .pid = 4242, .program = "shop", .state = "live", .since = "2026-01-22 14:02",
		  .elapsed_ns = 30 * NS_PER_S, .n_samples = 8000, .bytes = 1300000, .here = true },
		{ .pid = 77, .program = "ev\033[2Jil", .state = "ended", .since = "2026-01-21 09:30",
		  .elapsed_ns = 3700 * NS_PER_S, .n_samples = 1234567, .bytes = 9 },
	};

	(void)ctx;
	*rows = all;
	return array_len(all);
}

static const struct app_live no_requests = { .sessions = two_sessions };

static void made_live_init(struct made_app *t, unsigned int width, unsigned int height, bool utf8)
{
	made_app_init(t, &usual, width, height, utf8);
	t->app.live = &no_requests;
	t->app.session.state = APP_LIVE;
	t->app.session.target = xstrdup("4242 shop");
	t->app.session.now_ns = 100 * NS_PER_S;
	t->app.session.n_known = 8000;
}

static void check_screen(struct made_app *t, const char *name)
{
	_cleanup_(freep) char *golden = xasprintf("screen-%s", name), *text = screen(t);

	golden_compare(golden, text);
}

TEST(live_screens_look_as_they_did)
{
	struct made_app t;

	made_live_init(&t, 100, 30, true);
	type(&t, "q");
	check_screen(&t, "leave-100x30-utf8");
	type(&t, "\033:sessions\n");
	check_screen(&t, "sessions-100x30-utf8");
	made_app_deinit(&t);
	made_live_init(&t, 80, 24, false);
	type(&t, "j");
	check_screen(&t, "held-80x24");
	type(&t, ":sessions\n");
	check_screen(&t, "sessions-80x24");
	made_app_deinit(&t);
}

/* Each state has its word, whatever else has to go for it. */
TEST(the_header_says_how_the_session_stands)
{
	struct made_app t;

	made_live_init(&t, 60, 15, false);
	assert_shows(&t, "LIVE");
	type(&t, "j");
	assert_shows(&t, "HELD");
	t.app.session.now_ns += 4 * NS_PER_S;
	assert_lacks(&t, "HELD");
	type(&t, "p");
	t.app.session.now_ns += 12 * NS_PER_S;
	t.app.session.n_known += 2388;
	assert_shows(&t, "PAUSED 12s +2,388 smp");
	assert_shows(&t, " lost 100");	/* what is never left out */
	grid_resize(&t.grid, 80, 24);
	assert_shows(&t, "PAUSED 12s +2,388 smp waiting");
	assert_shows(&t, " lost 100");
	type(&t, "p");
	assert_lacks(&t, "PAUSED");
	t.app.session.state = APP_STALE;
	t.app.session.stale_ns = t.app.session.now_ns - 6 * NS_PER_S;
	t.app.session.n_tries = 3;
	assert_shows(&t, "STALE 6s reconnecting (3)");
	t.app.session.state = APP_ENDED;
	assert_shows(&t, "ENDED");
	made_app_deinit(&t);
}

/* New numbers come, rows stay where they are; then they are sorted again. */
TEST(rows_keep_their_places_while_somebody_reads)
{
	uint32_t first, second;
	struct made_app t;

	made_live_init(&t, 100, 30, false);
	free(screen(&t));
	first = t.app.order[0];
	second = t.app.order[1];
	type(&t, "j");
	t.model.order[0] = second;	/* as if it had overtaken */
	t.model.order[1] = first;
	t.model.n_asked++;
	free(screen(&t));
	assert_int_equal(t.app.order[0], first);
	t.app.session.now_ns += 4 * NS_PER_S;
	t.model.n_asked++;
	free(screen(&t));
	assert_int_equal(t.app.order[0], second);
	assert_int_equal(t.app.function, second);
	type(&t, "3");
	free(screen(&t));
	t.model.order[0] = first;
	t.model.order[1] = second;
	t.model.n_asked++;
	free(screen(&t));
	type(&t, "2");		/* who comes from elsewhere has read no order */
	free(screen(&t));
	assert_int_equal(t.app.order[0], first);
	made_app_deinit(&t);
}

TEST(columns_do_not_wait_for_enough_data)
{
	struct made_app t;

	made_app_init(&t, &(const struct fixture_options){ .unfinished = true }, 100, 30, false);
	assert_shows(&t, "OVER 30 s");
	type(&t, ":range 0s 5s\n");
	assert_shows(&t, "OVER 5 s");
	made_app_deinit(&t);
	made_app_init(&t, &(const struct fixture_options){ 0 }, 100, 30, false);
	type(&t, ":range 0s 5s\n");	/* there will never be more */
	assert_lacks(&t, "OVER 5 s");
	made_app_deinit(&t);
}

/* As if the largest function had `share` of all. */
static void make_largest(struct made_app *t, double share)
{
	struct summary *sum = &t->model.sum;

	sum->functions[t->model.order[0]].self.weight_ns = (uint64_t)(share * (double)sum->base_ns);
	t->model.n_asked++;
}

TEST(scales_grow_at_once_and_shrink_after_a_while)
{
	struct made_app t;

	made_live_init(&t, 100, 30, false);
	make_largest(&t, .15);
	assert_shows(&t, " 0         20% ");
	make_largest(&t, .3);
	assert_shows(&t, " 0         40% ");
	make_largest(&t, .15);
	assert_shows(&t, " 0         40% ");
	t.app.session.now_ns += 9 * NS_PER_S;
	assert_shows(&t, " 0         40% ");
	make_largest(&t, .3);		/* needed again: from here on */
	free(screen(&t));
	make_largest(&t, .15);
	free(screen(&t));
	t.app.session.now_ns += 9 * NS_PER_S;
	assert_shows(&t, " 0         40% ");
	t.app.session.now_ns += NS_PER_S;
	assert_shows(&t, " 0         20% ");
	make_largest(&t, .3);
	free(screen(&t));
	t.app.scope.n_set++;		/* another picture was asked for */
	make_largest(&t, .15);
	assert_shows(&t, " 0         20% ");
	make_largest(&t, .3);
	free(screen(&t));
	t.app.session.state = APP_FILE;	/* nothing moves */
	make_largest(&t, .15);
	assert_shows(&t, " 0         20% ");
	made_app_deinit(&t);
}

/* What is hottest at first may not stay so; a key says that one is meant. */
TEST(the_hottest_function_is_selected_until_a_key)
{
	struct made_app t;

	made_live_init(&t, 100, 30, false);
	t.app.session.untouched = true;
	t.app.function = t.model.order[3];
	app_session_refresh(&t.app);
	assert_int_equal(t.app.function, t.model.order[0]);
	type(&t, "j");
	app_session_refresh(&t.app);
	assert_int_equal(t.app.function, t.model.order[1]);
	made_app_deinit(&t);
}

/* Every second there is more data: the row that was gone to stays chosen. */
TEST(the_chosen_row_stays_when_data_come)
{
	static const char *const keys[] = { "3jjj", "3Gk", "4kk", "4jj", "6jj" };

	for (size_t i = 0; i < array_len(keys); i++) {
		char *before, *after;
		struct made_app t;

		made_live_init(&t, 100, 30, false);
		type_slowly(&t, keys[i]);
		before = screen(&t);
		model_ask(&t.model);
		after = screen(&t);
		assert_string_equal(before, after);
		free(before);
		free(after);
		made_app_deinit(&t);
	}
}

TEST(a_session_is_left_as_was_chosen)
{
	struct made_app t;

	made_live_init(&t, 80, 24, false);
	free(screen(&t));
	type(&t, "q");
	assert_shows(&t, "is still being recorded (00:30)");
	type(&t, "\033");
	assert_lacks(&t, "is still being recorded");
	assert_false(t.app.asked_quit);
	type(&t, "qx");
	assert_true(t.app.asked_quit);
	assert_int_equal(t.app.session.leave, LEAVE_DISCARD);
	t.app.asked_quit = false;
	type(&t, "D");
	assert_true(t.app.asked_quit);
	assert_int_equal(t.app.session.leave, LEAVE_DETACH);
	t.app.asked_quit = false;
	grid_resize(&t.grid, 70, 10);	/* no room for a question: it goes on */
	assert_shows(&t, "needs 60x15. Recording goes on. q quits.");
	t.app.session.leave = LEAVE_DISCARD;
	type(&t, "q");
	assert_true(t.app.asked_quit);
	assert_int_equal(t.app.session.leave, LEAVE_DETACH);
	t.app.asked_quit = false;
	grid_resize(&t.grid, 80, 24);
	free(screen(&t));
	t.app.session.state = APP_STALE;
	type(&t, "q");
	assert_shows(&t, "does not answer.");
	type(&t, "\033");
	t.app.session.state = APP_LIVE;
	type(&t, ":sessions\nj\n");
	assert_true(t.app.asked_quit);
	assert_int_equal(t.app.session.join, 2);
	t.app.asked_quit = false;
	t.app.session.state = APP_ENDED;	/* nothing is lost */
	type(&t, "2q");
	assert_true(t.app.asked_quit);
	made_app_deinit(&t);

	made_app_init(&t, &usual, 80, 24, false);
	type(&t, "p");
	assert_shows(&t, "nothing moves");
	type(&t, "D");
	assert_shows(&t, "nothing to detach from");
	type(&t, ":mark here\n");
	assert_shows(&t, "this is a recording");
	made_app_deinit(&t);
}

/* Where somebody was is found again; text that says nonsense leads nowhere. */
TEST(a_place_is_come_back_to)
{
	struct buf text = { 0 };
	struct made_app t;

	made_live_init(&t, 80, 24, false);
	free(screen(&t));
	type(&t, "jj4");
	place_write(&t.app, &text);
	made_app_deinit(&t);
	made_live_init(&t, 80, 24, false);
	place_read(&t.app, (const char *)text.data, text.len);
	free(screen(&t));
	assert_ptr_equal(t.app.view, &view_callers);
	assert_string_equal(selected(&t), "ksys_write");
	place_read(&t.app, "view \nview bogus\nfunction\nfunction gone\n\n\xff", 40);
	assert_ptr_equal(t.app.view, &view_callers);
	assert_string_equal(selected(&t), "ksys_write");
	buf_deinit(&text);
	made_app_deinit(&t);
}

/* In another recording of the program: what makes up its picture, and with a way back. */
TEST(what_was_folded_and_how_it_was_sorted_is_come_back_to)
{
	static const char *const lies[] = {
		"sort calls\n", "sort \n", "frames python\n", "frames bogus\n", "fold\n", "fold gone\n",
		"file /gone\nfold fib\n", "recursion bogus\n", "view Help\n", "view Sessions\n", "kernel\n", "function \n",
	};
	struct buf text = { 0 };
	struct made_app t;
	const char *before;

	made_app_init(&t, &usual, 100, 30, false);
	free(screen(&t));
	type(&t, "/fib\nx2/ksys\nKst");
	type(&t, "I5");
	free(screen(&t));
	type(&t, "ir");
	place_write(&t.app, &text);
	made_app_deinit(&t);
	made_app_init(&t, &usual, 100, 30, false);
	place_read(&t.app, (const char *)text.data, text.len);
	assert_shows(&t, "as it was left: folds, recursion; u undoes that");
	assert_ptr_equal(t.app.view, &view_flame);
	assert_true(t.app.flame.how.inverted && t.app.flame.how.raw);
	assert_true(t.app.reversed);
	assert_int_equal(t.app.scope.now->n_folded, 1);
	assert_true(t.app.scope.now->kernel_folded);
	free(steal(t.app.message));
	place_read(&t.app, (const char *)text.data, text.len);	/* nothing is left to do */
	assert_null(t.app.message);
	assert_int_equal(t.app.scope.n_undo, 1);
	type(&t, "2");
	assert_shows(&t, "TOTAL%v");
	type(&t, "u");
	assert_int_equal(t.app.scope.now->n_folded, 0);
	assert_false(t.app.scope.now->kernel_folded);
	before = selected(&t);
	for (size_t i = 0; i < array_len(lies); i++) {
		place_read(&t.app, lies[i], strlen(lies[i]));
		free(screen(&t));
		assert_ptr_equal(t.app.view, &view_functions);
		assert_string_equal(selected(&t), before);
		assert_int_equal(t.app.scope.now->n_folded, 0);
		assert_int_equal(t.app.scope.now->frames, FRAMES_MERGED);
	}
	buf_deinit(&text);
	made_app_deinit(&t);
}

/* Another part has other rows: those of before say nothing of their order. */
TEST(another_scope_is_in_order_at_once)
{
	struct made_app t;
	uint64_t last = UINT64_MAX;

	made_live_init(&t, 100, 30, false);
	free(screen(&t));
	type(&t, "j:threads worker\n");
	assert_shows(&t, "HELD");
	for (uint32_t i = 0; i < t.app.n_order; i++) {
		uint64_t own = t.model.sum.functions[t.app.order[i]].self.weight_ns;

		assert_true(own <= last);
		last = own;
	}
	made_app_deinit(&t);
}

/* What somebody looked at when the recording was left, as text. */
static void leave(const char *keys, struct buf *text)
{
	struct made_app t;

	made_app_init(&t, &usual, 100, 30, false);
	free(screen(&t));
	type(&t, keys);
	place_write(&t.app, text);
	made_app_deinit(&t);
}

/* A part is shown as one, and one key leads to the whole. */
TEST(what_a_recording_was_cut_down_to_is_come_back_to)
{
	struct buf text = { 0 };
	struct made_app t;
	uint64_t n;

	leave("\\fib\n:threads worker\n:range 3 9\n", &text);
	made_app_init(&t, &usual, 100, 30, false);
	n = t.model.sum.received.count;
	place_read(&t.app, (const char *)text.data, text.len);
	assert_shows(&t, "as it was left: filter, time, thread; u undoes that");
	assert_shows(&t, " as left, u undoes  | worker-1 | 3.0-9.0 s | filter fib |");
	assert_true(t.model.sum.received.count < n / 2);
	type(&t, "u");
	assert_shows(&t, "\n all threads | all 30.0 s | no filter |");
	assert_int_equal(t.model.sum.received.count, n);
	type(&t, "u");
	assert_shows(&t, "nothing to undo");
	buf_deinit(&text);
	leave(":threads 4243\n:range 3 9\nd", &text);
	made_app_deinit(&t);
	made_app_init(&t, &usual, 60, 15, false);
	place_read(&t.app, (const char *)text.data, text.len);
	assert_true(t.app.scope.now->by_module);
	assert_shows(&t, " as left  | worker");
	buf_deinit(&text);
	made_app_deinit(&t);
}

/* Of another recording what is there as well; the rest is said, and left out. */
TEST(what_another_recording_has_not_is_left_out)
{
	struct buf text = { 0 };
	struct made_app t;
	uint32_t name;

	leave(":threads worker\n:range 3 9\n", &text);
	made_app_init(&t, &usual, 100, 30, false);
	t.model.p->start_real_ns++;
	place_read(&t.app, (const char *)text.data, text.len);
	assert_shows(&t, "as it was left: thread; u undoes that; left out, as not here: time");
	assert_shows(&t, "| worker-1 | all 30.0 s |");
	made_app_deinit(&t);
	made_app_init(&t, &usual, 100, 30, false);
	t.model.p->start_real_ns++;
	name = t.model.p->threads[0].name;	/* two of a name: which one was it? */
	t.model.p->threads[0].name = t.model.p->threads[1].name;
	place_read(&t.app, (const char *)text.data, text.len);
	assert_shows(&t, "what was left is not here any more: time, threads");
	assert_null(t.app.scope.kept);
	t.model.p->threads[0].name = name;
	place_read(&t.app, "filter zzz\nmodule /gone\nthread 1 gone\nrange 1 2\nfold gone", 58);
	assert_shows(&t, "what was left is not here any more: filter, file, time, folds, threads");
	assert_shows(&t, "\n all threads | all 30.0 s | no filter |");
	assert_int_equal(t.app.scope.n_undo, 0);
	buf_deinit(&text);
	made_app_deinit(&t);
}

/* Together they may leave nothing: no empty screen is begun with. */
TEST(what_would_leave_nothing_to_see_is_left_out)
{
	static const char place[] = "filter fib\nmodule [kernel]\nrange 0 1\n";
	struct buf text = { 0 };
	struct made_app t;

	made_app_init(&t, &usual, 100, 30, false);
	place_write(&t.app, &text);
	buf_put(&text, place, sizeof(place) - 1);
	place_read(&t.app, (const char *)text.data, text.len);
	assert_shows(&t, "not here any more: filter, file, time");
	assert_shows(&t, "\n all threads | all 30.0 s | no filter |");
	assert_int_equal(t.app.scope.n_undo, 0);
	buf_deinit(&text);
	made_app_deinit(&t);
}

/* Live, time goes on, and what is not there yet may come. */
TEST(a_live_session_has_no_range_to_come_back_to)
{
	struct buf text = { 0 };
	struct made_app t;

	made_live_init(&t, 100, 30, false);
	type(&t, ":range 3 9\n\\fib\n");
	place_write(&t.app, &text);
	buf_put_u8(&text, '\0');
	assert_null(strstr((const char *)text.data, "range"));
	assert_non_null(strstr((const char *)text.data, "filter fib"));
	made_app_deinit(&t);
	made_live_init(&t, 100, 30, false);
	place_read(&t.app, "filter zzz\nrange 1 2\n", 21);
	assert_null(t.app.message);
	place_read(&t.app, (const char *)text.data, text.len - 1);
	assert_shows(&t, "as it was left: filter; u undoes that");
	place_read(&t.app, "filter compare\n", 15);	/* more came */
	assert_int_equal(t.app.scope.n_undo, 1);
	type(&t, "u");
	assert_shows(&t, "no filter");
	buf_deinit(&text);
	made_app_deinit(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(live_screens_look_as_they_did),
		cmocka_unit_test(the_header_says_how_the_session_stands),
		cmocka_unit_test(rows_keep_their_places_while_somebody_reads),
		cmocka_unit_test(columns_do_not_wait_for_enough_data),
		cmocka_unit_test(scales_grow_at_once_and_shrink_after_a_while),
		cmocka_unit_test(the_hottest_function_is_selected_until_a_key),
		cmocka_unit_test(the_chosen_row_stays_when_data_come),
		cmocka_unit_test(a_session_is_left_as_was_chosen),
		cmocka_unit_test(a_place_is_come_back_to),
		cmocka_unit_test(what_was_folded_and_how_it_was_sorted_is_come_back_to),
		cmocka_unit_test(another_scope_is_in_order_at_once),
		cmocka_unit_test(what_a_recording_was_cut_down_to_is_come_back_to),
		cmocka_unit_test(what_another_recording_has_not_is_left_out),
		cmocka_unit_test(what_would_leave_nothing_to_see_is_left_out),
		cmocka_unit_test(a_live_session_has_no_range_to_come_back_to),
	};

	return cmocka_run_group_tests(tests, made_app_setup, made_app_teardown);
}
