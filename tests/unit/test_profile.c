// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/test.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>

#include "base/clock.h"
#include "base/io.h"
#include "profile/butterfly.h"
#include "profile/code.h"
#include "profile/filter.h"
#include "profile/flame.h"
#include "profile/ledger.h"
#include "profile/lines.h"
#include "profile/profile_load.h"
#include "profile/summary.h"
#include "profile/tree_rows.h"
#include "record/reader.h"
#include "record/writer.h"
#include "tests/unit/fixture.h"
#include "tests/unit/nodes.h"

#define S NS_PER_S
#define START FIXTURE_START_NS

static const struct fixture_options plain = { 0 };
static const struct selection everything = { 0 };

static uint32_t function(const struct profile *p, const char *name)
{
	for (uint32_t i = 0; i < p->n_functions; i++)
		if (strcmp(profile_string(p, p->functions[i].name), name) == 0)
			return i;
	fail_msg("no function %s", name);
	return 0;
}

/* ---- recordings made for one test ---- */

struct tiny {
	struct record_writer *w;
	int fd;
	uint32_t functions[26];		/* named "a" to "z" */
	uint32_t frames[26];
	struct nodes nodes;
};

static void tiny_begin(struct tiny *t, const char *kernel)
{
	struct error err;

	t->fd = memfd_create("tiny", MFD_CLOEXEC);
	assert_int_equal(record_writer_open(dup(t->fd), START, 0, &t->w, &err), 0);
	if (kernel)
		record_put_meta(t->w, "kernel", kernel);
	uint32_t exe = record_put_string(t->w, "/bin/tiny", 9);
	record_put_process(t->w, &(struct record_process){ .pid = 7, .exe = exe });
	for (uint32_t i = 0; i < 2; i++)
		record_put_thread(t->w, &(struct record_thread){ .tid = 7 + i, .time_ns = START });
	record_put_module(t->w, &(struct record_module){ .path = exe });
	for (uint32_t i = 0; i < 26; i++) {
		char name = (char)('a' + i);

		t->functions[i] = record_put_function(t->w, &(struct record_function){
			.name = record_put_string(t->w, &name, 1), .vaddr = 0x1000 * i,
			.source = SYMBOL_SYMTAB });
		t->frames[i] = record_put_frame(t->w, &(struct record_frame){
			.vaddr = 0x1000 * i + 4 });
		record_put_symbol(t->w, t->frames[i],
				  &(struct record_level){ t->functions[i], i + 1 }, 1);
	}
}

/* A stack of functions, the outermost first: "main" is m, a, i, n. */
static uint32_t tiny_stack(struct tiny *t, uint32_t root, const char *path)
{
	for (; *path; path++)
		root = nodes_push(&t->nodes, t->w, root, t->frames[*path - 'a']);
	return root;
}

static void tiny_samples(struct tiny *t, uint32_t stack, uint32_t thread, uint32_t n,
			 uint64_t from_ns)
{
	for (uint32_t i = 0; i < n; i++)
		record_put_sample(t->w, &(struct record_sample){ .time_ns = START + from_ns + i * NS_PER_MS,
			.stack = stack, .thread = thread, .weight_ns = 1000000 });
}

static struct profile_load *tiny_load(struct tiny *t)
{
	struct profile_load *load;
	struct error err;

	assert_int_equal(record_writer_close(t->w, &err), 0);
	assert_int_equal(profile_load_open(t->fd, &load, &err), 0);
	assert_int_equal(profile_load_more(load, &err), 1);
	close(t->fd);
	return load;
}

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
	assert_int_equal(passed, sum.nodes[0].total.count);
	assert_int_equal(sum.functions[order[0]].self.count, all.functions[order[0]].self.count);
	assert_int_equal(sum.functions[order[1]].total.count, all.functions[order[1]].total.count);
	assert_int_equal(sum.received.count, all.received.count);
	assert_int_equal(sum.filtered.count + sum.nodes[0].total.count, all.received.count);
	free(order);
	summary_deinit(&all);
	summary_deinit(&sum);
	filter_close(filter);
	profile_load_close(load);
}

/* By module as by name: what is left out and what is not are all there is. */
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
	assert_int_equal(sum.filtered.count + sum.nodes[0].total.count, all.received.count);
	assert_true(sum.filtered.count > 0 && sum.nodes[0].total.count > 0);
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

