// SPDX-License-Identifier: Apache-2.0
/* Calls that a program has counted: what the command sends, and what is recorded of it. */
#include "tests/unit/session_maker.h"

#include "base/io.h"
#include "profile/profile.h"
#include "profile/profile_load.h"
#include "session/python_internal.h"

struct counted_call {
	const char *file, *name;
	uint32_t line;
	uint64_t calls;
};

/* What a worker makes of the counts of a process (import/import.h). */
static int put_process(const char *python, const struct counted_call *calls, size_t n)
{
	int fd = memfd_create("counts", MFD_CLOEXEC);
	struct record_writer *w;
	struct error err;

	assert_int_equal(record_writer_open(dup(fd), 0, 0, &w, &err), 0);
	record_put_meta(w, "python", python);
	record_put_meta(w, "counting_ns", "1500000");
	record_put_module(w, &(struct record_module){ .kind = MODULE_PYTHON });
	for (size_t i = 0; i < n; i++)
		record_put_measured(w, &(struct record_measured){ .caller = RECORD_NONE,
			.calls = calls[i].calls, .outermost = calls[i].calls,
			.how = COUNTED_BY_MONITORING,
			.function = record_put_function(w, &(struct record_function){
				.line = calls[i].line, .source = SYMBOL_PYTHON,
				.file = record_put_string(w, calls[i].file, strlen(calls[i].file)),
				.name = record_put_string(w, calls[i].name, strlen(calls[i].name)) }) });
	assert_int_equal(record_writer_close(w, &err), 0);
	return fd;
}

static void send_process(struct made_session *t, const char *python, const struct counted_call *calls,
			 size_t n)
{
	_cleanup_(closep) int fd = put_process(python, calls, n);

	counts_on_recording(&t->s, fd);
}

/* End the session; its recording as a profile, which the caller closes. */
static struct profile_load *end(struct made_session *t)
{
	int fd = dup(t->recording);
	struct profile_load *load;
	struct error err;

	counts_free(&t->s);
	made_records_deinit(made_session_end(t));
	assert_int_equal(profile_load_open(fd, &load, &err), 0);
	if (profile_load_more(load, &err) < 0)
		fail_msg("%s", err.msg);
	close(fd);
	return load;
}

static bool has_note(const struct profile *p, const char *text)
{
	for (size_t i = 0; i < p->n_notes; i++)
		if (strstr(profile_string(p, p->notes[i].text), text))
			return true;
	return false;
}

static uint64_t calls_of(const struct profile *p, const char *name, uint32_t line)
{
	for (uint32_t i = 0; i < p->n_functions; i++)
		if (strcmp(profile_string(p, p->functions[i].name), name) == 0 &&
		    p->functions[i].line == line && profile_count_of(p, i))
			return profile_count_of(p, i)->calls;
	fail_msg("no count of %s", name);
	return 0;
}

static const struct counted_call one[] = {
	{ "a.py", "f", 1, 10 }, { "a.py", "f", 7, 3 }, { "a.py", "g", 1, UINT64_MAX / 1024 },
}, other[] = {
	{ "b.py", "g", 1, 2 }, { "a.py", "f", 1, 5 }, { "a.py", "f", 1, 1 }, { "a.py", "never", 9, 0 },
};

