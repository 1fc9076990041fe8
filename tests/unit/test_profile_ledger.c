// SPDX-License-Identifier: Apache-2.0
/* What was not sampled, and what became of each sample. */
#include "tests/unit/profile_maker.h"

#include "profile/ledger.h"

static void counter(struct tiny *t, enum record_counter_what what, uint32_t thread,
		    uint64_t at_ns, uint64_t value)
{
	record_put_counter(t->w, &(struct record_counter){ .time_ns = START + at_ns,
		.what = what, .thread = thread, .value = value });
}

static void put_hidden_run(struct tiny *t, const char *kernel)
{
	tiny_begin(t, kernel);
	uint32_t stack = tiny_stack(t, OUTCOME_COMPLETE, "m");
	for (uint32_t s = 0; s < 20; s++) {
		tiny_samples(t, stack, s % 2, 100, s * S);	/* 0.1 s each */
		counter(t, COUNTER_CPU_NS, RECORD_NONE, (s + 1) * S, (s + 1) * S / 2);
		counter(t, COUNTER_CPU_NS, 0, (s + 1) * S, (s + 1) * S / 5);
	}
	counter(t, COUNTER_UNSAMPLED_NS, RECORD_NONE, 20 * S, S);
	record_put_lost(t->w, &(struct record_lost){ START + 2 * S, START + 4 * S, 1000, S });
}

TEST(kernel_time_that_is_not_visible_is_what_is_left_of_the_cpu_time)
{
	struct tiny t;
	struct profile_load *load;
	struct summary sum;

	put_hidden_run(&t, "excluded");
	load = tiny_load(&t);
	const struct profile *p = profile_load_profile(load);
	summary_make(p, &everything, &sum);
	/* 10 s used, 2 s sampled, 1 s lost, 1 s between samples */
	assert_true(sum.cpu_known);
	assert_int_equal(sum.cpu_ns, 10 * S);
	assert_int_equal(sum.hidden_ns, 6 * S);
	assert_int_equal(sum.base_ns, 8 * S);
	assert_float_equal(summary_self(&sum, function(p, "m")).share, .25, 1e-9);
	assert_float_equal(summary_hidden(&sum).share, .75, 1e-9);
	assert_float_equal(summary_lost(&sum).share, 1. / 9, 1e-9);
	summary_deinit(&sum);

	/* half of the loss, and counters between two readings */
	struct selection part = { .from_ns = START + 3 * S, .to_ns = START + 5 * S + S / 2 };
	summary_make(p, &part, &sum);
	assert_int_equal(sum.cpu_ns, 5 * S / 4);
	assert_int_equal(sum.lost.count, 500);
	assert_int_equal(sum.lost.weight_ns, S / 2);
	summary_deinit(&sum);

	const uint32_t first = 0, second = 1;
	struct selection thread = { .threads = &first, .n_threads = 1 };
	summary_make(p, &thread, &sum);
	assert_int_equal(sum.cpu_ns, 4 * S);	/* 1 s sampled; all that is missing was its */
	assert_int_equal(sum.hidden_ns, S);
	assert_int_equal(sum.lost.count, 0);
	assert_int_equal(sum.lost_of_all.count, 1000);
	summary_deinit(&sum);
	thread.threads = &second;		/* nobody counted it */
	summary_make(p, &thread, &sum);
	assert_false(sum.cpu_known);
	assert_int_equal(sum.hidden_ns, 0);
	summary_deinit(&sum);
	profile_load_close(load);
}

TEST(a_visible_kernel_hides_nothing)
{
	struct tiny t;
	struct profile_load *load;
	struct summary sum;

	put_hidden_run(&t, "visible");
	load = tiny_load(&t);
	summary_make(profile_load_profile(load), &everything, &sum);
	assert_int_equal(sum.hidden_ns, 0);
	assert_int_equal(sum.base_ns, 2 * S);
	summary_deinit(&sum);
	profile_load_close(load);
}

