// SPDX-License-Identifier: Apache-2.0
/*
 * elf/elf_probe.h - static probes of a file: places at which a program that was built with
 * them (<sys/sdt.h>) can be listened to.
 *
 * Runs in the worker.
 */
#ifndef CPROFD_ELF_ELF_PROBE_H
#define CPROFD_ELF_ELF_PROBE_H

#include <stddef.h>
#include <stdint.h>

struct elf_file;

/* As offsets in the file. */
struct elf_probe {
	uint64_t site;		/* of its instruction, a nop */
	uint64_t semaphore;	/* 16 bits: how many listen; 0: it has none */
};

/* The places of probe `name` of `provider`: up to `max` into `out`, but all are counted. */
size_t elf_probes(struct elf_file *file, const char *provider, const char *name,
		  struct elf_probe *out, size_t max);

#endif