TEST(every_node_of_the_tree_is_its_own_time_and_that_of_its_children)
{
	struct profile_load *load = fixture_load(&plain);
	const struct profile *p = profile_load_profile(load);
	const struct tree *t = &p->tree;
	struct summary sum;

	summary_make(p, &everything, &sum);
	for (uint32_t n = 0; n < t->n; n++) {
		struct sum all = sum.nodes[n].self;

		for (uint32_t c = t->first_child[n]; c != TREE_NONE; c = t->next_sibling[c]) {
			assert_true(c > n);
			assert_int_equal(t->parent[c], n);
			sum_add(&all, sum.nodes[c].total);
		}
		assert_memory_equal(&all, &sum.nodes[n].total, sizeof(all));
	}
	assert_int_equal(sum.nodes[0].total.count, FIXTURE_N_SAMPLES);
	summary_deinit(&sum);
	profile_load_close(load);
}

TEST(rows_of_the_tree_add_up_however_few_are_shown)
{
	struct profile_load *load = fixture_load(&plain);
	const struct profile *p = profile_load_profile(load);
	struct summary sum;

	summary_make(p, &everything, &sum);
	for (uint32_t max = 0; max < 30; max++) {
		struct tree_rows rows;
		uint32_t n_nodes = 0;

		tree_rows_make(p, &sum, 0, max, 100, &rows);
		for (uint32_t i = 0; i < rows.n; i++) {
			struct sum all = rows.v[i].self;

			n_nodes += rows.v[i].kind == TREE_ROW_NODE;
			if (rows.v[i].kind != TREE_ROW_NODE)
				continue;
			for (uint32_t c = i + 1; c < rows.n && rows.v[c].depth > rows.v[i].depth; c++)
				if (rows.v[c].depth == rows.v[i].depth + 1)
					sum_add(&all, rows.v[c].total);
			assert_memory_equal(&all, &rows.v[i].total, sizeof(all));
		}
		assert_true(n_nodes <= max + 1 + 2);	/* the root, and ties */
		tree_rows_deinit(&rows);
	}
	summary_deinit(&sum);
	profile_load_close(load);
}

TEST(folded_recursion_tells_its_depth)
{
	struct tiny t;
	struct profile_load *load;
	struct tree_rows rows;
	struct summary sum;

	tiny_begin(&t, NULL);
	tiny_samples(&t, tiny_stack(&t, OUTCOME_COMPLETE, "mffg"), 0, 2, 0);
	tiny_samples(&t, tiny_stack(&t, OUTCOME_COMPLETE, "mfffff"), 0, 7, S);
	tiny_samples(&t, tiny_stack(&t, OUTCOME_COMPLETE, "mffffffff"), 0, 1, 2 * S);
	load = tiny_load(&t);
	const struct profile *p = profile_load_profile(load);
	summary_make(p, &everything, &sum);
	tree_rows_make(p, &sum, 0, 100, 100, &rows);
	assert_int_equal(rows.n, 4);		/* root, m, f, g */
	assert_int_equal(rows.v[2].n, 5);
	assert_int_equal(rows.v[2].max_depth, 8);
	assert_int_equal(rows.v[2].self.count, 8);
	tree_rows_deinit(&rows);
	summary_deinit(&sum);
	profile_load_close(load);
}

/* ---- folding ---- */

/* Samples of functions of one letter: how many on top, and how many anywhere. */
static void assert_counts(const struct profile *p, const char *self, const char *total)
{
	struct summary sum;

	summary_make(p, &everything, &sum);
	for (uint32_t i = 0; i < p->n_functions; i++) {
		const char *name = profile_string(p, p->functions[i].name), *at;
		const struct function_sum *f = &sum.functions[i];

		if (strlen(name) != 1)
			continue;
		at = strchr(self, *name);
		assert_int_equal(f->self.count, at ? atoi(at + 1) : 0);
		at = strchr(total, *name);
		assert_int_equal(f->total.count, at ? atoi(at + 1) : 0);
	}
	assert_int_equal(sum.nodes[0].total.count, p->samples.n);
	summary_deinit(&sum);
}

