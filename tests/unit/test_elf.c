// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/lab.h"

#include <errno.h>
#include <inttypes.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/io.h"
#include "elf/elf_debugfile.h"
#include "elf/elf_file.h"
#include "elf/elf_plt.h"
#include "elf/elf_symtab.h"
#include "elf/range_map.h"

#define TEXT_VADDR 0x401000
#define TEXT_BYTES 0x1000

/* ---- ELF files made by hand ---- */

struct fake_symbol {
	const char *name;
	uint64_t value, size;
	uint8_t bind, type;
	bool elsewhere;		/* not in .text */
};

static const char section_names[] = "\0.text\0.symtab\0.strtab\0.shstrtab";
enum { SEC_NULL, SEC_TEXT, SEC_SYMTAB, SEC_STRTAB, SEC_NAMES, N_SECTIONS };
static const uint32_t name_offsets[] = { 0, 1, 7, 15, 23 };

/* A file with code of TEXT_BYTES zeros and the symbols given. */
static struct buf make_elf(uint16_t machine, const struct fake_symbol *symbols, size_t n)
{
	Elf64_Ehdr eh = {
		.e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
		.e_type = ET_EXEC, .e_machine = machine, .e_version = EV_CURRENT,
		.e_phoff = sizeof(eh), .e_ehsize = sizeof(eh), .e_phentsize = sizeof(Elf64_Phdr),
		.e_phnum = 1, .e_shentsize = sizeof(Elf64_Shdr), .e_shnum = N_SECTIONS,
		.e_shstrndx = SEC_NAMES };
	Elf64_Phdr ph = { .p_type = PT_LOAD, .p_flags = PF_R | PF_X, .p_vaddr = TEXT_VADDR,
			  .p_filesz = TEXT_BYTES, .p_memsz = TEXT_BYTES };
	Elf64_Shdr sh[N_SECTIONS] = {
		[SEC_TEXT] = { .sh_type = SHT_PROGBITS, .sh_flags = SHF_ALLOC | SHF_EXECINSTR,
			       .sh_addr = TEXT_VADDR, .sh_size = TEXT_BYTES },
		[SEC_SYMTAB] = { .sh_type = SHT_SYMTAB, .sh_link = SEC_STRTAB,
				 .sh_entsize = sizeof(Elf64_Sym) },
		[SEC_STRTAB] = { .sh_type = SHT_STRTAB },
		[SEC_NAMES] = { .sh_type = SHT_STRTAB, .sh_size = sizeof(section_names) } };
	struct buf names = { 0 }, out = { 0 };
	Elf64_Sym sym = { 0 };

	for (size_t i = 0; i < N_SECTIONS; i++)
		sh[i].sh_name = name_offsets[i];
	buf_add(&out, sizeof(eh) + sizeof(ph));
	ph.p_offset = sh[SEC_TEXT].sh_offset = out.len;
	memset(buf_add(&out, TEXT_BYTES), 0, TEXT_BYTES);
	sh[SEC_SYMTAB].sh_offset = out.len;
	buf_put_u8(&names, 0);
	buf_put(&out, &sym, sizeof(sym));
	for (size_t i = 0; i < n; i++) {
		sym = (Elf64_Sym){ .st_name = (uint32_t)names.len, .st_value = symbols[i].value,
				   .st_size = symbols[i].size,
				   .st_info = ELF64_ST_INFO(symbols[i].bind, symbols[i].type),
				   .st_shndx = symbols[i].elsewhere ? SHN_ABS : SEC_TEXT };
		buf_put(&names, symbols[i].name, strlen(symbols[i].name) + 1);
		buf_put(&out, &sym, sizeof(sym));
	}
	sh[SEC_SYMTAB].sh_size = out.len - sh[SEC_SYMTAB].sh_offset;
	sh[SEC_STRTAB].sh_offset = out.len;
	sh[SEC_STRTAB].sh_size = names.len;
	buf_put(&out, names.data, names.len);
	sh[SEC_NAMES].sh_offset = out.len;
	buf_put(&out, section_names, sizeof(section_names));
	while (out.len % 8)
		buf_put_u8(&out, 0);
	eh.e_shoff = out.len;
	buf_put(&out, sh, sizeof(sh));
	memcpy(out.data, &eh, sizeof(eh));
	memcpy(out.data + sizeof(eh), &ph, sizeof(ph));
	buf_deinit(&names);
	return out;
}

static struct elf_file *open_buf(const struct buf *b)
{
	struct elf_file *file;
	struct error err;

	if (elf_file_open_memory(b->data, b->len, &file, &err) < 0)
		fail_msg("%s", err.msg);
	return file;
}

static struct elf_file *open_fd(int fd)
{
	struct elf_file *file;
	struct error err;

	if (elf_file_open(fd, &file, &err) < 0)
		fail_msg("%s", err.msg);
	return file;
}

static void file_closep(struct elf_file **file)
{
	elf_file_close(*file);
}

static void symtab_closep(struct elf_symtab **t)
{
	elf_symtab_close(*t);
}

/* ---- range_map ---- */

