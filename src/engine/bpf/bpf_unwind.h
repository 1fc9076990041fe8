/* SPDX-License-Identifier: Apache-2.0 */
/*
 * engine/bpf/bpf_unwind.h - load the kernel side of the bpf engine and hang it on events.
 *
 * Needs CAP_BPF and CAP_PERFMON.  The program stays with who loads it: whoever had its
 * descriptor could hang it on events of others.  The maps of enum bpf_map_number may be
 * passed on: with them nobody reaches memory but that of the processes that have events.
 */
#ifndef CPROFD_ENGINE_BPF_UNWIND_H
#define CPROFD_ENGINE_BPF_UNWIND_H

#include <stddef.h>
#include <stdint.h>

struct error;
struct bpf_unwind;

enum bpf_map_number {
	BPF_MAP_PROCS, BPF_MAP_MAPPINGS, BPF_MAP_TABLES, BPF_MAP_COST, BPF_MAP_COUNT
};

#define BPF_TABLE_BYTES (16u << 20)	/* of all files of a target */

struct bpf_unwind_how {
	uint32_t max_frames;
	uint32_t table_bytes;	/* room for tables, a power of two */
};

/*
 * Fails with EPERM without the rights, with ENOSYS where kernel or build have not what
 * it takes; the caller ends with bpf_unwind_free().
 */
int bpf_unwind_load(const struct bpf_unwind_how *how, struct bpf_unwind **out,
		    struct error *err);
void bpf_unwind_free(struct bpf_unwind *b);

/* The maps, which stay its own. */
void bpf_unwind_maps(const struct bpf_unwind *b, int fds[BPF_MAP_COUNT]);

/* What is unwound on `cpu` goes to the ring of event `fd`, an output event. */
int bpf_unwind_set_output(struct bpf_unwind *b, uint32_t cpu, int fd, struct error *err);

/* Unwind what sampling event `fd`, and those that inherit from it, interrupt. */
int bpf_unwind_attach(struct bpf_unwind *b, int fd, struct error *err);

#endif
