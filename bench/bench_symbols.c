// SPDX-License-Identifier: Apache-2.0
/*
 * Symbolizes the addresses on stdin (hexadecimal, one a line), for measuring and
 * for comparing with llvm-symbolizer, whose output format it has:
 *
 *	bench_symbols MODULE [DEBUG-FILE [ALT-FILE]] <addresses
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/util.h"
#include "symbol/symbolizer.h"

struct function {
	char *name;
	char *file;
};

struct output {
	struct function *functions;
	size_t n, cap;
};

static void on_function(void *ctx, const struct symbol_function *f)
{
	struct output *out = ctx;

	array_reserve(out->functions, out->n + 1, out->cap);
	out->functions[out->n++] = (struct function){
		.name = xstrdup(f->name), .file = xstrdup(f->file ? f->file : "??") };
}

static void on_address(void *ctx, uint64_t vaddr, const struct symbol_level *levels,
		       uint32_t n_levels)
{
	const struct output *out = ctx;

	(void)vaddr;
	for (uint32_t i = 0; i < n_levels; i++) {
		const struct function *f = &out->functions[levels[i].function];

		printf("%s\n%s:%u\n", f->name[0] ? f->name : "??", f->file, levels[i].line);
	}
	if (n_levels == 0)
		printf("??\n??:0\n");
	putchar('\n');
}

static int open_arg(int argc, char **argv, int i)
{
	int fd = i < argc ? open(argv[i], O_RDONLY | O_CLOEXEC) : -1;

	if (i < argc && fd < 0) {
		perror(argv[i]);
		exit(1);
	}
	return fd;
}

int main(int argc, char **argv)
{
	struct symbolizer_files files = {
		.main_fd = open_arg(argc, argv, 1),
		.debug_fd = open_arg(argc, argv, 2),
		.alt_fd = open_arg(argc, argv, 3),
		.kind = argc > 1 && strstr(argv[1], "kallsyms") ? MODULE_KERNEL : MODULE_FILE,
	};
	struct output out = { 0 };
	struct symbol_sink sink = { &out, on_function, on_address };
	struct symbolizer *s;
	struct error err;
	uint64_t *vaddrs = NULL;
	size_t n = 0, cap = 0;
	uint64_t vaddr;

	while (scanf("%" SCNx64, &vaddr) == 1) {
		array_reserve(vaddrs, n + 1, cap);
		vaddrs[n++] = vaddr;
	}
	if (symbolizer_open(&files, &s, &err) < 0) {
		fprintf(stderr, "bench_symbols: %s\n", err.msg);
		return 1;
	}
	symbolizer_resolve(s, vaddrs, n, &sink);
	if (symbolizer_note(s)[0])
		fprintf(stderr, "bench_symbols: note: %s\n", symbolizer_note(s));
	symbolizer_close(s);
	for (size_t i = 0; i < out.n; i++) {
		free(out.functions[i].name);
		free(out.functions[i].file);
	}
	free(out.functions);
	free(vaddrs);
	return 0;
}
