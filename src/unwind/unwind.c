// SPDX-License-Identifier: Apache-2.0
#include "unwind/unwind.h"

#include <string.h>

#include "base/util.h"

struct unwinder *unwinder_new(const struct unwind_arch *arch, uint32_t max_frames)
{
	struct unwinder *u = xcalloc(1, sizeof(*u));

	u->arch = arch;
	u->max_frames = max_frames;
	u->frames = xcalloc((size_t)max_frames + 1, sizeof(*u->frames));
	u->sp = xcalloc((size_t)max_frames + 2, sizeof(*u->sp));
	return u;
}

void unwinder_free(struct unwinder *u)
{
	if (!u)
		return;
	free(u->frames);
	free(u->sp);
	free(u);
}

/* One run: where it is, and how its next address was come by. */
struct run {
	struct unwinder *u;
	struct unwind_stack *s;
	uint32_t flags;		/* of the frame at hand */
	bool other_stack;	/* a signal handler ran on a stack of its own */
	bool chained;		/* a frame pointer led to the frame at hand */
};

static bool known(const struct run *r, unsigned int reg)
{
	return reg < UNWIND_MAX_REGS && r->s->regs.known >> reg & 1;
}

static uint64_t get(const struct run *r, unsigned int reg)
{
	return r->s->regs.value[reg];
}

/* Always inlined: the hot path knows the end that it sets. */
static bool end(struct run *r, enum unwind_end why)
{
	r->u->end = why;
	return false;
}

/* Read a word of the target's memory; on failure the run has ended. */
static inline bool read_word(struct run *r, uint64_t addr, uint64_t *out)
{
	const struct unwind_stack *s = r->s;
	uint64_t off = addr - s->start;

	if (likely(off < s->len && s->len - off >= 8)) {
		memcpy(out, s->bytes + off, 8);
		return true;
	}
	if (s->space->read && s->space->read(s->space->ctx, addr, out, 8))
		return true;
	r->u->end_addr = addr;
	return end(r, r->other_stack || (s->cut && addr >= s->start) ? UNWIND_COPY
								     : UNWIND_MEMORY);
}

/* What is at `pc`, through the cache. */
static inline const struct unwind_cached *look_up(struct run *r, uint64_t pc,
						  uint32_t flags)
{
	const struct unwind_space *space = r->s->space;
	uint64_t key = pc ^ (uint64_t)space->generation << 40 ^ (uint64_t)flags << 62;
	struct unwind_cached *c = &r->u->cache[key * 0x9e3779b97f4a7c15u >> 52];
	struct unwind_place place = { 0 };

	_Static_assert(UNWIND_CACHE == 1 << 12, "12 bits of hash");
	if (likely(c->pc == pc && c->generation == space->generation && c->flags == flags))
		return c;
	space->resolve(space->ctx, pc, flags, &place);
	*c = (struct unwind_cached){
		.pc = pc,
		.flags = (uint8_t)flags,
		/* Pending is not for keeping. */
		.generation = place.where == WHERE_PENDING ? 0 : space->generation,
		.rule = place.rule,
		.table = place.table,
		.frame = place.frame,
		.where = (uint8_t)place.where,
	};
	return c;
}

/*
 * A frame has to lie further out than the one it called, but a leaf may have put
 * nothing on the stack yet.
 */
static inline bool is_further_out(const struct run *r, uint64_t sp)
{
	uint64_t now = get(r, r->u->arch->sp);

	return sp > now || (sp == now && !(r->flags & UNWIND_RETURN));
}

/*
 * Move to the caller.  Its stack pointer is the CFA, so that only the frame
 * pointer and the pc are known besides.
 */
static inline bool step_to(struct run *r, uint64_t cfa, bool fp_known, uint64_t fp,
			   uint64_t ra)
{
	const struct unwind_arch *a = r->u->arch;
	struct unwind_regs *regs = &r->s->regs;

	if (unlikely(!is_further_out(r, cfa)))
		return end(r, UNWIND_BROKEN);
	regs->value[a->sp] = cfa;
	regs->value[a->fp] = fp;
	regs->value[a->pc] = ra & a->addr_mask;
	regs->known = 1ull << a->sp | 1ull << a->pc | (uint64_t)fp_known << a->fp;
	r->flags = UNWIND_RETURN;
	r->chained = false;
	return true;
}

static bool step_frame_pointer(struct run *r, enum unwind_end otherwise);