TEST(the_ledger_has_every_sample_once)
{
	struct fixture_options hidden = { .hidden = true };
	struct profile_load *load = fixture_load(&hidden);
	const struct profile *p = profile_load_profile(load);
	struct summary sum;
	struct ledger l;
	uint64_t samples = 0, ns = 0;
	bool old = false;

	summary_make(p, &everything, &sum);
	ledger_make(p, &everything, &sum, &l);
	for (uint32_t i = 0; i < l.n_rows; i++) {
		samples += l.rows[i].sum.count;
		ns += l.rows[i].sum.weight_ns;
		if (l.rows[i].kind == LEDGER_OUTCOME && l.rows[i].outcome == OUTCOME_NO_RULE) {
			assert_string_equal(profile_module_name(p, l.rows[i].module), "libold.so");
			assert_non_null(strstr(ledger_fix(p, &l.rows[i]), "no .eh_frame"));
			old = true;
		}
	}
	assert_true(old);
	assert_int_equal(samples, sum.received.count + sum.lost.count);
	assert_int_equal(ns, l.whole_ns);
	assert_int_equal(ns, sum.base_ns + sum.lost.weight_ns);
	assert_int_equal(l.gap_min, 4 << 10);
	assert_int_equal(l.gap_max, 912 << 10);
	assert_int_equal(l.n_unnamed, 3);
	ledger_deinit(&l);
	summary_deinit(&sum);
	profile_load_close(load);
}

/* The C stack is whole: it begins with its thread, and a frame says what is not there. */
TEST(python_frames_that_are_missing_have_rows_of_their_own)
{
	static const struct {
		uint32_t outcome;
		const char *name, *frame, *fix;
		uint32_t n;
	} cases[] = {
		{ OUTCOME_PYTHON_MEMORY, "unreadable Python frame",
		  "[Python frames missing: unreadable memory]", "could not be read", 5 },
		{ OUTCOME_PYTHON_LIMIT, "Python frame limit", "[Python frames beyond the limit]",
		  "more than 4,096 Python frames", 4 },
		{ OUTCOME_PYTHON_UNMATCHED, "unmatched Python frames",
		  "[Python frames missing or out of place]", "beginning or ending", 3 },
	};
	struct tiny t;
	struct profile_load *load;
	struct summary sum;
	struct ledger l;

	tiny_begin(&t, "visible");
	tiny_samples(&t, tiny_stack(&t, OUTCOME_COMPLETE, "ma"), 0, 8, 0);
	for (uint32_t i = 0; i < array_len(cases); i++) {
		uint32_t missing = record_put_frame(t.w, &(struct record_frame){
			.flags = FRAME_LEFT_OUT, .vaddr = cases[i].outcome });
		uint32_t stack = nodes_push(&t.nodes, t.w, tiny_stack(&t, cases[i].outcome, "m"),
					    missing);

		tiny_samples(&t, nodes_push(&t.nodes, t.w, stack, t.frames[1]), 0, cases[i].n, S);
	}
	load = tiny_load(&t);

	const struct profile *p = profile_load_profile(load);

	summary_make(p, &everything, &sum);
	ledger_make(p, &everything, &sum, &l);
	assert_int_equal(l.n_rows, 1 + array_len(cases));
	assert_int_equal(l.whole_ns, 20 * NS_PER_MS);
	assert_int_equal(l.cut.count, 12);
	for (uint32_t i = 0; i < array_len(cases); i++) {
		const struct ledger_row *row = &l.rows[1 + i];

		assert_int_equal(row->outcome, cases[i].outcome);
		assert_int_equal(row->sum.count, cases[i].n);
		assert_int_equal(row->module, RECORD_NONE);
		assert_string_equal(record_outcome_name(row->outcome), cases[i].name);
		assert_non_null(strstr(ledger_fix(p, row), cases[i].fix));
		assert_int_equal(p->functions[function(p, cases[i].frame)].outcome, cases[i].outcome);
	}
	ledger_deinit(&l);
	summary_deinit(&sum);
	profile_load_close(load);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kernel_time_that_is_not_visible_is_what_is_left_of_the_cpu_time),
		cmocka_unit_test(a_visible_kernel_hides_nothing),
		cmocka_unit_test(the_ledger_has_every_sample_once),
		cmocka_unit_test(python_frames_that_are_missing_have_rows_of_their_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
