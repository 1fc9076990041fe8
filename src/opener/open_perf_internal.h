// SPDX-License-Identifier: Apache-2.0
/*
 * opener/open_perf_internal.h - perf's events and rings, shared by the files that open them:
 *
 *	open_perf.c		the whole: start, stop, another rate
 *	open_perf_attr.c	what events are like, and which one there is
 *	open_perf_rings.c	rings, as large as the limits allow
 *	open_perf_events.c	the events of all threads, or of all CPUs
 */
#ifndef CPROFD_OPENER_OPEN_PERF_INTERNAL_H
#define CPROFD_OPENER_OPEN_PERF_INTERNAL_H

#include <linux/perf_event.h>

#include "base/u64map.h"
#include "opener/opener_internal.h"

struct bpf_unwind;

#define FIRST_STACK_BYTES (16u << 10)
#define SAMPLE_EXTRA_BYTES 512	/* a sample besides its stack copy */
#define EVERY_THREAD (-1)		/* as a tid; PERF_EVERY_THREAD to the session */

struct ring {
	uint32_t cpu;
	int owner;
	void *map;
	size_t bytes;		/* of data */
};

struct perf_opener {
	struct ring *samples, *sideband;	/* one each per CPU */
	size_t n_cpus;
	struct perf_event_attr attr;		/* of sampling events */
	struct u64map tids;		/* those with events */
	size_t n_threads, n_total;
	uint32_t rate_hz;
	uint64_t period_ns;	/* for that */
	uint32_t asked_stack_bytes;	/* 0: none but the first */
	bool hardware;
	bool tells_all;		/* sideband events are of CPUs */
	struct bpf_unwind *bpf;		/* unwinds in the kernel; NULL: nobody does */
	int *outputs;			/* with it: an event per CPU that it writes to */

	struct o_events batch;		/* collected, not yet sent */
	int batch_fds[O_EVENTS_MAX];
};

/* ---- open_perf_attr.c ---- */

/* What all events have in common; of one that counts nothing. */
struct perf_event_attr perf_base_attr(uint64_t type, uint64_t config);
struct perf_event_attr perf_dummy_attr(void);

/* Of events that tell of mappings and tasks, that sample, and that the kernel's program writes to. */
struct perf_event_attr perf_sideband_attr(const struct opener *o);
struct perf_event_attr perf_sampling_attr(uint32_t stack_bytes, const struct opener *o);
struct perf_event_attr perf_output_attr(void);

/* Who has an event besides the thread: by what the opener samples now. */
void perf_set_scope(struct perf_event_attr *attr, const struct opener *o);

/* -1 with errno; what this kernel does not know is taken out of `attr`. */
int perf_open_event(struct perf_event_attr *attr, pid_t tid, int cpu);

/* Find out what p->attr can be. */
int perf_choose_event(struct perf_opener *p, pid_t tid, int cpu, struct error *err);

/* ---- open_perf_rings.c ---- */

/* The CPUs that are online, as rings still to be opened; the caller frees them. */
struct ring *perf_list_cpus(size_t *n);

/* For so many bytes of stack copies: what samples of a while need, and rings for that. */
size_t perf_ring_need(const struct perf_opener *p, uint32_t stack_bytes);
size_t perf_ring_size(const struct perf_opener *p, size_t need);

/* The size asked for, or as much of it as may be locked; ENOLCK: nothing may. */
int perf_open_rings(struct ring *rings, size_t n, size_t want, size_t need, struct error *err);
void perf_close_rings(struct ring *rings, size_t n);

/* Those of p, of both kinds. */
int perf_setup_rings(struct opener *o, struct perf_opener *p, struct error *err);

/* Give them to the session, and wait until it has mapped them: no event can write before. */
void perf_send_rings(struct opener *o, struct ring *rings, size_t n, bool sideband);
int perf_await_rings(struct opener *o, struct error *err);

/* ---- open_perf_events.c ---- */

/* Is there room for one thread at all?  EMFILE if not. */
int perf_check_room(const struct perf_opener *p, struct error *err);

/* Events of all that is sampled, to the session. */
int perf_open_all(struct opener *o, struct perf_opener *p, bool sideband, struct error *err);

#endif
