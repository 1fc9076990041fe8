// SPDX-License-Identifier: Apache-2.0
/*
 * The symbolizer against other tools: for every address of a program that is
 * looked at, the same inlined calls, names, files and lines as llvm-symbolizer
 * gives.  Programs are compiled here; python3.11 and libc come with the debug files
 * of their distribution.
 */
#include "config.h"

#include "tests/unit/lab.h"

#include <errno.h>
#include <inttypes.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "base/io.h"
#include "elf/elf_file.h"
#include "symbol/demangle.h"
#include "symbol/symbolizer.h"
#ifdef HAVE_LIBDWARF
#include "symbol/dw_lines.h"
#include "symbol/dw_ranges.h"
#endif

#define MAX_SHOWN 5	/* differences printed before a test fails */

/* ---- what was said about addresses ---- */

struct frame {
	char *name;
	char *file;		/* "??" if not known */
	unsigned int line;
	enum record_symbol_source source;
	uint64_t vaddr;		/* of the function */
	uint64_t decl_line;
};

struct frames {
	struct frame *frame;	/* all of them, address by address */
	size_t n, cap;
	size_t *first;		/* of each address, and one more */
	size_t n_addrs, cap_addrs;
};

static void frames_deinit(struct frames *f)
{
	for (size_t i = 0; i < f->n; i++) {
		free(f->frame[i].name);
		free(f->frame[i].file);
	}
	free(f->frame);
	free(f->first);
	*f = (struct frames){ 0 };
}

static struct frame *add_frame(struct frames *f)
{
	array_reserve(f->frame, f->n + 1, f->cap);
	f->frame[f->n] = (struct frame){ 0 };
	return &f->frame[f->n++];
}

static void begin_address(struct frames *f)
{
	array_reserve(f->first, f->n_addrs + 2, f->cap_addrs);
	f->first[f->n_addrs++] = f->n;
	f->first[f->n_addrs] = f->n;
}

static size_t n_frames_of(const struct frames *f, size_t addr)
{
	return f->first[addr + 1] - f->first[addr];
}

static const struct frame *frame_of(const struct frames *f, size_t addr, size_t level)
{
	assert_true(level < n_frames_of(f, addr));
	return &f->frame[f->first[addr] + level];
}

/* ---- our side ---- */

struct collector {
	struct frames functions;	/* one frame each, as told */
	struct frames *out;
	bool short_names;		/* what is shown, not the linker's name */
};

static void on_function(void *ctx, const struct symbol_function *fn)
{
	struct collector *c = ctx;
	struct frame *f = add_frame(&c->functions);

	f->name = xstrdup(fn->linkage && !c->short_names ? fn->linkage : fn->name);
	f->file = xstrdup(fn->file ? fn->file : "??");
	f->source = fn->source;
	f->vaddr = fn->vaddr;
	f->decl_line = fn->line;
}

static void on_address(void *ctx, uint64_t vaddr, const struct symbol_level *levels, uint32_t n)
{
	struct collector *c = ctx;

	(void)vaddr;
	begin_address(c->out);
	for (uint32_t i = 0; i < n; i++) {
		assert_true(levels[i].function < c->functions.n);	/* told before */
		struct frame *f = add_frame(c->out);

		*f = c->functions.frame[levels[i].function];
		f->name = xstrdup(f->name);
		f->file = xstrdup(f->file);
		f->line = levels[i].line;
	}
	c->out->first[c->out->n_addrs] = c->out->n;
}

struct module {
	struct symbolizer_files files;
	struct symbolizer *s;
};

static void module_open(struct module *m, const char *path, const char *debug, const char *alt)
{
	struct error err;

	m->files = (struct symbolizer_files){ .main_fd = lab_open(path),
					      .debug_fd = debug ? lab_open(debug) : -1,
					      .alt_fd = alt ? lab_open(alt) : -1 };
	if (symbolizer_open(&m->files, &m->s, &err) < 0)
		fail_msg("%s: %s", path, err.msg);
}

static void module_close(struct module *m)
{
	symbolizer_close(m->s);
	closep(&m->files.main_fd);
	closep(&m->files.debug_fd);
	closep(&m->files.alt_fd);
}

static void resolve(struct module *m, const uint64_t *vaddrs, size_t n, bool short_names,
		    struct frames *out)
{
	struct collector c = { .out = out, .short_names = short_names };
	struct symbol_sink sink = { &c, on_function, on_address };

