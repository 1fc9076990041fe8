// SPDX-License-Identifier: Apache-2.0
/* A worker's names of addresses and instructions, which the session does not trust. */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "base/util.h"
#include "worker/code_answer.h"
#include "worker/symbol_answer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct symbol_answer_reader r;
	struct symbol_answer_function f;
	struct symbol_answer_address a;
	struct code_answer_reader code;
	struct instruction instruction;

	symbol_answer_open(&r, data, len);
	while (symbol_answer_next_function(&r, &f) > 0)
		;
	while (symbol_answer_next_address(&r, &a) > 0)
		if (a.n_levels > RECORD_MAX_LEVELS || a.call.kind >= CALL_KINDS)
			abort();
	if (!code_answer_open(&code, r.c))
		return 0;
	while (code_answer_next(&code, &instruction) > 0)
		if (!memchr(instruction.text, '\0', sizeof(instruction.text)))
			abort();
	return 0;
}

size_t fuzz_seed(unsigned int i, uint8_t *buf, size_t cap)
{
	struct symbol_answer_writer w = { 0 };
	struct symbol_sink sink = symbol_answer_sink(&w);
	const struct symbol_level levels[] = { { 0, 3 }, { 1, 40 } };
	struct buf b = { 0 };
	size_t n;

	if (i > 0)
		return 0;
	sink.function(sink.ctx, &(struct symbol_function){ .name = "f", .file = "f.c", .line = 2,
							   .vaddr = 0x1000, .size = 64 });
	sink.function(sink.ctx, &(struct symbol_function){ .name = "g", .linkage = "_Z1gv" });
	for (uint64_t vaddr = 0x1000; vaddr < 0x1100; vaddr += 16) {
		symbol_answer_put_call(&w, (struct symbol_call){ vaddr >> 4 & 3, vaddr, 1 });
		sink.address(sink.ctx, vaddr, levels, vaddr & 16 ? 2 : 1);
	}
	symbol_answer_finish(&w, &b);
	symbol_answer_deinit(&w);
	code_answer_put_head(&b, 0x1000, 6, 2);
	code_answer_put(&b, &(struct instruction){ .vaddr = 0x1000, .len = 1, .text = "ret" });
	code_answer_put(&b, &(struct instruction){ .vaddr = 0x1001, .len = 5, .text = "call",
						   .has_target = true, .target = 0x1000 });
	n = min_of(b.len, cap);
	memcpy(buf, b.data, n);
	buf_deinit(&b);
	return n;
}
