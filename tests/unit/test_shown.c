// SPDX-License-Identifier: Apache-2.0
/* Stacks of a Python program as views show them, in each way. */
#include "tests/unit/profile_maker.h"

#include "base/buf.h"
#include "export/export.h"
#include "profile/ledger.h"
#include "profile/lines.h"

static const struct fixture_options python = { .python = true };

struct shown_as {
	struct profile_load *load;
	struct profile *p;
	struct summary sum;
};

static void show(struct shown_as *s, enum frame_mode mode)
{
	struct error err;

	s->load = fixture_load(&python);
	s->p = profile_load_profile(s->load);
	assert_int_equal(profile_show(s->p, mode, &err), 0);
	summary_make(s->p, &everything, &s->sum);
}

static void show_end(struct shown_as *s)
{
	summary_deinit(&s->sum);
	profile_load_close(s->load);
}

/* Samples of each thousand that have the function on their stack, or on top. */
static uint64_t total_of(const struct shown_as *s, const char *name)
{
	return s->sum.functions[function(s->p, name)].total.count * 1000 / FIXTURE_PYTHON_SAMPLES;
}

static uint64_t self_of(const struct shown_as *s, const char *name)
{
	return s->sum.functions[function(s->p, name)].self.count * 1000 / FIXTURE_PYTHON_SAMPLES;
}

TEST(each_way_shows_its_functions)
{
	static const struct {
		const char *name;
		unsigned int self[FRAME_MODES], total[FRAME_MODES];
	} all[] = {
		/* merged, python, native, mixed */
		{ "in_list", { 50, 550, 0, 50 }, { 550, 550, 0, 550 } },
		{ "fib", { 250, 250, 0, 250 }, { 250, 250, 0, 250 } },
		{ "main.<locals>.<lambda>", { 50, 50, 0, 50 }, { 50, 50, 0, 50 } },
		{ "main", { 20, 130, 0, 20 }, { 980, 980, 0, 980 } },
		{ "list_contains", { 450, 0, 390, 390 }, { 500, 0, 500, 500 } },
		{ "PyObject_RichCompare", { 0, 0, 60, 60 }, { 0, 0, 110, 110 } },
		{ "__memcmp_evex_movbe", { 50, 0, 50, 50 }, { 50, 0, 50, 50 } },
		{ "builtin_sorted", { 40, 0, 40, 40 }, { 40, 0, 90, 90 } },
		{ "scan_once", { 50, 0, 50, 50 }, { 50, 0, 50, 50 } },
		{ "exc_page_fault", { 20, 0, 20, 20 }, { 20, 0, 20, 20 } },
		{ "_PyEval_EvalFrameDefault", { 0, 0, 370, 0 }, { 0, 0, 970, 970 } },
		/* Before and after Python runs. */
		{ "Py_FinalizeEx", { 20, 0, 20, 20 }, { 20, 0, 20, 20 } },
		{ "_start", { 0, 0, 0, 0 }, { 20, 0, 990, 990 } },
	};

	for (enum frame_mode mode = 0; mode < FRAME_MODES; mode++) {
		struct shown_as s;

		show(&s, mode);
		for (size_t i = 0; i < array_len(all); i++)
			if (self_of(&s, all[i].name) != all[i].self[mode] ||
			    total_of(&s, all[i].name) != all[i].total[mode])
				fail_msg("%s, %s frames: self %u, total %u", all[i].name,
					 frame_mode_name(mode), (unsigned int)self_of(&s, all[i].name),
					 (unsigned int)total_of(&s, all[i].name));
		show_end(&s);
	}
}

/* Among Python functions only, what has none is a row of its own. */
TEST(samples_without_python_do_not_vanish)
{
	struct shown_as s;
	struct error err;

	show(&s, FRAMES_PYTHON);
	assert_int_equal(self_of(&s, "[no Python function]"), 20);
	summary_deinit(&s.sum);
	assert_int_equal(profile_show(s.p, FRAMES_MERGED, &err), 0);
	summary_make(s.p, &everything, &s.sum);
	assert_int_equal(self_of(&s, FUNCTION_EMPTY_NAME), 0);
	show_end(&s);
}

/* All samples are somewhere, stacks that were cut stay so, and so does what is said of them. */
TEST(no_way_changes_what_became_of_the_samples)
{
	for (enum frame_mode mode = 0; mode < FRAME_MODES; mode++) {
		uint64_t all = 0;
		struct ledger ledger;
		struct shown_as s;

		show(&s, mode);
		for (uint32_t i = 0; i < s.sum.n_functions; i++)
			all += s.sum.functions[i].self.count;
		assert_int_equal(all, FIXTURE_PYTHON_SAMPLES);
		assert_int_equal(total_of(&s, "[gap: stack not copied]"), 10);
		ledger_make(s.p, &everything, &s.sum, &ledger);
		assert_int_equal(ledger.cut.count, FIXTURE_PYTHON_SAMPLES / 100);
		ledger_deinit(&ledger);
		show_end(&s);
	}
}

static const struct line_sum *line(const struct lines *l, uint32_t number)
{
	for (uint32_t i = 0; i < l->n; i++)
		if (l->v[i].line == number)
			return &l->v[i];
	fail_msg("no line %u", number);
	return NULL;
}

