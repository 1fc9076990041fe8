// SPDX-License-Identifier: Apache-2.0
/*
 * Names from symbol tables.  The full table (.symtab) of the module or of its
 * debug file makes the others superfluous.  Without one there is .dynsym, which
 * has what other modules may call, and on some distributions .gnu_debugdata,
 * which has the rest; these two complement each other and are both asked.
 */
#include "base/error.h"
#include "base/util.h"
#include "elf/elf_file.h"
#include "elf/elf_symtab.h"
#include "symbol/sym_source.h"

enum which { FULL, DYNAMIC, MINIDEBUG, N_TABLES };

struct sym_elf {
	struct elf_symtab *tables[N_TABLES];
	char *name;		/* what describe() gave last */
};

static void sym_elf_close(void *state)
{
	struct sym_elf *s = state;

	for (size_t i = 0; i < N_TABLES; i++)
		elf_symtab_close(s->tables[i]);
	free(s->name);
	free(s);
}

static void open_table(struct sym_elf *s, enum which which, struct sym_context *ctx,
		       struct elf_file *file, enum elf_symtab_kind kind)
{
	struct error err;

	if (file && elf_symtab_open(file, kind, &s->tables[which], &err) < 0)
		sym_damage(ctx, "%s", err.msg);
}

static void *sym_elf_open(struct sym_context *ctx)
{
	struct sym_elf *s = xcalloc(1, sizeof(*s));

	open_table(s, FULL, ctx, ctx->main, ELF_SYMTAB);
	if (!s->tables[FULL])
		open_table(s, FULL, ctx, ctx->debug, ELF_SYMTAB);
	if (!s->tables[FULL]) {
		open_table(s, DYNAMIC, ctx, ctx->main, ELF_DYNSYM);
		open_table(s, MINIDEBUG, ctx, ctx->main, ELF_MINIDEBUG);
	}
	if (s->tables[FULL] || s->tables[DYNAMIC] || s->tables[MINIDEBUG])
		return s;
	sym_elf_close(s);
	return NULL;
}

/* Functions are numbered table by table. */
static uint32_t pack(uint32_t number, enum which which)
{
	return number * N_TABLES + which;
}

/* Does `a` say more about an address than `b`?  Sizes are facts, the rest is not. */
static bool is_closer(const struct elf_symbol *a, const struct elf_symbol *b)
{
	if ((a->size > 0) != (b->size > 0))
		return a->size > 0;
	return a->vaddr > b->vaddr;
}

static bool sym_elf_find(void *state, uint64_t vaddr, struct sym_answer *answer)
{
	struct sym_elf *s = state;
	struct elf_symbol best = { 0 };
	bool found = false;

	for (uint32_t i = 0; i < N_TABLES; i++) {
		struct elf_symbol symbol;
		uint32_t number;

		if (!s->tables[i] || !elf_symtab_find(s->tables[i], vaddr, &number))
			continue;
		elf_symtab_get(s->tables[i], number, &symbol);
		if (found && !is_closer(&symbol, &best))
			continue;
		found = true;
		best = symbol;
		sym_answer_set(answer, pack(number, i));
	}
	return found;
}

static void sym_elf_describe(void *state, uint32_t function, uint32_t path,
			     struct symbol_function *out)
{
	static const enum record_symbol_source kinds[] = {
		[FULL] = SYMBOL_SYMTAB, [DYNAMIC] = SYMBOL_DYNSYM, [MINIDEBUG] = SYMBOL_MINIDEBUG,
	};
	struct sym_elf *s = state;
	enum which which = function % N_TABLES;
	struct elf_symbol symbol;

	(void)path;
	elf_symtab_get(s->tables[which], function / N_TABLES, &symbol);
	free(s->name);
	s->name = xasprintf("%.*s", (int)elf_symbol_name_len(symbol.name), symbol.name);
	*out = (struct symbol_function){ .name = s->name, .linkage = symbol.name,
					 .vaddr = symbol.vaddr, .size = symbol.size,
					 .source = kinds[which] };
}

const struct sym_source sym_elf = {
	.open = sym_elf_open,
	.close = sym_elf_close,
	.find = sym_elf_find,
	.describe = sym_elf_describe,
};
