// SPDX-License-Identifier: Apache-2.0
/* What the session believes about processes, threads and mappings. */
#include "tests/unit/session_maker.h"

#include "base/io.h"

static struct made_session t;

static int setup(void **state)
{
	(void)state;
	made_session_init(&t);
	return 0;
}

/* The module's path at `addr` in process `pid`, or NULL. */
static const char *path_at(uint32_t pid, uint64_t addr)
{
	struct proc *p = procs_find(&t.s, pid);
	const struct mapping *m = p ? mappings_find(p, addr) : NULL;

	return m ? m->module->path : NULL;
}

static uint32_t generation_of(uint32_t pid)
{
	return procs_find(&t.s, pid)->space.generation;
}

/* ---- what watching may cost ---- */

/* Looks a second apart, at what costs `share` of a core: the rate after them. */
static uint32_t watch(struct governor *g, double share, int seconds, uint32_t rate_hz)
{
	static uint64_t now_ns = 1000 * NS_PER_S, cost_ns;

	for (int i = 0; i < seconds; i++) {
		now_ns += NS_PER_S;
		cost_ns += (uint64_t)(share * NS_PER_S);
		rate_hz = governor_rate(g, cost_ns, now_ns, rate_hz);
	}
	return rate_hz;
}

TEST(what_is_dear_for_long_is_sampled_less)
{
	struct governor g = { 0 };

	assert_int_equal(watch(&g, .09, 100, 999), 999);
	assert_int_equal(watch(&g, .5, 2, 999), 999);	/* names in the beginning */
	assert_int_equal(watch(&g, .01, 1, 999), 999);
	assert_int_equal(watch(&g, .5, 2, 999), 999);
	assert_int_equal(watch(&g, .5, 1, 999), 139);	/* 7 of 50 % */
	assert_int_equal(watch(&g, .07, 100, 139), 139);
	assert_int_equal(watch(&g, 1.5, 3, 139), 19);	/* what is left of it */
	assert_int_equal(watch(&g, 1.5, 100, 19), 19);
	assert_int_equal(watch(&g, 1.5, 100, 10), 10);	/* asked for */

	struct governor first = { 0 };	/* of all there was before it looked */

	assert_int_equal(watch(&first, 50, 1, 999), 999);
	assert_int_equal(watch(&first, .01, 10, 999), 999);
}

/* ---- fork, exec, exit ---- */

TEST(a_child_begins_with_its_parents_mappings)
{
	on_mmap(&t, MAIN_PID, 0x1000, 0x2000, 0x5000, "/bin/a", 1);
	on_fork(&t, 101, MAIN_PID);
	assert_string_equal(path_at(101, 0x2fff), "/bin/a");
	assert_int_equal(mappings_find(procs_find(&t.s, 101), 0x1000)->off, 0x5000);
	assert_true(generation_of(101) != generation_of(MAIN_PID));

	/* from here on each goes its own way */
	on_mmap(&t, 101, 0x1000, 0x1000, 0, "/bin/b", 2);
	assert_string_equal(path_at(101, 0x1000), "/bin/b");
	assert_string_equal(path_at(MAIN_PID, 0x1000), "/bin/a");

	procs_get_thread(&t.s, 101, 101, NOW_NS);	/* a sample */
	struct made_records *r = made_session_end(&t);
	assert_int_equal(r->n_processes, 2);
	assert_int_equal(r->process[1].pid, 101);
	assert_int_equal(r->process[1].ppid, MAIN_PID);
	assert_int_equal(r->process[1].how, PROCESS_FORKED);
	assert_int_equal(r->n_mappings, 3);
	assert_int_equal(r->mapping[1].process, 1);
	assert_int_equal(r->mapping[1].start, 0x1000);
	made_records_deinit(r);
}

TEST(a_child_of_a_process_without_mappings_has_none)
{
	procs_get(&t.s, MAIN_PID, NOW_NS);
	on_fork(&t, 101, MAIN_PID);
	on_fork(&t, 103, 102);		/* of a parent that nobody told of */
	assert_int_equal(procs_find(&t.s, 101)->n_maps, 0);
	assert_int_equal(procs_find(&t.s, 103)->n_maps, 0);
	made_records_deinit(made_session_end(&t));
}

/* The opener lists children as well: one that it told of first is not another. */
TEST(a_fork_that_is_known_already_makes_no_second_process)
{
	struct proc *p = procs_get(&t.s, 101, NOW_NS);

	on_mmap(&t, 101, 0x1000, 0x1000, 0, "/bin/a", 1);
	on_fork(&t, 101, MAIN_PID);
	assert_ptr_equal(procs_find(&t.s, 101), p);
	assert_string_equal(path_at(101, 0x1000), "/bin/a");
	procs_get_thread(&t.s, 101, 101, NOW_NS);
	struct made_records *r = made_session_end(&t);
	assert_int_equal(r->n_processes, 1);
	made_records_deinit(r);
}