	symbolizer_resolve(m->s, vaddrs, n, &sink);
	assert_int_equal(out->n_addrs, n);
	assert_null(strstr(symbolizer_note(m->s), "damaged"));
	frames_deinit(&c.functions);
}

static void resolve_file(const char *path, const char *debug, const char *alt,
			 const uint64_t *vaddrs, size_t n, bool short_names, struct frames *out)
{
	struct module m;

	module_open(&m, path, debug, alt);
	resolve(&m, vaddrs, n, short_names, out);
	module_close(&m);
}

/* About `n` addresses spread evenly over .text; the caller frees. */
static uint64_t *spread(const char *path, size_t n)
{
	_cleanup_(closep) int fd = lab_open(path);
	uint64_t *vaddrs = xcalloc(n, sizeof(*vaddrs));
	struct elf_file *file;
	struct elf_section text;
	struct error err;

	assert_int_equal(elf_file_open(fd, &file, &err), 0);
	assert_int_equal(elf_file_section(file, ".text", &text, &err), 1);
	for (size_t i = 0; i < n; i++)
		vaddrs[i] = text.vaddr + text.len * i / n;
	elf_file_close(file);
	return vaddrs;
}

static uint64_t address_of(const char *path, const char *symbol)
{
	_cleanup_(freep) char *text =
		lab_output("nm %s | awk '$3 == \"%s\" { print $1 }'", path, symbol);

	if (!text[0])
		fail_msg("%s: no symbol %s", path, symbol);
	return strtoull(text, NULL, 16);
}

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

/* ---- programs ---- */

static const char c_program[] =
	"#include <stdio.h>\n"
	"#include <stdlib.h>\n"
	"static inline int square(int x) { return x * x; }\n"
	"static inline __attribute__((always_inline)) int both(int a, int b)\n"
	"{\n"
	"	int s = square(a) + square(b);\n"
	"	return s % 7 ? s : square(s);\n"
	"}\n"
	"static __attribute__((cold, noinline)) void complain(int x) { printf(\"%d\\n\", x); exit(1); }\n"
	"__attribute__((noinline)) int fib(int n)\n"
	"{\n"
	"	if (__builtin_expect(n < 0, 0))\n"
	"		complain(n);\n"
	"	return n < 2 ? n : fib(n - 1) + fib(n - 2);\n"
	"}\n"
	"__attribute__((noinline)) int work(int n)\n"
	"{\n"
	"	int t = 0;\n"
	"	for (int i = 0; i < n; i++)\n"
	"		t += both(i, t) ^ fib(i & 3);\n"
	"#include \"body.inc\"\n"
	"	return t;\n"
	"}\n"
	"int main(int c, char **v) { printf(\"%d\\n\", work(c + atoi(v[0]))); return 0; }\n";

static const char c_body[] =
	"	for (int k = 0; k < n; k += 3)\n"
	"		t -= square(t) / (k + 1);\n";

static const char cc_program[] =
	"#include <algorithm>\n"
	"#include <cstdio>\n"
	"#include <memory>\n"
	"#include <string>\n"
	"#include <vector>\n"
	"namespace app {\n"
	"namespace {\n"
	"struct shape { virtual ~shape() {} virtual double area() const = 0; };\n"
	"struct box : shape { double s; box(double x) : s(x) {}\n"
	"	double area() const override { return s * s; } };\n"
	"}\n"
	"template <typename T> struct holder {\n"
	"	std::vector<T> v;\n"
	"	template <typename F> int each(F f) { int n = 0; for (auto &x : v) n += f(x); return n; }\n"
	"};\n"
	"double total(const std::vector<std::unique_ptr<shape>> &v)\n"
	"{\n"
	"	double t = 0;\n"
	"	for (auto &s : v) t += s->area();\n"
	"	return t;\n"
	"}\n"
	"}\n"
	"int main(int argc, char **argv)\n"
	"{\n"
	"	struct local { int go(int x) { return x * 3 + (x % 7 ? 1 : 2); } } l;\n"
	"	std::vector<std::unique_ptr<app::shape>> v;\n"
	"	app::holder<std::string> h;\n"
	"	for (int i = 0; i < argc; i++) { v.emplace_back(new app::box(i)); h.v.push_back(argv[i]); }\n"
	"	std::sort(h.v.begin(), h.v.end(), [](auto &a, auto &b) { return a.size() < b.size(); });\n"
	"	int n = h.each([&](const std::string &s) { return l.go((int)s.size()); });\n"
	"	try { if (argc > 3) throw n; } catch (int e) { puts(\"no\"); }\n"
	"	printf(\"%d %f\\n\", n, app::total(v));\n"
	"}\n";