TEST(range_map_agrees_with_looking_at_every_range)
{
	struct range_map map = { 0 };
	struct { uint64_t start, end; } all[300];

	srand(1);
	for (uint32_t i = 0; i < array_len(all); i++) {
		all[i].start = (uint64_t)rand() % 2000;
		all[i].end = all[i].start + (uint64_t)rand() % (i % 10 ? 20 : 800);
		range_map_add(&map, all[i].start, all[i].end, i);
	}
	range_map_seal(&map);
	for (uint64_t addr = 0; addr < 3000; addr++) {
		const struct range *r = range_map_find(&map, addr);
		size_t best = SIZE_MAX;

		for (size_t i = 0; i < array_len(all); i++) {
			if (addr < all[i].start || addr >= all[i].end)
				continue;
			if (best == SIZE_MAX || all[i].start > all[best].start ||
			    (all[i].start == all[best].start && all[i].end <= all[best].end))
				best = i;
		}
		assert_int_equal(r != NULL, best != SIZE_MAX);
		if (r)
			assert_int_equal(r->value, best);
	}
	range_map_deinit(&map);
}

TEST(a_gap_is_measured_from_the_range_before_to_the_one_after)
{
	struct range_map map = { 0 };

	range_map_add(&map, 100, 110, 0);
	range_map_add(&map, 126, 130, 1);
	range_map_seal(&map);
	assert_int_equal(range_map_gap(&map, 115), 16);
	assert_true(range_map_gap(&map, 99) == UINT64_MAX);
	assert_true(range_map_gap(&map, 130) == UINT64_MAX);
	range_map_deinit(&map);
}

TEST(an_empty_range_map_knows_nothing)
{
	struct range_map map = { 0 };

	range_map_add(&map, 5, 5, 1);
	range_map_seal(&map);
	assert_null(range_map_find(&map, 5));
	range_map_deinit(&map);
}

/* ---- opening ---- */

TEST(what_is_no_elf_file_of_ours_is_refused_by_name)
{
	static const struct {
		const char *name;
		size_t at;		/* byte of the header ... */
		uint8_t value;		/* ... and what it becomes */
		size_t len;		/* 0: all */
		int code;
		const char *text;
	} cases[] = {
		{ "empty", 0, 0x7f, 1, EBADMSG, "not an ELF file" },
		{ "no magic", 1, 'X', 0, EBADMSG, "not an ELF file" },
		{ "short", 0, 0x7f, 63, EBADMSG, "not an ELF file" },
		{ "32 bits", EI_CLASS, ELFCLASS32, 0, ENOTSUP, "a 32-bit ELF file" },
		{ "big-endian", EI_DATA, ELFDATA2MSB, 0, ENOTSUP, "a big-endian ELF file" },
		{ "s390", 18, EM_S390, 0, ENOTSUP, "an ELF file for machine 22" },
	};

	for (size_t i = 0; i < array_len(cases); i++) {
		struct buf b = make_elf(EM_X86_64, NULL, 0);
		struct elf_file *file;
		struct error err;

		b.data[cases[i].at] = cases[i].value;
		size_t len = cases[i].len ? cases[i].len : b.len;
		assert_int_equal(elf_file_open_memory(b.data, len, &file, &err), -1);
		assert_int_equal(err.code, cases[i].code);
		assert_string_equal(err.msg, cases[i].text);

		_cleanup_(closep) int fd = io_memfd("x", b.data, len, &err);
		assert_int_equal(elf_file_open(fd, &file, &err), -1);
		assert_string_equal(err.msg, cases[i].text);
		buf_deinit(&b);
	}
}

TEST(what_is_no_regular_file_is_refused)
{
	_cleanup_(closep) int fd = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	struct elf_file *file;
	struct error err;

	assert_int_equal(elf_file_open(fd, &file, &err), -1);
	assert_int_equal(err.code, EBADMSG);
}

TEST(segments_and_sections_are_those_of_the_file)
{
	struct buf b = make_elf(EM_AARCH64, NULL, 0);
	_cleanup_(file_closep) struct elf_file *file = open_buf(&b);
	struct elf_section s;
	struct error err;

	assert_int_equal(elf_file_machine(file), EM_AARCH64);
	assert_int_equal(elf_file_type(file), ET_EXEC);
	assert_int_equal(elf_file_n_segments(file), 1);
	assert_int_equal(elf_file_segment(file, 0)->vaddr, TEXT_VADDR);
	assert_true(elf_file_segment(file, 0)->exec);
	assert_null(elf_file_segment(file, 1));
	assert_int_equal(elf_file_section(file, ".text", &s, &err), 1);
	assert_int_equal(s.len, TEXT_BYTES);
	assert_int_equal(s.vaddr, TEXT_VADDR);
	assert_int_equal(elf_file_section(file, ".data", &s, &err), 0);
	assert_false(elf_file_has_section(file, ".data"));
	assert_int_equal(elf_file_bytes_at(file, TEXT_VADDR + TEXT_BYTES - 8, 100, &s, &err), 1);
	assert_int_equal(s.len, 8);
	assert_int_equal(elf_file_bytes_at(file, TEXT_VADDR + TEXT_BYTES, 1, &s, &err), 0);
	assert_int_equal(elf_file_program_header(file, PT_LOAD, &s, &err), 1);
	assert_int_equal(s.len, TEXT_BYTES);
	assert_int_equal(elf_file_program_header(file, PT_DYNAMIC, &s, &err), 0);
	buf_deinit(&b);
}

TEST(a_section_that_lies_outside_of_the_file_is_damage)
{
	struct buf b = make_elf(EM_X86_64, NULL, 0);
	Elf64_Shdr *text = (Elf64_Shdr *)(b.data + ((Elf64_Ehdr *)b.data)->e_shoff) + SEC_TEXT;
	struct elf_section s;
	struct error err;

	text->sh_size = b.len;
	_cleanup_(file_closep) struct elf_file *file = open_buf(&b);
	assert_int_equal(elf_file_section(file, ".text", &s, &err), -1);
	assert_int_equal(err.code, EBADMSG);
	assert_non_null(strstr(err.msg, "section .text: "));
	buf_deinit(&b);
}

