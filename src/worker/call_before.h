// SPDX-License-Identifier: Apache-2.0
/*
 * worker/call_before.h - the call that ends at a return address.
 *
 * x86-64 instructions cannot be read backwards for sure: a few bytes can look like
 * the end of one call and be another, or none.  A direct call is the less likely one
 * to come about by chance if its target is a place where code can be.
 */
#ifndef CPROFD_WORKER_CALL_BEFORE_H
#define CPROFD_WORKER_CALL_BEFORE_H

#include <stdbool.h>
#include <stdint.h>

struct elf_file;

struct call_before {
	bool direct;		/* perhaps: if `target` is a good one */
	bool indirect;		/* likewise; neither: no call ends there */
	uint64_t target;	/* of the direct one: in code of the file */
};

/* False if it cannot be known: another machine, or bytes that are not in the file. */
bool call_before(struct elf_file *elf, int fd, uint64_t vaddr, struct call_before *out);

/* Does the code there only jump to where memory says? */
bool call_is_stub(struct elf_file *elf, int fd, uint64_t vaddr);

#endif