/* Functions whose entries are inside of functions. */
static const char nested_program[] =
	"#include <stdlib.h>\n"
	"int main(int c, char **v)\n"
	"{\n"
	"	__attribute__((noinline)) int inner(int x) { return x * c + rand(); }\n"
	"	__attribute__((noinline)) int other(int x) { return inner(x) / (c + 1) + rand() % c; }\n"
	"	return inner(c) + other(v[0][0]);\n"
	"}\n";

static const char local_program[] =
	"#include <cstdlib>\n"
	"int main(int c, char **v)\n"
	"{\n"
	"	struct local {\n"
	"		__attribute__((noinline)) int go(int x) { return x * rand() + rand() / 3; }\n"
	"	} l;\n"
	"	auto f = [&](int y) __attribute__((noinline)) { return l.go(y) / (c + 1) + rand() % c; };\n"
	"	return f(c) + l.go(v[0][0]);\n"
	"}\n";

static const char rust_program[] =
	"use std::collections::HashMap;\n"
	"enum Kind { A(u32), B(String) }\n"
	"impl Kind { #[inline(never)] fn len(&self) -> usize {\n"
	"	match self { Kind::A(n) => *n as usize, Kind::B(s) => s.len() } } }\n"
	"mod deep { #[inline(never)] pub fn work(v: &[u64]) -> u64 {\n"
	"	v.iter().filter(|x| **x % 3 == 0).map(|x| x * x).sum() } }\n"
	"fn main() {\n"
	"	let mut m = HashMap::new();\n"
	"	for (i, a) in std::env::args().enumerate() { m.insert(a.clone(), i); }\n"
	"	let v: Vec<u64> = (0..1000).collect();\n"
	"	let k = [Kind::A(3), Kind::B(\"abc\".into())];\n"
	"	println!(\"{} {} {:?}\", deep::work(&v), k.iter().map(|k| k.len()).sum::<usize>(), m);\n"
	"}\n";

static void write_programs(void)
{
	lab_write("program.c", c_program);
	lab_write("body.inc", c_body);
	lab_write("program.cc", cc_program);
	lab_write("program.rs", rust_program);
	lab_write("nested.c", nested_program);
	lab_write("local.cc", local_program);
}

/* ---- DWARF against the judge ---- */

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

/* ---- with less than full debug information ---- */

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

/* ---- generated code ---- */

/* What a perf map or a jitdump, or both, say of an address: "" if nothing. */
static char *generated_name(const struct buf *map, const struct buf *dump, uint64_t vaddr)
{
	struct error err;
	_cleanup_(closep) int map_fd = map ? io_memfd("map", map->data, map->len, &err) : -1;
	_cleanup_(closep) int dump_fd = dump ? io_memfd("dump", dump->data, dump->len, &err) : -1;
	struct module m = { .files = { map_fd, dump_fd, -1, MODULE_ANON } };
	_cleanup_(frames_deinit) struct frames ours = { 0 };

	assert_int_equal(symbolizer_open(&m.files, &m.s, &err), 0);
	resolve(&m, &vaddr, 1, true, &ours);
	assert_string_equal(symbolizer_note(m.s), "");
	symbolizer_close(m.s);
	assert_true(ours.n <= 1);
	if (ours.n) {
		assert_int_equal(ours.frame[0].source, SYMBOL_GENERATED);
		assert_int_equal(ours.frame[0].vaddr, 0);
	}
	return xstrdup(ours.n ? ours.frame[0].name : "");
}

struct name_at { uint64_t vaddr; const char *name; };

static void assert_generated(const struct buf *map, const struct buf *dump,
			     const struct name_at *cases, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		_cleanup_(freep) char *name = generated_name(map, dump, cases[i].vaddr);

		if (strcmp(name, cases[i].name) != 0)
			fail_msg("%#" PRIx64 " is \"%s\", not \"%s\"", cases[i].vaddr, name,
				 cases[i].name);
	}
}