static const char program[] =
	"#include <stdio.h>\n"
	"#include <string.h>\n"
	"static __attribute__((noinline)) int twice(int x) { return x * 2; }\n"
	"__attribute__((noinline)) int exported(int x) { return twice(x) + 1; }\n"
	"int main(int c, char **v) { printf(\"%d%zu\\n\", exported(c), strlen(v[0])); return 0; }\n";

static void compile_program(const char *flags, const char *out)
{
	lab_write("program.c", program);
	lab_run("${CC:-gcc} -O1 -rdynamic %s program.c -o %s", flags, out);
}

static void assert_same_id(const char *name)
{
	_cleanup_(freep) char *expected =
		lab_output("readelf -n %s | sed -n 's/.*Build ID: //p' | head -1 | tr -d '\\n'", name);
	_cleanup_(closep) int fd = lab_open(name);
	_cleanup_(file_closep) struct elf_file *file = open_fd(fd);
	uint8_t id[ELF_MAX_BUILD_ID];
	char hex[2 * ELF_MAX_BUILD_ID + 1] = "";
	size_t len = elf_file_build_id(file, id, sizeof(id));

	for (size_t i = 0; i < len; i++)
		sprintf(hex + 2 * i, "%02x", id[i]);
	assert_string_equal(hex, expected);
	assert_int_equal(elf_file_build_id(file, id, len - 1), 0);
}

TEST(build_id_is_that_of_readelf)
{
	compile_program("-g -Wl,--build-id=sha1", "id-sha1");
	compile_program("-g -Wl,--build-id=md5", "id-md5");
	compile_program("-g -Wl,--build-id=0x0102030405060708", "id-short");
	lab_run("objcopy --only-keep-debug id-sha1 id-sha1.debug");
	assert_same_id("id-sha1");
	assert_same_id("id-md5");
	assert_same_id("id-short");
	assert_same_id("id-sha1.debug");
}

TEST(a_file_without_build_id_has_none)
{
	compile_program("-Wl,--build-id=none", "id-none");
	_cleanup_(closep) int fd = lab_open("id-none");
	_cleanup_(file_closep) struct elf_file *file = open_fd(fd);
	uint8_t id[ELF_MAX_BUILD_ID];

	assert_int_equal(elf_file_build_id(file, id, sizeof(id)), 0);
}

static struct elf_section section_of(struct elf_file *file, const char *name)
{
	struct elf_section s;
	struct error err;
	int found = elf_file_section(file, name, &s, &err);

	if (found < 0)
		fail_msg("%s", err.msg);
	assert_int_equal(found, 1);
	assert_int_equal(elf_file_section_bytes(file, name), s.len);
	return s;
}

TEST(compressed_sections_come_out_as_they_went_in)
{
	static const char *const kinds[] = { "zlib", "zlib-gnu", "zstd" };
	static const char *const names[] = { ".debug_info", ".debug_line", ".debug_str" };

	compile_program("-g -gz=none", "plain");
	_cleanup_(closep) int plain_fd = lab_open("plain");
	_cleanup_(file_closep) struct elf_file *plain = open_fd(plain_fd);
	for (size_t i = 0; i < array_len(kinds); i++) {
		if (!lab_try("objcopy --compress-debug-sections=%s plain packed", kinds[i])) {
			print_message("objcopy cannot do %s\n", kinds[i]);
			continue;
		}
		_cleanup_(closep) int fd = lab_open("packed");
		_cleanup_(file_closep) struct elf_file *packed = open_fd(fd);

		for (size_t k = 0; k < array_len(names); k++) {
			struct elf_section a = section_of(plain, names[k]);
			struct elf_section b = section_of(packed, names[k]);

			assert_int_equal(a.len, b.len);
			assert_memory_equal(a.data, b.data, a.len);
		}
	}
}

/* Where section `name` begins in the file. */
static uint64_t offset_of(const char *file, const char *name)
{
	_cleanup_(freep) char *text =
		lab_output("readelf -SW %s | sed 's/^ *\\[ *[0-9]*\\] //' | "
			   "awk '$1 == \"%s\" { print $4 }'", file, name);
	return strtoull(text, NULL, 16);
}

TEST(a_section_that_claims_to_be_huge_is_refused)
{
	static const uint64_t sizes[] = { 1ull << 40, ELF_MAX_SECTION + 1, UINT64_MAX, 10 << 20 };

	compile_program("-g -gz=zlib", "bomb");
	for (size_t i = 0; i < array_len(sizes); i++) {
		_cleanup_(freep) char *path = xasprintf("%s/bomb", lab_dir);
		_cleanup_(closep) int fd = open(path, O_RDWR | O_CLOEXEC);
		struct elf_section s;
		struct error err;
		off_t at = (off_t)(offset_of("bomb", ".debug_info") + offsetof(Elf64_Chdr, ch_size));

		assert_int_equal(pwrite(fd, &sizes[i], 8, at), 8);
		_cleanup_(file_closep) struct elf_file *file = open_fd(fd);
		assert_int_equal(elf_file_section(file, ".debug_info", &s, &err), -1);
		assert_int_equal(err.code, EFBIG);
	}
}

