// SPDX-License-Identifier: Apache-2.0
/*
 * bench_hour FILE SAMPLES NEW_PER_MILLE - what a session keeps after that many samples.
 *
 * Replays the path of samples through the session's own code - frames and stacks by
 * number, writer, flush each second - with made-up stacks of 20 frames, of which so
 * many in a thousand were never seen before: a few addresses in a loop, or a compiler.
 * Time in the recording runs as at 499 Hz on two cores.  The rings and the unwinder
 * are not part of it: they have a fixed size.
 *
 * Prints "key value" lines: samples, stacks, peak_mib (of this process), bytes.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/resource.h>

#include "base/error.h"
#include "session/session.h"

#define DEPTH 20
#define PERIOD_NS 1002004u	/* two threads at 499 Hz */
#define N_FUNCTIONS 20000
#define N_SITES 8		/* addresses per function that are seen */
#define N_KNOWN 4096		/* stacks that come again */

static uint64_t state = 1;

static uint32_t rnd(uint32_t n)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)((state >> 32) * n >> 32);
}

/* A stack that leaves the one before it at some depth; the innermost frame first. */
static void change(struct session *s, struct module *m, uint32_t frames[DEPTH])
{
	uint32_t n = 1 + rnd(DEPTH / 2);

	for (uint32_t i = 0; i < n; i++)
		frames[i] = stacks_frame(s, m, 0x1000 + 256ull * rnd(N_FUNCTIONS) + 5 * rnd(N_SITES),
					 i ? FRAME_RETURN : 0);
}

int main(int argc, char **argv)
{
	struct session session = { 0 }, *s = &session;
	struct module module = { .kind = MODULE_FILE, .naming = NAMING_FAILED, .fd = -1,
				 .debug_fd = -1, .alt_fd = -1 }, *m = &module;
	uint32_t frames[DEPTH], known[N_KNOWN][DEPTH], n_known = 0;
	uint64_t n, time_ns = NS_PER_S, n_stacks = 0;
	struct rusage usage;
	struct error err;
	int fd;

	fd = argc == 4 ? open(argv[1], O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644) : -1;
	if (fd < 0 || record_writer_open(dup(fd), time_ns, time_ns, &s->writer, &err) < 0) {
		fprintf(stderr, "usage: bench_hour FILE SAMPLES NEW_PER_MILLE\n");
		return 2;
	}
	n = strtoull(argv[2], NULL, 0);
	uint32_t new_per_mille = (uint32_t)strtoul(argv[3], NULL, 0);

	m->number = record_put_module(s->writer, &(struct record_module){ .kind = MODULE_FILE });
	uint32_t process = record_put_process(s->writer, &(struct record_process){ .pid = 2 });
	uint32_t thread = record_put_thread(s->writer, &(struct record_thread){
		.process = process, .tid = 2 });
	for (int i = 0; i < DEPTH / 2; i++)
		change(s, m, frames + i);
	for (uint64_t i = 0; i < n; i++) {
		const uint32_t *stack = frames;

		if (n_known == 0 || rnd(1000) < new_per_mille) {
			change(s, m, frames);
			memcpy(known[n_known++ % N_KNOWN], frames, sizeof(frames));
			n_stacks++;
		} else {
			stack = known[rnd(min_of(n_known, (uint32_t)N_KNOWN))];
		}
		time_ns += PERIOD_NS;
		session_put_sample(s, &(struct record_sample){
			.time_ns = time_ns, .thread = thread, .weight_ns = 2 * PERIOD_NS,
			.stack = stacks_stack(s, OUTCOME_COMPLETE, stack, DEPTH) });
		if (i % 998 == 0)
			record_writer_commit(s->writer, time_ns);
	}
	if (record_writer_close(s->writer, &err) < 0) {
		fprintf(stderr, "bench_hour: %s: %s\n", argv[1], err.msg);
		return 8;
	}
	getrusage(RUSAGE_SELF, &usage);
	printf("samples %" PRIu64 "\nnew_stacks %" PRIu64 "\npeak_mib %.1f\nbytes %lld\n", n, n_stacks,
	       (double)usage.ru_maxrss / 1024, (long long)lseek(fd, 0, SEEK_END));
	stacks_free(s);
	close(fd);
	return 0;
}
