// SPDX-License-Identifier: Apache-2.0
/*
 * Comparisons of made-up runs whose truth is known: how often there is a verdict where
 * nothing changed, and where something did; and which functions are the same ones.
 */
#include "tests/unit/profile_maker.h"

#include <math.h>

#include "profile/compare.h"
#include "profile/compare_tree.h"
#include "profile/filter.h"

#define N 26			/* functions, "a" to "z" */
#define PERIOD_NS 5000000u

static uint64_t state = 1;

static double uniform(void)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (double)(state >> 11) / (double)(1ull << 53);
}

/* ---- runs of a program of 26 functions ---- */

struct program {
	double share[N];	/* of the CPU time */
	double busy;		/* CPU seconds per second */
	double phase_s;		/* on average: it does its first half of functions, then the
				   other; 0: all at any time */
};

/* Few functions have most of the time. */
static struct program usual_program(void)
{
	struct program pr = { .busy = .8 };
	double sum = 0;

	for (int i = 0; i < N; i++)
		sum += pr.share[i] = 1.0 / (i + 1);
	for (int i = 0; i < N; i++)
		pr.share[i] /= sum;
	return pr;
}

static int draw_function(const struct program *pr, int from, int to)
{
	double all = 0, u;
	int i;

	for (i = from; i < to; i++)
		all += pr->share[i];
	u = uniform() * all;
	for (i = from; i < to - 1 && u >= pr->share[i]; i++)
		u -= pr->share[i];
	return i;
}

/* A profile of a run: leaf i is function i. */
struct run {
	struct profile_load *load;
	struct profile *p;
	struct selection selection;
	struct summary sum;
};

static uint32_t stacks_of(struct tiny *t)
{
	for (char name[2] = "a"; *name <= 'z'; ++*name)
		tiny_samples(t, tiny_stack(t, OUTCOME_COMPLETE, name), 0, 1, (uint64_t)(*name - 'a'));
	return N;
}

static uint32_t leaf_of(const struct profile *p, uint32_t i)
{
	const char name[2] = { (char)('a' + i) };

	for (uint32_t leaf = 0; leaf < p->n_leaves; leaf++)
		if (p->tree.function[p->tree.of_stack[p->shown.leaves[leaf]]] == function(p, name))
			return leaf;
	fail_msg("no leaf %s", name);
	return 0;
}

static void run_init(struct run *r)
{
	struct tiny t = { 0 };

	*r = (struct run){ 0 };
	tiny_begin(&t, NULL);
	stacks_of(&t);
	r->load = tiny_load(&t);
	r->p = profile_load_profile(r->load);
}

static void run_deinit(struct run *r)
{
	summary_deinit(&r->sum);
	profile_load_close(r->load);
}

/* Run it again: samples of so many seconds at a rate. */
static void run_again(struct run *r, const struct program *pr, double seconds, double rate_hz)
{
	struct samples *s = &r->p->samples;
	double step = 1 / rate_hz;
	bool second = uniform() < .5;
	uint32_t leaf[N];

	for (uint32_t i = 0; i < N; i++)
		leaf[i] = leaf_of(r->p, i);
	s->n = 0;
	samples_reserve(s, (size_t)(seconds * rate_hz * 2));
	for (double at = step * uniform(); at < seconds; at += step * (.85 + .3 * uniform())) {
		int from = !pr->phase_s || !second ? 0 : N / 2;
		int to = !pr->phase_s || second ? N : N / 2;

		if (pr->phase_s && uniform() < step / pr->phase_s)
			second = !second;
		if (uniform() < pr->busy)
			samples_push(s, START + (uint64_t)(at * 1e9),
				     leaf[draw_function(pr, from, to)], 0,
				     (uint32_t)(1e9 / rate_hz), STATE_RUNNING);
	}
	r->p->end_ns = START + (uint64_t)(seconds * 1e9);
	summary_deinit(&r->sum);
	summary_make(r->p, &r->selection, &r->sum);
}

static struct compare compare(const struct run *a, const struct run *b, enum compare_unit unit)
{
	const struct compare_side sides[2] = { { a->p, &a->selection, &a->sum },
					       { b->p, &b->selection, &b->sum } };
	struct compare c;

	compare_make(sides, unit, &c);
	return c;
}

