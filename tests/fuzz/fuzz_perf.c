// SPDX-License-Identifier: Apache-2.0
/* Records of perf rings; the first byte chooses the layout. */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "engine/bpf/bpf_sample.h"
#include "engine/perf_record.h"
#include "unwind/arch.h"

static volatile uint8_t sink;	/* what was read was really read */

static void read_output(const struct perf_sample *s)
{
	struct bpf_sample head;

	if (!bpf_sample_head(s->raw, s->raw_len, &head) || !head.has_stack)
		return;
	for (size_t i = 0; i < (size_t)head.n_kernel + head.n_user; i++)
		sink += (uint8_t)bpf_sample_addr(s->raw, i);

	uint32_t limit = bpf_sample_limit(&head), n = min_of(head.n_beyond, BPF_OUTER);

	for (uint32_t i = limit + head.n_beyond - n; i < limit + head.n_beyond; i++)
		if (bpf_sample_place(&head, i) >= head.n_kernel + head.n_user)
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const uint64_t mask = unwind_arch_x86_64.perf_mask;
	struct perf_layout layout = {
		.regs_mask = mask, .n_regs = (unsigned int)__builtin_popcountll(mask) };
	struct perf_event_header *header;
	struct perf_record record;

	if (len < 1 + sizeof(*header) || len > 65535)
		return 0;
	layout.callchain = data[0] & 1;
	layout.output = data[0] & 2;
	/* Aligned as in a ring, and exactly as long as it says. */
	header = malloc(len - 1);
	memcpy(header, data + 1, len - 1);
	header->size = (uint16_t)(len - 1);
	perf_record_time(header);
	if (perf_record_parse(header, &layout, &record) && record.kind == PERF_SAMPLE) {
		for (size_t i = 0; i < record.sample.stack_len; i++)
			sink += record.sample.stack[i];
		for (size_t i = 0; i < record.sample.n_ips; i++)
			sink += (uint8_t)record.sample.ips[i];
		if (record.sample.raw)
			read_output(&record.sample);
	}
	free(header);
	return 0;
}

static void put64(uint8_t *buf, size_t *at, uint64_t v)
{
	memcpy(buf + *at, &v, 8);
	*at += 8;
}

/*
 * A sample with four kernel addresses and 64 bytes of stack; a FORK record; what a BPF
 * program wrote of a stack of three.
 */
size_t fuzz_seed(unsigned int i, uint8_t *buf, size_t cap)
{
	struct perf_event_header header = { .type = PERF_RECORD_SAMPLE, .misc = 1 };
	size_t at = 1 + sizeof(header);

	(void)cap;
	if (i > 2)
		return 0;
	buf[0] = 1;
	if (i == 1) {
		header.type = PERF_RECORD_FORK;
		for (int k = 0; k < 3 + 5; k++)
			put64(buf, &at, (uint64_t)k);
	} else if (i == 2) {
		const struct bpf_sample head = { .magic = BPF_SAMPLE_MAGIC, .has_stack = 1,
						 .n_kernel = 1, .n_user = 2, .n_beyond = 1 };
		const uint32_t raw_len = sizeof(head) + 3 * 8 + 4;

		buf[0] = 2;
		for (int k = 0; k < 6; k++)
			put64(buf, &at, (uint64_t)k);
		memcpy(buf + at, &raw_len, 4);
		memcpy(buf + at + 4, &head, sizeof(head));
		at += 4 + sizeof(head);
		for (int k = 0; k < 3; k++)
			put64(buf, &at, 0x400000 + (uint64_t)k);
		at += 4;
	} else {
		for (int k = 0; k < 6; k++)
			put64(buf, &at, (uint64_t)k);	/* id tid time stream cpu period */
		put64(buf, &at, 5);
		put64(buf, &at, PERF_CONTEXT_KERNEL);
		for (int k = 0; k < 4; k++)
			put64(buf, &at, 0xffffffff81000000 + (uint64_t)k);
		put64(buf, &at, PERF_SAMPLE_REGS_ABI_64);
		for (int k = 0; k < 17; k++)
			put64(buf, &at, 0x7ff000000000 + (uint64_t)k);
		put64(buf, &at, 64);
		for (int k = 0; k < 8; k++)
			put64(buf, &at, 0x400000 + (uint64_t)k);
		put64(buf, &at, 64);
	}
	header.size = (uint16_t)(at - 1);
	memcpy(buf + 1, &header, sizeof(header));
	return at;
}
