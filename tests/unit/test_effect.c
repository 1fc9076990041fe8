// SPDX-License-Identifier: Apache-2.0
/* By how much sampling slowed a program: the interval, the choice of a measure, the words. */
#include "tests/unit/test.h"

#include <math.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/clock.h"
#include "profile/effect.h"
#include "profile/profile_load.h"
#include "profile/summary.h"
#include "record/writer.h"
#include "ui/facts.h"

#define START_NS 1000000000ull

static uint64_t state = 1;

static double uniform(void)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (double)(state >> 11) / (double)(1ull << 53);
}

static double normal(void)
{
	return sqrt(-2 * log(1 - uniform())) * cos(2 * M_PI * uniform());
}

/* ---- does the interval cover the truth? ---- */

struct model {
	const char *name;
	double noise;		/* of each window */
	double drift;		/* of the program's speed over the run */
	double stalls;		/* share of windows that another program has taken half of */
	double phases;		/* share of time in a phase in which sampling costs 3 times as much */
};

/* The speed of the program in one window, which is 1 without anything. */
static double speed(const struct model *m, double at)
{
	double v = 1 + m->drift * sin(7 * at);

	v *= exp(m->noise * normal());
	return uniform() < m->stalls ? v / 2 : v;
}

static bool covers(const struct model *m, size_t n, double slower)
{
	double on[500], off[500], often = m->phases, truth = slower * (1 - often) + 3 * slower * often;

	for (size_t i = 0; i < n; i++) {
		double at = (double)i / (double)n, lost = uniform() < often ? 3 * slower : slower;

		on[i] = speed(m, at) * (1 - lost);
		off[i] = speed(m, at);
	}
	struct interval iv = effect_lost(on, off, n);

	assert_true(iv.low <= iv.share && iv.share <= iv.high);
	return truth >= iv.low && truth <= iv.high;
}

TEST(intervals_cover_the_truth_in_93_of_100_runs_and_more)
{
	static const struct model models[] = {
		{ "quiet", .01, 0, 0, 0 }, { "noisy", .3, 0, 0, 0 }, { "drifts", .03, .5, 0, 0 },
		{ "busy machine", .05, .2, .15, 0 }, { "phases", .02, .2, 0, .5 },
	};
	static const size_t n_pairs[] = { 8, 12, 40, 400 };
	static const double slower[] = { 0, .01, .15 };

	for (size_t m = 0; m < array_len(models); m++)
		for (size_t n = 0; n < array_len(n_pairs); n++)
			for (size_t k = 0; k < array_len(slower); k++) {
				int runs = n_pairs[n] > 100 ? 1000 : 4000, inside = 0;

				for (int i = 0; i < runs; i++)
					inside += covers(&models[m], n_pairs[n], slower[k]);
				if (inside < runs * 93 / 100)
					fail_msg("%s, %zu pairs, %.2f: %d of %d", models[m].name,
						 n_pairs[n], slower[k], inside, runs);
			}
}

/* ---- recordings ---- */

/* What a made-up program does, a second. */
struct program {
	const char *measure;
	double per_s[PROGRESS_COUNT], scatter[PROGRESS_COUNT];	/* -1: not known */
	double slower, dearer;		/* with sampling */
	uint32_t n_pairs;
	uint32_t old_rate_pairs;	/* of those, at another rate and much slower */
	bool goes_on;
};

static void put_window(struct record_writer *w, const struct program *g, uint32_t pair, bool on,
		       uint64_t *now_ns)
{
	bool old = pair < g->old_rate_pairs;
	struct record_window win = {
		.from_ns = *now_ns, .to_ns = *now_ns + 400000000, .pair = pair, .on = on,
		.rate_hz = old ? 4999 : 99, .cpu_ns = 200000000 };
	double part = on ? (old ? .1 : 1 - g->slower) : 1;

	*now_ns = win.to_ns + 10000000;
	if (on)	/* so that it is what each step takes */
		win.cpu_ns = (uint64_t)((double)win.cpu_ns * part * (1 + g->dearer));
	for (int i = 0; i < PROGRESS_COUNT; i++)
		win.progress[i] = g->per_s[i] < 0 ? PROGRESS_UNKNOWN :
			(uint64_t)(g->per_s[i] * .4 * part * exp(g->scatter[i] * normal()));
	record_put_window(w, &win);
}

