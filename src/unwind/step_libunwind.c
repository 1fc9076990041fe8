// SPDX-License-Identifier: Apache-2.0
#include "unwind/step_libunwind.h"

#include <errno.h>

#include "base/error.h"
#include "config.h"

#if defined(HAVE_LIBUNWIND) && defined(__x86_64__)

#include <elf.h>
#include <libunwind.h>
#include <string.h>

#include "base/util.h"
#include "elf/elf_file.h"
#include "unwind/cfi.h"

/* Not in the public header, although made for this (perf uses it as well). */
int UNW_OBJ(dwarf_search_unwind_table)(unw_addr_space_t as, unw_word_t ip,
				       unw_dyn_info_t *di, unw_proc_info_t *pi,
				       int need_unwind_info, void *arg);

#define N_REGS 17	/* rax ... r15, rip: libunwind numbers them as DWARF does */
#define TABLE_OFF 12	/* of the sorted table in .eh_frame_hdr */

struct step_libunwind {
	unw_addr_space_t space;
	unw_dyn_info_t info;
	/* Of the step at hand. */
	struct unwind_regs *regs;
	bool (*read)(void *ctx, uint64_t addr, uint64_t *out);
	void *ctx;
	/* All of the file that a step depends on. */
	struct elf_section hdr, eh_frame;
	struct elf_file *elf;
};

static int find_proc_info(unw_addr_space_t as, unw_word_t ip, unw_proc_info_t *pi,
			  int need_unwind_info, void *arg)
{
	struct step_libunwind *s = arg;

	return UNW_OBJ(dwarf_search_unwind_table)(as, ip, &s->info, pi, need_unwind_info, s);
}

static void put_unwind_info(unw_addr_space_t as, unw_proc_info_t *pi, void *arg)
{
	(void)as;
	(void)pi;
	(void)arg;
}

static int get_dyn_info_list_addr(unw_addr_space_t as, unw_word_t *addr, void *arg)
{
	(void)as;
	(void)addr;
	(void)arg;
	return -UNW_ENOINFO;
}

static bool read_section(const struct elf_section *section, uint64_t vaddr, uint64_t *out)
{
	uint64_t off = vaddr - section->vaddr;

	if (off >= section->len)
		return false;
	/* It reads whole words, also where only the first bytes are the section's. */
	*out = 0;
	memcpy(out, section->data + off, min_of(section->len - (size_t)off, sizeof(*out)));
	return true;
}

/*
 * It also reads where a personality routine is, from the file's data, and makes
 * no use of it: any value will do.
 */
static bool is_other_data(const struct step_libunwind *s, uint64_t vaddr, uint64_t *out)
{
	*out = 0;
	for (size_t i = 0; i < elf_file_n_segments(s->elf); i++) {
		const struct elf_segment *seg = elf_file_segment(s->elf, i);

		if (vaddr - seg->vaddr < seg->mem_bytes)
			return true;
	}
	return false;
}

static int access_mem(unw_addr_space_t as, unw_word_t addr, unw_word_t *value, int write,
		      void *arg)
{
	struct step_libunwind *s = arg;
	uint64_t v;

	(void)as;
	if (write || (!read_section(&s->hdr, addr, &v) && !read_section(&s->eh_frame, addr, &v) &&
		      !is_other_data(s, addr, &v) && !s->read(s->ctx, addr, &v)))
		return -UNW_EINVAL;
	*value = v;
	return 0;
}

static int access_reg(unw_addr_space_t as, unw_regnum_t reg, unw_word_t *value, int write,
		      void *arg)
{
	struct step_libunwind *s = arg;

	(void)as;
	if (write || reg < 0 || reg >= N_REGS || !(s->regs->known >> reg & 1))
		return -UNW_EBADREG;
	*value = s->regs->value[reg];
	return 0;
}

static int access_fpreg(unw_addr_space_t as, unw_regnum_t reg, unw_fpreg_t *value,
			int write, void *arg)
{
	(void)as;
	(void)reg;
	(void)value;
	(void)write;
	(void)arg;
	return -UNW_EINVAL;
}

static int resume(unw_addr_space_t as, unw_cursor_t *cursor, void *arg)
{
	(void)as;
	(void)cursor;
	(void)arg;
	return -UNW_EINVAL;
}

static int get_proc_name(unw_addr_space_t as, unw_word_t ip, char *buf, size_t len,
			 unw_word_t *off, void *arg)
{
	(void)as;
	(void)ip;
	(void)buf;
	(void)len;
	(void)off;
	(void)arg;
	return -UNW_EUNSPEC;
}

int step_libunwind_open(struct elf_file *elf, struct step_libunwind **out,
			struct error *err)
{
	unw_accessors_t accessors = {
		.find_proc_info = find_proc_info,
		.put_unwind_info = put_unwind_info,
		.get_dyn_info_list_addr = get_dyn_info_list_addr,
		.access_mem = access_mem,
		.access_reg = access_reg,
		.access_fpreg = access_fpreg,
		.resume = resume,
		.get_proc_name = get_proc_name,
	};
	_cleanup_(freep) struct step_libunwind *s = xcalloc(1, sizeof(*s));
	struct cfi_index index;

	if (elf_file_machine(elf) != EM_X86_64)
		return error_set(err, ENOTSUP, "another machine");
	if (elf_file_program_header(elf, PT_GNU_EH_FRAME, &s->hdr, err) <= 0 ||
	    !cfi_index_init(&index, s->hdr.data, s->hdr.len, s->hdr.vaddr) ||
	    elf_file_section(elf, ".eh_frame", &s->eh_frame, err) <= 0)
		return error_set(err, ENODATA, "no .eh_frame_hdr");
	s->elf = elf;
	s->space = unw_create_addr_space(&accessors, 0);
	if (!s->space)
		abort();
	s->info.format = UNW_INFO_FORMAT_REMOTE_TABLE;
	s->info.end_ip = UINT64_MAX;
	s->info.u.rti.segbase = s->hdr.vaddr;
	s->info.u.rti.table_data = s->hdr.vaddr + TABLE_OFF;
	s->info.u.rti.table_len = index.n * 8 / sizeof(unw_word_t);
	*out = steal(s);
	return 0;
}

void step_libunwind_close(struct step_libunwind *s)
{
	if (!s)
		return;
	unw_destroy_addr_space(s->space);
	free(s);
}

bool step_libunwind_run(struct step_libunwind *s, struct unwind_regs *regs,
			bool (*read)(void *ctx, uint64_t addr, uint64_t *out), void *ctx)
{
	struct unwind_regs caller = { 0 };
	unw_cursor_t cursor;

	s->regs = regs;
	s->read = read;
	s->ctx = ctx;
	if (unw_init_remote(&cursor, s->space, s) < 0 || unw_step(&cursor) <= 0)
		return false;
	for (int i = 0; i < N_REGS; i++) {
		unw_word_t v;

		if (unw_get_reg(&cursor, i, &v) == 0) {
			caller.value[i] = v;
			caller.known |= 1ull << i;
		}
	}
	*regs = caller;
	return true;
}

#else

int step_libunwind_open(struct elf_file *elf, struct step_libunwind **out,
			struct error *err)
{
	(void)elf;
	(void)out;
	return error_set(err, ENOTSUP, "built without libunwind");
}

void step_libunwind_close(struct step_libunwind *s)
{
	(void)s;
}

bool step_libunwind_run(struct step_libunwind *s, struct unwind_regs *regs,
			bool (*read)(void *ctx, uint64_t addr, uint64_t *out), void *ctx)
{
	(void)s;
	(void)regs;
	(void)read;
	(void)ctx;
	return false;
}

#endif
