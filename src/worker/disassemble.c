// SPDX-License-Identifier: Apache-2.0
#include "config.h"

#include "worker/disassemble.h"

#include <elf.h>
#include <errno.h>

#include "base/error.h"

#ifndef HAVE_CAPSTONE

int disassembler_open(uint16_t machine, struct disassembler **out, struct error *err)
{
	(void)machine;
	(void)out;
	return error_set(err, ENOTSUP, "this cprofd was built without capstone, which reads "
			 "machine code");
}

void disassembler_close(struct disassembler *d)
{
	(void)d;
}

bool disassemble_next(struct disassembler *d, struct cursor *code, uint64_t *vaddr,
		      struct instruction *out)
{
	(void)d;
	(void)code;
	(void)vaddr;
	(void)out;
	return false;
}

#else

#include <capstone.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/util.h"

struct disassembler {
	csh handle;
	cs_insn *insn;
	bool is_x86;
};

void disassembler_close(struct disassembler *d)
{
	if (!d)
		return;
	if (d->insn)
		cs_free(d->insn, 1);
	cs_close(&d->handle);
	free(d);
}

int disassembler_open(uint16_t machine, struct disassembler **out, struct error *err)
{
	bool is_x86 = machine == EM_X86_64;
	csh handle;

	if (!is_x86 && machine != EM_AARCH64)
		return error_set(err, ENOTSUP, "machine code of another machine (%u)", machine);
	if (cs_open(is_x86 ? CS_ARCH_X86 : CS_ARCH_ARM64,
		    is_x86 ? CS_MODE_64 : CS_MODE_LITTLE_ENDIAN, &handle) != CS_ERR_OK)
		return error_set(err, ENOTSUP, "this capstone does not know the machine");
	cs_option(handle, CS_OPT_DETAIL, CS_OPT_ON);
	if (is_x86)
		cs_option(handle, CS_OPT_SYNTAX, CS_OPT_SYNTAX_ATT);
	*out = xcalloc(1, sizeof(**out));
	(*out)->handle = handle;
	(*out)->is_x86 = is_x86;
	(*out)->insn = cs_malloc(handle);
	return 0;
}

/* ---- mnemonics ---- */

/* Does an operand that is a general register tell the size of the one in memory? */
static bool register_tells_size(const cs_x86 *x)
{
	bool has_register = false, has_memory = false;

	for (int i = 0; i < x->op_count; i++) {
		has_register |= x->operands[i].type == X86_OP_REG && x->operands[i].size <= 8;
		has_memory |= x->operands[i].type == X86_OP_MEM;
	}
	return has_register || !has_memory;
}

/* Instructions whose register says nothing about the other operand's size. */
static bool size_is_needed(const cs_insn *insn)
{
	switch (insn->id) {
	case X86_INS_CRC32:
		return true;
	case X86_INS_SHL:
	case X86_INS_SHR:
	case X86_INS_SAR:
	case X86_INS_ROL:
	case X86_INS_ROR:
	case X86_INS_RCL:
	case X86_INS_RCR:
		/* by %cl */
		return strchr(insn->op_str, '(') != NULL;
	default:
		return !register_tells_size(&insn->detail->x86);
	}
}

/* Is the size always that of an address? */
static bool has_one_size(const struct disassembler *d, const cs_insn *insn)
{
	return cs_insn_group(d->handle, insn, CS_GRP_CALL) ||
	       cs_insn_group(d->handle, insn, CS_GRP_JUMP) ||
	       cs_insn_group(d->handle, insn, CS_GRP_RET) ||
	       insn->id == X86_INS_PUSH || insn->id == X86_INS_POP;
}

/*
 * capstone writes the size of operands into every mnemonic ("movq %rax,%rbx"),
 * objdump only where no operand says it.
 */
static void put_x86_mnemonic(struct buf *b, const struct disassembler *d, const cs_insn *insn)
{
	size_t len = strlen(insn->mnemonic);
	const char *space = strrchr(insn->mnemonic, ' ');	/* behind "lock" and such */
	const char *last = space ? space + 1 : insn->mnemonic;
	const char *name = cs_insn_name(d->handle, insn->id);
	size_t name_len = name ? strlen(name) : 0;

	/* It leaves out that an indirect jump need not land on endbr64, */
	if (insn->detail->x86.prefix[1] == 0x3e && has_one_size(d, insn))
		buf_put(b, "notrack ", 8);
	/* and says movd of 64 bits between registers. */
	if (insn->id == X86_INS_MOVQ || insn->id == X86_INS_VMOVQ) {
		buf_put(b, name, name_len);
		return;
	}
	if (name_len && strlen(last) == name_len + 1 && memcmp(last, name, name_len) == 0 &&
	    strchr("bwlq", last[name_len]) && (has_one_size(d, insn) || !size_is_needed(insn)))
		len--;
	buf_put(b, insn->mnemonic, len);
}

/* ---- operands ---- */