TEST(folded_functions_give_their_time_to_their_callers)
{
	struct tiny *t = xcalloc(1, sizeof(*t));
	struct profile_load *load;
	struct profile *p;
	struct butterfly b;
	struct summary sum;
	struct lines lines;
	uint32_t fold[2];
	struct error err;

	tiny_begin(t, NULL);
	tiny_samples(t, tiny_stack(t, 0, "mab"), 0, 3, 0);
	tiny_samples(t, tiny_stack(t, 0, "mfb"), 0, 5, S);
	tiny_samples(t, tiny_stack(t, 0, "maf"), 0, 7, 2 * S);
	tiny_samples(t, tiny_stack(t, 0, "magf"), 0, 11, 3 * S);
	tiny_samples(t, tiny_stack(t, 0, "fga"), 0, 13, 4 * S);		/* nobody calls it */
	tiny_samples(t, tiny_stack(t, OUTCOME_LIMIT, "fb"), 0, 17, 5 * S);
	load = tiny_load(t);
	p = profile_load_profile(load);
	assert_counts(p, "a13 b25 f18", "m26 a34 b25 f53 g24");

	fold[0] = function(p, "f");
	fold[1] = function(p, "g");
	assert_int_equal(profile_fold(p, fold, 1, false, &err), 0);
	assert_counts(p, "m0 a20 b25 g11", "m26 a34 b25 f30 g24");
	summary_make(p, &everything, &sum);
	butterfly_make(p, &sum, function(p, "b"), 2, &b);
	summary_deinit(&sum);
	assert_int_equal(b.total.count, 25);
	for (uint32_t i = 0; i < b.callers.n_rows; i++) {
		const struct butterfly_row *r = &b.callers.rows[i];
		char name = *profile_string(p, p->functions[r->function].name);

		if (r->depth == 1)
			assert_int_equal(r->sum.count, name == 'm' ? 5 : name == 'a' ? 3 : 17);
	}
	butterfly_deinit(&b);

	assert_int_equal(profile_fold(p, fold, 2, false, &err), 0);
	assert_counts(p, "a31 b25", "m26 a34 b25 f30");
	summary_make(p, &everything, &sum);
	lines_make(p, &everything, &sum, function(p, "a"), &lines);
	assert_int_equal(lines.n, 1);
	assert_int_equal(lines.v[0].self.count, 31);
	assert_int_equal(lines.v[0].total.count, 34);
	lines_deinit(&lines);
	summary_deinit(&sum);

	assert_int_equal(profile_fold(p, NULL, 0, false, &err), 0);
	assert_counts(p, "a13 b25 f18", "m26 a34 b25 f53 g24");
	profile_load_close(load);
	free(t);
}

TEST(the_kernel_can_be_folded_into_what_calls_it)
{
	struct profile_load *load = fixture_load(&plain);
	struct profile *p = profile_load_profile(load);
	struct summary before, after;
	uint32_t write = function(p, "write"), kwrite = function(p, "ksys_write"),
		 soft = function(p, "handle_softirqs");
	struct error err;

	summary_make(p, &everything, &before);
	assert_int_equal(profile_fold(p, NULL, 0, true, &err), 0);
	summary_make(p, &everything, &after);
	assert_int_equal(after.functions[write].self.count,
			 before.functions[write].self.count + before.functions[kwrite].self.count);
	assert_int_equal(after.functions[kwrite].total.count, 0);
	/* it has no caller */
	assert_int_equal(after.functions[soft].self.count, before.functions[soft].self.count);
	assert_int_equal(after.nodes[0].total.count, before.nodes[0].total.count);
	summary_deinit(&before);
	summary_deinit(&after);
	profile_load_close(load);
}

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

/* ---- what was not sampled ---- */

static void counter(struct tiny *t, enum record_counter_what what, uint32_t thread,
		    uint64_t at_ns, uint64_t value)
{
	record_put_counter(t->w, &(struct record_counter){ .time_ns = START + at_ns,
		.what = what, .thread = thread, .value = value });
}

static void put_hidden_run(struct tiny *t, const char *kernel)
{
	tiny_begin(t, kernel);
	uint32_t stack = tiny_stack(t, OUTCOME_COMPLETE, "m");
	for (uint32_t s = 0; s < 20; s++) {
		tiny_samples(t, stack, s % 2, 100, s * S);	/* 0.1 s each */
		counter(t, COUNTER_CPU_NS, RECORD_NONE, (s + 1) * S, (s + 1) * S / 2);
		counter(t, COUNTER_CPU_NS, 0, (s + 1) * S, (s + 1) * S / 5);
	}
	counter(t, COUNTER_UNSAMPLED_NS, RECORD_NONE, 20 * S, S);
	record_put_lost(t->w, &(struct record_lost){ START + 2 * S, START + 4 * S, 1000, S });
}

