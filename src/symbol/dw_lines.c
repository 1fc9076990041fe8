// SPDX-License-Identifier: Apache-2.0
/*
 * A line table is a program for a small machine (DWARF 5, 6.2).  The machine
 * holds an address, a file and a line; most instructions are one byte that moves
 * address and line a bit and emits a row.  We run it once and keep only the rows
 * where file or line change.  Columns, statements and prologues are of no use
 * here.
 */
#include "symbol/dw_lines.h"

#include <string.h>

#include "base/cursor.h"
#include "base/util.h"
#include "symbol/dwarf_compat.h"

#define MAX_ROWS (1u << 26)	/* of a unit; the largest seen has some 100,000 */

/* What the header says about the program. */
struct program {
	struct cursor code;
	uint8_t offset_bytes;
	uint8_t min_instruction;
	int8_t line_base;
	uint8_t line_range;
	uint8_t opcode_base;
	const uint8_t *operand_counts;	/* of standard opcodes, from 1 on */
};

void dw_line_sections_init(struct dw_line_sections *s, struct elf_file *file)
{
	s->line = elf_file_section_or_empty(file, ".debug_line");
	s->line_str = elf_file_section_or_empty(file, ".debug_line_str");
	s->str = elf_file_section_or_empty(file, ".debug_str");
}

void dw_lines_deinit(struct dw_lines *lines)
{
	free(lines->dirs);
	free(lines->files);
	free(lines->rows);
	free(lines->sequences);
	range_map_deinit(&lines->by_addr);
	*lines = (struct dw_lines){ 0 };
}

/* ---- the header: folders and files ---- */

static uint64_t read_offset(struct cursor *c, uint8_t offset_bytes)
{
	return offset_bytes == 8 ? cursor_u64(c) : cursor_u32(c);
}

/* A terminated string; NULL if it is cut short. */
static const char *read_string(struct cursor *c)
{
	const uint8_t *end = memchr(c->p, '\0', cursor_left(c));

	if (!end) {
		c->bad = true;
		return NULL;
	}
	return (const char *)cursor_bytes(c, (size_t)(end - c->p) + 1);
}

static const char *string_at(const struct elf_section *s, uint64_t off)
{
	if (off >= s->len || !memchr(s->data + off, '\0', s->len - off))
		return NULL;
	return (const char *)s->data + off;
}

static void add_dir(struct dw_lines *lines, const char *name)
{
	array_reserve(lines->dirs, lines->n_dirs + 1, lines->cap_dirs);
	lines->dirs[lines->n_dirs++] = name;
}

static void add_file(struct dw_lines *lines, const char *name, uint64_t dir)
{
	array_reserve(lines->files, lines->n_files + 1, lines->cap_files);
	lines->files[lines->n_files++] = (struct dw_line_file){ .name = name, .dir = dir };
}

/* Up to DWARF 4: names one after another; folder 0 and file 0 are not listed. */
static void read_old_tables(struct dw_lines *lines, struct cursor *c)
{
	const char *name;

	add_dir(lines, NULL);
	add_file(lines, NULL, 0);
	while ((name = read_string(c)) && name[0] != '\0')
		add_dir(lines, name);
	while ((name = read_string(c)) && name[0] != '\0') {
		add_file(lines, name, cursor_uleb(c));
		cursor_uleb(c);		/* time */
		cursor_uleb(c);		/* size */
	}
}

/* A field of a DWARF 5 table: a string, a number, or what we step over. */
static void read_field(struct cursor *c, const struct dw_line_sections *sections, uint64_t form,
		       uint8_t offset_bytes, const char **string, uint64_t *number)
{
	switch (form) {
	case DW_FORM_string:
		*string = read_string(c);
		break;
	case DW_FORM_line_strp:
		*string = string_at(&sections->line_str, read_offset(c, offset_bytes));
		break;
	case DW_FORM_strp:
		*string = string_at(&sections->str, read_offset(c, offset_bytes));
		break;
	case DW_FORM_udata:
		*number = cursor_uleb(c);
		break;
	case DW_FORM_data1:
		*number = cursor_u8(c);
		break;
	case DW_FORM_data2:
		*number = cursor_u16(c);
		break;
	case DW_FORM_data4:
		*number = cursor_u32(c);
		break;
	case DW_FORM_data8:
		*number = cursor_u64(c);
		break;
	case DW_FORM_data16:
		cursor_bytes(c, 16);
		break;
	case DW_FORM_block:
		cursor_bytes(c, (size_t)cursor_uleb(c));
		break;
	default:
		c->bad = true;
	}
}

/* DWARF 5: the table says itself which fields its entries have. */
static void read_table(struct dw_lines *lines, const struct dw_line_sections *sections,
		       struct cursor *c, uint8_t offset_bytes, bool is_files)
{
	struct { uint64_t what, form; } fields[UINT8_MAX];
	uint8_t n_fields = cursor_u8(c);

