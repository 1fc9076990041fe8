// SPDX-License-Identifier: Apache-2.0
/* View 0: a baseline, what is compared with it, and the keys. */
#include "tests/unit/app_maker.h"

#include <fcntl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>

#include "tests/unit/golden.h"
#include "ui/compare_text.h"
#include "ui/flame_compare.h"
#include "ui/view.h"

/* A recording of a fixture, in the folder that one is in. */
static void write_recording(const char *name, const struct fixture_options *o)
{
	_cleanup_(closep) int from = o->python ? fixture_python_fd(o->counted) : fixture_fd(o);
	_cleanup_(closep) int to = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	struct stat st;
	off_t at = 0;

	assert_true(to >= 0 && fstat(from, &st) == 0);
	assert_int_equal(sendfile(to, from, &at, (size_t)st.st_size), st.st_size);
}

static const struct compare_row *row_of(const struct made_app *t, const char *name)
{
	const struct compare *c = &t->app.compare.c;
	struct compare_side sides[2];

	app_compare_sides(&t->app, sides);
	for (uint32_t i = 0; i < c->n_rows; i++) {
		_cleanup_(freep) char *is = compare_row_name(sides, &c->rows[i]);

		if (strcmp(is, name) == 0)
			return &c->rows[i];
	}
	fail_msg("no row %s", name);
	return NULL;
}

static uint32_t n_evident(const struct compare *c)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < c->n_rows; i++)
		n += compare_has_evidence(&c->rows[i]);
	return n;
}

/* The same file as A and B: no row says faster or slower. */
TEST(a_recording_and_itself_have_no_verdict)
{
	struct made_app t;

	write_recording("same.cprof", &usual);
	made_app_init(&t, &usual, 100, 30, false);
	type(&t, ":compare same.cprof\n");
	assert_ptr_equal(t.app.view, &view_compare);
	for (int i = 0; i < 3; i++) {
		assert_shows(&t, "no evidence");
		assert_lacks(&t, "less\n");
		assert_lacks(&t, "more\n");
		assert_int_equal(n_evident(&t.app.compare.c), 0);
		type(&t, "U");
	}
	made_app_deinit(&t);
}

/* More samples of the same program, at another rate, are no change. */
TEST(rates_are_made_up_for)
{
	const struct fixture_options few = { .hidden = true, .n_samples = 1600 };
	struct made_app t;

	write_recording("few.cprof", &few);
	made_app_init(&t, &usual, 100, 30, false);
	type(&t, ":compare few.cprof\nU");
	free(screen(&t));
	assert_int_equal(t.app.compare.unit, COMPARE_SHARE);
	assert_int_equal(n_evident(&t.app.compare.c), 0);
	made_app_deinit(&t);
}

TEST(without_a_baseline_it_says_which_keys_help)
{
	struct made_app t;

	made_app_init(&t, &usual, 80, 24, false);
	type(&t, "0");
	assert_shows(&t, "There is no baseline A to compare with.");
	assert_shows(&t, "B takes what is shown now for A");
	assert_shows(&t, ":compare FILE takes a");
	type(&t, "U");
	assert_shows(&t, "there is nothing to compare with yet; b chooses it");
	type(&t, "jkG/x\n\033v");
	type(&t, "B");
	assert_shows(&t, "A is what is shown now, 0.0-30.0 s");
	assert_shows(&t, "What is shown is in the baseline itself: 0.0-30.0 s of this recording.");
	made_app_deinit(&t);
}

/* B in any view; then another part of the time, without what is in the baseline. */
TEST(a_part_is_compared_with_another)
{
	struct made_app t;
	const struct compare_total *total;

	made_app_init(&t, &usual, 100, 30, false);
	type(&t, ":range 0s 12s\nB0");
	assert_shows(&t, "What is shown is in the baseline itself: 0.0-12.0 s");
	type(&t, "A");
	assert_shows(&t, "A  0.0-12.0 s of this recording");
	assert_shows(&t, "B  12.0-30.0 s of this recording");
	total = t.app.compare.c.total;
	assert_int_equal(total[COMPARE_A].samples + total[COMPARE_B].samples,
			 t.model.sum.received.count);
	type(&t, ":range 6s 14s\n");
	assert_shows(&t, "B  12.0-14.0 s of this recording");
	type(&t, "u");
	assert_shows(&t, "B  12.0-30.0 s of this recording");
	type(&t, "b");
	assert_shows(&t, "Compare with");
	type(&t, "x");
	assert_shows(&t, "There is no baseline");
	type(&t, "bw");
	assert_shows(&t, "nothing was recorded before what is shown");
	type(&t, ":range 10s 15s\nbw");
	assert_shows(&t, "A  5.0-10.0 s of this recording");
	/* Threads that are others can be compared at the same time. */
	type(&t, "A:threads shop\nB:threads worker-1\n");
	assert_shows(&t, "A  0.0-30.0 s of this recording");
	assert_shows(&t, "B  this recording");
	made_app_deinit(&t);
}

