// SPDX-License-Identifier: Apache-2.0
#include "engine/bpf/bpf_sample.h"

#include <string.h>

bool bpf_sample_head(const void *raw, size_t len, struct bpf_sample *out)
{
	size_t n;

	if (len < sizeof(*out))
		return false;
	memcpy(out, raw, sizeof(*out));
	n = (size_t)out->n_kernel + out->n_user;
	return out->magic == BPF_SAMPLE_MAGIC && out->end < BPF_END_GO_ON &&
	       (!out->has_stack || (len - sizeof(*out)) / sizeof(uint64_t) >= n);
}

uint64_t bpf_sample_addr(const void *raw, size_t i)
{
	uint64_t addr;

	memcpy(&addr, (const char *)raw + sizeof(struct bpf_sample) + i * sizeof(addr),
	       sizeof(addr));
	return addr;
}
