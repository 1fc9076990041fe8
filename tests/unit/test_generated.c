// SPDX-License-Identifier: Apache-2.0
/* When a session looks for what processes say of their generated code, and what it makes of it. */
#include "tests/unit/session_maker.h"

#include "base/io.h"
#include "worker/symbol_answer.h"

#define CODE 0x7e0000000000ull	/* generated code of every process here */

static struct made_session t;
static int worker;		/* the other side of its channel */
static uint64_t named_end;	/* the worker names what is below, from CODE on */
static size_t n_opened, n_maps, n_dumps;	/* by the worker, and with what */

static void start_worker(void)
{
	struct error err;
	int ends[2];

	assert_int_equal(msg_pair(ends, &err), 0);
	t.s.workers[WORKER_SYMBOL] = ends[0];
	worker = ends[1];
	fcntl(worker, F_SETFL, O_NONBLOCK);
}

static void map_code(uint32_t pid)
{
	on_mmap(&t, pid, CODE, 0x10000, 0, "//anon", 0);
}

static int setup(void **state)
{
	(void)state;
	made_session_init(&t);
	t.s.state = SESSION_RUNNING;
	start_worker();
	named_end = CODE;
	n_opened = n_maps = n_dumps = 0;
	map_code(MAIN_PID);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	closep(&worker);
	return 0;
}

/* ---- the worker ---- */

static void reply(const void *r, size_t len)
{
	memcpy(t.m->data, r, len);
	t.m->len = len;
}

static void answer_open(const struct w_open_symbols *ask)
{
	struct r_open_symbols r = { .type = R_OPEN_SYMBOLS, .module = ask->module, .ok = 1 };

	n_opened++;
	n_maps += ask->has_file;
	n_dumps += ask->has_debug;
	assert_int_equal(t.m->n_fds, ask->has_file + ask->has_debug);
	msg_close_fds(t.m);
	reply(&r, sizeof(r));
}

static void answer_names(void)
{
	const struct w_symbols *ask = (const struct w_symbols *)t.m->data;
	struct r_symbols r = { .type = R_SYMBOLS, .module = ask->module };
	struct symbol_answer_writer w = { 0 };
	struct symbol_sink sink = symbol_answer_sink(&w);
	struct buf b = { 0 };
	struct error err;

	if (!t.s.modules[ask->module]->n_functions)
		sink.function(sink.ctx, &(struct symbol_function){ .name = "f" });
	for (uint32_t i = 0; i < ask->n; i++)
		sink.address(sink.ctx, ask->vaddrs[i], &(struct symbol_level){ 0, 0 },
			     ask->vaddrs[i] < named_end);
	symbol_answer_finish(&w, &b);
	symbol_answer_deinit(&w);
	reply(&r, sizeof(r));
	t.m->fds[0] = io_memfd("names", b.data, b.len, &err);
	t.m->n_fds = 1;
	buf_deinit(&b);
}

/* Time goes on, and the worker does all that it is asked. */
static void pass(uint64_t ns)
{
	struct error err;

	t.s.now_ns += ns;
	symbols_tick(&t.s, t.s.now_ns, true);
	while (msg_recv(worker, t.m, &err) == 1) {
		if (*(uint32_t *)t.m->data == W_OPEN_SYMBOLS)
			answer_open((const struct w_open_symbols *)t.m->data);
		else
			answer_names();
		symbols_on_message(&t.s, t.m);
		msg_close_fds(t.m);
		symbols_tick(&t.s, t.s.now_ns, true);
	}
}

/* ---- the opener ---- */

/* It is asked for names of the process, and of the jitdump `path` if that is not "". */
static void assert_asked(uint32_t pid, const char *path)
{
	const struct s_names_file *ask = (const struct s_names_file *)t.m->data;

	do
		assert_true(made_session_asked(&t));
	while (ask->type != S_NAMES_FILE);
	assert_int_equal(ask->pid, pid);
	assert_string_equal(ask->path, path);
}

