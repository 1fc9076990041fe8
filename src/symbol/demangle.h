// SPDX-License-Identifier: Apache-2.0
/*
 * symbol/demangle.h - from a linker's name to the one in the source.
 *
 * C++, Rust (the old form without its hash, and v0) and D, by libiberty.  Names
 * come out of a target's files and may be made to explode: input and output are
 * limited, libiberty limits recursion.
 */
#ifndef CPROFD_SYMBOL_DEMANGLE_H
#define CPROFD_SYMBOL_DEMANGLE_H

#include <stdbool.h>

#define DEMANGLE_MAX_INPUT 8192
#define DEMANGLE_MAX_OUTPUT 32768

/*
 * The name with parameters, which the caller frees, or NULL if `name` is not
 * mangled, not well-formed or beyond the limits: then it is shown as it is.
 */
char *demangle(const char *name);

/* Does it begin like a mangled name? */
bool demangle_is_mangled(const char *name);

#endif