TEST(a_section_whose_compressed_bytes_are_damaged_is_refused)
{
	compile_program("-g -gz=zlib", "damaged");
	_cleanup_(freep) char *path = xasprintf("%s/damaged", lab_dir);
	_cleanup_(closep) int fd = open(path, O_RDWR | O_CLOEXEC);
	struct elf_section s;
	struct error err;

	assert_int_equal(pwrite(fd, "XXXX", 4, (off_t)offset_of("damaged", ".debug_info") + 40), 4);
	_cleanup_(file_closep) struct elf_file *file = open_fd(fd);
	assert_int_equal(elf_file_section(file, ".debug_info", &s, &err), -1);
	assert_int_equal(err.code, EBADMSG);
	assert_string_equal(err.msg, "section .debug_info: cannot be decompressed");
}

/* ---- symbol tables ---- */

/* The name that `t` has for an address, "" if none. */
static const char *name_at(const struct elf_symtab *t, uint64_t vaddr)
{
	struct elf_symbol symbol = { .name = "" };
	uint32_t number;

	if (elf_symtab_find(t, vaddr, &number))
		elf_symtab_get(t, number, &symbol);
	return symbol.name;
}

static struct elf_symtab *open_symtab(struct elf_file *file, enum elf_symtab_kind kind)
{
	struct elf_symtab *t;
	struct error err;
	int found = elf_symtab_open(file, kind, &t, &err);

	if (found < 0)
		fail_msg("%s", err.msg);
	assert_int_equal(found, 1);
	return t;
}

#define T(off) (TEXT_VADDR + (off))

TEST(an_address_is_named_by_the_rules_of_the_header)
{
	static const struct fake_symbol symbols[] = {
		{ "sized", T(0x100), 0x20, STB_GLOBAL, STT_FUNC },
		/* several names for one address */
		{ "local", T(0x200), 0x10, STB_LOCAL, STT_FUNC },
		{ "weak", T(0x200), 0x10, STB_WEAK, STT_FUNC },
		{ "__global", T(0x200), 0x10, STB_GLOBAL, STT_FUNC },
		{ "_global", T(0x200), 0x10, STB_GLOBAL, STT_FUNC },
		{ "global_longer", T(0x200), 0x10, STB_GLOBAL, STT_FUNC },
		{ "global_b", T(0x200), 0x10, STB_GLOBAL, STT_FUNC },
		{ "global_a", T(0x200), 0x10, STB_GLOBAL, STT_FUNC },
		{ "aa_unsized", T(0x200), 0, STB_GLOBAL, STT_FUNC },
		/* another entry into a function, and a longer alias */
		{ "outer", T(0x300), 0x40, STB_GLOBAL, STT_FUNC },
		{ "entry", T(0x310), 0x10, STB_GLOBAL, STT_FUNC },
		{ "label", T(0x320), 0, STB_GLOBAL, STT_NOTYPE },
		{ "short", T(0x400), 0x10, STB_GLOBAL, STT_FUNC },
		{ "further", T(0x400), 0x30, STB_LOCAL, STT_FUNC },
		/* without size */
		{ "unsized", T(0x500), 0, STB_LOCAL, STT_FUNC },
		{ "next", T(0x520), 0x10, STB_LOCAL, STT_FUNC },
		{ "alone", T(0x600), 0, STB_LOCAL, STT_FUNC },
		{ "asm_global", T(0x800), 0, STB_GLOBAL, STT_NOTYPE },
		{ "asm_local_label", T(0xa00), 0, STB_LOCAL, STT_NOTYPE },
		{ "asm_local_sized", T(0xb00), 8, STB_LOCAL, STT_NOTYPE },
		{ "at_the_end", T(TEXT_BYTES - 16), 0, STB_LOCAL, STT_FUNC },
		{ "_etext", T(TEXT_BYTES), 0, STB_GLOBAL, STT_NOTYPE },
		/* no functions */
		{ "variable", T(0xc00), 0x10, STB_GLOBAL, STT_OBJECT },
		{ "$x", T(0xd00), 0, STB_GLOBAL, STT_NOTYPE },
		{ "$d.12", T(0xd10), 4, STB_LOCAL, STT_NOTYPE },
		{ "elsewhere", T(0xe00), 0x10, STB_GLOBAL, STT_FUNC, true },
		{ "resolver", T(0xf00), 0x10, STB_GLOBAL, STT_GNU_IFUNC },
	};
	static const struct { uint64_t vaddr; const char *name; } cases[] = {
		{ T(0xff), "" }, { T(0x100), "sized" }, { T(0x11f), "sized" }, { T(0x120), "" },
		{ T(0x200), "global_a" }, { T(0x20f), "global_a" }, { T(0x210), "" },
		{ T(0x300), "outer" }, { T(0x310), "entry" }, { T(0x31f), "entry" },
		{ T(0x320), "outer" }, { T(0x33f), "outer" }, { T(0x340), "" },
		{ T(0x400), "short" }, { T(0x410), "further" }, { T(0x430), "" },
		{ T(0x500), "unsized" }, { T(0x51f), "unsized" }, { T(0x520), "next" },
		{ T(0x530), "" }, { T(0x6ff), "alone" }, { T(0x700), "" },
		{ T(0x8ff), "asm_global" }, { T(0x900), "" }, { T(0xa00), "" },
		{ T(0xb07), "asm_local_sized" }, { T(0xb08), "" },
		{ T(TEXT_BYTES - 1), "at_the_end" }, { T(TEXT_BYTES), "" },
		{ T(0xc00), "" }, { T(0xd00), "" }, { T(0xd10), "" }, { T(0xe00), "" },
		{ T(0xf0f), "resolver" }, { 0, "" }, { UINT64_MAX, "" },
	};
	struct buf b = make_elf(EM_AARCH64, symbols, array_len(symbols));
	_cleanup_(file_closep) struct elf_file *file = open_buf(&b);
	_cleanup_(symtab_closep) struct elf_symtab *t = open_symtab(file, ELF_SYMTAB);

	for (size_t i = 0; i < array_len(cases); i++)
		assert_string_equal(name_at(t, cases[i].vaddr), cases[i].name);
	symtab_closep(&t);
	t = NULL;
	file_closep(&file);
	file = NULL;
	buf_deinit(&b);
}