static bool has_verdict(const struct compare_row *row)
{
	return row->verdict != COMPARE_NO_EVIDENCE && row->verdict != COMPARE_UNTESTED;
}

/* ---- nothing changed ---- */

struct alarms {
	double rows, comparisons, totals;	/* with a verdict, of all */
};

static struct alarms count_alarms(const struct program *pr, double seconds, double rate_a,
				  double rate_b, enum compare_unit unit, int times)
{
	struct alarms n = { 0 };
	double rows = 0;
	struct run a, b;

	run_init(&a);
	run_init(&b);
	for (int i = 0; i < times; i++) {
		struct compare c;
		int found = 0;

		run_again(&a, pr, seconds, rate_a);
		run_again(&b, pr, seconds, rate_b);
		c = compare(&a, &b, unit);
		assert_int_equal(c.trouble, COMPARE_FINE);
		for (uint32_t r = 0; r < c.n_rows; r++)
			found += has_verdict(&c.rows[r]);
		rows += c.n_rows;
		n.rows += found;
		n.comparisons += found > 0;
		n.totals += c.change_known && (c.change.low > 0 || c.change.high < 0);
		compare_deinit(&c);
	}
	run_deinit(&a);
	run_deinit(&b);
	n.rows /= rows;
	n.comparisons /= times;
	n.totals /= times;
	return n;
}

TEST(the_same_program_twice_bears_no_verdict)
{
	static const struct {
		double seconds, rate_a, rate_b, phase_s;
		enum compare_unit unit;
		int times;
	} cases[] = {
		{ 20, 199, 199, 0, COMPARE_PER_SECOND, 120 },
		{ 20, 199, 199, 0, COMPARE_SHARE, 120 },
		{ 20, 199, 199, 0, COMPARE_PER_RUN, 120 },
		{ 12, 199, 999, 0, COMPARE_PER_SECOND, 40 },
		{ 12, 199, 999, 0, COMPARE_SHARE, 40 },
		{ 2, 499, 499, 0, COMPARE_PER_SECOND, 120 },
		{ 2, 499, 499, 0, COMPARE_PER_RUN, 120 },
		{ 20, 199, 199, .3, COMPARE_PER_SECOND, 120 },
		{ 20, 199, 199, .3, COMPARE_SHARE, 120 },
	};

	for (size_t i = 0; i < array_len(cases); i++) {
		struct program pr = usual_program();
		struct alarms n;

		pr.phase_s = cases[i].phase_s;
		n = count_alarms(&pr, cases[i].seconds, cases[i].rate_a, cases[i].rate_b,
				 cases[i].unit, cases[i].times);
		print_message("  # %g s, %g and %g Hz, phases of %g s, per %s: verdicts in %.2f%% of "
			      "rows, %.1f%% of comparisons, %.1f%% of totals\n", cases[i].seconds,
			      cases[i].rate_a, cases[i].rate_b, cases[i].phase_s,
			      compare_unit_name(cases[i].unit), 100 * n.rows, 100 * n.comparisons,
			      100 * n.totals);
		assert_true(n.rows <= .01);
		assert_true(n.comparisons <= .08);
		assert_true(n.totals <= .08);
	}
}

TEST(a_recording_is_like_itself)
{
	struct program pr = usual_program();
	struct compare c;
	struct run a;

	run_init(&a);
	run_again(&a, &pr, 20, 499);
	for (enum compare_unit unit = COMPARE_PER_SECOND; unit < COMPARE_UNITS; unit++) {
		c = compare(&a, &a, unit);
		for (uint32_t i = 0; i < c.n_rows; i++) {
			assert_int_equal(c.rows[i].verdict, COMPARE_NO_EVIDENCE);
			assert_true(c.rows[i].change == 0);
		}
		compare_deinit(&c);
	}
	run_deinit(&a);
}

/* ---- something changed ---- */

static const struct compare_row *row_of(const struct compare *c, const struct run *a,
					const struct run *b, const char *name)
{
	for (uint32_t i = 0; i < c->n_rows; i++)
		if (c->rows[i].function[COMPARE_A] == function(a->p, name) ||
		    c->rows[i].function[COMPARE_B] == function(b->p, name))
			return &c->rows[i];
	return NULL;
}

