// SPDX-License-Identifier: Apache-2.0
/*
 * engine/perf_reader.h - the session's half of the perf engine.
 *
 * Takes the events and rings that the opener opened, gives out their records
 * in the order of time over all CPUs, keeps each event's period random, and
 * accounts for what the kernel lost.
 *
 * Order: what happened before a sample on the way of its thread (mmap, exec) is
 * given out before it, because sideband rings are looked at after the sample
 * rings and all are merged by time.  Samples of different CPUs can still be out
 * of order by as long as one pass takes.
 */
#ifndef CPROFD_ENGINE_PERF_READER_H
#define CPROFD_ENGINE_PERF_READER_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/perf_record.h"

struct error;
struct perf_reader;

struct perf_totals {
	uint64_t n_lost;	/* samples, since the beginning */
	uint64_t cpu_ns;	/* CPU time of all threads with events, likewise; 0: not known */
	uint64_t unsampled_ns;	/* CPU time cut off when periods were changed */
	uint64_t throttled_ns;	/* during which the kernel held samples back */
	uint64_t period_ns;	/* mean period in effect */
	uint64_t n_lost_news;	/* records about processes and mappings */
};

/*
 * Gets each record; `weight_ns` is the time that a sample stands for.  What the
 * record points at is valid during the call.
 */
typedef void (*perf_sink_fn)(void *ctx, const struct perf_record *record,
			     uint64_t weight_ns);

/* The caller ends with perf_reader_free(), which closes all descriptors. */
struct perf_reader *perf_reader_new(uint64_t regs_mask);
void perf_reader_free(struct perf_reader *r);

/* Take a ring; owns `fd`.  Fails like perf_ring_map(). */
int perf_reader_add_ring(struct perf_reader *r, int fd, size_t bytes, bool sideband,
			 struct error *err);

/*
 * Take a sampling event, one that only counts the CPU time of a thread (period 0), one
 * that only has to stay open (id 0), or one that a BPF program writes to (tid 0); owns
 * `fd`.  PERF_EVERY_THREAD: it samples whatever runs on its CPU.
 */
#define PERF_EVERY_THREAD UINT32_MAX
void perf_reader_add_event(struct perf_reader *r, int fd, uint64_t id, uint32_t tid,
			   uint32_t cpu, uint64_t period_ns);

/* What is the same for all events of one opening. */
struct perf_start {
	uint64_t period_ns;	/* mean of their periods */
	bool callchain;		/* samples have the kernel's part of the stack */
	bool hardware;		/* cycles, not the CPU clock */
	bool on_exec;		/* they start by themselves when the target execs */
	bool hold;		/* perf_reader_enable() will start them */
};

/*
 * All events of one opening were added: start them in place of those of the
 * opening before.
 */
void perf_reader_start(struct perf_reader *r, const struct perf_start *start);

/* Start what was held, or stopped. */
void perf_reader_enable(struct perf_reader *r);

/* Stop counting, also for threads that inherited; what is in the rings can still be read. */
void perf_reader_stop(struct perf_reader *r);

/* Give every record that is there to `sink`. */
void perf_reader_drain(struct perf_reader *r, perf_sink_fn sink, void *ctx);

/* Descriptors that become readable when a ring fills, those of samples first: at most `max`. */
size_t perf_reader_poll(const struct perf_reader *r, struct pollfd *fds, size_t max);

/* Read the kernel's counts of all events. */
void perf_reader_totals(struct perf_reader *r, struct perf_totals *out);

/* Has the kernel ended every event (all threads gone, or a privileged exec)? */
bool perf_reader_all_ended(const struct perf_reader *r);

#endif
