// SPDX-License-Identifier: Apache-2.0
/* Sums of what is selected, by time, thread, name and module, and how they scatter. */
#include "tests/unit/profile_maker.h"

#include <errno.h>
#include <math.h>

#include "profile/filter.h"
#include "profile/ledger.h"
#include "profile/summary_blocks.h"

/* Sums of a selection the slow and obvious way. */
static void sum_by_hand(const struct profile *p, const struct selection *s, struct sum *self,
			struct sum *total)
{
	for (size_t i = 0; i < p->samples.n; i++) {
		uint64_t time = p->samples.time_ns[i];
		uint32_t seen[256], n = 0;
		bool in = !s->n_threads;

		for (size_t k = 0; k < s->n_threads; k++)
			in |= p->samples.thread[i] == s->threads[k];
		if (!in || ((s->from_ns || s->to_ns) && (time < s->from_ns || time >= s->to_ns)))
			continue;
		struct sum one = { 1, p->samples.weight_ns[i] };
		uint32_t node = p->tree.of_stack[p->leaves[p->samples.leaf[i]]];
		sum_add(&self[p->tree.function[node]], one);
		for (; node; node = p->tree.parent[node]) {
			uint32_t f = p->tree.function[node], k = 0;

			while (k < n && seen[k] != f)
				k++;
			if (k < n)
				continue;
			seen[n++] = f;
			sum_add(&total[f], one);
		}
	}
}

TEST(sums_of_any_selection_are_those_made_by_hand)
{
	const uint32_t threads[] = { 1 };
	const struct selection selections[] = {
		{ 0 },
		{ .from_ns = START + 7 * S, .to_ns = START + 8 * S },
		{ .from_ns = START + S / 3, .to_ns = START + 29 * S },
		{ .threads = threads, .n_threads = 1 },
		{ .threads = threads, .n_threads = 1, .from_ns = START + 3 * S, .to_ns = UINT64_MAX },
		{ .from_ns = START + 40 * S, .to_ns = START + 50 * S },
	};
	struct profile_load *load = fixture_load(&plain);
	const struct profile *p = profile_load_profile(load);

	for (size_t i = 0; i < array_len(selections); i++) {
		struct sum *self = xcalloc(p->n_functions, sizeof(*self));
		struct sum *total = xcalloc(p->n_functions, sizeof(*total));
		struct summary sum;

		sum_by_hand(p, &selections[i], self, total);
		summary_make(p, &selections[i], &sum);
		for (uint32_t f = 1; f < p->n_functions; f++) {
			assert_memory_equal(&sum.functions[f].self, &self[f], sizeof(*self));
			assert_memory_equal(&sum.functions[f].total, &total[f], sizeof(*total));
		}
		summary_deinit(&sum);
		free(self);
		free(total);
	}
	profile_load_close(load);
}

TEST(blocks_of_functions_add_up_to_their_time)
{
	struct profile_load *load = fixture_load(&plain);
	const struct profile *p = profile_load_profile(load);
	struct summary sum;

	summary_make(p, &everything, &sum);
	assert_int_equal(sum.stats.n_blocks, 30);
	for (uint32_t f = 0; f < p->n_functions; f++) {
		double ns = 0;

		for (uint32_t b = 0; b < sum.stats.n_blocks; b++)
			ns += sum.self_ns[f * sum.stats.n_blocks + b];
		assert_float_equal(ns, (double)sum.functions[f].self.weight_ns, 1);
	}
	/* "main" has its share in every block: nothing scatters but the draw */
	struct interval iv = summary_total(&sum, function(p, "main"));
	assert_true(iv.low < iv.share && iv.share < iv.high && iv.high - iv.low < .02);
	summary_deinit(&sum);
	profile_load_close(load);
}

/* A second is a block here: its sums are those of a selection of that second. */
TEST(a_trend_is_the_time_of_each_part_of_the_range)
{
	struct profile_load *load = fixture_load(&plain);
	const struct profile *p = profile_load_profile(load);
	struct summary sum;
	double parts[30], by_hand[10] = { 0 };
	uint32_t f;

	summary_make(p, &everything, &sum);
	f = function(p, "fib");
	for (size_t i = 0; i < p->samples.n; i++)
		if (p->tree.function[p->tree.of_stack[p->leaves[p->samples.leaf[i]]]] == f)
			by_hand[min_of((p->samples.time_ns[i] - START) / (3 * S), (uint64_t)9)] +=
				p->samples.weight_ns[i];
	assert_true(summary_trend(&sum, f, 10, parts));
	for (int i = 0; i < 10; i++)
		assert_true(fabs(parts[i] - by_hand[i]) < 1);
	/* Also where a part ends within a block. */
	assert_true(summary_trend(&sum, f, 7, parts));
	for (int i = 1; i < 7; i++)
		parts[0] += parts[i];
	assert_true(fabs(parts[0] - (double)sum.functions[f].self.weight_ns) < 1);
	assert_true(summary_trend(&sum, f, 30, parts));
	assert_false(summary_trend(&sum, f, 31, parts));
	summary_deinit(&sum);
	profile_load_close(load);
}