TEST(keys_change_how_it_is_looked_at)
{
	struct made_app t;
	double change;
	uint32_t n;

	made_app_init(&t, &usual, 100, 30, false);
	type(&t, "0bh");
	assert_shows(&t, "CPU time per second");
	assert_shows(&t, "[per second]");
	change = row_of(&t, "fib")->change;
	type(&t, "o");
	assert_shows(&t, "A is what is shown now, B the baseline");
	assert_shows(&t, "A  15.0-30.0 s of this recording");
	assert_true(row_of(&t, "fib")->change == -change);
	type(&t, "oU");
	assert_shows(&t, "share of the CPU time");
	n = n_evident(&t.app.compare.c);
	type(&t, "v");
	free(screen(&t));
	assert_int_equal(t.app.compare.n_shown, n);
	type(&t, "vg/fib\n");
	assert_string_equal(selected(&t), "fib");
	type(&t, "\n");
	assert_ptr_equal(t.app.view, &view_callers);
	assert_string_equal(selected(&t), "fib");
	type(&t, "</kernel]\n\n");
	assert_shows(&t, "this row is no function of what is shown now");
	made_app_deinit(&t);
}

/* What is selected elsewhere is selected here, and the other way round. */
TEST(the_selection_is_the_same_in_every_view)
{
	struct made_app t;
	const char *name;
	uint32_t function;

	made_app_init(&t, &usual, 100, 30, true);
	type(&t, "0bh2jj");
	name = selected(&t);
	function = t.app.function;
	type(&t, "0");
	assert_shows(&t, name);
	assert_int_equal(t.app.function, function);
	type(&t, "gj2");
	free(screen(&t));
	assert_int_equal(t.app.function, t.app.order[t.app.functions.cursor]);
	assert_true(t.app.function != function);
	made_app_deinit(&t);
}

TEST(filter_threads_and_folds_count_for_both_sides)
{
	const struct fixture_options hostile = { .hostile = true, .hidden = true };
	struct made_app t;

	write_recording("other.cprof", &usual);
	made_app_init(&t, &usual, 100, 30, false);
	type(&t, ":compare other.cprof\n\\fib\n");
	assert_shows(&t, "[filtered out]");
	assert_int_equal(n_evident(&t.app.compare.c), 0);
	type(&t, "u:threads worker-1\n");
	free(screen(&t));
	assert_int_equal(t.app.compare.c.total[COMPARE_A].samples,
			 t.app.compare.c.total[COMPARE_B].samples);
	type(&t, "A:threads\n");
	free(screen(&t));
	list_choose(&t.app.compare.list, 0);
	type(&t, "2x0K");
	free(screen(&t));
	for (uint32_t i = 0; i < t.app.compare.c.n_rows; i++)
		assert_int_equal(t.app.compare.c.rows[i].samples[0],
				 t.app.compare.c.rows[i].samples[1]);
	type(&t, "X");
	made_app_deinit(&t);

	/* Names of another recording are cleaned as well. */
	write_recording("hostile.cprof", &hostile);
	made_app_init(&t, &usual, 100, 30, true);
	type(&t, ":compare hostile.cprof\n/evil\n");
	assert_shows(&t, "evil\\x1b");
	assert_lacks(&t, "\x1b");
	made_app_deinit(&t);
}

