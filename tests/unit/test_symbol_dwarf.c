// SPDX-License-Identifier: Apache-2.0
/*
 * DWARF against another tool: for every address of a program that is looked at, the
 * same inlined calls, names, files and lines as llvm-symbolizer gives.  Programs are
 * compiled here; python3.11 and libc come with the debug files of their distribution.
 */
#include "config.h"

#include "tests/unit/symbol_frames.h"

#include <inttypes.h>

#include "tests/unit/symbol_programs.h"

#define MAX_SHOWN 5	/* differences printed before a test fails */

/* ---- the judge ---- */

/* Lines come in pairs, function and FILE:LINE:COLUMN, with a blank one after each address. */
static void parse_judge(char *text, struct frames *out)
{
	char *line = text, *end;

	begin_address(out);
	for (; (end = strchr(line, '\n')); line = end + 1) {
		*end = '\0';
		if (line[0] == '\0') {
			if (end[1])
				begin_address(out);
			continue;
		}
		struct frame *f = add_frame(out);

		f->name = xstrdup(line);
		line = end + 1;
		end = strchr(line, '\n');
		assert_non_null(end);
		*end = '\0';
		*strrchr(line, ':') = '\0';	/* the column */
		char *colon = strrchr(line, ':');
		f->line = (unsigned int)atoi(colon + 1);
		*colon = '\0';
		f->file = xstrdup(line);
		out->first[out->n_addrs] = out->n;
	}
}

static void ask_judge(const char *path, const uint64_t *vaddrs, size_t n, bool short_names,
		      struct frames *out)
{
	struct buf text = { 0 };

	for (size_t i = 0; i < n; i++) {
		char line[32];

		buf_put(&text, line, (size_t)sprintf(line, "%#" PRIx64 "\n", vaddrs[i]));
	}
	buf_put_u8(&text, '\0');
	lab_write("addresses", (char *)text.data);
	buf_deinit(&text);
	_cleanup_(freep) char *answer =
		lab_output("llvm-symbolizer --inlines --no-demangle --functions=%s --obj='%s' <addresses",
			       short_names ? "short" : "linkage", path);
	parse_judge(answer, out);
	assert_int_equal(out->n_addrs, n);
}

/*
 * The judge takes the outermost name from the symbol table, which knows a clone's
 * suffix, and of a constructor's variants (C1, C2, or C4 for all) has one or another.
 */
static char *plain_name(const char *name)
{
	static const char *const suffixes[] = { ".constprop.", ".isra.", ".part.", ".cold",
						".lto_priv.", ".llvm." };
	char *plain = xstrdup(name);

	for (size_t i = 0; i < array_len(suffixes); i++) {
		char *at = strstr(plain, suffixes[i]);

		if (at)
			*at = '\0';
	}
	char *number = strrchr(plain, '.');	/* of a nested function */

	if (number && number[1 + strspn(number + 1, "0123456789")] == '\0')
		*number = '\0';
	for (char *p = plain; strncmp(name, "_Z", 2) == 0 && *p; p++) {
		if ((p[0] == 'C' || p[0] == 'D') && p[1] >= '0' && p[1] <= '4' &&
		    (p[2] == 'E' || p[2] == 'I'))
			p[1] = '?';
	}
	return plain;
}

/*
 * llvm-symbolizer 14 puts the compilation folder in front of itself if it is
 * relative ("./stdlib/./stdlib/abort.c", as in glibc).
 */
static const char *plain_file(const char *file)
{
	size_t len = strlen(file);

	for (size_t half = 1; half * 2 < len; half++) {
		if (file[half] == '/' && strncmp(file, file + half + 1, half) == 0 &&
		    file[2 * half + 1] == '/')
			return file + half + 1;
	}
	return file;
}

/* The line of `symbols` (what nm prints) that ends with a name; NULL if there is none. */
static const char *symbol_line(const char *symbols, const char *name)
{
	size_t len = strlen(name);

	for (const char *p = symbols; (p = strstr(p, name)); p += len) {
		if (p[-1] == ' ' && p[len] == '\n')
			return p - strlen("0000000000000000 T ");
	}
	return NULL;
}

/* Compilers merge functions of the same code; then the table has several names for it. */
static bool same_symbol(const char *symbols, const char *a, const char *b)
{
	const char *line_a = symbol_line(symbols, a), *line_b = symbol_line(symbols, b);

	return line_a && line_b && strncmp(line_a, line_b, 16) == 0;
}

static bool same_frame(const struct frame *ours, const struct frame *judges, const char *symbols)
{
	_cleanup_(freep) char *a = plain_name(ours->name);
	_cleanup_(freep) char *b = plain_name(judges->name);

	return ours->line == judges->line && strcmp(ours->file, plain_file(judges->file)) == 0 &&
	       (strcmp(a, b) == 0 || same_symbol(symbols, ours->name, judges->name));
}

