// SPDX-License-Identifier: Apache-2.0
/* Memory: what is said where nothing is known, and what it costs in CPU time. */
#include "tests/unit/app_maker.h"

#include "profile/memory_work.h"
#include "tests/unit/golden.h"
#include "tests/unit/profile_maker.h"
#include "ui/view.h"

TEST(screens_of_memory_look_as_they_did)
{
	static const struct fixture_options python = { .python = true };
	static const struct fixture_options usage = { .usage = true };
	static const struct {
		const char *keys, *name;
		unsigned int width, height;
		bool utf8, python, usage;
	} all[] = {
		{ "9", "memory", 60, 15, false }, { "9", "memory", 60, 15, true },
		{ "9", "memory", 80, 24, false }, { "9", "memory", 80, 24, true },
		{ "9", "memory", 100, 30, false }, { "9", "memory", 100, 30, true },
		{ "9", "memory", 140, 40, false }, { "9", "memory", 140, 40, true },
		{ "9", "memory", 250, 70, false }, { "9", "memory", 250, 70, true },
		{ "9jj", "memory-python", 100, 30, true, true },
		{ "9", "memory-held", 80, 24, false, .usage = true },
		{ "9", "memory-held", 100, 30, true, .usage = true },
		{ "9", "memory-held", 200, 60, true, .usage = true },
		{ "9", "memory-held", 200, 60, false, .usage = true },
		{ "9L", "lesson-memory", 80, 24, false }, { "9L", "lesson-memory", 100, 30, true },
	};

	for (size_t i = 0; i < array_len(all); i++) {
		_cleanup_(freep) char *name = xasprintf("screen-%s-%ux%u%s", all[i].name,
							all[i].width, all[i].height,
							all[i].utf8 ? "-utf8" : "");
		_cleanup_(freep) char *text = NULL;
		struct made_app t;

		made_app_init(&t, all[i].python ? &python : all[i].usage ? &usage : &usual,
			      all[i].width, all[i].height, all[i].utf8);
		type_slowly(&t, all[i].keys);
		text = screen(&t);
		golden_compare(name, text);
		made_app_deinit(&t);
	}
}

/* The innermost function of such a name takes the sample, so the rows do not overlap. */
TEST(a_sample_counts_once)
{
	static const char *const names[] = { "main", "realloc", "__memmove_avx_unaligned", "free_list" };
	struct profile_load *load;
	struct memory_work w;
	struct profile *p;
	struct summary sum;
	struct tiny t = { 0 };
	uint32_t stack = OUTCOME_COMPLETE;

	tiny_begin(&t, NULL);
	for (uint32_t i = 0; i < array_len(names); i++) {
		uint32_t frame = record_put_frame(t.w, &(struct record_frame){ .vaddr = 0x90000 + i });
		uint32_t f = record_put_function(t.w, &(struct record_function){
			.name = record_put_string(t.w, names[i], strlen(names[i])),
			.vaddr = 0x90000 + i, .source = SYMBOL_SYMTAB });

		record_put_symbol(t.w, frame, &(struct record_level){ f, 0 }, 1);
		stack = nodes_push(&t.nodes, t.w, stack, frame);
		tiny_samples(&t, stack, 0, 10 * (i + 1), i * S);
	}
	load = tiny_load(&t);
	p = profile_load_profile(load);
	summary_make(p, &everything, &sum);
	memory_work_make(p, &sum, &w);
	assert_int_equal(w.sums[MEMORY_ALLOCATES].count, 20);
	assert_int_equal(w.most[MEMORY_ALLOCATES], function(p, "realloc"));
	assert_int_equal(w.sums[MEMORY_COPIES].count, 70);
	assert_int_equal(w.sums[MEMORY_COLLECTS].count, 0);
	assert_int_equal(w.most[MEMORY_COLLECTS], RECORD_NONE);
	assert_false(w.kernel_seen);
	assert_int_equal(memory_kind_of(p, function(p, "free_list")), MEMORY_KINDS);
	summary_deinit(&sum);
	profile_load_close(load);
}

TEST(the_most_of_it_leads_to_its_callers)
{
	static const struct fixture_options python = { .python = true }, few = { .n_samples = 12 };
	struct made_app t;

	made_app_init(&t, &python, 100, 30, false);
	type(&t, "9G\n");
	assert_ptr_equal(t.app.view, &view_callers);
	assert_string_equal(selected(&t), "exc_page_fault");
	type(&t, "<gj\n");
	assert_ptr_equal(t.app.view, &view_memory);
	assert_shows(&t, "no samples of it");
	made_app_deinit(&t);

	made_app_init(&t, &few, 80, 24, false);
	type(&t, "9");
	t.model.scope = (struct selection){ .from_ns = 1, .to_ns = 2 };
	model_ask(&t.model);
	assert_shows(&t, "No CPU samples.");
	type(&t, "jkG\n/x");
	t.app.session.state = APP_LIVE;
	assert_shows(&t, "grep VmRSS /proc/4242/status");
	made_app_deinit(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(screens_of_memory_look_as_they_did),
		cmocka_unit_test(a_sample_counts_once),
		cmocka_unit_test(the_most_of_it_leads_to_its_callers),
	};

	return cmocka_run_group_tests(tests, made_app_setup, made_app_teardown);
}