TEST(the_scatter_of_totals_is_that_of_the_seconds)
{
	struct profile_load *load = fixture_load(&plain);
	const struct profile *p = profile_load_profile(load);
	double *sq = xcalloc(p->n_functions, sizeof(*sq)), *w = xcalloc(p->n_functions, sizeof(*w));
	struct summary all;

	summary_make(p, &everything, &all);
	for (uint32_t b = 0; b < 30; b++) {
		struct selection second = { .from_ns = START + b * S, .to_ns = START + (b + 1) * S };
		struct summary sum;

		summary_make(p, &second, &sum);
		assert_float_equal(sum.stats.total, all.stats.weight[b], 1);
		for (uint32_t f = 1; f < p->n_functions; f++) {
			double total = (double)sum.functions[f].total.weight_ns;

			sq[f] += total * total;
			w[f] += total * sum.stats.total;
		}
		summary_deinit(&sum);
	}
	for (uint32_t f = 1; f < p->n_functions; f++) {
		assert_float_equal(all.functions[f].total_sq / 1e12, sq[f] / 1e12, 1);
		assert_float_equal(all.functions[f].total_w / 1e12, w[f] / 1e12, 1);
	}
	summary_deinit(&all);
	free(sq);
	free(w);
	profile_load_close(load);
}

TEST(a_filter_leaves_out_samples_and_says_how_many)
{
	struct profile_load *load = fixture_load(&plain);
	const struct profile *p = profile_load_profile(load);
	struct selection s = { 0 };
	struct filter *filter;
	struct summary all, sum;
	struct error err;
	uint32_t n;

	assert_int_equal(filter_open("^(fib|write)$", FILTER_REGEX, &filter, &err), 0);
	s.filter = filter;
	summary_make(p, &everything, &all);
	summary_make(p, &s, &sum);
	uint32_t *order = summary_rank(p, &sum, &n), n_all;
	uint64_t passed = 0;

	assert_int_equal(n, 2);
	assert_int_equal(order[0], function(p, "fib"));
	free(summary_rank(p, &all, &n_all));
	assert_int_equal(summary_n_functions(p, &all), n_all);
	assert_int_equal(summary_n_functions(p, &sum), n_all);
	for (uint32_t i = 0; i < sum.n_leaves; i++) {
		assert_int_equal(sum.all_leaves[i].count, all.leaves[i].count);
		passed += sum.leaves[i].count;
	}
	assert_int_equal(passed, sum.nodes[0].count);
	assert_int_equal(sum.functions[order[0]].self.count, all.functions[order[0]].self.count);
	assert_int_equal(sum.functions[order[1]].total.count, all.functions[order[1]].total.count);
	assert_int_equal(sum.received.count, all.received.count);
	assert_int_equal(sum.filtered.count + sum.nodes[0].count, all.received.count);
	free(order);
	summary_deinit(&all);
	summary_deinit(&sum);
	filter_close(filter);
	profile_load_close(load);
}

