// SPDX-License-Identifier: Apache-2.0
/*
 * bench_model FILE - how long the model takes to open a recording and to answer.
 *
 * Prints one "key value" a line, times in ms of CPU time (it has one thread and
 * waits for nothing); of a query the median and what was asked, of a flame graph the
 * slowest of the ways to look at it.  bench/model.sh makes the recording that the
 * figures are of.
 */
#include <fcntl.h>
#include <sys/resource.h>
#include <time.h>

#include "base/error.h"
#include "base/util.h"
#include "hints/hint.h"
#include "profile/filter.h"
#include "profile/flame.h"
#include "profile/profile_load.h"
#include "profile/summary.h"
#include "profile/thread_functions.h"
#include "profile/timeline.h"

#define ROUNDS 9

static double cpu_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
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
		double start = cpu_ms();

		answer(p, s);
		ms[i] = cpu_ms() - start;
	}
	qsort(ms, ROUNDS, sizeof(*ms), by_value);
	printf("query %.1f %s\n", ms[ROUNDS / 2], what);
}

/* Boxes of a wide screen, from all sides; their sums are made once for all of them. */
static void measure_flame(const struct profile *p, const struct selection *s)
{
	double start, slowest = 0;
	struct summary sum;
	struct flame f;

	summary_make(p, s, &sum);
	start = cpu_ms();
	flame_init(&f, p, &sum);
	printf("flame_sums %.1f\n", cpu_ms() - start);
	for (int how = 0; how < 4; how++) {
		start = cpu_ms();
		flame_lay(&f, &(struct flame_how){ .inverted = how & 1, .raw = how & 2,
						   .columns = 248 });
		slowest = cpu_ms() - start > slowest ? cpu_ms() - start : slowest;
	}
	printf("flame_lay %.1f\n", slowest);
	flame_deinit(&f);
	summary_deinit(&sum);
}

/* What the view of threads makes when it is opened: lanes, and functions of the chosen one. */
static void measure_timeline(const struct profile *p, const struct selection *s)
{
	const struct timeline_how how = { .from_ns = p->start_ns, .n_cells = 248, .lanes = true,
		.cell_ns = (p->end_ns - p->start_ns) / 248 + 1 };
	double lanes_ms[ROUNDS], functions_ms[ROUNDS];
	struct thread_functions f;
	struct timeline t;

	for (int i = 0; i < ROUNDS; i++) {
		double start = cpu_ms();

		timeline_make(p, s, &how, &t);
		timeline_deinit(&t);
		lanes_ms[i] = cpu_ms() - start;
		thread_functions_make(p, s, 0, &f);
		functions_ms[i] = cpu_ms() - start - lanes_ms[i];
	}
	qsort(lanes_ms, ROUNDS, sizeof(*lanes_ms), by_value);
	qsort(functions_ms, ROUNDS, sizeof(*functions_ms), by_value);
	printf("timeline %.1f\nthread_functions %.1f\n", lanes_ms[ROUNDS / 2],
	       functions_ms[ROUNDS / 2]);
}

/* Looking for hints in what is summed up already. */
static void measure_hints(const struct profile *p, const struct selection *s)
{
	struct hint_input in = { .p = p };
	struct hint_watch watch = { 0 };
	double ms[ROUNDS];
	struct summary sum;
	struct ledger ledger;
	uint32_t *order;

	summary_make(p, s, &sum);
	ledger_make(p, s, &sum, &ledger);
	order = summary_rank(p, &sum, &in.n_order);
	in.sum = &sum;
	in.ledger = &ledger;
	in.order = order;
	for (int i = 0; i < ROUNDS; i++) {
		double start = cpu_ms();

		hint_watch_look(&watch, &in, 3);
		ms[i] = cpu_ms() - start;
	}
	qsort(ms, ROUNDS, sizeof(*ms), by_value);
	printf("query %.1f hints\n", ms[ROUNDS / 2]);
	hint_watch_deinit(&watch);
	free(order);
	ledger_deinit(&ledger);
	summary_deinit(&sum);
}

int main(int argc, char **argv)
{
	_cleanup_(closep) int fd = argc == 2 ? open(argv[1], O_RDONLY | O_CLOEXEC) : -1;
	double start = cpu_ms();
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
	double opened_ms = cpu_ms() - start;
	const struct profile *p = profile_load_profile(load);
	struct rusage use;

	getrusage(RUSAGE_SELF, &use);
	printf("samples %zu\nstacks %zu\nnodes %u\nfunctions %zu\n", p->samples.n, p->n_stacks,
	       p->tree.n, p->n_functions);
	printf("open_ms %.1f\nmib %ld\n", opened_ms, use.ru_maxrss / 1024);

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
	measure_flame(p, &all);
	measure_timeline(p, &all);
	measure_hints(p, &all);
	filter_close(filter);
	profile_load_close(load);
	return 0;
}