/* The second function takes half of its time, and nothing else changes. */
TEST(what_became_faster_is_found_and_its_interval_has_the_truth)
{
	struct program before = usual_program(), after = before;
	double saved = before.share[1] / 2;
	int found = 0, covered = 0, others = 0, times = 40;
	struct run a, b;

	for (int i = 0; i < N; i++)
		after.share[i] = (before.share[i] - (i == 1 ? saved : 0)) / (1 - saved);
	after.busy = before.busy * (1 - saved);
	run_init(&a);
	run_init(&b);
	for (int i = 0; i < times; i++) {
		struct compare c;
		const struct compare_row *row;

		run_again(&a, &before, 20, 199);
		run_again(&b, &after, 15, 499);
		c = compare(&a, &b, COMPARE_PER_SECOND);
		row = row_of(&c, &a, &b, "b");
		found += row->verdict == COMPARE_LESS;
		covered += row->low <= -saved * .8 && row->high >= -saved * .8;
		assert_true(row == &c.rows[0] || row->verdict != COMPARE_LESS);
		for (uint32_t r = 0; r < c.n_rows; r++)
			others += &c.rows[r] != row && has_verdict(&c.rows[r]);
		assert_true(c.change_known && c.change.share < 0);
		compare_deinit(&c);
	}
	assert_int_equal(found, times);
	assert_true(covered >= times - 1);
	assert_true(others <= times / 10);
	run_deinit(&a);
	run_deinit(&b);
}

/* The same program gets half of the CPU: that is said to be no change of its parts. */
TEST(what_changes_alike_is_said_to)
{
	struct program before = usual_program(), starved = before, other = before;
	struct compare c;
	struct run a, b;

	starved.busy = before.busy / 2;
	other.busy = before.busy / 2;
	other.share[0] = 0;
	run_init(&a);
	run_init(&b);
	run_again(&a, &before, 20, 499);
	run_again(&b, &starved, 20, 499);
	c = compare(&a, &b, COMPARE_PER_SECOND);
	assert_true(c.change.high < 0);
	assert_true(c.alike);
	compare_deinit(&c);
	run_again(&b, &other, 20, 499);
	c = compare(&a, &b, COMPARE_PER_SECOND);
	assert_false(c.alike);
	compare_deinit(&c);
	run_again(&b, &before, 20, 499);
	c = compare(&a, &b, COMPARE_PER_SECOND);
	assert_false(c.alike);
	compare_deinit(&c);
	run_deinit(&a);
	run_deinit(&b);
}

/* Where one function shrinks, the shares of all others grow, and their times do not. */
TEST(shares_alone_mislead)
{
	struct program before = usual_program(), after = before;
	struct compare c;
	struct run a, b;
	int more = 0;

	for (int i = 1; i < N; i++)
		after.share[i] = before.share[i] / (1 - before.share[0]);
	after.share[0] = 0;
	after.busy = before.busy * (1 - before.share[0]);
	run_init(&a);
	run_init(&b);
	run_again(&a, &before, 60, 999);
	run_again(&b, &after, 60, 999);
	c = compare(&a, &b, COMPARE_SHARE);
	for (uint32_t i = 0; i < c.n_rows; i++)
		more += c.rows[i].verdict == COMPARE_MORE;
	assert_true(more > 5);
	assert_false(c.change_known);
	compare_deinit(&c);
	c = compare(&a, &b, COMPARE_PER_SECOND);
	for (uint32_t i = 1; i < c.n_rows; i++)
		assert_int_equal(c.rows[i].verdict, COMPARE_NO_EVIDENCE);
	assert_int_equal(c.rows[0].verdict, COMPARE_GONE);
	assert_float_equal(c.rows[0].change, -.8 * before.share[0], .02);
	compare_deinit(&c);
	c = compare(&b, &a, COMPARE_PER_SECOND);
	assert_int_equal(c.rows[0].verdict, COMPARE_NEW);
	compare_deinit(&c);
	run_deinit(&a);
	run_deinit(&b);
}

