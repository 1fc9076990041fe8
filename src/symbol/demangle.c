// SPDX-License-Identifier: Apache-2.0
#include "config.h"

#include "symbol/demangle.h"

#include <setjmp.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

bool demangle_is_mangled(const char *name)
{
	return name[0] == '_' && (name[1] == 'Z' || name[1] == 'R' || name[1] == 'D');
}

#ifdef HAVE_IBERTY
/* Declares xmalloc() and others like base/util.h, which cannot be included too. */
#include <libiberty/demangle.h>

#define OPTIONS (DMGL_PARAMS | DMGL_ANSI)

/*
 * Each back reference in a D name can repeat all that came before it.  There is
 * no callback to stop that by, so names that have many are left alone: with 32
 * the worst text has a megabyte.
 */
#define MAX_D_BACK_REFERENCES 32

/*
 * libiberty's D demangler calls xmalloc(), which it finds in base/util.c, and this;
 * without it the linker would take libiberty's own set of both.
 */
void *xrealloc(void *p, size_t size)
{
	p = realloc(p, size);
	if (!p)
		abort();
	return p;
}

struct output {
	char text[DEMANGLE_MAX_OUTPUT];
	size_t len;
	jmp_buf too_long;
};

/*
 * Substitutions can double the text with every few bytes of input, so waiting
 * until libiberty has printed it all is no option.  Its callback interface keeps
 * everything on the stack; we can jump out.
 */
static void collect(const char *text, size_t len, void *opaque)
{
	struct output *out = opaque;

	if (len >= sizeof(out->text) - out->len)
		longjmp(out->too_long, 1);
	if (len > 0)	/* text may be NULL */
		memcpy(out->text + out->len, text, len);
	out->len += len;
}

static bool print(const char *name, struct output *out)
{
	out->len = 0;
	if (setjmp(out->too_long))
		return false;
	/* The old Rust form is also valid C++. */
	if (rust_demangle_callback(name, OPTIONS, collect, out))
		return true;
	out->len = 0;
	return cplus_demangle_v3_callback(name, OPTIONS, collect, out);
}

static char *demangle_by_callback(const char *name)
{
	struct output *out = xmalloc(sizeof(*out));
	char *text = NULL;

	if (print(name, out)) {
		out->text[out->len] = '\0';
		text = xstrdup(out->text);
	}
	free(out);
	return text;
}

static char *demangle_d(const char *name)
{
	size_t n_references = 0;

	for (const char *p = name; *p; p++)
		n_references += *p == 'Q';
	if (n_references > MAX_D_BACK_REFERENCES)
		return NULL;

	char *text = dlang_demangle(name, OPTIONS);

	if (text && strlen(text) >= DEMANGLE_MAX_OUTPUT) {
		free(text);
		return NULL;
	}
	return text;
}

char *demangle(const char *name)
{
	if (strnlen(name, DEMANGLE_MAX_INPUT + 1) > DEMANGLE_MAX_INPUT)
		return NULL;
	if (!demangle_is_mangled(name))
		return NULL;
	return name[1] == 'D' ? demangle_d(name) : demangle_by_callback(name);
}
#else
char *demangle(const char *name)
{
	(void)name;
	return NULL;
}
#endif
