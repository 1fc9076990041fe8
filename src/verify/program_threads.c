// SPDX-License-Identifier: Apache-2.0
/* Threads with different amounts of work, two of them born while the others compute. */
#include "verify/program.h"

#include <pthread.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define UNIT 5000000

struct worker {
	const char *name;
	void (*part)(void);
	double share;
	uint64_t budget_ns;
	uint64_t used_ns;	/* in its part */
	uint64_t life_ns;
	int tid;
	pthread_t thread;
};

PART(void first(void)) { COMPUTE(UNIT, 1442695040888963425u); }
PART(void second(void)) { COMPUTE(UNIT, 1442695040888963427u); }
PART(void late(void)) { COMPUTE(UNIT, 1442695040888963429u); }
PART(void later(void)) { COMPUTE(UNIT, 1442695040888963431u); }

static void *live(void *arg)
{
	struct worker *w = arg;

	w->tid = (int)syscall(SYS_gettid);
	while (w->used_ns < w->budget_ns)
		measured(w->part, &w->used_ns);
	w->life_ns = thread_cpu_ns();
	return NULL;
}

static void start(struct worker *w, double seconds)
{
	w->budget_ns = (uint64_t)(w->share * seconds * 1e9);
	pthread_create(&w->thread, NULL, live, w);
}

static void wait_s(double seconds)
{
	struct timespec ts = { (time_t)seconds, (long)((seconds - (double)(time_t)seconds) * 1e9) };

	nanosleep(&ts, NULL);
}

static void run(double seconds, unsigned int rate_hz)
{
	struct worker workers[] = {
		{ .name = "first", .part = first, .share = .4 },
		{ .name = "second", .part = second, .share = .3 },
		{ .name = "late", .part = late, .share = .2 },
		{ .name = "later", .part = later, .share = .1 },
	};

	(void)rate_hz;
	start(&workers[0], seconds);
	start(&workers[1], seconds);
	for (int i = 2; i < 4; i++) {
		wait_s(seconds / 10);
		start(&workers[i], seconds);
	}
	for (int i = 0; i < 4; i++) {
		pthread_join(workers[i].thread, NULL);
		say_seconds("total", workers[i].name, workers[i].used_ns);
		printf("thread %s %d %.9f\n", workers[i].name, workers[i].tid,
		       (double)workers[i].life_ns / 1e9);
	}
}

const struct program program_threads = { "threads", run };