TEST(a_thread_is_no_process)
{
	procs_get(&t.s, MAIN_PID, NOW_NS);
	procs_on_fork(&t.s, &(struct perf_task){ .pid = MAIN_PID, .ppid = MAIN_PID, .tid = 105,
						 .ptid = MAIN_PID, .time_ns = NOW_NS });
	assert_null(procs_find(&t.s, 105));
	procs_on_fork(&t.s, &(struct perf_task){ .pid = 200, .ppid = 200, .tid = 201,
						 .ptid = 200, .time_ns = NOW_NS });
	assert_null(procs_find(&t.s, 200));	/* not by a thread of one never sampled */
	struct made_records *r = made_session_end(&t);
	assert_int_equal(r->n_processes, 1);
	made_records_deinit(r);
}

TEST(an_exec_replaces_everything)
{
	struct proc *old;
	struct thread *thread, *after;
	const struct mapping *kept;

	on_mmap(&t, MAIN_PID, 0x1000, 0x1000, 0, "/bin/old", 1);
	thread = procs_get_thread(&t.s, MAIN_PID, MAIN_PID, NOW_NS);
	old = thread->proc;
	made_session_count_asked(&t, 0);
	on_comm(&t, MAIN_PID, MAIN_PID, "new", true);
	assert_int_equal(made_session_count_asked(&t, S_PROCESS), 1);
	assert_null(path_at(MAIN_PID, 0x1000));
	assert_null(procs_find_thread(&t.s, MAIN_PID));
	on_mmap(&t, MAIN_PID, 0x4000, 0x1000, 0, "/bin/new", 2);
	after = procs_get_thread(&t.s, MAIN_PID, MAIN_PID, NOW_NS);
	assert_ptr_equal(after->proc, procs_find(&t.s, MAIN_PID));

	/* A sample that waits still finds what it was taken of. */
	thread->n_pending = 1;
	procs_collect(&t.s);
	kept = mappings_find(old, 0x1000);
	assert_string_equal(kept->module->path, "/bin/old");
	assert_int_equal(thread->number, 0);
	thread->n_pending = 0;
	procs_collect(&t.s);
	assert_null(t.s.procs[0]);	/* the old one is freed */
	assert_string_equal(path_at(MAIN_PID, 0x4000), "/bin/new");

	struct made_records *r = made_session_end(&t);
	assert_int_equal(r->n_processes, 2);
	assert_int_equal(r->process[1].how, PROCESS_EXECED);
	assert_string_equal(r->string[r->process[1].name], "new");
	assert_string_equal(r->string[r->process[1].exe], "/bin/new");
	assert_int_equal(r->thread[1].process, 1);
	made_records_deinit(r);
}

TEST(an_exec_after_an_exec_is_recorded_once_something_happens_in_it)
{
	procs_get(&t.s, MAIN_PID, NOW_NS);
	on_comm(&t, MAIN_PID, MAIN_PID, "first", true);
	on_comm(&t, MAIN_PID, MAIN_PID, "second", true);
	procs_get_thread(&t.s, MAIN_PID, MAIN_PID, NOW_NS);	/* a sample before any mapping */
	struct made_records *r = made_session_end(&t);
	assert_int_equal(r->n_processes, 2);
	assert_string_equal(r->string[r->process[1].name], "second");
	assert_int_equal(r->thread[0].process, 1);
	made_records_deinit(r);
}

TEST(a_pid_that_comes_again_is_another_process)
{
	on_mmap(&t, MAIN_PID, 0x1000, 0x1000, 0, "/bin/a", 1);
	on_fork(&t, 101, MAIN_PID);
	on_mmap(&t, 101, 0x8000, 0x1000, 0, "/lib/only-the-first", 2);
	procs_get_thread(&t.s, 101, 101, NOW_NS);
	on_exit_of(&t, 101, 101);
	on_fork(&t, 101, MAIN_PID);
	assert_null(path_at(101, 0x8000));
	assert_string_equal(path_at(101, 0x1000), "/bin/a");
	assert_null(procs_find_thread(&t.s, 101));
	procs_get_thread(&t.s, 101, 101, NOW_NS);
	procs_collect(&t.s);
	assert_string_equal(path_at(101, 0x1000), "/bin/a");
	assert_non_null(procs_find_thread(&t.s, 101));

	struct made_records *r = made_session_end(&t);
	assert_int_equal(r->n_processes, 3);
	assert_int_equal(r->n_ends, 1);
	assert_int_equal(r->end[0].process, 1);
	assert_int_equal(r->end[0].time_ns, NOW_NS + 5);
	assert_int_equal(r->n_threads, 2);
	assert_int_equal(r->thread[1].process, 2);
	made_records_deinit(r);
}