TEST(kernel_time_that_is_not_visible_is_what_is_left_of_the_cpu_time)
{
	struct tiny t;
	struct profile_load *load;
	struct summary sum;

	put_hidden_run(&t, "excluded");
	load = tiny_load(&t);
	const struct profile *p = profile_load_profile(load);
	summary_make(p, &everything, &sum);
	/* 10 s used, 2 s sampled, 1 s lost, 1 s between samples */
	assert_true(sum.cpu_known);
	assert_int_equal(sum.cpu_ns, 10 * S);
	assert_int_equal(sum.hidden_ns, 6 * S);
	assert_int_equal(sum.base_ns, 8 * S);
	assert_float_equal(summary_self(&sum, function(p, "m")).share, .25, 1e-9);
	assert_float_equal(summary_hidden(&sum).share, .75, 1e-9);
	assert_float_equal(summary_lost(&sum).share, 1. / 9, 1e-9);
	summary_deinit(&sum);

	/* half of the loss, and counters between two readings */
	struct selection part = { .from_ns = START + 3 * S, .to_ns = START + 5 * S + S / 2 };
	summary_make(p, &part, &sum);
	assert_int_equal(sum.cpu_ns, 5 * S / 4);
	assert_int_equal(sum.lost.count, 500);
	assert_int_equal(sum.lost.weight_ns, S / 2);
	summary_deinit(&sum);

	const uint32_t first = 0, second = 1;
	struct selection thread = { .threads = &first, .n_threads = 1 };
	summary_make(p, &thread, &sum);
	assert_int_equal(sum.cpu_ns, 4 * S);	/* 1 s sampled; all that is missing was its */
	assert_int_equal(sum.hidden_ns, S);
	assert_int_equal(sum.lost.count, 0);
	assert_int_equal(sum.lost_of_all.count, 1000);
	summary_deinit(&sum);
	thread.threads = &second;		/* nobody counted it */
	summary_make(p, &thread, &sum);
	assert_false(sum.cpu_known);
	assert_int_equal(sum.hidden_ns, 0);
	summary_deinit(&sum);
	profile_load_close(load);
}

TEST(a_visible_kernel_hides_nothing)
{
	struct tiny t;
	struct profile_load *load;
	struct summary sum;

	put_hidden_run(&t, "visible");
	load = tiny_load(&t);
	summary_make(profile_load_profile(load), &everything, &sum);
	assert_int_equal(sum.hidden_ns, 0);
	assert_int_equal(sum.base_ns, 2 * S);
	summary_deinit(&sum);
	profile_load_close(load);
}

TEST(the_ledger_has_every_sample_once)
{
	struct fixture_options hidden = { .hidden = true };
	struct profile_load *load = fixture_load(&hidden);
	const struct profile *p = profile_load_profile(load);
	struct summary sum;
	struct ledger l;
	uint64_t samples = 0, ns = 0;
	bool old = false;

	summary_make(p, &everything, &sum);
	ledger_make(p, &everything, &sum, &l);
	for (uint32_t i = 0; i < l.n_rows; i++) {
		samples += l.rows[i].sum.count;
		ns += l.rows[i].sum.weight_ns;
		if (l.rows[i].kind == LEDGER_OUTCOME && l.rows[i].outcome == OUTCOME_NO_RULE) {
			assert_string_equal(profile_module_name(p, l.rows[i].module), "libold.so");
			assert_non_null(strstr(ledger_fix(p, &l.rows[i]), "no .eh_frame"));
			old = true;
		}
	}
	assert_true(old);
	assert_int_equal(samples, sum.received.count + sum.lost.count);
	assert_int_equal(ns, l.whole_ns);
	assert_int_equal(ns, sum.base_ns + sum.lost.weight_ns);
	assert_int_equal(l.gap_min, 4 << 10);
	assert_int_equal(l.gap_max, 912 << 10);
	assert_int_equal(l.n_unnamed, 3);
	ledger_deinit(&l);
	summary_deinit(&sum);
	profile_load_close(load);
}

/* ---- one function ---- */

