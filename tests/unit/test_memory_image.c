// SPDX-License-Identifier: Apache-2.0
/* Files put together again from the memory of a process: here from our own. */
#include "tests/unit/session_maker.h"

#include <dlfcn.h>

#include "base/io.h"
#include "elf/elf_file.h"
#include "elf/elf_symtab.h"
#include "proc/maps.h"
#include "unwind/unwind_build.h"

static struct proc self;

static int setup(void **state)
{
	(void)state;
	self = (struct proc){ .maps_fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC),
			      .mem_fd = open("/proc/self/mem", O_RDONLY | O_CLOEXEC) };
	return self.maps_fd < 0 || self.mem_fd < 0;
}

static int teardown(void **state)
{
	(void)state;
	close(self.maps_fd);
	close(self.mem_fd);
	return 0;
}

/* The mapping of ours that `addr` is in, with its path. */
static struct proc_map map_of(const void *addr, char path[512])
{
	struct buf text = { 0 };
	struct proc_map m;
	struct error err;
	bool found = false;

	lseek(self.maps_fd, 0, SEEK_SET);
	assert_int_equal(io_read_all(self.maps_fd, 64 << 20, &text, &err), 0);
	const char *at = (const char *)text.data, *end = at + text.len;
	while (!found && proc_maps_next(&at, end, &m))
		found = (uintptr_t)addr >= m.start && (uintptr_t)addr < m.end;
	assert_true(found);
	snprintf(path, 512, "%.*s", (int)m.path_len, m.path);
	buf_deinit(&text);
	return m;
}

static struct elf_file *open_elf(int fd)
{
	struct elf_file *elf;
	struct error err;

	assert_true(fd >= 0);
	if (elf_file_open(fd, &elf, &err) < 0)
		fail_msg("%s", err.msg);
	return elf;
}

/* Every rule of the file is in its image as well; how many addresses that were. */
static uint64_t compare_tables(struct elf_file *file, struct elf_file *image)
{
	struct buf a = { 0 }, b = { 0 };
	struct unwind_table of_file, of_image;
	struct error err;
	uint64_t n = 0;

	assert_int_equal(unwind_build(file, &a, &err), 0);
	assert_int_equal(unwind_build(image, &b, &err), 0);
	assert_int_equal(unwind_table_init(&of_file, a.data, a.len, &err), 0);
	assert_int_equal(unwind_table_init(&of_image, b.data, b.len, &err), 0);
	for (size_t i = 0; i < elf_file_n_segments(file); i++) {
		const struct elf_segment *s = elf_file_segment(file, i);

		for (uint64_t v = s->vaddr; s->exec && v < s->vaddr + s->mem_bytes; v++) {
			uint32_t x = unwind_table_find(&of_file, v);
			uint32_t y = unwind_table_find(&of_image, v);

			/* Restorers by their bytes are looked for in sections, which it lacks. */
			if (x == y || (x == RULE_SIGNAL_FRAME && y == RULE_UNCOVERED)) {
				n += x == y && x != RULE_UNCOVERED;
				continue;
			}
			assert_int_equal(rule_type(x), RULE_DICT);
			assert_memory_equal(unwind_table_dict(&of_file, rule_index(x)),
					    unwind_table_dict(&of_image, rule_index(y)),
					    sizeof(struct unwind_rule));
		}
	}
	buf_deinit(&a);
	buf_deinit(&b);
	return n;
}

TEST(the_image_of_a_program_unwinds_as_its_file_does)
{
	const void *const places[] = { (const void *)compare_tables, (const void *)qsort };

	for (size_t i = 0; i < array_len(places); i++) {
		char path[512];
		struct proc_map m = map_of(places[i], path);
		_cleanup_(closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
		_cleanup_(closep) int image_fd = memory_image_file(&self, m.dev, m.ino);
		struct elf_file *file = open_elf(fd), *image = open_elf(image_fd);

		assert_int_equal(elf_file_n_segments(file), elf_file_n_segments(image));
		assert_true(compare_tables(file, image) > 10000);
		elf_file_close(file);
		elf_file_close(image);
	}
}

/* The dynamic linker wrote addresses over what leads to the names. */
TEST(names_that_a_library_exports_are_in_its_image)
{
	static const char *const names[] = { "getenv", "putenv", "clearenv", "ffs", "abs" };
	char path[512];
	struct proc_map m = map_of(dlsym(RTLD_NEXT, "getenv"), path);
	_cleanup_(closep) int fd = memory_image_file(&self, m.dev, m.ino);
	struct elf_file *image = open_elf(fd);
	struct elf_symtab *symbols;
	struct error err;

	assert_int_equal(elf_symtab_open(image, ELF_DYNSYM, &symbols, &err), 1);
	for (size_t i = 0; i < array_len(names); i++) {
		const void *addr = dlsym(RTLD_NEXT, names[i]);
		struct elf_symbol s;
		uint32_t number;
		Dl_info info;

		assert_true(dladdr(addr, &info) != 0);
		uint64_t vaddr = (uintptr_t)addr - (uintptr_t)info.dli_fbase;
		assert_true(elf_symtab_find(symbols, vaddr, &number));
		elf_symtab_get(symbols, number, &s);
		assert_int_equal(s.vaddr, vaddr);
	}
	elf_symtab_close(symbols);
	elf_file_close(image);
}

TEST(the_vdso_is_a_file)
{
	_cleanup_(closep) int fd = memory_image_vdso();
	struct elf_symtab *symbols;
	struct buf table = { 0 };
	struct error err;

	if (fd < 0) {
		print_message("skipped: no vdso here (valgrind hides it)\n");
		skip();
	}
	struct elf_file *elf = open_elf(fd);
	assert_int_equal(elf_file_machine(elf), unwind_arch_host()->machine);
	assert_int_equal(unwind_build(elf, &table, &err), 0);
	assert_true(((struct unwind_table_header *)table.data)->n_rows > 5);
	assert_int_equal(elf_symtab_open(elf, ELF_DYNSYM, &symbols, &err), 1);
	elf_symtab_close(symbols);
	elf_file_close(elf);
	buf_deinit(&table);
}

/* ---- what is no program ---- */

/* Two pages that say they are an ELF file, mapped from their first byte on. */
struct fake {
	Elf64_Ehdr eh;
	Elf64_Phdr ph[4];
	uint8_t rest[8192 - sizeof(Elf64_Ehdr) - 4 * sizeof(Elf64_Phdr)];
};

static struct fake good_fake(void)
{
	struct fake f = {
		.eh = { .e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB,
				     EV_CURRENT },
			.e_type = ET_DYN, .e_machine = EM_X86_64, .e_version = EV_CURRENT,
			.e_phoff = sizeof(Elf64_Ehdr), .e_phentsize = sizeof(Elf64_Phdr),
			.e_phnum = 2, .e_shoff = 5000, .e_shnum = 9 },
		.ph = { { .p_type = PT_LOAD, .p_flags = PF_R, .p_filesz = 8192, .p_memsz = 8192 },
			{ .p_type = PT_DYNAMIC, .p_offset = 4096, .p_filesz = 64 } } };

	memset(f.rest, 0xa5, sizeof(f.rest));
	return f;
}