static void assert_not_asked(void)
{
	assert_int_equal(made_session_count_asked(&t, S_NAMES_FILE), 0);
}

static void give(struct module *m, enum file_origin origin, uint64_t size)
{
	bool there = origin == FILE_BY_PATH;

	symbols_on_file(&t.s, m, &(struct o_file){ .type = O_FILE, .origin = origin,
			.state = { .ino = 1, .size = size } },
			there ? memfd_create("map", MFD_CLOEXEC) : -1);
}

/* After `ns` the map of a process is asked for, and given. */
static void look(struct module *m, uint32_t pid, uint64_t ns, enum file_origin origin,
		 uint64_t size)
{
	pass(ns);
	assert_asked(pid, "");
	give(m, origin, size);
}

/* ---- frames ---- */

static struct proc *main_proc(void)
{
	return procs_find(&t.s, MAIN_PID);
}

static struct module *sample(struct proc *p, uint64_t addr)
{
	struct unwind_place place;

	p->space.resolve(p->space.ctx, addr, 0, &place);
	assert_int_equal(place.where, WHERE_ANON);
	return p->generated;
}

/* How many frames have a name in the recording, now that it ends. */
static size_t n_named(void)
{
	int fd = dup(t.recording);
	struct record_reader *reader;
	struct record_symbol symbol;
	struct record rec;
	struct error err;
	size_t n = 0;

	made_records_deinit(made_session_end(&t));
	assert_int_equal(record_reader_open(fd, &reader, &err), 0);
	while (record_reader_next(reader, &rec, &err) > 0)
		while (rec.type == RECORD_SYMBOLS && record_next_symbol(&rec, &symbol) > 0)
			n += symbol.n_levels == 1;
	record_reader_close(reader);
	close(fd);
	return n;
}

/* ---- whose code ---- */

TEST(each_process_has_generated_code_of_its_own)
{
	struct module *one = sample(main_proc(), CODE), *other;

	map_code(200);
	other = sample(procs_find(&t.s, 200), CODE);
	assert_ptr_not_equal(one, other);
	assert_string_equal(one->path, "[anon]");
	/* and mappings, of which there can be many, none */
	assert_ptr_equal(main_proc()->maps[0].module, procs_find(&t.s, 200)->maps[0].module);
	assert_ptr_not_equal(main_proc()->maps[0].module, one);
	assert_ptr_equal(sample(main_proc(), CODE + 5), one);
	made_records_deinit(made_session_end(&t));
}

TEST(beyond_a_limit_processes_share_code_without_names)
{
	struct module *m = NULL;

	for (uint32_t pid = 1000; pid < 2001; pid++) {
		map_code(pid);
		m = sample(procs_find(&t.s, pid), CODE);
		assert_true(!m == (pid == 2000));
	}
	pass(0);
	assert_int_equal(made_session_count_asked(&t, S_NAMES_FILE), 1000);
	made_records_deinit(made_session_end(&t));
}

TEST(a_forked_child_has_its_parents_names_until_it_execs)
{
	struct module *m;

	on_fork(&t, 200, MAIN_PID);
	m = sample(procs_find(&t.s, 200), CODE);
	named_end = CODE + 1;
	look(m, 200, 0, FILE_NONE, 0);
	assert_asked(MAIN_PID, "");
	give(m, FILE_BY_PATH, 10);
	pass(0);
	assert_int_equal(n_maps, 1);

	on_comm(&t, 200, 200, "other", true);
	map_code(200);
	m = sample(procs_find(&t.s, 200), CODE);
	look(m, 200, 0, FILE_NONE, 0);
	assert_not_asked();
	assert_int_equal(n_named(), 1);
}

/* ---- when ---- */