TEST(the_end_of_the_first_process_comes_from_the_opener)
{
	procs_get_thread(&t.s, MAIN_PID, MAIN_PID, NOW_NS);
	on_exit_of(&t, MAIN_PID, MAIN_PID);
	procs_collect(&t.s);
	assert_non_null(procs_find(&t.s, MAIN_PID));
	struct made_records *r = made_session_end(&t);
	assert_int_equal(r->n_ends, 0);
	made_records_deinit(r);
}

/* main() may call pthread_exit() and leave the work to others. */
TEST(a_process_goes_on_when_only_its_first_thread_ended)
{
	struct thread *worker;
	uint32_t number;

	procs_get(&t.s, MAIN_PID, NOW_NS);
	on_fork(&t, 101, MAIN_PID);
	on_mmap(&t, 101, 0x1000, 0x1000, 0, "/bin/a", 1);
	procs_get_thread(&t.s, 101, 101, NOW_NS);
	worker = procs_get_thread(&t.s, 101, 102, NOW_NS);
	number = worker->number;
	on_exit_of(&t, 101, 101);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(procs_get_thread(&t.s, 101, 102, NOW_NS)->number, number);
		procs_collect(&t.s);
		assert_string_equal(path_at(101, 0x1000), "/bin/a");
	}
	on_exit_of(&t, 101, 102);
	procs_collect(&t.s);
	assert_null(procs_find(&t.s, 101));

	struct made_records *r = made_session_end(&t);
	assert_int_equal(r->n_processes, 2);
	assert_int_equal(r->n_threads, 2);
	assert_int_equal(r->n_ends, 1);
	made_records_deinit(r);
}

/* Its first thread may sleep all the time, so that no sample tells of it. */
TEST(a_process_goes_on_when_all_threads_that_are_known_ended)
{
	on_fork(&t, 101, MAIN_PID);
	on_mmap(&t, 101, 0x1000, 0x1000, 0, "/bin/a", 1);
	procs_get_thread(&t.s, 101, 102, NOW_NS);
	on_exit_of(&t, 101, 102);
	procs_collect(&t.s);
	assert_string_equal(path_at(101, 0x1000), "/bin/a");
	on_exit_of(&t, 101, 101);
	procs_collect(&t.s);
	assert_null(procs_find(&t.s, 101));
	struct made_records *r = made_session_end(&t);
	assert_int_equal(r->n_ends, 1);
	made_records_deinit(r);
}

/* Rings of other CPUs are read later: a sample can come behind the exit. */
TEST(a_sample_that_comes_late_is_of_the_thread_that_ended)
{
	for (uint32_t tid = 101; tid < 103; tid++) {
		uint32_t number;

		on_fork(&t, 101, MAIN_PID);
		number = procs_get_thread(&t.s, 101, tid, NOW_NS)->number;
		on_exit_of(&t, 101, tid);	/* at NOW_NS + 5 */
		assert_null(procs_find_thread(&t.s, tid));
		assert_int_equal(procs_get_thread(&t.s, 101, tid, NOW_NS + 4)->number, number);
	}
	struct made_records *r = made_session_end(&t);
	assert_int_equal(r->n_threads, 2);
	made_records_deinit(r);
}

/* ---- threads ---- */

TEST(a_tid_that_comes_again_is_another_thread)
{
	uint32_t first = procs_get_thread(&t.s, MAIN_PID, 105, NOW_NS)->number;

	assert_int_equal(procs_get_thread(&t.s, MAIN_PID, 105, NOW_NS)->number, first);
	on_exit_of(&t, MAIN_PID, 105);
	assert_null(procs_find_thread(&t.s, 105));
	assert_true(procs_get_thread(&t.s, MAIN_PID, 105, NOW_NS + 6)->number != first);
	procs_collect(&t.s);
	assert_non_null(procs_find_thread(&t.s, 105));
	made_records_deinit(made_session_end(&t));
}

TEST(a_comm_names_the_thread_and_by_the_first_the_process)
{
	procs_get(&t.s, MAIN_PID, NOW_NS);
	on_comm(&t, MAIN_PID, 105, "worker", false);
	on_comm(&t, MAIN_PID, MAIN_PID, "program", false);
	procs_get_thread(&t.s, MAIN_PID, 106, NOW_NS);
	struct made_records *r = made_session_end(&t);
	assert_int_equal(r->n_threads, 3);
	assert_int_equal(r->thread[0].tid, 105);
	assert_string_equal(r->string[r->thread[2].name], "program");
	made_records_deinit(r);
}

