// SPDX-License-Identifier: Apache-2.0
/*
 * A program whose file is gone still has its segments mapped, and with them
 * what unwinding needs (.eh_frame) and the names it exports (.dynsym).  They are
 * put into a file again at the offsets that the program headers give, without
 * section headers, which are not mapped.
 */
#include "session/session.h"

#include <elf.h>
#include <string.h>
#include <sys/auxv.h>

#include "base/error.h"
#include "base/io.h"

#define MAX_IMAGE (256u << 20)
#define MAX_MAPS_TEXT (64u << 20)
#define MAX_HEADERS 64

int memory_image_vdso(void)
{
	const uint8_t *vdso = (const uint8_t *)getauxval(AT_SYSINFO_EHDR);
	const Elf64_Ehdr *eh = (const Elf64_Ehdr *)vdso;
	struct error err;

	/* Its section headers are the last thing in it. */
	return vdso ? io_memfd("cprofd-vdso", vdso,
			       eh->e_shoff + (size_t)eh->e_shnum * eh->e_shentsize, &err) : -1;
}

/* Where the file's first byte is mapped; 0: it is not. */
static uint64_t find_base(const struct proc *p, uint64_t dev, uint64_t ino)
{
	struct buf text = { 0 };
	struct proc_map map;
	struct error err;
	uint64_t base = 0;

	if (p->maps_fd >= 0 && lseek(p->maps_fd, 0, SEEK_SET) == 0 &&
	    io_read_all(p->maps_fd, MAX_MAPS_TEXT, &text, &err) == 0) {
		const char *at = (const char *)text.data, *end = at + text.len;

		while (!base && proc_maps_next(&at, end, &map))
			if (map.dev == dev && map.ino == ino && map.off == 0)
				base = map.start;
	}
	buf_deinit(&text);
	return base;
}

/* The dynamic linker replaces these vaddrs by addresses: undo it. */
static void restore_dynamic(uint8_t *image, size_t len, const Elf64_Phdr *ph, uint64_t bias)
{
	if (ph->p_offset > len || ph->p_filesz > len - ph->p_offset)
		return;
	for (size_t off = 0; off + sizeof(Elf64_Dyn) <= ph->p_filesz; off += sizeof(Elf64_Dyn)) {
		Elf64_Dyn d;

		memcpy(&d, image + ph->p_offset + off, sizeof(d));
		switch (d.d_tag) {
		case DT_HASH:
		case DT_GNU_HASH:
		case DT_STRTAB:
		case DT_SYMTAB:
		case DT_VERSYM:
		case DT_VERDEF:
		case DT_VERNEED:
			if (bias && d.d_un.d_ptr >= bias)
				d.d_un.d_ptr -= bias;
			memcpy(image + ph->p_offset + off, &d, sizeof(d));
			break;
		default:
			break;
		}
	}
}

int memory_image_file(const struct proc *p, uint64_t dev, uint64_t ino)
{
	uint64_t base = find_base(p, dev, ino), bias = 0, len = 0;
	_cleanup_(freep) uint8_t *image = NULL;
	Elf64_Phdr ph[MAX_HEADERS];
	Elf64_Ehdr eh;
	struct error err;

	if (!base || p->mem_fd < 0 ||
	    io_pread_full(p->mem_fd, &eh, sizeof(eh), base) != sizeof(eh) ||
	    memcmp(eh.e_ident, ELFMAG, SELFMAG) != 0 || eh.e_ident[EI_CLASS] != ELFCLASS64 ||
	    eh.e_phnum > MAX_HEADERS || eh.e_phentsize != sizeof(ph[0]))
		return -1;
	size_t ph_bytes = eh.e_phnum * sizeof(ph[0]);
	if (io_pread_full(p->mem_fd, ph, ph_bytes, base + eh.e_phoff) != (ssize_t)ph_bytes)
		return -1;
	for (size_t i = 0; i < eh.e_phnum; i++) {
		if (ph[i].p_type != PT_LOAD || ph[i].p_offset > MAX_IMAGE ||
		    ph[i].p_filesz > MAX_IMAGE)
			continue;
		len = max_of(len, ph[i].p_offset + ph[i].p_filesz);
		if (ph[i].p_offset == 0)
			bias = base - ph[i].p_vaddr;
	}
	if (len < sizeof(eh) || len > MAX_IMAGE)
		return -1;
	image = xcalloc(1, (size_t)len);
	for (size_t i = 0; i < eh.e_phnum; i++)
		if (ph[i].p_type == PT_LOAD && ph[i].p_offset <= len &&
		    ph[i].p_filesz <= len - ph[i].p_offset)
			/* What cannot be read stays zero. */
			(void)!io_pread_full(p->mem_fd, image + ph[i].p_offset,
					     (size_t)ph[i].p_filesz, bias + ph[i].p_vaddr);
	for (size_t i = 0; i < eh.e_phnum; i++)
		if (ph[i].p_type == PT_DYNAMIC)
			restore_dynamic(image, (size_t)len, &ph[i], bias);
	eh.e_shoff = 0;
	eh.e_shnum = eh.e_shstrndx = 0;
	memcpy(image, &eh, sizeof(eh));
	return io_memfd("cprofd-image", image, (size_t)len, &err);
}
