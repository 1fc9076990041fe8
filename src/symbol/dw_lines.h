// SPDX-License-Identifier: Apache-2.0
/*
 * symbol/dw_lines.h - the line table of a compilation unit.
 *
 * Reads .debug_line of DWARF 2 to 5 and keeps of it what says where an address
 * is in source: 12 bytes for each change of line.
 *
 *	struct dw_lines lines = { 0 };
 *
 *	dw_lines_read(&lines, &sections, off, comp_dir);
 *	if (dw_lines_find(&lines, vaddr, &file, &line))
 *		dw_lines_path(&lines, file, &buf);
 */
#ifndef CPROFD_SYMBOL_DW_LINES_H
#define CPROFD_SYMBOL_DW_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "elf/elf_file.h"
#include "elf/range_map.h"

/* The sections; those that the file does not have are empty. */
struct dw_line_sections {
	struct elf_section line, line_str, str;
};

struct dw_line_file {
	const char *name;	/* in a section; NULL: not known */
	uint64_t dir;
};

/* From `offset` on, up to the next row or the end of the sequence. */
struct dw_line_row {
	uint32_t offset;	/* from the start of the sequence */
	uint32_t line;
	uint32_t file;
};

/* Rows in order of address, without a hole. */
struct dw_line_sequence {
	uint64_t start;
	size_t first, n;	/* rows */
};

/* A zeroed struct is empty. */
struct dw_lines {
	uint16_t version;
	const char *comp_dir;	/* the caller's, or NULL */
	const char **dirs;
	size_t n_dirs, cap_dirs;
	struct dw_line_file *files;
	size_t n_files, cap_files;
	struct dw_line_row *rows;
	size_t n_rows, cap_rows;
	struct dw_line_sequence *sequences;
	size_t n_sequences, cap_sequences;
	struct range_map by_addr;	/* values are numbers of sequences */
};

/* `file` has to live as long as what is filled in. */
void dw_line_sections_init(struct dw_line_sections *s, struct elf_file *file);

/*
 * Read the table at `off`, into an empty struct; of a damaged table what comes
 * before the damage.  With `only_files` the rows are left out.
 */
void dw_lines_read(struct dw_lines *lines, const struct dw_line_sections *sections,
		   uint64_t off, const char *comp_dir, bool only_files);

void dw_lines_deinit(struct dw_lines *lines);

/* Where `vaddr` is.  Line 0: the compiler says that it belongs to no line. */
bool dw_lines_find(const struct dw_lines *lines, uint64_t vaddr,
		   uint32_t *file, uint32_t *line);

/*
 * Append the path of a file, as numbered by rows and by DW_AT_decl_file and
 * DW_AT_call_file.  Returns false if there is no such file.
 */
bool dw_lines_path(const struct dw_lines *lines, uint64_t file, struct buf *out);

#endif
