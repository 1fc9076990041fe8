// SPDX-License-Identifier: Apache-2.0
/*
 * Programs that a test compiles and takes apart while it runs: a folder of its
 * own, commands run there, and a skip with its reason where a tool is missing.
 */
#ifndef CPROFD_TESTS_UNIT_LAB_H
#define CPROFD_TESTS_UNIT_LAB_H

#include "tests/unit/test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

static char lab_dir[] = "/tmp/cprofd-test-XXXXXX";

/* Group set-up and tear-down. */
static inline int lab_setup(void **state)
{
	(void)state;
	return mkdtemp(lab_dir) ? 0 : -1;
}

static inline int lab_teardown(void **state)
{
	_cleanup_(freep) char *cmd = xasprintf("rm -rf '%s'", lab_dir);

	(void)state;
	return system(cmd);
}

/* Run a shell command in the folder; true if it succeeded. */
static inline bool __attribute__((format(printf, 1, 2))) lab_try(const char *fmt, ...)
{
	_cleanup_(freep) char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		abort();
	va_end(ap);
	_cleanup_(freep) char *cmd = xasprintf("cd '%s' && { %s; } >log 2>&1", lab_dir, text);
	return system(cmd) == 0;
}

/* The same; a failure fails the test and shows what the command said. */
#define lab_run(...)                                                           \
	do {                                                                   \
		if (!lab_try(__VA_ARGS__)) {                                   \
			_cleanup_(freep) char *cat_ = xasprintf("cat '%s/log'", lab_dir); \
			if (system(cat_) != 0)                                 \
				print_error("no log\n");                       \
			fail_msg("command failed: " __VA_ARGS__);              \
		}                                                              \
	} while (0)

/* What a command in the folder prints, terminated; the caller frees. */
static inline char *__attribute__((format(printf, 1, 2))) lab_output(const char *fmt, ...)
{
	_cleanup_(freep) char *text = NULL;
	struct buf out = { 0 };
	char chunk[4096];
	va_list ap;
	size_t n;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		abort();
	va_end(ap);
	_cleanup_(freep) char *cmd = xasprintf("cd '%s' && { %s; } 2>/dev/null", lab_dir, text);
	FILE *f = popen(cmd, "r");

	assert_non_null(f);
	while ((n = fread(chunk, 1, sizeof(chunk), f)) > 0)
		buf_put(&out, chunk, n);
	pclose(f);
	buf_put_u8(&out, '\0');
	return (char *)out.data;
}

static inline void lab_write(const char *name, const char *text)
{
	_cleanup_(freep) char *path = xasprintf("%s/%s", lab_dir, name);
	FILE *f = fopen(path, "we");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

/* A file of the folder or, with a slash in front, of the machine.  The caller closes. */
static inline int lab_open(const char *name)
{
	_cleanup_(freep) char *path = name[0] == '/' ? xstrdup(name) :
				      xasprintf("%s/%s", lab_dir, name);
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		fail_msg("cannot open %s", path);
	return fd;
}

/* Skip the test, saying why, unless a condition holds. */
#define need(condition, what)                                                  \
	do {                                                                   \
		if (!(condition)) {                                            \
			print_message("skipped: %s\n", what);                  \
			skip();                                                \
		}                                                              \
	} while (0)

#define need_tool(tool, package)                                               \
	need(lab_try("command -v %s", tool), "no " tool " (Debian: " package ")")

#endif
