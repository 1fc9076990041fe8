// SPDX-License-Identifier: Apache-2.0
/*
 * tests/unit/golden.h - texts that were looked at once and then kept, in
 * tests/unit/golden.  With GENERATE=1 they are written instead of compared.
 */
#ifndef CPROFD_TESTS_UNIT_GOLDEN_H
#define CPROFD_TESTS_UNIT_GOLDEN_H

#include "tests/unit/test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/io.h"
#include "base/util.h"

static inline char *golden_path(const char *name)
{
	const char *top = getenv("top_srcdir");

	return xasprintf("%s/tests/unit/golden/%s.txt", top ? top : ".", name);
}

static inline void golden_compare(const char *name, const char *text)
{
	_cleanup_(freep) char *path = golden_path(name);
	const char *generate = getenv("GENERATE");
	struct buf expected = { 0 };
	struct error err;

	if (generate && *generate == '1') {
		FILE *out = fopen(path, "w");

		assert_non_null(out);
		fputs(text, out);
		assert_int_equal(fclose(out), 0);
		return;
	}
	_cleanup_(closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || io_read_all(fd, 1 << 20, &expected, &err) < 0)
		fail_msg("cannot read %s", path);
	buf_put_u8(&expected, '\0');
	assert_string_equal(text, (char *)expected.data);
	buf_deinit(&expected);
}

#endif
