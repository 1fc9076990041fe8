// SPDX-License-Identifier: Apache-2.0
#include "engine/bpf/bpf_sample.h"

#include <string.h>

#include "base/util.h"

static bool is_whole(const void *raw, size_t len, struct bpf_sample *out)
{
	size_t n;

	if (len < sizeof(*out))
		return false;
	memcpy(out, raw, sizeof(*out));
	n = (size_t)out->n_kernel + out->n_user + out->n_python + out->n_segments +
	    (out->n_python + 1u) / 2;
	return !out->has_stack || (len - sizeof(*out)) / sizeof(uint64_t) >= n;
}

bool bpf_sample_head(const void *raw, size_t len, struct bpf_sample *out)
{
	return is_whole(raw, len, out) && out->magic == BPF_SAMPLE_MAGIC &&
	       out->end < BPF_END_GO_ON && out->n_beyond <= BPF_MAX_STEPS &&
	       out->n_user >= min_of(out->n_beyond, BPF_OUTER);
}

bool bpf_sample_part(const void *raw, size_t len, struct bpf_sample *out)
{
	return is_whole(raw, len, out) && out->magic == BPF_PART_MAGIC && out->has_stack;
}

bool bpf_sample_is_code(const void *raw, size_t len)
{
	uint32_t magic;

	if (len < offsetof(struct bpf_code, lines))
		return false;
	memcpy(&magic, raw, sizeof(magic));
	return magic == BPF_CODE_MAGIC;
}

uint32_t bpf_sample_limit(const struct bpf_sample *head)
{
	return head->n_user - min_of(head->n_beyond, BPF_OUTER);
}

uint32_t bpf_sample_place(const struct bpf_sample *head, uint32_t frame)
{
	uint32_t limit = bpf_sample_limit(head);

	return head->n_kernel + (frame < limit ? frame : limit + (frame - limit) % BPF_OUTER);
}

uint64_t bpf_sample_addr(const void *raw, size_t i)
{
	uint64_t addr;

	memcpy(&addr, (const char *)raw + sizeof(struct bpf_sample) + i * sizeof(addr),
	       sizeof(addr));
	return addr;
}

uint64_t bpf_sample_python(const void *raw, const struct bpf_sample *head, size_t i)
{
	return bpf_sample_addr(raw, (size_t)head->n_kernel + head->n_user + i);
}

uint64_t bpf_sample_segment(const void *raw, const struct bpf_sample *head, size_t i)
{
	return bpf_sample_addr(raw, (size_t)head->n_kernel + head->n_user + head->n_python + i);
}

uint32_t bpf_sample_stamp(const void *raw, const struct bpf_sample *head, size_t i)
{
	size_t words = (size_t)head->n_kernel + head->n_user + head->n_python + head->n_segments;
	uint32_t stamp;

	memcpy(&stamp, (const char *)raw + sizeof(*head) + words * sizeof(uint64_t) +
	       i * sizeof(stamp), sizeof(stamp));
	return stamp;
}
