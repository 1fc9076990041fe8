// SPDX-License-Identifier: Apache-2.0
/*
 * Notes of SystemTap in .note.stapsdt, one for each place: three addresses - of the place,
 * of .stapsdt.base when the file was linked, of the semaphore - and three texts: provider,
 * name, arguments.
 */
#include "elf/elf_probe.h"

#include <elf.h>
#include <stdbool.h>
#include <string.h>

#include "base/util.h"
#include "elf/elf_file.h"

#define NOTE_TYPE 3

/* Where in the file the address is, 0 if it is not in it. */
static uint64_t file_offset(const struct elf_file *file, uint64_t vaddr, bool exec)
{
	for (size_t i = 0; i < elf_file_n_segments(file); i++) {
		const struct elf_segment *s = elf_file_segment(file, i);

		if (s->exec == exec && vaddr >= s->vaddr && vaddr - s->vaddr < s->file_bytes)
			return s->off + (vaddr - s->vaddr);
	}
	return 0;
}

/* The text at *p, behind which *p moves; NULL if it does not end. */
static const char *take_text(const char **p, const char *end)
{
	const char *text = *p, *nul = memchr(text, '\0', (size_t)(end - text));

	if (nul)
		*p = nul + 1;
	return nul ? text : NULL;
}

/* Is it the one that is looked for?  `base`: .stapsdt.base, where it is now. */
static bool read_probe(struct elf_file *file, const char *desc, size_t len, uint64_t base,
		       const char *provider, const char *name, struct elf_probe *out)
{
	const char *p = desc + 3 * sizeof(uint64_t), *end = desc + len, *text;
	uint64_t vaddr[3], moved;

	if (len < sizeof(vaddr))
		return false;
	memcpy(vaddr, desc, sizeof(vaddr));
	if (!(text = take_text(&p, end)) || strcmp(text, provider) != 0 ||
	    !(text = take_text(&p, end)) || strcmp(text, name) != 0)
		return false;
	moved = base ? base - vaddr[1] : 0;
	out->site = file_offset(file, vaddr[0] + moved, true);
	out->semaphore = vaddr[2] ? file_offset(file, vaddr[2] + moved, false) : 0;
	return out->site && !vaddr[2] == !out->semaphore;
}

size_t elf_probes(struct elf_file *file, const char *provider, const char *name,
		  struct elf_probe *out, size_t max)
{
	struct elf_section notes = elf_file_section_or_empty(file, ".note.stapsdt");
	uint64_t base = elf_file_section_or_empty(file, ".stapsdt.base").vaddr;
	size_t at = 0, n = 0;
	Elf64_Nhdr head;

	while (notes.len - at >= sizeof(head)) {
		size_t name_len, desc_len;

		memcpy(&head, notes.data + at, sizeof(head));
		at += sizeof(head);
		name_len = (head.n_namesz + 3ul) & ~3ul;
		desc_len = (head.n_descsz + 3ul) & ~3ul;
		if (notes.len - at < name_len || notes.len - at - name_len < desc_len)
			break;

		struct elf_probe probe;
		const char *desc = (const char *)notes.data + at + name_len;

		if (head.n_type == NOTE_TYPE && name_len == sizeof("stapsdt") &&
		    memcmp(notes.data + at, "stapsdt", sizeof("stapsdt")) == 0 &&
		    read_probe(file, desc, head.n_descsz, base, provider, name, &probe)) {
			if (n < max)
				out[n] = probe;
			n++;
		}
		at += name_len + desc_len;
	}
	return n;
}