/*
 * Without DWARF the judge says FILE for "a file named so in the symbol table", and
 * where it knows no function it is not worth listening to.
 */
static bool judge_knows(const struct frames *judge, size_t addr)
{
	const struct frame *f = frame_of(judge, addr, 0);

	return strcmp(f->name, "??") != 0 && strchr(f->file, '/');
}

static void show(const char *who, const struct frames *f, size_t addr)
{
	for (size_t i = 0; i < n_frames_of(f, addr); i++)
		print_message("    %s %s %s:%u\n", who, frame_of(f, addr, i)->name,
			      frame_of(f, addr, i)->file, frame_of(f, addr, i)->line);
}

/* How many addresses both know and agree on; a difference fails the test. */
static size_t compare(const uint64_t *vaddrs, const struct frames *ours, const struct frames *judge,
		      const char *symbols)
{
	size_t n_same = 0, n_different = 0;

	for (size_t i = 0; i < ours->n_addrs; i++) {
		bool same = n_frames_of(ours, i) == n_frames_of(judge, i);

		if (!judge_knows(judge, i))
			continue;
		for (size_t k = 0; same && k < n_frames_of(ours, i); k++)
			same = same_frame(frame_of(ours, i, k), frame_of(judge, i, k), symbols);
		n_same += same;
		if (same || n_different++ >= MAX_SHOWN)
			continue;
		print_message("  %#" PRIx64 "\n", vaddrs[i]);
		show("ours ", ours, i);
		show("judge", judge, i);
	}
	assert_int_equal(n_different, 0);
	return n_same;
}

/* `judged` is what the judge is shown: it finds no debug files beside fixtures. */
static void assert_same_as_judge(const char *path, const char *debug, const char *alt,
				 const char *judged, size_t n, bool short_names, size_t at_least)
{
	_cleanup_(freep) uint64_t *vaddrs = spread(path, n);
	_cleanup_(frames_deinit) struct frames ours = { 0 };
	_cleanup_(frames_deinit) struct frames judge = { 0 };

	resolve_file(path, debug, alt, vaddrs, n, short_names, &ours);
	ask_judge(judged, vaddrs, n, short_names, &judge);
	_cleanup_(freep) char *symbols = lab_output("nm '%s'", judged);
	size_t n_same = compare(vaddrs, &ours, &judge, symbols);

	if (n_same < at_least)
		fail_msg("%s: only %zu of %zu addresses could be compared", path, n_same, n);
	print_message("%s: %zu of %zu addresses compared, %zu frames\n", path, n_same, n, ours.n);
}

#ifdef HAVE_LIBDWARF
#define need_judge()                                                           \
	need_tool("llvm-symbolizer", "llvm")
#else
#define need_judge() need(false, "built without libdwarf (Debian: libdwarf-dev)")
#endif

/* ---- programs compiled here ---- */

static void compare_compilers(const char *const *commands, size_t n, size_t n_addrs)
{
	write_programs();
	for (size_t i = 0; i < n; i++) {
		if (!lab_try("%s -o compiled", commands[i])) {
			print_message("left out, does not compile here: %s\n", commands[i]);
			continue;
		}
		print_message("%s\n", commands[i]);
		_cleanup_(freep) char *path = xasprintf("%s/compiled", lab_dir);
		assert_same_as_judge("compiled", NULL, NULL, path, n_addrs, false, n_addrs / 4);
	}
}

TEST(c_programs_of_every_dwarf_version_give_the_judges_frames)
{
	static const char *const commands[] = {
		"gcc -O2 -gdwarf-2 program.c", "gcc -O2 -gdwarf-3 program.c",
		"gcc -O2 -gdwarf-4 program.c", "gcc -O2 -gdwarf-5 program.c",
		"gcc -O2 -gdwarf-5 -gdwarf64 program.c", "gcc -O0 -g program.c",
		"gcc -O2 -g -flto program.c", "gcc -O2 -g -ffunction-sections -Wl,--gc-sections program.c",
		"gcc -O2 -g -gz=zlib program.c", "gcc -O2 -gdwarf-4 -gz=zlib-gnu program.c",
		"clang -O2 -gdwarf-2 program.c", "clang -O2 -gdwarf-3 program.c",
		"clang -O2 -gdwarf-4 program.c", "clang -O2 -gdwarf-5 program.c",
		"clang -O2 -gdwarf-5 -flto -fuse-ld=lld program.c",
	};

	need_judge();
	compare_compilers(commands, array_len(commands), 300);
}

