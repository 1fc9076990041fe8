// SPDX-License-Identifier: Apache-2.0
#include "unwind/arch.h"

#include <elf.h>
#include <string.h>

#include "base/util.h"
#include "unwind/cfi.h"

/* DWARF numbers (System V ABI, AMD64 supplement, figure 3.36). */
enum {
	RAX, RDX, RCX, RBX, RSI, RDI, RBP, RSP, R8, R9, R10, R11, R12, R13, R14,
	R15, RIP, N_REGS,
};

/* perf numbers them as in asm/perf_regs.h: ax bx cx dx si di bp sp ip ... r8-15. */
static const uint8_t perf_regs[] = {
	RAX, RBX, RCX, RDX, RSI, RDI, RBP, RSP, RIP,
	R8, R9, R10, R11, R12, R13, R14, R15,
};
#define PERF_MASK 0xff01ffull	/* without flags and segments */

/*
 * A handler returns to the restorer with RSP at the kernel's struct ucontext,
 * whose registers start 40 bytes in (asm/sigcontext.h: r8..r15, di, si, bp, bx,
 * dx, ax, cx, sp, ip).
 */
static const uint16_t signal_offs[N_REGS] = {
	[R8] = 40, [R9] = 48, [R10] = 56, [R11] = 64, [R12] = 72, [R13] = 80,
	[R14] = 88, [R15] = 96, [RDI] = 104, [RSI] = 112, [RBP] = 120, [RBX] = 128,
	[RDX] = 136, [RAX] = 144, [RCX] = 152, [RSP] = 160, [RIP] = 168,
};

/* mov $15, %rax or %eax; syscall */
static const uint8_t sigreturn_rax[] = { 0x48, 0xc7, 0xc0, 0x0f, 0, 0, 0, 0x0f, 0x05 };
static const uint8_t sigreturn_eax[] = { 0xb8, 0x0f, 0, 0, 0, 0x0f, 0x05 };
static const uint8_t *const sigreturns[] = { sigreturn_rax, sigreturn_eax, NULL };
static const uint8_t sigreturn_lens[] = { sizeof(sigreturn_rax), sizeof(sigreturn_eax) };

/* The linker's PLT: breg7 8; breg16 0; lit15; and; lit11; ge; lit3; shl; plus */
static const uint8_t plt_expr[] = {
	0x77, 8, 0x80, 0, 0x3f, 0x1a, 0x3b, 0x2a, 0x33, 0x24, 0x22,
};
#define PLT_LIMIT_AT 6	/* lit11, or lit10 from some linkers */

/* glibc's restorer: CFA = *(rsp + 160) */
static const uint8_t signal_expr[] = { 0x77, 0xa0, 1, 0x06 };

static bool same_expr(const struct cfi_cfa *cfa, const uint8_t *expr, size_t len)
{
	return cfa->is_expr && cfa->expr_len == len && memcmp(cfa->expr, expr, len) == 0;
}

static bool is_plt(const struct cfi_cfa *cfa, uint8_t limit)
{
	uint8_t expr[sizeof(plt_expr)];

	memcpy(expr, plt_expr, sizeof(expr));
	expr[PLT_LIMIT_AT] = (uint8_t)(0x30 + limit);
	return same_expr(cfa, expr, sizeof(expr));
}

static uint32_t special(enum unwind_special what)
{
	return rule_make(RULE_SPECIAL, what, 0);
}

/* Where the frame pointer is saved, as 9 bits; false if they do not suffice. */
static bool encode_fp(const struct cfi_rules *r, uint32_t *slot)
{
	int64_t off = r->fp.off;

	*slot = 0;
	if (r->fp.kind == CFI_SAME)
		return true;
	if (r->fp.kind != CFI_AT_CFA)
		return false;
	/*
	 * gcc does not say that the register is back after a pop, so the slot
	 * may lie below the stack pointer, where nothing keeps it alive.
	 */
	if (r->cfa.reg == RSP && off < -r->cfa.off)
		return true;
	*slot = (uint32_t)(-off / 8);
	return off < 0 && off % 8 == 0 && -off / 8 < 512;
}

static bool encode(const struct cfi_row *row, uint32_t *rule, struct unwind_rule *out)
{
	const struct cfi_rules *r = row->rules;
	const struct cfi_cfa *cfa = &r->cfa;
	uint32_t slot;

	if (r->ra.kind == CFI_UNDEFINED) {
		*rule = special(SPECIAL_END);
		return true;
	}
	if (row->signal && same_expr(cfa, signal_expr, sizeof(signal_expr))) {
		*rule = special(SPECIAL_SIGNAL);
		return true;
	}
	if (is_plt(cfa, 11) || is_plt(cfa, 10)) {
		*rule = special(is_plt(cfa, 11) ? SPECIAL_PLT11 : SPECIAL_PLT10);
		return true;
	}
	if (!cfa->is_expr && (cfa->reg == RSP || cfa->reg == RBP) && cfa->off > 0 &&
	    cfa->off % 8 == 0 && cfa->off / 8 < 0x2000 && !row->signal &&
	    r->ra.kind == CFI_AT_CFA && r->ra.off == -8 && encode_fp(r, &slot)) {
		*rule = rule_make(cfa->reg == RSP ? RULE_SP : RULE_FP,
				  (uint32_t)(cfa->off / 8), slot);
		return true;
	}
	if (!row->signal && unwind_rule_from_row(row, out) && out->ra_kind != VALUE_SAME)
		return false;
	*rule = special(SPECIAL_UNSUPPORTED);
	return true;
}

const struct unwind_arch unwind_arch_x86_64 = {
	.name = "x86_64",
	.machine = EM_X86_64,
	.n_regs = N_REGS,
	.sp = RSP,
	.fp = RBP,
	.pc = RIP,
	.lr = UINT8_MAX,
	.addr_mask = UINT64_MAX,
	.encode = encode,
	.perf_mask = PERF_MASK,
	.perf_regs = perf_regs,
	.signal_offs = signal_offs,
	.sigreturns = sigreturns,
	.sigreturn_lens = sigreturn_lens,
};
