// SPDX-License-Identifier: Apache-2.0
/* What is looked for and what is looked at: search, filter, time, threads, folds. */
#include "tests/unit/app_maker.h"

#include <math.h>

#include "profile/filter.h"

/* ---- search ---- */

TEST(a_search_goes_to_the_first_match_while_it_is_typed)
{
	struct made_app t;
	char *before, *after;

	made_app_init(&t, &usual, 100, 30, false);
	free(screen(&t));
	type(&t, "jj");
	before = screen(&t);
	type(&t, "/F");		/* a capital means it */
	assert_shows(&t, "no function matches \"F\"; 1");
	app_key(&t.app, KEY_OF_BACKSPACE);
	type(&t, "write");
	assert_string_equal(selected(&t), "ksys_write");
	assert_shows(&t, "/write");
	assert_shows(&t, "match 1 of 2, ");
	assert_shows(&t, "K*ksys_write");
	type(&t, "\033");
	after = screen(&t);
	assert_string_equal(before, after);
	type(&t, "/hjkl");
	assert_shows(&t, "/hjkl");
	type(&t, "\033");
	assert_int_equal(t.app.prompt.mark, 0);
	free(before);
	free(after);
	made_app_deinit(&t);
}

TEST(matches_follow_each_other_round_the_end)
{
	struct made_app t;

	made_app_init(&t, &usual, 100, 30, false);
	free(screen(&t));
	type(&t, "/write\n");
	assert_shows(&t, "match 1 of 2, ");
	type(&t, "n");
	assert_string_equal(selected(&t), "write");
	assert_shows(&t, "match 2 of 2, ");
	type(&t, "n");
	assert_shows(&t, "match 1 of 2, ");
	type(&t, "N");
	assert_shows(&t, "match 2 of 2, ");
	type(&t, "\033n");		/* nothing is marked any more */
	assert_shows(&t, "nothing is looked for");
	assert_string_equal(selected(&t), "write");
	type(&t, "=/");
	assert_shows(&t, "there is nothing to search in here");
	made_app_deinit(&t);
}

/* In the tree what is closed opens, and every row of the function is a match. */
TEST(a_search_opens_what_is_closed)
{
	struct made_app t;

	made_app_init(&t, &usual, 100, 30, false);
	type(&t, "3C");
	free(screen(&t));
	type(&t, "/fib\n");
	assert_shows(&t, "match 1 of ");
	assert_string_equal(selected(&t), "fib");
	assert_shows(&t, ">");
	assert_shows(&t, "*fib");
	type(&t, "c/main\n");
	assert_shows(&t, "match 1 of 1, ");
	type(&t, "*");
	assert_shows(&t, "*fib");
	made_app_deinit(&t);
}

TEST(expressions_are_searched_between_slashes)
{
	struct made_app t;

	made_app_init(&t, &usual, 100, 30, false);
	free(screen(&t));
	type(&t, "//^w.*e$/");
	assert_string_equal(selected(&t), "write");
	assert_shows(&t, "match 1 of 1, ");
	type(&t, "\033//(");
	assert_shows(&t, "is no regular expression");
	type(&t, "\033");
	made_app_deinit(&t);
}

/* ---- filter ---- */

/* What the first column of all rows adds up to, in tenths of a percent. */
static long sum_of_rows(struct made_app *t)
{
	char *s = screen(t), *row = strstr(s, "SELF%"), *end;
	double sum = 0, one;

	while ((row = strchr(row, '\n'))) {
		row += strspn(row, "\n> ");
		one = strtod(row, &end);
		if (end == row)
			break;
		if (!strstr(row, "[lost]") || strstr(row, "[lost]") > strchr(row, '\n'))
			sum += one;
		row = end;
	}
	free(s);
	return lround(sum * 10);
}

TEST(a_filter_hides_rows_and_sums_stay)
{
	struct made_app t;

	made_app_init(&t, &usual, 140, 60, false);
	assert_in_range(sum_of_rows(&t), 995, 1005);
	type(&t, "\\rep");
	assert_shows(&t, "build_report");
	assert_shows(&t, "[filtered out]");
	assert_shows(&t, "filter rep");
	assert_int_equal(t.app.n_order, 1);
	assert_string_equal(selected(&t), "build_report");
	assert_in_range(sum_of_rows(&t), 995, 1005);
	type(&t, "\n3");
	assert_shows(&t, "[filtered out]");
	assert_shows(&t, "filter rep");
	type(&t, "2\\");		/* shows what there is, Escape clears it */
	assert_shows(&t, "\\rep");
	type(&t, "\033");
	assert_shows(&t, "no filter");
	type(&t, "u");
	assert_shows(&t, "filter rep");
	type(&t, "u\\zzz");
	assert_shows(&t, "No function matches \"zzz\" (");
	assert_shows(&t, "Esc clears the filter.");
	type(&t, "\n");
	assert_shows(&t, "filter zzz");
	type(&t, "\033");
	assert_shows(&t, "no filter");
	made_app_deinit(&t);
}