TEST(a_butterfly_adds_up_on_both_sides)
{
	struct profile_load *load = fixture_load(&plain);
	const struct profile *p = profile_load_profile(load);
	struct summary sum;

	summary_make(p, &everything, &sum);
	for (uint32_t f = 1; f < p->n_functions; f++) {
		struct butterfly b;
		struct sum callers, callees;

		butterfly_make(p, &sum, f, 3, &b);
		callers = b.outermost;
		callees = b.self;
		for (uint32_t i = 0; i < b.callers.n_rows; i++)
			if (b.callers.rows[i].depth == 1)
				sum_add(&callers, b.callers.rows[i].sum);
		for (uint32_t i = 0; i < b.callees.n_rows; i++)
			if (b.callees.rows[i].depth == 1)
				sum_add(&callees, b.callees.rows[i].sum);
		assert_memory_equal(&callers, &b.total, sizeof(callers));
		assert_memory_equal(&callees, &b.total, sizeof(callees));
		assert_int_equal(b.total.count, sum.functions[f].total.count);
		butterfly_deinit(&b);
	}
	summary_deinit(&sum);
	profile_load_close(load);
}

TEST(callers_are_shown_with_the_lines_of_their_calls)
{
	struct profile_load *load = fixture_load(&plain);
	const struct profile *p = profile_load_profile(load);
	struct butterfly b;
	struct summary sum;

	summary_make(p, &everything, &sum);
	butterfly_make(p, &sum, function(p, "fib"), 3, &b);
	assert_int_equal(b.callers.rows[0].function, function(p, "handle_order"));
	assert_int_equal(b.callers.rows[0].parent, BUTTERFLY_NONE);
	assert_int_equal(b.callers.rows[1].function, function(p, "main"));
	assert_int_equal(b.callers.rows[1].parent, 0);
	assert_int_equal(b.callers.lines[0].line, 70);
	assert_int_equal(b.callees.n_rows, 0);		/* direct recursion is one call */
	butterfly_deinit(&b);

	butterfly_make(p, &sum, function(p, "build_report"), 2, &b);
	assert_int_equal(b.callees.rows[0].function, function(p, "write"));
	assert_int_equal(b.callees.rows[1].function, function(p, "ksys_write"));
	assert_int_equal(b.callees.rows[1].depth, 2);
	butterfly_deinit(&b);
	summary_deinit(&sum);
	profile_load_close(load);
}

TEST(lines_count_a_sample_once_and_know_inlined_calls)
{
	struct profile_load *load = fixture_load(&plain);
	const struct profile *p = profile_load_profile(load);
	struct summary sum;
	struct lines l;

	summary_make(p, &everything, &sum);
	lines_make(p, &everything, &sum, function(p, "fib"), &l);
	assert_int_equal(l.n, 3);	/* 18, 19, 20; 19 fourteen times on a stack */
	assert_int_equal(l.v[1].line, 19);
	assert_true(l.v[1].total.count <= sum.functions[function(p, "fib")].total.count);
	assert_true(l.v[0].self_share.low < l.v[0].self_share.share);
	lines_deinit(&l);

	lines_make(p, &everything, &sum,
		   function(p, "membership(std::vector<int> const&, int)"), &l);
	assert_int_equal(l.n, 2);
	assert_int_equal(l.v[1].line, 41);
	assert_int_equal(l.v[1].self.count, 0);		/* its time is compare()'s, inlined there */
	assert_int_equal(l.v[1].total.count, sum.functions[function(p, "compare")].self.count);
	lines_deinit(&l);
	summary_deinit(&sum);
	profile_load_close(load);
}

/* Samples of the fixture that landed on an instruction, by its address. */
static uint64_t n_landed(const struct profile *p, uint64_t vaddr)
{
	uint64_t n = 0;

	for (size_t i = 0; i < p->samples.n; i++) {
		uint32_t stack = p->leaves[p->samples.leaf[i]];

		if (stack >= RECORD_STACK_FIRST)
			n += p->frames[p->stacks[stack].frame].vaddr == vaddr;
	}
	return n;
}