TEST(generated_functions_come_from_the_perf_map)
{
	static const char text[] =
		"1000 100 first\n"
		"2000 10 JS:*inner /srv/a b.js:1:15\n"
		"00007FBB89fc5b80 2C4 high\n"
		"0x00007fcead000080 0x00000000000000a0 long J.inner(int)\n"	/* OpenJDK */
		/* said later: all, the beginning, the middle, the end of what was there */
		"3000 100 old\n" "3000 100 new\n"
		"4000 100 whole\n" "3f80 a0 over the beginning\n" "4040 20 inside\n"
		"40f0 20 over the end\n"
		"5000 10 a\n" "5010 10 b\n" "5000 20 both\n" "5018 1 c\n"
		/* malformed, each by itself */
		"6000 0 empty\n" "6000 -10 negative\n" "-6000 10 negative\n" "6000 10\n"
		"6000 10 \n" "6000\n" "\n" " 6000 10 blank\n" "0x 10 prefix\n" "0x0x6000 10 prefix\n"
		"6000  10 two blanks\n" "6000\t10\ttabs\n" "zz 10 x\n"
		"ffffffffffffff00 101 beyond the last address\n"
		"10000000000006000 10 more than 64 bits\n" "6000 1ffffffffffffffff x\n"
		/* the last of all addresses cannot be had: its end would be 0 */
		"fffffffffffffff0 f top\n"
		"7000 10 \x1b[31mred\x7f\r\n"
		"7100 10 cut\0here\n"
		"8000 10 the last line has no e";
	static const struct name_at cases[] = {
		{ 0xfff, "" }, { 0x1000, "first" }, { 0x10ff, "first" }, { 0x1100, "" },
		{ 0x200f, "JS:*inner /srv/a b.js:1:15" }, { 0x2010, "" },
		{ 0x7fcead00011f, "long J.inner(int)" }, { 0x7fcead000120, "" },
		{ 0x7fbb89fc5b80, "high" }, { 0x7fbb89fc5e43, "high" }, { 0x7fbb89fc5e44, "" },
		{ 0x3000, "new" }, { 0x30ff, "new" },
		{ 0x3f80, "over the beginning" }, { 0x401f, "over the beginning" },
		{ 0x4020, "whole" }, { 0x403f, "whole" }, { 0x4040, "inside" },
		{ 0x4060, "whole" }, { 0x40ef, "whole" }, { 0x40f0, "over the end" },
		{ 0x410f, "over the end" }, { 0x4110, "" },
		{ 0x5000, "both" }, { 0x5017, "both" }, { 0x5018, "c" }, { 0x5019, "both" },
		{ 0x5020, "" }, { 0x6000, "" }, { 0x600f, "" }, { 0xffffffffffffff80, "" },
		{ 0xf, "" }, { 0xfffffffffffffffe, "top" }, { UINT64_MAX, "" },
		{ 0x7000, "\x1b[31mred\x7f\r" }, { 0x7100, "cut" },
		{ 0x8000, "" }, { 0, "" },
	};
	struct buf map = { (uint8_t *)text, sizeof(text) - 1, 0 };

	assert_generated(&map, NULL, cases, array_len(cases));
}

TEST(of_files_without_anything_nothing_is_said)
{
	static const struct name_at nothing[] = { { 0x1000, "" } };
	struct buf empty = { 0 }, lines = { (uint8_t *)"\n\n\n", 3, 0 };

	assert_generated(NULL, NULL, nothing, 1);
	assert_generated(&empty, &empty, nothing, 1);
	assert_generated(&lines, &lines, nothing, 1);
}

TEST(a_function_compiled_again_stays_one_function)
{
	static const char text[] = "1000 10 f\n2000 10 f\n";
	struct error err;
	_cleanup_(closep) int fd = io_memfd("map", text, sizeof(text) - 1, &err);
	struct module m = { .files = { fd, -1, -1, MODULE_ANON } };
	_cleanup_(frames_deinit) struct frames ours = { 0 };
	const uint64_t vaddrs[] = { 0x1000, 0x2000 };

	assert_int_equal(symbolizer_open(&m.files, &m.s, &err), 0);
	resolve(&m, vaddrs, 2, true, &ours);
	symbolizer_close(m.s);
	assert_int_equal(ours.n, 2);
	for (size_t i = 0; i < 2; i++) {
		assert_string_equal(ours.frame[i].name, "f");
		assert_int_equal(ours.frame[i].vaddr, 0);
	}
}

TEST(a_long_generated_name_is_cut)
{
	struct buf map = { 0 };

	buf_put(&map, "1000 10 ", 8);
	memset(buf_add(&map, 1 << 20), 'x', 1 << 20);
	buf_put(&map, "\n2000 10 next\n", 14);
	_cleanup_(freep) char *name = generated_name(&map, NULL, 0x1000);
	_cleanup_(freep) char *next = generated_name(&map, NULL, 0x2000);
	assert_int_equal(strlen(name), 4096);
	assert_string_equal(next, "next");
	buf_deinit(&map);
}