TEST(rows_add_up_to_the_totals)
{
	struct program pr = usual_program();
	struct filter *filter;
	struct error err;
	struct run a, b;

	assert_int_equal(filter_open("[ab]", FILTER_REGEX, &filter, &err), 0);
	run_init(&a);
	run_init(&b);
	for (int filtered = 0; filtered < 2; filtered++) {
		a.selection.filter = b.selection.filter = filtered ? filter : NULL;
		run_again(&a, &pr, 10, 199);
		run_again(&b, &pr, 15, 99);
		for (enum compare_unit unit = 0; unit < COMPARE_UNITS; unit++) {
			struct compare c = compare(&a, &b, unit);
			double sum[2] = { 0 };
			uint64_t n[2] = { 0 };

			for (uint32_t i = 0; i < c.n_rows; i++)
				for (int side = 0; side < 2; side++) {
					sum[side] += c.rows[i].value[side];
					n[side] += c.rows[i].samples[side];
				}
			for (int side = 0; side < 2; side++) {
				assert_float_equal(sum[side], c.total[side].value, 1e-9);
				assert_int_equal(n[side], c.total[side].samples);
			}
			assert_int_equal(c.total[COMPARE_A].samples, a.p->samples.n);
			assert_int_equal(c.rows[c.n_rows - 1].kind == COMPARE_FILTERED, filtered);
			compare_deinit(&c);
		}
	}
	filter_close(filter);
	run_deinit(&a);
	run_deinit(&b);
}

/* ---- no verdicts ---- */

TEST(too_little_bears_no_verdict)
{
	struct program pr = usual_program();
	struct record_lost lost = { .from_ns = START, .to_ns = START + 20 * S, .count = 4000,
				    .weight_ns = 4 * S };
	struct compare c;
	struct run a, b;

	run_init(&a);
	run_init(&b);
	run_again(&a, &pr, 20, 199);
	run_again(&b, &pr, 20, 1);
	c = compare(&a, &b, COMPARE_PER_SECOND);
	assert_int_equal(c.trouble, COMPARE_FEW);
	assert_int_equal(c.trouble_side, COMPARE_B);
	assert_false(c.change_known);
	for (uint32_t i = 0; i < c.n_rows; i++)
		assert_int_equal(c.rows[i].verdict, COMPARE_UNTESTED);
	compare_deinit(&c);

	run_again(&b, &pr, .009, 49999);
	c = compare(&a, &b, COMPARE_PER_SECOND);
	assert_int_equal(c.trouble, COMPARE_SHORT);
	assert_true(c.rough);
	compare_deinit(&c);

	run_again(&b, &pr, 20, 199);
	array_reserve(b.p->losses, 1, b.p->cap.losses);
	b.p->losses[b.p->n_losses++] = lost;
	summary_deinit(&b.sum);
	summary_make(b.p, &b.selection, &b.sum);
	c = compare(&a, &b, COMPARE_PER_SECOND);
	assert_int_equal(c.trouble, COMPARE_LOST);
	/* What was lost is not less work. */
	assert_float_equal(c.total[COMPARE_B].value, c.total[COMPARE_A].value + .2, .05);
	compare_deinit(&c);
	run_deinit(&a);
	run_deinit(&b);
}

/* ---- who is who ---- */

