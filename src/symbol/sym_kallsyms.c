// SPDX-License-Identifier: Apache-2.0
/*
 * Kernel functions from the text of /proc/kallsyms, lines like
 *
 *	ffffffff81c01230 T tcp_sendmsg
 *	ffffffffc04a7010 t ext4_readdir	[ext4]
 *
 * It gives no sizes: a function reaches up to the next symbol of any kind, and
 * at most MAX_FUNCTION_BYTES, so that the last one before a gap (between the
 * kernel and its modules) does not own the gap.
 */
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/io.h"
#include "base/util.h"
#include "elf/elf_symtab.h"
#include "proc/kallsyms.h"
#include "symbol/sym_source.h"

#define MAX_FUNCTION_BYTES 65536

struct entry {
	uint64_t addr;
	uint32_t name;		/* where in the text */
	uint8_t rank;		/* among names of one address: the lowest is shown */
	bool is_code;
};

struct sym_kallsyms {
	struct buf text;
	struct entry *entries;	/* sorted, one per address */
	size_t n, cap;
	char *name, *linkage;	/* what describe() gave last */
};

static void sym_kallsyms_close(void *state)
{
	struct sym_kallsyms *s = state;

	buf_deinit(&s->text);
	free(s->entries);
	free(s->name);
	free(s->linkage);
	free(s);
}

/* Reads hex digits; strtoull() would look at the locale for every symbol. */
static uint64_t parse_hex(const char **p)
{
	uint64_t v = 0;

	for (;; (*p)++) {
		char c = **p;

		if (c >= '0' && c <= '9')
			v = v << 4 | (uint64_t)(c - '0');
		else if (c >= 'a' && c <= 'f')
			v = v << 4 | (uint64_t)(c - 'a' + 10);
		else
			return v;
	}
}

/* Global before weak before local before data; plain names before _names. */
static uint8_t rank_of(char type, const char *name)
{
	uint8_t kind = type == 'T' ? 0 : type == 'W' || type == 'w' ? 1 : type == 't' ? 2 : 3;

	return (uint8_t)(kind << 4 | min_of(strspn(name, "_"), (size_t)15));
}

/* `line` is followed by more text or by a terminator. */
static void parse_line(struct sym_kallsyms *s, const char *line)
{
	const char *p = line;
	uint64_t addr = parse_hex(&p);

	if (p == line || p[0] != ' ' || p[1] == '\0' || p[2] != ' ' || addr == 0)
		return;
	array_reserve(s->entries, s->n + 1, s->cap);
	s->entries[s->n++] = (struct entry){
		.addr = addr, .name = (uint32_t)(p + 3 - (char *)s->text.data),
		.rank = rank_of(p[1], p + 3), .is_code = strchr("TtWw", p[1]) != NULL };
}

static int compare(const void *pa, const void *pb)
{
	const struct entry *a = pa, *b = pb;

	if (a->addr != b->addr)
		return a->addr < b->addr ? -1 : 1;
	if (a->rank != b->rank)
		return a->rank < b->rank ? -1 : 1;
	return a->name < b->name ? -1 : a->name > b->name;
}

static void parse(struct sym_kallsyms *s)
{
	const char *line = (const char *)s->text.data;
	size_t n = 0;

	while (line) {
		parse_line(s, line);
		line = strchr(line, '\n');
		if (line)
			line++;
	}
	if (s->n)
		qsort(s->entries, s->n, sizeof(*s->entries), compare);
	for (size_t i = 0; i < s->n; i++) {
		if (n == 0 || s->entries[i].addr != s->entries[n - 1].addr)
			s->entries[n++] = s->entries[i];
	}
	s->n = n;
}

static void *sym_kallsyms_open(struct sym_context *ctx)
{
	struct sym_kallsyms *s;
	struct error err;

	if (ctx->files.kind != MODULE_KERNEL)
		return NULL;
	s = xcalloc(1, sizeof(*s));
	lseek(ctx->files.main_fd, 0, SEEK_SET);
	if (io_read_all(ctx->files.main_fd, KALLSYMS_MAX_BYTES, &s->text, &err) < 0) {
		sym_note(ctx, "kernel symbols: %s", err.msg);
		sym_kallsyms_close(s);
		return NULL;
	}
	buf_put_u8(&s->text, '\0');
	parse(s);
	if (!kallsyms_shows_addresses(s->text.data, s->text.len))
		sym_note(ctx, "the kernel hides the addresses of its functions (kernel.kptr_restrict)");
	return s;
}

static bool sym_kallsyms_find(void *state, uint64_t vaddr, struct sym_answer *answer)
{
	struct sym_kallsyms *s = state;
	size_t low = 0, high = s->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (s->entries[mid].addr <= vaddr)
			low = mid + 1;
		else
			high = mid;
	}
	if (low == 0 || !s->entries[low - 1].is_code ||
	    vaddr - s->entries[low - 1].addr >= MAX_FUNCTION_BYTES)
		return false;
	sym_answer_set(answer, (uint32_t)low - 1);
	return true;
}

/* A function of a kernel module is shown as "ext4_readdir [ext4]". */
static void sym_kallsyms_describe(void *state, uint32_t function, uint32_t path,
				  struct symbol_function *out)
{
	struct sym_kallsyms *s = state;
	const struct entry *e = &s->entries[function];
	const char *text = (const char *)s->text.data + e->name;
	int name_len = (int)strcspn(text, "\t\n");
	int module_len = text[name_len] == '\t' ? (int)strcspn(text + name_len + 1, "\n") : 0;

	(void)path;
	free(s->name);
	free(s->linkage);
	s->linkage = xasprintf("%.*s", name_len, text);
	s->name = xasprintf("%.*s%s%.*s", (int)elf_symbol_name_len(s->linkage), s->linkage,
			    module_len ? " " : "", module_len, text + name_len + 1);
	*out = (struct symbol_function){ .name = s->name, .linkage = s->linkage,
					 .vaddr = e->addr, .source = SYMBOL_KALLSYMS };
}

const struct sym_source sym_kallsyms = {
	.open = sym_kallsyms_open,
	.close = sym_kallsyms_close,
	.find = sym_kallsyms_find,
	.describe = sym_kallsyms_describe,
};
