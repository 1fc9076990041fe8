// SPDX-License-Identifier: Apache-2.0
/* What comes and goes leaves nothing behind, whoever tells of it, or nobody. */
#include "tests/unit/session_maker.h"

#include "base/io.h"

static struct made_session t;

static int setup(void **state)
{
	(void)state;
	made_session_init(&t);
	procs_get(&t.s, MAIN_PID, NOW_NS);
	t.s.is_started = true;
	return 0;
}

static void end(void)
{
	made_records_deinit(made_session_end(&t));
}

/* The opener tells of process `pid`, whose mappings are this text. */
static void tell_process(uint32_t pid, const char *maps)
{
	struct o_process msg = { .type = O_PROCESS, .pid = pid, .ppid = MAIN_PID, .name = "it" };
	struct error err;

	memcpy(t.m->data, &msg, sizeof(msg));
	memcpy(t.m->data + offsetof(struct o_process, texts), "/bin/it", 8);
	t.m->len = offsetof(struct o_process, texts) + 8;
	t.m->n_fds = 1;
	t.m->fds[0] = io_memfd("maps", maps, strlen(maps), &err);
	procs_on_process(&t.s, t.m);
	msg_close_fds(t.m);
}

/* The opener lists the threads that there are: these of the first process. */
static void list(const uint32_t *tids, uint32_t n)
{
	struct o_times *msg = xcalloc(1, sizeof(*msg) + n * sizeof(msg->time[0]));

	*msg = (struct o_times){ .type = O_TIMES, .n = n, .time_ns = t.s.now_ns };
	for (uint32_t i = 0; i < n; i++)
		msg->time[i] = (struct o_time){ .pid = MAIN_PID, .tid = tids[i], .cpu_ns = NS_PER_S };
	procs_on_times(&t.s, msg);
	free(msg);
}

static void pass(uint64_t ns)
{
	t.s.now_ns += ns;
	procs_collect(&t.s);
}

TEST(processes_leave_nothing_but_their_number)
{
	struct made_records *r;

	for (uint32_t i = 0; i < 20000; i++) {
		on_fork(&t, 1000 + i, MAIN_PID);
		on_mmap(&t, 1000 + i, 0x1000, 0x1000, 0, "/bin/it", 1);
		if (i % 5000 == 7)
			procs_get_thread(&t.s, 1000 + i, 1000 + i, NOW_NS);	/* a sample */
		on_exit_of(&t, 1000 + i, 1000 + i);
		if (i % 500 == 0)
			procs_collect(&t.s);
	}
	procs_collect(&t.s);
	assert_true(t.s.cap_procs < 4000);
	assert_true(t.s.n_procs < 1000);
	assert_int_equal(procs_count_unrecorded(&t.s), 20000 - 4);
	assert_non_null(procs_find(&t.s, MAIN_PID));
	assert_null(procs_find(&t.s, 1007));
	r = made_session_end(&t);
	assert_int_equal(r->n_processes, 5);
	assert_int_equal(r->n_ends, 4);
	assert_int_equal(r->n_mappings, 4);
	made_records_deinit(r);
}

TEST(threads_leave_nothing)
{
	struct thread *stays = procs_get_thread(&t.s, MAIN_PID, 101, NOW_NS);
	uint32_t number = stays->number;

	for (uint32_t i = 0; i < 10000; i++) {
		procs_get_thread(&t.s, MAIN_PID, 1000 + i, NOW_NS);
		on_exit_of(&t, MAIN_PID, 1000 + i);
		if (i % 500 == 0)
			procs_collect(&t.s);
	}
	procs_collect(&t.s);
	assert_true(t.s.cap_threads < 4000);
	assert_true(t.s.n_threads < 1000);
	assert_ptr_equal(procs_find_thread(&t.s, 101), stays);
	assert_int_equal(procs_get_thread(&t.s, MAIN_PID, 101, NOW_NS)->number, number);
	end();
}

/* Samples that wait for a table keep what they are of, and nothing else. */
TEST(what_waits_keeps_its_own)
{
	struct thread *waits, *other;

	on_fork(&t, 201, MAIN_PID);
	on_fork(&t, 202, MAIN_PID);
	waits = procs_get_thread(&t.s, 201, 201, NOW_NS);
	other = procs_get_thread(&t.s, 202, 202, NOW_NS);
	assert_ptr_not_equal(waits, other);
	waits->n_pending = t.s.n_pending = 1;
	on_exit_of(&t, 201, 201);
	on_exit_of(&t, 202, 202);
	procs_collect(&t.s);
	assert_non_null(procs_find(&t.s, 201));
	assert_null(procs_find(&t.s, 202));
	waits->n_pending = t.s.n_pending = 0;
	procs_collect(&t.s);
	assert_null(procs_find(&t.s, 201));
	end();
}