/* The same as a command line says. */
TEST(a_filter_is_that_of_reports)
{
	struct made_app t;
	struct filter *filter;
	struct summary sum;
	struct error err;

	made_app_init(&t, &usual, 100, 30, false);
	type(&t, "\\/fib|write/\n");
	assert_int_equal(filter_open("fib|write", FILTER_REGEX, &filter, &err), 0);
	summary_make(t.model.p, &(struct selection){ .filter = filter }, &sum);
	assert_int_equal(t.model.sum.filtered.count, sum.filtered.count);
	for (uint32_t i = 0; i < sum.n_functions; i++)
		assert_int_equal(t.model.sum.functions[i].self.count, sum.functions[i].self.count);
	summary_deinit(&sum);
	filter_close(filter);
	made_app_deinit(&t);
}

TEST(one_library_is_looked_at)
{
	struct made_app t;

	made_app_init(&t, &usual, 140, 40, false);
	free(screen(&t));
	type(&t, "/write/\n");
	type(&t, "/_write\033/write\nn");
	assert_string_equal(selected(&t), "write");
	type(&t, "d");
	assert_shows(&t, "only libc.so.6");
	assert_shows(&t, "[filtered out]");
	assert_in_range(sum_of_rows(&t), 995, 1005);
	type(&t, "d");
	assert_shows(&t, "no filter | selected");
	made_app_deinit(&t);
}

/* ---- scope ---- */

TEST(windows_of_time_come_and_go)
{
	struct made_app t;
	uint64_t all, last;
	uint32_t asked;

	made_app_init(&t, &usual, 100, 30, false);
	free(screen(&t));
	all = t.model.sum.received.count;
	asked = t.model.n_asked;
	type(&t, "w");
	assert_int_equal(t.model.n_asked, asked + 1);
	assert_shows(&t, "last 60 s");
	assert_int_equal(t.model.sum.received.count, all);	/* it is 30 s long */
	type(&t, "w");
	assert_shows(&t, "last 10 s");
	last = t.model.sum.received.count;
	assert_in_range(last, all / 3 - 2, all / 3 + 2);
	type(&t, ",");
	assert_shows(&t, "10.0-20.0 s");
	type(&t, ",,");
	assert_shows(&t, "the recording begins here");
	assert_shows(&t, "0.0-10.0 s");
	type(&t, ".....");
	assert_shows(&t, "20.0-30.0 s");
	assert_shows(&t, "nothing was recorded after this");
	assert_int_equal(t.model.sum.received.count, last);
	type(&t, "A");
	assert_shows(&t, "all 30.0 s");
	type(&t, "R");
	assert_shows(&t, "since 30.0 s");
	assert_shows(&t, "No CPU samples: nothing was recorded after 30.0 s.");
	type(&t, "u");
	assert_int_equal(t.model.sum.received.count, all);
	type(&t, "www");		/* since R is among them now */
	assert_shows(&t, "since 30.0 s");
	type(&t, "w.");
	assert_shows(&t, "there is no window to move");
	made_app_deinit(&t);
}

TEST(undo_goes_back_to_the_scope_before_and_no_further)
{
	struct made_app t;

	made_app_init(&t, &usual, 100, 30, false);
	type(&t, "u");
	assert_shows(&t, "nothing to undo");
	for (int i = 0; i < 3 * APP_UNDO; i++)
		type(&t, "w");
	assert_int_equal(t.app.scope.n_undo, APP_UNDO);
	for (int i = 0; i < 3 * APP_UNDO; i++)
		type(&t, "u");
	assert_int_equal(t.app.scope.n_undo, 0);
	made_app_deinit(&t);
}