TEST(the_name_of_the_function_is_cut_out_of_that_of_the_symbol)
{
	static const struct { const char *symbol; const char *function; } cases[] = {
		{ "memcpy@@GLIBC_2.14", "memcpy" },
		{ "memcpy@GLIBC_2.2.5", "memcpy" },
		{ "work.cold", "work" },
		{ "work.cold.3", "work" },
		{ "work.part.0.cold", "work.part.0" },
		{ "work.constprop.0", "work.constprop.0" },
		{ "work.isra.0", "work.isra.0" },
		{ "work.coldness", "work.coldness" },
		{ "work.cold.x", "work.cold.x" },
		{ "work.cold.", "work.cold." },
		{ ".cold", ".cold" },
		{ "", "" },
	};

	for (size_t i = 0; i < array_len(cases); i++) {
		_cleanup_(freep) char *cut = xasprintf("%.*s", (int)elf_symbol_name_len(cases[i].symbol),
						       cases[i].symbol);
		assert_string_equal(cut, cases[i].function);
	}
}

/* Every sized function that nm lists: its first and last byte are in it. */
static size_t compare_with_nm(const char *path, const char *nm_flags, const struct elf_symtab *t)
{
	_cleanup_(freep) char *list = lab_output("nm -S %s %s | grep -E ' [TtWi] '", nm_flags, path);
	uint64_t start, size;
	size_t n = 0;
	char type;

	for (char *line = strtok(list, "\n"); line; line = strtok(NULL, "\n")) {
		if (sscanf(line, "%" SCNx64 " %" SCNx64 " %c", &start, &size, &type) != 3)
			continue;
		const uint64_t inside[] = { start, start + size / 2, start + size - 1 };

		for (size_t i = 0; i < array_len(inside); i++) {
			struct elf_symbol s;
			uint32_t number;

			assert_true(elf_symtab_find(t, inside[i], &number));
			elf_symtab_get(t, number, &s);
			assert_true(inside[i] >= s.vaddr);
			assert_true(s.size == 0 || inside[i] < s.vaddr + s.size);
			assert_true(s.vaddr >= start);	/* it, or something inside it */
		}
		n++;
	}
	return n;
}

TEST(every_function_that_nm_lists_is_found)
{
	compile_program("-g", "named");
	_cleanup_(closep) int fd = lab_open("named");
	_cleanup_(file_closep) struct elf_file *file = open_fd(fd);
	_cleanup_(symtab_closep) struct elf_symtab *full = open_symtab(file, ELF_SYMTAB);
	_cleanup_(symtab_closep) struct elf_symtab *dynamic = open_symtab(file, ELF_DYNSYM);

	assert_true(compare_with_nm("named", "", full) >= 4);
	assert_true(compare_with_nm("named", "-D", dynamic) >= 2);
}

TEST(every_function_that_libc_exports_is_found)
{
	static const char libc[] = "/lib/x86_64-linux-gnu/libc.so.6";

	need(access(libc, R_OK) == 0, "no /lib/x86_64-linux-gnu/libc.so.6 (Debian: libc6)");
	_cleanup_(closep) int fd = lab_open(libc);
	_cleanup_(file_closep) struct elf_file *file = open_fd(fd);
	_cleanup_(symtab_closep) struct elf_symtab *t = open_symtab(file, ELF_DYNSYM);

	assert_true(compare_with_nm(libc, "-D", t) > 1000);
}

TEST(dynamic_symbols_are_found_without_section_headers)
{
	static const char *const hashes[] = { "gnu", "sysv" };

	for (size_t i = 0; i < array_len(hashes); i++) {
		_cleanup_(freep) char *flags = xasprintf("-Wl,--hash-style=%s", hashes[i]);
		struct buf b = { 0 };
		struct error err;

		compile_program(flags, "headless");
		_cleanup_(closep) int fd = lab_open("headless");
		assert_int_equal(io_read_all(fd, 1 << 24, &b, &err), 0);
		Elf64_Ehdr *eh = (Elf64_Ehdr *)b.data;
		eh->e_shoff = 0;
		eh->e_shnum = eh->e_shstrndx = 0;

		struct elf_file *file = open_buf(&b);
		struct elf_symtab *t;
		assert_int_equal(elf_symtab_open(file, ELF_SYMTAB, &t, &err), 0);
		t = open_symtab(file, ELF_DYNSYM);
		assert_true(compare_with_nm("headless", "-D", t) >= 2);
		elf_symtab_close(t);
		elf_file_close(file);
		buf_deinit(&b);
	}
}

