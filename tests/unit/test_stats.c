// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/test.h"

#include <math.h>

#include "profile/stats.h"

static uint64_t state = 1;

static double uniform(void)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (double)(state >> 11) / (double)(1ull << 53);
}

/* The chance that Student's t with `dof` degrees of freedom is below `t` (> 0). */
static double t_cdf(double t, double dof)
{
	double c = exp(lgamma((dof + 1) / 2) - lgamma(dof / 2)) / sqrt(dof * M_PI), sum = 0;
	int n = 20000;

	for (int i = 0; i <= n; i++) {	/* Simpson's rule */
		double x = t * i / n, f = pow(1 + x * x / dof, -(dof + 1) / 2);

		sum += f * (i == 0 || i == n ? 1 : i % 2 ? 4 : 2);
	}
	return .5 + c * sum * t / n / 3;
}

TEST(quantiles_of_t_have_97_5_percent_below_them)
{
	for (uint32_t dof = 1; dof < STATS_MAX_BLOCKS; dof++)
		assert_float_equal(t_cdf(stats_t(dof), dof), .975, 1e-5);
	assert_float_equal(stats_t(1000), 1.96, .001);
}

TEST(t_is_known_far_out_too)
{
	for (uint32_t dof = 1; dof < STATS_MAX_BLOCKS; dof++)
		assert_float_equal(stats_t_beyond(.05, dof), stats_t(dof), 1e-3);
	assert_float_equal(stats_t_beyond(.05, 100000), 1.96, 1e-3);
	assert_float_equal(t_cdf(stats_t_beyond(.001, 18), 18), .9995, 1e-6);
	assert_float_equal(stats_t_beyond(.001, 18), 3.9216, 1e-3);
	assert_float_equal(stats_t_beyond(1e-6, 118), 5.1526, 1e-2);
	assert_true(stats_t_beyond(0, 1) > 1e11);
	assert_float_equal(stats_t_beyond(1, 9), 0, 1e-9);
}

TEST(wilson_is_right_where_the_naive_interval_is_not)
{
	static const struct {
		double p, n, low, high;
	} cases[] = {
		{ 1, 1, .2065, 1 },		/* 1 of 1 */
		{ 0, 1, 0, .7935 },
		{ 0, 10, 0, .2775 },
		{ .5, 10, .2366, .7634 },
		{ .01, 100, .0018, .0545 },
	};

	for (size_t i = 0; i < array_len(cases); i++) {
		struct interval iv = stats_wilson(cases[i].p, cases[i].n, 1.959964);

		assert_float_equal(iv.low, cases[i].low, .0001);
		assert_float_equal(iv.high, cases[i].high, .0001);
	}
}

TEST(half_widths_are_those_of_the_design)
{
	static const struct {
		double p, n, half_pct;
	} cases[] = {
		{ .2, 100, 7.8 }, { .2, 1000, 2.5 }, { .2, 5000, 1.1 }, { .5, 100, 9.6 },
		{ .5, 1000, 3.1 }, { .5, 5000, 1.4 }, { .01, 100, 2.6 }, { .01, 1000, .6 },
		{ .01, 5000, .3 },
	};

	for (size_t i = 0; i < array_len(cases); i++) {
		struct interval iv = stats_wilson(cases[i].p, cases[i].n, 1.959964);

		assert_float_equal((iv.high - iv.low) * 50, cases[i].half_pct, .051);
	}
}

TEST(a_range_is_cut_into_seconds_but_at_most_60_blocks)
{
	assert_int_equal(stats_n_blocks(0), 1);
	assert_int_equal(stats_n_blocks(999999999), 1);
	assert_int_equal(stats_n_blocks(9999999999), 9);
	assert_int_equal(stats_n_blocks(59999999999), 59);
	assert_int_equal(stats_n_blocks(3600000000000), 60);
	assert_int_equal(stats_n_blocks(UINT64_MAX), 60);
}

/* A run of `n_blocks` seconds at 200 samples; the truth is `p` of the time. */
struct run {
	struct stats s;
	double x[STATS_MAX_BLOCKS], y[STATS_MAX_BLOCKS];
	double weights, squares;
};

static void sample(struct run *r, uint32_t block, bool in_x, bool in_y, double weight)
{
	r->s.weight[block] += weight;
	r->weights += weight;
	r->squares += weight * weight;
	r->x[block] += in_x ? weight : 0;
	r->y[block] += in_y ? weight : 0;
}

static void finish(struct run *r, uint32_t n_blocks)
{
	r->s.n_blocks = n_blocks;
	r->s.scale = 1;
	stats_finish(&r->s);
	r->s.n = r->weights * r->weights / r->squares;
}

/* Independent samples whose weights scatter like those of cprofd. */
static struct run independent(double p, double q, uint32_t n_blocks)
{
	struct run r = { 0 };

	for (uint32_t b = 0; b < n_blocks; b++)
		for (int i = 0; i < 200; i++) {
			double u = uniform();

			sample(&r, b, u < p, u >= p && u < p + q, .85 + .3 * uniform());
		}
	finish(&r, n_blocks);
	return r;
}