TEST(threads_that_the_opener_lists_are_taken_once)
{
	struct o_threads *msg = xcalloc(1, sizeof(*msg) + 2 * sizeof(msg->thread[0]));

	*msg = (struct o_threads){ .type = O_THREADS, .pid = MAIN_PID, .n = 2 };
	msg->thread[0].tid = 105;
	strcpy(msg->thread[0].name, "one");
	msg->thread[1].tid = 106;
	strcpy(msg->thread[1].name, "two");
	procs_on_threads(&t.s, msg);		/* of a process that is not known */
	assert_null(procs_find_thread(&t.s, 105));
	procs_get_thread(&t.s, MAIN_PID, 106, NOW_NS);
	procs_on_threads(&t.s, msg);
	procs_on_threads(&t.s, msg);
	free(msg);
	struct made_records *r = made_session_end(&t);
	assert_int_equal(r->n_threads, 2);
	assert_string_equal(r->string[r->thread[1].name], "one");
	made_records_deinit(r);
}

static void on_times(uint32_t tid, uint64_t cpu_ns, uint32_t other, uint64_t other_ns)
{
	struct o_times *msg = xcalloc(1, sizeof(*msg) + 2 * sizeof(msg->time[0]));

	*msg = (struct o_times){ .type = O_TIMES, .n = other ? 2 : 1, .time_ns = NOW_NS };
	msg->time[0] = (struct o_time){ .pid = MAIN_PID, .tid = tid, .cpu_ns = cpu_ns };
	msg->time[1] = (struct o_time){ .pid = MAIN_PID, .tid = other, .cpu_ns = other_ns };
	procs_on_times(&t.s, msg);
	free(msg);
}

TEST(cpu_time_counts_from_the_start_from_birth_or_from_an_exec)
{
	static const uint64_t expected[][2] = {	/* thread, its CPU time */
		{ 0, 0 }, { 0, 200 }, { 1, 40 }, { 0, 250 }, { 0, 250 }, { 2, 5000000 },
		{ 3, 650 } };

	procs_get_thread(&t.s, MAIN_PID, MAIN_PID, NOW_NS);
	on_times(MAIN_PID, 500, 0, 0);
	procs_get_thread(&t.s, MAIN_PID, 105, NOW_NS);	/* born since */
	on_times(MAIN_PID, 700, 105, 40);
	on_times(MAIN_PID, 750, 106, 40);		/* 106 was never sampled */
	on_times(MAIN_PID, 750, 107, 5000000);		/* nor 107, but it works */
	on_comm(&t, MAIN_PID, MAIN_PID, "new", true);
	procs_get_thread(&t.s, MAIN_PID, MAIN_PID, NOW_NS);
	on_times(MAIN_PID, 1400, 0, 0);
	struct made_records *r = made_session_end(&t);
	assert_int_equal(r->n_counters, array_len(expected));
	for (uint32_t i = 0; i < r->n_counters; i++) {
		assert_int_equal(r->counter[i].what, COUNTER_CPU_NS);
		assert_int_equal(r->counter[i].thread, expected[i][0]);
		assert_int_equal(r->counter[i].value, expected[i][1]);
	}
	made_records_deinit(r);
}

/* ---- mappings ---- */

#define PAGE 0x1000u
#define N_PAGES 48

/*
 * Without events about munmap a new mapping is all that tells that an old one is
 * gone.  Any sequence has to leave each page with the mapping that came last.
 */
TEST(of_mappings_over_one_another_the_last_counts_page_by_page)
{
	struct { uint64_t off, ino; } truth[N_PAGES] = { 0 };
	struct proc *p = procs_get(&t.s, MAIN_PID, NOW_NS);

	srand(1);
	for (int round = 0; round < 3000; round++) {
		uint64_t first = (uint64_t)rand() % N_PAGES, ino = 1 + (uint64_t)rand() % 5;
		uint64_t n = 1 + (uint64_t)rand() % min_of((uint64_t)12, N_PAGES - first);
		uint64_t off = ((uint64_t)rand() % 8) * PAGE;
		char path[16];

		snprintf(path, sizeof(path), "/lib/%u", (unsigned int)ino);
		on_mmap(&t, MAIN_PID, 0x100000 + first * PAGE, n * PAGE, off, path, ino);
		for (uint64_t i = 0; i < n; i++) {
			truth[first + i].ino = ino;
			truth[first + i].off = off + i * PAGE;
		}
		for (uint64_t i = 0; i < N_PAGES; i++) {
			uint64_t addr = 0x100000 + i * PAGE + 8;
			const struct mapping *m = mappings_find(p, addr);

			assert_int_equal(m != NULL, truth[i].ino != 0);
			if (!m)
				continue;
			assert_int_equal(m->module->ino, truth[i].ino);
			assert_int_equal(addr - m->start + m->off, truth[i].off + 8);
		}
		for (size_t i = 1; i < p->n_maps; i++)
			assert_true(p->maps[i - 1].end <= p->maps[i].start);
		made_session_count_asked(&t, 0);
	}
	assert_null(mappings_find(p, 0x100000 - 1));
	assert_null(mappings_find(p, 0x100000 + N_PAGES * PAGE));
	assert_null(mappings_find(p, UINT64_MAX));
	assert_int_equal(t.s.n_modules, 5);
	close(t.recording);		/* more mappings than the records hold */
	t.recording = memfd_create("unused", MFD_CLOEXEC);
	struct error err;
	struct record_writer *unused;
	assert_int_equal(record_writer_close(t.s.writer, &err), 0);
	assert_int_equal(record_writer_open(dup(t.recording), NOW_NS, 0, &unused, &err), 0);
	t.s.writer = unused;
	made_records_deinit(made_session_end(&t));
}