TEST(threads_are_chosen_from_a_list)
{
	struct made_app t;
	uint64_t all;

	made_app_init(&t, &usual, 100, 30, false);
	free(screen(&t));
	all = t.model.sum.received.count;
	type(&t, "T");
	assert_shows(&t, "worker-1");
	type(&t, "jj\n");
	assert_shows(&t, " worker-1 |");
	assert_true(t.model.sum.received.count && t.model.sum.received.count < all / 4);
	type(&t, "T");
	assert_shows(&t, "[x]");
	type(&t, "j \n");		/* the other one, too */
	assert_shows(&t, "2 threads");
	assert_int_equal(t.model.sum.received.count, all);
	type(&t, "T\n");
	assert_shows(&t, "all threads");
	type(&t, ":threads SHOP\n");
	assert_shows(&t, "no thread is called \"SHOP\"");
	type(&t, ":threads 4243\n");
	assert_shows(&t, " worker-1 |");
	type(&t, ":threads\n");
	assert_shows(&t, "all threads");
	made_app_deinit(&t);
}

/* The samples on top of all rows, and those that no row stands for. */
static uint64_t self_of_rows(struct made_app *t)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < t->model.n_order; i++)
		n += t->model.sum.functions[t->model.order[i]].self.count;
	return n;
}

TEST(what_is_folded_goes_to_its_callers)
{
	struct made_app t;
	uint64_t all;

	made_app_init(&t, &usual, 100, 30, false);
	free(screen(&t));
	all = self_of_rows(&t);
	type(&t, "/ksys\nx");
	assert_string_equal(selected(&t), "write");
	assert_shows(&t, "ksys_write is part of what calls it now; X unfolds all");
	assert_shows(&t, "1 folded");
	assert_int_equal(self_of_rows(&t), all);
	type(&t, "K");
	assert_shows(&t, "1 + kernel folded");
	assert_int_equal(self_of_rows(&t), all);
	for (uint32_t i = 0; i < t.model.n_order; i++)
		assert_string_not_equal("ksys_write", profile_string(t.model.p,
			t.model.p->functions[t.model.order[i]].name));
	type(&t, "X");
	assert_shows(&t, "ksys_write");
	assert_shows(&t, "no filter | selected");
	type(&t, "X");
	assert_shows(&t, "nothing is folded");
	type(&t, "/main\nx");
	assert_shows(&t, "nothing calls it that it could be folded into");
	type(&t, "/gap\nx");
	assert_shows(&t, "nothing calls it that it could be folded into");
	made_app_deinit(&t);
}

/* From who to what, and back to all. */
TEST(a_row_of_processes_leads_to_its_functions)
{
	struct made_app t;

	made_app_init(&t, &usual, 100, 30, true);
	type(&t, "W");
	assert_shows(&t, " PID  PROCESS");
	type(&t, "bbb");
	assert_shows(&t, " TID  THREAD");
	type(&t, "j\n");
	assert_int_equal(t.model.scope.n_threads, 1);
	assert_shows(&t, "FUNCTION");
	assert_shows(&t, profile_string(t.model.p, t.model.p->threads[t.model.scope.threads[0]].name));
	type(&t, "W");
	assert_int_equal(t.model.scope.n_threads, 0);
	assert_shows(&t, " TID  THREAD");
	type(&t, "b\n");	/* the only process: all of it */
	assert_int_equal(t.model.scope.n_threads, 2);
	type(&t, "u");
	assert_int_equal(t.model.scope.n_threads, 0);
	type(&t, "WR");		/* nothing since then */
	assert_shows(&t, "nothing was recorded after");
	type(&t, "jb\nA");
	made_app_deinit(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_search_goes_to_the_first_match_while_it_is_typed),
		cmocka_unit_test(matches_follow_each_other_round_the_end),
		cmocka_unit_test(a_search_opens_what_is_closed),
		cmocka_unit_test(expressions_are_searched_between_slashes),
		cmocka_unit_test(a_filter_hides_rows_and_sums_stay),
		cmocka_unit_test(a_filter_is_that_of_reports),
		cmocka_unit_test(one_library_is_looked_at),
		cmocka_unit_test(windows_of_time_come_and_go),
		cmocka_unit_test(undo_goes_back_to_the_scope_before_and_no_further),
		cmocka_unit_test(threads_are_chosen_from_a_list),
		cmocka_unit_test(what_is_folded_goes_to_its_callers),
		cmocka_unit_test(a_row_of_processes_leads_to_its_functions),
	};

	return cmocka_run_group_tests(tests, made_app_setup, made_app_teardown);
}
