// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/profile_maker.h"

#include "base/io.h"
#include "profile/lines.h"

/* ---- what is in a profile ---- */

TEST(what_was_recorded_is_in_the_tables)
{
	struct profile_load *load = fixture_load(&plain);
	const struct profile *p = profile_load_profile(load);

	assert_int_equal(p->samples.n, FIXTURE_N_SAMPLES);
	assert_int_equal(p->n_threads, 2);
	assert_int_equal(p->n_processes, 1);
	assert_true(p->ended);
	assert_int_equal(p->end_ns, START + 30 * S);
	assert_string_equal(profile_meta(p, "engine"), "perf");
	assert_int_equal(profile_meta_number(p, "rate_hz", 0), 199);
	assert_int_equal(profile_meta_number(p, "engine", 5), 5);
	assert_null(profile_meta(p, "nonsense"));
	assert_int_equal(profile_main_process(p)->pid, 4242);
	profile_load_close(load);
}

TEST(functions_have_the_kind_of_their_module)
{
	struct profile_load *load = fixture_load(&plain);
	const struct profile *p = profile_load_profile(load);

	assert_int_equal(profile_function_kind(p, function(p, "main")), 'N');
	assert_int_equal(profile_function_kind(p, function(p, "write")), 'L');
	assert_int_equal(profile_function_kind(p, function(p, "ksys_write")), 'K');
	assert_int_equal(profile_function_kind(p, function(p, "libfast.so+0x5f30")), 'L');
	assert_int_equal(profile_function_kind(p, function(p, "[anon 0x7f21c0de0000]")), '?');
	assert_int_equal(profile_function_kind(p, function(p, "[cut at 1,024 frames]")), '?');
	assert_true(profile_function_unnamed(p, function(p, "libold.so+0x1234")));
	assert_true(profile_function_unnamed(p, function(p, "libfast.so+0x5f30")));
	assert_false(profile_function_unnamed(p, function(p, "write")));
	profile_load_close(load);
}

TEST(inlined_copies_are_one_function_and_equal_names_are_not)
{
	struct tiny t;
	struct profile_load *load;

	tiny_begin(&t, NULL);
	uint32_t file = record_put_string(t.w, "/s.c", 4), x = record_put_string(t.w, "x", 1);
	for (uint32_t i = 0; i < 2; i++)	/* twice the same, at two addresses */
		record_put_function(t.w, &(struct record_function){ .name = x, .file = file,
			.line = 3, .vaddr = 0x9000 + i });
	for (uint32_t i = 0; i < 2; i++)	/* two static ones of other files */
		record_put_function(t.w, &(struct record_function){ .name = x, .vaddr = 0xa000 + i });
	load = tiny_load(&t);
	const struct profile *p = profile_load_profile(load);
	uint32_t n = 0;

	for (uint32_t i = 0; i < p->n_functions; i++)
		n += strcmp(profile_string(p, p->functions[i].name), "x") == 0;
	assert_int_equal(n, 1 + 1 + 2);		/* "x" of tiny_begin(), too */
	profile_load_close(load);
}

