// SPDX-License-Identifier: Apache-2.0
/*
 * libelf reads the headers, because it knows their odd corners (more than 65,280
 * sections, headers that are cut short).  Contents we read ourselves: libelf
 * would keep the compressed and the decompressed bytes of a section, and
 * believe a section that says it decompresses to a terabyte.
 */
#include "elf/elf_file.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>
#include <zstd.h>

#include "base/cursor.h"
#include "base/error.h"
#include "base/io.h"
#include "base/util.h"

#define MAX_SECTIONS 65536	/* looked at; gcc -ffunction-sections makes many in .o files */
#define MAX_NOTES_BYTES 65536
#define MAX_RATIO 8		/* of a decompressed section to the whole file */

#ifndef ELFCOMPRESS_ZSTD
#define ELFCOMPRESS_ZSTD 2	/* elf.h has it since glibc 2.37 */
#endif

/* What old binutils put before the contents of .zdebug sections. */
#define GNU_ZLIB_MAGIC "ZLIB"
#define GNU_ZLIB_HEADER 12	/* the magic and the size, big-endian */

enum packing { PACKED_NOT, PACKED_ZLIB, PACKED_ZSTD };

struct section {
	const char *name;
	uint64_t vaddr;
	uint64_t off;		/* of the section in the file */
	uint64_t file_bytes;
	uint64_t packed_off;	/* of the first byte after the compression header */
	uint64_t bytes;		/* decompressed */
	enum packing packing;
	const uint8_t *data;	/* once read */
};

struct elf_file {
	int fd;			/* -1: in memory */
	const uint8_t *mem;
	uint64_t n_bytes;
	Elf *elf;
	uint16_t machine, type;
	struct elf_segment segments[ELF_MAX_SEGMENTS];
	size_t n_segments;
	bool sections_known;
	struct section *sections;	/* those with contents */
	size_t n_sections;
	void **chunks;		/* what was allocated for contents */
	size_t n_chunks, cap_chunks;
};

/* ---- bytes of the file ---- */

static int check_extent(const struct elf_file *file, uint64_t off, uint64_t len,
			struct error *err)
{
	if (len > ELF_MAX_SECTION)
		return error_set(err, EFBIG, "%" PRIu64 " bytes, limit %llu", len,
				 ELF_MAX_SECTION);
	if (off > file->n_bytes || len > file->n_bytes - off)
		return error_set(err, EBADMSG,
				 "%" PRIu64 " bytes at %" PRIu64 " in a file of %" PRIu64,
				 len, off, file->n_bytes);
	return 0;
}

static int read_at(const struct elf_file *file, uint64_t off, void *buf, size_t len,
		   struct error *err)
{
	if (check_extent(file, off, len, err) < 0)
		return -1;
	if (file->fd < 0) {
		memcpy(buf, file->mem + off, len);
		return 0;
	}
	ssize_t n = io_pread_full(file->fd, buf, len, off);

	if (n < 0)
		return error_sys(err, "cannot read");
	if ((size_t)n < len)
		return error_set(err, EBADMSG, "the file became shorter");
	return 0;
}

/* Memory that lives as long as the object. */
static void *keep(struct elf_file *file, void *chunk)
{
	array_reserve(file->chunks, file->n_chunks + 1, file->cap_chunks);
	file->chunks[file->n_chunks++] = chunk;
	return chunk;
}

/* Bytes of the file that stay valid as long as the object. */
static int load(struct elf_file *file, uint64_t off, uint64_t len,
		const uint8_t **out, struct error *err)
{
	if (check_extent(file, off, len, err) < 0)
		return -1;
	if (file->fd < 0) {
		*out = file->mem + off;
		return 0;
	}
	_cleanup_(freep) uint8_t *data = xmalloc((size_t)len);

	if (read_at(file, off, data, (size_t)len, err) < 0)
		return -1;
	*out = keep(file, steal(data));
	return 0;
}

/* ---- opening ---- */

static int check_header(struct elf_file *file, struct error *err)
{
	Elf64_Ehdr h;

	if (file->n_bytes < sizeof(h) || read_at(file, 0, &h, sizeof(h), err) < 0 ||
	    memcmp(h.e_ident, ELFMAG, SELFMAG) != 0)
		return error_set(err, EBADMSG, "not an ELF file");
	if (h.e_ident[EI_CLASS] != ELFCLASS64)
		return error_set(err, ENOTSUP, "a 32-bit ELF file");
	if (h.e_ident[EI_DATA] != ELFDATA2LSB)
		return error_set(err, ENOTSUP, "a big-endian ELF file");
	if (h.e_machine != EM_X86_64 && h.e_machine != EM_AARCH64)
		return error_set(err, ENOTSUP, "an ELF file for machine %u", h.e_machine);
	file->machine = h.e_machine;
	file->type = h.e_type;
	return 0;
}

