/* SPDX-License-Identifier: Apache-2.0 */
/*
 * engine/bpf/bpf_sample.h - what the kernel side writes about a sample, taken apart.
 */
#ifndef CPROFD_ENGINE_BPF_SAMPLE_H
#define CPROFD_ENGINE_BPF_SAMPLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/bpf/bpf_shared.h"

/*
 * The head of the `len` bytes at `raw`.  False if it is malformed, also in what follows
 * the head (never seen from our program; the fuzzer feeds others).
 */
bool bpf_sample_head(const void *raw, size_t len, struct bpf_sample *out);

/* Address `i` of those behind the head, the kernel's first. */
uint64_t bpf_sample_addr(const void *raw, size_t i);

#endif
