// SPDX-License-Identifier: Apache-2.0
#include "python/python_elf.h"

#include <ctype.h>
#include <elf.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/util.h"
#include "elf/elf_file.h"
#include "unwind/unwind_build.h"

#define MAX_SYMBOLS (1u << 22)
#define MAX_EVAL (1u << 20)	/* bytes of machine code */
#define COLD_JUMPS 8		/* so many lead from a function to its cold part */

/* What is looked for, beside the interpreter loop. */
struct found {
	uint64_t py_version;
	struct python_elf *out;
};

static void take_eval(struct python_elf *out, size_t part, const Elf64_Sym *sym)
{
	out->eval[part].start = sym->st_value;
	out->eval[part].end = sym->st_value + sym->st_size;
}

static void take_symbol(struct found *f, const char *name, const Elf64_Sym *sym)
{
	static const char eval[] = "_PyEval_EvalFrameDefault";
	struct python_elf *out = f->out;

	if (strcmp(name, "_PyRuntime") == 0) {
		out->runtime = sym->st_value;
		out->runtime_size = (uint32_t)min_of(sym->st_size, (uint64_t)UINT32_MAX);
	} else if (strcmp(name, "PyCode_Type") == 0) {
		out->code_type = sym->st_value;
	} else if (strcmp(name, "Py_Version") == 0) {
		f->py_version = sym->st_value;
	} else if (strcmp(name, "_PyThreadState_Current") == 0) {
		out->tstate_current = sym->st_value;
	} else if (strcmp(name, "interp_head") == 0) {
		out->interp_head = sym->st_value;
	} else if (strncmp(name, eval, strlen(eval)) == 0) {
		name += strlen(eval);
		if (!*name)
			take_eval(out, 0, sym);
		else if (strncmp(name, ".cold", 5) == 0)
			take_eval(out, 1, sym);
	}
}

static void read_symbols(struct elf_file *file, const char *table, const char *names,
			 struct found *f)
{
	struct elf_section syms = elf_file_section_or_empty(file, table);
	struct elf_section strs = elf_file_section_or_empty(file, names);
	size_t n = min_of(syms.len / sizeof(Elf64_Sym), (size_t)MAX_SYMBOLS);

	if (!strs.len || strs.data[strs.len - 1])
		return;
	for (size_t i = 0; i < n; i++) {
		Elf64_Sym sym;

		memcpy(&sym, syms.data + i * sizeof(sym), sizeof(sym));
		if (sym.st_shndx == SHN_UNDEF || sym.st_name >= strs.len)
			continue;

		const char *name = (const char *)strs.data + sym.st_name;

		if (*name == '_' || *name == 'P' || *name == 'i')
			take_symbol(f, name, &sym);
	}
}

/* ---- the part of the interpreter loop that the compiler put elsewhere ---- */

static const struct unwind_range *find_range(const struct unwind_range *v, size_t n, uint64_t at)
{
	size_t low = 0, high = n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (v[mid].end <= at)
			low = mid + 1;
		else
			high = mid;
	}
	return low < n && v[low].start <= at ? &v[low] : NULL;
}

/* The place that a jump with a 32-bit distance at `code` would lead to, or 0. */
static uint64_t jump_target(const uint8_t *code, size_t len, uint64_t vaddr)
{
	size_t at = code[0] == 0xe9 ? 1 : code[0] == 0x0f && (code[1] & 0xf0) == 0x80 ? 2 : 0;
	int32_t distance;

	if (!at || at + sizeof(distance) > len)
		return 0;
	memcpy(&distance, code + at, sizeof(distance));
	return vaddr + at + sizeof(distance) + (uint64_t)(int64_t)distance;
}

/*
 * Where the function jumps to most often, if it is no part of itself.  Bytes that only
 * look like jumps are scattered.
 */
