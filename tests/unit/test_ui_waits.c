// SPDX-License-Identifier: Apache-2.0
/* For what threads waited, on the screen. */
#include "tests/unit/app_maker.h"

#include "tests/unit/golden.h"
#include "ui/view.h"

static const struct fixture_options waits = { .waits = true };

TEST(screens_of_waiting_look_as_they_did)
{
	static const struct {
		const char *keys, *name;
		unsigned int width, height;
		bool utf8, none;
	} all[] = {
		{ "8", "off-cpu", 60, 15, false }, { "8", "off-cpu", 60, 15, true },
		{ "8", "off-cpu", 80, 24, false }, { "8", "off-cpu", 80, 24, true },
		{ "8", "off-cpu", 100, 30, false }, { "8", "off-cpu", 100, 30, true },
		{ "8", "off-cpu", 140, 40, false }, { "8", "off-cpu", 140, 40, true },
		{ "8", "off-cpu", 250, 70, false }, { "8", "off-cpu", 250, 70, true },
		{ "8b", "off-cpu-place", 80, 24, false }, { "8bj", "off-cpu-place", 100, 30, true },
		{ "8bb", "off-cpu-thread", 80, 24, false }, { "8bbji", "off-cpu-busy", 100, 30, true },
		{ "8\\rep\n", "off-cpu-filter", 100, 30, true },
		{ "8L", "lesson-off-cpu", 80, 24, false }, { "8L", "lesson-off-cpu", 100, 30, true },
		{ "8", "off-cpu-none", 80, 24, false, true },
		{ "8", "off-cpu-none", 100, 30, true, true },
	};

	for (size_t i = 0; i < array_len(all); i++) {
		_cleanup_(freep) char *name = xasprintf("screen-%s-%ux%u%s", all[i].name,
							all[i].width, all[i].height,
							all[i].utf8 ? "-utf8" : "");
		_cleanup_(freep) char *text = NULL;
		struct made_app t;

		made_app_init(&t, all[i].none ? &usual : &waits, all[i].width, all[i].height,
			      all[i].utf8);
		type_slowly(&t, all[i].keys);
		text = screen(&t);
		golden_compare(name, text);
		made_app_deinit(&t);
	}
}

/* The selection of the other views stays what it is. */
TEST(waiting_is_looked_at_more_closely_by_enter)
{
	struct made_app t;

	made_app_init(&t, &waits, 100, 30, false);
	type(&t, "jj");
	free(screen(&t));
	_cleanup_(freep) char *function = xstrdup(selected(&t));
	type(&t, "8");
	assert_shows(&t, "by [reason]  place  thread");
	assert_string_equal(selected(&t), function);
	type(&t, "\n");
	assert_shows(&t, "by  reason [place]  thread");
	type(&t, "\n");
	assert_ptr_equal(t.app.view, &view_callers);
	type(&t, "<");
	assert_ptr_equal(t.app.view, &view_waits);
	assert_string_equal(selected(&t), function);
	type(&t, "bg\n");
	assert_int_equal(t.app.scope.now->n_threads, 1);
	assert_shows(&t, "1 thread waited");
	type(&t, "u");
	assert_int_equal(t.app.scope.now->n_threads, 0);
	type(&t, "/poll");
	assert_shows(&t, "match 1 of 1");
	made_app_deinit(&t);
}

TEST(idle_threads_can_be_hidden)
{
	struct made_app t;

	made_app_init(&t, &waits, 100, 30, false);
	type(&t, "8i");
	assert_shows(&t, "[idle threads, hidden]  2 of them; i shows them");
	type(&t, "i");
	assert_lacks(&t, "idle threads, hidden");
	made_app_deinit(&t);
}

/* What was not looked at is no zero. */
TEST(what_nobody_looked_at_is_said)
{
	struct made_app t;

	made_app_init(&t, &usual, 80, 24, false);
	type(&t, "8");
	assert_shows(&t, "For what threads waited was not looked at: the engine perf samples what runs.");
	assert_shows(&t, "--engine ptrace");
	type(&t, "jkGgbi\n/");
	made_app_deinit(&t);
	made_app_init(&t, &waits, 80, 24, false);
	type(&t, "R8");
	assert_shows(&t, "No thread was seen to wait");
	made_app_deinit(&t);
}

/* From where nothing ran the way leads here, and a lesson has this program's numbers. */
TEST(a_sleeping_program_is_understood)
{
	static const struct fixture_options few = { .n_samples = 12, .waits = true };
	struct made_app t;

	made_app_init(&t, &few, 100, 30, false);
	type(&t, "8L");
	assert_shows(&t, "lock, 63.8 s, 62% of it");
	assert_lacks(&t, "example:");
	type(&t, "2L");
	assert_shows(&t, "example:");
	made_app_deinit(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(screens_of_waiting_look_as_they_did),
		cmocka_unit_test(waiting_is_looked_at_more_closely_by_enter),
		cmocka_unit_test(idle_threads_can_be_hidden),
		cmocka_unit_test(what_nobody_looked_at_is_said),
		cmocka_unit_test(a_sleeping_program_is_understood),
	};

	return cmocka_run_group_tests(tests, made_app_setup, made_app_teardown);
}
