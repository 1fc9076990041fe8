// SPDX-License-Identifier: Apache-2.0
/* For what threads waited: rows of hand-made looks, by reason, place and thread. */
#include "tests/unit/profile_maker.h"

#include "profile/filter.h"
#include "profile/waits.h"

static void look(struct tiny *t, uint32_t thread, uint32_t stack, enum record_activity activity,
		 uint32_t ms, uint64_t at_ms)
{
	record_put_sample(t->w, &(struct record_sample){
		.time_ns = START + at_ms * NS_PER_MS, .thread = thread, .weight_ns = ms * 1000000,
		.stack = stack, .state = STATE_WAITING, .activity = activity });
}

/*
 * Thread 0 runs and waits in "main" > "w" and below "r"; thread 1 sleeps, thread 2 was not
 * looked at.  Function "l" is of a library.
 */
static struct profile_load *make(void)
{
	struct tiny t = { 0 };
	uint32_t exe, lib, symbol, frame, in_w, in_r;

	tiny_begin(&t, NULL);
	exe = record_put_string(t.w, "/lib/wait.so", 12);
	lib = record_put_module(t.w, &(struct record_module){ .path = exe });
	symbol = record_put_function(t.w, &(struct record_function){ .module = lib,
		.name = record_put_string(t.w, "futex", 5), .vaddr = 0x10, .source = SYMBOL_SYMTAB });
	frame = record_put_frame(t.w, &(struct record_frame){ .module = lib, .vaddr = 0x14 });
	record_put_symbol(t.w, frame, &(struct record_level){ symbol, 0 }, 1);
	record_put_thread(t.w, &(struct record_thread){ .tid = 9, .time_ns = START });
	in_w = nodes_push(&t.nodes, t.w, tiny_stack(&t, OUTCOME_COMPLETE, "mw"), frame);
	in_r = nodes_push(&t.nodes, t.w, tiny_stack(&t, OUTCOME_COMPLETE, "mxr"), frame);
	look(&t, 0, in_w, ACTIVITY_WAIT_LOCK, 30, 100);
	look(&t, 0, in_w, ACTIVITY_WAIT_LOCK, 20, 200);
	look(&t, 0, in_r, ACTIVITY_WAIT_IO, 40, 300);
	look(&t, 0, in_w, ACTIVITY_WAIT_IO, 10, 400);
	look(&t, 0, OUTCOME_UNSEEN, ACTIVITY_WAIT_LOCK, 50, 500);
	look(&t, 0, OUTCOME_UNSEEN, ACTIVITY_UNKNOWN, 5, 600);
	for (uint32_t i = 0; i < 10; i++)
		look(&t, 1, OUTCOME_UNSEEN, ACTIVITY_SLEEP, 100, 100 + 100 * i);
	tiny_samples(&t, tiny_stack(&t, OUTCOME_COMPLETE, "ma"), 0, 20, 0);
	tiny_samples(&t, tiny_stack(&t, OUTCOME_COMPLETE, "ma"), 2, 20, 0);
	return tiny_load(&t);
}

struct made {
	struct profile_load *load;
	struct profile *p;
	struct summary sum;
	struct waits w;
};

static void made_init(struct made *m, const struct selection *s, enum waits_by by, bool busy_only)
{
	m->load = make();
	m->p = profile_load_profile(m->load);
	summary_make(m->p, s, &m->sum);
	waits_make(m->p, s, &m->sum, by, busy_only, &m->w);
}

static void made_deinit(struct made *m)
{
	waits_deinit(&m->w);
	summary_deinit(&m->sum);
	profile_load_close(m->load);
}

static void assert_row(const struct wait_row *row, enum record_activity reason, uint32_t ms,
		       uint32_t count)
{
	assert_int_equal(row->reason, reason);
	assert_int_equal(row->sum.weight_ns, ms * NS_PER_MS);
	assert_int_equal(row->sum.count, count);
	assert_true(row->share.low <= row->share.share && row->share.share <= row->share.high);
}

TEST(rows_by_reason_add_up)
{
	struct made m;
	double all = 0;

	made_init(&m, &everything, WAITS_BY_REASON, false);
	assert_int_equal(m.w.n, 4);
	assert_row(&m.w.rows[0], ACTIVITY_SLEEP, 1000, 10);
	assert_row(&m.w.rows[1], ACTIVITY_WAIT_LOCK, 100, 3);
	assert_row(&m.w.rows[2], ACTIVITY_WAIT_IO, 50, 2);
	assert_row(&m.w.rows[3], ACTIVITY_UNKNOWN, 5, 1);
	for (uint32_t i = 0; i < m.w.n; i++)
		all += m.w.rows[i].share.share;
	assert_true(all > .999 && all < 1.001);
	assert_int_equal(m.w.shown.weight_ns, 1155 * NS_PER_MS);
	assert_int_equal(m.w.with_stack.count, 4);
	assert_int_equal(m.w.n_threads, 2);
	assert_int_equal(m.w.n_unseen, 1);
	made_deinit(&m);
}

