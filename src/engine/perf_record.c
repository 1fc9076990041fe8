// SPDX-License-Identifier: Apache-2.0
#include "engine/perf_record.h"

#include <string.h>
#include <sys/sysmacros.h>

#include "base/cursor.h"

/* Behind every record but samples: pid, tid, time, stream id, cpu, identifier. */
#define SAMPLE_ID_BYTES (8 + 8 + 8 + 8 + 8)
#define SAMPLE_ID_TIME 8	/* its offset there */
#define SAMPLE_TIME 16		/* offset of the time behind a sample's header */

/* An array of `n` words that stays where it is. */
static const uint64_t *words(struct cursor *c, uint64_t n)
{
	return n <= cursor_left(c) / 8 ? (const uint64_t *)cursor_bytes(c, (size_t)n * 8)
				       : (c->bad = true, NULL);
}

/* Kernel addresses between the markers that the kernel puts among them. */
static void parse_callchain(struct cursor *c, struct perf_sample *s)
{
	uint64_t n = cursor_u64(c);
	const uint64_t *ips = words(c, n);

	if (!ips)
		return;
	if (n && ips[0] == PERF_CONTEXT_KERNEL) {
		ips++;
		n--;
	}
	s->ips = ips;
	while (s->n_ips < n && ips[s->n_ips] < PERF_CONTEXT_MAX)
		s->n_ips++;
}

static void parse_sample(struct cursor *c, const struct perf_layout *layout,
			 uint16_t misc, struct perf_sample *s)
{
	*s = (struct perf_sample){ 0 };
	s->in_kernel = (misc & PERF_RECORD_MISC_CPUMODE_MASK) == PERF_RECORD_MISC_KERNEL;
	s->id = cursor_u64(c);
	s->pid = cursor_u32(c);
	s->tid = cursor_u32(c);
	s->time_ns = cursor_u64(c);
	s->stream_id = cursor_u64(c);
	s->cpu = cursor_u32(c);
	cursor_u32(c);
	s->period = cursor_u64(c);
	if (layout->output) {
		s->raw_len = cursor_u32(c);
		s->raw = cursor_bytes(c, s->raw_len);
		return;
	}
	if (layout->callchain)
		parse_callchain(c, s);

	uint64_t abi = cursor_u64(c);

	s->has_regs = abi != PERF_SAMPLE_REGS_ABI_NONE;
	s->is_32bit = abi == PERF_SAMPLE_REGS_ABI_32;
	if (s->has_regs)
		s->regs = words(c, layout->n_regs);

	uint64_t asked = cursor_u64(c);

	if (!asked)
		return;
	s->stack = cursor_bytes(c, asked <= cursor_left(c) ? (size_t)asked : SIZE_MAX);
	uint64_t copied = cursor_u64(c);
	if (copied > asked)
		c->bad = true;
	s->stack_len = c->bad ? 0 : (size_t)copied;
	s->stack_full = copied == asked;
}

/* A string that is terminated somewhere in what is left. */
static const char *text(struct cursor *c)
{
	const char *s = (const char *)c->p;

	if (!memchr(c->p, 0, cursor_left(c))) {
		c->bad = true;
		return "";
	}
	return s;
}

static void parse_mmap(struct cursor *c, struct perf_mmap *m)
{
	uint32_t major, minor;

	m->pid = cursor_u32(c);
	m->tid = cursor_u32(c);
	m->addr = cursor_u64(c);
	m->len = cursor_u64(c);
	m->off = cursor_u64(c);
	major = cursor_u32(c);
	minor = cursor_u32(c);
	m->dev = makedev(major, minor);
	m->ino = cursor_u64(c);
	cursor_u64(c);		/* generation of the inode */
	m->exec = cursor_u32(c) & 4;	/* PROT_EXEC */
	cursor_u32(c);		/* flags */
	m->path = text(c);
}

static void parse_task(struct cursor *c, struct perf_task *t)
{
	t->pid = cursor_u32(c);
	t->ppid = cursor_u32(c);
	t->tid = cursor_u32(c);
	t->ptid = cursor_u32(c);
	t->time_ns = cursor_u64(c);
}

uint64_t perf_record_sample_id(const struct perf_event_header *header)
{
	uint64_t id;

	if (header->type != PERF_RECORD_SAMPLE || header->size < sizeof(*header) + sizeof(id))
		return 0;
	memcpy(&id, header + 1, sizeof(id));
	return id;
}

uint64_t perf_record_time(const struct perf_event_header *header)
{
	const uint8_t *p = (const uint8_t *)header;
	uint64_t t;

	if (header->type == PERF_RECORD_SAMPLE) {
		if (header->size < sizeof(*header) + SAMPLE_TIME + 8)
			return 0;
		memcpy(&t, p + sizeof(*header) + SAMPLE_TIME, 8);
		return t;
	}
	if (header->size < sizeof(*header) + SAMPLE_ID_BYTES)
		return 0;
	memcpy(&t, p + header->size - SAMPLE_ID_BYTES + SAMPLE_ID_TIME, 8);
	return t;
}

bool perf_record_parse(const struct perf_event_header *header,
		       const struct perf_layout *layout, struct perf_record *out)
{
	struct cursor c;

	if (header->size < sizeof(*header))
		return false;
	c = cursor_make(header + 1, header->size - sizeof(*header));
	out->time_ns = perf_record_time(header);
	out->kind = PERF_OTHER;
	switch (header->type) {
	case PERF_RECORD_SAMPLE:
		out->kind = PERF_SAMPLE;
		parse_sample(&c, layout, header->misc, &out->sample);
		break;
	case PERF_RECORD_MMAP2:
		out->kind = PERF_MMAP;
		parse_mmap(&c, &out->mmap);
		break;
	case PERF_RECORD_FORK:
	case PERF_RECORD_EXIT:
		out->kind = header->type == PERF_RECORD_FORK ? PERF_FORK : PERF_EXIT;
		parse_task(&c, &out->task);
		break;
	case PERF_RECORD_COMM:
		out->kind = PERF_COMM;
		out->comm.pid = cursor_u32(&c);
		out->comm.tid = cursor_u32(&c);
		out->comm.exec = header->misc & PERF_RECORD_MISC_COMM_EXEC;
		out->comm.name = text(&c);
		break;
	case PERF_RECORD_LOST:
		out->kind = PERF_LOST;
		out->lost.id = cursor_u64(&c);
		out->lost.count = cursor_u64(&c);
		break;
	case PERF_RECORD_THROTTLE:
	case PERF_RECORD_UNTHROTTLE:
		out->kind = PERF_THROTTLE;
		out->throttle.on = header->type == PERF_RECORD_THROTTLE;
		out->throttle.time_ns = cursor_u64(&c);
		out->throttle.id = cursor_u64(&c);
		out->throttle.stream_id = cursor_u64(&c);
		break;
	default:
		break;
	}
	return !c.bad;
}