/* The number that a direct jump or call goes to is its last operand. */
static bool find_target(const struct disassembler *d, const cs_insn *insn, uint64_t *out)
{
	const cs_x86 *x = &insn->detail->x86;
	const cs_arm64 *a = &insn->detail->arm64;

	if (!cs_insn_group(d->handle, insn, CS_GRP_CALL) &&
	    !cs_insn_group(d->handle, insn, CS_GRP_JUMP))
		return false;
	if (d->is_x86) {
		if (x->op_count != 1 || x->operands[0].type != X86_OP_IMM)
			return false;
		*out = (uint64_t)x->operands[0].imm;
	} else {
		if (!a->op_count || a->operands[a->op_count - 1].type != ARM64_OP_IMM)
			return false;
		*out = (uint64_t)a->operands[a->op_count - 1].imm;
	}
	return true;
}

/* What is left of the operands without the last. */
static size_t without_last(const char *ops)
{
	const char *comma = strrchr(ops, ',');

	return comma ? (size_t)(comma - ops) : 0;
}

/* Operands as objdump has them: no blanks, and every number but a scale in hex. */
static void put_x86_operands(struct buf *b, const char *s, size_t len)
{
	bool in_brackets = false;

	for (size_t i = 0; i < len; i++) {
		char before = i ? s[i - 1] : ' ';

		in_brackets = s[i] == '(' || (in_brackets && s[i] != ')');
		if (s[i] == ' ')
			continue;
		if (isdigit((unsigned char)s[i]) && strchr(" $-:*", before) && !in_brackets &&
		    (s[i] != '0' || s[i + 1] != 'x'))
			buf_put(b, "0x", 2);
		buf_put_u8(b, (uint8_t)s[i]);
	}
}

static void put_text(const struct disassembler *d, const cs_insn *insn, struct instruction *out)
{
	size_t len = out->has_target ? without_last(insn->op_str) : strlen(insn->op_str);
	struct buf b = { 0 };

	if (d->is_x86)
		put_x86_mnemonic(&b, d, insn);
	else
		buf_put(&b, insn->mnemonic, strlen(insn->mnemonic));
	if (len)
		buf_put_u8(&b, '\t');
	if (d->is_x86)
		put_x86_operands(&b, insn->op_str, len);
	else
		buf_put(&b, insn->op_str, len);
	snprintf(out->text, sizeof(out->text), "%.*s", (int)b.len, (const char *)b.data);
	buf_deinit(&b);
}

/* ---- what capstone does not know ---- */

/*
 * The length of an instruction with a VEX or EVEX prefix, 0 if it has none: of newer
 * vector instructions than capstone knows, which memcpy() and such are full of.  What
 * follows one must not be read from its middle.
 */
static size_t vector_length(const uint8_t *p, size_t n)
{
	size_t prefix = p[0] == 0xc5 ? 2 : p[0] == 0xc4 ? 3 : p[0] == 0x62 ? 4 : 0;
	size_t len = prefix + 2;	/* opcode, ModRM */

	if (!prefix || n < len)
		return 0;

	uint8_t map = prefix == 2 ? 1 : p[1] & (prefix == 3 ? 0x1f : 7);
	uint8_t opcode = p[prefix], mod = p[prefix + 1] >> 6, rm = p[prefix + 1] & 7;

	if (map == 1 && opcode == 0x77)
		return prefix + 1;	/* vzeroupper has no ModRM */
	if (mod != 3 && rm == 4) {
		if (n < len + 1)
			return 0;
		rm = mod ? rm : p[len] & 7;	/* the base */
		len++;
	}
	if (mod == 2 || (mod == 0 && rm == 5))
		len += 4;
	else if (mod == 1)
		len++;
	if (map == 3 || (map == 1 && ((opcode & 0xfc) == 0x70 || opcode == 0xc2 ||
				      (opcode >= 0xc4 && opcode <= 0xc6))))
		len++;		/* a constant of one byte */
	return len <= n ? len : 0;
}

static void put_unknown(const struct disassembler *d, const uint8_t *bytes, size_t n,
			struct instruction *out)
{
	size_t len = d->is_x86 ? vector_length(bytes, n) : 0;

	strcpy(out->text, len ? "(unknown)" : "(bad)");
	out->len = (uint32_t)(len ? len : min_of(n, d->is_x86 ? (size_t)1 : (size_t)4));
}

bool disassemble_next(struct disassembler *d, struct cursor *code, uint64_t *vaddr,
		      struct instruction *out)
{
	const uint8_t *at = code->p;
	size_t left = cursor_left(code);

	if (!left)
		return false;
	*out = (struct instruction){ .vaddr = *vaddr };
	if (cs_disasm_iter(d->handle, &code->p, &left, vaddr, d->insn)) {
		out->has_target = find_target(d, d->insn, &out->target);
		put_text(d, d->insn, out);
		out->len = d->insn->size;
	} else {
		put_unknown(d, at, cursor_left(code), out);
	}
	code->p = at + out->len;
	*vaddr = out->vaddr + out->len;
	return true;
}

#endif