TEST(a_mapping_that_is_there_already_changes_nothing)
{
	uint32_t generation;

	on_mmap(&t, MAIN_PID, 0x1000, 0x2000, 0, "/bin/a", 1);
	generation = generation_of(MAIN_PID);
	on_mmap(&t, MAIN_PID, 0x1000, 0x2000, 0, "/bin/a", 1);
	assert_int_equal(generation_of(MAIN_PID), generation);
	on_mmap(&t, MAIN_PID, 0x1000, 0x2000, 0x1000, "/bin/a", 1);	/* elsewhere in the file */
	assert_true(generation_of(MAIN_PID) != generation);
	struct made_records *r = made_session_end(&t);
	assert_int_equal(r->n_mappings, 2);
	made_records_deinit(r);
}

TEST(a_file_is_known_by_inode_device_and_path)
{
	procs_get(&t.s, MAIN_PID, NOW_NS);
	on_mmap(&t, MAIN_PID, 0x1000, 0x1000, 0, "/bin/a", 1);
	on_mmap(&t, MAIN_PID, 0x2000, 0x1000, 0, "/bin/a (deleted)", 1);	/* the same */
	on_mmap(&t, MAIN_PID, 0x3000, 0x1000, 0, "/bin/a", 2);		/* replaced */
	on_mmap(&t, MAIN_PID, 0x4000, 0x1000, 0, "/bin/b", 1);		/* a hard link */
	assert_int_equal(t.s.n_modules, 3);
	assert_int_equal(made_session_count_asked(&t, S_FILE), 3);
	assert_string_equal(path_at(MAIN_PID, 0x2000), "/bin/a");
	made_records_deinit(made_session_end(&t));
}

TEST(what_is_no_file_is_anonymous)
{
	static const struct { const char *path; uint64_t ino; } cases[] = {
		{ "", 0 }, { "//anon", 0 }, { "[heap]", 0 }, { "[stack]", 0 },
		{ "anon_inode:[x]", 9 }, { "/dev/zero", 0 },
	};

	for (size_t i = 0; i < array_len(cases); i++) {
		on_mmap(&t, MAIN_PID, 0x1000 * (i + 1), 0x1000, 0, cases[i].path, cases[i].ino);
		assert_string_equal(path_at(MAIN_PID, 0x1000 * (i + 1)), "[anon]");
	}
	on_mmap(&t, MAIN_PID, 0x100000, 0x2000, 0, "[vdso]", 0);
	assert_string_equal(path_at(MAIN_PID, 0x100000), "[vdso]");
	/* data, and mappings that are none */
	procs_on_mmap(&t.s, &(struct perf_mmap){ .pid = MAIN_PID, .addr = 0x200000, .len = 0x1000,
						 .path = "/x", .ino = 3 }, NOW_NS);
	on_mmap(&t, MAIN_PID, 0x300000, 0, 0, "/x", 3);
	on_mmap(&t, MAIN_PID, UINT64_MAX - 0xfff, 0x2000, 0, "/x", 3);
	assert_null(path_at(MAIN_PID, 0x200000));
	assert_null(path_at(MAIN_PID, 0x300000));
	assert_null(path_at(MAIN_PID, UINT64_MAX));
	made_records_deinit(made_session_end(&t));
}

/* ---- handles of a process ---- */

/* The opener's message about this very process. */
static void give_ourselves(const char *exe)
{
	size_t exe_len = strlen(exe) + 1;
	struct o_process msg = { .type = O_PROCESS, .pid = MAIN_PID, .ppid = 7, .has_mem = 1,
				 .name = "ours" };

	memcpy(t.m->data, &msg, sizeof(msg));
	memcpy(t.m->data + offsetof(struct o_process, texts), exe, exe_len);
	t.m->len = offsetof(struct o_process, texts) + exe_len;
	t.m->n_fds = 2;
	t.m->fds[0] = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
	t.m->fds[1] = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
	procs_on_process(&t.s, t.m);
	msg_close_fds(t.m);
}