TEST(instructions_count_what_landed_on_them_and_inlined_calls_too)
{
	struct profile_load *load = fixture_load(&(struct fixture_options){ 0 });
	const struct profile *p = profile_load_profile(load);
	const struct profile_code *code;
	struct summary sum;
	struct code outer, inner;
	uint64_t n = 0;
	double shares = 0;
	size_t n_hit = 0;

	summary_make(p, &everything, &sum);
	code_make(p, &everything, &sum,
		  function(p, "membership(std::vector<int> const&, int)"), &outer);
	code_make(p, &everything, &sum, function(p, "compare"), &inner);
	assert_int_equal(outer.number, 0);
	assert_int_equal(inner.number, 0);	/* it has no code of its own */
	assert_int_equal(inner.outer, function(p, "membership(std::vector<int> const&, int)"));
	code = &p->codes[0];
	assert_int_equal(outer.n, code->n);
	for (uint32_t i = 0; i < outer.n; i++) {
		const struct profile_instruction *insn = &p->instructions[code->first + i];
		const struct code_sum *c = &outer.v[i];

		assert_int_equal(c->self.count, n_landed(p, insn->vaddr));
		assert_int_equal(c->self.count, inner.v[i].self.count);
		if (c->self.count)
			assert_true(c->share.low < c->share.share && c->share.share < c->share.high);
		n += c->self.count;
		n_hit += c->self.count > 0;
		shares += c->share.share;
	}
	assert_int_equal(n_hit, 4);
	assert_int_equal(n, outer.self.count);
	assert_int_equal(n, sum.functions[function(p, "compare")].self.count);
	assert_true(shares > .9999 && shares < 1.0001);
	code_deinit(&outer);
	code_deinit(&inner);
	summary_deinit(&sum);
	profile_load_close(load);
}

TEST(code_that_is_not_there_has_a_reason_or_none)
{
	struct profile_load *load = fixture_load(&(struct fixture_options){ 0 });
	const struct profile *p = profile_load_profile(load);
	struct summary sum;
	struct code code;

	summary_make(p, &everything, &sum);
	code_make(p, &everything, &sum, function(p, "build_report"), &code);
	assert_int_equal(code.number, RECORD_NONE);
	assert_non_null(strstr(profile_string(p, code.note), "lies apart"));
	code_deinit(&code);
	code_make(p, &everything, &sum, function(p, "ksys_write"), &code);
	assert_int_equal(code.number, RECORD_NONE);
	assert_int_equal(code.note, 0);
	assert_int_equal(code.module, RECORD_NONE);	/* of the kernel there is none */
	code_deinit(&code);
	/* Of a library it could be had: where most of the samples are. */
	code_make(p, &everything, &sum, function(p, "__vfprintf_internal"), &code);
	assert_string_equal(profile_module_name(p, code.module), "libc.so.6");
	assert_int_equal(code.vaddr, 0x401000 + 0x1000 * 6 + 7 - 1);
	code_deinit(&code);
	summary_deinit(&sum);
	profile_load_close(load);
}

/* An instruction belongs to the line of the call that was inlined, and to its own. */
TEST(an_instruction_has_a_line_in_each_function_that_it_is_of)
{
	struct profile_load *load = fixture_load(&(struct fixture_options){ 0 });
	const struct profile *p = profile_load_profile(load);
	const struct profile_instruction *i = &p->instructions[p->codes[0].first + 9];
	uint32_t inner = function(p, "compare");
	uint32_t outer = function(p, "membership(std::vector<int> const&, int)");

	assert_int_equal(code_level(p, i, inner)->line, 14);
	assert_int_equal(code_level(p, i, outer)->line, 41);
	assert_null(code_level(p, i, function(p, "fib")));
	profile_load_close(load);
}

/* ---- hostile recordings ---- */

enum lie {
	LIE_STRING, LIE_PROCESS, LIE_MODULE, LIE_FRAME, LIE_THREAD, LIE_SAMPLE_STACK,
	LIE_FUNCTION, LIE_SYMBOL, LIE_COUNTER, LIE_INFO, LIE_MAPPING, LIE_NAME, LIE_END, N_LIES
};