TEST(what_cannot_be_compared_is_said)
{
	const struct fixture_options few = { .n_samples = 20, .hidden = true };
	struct made_app t;

	made_app_init(&t, &usual, 100, 30, false);
	type(&t, ":compare\n");
	assert_shows(&t, "with what?  :compare FILE, or names of kept ranges");
	type(&t, ":compare nothing.cprof\n");
	assert_shows(&t, "nothing.cprof: cannot open");
	type(&t, ":compare /dev/null\n");
	assert_shows(&t, "no regular file");
	close(open("empty.cprof", O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
	type(&t, ":compare empty.cprof\n");
	assert_shows(&t, "empty.cprof: ");
	assert_ptr_equal(t.app.view, &view_functions);
	write_recording("tiny.cprof", &few);
	type(&t, "0b");
	assert_shows(&t, "tiny.cprof");
	type(&t, "\033:compare tiny.cprof\n");
	assert_shows(&t, "A has only 20 samples: nothing can be said of a change yet");
	assert_shows(&t, "not tested");
	assert_lacks(&t, "less\n");
	made_app_deinit(&t);
}

/* Two programs that have nothing in common: all of one is new, all of the other gone. */
TEST(screens_look_as_they_did)
{
	static const struct {
		const char *keys, *name;
		unsigned int width, height;
		bool utf8;
	} all[] = {
		{ "", "changed", 60, 15, false }, { "", "changed", 80, 24, false },
		{ "", "changed", 100, 30, true }, { "", "changed", 140, 40, true },
		{ "vU", "changed-share", 100, 30, false }, { "L", "changed-lesson", 100, 30, true },
		{ "L", "changed-lesson", 80, 24, false }, { "b", "changed-choose", 80, 24, true },
		{ "fjj", "changed-flame", 60, 15, false }, { "fjj", "changed-flame", 80, 24, false },
		{ "fjj", "changed-flame", 100, 30, true }, { "Ufj", "changed-flame", 140, 40, true },
	};
	const struct fixture_options python = { .python = true };

	write_recording("shop.py.cprof", &python);
	for (size_t i = 0; i < array_len(all); i++) {
		_cleanup_(freep) char *name = xasprintf("screen-diff-%s-%ux%u%s", all[i].name,
			all[i].width, all[i].height, all[i].utf8 ? "-utf8" : "");
		_cleanup_(freep) char *text = NULL;
		struct made_app t;

		made_app_init(&t, &usual, all[i].width, all[i].height, all[i].utf8);
		type(&t, ":compare shop.py.cprof\n");
		type_slowly(&t, all[i].keys);
		text = screen(&t);
		golden_compare(name, text);
		made_app_deinit(&t);
	}
}

/* From view 0, or with a key; only what is compared is shown then. */
TEST(the_flame_graph_says_where_it_changed)
{
	struct made_app t;
	const struct compare_node *n;

	made_app_init(&t, &usual, 100, 30, false);
	type_slowly(&t, "5o");
	assert_shows(&t, "There is no baseline A to compare with. 0 tells more");
	assert_false(t.app.flame.compare.on);
	type_slowly(&t, "2:range 0 12\nBA0");
	assert_shows(&t, "B  12.0-30.0 s of this recording");
	type_slowly(&t, "f");
	assert_shows(&t, "coloured by the change against A, 0.0-12.0 s of this recording");
	assert_shows(&t, "| 12.0-30.0 s |");
	assert_shows(&t, "paths tested together");
	for (uint32_t i = 1; i < t.app.flame.f.n; i++) {
		const struct flame_box *box = &t.app.flame.f.v[i];

		n = flame_compare_of(&t.app, box);
		assert_int_equal(n != NULL, box->kind == FLAME_FUNCTION);
		if (n)
			assert_int_equal(n->samples[COMPARE_B], box->total.count);
		if (n && n->verdict == COMPARE_NO_EVIDENCE)
			assert_int_equal(flame_compare_sign(n), 0);
	}
	/* Zoomed, with recursion in each way, and over a range that is partly A. */
	type_slowly(&t, "jj\n");
	assert_non_null(flame_compare_of(&t.app, t.app.flame.f.v));
	for (int i = 0; i < 3; i++) {
		type_slowly(&t, "r");
		assert_shows(&t, "paths tested together");
	}
	type_slowly(&t, "A");
	assert_lacks(&t, "paths tested together");
	type_slowly(&t, "u");
	assert_shows(&t, "paths tested together");
	type_slowly(&t, "i");
	assert_shows(&t, "coloured by kind: what changed is known of paths from the root");
	type_slowly(&t, "o");
	assert_shows(&t, "root on top");
	type_slowly(&t, "o");
	assert_shows(&t, "coloured by kind of code");
	assert_lacks(&t, "paths tested together");
	type_slowly(&t, "*");
	assert_shows(&t, "all paths as one");
	type_slowly(&t, "o");
	assert_shows(&t, "paths tested together");
	assert_false(t.app.flame.how.joined);
	type_slowly(&t, "*");
	assert_false(t.app.flame.compare.on);
	/* A swap in view 0 does not turn it round. */
	type_slowly(&t, "0of");
	assert_shows(&t, "paths tested together");
	assert_false(t.app.compare.swapped);
	made_app_deinit(&t);
}

/* While more comes, what is selected stays so. */
TEST(it_follows_what_grows)
{
	struct made_app t;
	const char *name;

	made_app_init(&t, &usual, 80, 24, false);
	t.app.session.state = APP_LIVE;
	t.app.session.target = xstrdup("4242 shop");
	t.app.live = NULL;
	type(&t, ":range 0s 10s\nBA0jj");
	name = selected(&t);
	for (int i = 0; i < 3; i++) {
		t.model.p->samples.n -= 10;
		app_session_refresh(&t.app);
		assert_shows(&t, "B  10.0-30.0 s");
		assert_string_equal(selected(&t), name);
	}
	made_app_deinit(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(screens_look_as_they_did),	/* first: one file is there */
		cmocka_unit_test(a_recording_and_itself_have_no_verdict),
		cmocka_unit_test(rates_are_made_up_for),
		cmocka_unit_test(without_a_baseline_it_says_which_keys_help),
		cmocka_unit_test(a_part_is_compared_with_another),
		cmocka_unit_test(keys_change_how_it_is_looked_at),
		cmocka_unit_test(the_selection_is_the_same_in_every_view),
		cmocka_unit_test(filter_threads_and_folds_count_for_both_sides),
		cmocka_unit_test(what_cannot_be_compared_is_said),
		cmocka_unit_test(the_flame_graph_says_where_it_changed),
		cmocka_unit_test(it_follows_what_grows),
	};

	return cmocka_run_group_tests(tests, made_app_setup, made_app_teardown);
}
