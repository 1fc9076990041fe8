// SPDX-License-Identifier: Apache-2.0
/*
 * bench_recording FILE - the figures of a recording, one "key value" a line:
 *
 *	bytes, samples, lost
 *	complete		samples whose stack reaches the outermost frame
 *	gaps			samples that say how many bytes of stack are missing
 *	no_user			samples without a user stack (exiting, exec)
 *	frames			of all samples together
 *	cpu_s			CPU time that the kernel counted for the threads
 *	own_cpu_s		CPU time of the profiler, as it says itself
 *	first_s, end_s		first sample and end of recording, CLOCK_MONOTONIC
 *	engine			that recorded it
 *	steady_bytes		bytes a sample of the second half of the samples
 *
 * A recording that still grows has its figures so far.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/util.h"
#include "record/reader.h"

struct batch {			/* where in the file so many samples end */
	uint64_t off, n;
};

struct figures {
	uint64_t n, outcome[OUTCOME_COUNT], n_lost, n_gaps, n_frames, first_ns, end_ns;
	uint64_t cpu_ns, own_cpu_ns;
	char engine[16];
	uint8_t *outcomes;	/* of each stack of the epoch at hand */
	uint32_t *depths;
	size_t n_stacks, cap_outcomes, cap_depths;
	struct batch *batches;
	size_t n_batches, cap_batches;
};

static void forget_stacks(struct figures *f)
{
	array_reserve(f->outcomes, RECORD_STACK_FIRST, f->cap_outcomes);
	array_reserve(f->depths, RECORD_STACK_FIRST, f->cap_depths);
	memset(f->depths, 0, RECORD_STACK_FIRST * sizeof(*f->depths));
	for (uint8_t i = 0; i < RECORD_STACK_FIRST; i++)
		f->outcomes[i] = i;
	f->n_stacks = RECORD_STACK_FIRST;
}

static void add_stacks(struct figures *f, struct record *rec)
{
	struct record_stack stack;

	while (record_next_stack(rec, &stack) > 0) {
		array_reserve(f->outcomes, f->n_stacks + 1, f->cap_outcomes);
		array_reserve(f->depths, f->n_stacks + 1, f->cap_depths);
		f->outcomes[f->n_stacks] = (uint8_t)stack.outcome;
		f->depths[f->n_stacks++] = stack.n_frames;
	}
}

static void add_samples(struct figures *f, struct record *rec, uint64_t off)
{
	struct record_sample sample;

	while (record_next_sample(rec, &sample) > 0) {
		if (sample.stack >= f->n_stacks || f->outcomes[sample.stack] >= OUTCOME_COUNT)
			continue;
		f->n++;
		f->outcome[f->outcomes[sample.stack]]++;
		f->n_frames += f->depths[sample.stack];
		f->n_gaps += sample.gap > 0;
		if (!f->first_ns || sample.time_ns < f->first_ns)
			f->first_ns = sample.time_ns;
	}
	array_reserve(f->batches, f->n_batches + 1, f->cap_batches);
	f->batches[f->n_batches++] = (struct batch){ off, f->n };
}

static void add(struct figures *f, struct record *rec, uint64_t off)
{
	switch (rec->type) {
	case RECORD_META:
		if (rec->meta.key_len == 6 && memcmp(rec->meta.key, "engine", 6) == 0)
			snprintf(f->engine, sizeof(f->engine), "%.*s", (int)rec->meta.value_len,
				 rec->meta.value);
		break;
	case RECORD_STACKS:
		add_stacks(f, rec);
		break;
	case RECORD_SAMPLES:
		add_samples(f, rec, off);
		break;
	case RECORD_EPOCH:
		forget_stacks(f);
		break;
	case RECORD_LOST:
		f->n_lost += rec->lost.count;
		break;
	case RECORD_COUNTER:
		if (rec->counter.what == COUNTER_CPU_NS && rec->counter.thread == RECORD_NONE)
			f->cpu_ns = rec->counter.value;
		if (rec->counter.what == COUNTER_OWN_CPU_NS)
			f->own_cpu_ns = rec->counter.value;
		break;
	case RECORD_END:
		f->end_ns = rec->end.time_ns;
		break;
	default:
		break;
	}
}

/* Bytes per sample from the middle of the samples on; 0: too few blocks to say. */
static double steady_bytes(const struct figures *f)
{
	const struct batch *from = NULL, *to = f->n_batches ? &f->batches[f->n_batches - 1] : NULL;

	for (size_t i = 0; i < f->n_batches; i++) {
		if (f->batches[i].n * 2 >= f->n) {
			from = &f->batches[i];
			break;
		}
	}
	return from && to->n > from->n ? (double)(to->off - from->off) / (double)(to->n - from->n)
				       : 0;
}

int main(int argc, char **argv)
{
	_cleanup_(closep) int fd = argc == 2 ? open(argv[1], O_RDONLY | O_CLOEXEC) : -1;
	struct figures f = { 0 };
	struct record_reader *reader;
	struct record rec;
	struct error err;
	int more;

	if (fd < 0) {
		fprintf(stderr, "usage: bench_recording FILE\n");
		return 2;
	}
	if (record_reader_open(fd, &reader, &err) < 0) {
		fprintf(stderr, "bench_recording: %s: %s\n", argv[1], err.msg);
		return 9;
	}
	forget_stacks(&f);
	while ((more = record_reader_next(reader, &rec, &err)) > 0)
		add(&f, &rec, record_reader_block_off(reader));
	if (more < 0) {
		fprintf(stderr, "bench_recording: %s: %s\n", argv[1], err.msg);
		return 9;
	}
	printf("bytes %" PRIu64 "\n", record_reader_valid_bytes(reader));
	printf("samples %" PRIu64 "\nlost %" PRIu64 "\n", f.n, f.n_lost);
	printf("complete %" PRIu64 "\n", f.outcome[OUTCOME_COMPLETE]);
	printf("gaps %" PRIu64 "\n", f.n_gaps);
	printf("no_user %" PRIu64 "\n", f.outcome[OUTCOME_NO_USER]);
	printf("frames %" PRIu64 "\n", f.n_frames);
	printf("cpu_s %.6f\nown_cpu_s %.6f\n", (double)f.cpu_ns / 1e9, (double)f.own_cpu_ns / 1e9);
	printf("first_s %.6f\nend_s %.6f\n", (double)f.first_ns / 1e9, (double)f.end_ns / 1e9);
	printf("engine %s\n", f.engine);
	printf("steady_bytes %.2f\n", steady_bytes(&f));
	record_reader_close(reader);
	free(f.outcomes);
	free(f.depths);
	free(f.batches);
	return 0;
}
