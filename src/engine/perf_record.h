// SPDX-License-Identifier: Apache-2.0
/*
 * engine/perf_record.h - records of perf event rings, taken apart.
 *
 * The layout of a record follows from the attributes of its event; all events
 * of cprofd use PERF_SAMPLE_TYPE and sample_id_all, so that one layout serves.
 * See perf_event_open(2) and linux/perf_event.h.
 */
#ifndef CPROFD_ENGINE_PERF_RECORD_H
#define CPROFD_ENGINE_PERF_RECORD_H

#include <linux/perf_event.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What every sample carries; CALLCHAIN only where kernel samples are allowed. */
#define PERF_SAMPLE_TYPE                                                       \
	(PERF_SAMPLE_IDENTIFIER | PERF_SAMPLE_TID | PERF_SAMPLE_TIME |         \
	 PERF_SAMPLE_STREAM_ID | PERF_SAMPLE_CPU | PERF_SAMPLE_PERIOD |        \
	 PERF_SAMPLE_REGS_USER | PERF_SAMPLE_STACK_USER)

/* The layout beyond PERF_SAMPLE_TYPE. */
struct perf_layout {
	uint64_t regs_mask;
	unsigned int n_regs;	/* bits in it */
	bool callchain;		/* kernel part of the stack */
	bool output;		/* of an event that a BPF program writes to instead */
};

/* Of such an event. */
#define PERF_OUTPUT_TYPE                                                       \
	((PERF_SAMPLE_TYPE & ~(uint64_t)(PERF_SAMPLE_REGS_USER | PERF_SAMPLE_STACK_USER)) |   \
	 PERF_SAMPLE_RAW)

struct perf_sample {
	uint64_t id;		/* of the event that was opened */
	uint64_t stream_id;	/* differs from id for an inherited event */
	uint32_t pid, tid, cpu;
	uint64_t time_ns;
	uint64_t period;
	bool in_kernel;		/* interrupted the kernel */
	const uint64_t *ips;	/* kernel addresses, the innermost first */
	size_t n_ips;
	bool has_regs;		/* there was a user context */
	bool is_32bit;
	const uint64_t *regs;	/* n_regs values in the order of the mask */
	const uint8_t *stack;
	size_t stack_len;	/* bytes that could be copied */
	bool stack_full;	/* all that was asked for was copied */
	const void *raw;	/* what a BPF program wrote, or NULL; 4 bytes behind a word */
	size_t raw_len;
	const void *python;	/* of a copied stack, what is known of its Python frames, or NULL */
	size_t python_len;
};

struct perf_mmap {
	uint32_t pid, tid;
	uint64_t addr, len, off;
	uint64_t dev, ino;	/* as makedev(3) */
	bool exec;
	const char *path;	/* terminated */
};

struct perf_task {		/* FORK, EXIT */
	uint32_t pid, ppid, tid, ptid;
	uint64_t time_ns;
};

struct perf_comm {
	uint32_t pid, tid;
	bool exec;
	const char *name;	/* terminated */
};

struct perf_lost {
	uint64_t id;
	uint64_t count;
};

struct perf_throttle {
	uint64_t time_ns, id, stream_id;
	bool on;		/* from here on samples are held back */
};

enum perf_kind {
	PERF_OTHER, PERF_SAMPLE, PERF_MMAP, PERF_FORK, PERF_EXIT, PERF_COMM,
	PERF_LOST, PERF_THROTTLE,
};

struct perf_record {
	enum perf_kind kind;
	uint64_t time_ns;	/* of every kind; 0 if the record has none */
	union {
		struct perf_sample sample;
		struct perf_mmap mmap;
		struct perf_task task;
		struct perf_comm comm;
		struct perf_lost lost;
		struct perf_throttle throttle;
	};
};

/*
 * Take apart the record at `header`, all header->size bytes of which lie in
 * memory.  Pointers in *out point into it.  Returns false if it is malformed
 * (never seen from a kernel; the fuzzer feeds others).
 */
bool perf_record_parse(const struct perf_event_header *header,
		       const struct perf_layout *layout, struct perf_record *out);

/* The identifier of a sample's event, as cheaply as possible; 0: no sample. */
uint64_t perf_record_sample_id(const struct perf_event_header *header);

/* Only the time, as cheaply as possible; 0 if the record has none. */
uint64_t perf_record_time(const struct perf_event_header *header);

#endif