TEST(a_body_that_includes_a_file_is_one_function_with_lines_in_both)
{
	static const char *const files[] = { "/cases.h", "/eval.c" };
	uint32_t stacks[2], names[2];
	struct profile_load *load;
	struct summary sum;
	struct lines l;
	struct tiny t;

	tiny_begin(&t, NULL);
	for (uint32_t i = 0; i < 2; i++) {	/* the file that declares it comes second */
		names[i] = record_put_string(t.w, files[i], strlen(files[i]));
		uint32_t eval = record_put_function(t.w, &(struct record_function){
			.name = record_put_string(t.w, "eval", 4), .file = names[i],
			.line = i ? 30 : 0, .vaddr = 0x90000, .source = SYMBOL_DWARF });
		uint32_t frame = record_put_frame(t.w, &(struct record_frame){
			.vaddr = 0x90004 + i });

		record_put_symbol(t.w, frame, &(struct record_level){ eval, 70 + i }, 1);
		stacks[i] = nodes_push(&t.nodes, t.w, OUTCOME_COMPLETE, frame);
		tiny_samples(&t, stacks[i], 0, 2 + i, i * S);
	}
	load = tiny_load(&t);
	const struct profile *p = profile_load_profile(load);
	uint32_t eval = function(p, "eval");

	summary_make(p, &everything, &sum);
	assert_int_equal(sum.functions[eval].self.count, 5);
	assert_string_equal(profile_string(p, p->functions[eval].file), "/eval.c");
	assert_int_equal(p->functions[eval].line, 30);
	lines_make(p, &everything, &sum, eval, &l);
	assert_int_equal(l.n, 2);
	assert_string_equal(profile_string(p, l.v[0].file), "/eval.c");	/* its own first */
	assert_int_equal(l.v[0].line, 71);
	assert_int_equal(l.v[0].self.count, 3);
	assert_string_equal(profile_string(p, l.v[1].file), "/cases.h");
	assert_int_equal(l.v[1].line, 70);
	lines_deinit(&l);
	summary_deinit(&sum);
	profile_load_close(load);
}

TEST(recursion_counts_once_per_sample)
{
	struct tiny t;
	struct profile_load *load;
	struct summary sum;

	tiny_begin(&t, NULL);
	tiny_samples(&t, tiny_stack(&t, OUTCOME_COMPLETE, "mfffg"), 0, 3, 0);
	tiny_samples(&t, tiny_stack(&t, OUTCOME_COMPLETE, "mfgf"), 0, 2, S);
	load = tiny_load(&t);
	const struct profile *p = profile_load_profile(load);
	summary_make(p, &everything, &sum);
	assert_int_equal(sum.functions[function(p, "f")].total.count, 5);
	assert_int_equal(sum.functions[function(p, "f")].self.count, 2);
	assert_int_equal(sum.functions[function(p, "g")].total.count, 5);
	assert_int_equal(sum.functions[function(p, "g")].self.count, 3);
	assert_int_equal(sum.functions[function(p, "m")].total.count, 5);
	summary_deinit(&sum);
	profile_load_close(load);
}

/* ---- how it is read ---- */

TEST(names_that_come_late_give_the_same_profile)
{
	struct fixture_options late = { .late_symbols = true };
	struct profile_load *a = fixture_load(&plain), *b = fixture_load(&late);
	const struct profile *p = profile_load_profile(a), *q = profile_load_profile(b);
	struct summary x, y;
	uint32_t n, m;

	summary_make(p, &everything, &x);
	summary_make(q, &everything, &y);
	uint32_t *order_x = summary_rank(p, &x, &n), *order_y = summary_rank(q, &y, &m);
	assert_int_equal(n, m);
	for (uint32_t i = 0; i < n; i++) {
		assert_string_equal(profile_string(p, p->functions[order_x[i]].name),
				    profile_string(q, q->functions[order_y[i]].name));
		assert_memory_equal(&x.functions[order_x[i]].total, &y.functions[order_y[i]].total,
				    sizeof(struct sum));
	}
	free(order_x);
	free(order_y);
	summary_deinit(&x);
	summary_deinit(&y);
	profile_load_close(a);
	profile_load_close(b);
}

