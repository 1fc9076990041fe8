// SPDX-License-Identifier: Apache-2.0
/* Static probes, as sys/sdt.h has them put into files. */
#include "tests/unit/lab.h"

#include "base/error.h"
#include "elf/elf_file.h"
#include "elf/elf_probe.h"

/* A note; its addresses are those of where the file was linked, `moved` bytes before. */
#define NOTE(bytes, site, semaphore, moved, provider, name)                                      \
	".pushsection .note.stapsdt,\"\",@note\n.balign 4\n.4byte 8, " bytes ", 3\n"                \
	".asciz \"stapsdt\"\n"                                                                      \
	"1: .8byte " site " - " moved ", _.stapsdt.base - " moved ", " semaphore "\n"              \
	".asciz \"" provider "\"\n.asciz \"" name "\"\n.asciz \"8@%rbp\"\n2: .balign 4\n.popsection\n"

static const char program[] =
	"asm(\".pushsection .stapsdt.base,\\\"aG\\\",\\\"progbits\\\",.stapsdt.base,comdat\\n\"\n"
	"    \"_.stapsdt.base: .space 1\\n.popsection\\n\"\n"
	"    \".pushsection .probes,\\\"aw\\\"\\n.globl sem_a, sem_b\\n.space 6\\n\"\n"
	"    \"sem_a: .2byte 0\\nsem_b: .2byte 0\\n.popsection\\n\"\n"
	"    \".globl site_a, site_b, site_c\\nsite_a: nop\\nsite_b: nop\\nsite_c: nop\\n\"\n"
	"    \".include \\\"notes.s\\\"\\n\");\n"
	"int main(void) { return 0; }\n";

/* A program with these notes; the caller closes its descriptor. */
static int make(const char *flags, const char *notes)
{
	lab_write("notes.s", notes);
	lab_write("probed.c", program);
	lab_run("${CC:-gcc} %s probed.c -o probed", flags);
	return lab_open("probed");
}

static size_t find(int fd, const char *name, struct elf_probe *out, size_t max)
{
	struct elf_file *file;
	struct error err;
	size_t n;

	assert_int_equal(elf_file_open(fd, &file, &err), 0);
	n = elf_probes(file, "python", name, out, max);
	elf_file_close(file);
	return n;
}

/* Where in the file a symbol is: by its section's address and place. */
static uint64_t file_offset(const char *symbol, const char *section)
{
	_cleanup_(freep) char *at = lab_output("nm probed | awk '$3 == \"%s\" { print $1 }'", symbol);
	_cleanup_(freep) char *map = lab_output(
		"readelf -SW probed | sed 's/^ *\\[ *[0-9]*\\] //' | awk '$1 == \"%s\" { print $3, $4 }'",
		section);
	uint64_t vaddr, off;

	assert_int_equal(sscanf(map, "%lx %lx", &vaddr, &off), 2);
	return strtoull(at, NULL, 16) - vaddr + off;
}

static const char usual[] =
	NOTE("2f - 1f", "site_a", "sem_a", "0", "python", "function__entry")
	NOTE("2f - 1f", "site_b", "sem_b", "0", "python", "function__return")
	NOTE("2f - 1f", "site_b", "sem_b", "0", "pythonic", "function__return")
	NOTE("2f - 1f", "site_c", "sem_b - 0x1000", "0x1000", "python", "function__return")
	NOTE("2f - 1f", "site_c", "0", "0", "python", "line");

static void check_usual(const char *flags)
{
	_cleanup_(closep) int fd = make(flags, usual);
	struct elf_probe p[4] = { 0 };

	assert_int_equal(find(fd, "function__return", p, 4), 2);
	assert_int_equal(p[0].site, file_offset("site_b", ".text"));
	assert_int_equal(p[0].semaphore, file_offset("sem_b", ".probes"));
	/* Of a file that was moved after it was linked. */
	assert_int_equal(p[1].site, file_offset("site_c", ".text"));
	assert_int_equal(p[1].semaphore, file_offset("sem_b", ".probes"));
	assert_int_equal(find(fd, "function__entry", p, 4), 1);
	assert_int_equal(p[0].semaphore, file_offset("sem_a", ".probes"));
	/* Without a semaphore, it is always on. */
	assert_int_equal(find(fd, "line", p, 4), 1);
	assert_int_equal(p[0].semaphore, 0);
	assert_int_equal(find(fd, "function__", p, 4), 0);
}

TEST(probes_are_where_the_notes_say)
{
	check_usual("-no-pie");
	check_usual("-pie -fPIE");
}

TEST(all_probes_are_counted_and_as_many_told_as_there_is_room_for)
{
	_cleanup_(closep) int fd = make("-no-pie", usual);
	struct elf_probe p[2] = { [1] = { 42, 43 } };

	assert_int_equal(find(fd, "function__return", p, 1), 2);
	assert_int_equal(p[1].site, 42);
}

/* What lies outside of the file, or says that it is longer than it is, is no probe. */
TEST(notes_that_cannot_be_are_no_probes)
{
	static const char *const notes[] = {
		NOTE("2f - 1f + 4000", "site_b", "sem_b", "0", "python", "function__return"),
		NOTE("0xfffffff8", "site_b", "sem_b", "0", "python", "function__return"),
		NOTE("20", "site_b", "sem_b", "0", "python", "function__return"),
		NOTE("30", "site_b", "sem_b", "0", "python", "function__return"),
		NOTE("2f - 1f", "0x7fffffff0000", "sem_b", "0", "python", "function__return"),
		NOTE("2f - 1f", "site_b", "0x7fffffff0000", "0", "python", "function__return"),
		/* Code where data should be, and the other way round. */
		NOTE("2f - 1f", "sem_b", "sem_b", "0", "python", "function__return"),
		NOTE("2f - 1f", "site_b", "site_b", "0", "python", "function__return"),
	};

	for (size_t i = 0; i < array_len(notes); i++) {
		_cleanup_(closep) int fd = make("-no-pie", notes[i]);
		struct elf_probe p;

		if (find(fd, "function__return", &p, 1))
			fail_msg("note %zu was believed", i);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(probes_are_where_the_notes_say),
		cmocka_unit_test(all_probes_are_counted_and_as_many_told_as_there_is_room_for),
		cmocka_unit_test(notes_that_cannot_be_are_no_probes),
	};

	return cmocka_run_group_tests(tests, lab_setup, lab_teardown);
}