static void find_cold_part(struct elf_file *file, struct python_elf *out)
{
	uint64_t start = out->eval[0].start, end = out->eval[0].end;
	_cleanup_(freep) struct unwind_range *ranges = NULL;
	_cleanup_(freep) uint32_t *hits = NULL;
	struct elf_section code;
	struct error err;
	size_t n, best = 0;

	if (end <= start || end - start > MAX_EVAL ||
	    elf_file_bytes_at(file, start, end - start, &code, &err) <= 0 ||
	    unwind_ranges(file, &ranges, &n, &err) < 0 || !n)
		return;
	hits = xcalloc(n, sizeof(*hits));
	for (size_t i = 0; i + 1 < code.len; i++) {
		uint64_t to = jump_target(code.data + i, code.len - i, start + i);
		const struct unwind_range *r = to && (to < start || to >= end)
					       ? find_range(ranges, n, to) : NULL;

		/* To the beginning: more likely a function that it calls last. */
		if (r && to != r->start)
			hits[r - ranges]++;
	}
	for (size_t i = 1; i < n; i++)
		if (hits[i] > hits[best])
			best = i;
	if (hits[best] < COLD_JUMPS)
		return;
	out->eval[1].start = ranges[best].start;
	out->eval[1].end = ranges[best].end;
}

/* ---- where the interpreter loop begins ---- */

#define MAX_BEGIN 512	/* bytes of machine code */

/* How long is the instruction, if it stores a 64-bit register `off` behind another? */
static size_t store_len(const uint8_t *code, uint32_t off)
{
	return (code[0] & 0xf8) == 0x48 && code[1] == 0x89 && (code[2] & 0xc7) >= 0x40 &&
	       (code[2] & 0xc7) <= 0x47 && (code[2] & 7) != 4 && code[3] == off ? 4 : 0;
}

/* Where on the stack the operand behind an opcode is: off(%rsp); false: it is not there. */
static bool stack_operand(const uint8_t *modrm, int32_t *off)
{
	if ((modrm[0] & 7) != 4 || modrm[1] != 0x24)
		return false;
	if ((modrm[0] & 0xc0) == 0x80)
		memcpy(off, modrm + 2, sizeof(*off));
	else if ((modrm[0] & 0xc0) == 0x40)
		*off = (int8_t)modrm[2];
	else
		return false;
	return true;
}

/* The register that the store before `linked` stored has the address off(%rsp). */
static bool find_cframe(const uint8_t *code, size_t linked, int32_t *off)
{
	unsigned int reg = code[linked - 2] >> 3 & 7;

	for (size_t i = linked - 4; i-- > 0;)
		if (code[i] == 0x48 && code[i + 1] == 0x8d && (code[i + 2] >> 3 & 7) == reg &&
		    stack_operand(code + i + 2, off))
			return true;
	return false;
}

/*
 * How many bytes does the instruction store at off(%rsp): 16 from a vector register, 8 from
 * another, or 0?
 */
static unsigned int stored(const uint8_t *code, int32_t *off)
{
	if (code[0] == 0x0f && (code[1] == 0x11 || code[1] == 0x29))
		return stack_operand(code + 2, off) ? 16 : 0;
	if ((code[0] == 0x48 || code[0] == 0x4c) && code[1] == 0x89)
		return stack_operand(code + 2, off) ? 8 : 0;
	return 0;
}

#define STORE_BYTES 8		/* of the longest such instruction */

/* Behind the last of the first stores to these two words on the stack; 0: they are not there. */
static size_t find_stores(const uint8_t *code, size_t from, size_t len, int32_t one, int32_t other)
{
	size_t at_one = 0, at_other = 0;

	for (size_t i = from; i + STORE_BYTES <= len && !(at_one && at_other); i++) {
		int32_t off;
		unsigned int n = stored(code + i, &off);

		if (!n)
			continue;
		if (!at_one && one >= off && one < off + (int32_t)n)
			at_one = i + 1;
		if (!at_other && other >= off && other < off + (int32_t)n)
			at_other = i + 1;
	}
	return at_one && at_other ? max_of(at_one, at_other) : 0;
}

static void find_begin(struct elf_file *file, struct python_elf *out)
{
	const struct layout *l = layout_find(out->version_hex);
	uint64_t start = out->eval[0].start;
	size_t linked = 0, len = min_of(out->eval[0].end - start, (uint64_t)MAX_BEGIN), end;
	struct elf_section code;
	struct error err;
	int32_t cframe;

	if (!l || l->cframe_current_frame == LAYOUT_NONE || l->tstate_cframe > 0x7f ||
	    elf_file_bytes_at(file, start, len, &code, &err) <= 0)
		return;
	for (size_t i = 4; i + 4 <= code.len && !linked; i++)
		if (store_len(code.data + i, l->tstate_cframe))
			linked = i + 4;
	if (!linked || !find_cframe(code.data, linked, &cframe))
		return;
	end = find_stores(code.data, linked, code.len, cframe + (int32_t)l->cframe_current_frame,
			  cframe + (int32_t)l->cframe_previous);
	if (end)
		out->begin = (struct python_code){ start + linked, start + end };
}

