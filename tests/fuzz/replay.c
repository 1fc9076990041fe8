// SPDX-License-Identifier: Apache-2.0
/*
 * Runs a fuzzer without a fuzzing engine: its seeds, then changes of them that
 * a fixed random sequence makes, for FUZZ_SECONDS (default 2).  Not as clever as
 * libFuzzer, but it runs everywhere, and under the sanitizers in make check.
 */
#include "tests/fuzz/fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/util.h"

#define MAX_INPUT (1u << 20)

static uint64_t state = 0x2545f4914f6cdd1d;

static uint32_t draw(uint32_t below)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 20) % below;
}

/* One change: bits, bytes, interesting numbers, cuts, repeats. */
static size_t change(uint8_t *buf, size_t len)
{
	static const uint64_t numbers[] = { 0, 1, 0x7f, 0x80, 0xff, 0xffff, 0x7fffffff,
					    0xffffffff, INT64_MAX, UINT64_MAX };
	size_t at = draw((uint32_t)len), n;

	switch (draw(6)) {
	case 0:
		buf[at] ^= (uint8_t)(1u << draw(8));
		break;
	case 1:
		buf[at] = (uint8_t)draw(256);
		break;
	case 2:
		n = min_of(len - at, (size_t)1 << draw(4));
		memcpy(buf + at, &numbers[draw(array_len(numbers))], n);
		break;
	case 3:
		return max_of(at, (size_t)1);
	case 4:
		n = min_of(len - at, (size_t)draw(64) + 1);
		memmove(buf + draw((uint32_t)(len - n + 1)), buf + at, n);
		break;
	default:
		n = min_of(len - at, (size_t)draw(64) + 1);
		if (len + n <= MAX_INPUT) {
			memmove(buf + at + n, buf + at, len - at);
			return len + n;
		}
	}
	return len;
}

int main(void)
{
	const char *seconds = getenv("FUZZ_SECONDS");
	uint64_t end = clock_mono_ns() + (uint64_t)((seconds ? atof(seconds) : 2) * 1e9);
	uint8_t *seed = xmalloc(MAX_INPUT), *buf = xmalloc(MAX_INPUT);
	unsigned long runs = 0;
	unsigned int n_seeds = 0;
	size_t len;

	while ((len = fuzz_seed(n_seeds, seed, MAX_INPUT)) > 0) {
		LLVMFuzzerTestOneInput(seed, len);
		n_seeds++;
	}
	for (unsigned int i = 0; clock_mono_ns() < end; i++) {
		len = fuzz_seed(i % n_seeds, seed, MAX_INPUT);
		for (int k = 0; k < 64 && clock_mono_ns() < end; k++, runs++) {
			size_t n = len;

			memcpy(buf, seed, len);
			for (uint32_t c = draw(6) + 1; c > 0; c--)
				n = change(buf, n);
			/* A copy of its own size shows reads behind the end. */
			uint8_t *exact = xmemdup(buf, n);
			LLVMFuzzerTestOneInput(exact, n);
			free(exact);
		}
	}
	printf("ok - %u seeds, %lu changes of them\n", n_seeds, runs);
	free(seed);
	free(buf);
	return n_seeds == 0;
}
