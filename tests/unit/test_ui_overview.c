// SPDX-License-Identifier: Apache-2.0
/* The overview: its account adds up, and what is not known is said, never 0. */
#include "tests/unit/app_maker.h"

#include "base/clock.h"
#include "profile/time_account.h"
#include "tests/unit/golden.h"
#include "ui/overview_facts.h"
#include "ui/view.h"

static const struct fixture_options counted = { .hidden = true, .usage = true },
	few = { .n_samples = 12 }, python = { .python = true }, waits = { .waits = true, .usage = true };

TEST(screens_of_the_overview_look_as_they_did)
{
	static const struct {
		const struct fixture_options *of;
		const char *keys, *name;
		unsigned int width, height;
		bool utf8;
	} all[] = {
		{ &counted, "1", "overview", 60, 15, false }, { &counted, "1", "overview", 60, 15, true },
		{ &counted, "1", "overview", 80, 24, false }, { &counted, "1", "overview", 80, 24, true },
		{ &counted, "1", "overview", 100, 30, false }, { &counted, "1", "overview", 100, 30, true },
		{ &counted, "1", "overview", 140, 40, false }, { &counted, "1", "overview", 140, 40, true },
		{ &counted, "1", "overview", 250, 70, false }, { &counted, "1", "overview", 250, 70, true },
		{ &usual, "1", "overview-uncounted", 100, 30, true },
		{ &python, "1", "overview-python", 100, 30, true },
		{ &waits, "1", "overview-waits", 100, 30, true },
		{ &few, "1", "overview-few", 80, 24, false },
		{ &counted, "1L", "lesson-overview", 80, 24, false },
		{ &counted, "1L", "lesson-overview", 100, 30, true },
	};

	for (size_t i = 0; i < array_len(all); i++) {
		_cleanup_(freep) char *name = xasprintf("screen-%s-%ux%u%s", all[i].name,
							all[i].width, all[i].height,
							all[i].utf8 ? "-utf8" : "");
		_cleanup_(freep) char *text = NULL;
		struct made_app t;

		made_app_init(&t, all[i].of, all[i].width, all[i].height, all[i].utf8);
		type_slowly(&t, all[i].keys);
		text = screen(&t);
		golden_compare(name, text);
		made_app_deinit(&t);
	}
}

/* On a terminal with fills the parts are told by two rows of them. */
TEST(filled_parts_have_their_names_and_shares)
{
	struct made_app t;

	made_app_init(&t, &counted, 100, 30, true);
	t.grid.fills = t.grid.two_tones = true;
	type(&t, "1");
	assert_shows(&t, " native");
	assert_shows(&t, " kernel");
	made_app_deinit(&t);
}

/* All that was used, and with what was not all there was. */
TEST(the_account_adds_up)
{
	const struct fixture_options *const all[] = { &usual, &counted, &few, &python, &waits };

	for (size_t i = 0; i < array_len(all); i++) {
		struct made_app t;
		struct time_account a;
		uint64_t used = 0;

		made_app_init(&t, all[i], 80, 24, false);
		for (int filtered = 0; filtered < 2; filtered++) {
			const struct summary *sum = &t.model.sum;

			time_account_make(t.model.p, sum, &a);
			used = 0;
			for (int k = 0; k < ACCOUNT_UNUSED; k++)
				used += a.ns[k];
			assert_int_equal(used, a.used_ns);
			assert_int_equal(used, sum->received.weight_ns + sum->hidden_ns +
					 sum->lost.weight_ns + sum->unsampled_ns +
					 sum->throttled_ns + sum->off_ns);
			assert_int_equal(a.ns[ACCOUNT_FILTERED] > 0, filtered);
			if (a.n_cpus && used <= a.n_cpus * a.range_ns)
				assert_int_equal(used + a.ns[ACCOUNT_UNUSED], a.n_cpus * a.range_ns);
			type(&t, i == 3 ? "\\main\n" : "\\write\n");
			free(screen(&t));
			if (sum->received.weight_ns == sum->filtered.weight_ns || !sum->filtered.count)
				break;
		}
		made_app_deinit(&t);
	}
}

