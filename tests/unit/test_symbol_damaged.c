// SPDX-License-Identifier: Apache-2.0
/* Debug information that is damaged. */
#include "config.h"

#include "tests/unit/symbol_frames.h"

#include <sys/resource.h>
#include <sys/wait.h>

#include "base/io.h"
#ifdef HAVE_LIBDWARF
#include "symbol/dw_lines.h"
#include "symbol/dw_ranges.h"
#endif
#include "tests/unit/symbol_programs.h"

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
#ifdef HAVE_LIBDWARF
		cmocka_unit_test(damaged_line_tables_and_range_lists_do_no_harm),
#endif
		cmocka_unit_test(damaged_debug_information_ends_in_an_answer_or_a_crash_of_libdwarf),
	};

	return cmocka_run_group_tests(tests, lab_setup, lab_teardown);
}