/* Its end was told before the opener's answer came. */
TEST(a_process_that_is_over_is_not_taken)
{
	tell_process(201, "");
	assert_null(procs_find(&t.s, 201));
	tell_process(202, "1000-2000 r-xp 00000000 08:01 7   /bin/it\n");
	assert_non_null(procs_find(&t.s, 202));
	end();
}

TEST(mappings_that_are_gone_are_dropped_when_there_are_many)
{
	tell_process(MAIN_PID, "1000-2000 r-xp 00000000 08:01 7   /bin/it\n");
	for (uint64_t i = 0; i < 10000; i++) {
		on_mmap(&t, MAIN_PID, 0x100000 + i * 0x2000, 0x1000, 0, "//anon", 0);
		assert_true(procs_find(&t.s, MAIN_PID)->n_maps < 2000);
	}
	assert_non_null(mappings_find(procs_find(&t.s, MAIN_PID), 0x1000));
	end();
}

TEST(after_a_loss_it_is_looked_what_there_is)
{
	const char *maps = "1000-2000 r-xp 00000000 08:01 7   /bin/it\n";

	tell_process(201, maps);
	on_mmap(&t, 201, 0x5000, 0x1000, 0, "/lib/gone", 8);
	on_fork(&t, 202, MAIN_PID);		/* lives: the opener will answer */
	on_fork(&t, 203, MAIN_PID);		/* has ended */
	made_session_count_asked(&t, 0);
	procs_resync(&t.s);
	assert_null(mappings_find(procs_find(&t.s, 201), 0x5000));
	assert_non_null(mappings_find(procs_find(&t.s, 201), 0x1000));
	assert_int_equal(made_session_count_asked(&t, S_PROCESS), 3);	/* and of the first */
	tell_process(202, maps);
	pass(NS_PER_S);
	assert_non_null(procs_find(&t.s, 203));
	pass(3 * NS_PER_S);
	assert_non_null(procs_find(&t.s, 201));
	assert_non_null(procs_find(&t.s, 202));
	assert_null(procs_find(&t.s, 203));
	assert_non_null(procs_find(&t.s, MAIN_PID));	/* its end comes from the opener */
	end();
}

/* An exec that nobody told of: the old handles are dead, the new ones are of another file. */
TEST(after_a_loss_an_exec_is_another_process)
{
	struct proc *before = procs_find(&t.s, MAIN_PID);

	tell_process(MAIN_PID, "");
	before->exe = record_put_string(t.s.writer, "/bin/old", 8);
	procs_resync(&t.s);
	tell_process(MAIN_PID, "1000-2000 r-xp 00000000 08:01 7   /bin/it\n");
	assert_ptr_not_equal(procs_find(&t.s, MAIN_PID), before);
	end();
}

/* ---- where nobody tells of ends ---- */

TEST(threads_that_are_not_listed_any_more_have_ended)
{
	const uint32_t both[] = { 101, 102 };

	perf_free(&t.s);
	list(both, 2);
	procs_get_thread(&t.s, MAIN_PID, 101, NOW_NS);
	procs_get_thread(&t.s, MAIN_PID, 102, NOW_NS);
	procs_get_thread(&t.s, MAIN_PID, 103, NOW_NS);	/* lives between two lists */
	pass(NS_PER_S);
	list(both, 2);
	assert_non_null(procs_find_thread(&t.s, 103));
	pass(NS_PER_S);
	list(both, 1);
	pass(NS_PER_S);
	assert_null(procs_find_thread(&t.s, 103));
	assert_non_null(procs_find_thread(&t.s, 102));
	list(both, 1);
	pass(NS_PER_S);
	assert_null(procs_find_thread(&t.s, 102));
	assert_non_null(procs_find_thread(&t.s, 101));
	end();
}

TEST(a_process_without_mappings_has_ended)
{
	perf_free(&t.s);
	tell_process(201, "1000-2000 r-xp 00000000 08:01 7   /bin/it\n");
	pass(5 * NS_PER_S);
	assert_non_null(procs_find(&t.s, 201));
	assert_int_equal(ftruncate(procs_find(&t.s, 201)->maps_fd, 0), 0);
	pass(NS_PER_S);
	assert_int_equal(procs_find(&t.s, 201)->maps_fd, -1);
	pass(5 * NS_PER_S);
	assert_null(procs_find(&t.s, 201));
	end();
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup(f, setup)
	const struct CMUnitTest tests[] = {
		CASE(processes_leave_nothing_but_their_number),
		CASE(threads_leave_nothing),
		CASE(what_waits_keeps_its_own),
		CASE(a_process_that_is_over_is_not_taken),
		CASE(mappings_that_are_gone_are_dropped_when_there_are_many),
		CASE(after_a_loss_it_is_looked_what_there_is),
		CASE(after_a_loss_an_exec_is_another_process),
		CASE(threads_that_are_not_listed_any_more_have_ended),
		CASE(a_process_without_mappings_has_ended),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