/* What Fedora does to its packages. */
#define MAKE_MINIDEBUG                                                         \
	"nm -D named --format=posix --defined-only | awk '{print $1}' | sort >dyn && " \
	"nm named --format=posix --defined-only | awk '$2 ~ /[TtD]/ {print $1}' | sort >all && " \
	"comm -13 dyn all >keep && objcopy --only-keep-debug named named.debug && " \
	"objcopy -S --remove-section .gdb_index --remove-section .comment " \
	"--keep-symbols=keep named.debug mini && rm -f mini.xz && xz mini && " \
	"strip -o stripped named && objcopy --add-section .gnu_debugdata=mini.xz stripped with-mini"

TEST(symbols_are_found_in_gnu_debugdata)
{
	need_tool("xz", "xz-utils");
	compile_program("-g", "named");
	lab_run("%s", MAKE_MINIDEBUG);
	_cleanup_(closep) int fd = lab_open("with-mini");
	_cleanup_(file_closep) struct elf_file *file = open_fd(fd);
	struct elf_symtab *t;
	struct error err;
	int found = elf_symtab_open(file, ELF_MINIDEBUG, &t, &err);

	need(found >= 0 || err.code != ENOTSUP, "built without liblzma (Debian: liblzma-dev)");
	assert_int_equal(found, 1);
	_cleanup_(freep) char *addr = lab_output("nm named | awk '$3 == \"twice\" { print $1 }'");
	assert_string_equal(name_at(t, strtoull(addr, NULL, 16)), "twice");
	elf_symtab_close(t);
	assert_int_equal(elf_symtab_open(file, ELF_SYMTAB, &t, &err), 0);
}

/* ---- debug files ---- */

TEST(candidates_for_debug_files_come_in_order)
{
	static const uint8_t id[] = { 0xab, 0xcd, 0xef };
	static const struct {
		struct elf_debugfile f;
		const char *paths[5];
	} cases[] = {
		{ { "/opt/bin/x", id, 3, "x.debug", 0 },
		  { "/usr/lib/debug/.build-id/ab/cdef.debug", "/opt/bin/x.debug",
		    "/opt/bin/.debug/x.debug", "/usr/lib/debug/opt/bin/x.debug" } },
		{ { "/opt/bin/x", NULL, 0, "x", 0 },	/* the first would be the module */
		  { "/opt/bin/.debug/x", "/usr/lib/debug/opt/bin/x" } },
		{ { "/x", NULL, 0, "x.debug", 0 },
		  { "/x.debug", "/.debug/x.debug", "/usr/lib/debug/x.debug" } },
		{ { "/opt/bin/x", id, 3, NULL, 0 }, { "/usr/lib/debug/.build-id/ab/cdef.debug" } },
		{ { "[vdso]", NULL, 0, "x.debug", 0 }, { NULL } },
		{ { "/opt/bin/x", id, 1, NULL, 0 }, { NULL } },
	};

	for (size_t i = 0; i < array_len(cases); i++) {
		char path[256];
		size_t n = 0;

		for (; elf_debugfile_path(&cases[i].f, n, path, sizeof(path)) > 0; n++)
			assert_string_equal(path, cases[i].paths[n]);
		assert_null(cases[i].paths[n]);
	}
}

TEST(candidates_for_alt_files_are_relative_to_the_debug_file)
{
	static const uint8_t id[] = { 0xab, 0xcd };
	struct elf_debugfile f = { "/usr/lib/debug/x.debug", id, 2, "../../.dwz/y", 0 };
	char path[256];

	assert_int_equal(elf_altfile_path(&f, 0, path, sizeof(path)), 1);
	assert_string_equal(path, "/usr/lib/debug/.build-id/ab/cd.debug");
	assert_int_equal(elf_altfile_path(&f, 1, path, sizeof(path)), 1);
	assert_string_equal(path, "/usr/lib/debug/../../.dwz/y");
	assert_int_equal(elf_altfile_path(&f, 2, path, sizeof(path)), 0);
	f.link = "/abs/y";
	assert_int_equal(elf_altfile_path(&f, 1, path, sizeof(path)), 1);
	assert_string_equal(path, "/abs/y");
}

TEST(a_path_that_does_not_fit_is_left_out)
{
	struct elf_debugfile f = { "/a/very/long/folder/x", NULL, 0, "x.debug", 0 };
	char path[28];

	assert_int_equal(elf_debugfile_path(&f, 0, path, sizeof(path)), 1);
	assert_string_equal(path, "/a/very/long/folder/x.debug");
	assert_int_equal(elf_debugfile_path(&f, 1, path, sizeof(path)), 0);
}

TEST(a_debug_file_matches_by_build_id_or_checksum)
{
	compile_program("-g -Wl,--build-id=sha1", "linked");
	compile_program("-g -DOTHER -O2 -Wl,--build-id=sha1", "other");
	lab_run("objcopy --only-keep-debug linked linked.debug && strip -g linked && "
		    "objcopy --add-gnu-debuglink=linked.debug linked");
	_cleanup_(closep) int fd = lab_open("linked");
	_cleanup_(file_closep) struct elf_file *file = open_fd(fd);
	_cleanup_(closep) int debug = lab_open("linked.debug");
	_cleanup_(closep) int other = lab_open("other");
	_cleanup_(closep) int text = lab_open("program.c");
	uint8_t id[ELF_MAX_BUILD_ID];
	struct elf_debugfile f = { .path = "/x", .build_id = id };
	struct error err;

	f.build_id_len = elf_file_build_id(file, id, sizeof(id));
	f.link = elf_file_debuglink(file, &f.crc);
	assert_string_equal(f.link, "linked.debug");
	assert_int_equal(elf_debugfile_matches(debug, &f, &err), 1);
	assert_int_equal(elf_debugfile_matches(other, &f, &err), 0);
	assert_int_equal(elf_debugfile_matches(text, &f, &err), -1);
	assert_int_equal(err.code, EBADMSG);
	f.build_id_len = 0;
	assert_int_equal(elf_debugfile_matches(debug, &f, &err), 1);
	assert_int_equal(elf_debugfile_matches(other, &f, &err), 0);
	f.link = NULL;
	assert_int_equal(elf_debugfile_matches(debug, &f, &err), 0);
}