/* A rule goes by a register that is not known; see step_frame_pointer(). */
static bool step_by_unknown(struct run *r, unsigned int reg)
{
	return reg == r->u->arch->sp ? step_frame_pointer(r, UNWIND_REGISTER)
				     : end(r, UNWIND_REGISTER);
}

/* CFA = register + offset, frame pointer in a slot, return address beside. */
static inline bool step_plain(struct run *r, uint32_t rule)
{
	const struct unwind_arch *a = r->u->arch;
	unsigned int base = rule_type(rule) == RULE_SP ? a->sp : a->fp;
	uint32_t slot = rule_high(rule);
	bool fp_known = known(r, a->fp);
	uint64_t fp = get(r, a->fp), ra, cfa;

	if (unlikely(!known(r, base)))
		return step_by_unknown(r, base);
	cfa = get(r, base) + 8ull * rule_low(rule);
	if (a->lr == UINT8_MAX) {
		if (!read_word(r, cfa - 8, &ra))
			return false;
	} else if (slot) {
		if (!read_word(r, cfa - 8ull * slot + 8, &ra))
			return false;
	} else {
		if (!known(r, a->lr))
			return end(r, UNWIND_REGISTER);
		ra = get(r, a->lr);
	}
	if (slot) {
		if (!read_word(r, cfa - 8ull * slot, &fp))
			return false;
		fp_known = true;
	}
	return step_to(r, cfa, fp_known, fp, ra);
}

/* The value of a register of the caller: 1, 0 if it is not known, -1 ended. */
static int recover(struct run *r, uint8_t kind, uint8_t reg, int32_t off, uint64_t cfa,
		   uint64_t *out)
{
	switch ((enum unwind_value_kind)kind) {
	case VALUE_AT_CFA:
		return read_word(r, cfa + (uint64_t)(int64_t)off, out) ? 1 : -1;
	case VALUE_IN_REG:
		if (!known(r, (unsigned int)off))
			return 0;
		*out = get(r, (unsigned int)off);
		return 1;
	case VALUE_AT_REG:
		if (!known(r, reg))
			return 0;
		return read_word(r, get(r, reg) + (uint64_t)(int64_t)off, out) ? 1 : -1;
	default:
		return 0;
	}
}

static bool step_dict(struct run *r, const struct unwind_rule *rule)
{
	const struct unwind_arch *a = r->u->arch;
	uint64_t cfa, ra, fp = get(r, a->fp);
	int got_ra, got_fp;

	if (!rule)
		return end(r, UNWIND_NO_RULE);
	if (!known(r, rule->cfa_reg))
		return step_by_unknown(r, rule->cfa_reg);
	cfa = get(r, rule->cfa_reg) + (uint64_t)(int64_t)rule->cfa_off;
	if (rule->cfa_kind == CFA_DEREF) {
		if (!read_word(r, cfa, &cfa))
			return false;
		cfa += (uint64_t)(int64_t)rule->cfa_add;
	}
	if (rule->ra_kind == VALUE_SAME && a->lr != UINT8_MAX)
		got_ra = recover(r, VALUE_IN_REG, 0, a->lr, cfa, &ra);
	else
		got_ra = recover(r, rule->ra_kind, 0, rule->ra_off, cfa, &ra);
	if (got_ra <= 0)
		return got_ra < 0 ? false : end(r, UNWIND_REGISTER);
	if (rule->fp_kind == VALUE_SAME)
		got_fp = known(r, a->fp);
	else
		got_fp = recover(r, rule->fp_kind, rule->fp_reg, rule->fp_off, cfa, &fp);
	return got_fp >= 0 && step_to(r, cfa, got_fp, fp, ra);
}

/* All registers of the interrupted frame are in the kernel's signal frame. */
static bool step_signal(struct run *r)
{
	const struct unwind_arch *a = r->u->arch;
	uint64_t sp = get(r, a->sp);
	struct unwind_regs regs = { 0 };

	if (!known(r, a->sp))
		return end(r, UNWIND_REGISTER);
	for (unsigned int i = 0; i < a->n_regs; i++)
		if (!read_word(r, sp + a->signal_offs[i], &regs.value[i]))
			return false;
	regs.known = (1ull << a->n_regs) - 1;
	r->s->regs = regs;
	r->flags = 0;	/* interrupted there: the pc is exact */
	r->chained = false;
	r->other_stack = !r->s->space->read && regs.value[a->sp] - r->s->start > r->s->len;
	return true;
}

