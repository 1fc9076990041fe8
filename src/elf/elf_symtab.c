// SPDX-License-Identifier: Apache-2.0
#include "config.h"

#include "elf/elf_symtab.h"

#include <errno.h>
#include <string.h>
#ifdef HAVE_LZMA
#include <lzma.h>
#endif

#include "base/cursor.h"
#include "base/error.h"
#include "base/util.h"
#include "elf/elf_file.h"
#include "elf/range_map.h"

#define MAX_UNPACKED_RATIO 8	/* of .gnu_debugdata to the file that it is in */
#define MAX_UNPACKER_MEMORY (256u << 20)
#define MAX_DYNAMIC_BYTES 65536
#define MAX_SYMBOLS (1u << 28)

struct elf_symtab {
	const uint8_t *symbols;		/* Elf64_Sym, not aligned */
	size_t n_symbols;
	const char *strings;		/* ends with a terminator */
	size_t strings_len;
	struct range_map map;		/* values are symbol numbers */
	struct elf_file *inner;		/* ELF_MINIDEBUG: what was packed ... */
	uint8_t *unpacked;		/* ... and its bytes */
};

/* A symbol on its way into the map. */
struct candidate {
	uint64_t start, end;	/* at most up to `end`, if it has no size */
	const char *name;
	uint32_t number;
	uint32_t rank;		/* the lower the better */
};

#define RANK_UNSIZED (1u << 24)

/* Where code is, by number of section. */
struct code_sections {
	struct extent { uint64_t start, end; } *extents;	/* empty: not code */
	size_t n;
};

/* ---- symbols ---- */

static Elf64_Sym symbol_at(const struct elf_symtab *t, size_t number)
{
	Elf64_Sym sym;

	memcpy(&sym, t->symbols + number * sizeof(sym), sizeof(sym));
	return sym;
}

static const char *name_of(const struct elf_symtab *t, const Elf64_Sym *sym)
{
	return sym->st_name < t->strings_len ? t->strings + sym->st_name : "";
}

void elf_symtab_get(const struct elf_symtab *t, uint32_t number, struct elf_symbol *out)
{
	Elf64_Sym sym = symbol_at(t, number);

	*out = (struct elf_symbol){ .name = name_of(t, &sym), .vaddr = sym.st_value,
				    .size = sym.st_size };
}

bool elf_symtab_find(const struct elf_symtab *t, uint64_t vaddr, uint32_t *number)
{
	const struct range *r = range_map_find(&t->map, vaddr);

	if (r)
		*number = r->value;
	return r != NULL;
}

size_t elf_symbol_name_len(const char *name)
{
	size_t len = strcspn(name, "@");
	const char *cold = memmem(name, len, ".cold", 5);

	if (!cold || cold == name)
		return len;

	const char *end = cold + 5;

	if (*end == '.' && strspn(end + 1, "0123456789") > 0)
		end += 1 + strspn(end + 1, "0123456789");
	return end == name + len ? (size_t)(cold - name) : len;
}

/* ---- which symbols are functions, and how far they reach ---- */

static void code_sections_init(struct code_sections *code, struct elf_file *file)
{
	Elf *elf = elf_file_elf(file);

	if (elf_getshdrnum(elf, &code->n) < 0)
		code->n = 0;
	code->n = min_of(code->n, (size_t)SHN_LORESERVE);
	code->extents = xcalloc(code->n, sizeof(*code->extents));
	for (size_t i = 1; i < code->n; i++) {
		Elf_Scn *scn = elf_getscn(elf, i);
		GElf_Shdr h;

		if (scn && gelf_getshdr(scn, &h) && (h.sh_flags & SHF_EXECINSTR) &&
		    h.sh_addr + h.sh_size > h.sh_addr)
			code->extents[i] = (struct extent){ h.sh_addr, h.sh_addr + h.sh_size };
	}
}