TEST(a_map_is_looked_at_again_while_frames_have_no_name)
{
	struct module *m = sample(main_proc(), CODE);

	sample(main_proc(), CODE + 0x100);
	pass(0);
	assert_asked(MAIN_PID, "");
	named_end = CODE + 1;
	give(m, FILE_BY_PATH, 10);
	pass(0);
	assert_int_equal(n_opened, 1);
	pass(999 * NS_PER_MS);
	assert_not_asked();
	/* it is the same: nothing to be read */
	look(m, MAIN_PID, NS_PER_MS, FILE_BY_PATH, 10);
	pass(0);
	assert_int_equal(n_opened, 1);
	pass(NS_PER_S);
	assert_asked(MAIN_PID, "");
	named_end = CODE + 0x101;
	give(m, FILE_BY_PATH, 20);
	pass(0);
	assert_int_equal(n_opened, 2);
	/* all have a name */
	pass(10 * NS_PER_S);
	assert_not_asked();
	assert_false(symbols_busy(&t.s));
	/* one more, which the worker knows already, and one that it does not */
	sample(main_proc(), CODE + 0x80);
	pass(0);
	assert_not_asked();
	sample(main_proc(), CODE + 0x200);
	pass(0);
	pass(0);
	assert_asked(MAIN_PID, "");
	assert_int_equal(n_opened, 2);
	give(m, FILE_NONE, 0);
	assert_int_equal(n_named(), 3);
}

TEST(what_takes_long_to_read_is_read_less_often)
{
	struct module *m = sample(main_proc(), CODE);

	look(m, MAIN_PID, 0, FILE_BY_PATH, 10);
	/* it answers three seconds later */
	t.s.now_ns += 3 * NS_PER_S;
	pass(0);
	pass(23 * NS_PER_S);
	assert_not_asked();
	pass(NS_PER_S);
	assert_asked(MAIN_PID, "");
	made_records_deinit(made_session_end(&t));
}

TEST(a_last_look_is_taken_when_sampling_is_over)
{
	struct module *m = sample(main_proc(), CODE);

	look(m, MAIN_PID, 0, FILE_BY_PATH, 10);
	pass(0);
	t.s.state = SESSION_FINISHING;
	assert_true(symbols_busy(&t.s));
	pass(0);
	assert_asked(MAIN_PID, "");
	assert_true(symbols_busy(&t.s));
	/* the process has ended: what is held may have grown */
	named_end = CODE + 1;
	give(m, FILE_NONE, 0);
	assert_true(symbols_busy(&t.s));
	pass(0);
	assert_int_equal(n_opened, 2);
	assert_int_equal(n_maps, 2);
	assert_false(symbols_busy(&t.s));
	assert_int_equal(n_named(), 1);
}

TEST(what_nobody_names_does_not_hold_up_the_end)
{
	struct module *m = sample(main_proc(), CODE);

	look(m, MAIN_PID, 0, FILE_NONE, 0);
	pass(0);
	t.s.state = SESSION_FINISHING;
	look(m, MAIN_PID, 0, FILE_NONE, 0);
	pass(0);
	assert_false(symbols_busy(&t.s));
	pass(NS_PER_S);
	assert_not_asked();
	assert_int_equal(n_opened, 1);
	assert_int_equal(n_named(), 0);
}

TEST(a_process_that_has_ended_is_looked_at_once_more)
{
	struct module *m;

	map_code(200);
	m = sample(procs_find(&t.s, 200), CODE);
	look(m, 200, 0, FILE_BY_PATH, 10);
	pass(0);
	procs_get_thread(&t.s, 200, 200, NOW_NS);
	on_exit_of(&t, 200, 200);
	procs_collect(&t.s);
	assert_null(procs_find(&t.s, 200));
	pass(0);
	assert_asked(200, "");
	named_end = CODE + 1;
	give(m, FILE_NONE, 0);
	pass(0);
	assert_int_equal(n_opened, 2);
	assert_int_equal(n_named(), 1);
}