	for (uint8_t i = 0; i < n_fields; i++) {
		fields[i].what = cursor_uleb(c);
		fields[i].form = cursor_uleb(c);
	}
	uint64_t n = cursor_uleb(c);

	if (n_fields == 0)
		return;
	for (uint64_t i = 0; i < n && !c->bad; i++) {
		const char *name = NULL;
		uint64_t dir = 0;

		for (uint8_t k = 0; k < n_fields; k++) {
			const char *string = NULL;
			uint64_t number = 0;

			read_field(c, sections, fields[k].form, offset_bytes, &string, &number);
			if (fields[k].what == DW_LNCT_path)
				name = string;
			else if (fields[k].what == DW_LNCT_directory_index)
				dir = number;
		}
		if (c->bad)
			return;
		if (is_files)
			add_file(lines, name, dir);
		else
			add_dir(lines, name);
	}
}

/* The unit's part of the section, behind its length; `bad` if it is not all there. */
static struct cursor unit_at(const struct elf_section *s, uint64_t off, uint8_t *offset_bytes)
{
	struct cursor c = cursor_make(s->data, s->len);

	cursor_bytes(&c, off < s->len ? (size_t)off : s->len);

	uint64_t len = cursor_u32(&c);

	*offset_bytes = 4;
	if (len == UINT32_MAX) {
		*offset_bytes = 8;
		len = cursor_u64(&c);
	}
	/* Of a table that is cut short the beginning is still good. */
	return cursor_sub(&c, (size_t)min_of(len, (uint64_t)cursor_left(&c)));
}

static bool read_header(struct dw_lines *lines, const struct dw_line_sections *sections,
			uint64_t off, struct program *p)
{
	struct cursor c = unit_at(&sections->line, off, &p->offset_bytes);

	lines->version = cursor_u16(&c);
	if (c.bad || lines->version < 2 || lines->version > 5)
		return false;
	if (lines->version >= 5)
		cursor_u16(&c);		/* bytes of an address and of a selector */

	uint64_t header_len = read_offset(&c, p->offset_bytes);

	p->code = c;
	cursor_bytes(&p->code, (size_t)min_of(header_len, (uint64_t)cursor_left(&c)));
	p->min_instruction = cursor_u8(&c);
	if (lines->version >= 4)
		cursor_u8(&c);		/* operations per VLIW instruction */
	cursor_u8(&c);			/* is_stmt at the start */
	p->line_base = (int8_t)cursor_u8(&c);
	p->line_range = cursor_u8(&c);
	p->opcode_base = cursor_u8(&c);
	if (p->opcode_base == 0 || p->line_range == 0)
		return false;
	p->operand_counts = cursor_bytes(&c, p->opcode_base - 1u);
	if (c.bad)
		return false;
	if (lines->version >= 5) {
		read_table(lines, sections, &c, p->offset_bytes, false);
		read_table(lines, sections, &c, p->offset_bytes, true);
	} else {
		read_old_tables(lines, &c);
	}
	return true;
}

/* ---- the program: rows ---- */

struct machine {
	struct dw_lines *lines;
	uint64_t addr, file, line;
	uint64_t start;		/* of the sequence */
	size_t first;		/* row of the sequence */
	bool in_sequence;
	bool broken;		/* it runs backwards or too far: nobody can search in it */
};

static void machine_reset(struct machine *m)
{
	m->addr = 0;
	m->file = 1;
	m->line = 1;
	m->first = m->lines->n_rows;
	m->in_sequence = false;
	m->broken = false;
}

static void emit_row(struct machine *m)
{
	struct dw_lines *lines = m->lines;
	struct dw_line_row row = { .line = (uint32_t)m->line, .file = (uint32_t)m->file };
	struct dw_line_row *last = lines->n_rows > m->first ? &lines->rows[lines->n_rows - 1] :
							      NULL;

	if (!m->in_sequence) {
		m->in_sequence = true;
		m->start = m->addr;
	}
	if (m->addr - m->start > UINT32_MAX || lines->n_rows >= MAX_ROWS)
		m->broken = true;	/* backwards beyond the start, too */
	row.offset = (uint32_t)(m->addr - m->start);
	if (last && row.offset < last->offset)
		m->broken = true;
	if (m->broken)
		return;
	if (last && last->offset == row.offset) {	/* the last one at an address counts */
		*last = row;
		return;
	}
	if (last && last->line == row.line && last->file == row.file)
		return;
	array_reserve(lines->rows, lines->n_rows + 1, lines->cap_rows);
	lines->rows[lines->n_rows++] = row;
}

