// SPDX-License-Identifier: Apache-2.0
#include "unwind/cfi.h"

#include <elf.h>

#include "base/util.h"

/* Pointer encodings (LSB 5.0, 10.5.1; DW_EH_PE_*). */
enum {
	PE_ABSPTR = 0x00, PE_ULEB = 0x01, PE_UDATA2 = 0x02, PE_UDATA4 = 0x03,
	PE_UDATA8 = 0x04, PE_SLEB = 0x09, PE_SDATA2 = 0x0a, PE_SDATA4 = 0x0b,
	PE_SDATA8 = 0x0c,
	PE_PCREL = 0x10, PE_DATAREL = 0x30, PE_INDIRECT = 0x80, PE_OMIT = 0xff,
};

/* Call frame instructions (DWARF 5, 7.24). */
enum {
	CFA_ADVANCE_LOC = 0x40, CFA_OFFSET = 0x80, CFA_RESTORE = 0xc0,
	CFA_NOP = 0x00, CFA_SET_LOC, CFA_ADVANCE_LOC1, CFA_ADVANCE_LOC2,
	CFA_ADVANCE_LOC4, CFA_OFFSET_EXT, CFA_RESTORE_EXT, CFA_UNDEFINED,
	CFA_SAME_VALUE, CFA_REGISTER, CFA_REMEMBER_STATE, CFA_RESTORE_STATE,
	CFA_DEF_CFA, CFA_DEF_CFA_REGISTER, CFA_DEF_CFA_OFFSET, CFA_DEF_CFA_EXPR,
	CFA_EXPR, CFA_OFFSET_EXT_SF, CFA_DEF_CFA_SF, CFA_DEF_CFA_OFFSET_SF,
	CFA_VAL_OFFSET, CFA_VAL_OFFSET_SF, CFA_VAL_EXPR,
	CFA_AARCH64_NEGATE_RA = 0x2d, CFA_GNU_ARGS_SIZE = 0x2e,
	CFA_GNU_NEG_OFFSET_EXT = 0x2f,
};

#define MAX_REMEMBERED 32

void cfi_init(struct cfi *cfi, const void *data, size_t len, uint64_t vaddr,
	      enum cfi_format format, uint16_t machine)
{
	cfi->data = data;
	cfi->len = len;
	cfi->vaddr = vaddr;
	cfi->format = format;
	cfi->fp_reg = machine == EM_AARCH64 ? 29 : 6;
	cfi->ra_reg = machine == EM_AARCH64 ? 30 : 16;
	cfi->n_bad = 0;
	cfi->n_cached = cfi->next_cached = 0;
}

/* An address in encoding `enc`; sets c->bad for one that we do not know. */
static uint64_t read_pointer(const struct cfi *cfi, struct cursor *c, uint8_t enc,
			     uint8_t addr_bytes)
{
	uint64_t at = cfi->vaddr + (uint64_t)(c->p - cfi->data);
	uint64_t v;

	switch (enc & 0x0f) {
	case PE_ABSPTR:
		v = addr_bytes == 4 ? cursor_u32(c) : cursor_u64(c);
		break;
	case PE_ULEB:
		v = cursor_uleb(c);
		break;
	case PE_UDATA2:
		v = cursor_u16(c);
		break;
	case PE_UDATA4:
		v = cursor_u32(c);
		break;
	case PE_UDATA8:
	case PE_SDATA8:
		v = cursor_u64(c);
		break;
	case PE_SLEB:
		v = (uint64_t)cursor_sleb(c);
		break;
	case PE_SDATA2:
		v = (uint64_t)(int64_t)(int16_t)cursor_u16(c);
		break;
	case PE_SDATA4:
		v = (uint64_t)(int64_t)(int32_t)cursor_u32(c);
		break;
	default:
		c->bad = true;
		return 0;
	}
	switch (enc & 0xf0) {
	case 0:
		return v;
	case PE_PCREL:
		return at + v;
	default:	/* relative to text, data or function: nobody does here */
		c->bad = true;
		return 0;
	}
}

/* ---- executing instructions ---- */

