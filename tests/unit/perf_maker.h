// SPDX-License-Identifier: Apache-2.0
/*
 * Records as the kernel writes them into a perf ring, and rings in memory
 * files, into which a test writes in the kernel's place.
 */
#ifndef CPROFD_TESTS_UNIT_PERF_MAKER_H
#define CPROFD_TESTS_UNIT_PERF_MAKER_H

#include "tests/unit/test.h"

#include <linux/perf_event.h>
#include <string.h>
#include <sys/mman.h>

#include "base/buf.h"

/* ---- records ---- */

/* A record without fields yet; made_end() writes its size. */
static inline struct buf made_record(uint32_t type, uint16_t misc)
{
	struct perf_event_header h = { .type = type, .misc = misc };
	struct buf b = { 0 };

	buf_put(&b, &h, sizeof(h));
	return b;
}

static inline void made_end(struct buf *b)
{
	uint16_t size = (uint16_t)b->len;

	assert_int_equal(b->len % 8, 0);
	memcpy(b->data + offsetof(struct perf_event_header, size), &size, sizeof(size));
}

/* A text padded to words, as the kernel does. */
static inline void made_text(struct buf *b, const char *text)
{
	buf_put(b, text, strlen(text) + 1);
	while (b->len % 8)
		buf_put_u8(b, 0);
}

/* What sample_id_all puts behind every record but samples. */
static inline void made_sample_id(struct buf *b, uint32_t pid, uint32_t tid, uint64_t time_ns,
				  uint32_t cpu)
{
	buf_put_u32(b, pid);
	buf_put_u32(b, tid);
	buf_put_u64(b, time_ns);
	buf_put_u64(b, 77);	/* stream id */
	buf_put_u32(b, cpu);
	buf_put_u32(b, 0);
	buf_put_u64(b, 66);	/* identifier */
	made_end(b);
}

struct made_sample {
	uint64_t id, stream_id, time_ns, period;
	uint32_t pid, tid, cpu;
	uint16_t misc;
	const uint64_t *ips;	/* with n_ips; NULL: the layout has none */
	uint64_t n_ips;
	uint64_t abi;
	uint64_t regs_mask_bits;
	uint64_t stack_asked, stack_copied;
};

/* What every sample begins with. */
static inline struct buf made_sample_head(const struct made_sample *s)
{
	struct buf b = made_record(PERF_RECORD_SAMPLE, s->misc);

	buf_put_u64(&b, s->id);
	buf_put_u32(&b, s->pid);
	buf_put_u32(&b, s->tid);
	buf_put_u64(&b, s->time_ns);
	buf_put_u64(&b, s->stream_id);
	buf_put_u32(&b, s->cpu);
	buf_put_u32(&b, 0);
	buf_put_u64(&b, s->period);
	return b;
}

static inline struct buf made_sample(const struct made_sample *s)
{
	struct buf b = made_sample_head(s);

	if (s->ips) {
		buf_put_u64(&b, s->n_ips);
		buf_put(&b, s->ips, s->n_ips * 8);
	}
	buf_put_u64(&b, s->abi);
	for (uint64_t i = 0; s->abi && i < s->regs_mask_bits; i++)
		buf_put_u64(&b, 0x1000 + i);
	buf_put_u64(&b, s->stack_asked);
	for (uint64_t i = 0; i < s->stack_asked; i++)
		buf_put_u8(&b, (uint8_t)i);
	if (s->stack_asked)
		buf_put_u64(&b, s->stack_copied);
	made_end(&b);
	return b;
}

/* The same, of an event that a BPF program has written `raw` to. */
static inline struct buf made_output(const struct made_sample *s, const void *raw, size_t len)
{
	struct buf b = made_sample_head(s);

	buf_put_u32(&b, (uint32_t)len);
	buf_put(&b, raw, len);
	while ((b.len & 7) != 0)
		buf_put_u8(&b, 0);
	made_end(&b);
	return b;
}

/* ---- rings ---- */

#define PAGE_BYTES 4096

struct made_ring {
	int fd;
	size_t bytes;
	struct perf_event_mmap_page *page;
	uint8_t *data;
};

static inline void made_ring_init(struct made_ring *r, size_t bytes)
{
	r->bytes = bytes;
	r->fd = memfd_create("ring", MFD_CLOEXEC);
	assert_int_equal(ftruncate(r->fd, (off_t)(PAGE_BYTES + bytes)), 0);
	void *p = mmap(NULL, PAGE_BYTES + bytes, PROT_READ | PROT_WRITE, MAP_SHARED, r->fd, 0);
	assert_true(p != MAP_FAILED);
	r->page = p;
	r->data = (uint8_t *)p + PAGE_BYTES;
}

/* The descriptor is the reader's. */
static inline void made_ring_deinit(struct made_ring *r)
{
	munmap(r->page, PAGE_BYTES + r->bytes);
}

/* Write as the kernel does; false if there is no room. */
static inline bool made_ring_put(struct made_ring *r, const void *record, size_t len)
{
	uint64_t head = r->page->data_head;
	uint64_t tail = __atomic_load_n(&r->page->data_tail, __ATOMIC_ACQUIRE);

	if (head - tail + len > r->bytes)
		return false;
	for (size_t i = 0; i < len; i++)
		r->data[(head + i) & (r->bytes - 1)] = ((const uint8_t *)record)[i];
	__atomic_store_n(&r->page->data_head, head + len, __ATOMIC_RELEASE);
	return true;
}

/* Put a record that was made, and free it. */
static inline void made_ring_take(struct made_ring *r, struct buf record)
{
	if (!made_ring_put(r, record.data, record.len))
		fail_msg("the test's ring is full");
	buf_deinit(&record);
}

#endif
