// SPDX-License-Identifier: Apache-2.0
/*
 * Calls into other files go through stubs that no symbol names: "memcpy@plt".
 * Asked before the symbol tables, where a symbol without a size may seem to
 * reach into them.
 */
#include "base/util.h"
#include "elf/elf_plt.h"
#include "symbol/demangle.h"
#include "symbol/sym_source.h"

struct sym_plt {
	struct elf_stub *stubs;	/* by address */
	size_t n;
	char *name, *linkage;	/* what describe() gave last */
};

static void sym_plt_close(void *state)
{
	struct sym_plt *s = state;

	free(s->stubs);
	free(s->name);
	free(s->linkage);
	free(s);
}

static void *sym_plt_open(struct sym_context *ctx)
{
	struct sym_plt *s;

	if (!ctx->main)
		return NULL;
	s = xcalloc(1, sizeof(*s));
	elf_plt_stubs(ctx->main, &s->stubs, &s->n);
	return s;
}

static bool sym_plt_find(void *state, uint64_t vaddr, struct sym_answer *answer)
{
	const struct sym_plt *s = state;
	size_t low = 0, high = s->n;

	while (low < high) {	/* the first that begins behind it */
		size_t mid = low + (high - low) / 2;

		if (s->stubs[mid].vaddr <= vaddr)
			low = mid + 1;
		else
			high = mid;
	}
	if (!low || vaddr - s->stubs[low - 1].vaddr >= s->stubs[low - 1].size)
		return false;
	sym_answer_set(answer, (uint32_t)(low - 1));
	return true;
}

static void sym_plt_describe(void *state, uint32_t function, uint32_t path,
			     struct symbol_function *out)
{
	struct sym_plt *s = state;
	const struct elf_stub *stub = &s->stubs[function];
	_cleanup_(freep) char *shown = demangle(stub->name);

	(void)path;
	free(s->name);
	free(s->linkage);
	s->name = xasprintf("%s@plt", shown ? shown : stub->name);
	s->linkage = xasprintf("%s@plt", stub->name);
	*out = (struct symbol_function){ .name = s->name, .linkage = s->linkage,
					 .vaddr = stub->vaddr, .size = stub->size,
					 .source = SYMBOL_DYNSYM };
}

const struct sym_source sym_plt = {
	.open = sym_plt_open,
	.close = sym_plt_close,
	.find = sym_plt_find,
	.describe = sym_plt_describe,
};
