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

/* The same of the Python frames alone, of a stack that is copied: BPF_PART_MAGIC. */
bool bpf_sample_part(const void *raw, size_t len, struct bpf_sample *out);

/* Is it a struct bpf_code, as far as that goes? */
bool bpf_sample_is_code(const void *raw, size_t len);

/* With n_beyond: how many frames of the user's part there are before those. */
uint32_t bpf_sample_limit(const struct bpf_sample *head);

/*
 * Where the address of a frame of the user's part is, counted from the innermost: of
 * those beyond the limit only the last BPF_OUTER have one.
 */
uint32_t bpf_sample_place(const struct bpf_sample *head, uint32_t frame);

/* Address `i` of those behind the head, the kernel's first. */
uint64_t bpf_sample_addr(const void *raw, size_t i);

/* Python frame `i`, the stamp of its code object, and segment `i`. */
uint64_t bpf_sample_python(const void *raw, const struct bpf_sample *head, size_t i);
uint32_t bpf_sample_stamp(const void *raw, const struct bpf_sample *head, size_t i);
uint64_t bpf_sample_segment(const void *raw, const struct bpf_sample *head, size_t i);

#endif