TEST(a_debuglink_with_a_folder_in_it_is_none)
{
	static const char *const links[] = { "../x", "/etc/x", ".", "..", "a/b" };

	compile_program("", "bare");
	for (size_t i = 0; i < array_len(links); i++) {
		lab_run("printf '%s\\0%s\\1\\2\\3\\4' '%s' >link && "
			    "objcopy --add-section .gnu_debuglink=link bare with-link", "%s",
			    strlen(links[i]) % 4 == 3 ? "" : "\\0\\0\\0", links[i]);
		_cleanup_(closep) int fd = lab_open("with-link");
		_cleanup_(file_closep) struct elf_file *file = open_fd(fd);
		uint32_t crc;

		assert_true(elf_file_has_section(file, ".gnu_debuglink"));
		assert_null(elf_file_debuglink(file, &crc));
	}
}

TEST(an_altlink_comes_with_its_build_id)
{
	const uint8_t *id;
	size_t id_len;

	compile_program("", "bare");
	lab_run("printf '../dwz/common\\0\\1\\2\\3' >alt && "
		    "objcopy --add-section .gnu_debugaltlink=alt bare with-alt");
	_cleanup_(closep) int fd = lab_open("with-alt");
	_cleanup_(file_closep) struct elf_file *file = open_fd(fd);
	assert_string_equal(elf_file_altlink(file, &id, &id_len), "../dwz/common");
	assert_int_equal(id_len, 3);
	assert_memory_equal(id, "\1\2\3", 3);
}

/* ---- hostile files ---- */

/* Ask for everything that there is to ask. */
static void read_everything(const void *data, size_t len)
{
	static const char *const names[] = { ".text", ".symtab", ".debug_info", ".debug_line",
					     ".eh_frame", ".gnu_debugdata", ".dynsym" };
	struct elf_file *file;
	struct elf_section s;
	struct error err;
	uint8_t id[ELF_MAX_BUILD_ID];
	const uint8_t *alt_id;
	struct elf_stub *stubs;
	size_t alt_len, n_stubs;
	uint32_t crc;

	if (elf_file_open_memory(data, len, &file, &err) < 0) {
		assert_int_not_equal(err.code, 0);
		return;
	}
	for (size_t i = 0; i < array_len(names); i++)
		elf_file_section(file, names[i], &s, &err);
	for (uint32_t type = 0; type < 8; type++)
		elf_file_program_header(file, type, &s, &err);
	for (size_t i = 0; i < elf_file_n_segments(file); i++)
		elf_file_bytes_at(file, elf_file_segment(file, i)->vaddr, SIZE_MAX, &s, &err);
	elf_file_build_id(file, id, sizeof(id));
	elf_file_debuglink(file, &crc);
	elf_file_altlink(file, &alt_id, &alt_len);
	elf_plt_stubs(file, &stubs, &n_stubs);
	free(stubs);
	for (int kind = ELF_SYMTAB; kind <= ELF_MINIDEBUG; kind++) {
		struct elf_symtab *t;

		if (elf_symtab_open(file, (enum elf_symtab_kind)kind, &t, &err) <= 0)
			continue;
		for (uint64_t vaddr = 0; vaddr < 0x5000; vaddr += 0x111)
			name_at(t, vaddr);
		elf_symtab_close(t);
	}
	elf_file_close(file);
}

/* A copy of exactly `len` bytes, so that the sanitizer sees the end. */
static void read_copy(const uint8_t *data, size_t len)
{
	_cleanup_(freep) uint8_t *copy = xmemdup(data, len);

	read_everything(copy, len);
}

static struct buf small_program(void)
{
	struct buf b = { 0 };
	struct error err;

	compile_program("-g -gz=zlib", "named");
	if (!lab_try("%s", MAKE_MINIDEBUG))
		lab_run("cp named with-mini");
	_cleanup_(closep) int fd = lab_open("with-mini");
	assert_int_equal(io_read_all(fd, 1 << 24, &b, &err), 0);
	return b;
}

/* "1030 strlen" for each stub, as objdump labels them. */
static void assert_same_stubs(const char *name)
{
	_cleanup_(freep) char *expected =
		lab_output("objdump -d --no-show-raw-insn %s | "
			   "sed -n 's/^0*\\([0-9a-f]*\\) <\\(.*\\)@plt>:$/\\1 \\2/p' | "
			   "sed 's/@[A-Z].*//' | sort", name);
	_cleanup_(closep) int fd = lab_open(name);
	_cleanup_(file_closep) struct elf_file *file = open_fd(fd);
	struct elf_stub *stubs;
	FILE *f;
	size_t n;

	elf_plt_stubs(file, &stubs, &n);
	_cleanup_(freep) char *path = xasprintf("%s/stubs", lab_dir);
	f = fopen(path, "we");
	assert_non_null(f);
	for (size_t i = 0; i < n; i++) {
		fprintf(f, "%" PRIx64 " %s\n", stubs[i].vaddr, stubs[i].name);
		assert_in_range(stubs[i].size, 6, 16);
		assert_true(!i || stubs[i - 1].vaddr + stubs[i - 1].size <= stubs[i].vaddr);
	}
	fclose(f);
	free(stubs);
	_cleanup_(freep) char *got = lab_output("sort stubs");
	if (strcmp(got, expected) != 0 || n < 2)
		fail_msg("%s:\n%s-- objdump has\n%s", name, got, expected);
}