static void assert_line(const struct lines *l, uint32_t number, unsigned int self,
			unsigned int in_c, unsigned int total)
{
	const struct line_sum *sum = line(l, number);

	assert_int_equal(sum->self.count, self * 4);
	assert_int_equal(sum->in_c.count, in_c * 4);
	assert_int_equal(sum->total.count, total * 4);
	assert_true(sum->in_c_share.low <= in_c / 1000. && sum->in_c_share.high >= in_c / 1000.);
}

/* Up to the next Python function: what that one calls is its own. */
TEST(lines_of_python_have_the_c_that_they_call)
{
	struct shown_as s;
	struct lines l;

	show(&s, FRAMES_MERGED);
	lines_make(s.p, &everything, &s.sum, function(s.p, "in_list"), &l);
	assert_true(l.has_in_c);
	assert_line(&l, 10, 20, 0, 20);
	assert_line(&l, 11, 30, 500, 530);
	lines_deinit(&l);
	lines_make(s.p, &everything, &s.sum, function(s.p, "main"), &l);
	assert_line(&l, 26, 0, 0, 550);
	assert_line(&l, 29, 0, 40, 90);
	assert_line(&l, 30, 0, 70, 70);
	assert_line(&l, 31, 20, 0, 20);
	lines_deinit(&l);
	lines_make(s.p, &everything, &s.sum, function(s.p, "list_contains"), &l);
	assert_false(l.has_in_c);
	lines_deinit(&l);
	show_end(&s);
	show(&s, FRAMES_PYTHON);
	lines_make(s.p, &everything, &s.sum, function(s.p, "in_list"), &l);
	assert_false(l.has_in_c);
	assert_line(&l, 11, 530, 0, 530);
	lines_deinit(&l);
	show_end(&s);
}

/* The interpreter is no program of the user's. */
TEST(kinds_tell_python_from_c)
{
	static const struct {
		const char *name;
		char kind;
		bool in_interpreter;
	} all[] = {
		{ "in_list", 'P', false }, { "list_contains", 'L', true },
		{ "scan_once", 'L', false }, { "__memcmp_evex_movbe", 'L', false },
		{ "exc_page_fault", 'K', false }, { FUNCTION_EMPTY_NAME, '?', false },
	};
	struct shown_as s;
	struct error err;

	show(&s, FRAMES_MERGED);
	for (size_t i = 0; i < array_len(all); i++) {
		uint32_t f = function(s.p, all[i].name);

		assert_int_equal(profile_function_kind(s.p, f), all[i].kind);
		assert_int_equal(profile_function_in_interpreter(s.p, f), all[i].in_interpreter);
	}
	assert_int_equal(profile_show(s.p, FRAMES_NATIVE, &err), 0);
	assert_false(profile_function_in_interpreter(s.p, function(s.p, "list_contains")));
	show_end(&s);
}

/* Every format has the same time, however stacks are shown. */
TEST(exports_are_of_the_stacks_that_are_shown)
{
	for (enum frame_mode mode = 0; mode < FRAME_MODES; mode++) {
		struct shown_as s;
		char *text = NULL;
		size_t len = 0;
		FILE *out = open_memstream(&text, &len);
		uint64_t us = 0;
		struct error err;

		show(&s, mode);
		assert_int_equal(export_find("folded")->write(&(struct export_job){
			.p = s.p, .selection = &everything }, out, &err), 0);
		fclose(out);
		for (char *row = strtok(text, "\n"); row; row = strtok(NULL, "\n")) {
			char *space = strrchr(row, ' ');

			us += strtoull(space, NULL, 10);
			if (mode == FRAMES_PYTHON && strstr(row, "list_contains"))
				fail_msg("%s", row);
			if (mode == FRAMES_NATIVE && strstr(row, "in_list"))
				fail_msg("%s", row);
			if (mode == FRAMES_MERGED && strstr(row, "_PyEval"))
				fail_msg("%s", row);
			if (mode == FRAMES_MIXED && strstr(row, "in_list") &&
			    !strstr(row, "_PyEval_EvalFrameDefault;<module>;main;in_list") &&
			    !strstr(row, "[gap: stack not copied]"))
				fail_msg("%s", row);
		}
		assert_int_equal(us, (uint64_t)FIXTURE_PYTHON_SAMPLES * FIXTURE_PERIOD_NS / 1000);
		free(text);
		show_end(&s);
	}
}

/* A recording without Python is the same in all of them. */
TEST(without_python_there_is_one_way)
{
	struct profile_load *load = fixture_load(&plain);
	struct profile *p = profile_load_profile(load);
	struct error err;

	assert_false(profile_has_python(p));
	for (enum frame_mode mode = 0; mode < FRAME_MODES; mode++) {
		struct summary sum;

		assert_int_equal(profile_show(p, mode, &err), 0);
		assert_ptr_equal(p->shown.stacks, p->stacks);
		summary_make(p, &everything, &sum);
		assert_int_equal(sum.received.count, FIXTURE_N_SAMPLES);
		summary_deinit(&sum);
	}
	profile_load_close(load);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_way_shows_its_functions),
		cmocka_unit_test(samples_without_python_do_not_vanish),
		cmocka_unit_test(no_way_changes_what_became_of_the_samples),
		cmocka_unit_test(lines_of_python_have_the_c_that_they_call),
		cmocka_unit_test(kinds_tell_python_from_c),
		cmocka_unit_test(exports_are_of_the_stacks_that_are_shown),
		cmocka_unit_test(without_python_there_is_one_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
