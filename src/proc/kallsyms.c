// SPDX-License-Identifier: Apache-2.0
#include "proc/kallsyms.h"

#include <string.h>

/* The kernel's half of the addresses, on every 64-bit machine. */
#define KERNEL_HALF "ffff"

bool kallsyms_shows_addresses(const void *text, size_t len)
{
	const char *line = text, *end = line + len;

	while (line && (size_t)(end - line) >= strlen(KERNEL_HALF)) {
		if (memcmp(line, KERNEL_HALF, strlen(KERNEL_HALF)) == 0)
			return true;
		line = memchr(line, '\n', (size_t)(end - line));
		if (line)
			line++;
	}
	return false;
}
