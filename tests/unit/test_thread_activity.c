// SPDX-License-Identifier: Apache-2.0
/* What threads do: by the call that they wait in, summed up, and as a report. */
#include "tests/unit/profile_maker.h"

#include <sys/syscall.h>

#include "profile/ledger.h"
#include "profile/thread_activity.h"
#include "session/session.h"
#include "tests/unit/golden.h"
#include "ui/report.h"

TEST(a_call_says_for_what_a_thread_waits)
{
	static const struct {
		struct o_call call;
		enum record_activity activity;
	} cases[] = {
		{ { SYS_futex, 0, { 0x1000, 0 } }, ACTIVITY_WAIT_LOCK },
		{ { SYS_read, 0, { 3, 0x1000 } }, ACTIVITY_WAIT_IO },
		{ { SYS_recvfrom, 0, { 3, 0x1000 } }, ACTIVITY_WAIT_IO },
		{ { SYS_clock_nanosleep, 0, { 1, 1 } }, ACTIVITY_SLEEP },
		{ { SYS_wait4, 0, { 7, 0 } }, ACTIVITY_WAIT_ELSE },
		{ { -1, 0, { 0, 0 } }, ACTIVITY_WAIT_ELSE },
		{ { SYS_pselect6, 0, { 0, 0 } }, ACTIVITY_SLEEP },
		{ { SYS_pselect6, 0, { 4, 0 } }, ACTIVITY_WAIT_IO },
		{ { SYS_ppoll, 0, { 0x1000, 0 } }, ACTIVITY_SLEEP },
		{ { SYS_ppoll, 0, { 0x1000, 1 } }, ACTIVITY_WAIT_IO },
#ifdef SYS_poll
		{ { SYS_select, 0, { 0, 0 } }, ACTIVITY_SLEEP },
		{ { SYS_select, 0, { 4, 0 } }, ACTIVITY_WAIT_IO },
		{ { SYS_poll, 0, { 0, 0 } }, ACTIVITY_SLEEP },
#endif
	};

	for (size_t i = 0; i < array_len(cases); i++)
		if (activity_of_call(&cases[i].call) != cases[i].activity)
			fail_msg("call %d: %s", cases[i].call.number,
				 record_activity_name(activity_of_call(&cases[i].call)));
}

/* ---- a recording of three threads ---- */

static void put(struct tiny *t, uint32_t thread, enum record_state state,
		enum record_activity activity, uint32_t ms)
{
	static uint64_t at_ns;

	at_ns = at_ns % S + NS_PER_MS;
	record_put_sample(t->w, &(struct record_sample){
		.time_ns = START + at_ns, .thread = thread, .weight_ns = ms * 1000000,
		.stack = state == STATE_WAITING ? OUTCOME_UNSEEN
						: tiny_stack(t, OUTCOME_COMPLETE, "ma"),
		.state = state, .activity = activity });
}

/* By an engine that sees threads that wait, or by another. */
static struct profile_load *make(const char *engine)
{
	struct tiny t = { 0 };

	tiny_begin(&t, NULL);
	record_put_meta(t.w, "engine", engine);
	record_put_thread(t.w, &(struct record_thread){ .tid = 9, .time_ns = START,
		.name = record_put_string(t.w, "worker", 6) });
	put(&t, 0, STATE_RUNNING, ACTIVITY_UNKNOWN, 3);
	put(&t, 0, STATE_RUNNING, ACTIVITY_PYTHON, 5);
	put(&t, 2, STATE_RUNNING, ACTIVITY_PYTHON, 20);
	put(&t, 2, STATE_RUNNING, ACTIVITY_PYTHON, 30);
	put(&t, 2, STATE_RUNNING, ACTIVITY_COLLECTING, 10);
	put(&t, 2, STATE_RUNNING, ACTIVITY_NATIVE, 25);
	put(&t, 2, STATE_RUNNING, ACTIVITY_WAIT_PYTHON, 5);
	put(&t, 2, STATE_WAITING, ACTIVITY_WAIT_PYTHON, 45);
	put(&t, 2, STATE_WAITING, ACTIVITY_WAIT_LOCK, 10);
	put(&t, 2, STATE_WAITING, ACTIVITY_WAIT_IO, 20);
	put(&t, 2, STATE_WAITING, ACTIVITY_SLEEP, 15);
	put(&t, 2, STATE_WAITING, ACTIVITY_WAIT_ELSE, 5);
	put(&t, 2, STATE_WAITING, ACTIVITY_UNKNOWN, 15);
	return tiny_load(&t);
}

