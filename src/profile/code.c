// SPDX-License-Identifier: Apache-2.0
#include "profile/code.h"

#include <stdlib.h>

#include "base/util.h"

/* Pieces of code in the order of module and address. */
struct pieces {
	const struct profile *p;
	uint32_t *v;		/* numbers of codes */
	uint32_t n;
};

static int by_place(const void *a, const void *b, void *profile)
{
	const struct profile *p = profile;
	uint32_t i = *(const uint32_t *)a, j = *(const uint32_t *)b;
	const struct profile_code *x = &p->codes[i], *y = &p->codes[j];

	if (x->module != y->module)
		return x->module < y->module ? -1 : 1;
	if (x->vaddr != y->vaddr)
		return x->vaddr < y->vaddr ? -1 : 1;
	return i < j ? -1 : i > j;	/* the last that was told is the one found */
}

static void pieces_init(struct pieces *l, const struct profile *p)
{
	*l = (struct pieces){ .p = p, .v = xcalloc(p->n_codes + 1, sizeof(*l->v)),
			      .n = (uint32_t)p->n_codes };
	for (uint32_t i = 0; i < l->n; i++)
		l->v[i] = i;
	qsort_r(l->v, l->n, sizeof(*l->v), by_place, (void *)p);
}

/* The code around an address, or RECORD_NONE.  A refusal is at the one asked for. */
static uint32_t piece_at(const struct pieces *l, uint32_t module, uint64_t vaddr)
{
	uint32_t low = 0, high = l->n;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;
		const struct profile_code *c = &l->p->codes[l->v[mid]];

		if (c->module < module || (c->module == module && c->vaddr <= vaddr))
			low = mid + 1;
		else
			high = mid;
	}
	if (!low)
		return RECORD_NONE;

	const struct profile_code *c = &l->p->codes[l->v[low - 1]];

	return c->module == module && vaddr - c->vaddr < max_of(c->size, (uint64_t)1)
	       ? l->v[low - 1] : RECORD_NONE;
}

/* ---- which code ---- */

/* The frame that a leaf's samples landed in, or NULL. */
static const struct profile_frame *leaf_frame(const struct profile *p, uint32_t leaf)
{
	uint32_t stack = p->leaves[leaf];

	return stack < RECORD_STACK_FIRST ? NULL : &p->frames[p->stacks[stack].frame];
}

/* Where to look: a return address is behind the call. */
static uint64_t frame_vaddr(const struct profile_frame *f)
{
	return f->flags & FRAME_RETURN ? f->vaddr - 1 : f->vaddr;
}

static bool is_in(const struct profile *p, const struct profile_frame *f, uint32_t function)
{
	for (uint32_t i = 0; i < f->n_levels; i++)
		if (p->levels[f->first_level + i].function == function)
			return true;
	return false;
}

/* Code can be had of what is in a file. */
static bool has_file(const struct profile *p, uint32_t module)
{
	return module != RECORD_NONE && (p->modules[module].kind == MODULE_FILE ||
					 p->modules[module].kind == MODULE_VDSO);
}

/*
 * The code in which the function's own time is, or most of it.  Without any, the place
 * in out->module and out->vaddr is where most of it is.
 */
static uint32_t find_code(const struct profile *p, const struct summary *sum, uint32_t function,
			  struct code *out)
{
	const struct profile_function *f = &p->functions[function];
	const struct sum *leaves = sum->leaves;
	uint64_t *weight = xcalloc(p->n_codes + 1, sizeof(*weight)), most = 0;
	uint32_t best = RECORD_NONE;
	struct pieces pieces;

	if (f->vaddr && has_file(p, f->module)) {
		out->module = f->module;
		out->vaddr = f->vaddr;
	}

	pieces_init(&pieces, p);
	for (uint32_t i = 0; i < sum->n_leaves; i++) {
		const struct profile_frame *frame = leaf_frame(p, i);
		uint32_t code;

		if (!frame || !leaves[i].count || !is_in(p, frame, function))
			continue;
		code = piece_at(&pieces, frame->module, frame_vaddr(frame));
		if (code == RECORD_NONE && leaves[i].weight_ns > most && has_file(p, frame->module)) {
			most = leaves[i].weight_ns;
			out->module = frame->module;
			out->vaddr = frame_vaddr(frame);
		}
		if (code == RECORD_NONE)
			continue;
		weight[code] += leaves[i].weight_ns;
		if (best == RECORD_NONE || weight[code] > weight[best])
			best = code;
	}
	/* Nothing landed in it: its own code then. */
	if (best == RECORD_NONE && f->vaddr && f->module != RECORD_NONE)
		best = piece_at(&pieces, f->module, f->vaddr);
	free(pieces.v);
	free(weight);
	return best;
}

