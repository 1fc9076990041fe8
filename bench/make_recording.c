// SPDX-License-Identifier: Apache-2.0
/*
 * make_recording FILE [SAMPLES [STACKS [DEPTH]]] - a large recording to measure with.
 *
 * A made-up program of 8 threads and 4,000 functions in 20 files, sampled at
 * 499 Hz: by default 10 million samples (42 minutes) with 100,000 distinct
 * stacks of 30 frames on average.  Three stacks of four differ from another one
 * in their innermost address only, the fourth leaves another one's path at some
 * depth, which is about what compilers and servers look like.  Some stacks are
 * a thousand times as frequent as others.  The same arguments make the same
 * samples.
 */
#include <fcntl.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/util.h"
#include "record/writer.h"

#define N_FUNCTIONS 4000
#define N_MODULES 20
#define N_THREADS 8
#define N_SITES 16	/* addresses looked at per function */
#define PERIOD_NS 2004008u
#define MAX_DEPTH 256

struct gen {
	struct record_writer *w;
	uint64_t state;		/* of the random numbers */
	uint32_t depth;		/* of a stack, on average */
	uint32_t functions[N_FUNCTIONS];
	uint32_t frames[N_FUNCTIONS][N_SITES];	/* number + 1; 0: none yet */
	struct path {
		uint16_t n;
		uint16_t function[MAX_DEPTH];
		uint32_t frames[MAX_DEPTH];
		uint32_t stack;		/* its number in the recording */
	} *paths;
};

static uint32_t rnd(struct gen *g, uint32_t n)
{
	g->state = g->state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)((g->state >> 32) * n >> 32);
}

static uint32_t string(struct gen *g, const char *fmt, unsigned int i)
{
	char text[64];
	int n = snprintf(text, sizeof(text), fmt, i);

	return record_put_string(g->w, text, (size_t)n);
}

static void put_program(struct gen *g)
{
	uint32_t exe = string(g, "/usr/bin/made-up", 0), module[N_MODULES];
	uint32_t process = record_put_process(g->w, &(struct record_process){
		.pid = 4242, .ppid = 1, .name = string(g, "made-up", 0), .exe = exe });

	for (uint32_t i = 0; i < N_THREADS; i++)
		record_put_thread(g->w, &(struct record_thread){
			.process = process, .tid = 4242 + i, .name = string(g, "worker-%u", i) });
	for (uint32_t i = 0; i < N_MODULES; i++)
		module[i] = record_put_module(g->w, &(struct record_module){
			.kind = MODULE_FILE, .path = i ? string(g, "/usr/lib/libpart%u.so", i) : exe });
	for (uint32_t i = 0; i < N_FUNCTIONS; i++)
		g->functions[i] = record_put_function(g->w, &(struct record_function){
			.module = module[i % N_MODULES], .name = string(g, "function_%u", i),
			.file = string(g, "/src/part%u.c", i % 97), .line = 10 * i,
			.vaddr = 0x1000 + 0x400 * i, .size = 0x400, .source = SYMBOL_DWARF });
}

/* A frame of this function with its symbol; every third address has an inlined call. */
static uint32_t frame(struct gen *g, uint32_t function, uint32_t site)
{
	uint32_t *known = &g->frames[function][site];

	if (!*known) {
		struct record_level levels[2] = {
			{ g->functions[(function * 7 + site) % N_FUNCTIONS], 3 + site },
			{ g->functions[function], 10 * function + site },
		};
		uint32_t n = site % 3 ? 1 : 2;

		*known = 1 + record_put_frame(g->w, &(struct record_frame){
			.module = function % N_MODULES, .flags = FRAME_RETURN,
			.vaddr = 0x1000 + 0x400 * function + 5 * site });
		record_put_symbol(g->w, *known - 1, levels + 2 - n, n);
	}
	return *known - 1;
}

static void push(struct gen *g, struct path *p, uint32_t function)
{
	p->function[p->n] = (uint16_t)function;
	p->frames[p->n++] = frame(g, function, rnd(g, N_SITES));
}

static void make_path(struct gen *g, uint32_t i)
{
	struct path *p = &g->paths[i];
	uint32_t depth;

	if (i)
		*p = g->paths[rnd(g, i)];
	if (i && rnd(g, 4)) {
		p->n--;		/* another address of the same function */
		push(g, p, p->function[p->n]);
		return;
	}
	depth = g->depth / 2 + rnd(g, g->depth + 1);
	p->n = i ? (uint16_t)rnd(g, min_of((uint32_t)p->n, depth)) : 0;
	while (p->n < depth)
		push(g, p, p->n < 3 ? p->n : rnd(g, N_FUNCTIONS));
}

static uint32_t pick(struct gen *g, uint32_t n_paths)
{
	double u = rnd(g, 1u << 30) / (double)(1u << 30);

	return g->paths[(uint32_t)(u * u * u * n_paths)].stack;
}

int main(int argc, char **argv)
{
	uint64_t n = argc > 2 ? strtoull(argv[2], NULL, 0) : 10000000;
	uint32_t n_paths = argc > 3 ? (uint32_t)strtoul(argv[3], NULL, 0) : 100000;
	struct gen *g = xcalloc(1, sizeof(*g));
	struct error err;
	int fd;

	g->state = 1;
	g->depth = min_of(argc > 4 ? (uint32_t)strtoul(argv[4], NULL, 0) : 30u, MAX_DEPTH / 2u);
	g->paths = xcalloc(n_paths, sizeof(*g->paths));
	fd = argc > 1 ? open(argv[1], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644) : -1;
	if (fd < 0 || record_writer_open(fd, NS_PER_S, clock_ns(CLOCK_REALTIME), &g->w, &err) < 0) {
		fprintf(stderr, "usage: make_recording FILE [SAMPLES [STACKS [DEPTH]]]\n");
		return 2;
	}
	record_put_meta(g->w, "engine", "perf");
	record_put_meta(g->w, "event", "cpu-clock");
	record_put_meta(g->w, "rate_hz", "499");
	record_put_meta(g->w, "command", "made-up");
	record_put_meta(g->w, "pid", "4242");
	put_program(g);
	for (uint32_t i = 0; i < n_paths; i++) {
		struct path *p = &g->paths[i];

		make_path(g, i);
		p->stack = record_put_stack(g->w, &(struct record_stack){
			.frames = p->frames, .n_frames = p->n });
	}

	uint64_t time_ns = NS_PER_S;
	for (uint64_t i = 0; i < n; i++) {
		time_ns += 2 * (uint64_t)rnd(g, PERIOD_NS / N_THREADS);
		record_put_sample(g->w, &(struct record_sample){
			.time_ns = time_ns, .thread = (uint32_t)i % N_THREADS,
			.stack = pick(g, n_paths), .cpu = i % 4,
			.weight_ns = PERIOD_NS * 85 / 100 + rnd(g, PERIOD_NS * 30 / 100) / 4096 * 4096 });
		if (i % 100000 == 99999)
			record_writer_commit(g->w, UINT64_MAX);
	}
	record_put_end(g->w, &(struct record_end){ .time_ns = time_ns, .n_samples = n });
	if (record_writer_close(g->w, &err) < 0) {
		fprintf(stderr, "make_recording: %s: %s\n", argv[1], err.msg);
		return 8;
	}
	free(g->paths);
	free(g);
	return 0;
}