TEST(a_perf_map_that_is_too_large_is_not_read)
{
	_cleanup_(closep) int fd = memfd_create("map", MFD_CLOEXEC);
	struct module m = { .files = { fd, -1, -1, MODULE_ANON } };
	_cleanup_(frames_deinit) struct frames ours = { 0 };
	uint64_t vaddr = 0x1000;
	struct error err;

	assert_int_equal(write(fd, "1000 10 f\n", 10), 10);
	assert_int_equal(ftruncate(fd, (256 << 20) + 1), 0);
	assert_int_equal(symbolizer_open(&m.files, &m.s, &err), 0);
	resolve(&m, &vaddr, 1, true, &ours);
	assert_int_equal(ours.n, 0);
	assert_string_equal(symbolizer_note(m.s),
			    "its perf map: 268435457 bytes, limit 268435456");
	assert_true(symbolizer_flags(m.s) & MODULE_UNREADABLE);
	symbolizer_close(m.s);
}

/* ---- a jitdump, as jitdump-specification.txt has it ---- */

static void put_dump_header(struct buf *b, uint32_t magic, uint32_t bytes)
{
	const uint32_t head[] = { magic, 1, bytes, 62, 0, 1234 };

	buf_put(b, head, sizeof(head));
	buf_put_u64(b, 5);	/* time */
	buf_put_u64(b, 0);	/* flags */
	for (uint32_t i = 40; i < bytes; i++)
		buf_put_u8(b, 0);
}

static void put_dump_record(struct buf *b, uint32_t kind, const void *body, size_t len)
{
	buf_put_u32(b, kind);
	buf_put_u32(b, (uint32_t)(16 + len));
	buf_put_u64(b, 6);	/* time */
	buf_put(b, body, len);
}

static void put_load(struct buf *b, uint64_t start, uint64_t size, const char *name)
{
	struct buf body = { 0 };

	buf_put_u32(&body, 1234);
	buf_put_u32(&body, 1235);
	buf_put_u64(&body, start);
	buf_put_u64(&body, start);
	buf_put_u64(&body, size);
	buf_put_u64(&body, 1);
	buf_put(&body, name, strlen(name) + 1);
	buf_put(&body, "\xc3\xc3\xc3", 3);
	put_dump_record(b, 0, body.data, body.len);
	buf_deinit(&body);
}

static void put_move(struct buf *b, uint64_t from, uint64_t to, uint64_t size)
{
	const uint64_t body[] = { 1234, to, from, to, size, 1 };

	put_dump_record(b, 1, body, sizeof(body));
}

TEST(generated_functions_come_from_the_jitdump)
{
	static const struct name_at cases[] = {
		{ 0x1000, "first" }, { 0x103f, "first" }, { 0x1040, "" }, { 0x2000, "again" },
		{ 0x3000, "mover" }, { 0x30ff, "mover" }, { 0x4000, "mover" }, { 0x5000, "" },
		{ 0x6000, "" }, { 0x7000, "last" }, { 0x9000, "" },
	};
	static const uint64_t no_end[] = { 1234, 0x9000, 0x9000, 0x10, 1, 0x6d6d6d6d6d6d6d6d };
	struct buf b = { 0 };

	put_dump_header(&b, 0x4a695444, 48);
	put_load(&b, 0x1000, 0x40, "first");
	put_load(&b, 0x2000, 0x40, "old");
	put_dump_record(&b, 2, "lines", 5);
	put_load(&b, 0x2000, 0x40, "again");
	put_load(&b, 0x3000, 0x100, "mover");
	put_move(&b, 0x3000, 0x4000, 0x100);
	put_move(&b, 0x9000, 0x5000, 0x100);	/* of what is not known */
	put_load(&b, 0x6000, 0x10, "");
	put_dump_record(&b, 0, "short", 5);
	put_dump_record(&b, 0, no_end, sizeof(no_end));
	put_dump_record(&b, 4, "", 0);
	put_dump_record(&b, 77, "of a later version", 18);
	put_load(&b, 0x7000, 0x10, "last");
	assert_generated(NULL, &b, cases, array_len(cases));

	/* cut anywhere: what is whole before that */
	for (size_t len = 0; len < b.len; len++) {
		struct buf cut = { b.data, len, 0 };
		_cleanup_(freep) char *last = generated_name(NULL, &cut, 0x7000);
		_cleanup_(freep) char *first = generated_name(NULL, &cut, 0x1000);
		bool whole = len >= 48 + 16 + 40 + sizeof("first") + 3;

		assert_string_equal(last, "");
		assert_string_equal(first, whole ? "first" : "");
	}
	/* the jitdump knows better than the map */
	static const char text[] = "1000 40 in the map\n8000 10 only there\n";
	static const struct name_at both[] = { { 0x1000, "first" }, { 0x8000, "only there" } };
	struct buf map = { (uint8_t *)text, sizeof(text) - 1, 0 };
	assert_generated(&map, &b, both, array_len(both));
	buf_deinit(&b);
}