TEST(mappings_of_a_running_process_are_read)
{
	uint64_t here = (uintptr_t)give_ourselves;
	uint64_t on_stack = (uintptr_t)&here, end;
	struct thread *thread;

	give_ourselves("/bin/ours");
	assert_non_null(strstr(path_at(MAIN_PID, here), "test_session"));
	assert_null(path_at(MAIN_PID, on_stack));	/* no code */
	thread = procs_get_thread(&t.s, MAIN_PID, MAIN_PID, NOW_NS);
	end = mappings_stack_end(thread, on_stack);
	assert_true(end > on_stack && end < on_stack + (64 << 20));
	assert_int_equal(mappings_stack_end(thread, on_stack + 8), end);
	assert_int_equal(mappings_stack_end(thread, 16), 0);
	give_ourselves("/bin/ours");		/* handles anew: the old ones are closed */

	struct made_records *r = made_session_end(&t);
	assert_int_equal(r->process[0].how, PROCESS_PRESENT);
	assert_int_equal(r->process[0].ppid, 7);
	assert_string_equal(r->string[r->process[0].exe], "/bin/ours");
	made_records_deinit(r);
}

/* The maps file writes a line end as \012, an event as it is. */
TEST(a_path_with_a_line_end_is_one_file)
{
	static const char maps[] = "1000-2000 r-xp 00000000 08:01 7   /tmp/a\\012b\n";
	struct o_process msg = { .type = O_PROCESS, .pid = MAIN_PID };
	struct error err;

	on_mmap(&t, MAIN_PID, 0x5000, 0x1000, 0, "/tmp/a\nb", 7);
	memcpy(t.m->data, &msg, sizeof(msg));
	t.m->data[sizeof(msg)] = '\0';
	t.m->len = sizeof(msg) + 1;
	t.m->n_fds = 1;
	t.m->fds[0] = io_memfd("maps", maps, strlen(maps), &err);
	procs_on_process(&t.s, t.m);
	assert_int_equal(t.s.n_modules, 1);
	assert_string_equal(path_at(MAIN_PID, 0x1000), "/tmp/a\nb");
	made_records_deinit(made_session_end(&t));
}

/* An engine that is not told of execs notices another executable. */
TEST(another_executable_is_an_exec_where_nobody_tells)
{
	uint32_t first;

	perf_free(&t.s);
	give_ourselves("/bin/ours");
	first = procs_get_thread(&t.s, MAIN_PID, MAIN_PID, NOW_NS)->number;
	give_ourselves("/bin/ours");
	assert_int_equal(procs_get_thread(&t.s, MAIN_PID, MAIN_PID, NOW_NS)->number, first);
	give_ourselves("/bin/other");
	assert_true(procs_get_thread(&t.s, MAIN_PID, MAIN_PID, NOW_NS)->number != first);
	struct made_records *r = made_session_end(&t);
	assert_int_equal(r->n_processes, 2);
	assert_int_equal(r->process[1].how, PROCESS_EXECED);
	assert_string_equal(r->string[r->process[1].exe], "/bin/other");
	made_records_deinit(r);
}

TEST(a_file_that_is_gone_is_read_from_memory)
{
	struct o_file other = { .type = O_FILE, .origin = FILE_OTHER };
	struct module *m;
	char magic[4];

	give_ourselves("/bin/ours");
	m = mappings_find(procs_find(&t.s, MAIN_PID), (uintptr_t)give_ourselves)->module;
	modules_on_file(&t.s, m, &other, -1);
	assert_true(m->fd >= 0);
	assert_int_equal(m->state, MODULE_WANTS_TABLE);
	assert_true(m->flags & MODULE_DELETED);
	assert_string_equal(m->note, "deleted or replaced since it was started; read from memory");
	assert_int_equal(io_pread_full(m->fd, magic, sizeof(magic), 0), sizeof(magic));
	assert_memory_equal(magic, "\177ELF", 4);
	assert_int_equal(made_session_count_asked(&t, S_CACHE_GET), 0);
	made_records_deinit(made_session_end(&t));
}

/* It may be there, and we are not let to it: nobody knows that it was deleted. */
TEST(a_file_that_cannot_be_opened_is_read_from_memory)
{
	struct o_file none = { .type = O_FILE, .origin = FILE_NONE };
	struct module *m;

	give_ourselves("/bin/ours");
	m = mappings_find(procs_find(&t.s, MAIN_PID), (uintptr_t)give_ourselves)->module;
	modules_on_file(&t.s, m, &none, -1);
	assert_true(m->fd >= 0);
	assert_false(m->flags & MODULE_DELETED);
	assert_false(m->has_key);
	assert_string_equal(m->note, "it could not be opened; read from memory");
	made_records_deinit(made_session_end(&t));
}

