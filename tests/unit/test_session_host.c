// SPDX-License-Identifier: Apache-2.0
/* What the session believes of processes that nobody named: those of the whole host. */
#include "tests/unit/session_maker.h"

static struct made_session t;

static int setup(void **state)
{
	(void)state;
	made_session_init(&t);
	t.s.spec->pid = 0;
	t.s.started.tells_all = true;
	return 0;
}

/* What resolve() says of an address. */
static enum unwind_where where(uint32_t pid, uint64_t pc)
{
	struct proc *p = procs_find(&t.s, pid);
	struct unwind_place place = { 0 };

	assert_non_null(p);
	p->space.resolve(p->space.ctx, pc, 0, &place);
	return place.where;
}

/* The opener's message about a process of `pid`, with the mappings of this one. */
static void give(uint32_t pid, const char *name, const char *exe, const char *cgroup)
{
	struct o_process msg = { .type = O_PROCESS, .pid = pid, .ppid = 7 };
	size_t head = offsetof(struct o_process, texts);
	int len;

	snprintf(msg.name, sizeof(msg.name), "%s", name);
	memcpy(t.m->data, &msg, sizeof(msg));
	len = sprintf((char *)t.m->data + head, "%s%c%s", exe, 0, cgroup);
	t.m->len = head + (size_t)len + 1;
	t.m->n_fds = 1;
	t.m->fds[0] = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
	procs_on_process(&t.s, t.m);
	msg_close_fds(t.m);
}

TEST(a_process_is_asked_for_once_when_it_is_sampled)
{
	on_mmap(&t, 500, 0x1000, 0x1000, 0, "/bin/a", 1);
	on_comm(&t, 500, 500, "other", false);
	on_fork(&t, 501, 500);
	assert_null(procs_find(&t.s, 500));	/* never sampled: nobody needs it */
	assert_null(procs_find(&t.s, 501));
	assert_int_equal(made_session_count_asked(&t, S_PROCESS), 0);
	procs_get_thread(&t.s, 500, 500, NOW_NS);
	procs_get_thread(&t.s, 500, 502, NOW_NS);
	assert_int_equal(made_session_count_asked(&t, S_PROCESS), 1);

	struct made_records *r = made_session_end(&t);
	assert_int_equal(r->n_processes, 1);
	assert_int_equal(r->process[0].how, PROCESS_PRESENT);
	made_records_deinit(r);
}

TEST(until_its_mappings_are_known_stacks_wait)
{
	uint64_t here = (uintptr_t)give;

	procs_get_thread(&t.s, 500, 500, NOW_NS);
	assert_int_equal(where(500, here), WHERE_PENDING);
	t.s.need_retry = false;
	give(500, "ours", "/bin/ours", "/a/b");
	assert_true(t.s.need_retry);
	assert_int_equal(where(500, here), WHERE_PENDING);	/* for the file's table now */
	assert_int_equal(where(500, 0x10), WHERE_NOWHERE);
	made_records_deinit(made_session_end(&t));
}

TEST(of_one_that_is_gone_there_is_no_more_to_wait_for)
{
	procs_get_thread(&t.s, 500, 500, NOW_NS);
	t.s.need_retry = false;
	procs_on_gone(&t.s, &(struct o_gone){ .type = O_GONE, .pid = 500 });
	assert_true(t.s.need_retry);
	assert_int_equal(where(500, 0x1000), WHERE_NOWHERE);
	procs_on_gone(&t.s, &(struct o_gone){ .type = O_GONE, .pid = 77 });
	give(78, "late", "/bin/late", "/");	/* it had ended */
	assert_null(procs_find(&t.s, 78));
	made_records_deinit(made_session_end(&t));
}

TEST(names_come_with_the_handles)
{
	struct o_threads *list = xcalloc(1, sizeof(*list) + sizeof(list->thread[0]));

	procs_get_thread(&t.s, 500, 500, NOW_NS);
	give(500, "ours", "/bin/ours", "/a/b");
	list->pid = 500;
	list->n = 1;
	list->thread[0] = (struct o_thread){ .tid = 500, .name = "first" };
	procs_on_threads(&t.s, list);
	free(list);

	struct made_records *r = made_session_end(&t);
	assert_int_equal(r->n_processes, 1);
	assert_string_equal(r->string[r->process[0].name], "");
	assert_int_equal(r->n_facts, 1);
	assert_int_equal(r->facts[0].process, 0);
	assert_int_equal(r->facts[0].ppid, 7);
	assert_string_equal(r->string[r->facts[0].name], "ours");
	assert_string_equal(r->string[r->facts[0].exe], "/bin/ours");
	assert_string_equal(r->string[r->facts[0].cgroup], "/a/b");
	assert_int_equal(r->n_names, 1);
	assert_string_equal(r->string[r->names[0].name], "first");
	made_records_deinit(r);
}