/* The PLT pushes at its 11th (or 10th) byte of 16. */
static bool step_plt(struct run *r, uint64_t limit)
{
	const struct unwind_arch *a = r->u->arch;
	uint64_t cfa = get(r, a->sp) + 8 + ((get(r, a->pc) & 15) >= limit ? 8 : 0);
	uint64_t ra;

	return read_word(r, cfa - 8, &ra) &&
	       step_to(r, cfa, known(r, a->fp), get(r, a->fp), ra);
}

static bool is_code(struct run *r, uint64_t pc)
{
	const struct unwind_cached *c =
		look_up(r, pc & r->u->arch->addr_mask, UNWIND_RETURN | UNWIND_GUESSED);

	return c->where != WHERE_NOWHERE;
}

/*
 * Follow the frame pointer if what it points at looks like a frame.  Where there
 * is a link register the two words lie at the lower end of the frame: then the
 * caller's stack pointer is only known to be further out, and a caller whose
 * rule goes by it is left by its frame pointer as well.
 */
static bool step_frame_pointer(struct run *r, enum unwind_end otherwise)
{
	const struct unwind_arch *a = r->u->arch;
	uint64_t fp = get(r, a->fp), pair[2];

	if (!known(r, a->fp))
		return end(r, UNWIND_REGISTER);
	if (fp == 0) {
		/*
		 * How the ABI marks the outermost frame.  In a leaf, behind one that
		 * was guessed, or in generated code it is any number that happens
		 * to be 0.
		 */
		bool called = r->flags == UNWIND_RETURN && otherwise == UNWIND_NO_RULE;

		return end(r, r->chained || called ? UNWIND_COMPLETE : otherwise);
	}
	if (fp < get(r, a->sp) || fp % 8)
		return end(r, otherwise);
	if (!read_word(r, fp, &pair[0]) || !read_word(r, fp + 8, &pair[1])) {
		/* A chain that has held so far goes on beyond the copy. */
		bool chain = r->flags & UNWIND_GUESSED && r->u->end == UNWIND_COPY;

		return chain ? false : end(r, otherwise);
	}
	if (!is_code(r, pair[1]))
		return end(r, otherwise);
	if (!step_to(r, fp + 16, true, pair[0], pair[1]))
		return false;
	if (a->lr != UINT8_MAX)
		r->s->regs.known &= ~(1ull << a->sp);
	r->flags |= UNWIND_GUESSED;
	r->chained = true;
	return true;
}

/*
 * No rule.  A leaf has most likely put nothing on the stack, so that the return
 * address lies on top of it; else there may be frame pointers.
 */
static bool step_without_rule(struct run *r, const struct unwind_cached *c)
{
	const struct unwind_arch *a = r->u->arch;
	enum unwind_end otherwise = c->where == WHERE_ANON ? UNWIND_JIT : UNWIND_NO_RULE;
	uint64_t sp = get(r, a->sp), ra = 0;
	bool leaf = !(r->flags & UNWIND_RETURN) && c->where == WHERE_FILE;

	if (leaf && a->lr == UINT8_MAX && read_word(r, sp, &ra) && is_code(r, ra)) {
		if (!step_to(r, sp + 8, known(r, a->fp), get(r, a->fp), ra))
			return false;
		r->flags |= UNWIND_GUESSED;
		return true;
	}
	return step_frame_pointer(r, otherwise);
}

/* Somebody else evaluates the rule; what comes out is held to the same. */
static bool step_rare(struct run *r)
{
	const struct unwind_space *space = r->s->space;
	const struct unwind_arch *a = r->u->arch;
	const uint64_t needed = 1ull << a->sp | 1ull << a->pc;
	struct unwind_regs regs = r->s->regs;
	uint64_t at = get(r, a->pc) - (r->flags & UNWIND_RETURN ? 1 : 0);

	if (!space->rare || !space->rare(space->ctx, at, &regs))
		return end(r, UNWIND_NO_RULE);
	if ((regs.known & needed) != needed)
		return end(r, UNWIND_REGISTER);
	if (!is_further_out(r, regs.value[a->sp]))
		return end(r, UNWIND_BROKEN);
	r->s->regs = regs;
	r->flags = UNWIND_RETURN;
	r->chained = false;
	return true;
}