/* Its pages would not come either. */
TEST(a_file_whose_opening_does_not_return_is_not_read_from_memory)
{
	struct o_file stuck = { .type = O_FILE, .origin = FILE_NONE, .stuck = 1 };
	struct module *m;

	give_ourselves("/bin/ours");
	m = mappings_find(procs_find(&t.s, MAIN_PID), (uintptr_t)give_ourselves)->module;
	modules_on_file(&t.s, m, &stuck, -1);
	assert_int_equal(m->fd, -1);
	assert_int_equal(m->state, MODULE_READY);
	assert_string_equal(m->note, "cannot be read: opening it did not return");
	made_records_deinit(made_session_end(&t));
}

/* A viewer that is suspended reads nothing. */
TEST(notes_do_not_wait_for_the_viewer)
{
	struct error err;
	int ends[2];

	assert_int_equal(msg_pair(ends, &err), 0);
	viewers_init(&t.s, ends[0], -1);
	alarm(60);		/* waiting would be for ever */
	for (int i = 0; i < 2000; i++)
		session_note(&t.s, NOTE_INFO, "%d", i);
	alarm(0);
	assert_int_equal(msg_recv(ends[1], t.m, &err), 1);
	assert_string_equal((char *)t.m->data + sizeof(struct c_note), "0");
	close(ends[0]);
	close(ends[1]);
	made_records_deinit(made_session_end(&t));
}

/* Looking again costs: a program that maps all the time is looked at now and then. */
TEST(an_engine_without_events_looks_again_at_most_every_tenth_of_a_second)
{
	uint64_t here = (uintptr_t)give_ourselves;
	struct proc *p;

	give_ourselves("/bin/ours");
	p = procs_find(&t.s, MAIN_PID);
	for (int i = 0; i < 3; i++) {
		p->n_maps = 0;
		t.s.now_ns = NOW_NS + (uint64_t)i * 60 * NS_PER_MS;
		mappings_refresh(&t.s, p);
		assert_int_equal(mappings_find(p, here) != NULL, i != 1);
	}
	made_session_count_asked(&t, 0);
	procs_refresh_handles(&t.s, p);		/* just looked */
	t.s.now_ns += 200 * NS_PER_MS;
	procs_refresh_handles(&t.s, p);
	procs_refresh_handles(&t.s, p);
	assert_int_equal(made_session_count_asked(&t, S_PROCESS), 1);
	made_records_deinit(made_session_end(&t));
}

/* The loader maps one library after the other, and no stack goes further without them. */
TEST(a_process_that_has_just_execed_is_looked_at_whenever_a_stack_ends_nowhere)
{
	uint64_t here = (uintptr_t)give_ourselves;
	struct proc *p;

	perf_free(&t.s);
	give_ourselves("/bin/before");
	give_ourselves("/bin/after");
	p = procs_find(&t.s, MAIN_PID);
	for (int i = 0; i < 3; i++) {
		p->n_maps = 0;
		t.s.now_ns = NOW_NS + (uint64_t)i * NS_PER_MS;
		mappings_refresh(&t.s, p);
		assert_non_null(mappings_find(p, here));
	}
	t.s.now_ns = NOW_NS + NS_PER_S;
	mappings_refresh(&t.s, p);
	p->n_maps = 0;
	mappings_refresh(&t.s, p);
	assert_null(mappings_find(p, here));
	made_records_deinit(made_session_end(&t));
}

/* ---- stops of the ptrace engine ---- */

/* A thread is stopped in /bin/a, whose table is still being made. */
static struct o_stopped stopped_in_a(uint64_t weight_ns)
{
	const struct unwind_arch *arch = unwind_arch_host();
	struct o_stopped msg = { .type = O_STOPPED, .pid = MAIN_PID, .tid = MAIN_PID,
				 .time_ns = clock_mono_ns(), .weight_ns = weight_ns };

	msg.regs.value[arch->pc] = 0x1010;
	msg.regs.value[arch->sp] = 0x9000;
	msg.regs.known = 1ull << arch->pc | 1ull << arch->sp;
	return msg;
}

/* Does the answer ask for it again? */
static bool answers_again(uint32_t sequence)
{
	const struct s_continue *go_on = (const struct s_continue *)t.m->data;

	while (made_session_asked(&t)) {
		msg_close_fds(t.m);
		if (go_on->type != S_CONTINUE)
			continue;
		assert_int_equal(go_on->sequence, sequence);
		return go_on->again;
	}
	fail_msg("the thread is not let go");
	return false;
}

