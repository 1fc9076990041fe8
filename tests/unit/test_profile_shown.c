// SPDX-License-Identifier: Apache-2.0
/* Stacks of a Python program as views show them. */
#include "tests/unit/profile_maker.h"

#include <poll.h>

enum { EXE, PYTHON, LIBRARY, KERNEL, STEPS, UVLOOP, N_MODULES };

#define LIB "/usr/lib/python3.11/"

static const struct {
	const char *name;
	unsigned int module;
	const char *file;
} names[] = {
	{ "_start", EXE }, { "main", EXE }, { "pymain_run_python", EXE },
	{ "_PyEval_EvalFrameDefault", EXE }, { "builtin_sorted", EXE },
	{ "cfunction_vectorcall_O", EXE }, { "list_index", EXE }, { "list_richcompare", EXE },
	{ "PyObject_GetAttr", EXE },
	{ "<module>", PYTHON }, { "report", PYTHON }, { "key", PYTHON },
	{ "compress", LIBRARY }, { "sys_read", KERNEL },
	{ "run", PYTHON, LIB "asyncio/runners.py" }, { "Runner.run", PYTHON, LIB "asyncio/runners.py" },
	{ "BaseEventLoop.run_until_complete", PYTHON, LIB "asyncio/base_events.py" },
	{ "BaseEventLoop.run_forever", PYTHON, LIB "asyncio/base_events.py" },
	{ "BaseEventLoop._run_once", PYTHON, LIB "asyncio/base_events.py" },
	{ "BaseEventLoop.create_task", PYTHON, LIB "asyncio/base_events.py" },
	{ "Handle._run", PYTHON, LIB "asyncio/events.py" }, { "_run", PYTHON, "/home/my/events.py" },
	{ "fetch", PYTHON, "/home/my/app.py" }, { "uv_run", UVLOOP },
	{ "EpollSelector.select", PYTHON, LIB "selectors.py" }, { "task_step", STEPS },
};

struct made {
	struct tiny t;
	uint32_t modules[N_MODULES];
	uint32_t functions[array_len(names)];
	uint32_t n_samples;	/* one after another */
};

static void name_frame(struct made *m, size_t i)
{
	record_put_symbol(m->t.w, m->t.frames[i], &(struct record_level){ m->functions[i], 1 }, 1);
}

/* Frames without names, but for those of Python functions: those have one from the start. */
static void begin(struct made *m, bool named)
{
	static const enum record_module_kind kinds[] = { MODULE_FILE, MODULE_PYTHON, MODULE_FILE,
							 MODULE_KERNEL, MODULE_FILE, MODULE_FILE };
	static const char *const paths[] = { "/bin/python", "python3.11", "/lib/libz.so", "[kernel]",
					     LIB "lib-dynload/_asyncio.cpython-311-x86_64-linux-gnu.so",
					     LIB "site-packages/uvloop/loop.cpython-311-x86_64-linux-gnu.so" };
	struct error err;

	m->t.fd = memfd_create("shown", MFD_CLOEXEC);
	assert_int_equal(record_writer_open(dup(m->t.fd), START, 0, &m->t.w, &err), 0);
	record_put_process(m->t.w, &(struct record_process){ .pid = 7 });
	record_put_thread(m->t.w, &(struct record_thread){ .tid = 7, .time_ns = START });
	for (size_t i = 0; i < N_MODULES; i++)
		m->modules[i] = record_put_module(m->t.w, &(struct record_module){
			.kind = kinds[i],
			.path = record_put_string(m->t.w, paths[i], strlen(paths[i])) });
	record_put_module_info(m->t.w, &(struct record_module_info){
		.module = m->modules[EXE], .flags = MODULE_INTERPRETER });
	for (size_t i = 0; i < array_len(names); i++) {
		uint32_t module = m->modules[names[i].module];
		const char *file = names[i].file ? names[i].file : "";

		m->functions[i] = record_put_function(m->t.w, &(struct record_function){
			.module = module, .vaddr = 0x1000 * i, .size = 0x1000,
			.name = record_put_string(m->t.w, names[i].name, strlen(names[i].name)),
			.file = record_put_string(m->t.w, file, strlen(file)),
			.source = names[i].module == PYTHON ? SYMBOL_PYTHON : SYMBOL_SYMTAB });
		m->t.frames[i] = record_put_frame(m->t.w, &(struct record_frame){
			.module = module, .vaddr = 0x1000 * i + 4 });
		if (named || names[i].module == PYTHON)
			name_frame(m, i);
	}
}

/* The path of names, with blanks between, outermost first. */
static uint32_t put_stack(struct made *m, const char *path)
{
	_cleanup_(freep) char *copy = xstrdup(path);
	uint32_t stack = OUTCOME_COMPLETE;
	char *rest = copy, *name;

	while ((name = strsep(&rest, " "))) {
		size_t i = 0;

		while (i < array_len(names) && strcmp(names[i].name, name) != 0)
			i++;
		assert_true(i < array_len(names));
		stack = nodes_push(&m->t.nodes, m->t.w, stack, m->t.frames[i]);
	}
	tiny_samples(&m->t, stack, 0, 1, m->n_samples++ * NS_PER_MS);
	return stack;
}