TEST(cplusplus_programs_give_the_judges_frames)
{
	static const char *const commands[] = {
		"g++ -O2 -gdwarf-3 program.cc", "g++ -O2 -gdwarf-4 program.cc",
		"g++ -O2 -gdwarf-5 program.cc", "g++ -O0 -g program.cc",
		"g++ -O2 -gdwarf-4 -fdebug-types-section program.cc",
		"clang++ -O2 -gdwarf-4 program.cc", "clang++ -O2 -gdwarf-5 program.cc",
		"clang++ -O2 -gmlt program.cc",
	};

	need_judge();
	compare_compilers(commands, array_len(commands), 1500);
}

TEST(functions_inside_of_functions_give_the_judges_frames)
{
	static const char *const commands[] = {
		"gcc -O2 -g nested.c", "g++ -O2 -g local.cc", "g++ -O0 -g local.cc",
		"clang++ -O2 -g local.cc",
	};

	need_judge();
	compare_compilers(commands, array_len(commands), 400);
}

TEST(rust_programs_give_the_judges_frames)
{
	static const char *const commands[] = {
		"rustc -g -O program.rs", "rustc -g program.rs",
		"rustc -g -O -C symbol-mangling-version=v0 program.rs",
	};

	need_judge();
	need(lab_try("rustc --version || ~/.cargo/bin/rustc --version"), "no rustc (Debian: rustc)");
	compare_compilers(commands, array_len(commands), 2000);
}

/* ---- debug files and common files ---- */

/* The debug file that a distribution's package has for `path`; the caller frees. */
static char *debug_file_of(const char *path)
{
	return lab_output("id=$(readelf -n %s | sed -n 's/.*Build ID: //p' | head -1); "
			      "f=/usr/lib/debug/.build-id/$(printf %%s $id | cut -c1-2)/"
			      "$(printf %%s $id | cut -c3-).debug; test -e $f && printf %%s $f", path);
}

TEST(python_with_its_debug_file_gives_the_judges_frames)
{
	_cleanup_(freep) char *debug = debug_file_of("/usr/bin/python3.11");

	need_judge();
	need(debug[0], "no debug file for /usr/bin/python3.11 (Debian: python3.11-dbg)");
	assert_same_as_judge("/usr/bin/python3.11", debug, NULL, "/usr/bin/python3.11", 5000,
			     false, 4800);
}

TEST(libc_with_its_debug_file_gives_the_judges_frames)
{
	static const char libc[] = "/lib/x86_64-linux-gnu/libc.so.6";
	_cleanup_(freep) char *debug = debug_file_of(libc);

	need_judge();
	need(debug[0], "no debug file for libc (Debian: libc6-dbg)");
	assert_same_as_judge(libc, debug, NULL, libc, 5000, true, 4000);
}

TEST(a_separate_debug_file_is_as_good_as_debug_information_inside)
{
	need_judge();
	write_programs();
	lab_run("gcc -O2 -g program.c -o whole && objcopy --only-keep-debug whole whole.debug && "
		    "strip -o naked whole");
	_cleanup_(freep) char *whole = xasprintf("%s/whole", lab_dir);
	assert_same_as_judge("naked", "whole.debug", NULL, whole, 500, false, 200);
}

TEST(names_that_dwz_moved_to_a_common_file_are_found)
{
	need_judge();
	need_tool("dwz", "dwz");
	write_programs();
	lab_run("g++ -O2 -g program.cc -o whole && cp whole one && "
		    "g++ -O2 -g -DTWO program.cc -o two && rm -f common && dwz -m common one two");
	_cleanup_(freep) char *whole = xasprintf("%s/whole", lab_dir);
	assert_same_as_judge("one", NULL, "common", whole, 1500, false, 700);
}

TEST(without_the_common_file_the_symbol_table_names_functions)
{
	struct module m;
	_cleanup_(frames_deinit) struct frames ours = { 0 };

	need_judge();
	need_tool("dwz", "dwz");
	write_programs();
	lab_run("g++ -O2 -g program.cc -o one && cp one two && rm -f common && dwz -m common one two");
	_cleanup_(freep) uint64_t *vaddrs = spread("one", 500);
	module_open(&m, "one", NULL, NULL);
	assert_non_null(strstr(symbolizer_note(m.s), "some names are in common, which was not found"));
	resolve(&m, vaddrs, 500, true, &ours);
	for (size_t i = 0; i < ours.n_addrs; i++) {
		if (n_frames_of(&ours, i))
			assert_string_not_equal(frame_of(&ours, i, n_frames_of(&ours, i) - 1)->name, "");
	}
	module_close(&m);
}