TEST(a_jitdump_of_another_form_says_nothing)
{
	static const struct { uint32_t magic, bytes; } cases[] = {
		{ 0x4454694a, 40 },	/* of another byte order */
		{ 0x4a695444, 39 }, { 0x4a695444, 0 }, { 0, 40 },
	};
	static const struct name_at nothing[] = { { 0x1000, "" } };

	for (size_t i = 0; i < array_len(cases); i++) {
		struct buf b = { 0 };

		put_dump_header(&b, cases[i].magic, cases[i].bytes);
		put_load(&b, 0x1000, 0x40, "first");
		assert_generated(NULL, &b, nothing, 1);
		buf_deinit(&b);
	}
	struct buf b = { 0 };
	put_dump_header(&b, 0x4a695444, 40);
	buf_put_u32(&b, 0);
	buf_put_u32(&b, 0);	/* a record of no bytes: no way on */
	put_load(&b, 0x1000, 0x40, "first");
	assert_generated(NULL, &b, nothing, 1);
	buf_deinit(&b);
}

/* ---- demangling ---- */

TEST(names_are_demangled)
{
	static const struct { const char *mangled; const char *shown; } cases[] = {
		{ "_ZN3app5totalEi", "app::total(int)" },
		{ "_ZN3app5totalEi.constprop.0", "app::total(int) [clone .constprop.0]" },
		{ "_ZZ4mainENKUliE_clEi", "main::{lambda(int)#1}::operator()(int) const" },
		{ "_ZN4core3fmt9Formatter9write_str17h0123456789abcdefE", "core::fmt::Formatter::write_str" },
		{ "_RNvCs1234_7mycrate3foo", "mycrate::foo" },
		{ "_D3std5stdio12__ModuleInfoZ", "ModuleInfo for std.stdio" },
		{ "_D4main3fooFiZv", "main.foo(int)" },
		{ "main", NULL }, { "", NULL }, { "_", NULL }, { "_Z", NULL }, { "_R", NULL },
		{ "_D", NULL }, { "_Zgarbage$", NULL },
	};

#ifndef HAVE_IBERTY
	need(false, "built without libiberty (Debian: libiberty-dev)");
#endif
	for (size_t i = 0; i < array_len(cases); i++) {
		_cleanup_(freep) char *shown = demangle(cases[i].mangled);

		if (cases[i].shown) {
			assert_non_null(shown);
			assert_string_equal(shown, cases[i].shown);
		} else {
			assert_null(shown);
		}
	}
}

/* "_Z1f" and pair types, each holding the one before it twice: 2^depth in text. */
static char *exploding_cplusplus(unsigned int depth)
{
	struct buf b = { 0 };

	buf_put(&b, "_Z1f1pIiiE", 10);
	for (unsigned int i = 0; i < depth; i++) {
		char step[32];
		int len = i == 0 ? sprintf(step, "S_IS0_S0_E") :
				   sprintf(step, "S_IS%X_S%X_E", i, i);
		buf_put(&b, step, (size_t)len);
	}
	buf_put_u8(&b, '\0');
	return (char *)b.data;
}