TEST(stubs_of_calls_into_other_files_are_those_of_objdump)
{
	need_tool("objdump", "binutils");
	need(lab_try("${CC:-gcc} -dM -E -x c /dev/null | grep -q __x86_64__"), "not x86-64");
	compile_program("-fcf-protection=none -Wl,-z,lazy", "plt-lazy");
	compile_program("-fcf-protection=none -Wl,-z,now", "plt-now");
	compile_program("-fcf-protection=full -Wl,-z,ibtplt -Wl,-z,lazy", "plt-cet");
	compile_program("-fcf-protection=full -Wl,-z,ibtplt -no-pie", "plt-cet-now");
	assert_same_stubs("plt-lazy");
	assert_same_stubs("plt-now");
	assert_same_stubs("plt-cet");
	assert_same_stubs("plt-cet-now");
	lab_run("strip plt-cet");
	assert_same_stubs("plt-cet");
}

TEST(no_truncation_of_a_file_does_harm)
{
	struct buf b = small_program();

	for (size_t len = 0; len < b.len; len += len < 1024 ? 1 : 37)
		read_copy(b.data, len);
	read_copy(b.data, b.len);
	buf_deinit(&b);
}

TEST(no_flipped_byte_of_a_file_does_harm)
{
	static const uint8_t flips[] = { 0x01, 0x80, 0xff };
	struct buf b = small_program();

	for (size_t i = 0; i < b.len; i++) {
		/* All of the headers, which are at both ends; of the rest some. */
		if (i > 1024 && b.len - i > 4096 && i % 29)
			continue;
		b.data[i] ^= flips[i % array_len(flips)];
		read_everything(b.data, b.len);
		b.data[i] ^= flips[i % array_len(flips)];
	}
	buf_deinit(&b);
}

TEST(a_file_that_becomes_shorter_meanwhile_is_damage)
{
	struct buf b = make_elf(EM_X86_64, NULL, 0);
	struct elf_section s;
	struct error err;
	_cleanup_(closep) int fd = io_memfd("x", b.data, b.len, &err);
	_cleanup_(file_closep) struct elf_file *file = open_fd(fd);

	assert_true(elf_file_has_section(file, ".text"));
	assert_int_equal(ftruncate(fd, 1000), 0);
	assert_int_equal(elf_file_section(file, ".text", &s, &err), -1);
	assert_int_equal(err.code, EBADMSG);
	assert_string_equal(err.msg, "section .text: the file became shorter");
	buf_deinit(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(range_map_agrees_with_looking_at_every_range),
		cmocka_unit_test(a_gap_is_measured_from_the_range_before_to_the_one_after),
		cmocka_unit_test(an_empty_range_map_knows_nothing),
		cmocka_unit_test(what_is_no_elf_file_of_ours_is_refused_by_name),
		cmocka_unit_test(what_is_no_regular_file_is_refused),
		cmocka_unit_test(segments_and_sections_are_those_of_the_file),
		cmocka_unit_test(a_section_that_lies_outside_of_the_file_is_damage),
		cmocka_unit_test(build_id_is_that_of_readelf),
		cmocka_unit_test(a_file_without_build_id_has_none),
		cmocka_unit_test(compressed_sections_come_out_as_they_went_in),
		cmocka_unit_test(a_section_that_claims_to_be_huge_is_refused),
		cmocka_unit_test(a_section_whose_compressed_bytes_are_damaged_is_refused),
		cmocka_unit_test(an_address_is_named_by_the_rules_of_the_header),
		cmocka_unit_test(the_name_of_the_function_is_cut_out_of_that_of_the_symbol),
		cmocka_unit_test(every_function_that_nm_lists_is_found),
		cmocka_unit_test(every_function_that_libc_exports_is_found),
		cmocka_unit_test(dynamic_symbols_are_found_without_section_headers),
		cmocka_unit_test(symbols_are_found_in_gnu_debugdata),
		cmocka_unit_test(candidates_for_debug_files_come_in_order),
		cmocka_unit_test(candidates_for_alt_files_are_relative_to_the_debug_file),
		cmocka_unit_test(a_path_that_does_not_fit_is_left_out),
		cmocka_unit_test(a_debug_file_matches_by_build_id_or_checksum),
		cmocka_unit_test(a_debuglink_with_a_folder_in_it_is_none),
		cmocka_unit_test(an_altlink_comes_with_its_build_id),
		cmocka_unit_test(stubs_of_calls_into_other_files_are_those_of_objdump),
		cmocka_unit_test(no_truncation_of_a_file_does_harm),
		cmocka_unit_test(no_flipped_byte_of_a_file_does_harm),
		cmocka_unit_test(a_file_that_becomes_shorter_meanwhile_is_damage),
	};

	return cmocka_run_group_tests(tests, lab_setup, lab_teardown);
}
