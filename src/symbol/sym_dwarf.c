// SPDX-License-Identifier: Apache-2.0
/*
 * Names, lines and inlined calls from DWARF.
 *
 *	address -> unit -> function -> innermost inlined call -> its parents
 *	                -> line table -> file and line of the instruction
 *
 * A level says which function, and where execution is in it: for the innermost
 * that is what the line table says, for the others the place of the call inlined
 * into them.
 */
#include <string.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/util.h"
#include "elf/elf_file.h"
#include "symbol/demangle.h"
#include "symbol/dw_code.h"
#include "symbol/dw_lines.h"
#include "symbol/sym_source.h"

#define MAX_HOPS 16	/* from an entry to the one that names it */

/* Source files and lines of a unit, in step with dw_code.units. */
struct unit_lines {
	enum { LINES_UNREAD, LINES_FILES, LINES_ALL } read;
	struct dw_lines lines;
	uint32_t *paths;	/* numbers in ctx->paths by number of file, 0: not yet known */
};

struct sym_dwarf {
	struct sym_context *ctx;
	struct dw_info *info;
	struct dw_info *alt;	/* or NULL */
	struct dw_code code;
	struct dw_line_sections sections;
	struct unit_lines *units;
	struct buf path;	/* being put together */
	bool damage_noted;
};

/* What describe() looks for along the references between entries. */
struct naming {
	const char *name, *linkage;
	uint64_t decl_line;
	uint32_t decl_path;
};

static void sym_dwarf_close(void *state)
{
	struct sym_dwarf *s = state;

	for (size_t i = 0; s->units && i < s->code.n_units; i++) {
		dw_lines_deinit(&s->units[i].lines);
		free(s->units[i].paths);
	}
	free(s->units);
	dw_code_deinit(&s->code);
	dw_info_close(s->info);
	dw_info_close(s->alt);
	buf_deinit(&s->path);
	free(s);
}

/* The alt file may lack, then only what was moved there has no name. */
static void open_alt(struct sym_dwarf *s)
{
	struct error err;

	if (!s->ctx->alt)
		return;
	if (dw_info_open(s->ctx->alt, &s->alt, &err) < 0)
		sym_damage(s->ctx, "common debug file: %s", err.msg);
	else if (s->alt)
		dw_info_set_alt(s->info, s->alt);
}

/* Without these there are names all the same. */
static void note_unreadable(struct sym_context *ctx, struct elf_file *file)
{
	static const char *const names[] = { ".debug_line", ".debug_line_str", ".debug_str",
					     ".debug_ranges", ".debug_rnglists", ".debug_addr" };
	struct elf_section ignored;
	struct error err;

	for (size_t i = 0; i < array_len(names); i++) {
		if (elf_file_section(file, names[i], &ignored, &err) < 0)
			sym_damage(ctx, "%s", err.msg);
	}
}

static void *sym_dwarf_open(struct sym_context *ctx)
{
	struct elf_file *file = ctx->main;
	struct sym_dwarf *s;
	struct error err;

	if (ctx->debug && elf_file_has_section(ctx->debug, ".debug_info"))
		file = ctx->debug;
	if (!file)
		return NULL;
	s = xcalloc(1, sizeof(*s));
	s->ctx = ctx;

	int found = dw_info_open(file, &s->info, &err);

	if (found <= 0) {
		if (found < 0)
			sym_damage(ctx, "%s", err.msg);
		sym_dwarf_close(s);
		return NULL;
	}
	note_unreadable(ctx, file);
	open_alt(s);
	dw_code_init(&s->code, s->info, file);
	dw_line_sections_init(&s->sections, file);
	s->units = xcalloc(s->code.n_units, sizeof(*s->units));
	if (s->code.n_skeletons)
		sym_note(ctx, "%u of %zu compilation units have their debug information in .dwo "
			 "files: no inlined calls there", s->code.n_skeletons, s->code.n_units);
	return s;
}

/* ---- files and lines ---- */

static struct unit_lines *read_lines(struct sym_dwarf *s, uint32_t unit, bool only_files)
{
	struct unit_lines *u = &s->units[unit];
	Dwarf_Die die = s->code.units[unit].die;
	uint64_t off;
	bool ignored;

	if (u->read == LINES_ALL || (u->read == LINES_FILES && only_files))
		return u;
	u->read = only_files ? LINES_FILES : LINES_ALL;
	if (dw_section_offset(s->info, die, DW_AT_stmt_list, &off, &ignored)) {
		dw_lines_deinit(&u->lines);
		dw_lines_read(&u->lines, &s->sections, off,
			      dw_string(s->info, die, DW_AT_comp_dir), only_files);
	}
	if (!u->paths)
		u->paths = xcalloc(u->lines.n_files, sizeof(*u->paths));
	return u;
}

/* The number in ctx->paths of a unit's file, 0: not known. */
static uint32_t path_of(struct sym_dwarf *s, struct unit_lines *u, uint64_t file)
{
	if (file >= u->lines.n_files)
		return 0;
	if (!u->paths[file]) {
		s->path.len = 0;
		if (dw_lines_path(&u->lines, file, &s->path) && s->path.len > 0)
			u->paths[file] = strtab_add(&s->ctx->paths, (char *)s->path.data,
						    s->path.len);
	}
	return u->paths[file];
}

/* ---- finding ---- */

/* From the function inwards; the line of the instruction belongs to the innermost. */
static void find_levels(struct sym_dwarf *s, uint32_t unit, uint32_t function, uint64_t vaddr,
			struct sym_answer *answer)
{
	struct sym_level *levels = answer->levels;
	uint32_t call = dw_code_call_at(&s->code, function, DW_NONE, vaddr);
	uint32_t n = 1;

