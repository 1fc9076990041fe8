// SPDX-License-Identifier: Apache-2.0
/*
 * tests/fuzz/fuzz.h - what a fuzzer consists of.
 *
 * A fuzz_NAME.c has the two functions below.  It is built twice: with libFuzzer
 * (configure --enable-fuzz, needs clang), and with replay.c, which runs the
 * seeds and random changes of them for a while in every `make check`.
 */
#ifndef CPROFD_TESTS_FUZZ_FUZZ_H
#define CPROFD_TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>

/* Run the parser on the input; it may say no, it may not misbehave. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/*
 * Put seed number `i`, a valid input, into `buf`.  Returns its length, 0 behind
 * the last one.
 */
size_t fuzz_seed(unsigned int i, uint8_t *buf, size_t cap);

#endif