TEST(a_name_made_to_explode_is_left_alone)
{
	_cleanup_(freep) char *long_name = xmalloc(DEMANGLE_MAX_INPUT + 2);
	struct rlimit no_core = { 0, 0 };
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		setrlimit(RLIMIT_CORE, &no_core);
		alarm(20);
		for (unsigned int depth = 1; depth < 36; depth++) {
			_cleanup_(freep) char *name = exploding_cplusplus(depth);
			_cleanup_(freep) char *shown = demangle(name);

			if (shown && strlen(shown) > DEMANGLE_MAX_OUTPUT)
				_exit(1);
		}
		/* deep nesting, in each of the languages */
		static const char *const bits[] = { "P", "N", "I", "T", "Q", "NCNv", "A1_" };
		static const char *const starts[] = { "_Z1f", "_R", "_D1aF" };
		for (size_t i = 0; i < array_len(bits) * array_len(starts); i++) {
			const char *bit = bits[i % array_len(bits)];
			size_t len = (size_t)sprintf(long_name, "%s", starts[i / array_len(bits)]);

			while (len + strlen(bit) < DEMANGLE_MAX_INPUT)
				len += (size_t)sprintf(long_name + len, "%s", bit);
			free(demangle(long_name));
		}
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	memset(long_name, 'P', DEMANGLE_MAX_INPUT + 1);
	memcpy(long_name, "_Z1f", 4);
	long_name[DEMANGLE_MAX_INPUT + 1] = '\0';
	assert_null(demangle(long_name));
}

/* ---- hostile debug information ---- */

#ifdef HAVE_LIBDWARF
/* Damage bytes of `data` in a way that depends on `seed` only. */
static void damage(uint8_t *data, size_t len, unsigned int seed)
{
	srand(seed);
	for (int n = 1 + rand() % 8; n > 0; n--)
		data[(size_t)rand() % len] = (uint8_t)rand();
}

static void ignore_range(void *ctx, uint64_t low, uint64_t high)
{
	(void)low, (void)high;
	(*(size_t *)ctx)++;
}

/* Our own readers; libdwarf is not involved. */
TEST(damaged_line_tables_and_range_lists_do_no_harm)
{
	static const char *const commands[] = { "gcc -O2 -gdwarf-4", "gcc -O2 -gdwarf-5",
						"clang -O2 -gdwarf-5" };

	write_programs();
	for (size_t i = 0; i < array_len(commands); i++) {
		if (!lab_try("%s program.c -o compiled", commands[i]))
			continue;
		_cleanup_(closep) int fd = lab_open("compiled");
		struct elf_file *file;
		struct error err;

		assert_int_equal(elf_file_open(fd, &file, &err), 0);
		struct elf_section line = elf_file_section_or_empty(file, ".debug_line");
		struct elf_section line_str = elf_file_section_or_empty(file, ".debug_line_str");
		struct elf_section str = elf_file_section_or_empty(file, ".debug_str");
		struct elf_section ranges = elf_file_section_or_empty(file,
						i == 0 ? ".debug_ranges" : ".debug_rnglists");
		struct elf_section addr = elf_file_section_or_empty(file, ".debug_addr");

		for (unsigned int seed = 0; seed < 3000; seed++) {
			size_t cut = seed % 3 ? line.len : seed % line.len + 1;
			_cleanup_(freep) uint8_t *bad = xmemdup(line.data, cut);
			struct dw_line_sections sections = { { bad, cut }, line_str, str };
			struct dw_lines lines = { 0 };
			struct buf path = { 0 };
			uint32_t at_file, at_line;

			damage(bad, cut, seed);
			dw_lines_read(&lines, &sections, seed % 7 ? 0 : seed, "/", seed % 5 == 0);
			for (uint64_t vaddr = 0x1000; vaddr < 0x1400; vaddr += 7)
				dw_lines_find(&lines, vaddr, &at_file, &at_line);
			for (uint64_t k = 0; k < lines.n_files + 2; k++)
				dw_lines_path(&lines, k, &path);
			dw_lines_deinit(&lines);
			buf_deinit(&path);

			cut = seed % 3 ? ranges.len : seed % ranges.len + 1;
			_cleanup_(freep) uint8_t *bad_ranges = xmemdup(ranges.data, cut);
			struct dw_ranges r = { { bad_ranges, cut }, { bad_ranges, cut }, addr };
			struct dw_ranges_base base = { .version = i == 0 ? 4 : 5, .offset_bytes = 4 };
			size_t n = 0;

			damage(bad_ranges, cut, seed);
			for (uint64_t off = 0; off < ranges.len; off++)
				dw_ranges_walk(&r, &base, off, seed % 2, ignore_range, &n);
			dw_ranges_walk(&r, &base, UINT64_MAX, seed % 2, ignore_range, &n);
		}
		elf_file_close(file);
	}
}
#endif

/* What a child says by its exit status; anything else is a crash. */
enum { CHILD_OK = 0, CHILD_REFUSED = 33 };

