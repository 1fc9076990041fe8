// SPDX-License-Identifier: Apache-2.0
#include "worker/call_before.h"

#include <elf.h>
#include <string.h>

#include "base/io.h"
#include "base/util.h"
#include "elf/elf_file.h"

#define LONGEST 7		/* bytes that tell; prefixes do not matter */
#define DIRECT_LEN 5

static const struct elf_segment *code_at(struct elf_file *elf, uint64_t vaddr)
{
	for (size_t i = 0; i < elf_file_n_segments(elf); i++) {
		const struct elf_segment *s = elf_file_segment(elf, i);

		if (s->exec && vaddr >= s->vaddr && vaddr - s->vaddr < s->file_bytes)
			return s;
	}
	return NULL;
}

/*
 * The length of an indirect call by its second byte, ModRM, and the one after that:
 * opcode ff with 2 in the middle bits of ModRM; 0 if it is none.
 */
static size_t indirect_len(uint8_t modrm, uint8_t sib)
{
	uint8_t mod = modrm >> 6, rm = modrm & 7;
	size_t len = 2;

	if ((modrm >> 3 & 7) != 2)
		return 0;
	if (mod == 3)
		return len;
	if (rm == 4) {
		len++;
		rm = mod ? rm : sib & 7;	/* the base */
	}
	return len + (mod == 1 ? 1 : mod == 2 || rm == 5 ? 4 : 0);
}

/* Does one end at `end`, of which `n` bytes before it are there? */
static bool is_indirect(const uint8_t *end, size_t n)
{
	for (size_t len = 2; len <= n; len++)
		if (end[-(ptrdiff_t)len] == 0xff &&
		    indirect_len(end[1 - (ptrdiff_t)len], len > 2 ? end[2 - (ptrdiff_t)len] : 0) == len)
			return true;
	return false;
}

/* Up to `n` bytes at `vaddr`, how many there are. */
static size_t read_code(struct elf_file *elf, int fd, uint64_t vaddr, uint8_t *bytes, size_t n)
{
	const struct elf_segment *s = code_at(elf, vaddr);
	ssize_t got = -1;

	if (s)
		got = io_pread_full(fd, bytes, (size_t)min_of((uint64_t)n, s->file_bytes - (vaddr - s->vaddr)),
				    s->off + (vaddr - s->vaddr));
	return got < 0 ? 0 : (size_t)got;
}

bool call_is_stub(struct elf_file *elf, int fd, uint64_t vaddr)
{
	static const uint8_t endbr[] = { 0xf3, 0x0f, 0x1e, 0xfa };
	uint8_t b[sizeof(endbr) + 3];
	size_t n = read_code(elf, fd, vaddr, b, sizeof(b)), at = 0;

	if (n == sizeof(b) && memcmp(b, endbr, sizeof(endbr)) == 0)
		at += sizeof(endbr);
	if (at < n && b[at] == 0xf2)	/* bnd */
		at++;
	return n - at >= 2 && b[at] == 0xff && b[at + 1] == 0x25;
}

bool call_before(struct elf_file *elf, int fd, uint64_t vaddr, struct call_before *out)
{
	const struct elf_segment *s = code_at(elf, vaddr - 1);
	uint8_t bytes[LONGEST];
	size_t n;
	int32_t rel;

	*out = (struct call_before){ 0 };
	if (elf_file_machine(elf) != EM_X86_64 || !s)
		return false;
	n = (size_t)min_of(vaddr - s->vaddr, (uint64_t)LONGEST);
	if (read_code(elf, fd, vaddr - n, bytes, n) < n)
		return false;
	out->indirect = is_indirect(bytes + n, n);
	if (n < DIRECT_LEN || bytes[n - DIRECT_LEN] != 0xe8)
		return true;
	memcpy(&rel, bytes + n - sizeof(rel), sizeof(rel));
	out->target = vaddr + (uint64_t)(int64_t)rel;
	out->direct = code_at(elf, out->target) != NULL;
	return true;
}