/* A program with one function of each kind, and samples of them. */
static struct profile_load *build(const char *exe, const char *file, const char *build_id,
				  bool kernel)
{
	struct nodes nodes = { 0 };
	struct profile_load *load;
	struct record_writer *w;
	struct error err;
	int fd = memfd_create("build", MFD_CLOEXEC);
	uint32_t modules[3], frames[4], function, path;

	assert_int_equal(record_writer_open(dup(fd), START, 0, &w, &err), 0);
	record_put_meta(w, "kernel", kernel ? "visible" : "excluded");
	path = record_put_string(w, exe, strlen(exe));
	record_put_process(w, &(struct record_process){ .pid = 7, .exe = path });
	record_put_thread(w, &(struct record_thread){ .tid = 7, .time_ns = START });
	modules[0] = record_put_module(w, &(struct record_module){ .path = path });
	modules[1] = record_put_module(w, &(struct record_module){
		.path = record_put_string(w, "/lib/libx.so", 12) });
	modules[2] = record_put_module(w, &(struct record_module){
		.kind = MODULE_KERNEL, .path = record_put_string(w, "[kernel]", 8) });
	record_put_module_info(w, &(struct record_module_info){ .module = modules[1],
		.flags = MODULE_HAS_UNWIND, .build_id = (const uint8_t *)build_id,
		.build_id_len = strlen(build_id), .note = record_put_string(w, "", 0) });
	for (int i = 0; i < 4; i++) {	/* work() of a file, help() of a library, ... */
		static const char *const names[] = { "work", "help", "ksys", "" };

		frames[i] = record_put_frame(w, &(struct record_frame){
			.module = modules[i == 3 ? 1 : i], .vaddr = 0x1010 });
		function = record_put_function(w, &(struct record_function){
			.module = modules[i == 3 ? 1 : i],
			.name = record_put_string(w, names[i], strlen(names[i])),
			.file = record_put_string(w, i ? "" : file, i ? 0 : strlen(file)),
			.vaddr = 0x1000, .size = i == 3 ? 64 : 0,
			.source = i == 3 ? SYMBOL_RANGE : SYMBOL_SYMTAB });
		if (i == 2 && !kernel)
			continue;
		record_put_symbol(w, frames[i], &(struct record_level){ function, 0 }, 1);
		for (uint32_t n = 0; n < 100; n++)
			record_put_sample(w, &(struct record_sample){
				.time_ns = START + n * (S / 10) + (uint64_t)i,
				.stack = nodes_push(&nodes, w, OUTCOME_COMPLETE, frames[i]),
				.weight_ns = PERIOD_NS });
	}
	assert_int_equal(record_writer_close(w, &err), 0);
	assert_int_equal(profile_load_open(fd, &load, &err), 0);
	assert_int_equal(profile_load_more(load, &err), 1);
	close(fd);
	return load;
}

struct builds {
	struct profile_load *load[2];
	struct summary sum[2];
	struct compare c;
};

static void builds_init(struct builds *t, struct profile_load *a, struct profile_load *b)
{
	struct compare_side sides[2];

	*t = (struct builds){ .load = { a, b } };
	for (int i = 0; i < 2; i++) {
		summary_make(profile_load_profile(t->load[i]), &everything, &t->sum[i]);
		sides[i] = (struct compare_side){ profile_load_profile(t->load[i]), &everything,
						  &t->sum[i] };
	}
	compare_make(sides, COMPARE_SHARE, &t->c);
}

static void builds_deinit(struct builds *t)
{
	compare_deinit(&t->c);
	for (int i = 0; i < 2; i++) {
		summary_deinit(&t->sum[i]);
		profile_load_close(t->load[i]);
	}
}

static uint32_t n_both(const struct compare *c)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < c->n_rows; i++)
		n += c->rows[i].n_functions[0] && c->rows[i].n_functions[1];
	return n;
}

static const struct compare_row *of_kind(const struct compare *c, enum compare_kind kind)
{
	for (uint32_t i = 0; i < c->n_rows; i++)
		if (c->rows[i].kind == kind)
			return &c->rows[i];
	return NULL;
}

TEST(functions_are_found_again_in_another_build)
{
	struct builds t;
	uint32_t work;

	/* Another folder, another name of the program, the same library. */
	builds_init(&t, build("/bin/one", "/a/work.c", "id1", true),
		    build("/opt/two", "/b/work.c", "id1", true));
	assert_int_equal(t.c.n_rows, 4);
	assert_int_equal(n_both(&t.c), 4);
	assert_null(of_kind(&t.c, COMPARE_UNNAMED));
	for (uint32_t i = 0; i < t.c.n_rows; i++)
		assert_false(t.c.rows[i].by_name);
	work = function(profile_load_profile(t.load[0]), "work");
	assert_int_equal(compare_find(profile_load_profile(t.load[0]), work,
				      profile_load_profile(t.load[1])),
			 function(profile_load_profile(t.load[1]), "work"));
	builds_deinit(&t);

	/* It moved to another file: by its name.  The library is another build: its code
	   without a name is at other addresses now. */
	builds_init(&t, build("/bin/one", "/a/work.c", "id1", true),
		    build("/bin/one", "/a/more.c", "id2", true));
	assert_int_equal(t.c.n_rows, 4);
	assert_int_equal(n_both(&t.c), 4);
	assert_non_null(of_kind(&t.c, COMPARE_UNNAMED));
	assert_int_equal(of_kind(&t.c, COMPARE_UNNAMED)->samples[0], 100);
	work = 0;
	for (uint32_t i = 0; i < t.c.n_rows; i++)
		work += t.c.rows[i].by_name;
	assert_int_equal(work, 1);
	assert_true(compare_module_differs(profile_load_profile(t.load[0]), 1,
					   profile_load_profile(t.load[1])));
	builds_deinit(&t);
}