/* ---- which version ---- */

/* "3.11" as PY_VERSION_HEX, and nothing behind it that would belong to the number. */
static uint32_t parse_version(const char *text, const char *end)
{
	unsigned int minor = 0;
	const char *p = text + 2;

	if (end - text < 3 || text[0] != '3' || text[1] != '.')
		return 0;
	while (p < end && isdigit((unsigned char)*p) && p < text + 4)
		minor = minor * 10 + (unsigned int)(*p++ - '0');
	if (p == text + 2 || (p < end && isdigit((unsigned char)*p)))
		return 0;
	return 3u << 24 | minor << 16 | 0xffff;
}

/* After each "python" in the text: what version stands there most often? */
static uint32_t version_in(const char *text, size_t len)
{
	static const char word[] = "python";
	const char *at = text, *end = text + len;
	uint32_t votes[64] = { 0 }, best = 0;

	while ((at = memmem(at, (size_t)(end - at), word, strlen(word)))) {
		at += strlen(word);
		uint32_t minor = parse_version(at, end) >> 16 & 0xff;

		if (minor && minor < array_len(votes))
			votes[minor]++;
	}
	for (uint32_t i = 1; i < array_len(votes); i++)
		if (votes[i] > votes[best])
			best = i;
	return votes[best] ? 3u << 24 | best << 16 | 0xffff : 0;
}

static void find_version(struct elf_file *file, const char *path, const struct found *f)
{
	const char *name = strrchr(path, '/');
	struct elf_section s;
	struct error err;

	name = name ? name + 1 : path;
	if (f->py_version &&
	    elf_file_bytes_at(file, f->py_version, sizeof(f->out->version_hex), &s, &err) > 0 &&
	    s.len == sizeof(f->out->version_hex))
		memcpy(&f->out->version_hex, s.data, s.len);
	if (!f->out->version_hex)
		f->out->version_hex = version_in(name, strlen(name));
	if (f->out->version_hex)
		return;
	/* Where it looks for its library: "lib/python3.8". */
	s = elf_file_section_or_empty(file, ".rodata");
	f->out->version_hex = version_in((const char *)s.data, s.len);
}

/* What the interpreter says of its layout is in the file as it is in memory. */
static void find_debug_offsets(struct elf_file *file, struct python_elf *out)
{
	struct elf_section s;
	struct error err;

	if (layout_version(out->version_hex) < 0x030d ||
	    elf_file_bytes_at(file, out->runtime, sizeof(out->debug), &s, &err) <= 0)
		return;
	out->debug_len = (uint32_t)min_of(s.len, sizeof(out->debug));
	memcpy(out->debug, s.data, out->debug_len);
}

bool python_elf_find(struct elf_file *file, const char *path, struct python_elf *out)
{
	struct found f = { .out = out };
	struct elf_section runtime;
	struct error err;

	*out = (struct python_elf){ 0 };
	read_symbols(file, ".dynsym", ".dynstr", &f);
	/* What it does not export the file may still name. */
	if (out->tstate_current || out->runtime || elf_file_has_section(file, ".PyRuntime") ||
	    strstr(path, "python"))
		read_symbols(file, ".symtab", ".strtab", &f);
	if (!out->runtime && elf_file_section(file, ".PyRuntime", &runtime, &err) > 0) {
		out->runtime = runtime.vaddr;
		out->runtime_size = (uint32_t)min_of(runtime.len, (size_t)UINT32_MAX);
	}
	if (!out->runtime && !(out->tstate_current && out->interp_head))
		return false;
	find_version(file, path, &f);
	if (!out->eval[1].start)
		find_cold_part(file, out);
	find_begin(file, out);
	find_debug_offsets(file, out);
	out->n_returns = (uint32_t)elf_probes(file, "python", "function__return", out->returns,
					      PYTHON_MAX_RETURNS);
	if (out->n_returns > PYTHON_MAX_RETURNS)
		out->n_returns = 0;
	return true;
}
