// SPDX-License-Identifier: Apache-2.0
/* What a session asks about code, and what it makes of the answers, which may lie. */
#include "tests/unit/session_maker.h"

#include "base/io.h"
#include "worker/code_answer.h"
#include "worker/symbol_answer.h"

#define START 0x401000ull

static struct made_session t;
static struct module *module;
static int worker;		/* the other side of its channel */

/* A module that its worker has opened. */
static int setup(void **state)
{
	struct error err;
	int ends[2];

	(void)state;
	made_session_init(&t);
	on_mmap(&t, MAIN_PID, 0x7f0000000000ull, 0x3000, 0, "/bin/a", 1);
	module = procs_find(&t.s, MAIN_PID)->maps[0].module;
	module->state = MODULE_READY;
	module->naming = NAMING_READY;
	assert_int_equal(msg_pair(ends, &err), 0);
	t.s.workers[WORKER_SYMBOL] = ends[0];
	worker = ends[1];
	fcntl(worker, F_SETFL, O_NONBLOCK);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	closep(&worker);
	return 0;
}

/* The number of the next request for code, and its address; 0: there is none. */
static uint32_t asked(uint64_t *vaddr)
{
	const struct w_code *w = (const struct w_code *)t.m->data;
	struct error err;

	code_tick(&t.s);
	if (msg_recv(worker, t.m, &err) != 1)
		return 0;
	assert_int_equal(w->type, W_CODE);
	assert_int_equal(w->module, module->number);
	*vaddr = w->vaddr;
	return w->number;
}

/* The answer: names of the instructions, and the code, of which `len` bytes. */
static void answer(uint32_t number, const char *note, uint64_t start, uint64_t size, size_t len)
{
	struct symbol_answer_writer w = { 0 };
	struct symbol_sink sink = symbol_answer_sink(&w);
	struct r_code *r = (struct r_code *)t.m->data;
	struct buf b = { 0 };
	struct error err;

	sink.function(sink.ctx, &(struct symbol_function){ .name = "f", .vaddr = start, .size = size });
	sink.address(sink.ctx, start, &(struct symbol_level){ (uint32_t)module->n_functions, 3 }, 1);
	symbol_answer_finish(&w, &b);
	symbol_answer_deinit(&w);
	code_answer_put_head(&b, start, size, 2);
	code_answer_put(&b, &(struct instruction){ .vaddr = start, .len = 5, .text = "call",
						   .has_target = true, .target = start });
	code_answer_put(&b, &(struct instruction){ .vaddr = start + 5, .len = 1, .text = "ret" });
	*r = (struct r_code){ .type = R_CODE, .module = module->number, .number = number };
	snprintf(r->note, sizeof(r->note), "%s", note);
	t.m->len = sizeof(*r);
	t.m->fds[0] = io_memfd("code", b.data, min_of(len, b.len), &err);
	t.m->n_fds = 1;
	buf_deinit(&b);
	code_on_message(&t.s, t.m);
	msg_close_fds(t.m);
}

/* The CODE records of the recording, one behind the other as text: "start+size:n:note ". */
static char *recorded(void)
{
	int fd = dup(t.recording);
	struct made_records *all = made_session_end(&t);
	struct record_reader *reader;
	struct record_instruction i;
	struct buf out = { 0 };
	struct record rec;
	struct error err;

	assert_int_equal(record_reader_open(fd, &reader, &err), 0);
	while (record_reader_next(reader, &rec, &err) > 0) {
		unsigned int n = 0;

		if (rec.type != RECORD_CODE)
			continue;
		for (; record_next_instruction(&rec, &i) > 0; n++) {
			assert_int_equal(i.n_levels, n == 0);
			assert_int_equal(i.target_function, n == 0 ? 0 : RECORD_NONE);
		}
		_cleanup_(freep) char *one = xasprintf("%llx+%llx:%u:%s ",
			(unsigned long long)rec.code.vaddr, (unsigned long long)rec.code.size, n,
			all->string[rec.code.note]);
		buf_put(&out, one, strlen(one));
	}
	buf_put_u8(&out, '\0');
	record_reader_close(reader);
	made_records_deinit(all);
	close(fd);
	return (char *)out.data;
}

static void assert_recorded(const char *expected)
{
	char *text = recorded();

	assert_string_equal(text, expected);
	free(text);
}

TEST(a_function_is_asked_for_once_and_recorded)
{
	uint64_t vaddr;
	uint32_t number;

	code_want(&t.s, module->number, START + 5);
	code_want(&t.s, module->number, START + 5);
	number = asked(&vaddr);
	assert_int_equal(number, 1);
	assert_int_equal(vaddr, START + 5);
	assert_int_equal(asked(&vaddr), 0);
	assert_true(code_busy(&t.s));
	answer(number, "", START, 6, SIZE_MAX);
	assert_false(code_busy(&t.s));
	code_want(&t.s, module->number, START);		/* another place in it */
	assert_int_equal(asked(&vaddr), 0);
	assert_recorded("401000+6:2: ");
}