TEST(another_worker_is_given_the_files_again)
{
	struct module *m = sample(main_proc(), CODE);

	look(m, MAIN_PID, 0, FILE_BY_PATH, 10);
	pass(0);
	pass(NS_PER_S);
	assert_asked(MAIN_PID, "");
	/* it dies while the opener looks */
	session_kill_worker(&t.s, WORKER_SYMBOL);
	close(worker);
	start_worker();
	symbols_worker_new(&t.s);
	named_end = CODE + 1;
	give(m, FILE_BY_PATH, 10);
	pass(0);
	assert_int_equal(n_opened, 2);
	assert_int_equal(n_named(), 1);
}

/* ---- what is there ---- */

TEST(a_jitdump_is_found_by_its_mapping)
{
	static const struct { const char *path; bool is; } cases[] = {
		{ "/tmp/jit-12.dump", true }, { "/jit-7.dump", true },
		{ "/home/u/.debug/jit/x/jit-1234.dump", true },
		{ "/tmp/jit-.dump", false }, { "/tmp/jit-12a.dump", false },
		{ "/tmp/xjit-12.dump", false }, { "/tmp/jit-12.dumps", false },
		{ "/tmp/jit-12.dump/x", false }, { "jit-12.dump", false },
	};

	for (size_t i = 0; i < array_len(cases); i++) {
		struct proc_map map = { .path = cases[i].path, .path_len = strlen(cases[i].path) };

		if (generated_is_jitdump(&map) != cases[i].is)
			fail_msg("%s", cases[i].path);
	}
	made_records_deinit(made_session_end(&t));
}

TEST(a_jitdump_that_is_mapped_is_asked_for_behind_the_map)
{
	struct module *m;

	on_mmap(&t, MAIN_PID, CODE + 0x20000, 0x1000, 0, "/srv/jit-100.dump", 77);
	m = sample(main_proc(), CODE);
	assert_int_equal(made_session_count_asked(&t, S_FILE), 0);
	look(m, MAIN_PID, 0, FILE_NONE, 0);
	assert_asked(MAIN_PID, "/srv/jit-100.dump");
	assert_int_equal(((struct s_names_file *)t.m->data)->ino, 77);
	named_end = CODE + 1;
	give(m, FILE_BY_PATH, 10);
	pass(0);
	assert_int_equal(n_maps, 0);
	assert_int_equal(n_dumps, 1);
	/* another one, mapped later */
	on_mmap(&t, MAIN_PID, CODE + 0x30000, 0x1000, 0, "/srv/jit-101.dump", 78);
	sample(main_proc(), CODE + 0x100);
	pass(0);
	look(m, MAIN_PID, NS_PER_S, FILE_BY_PATH, 10);
	assert_asked(MAIN_PID, "/srv/jit-101.dump");
	give(m, FILE_BY_PATH, 20);
	pass(0);
	assert_int_equal(n_maps, 1);
	assert_int_equal(n_dumps, 2);
	assert_int_equal(n_named(), 1);
}

TEST(a_file_that_is_not_believed_is_said)
{
	struct module *m = sample(main_proc(), CODE);

	look(m, MAIN_PID, 0, FILE_REFUSED, 0);
	assert_non_null(m->note);
	assert_non_null(strstr(m->note, "another user's"));
	pass(0);
	look(m, MAIN_PID, NS_PER_S, FILE_BY_PATH, 10);
	assert_null(m->note);
	made_records_deinit(made_session_end(&t));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(each_process_has_generated_code_of_its_own),
		CASE(beyond_a_limit_processes_share_code_without_names),
		CASE(a_forked_child_has_its_parents_names_until_it_execs),
		CASE(a_map_is_looked_at_again_while_frames_have_no_name),
		CASE(what_takes_long_to_read_is_read_less_often),
		CASE(a_last_look_is_taken_when_sampling_is_over),
		CASE(what_nobody_names_does_not_hold_up_the_end),
		CASE(a_process_that_has_ended_is_looked_at_once_more),
		CASE(another_worker_is_given_the_files_again),
		CASE(a_jitdump_is_found_by_its_mapping),
		CASE(a_jitdump_that_is_mapped_is_asked_for_behind_the_map),
		CASE(a_file_that_is_not_believed_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
