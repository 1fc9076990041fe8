// SPDX-License-Identifier: Apache-2.0
/* What can be waited for comes when it comes, and once. */
#include "tests/unit/profile_maker.h"

#include "base/error.h"
#include "profile/trigger.h"

static void parse(const char *text, uint64_t from_ns, struct trigger *t)
{
	struct error err;

	assert_int_equal(trigger_parse(text, from_ns, t, &err), 0);
}

/* One look at what came until `end_ns`, as if no more were there. */
static char *look_until(struct trigger *t, struct profile *p, uint64_t end_ns)
{
	struct profile so_far = *p;

	so_far.end_ns = end_ns;
	so_far.samples.n = samples_find(&p->samples, end_ns);
	return trigger_look(t, &so_far);
}

TEST(a_function_that_runs_is_seen_from_then_on)
{
	struct profile_load *load;
	struct trigger t;
	struct tiny tiny;
	char *why;

	tiny_begin(&tiny, NULL);
	tiny_samples(&tiny, tiny_stack(&tiny, OUTCOME_COMPLETE, "ab"), 0, 50, 0);
	tiny_samples(&tiny, tiny_stack(&tiny, OUTCOME_COMPLETE, "ac"), 0, 50, 5 * S);
	load = tiny_load(&tiny);
	struct profile *p = profile_load_profile(load);

	parse("c", START, &t);
	assert_null(look_until(&t, p, START + 4 * S));
	why = look_until(&t, p, START + 9 * S);
	assert_string_equal(why, "c ran at 5.00 s");
	free(why);
	trigger_deinit(&t);
	/* What was before does not count. */
	parse("b", START + 4 * S, &t);
	assert_null(look_until(&t, p, START + 9 * S));
	trigger_deinit(&t);
	profile_load_close(load);
}

TEST(a_pause_is_seen_while_it_lasts_and_afterwards)
{
	struct profile_load *load;
	struct trigger t;
	struct tiny tiny;
	char *why;

	tiny_begin(&tiny, NULL);
	for (int i = 0; i < 10; i++)
		if (i < 3 || i > 6)
			tiny_samples(&tiny, tiny_stack(&tiny, OUTCOME_COMPLETE, "ab"), 0, 1, (uint64_t)i * S);
	load = tiny_load(&tiny);
	struct profile *p = profile_load_profile(load);

	parse("pause 2.5 s", START, &t);
	for (int i = 1; i < 5; i++)
		assert_null(look_until(&t, p, START + (uint64_t)i * S));
	why = look_until(&t, p, START + 5 * S);
	assert_string_equal(why, "nothing ran from 2.00 to 5.00 s");
	free(why);
	trigger_deinit(&t);
	parse("pause 2.5", START, &t);
	assert_null(look_until(&t, p, START + 3 * S));
	why = look_until(&t, p, START + 9 * S);
	assert_string_equal(why, "nothing ran from 2.00 to 7.00 s");
	free(why);
	trigger_deinit(&t);
	parse("pause 6", START, &t);
	assert_null(look_until(&t, p, START + 9 * S));
	trigger_deinit(&t);
	profile_load_close(load);
}

/* Threads that wait are looked at, too: that is no sample of what runs. */
TEST(looks_at_what_waits_are_a_pause)
{
	struct profile_load *load;
	struct trigger t;
	struct tiny tiny;
	struct profile *p;
	char *why;

	tiny_begin(&tiny, NULL);
	for (int i = 0; i < 10; i++)
		tiny_samples(&tiny, tiny_stack(&tiny, OUTCOME_COMPLETE, "ab"), 0, 1, (uint64_t)i * S);
	load = tiny_load(&tiny);
	p = profile_load_profile(load);
	for (size_t i = 3; i < 7; i++)
		p->samples.state[i] = STATE_WAITING;
	parse("pause 2.5", START, &t);
	for (int i = 1; i < 5; i++)
		assert_null(look_until(&t, p, START + (uint64_t)i * S));
	why = look_until(&t, p, START + 5 * S);
	assert_string_equal(why, "nothing ran from 2.00 to 5.00 s");
	free(why);
	trigger_deinit(&t);
	profile_load_close(load);
}

TEST(much_cpu_is_seen_over_a_second_or_more)
{
	struct profile_load *load = fixture_load(&plain);
	struct profile *p = profile_load_profile(load);
	struct trigger t;
	char *why;

	parse("cpu 0.1", START, &t);
	assert_null(look_until(&t, p, START + S / 2));
	why = look_until(&t, p, START + 10 * S);
	assert_non_null(strstr(why, " CPUs were used from 0.0 to 10.0 s"));
	free(why);
	trigger_deinit(&t);
	parse("cpu 64", START, &t);
	assert_null(look_until(&t, p, START + 10 * S));
	trigger_deinit(&t);
	profile_load_close(load);
}

TEST(what_cannot_be_waited_for_is_said)
{
	struct trigger t;
	struct error err;

	assert_int_equal(trigger_parse("cpu nan", START, &t, &err), -1);
	assert_int_equal(trigger_parse("pause -1", START, &t, &err), -1);
	assert_int_equal(trigger_parse("/(/", START, &t, &err), -1);
	/* A function can be called so. */
	parse("cpu", START, &t);
	assert_int_equal(t.kind, TRIGGER_FUNCTION);
	trigger_deinit(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_function_that_runs_is_seen_from_then_on),
		cmocka_unit_test(a_pause_is_seen_while_it_lasts_and_afterwards),
		cmocka_unit_test(looks_at_what_waits_are_a_pause),
		cmocka_unit_test(much_cpu_is_seen_over_a_second_or_more),
		cmocka_unit_test(what_cannot_be_waited_for_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