TEST(a_function_of_it_leads_to_all_functions)
{
	struct made_app t;
	char *name;

	made_app_init(&t, &counted, 100, 30, false);
	type(&t, "1jj");
	name = xstrdup(selected(&t));
	assert_shows(&t, ">");
	type(&t, "\n");
	assert_ptr_equal(t.app.view, &view_functions);
	free(screen(&t));
	assert_string_equal(selected(&t), name);
	assert_int_equal(t.app.order[t.app.functions.cursor], t.app.function);
	type(&t, "<");
	assert_ptr_equal(t.app.view, &view_overview);
	assert_string_equal(selected(&t), name);
	free(name);
	made_app_deinit(&t);
}

TEST(what_was_not_counted_is_said)
{
	struct made_app t;

	made_app_init(&t, &usual, 100, 30, false);
	assert_false(overview_is_counted(&t.model));
	type(&t, "1");
	assert_shows(&t, "memory       not in this recording");
	assert_shows(&t, "switches     not in this recording");
	assert_shows(&t, "nobody looked at threads that wait");
	made_app_deinit(&t);

	made_app_init(&t, &counted, 100, 30, false);
	assert_true(overview_is_counted(&t.model));
	type(&t, "1");
	assert_lacks(&t, "not in this recording");
	assert_shows(&t, "812/s wait  95/s forced");
	assert_shows(&t, "41/s  0/s from disk");
	assert_shows(&t, "212 MiB");
	type(&t, "9");
	assert_shows(&t, "held 212 MiB at the end, 257 MiB at most");
	made_app_deinit(&t);
}

/* Processes that ended before they could be read used the rest. */
TEST(a_part_of_what_was_used_is_called_so)
{
	struct made_app t;

	made_app_init(&t, &counted, 100, 30, false);
	assert_false(overview_is_partial(&t.model));
	t.model.sum.cpu_ns *= 2;
	assert_true(overview_is_partial(&t.model));
	type(&t, "1");
	assert_shows(&t, "at least");
	made_app_deinit(&t);
}

TEST(a_gauge_goes_up_and_down)
{
	struct made_app t;
	const struct counters *c;
	uint64_t v;

	made_app_init(&t, &counted, 80, 24, false);
	c = &t.model.p->counters;
	assert_false(counters_gauge(c, COUNTER_RESIDENT_BYTES, FIXTURE_START_NS, &v));
	assert_true(counters_gauge(c, COUNTER_RESIDENT_BYTES, FIXTURE_START_NS + 18 * NS_PER_S, &v));
	assert_int_equal(v >> 20, 212);
	assert_true(counters_highest(c, COUNTER_RESIDENT_BYTES, FIXTURE_START_NS,
				     FIXTURE_START_NS + 30 * NS_PER_S, &v));
	assert_int_equal(v >> 20, 257);
	assert_true(counters_highest(c, COUNTER_RESIDENT_BYTES, FIXTURE_START_NS + 20 * NS_PER_S,
				     FIXTURE_START_NS + 30 * NS_PER_S, &v));
	assert_int_equal(v >> 20, 212);
	made_app_deinit(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(screens_of_the_overview_look_as_they_did),
		cmocka_unit_test(filled_parts_have_their_names_and_shares),
		cmocka_unit_test(the_account_adds_up),
		cmocka_unit_test(a_function_of_it_leads_to_all_functions),
		cmocka_unit_test(what_was_not_counted_is_said),
		cmocka_unit_test(a_part_of_what_was_used_is_called_so),
		cmocka_unit_test(a_gauge_goes_up_and_down),
	};

	return cmocka_run_group_tests(tests, made_app_setup, made_app_teardown);
}