/* A place is where the program's own code is, not the library that it waits in. */
TEST(rows_by_place_are_of_the_programs_own_functions)
{
	struct wait_parts parts;
	struct made m;

	made_init(&m, &everything, WAITS_BY_PLACE, true);
	assert_int_equal(m.w.n, 5);
	assert_row(&m.w.rows[0], ACTIVITY_WAIT_LOCK, 50, 2);
	assert_row(&m.w.rows[1], ACTIVITY_WAIT_LOCK, 50, 1);
	assert_true((m.w.rows[0].place == RECORD_NONE) != (m.w.rows[1].place == RECORD_NONE) ||
		    m.w.rows[0].sum.count == 2);
	assert_row(&m.w.rows[2], ACTIVITY_WAIT_IO, 40, 1);
	assert_int_equal(m.w.rows[2].place, function(m.p, "r"));
	assert_int_equal(m.w.rows[3].place, function(m.p, "w"));
	assert_int_equal(m.w.rows[4].place, RECORD_NONE);
	wait_parts_make(m.p, &everything, &m.w, &m.w.rows[2], &parts);
	assert_int_equal(parts.n_threads, 1);
	assert_int_equal(parts.n_stacks, 1);
	assert_int_equal(parts.stacks[0].sum.weight_ns, 40 * NS_PER_MS);
	assert_int_equal(m.p->levels[m.p->frames[m.p->shown.stacks[parts.stacks[0].what].frame].first_level]
			 .function, function(m.p, "r"));
	wait_parts_deinit(&parts);
	made_deinit(&m);
}

TEST(idle_threads_are_left_out_and_counted)
{
	struct made m;

	made_init(&m, &everything, WAITS_BY_THREAD, true);
	assert_int_equal(m.w.n, 3);
	assert_row(&m.w.rows[0], ACTIVITY_WAIT_LOCK, 100, 3);
	assert_int_equal(m.w.rows[0].thread, 0);
	assert_int_equal(m.w.n_idle, 1);
	assert_int_equal(m.w.idle.count, 10);
	assert_int_equal(m.w.idle.weight_ns, NS_PER_S);
	assert_int_equal(m.w.shown.weight_ns, 155 * NS_PER_MS);
	made_deinit(&m);
}

/* Time, threads and names choose here as everywhere; what a filter leaves out is counted. */
TEST(a_selection_chooses)
{
	static const uint32_t threads[] = { 0 };
	struct selection s = { .from_ns = START + 150 * NS_PER_MS, .to_ns = START + 450 * NS_PER_MS,
			       .threads = threads, .n_threads = 1 };
	struct filter *filter;
	struct error err;
	struct made m;

	made_init(&m, &s, WAITS_BY_REASON, false);
	assert_int_equal(m.w.n, 2);
	assert_row(&m.w.rows[0], ACTIVITY_WAIT_IO, 50, 2);
	assert_row(&m.w.rows[1], ACTIVITY_WAIT_LOCK, 20, 1);
	made_deinit(&m);

	assert_int_equal(filter_open("r", FILTER_TEXT, &filter, &err), 0);
	s.filter = filter;
	made_init(&m, &s, WAITS_BY_REASON, false);
	assert_int_equal(m.w.n, 1);
	assert_row(&m.w.rows[0], ACTIVITY_WAIT_IO, 40, 1);
	assert_int_equal(m.w.filtered.weight_ns, 30 * NS_PER_MS);
	made_deinit(&m);
	filter_close(filter);
}

TEST(rows_can_keep_their_order)
{
	struct waits before, now;
	struct made m;

	made_init(&m, &everything, WAITS_BY_REASON, false);
	waits_make(m.p, &everything, &m.sum, WAITS_BY_REASON, false, &before);
	before.n = 2;
	before.rows[0] = m.w.rows[2];
	before.rows[1] = m.w.rows[0];
	waits_make(m.p, &everything, &m.sum, WAITS_BY_REASON, false, &now);
	waits_keep_order(&before, &now);
	assert_int_equal(now.rows[0].reason, ACTIVITY_WAIT_IO);
	assert_int_equal(now.rows[1].reason, ACTIVITY_SLEEP);
	assert_int_equal(now.rows[2].reason, ACTIVITY_WAIT_LOCK);
	assert_int_equal(now.rows[3].reason, ACTIVITY_UNKNOWN);
	waits_deinit(&before);
	waits_deinit(&now);
	made_deinit(&m);
}

TEST(nothing_that_waits_is_no_rows)
{
	struct profile_load *load = fixture_load(&plain);
	struct profile *p = profile_load_profile(load);
	struct summary sum;
	struct waits w;

	summary_make(p, &everything, &sum);
	waits_make(p, &everything, &sum, WAITS_BY_PLACE, true, &w);
	assert_int_equal(w.n, 0);
	assert_int_equal(w.shown.count + w.idle.count + w.filtered.count, 0);
	assert_int_equal(w.n_threads, 0);
	waits_deinit(&w);
	summary_deinit(&sum);
	profile_load_close(load);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_by_reason_add_up),
		cmocka_unit_test(rows_by_place_are_of_the_programs_own_functions),
		cmocka_unit_test(idle_threads_are_left_out_and_counted),
		cmocka_unit_test(a_selection_chooses),
		cmocka_unit_test(rows_can_keep_their_order),
		cmocka_unit_test(nothing_that_waits_is_no_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
