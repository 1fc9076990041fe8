// SPDX-License-Identifier: Apache-2.0
/*
 * bench_model FILE - how long the model takes to open a recording and to answer.
 *
 * Prints one figure per line.  bench/bench_model.sh makes the recording that the
 * figures in the documentation are of.
 */
#include <fcntl.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/util.h"
#include "profile/filter.h"
#include "profile/profile_load.h"
#include "profile/summary.h"

#define ROUNDS 9

static double ms_since(uint64_t start_ns)
{
	return (double)(clock_mono_ns() - start_ns) / 1e6;
}

/* Answer like the functions view does: sums, intervals of all rows, ties. */
static void answer(const struct profile *p, const struct selection *s)
{
	struct summary sum;
	uint32_t n;
	double widest = 0;

	summary_make(p, s, &sum);
	uint32_t *order = summary_rank(p, &sum, &n);
	for (uint32_t i = 0; i < n; i++) {
		struct interval self = summary_self(&sum, order[i]);
		struct interval total = summary_total(&sum, order[i]);

		widest += self.high - self.low + total.high - total.low;
	}
	for (uint32_t i = 1; i < n; i++)
		widest += summary_differ(&sum, order[i - 1], order[i]);
	if (widest < 0)
		printf("never\n");	/* keeps the answers from being left out */
	free(order);
	summary_deinit(&sum);
}

static int by_value(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void measure(const char *what, const struct profile *p, const struct selection *s)
{
	double ms[ROUNDS];

	for (int i = 0; i < ROUNDS; i++) {
		uint64_t start_ns = clock_mono_ns();

		answer(p, s);
		ms[i] = ms_since(start_ns);
	}
	qsort(ms, ROUNDS, sizeof(*ms), by_value);
	printf("%-34s %8.1f ms (median of %d; %.1f to %.1f)\n", what, ms[ROUNDS / 2], ROUNDS,
	       ms[0], ms[ROUNDS - 1]);
}

int main(int argc, char **argv)
{
	_cleanup_(closep) int fd = argc == 2 ? open(argv[1], O_RDONLY | O_CLOEXEC) : -1;
	uint64_t start_ns = clock_mono_ns();
	struct profile_load *load;
	struct filter *filter;
	struct error err;

	if (fd < 0) {
		fprintf(stderr, "usage: bench_model FILE\n");
		return 2;
	}
	if (profile_load_open(fd, &load, &err) < 0 || profile_load_more(load, &err) < 0) {
		fprintf(stderr, "bench_model: %s: %s\n", argv[1], err.msg);
		return 9;
	}
	double opened_ms = ms_since(start_ns);
	const struct profile *p = profile_load_profile(load);
	struct rusage use;

	getrusage(RUSAGE_SELF, &use);
	printf("samples %zu, stacks with their callers %zu, tree nodes %u, functions %zu\n",
	       p->samples.n, p->n_stacks, p->tree.n, p->n_functions);
	printf("%-34s %8.1f ms\n", "open", opened_ms);
	printf("%-34s %8.1f bytes a sample, %ld MiB in all\n", "memory",
	       (double)use.ru_maxrss * 1024 / (double)p->samples.n, use.ru_maxrss / 1024);

	struct selection all = { 0 }, part = { 0 }, threads = { 0 }, named = { 0 };
	const uint32_t three[] = { 0, 3, 5 };
	uint64_t range = p->end_ns - p->start_ns;

	part.from_ns = p->start_ns + range / 3;
	part.to_ns = part.from_ns + range / 2;
	threads.threads = three;
	threads.n_threads = 3;
	if (filter_open("function_1[0-9]*7", FILTER_REGEX, &filter, &err) < 0)
		return 1;
	named.filter = filter;
	measure("everything", p, &all);
	measure("half of the time", p, &part);
	measure("three of the threads", p, &threads);
	measure("functions matching an expression", p, &named);
	filter_close(filter);
	profile_load_close(load);
	return 0;
}
