// SPDX-License-Identifier: Apache-2.0
/*
 * worker/disassemble.h - machine code as text, one instruction after another.
 *
 *	struct disassembler *d;
 *
 *	if (disassembler_open(EM_X86_64, &d, err) < 0)
 *		return -1;
 *	while (disassemble_next(d, &code, &vaddr, &instruction))
 *		...
 *	disassembler_close(d);
 *
 * x86-64 in AT&T syntax with the mnemonics of objdump, which people compare with;
 * aarch64 in its own.  By capstone: without it opening fails.
 */
#ifndef CPROFD_WORKER_DISASSEMBLE_H
#define CPROFD_WORKER_DISASSEMBLE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cursor.h"

struct error;
struct disassembler;

#define DISASSEMBLE_TEXT 128

struct instruction {
	uint64_t vaddr;
	uint32_t len;
	bool has_target;	/* a jump or call to a known place: */
	uint64_t target;	/* this one, which the text leaves out */
	char text[DISASSEMBLE_TEXT];	/* mnemonic, a tab and operands if there are any */
};

/* Fails with ENOTSUP if machine code cannot be read here, or not that of `machine`. */
int disassembler_open(uint16_t machine, struct disassembler **out, struct error *err);

/* NULL is allowed. */
void disassembler_close(struct disassembler *d);

/*
 * The next instruction of `code`, which begins at *vaddr; both move on.  One that is
 * too new for capstone comes out as "(unknown)", bytes that are none as "(bad)".
 * False at the end.
 */
bool disassemble_next(struct disassembler *d, struct cursor *code, uint64_t *vaddr,
		      struct instruction *out);

#endif
