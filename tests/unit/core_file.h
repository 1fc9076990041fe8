// SPDX-License-Identifier: Apache-2.0
/*
 * tests/unit/core_file.h - the core of a dead process: its memory, its threads with their
 * registers, and the files that were mapped.
 *
 *	struct core_file core;
 *
 *	if (core_open(&core, bytes, len, &err) < 0)
 *		...
 *	core_read(&core, addr, buf, n);
 *	core_close(&core);
 *
 * What the core leaves out because a file has it is read from that file.  The bytes stay the
 * caller's; they may change as long as the core is open: nothing in them can make a read go
 * beyond them.
 */
#ifndef CPROFD_TESTS_UNIT_CORE_FILE_H
#define CPROFD_TESTS_UNIT_CORE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "unwind/arch.h"

struct elf_file;
struct error;

struct core_file {
	uint8_t *bytes;
	size_t len;
	struct elf_file *elf;
	size_t lost_from, lost_to;	/* bytes that are taken for missing; may be set */
	struct core_segment {		/* sorted by address */
		uint64_t start, end;
		uint64_t off, n_bytes;	/* in the core; the rest of it is not there */
	} *segments;
	size_t n_segments, cap_segments;
	struct core_mapping {		/* sorted by address */
		uint64_t start, end, off;
		const char *path;	/* in `paths` */
	} *mappings;
	size_t n_mappings, cap_mappings;
	char *paths;
	struct core_thread {
		uint32_t tid;
		struct unwind_regs regs;
		uint64_t thread_pointer;
	} *threads;
	size_t n_threads, cap_threads;
};

/* Fails with EBADMSG if this is no core; the caller ends with core_close() if it did not. */
int core_open(struct core_file *core, uint8_t *bytes, size_t len, struct error *err);
void core_close(struct core_file *core);

/* The mapping of a file that the address is in, or NULL. */
const struct core_mapping *core_mapping_at(const struct core_file *core, uint64_t addr);

/* Where the core has the byte at the address, and how many from there on; NULL: it has not. */
uint8_t *core_at(const struct core_file *core, uint64_t addr, size_t *len);

/* All of it, or false.  `ctx` is the core. */
bool core_read(void *ctx, uint64_t addr, void *buf, size_t len);

#endif