	levels[0] = (struct sym_level){ .function = function };
	while (call != DW_NONE && n < RECORD_MAX_LEVELS) {
		const struct dw_call *c = &s->code.calls[call];

		levels[n - 1].line = c->line;
		levels[n - 1].path = path_of(s, &s->units[unit], c->file);
		levels[n++] = (struct sym_level){ .function = c->function };
		call = dw_code_call_at(&s->code, DW_NONE, call, vaddr);
	}
	levels[n - 1].line = answer->line;
	levels[n - 1].path = answer->path;
	for (uint32_t i = 0; i < n / 2; i++) {	/* the innermost comes first */
		struct sym_level outer = levels[i];

		levels[i] = levels[n - 1 - i];
		levels[n - 1 - i] = outer;
	}
	answer->n_levels = n;
}

static bool find(struct sym_dwarf *s, uint64_t vaddr, struct sym_answer *answer)
{
	uint32_t unit = dw_code_unit_at(&s->code, vaddr);
	uint32_t file;

	if (unit == DW_NONE)
		return false;

	struct unit_lines *u = read_lines(s, unit, false);

	if (dw_lines_find(&u->lines, vaddr, &file, &answer->line))
		answer->path = path_of(s, u, file);

	uint32_t function = dw_code_function_at(&s->code, unit, vaddr);

	if (function == DW_NONE)
		return false;
	find_levels(s, unit, function, vaddr, answer);
	return true;
}

static bool sym_dwarf_find(void *state, uint64_t vaddr, struct sym_answer *answer)
{
	struct sym_dwarf *s = state;
	bool found = find(s, vaddr, answer);

	if (!s->damage_noted && dw_info_n_damaged(s->info) > 0) {
		s->damage_noted = true;
		sym_damage(s->ctx, "debug information is damaged: some names may be missing");
	}
	return found;
}

/* ---- describing ---- */

static void take_names(struct sym_dwarf *s, struct dw_info *info, Dwarf_Die die,
		       struct naming *out)
{
	uint64_t file;

	if (!out->linkage)
		out->linkage = dw_string(info, die, DW_AT_linkage_name);
	if (!out->linkage)
		out->linkage = dw_string(info, die, DW_AT_MIPS_linkage_name);
	if (!out->name)
		out->name = dw_string(info, die, DW_AT_name);
	if (out->decl_line || !dw_number(info, die, DW_AT_decl_line, &out->decl_line))
		return;
	/* A file number means the unit of the entry, which may be another one. */
	uint32_t unit = info == s->alt ? DW_NONE :
			dw_code_unit_by_off(&s->code, dw_die_unit_off(info, die));

	if (unit != DW_NONE && dw_number(info, die, DW_AT_decl_file, &file))
		out->decl_path = path_of(s, read_lines(s, unit, true), file);
}

/* From a function's code to its abstract form to its declaration. */
static bool next_entry(struct dw_info *info, Dwarf_Die die, struct dw_ref *ref)
{
	bool alt = ref->alt;
	bool more = dw_reference(info, die, DW_AT_abstract_origin, ref) ||
		    dw_reference(info, die, DW_AT_specification, ref);

	ref->alt |= alt;
	return more;
}

static void find_names(struct sym_dwarf *s, struct dw_ref ref, struct naming *out)
{
	bool more = true;

	for (size_t hops = 0; more && hops < MAX_HOPS; hops++) {
		struct dw_info *info = ref.alt ? s->alt : s->info;
		Dwarf_Die die;

		if (!info || !dw_die_at(info, ref.off, &die))
			return;
		take_names(s, info, die, out);
		more = next_entry(info, die, &ref);
		dw_die_free(die);
	}
}

/*
 * In C++ a bare name says little ("operator()"); compilers leave out the linkage
 * name of functions in anonymous namespaces, and clang -gmlt that of all.
 */
static bool needs_linkage_name(struct sym_dwarf *s, uint32_t unit)
{
	uint64_t language = 0;

	dw_number(s->info, s->code.units[unit].die, DW_AT_language, &language);
	switch (language) {
	case DW_LANG_C_plus_plus:
	case DW_LANG_C_plus_plus_03:
	case DW_LANG_C_plus_plus_11:
	case DW_LANG_C_plus_plus_14:
	case DW_LANG_C_plus_plus_17:
	case DW_LANG_C_plus_plus_20:
	case DW_LANG_C_plus_plus_23:
		return true;
	}
	return false;
}

static void sym_dwarf_describe(void *state, uint32_t function, uint32_t path,
			       struct symbol_function *out)
{
	struct sym_dwarf *s = state;
	const struct dw_function *f = &s->code.functions[function];
	struct naming names = { 0 };

	find_names(s, f->entry, &names);
	*out = (struct symbol_function){ .name = names.name ? names.name : "",
					 .linkage = names.linkage, .vaddr = f->vaddr,
					 .size = f->size, .source = SYMBOL_DWARF };
	/* In C the linker may know a function by another name (glibc's __GI_abort). */
	if (names.linkage && (!names.name || demangle_is_mangled(names.linkage)))
		out->name = names.linkage;
	else if (!names.linkage && names.name && !(f->vaddr && needs_linkage_name(s, f->body.unit)))
		out->linkage = names.name;
	if (path == 0 && names.decl_path)
		out->file = strtab_get(&s->ctx->paths, names.decl_path);
	if (path == 0 || path == names.decl_path)
		out->line = (uint32_t)names.decl_line;
}

const struct sym_source sym_dwarf = {
	.open = sym_dwarf_open,
	.close = sym_dwarf_close,
	.find = sym_dwarf_find,
	.describe = sym_dwarf_describe,
};
