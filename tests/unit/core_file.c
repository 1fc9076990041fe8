// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/core_file.h"

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <string.h>
#include <sys/procfs.h>
#include <sys/stat.h>
#include <sys/user.h>
#include <unistd.h>

#include "base/error.h"
#include "base/io.h"
#include "base/util.h"
#include "elf/elf_file.h"

#define MAX_THREADS 10000
#define MAX_MAPPINGS 100000

/* ---- notes ---- */

/* By DWARF's numbers of x86-64: rax rdx rcx rbx rsi rdi rbp rsp r8 ... r15 rip. */
static void take_regs(const struct user_regs_struct *r, struct unwind_regs *out)
{
	const uint64_t values[] = {
		r->rax, r->rdx, r->rcx, r->rbx, r->rsi, r->rdi, r->rbp, r->rsp, r->r8, r->r9,
		r->r10, r->r11, r->r12, r->r13, r->r14, r->r15, r->rip };

	memcpy(out->value, values, sizeof(values));
	out->known = (1ull << array_len(values)) - 1;
}

static void take_status(struct core_file *core, const void *desc, size_t len)
{
	struct elf_prstatus status;
	struct user_regs_struct regs;
	struct core_thread *t;

	if (len < sizeof(status) || core->n_threads == MAX_THREADS)
		return;
	_Static_assert(sizeof(regs) == sizeof(status.pr_reg), "the same registers");
	memcpy(&status, desc, sizeof(status));
	memcpy(&regs, &status.pr_reg, sizeof(regs));
	array_reserve(core->threads, core->n_threads + 1, core->cap_threads);
	t = &core->threads[core->n_threads++];
	*t = (struct core_thread){ .tid = (uint32_t)status.pr_pid, .thread_pointer = regs.fs_base };
	take_regs(&regs, &t->regs);
}

/* Counts and places, and behind them the paths, each terminated. */
static void take_files(struct core_file *core, const uint8_t *desc, size_t len)
{
	uint64_t head[2], place[3];
	size_t text;
	char *path;

	if (core->paths || len < sizeof(head))
		return;
	memcpy(head, desc, sizeof(head));
	if (head[0] > MAX_MAPPINGS || len - sizeof(head) < head[0] * sizeof(place))
		return;
	text = sizeof(head) + (size_t)head[0] * sizeof(place);
	core->paths = path = xcalloc(1, len - text + 1);
	memcpy(path, desc + text, len - text);
	for (uint64_t i = 0; i < head[0]; i++) {
		memcpy(place, desc + sizeof(head) + i * sizeof(place), sizeof(place));
		array_reserve(core->mappings, core->n_mappings + 1, core->cap_mappings);
		core->mappings[core->n_mappings++] = (struct core_mapping){
			place[0], place[1], place[2] * head[1], path };
		if (path < core->paths + (len - text))
			path += strlen(path) + 1;
		path = min_of(path, core->paths + (len - text));
	}
}

static void read_notes(struct core_file *core, const GElf_Phdr *p)
{
	Elf_Data *data;
	size_t off = 0, next, name, desc;
	GElf_Nhdr note;

	if (p->p_offset > core->len || p->p_filesz > core->len - p->p_offset)
		return;
	data = elf_getdata_rawchunk(elf_file_elf(core->elf), (int64_t)p->p_offset, p->p_filesz,
				    ELF_T_NHDR);
	for (; data && (next = gelf_getnote(data, off, &note, &name, &desc)) > 0; off = next) {
		const uint8_t *bytes = (const uint8_t *)data->d_buf + desc;

		if (note.n_type == NT_PRSTATUS)
			take_status(core, bytes, note.n_descsz);
		else if (note.n_type == NT_FILE)
			take_files(core, bytes, note.n_descsz);
	}
}

/* ---- the file ---- */