/* Damaged program headers are as good as none: sections may still be there. */
static void read_segments(struct elf_file *file)
{
	size_t n;

	if (elf_getphdrnum(file->elf, &n) < 0)
		return;
	for (size_t i = 0; i < n && file->n_segments < ELF_MAX_SEGMENTS; i++) {
		GElf_Phdr p;

		if (!gelf_getphdr(file->elf, (int)i, &p))
			return;
		if (p.p_type == PT_LOAD)
			file->segments[file->n_segments++] = (struct elf_segment){
				.vaddr = p.p_vaddr, .off = p.p_offset,
				.file_bytes = p.p_filesz, .mem_bytes = p.p_memsz,
				.exec = p.p_flags & PF_X };
	}
}

void elf_file_close(struct elf_file *file)
{
	if (!file)
		return;
	for (size_t i = 0; i < file->n_chunks; i++)
		free(file->chunks[i]);
	free(file->chunks);
	free(file->sections);
	elf_end(file->elf);
	free(file);
}

static void elf_file_closep(struct elf_file **file)
{
	elf_file_close(*file);
}

static int finish_open(struct elf_file *file, Elf *elf, struct error *err)
{
	file->elf = elf;
	if (!elf || elf_kind(elf) != ELF_K_ELF)
		return error_set(err, EBADMSG, "damaged ELF file: %s", elf_errmsg(-1));
	read_segments(file);
	return 0;
}

int elf_file_open(int fd, struct elf_file **out, struct error *err)
{
	_cleanup_(elf_file_closep) struct elf_file *file = xcalloc(1, sizeof(*file));
	struct stat st;

	if (fstat(fd, &st) < 0)
		return error_sys(err, "cannot stat");
	if (!S_ISREG(st.st_mode))
		return error_set(err, EBADMSG, "not a regular file");
	file->fd = fd;
	file->n_bytes = (uint64_t)st.st_size;
	elf_version(EV_CURRENT);
	if (check_header(file, err) < 0 ||
	    finish_open(file, elf_begin(fd, ELF_C_READ, NULL), err) < 0)
		return -1;
	*out = steal(file);
	return 0;
}

int elf_file_open_memory(const void *data, size_t len, struct elf_file **out,
			 struct error *err)
{
	_cleanup_(elf_file_closep) struct elf_file *file = xcalloc(1, sizeof(*file));

	file->fd = -1;
	file->mem = data;
	file->n_bytes = len;
	elf_version(EV_CURRENT);
	/* libelf does not write to the memory as long as nobody asks it to. */
	if (check_header(file, err) < 0 ||
	    finish_open(file, elf_memory((char *)(uintptr_t)data, len), err) < 0)
		return -1;
	*out = steal(file);
	return 0;
}

Elf *elf_file_elf(struct elf_file *file)
{
	return file->elf;
}

uint16_t elf_file_machine(const struct elf_file *file)
{
	return file->machine;
}

uint16_t elf_file_type(const struct elf_file *file)
{
	return file->type;
}

uint64_t elf_file_bytes(const struct elf_file *file)
{
	return file->n_bytes;
}

size_t elf_file_n_segments(const struct elf_file *file)
{
	return file->n_segments;
}

const struct elf_segment *elf_file_segment(const struct elf_file *file, size_t i)
{
	return i < file->n_segments ? &file->segments[i] : NULL;
}

/* ---- sections ---- */

/* What the compression header says; false if it is damaged or not known. */
static bool describe_packing(struct elf_file *file, struct section *s, uint64_t flags)
{
	struct error ignored;

	s->packed_off = s->off;
	s->bytes = s->file_bytes;
	if (flags & SHF_COMPRESSED) {
		Elf64_Chdr h;

		if (s->file_bytes < sizeof(h) ||
		    read_at(file, s->off, &h, sizeof(h), &ignored) < 0 ||
		    (h.ch_type != ELFCOMPRESS_ZLIB && h.ch_type != ELFCOMPRESS_ZSTD))
			return false;
		s->packing = h.ch_type == ELFCOMPRESS_ZLIB ? PACKED_ZLIB : PACKED_ZSTD;
		s->packed_off += sizeof(h);
		s->bytes = h.ch_size;
	} else if (strncmp(s->name, ".zdebug", 7) == 0) {
		uint8_t h[GNU_ZLIB_HEADER];

		if (s->file_bytes < sizeof(h) ||
		    read_at(file, s->off, h, sizeof(h), &ignored) < 0 ||
		    memcmp(h, GNU_ZLIB_MAGIC, 4) != 0)
			return false;
		s->packing = PACKED_ZLIB;
		s->packed_off += sizeof(h);
		s->bytes = 0;
		for (size_t i = 4; i < sizeof(h); i++)
			s->bytes = s->bytes << 8 | h[i];
	}
	return true;
}