TEST(what_threads_do_is_summed_up)
{
	struct profile_load *load = make("bpf");
	const struct profile *p = profile_load_profile(load);
	struct thread_activities a;
	struct summary sum;

	thread_activities_make(p, &everything, &a);
	assert_int_equal(a.n, 2);	/* one has no sample */
	assert_int_equal(a.rows[0].thread, 2);
	assert_int_equal(a.rows[0].running_ns, 90 * NS_PER_MS);
	assert_int_equal(a.rows[0].waiting_ns, 110 * NS_PER_MS);
	assert_int_equal(a.rows[0].sums[STATE_RUNNING][ACTIVITY_PYTHON].count, 2);
	assert_int_equal(thread_activity_ns(&a.rows[0], ACTIVITY_PYTHON), 50 * NS_PER_MS);
	assert_int_equal(thread_activity_ns(&a.rows[0], ACTIVITY_WAIT_PYTHON), 50 * NS_PER_MS);
	assert_true(a.rows[0].waits_known);
	assert_int_equal(a.rows[1].thread, 0);
	assert_false(a.rows[1].waits_known);
	thread_activities_deinit(&a);

	/* What waits is not CPU time, and no function has it. */
	summary_make(p, &everything, &sum);
	assert_int_equal(sum.base_ns, 98 * NS_PER_MS);
	summary_deinit(&sum);
	profile_load_close(load);

	load = make("ptrace");
	thread_activities_make(profile_load_profile(load), &everything, &a);
	assert_true(a.rows[1].waits_known);
	thread_activities_deinit(&a);
	profile_load_close(load);
}

static char *print(const char *engine, unsigned int width, bool json)
{
	struct profile_load *load = make(engine);
	struct report_json_parts parts = { .threads = true, .callers = RECORD_NONE,
					   .lines = RECORD_NONE, .by = GROUP_BY_COUNT };
	struct summary sum;
	struct ledger ledger;
	struct page page;
	struct report r = { .page = &page, .p = profile_load_profile(load), .sum = &sum,
			    .cells = { &page.pen, profile_load_profile(load), &sum },
			    .ledger = &ledger, .selection = &everything };
	char *text = NULL;
	size_t len;

	page_init(&page, open_memstream(&text, &len), width, true, false);
	summary_make(r.p, &everything, &sum);
	ledger_make(r.p, &everything, &sum, &ledger);
	if (json)
		report_json(&r, &parts);
	else
		report_threads(&r);
	ledger_deinit(&ledger);
	summary_deinit(&sum);
	fclose(page.out);
	page_deinit(&page);
	profile_load_close(load);
	return text;
}

TEST(the_report_of_threads_looks_as_it_did)
{
	static const struct {
		const char *name, *engine;
		unsigned int width;
	} cases[] = {
		{ "threads-80", "bpf", 80 }, { "threads-100", "bpf", 100 },
		{ "threads-ptrace-100", "ptrace", 100 },
	};

	for (size_t i = 0; i < array_len(cases); i++) {
		_cleanup_(freep) char *text = print(cases[i].engine, cases[i].width, false);

		golden_compare(cases[i].name, text);
	}
}

TEST(json_says_what_threads_do)
{
	static const char *const wanted[] = {
		"\"python\":{\"samples\":2,\"weight_ns\":50000000}",
		"\"wait-python\":{\"samples\":1,\"weight_ns\":45000000}", "\"waiting\":null",
	};
	_cleanup_(freep) char *text = print("bpf", 100, true);
	char *to = text;

	for (const char *s = text; *s; s++)
		if (*s != ' ' && *s != '\n')
			*to++ = *s;
	*to = '\0';
	for (size_t i = 0; i < array_len(wanted); i++)
		if (!strstr(text, wanted[i]))
			fail_msg("no %s", wanted[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_call_says_for_what_a_thread_waits),
		cmocka_unit_test(what_threads_do_is_summed_up),
		cmocka_unit_test(the_report_of_threads_looks_as_it_did),
		cmocka_unit_test(json_says_what_threads_do),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