static struct profile_load *made(const struct program *g)
{
	int fd = memfd_create("effect", MFD_CLOEXEC);
	uint64_t now_ns = START_NS;
	struct record_writer *w;
	struct profile_load *load;
	struct error err;

	assert_int_equal(record_writer_open(dup(fd), START_NS, START_NS, &w, &err), 0);
	if (g->measure)
		record_put_meta(w, "measure_effect", g->measure);
	for (uint32_t i = 0; i < g->n_pairs; i++) {
		bool first_on = uniform() < .5;

		put_window(w, g, i, first_on, &now_ns);
		put_window(w, g, i, !first_on, &now_ns);
	}
	if (!g->goes_on)
		record_put_end(w, &(struct record_end){ .time_ns = now_ns });
	assert_int_equal(record_writer_close(w, &err), 0);
	assert_int_equal(profile_load_open(fd, &load, &err), 0);
	assert_int_equal(profile_load_more(load, &err), 1);
	close(fd);
	return load;
}

static bool find(const struct program *g, struct effect_found *out)
{
	struct profile_load *load = made(g);
	bool asked = effect_find(profile_load_profile(load), out);

	profile_load_close(load);
	return asked;
}

static void check_words(const struct program *g, const char *want)
{
	struct profile_load *load = made(g);
	_cleanup_(freep) char *text = facts_effect(profile_load_profile(load));

	if (!text || strcmp(text, want) != 0)
		fail_msg("\"%s\" instead of \"%s\"", text ? text : "nothing", want);
	profile_load_close(load);
}

#define CALLS PROGRESS_CALLS
#define BYTES PROGRESS_BYTES
#define FAULTS PROGRESS_FAULTS
#define SWITCHES PROGRESS_SWITCHES

TEST(what_was_not_to_be_measured_is_not_spoken_of)
{
	struct effect_found e;
	struct program g = { .per_s = { [CALLS] = 1000 }, .n_pairs = 20 };
	struct profile_load *load = made(&g);

	assert_false(find(&g, &e));
	assert_null(facts_effect(profile_load_profile(load)));
	profile_load_close(load);
}

TEST(a_slowdown_and_its_price_are_found)
{
	struct program g = { .measure = "auto", .per_s = { [CALLS] = 1e6, [BYTES] = 5e6 },
			     .scatter = { .01, .02 }, .slower = .1, .dearer = .04, .n_pairs = 40 };
	struct effect_found e;

	assert_true(find(&g, &e));
	assert_int_equal(e.trouble, EFFECT_MEASURED);
	assert_int_equal(e.by, PROGRESS_CALLS);
	assert_int_equal(e.n_pairs, 40);
	assert_int_equal(e.rate_hz, 99);
	assert_float_equal(e.per_s, 1e6, 1e4);
	assert_float_equal(e.slower.share, .1, .01);
	assert_true(e.slower.high - e.slower.low < .02);
	assert_true(e.dearer_known);
	assert_float_equal(e.dearer.share, .04, .01);
}

