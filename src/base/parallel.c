// SPDX-License-Identifier: Apache-2.0
#include "base/parallel.h"

#include <pthread.h>
#include <sched.h>
#include <stdbool.h>

#include "base/util.h"

struct thread {
	pthread_t id;
	bool runs;
	void (*part)(void *ctx, uint32_t i);
	void *ctx;
	uint32_t i;
};

uint32_t parallel_parts(uint64_t work, uint64_t least)
{
	uint64_t n = min_of(work / least, (uint64_t)PARALLEL_MOST);
	cpu_set_t cpus;

	if (n > 1 && sched_getaffinity(0, sizeof(cpus), &cpus) == 0)
		n = min_of(n, (uint64_t)CPU_COUNT(&cpus));
	return (uint32_t)max_of(n, 1ull);
}

static void *run(void *arg)
{
	struct thread *t = arg;

	t->part(t->ctx, t->i);
	return NULL;
}

void parallel_run(uint32_t n, void (*part)(void *ctx, uint32_t i), void *ctx)
{
	struct thread threads[PARALLEL_MOST];

	for (uint32_t i = 0; i < n; i++) {
		struct thread *t = &threads[i];

		*t = (struct thread){ .part = part, .ctx = ctx, .i = i };
		t->runs = i && pthread_create(&t->id, NULL, run, t) == 0;
	}
	for (uint32_t i = 0; i < n; i++)
		if (!threads[i].runs)
			part(ctx, i);
	for (uint32_t i = 0; i < n; i++)
		if (threads[i].runs)
			pthread_join(threads[i].id, NULL);
}