TEST(a_missing_dwo_file_is_noted_and_leaves_names_and_lines)
{
	static const char *const commands[] = {
		"gcc -O2 -gdwarf-5 -gsplit-dwarf", "gcc -O2 -gdwarf-4 -gsplit-dwarf",
		"clang -O2 -gdwarf-5 -gsplit-dwarf",
	};

	need_judge();
	write_programs();
	for (size_t i = 0; i < array_len(commands); i++) {
		struct module m;
		_cleanup_(frames_deinit) struct frames ours = { 0 };

		if (!lab_try("rm -f *.dwo; %s program.c -o compiled && rm *.dwo", commands[i]))
			continue;
		uint64_t vaddr = address_of("compiled", "work") + 1;
		module_open(&m, "compiled", NULL, NULL);
		resolve(&m, &vaddr, 1, true, &ours);
		assert_int_equal(ours.n, 1);
		assert_string_equal(ours.frame[0].name, "work");
		assert_int_equal(ours.frame[0].source, SYMBOL_SYMTAB);
		assert_true(ours.frame[0].line >= 16);
		assert_non_null(strstr(ours.frame[0].file, "/program.c"));
		assert_string_equal(symbolizer_note(m.s), "1 of 1 compilation units have their debug "
				    "information in .dwo files: no inlined calls there");
		module_close(&m);
	}
}

/* ---- without the judge ---- */

TEST(the_order_and_the_number_of_requests_do_not_matter)
{
	struct module m;

	write_programs();
	lab_run("gcc -O2 -g program.c -o compiled");
	size_t n = 400;
	_cleanup_(freep) uint64_t *vaddrs = spread("compiled", n);
	_cleanup_(frames_deinit) struct frames at_once = { 0 };
	resolve_file("compiled", NULL, NULL, vaddrs, n, false, &at_once);

	module_open(&m, "compiled", NULL, NULL);
	struct collector c = { 0 };
	struct symbol_sink sink = { &c, on_function, on_address };
	for (size_t i = n; i-- > 0;) {
		_cleanup_(frames_deinit) struct frames one = { 0 };

		c.out = &one;
		symbolizer_resolve(m.s, &vaddrs[i], 1, &sink);
		assert_int_equal(n_frames_of(&one, 0), n_frames_of(&at_once, i));
		for (size_t k = 0; k < n_frames_of(&one, 0); k++)
			assert_true(same_frame(frame_of(&one, 0, k), frame_of(&at_once, i, k), ""));
	}
	frames_deinit(&c.functions);
	module_close(&m);
}

TEST(a_function_with_lines_in_two_files_is_told_once_for_each)
{
	bool in_body = false, in_program = false;
	uint64_t vaddr = 0;

	need_judge();
	write_programs();
	lab_run("gcc -O1 -g program.c -o compiled");
	_cleanup_(freep) uint64_t *vaddrs = spread("compiled", 1500);
	_cleanup_(frames_deinit) struct frames ours = { 0 };
	resolve_file("compiled", NULL, NULL, vaddrs, 1500, false, &ours);
	for (size_t i = 0; i < ours.n; i++) {
		const struct frame *f = &ours.frame[i];

		if (strcmp(f->name, "work") != 0)
			continue;
		assert_true(vaddr == 0 || vaddr == f->vaddr);
		vaddr = f->vaddr;
		if (strstr(f->file, "body.inc")) {
			in_body = true;
			assert_int_equal(f->decl_line, 0);	/* it is declared elsewhere */
		} else if (strstr(f->file, "program.c")) {
			in_program = true;
			assert_int_equal(f->decl_line, 16);
		}
	}
	assert_true(in_body && in_program);
	assert_int_equal(vaddr, address_of("compiled", "work"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(c_programs_of_every_dwarf_version_give_the_judges_frames),
		cmocka_unit_test(cplusplus_programs_give_the_judges_frames),
		cmocka_unit_test(functions_inside_of_functions_give_the_judges_frames),
		cmocka_unit_test(rust_programs_give_the_judges_frames),
		cmocka_unit_test(python_with_its_debug_file_gives_the_judges_frames),
		cmocka_unit_test(libc_with_its_debug_file_gives_the_judges_frames),
		cmocka_unit_test(a_separate_debug_file_is_as_good_as_debug_information_inside),
		cmocka_unit_test(names_that_dwz_moved_to_a_common_file_are_found),
		cmocka_unit_test(without_the_common_file_the_symbol_table_names_functions),
		cmocka_unit_test(a_missing_dwo_file_is_noted_and_leaves_names_and_lines),
		cmocka_unit_test(the_order_and_the_number_of_requests_do_not_matter),
		cmocka_unit_test(a_function_with_lines_in_two_files_is_told_once_for_each),
	};

	return cmocka_run_group_tests(tests, lab_setup, lab_teardown);
}
