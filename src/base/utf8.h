// SPDX-License-Identifier: Apache-2.0
/*
 * base/utf8.h - take bytes that claim to be UTF-8 apart, and make some.
 */
#ifndef CPROFD_BASE_UTF8_H
#define CPROFD_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;

/*
 * The character that [s, end) begins with, which is not empty.  Returns its
 * length and sets *out; or 0 if the bytes are not valid UTF-8 (cut short, longer
 * than needed, a surrogate, beyond Unicode), when the first byte is to be dealt
 * with alone.
 */
size_t utf8_decode(const char *s, const char *end, uint32_t *out);

/* The bytes of a character, and how many they are; 0 if there is no such character. */
size_t utf8_encode(uint32_t cp, char out[4]);

/* Append `len` bytes to `out`, each that is no valid UTF-8 as U+FFFD. */
void utf8_repair(struct buf *out, const char *s, size_t len);

/* Is it a control character, or one that changes how others are shown? */
bool utf8_is_control(uint32_t cp);

#endif
