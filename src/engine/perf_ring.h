// SPDX-License-Identifier: Apache-2.0
/*
 * engine/perf_ring.h - read the ring buffer behind a perf event.
 *
 *	while ((header = perf_ring_peek(&ring))) {
 *		...
 *		perf_ring_pop(&ring);
 *	}
 *
 * Records are read in place.  perf_ring_update() looks once what the kernel has
 * written, peek and pop work on that, and space goes back to the kernel as
 * records are popped, so that a long pass does not starve it.
 */
#ifndef CPROFD_ENGINE_PERF_RING_H
#define CPROFD_ENGINE_PERF_RING_H

#include <linux/perf_event.h>
#include <stddef.h>
#include <stdint.h>

struct error;

#define PERF_RING_MAX_RECORD 65536

struct perf_ring {
	struct perf_event_mmap_page *page;
	uint8_t *data;
	uint64_t bytes;		/* of data, a power of two */
	uint64_t tail;		/* next record */
	uint64_t head;		/* end of what may be read */
	uint64_t peeked;	/* bytes of the record peeked at, 0: none */
	uint8_t *wrapped;	/* room for a record that lies across the end */
};

/*
 * Map the ring of event `fd` with `bytes` of data.  Fails with EPERM when the
 * limit for locked memory does not allow it.
 */
int perf_ring_map(struct perf_ring *ring, int fd, size_t bytes, struct error *err);
void perf_ring_unmap(struct perf_ring *ring);

/* Look how far the kernel has written. */
void perf_ring_update(struct perf_ring *ring);

/*
 * The next record, in one piece and valid until the next call for this ring;
 * NULL if there is none up to what the last update saw.
 */
const struct perf_event_header *perf_ring_peek(struct perf_ring *ring);

/* Give the record peeked at back to the kernel. */
void perf_ring_pop(struct perf_ring *ring);

#endif