struct machine {
	const struct cfi *cfi;
	const struct cfi_cie *cie;
	struct cfi_rules now;
	struct cfi_rules remembered[MAX_REMEMBERED];
	size_t n_remembered;
	uint64_t loc, end;
	void (*row)(void *ctx, const struct cfi_row *row);
	void *ctx;
};

/* Hand out [loc, to) with the rules as they are, and go on at `to`. */
static void advance_to(struct machine *m, uint64_t to)
{
	to = min_of(to, m->end);
	if (m->row && to > m->loc) {
		const struct cfi_row row = { m->loc, to, m->cie->signal, &m->now };

		m->row(m->ctx, &row);
	}
	m->loc = max_of(m->loc, to);
}

/* Only two registers are followed. */
static void set_rule(struct machine *m, uint64_t reg, struct cfi_rule rule)
{
	if (reg == m->cfi->fp_reg)
		m->now.fp = rule;
	else if (reg == m->cfi->ra_reg)
		m->now.ra = rule;
}

static void restore_rule(struct machine *m, uint64_t reg)
{
	if (reg == m->cfi->fp_reg)
		m->now.fp = m->cie->initial.fp;
	else if (reg == m->cfi->ra_reg)
		m->now.ra = m->cie->initial.ra;
}

static struct cfi_rule expr_rule(struct cursor *c, enum cfi_kind kind)
{
	size_t len;
	const char *expr = cursor_str(c, &len);

	if (len > UINT16_MAX)
		c->bad = true;
	return (struct cfi_rule){ .kind = (uint8_t)kind, .expr = (const uint8_t *)expr,
				  .expr_len = (uint16_t)len };
}

static int64_t factored(const struct machine *m, uint64_t n)
{
	return (int64_t)(n * (uint64_t)m->cie->data_align);
}