/* The program is in one of two functions for 300 ms on average, then in the other. */
static struct run phased(uint32_t n_blocks)
{
	struct run r = { 0 };
	bool on = uniform() < .5;

	for (uint32_t b = 0; b < n_blocks; b++)
		for (int i = 0; i < 200; i++) {
			if (uniform() < 1 / 60.)
				on = !on;
			sample(&r, b, on, !on, 1);
		}
	finish(&r, n_blocks);
	return r;
}

static bool covers(struct interval iv, double truth)
{
	return iv.low <= truth && truth <= iv.high;
}

TEST(intervals_of_independent_samples_cover_the_truth)
{
	static const double truths[] = { .01, .05, .3, .5, .95 };

	for (size_t t = 0; t < array_len(truths); t++) {
		int n = 0;

		for (int i = 0; i < 200; i++) {
			struct run r = independent(truths[t], 0, 30);

			n += covers(stats_share_of_blocks(&r.s, r.x), truths[t]);
		}
		assert_true(n >= 180);
	}
}

TEST(intervals_of_phased_programs_cover_the_truth_where_wilson_does_not)
{
	int n = 0, naive = 0;

	for (int i = 0; i < 200; i++) {
		struct run r = phased(40);
		struct interval iv = stats_share_of_blocks(&r.s, r.x);

		n += covers(iv, .5);
		naive += covers(stats_wilson(iv.share, r.s.n, 1.959964), .5);
		assert_false(iv.rough);
	}
	assert_true(n >= 180);
	assert_true(naive < 80);
}

TEST(with_few_blocks_the_interval_is_rough)
{
	struct run r = independent(.5, 0, 9), ten = independent(.5, 0, 10);

	assert_true(stats_share_of_blocks(&r.s, r.x).rough);
	assert_false(stats_share_of_blocks(&ten.s, ten.x).rough);
}

TEST(blocks_without_samples_do_not_make_the_interval_narrower)
{
	struct run r = independent(.5, 0, 5);

	finish(&r, 60);	/* 55 empty ones */
	assert_int_equal(r.s.n_used, 5);
	assert_true(stats_share_of_blocks(&r.s, r.x).rough);
}

TEST(nothing_at_all_is_not_known_at_all)
{
	struct stats s = { .n_blocks = 1, .scale = 1 };
	double x[1] = { 0 };
	struct interval iv;

	stats_finish(&s);
	iv = stats_share_of_blocks(&s, x);
	assert_float_equal(iv.low, 0, 0);
	assert_float_equal(iv.high, 1, 0);
	assert_false(stats_differ(&s, x, x));
}

/* One sample, or three, all of one function: p is 1, so a plain test has no variance. */
TEST(few_samples_make_no_difference)
{
	double x[1], zero[1] = { 0 };

	for (int n = 1; n <= 20; n++) {
		struct stats s = { .n_blocks = 1, .scale = 1, .weight = { n }, .n = n };

		x[0] = n;
		stats_finish(&s);
		assert_int_equal(stats_differ(&s, x, zero), n > 3);
	}
}

TEST(equal_shares_are_told_apart_in_5_of_100_cases_at_most)
{
	int n_equal = 0, n_phased = 0, n_different = 0;

	for (int i = 0; i < 200; i++) {
		struct run equal = independent(.2, .2, 30), p = phased(40);
		struct run different = independent(.3, .2, 30);

		n_equal += stats_differ(&equal.s, equal.x, equal.y);
		n_phased += stats_differ(&p.s, p.x, p.y);
		n_different += stats_differ(&different.s, different.x, different.y);
	}
	assert_true(n_equal <= 20);
	assert_true(n_phased <= 20);
	assert_true(n_different >= 195);
}

TEST(time_that_is_known_but_not_sampled_lowers_all_shares)
{
	struct run r = independent(.4, 0, 30);
	struct interval before = stats_share_of_blocks(&r.s, r.x), after;

	r.s.scale = 2;
	after = stats_share_of_blocks(&r.s, r.x);
	assert_float_equal(after.share * 2, before.share, 1e-9);
	assert_true(covers(after, .2));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(quantiles_of_t_have_97_5_percent_below_them),
		cmocka_unit_test(t_is_known_far_out_too),
		cmocka_unit_test(wilson_is_right_where_the_naive_interval_is_not),
		cmocka_unit_test(half_widths_are_those_of_the_design),
		cmocka_unit_test(a_range_is_cut_into_seconds_but_at_most_60_blocks),
		cmocka_unit_test(intervals_of_independent_samples_cover_the_truth),
		cmocka_unit_test(intervals_of_phased_programs_cover_the_truth_where_wilson_does_not),
		cmocka_unit_test(with_few_blocks_the_interval_is_rough),
		cmocka_unit_test(blocks_without_samples_do_not_make_the_interval_narrower),
		cmocka_unit_test(nothing_at_all_is_not_known_at_all),
		cmocka_unit_test(few_samples_make_no_difference),
		cmocka_unit_test(equal_shares_are_told_apart_in_5_of_100_cases_at_most),
		cmocka_unit_test(time_that_is_known_but_not_sampled_lowers_all_shares),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
