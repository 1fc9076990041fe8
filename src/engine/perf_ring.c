// SPDX-License-Identifier: Apache-2.0
#include "engine/perf_ring.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/error.h"
#include "base/util.h"

int perf_ring_map(struct perf_ring *ring, int fd, size_t bytes, struct error *err)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	void *p = mmap(NULL, page + bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (p == MAP_FAILED)
		return error_sys(err, "cannot map a ring of %zu KiB", bytes / 1024);
	*ring = (struct perf_ring){
		.page = p,
		.data = (uint8_t *)p + page,
		.bytes = bytes,
		.wrapped = xmalloc(PERF_RING_MAX_RECORD),
	};
	ring->tail = ring->head = ring->page->data_tail;
	return 0;
}

void perf_ring_unmap(struct perf_ring *ring)
{
	if (ring->page)
		munmap(ring->page, (size_t)sysconf(_SC_PAGESIZE) + ring->bytes);
	free(ring->wrapped);
	*ring = (struct perf_ring){ 0 };
}

void perf_ring_update(struct perf_ring *ring)
{
	/* Pairs with the kernel's barrier between writing data and head. */
	ring->head = __atomic_load_n(&ring->page->data_head, __ATOMIC_ACQUIRE);
}

/* Copy a piece that may lie across the end of the ring. */
static void copy_out(const struct perf_ring *ring, uint64_t at, void *to, size_t len)
{
	uint64_t off = at & (ring->bytes - 1);
	size_t first = min_of(len, (size_t)(ring->bytes - off));

	memcpy(to, ring->data + off, first);
	memcpy((uint8_t *)to + first, ring->data, len - first);
}

const struct perf_event_header *perf_ring_peek(struct perf_ring *ring)
{
	struct perf_event_header header;
	uint64_t off = ring->tail & (ring->bytes - 1);

	if (ring->head - ring->tail < sizeof(header))
		return NULL;
	/* Records are 8-byte aligned, so a header is always in one piece. */
	memcpy(&header, ring->data + off, sizeof(header));
	if (header.size < sizeof(header) || header.size > ring->head - ring->tail) {
		ring->tail = ring->head;	/* cannot be; do not spin on it */
		return NULL;
	}
	ring->peeked = header.size;
	if (off + header.size <= ring->bytes)
		return (const struct perf_event_header *)(ring->data + off);
	copy_out(ring, ring->tail, ring->wrapped, header.size);
	return (const struct perf_event_header *)ring->wrapped;
}

void perf_ring_pop(struct perf_ring *ring)
{
	ring->tail += ring->peeked;
	ring->peeked = 0;
	__atomic_store_n(&ring->page->data_tail, ring->tail, __ATOMIC_RELEASE);
}
