// SPDX-License-Identifier: Apache-2.0
/*
 * Functions without a name: unwind information says where they begin and end,
 * even in a stripped file.  So samples in one function stay together, and what
 * is shown is "libfoo.so+0x1230", the start of the function.
 */
#include "base/error.h"
#include "base/util.h"
#include "elf/elf_file.h"
#include "symbol/sym_source.h"
#include "unwind/unwind_build.h"

struct sym_range {
	struct unwind_range *ranges;	/* sorted, not overlapping */
	size_t n;
};

static void sym_range_close(void *state)
{
	struct sym_range *s = state;

	free(s->ranges);
	free(s);
}

static void *sym_range_open(struct sym_context *ctx)
{
	struct sym_range *s = xcalloc(1, sizeof(*s));
	struct error err;

	if (ctx->main && unwind_ranges(ctx->main, &s->ranges, &s->n, &err) < 0)
		sym_damage(ctx, "unwind information: %s", err.msg);
	return s;
}

static bool sym_range_find(void *state, uint64_t vaddr, struct sym_answer *answer)
{
	struct sym_range *s = state;
	size_t low = 0, high = s->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (s->ranges[mid].end <= vaddr)
			low = mid + 1;
		else
			high = mid;
	}
	if (low == s->n || vaddr < s->ranges[low].start)
		return false;
	sym_answer_set(answer, (uint32_t)low);
	return true;
}

static void sym_range_describe(void *state, uint32_t function, uint32_t path,
			       struct symbol_function *out)
{
	struct sym_range *s = state;
	const struct unwind_range *r = &s->ranges[function];

	(void)path;
	*out = (struct symbol_function){ .name = "", .linkage = "", .vaddr = r->start,
					 .size = r->end - r->start, .source = SYMBOL_RANGE };
}

const struct sym_source sym_range = {
	.open = sym_range_open,
	.close = sym_range_close,
	.find = sym_range_find,
	.describe = sym_range_describe,
};