/* A stack as names, outermost first. */
static void path_of(const struct profile *p, const struct profile_stack *stacks, uint32_t stack,
		    char *out, size_t cap)
{
	if (stack < RECORD_STACK_FIRST) {
		out[0] = '\0';
		return;
	}

	const struct profile_stack *s = &stacks[stack];
	const struct profile_frame *f = &p->frames[s->frame];
	const struct profile_level *level = &p->levels[f->first_level];
	size_t len;

	if (stacks == p->stacks && f->own_level)
		level = &p->levels[f->own_level - 1];

	path_of(p, stacks, s->parent, out, cap);
	len = strlen(out);
	snprintf(out + len, cap - len, "%s%s", len ? " " : "",
		 profile_string(p, p->functions[level->function].name));
}

/* What is recorded as the one is shown as the other. */
static void assert_shown(const struct profile *p, const char *recorded, const char *expected)
{
	char path[1000];

	for (size_t i = 0; i < p->n_leaves; i++) {
		path_of(p, p->stacks, p->leaves[i], path, sizeof(path));
		if (strcmp(path, recorded) != 0)
			continue;
		path_of(p, p->shown.stacks, p->shown.leaves[i], path, sizeof(path));
		assert_string_equal(path, expected);
		return;
	}
	fail_msg("not recorded: %s", recorded);
}

#define LOOP "BaseEventLoop.run_until_complete BaseEventLoop.run_forever BaseEventLoop._run_once"
#define MACHINE "_start main pymain_run_python _PyEval_EvalFrameDefault"

static const struct {
	const char *recorded, *merged, *python, *native;
} cases[] = {
	/* the example of profile/shown.h */
	{ MACHINE " <module> report builtin_sorted _PyEval_EvalFrameDefault key "
	  "_PyEval_EvalFrameDefault cfunction_vectorcall_O list_index list_richcompare",
	  "<module> report key list_index", "<module> report key",
	  MACHINE " builtin_sorted _PyEval_EvalFrameDefault _PyEval_EvalFrameDefault "
	  "cfunction_vectorcall_O list_index list_richcompare" },
	/* the loop itself is its function's time */
	{ MACHINE " <module> _PyEval_EvalFrameDefault", "<module>", "<module>",
	  MACHINE " _PyEval_EvalFrameDefault" },
	/* a library and the kernel always */
	{ MACHINE " <module> _PyEval_EvalFrameDefault compress", "<module> compress", "<module>",
	  MACHINE " _PyEval_EvalFrameDefault compress" },
	{ MACHINE " <module> PyObject_GetAttr sys_read", "<module> PyObject_GetAttr sys_read",
	  "<module>", MACHINE " PyObject_GetAttr sys_read" },
	/* a library that calls Python again stays between */
	{ MACHINE " <module> compress _PyEval_EvalFrameDefault key", "<module> compress key",
	  "<module> key", MACHINE " compress _PyEval_EvalFrameDefault" },
	/* what an event loop runs, with what it takes for that, is called by one frame */
	{ MACHINE " <module> run Runner.run " LOOP " Handle._run builtin_sorted task_step "
	  "_PyEval_EvalFrameDefault fetch list_index",
	  "<module> [asyncio event loop] fetch list_index", "<module> [asyncio event loop] fetch",
	  MACHINE " builtin_sorted task_step _PyEval_EvalFrameDefault list_index" },
	{ MACHINE " <module> " LOOP " EpollSelector.select PyObject_GetAttr sys_read",
	  "<module> [asyncio event loop] EpollSelector.select PyObject_GetAttr sys_read",
	  "<module> [asyncio event loop] EpollSelector.select", MACHINE " PyObject_GetAttr sys_read" },
	{ MACHINE " <module> " LOOP " task_step", "<module> [asyncio event loop]",
	  "<module> [asyncio event loop]", MACHINE " task_step" },
	/* a loop in a task, and what is in a file of asyncio and no loop */
	{ MACHINE " <module> " LOOP " fetch " LOOP " fetch",
	  "<module> [asyncio event loop] fetch [asyncio event loop] fetch",
	  "<module> [asyncio event loop] fetch [asyncio event loop] fetch", MACHINE },
	{ MACHINE " <module> " LOOP " Handle._run fetch BaseEventLoop.create_task task_step",
	  "<module> [asyncio event loop] fetch BaseEventLoop.create_task task_step",
	  "<module> [asyncio event loop] fetch BaseEventLoop.create_task", MACHINE " task_step" },
	{ MACHINE " <module> run uv_run task_step _PyEval_EvalFrameDefault fetch uv_run sys_read",
	  "<module> [asyncio event loop] fetch uv_run sys_read", "<module> [asyncio event loop] fetch",
	  MACHINE " uv_run task_step _PyEval_EvalFrameDefault uv_run sys_read" },
	{ MACHINE " <module> _run key", "<module> _run key", "<module> _run key", MACHINE },
};