TEST(the_steadiest_progress_is_taken)
{
	static const struct {
		struct program g;
		enum effect_trouble trouble;
		enum record_progress by;
	} cases[] = {
		{ { .per_s = { 1e5, 1e7, 1e4, 1e3 }, .scatter = { .1, .02, .05, .001 } }, 0, BYTES },
		{ { .per_s = { 1e5, 1e7, 1e4, 1e3 }, .scatter = { .1, .2, .05, .001 } }, 0, FAULTS },
		/* A timer that writes 1000 bytes ten times a second. */
		{ { .per_s = { 10, 1e4, 1e4 }, .scatter = { .001, .001, .05 } }, 0, FAULTS },
		{ { .per_s = { 0, 0, 0, 500 }, .scatter = { 0, 0, 0, .1 } }, 0, SWITCHES },
		{ { .per_s = { -1, -1, 1e4, -1 }, .scatter = { 0, 0, .1, 0 } }, 0, FAULTS },
		{ { .per_s = { 0, 0, 0, 100 } }, EFFECT_NO_PROGRESS, 0 },
		{ { .per_s = { 1e5, 1e5 }, .scatter = { 2, 2 } }, EFFECT_NO_PROGRESS, 0 },
		{ { .per_s = { 0 } }, EFFECT_NO_PROGRESS, 0 },
		/* What was asked for is taken if it advances at all. */
		{ { .measure = "switches", .per_s = { 1e5, 1e7, 1e4, 10 } }, 0, SWITCHES },
		{ { .measure = "calls", .per_s = { 1e5, 1e7 }, .scatter = { 1, .1 } }, 0, CALLS },
		{ { .measure = "faults", .per_s = { 1e5, 1e7 } }, EFFECT_NO_PROGRESS, FAULTS },
		{ { .measure = "calls", .per_s = { -1, -1, 1e4 } }, EFFECT_NO_PROGRESS, CALLS },
	};

	for (size_t i = 0; i < array_len(cases); i++) {
		struct program g = cases[i].g;
		struct effect_found e;

		g.n_pairs = 30;
		g.measure = g.measure ? g.measure : "auto";
		assert_true(find(&g, &e));
		if (e.trouble != cases[i].trouble ||
		    ((e.trouble == EFFECT_MEASURED || e.asked) && e.by != cases[i].by))
			fail_msg("case %zu: trouble %d, by %s", i, (int)e.trouble,
				 record_progress_name(e.by));
	}
}

TEST(windows_at_another_rate_do_not_count)
{
	struct program g = { .measure = "auto", .per_s = { 1e6, 1e6 }, .slower = .1,
			     .n_pairs = 40, .old_rate_pairs = 20 };
	struct effect_found e;

	assert_true(find(&g, &e));
	assert_int_equal(e.n_pairs, 20);
	assert_float_equal(e.slower.share, .1, .001);
}

/* Choosing by the scatter must not make the interval too narrow. */
TEST(the_chosen_interval_covers_the_truth_too)
{
	struct program g = { .measure = "auto", .per_s = { 1e6, 1e6, 1e6 },
			     .scatter = { .05, .05, .05 }, .slower = .05 };
	int inside = 0, runs = 1500;

	for (int i = 0; i < runs; i++) {
		struct effect_found e;

		g.n_pairs = i % 2 ? 8 : 20;
		assert_true(find(&g, &e));
		inside += e.slower.low <= .05 && e.slower.high >= .05;
	}
	if (inside < runs * 93 / 100)
		fail_msg("%d of %d", inside, runs);
}

TEST(it_is_said_plainly)
{
	struct program g = { .measure = "auto", .per_s = { 1e6, 1e6 }, .n_pairs = 40, .slower = .1 };

	check_words(&g, "sampling at 99 Hz slows the program by 10.00% (95%: 10.00 to 10.00%); "
		    "more CPU time for the same work cannot be told apart from none (95%: 0.00 to "
		    "0.00%); 40 pairs of windows, seen by read and write calls (1,000,000/s)");
	g.dearer = .25;
	check_words(&g, "sampling at 99 Hz slows the program by 10.00% (95%: 10.00 to 10.00%); "
		    "the CPU time for the same work grows by 25.00% (95%: 25.00 to 25.00%); 40 pairs of "
		    "windows, seen by read and write calls (1,000,000/s)");
	g = (struct program){ .measure = "faults", .per_s = { 0, 0, 5e5 }, .n_pairs = 10,
			      .scatter = { 0, 0, .1 } };
	struct profile_load *load = made(&g);
	_cleanup_(freep) char *text = facts_effect(profile_load_profile(load));
	assert_int_equal(strncmp(text, "a slowdown cannot be told apart from none (95%: -", 49), 0);
	assert_non_null(strstr(text, "; 10 pairs of windows, seen by page faults ("));
	profile_load_close(load);
	g = (struct program){ .measure = "auto", .per_s = { 1e6, 1e6 }, .n_pairs = 7 };
	check_words(&g, "not measured: 7 pairs of windows with and without sampling, of 8 that are "
		    "needed: 10 s of recording have them");
	g.goes_on = true;
	check_words(&g, "not known yet: 7 of 8 pairs of windows with and without sampling");
	g = (struct program){ .measure = "auto", .n_pairs = 20 };
	check_words(&g, "not measured: no progress is seen, as the program does not steadily read, "
		    "write, get pages or wait, 200 times a second or more");
	g.measure = "bytes";
	check_words(&g, "not measured: no progress is seen by bytes");
}

