// SPDX-License-Identifier: Apache-2.0
/*
 * bench_table FILE - CPU time to build the file's unwind table, warm, best and
 * median of some builds, and its size per row; one "key value" a line.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "base/util.h"
#include "elf/elf_file.h"
#include "unwind/unwind_build.h"
#include "unwind/unwind_table.h"

#define RUNS 15

static int by_value(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static double cpu_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* Milliseconds of one build; the image is left in *out. */
static double build_once(int fd, struct buf *out, struct error *err)
{
	double start = cpu_ms();
	struct elf_file *elf;

	if (elf_file_open(fd, &elf, err) < 0)
		return -1;
	out->len = 0;
	int ret = unwind_build(elf, out, err);
	elf_file_close(elf);
	return ret < 0 ? -1 : cpu_ms() - start;
}

static int measure(const char *path)
{
	_cleanup_(closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct buf image = { 0 };
	double ms[RUNS];
	struct error err = { .msg = "" };

	if (fd < 0) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		return 1;
	}
	for (int i = 0; i < RUNS; i++) {
		ms[i] = build_once(fd, &image, &err);
		if (ms[i] < 0) {
			fprintf(stderr, "%s: %s\n", path, err.msg);
			buf_deinit(&image);
			return 1;
		}
	}
	qsort(ms, RUNS, sizeof(ms[0]), by_value);
	const struct unwind_table_header *h = (const void *)image.data;
	printf("rows %u\nbytes %zu\nbytes_a_row %.2f\ndict %u\nbad %u\n", h->n_rows, image.len,
	       (double)image.len / h->n_rows, h->n_dict, h->n_bad);
	printf("best_ms %.2f\nmedian_ms %.2f\n", ms[0], ms[RUNS / 2]);
	buf_deinit(&image);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: bench_table FILE\n");
		return 2;
	}
	return measure(argv[1]);
}
