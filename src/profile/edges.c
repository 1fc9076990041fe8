// SPDX-License-Identifier: Apache-2.0
#include "profile/edges.h"

#include <string.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/u64map.h"
#include "base/util.h"

/* ---- one edge ---- */

/* The function that has the code of a frame; inlined ones have none of their own. */
static uint32_t function_of(const struct profile *p, const struct profile_frame *f)
{
	return p->levels[f->first_level + f->n_levels - 1].function;
}

/* Does `name` say the same as `stub`, "memcpy@plt"? */
static bool is_stub_of(const char *stub, const char *name)
{
	size_t len = strlen(name);

	return strncmp(stub, name, len) == 0 && strcmp(stub + len, "@plt") == 0;
}

static bool is_stub(const char *name)
{
	size_t len = strlen(name);

	return len > 4 && strcmp(name + len - 4, "@plt") == 0;
}

/* "f.cold" or "f(int) [clone .cold]": a part of f that the compiler put elsewhere. */
static bool is_part_of(const char *part, const char *name)
{
	size_t len = strlen(name);

	return strncmp(part, name, len) == 0 &&
	       (strncmp(part + len, ".cold", 5) == 0 || strncmp(part + len, " [clone .cold", 13) == 0);
}

static bool holds(const struct profile_function *f, uint64_t vaddr)
{
	return f->source != SYMBOL_NONE && f->vaddr && vaddr - f->vaddr < max_of(f->size, (uint64_t)1);
}

/* A direct call, and who was called according to the stack. */
static enum edge judge_direct(const struct profile *p, const struct profile_frame *caller,
			      const struct profile_frame *callee)
{
	uint32_t number = function_of(p, callee);
	const struct profile_function *f = &p->functions[number];
	const char *name, *target;

	if (number == caller->call_function ||
	    (caller->module == callee->module && holds(f, caller->call_target)))
		return EDGE_PROVEN;
	if (caller->call_function == RECORD_NONE || f->source == SYMBOL_NONE)
		return EDGE_UNKNOWN;
	name = profile_string(p, f->name);
	target = profile_string(p, p->functions[caller->call_function].name);
	/* What is called by a stub can have other names than that by which it is called. */
	if (is_stub(target))
		return is_stub_of(target, name) ? EDGE_PROVEN : EDGE_POINTER;
	if (is_part_of(name, target))
		return EDGE_PROVEN;
	return caller->flags & FRAME_GUESSED ? EDGE_GAP : EDGE_ELSEWHERE;
}

enum edge edge_judge(const struct profile *p, uint32_t caller, uint32_t callee)
{
	const struct profile_frame *f = &p->frames[caller];

	if (!(f->flags & FRAME_RETURN) || p->modules[f->module].kind == MODULE_KERNEL ||
	    p->frames[callee].flags & FRAME_LEFT_OUT)
		return EDGE_NONE;
	switch (f->call) {
	case CALL_NONE:
		return EDGE_NO_CALL;
	case CALL_INDIRECT:
		return EDGE_POINTER;
	case CALL_DIRECT:
		return judge_direct(p, f, &p->frames[callee]);
	default:
		return EDGE_UNKNOWN;
	}
}

/* ---- all of them ---- */

static void add(struct edge_sum *to, struct sum sum)
{
	to->n += sum.count;
	to->weight_ns += (double)sum.weight_ns;
}

/* Detours while they are found. */
struct found {
	struct edge_detour *v;
	size_t n, cap;
	struct u64map by_hash;	/* of what makes a detour one -> place in v */
};

static struct edge_detour *detour_of(struct found *d, const struct profile *p, enum edge kind,
				     uint32_t caller, uint32_t callee)
{
	const struct profile_frame *f = &p->frames[caller];
	const uint32_t key[] = { p->levels[f->first_level].function,
				 function_of(p, &p->frames[callee]), f->call_function, kind };
	uint32_t *slot = u64map_slot(&d->by_hash, XXH3_64bits(key, sizeof(key)));

	if (*slot == U64MAP_NONE) {
		*slot = (uint32_t)d->n;
		array_reserve(d->v, d->n + 1, d->cap);
		d->v[d->n++] = (struct edge_detour){ key[0], key[1], key[2], kind, { 0 } };
	}
	return &d->v[*slot];
}

static int by_weight(const void *a, const void *b)
{
	const struct edge_detour *x = a, *y = b;

	return (x->sum.weight_ns < y->sum.weight_ns) - (x->sum.weight_ns > y->sum.weight_ns);
}

/* What is on a stack is on those that it is the outer part of. */
static struct sum *sum_stacks(const struct profile *p, const struct summary *sum)
{
	struct sum *of = xcalloc(p->n_stacks, sizeof(*of));

	for (uint32_t i = 0; i < sum->n_leaves; i++)
		sum_add(&of[p->leaves[i]], sum->all_leaves[i]);
	/* A parent has a smaller number. */
	for (size_t i = p->n_stacks; i-- > RECORD_STACK_FIRST;)
		sum_add(&of[p->stacks[i].parent], of[i]);
	return of;
}

void edges_make(const struct profile *p, const struct summary *sum, struct edges *out)
{
	struct sum *of = sum_stacks(p, sum);
	struct found found = { 0 };

	*out = (struct edges){ 0 };
	for (size_t i = RECORD_STACK_FIRST; i < p->n_stacks; i++) {
		uint32_t parent = p->stacks[i].parent, caller, callee = p->stacks[i].frame;
		enum edge edge;

		if (parent < RECORD_STACK_FIRST || !of[i].count)
			continue;
		caller = p->stacks[parent].frame;
		edge = edge_judge(p, caller, callee);
		if (edge == EDGE_NONE)
			continue;
		add(&out->of[edge], of[i]);
		add(&out->all, of[i]);
		if (edge == EDGE_ELSEWHERE || edge == EDGE_GAP)
			add(&detour_of(&found, p, edge, caller, callee)->sum, of[i]);
	}
	if (found.n)
		qsort(found.v, found.n, sizeof(*found.v), by_weight);
	out->detours = found.v;
	out->n_detours = (uint32_t)found.n;
	u64map_deinit(&found.by_hash);
	free(of);
}

void edges_deinit(struct edges *e)
{
	free(e->detours);
	*e = (struct edges){ 0 };
}

double edges_share(const struct edges *e, enum edge kind)
{
	return e->all.weight_ns > 0 ? e->of[kind].weight_ns / e->all.weight_ns : 0;
}

const struct edge_detour *edges_detour(const struct edges *e, uint32_t caller, uint32_t callee)
{
	for (uint32_t i = 0; i < e->n_detours; i++)
		if (e->detours[i].caller == caller && e->detours[i].callee == callee)
			return &e->detours[i];
	return NULL;
}