TEST(a_child_is_in_its_parents_group_and_an_exec_keeps_it)
{
	procs_get_thread(&t.s, 500, 500, NOW_NS);
	give(500, "sh", "/bin/sh", "/a/b");
	on_fork(&t, 501, 500);
	on_comm(&t, 501, 501, "cc", true);
	on_mmap(&t, 501, 0x1000, 0x1000, 0, "/bin/cc", 9);
	assert_int_equal(made_session_count_asked(&t, S_PROCESS), 1);
	procs_get_thread(&t.s, 501, 501, NOW_NS);
	assert_int_equal(made_session_count_asked(&t, S_PROCESS), 1);

	struct made_records *r = made_session_end(&t);
	assert_int_equal(r->n_processes, 2);	/* before the exec it had no sample */
	assert_string_equal(r->string[r->process[1].name], "cc");
	assert_string_equal(r->string[r->process[1].exe], "/bin/cc");
	assert_int_equal(r->n_facts, 2);
	for (uint32_t i = 0; i < 2; i++)
		assert_string_equal(r->string[r->facts[i].cgroup], "/a/b");
	made_records_deinit(r);
}

TEST(an_exec_begins_anew_what_was_never_sampled)
{
	on_comm(&t, 600, 600, "new", true);
	on_mmap(&t, 600, 0x1000, 0x1000, 0, "/bin/new", 9);
	procs_get_thread(&t.s, 600, 600, NOW_NS);
	assert_int_equal(where(600, 0x9000), WHERE_NOWHERE);	/* all mappings are told */
	assert_int_equal(procs_find(&t.s, 600)->n_execs, 1);

	struct made_records *r = made_session_end(&t);
	assert_int_equal(r->n_processes, 1);
	assert_int_equal(r->process[0].how, PROCESS_EXECED);
	assert_string_equal(r->string[r->process[0].name], "new");
	made_records_deinit(r);
}

/* CPU times as the opener tells them. */
static void on_times(uint32_t pid, uint64_t cpu_ns, bool more)
{
	struct o_times *msg = xcalloc(1, sizeof(*msg) + sizeof(msg->time[0]));

	*msg = (struct o_times){ .type = O_TIMES, .n = pid ? 1 : 0, .time_ns = NOW_NS,
				 .more = more };
	msg->time[0] = (struct o_time){ .pid = pid, .tid = pid, .cpu_ns = cpu_ns };
	procs_on_times(&t.s, msg);
	free(msg);
}

TEST(what_was_used_before_does_not_count)
{
	struct o_threads *list = xcalloc(1, sizeof(*list) + sizeof(list->thread[0]));
	uint64_t first = NS_PER_S / 500;

	t.s.is_started = true;
	t.s.started.rate_hz = 500;
	on_times(0, 0, false);
	procs_get_thread(&t.s, 500, 500, NOW_NS);
	give(500, "ours", "/bin/ours", "/");
	list->pid = 500;
	list->n = 1;
	list->thread[0].tid = 500;
	procs_on_threads(&t.s, list);
	free(list);
	on_times(500, 40 * NS_PER_S, true);		/* when it was met, by its first sample */
	on_times(500, 43 * NS_PER_S, false);
	procs_get_thread(&t.s, 500, 501, NOW_NS);	/* born later: all of it counts */
	on_times(501, 2 * NS_PER_S, true);

	struct made_records *r = made_session_end(&t);
	uint64_t by_thread[2] = { 0 };
	for (uint32_t i = 0; i < r->n_counters; i++)
		by_thread[r->counter[i].thread] = r->counter[i].value;
	assert_int_equal(by_thread[0], 3 * NS_PER_S + first);
	assert_int_equal(by_thread[1], 2 * NS_PER_S);
	made_records_deinit(r);
}

/* A file whose process ended before it was opened is had by the next that maps it. */
TEST(a_file_that_was_missed_is_asked_for_again)
{
	const struct o_file none = { .type = O_FILE, .origin = FILE_NONE };
	struct module *m;

	on_comm(&t, 600, 600, "new", true);
	on_mmap(&t, 600, 0x1000, 0x1000, 0, "/bin/new", 9);
	assert_int_equal(made_session_count_asked(&t, S_FILE), 1);
	m = mappings_find(procs_find(&t.s, 600), 0x1000)->module;
	modules_on_file(&t.s, m, &none, -1);
	assert_int_equal(m->state, MODULE_READY);
	on_comm(&t, 601, 601, "new", true);
	on_mmap(&t, 601, 0x1000, 0x1000, 0, "/bin/new", 9);
	assert_int_equal(made_session_count_asked(&t, S_FILE), 0);	/* at once is no use */
	t.s.now_ns += NS_PER_S;
	on_comm(&t, 602, 602, "new", true);
	on_mmap(&t, 602, 0x1000, 0x1000, 0, "/bin/new", 9);
	assert_int_equal(made_session_count_asked(&t, S_FILE), 1);
	assert_ptr_equal(mappings_find(procs_find(&t.s, 602), 0x1000)->module, m);
	assert_int_equal(m->state, MODULE_ASKED_FILE);
	assert_int_equal(m->flags & MODULE_UNREADABLE, 0);
	made_records_deinit(made_session_end(&t));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_process_is_asked_for_once_when_it_is_sampled, setup),
		cmocka_unit_test_setup(until_its_mappings_are_known_stacks_wait, setup),
		cmocka_unit_test_setup(of_one_that_is_gone_there_is_no_more_to_wait_for, setup),
		cmocka_unit_test_setup(names_come_with_the_handles, setup),
		cmocka_unit_test_setup(a_child_is_in_its_parents_group_and_an_exec_keeps_it, setup),
		cmocka_unit_test_setup(an_exec_begins_anew_what_was_never_sampled, setup),
		cmocka_unit_test_setup(what_was_used_before_does_not_count, setup),
		cmocka_unit_test_setup(a_file_that_was_missed_is_asked_for_again, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