TEST(one_function_by_two_addresses_is_recorded_once)
{
	uint64_t vaddr;

	code_want(&t.s, module->number, START);
	code_want(&t.s, module->number, START + 5);
	assert_int_equal(asked(&vaddr), 1);
	assert_int_equal(asked(&vaddr), 2);
	answer(1, "", START, 6, SIZE_MAX);
	answer(2, "", START, 6, SIZE_MAX);
	assert_false(code_busy(&t.s));
	assert_recorded("401000+6:2: ");
}

TEST(what_nobody_can_have_is_not_asked_for)
{
	uint64_t vaddr;

	code_want(&t.s, modules_kernel(&t.s)->number, START);
	code_want(&t.s, modules_anon(&t.s)->number, START);
	code_want(&t.s, 99999, START);
	assert_int_equal(asked(&vaddr), 0);
	assert_false(code_busy(&t.s));
	module->naming = NAMING_FAILED;
	code_want(&t.s, module->number, START);
	assert_int_equal(asked(&vaddr), 0);
	assert_recorded("401000+0:0:its file cannot be read ");
}

TEST(a_refusal_is_recorded_with_its_reason)
{
	uint64_t vaddr;

	code_want(&t.s, module->number, START + 1);
	asked(&vaddr);
	answer(1, "no function is known there", START, 6, SIZE_MAX);
	assert_recorded("401001+0:0:no function is known there ");
}

TEST(an_answer_that_lies_is_refused)
{
	static const struct { uint64_t start, size; size_t len; } cases[] = {
		{ START + 1, 5, SIZE_MAX },	/* of a function that is elsewhere */
		{ START, 0, SIZE_MAX },
		{ START, 6, 20 },		/* cut short in its names, */
		{ START, 6, 32 },		/* and in its instructions */
		{ START, 6, 0 },
	};

	for (size_t i = 0; i < array_len(cases); i++) {
		uint64_t vaddr;

		if (i)
			setup(NULL);
		code_want(&t.s, module->number, START);
		asked(&vaddr);
		answer(1, "", cases[i].start, cases[i].size, cases[i].len);
		assert_false(code_busy(&t.s));
		assert_recorded("401000+0:0:what was made of it is malformed ");
		if (i + 1 < array_len(cases))
			teardown(NULL);
	}
}

TEST(answers_that_nobody_asked_for_change_nothing)
{
	uint64_t vaddr;

	answer(1, "", START, 6, SIZE_MAX);
	code_want(&t.s, module->number, START);
	asked(&vaddr);
	answer(0, "", START, 6, SIZE_MAX);
	answer(2, "", START, 6, SIZE_MAX);
	assert_true(code_busy(&t.s));
	answer(1, "", START, 6, SIZE_MAX);
	answer(1, "", START, 6, SIZE_MAX);
	assert_recorded("401000+6:2: ");
}

/* The one that it worked on costs the worker's life only once. */
TEST(a_crash_of_the_worker_costs_the_oldest_request)
{
	uint64_t vaddr;
	struct error err;
	int ends[2];

	code_want(&t.s, module->number, START);
	code_want(&t.s, module->number, START + 0x100);
	assert_int_equal(asked(&vaddr), 1);
	assert_int_equal(asked(&vaddr), 2);
	session_kill_worker(&t.s, WORKER_SYMBOL);
	assert_int_equal(module->n_crashes, 0);		/* its names are not to blame */
	closep(&worker);
	assert_int_equal(msg_pair(ends, &err), 0);
	t.s.workers[WORKER_SYMBOL] = ends[0];
	worker = ends[1];
	fcntl(worker, F_SETFL, O_NONBLOCK);
	assert_int_equal(asked(&vaddr), 0);		/* it is not open in the new one */
	module->naming = NAMING_READY;
	module->names_wait = false;
	assert_int_equal(asked(&vaddr), 2);
	answer(2, "", START + 0x100, 6, SIZE_MAX);
	assert_recorded("401000+0:0:the disassembler crashed or reached its limits "
			"401100+6:2: ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_function_is_asked_for_once_and_recorded, setup, teardown),
		cmocka_unit_test_setup_teardown(one_function_by_two_addresses_is_recorded_once, setup, teardown),
		cmocka_unit_test_setup_teardown(what_nobody_can_have_is_not_asked_for, setup, teardown),
		cmocka_unit_test_setup_teardown(a_refusal_is_recorded_with_its_reason, setup, teardown),
		cmocka_unit_test_setup_teardown(an_answer_that_lies_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(answers_that_nobody_asked_for_change_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(a_crash_of_the_worker_costs_the_oldest_request, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
