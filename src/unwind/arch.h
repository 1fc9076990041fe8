// SPDX-License-Identifier: Apache-2.0
/*
 * unwind/arch.h - what unwinding has to know about a machine.
 *
 * To add an architecture: write arch_NAME.c with its struct unwind_arch, enter
 * it in arch.c, teach cfi_init() its two register numbers, and write its fixtures
 * as in tests/unit/test_unwind_aarch64.c.  Registers are DWARF's numbers throughout.
 */
#ifndef CPROFD_UNWIND_ARCH_H
#define CPROFD_UNWIND_ARCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "unwind/unwind_table.h"

struct cfi_row;

#define UNWIND_MAX_REGS 33

/* Registers of one frame. */
struct unwind_regs {
	uint64_t value[UNWIND_MAX_REGS];
	uint64_t known;		/* bit i: value[i] is what the program had */
};

struct unwind_arch {
	const char *name;
	uint16_t machine;	/* EM_* */
	uint8_t n_regs;
	uint8_t sp, fp, pc;	/* registers */
	uint8_t lr;		/* holds a leaf's return address; UINT8_MAX: none */
	uint64_t addr_mask;	/* bits of an address; the rest may be a signature */

	/*
	 * The 24 bits for a row, or false if it has to go into *out, which the
	 * caller enters into the dictionary.  What neither can hold comes back
	 * as the special SPECIAL_UNSUPPORTED.
	 */
	bool (*encode)(const struct cfi_row *row, uint32_t *rule, struct unwind_rule *out);

	/* perf's user registers: which to ask for, and which register each is. */
	uint64_t perf_mask;
	const uint8_t *perf_regs;	/* in the order of perf_mask's bits */

	/* Where a signal handler's caller finds them, from its stack pointer. */
	const uint16_t *signal_offs;	/* of each register */

	/* Code that returns from a signal, for files without CFI on it. */
	const uint8_t *const *sigreturns;	/* ends with NULL */
	const uint8_t *sigreturn_lens;
};

extern const struct unwind_arch unwind_arch_x86_64;
extern const struct unwind_arch unwind_arch_aarch64;

/* The architecture of ELF machine `machine`, or NULL. */
const struct unwind_arch *unwind_arch_find(uint16_t machine);

/* The architecture that this program runs on. */
const struct unwind_arch *unwind_arch_host(void);

/*
 * For encode(): a row in the general form, as far as one can be made.  False
 * if the row needs more than struct unwind_rule says.
 */
bool unwind_rule_from_row(const struct cfi_row *row, struct unwind_rule *out);

#endif