/* The code that a symbol is in; without section headers it may be anywhere. */
static struct extent extent_of(const struct code_sections *code, const Elf64_Sym *sym)
{
	if (code->n == 0)
		return (struct extent){ sym->st_value, UINT64_MAX };
	return sym->st_shndx < code->n ? code->extents[sym->st_shndx] : (struct extent){ 0 };
}

static bool is_mapping_symbol(const char *name)
{
	return name[0] == '$' && (name[1] == 'x' || name[1] == 'd') &&
	       (name[2] == '\0' || name[2] == '.');
}

static bool is_function(const struct elf_symtab *t, const Elf64_Sym *sym)
{
	uint8_t type = ELF64_ST_TYPE(sym->st_info);
	const char *name = name_of(t, sym);

	if (sym->st_shndx == SHN_UNDEF || name[0] == '\0')
		return false;
	if (type == STT_FUNC || type == STT_GNU_IFUNC)
		return true;
	return type == STT_NOTYPE && !is_mapping_symbol(name) &&
	       (ELF64_ST_BIND(sym->st_info) != STB_LOCAL || sym->st_size > 0);
}

static uint32_t rank_of(const Elf64_Sym *sym, const char *name)
{
	uint8_t bind = ELF64_ST_BIND(sym->st_info);
	uint32_t unsized = sym->st_size == 0 ? RANK_UNSIZED : 0;
	uint32_t untyped = ELF64_ST_TYPE(sym->st_info) == STT_NOTYPE;
	uint32_t binding = bind == STB_LOCAL ? 2 : bind == STB_WEAK ? 1 : 0;
	uint32_t underscores = (uint32_t)min_of(strspn(name, "_"), (size_t)255);

	return unsized | untyped << 16 | binding << 8 | underscores;
}

/* By address; of one address the preferred name first. */
static int compare(const void *pa, const void *pb)
{
	const struct candidate *a = pa, *b = pb;

	if (a->start != b->start)
		return a->start < b->start ? -1 : 1;
	if (a->rank != b->rank)
		return a->rank < b->rank ? -1 : 1;

	size_t a_len = strlen(a->name), b_len = strlen(b->name);

	if (a_len != b_len)
		return a_len < b_len ? -1 : 1;
	return strcmp(a->name, b->name);
}

/* The functions of the table in order.  The caller frees. */
static struct candidate *list_candidates(const struct elf_symtab *t,
					 const struct code_sections *code, size_t *n)
{
	struct candidate *list = NULL;
	size_t cap = 0;

	*n = 0;
	for (size_t i = 1; i < t->n_symbols; i++) {
		Elf64_Sym sym = symbol_at(t, i);
		struct extent in = extent_of(code, &sym);

		if (!is_function(t, &sym) || sym.st_value < in.start || sym.st_value >= in.end)
			continue;

		uint64_t reach = sym.st_size ? sym.st_size : ELF_UNSIZED_BYTES;
		uint64_t end = sym.st_value + min_of(reach, in.end - sym.st_value);
		const char *name = name_of(t, &sym);

		array_reserve(list, *n + 1, cap);
		list[(*n)++] = (struct candidate){
			.start = sym.st_value, .end = end, .name = name, .number = (uint32_t)i,
			.rank = rank_of(&sym, name) };
	}
	if (*n)
		qsort(list, *n, sizeof(*list), compare);
	return list;
}

/*
 * Of one address only the preferred symbol is entered, and those that reach
 * further than it; one without a size ends where the next symbol begins.
 */
static void fill_map(struct elf_symtab *t, const struct candidate *list, size_t n)
{
	uint64_t covered = 0;	/* by symbols that have a size, so far */

	for (size_t i = 0; i < n;) {
		uint64_t start = list[i].start, reached = start;
		size_t next = i;

		while (next < n && list[next].start == start)
			next++;
		for (; i < next; i++) {
			bool sized = !(list[i].rank & RANK_UNSIZED);
			uint64_t end = list[i].end;

			if (!sized) {
				if (covered > start)
					continue;
				if (next < n)
					end = min_of(end, list[next].start);
			}
			if (end <= reached)
				continue;
			range_map_add(&t->map, start, end, list[i].number);
			reached = end;
			if (sized)
				covered = max_of(covered, end);
		}
	}
	range_map_seal(&t->map);
}