/* Instructions with an operand beyond the opcode; false: not known. */
static bool execute_long(struct machine *m, uint8_t op, struct cursor *c)
{
	struct cfi_cfa *cfa = &m->now.cfa;
	uint64_t reg;

	switch (op) {
	case CFA_NOP:
		break;
	case CFA_SET_LOC:
		advance_to(m, read_pointer(m->cfi, c, m->cie->fde_encoding,
					   m->cie->addr_bytes));
		break;
	case CFA_ADVANCE_LOC1:
		advance_to(m, m->loc + cursor_u8(c) * m->cie->code_align);
		break;
	case CFA_ADVANCE_LOC2:
		advance_to(m, m->loc + cursor_u16(c) * m->cie->code_align);
		break;
	case CFA_ADVANCE_LOC4:
		advance_to(m, m->loc + cursor_u32(c) * m->cie->code_align);
		break;
	case CFA_OFFSET_EXT:
		reg = cursor_uleb(c);
		set_rule(m, reg, (struct cfi_rule){ .kind = CFI_AT_CFA,
			.off = factored(m, cursor_uleb(c)) });
		break;
	case CFA_OFFSET_EXT_SF:
		reg = cursor_uleb(c);
		set_rule(m, reg, (struct cfi_rule){ .kind = CFI_AT_CFA,
			.off = factored(m, (uint64_t)cursor_sleb(c)) });
		break;
	case CFA_GNU_NEG_OFFSET_EXT:
		reg = cursor_uleb(c);
		set_rule(m, reg, (struct cfi_rule){ .kind = CFI_AT_CFA,
			.off = -factored(m, cursor_uleb(c)) });
		break;
	case CFA_VAL_OFFSET:
		reg = cursor_uleb(c);
		set_rule(m, reg, (struct cfi_rule){ .kind = CFI_IS_CFA,
			.off = factored(m, cursor_uleb(c)) });
		break;
	case CFA_VAL_OFFSET_SF:
		reg = cursor_uleb(c);
		set_rule(m, reg, (struct cfi_rule){ .kind = CFI_IS_CFA,
			.off = factored(m, (uint64_t)cursor_sleb(c)) });
		break;
	case CFA_RESTORE_EXT:
		restore_rule(m, cursor_uleb(c));
		break;
	case CFA_UNDEFINED:
		set_rule(m, cursor_uleb(c), (struct cfi_rule){ .kind = CFI_UNDEFINED });
		break;
	case CFA_SAME_VALUE:
		set_rule(m, cursor_uleb(c), (struct cfi_rule){ .kind = CFI_SAME });
		break;
	case CFA_REGISTER:
		reg = cursor_uleb(c);
		set_rule(m, reg, (struct cfi_rule){ .kind = CFI_REGISTER,
			.reg = (uint32_t)cursor_uleb(c) });
		break;
	case CFA_EXPR:
		reg = cursor_uleb(c);
		set_rule(m, reg, expr_rule(c, CFI_AT_EXPR));
		break;
	case CFA_VAL_EXPR:
		reg = cursor_uleb(c);
		set_rule(m, reg, expr_rule(c, CFI_IS_EXPR));
		break;
	case CFA_REMEMBER_STATE:
		if (m->n_remembered == MAX_REMEMBERED)
			return false;
		m->remembered[m->n_remembered++] = m->now;
		break;
	case CFA_RESTORE_STATE:
		if (m->n_remembered == 0)
			return false;
		m->now = m->remembered[--m->n_remembered];
		break;
	case CFA_DEF_CFA:
		reg = cursor_uleb(c);
		*cfa = (struct cfi_cfa){ .reg = (uint32_t)reg,
					 .off = (int64_t)cursor_uleb(c) };
		break;
	case CFA_DEF_CFA_SF:
		reg = cursor_uleb(c);
		*cfa = (struct cfi_cfa){ .reg = (uint32_t)reg,
					 .off = factored(m, (uint64_t)cursor_sleb(c)) };
		break;
	case CFA_DEF_CFA_REGISTER:
		/* After an expression the offset from before counts again. */
		cfa->is_expr = false;
		cfa->reg = (uint32_t)cursor_uleb(c);
		break;
	case CFA_DEF_CFA_OFFSET:
		cfa->is_expr = false;
		cfa->off = (int64_t)cursor_uleb(c);
		break;
	case CFA_DEF_CFA_OFFSET_SF:
		cfa->is_expr = false;
		cfa->off = factored(m, (uint64_t)cursor_sleb(c));
		break;
	case CFA_DEF_CFA_EXPR: {
		struct cfi_rule r = expr_rule(c, CFI_IS_EXPR);

		cfa->is_expr = true;
		cfa->expr = r.expr;
		cfa->expr_len = r.expr_len;
		break;
	}
	case CFA_GNU_ARGS_SIZE:
		cursor_uleb(c);
		break;
	case CFA_AARCH64_NEGATE_RA:	/* signed addresses: unwind.c strips */
		break;
	default:
		return false;
	}
	return true;
}

static bool execute(struct machine *m, struct cursor c)
{
	while (cursor_left(&c)) {
		uint8_t op = *c.p++;
		uint8_t low = op & 0x3f;

		switch (op & 0xc0) {
		case CFA_ADVANCE_LOC:
			advance_to(m, m->loc + low * m->cie->code_align);
			break;
		case CFA_OFFSET: {
			int64_t off = factored(m, cursor_uleb(&c));

			set_rule(m, low, (struct cfi_rule){ .kind = CFI_AT_CFA, .off = off });
			break;
		}
		case CFA_RESTORE:
			restore_rule(m, low);
			break;
		default:
			if (!execute_long(m, op, &c))
				return false;
		}
		if (c.bad)
			return false;
	}
	return true;
}

/* Execute a CIE's own instructions, which make the rules that FDEs begin with. */
static bool run_cie(const struct cfi *cfi, struct cfi_cie *cie, struct cursor program)
{
	struct machine m;

	cie->initial = (struct cfi_rules){ 0 };
	m.cfi = cfi;
	m.cie = cie;
	m.now = cie->initial;
	m.n_remembered = 0;
	m.loc = m.end = 0;
	m.row = NULL;
	if (!execute(&m, program))
		return false;
	cie->initial = m.now;
	return true;
}

/* ---- entries ---- */

/* The body of the entry at `off`; `id_at` is where its CIE id is. */
struct entry {
	struct cursor body;	/* behind the id */
	size_t id_at;
	uint64_t id;
	size_t end;
};

