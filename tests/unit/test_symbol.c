// SPDX-License-Identifier: Apache-2.0
/* Where a name comes from: the best source that there is, of programs and the kernel. */
#include "config.h"

#include "tests/unit/symbol_frames.h"

#include <errno.h>

#include "base/io.h"
#include "tests/unit/symbol_programs.h"

/* ---- programs ---- */

TEST(each_source_answers_where_the_better_ones_are_missing)
{
	static const struct {
		const char *make;	/* from "whole" */
		const char *function;	/* an address in it ... */
		const char *name;	/* ... is named so ... */
		enum record_symbol_source source;	/* ... by */
		uint32_t flags;
		const char *note;	/* part of it */
	} cases[] = {
#ifdef HAVE_LIBDWARF
		{ "cp whole made", "work", "work", SYMBOL_DWARF,
		  MODULE_HAS_SYMTAB | MODULE_HAS_LINES, "" },
#endif
		{ "strip -g -o made whole", "work", "work", SYMBOL_SYMTAB, MODULE_HAS_SYMTAB,
		  "no debug information: no source lines, no inlined calls (build-id " },
		{ "strip -o made whole", "work", "work", SYMBOL_DYNSYM, 0,
		  "stripped: no debug information, names of exported functions only (build-id " },
		{ "strip -o made whole", "complain", "", SYMBOL_RANGE, 0, "stripped: " },
		{ "strip -o made private", "work", "", SYMBOL_RANGE, 0, "stripped: " },
	};

	write_programs();
	lab_run("gcc -O2 -g -rdynamic -Wl,--build-id program.c -o whole && "
		    "gcc -O2 -g -Wl,--build-id program.c -o private");
	for (size_t i = 0; i < array_len(cases); i++) {
		struct module m;
		_cleanup_(frames_deinit) struct frames ours = { 0 };
		const char *from = strstr(cases[i].make, "private") ? "private" : "whole";
		uint64_t vaddr = address_of(from, cases[i].function) + 1;

		lab_run("%s", cases[i].make);
		module_open(&m, "made", NULL, NULL);
		assert_int_equal(symbolizer_flags(m.s), cases[i].flags);
		assert_non_null(strstr(symbolizer_note(m.s), cases[i].note));
		resolve(&m, &vaddr, 1, false, &ours);
		assert_int_equal(ours.n, 1);
		assert_string_equal(ours.frame[0].name, cases[i].name);
		assert_int_equal(ours.frame[0].source, cases[i].source);
		assert_int_equal(ours.frame[0].vaddr, vaddr - 1);
		module_close(&m);
	}
}

TEST(a_cold_part_is_shown_as_its_function)
{
	static const uint64_t none = 0;
	uint64_t vaddr = none;

	write_programs();
	lab_run("gcc -O2 program.c -o compiled");
	_cleanup_(freep) char *list = lab_output("nm compiled | grep 'fib[.]cold'");
	need(list[0], "this gcc does not split fib()");
	vaddr = strtoull(list, NULL, 16);
	_cleanup_(frames_deinit) struct frames shown = { 0 };
	_cleanup_(frames_deinit) struct frames linkage = { 0 };
	resolve_file("compiled", NULL, NULL, &vaddr, 1, true, &shown);
	resolve_file("compiled", NULL, NULL, &vaddr, 1, false, &linkage);
	assert_string_equal(shown.frame[0].name, "fib");
	assert_string_equal(linkage.frame[0].name, "fib.cold");
}

TEST(an_unreadable_debug_file_costs_its_names_only)
{
	struct module m;
	_cleanup_(frames_deinit) struct frames ours = { 0 };

	write_programs();
	lab_run("gcc -O2 -g program.c -o whole && strip -g -o bare whole");
	uint64_t vaddr = address_of("whole", "work");
	module_open(&m, "bare", "program.c", NULL);
	assert_non_null(strstr(symbolizer_note(m.s), "debug file: not an ELF file; no debug information"));
	resolve(&m, &vaddr, 1, true, &ours);
	assert_string_equal(ours.frame[0].name, "work");
	module_close(&m);
}

TEST(an_object_file_is_refused)
{
	struct symbolizer *s;
	struct error err;

	write_programs();
	lab_run("gcc -c -g program.c -o program.o");
	_cleanup_(closep) int fd = lab_open("program.o");
	struct symbolizer_files files = { fd, -1, -1, MODULE_FILE };
	assert_int_equal(symbolizer_open(&files, &s, &err), -1);
	assert_int_equal(err.code, EBADMSG);
	assert_string_equal(err.msg, "an object file that was not linked");
}

