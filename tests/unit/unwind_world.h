// SPDX-License-Identifier: Apache-2.0
/*
 * What the unwinder's tests have in common: an address space of one file and
 * some other regions, a stack of words, and frames compared by address.
 */
#ifndef CPROFD_TESTS_UNIT_UNWIND_WORLD_H
#define CPROFD_TESTS_UNIT_UNWIND_WORLD_H

#include "tests/unit/cfi_maker.h"

#include "unwind/unwind.h"

#define STACK 0x7ff000000000ull
#define STACK_WORDS 256
#define ANON 0x1000000u		/* executable, of no file */
#define PENDING 0x2000000u	/* its table is still being made */
#define NOWHERE 0x3000000u
#define REGION_BYTES 0x10000u

#define FAR_STACK 0x7fe000000000ull	/* another stack, only for read() */

struct world {
	struct made_table made;
	struct unwind_space space;
	struct unwinder *u;
	struct unwind_stack stack;
	uint64_t words[STACK_WORDS];
	uint64_t far_words[STACK_WORDS];
	uint32_t n_resolved;
	bool pending_is_ready;
};

/* The number of a frame says its address and how it was come by. */
static inline uint32_t frame_number(uint64_t pc, uint32_t flags)
{
	return (uint32_t)pc | flags << 30;
}

#define CALL(pc) frame_number(pc, UNWIND_RETURN)
#define EXACT(pc) frame_number(pc, 0)
#define GUESS(pc) frame_number(pc, UNWIND_RETURN | UNWIND_GUESSED)

static inline void world_resolve(void *ctx, uint64_t pc, uint32_t flags,
				 struct unwind_place *out)
{
	struct world *w = ctx;
	uint64_t at = flags & UNWIND_RETURN ? pc - 1 : pc;

	w->n_resolved++;
	out->frame = frame_number(pc, flags);
	if (at - MADE_TEXT < MADE_BYTES) {
		out->where = WHERE_FILE;
		out->table = &w->made.table;
		out->rule = unwind_table_find(&w->made.table, at);
	} else if (at - ANON < REGION_BYTES ||
		   (w->pending_is_ready && at - PENDING < REGION_BYTES)) {
		out->where = WHERE_ANON;
	} else if (at - PENDING < REGION_BYTES) {
		out->where = WHERE_PENDING;
	}
}

/* Memory beyond the copy: all of both stacks. */
static inline bool world_read(void *ctx, uint64_t addr, void *buf, size_t len)
{
	struct world *w = ctx;

	assert_int_equal(len, 8);
	if (addr - STACK <= sizeof(w->words) - 8)
		memcpy(buf, (uint8_t *)w->words + (addr - STACK), 8);
	else if (addr - FAR_STACK <= sizeof(w->far_words) - 8)
		memcpy(buf, (uint8_t *)w->far_words + (addr - FAR_STACK), 8);
	else
		return false;
	return true;
}

/* Stack pointer at the beginning of a copy that holds all of the stack. */
static inline void world_begin(struct world *w, uint64_t pc)
{
	const struct unwind_arch *a = w->u->arch;

	memset(w->words, 0, sizeof(w->words));
	memset(w->far_words, 0, sizeof(w->far_words));
	w->space.generation++;
	w->space.read = NULL;
	w->space.rare = NULL;
	w->stack = (struct unwind_stack){
		.space = &w->space, .start = STACK, .bytes = (const uint8_t *)w->words,
		.len = sizeof(w->words) };
	w->stack.regs.value[a->sp] = STACK;
	w->stack.regs.value[a->pc] = pc;
	w->stack.regs.known = (1ull << a->n_regs) - 1;
}

static inline void world_init(struct world *w, const struct unwind_arch *arch,
			      const struct made_fde *fdes, size_t n,
			      const struct made_code *code)
{
	*w = (struct world){ .space = { .ctx = w, .resolve = world_resolve } };
	made_table_init(&w->made, arch->machine, fdes, n, code);
	w->u = unwinder_new(arch, 64);
	world_begin(w, MADE_TEXT);
}

static inline void world_deinit(struct world *w)
{
	unwinder_free(w->u);
	made_table_deinit(&w->made);
}

static inline void world_expect_(struct world *w, enum unwind_end end, const uint32_t *frames,
				 size_t n, const char *file, int line)
{
	bool same;

	unwinder_run(w->u, &w->stack);
	same = w->u->end == end && w->u->n_frames == n &&
	       memcmp(w->u->frames, frames, n * sizeof(*frames)) == 0;
	for (size_t i = 0; !same && i < max_of((size_t)w->u->n_frames, n); i++)
		print_error("frame %zu: got %#x, expected %#x\n", i,
			    i < w->u->n_frames ? w->u->frames[i] : 0, i < n ? frames[i] : 0);
	if (!same) {
		print_error("end %d, expected %d; %u frames, expected %zu\n", w->u->end, end,
			    w->u->n_frames, n);
		_fail(file, line);
	}
}

/* Run; it has to end so and with these frames, the innermost first. */
#define world_expect(w, end, ...)                                              \
	do {                                                                   \
		const uint32_t frames_[] = { __VA_ARGS__ };                    \
		world_expect_(w, end, frames_, array_len(frames_), __FILE__, __LINE__); \
	} while (0)

#endif