static bool read_entry(const struct cfi *cfi, size_t off, struct entry *e)
{
	struct cursor c = cursor_make(cfi->data + off, cfi->len - off);
	uint64_t len = cursor_u32(&c);
	bool is64 = len == 0xffffffff;

	if (is64)
		len = cursor_u64(&c);
	if (c.bad || len == 0 || len > cursor_left(&c))
		return false;
	e->id_at = (size_t)(c.p - cfi->data);
	e->end = e->id_at + (size_t)len;
	e->body = cursor_sub(&c, (size_t)len);
	/* .eh_frame keeps a 4-byte id even in 64-bit entries. */
	e->id = is64 && cfi->format == CFI_DEBUG_FRAME ? cursor_u64(&e->body)
						       : cursor_u32(&e->body);
	return true;
}

static bool is_cie(const struct cfi *cfi, const struct entry *e)
{
	if (cfi->format == CFI_EH_FRAME)
		return e->id == 0;
	return e->id == 0xffffffff || e->id == UINT64_MAX;
}

/* Where the CIE of an FDE entry is; the two formats differ. */
static size_t cie_offset(const struct cfi *cfi, const struct entry *e)
{
	return cfi->format == CFI_EH_FRAME ? e->id_at - (size_t)e->id : (size_t)e->id;
}

/* The augmentation data, of which the string `aug` says what is in it. */
static bool read_augmentation(const struct cfi *cfi, const char *aug,
			      struct cursor *c, struct cfi_cie *cie)
{
	uint64_t len = cursor_uleb(c);
	struct cursor data = cursor_sub(c, min_of(len, cursor_left(c) + 1));

	for (const char *a = aug + 1; *a; a++) {
		switch (*a) {
		case 'R':
			cie->fde_encoding = cursor_u8(&data);
			break;
		case 'P': {
			uint8_t enc = cursor_u8(&data);

			read_pointer(cfi, &data, enc & 0x0f, cie->addr_bytes);
			break;
		}
		case 'L':
			cursor_u8(&data);
			break;
		case 'S':
			cie->signal = true;
			break;
		case 'B':	/* aarch64: return address signed with key B */
		case 'G':	/* aarch64: memory tagging */
			break;
		default:	/* the length lets us skip the rest */
			return !data.bad;
		}
	}
	return !data.bad;
}

static bool read_cie(const struct cfi *cfi, size_t off, struct cfi_cie *cie)
{
	struct entry e;

	if (off >= cfi->len || !read_entry(cfi, off, &e) || !is_cie(cfi, &e))
		return false;

	struct cursor *c = &e.body;
	uint8_t version = cursor_u8(c);
	const char *aug = (const char *)c->p;
	const uint8_t *aug_end = memchr(c->p, 0, cursor_left(c));

	if (!aug_end || (version != 1 && version != 3 && version != 4))
		return false;
	c->p = aug_end + 1;
	*cie = (struct cfi_cie){ .off = off, .addr_bytes = 8 };
	if (version == 4) {
		cie->addr_bytes = cursor_u8(c);
		if (cursor_u8(c) != 0)	/* segment selectors */
			return false;
	}
	cie->code_align = cursor_uleb(c);
	cie->data_align = cursor_sleb(c);
	cie->ra_reg = version == 1 ? cursor_u8(c) : (uint32_t)cursor_uleb(c);
	if (aug[0] == 'z') {
		cie->has_aug_data = true;
		if (!read_augmentation(cfi, aug, c, cie))
			return false;
	} else if (aug[0]) {
		return false;
	}
	return !c->bad && (cie->addr_bytes == 8 || cie->addr_bytes == 4) &&
	       run_cie(cfi, cie, *c);
}

