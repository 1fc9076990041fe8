// SPDX-License-Identifier: Apache-2.0
/* How often functions were called: what a recording says of that. */
#include "tests/unit/profile_maker.h"

/* Of function "a" by another profiler, say. */
static void put(struct tiny *t, char name, uint64_t calls, enum record_counted how)
{
	record_put_measured(t->w, &(struct record_measured){ .function = t->functions[name - 'a'],
		.caller = RECORD_NONE, .calls = calls, .outermost = calls, .from_ns = START + how,
		.duration_ns = how * S, .how = (uint8_t)how });
}

TEST(the_last_count_of_a_function_is_the_one)
{
	struct tiny t = { 0 };
	struct profile_load *load;
	const struct profile_count *count;
	const struct profile *p;

	tiny_begin(&t, NULL);
	tiny_samples(&t, tiny_stack(&t, OUTCOME_COMPLETE, "ma"), 0, 5, 0);
	put(&t, 'a', 7, COUNTED_BY_PROBE);
	put(&t, 'm', 0, COUNTED_BY_PROBE);
	put(&t, 'a', 25083, COUNTED_BY_MONITORING);
	load = tiny_load(&t);
	p = profile_load_profile(load);
	count = profile_count_of(p, function(p, "a"));
	assert_int_equal(count->calls, 25083);
	assert_int_equal(count->from_ns, START + COUNTED_BY_MONITORING);
	assert_int_equal(count->duration_ns, COUNTED_BY_MONITORING * S);
	assert_int_equal(count->how, COUNTED_BY_MONITORING);
	assert_int_equal(profile_count_of(p, function(p, "m"))->calls, 0);
	assert_null(profile_count_of(p, function(p, "b")));
	assert_int_equal(p->calls.n, 2);
	profile_load_close(load);
}

TEST(a_profile_with_samples_and_counts_is_a_sampled_one)
{
	for (enum record_counted how = COUNTED_BY_PROBE; how <= COUNTED_BY_COUNT; how++) {
		struct tiny t = { 0 };
		struct profile_load *load;
		struct summary sum;

		tiny_begin(&t, NULL);
		tiny_samples(&t, tiny_stack(&t, OUTCOME_COMPLETE, "ma"), 0, 5, 0);
		put(&t, 'a', 7, how);
		load = tiny_load(&t);
		assert_false(profile_is_measured(profile_load_profile(load)));
		summary_make(profile_load_profile(load), &everything, &sum);
		assert_false(sum.measured);
		assert_int_equal(sum.received.count, 5);
		summary_deinit(&sum);
		profile_load_close(load);
	}
}

/* Nothing was running when samples were due: that is no profile of another profiler. */
TEST(counts_without_samples_are_no_import)
{
	struct tiny t = { 0 };
	struct profile_load *load;

	tiny_begin(&t, NULL);
	put(&t, 'a', 7, COUNTED_BY_MONITORING);
	load = tiny_load(&t);
	assert_false(profile_is_measured(profile_load_profile(load)));
	profile_load_close(load);
}

TEST(what_another_profiler_counted_adds_up)
{
	struct tiny t = { 0 };
	struct profile_load *load;
	const struct profile *p;

	tiny_begin(&t, NULL);
	put(&t, 'a', 7, COUNTED_BY_IMPORT);
	put(&t, 'a', 8, COUNTED_BY_IMPORT);
	record_put_measured(t.w, &(struct record_measured){ .function = t.functions[0],
		.caller = t.functions[1], .calls = 3, .outermost = 3 });
	load = tiny_load(&t);
	p = profile_load_profile(load);
	assert_true(profile_is_measured(p));
	assert_int_equal(profile_count_of(p, function(p, "a"))->calls, 15);
	assert_int_equal(profile_count_of(p, function(p, "a"))->how, COUNTED_BY_IMPORT);
	profile_load_close(load);
}

/* Whatever a recording claims, sums fit. */
TEST(more_calls_than_can_be_are_refused)
{
	struct tiny t = { 0 };
	struct profile_load *load;
	struct error err;

	tiny_begin(&t, NULL);
	put(&t, 'a', UINT64_MAX / 8, COUNTED_BY_MONITORING);
	put(&t, 'b', UINT64_MAX / 4, COUNTED_BY_MONITORING);
	assert_int_equal(record_writer_close(t.w, &err), 0);
	assert_int_equal(profile_load_open(t.fd, &load, &err), 0);
	assert_int_equal(profile_load_more(load, &err), -1);
	assert_non_null(strstr(err.msg, "cannot be"));
	assert_int_equal(profile_load_profile(load)->calls.n, 1);
	profile_load_close(load);
	close(t.fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_last_count_of_a_function_is_the_one),
		cmocka_unit_test(a_profile_with_samples_and_counts_is_a_sampled_one),
		cmocka_unit_test(counts_without_samples_are_no_import),
		cmocka_unit_test(what_another_profiler_counted_adds_up),
		cmocka_unit_test(more_calls_than_can_be_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