/* Read a file that grows byte by byte in steps, asking in between. */
TEST(a_growing_recording_ends_up_as_the_whole_one)
{
	struct fixture_options late = { .late_symbols = true };
	_cleanup_(closep) int fd = fixture_fd(&late);
	_cleanup_(closep) int grow = memfd_create("grow", MFD_CLOEXEC);
	struct profile_load *whole = fixture_load(&plain), *load = NULL;
	struct buf all = { 0 };
	struct summary sum, expected;
	struct error err;
	uint64_t last = 0;

	lseek(fd, 0, SEEK_SET);
	assert_int_equal(io_read_all(fd, 1 << 24, &all, &err), 0);
	for (size_t done = 0; done < all.len;) {
		size_t step = min_of(all.len - done, (size_t)997);

		assert_int_equal(pwrite(grow, all.data + done, step, (off_t)done), step);
		done += step;
		if (!load)
			assert_int_equal(profile_load_open(grow, &load, &err), 0);
		assert_true(profile_load_more(load, &err) >= 0);
		summary_make(profile_load_profile(load), &everything, &sum);
		assert_true(sum.received.count >= last);
		last = sum.received.count;
		summary_deinit(&sum);
	}
	const struct profile *p = profile_load_profile(load), *q = profile_load_profile(whole);
	summary_make(p, &everything, &sum);
	summary_make(q, &everything, &expected);
	assert_int_equal(last, FIXTURE_N_SAMPLES);
	assert_memory_equal(&sum.functions[function(p, "fib")].total,
			    &expected.functions[function(q, "fib")].total, sizeof(struct sum));
	/* "[no user stack]" has a number in both, though not the same one */
	assert_int_equal(sum.functions[function(p, "compare")].self.count,
			 expected.functions[function(q, "compare")].self.count);
	summary_deinit(&sum);
	summary_deinit(&expected);
	buf_deinit(&all);
	profile_load_close(load);
	profile_load_close(whole);
}

TEST(stack_numbers_start_again_after_an_epoch)
{
	struct tiny t;
	struct profile_load *load;
	struct summary sum;

	tiny_begin(&t, NULL);
	tiny_samples(&t, tiny_stack(&t, OUTCOME_COMPLETE, "ma"), 0, 2, 0);
	record_put_epoch(t.w);
	tiny_samples(&t, tiny_stack(&t, OUTCOME_COMPLETE, "mb"), 0, 3, S);
	tiny_samples(&t, tiny_stack(&t, OUTCOME_COMPLETE, "ma"), 0, 4, 2 * S);
	load = tiny_load(&t);
	const struct profile *p = profile_load_profile(load);
	summary_make(p, &everything, &sum);
	assert_int_equal(sum.functions[function(p, "a")].self.count, 6);
	assert_int_equal(sum.functions[function(p, "b")].self.count, 3);
	assert_int_equal(p->n_stacks, RECORD_STACK_FIRST + 3);
	summary_deinit(&sum);
	profile_load_close(load);
}

TEST(samples_out_of_order_are_put_in_order)
{
	struct tiny t;
	struct profile_load *load;

	tiny_begin(&t, NULL);
	uint32_t stack = tiny_stack(&t, OUTCOME_COMPLETE, "m");
	tiny_samples(&t, stack, 0, 5, 3 * S);
	record_writer_commit(t.w, UINT64_MAX);
	tiny_samples(&t, stack, 1, 5, S);
	load = tiny_load(&t);
	const struct samples *s = &profile_load_profile(load)->samples;
	for (size_t i = 1; i < s->n; i++)
		assert_true(s->time_ns[i - 1] <= s->time_ns[i]);
	assert_int_equal(s->thread[0], 1);
	assert_int_equal(samples_find(s, START + 2 * S), 5);
	profile_load_close(load);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_recorded_is_in_the_tables),
		cmocka_unit_test(functions_have_the_kind_of_their_module),
		cmocka_unit_test(inlined_copies_are_one_function_and_equal_names_are_not),
		cmocka_unit_test(a_body_that_includes_a_file_is_one_function_with_lines_in_both),
		cmocka_unit_test(recursion_counts_once_per_sample),
		cmocka_unit_test(names_that_come_late_give_the_same_profile),
		cmocka_unit_test(a_growing_recording_ends_up_as_the_whole_one),
		cmocka_unit_test(stack_numbers_start_again_after_an_epoch),
		cmocka_unit_test(samples_out_of_order_are_put_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
