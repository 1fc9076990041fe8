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

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;
struct bpf_unwind;

enum bpf_map_number {
	BPF_MAP_PROCS, BPF_MAP_MAPPINGS, BPF_MAP_TABLES, BPF_MAP_PYTHONS, BPF_MAP_COST,
	BPF_MAP_EXECS,
	BPF_MAP_COUNT
};

#define BPF_TABLE_BYTES (16u << 20)	/* of all files of a target */

struct bpf_unwind_how {
	uint32_t max_frames;
	uint32_t table_bytes;	/* room for tables, a power of two */
};

/*
 * Fails with EPERM without the rights, with ENOTSUP where the build and with another code
 * where the kernel has not what it takes; the caller ends with bpf_unwind_free().
 */
int bpf_unwind_load(const struct bpf_unwind_how *how, struct bpf_unwind **out,
		    struct error *err);
void bpf_unwind_free(struct bpf_unwind *b);

/* The maps, which stay its own. */
void bpf_unwind_maps(const struct bpf_unwind *b, int fds[BPF_MAP_COUNT]);

/*
 * From here on only processes given to bpf_unwind_watch() are looked at, with `follow`
 * those that they fork, too.  Fails with ENOTSUP where processes cannot be told apart: in
 * a pid namespace, as the kernel's numbers are others; and where the kernel's type
 * information is not to be had.
 */
int bpf_unwind_filter(struct bpf_unwind *b, bool follow, struct error *err);

/*
 * From here on Python frames are walked, too, of processes that BPF_MAP_PYTHONS has; with
 * `follow` their children are known to the kernel from the beginning.  Fails with ENOTSUP
 * where it does not say where a thread has its thread pointer.
 */
int bpf_unwind_python(struct bpf_unwind *b, bool follow, struct error *err);

/* Of a filtered one: sample this process, until it ends or gets other rights by an exec. */
int bpf_unwind_watch(struct bpf_unwind *b, uint32_t pid, struct error *err);

/* What is unwound on `cpu` goes to the ring of event `fd`, an output event. */
int bpf_unwind_set_output(struct bpf_unwind *b, uint32_t cpu, int fd, struct error *err);

/* Unwind what sampling event `fd`, and those that inherit from it, interrupt. */
int bpf_unwind_attach(struct bpf_unwind *b, int fd, struct error *err);

#endif