/* Where one of both does not see the kernel, its functions are not new, but one row. */
TEST(a_kernel_that_one_side_does_not_see_is_one_row)
{
	struct builds t;
	const struct compare_row *kernel;

	builds_init(&t, build("/bin/one", "/a/work.c", "id1", false),
		    build("/bin/one", "/a/work.c", "id1", true));
	kernel = of_kind(&t.c, COMPARE_KERNEL);
	assert_non_null(kernel);
	assert_int_equal(kernel->samples[COMPARE_A], 0);
	assert_int_equal(kernel->samples[COMPARE_B], 100);
	assert_int_equal(t.c.n_rows, 4);
	builds_deinit(&t);
}

TEST(few_samples_are_one_row)
{
	struct program pr = usual_program();
	struct compare c;
	struct run a, b;

	for (int i = 10; i < N; i++)
		pr.share[i] = .0005;
	run_init(&a);
	run_init(&b);
	run_again(&a, &pr, 20, 99);
	run_again(&b, &pr, 20, 99);
	c = compare(&a, &b, COMPARE_PER_SECOND);
	assert_int_equal(c.n_rows, 11);
	assert_int_equal(c.n_tested, 11);
	assert_int_equal(c.rows[10].kind, COMPARE_OTHERS);
	assert_int_equal(c.rows[10].function[COMPARE_A], RECORD_NONE);
	compare_deinit(&c);
	run_deinit(&a);
	run_deinit(&b);
}

/* ---- call paths ---- */

static struct compare_tree compare_paths(const struct run *a, const struct run *b,
					 enum compare_unit unit)
{
	const struct compare_side sides[2] = { { a->p, &a->selection, &a->sum },
					       { b->p, &b->selection, &b->sum } };
	struct lens lenses[2] = { lens_direct(a->p, &a->sum), lens_direct(b->p, &b->sum) };
	struct compare c = compare(a, b, unit);
	struct compare_tree t;

	compare_tree_make(sides, &lenses[0], &lenses[1], &c, &t);
	compare_deinit(&c);
	return t;
}

static const struct compare_node *node_of(const struct compare_tree *t, const struct run *b,
					  const char *name)
{
	for (uint32_t i = 1; i < t->n_nodes; i++)
		if (b->p->tree.function[i] == function(b->p, name))
			return &t->nodes[i];
	fail_msg("no path of %s", name);
	return NULL;
}

TEST(paths_of_the_same_program_bear_no_verdict)
{
	struct program pr = usual_program();
	int alarms = 0, times = 120;
	struct run a, b;

	run_init(&a);
	run_init(&b);
	for (int i = 0; i < times; i++) {
		struct compare_tree t;
		int found = 0;

		run_again(&a, &pr, 20, 199);
		run_again(&b, &pr, 20, i & 1 ? 199 : 499);
		t = compare_paths(&a, &b, i & 2 ? COMPARE_SHARE : COMPARE_PER_SECOND);
		assert_in_range(t.n_tested, 20, N);
		for (uint32_t n = 0; n < t.n_nodes; n++)
			found += t.nodes[n].verdict != COMPARE_NO_EVIDENCE &&
				 t.nodes[n].verdict != COMPARE_UNTESTED;
		alarms += found > 0;
		compare_tree_deinit(&t);
	}
	assert_true(alarms <= .08 * times);
	run_deinit(&a);
	run_deinit(&b);
}