static void index_functions(struct elf_symtab *t, struct elf_file *file)
{
	struct code_sections code;
	size_t n;

	code_sections_init(&code, file);
	struct candidate *list = list_candidates(t, &code, &n);
	fill_map(t, list, n);
	free(list);
	free(code.extents);
}

/* ---- where the tables are ---- */

static void set_tables(struct elf_symtab *t, const struct elf_section *symbols,
		       const struct elf_section *strings)
{
	const char *last = memrchr(strings->data, '\0', strings->len);

	t->symbols = symbols->data;
	t->n_symbols = min_of(symbols->len / sizeof(Elf64_Sym), (size_t)MAX_SYMBOLS);
	t->strings = (const char *)strings->data;
	t->strings_len = last ? (size_t)(last - t->strings) + 1 : 0;
}

static int find_sections(struct elf_symtab *t, struct elf_file *file,
			 const char *symbols, const char *strings, struct error *err)
{
	struct elf_section syms, strs;
	int found = elf_file_section(file, symbols, &syms, err);

	if (found > 0)
		found = elf_file_section(file, strings, &strs, err);
	if (found > 0)
		set_tables(t, &syms, &strs);
	return found;
}

/* DT_HASH says how many symbols there are; DT_GNU_HASH shows the last one. */
static size_t count_dynamic_symbols(struct elf_file *file, uint64_t hash, uint64_t gnu_hash)
{
	struct elf_section s;
	struct error ignored;

	if (hash && elf_file_bytes_at(file, hash, 8, &s, &ignored) > 0) {
		struct cursor c = cursor_make(s.data, s.len);

		cursor_u32(&c);
		return cursor_u32(&c);
	}
	if (!gnu_hash || elf_file_bytes_at(file, gnu_hash, SIZE_MAX, &s, &ignored) <= 0)
		return 0;

	struct cursor c = cursor_make(s.data, s.len);
	uint32_t n_buckets = cursor_u32(&c), first = cursor_u32(&c), n_bloom = cursor_u32(&c);
	uint32_t last = 0;

	cursor_u32(&c);
	cursor_bytes(&c, (size_t)n_bloom * 8);
	for (uint32_t i = 0; i < n_buckets && !c.bad; i++)
		last = max_of(last, cursor_u32(&c));
	if (c.bad || last < first)
		return first;
	cursor_bytes(&c, (size_t)(last - first) * 4);
	while (!c.bad && !(cursor_u32(&c) & 1))	/* the lowest bit ends a chain */
		last++;
	return c.bad ? 0 : (size_t)last + 1;
}

/* .dynsym of a file without section headers. */
static int find_dynamic(struct elf_symtab *t, struct elf_file *file, struct error *err)
{
	uint64_t symbols = 0, strings = 0, strings_len = 0, hash = 0, gnu_hash = 0;
	struct elf_section dynamic, syms, strs;
	int found = elf_file_program_header(file, PT_DYNAMIC, &dynamic, err);

	if (found <= 0)
		return found;

	struct cursor c = cursor_make(dynamic.data, min_of(dynamic.len, (size_t)MAX_DYNAMIC_BYTES));

	while (cursor_left(&c) >= sizeof(Elf64_Dyn)) {
		uint64_t tag = cursor_u64(&c), value = cursor_u64(&c);

		switch (tag) {
		case DT_SYMTAB: symbols = value; break;
		case DT_STRTAB: strings = value; break;
		case DT_STRSZ: strings_len = value; break;
		case DT_HASH: hash = value; break;
		case DT_GNU_HASH: gnu_hash = value; break;
		}
	}
	size_t n = count_dynamic_symbols(file, hash, gnu_hash);

	if (n == 0 || strings_len == 0)
		return 0;
	found = elf_file_bytes_at(file, symbols, n * sizeof(Elf64_Sym), &syms, err);
	if (found > 0)
		found = elf_file_bytes_at(file, strings, (size_t)strings_len, &strs, err);
	if (found > 0)
		set_tables(t, &syms, &strs);
	return found;
}