TEST(each_mode_shows_what_it_says)
{
	struct made m = { 0 };
	struct profile_load *load;
	struct error err;

	begin(&m, true);
	for (size_t i = 0; i < array_len(cases); i++)
		put_stack(&m, cases[i].recorded);
	load = tiny_load(&m.t);

	struct profile *p = profile_load_profile(load);

	assert_int_equal(p->n_leaves, array_len(cases));
	for (int again = 0; again < 2; again++)
		for (enum frame_mode mode = 0; mode < FRAME_MODES; mode++) {
			assert_int_equal(profile_show(p, mode, &err), 0);
			for (size_t i = 0; i < array_len(cases); i++)
				assert_shown(p, cases[i].recorded,
					     mode == FRAMES_MERGED ? cases[i].merged :
					     mode == FRAMES_PYTHON ? cases[i].python :
					     mode == FRAMES_NATIVE ? cases[i].native : cases[i].recorded);
		}
	profile_load_close(load);
}

/* Without a name the machinery cannot be told from what does something. */
TEST(names_that_arrive_later_count)
{
	struct made m = { 0 };
	struct profile_load *load;
	struct error err;

	begin(&m, false);
	put_stack(&m, MACHINE " <module> _PyEval_EvalFrameDefault list_index");
	load = tiny_load(&m.t);

	struct profile *p = profile_load_profile(load);

	char path[1000];

	path_of(p, p->shown.stacks, p->shown.leaves[0], path, sizeof(path));
	assert_string_equal(path, "<module> [python internals]");
	profile_load_close(load);

	/* the same, named after the stack was recorded */
	m = (struct made){ 0 };
	begin(&m, false);
	put_stack(&m, MACHINE " <module> _PyEval_EvalFrameDefault list_index");
	for (size_t i = 0; i < array_len(names); i++)
		if (names[i].module != PYTHON)
			name_frame(&m, i);
	load = tiny_load(&m.t);
	p = profile_load_profile(load);
	assert_int_equal(profile_show(p, FRAMES_MERGED, &err), 0);
	assert_shown(p, MACHINE " <module> _PyEval_EvalFrameDefault list_index", "<module> list_index");
	profile_load_close(load);
}

static void wait_for_growth(struct record_writer *w)
{
	struct pollfd fd = { .fd = record_writer_grown_fd(w), .events = POLLIN };
	uint64_t n;

	assert_int_equal(poll(&fd, 1, 10000), 1);
	assert_int_equal(read(fd.fd, &n, sizeof(n)), sizeof(n));
}

/* Stack by stack, as a recording that grows is read, is the same as all at once. */
TEST(a_recording_that_grows_shows_what_a_whole_one_does)
{
	for (enum frame_mode mode = 0; mode < FRAME_MODES; mode++) {
		struct made m = { 0 };
		struct profile_load *load = NULL;
		struct profile *p = NULL;
		char paths[array_len(cases)][1000];
		struct error err;

		begin(&m, true);
		for (size_t i = 0; i < array_len(cases); i++) {
			put_stack(&m, cases[i].recorded);
			record_writer_commit(m.t.w, UINT64_MAX);
			wait_for_growth(m.t.w);
			if (!load)
				assert_int_equal(profile_load_open(m.t.fd, &load, &err), 0);
			assert_int_equal(profile_load_more(load, &err), 1);
			p = profile_load_profile(load);
			if (i == 0)
				assert_int_equal(profile_show(p, mode, &err), 0);
			assert_int_equal(p->n_leaves, i + 1);
		}
		for (size_t i = 0; i < array_len(cases); i++)
			path_of(p, p->shown.stacks, p->shown.leaves[i], paths[i], sizeof(paths[i]));
		size_t n_stacks = p->shown.n_stacks;

		assert_int_equal(profile_show(p, mode, &err), 0);
		assert_int_equal(p->shown.n_stacks, n_stacks);
		for (size_t i = 0; i < array_len(cases); i++) {
			char path[1000];

			path_of(p, p->shown.stacks, p->shown.leaves[i], path, sizeof(path));
			assert_string_equal(path, paths[i]);
		}
		assert_int_equal(record_writer_close(m.t.w, &err), 0);
		profile_load_close(load);
		close(m.t.fd);
	}
}

/* What has no Python takes no memory for it. */
TEST(without_python_the_stacks_are_those_recorded)
{
	for (enum frame_mode mode = 0; mode < FRAME_MODES; mode++) {
		static struct tiny t;
		struct profile_load *load;
		struct error err;

		t = (struct tiny){ 0 };
		tiny_begin(&t, NULL);
		tiny_samples(&t, tiny_stack(&t, OUTCOME_COMPLETE, "main"), 0, 5, 0);
		load = tiny_load(&t);

		struct profile *p = profile_load_profile(load);

		assert_int_equal(profile_show(p, mode, &err), 0);
		assert_true(p->shown.stacks == p->stacks && p->shown.leaves == p->leaves);
		assert_shown(p, "m a i n", "m a i n");
		profile_load_close(load);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_mode_shows_what_it_says),
		cmocka_unit_test(names_that_arrive_later_count),
		cmocka_unit_test(a_recording_that_grows_shows_what_a_whole_one_does),
		cmocka_unit_test(without_python_the_stacks_are_those_recorded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
