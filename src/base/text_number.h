// SPDX-License-Identifier: Apache-2.0
/*
 * base/text_number.h - numbers as people read them: into `buf`, which is returned.
 */
#ifndef CPROFD_BASE_TEXT_NUMBER_H
#define CPROFD_BASE_TEXT_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

#define TEXT_NUMBER 32	/* bytes that any of them needs at most */

/* "4,812" */
char *text_count(char buf[TEXT_NUMBER], uint64_t n);

/* The number of a thread; "-" if the kernel had none for it any more (UINT32_MAX). */
char *text_tid(char buf[TEXT_NUMBER], uint32_t tid);

/* Like text_count(), in 5 columns: "99999", "1.23M". */
char *text_count_short(char buf[TEXT_NUMBER], uint64_t n);

/* "38.4" of a fraction of 1; without decimals if `whole`. */
char *text_percent(char buf[TEXT_NUMBER], double fraction, bool whole);

/* "9.29 s", "84.1 ms", "3.10 us", "120 ns": three digits that count. */
char *text_time(char buf[TEXT_NUMBER], uint64_t ns);

/* Seconds for a column: "0.02", "24.18", "1,234". */
char *text_seconds(char buf[TEXT_NUMBER], uint64_t ns);

/* "912 KiB", "1.25 MiB" */
char *text_bytes(char buf[TEXT_NUMBER], uint64_t n);

#endif
