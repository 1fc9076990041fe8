// SPDX-License-Identifier: Apache-2.0
#include "unwind/arch.h"

#include <elf.h>

#include "base/cursor.h"
#include "unwind/cfi.h"

const struct unwind_arch *unwind_arch_find(uint16_t machine)
{
	switch (machine) {
	case EM_X86_64:
		return &unwind_arch_x86_64;
	case EM_AARCH64:
		return &unwind_arch_aarch64;
	default:
		return NULL;
	}
}

const struct unwind_arch *unwind_arch_host(void)
{
#ifdef __aarch64__
	return &unwind_arch_aarch64;
#else
	return &unwind_arch_x86_64;
#endif
}

/* DWARF expression operations that occur in the simple cases (DWARF 5, 7.7.1). */
enum {
	OP_DEREF = 0x06, OP_PLUS = 0x22, OP_PLUS_UCONST = 0x23,
	OP_LIT0 = 0x30, OP_BREG0 = 0x70, OP_BREG31 = 0x8f,
};

/* "reg + off" at the beginning of an expression. */
static bool read_breg(struct cursor *c, uint8_t *reg, int32_t *off)
{
	uint8_t op = cursor_u8(c);
	int64_t v = cursor_sleb(c);

	*reg = (uint8_t)(op - OP_BREG0);
	*off = (int32_t)v;
	return !c->bad && op >= OP_BREG0 && op <= OP_BREG31 && v == *off;
}

/* A number added behind: nothing, "uconst n" or "litN plus". */
static bool read_addend(struct cursor *c, int32_t *add)
{
	*add = 0;
	if (!cursor_left(c))
		return true;

	uint8_t op = cursor_u8(c);

	if (op == OP_PLUS_UCONST) {
		uint64_t v = cursor_uleb(c);

		*add = (int32_t)v;
		return !c->bad && v <= INT32_MAX && !cursor_left(c);
	}
	*add = op - OP_LIT0;
	return op >= OP_LIT0 && op < OP_LIT0 + 32 && cursor_u8(c) == OP_PLUS &&
	       !cursor_left(c);
}

static bool cfa_from_row(const struct cfi_cfa *cfa, struct unwind_rule *out)
{
	if (!cfa->is_expr) {
		out->cfa_kind = CFA_REG;
		out->cfa_reg = (uint8_t)cfa->reg;
		out->cfa_off = (int32_t)cfa->off;
		return cfa->reg < UNWIND_MAX_REGS && cfa->off == out->cfa_off;
	}

	struct cursor c = cursor_make(cfa->expr, cfa->expr_len);

	out->cfa_kind = CFA_DEREF;
	return read_breg(&c, &out->cfa_reg, &out->cfa_off) &&
	       cursor_u8(&c) == OP_DEREF && read_addend(&c, &out->cfa_add);
}

static bool value_from_rule(const struct cfi_rule *rule, uint8_t *kind, uint8_t *reg,
			    int32_t *off)
{
	struct cursor c;

	*off = (int32_t)rule->off;
	switch ((enum cfi_kind)rule->kind) {
	case CFI_SAME:
		*kind = VALUE_SAME;
		return true;
	case CFI_UNDEFINED:
		*kind = VALUE_UNKNOWN;
		return true;
	case CFI_AT_CFA:
		*kind = VALUE_AT_CFA;
		return rule->off == *off;
	case CFI_REGISTER:
		*kind = VALUE_IN_REG;
		*off = (int32_t)rule->reg;
		return rule->reg < UNWIND_MAX_REGS;
	case CFI_AT_EXPR:
		*kind = VALUE_AT_REG;
		c = cursor_make(rule->expr, rule->expr_len);
		return reg && read_breg(&c, reg, off) && !cursor_left(&c);
	default:
		return false;
	}
}

bool unwind_rule_from_row(const struct cfi_row *row, struct unwind_rule *out)
{
	const struct cfi_rules *r = row->rules;

	*out = (struct unwind_rule){ 0 };
	if (!cfa_from_row(&r->cfa, out) ||
	    !value_from_rule(&r->ra, &out->ra_kind, NULL, &out->ra_off))
		return false;
	/* A frame pointer that we cannot recover is only one register less. */
	if (!value_from_rule(&r->fp, &out->fp_kind, &out->fp_reg, &out->fp_off))
		out->fp_kind = VALUE_UNKNOWN;
	return true;
}