TEST(a_stop_that_needs_a_table_still_being_made_is_wanted_again)
{
	struct o_stopped msg = stopped_in_a(10 * NS_PER_MS);

	on_mmap(&t, MAIN_PID, 0x1000, 0x1000, 0, "/bin/a", 1);
	msg.sequence = 1;
	ptrace_on_stopped(&t.s, &msg);
	assert_true(answers_again(1));
	assert_int_equal(t.s.n_samples, 0);

	/* not for ever: its time would be seen nowhere */
	msg = stopped_in_a(NS_PER_S);
	msg.sequence = 2;
	ptrace_on_stopped(&t.s, &msg);
	assert_false(answers_again(2));
	assert_int_equal(t.s.n_samples, 1);
	assert_int_equal(t.s.checked_sample.stack, OUTCOME_PENDING);
	made_records_deinit(made_session_end(&t));
}

TEST(a_stop_whose_memory_went_by_exec_is_wanted_again)
{
	struct o_stopped msg = stopped_in_a(10 * NS_PER_MS);
	struct proc *p = procs_get(&t.s, MAIN_PID, NOW_NS);

	p->mem_fd = memfd_create("gone", MFD_CLOEXEC);	/* reads nothing, as the kernel does */
	msg.sequence = 1;
	ptrace_on_stopped(&t.s, &msg);
	assert_true(answers_again(1));
	assert_int_equal(t.s.n_samples, 0);

	msg = stopped_in_a(NS_PER_S);
	msg.sequence = 2;
	ptrace_on_stopped(&t.s, &msg);
	assert_false(answers_again(2));
	assert_int_equal(t.s.n_samples, 1);
	made_records_deinit(made_session_end(&t));
}

/* It has gone on meanwhile, so that what was read may be of two moments. */
TEST(a_stop_that_was_read_for_too_long_is_wanted_again)
{
	struct o_stopped msg = stopped_in_a(NS_PER_S);

	on_mmap(&t, MAIN_PID, 0x1000, 0x1000, 0, "/bin/a", 1);
	msg.sequence = 1;
	msg.time_ns -= STOPPED_NS;
	ptrace_on_stopped(&t.s, &msg);
	assert_true(answers_again(1));
	assert_int_equal(t.s.n_samples, 0);
	assert_int_equal(t.s.n_torn, 1);

	/* what only waits is looked at again */
	msg.sequence = 2;
	msg.waiting = 1;
	ptrace_on_stopped(&t.s, &msg);
	assert_false(answers_again(2));
	assert_int_equal(t.s.n_torn, 1);
	made_records_deinit(made_session_end(&t));
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup(name, setup)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_dear_for_long_is_sampled_less),
		CASE(a_child_begins_with_its_parents_mappings),
		CASE(a_child_of_a_process_without_mappings_has_none),
		CASE(a_fork_that_is_known_already_makes_no_second_process),
		CASE(a_thread_is_no_process),
		CASE(an_exec_replaces_everything),
		CASE(an_exec_after_an_exec_is_recorded_once_something_happens_in_it),
		CASE(a_pid_that_comes_again_is_another_process),
		CASE(the_end_of_the_first_process_comes_from_the_opener),
		CASE(a_process_goes_on_when_only_its_first_thread_ended),
		CASE(a_process_goes_on_when_all_threads_that_are_known_ended),
		CASE(a_sample_that_comes_late_is_of_the_thread_that_ended),
		CASE(a_tid_that_comes_again_is_another_thread),
		CASE(a_comm_names_the_thread_and_by_the_first_the_process),
		CASE(threads_that_the_opener_lists_are_taken_once),
		CASE(cpu_time_counts_from_the_start_from_birth_or_from_an_exec),
		CASE(of_mappings_over_one_another_the_last_counts_page_by_page),
		CASE(a_mapping_that_is_there_already_changes_nothing),
		CASE(a_file_is_known_by_inode_device_and_path),
		CASE(what_is_no_file_is_anonymous),
		CASE(mappings_of_a_running_process_are_read),
		CASE(a_path_with_a_line_end_is_one_file),
		CASE(another_executable_is_an_exec_where_nobody_tells),
		CASE(a_file_that_is_gone_is_read_from_memory),
		CASE(a_file_that_cannot_be_opened_is_read_from_memory),
		CASE(a_file_whose_opening_does_not_return_is_not_read_from_memory),
		CASE(notes_do_not_wait_for_the_viewer),
		CASE(an_engine_without_events_looks_again_at_most_every_tenth_of_a_second),
		CASE(a_process_that_has_just_execed_is_looked_at_whenever_a_stack_ends_nowhere),
		CASE(a_stop_that_needs_a_table_still_being_made_is_wanted_again),
		CASE(a_stop_whose_memory_went_by_exec_is_wanted_again),
		CASE(a_stop_that_was_read_for_too_long_is_wanted_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