static void read_section_headers(struct elf_file *file)
{
	size_t n = 0, names;

	file->sections_known = true;
	if (elf_getshdrnum(file->elf, &n) < 0 || elf_getshdrstrndx(file->elf, &names) < 0)
		return;
	n = min_of(n, (size_t)MAX_SECTIONS);
	file->sections = xcalloc(n, sizeof(*file->sections));
	for (size_t i = 1; i < n; i++) {
		struct section *s = &file->sections[file->n_sections];
		Elf_Scn *scn = elf_getscn(file->elf, i);
		GElf_Shdr h;

		if (!scn || !gelf_getshdr(scn, &h) || h.sh_type == SHT_NULL ||
		    h.sh_type == SHT_NOBITS || h.sh_size == 0)
			continue;
		*s = (struct section){ .name = elf_strptr(file->elf, names, h.sh_name),
				       .vaddr = h.sh_addr, .off = h.sh_offset,
				       .file_bytes = h.sh_size };
		if (s->name && describe_packing(file, s, h.sh_flags))
			file->n_sections++;
	}
}

/* Asking for .debug_x also finds .zdebug_x. */
static bool has_name(const struct section *s, const char *name)
{
	if (strcmp(s->name, name) == 0)
		return true;
	return strncmp(name, ".debug", 6) == 0 && strncmp(s->name, ".z", 2) == 0 &&
	       strcmp(s->name + 2, name + 1) == 0;
}

static struct section *find_section(struct elf_file *file, const char *name)
{
	if (!file->sections_known)
		read_section_headers(file);
	for (size_t i = 0; i < file->n_sections; i++) {
		if (has_name(&file->sections[i], name))
			return &file->sections[i];
	}
	return NULL;
}

static bool unpack(const struct section *s, const uint8_t *packed, size_t len,
		   uint8_t *out, size_t out_len)
{
	if (s->packing == PACKED_ZSTD)
		return ZSTD_decompress(out, out_len, packed, len) == out_len;

	uLongf n = out_len;
	return uncompress(out, &n, packed, len) == Z_OK && n == out_len;
}

static int load_packed(struct elf_file *file, struct section *s, struct error *err)
{
	size_t len = (size_t)(s->file_bytes - (s->packed_off - s->off));

	if (s->bytes > ELF_MAX_SECTION || s->bytes / MAX_RATIO > file->n_bytes)
		return error_set(err, EFBIG, "%" PRIu64 " bytes when decompressed, in a file of %"
				 PRIu64, s->bytes, file->n_bytes);
	if (check_extent(file, s->packed_off, len, err) < 0)
		return -1;

	_cleanup_(freep) uint8_t *packed = xmalloc(len);
	_cleanup_(freep) uint8_t *data = xmalloc((size_t)s->bytes);

	if (read_at(file, s->packed_off, packed, len, err) < 0)
		return -1;
	if (!unpack(s, packed, len, data, (size_t)s->bytes))
		return error_set(err, EBADMSG, "cannot be decompressed");
	s->data = keep(file, steal(data));
	return 0;
}

int elf_file_section(struct elf_file *file, const char *name,
		     struct elf_section *out, struct error *err)
{
	struct section *s = find_section(file, name);

	if (!s)
		return 0;
	if (!s->data && (s->packing == PACKED_NOT ?
			 load(file, s->off, s->bytes, &s->data, err) :
			 load_packed(file, s, err)) < 0)
		return error_prefix(err, "section %s", name);
	*out = (struct elf_section){ .data = s->data, .len = (size_t)s->bytes,
				     .vaddr = s->vaddr, .off = s->off };
	return 1;
}

struct elf_section elf_file_section_or_empty(struct elf_file *file, const char *name)
{
	struct elf_section s;
	struct error ignored;

	if (elf_file_section(file, name, &s, &ignored) <= 0)
		return (struct elf_section){ .data = (const uint8_t *)"" };
	return s;
}

size_t elf_file_section_bytes(struct elf_file *file, const char *name)
{
	const struct section *s = find_section(file, name);

	return s && s->bytes <= ELF_MAX_SECTION ? (size_t)s->bytes : 0;
}

bool elf_file_has_section(struct elf_file *file, const char *name)
{
	return find_section(file, name) != NULL;
}

/* ---- program headers ---- */

int elf_file_program_header(struct elf_file *file, uint32_t type,
			    struct elf_section *out, struct error *err)
{
	size_t n;
	GElf_Phdr p;

	if (elf_getphdrnum(file->elf, &n) < 0)
		return 0;
	for (size_t i = 0; i < n && gelf_getphdr(file->elf, (int)i, &p); i++) {
		if (p.p_type != type || p.p_filesz == 0)
			continue;
		*out = (struct elf_section){ .len = (size_t)p.p_filesz,
					     .vaddr = p.p_vaddr, .off = p.p_offset };
		if (load(file, p.p_offset, p.p_filesz, &out->data, err) < 0)
			return error_prefix(err, "program header %zu", i);
		return 1;
	}
	return 0;
}