/* The addresses of a segment, or a mapping, come first in its struct. */
static int by_start(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static void sort(void *v, size_t n, size_t bytes)
{
	if (n)
		qsort(v, n, bytes, by_start);
}

static void read_segment(struct core_file *core, const GElf_Phdr *p)
{
	uint64_t there = p->p_offset < core->len ? core->len - p->p_offset : 0;
	uint64_t n_bytes = min_of(p->p_filesz, p->p_memsz);

	array_reserve(core->segments, core->n_segments + 1, core->cap_segments);
	core->segments[core->n_segments++] = (struct core_segment){
		p->p_vaddr, p->p_vaddr + p->p_memsz, p->p_offset, min_of(n_bytes, there) };
}

int core_open(struct core_file *core, uint8_t *bytes, size_t len, struct error *err)
{
	size_t n;
	Elf *elf;

	*core = (struct core_file){ .bytes = bytes, .len = len };
	if (elf_file_open_memory(bytes, len, &core->elf, err) < 0)
		return -1;
	elf = elf_file_elf(core->elf);
	if (elf_file_type(core->elf) != ET_CORE || elf_getphdrnum(elf, &n) < 0) {
		core_close(core);
		return error_set(err, EBADMSG, "not a core");
	}
	for (size_t i = 0; i < n; i++) {
		GElf_Phdr p;

		if (!gelf_getphdr(elf, (int)i, &p))
			break;
		if (p.p_type == PT_LOAD)
			read_segment(core, &p);
		else if (p.p_type == PT_NOTE)
			read_notes(core, &p);
	}
	sort(core->segments, core->n_segments, sizeof(*core->segments));
	sort(core->mappings, core->n_mappings, sizeof(*core->mappings));
	return 0;
}

void core_close(struct core_file *core)
{
	elf_file_close(core->elf);
	free(core->segments);
	free(core->mappings);
	free(core->paths);
	free(core->threads);
	*core = (struct core_file){ 0 };
}

/* ---- memory ---- */

/* Of `n` elements of `bytes` that begin with their start, the last that begins before `addr`. */
static const void *find(const void *v, size_t n, size_t bytes, uint64_t addr)
{
	size_t low = 0, high = n;
	uint64_t start;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		memcpy(&start, (const uint8_t *)v + mid * bytes, sizeof(start));
		if (start <= addr)
			low = mid + 1;
		else
			high = mid;
	}
	return low ? (const uint8_t *)v + (low - 1) * bytes : NULL;
}

const struct core_mapping *core_mapping_at(const struct core_file *core, uint64_t addr)
{
	const struct core_mapping *m = find(core->mappings, core->n_mappings, sizeof(*m), addr);

	return m && addr < m->end ? m : NULL;
}

uint8_t *core_at(const struct core_file *core, uint64_t addr, size_t *len)
{
	const struct core_segment *s = find(core->segments, core->n_segments, sizeof(*s), addr);

	size_t at, end;

	if (!s || addr - s->start >= s->n_bytes)
		return NULL;
	at = s->off + (addr - s->start);
	end = s->off + s->n_bytes;
	if (at >= core->lost_from && at < core->lost_to)
		return NULL;
	if (at < core->lost_from && core->lost_from < end)
		end = core->lost_from;
	*len = end - at;
	return core->bytes + at;
}

/* What a file has at the address, as far as one mapping goes. */
static size_t read_file(const struct core_file *core, uint64_t addr, void *buf, size_t len)
{
	const struct core_mapping *m = core_mapping_at(core, addr);
	_cleanup_(closep) int fd = m ? open(m->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1;
	struct stat st;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return 0;
	n = io_pread_full(fd, buf, min_of(len, (size_t)(m->end - addr)), addr - m->start + m->off);
	return n > 0 ? (size_t)n : 0;
}

bool core_read(void *ctx, uint64_t addr, void *buf, size_t len)
{
	const struct core_file *core = ctx;

	while (len) {
		size_t n;
		const uint8_t *at = core_at(core, addr, &n);

		if (at)
			memcpy(buf, at, n = min_of(n, len));
		else
			n = read_file(core, addr, buf, len);
		if (!n)
			return false;
		buf = (uint8_t *)buf + n;
		addr += n;
		len -= n;
	}
	return true;
}