TEST(nothing_is_said_about_addresses_outside_of_functions)
{
	static const uint64_t vaddrs[] = { 0, 1, 0x100, UINT64_MAX - 1, UINT64_MAX };

	write_programs();
	lab_run("gcc -O2 -g program.c -o compiled");
	_cleanup_(frames_deinit) struct frames ours = { 0 };
	resolve_file("compiled", NULL, NULL, vaddrs, array_len(vaddrs), false, &ours);
	assert_int_equal(ours.n, 0);
}

/* ---- the kernel ---- */

TEST(kernel_functions_come_from_kallsyms)
{
	static const char text[] =
		"0000000000000000 A fixed_percpu_data\n"
		"0000000000001000 A cpu_debug_store\n"
		"ffffffff81000000 T _text\n"
		"ffffffff81000000 T startup_64\n"
		"ffffffff81000100 t do_idle\n"
		"ffffffff81000180 W weak_one\n"
		"ffffffff81000180 t __local_one\n"
		"ffffffff81000200 D some_data\n"
		"ffffffff81000300 t part.cold\n"
		"ffffffffc0000000 t ext4_readdir\t[ext4]\n"
		"ffffffffc0000040 d ext4_data\t[ext4]\n"
		"nonsense\n\n";
	static const struct { uint64_t vaddr; const char *name; } cases[] = {
		{ 0xffffffff81000000, "startup_64" }, { 0xffffffff810000ff, "startup_64" },
		{ 0xffffffff81000100, "do_idle" }, { 0xffffffff8100017f, "do_idle" },
		{ 0xffffffff81000190, "weak_one" }, { 0xffffffff81000210, "" },
		{ 0xffffffff81000310, "part" }, { 0xffffffff81010300, "" },
		{ 0xffffffffc0000010, "ext4_readdir [ext4]" }, { 0xffffffffc0000050, "" },
		{ 0, "" }, { 0x1010, "" }, { 0xffffffff80ffffff, "" },
	};
	struct error err;
	_cleanup_(closep) int fd = io_memfd("kallsyms", text, sizeof(text) - 1, &err);
	struct module m = { .files = { fd, -1, -1, MODULE_KERNEL } };

	assert_int_equal(symbolizer_open(&m.files, &m.s, &err), 0);
	assert_string_equal(symbolizer_note(m.s), "");
	for (size_t i = 0; i < array_len(cases); i++) {
		_cleanup_(frames_deinit) struct frames ours = { 0 };
		struct collector c = { .out = &ours, .short_names = true };
		struct symbol_sink sink = { &c, on_function, on_address };
		struct symbolizer *s;

		assert_int_equal(symbolizer_open(&m.files, &s, &err), 0);
		symbolizer_resolve(s, &cases[i].vaddr, 1, &sink);
		assert_string_equal(ours.n ? ours.frame[0].name : "", cases[i].name);
		if (ours.n)
			assert_int_equal(ours.frame[0].source, SYMBOL_KALLSYMS);
		symbolizer_close(s);
		frames_deinit(&c.functions);
	}
	symbolizer_close(m.s);
}

TEST(hidden_kernel_addresses_are_noted)
{
	static const char text[] = "0000000000000000 T startup_64\n0000000000000000 t do_idle\n";
	struct error err;
	_cleanup_(closep) int fd = io_memfd("kallsyms", text, sizeof(text) - 1, &err);
	struct module m = { .files = { fd, -1, -1, MODULE_KERNEL } };
	_cleanup_(frames_deinit) struct frames ours = { 0 };
	uint64_t vaddr = 0xffffffff81000000;

	assert_int_equal(symbolizer_open(&m.files, &m.s, &err), 0);
	resolve(&m, &vaddr, 1, true, &ours);
	assert_int_equal(ours.n, 0);
	assert_string_equal(symbolizer_note(m.s),
			    "the kernel hides the addresses of its functions (kernel.kptr_restrict)");
	symbolizer_close(m.s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_source_answers_where_the_better_ones_are_missing),
		cmocka_unit_test(a_cold_part_is_shown_as_its_function),
		cmocka_unit_test(an_unreadable_debug_file_costs_its_names_only),
		cmocka_unit_test(an_object_file_is_refused),
		cmocka_unit_test(nothing_is_said_about_addresses_outside_of_functions),
		cmocka_unit_test(kernel_functions_come_from_kallsyms),
		cmocka_unit_test(hidden_kernel_addresses_are_noted),
	};

	return cmocka_run_group_tests(tests, lab_setup, lab_teardown);
}