static int resolve_in_child(const char *path)
{
	struct rlimit no_core = { 0, 0 };
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		_cleanup_(freep) uint64_t *vaddrs = spread("compiled", 200);
		struct symbolizer_files files = { lab_open(path), -1, -1, MODULE_FILE };
		struct frames ours = { 0 };
		struct collector c = { .out = &ours };
		struct symbol_sink sink = { &c, on_function, on_address };
		struct symbolizer *s;
		struct error err;

		setrlimit(RLIMIT_CORE, &no_core);
		freopen("/dev/null", "w", stderr);
		alarm(10);
		if (symbolizer_open(&files, &s, &err) < 0)
			_exit(CHILD_REFUSED);
		symbolizer_resolve(s, vaddrs, 200, &sink);
		symbolizer_close(s);
		_exit(CHILD_OK);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

/* libdwarf may crash on such files, which costs a worker process: we only count. */
TEST(damaged_debug_information_ends_in_an_answer_or_a_crash_of_libdwarf)
{
	struct buf all = { 0 };
	struct error err;
	size_t n = 0, n_ok = 0, n_refused = 0, n_crashed = 0;

	write_programs();
	lab_run("gcc -O2 -gdwarf-5 program.c -o compiled");
	_cleanup_(closep) int fd = lab_open("compiled");
	assert_int_equal(io_read_all(fd, 1 << 24, &all, &err), 0);
	_cleanup_(freep) char *path = xasprintf("%s/damaged", lab_dir);
	for (size_t i = 0; i < 250; i++) {
		_cleanup_(freep) uint8_t *bad = xmemdup(all.data, all.len);
		size_t len = i % 5 ? all.len : all.len * i / 250;
		int out = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

		srand((unsigned int)i);
		for (int k = 0; k < 20; k++)	/* headers stay, or nothing would be read */
			bad[64 + 56 * 13 + (size_t)rand() % (all.len - 64 - 56 * 13 - 64 * 40)] ^=
				(uint8_t)(1 + rand() % 255);
		assert_int_equal(io_write_full(out, bad, len), 0);
		close(out);

		int status = resolve_in_child("damaged");
		n++;
		if (!WIFEXITED(status) ||
		    (WEXITSTATUS(status) != CHILD_OK && WEXITSTATUS(status) != CHILD_REFUSED))
			n_crashed++;
		else if (WEXITSTATUS(status) == CHILD_OK)
			n_ok++;
		else
			n_refused++;
	}
	print_message("%zu damaged files: %zu answered, %zu refused, %zu crashed\n",
		      n, n_ok, n_refused, n_crashed);
	assert_true(n_ok > n / 4);
	buf_deinit(&all);
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
		cmocka_unit_test(the_order_and_the_number_of_requests_do_not_matter),
		cmocka_unit_test(a_function_with_lines_in_two_files_is_told_once_for_each),
		cmocka_unit_test(each_source_answers_where_the_better_ones_are_missing),
		cmocka_unit_test(a_cold_part_is_shown_as_its_function),
		cmocka_unit_test(a_missing_dwo_file_is_noted_and_leaves_names_and_lines),
		cmocka_unit_test(an_unreadable_debug_file_costs_its_names_only),
		cmocka_unit_test(an_object_file_is_refused),
		cmocka_unit_test(nothing_is_said_about_addresses_outside_of_functions),
		cmocka_unit_test(kernel_functions_come_from_kallsyms),
		cmocka_unit_test(hidden_kernel_addresses_are_noted),
		cmocka_unit_test(generated_functions_come_from_the_perf_map),
		cmocka_unit_test(of_files_without_anything_nothing_is_said),
		cmocka_unit_test(a_function_compiled_again_stays_one_function),
		cmocka_unit_test(a_long_generated_name_is_cut),
		cmocka_unit_test(a_perf_map_that_is_too_large_is_not_read),
		cmocka_unit_test(generated_functions_come_from_the_jitdump),
		cmocka_unit_test(a_jitdump_of_another_form_says_nothing),
		cmocka_unit_test(names_are_demangled),
		cmocka_unit_test(a_name_made_to_explode_is_left_alone),
#ifdef HAVE_LIBDWARF
		cmocka_unit_test(damaged_line_tables_and_range_lists_do_no_harm),
#endif
		cmocka_unit_test(damaged_debug_information_ends_in_an_answer_or_a_crash_of_libdwarf),
	};

	return cmocka_run_group_tests(tests, lab_setup, lab_teardown);
}
