// SPDX-License-Identifier: Apache-2.0
/*
 * python/line_table.h - which source line an instruction of Python byte code is of.
 *
 * Formats: Objects/lnotab_notes.txt of CPython up to 3.9 (co_lnotab), of 3.10
 * (co_linetable, PEP 626), and Objects/locations.md since 3.11.
 */
#ifndef CPROFD_PYTHON_LINE_TABLE_H
#define CPROFD_PYTHON_LINE_TABLE_H

#include <stddef.h>
#include <stdint.h>

/*
 * The line of the instruction `offset` bytes into the code; of one that has none, that of
 * the last one before it that has; of one before the first (a call that has just begun),
 * `first_line`.  `version` as in struct layout.  Any bytes give some line: nothing is read
 * beyond `len`.
 */
int32_t line_table_find(uint16_t version, const uint8_t *table, size_t len, int32_t first_line,
			int64_t offset);

#endif
