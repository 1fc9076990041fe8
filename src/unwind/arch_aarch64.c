// SPDX-License-Identifier: Apache-2.0
#include "unwind/arch.h"

#include <elf.h>

#include "unwind/cfi.h"

/* DWARF for the Arm 64-bit Architecture: x0-x30 are 0-30, sp is 31; pc is ours. */
enum {
	X29 = 29, X30 = 30, SP = 31, PC = 32, N_REGS = 33,
};

/* perf numbers them the same way (asm/perf_regs.h). */
static const uint8_t perf_regs[N_REGS] = {
	0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21,
	22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32,
};

/*
 * A handler returns with SP at the kernel's rt_sigframe: siginfo (128 bytes),
 * then struct ucontext, whose sigcontext is 176 in and starts with the fault
 * address, x0-x30, sp, pc (asm/sigcontext.h).
 */
#define R(n) 128 + 176 + 8 + 8 * (n)
static const uint16_t signal_offs[N_REGS] = {
	R(0), R(1), R(2), R(3), R(4), R(5), R(6), R(7), R(8), R(9), R(10), R(11),
	R(12), R(13), R(14), R(15), R(16), R(17), R(18), R(19), R(20), R(21), R(22),
	R(23), R(24), R(25), R(26), R(27), R(28), R(29), R(30), R(31), R(32),
};
#undef R

/* mov x8, #139; svc #0 */
static const uint8_t sigreturn[] = { 0x68, 0x11, 0x80, 0xd2, 0x01, 0, 0, 0xd4 };
static const uint8_t *const sigreturns[] = { sigreturn, NULL };
static const uint8_t sigreturn_lens[] = { sizeof(sigreturn) };

/*
 * The usual frame record: x29 and x30 side by side.  Then one slot number says
 * both; 0 says that neither was saved yet.
 */
static bool encode_record(const struct cfi_rules *r, uint32_t *slot)
{
	int64_t off = r->fp.off;

	*slot = 0;
	if (r->fp.kind == CFI_SAME && r->ra.kind == CFI_SAME)
		return true;
	*slot = (uint32_t)(-off / 8);
	return r->fp.kind == CFI_AT_CFA && r->ra.kind == CFI_AT_CFA &&
	       r->ra.off == off + 8 && off < 0 && off % 8 == 0 && -off / 8 < 512;
}

static bool encode(const struct cfi_row *row, uint32_t *rule, struct unwind_rule *out)
{
	const struct cfi_rules *r = row->rules;
	const struct cfi_cfa *cfa = &r->cfa;
	uint32_t slot;

	if (r->ra.kind == CFI_UNDEFINED) {
		*rule = rule_make(RULE_SPECIAL, SPECIAL_END, 0);
		return true;
	}
	/* The vdso and libc describe their restorer as an ordinary frame. */
	if (row->signal) {
		*rule = rule_make(RULE_SPECIAL, SPECIAL_SIGNAL, 0);
		return true;
	}
	if (!cfa->is_expr && (cfa->reg == SP || cfa->reg == X29) && cfa->off >= 0 &&
	    cfa->off % 8 == 0 && cfa->off / 8 < 0x2000 && encode_record(r, &slot)) {
		*rule = rule_make(cfa->reg == SP ? RULE_SP : RULE_FP,
				  (uint32_t)(cfa->off / 8), slot);
		return true;
	}
	if (unwind_rule_from_row(row, out))
		return false;
	*rule = rule_make(RULE_SPECIAL, SPECIAL_UNSUPPORTED, 0);
	return true;
}

const struct unwind_arch unwind_arch_aarch64 = {
	.name = "aarch64",
	.machine = EM_AARCH64,
	.n_regs = N_REGS,
	.sp = SP,
	.fp = X29,
	.pc = PC,
	.lr = X30,
	.addr_mask = 0x0000ffffffffffffull,	/* drops pointer authentication codes */
	.encode = encode,
	.perf_mask = (1ull << 33) - 1,
	.perf_regs = perf_regs,
	.signal_offs = signal_offs,
	.sigreturns = sigreturns,
	.sigreturn_lens = sigreturn_lens,
};