static void tell(struct tiny *t, enum lie lie)
{
	struct record_writer *w = t->w;

	switch (lie) {
	case LIE_STRING:
		record_put_module(w, &(struct record_module){ .path = 999 });
		break;
	case LIE_PROCESS:
		record_put_thread(w, &(struct record_thread){ .process = 9 });
		break;
	case LIE_MODULE:
		record_put_frame(w, &(struct record_frame){ .module = 9 });
		break;
	case LIE_FRAME:
		record_put_stack(w, &(struct record_stack){
			.n_frames = 1, .frames = (const uint32_t[]){ 999 } });
		break;
	case LIE_THREAD:
		record_put_sample(w, &(struct record_sample){ .thread = 9 });
		break;
	case LIE_SAMPLE_STACK:
		record_put_sample(w, &(struct record_sample){ .stack = 999 });
		break;
	case LIE_FUNCTION:
		record_put_symbol(w, 0, &(struct record_level){ .function = 999 }, 1);
		break;
	case LIE_SYMBOL:
		record_put_symbol(w, 999, &(struct record_level){ 0 }, 1);
		break;
	case LIE_COUNTER:
		record_put_counter(w, &(struct record_counter){ .thread = 9 });
		break;
	case LIE_INFO:
		record_put_module_info(w, &(struct record_module_info){ .module = 9 });
		break;
	case LIE_MAPPING:
		record_put_mapping(w, &(struct record_mapping){ .module = 9 });
		break;
	case LIE_NAME:
		record_put_thread_name(w, &(struct record_thread_name){ .thread = 9 });
		break;
	case LIE_END:
		record_put_process_end(w, &(struct record_process_end){ .process = 9 });
		break;
	case N_LIES:
		break;
	}
}

TEST(numbers_that_were_never_given_are_refused_and_what_came_before_is_kept)
{
	for (enum lie lie = 0; lie < N_LIES; lie++) {
		struct profile_load *load;
		struct summary sum;
		struct error err;
		struct tiny t;

		tiny_begin(&t, NULL);
		tiny_samples(&t, tiny_stack(&t, OUTCOME_COMPLETE, "ma"), 0, 5, 0);
		record_writer_commit(t.w, UINT64_MAX);
		tell(&t, lie);
		record_writer_close(t.w, &err);
		assert_int_equal(profile_load_open(t.fd, &load, &err), 0);
		assert_int_equal(profile_load_more(load, &err), -1);
		assert_int_equal(err.code, EBADMSG);
		assert_non_null(strstr(err.msg, "byte "));
		assert_int_equal(profile_load_more(load, &err), -1);
		summary_make(profile_load_profile(load), &everything, &sum);
		assert_int_equal(sum.received.count, 5);
		summary_deinit(&sum);
		profile_load_close(load);
		close(t.fd);
	}
}

TEST(a_chain_of_calls_without_end_is_refused)
{
	struct profile_load *load;
	struct summary sum;
	struct error err;
	struct tiny t;

	tiny_begin(&t, NULL);
	/* as many frames as a stack may have, each of two functions */
	static uint32_t frames[RECORD_MAX_FRAMES];
	uint32_t two = record_put_frame(t.w, &(struct record_frame){ .vaddr = 0x99999 });
	record_put_symbol(t.w, two, (struct record_level[]){ { t.functions[0], 1 },
							      { t.functions[1], 2 } }, 2);
	for (uint32_t i = 0; i < array_len(frames); i++)
		frames[i] = two;
	uint32_t stack = record_put_stack(t.w, &(struct record_stack){
		.frames = frames, .n_frames = array_len(frames) });
	tiny_samples(&t, stack, 0, 1, 0);
	record_writer_close(t.w, &err);
	assert_int_equal(profile_load_open(t.fd, &load, &err), 0);
	assert_int_equal(profile_load_more(load, &err), -1);
	assert_int_equal(err.code, EFBIG);
	summary_make(profile_load_profile(load), &everything, &sum);
	assert_int_equal(sum.received.count, 1);
	summary_deinit(&sum);
	profile_load_close(load);
	close(t.fd);
}