/* ---- sums ---- */

/* The instruction of `c` around an address, or RECORD_NONE. */
static uint32_t instruction_at(const struct profile *p, const struct profile_code *c,
			       uint64_t vaddr)
{
	uint32_t low = 0, high = c->n;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (p->instructions[c->first + mid].vaddr <= vaddr)
			low = mid + 1;
		else
			high = mid;
	}
	return low && vaddr - p->instructions[c->first + low - 1].vaddr <
		      p->instructions[c->first + low - 1].len ? low - 1 : RECORD_NONE;
}

/* By leaf: which instruction it is on. */
static uint32_t *find_instructions(const struct profile *p, const struct profile_code *c)
{
	uint32_t *of_leaf = xcalloc(p->n_leaves + 1, sizeof(*of_leaf));

	for (uint32_t i = 0; i < p->n_leaves; i++) {
		const struct profile_frame *f = leaf_frame(p, i);

		of_leaf[i] = f && f->module == c->module ? instruction_at(p, c, frame_vaddr(f))
							  : RECORD_NONE;
	}
	return of_leaf;
}

static void add_up(const struct profile *p, const struct selection *s, const uint32_t *of_leaf,
		   struct stats *stats, struct code *out, double *weight)
{
	const struct samples *smp = &p->samples;
	double sq = 0;
	struct picked k;

	picked_init(&k, p, s);
	for (uint32_t b = 0; b < stats->n_blocks; b++) {
		size_t last = picked_block(&k, smp, b + 1, stats->n_blocks);

		for (size_t i = picked_block(&k, smp, b, stats->n_blocks); i < last; i++) {
			uint32_t row = of_leaf[smp->leaf[i]];
			struct sum one = { 1, smp->weight_ns[i] };
			double w = (double)one.weight_ns;

			if (row == RECORD_NONE || !picked_has(&k, smp, i) || !k.leaf[smp->leaf[i]])
				continue;
			sum_add(&out->v[row].self, one);
			sum_add(&out->self, one);
			weight[(size_t)row * stats->n_blocks + b] += w;
			stats->weight[b] += w;
			sq += w * w;
		}
	}
	picked_deinit(&k);
	stats_finish(stats);
	stats->n = sq > 0 ? stats->total * stats->total / sq : 0;
}

void code_make(const struct profile *p, const struct selection *s,
	       const struct summary *sum, uint32_t function, struct code *out)
{
	struct stats stats = { .n_blocks = sum->stats.n_blocks, .scale = 1 };
	uint32_t number;

	*out = (struct code){ .outer = RECORD_NONE, .module = RECORD_NONE };
	number = out->number = find_code(p, sum, function, out);
	if (number == RECORD_NONE)
		return;

	const struct profile_code *c = &p->codes[number];

	out->note = c->note;
	if (!c->n) {
		out->number = RECORD_NONE;
		return;
	}

	const struct profile_instruction *first = &p->instructions[c->first];
	uint32_t *of_leaf = find_instructions(p, c);
	double *weight = xcalloc((size_t)c->n * stats.n_blocks, sizeof(*weight));

	if (first->n_levels)
		out->outer = p->levels[first->first_level + first->n_levels - 1].function;
	out->n = c->n;
	out->v = xcalloc(c->n, sizeof(*out->v));
	add_up(p, s, of_leaf, &stats, out, weight);
	for (uint32_t i = 0; i < c->n; i++)
		out->v[i].share = stats_share_of_blocks(&stats, weight + (size_t)i * stats.n_blocks);
	free(weight);
	free(of_leaf);
}

void code_deinit(struct code *c)
{
	free(c->v);
	*c = (struct code){ .number = RECORD_NONE };
}

const struct profile_level *code_level(const struct profile *p,
				       const struct profile_instruction *i, uint32_t function)
{
	for (uint32_t l = 0; l < i->n_levels; l++)
		if (p->levels[i->first_level + l].function == function)
			return &p->levels[i->first_level + l];
	return NULL;
}