/* A path of one function has the numbers of that function. */
TEST(a_path_that_changed_is_found_and_its_value_is_the_functions)
{
	struct program pr = usual_program(), faster;
	const struct compare_node *n;
	struct compare_tree t;
	struct compare c;
	struct run a, b;

	faster = pr;
	faster.share[0] /= 4;
	faster.busy *= 1 - .75 * pr.share[0];
	run_init(&a);
	run_init(&b);
	run_again(&a, &pr, 20, 499);
	run_again(&b, &faster, 20, 499);
	t = compare_paths(&a, &b, COMPARE_PER_SECOND);
	c = compare(&a, &b, COMPARE_PER_SECOND);
	n = node_of(&t, &b, "a");
	assert_int_equal(n->verdict, COMPARE_LESS);
	assert_true(n->low <= -.75 * .8 * pr.share[0] && n->high >= -.75 * .8 * pr.share[0]);
	for (uint32_t i = 0; i < c.n_rows; i++) {
		if (c.rows[i].kind != COMPARE_FUNCTION || c.rows[i].function[COMPARE_B] == RECORD_NONE)
			continue;
		for (uint32_t k = 1; k < t.n_nodes; k++)
			if (b.p->tree.function[k] == c.rows[i].function[COMPARE_B])
				for (int side = 0; side < 2; side++)
					assert_true(fabs(t.nodes[k].value[side] -
							 c.rows[i].value[side]) < 1e-9);
	}
	assert_true(t.gone == 0);
	compare_tree_deinit(&t);
	compare_deinit(&c);
	run_deinit(&a);
	run_deinit(&b);
}

/* Stacks of callers: each has the sum of what it calls; what B has not is no path of it. */
TEST(paths_add_up_to_their_callers)
{
	struct tiny made[2] = { { 0 }, { 0 } };
	struct profile_load *loads[2];
	struct summary sums[2];
	struct selection all = { 0 };
	struct compare_side sides[2];
	struct lens lenses[2];
	struct compare_tree t;
	struct compare c;

	for (int i = 0; i < 2; i++) {
		tiny_begin(&made[i], NULL);
		tiny_samples(&made[i], tiny_stack(&made[i], OUTCOME_COMPLETE, "mab"), 0, 4000, 0);
		tiny_samples(&made[i], tiny_stack(&made[i], OUTCOME_COMPLETE, i ? "mac" : "mx"), 0, 2000,
			     5000000000u);
		loads[i] = tiny_load(&made[i]);
		sides[i] = (struct compare_side){ profile_load_profile(loads[i]), &all, &sums[i] };
		summary_make(sides[i].p, &all, &sums[i]);
		lenses[i] = lens_direct(sides[i].p, &sums[i]);
	}
	compare_make(sides, COMPARE_SHARE, &c);
	compare_tree_make(sides, &lenses[0], &lenses[1], &c, &t);
	for (int side = 0; side < 2; side++)
		for (uint32_t i = 0; i < t.n_nodes; i++) {
			const struct tree *tree = lenses[1].tree;
			double below = 0;

			for (uint32_t k = 1; k < t.n_nodes; k++)
				below += tree->parent[k] == i ? t.nodes[k].value[side] : 0;
			assert_true(below < t.nodes[i].value[side] + 1e-9);
		}
	assert_true(fabs(t.nodes[0].value[COMPARE_A] - 1) < 1e-9);
	assert_true(fabs(t.nodes[0].value[COMPARE_B] - 1) < 1e-9);
	assert_true(fabs(t.gone - 1.0 / 3) < 1e-9);
	compare_tree_deinit(&t);
	compare_deinit(&c);
	for (int i = 0; i < 2; i++) {
		summary_deinit(&sums[i]);
		profile_load_close(loads[i]);
	}
}

TEST(units_have_names)
{
	enum compare_unit unit;

	for (enum compare_unit i = 0; i < COMPARE_UNITS; i++) {
		assert_true(compare_unit_parse(compare_unit_name(i), &unit));
		assert_int_equal(unit, i);
	}
	assert_false(compare_unit_parse("order", &unit));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_program_twice_bears_no_verdict),
		cmocka_unit_test(a_recording_is_like_itself),
		cmocka_unit_test(what_became_faster_is_found_and_its_interval_has_the_truth),
		cmocka_unit_test(what_changes_alike_is_said_to),
		cmocka_unit_test(shares_alone_mislead),
		cmocka_unit_test(rows_add_up_to_the_totals),
		cmocka_unit_test(too_little_bears_no_verdict),
		cmocka_unit_test(functions_are_found_again_in_another_build),
		cmocka_unit_test(a_kernel_that_one_side_does_not_see_is_one_row),
		cmocka_unit_test(few_samples_are_one_row),
		cmocka_unit_test(paths_of_the_same_program_bear_no_verdict),
		cmocka_unit_test(a_path_that_changed_is_found_and_its_value_is_the_functions),
		cmocka_unit_test(paths_add_up_to_their_callers),
		cmocka_unit_test(units_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