int elf_file_bytes_at(struct elf_file *file, uint64_t vaddr, size_t len,
		      struct elf_section *out, struct error *err)
{
	for (size_t i = 0; i < file->n_segments; i++) {
		const struct elf_segment *s = &file->segments[i];

		if (vaddr < s->vaddr || vaddr - s->vaddr >= s->file_bytes)
			continue;

		uint64_t skip = vaddr - s->vaddr;
		uint64_t n = min_of((uint64_t)len, s->file_bytes - skip);

		*out = (struct elf_section){ .len = (size_t)n, .vaddr = vaddr,
					     .off = s->off + skip };
		if (load(file, out->off, n, &out->data, err) < 0)
			return error_prefix(err, "address %#" PRIx64, vaddr);
		return 1;
	}
	return 0;
}

/* ---- notes and links ---- */

/* Walk over notes; the length of the build-id among them, or 0. */
static size_t find_build_id(const uint8_t *notes, size_t len, size_t align,
			    uint8_t *buf, size_t cap)
{
	struct cursor c = cursor_make(notes, len);

	while (cursor_left(&c) >= sizeof(Elf64_Nhdr)) {
		uint32_t name_len = cursor_u32(&c);
		uint32_t desc_len = cursor_u32(&c);
		uint32_t type = cursor_u32(&c);
		const uint8_t *name = cursor_bytes(&c, name_len);

		cursor_bytes(&c, -((size_t)(c.p - notes)) & (align - 1));
		const uint8_t *desc = cursor_bytes(&c, desc_len);

		if (c.bad)
			return 0;
		if (type == NT_GNU_BUILD_ID && name_len == 4 && memcmp(name, "GNU", 4) == 0) {
			if (desc_len > min_of(cap, (size_t)ELF_MAX_BUILD_ID))
				return 0;
			memcpy(buf, desc, desc_len);
			return desc_len;
		}
		/* The last note need not be padded. */
		size_t pad = -((size_t)(c.p - notes)) & (align - 1);
		cursor_bytes(&c, min_of(pad, cursor_left(&c)));
	}
	return 0;
}

size_t elf_file_build_id(struct elf_file *file, uint8_t *buf, size_t cap)
{
	struct elf_section note;
	struct error ignored;
	GElf_Phdr p;
	size_t n;

	if (elf_getphdrnum(file->elf, &n) < 0)
		n = 0;
	for (size_t i = 0; i < n && gelf_getphdr(file->elf, (int)i, &p); i++) {
		uint8_t notes[4096];	/* real ones have about 100 bytes */
		size_t len = (size_t)min_of(p.p_filesz, (uint64_t)sizeof(notes));

		if (p.p_type != PT_NOTE || read_at(file, p.p_offset, notes, len, &ignored) < 0)
			continue;
		len = find_build_id(notes, len, p.p_align == 8 ? 8 : 4, buf, cap);
		if (len)
			return len;
	}
	if (elf_file_section_bytes(file, ".note.gnu.build-id") > MAX_NOTES_BYTES ||
	    elf_file_section(file, ".note.gnu.build-id", &note, &ignored) <= 0)
		return 0;
	return find_build_id(note.data, note.len, 4, buf, cap);
}

/* The terminated string that a section begins with; NULL if it is no such thing. */
static const char *leading_string(struct elf_file *file, const char *name,
				  struct elf_section *s)
{
	struct error ignored;

	if (elf_file_section(file, name, s, &ignored) <= 0 || s->data[0] == '\0' ||
	    !memchr(s->data, '\0', s->len))
		return NULL;
	return (const char *)s->data;
}

const char *elf_file_debuglink(struct elf_file *file, uint32_t *crc)
{
	struct elf_section s;
	const char *name = leading_string(file, ".gnu_debuglink", &s);

	if (!name || strchr(name, '/') || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return NULL;

	struct cursor c = cursor_make(s.data, s.len);

	cursor_bytes(&c, (strlen(name) + 4) & ~(size_t)3);	/* with its terminator */
	*crc = cursor_u32(&c);
	return c.bad ? NULL : name;
}

const char *elf_file_altlink(struct elf_file *file, const uint8_t **id, size_t *id_len)
{
	struct elf_section s;
	const char *name = leading_string(file, ".gnu_debugaltlink", &s);

	if (!name)
		return NULL;
	*id = s.data + strlen(name) + 1;
	*id_len = s.len - strlen(name) - 1;
	return *id_len > 0 && *id_len <= ELF_MAX_BUILD_ID ? name : NULL;
}
