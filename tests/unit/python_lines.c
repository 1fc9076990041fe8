// SPDX-License-Identifier: Apache-2.0
/*
 * python_lines PROGRAM [ARGUMENT...]: starts a Python program, which asks on its stdout,
 * and answers on its stdin, a line for a line:
 *
 *	table VERSION FIRST_LINE BYTES OFFSET...
 *		the line of each offset by these bytes of a line table (in hex, or -)
 *	code VERSION TYPE ADDRESS OFFSET...
 *		what code_object_read() says of an object of the program: name, file, first
 *		line (hex of UTF-8), distance of the instructions, stamp, lines; or "none"
 *
 * VERSION as in struct layout, in hex.  A version that has no layout: "no layout".
 * Ends with the status of the program, and says how long a lookup took.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "python/code_object.h"
#include "python/line_table.h"

static uint64_t n_lookups, lookups_ns;

static void die(const char *what)
{
	perror(what);
	exit(99);
}

static bool read_mem(void *ctx, uint64_t addr, void *buf, size_t len)
{
	return pread(*(int *)ctx, buf, len, (off_t)addr) == (ssize_t)len;
}

/* The next word of a request; NULL: there is none. */
static char *word(char **rest)
{
	return strsep(rest, " \n");
}

static uint64_t number(char **rest, int base)
{
	char *w = word(rest), *end;
	uint64_t v;

	if (!w)
		exit(98);
	v = strtoull(w, &end, base);
	if (end == w || *end)
		exit(98);
	return v;
}

static void put_hex(FILE *out, const char *text)
{
	for (; *text; text++)
		fprintf(out, "%02x", (unsigned char)*text);
	fputc(' ', out);
}

static void put_lines(FILE *out, uint16_t version, const uint8_t *table, size_t len,
		      int32_t first_line, char **rest)
{
	_cleanup_(freep) int64_t *offsets = NULL;
	size_t n = 0, cap = 0;
	uint64_t start;
	char *w;

	while ((w = word(rest)) && *w) {
		array_reserve(offsets, n + 1, cap);
		offsets[n++] = strtoll(w, NULL, 10);
	}
	_cleanup_(freep) int32_t *lines = xreallocarray(NULL, n + 1, sizeof(*lines));
	start = clock_mono_ns();
	for (size_t i = 0; i < n; i++)
		lines[i] = line_table_find(version, table, len, first_line, offsets[i]);
	lookups_ns += clock_mono_ns() - start;
	n_lookups += n;
	for (size_t i = 0; i < n; i++)
		fprintf(out, "%s%d", i ? " " : "", lines[i]);
	fputc('\n', out);
}

static void answer_table(FILE *out, char *rest)
{
	uint16_t version = (uint16_t)number(&rest, 16);
	int32_t first_line = (int32_t)number(&rest, 10);
	const char *hex = word(&rest);
	struct buf table = { 0 };

	if (!hex)
		exit(98);
	for (; strspn(hex, "0123456789abcdef") >= 2; hex += 2)
		buf_put_u8(&table, (uint8_t)strtoul((char[]){ hex[0], hex[1], 0 }, NULL, 16));
	put_lines(out, version, table.data, table.len, first_line, &rest);
	buf_deinit(&table);
}

static void answer_code(FILE *out, int mem, char *rest)
{
	const struct python_memory memory = { &mem, read_mem };
	const struct layout *layout = layout_find((uint32_t)number(&rest, 16) << 16 | 0xffff);
	struct code_object code;
	uint64_t type = number(&rest, 10), addr = number(&rest, 10), stamp;

	if (!layout) {
		fprintf(out, "no layout\n");
		return;
	}
	if (!code_object_read(layout, &memory, type, addr, &code) ||
	    !code_object_stamp(layout, &memory, addr, &stamp)) {
		fprintf(out, "none\n");
		return;
	}
	put_hex(out, code.name);
	put_hex(out, code.file);
	fprintf(out, "%d %" PRIu64 " %" PRIx64 " ", code.first_line,
		code.instructions ? code.instructions - addr : 0, stamp);
	put_lines(out, layout->version, code.line_table, code.line_table_len, code.first_line,
		  &rest);
	code_object_deinit(&code);
}

int main(int argc, char **argv)
{
	int requests[2], answers[2], mem, status;
	char path[64], *line = NULL;
	FILE *in, *out;
	size_t cap = 0;
	pid_t pid;

	if (argc < 2)
		return 98;
	if (pipe2(requests, O_CLOEXEC) < 0 || pipe2(answers, O_CLOEXEC) < 0)
		die("pipe");
	pid = fork();
	if (pid < 0)
		die("fork");
	if (pid == 0) {
		dup2(answers[0], STDIN_FILENO);
		dup2(requests[1], STDOUT_FILENO);
		execvp(argv[1], argv + 1);
		perror(argv[1]);
		_exit(97);
	}
	close(requests[1]);
	close(answers[0]);
	in = fdopen(requests[0], "r");
	out = fdopen(answers[1], "w");
	if (!in || !out)
		die("fdopen");
	/* Opened with the first request: before it the program is not the interpreter yet. */
	mem = -1;
	while (getline(&line, &cap, in) > 0) {
		char *rest = line, *what = word(&rest);

		if (mem < 0) {
			snprintf(path, sizeof(path), "/proc/%d/mem", pid);
			mem = open(path, O_RDONLY | O_CLOEXEC);
			if (mem < 0)
				die(path);
		}
		if (!strcmp(what, "table"))
			answer_table(out, rest);
		else if (!strcmp(what, "code"))
			answer_code(out, mem, rest);
		else
			return 98;
		if (fflush(out) != 0)
			die("answer");
	}
	free(line);
	fclose(in);
	fclose(out);
	if (mem >= 0)
		close(mem);
	if (waitpid(pid, &status, 0) != pid)
		die("waitpid");
	if (n_lookups)
		fprintf(stderr, "# %" PRIu64 " lookups, %" PRIu64 " ns each\n", n_lookups,
			lookups_ns / n_lookups);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 96;
}