/* Changed bytes with checksums that fit again: the model must cope by itself. */
TEST(no_byte_of_a_recording_can_break_the_model)
{
	struct fixture_options o = { .n_samples = 300 };
	_cleanup_(closep) int fd = fixture_fd(&o);
	struct record_header header;
	struct buf all = { 0 };
	struct error err;
	uint64_t random = 3;

	lseek(fd, 0, SEEK_SET);
	assert_int_equal(io_read_all(fd, 1 << 24, &all, &err), 0);
	memcpy(&header, all.data, sizeof(header));
	for (int round = 0; round < 3000; round++) {
		struct record_reader *r;
		struct profile p;
		struct record rec;
		struct summary sum;
		struct ledger ledger;
		struct tree_rows rows;
		struct butterfly butterfly;
		struct lines lines;
		struct flame flame;

		/* change records after the reader took them apart */
		lseek(fd, 0, SEEK_SET);
		assert_int_equal(record_reader_open(fd, &r, &err), 0);
		profile_init(&p, &header);
		while (record_reader_next(r, &rec, &err) > 0) {
			random = random * 6364136223846793005u + 1442695040888963407u;

			struct cursor *col = &rec.batch.col[(random >> 40) % RECORD_MAX_COLUMNS];

			if (random >> 60 == 0 && rec.type >= RECORD_FRAMES && rec.type <= RECORD_SYMBOLS &&
			    cursor_left(col)) {
				uint8_t *at = (uint8_t *)col->p + (random >> 20) % cursor_left(col);

				*at = (uint8_t)(random >> 8);
			} else if (random >> 60 == 1 && rec.type >= RECORD_PROCESS &&
				   rec.type <= RECORD_MAPPING) {
				((uint8_t *)&rec.process)[(random >> 20) % 12] ^= 1u << (random >> 8) % 3;
			}
			if (profile_add_record(&p, &rec, &err) < 0)
				break;
		}
		profile_update(&p, &err);
		summary_make(&p, &everything, &sum);
		ledger_make(&p, &everything, &sum, &ledger);
		tree_rows_make(&p, &sum, 0, 50, 50, &rows);
		butterfly_make(&p, &sum, (uint32_t)(random % p.n_functions), 3, &butterfly);
		lines_make(&p, &everything, &sum, (uint32_t)(random % p.n_functions), &lines);
		flame_init(&flame, &p, &sum);
		for (int how = 0; how < 4; how++)
			flame_lay(&flame, &(struct flame_how){
				.inverted = how & 1, .raw = how & 2, .columns = 98 });
		flame_deinit(&flame);
		lines_deinit(&lines);
		butterfly_deinit(&butterfly);
		tree_rows_deinit(&rows);
		ledger_deinit(&ledger);
		summary_deinit(&sum);
		profile_deinit(&p);
		record_reader_close(r);
	}
	buf_deinit(&all);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_recorded_is_in_the_tables),
		cmocka_unit_test(functions_have_the_kind_of_their_module),
		cmocka_unit_test(inlined_copies_are_one_function_and_equal_names_are_not),
		cmocka_unit_test(a_body_that_includes_a_file_is_one_function_with_lines_in_both),
		cmocka_unit_test(recursion_counts_once_per_sample),
		cmocka_unit_test(sums_of_any_selection_are_those_made_by_hand),
		cmocka_unit_test(blocks_of_functions_add_up_to_their_time),
		cmocka_unit_test(the_scatter_of_totals_is_that_of_the_seconds),
		cmocka_unit_test(a_filter_leaves_out_samples_and_says_how_many),
		cmocka_unit_test(one_module_can_be_looked_at),
		cmocka_unit_test(filters_know_small_letters_and_capitals),
		cmocka_unit_test(every_node_of_the_tree_is_its_own_time_and_that_of_its_children),
		cmocka_unit_test(rows_of_the_tree_add_up_however_few_are_shown),
		cmocka_unit_test(folded_recursion_tells_its_depth),
		cmocka_unit_test(folded_functions_give_their_time_to_their_callers),
		cmocka_unit_test(the_kernel_can_be_folded_into_what_calls_it),
		cmocka_unit_test(names_that_come_late_give_the_same_profile),
		cmocka_unit_test(a_growing_recording_ends_up_as_the_whole_one),
		cmocka_unit_test(stack_numbers_start_again_after_an_epoch),
		cmocka_unit_test(samples_out_of_order_are_put_in_order),
		cmocka_unit_test(kernel_time_that_is_not_visible_is_what_is_left_of_the_cpu_time),
		cmocka_unit_test(a_visible_kernel_hides_nothing),
		cmocka_unit_test(the_ledger_has_every_sample_once),
		cmocka_unit_test(a_butterfly_adds_up_on_both_sides),
		cmocka_unit_test(callers_are_shown_with_the_lines_of_their_calls),
		cmocka_unit_test(lines_count_a_sample_once_and_know_inlined_calls),
		cmocka_unit_test(instructions_count_what_landed_on_them_and_inlined_calls_too),
		cmocka_unit_test(code_that_is_not_there_has_a_reason_or_none),
		cmocka_unit_test(an_instruction_has_a_line_in_each_function_that_it_is_of),
		cmocka_unit_test(numbers_that_were_never_given_are_refused_and_what_came_before_is_kept),
		cmocka_unit_test(a_chain_of_calls_without_end_is_refused),
		cmocka_unit_test(no_byte_of_a_recording_can_break_the_model),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
