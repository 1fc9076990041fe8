// SPDX-License-Identifier: Apache-2.0
/*
 * Time to build the unwind table of each file named, warm, best and median of
 * some builds, and its size per row.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/util.h"
#include "elf/elf_file.h"
#include "unwind/unwind_build.h"
#include "unwind/unwind_table.h"

#define RUNS 7

static int by_value(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* Milliseconds of one build; the image is left in *out. */
static double build_once(int fd, struct buf *out, struct error *err)
{
	uint64_t start = clock_mono_ns();
	struct elf_file *elf;

	if (elf_file_open(fd, &elf, err) < 0)
		return -1;
	out->len = 0;
	int ret = unwind_build(elf, out, err);
	elf_file_close(elf);
	return ret < 0 ? -1 : (double)(clock_mono_ns() - start) / 1e6;
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
	printf("%-28s rows %8u  bytes %9zu  B/row %5.2f  dict %5u  bad %u  ms best %7.2f median %7.2f\n",
	       strrchr(path, '/') ? strrchr(path, '/') + 1 : path, h->n_rows, image.len,
	       (double)image.len / h->n_rows, h->n_dict, h->n_bad, ms[0], ms[RUNS / 2]);
	buf_deinit(&image);
	return 0;
}

int main(int argc, char **argv)
{
	int failed = 0;

	for (int i = 1; i < argc; i++)
		failed |= measure(argv[i]);
	return failed;
}