/* ---- CPU time that was used while sampling was off ---- */

static void counter(struct record_writer *w, enum record_counter_what what, uint32_t thread,
		    uint64_t value)
{
	record_put_counter(w, &(struct record_counter){
		.time_ns = START_NS + 10 * NS_PER_S, .what = what, .thread = thread, .value = value });
}

/* 8 s of CPU time of which 3 s were without sampling: of 4 s, or in the kernel 1 s. */
static struct profile_load *half_sampled(const char *kernel)
{
	int fd = memfd_create("off", MFD_CLOEXEC);
	struct record_writer *w;
	struct profile_load *load;
	struct error err;
	uint32_t name, process;

	assert_int_equal(record_writer_open(dup(fd), START_NS, START_NS, &w, &err), 0);
	record_put_meta(w, "kernel", kernel);
	name = record_put_string(w, "name", 4);
	process = record_put_process(w, &(struct record_process){ .pid = 1, .name = name,
								  .time_ns = START_NS });
	for (uint32_t tid = 1; tid <= 2; tid++) {
		uint32_t thread = record_put_thread(w, &(struct record_thread){
			.process = process, .tid = tid, .name = name, .time_ns = START_NS });

		for (uint64_t i = 0; i < 400; i++)
			record_put_sample(w, &(struct record_sample){
				.time_ns = START_NS + i * 10000000, .thread = thread,
				.weight_ns = 5000000, .cpu = RECORD_NONE });
		counter(w, COUNTER_CPU_NS, thread, 4 * NS_PER_S);
	}
	counter(w, COUNTER_CPU_NS, RECORD_NONE, 8 * NS_PER_S);
	counter(w, COUNTER_OFF_CPU_NS, RECORD_NONE, 3 * NS_PER_S);
	assert_int_equal(record_writer_close(w, &err), 0);
	assert_int_equal(profile_load_open(fd, &load, &err), 0);
	assert_int_equal(profile_load_more(load, &err), 1);
	close(fd);
	return load;
}

TEST(time_without_sampling_is_no_hole_in_the_data)
{
	uint32_t second = 1;
	const struct selection whole = { 0 }, one = { .threads = &second, .n_threads = 1 };
	struct profile_load *load = half_sampled("visible");
	struct summary sum;

	summary_make(profile_load_profile(load), &whole, &sum);
	assert_int_equal(sum.cpu_ns, 8 * NS_PER_S);
	assert_int_equal(sum.off_ns, 3 * NS_PER_S);
	assert_int_equal(sum.unsampled_ns, NS_PER_S);
	summary_deinit(&sum);
	profile_load_close(load);

	load = half_sampled("excluded");
	summary_make(profile_load_profile(load), &whole, &sum);
	assert_int_equal(sum.hidden_ns, NS_PER_S);
	assert_int_equal(sum.unsampled_ns, 0);
	summary_deinit(&sum);
	summary_make(profile_load_profile(load), &one, &sum);	/* the same half of everything */
	assert_int_equal(sum.cpu_ns, 4 * NS_PER_S);
	assert_int_equal(sum.off_ns, 3 * NS_PER_S / 2);
	assert_int_equal(sum.hidden_ns, NS_PER_S / 2);
	summary_deinit(&sum);
	profile_load_close(load);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(intervals_cover_the_truth_in_93_of_100_runs_and_more),
		cmocka_unit_test(what_was_not_to_be_measured_is_not_spoken_of),
		cmocka_unit_test(a_slowdown_and_its_price_are_found),
		cmocka_unit_test(the_steadiest_progress_is_taken),
		cmocka_unit_test(windows_at_another_rate_do_not_count),
		cmocka_unit_test(the_chosen_interval_covers_the_truth_too),
		cmocka_unit_test(it_is_said_plainly),
		cmocka_unit_test(time_without_sampling_is_no_hole_in_the_data),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