TEST(processes_add_up_to_functions)
{
	struct made_session t;
	struct profile_load *load;
	const struct profile *p;

	made_session_init(&t);
	t.s.began_ns = NOW_NS + 7;
	t.s.target_end.time_ns = NOW_NS + NS_PER_S;
	send_process(&t, "780", one, 2);
	send_process(&t, "780", other, array_len(other));
	send_process(&t, "776", one, 1);	/* 3.8: another function */
	counts_on_end(&t.s, &(struct c_counts){ .cpu_ns = 2 * NS_PER_S });
	counts_on_recording(&t.s, -1);		/* too late */
	load = end(&t);
	p = profile_load_profile(load);
	assert_int_equal(p->calls.n, 4);	/* f of each version, the other f, g */
	assert_int_equal(calls_of(p, "f", 1), 16);
	assert_int_equal(calls_of(p, "f", 7), 3);
	assert_int_equal(calls_of(p, "g", 1), 2);
	assert_int_equal(p->calls.counts[0].from_ns, NOW_NS + 7);
	assert_int_equal(p->calls.counts[0].duration_ns, NS_PER_S - 7);
	assert_int_equal(p->calls.counts[0].how, COUNTED_BY_MONITORING);
	assert_true(has_note(p, "it took about 4 ms of 2.00 s of CPU time, in 3 Python processes") ||
		    has_note(p, "it took about 5 ms of 2.00 s of CPU time, in 3 Python processes"));
	profile_load_close(load);
}

/* The function of a count is that of the samples. */
TEST(what_was_sampled_gets_the_count)
{
	struct made_session t;
	struct profile_load *load;
	const struct profile *p;
	uint32_t n = 0;

	made_session_init(&t);
	struct module *m = python_functions_module(&t.s, 0x030c);
	record_put_function(t.s.writer, &(struct record_function){ .module = m->number,
		.name = record_put_string(t.s.writer, "f", 1),
		.file = record_put_string(t.s.writer, "a.py", 4), .line = 1,
		.vaddr = 5 << 24, .size = 1 << 24, .source = SYMBOL_PYTHON });
	send_process(&t, "780", one, 1);
	counts_on_end(&t.s, &(struct c_counts){ 0 });
	load = end(&t);
	p = profile_load_profile(load);
	for (uint32_t i = 0; i < p->n_functions; i++)
		n += strcmp(profile_string(p, p->functions[i].name), "f") == 0;
	assert_int_equal(n, 1);
	assert_int_equal(calls_of(p, "f", 1), 10);
	profile_load_close(load);
}

TEST(it_waits_for_counts_of_a_program_that_has_ended)
{
	struct made_session t;

	made_session_init(&t);
	t.s.why = END_TARGET;
	assert_false(counts_busy(&t.s));
	t.s.spec->counts = 1;
	assert_true(counts_busy(&t.s));
	t.s.why = END_TROUBLE;
	assert_false(counts_busy(&t.s));
	t.s.why = END_TARGET;
	counts_on_end(&t.s, &(struct c_counts){ .n_lost = 2 });
	assert_false(counts_busy(&t.s));

	struct profile_load *load = end(&t);

	assert_true(has_note(profile_load_profile(load), "no calls were counted: no Python was seen"));
	assert_true(has_note(profile_load_profile(load), "what 2 processes left could not be read"));
	profile_load_close(load);
}

/* A recording that the program made up breaks nothing, whatever is in it. */
TEST(what_is_no_count_is_left_out)
{
	struct made_session t;
	struct profile_load *load;
	const struct profile *p;
	struct error err;

	made_session_init(&t);
	send_process(&t, "99999999999999999999", one, 1);
	send_process(&t, "0", one, 1);
	_cleanup_(closep) int junk = io_memfd("junk", "junk", 4, &err);
	counts_on_recording(&t.s, junk);
	for (int i = 0; i < 2000; i++)		/* more calls than a recording may say */
		send_process(&t, "780", one, 3);
	counts_on_end(&t.s, &(struct c_counts){ 0 });
	load = end(&t);
	p = profile_load_profile(load);
	assert_true(has_note(p, "no room"));
	assert_true(has_note(p, "in 2000 Python processes"));
	assert_int_equal(calls_of(p, "f", 1), 20000);
	profile_load_close(load);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(processes_add_up_to_functions),
		cmocka_unit_test(what_was_sampled_gets_the_count),
		cmocka_unit_test(it_waits_for_counts_of_a_program_that_has_ended),
		cmocka_unit_test(what_is_no_count_is_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