/* ---- .gnu_debugdata ---- */

#ifdef HAVE_LZMA
static int unxz(const struct elf_section *packed, size_t limit, uint8_t **out,
		size_t *out_len, struct error *err)
{
	lzma_stream z = LZMA_STREAM_INIT;
	_cleanup_(freep) uint8_t *data = NULL;
	size_t cap = 0;
	lzma_ret ret = lzma_stream_decoder(&z, MAX_UNPACKER_MEMORY, 0);

	z.next_in = packed->data;
	z.avail_in = packed->len;
	while (ret == LZMA_OK && z.total_out < limit) {
		array_reserve(data, (size_t)z.total_out + 65536, cap);
		z.next_out = data + z.total_out;
		z.avail_out = min_of(cap, limit) - (size_t)z.total_out;
		ret = lzma_code(&z, LZMA_FINISH);
	}
	*out_len = (size_t)z.total_out;
	lzma_end(&z);
	if (ret == LZMA_OK)
		return error_set(err, EFBIG, "section .gnu_debugdata: more than %zu bytes when "
				 "decompressed", limit);
	if (ret != LZMA_STREAM_END)
		return error_set(err, EBADMSG, "section .gnu_debugdata: cannot be decompressed");
	*out = steal(data);
	return 0;
}
#else
static int unxz(const struct elf_section *packed, size_t limit, uint8_t **out,
		size_t *out_len, struct error *err)
{
	(void)packed, (void)limit, (void)out, (void)out_len;
	return error_set(err, ENOTSUP, "section .gnu_debugdata: built without liblzma");
}
#endif

static int find_minidebug(struct elf_symtab *t, struct elf_file *file, struct error *err)
{
	struct elf_section packed;
	int found = elf_file_section(file, ".gnu_debugdata", &packed, err);
	size_t limit = (size_t)min_of((uint64_t)ELF_MAX_SECTION,
				      MAX_UNPACKED_RATIO * elf_file_bytes(file));
	size_t len = 0;

	if (found <= 0)
		return found;
	if (unxz(&packed, limit, &t->unpacked, &len, err) < 0)
		return -1;
	if (elf_file_open_memory(t->unpacked, len, &t->inner, err) < 0)
		return error_prefix(err, "section .gnu_debugdata");
	return find_sections(t, t->inner, ".symtab", ".strtab", err);
}

/* ---- opening ---- */

void elf_symtab_close(struct elf_symtab *t)
{
	if (!t)
		return;
	range_map_deinit(&t->map);
	elf_file_close(t->inner);
	free(t->unpacked);
	free(t);
}

static void elf_symtab_closep(struct elf_symtab **t)
{
	elf_symtab_close(*t);
}

int elf_symtab_open(struct elf_file *file, enum elf_symtab_kind kind,
		    struct elf_symtab **out, struct error *err)
{
	_cleanup_(elf_symtab_closep) struct elf_symtab *t = xcalloc(1, sizeof(*t));
	int found = 0;

	switch (kind) {
	case ELF_SYMTAB:
		found = find_sections(t, file, ".symtab", ".strtab", err);
		break;
	case ELF_DYNSYM:
		found = find_sections(t, file, ".dynsym", ".dynstr", err);
		if (found == 0)
			found = find_dynamic(t, file, err);
		break;
	case ELF_MINIDEBUG:
		found = find_minidebug(t, file, err);
		break;
	}
	if (found <= 0)
		return found;
	index_functions(t, t->inner ? t->inner : file);
	*out = steal(t);
	return 1;
}