/* The image of the fake, or -1. */
static int image_of(const struct fake *f)
{
	struct error err;
	_cleanup_(closep) int fd = io_memfd("fake", f, sizeof(*f), &err);
	char path[512];
	int image;

	void *p = mmap(NULL, sizeof(*f), PROT_READ, MAP_PRIVATE, fd, 0);
	assert_true(p != MAP_FAILED);
	struct proc_map m = map_of(p, path);
	image = memory_image_file(&self, m.dev, m.ino);
	munmap(p, sizeof(*f));
	return image;
}

TEST(an_image_has_the_bytes_of_memory_and_no_section_headers)
{
	struct fake f = good_fake(), got;
	_cleanup_(closep) int fd = image_of(&f);

	assert_true(fd >= 0);
	assert_int_equal(io_pread_full(fd, &got, sizeof(got), 0), sizeof(got));
	assert_int_equal(got.eh.e_shoff, 0);
	assert_int_equal(got.eh.e_shnum, 0);
	assert_memory_equal(got.ph, f.ph, sizeof(f.ph));
	assert_memory_equal(got.rest, f.rest, sizeof(f.rest));
}

#define AT(field) offsetof(struct fake, field), sizeof(((struct fake *)0)->field)

TEST(headers_that_lie_make_no_image_or_a_small_one)
{
	static const struct {
		size_t off, bytes;
		uint64_t value;
		bool refused;
	} cases[] = {
		{ AT(eh.e_ident[0]), 0, true },
		{ AT(eh.e_ident[EI_CLASS]), ELFCLASS32, true },
		{ AT(eh.e_phnum), 0, true },
		{ AT(eh.e_phnum), 65, true },
		{ AT(eh.e_phnum), 0xffff, true },
		{ AT(eh.e_phentsize), 32, true },
		{ AT(eh.e_phoff), UINT64_MAX, true },
		{ AT(eh.e_phoff), 1ull << 60, true },
		{ AT(ph[0].p_type), PT_NULL, true },
		{ AT(ph[0].p_filesz), UINT64_MAX, true },
		{ AT(ph[0].p_filesz), 257u << 20, true },
		{ AT(ph[0].p_filesz), 8, true },		/* less than a header */
		{ AT(ph[0].p_offset), UINT64_MAX, true },
		{ AT(ph[0].p_offset), 4096, false },
		{ AT(ph[0].p_vaddr), UINT64_MAX, false },
		{ AT(ph[1].p_offset), UINT64_MAX, false },
		{ AT(ph[1].p_offset), 8190, false },
		{ AT(ph[1].p_filesz), UINT64_MAX, false },
		{ AT(ph[1].p_filesz), 4097, false },
	};

	for (size_t i = 0; i < array_len(cases); i++) {
		struct fake f = good_fake();

		memcpy((uint8_t *)&f + cases[i].off, &cases[i].value, cases[i].bytes);
		_cleanup_(closep) int fd = image_of(&f);
		if ((fd < 0) != cases[i].refused)
			fail_msg("case %zu: %s", i, fd < 0 ? "refused" : "taken");
	}
}

TEST(a_file_that_is_not_mapped_has_no_image)
{
	struct proc none = { .maps_fd = -1, .mem_fd = -1 };
	char path[512];
	struct proc_map m = map_of((const void *)qsort, path);

	assert_int_equal(memory_image_file(&self, m.dev, UINT64_MAX), -1);
	assert_int_equal(memory_image_file(&none, m.dev, m.ino), -1);
	none.maps_fd = self.maps_fd;		/* maps can be read, memory cannot */
	assert_int_equal(memory_image_file(&none, m.dev, m.ino), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_image_of_a_program_unwinds_as_its_file_does),
		cmocka_unit_test(names_that_a_library_exports_are_in_its_image),
		cmocka_unit_test(the_vdso_is_a_file),
		cmocka_unit_test(an_image_has_the_bytes_of_memory_and_no_section_headers),
		cmocka_unit_test(headers_that_lie_make_no_image_or_a_small_one),
		cmocka_unit_test(a_file_that_is_not_mapped_has_no_image),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
