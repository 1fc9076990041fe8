// SPDX-License-Identifier: Apache-2.0
/*
 * elf/elf_file.h - an ELF file by its parts.
 *
 * A thin layer over libelf that reads through a descriptor (never mapped: a
 * target may truncate its file while we look), knows only 64-bit little-endian
 * files, and bounds what it believes.  Sections that are compressed come out
 * decompressed, up to ELF_MAX_SECTION and 8 times the size of the file.
 *
 *	struct elf_file *file;
 *	struct elf_section text;
 *
 *	if (elf_file_open(fd, &file, err) < 0)
 *		return -1;
 *	if (elf_file_section(file, ".text", &text, err) > 0)
 *		...
 *	elf_file_close(file);
 *
 * Opening reads the file header and the program headers only; section headers
 * and contents are read when first asked for and kept until the end.
 *
 * Runs in the worker.  Not thread-safe.
 */
#ifndef CPROFD_ELF_ELF_FILE_H
#define CPROFD_ELF_ELF_FILE_H

#include <gelf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;
struct elf_file;

#define ELF_MAX_SECTION (1ull << 30)
#define ELF_MAX_SEGMENTS 64	/* PT_LOAD segments looked at */
#define ELF_MAX_BUILD_ID 64	/* bytes; longer ones are taken for damage */

/* A PT_LOAD segment. */
struct elf_segment {
	uint64_t vaddr;
	uint64_t off;
	uint64_t file_bytes;
	uint64_t mem_bytes;
	bool exec;
};

/* The contents of a section, owned by the elf_file. */
struct elf_section {
	const uint8_t *data;
	size_t len;
	uint64_t vaddr;
	uint64_t off;		/* in the file */
};

/*
 * `fd` stays the caller's and has to live as long as the object.  Fails with
 * EBADMSG if this is no ELF file, ENOTSUP if it is one that we do not read
 * (32-bit, big-endian, a machine other than x86-64 and aarch64).
 */
int elf_file_open(int fd, struct elf_file **out, struct error *err);

/* The same for a file in memory, which has to live as long as the object. */
int elf_file_open_memory(const void *data, size_t len, struct elf_file **out,
			 struct error *err);

/* NULL is allowed. */
void elf_file_close(struct elf_file *file);

Elf *elf_file_elf(struct elf_file *file);
uint16_t elf_file_machine(const struct elf_file *file);	/* EM_X86_64, EM_AARCH64 */
uint16_t elf_file_type(const struct elf_file *file);	/* ET_EXEC, ET_DYN, ET_REL, ... */
uint64_t elf_file_bytes(const struct elf_file *file);	/* size of the whole file */

size_t elf_file_n_segments(const struct elf_file *file);
const struct elf_segment *elf_file_segment(const struct elf_file *file, size_t i);

/*
 * Find a section that has contents; ".debug_x" also finds ".zdebug_x".  Returns
 * 1, or 0 if there is none, or -1 with EBADMSG if it cannot be read or
 * decompressed, EFBIG if it is larger than the limits.
 */
int elf_file_section(struct elf_file *file, const char *name,
		     struct elf_section *out, struct error *err);

/*
 * The same where a section that is missing and one that is damaged are alike: empty,
 * but never with data NULL.
 */
struct elf_section elf_file_section_or_empty(struct elf_file *file, const char *name);

/* How large it is once decompressed, 0 if there is none.  Reads no contents. */
size_t elf_file_section_bytes(struct elf_file *file, const char *name);

/* Is there such a section with contents?  Reads nothing. */
bool elf_file_has_section(struct elf_file *file, const char *name);

/*
 * Where the program header of `type` (PT_GNU_EH_FRAME, PT_DYNAMIC) points, as
 * bytes of the file.  Returns like elf_file_section().
 */
int elf_file_program_header(struct elf_file *file, uint32_t type,
			    struct elf_section *out, struct error *err);

/*
 * Bytes of the file behind addresses [vaddr, vaddr + len) as far as one segment
 * has them in the file; out->len may be smaller.  Returns like elf_file_section().
 */
int elf_file_bytes_at(struct elf_file *file, uint64_t vaddr, size_t len,
		      struct elf_section *out, struct error *err);

/* The GNU build-id: its length in bytes, 0 if there is none or it exceeds `cap`. */
size_t elf_file_build_id(struct elf_file *file, uint8_t *buf, size_t cap);

/*
 * The name in .gnu_debuglink with its CRC, or in .gnu_debugaltlink with the
 * build-id after it.  The name is a plain file name (never with a slash in it)
 * resp. a path, terminated, owned by the object; NULL if there is none.
 */
const char *elf_file_debuglink(struct elf_file *file, uint32_t *crc);
const char *elf_file_altlink(struct elf_file *file, const uint8_t **id, size_t *id_len);

#endif
