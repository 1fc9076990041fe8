// SPDX-License-Identifier: Apache-2.0
#include "profile/stats.h"

#include <math.h>

#include "base/util.h"

#define Z_95 1.959964

double stats_t(uint32_t degrees_of_freedom)
{
	static const float t[STATS_MAX_BLOCKS] = {
		0,
		12.7062f, 4.3027f, 3.1824f, 2.7764f, 2.5706f, 2.4469f, 2.3646f,
		2.3060f, 2.2622f, 2.2281f, 2.2010f, 2.1788f, 2.1604f, 2.1448f,
		2.1314f, 2.1199f, 2.1098f, 2.1009f, 2.0930f, 2.0860f, 2.0796f,
		2.0739f, 2.0687f, 2.0639f, 2.0595f, 2.0555f, 2.0518f, 2.0484f,
		2.0452f, 2.0423f, 2.0395f, 2.0369f, 2.0345f, 2.0322f, 2.0301f,
		2.0281f, 2.0262f, 2.0244f, 2.0227f, 2.0211f, 2.0195f, 2.0181f,
		2.0167f, 2.0154f, 2.0141f, 2.0129f, 2.0117f, 2.0106f, 2.0096f,
		2.0086f, 2.0076f, 2.0066f, 2.0057f, 2.0049f, 2.0040f, 2.0032f,
		2.0025f, 2.0017f, 2.0010f,
	};

	return degrees_of_freedom < array_len(t) ? t[degrees_of_freedom] : Z_95;
}

#define T_MOST_DEGREES 1000	/* beyond, it is the normal distribution */

/*
 * The chance that t is farther than `x` from 0: for whole degrees of freedom n the
 * distribution is a finite series in the cosine of theta = atan(x / sqrt(n)).
 */
static double t_beyond(double x, uint32_t n)
{
	double theta = atan(x / sqrt(n)), c2 = cos(theta) * cos(theta);
	double term = n % 2 ? cos(theta) : 1, sum = n == 1 ? 0 : term;

	for (uint32_t k = n % 2 ? 3 : 2; k + 2 <= n; k += 2) {
		term *= c2 * (k - 1) / k;
		sum += term;
	}
	sum *= sin(theta);
	return 1 - (n % 2 ? (theta + sum) * M_2_PI : sum);
}

static double beyond(double x, uint32_t n)
{
	return n > T_MOST_DEGREES ? erfc(x * M_SQRT1_2) : t_beyond(x, n);
}

double stats_t_beyond(double chance, uint32_t degrees_of_freedom)
{
	uint32_t n = max_of(degrees_of_freedom, 1u);
	double low = 0, high = 1;

	chance = fmin(fmax(chance, 1e-12), 1);
	while (beyond(high, n) > chance && high < 1e15)
		high *= 2;
	for (int i = 0; i < 80; i++) {
		double x = (low + high) / 2;

		*(beyond(x, n) > chance ? &low : &high) = x;
	}
	return high;
}

uint32_t stats_n_blocks(uint64_t range_ns)
{
	uint64_t n = range_ns / STATS_BLOCK_NS;

	return n < 1 ? 1 : (uint32_t)min_of(n, (uint64_t)STATS_MAX_BLOCKS);
}

void stats_finish(struct stats *s)
{
	s->n_used = 0;
	s->total = s->total_sq = 0;
	for (uint32_t b = 0; b < s->n_blocks; b++) {
		s->n_used += s->weight[b] > 0;
		s->total += s->weight[b];
		s->total_sq += s->weight[b] * s->weight[b];
	}
}

struct interval stats_wilson(double p, double n, double z)
{
	double z2 = z * z / n;
	double centre = (p + z2 / 2) / (1 + z2);
	double half = z / (1 + z2) * sqrt(p * (1 - p) / n + z2 / (4 * n));

	return (struct interval){
		.share = p,
		/* the bounds of 0 and 1 themselves are exact */
		.low = p <= 0 ? 0 : fmax(0, centre - half),
		.high = p >= 1 ? 1 : fmin(1, centre + half),
	};
}

static bool is_rough(const struct stats *s)
{
	return s->n_used < STATS_MIN_BLOCKS;
}

/* The variance of a share, over blocks: `sq` is the sum of e_b squared. */
static double block_variance(const struct stats *s, double sq)
{
	double base = s->total * s->scale, b = s->n_used;

	return b / (b - 1) * fmax(0, sq) / (base * base);
}

struct interval stats_share(const struct stats *s, double x, double x_sq, double x_w)
{
	double base = s->total * s->scale, n = s->n * s->scale, phi = 1;
	struct interval iv;

	if (base <= 0 || n <= 0)
		return (struct interval){ .high = 1, .rough = true };

	double p = fmin(1, x / base), q = p * s->scale;
	double binomial = p * (1 - p) / n;

	if (!is_rough(s) && binomial > 0) {
		double sq = x_sq - 2 * q * x_w + q * q * s->total_sq;

		phi = fmax(1, block_variance(s, sq) / binomial);
	}
	iv = stats_wilson(p, n / phi, is_rough(s) ? Z_95 : stats_t(s->n_used - 1));
	iv.rough = is_rough(s);
	return iv;
}

struct interval stats_share_of_blocks(const struct stats *s, const double *x)
{
	double sum = 0, x_sq = 0, x_w = 0;

	for (uint32_t b = 0; b < s->n_blocks; b++) {
		sum += x[b];
		x_sq += (double)x[b] * x[b];
		x_w += x[b] * s->weight[b];
	}
	return stats_share(s, sum, x_sq, x_w);
}

bool stats_differ(const struct stats *s, const double *a, const double *b)
{
	double base = s->total * s->scale, n = s->n * s->scale;
	double sum_a = 0, sum_b = 0, sq = 0;

	if (base <= 0 || n <= 0)
		return false;
	for (uint32_t i = 0; i < s->n_blocks; i++) {
		sum_a += a[i];
		sum_b += b[i];
	}

	/*
	 * The difference of two shares of one multinomial, with a sample added to each:
	 * D. Bonett, R. Price, Adjusted Wald confidence interval for a difference of
	 * binomial proportions based on paired data, 2012.  It keeps few samples, all of
	 * one function, from being certain.
	 */
	double d = (sum_a - sum_b) / base * n / (n + 2);
	double sum = ((sum_a + sum_b) / base * n + 2) / (n + 2);
	double variance = (sum - d * d) / (n + 2);

	if (!is_rough(s)) {
		for (uint32_t i = 0; i < s->n_blocks; i++) {
			double e = (double)a[i] - b[i] - d * s->scale * s->weight[i];

			sq += e * e;
		}
		variance = fmax(variance, block_variance(s, sq));
	}
	return fabs(d) > (is_rough(s) ? Z_95 : stats_t(s->n_used - 1)) * sqrt(variance);
}
