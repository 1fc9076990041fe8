// SPDX-License-Identifier: Apache-2.0
/*
 * proc/kallsyms.h - whether /proc/kallsyms tells addresses or hides them.
 */
#ifndef CPROFD_PROC_KALLSYMS_H
#define CPROFD_PROC_KALLSYMS_H

#include <stdbool.h>
#include <stddef.h>

#define KALLSYMS_MAX_BYTES (256u << 20)

/*
 * Without the right to see them every address is 0.  With it some may be 0 as
 * well: x86-64 before 6.15 begins with per-CPU symbols, which count from 0.
 */
bool kallsyms_shows_addresses(const void *text, size_t len);

#endif