/* Few CIEs serve many FDEs: keep the last ones. */
static const struct cfi_cie *find_cie(struct cfi *cfi, size_t off)
{
	struct cfi_cie *cie;

	for (size_t i = 0; i < cfi->n_cached; i++)
		if (cfi->cies[i].off == off)
			return &cfi->cies[i];
	cie = &cfi->cies[cfi->next_cached];
	if (!read_cie(cfi, off, cie)) {
		cie->off = SIZE_MAX;	/* what was there is overwritten */
		return NULL;
	}
	cfi->next_cached = (cfi->next_cached + 1) % CFI_CIE_CACHE;
	if (cfi->n_cached < CFI_CIE_CACHE)
		cfi->n_cached++;
	return cie;
}

static bool read_fde(struct cfi *cfi, const struct entry *e, struct cfi_fde *fde)
{
	struct cursor c = e->body;

	const struct cfi_cie *cie = fde->cie = find_cie(cfi, cie_offset(cfi, e));
	if (!cie)
		return false;
	fde->start = read_pointer(cfi, &c, cie->fde_encoding, cie->addr_bytes);
	fde->end = fde->start +
		   read_pointer(cfi, &c, cie->fde_encoding & 0x0f, cie->addr_bytes);
	if (cie->has_aug_data) {
		uint64_t len = cursor_uleb(&c);
		cursor_bytes(&c, min_of(len, cursor_left(&c) + 1));
	}
	fde->program = c;
	return !c.bad && fde->end > fde->start && cie->ra_reg == cfi->ra_reg;
}

bool cfi_fde_at(struct cfi *cfi, size_t off, struct cfi_fde *out)
{
	struct entry e;

	out->off = off;
	return off < cfi->len && read_entry(cfi, off, &e) && !is_cie(cfi, &e) &&
	       read_fde(cfi, &e, out);
}

bool cfi_next(struct cfi *cfi, size_t *off, struct cfi_fde *out)
{
	struct entry e;

	while (*off < cfi->len) {
		/* A zero length ends .eh_frame, but ld -r leaves some inside. */
		if (cfi->len - *off >= 4 && memcmp(cfi->data + *off, "\0\0\0", 4) == 0) {
			*off += 4;
			continue;
		}
		out->off = *off;
		if (!read_entry(cfi, *off, &e))
			break;
		*off = e.end;
		if (is_cie(cfi, &e))
			continue;
		if (read_fde(cfi, &e, out))
			return true;
		cfi->n_bad++;
	}
	*off = cfi->len;
	return false;
}

uint64_t cfi_rows(struct cfi *cfi, const struct cfi_fde *fde,
		  void (*row)(void *ctx, const struct cfi_row *row), void *ctx)
{
	struct machine m;

	m.cfi = cfi;
	m.cie = fde->cie;
	m.now = fde->cie->initial;
	m.n_remembered = 0;
	m.loc = fde->start;
	m.end = fde->end;
	m.row = row;
	m.ctx = ctx;
	if (execute(&m, fde->program))
		advance_to(&m, fde->end);
	return m.loc;
}

/* ---- .eh_frame_hdr ---- */

bool cfi_index_init(struct cfi_index *index, const void *hdr, size_t len,
		    uint64_t vaddr)
{
	struct cursor c = cursor_make(hdr, len);
	uint8_t version = cursor_u8(&c), ptr_enc = cursor_u8(&c);
	uint8_t count_enc = cursor_u8(&c), table_enc = cursor_u8(&c);

	if (version != 1 || ptr_enc != (PE_PCREL | PE_SDATA4) ||
	    count_enc != PE_UDATA4 || table_enc != (PE_DATAREL | PE_SDATA4))
		return false;
	index->eh_frame_vaddr = vaddr + 4 + (uint64_t)(int64_t)(int32_t)cursor_u32(&c);
	index->n = cursor_u32(&c);
	index->entries = c.p;
	index->hdr_vaddr = vaddr;
	return !c.bad && index->n <= cursor_left(&c) / 8;
}

void cfi_index_entry(const struct cfi_index *index, size_t i, uint64_t *start,
		     uint64_t *fde_vaddr)
{
	int32_t pair[2];

	memcpy(pair, index->entries + i * 8, sizeof(pair));
	*start = index->hdr_vaddr + (uint64_t)(int64_t)pair[0];
	*fde_vaddr = index->hdr_vaddr + (uint64_t)(int64_t)pair[1];
}