/* What the linker threw away lies at 0 or at the end of the address space. */
static void end_sequence(struct machine *m)
{
	struct dw_lines *lines = m->lines;

	if (m->in_sequence && !m->broken && m->start != 0 && m->addr > m->start) {
		array_reserve(lines->sequences, lines->n_sequences + 1, lines->cap_sequences);
		lines->sequences[lines->n_sequences] = (struct dw_line_sequence){
			.start = m->start, .first = m->first, .n = lines->n_rows - m->first };
		range_map_add(&lines->by_addr, m->start, m->addr, (uint32_t)lines->n_sequences++);
	} else {
		lines->n_rows = m->first;
	}
	machine_reset(m);
}

static void run_extended(struct machine *m, struct cursor *code)
{
	uint64_t len = cursor_uleb(code);
	struct cursor c = cursor_sub(code, (size_t)len);

	switch (cursor_u8(&c)) {
	case DW_LNE_end_sequence:
		if (!c.bad)
			end_sequence(m);
		break;
	case DW_LNE_set_address:
		m->addr = cursor_left(&c) >= 8 ? cursor_u64(&c) : cursor_u32(&c);
		break;
	}
}

static void run_standard(struct machine *m, const struct program *p, struct cursor *code,
			 uint8_t opcode)
{
	switch (opcode) {
	case DW_LNS_copy:
		emit_row(m);
		return;
	case DW_LNS_advance_pc:
		m->addr += cursor_uleb(code) * p->min_instruction;
		return;
	case DW_LNS_advance_line:
		m->line += (uint64_t)cursor_sleb(code);
		return;
	case DW_LNS_set_file:
		m->file = cursor_uleb(code);
		return;
	case DW_LNS_const_add_pc:
		m->addr += (uint64_t)((255 - p->opcode_base) / p->line_range) * p->min_instruction;
		return;
	case DW_LNS_fixed_advance_pc:
		m->addr += cursor_u16(code);
		return;
	}
	/* The others do not matter here, nor do those that we do not know. */
	for (uint8_t i = 0; i < p->operand_counts[opcode - 1]; i++)
		cursor_uleb(code);
}

static void run(struct dw_lines *lines, const struct program *p)
{
	struct machine m = { .lines = lines };
	struct cursor code = p->code;

	machine_reset(&m);
	while (cursor_left(&code) > 0) {
		uint8_t opcode = *code.p++;

		if (opcode >= p->opcode_base) {
			unsigned int step = (unsigned int)(opcode - p->opcode_base);

			m.addr += (uint64_t)(step / p->line_range) * p->min_instruction;
			m.line += (uint64_t)(int64_t)(p->line_base + (int)(step % p->line_range));
			emit_row(&m);
		} else if (opcode == 0) {
			run_extended(&m, &code);
		} else {
			run_standard(&m, p, &code, opcode);
		}
	}
	lines->n_rows = m.first;	/* a sequence without an end */
	range_map_seal(&lines->by_addr);
	lines->rows = xreallocarray(lines->rows, lines->n_rows, sizeof(*lines->rows));
	lines->cap_rows = lines->n_rows;
}

void dw_lines_read(struct dw_lines *lines, const struct dw_line_sections *sections,
		   uint64_t off, const char *comp_dir, bool only_files)
{
	struct program p;

	lines->comp_dir = comp_dir;
	if (read_header(lines, sections, off, &p) && !only_files)
		run(lines, &p);
}

/* ---- asking ---- */

bool dw_lines_find(const struct dw_lines *lines, uint64_t vaddr,
		   uint32_t *file, uint32_t *line)
{
	const struct range *r = range_map_find(&lines->by_addr, vaddr);

	if (!r)
		return false;

	const struct dw_line_sequence *s = &lines->sequences[r->value];
	const struct dw_line_row *rows = lines->rows + s->first;
	size_t low = 0, high = s->n;

	while (high - low > 1) {
		size_t mid = low + (high - low) / 2;

		if (rows[mid].offset <= vaddr - s->start)
			low = mid;
		else
			high = mid;
	}
	*file = rows[low].file;
	*line = rows[low].line;
	return true;
}

static void append(struct buf *out, const char *part)
{
	if (!part || part[0] == '\0')
		return;
	if (out->len > 0 && out->data[out->len - 1] != '/')
		buf_put_u8(out, '/');
	buf_put(out, part, strlen(part));
}

bool dw_lines_path(const struct dw_lines *lines, uint64_t file, struct buf *out)
{
	if (file >= lines->n_files || !lines->files[file].name)
		return false;

	const struct dw_line_file *f = &lines->files[file];
	const char *dir = f->dir < lines->n_dirs ? lines->dirs[f->dir] : NULL;

	if (f->name[0] != '/') {
		/* Since DWARF 5 folder 0 is the compilation folder itself. */
		bool is_relative = !dir || dir[0] != '/';

		if (is_relative && (lines->version < 5 || f->dir != 0))
			append(out, lines->comp_dir);
		append(out, dir);
	}
	append(out, f->name);
	return true;
}