static bool step_special(struct run *r, const struct unwind_cached *c)
{
	switch ((enum unwind_special)rule_low(c->rule)) {
	case SPECIAL_END:
		return end(r, UNWIND_COMPLETE);
	case SPECIAL_PLT11:
		return step_plt(r, 11);
	case SPECIAL_PLT10:
		return step_plt(r, 10);
	case SPECIAL_SIGNAL:
		return step_signal(r);
	case SPECIAL_UNSUPPORTED:
		return step_rare(r);
	default:
		return step_without_rule(r, c);
	}
}

/* From the frame at hand to its caller; false: the run has ended. */
static inline bool step(struct run *r, const struct unwind_cached *c)
{
	if (unlikely(c->where != WHERE_FILE)) {
		if (c->where == WHERE_PENDING)
			return end(r, UNWIND_PENDING);
		return step_without_rule(r, c);
	}
	switch (rule_type(c->rule)) {
	case RULE_SP:
	case RULE_FP:
		return step_plain(r, c->rule);
	case RULE_DICT:
		return step_dict(r, unwind_table_dict(c->table, rule_index(c->rule)));
	default:
		return step_special(r, c);
	}
}

/*
 * The run ended `n_frames` from the innermost, which is beyond the limit.  With the
 * outermost frame that is
 *
 *	frames, full	I I I I I I I I O O		outer: P Q
 *	becomes		I I I I I I I gap O P Q		or what there is of them
 *
 * and else the innermost are what there is.
 */
static void end_beyond(struct unwinder *u, uint32_t n_frames)
{
	uint32_t n_outer = unwind_n_outer(u->max_frames), gap_at = u->max_frames - n_outer;
	uint32_t n_beyond = n_frames - u->max_frames, first = n_frames - n_outer;

	if (u->end == UNWIND_PENDING)	/* with its table there may be more to say */
		return;
	if (u->end != UNWIND_COMPLETE || !n_outer) {
		u->end = UNWIND_LIMIT;
		return;
	}
	if (n_beyond < n_outer) {	/* part of them is at the end of the others */
		memmove(&u->frames[gap_at + 1], &u->frames[first],
			(n_outer - n_beyond) * sizeof(*u->frames));
		memmove(&u->sp[gap_at + 1], &u->sp[first], (n_outer - n_beyond) * sizeof(*u->sp));
	}
	for (uint32_t i = max_of(first, u->max_frames); i < n_frames; i++) {
		uint32_t from = (i - u->max_frames) % UNWIND_OUTER, to = gap_at + 1 + i - first;

		u->frames[to] = u->outer[from];
		u->sp[to] = u->outer_sp[from];
	}
	u->n_frames = u->max_frames + 1;
	u->end = UNWIND_LEFT_OUT;
	u->gap_at = gap_at;
	u->n_left_out = n_beyond;
}

/* Go through all frames; returns how many there are. */
static uint32_t go_through(struct unwinder *u, struct unwind_stack *stack)
{
	struct run r = { .u = u, .s = stack };
	/* Where no outer frames are kept there is nothing to go on for. */
	const uint32_t most = unwind_n_outer(u->max_frames) ? UNWIND_MAX_STEPS : u->max_frames;

	for (uint32_t n = 0;; n++) {
		uint64_t pc = get(&r, u->arch->pc);
		const struct unwind_cached *c;

		/* Where threads begin without a rule saying so. */
		if (unlikely(pc == 0 && n)) {
			u->end = UNWIND_COMPLETE;
			return n;
		}
		c = look_up(&r, pc, r.flags);
		if (unlikely(c->where == WHERE_NOWHERE && n)) {
			u->end = UNWIND_BROKEN;
			return n;
		}
		if (unlikely(n == most)) {
			u->end = UNWIND_LIMIT;
			return n;
		}
		if (likely(n < u->max_frames)) {
			u->frames[n] = c->frame;
			u->sp[n] = get(&r, u->arch->sp);
		} else {
			u->outer[(n - u->max_frames) % UNWIND_OUTER] = c->frame;
			u->outer_sp[(n - u->max_frames) % UNWIND_OUTER] = get(&r, u->arch->sp);
		}
		if (!step(&r, c))
			return n + 1;
	}
}

void unwinder_run(struct unwinder *u, struct unwind_stack *stack)
{
	uint32_t n;

	u->end_addr = 0;
	u->n_left_out = 0;
	n = go_through(u, stack);
	u->copy_ended = u->end == UNWIND_COPY;
	u->n_frames = min_of(n, u->max_frames);
	if (n > u->max_frames)
		end_beyond(u, n);
	u->sp[u->n_frames] = UINT64_MAX;
}