/* By module as by name: what is left out and what is not are all there is. */
/* A small profile is summed up by one thread; a large one by more. */
TEST(more_threads_sum_up_to_the_same)
{
	struct profile_load *load = fixture_load(&plain);
	const struct profile *p = profile_load_profile(load);
	struct selection s = { .from_ns = START + S / 2 };
	struct picked k;
	struct summary one;
	struct error err;
	struct filter *filter;

	assert_int_equal(filter_open("write", FILTER_TEXT, &filter, &err), 0);
	s.to_ns = UINT64_MAX;
	s.filter = filter;
	picked_init(&k, p, &s);
	summary_make(p, &s, &one);
	assert_true(one.received.count && one.filtered.count && one.stats.n_blocks > 16);
	for (uint32_t n = 1; n <= 5; n++) {
		struct summary sum = {
			.from_ns = k.from_ns, .to_ns = k.to_ns,
			.n_leaves = one.n_leaves, .n_functions = one.n_functions,
			.all_leaves = xcalloc(one.n_leaves, sizeof(*sum.all_leaves)),
			.functions = xcalloc(one.n_functions, sizeof(*sum.functions)),
		};

		summary_blocks_make(&sum, p, &k, n);
		assert_memory_equal(&sum.received, &one.received, sizeof(sum.received));
		assert_memory_equal(&sum.filtered, &one.filtered, sizeof(sum.filtered));
		assert_memory_equal(sum.all_leaves, one.all_leaves,
				    one.n_leaves * sizeof(*sum.all_leaves));
		assert_memory_equal(sum.self_ns, one.self_ns,
				    one.n_functions * one.stats.n_blocks * sizeof(*sum.self_ns));
		assert_memory_equal(sum.stats.weight, one.stats.weight, sizeof(sum.stats.weight));
		assert_float_equal(sum.stats.n, one.stats.n, one.stats.n * 1e-9);
		for (uint32_t f = 0; f < one.n_functions; f++) {
			const struct function_sum *a = &sum.functions[f], *b = &one.functions[f];

			assert_float_equal(a->total_sq, b->total_sq, b->total_sq * 1e-9);
			assert_float_equal(a->total_w, b->total_w, b->total_w * 1e-9);
		}
		summary_deinit(&sum);
	}
	summary_deinit(&one);
	picked_deinit(&k);
	filter_close(filter);
	profile_load_close(load);
}

TEST(one_module_can_be_looked_at)
{
	struct profile_load *load = fixture_load(&plain);
	const struct profile *p = profile_load_profile(load);
	uint32_t write = function(p, "write");
	struct selection s = { .by_module = true, .module = p->functions[write].module };
	struct ledger ledger, whole;
	struct summary sum, all;

	summary_make(p, &everything, &all);
	summary_make(p, &s, &sum);
	ledger_make(p, &everything, &all, &whole);
	ledger_make(p, &s, &sum, &ledger);
	assert_int_equal(ledger.cut.count, whole.cut.count);
	ledger_deinit(&whole);
	ledger_deinit(&ledger);
	assert_int_equal(sum.received.count, all.received.count);
	assert_int_equal(sum.filtered.count + sum.nodes[0].count, all.received.count);
	assert_true(sum.filtered.count > 0 && sum.nodes[0].count > 0);
	for (uint32_t i = 0; i < p->n_functions; i++) {
		assert_int_equal(sum.listed[i], p->functions[i].module == s.module);
		if (sum.listed[i])
			assert_int_equal(sum.functions[i].total.count, all.functions[i].total.count);
	}
	summary_deinit(&sum);
	summary_deinit(&all);
	profile_load_close(load);
}

TEST(filters_know_small_letters_and_capitals)
{
	static const struct {
		const char *pattern;
		enum filter_kind kind;
		const char *name;
		bool match;
	} cases[] = {
		{ "fib", FILTER_TEXT, "MyFibHeap", true },
		{ "Fib", FILTER_TEXT, "fibonacci", false },
		{ "operator()(", FILTER_TEXT, "a::operator()(int)", true },
		{ "^fi.$", FILTER_REGEX, "FIB", true },
		{ "^Fi.$", FILTER_REGEX, "FIB", false },
	};
	struct filter *f;
	struct error err;

	for (size_t i = 0; i < array_len(cases); i++) {
		assert_int_equal(filter_open(cases[i].pattern, cases[i].kind, &f, &err), 0);
		assert_int_equal(filter_match(f, cases[i].name), cases[i].match);
		filter_close(f);
	}
	assert_int_equal(filter_open("a(", FILTER_REGEX, &f, &err), -1);
	assert_int_equal(err.code, EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sums_of_any_selection_are_those_made_by_hand),
		cmocka_unit_test(blocks_of_functions_add_up_to_their_time),
		cmocka_unit_test(a_trend_is_the_time_of_each_part_of_the_range),
		cmocka_unit_test(the_scatter_of_totals_is_that_of_the_seconds),
		cmocka_unit_test(a_filter_leaves_out_samples_and_says_how_many),
		cmocka_unit_test(more_threads_sum_up_to_the_same),
		cmocka_unit_test(one_module_can_be_looked_at),
		cmocka_unit_test(filters_know_small_letters_and_capitals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
