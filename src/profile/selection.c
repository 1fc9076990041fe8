// SPDX-License-Identifier: Apache-2.0
#include "profile/selection.h"

#include <string.h>

#include "base/util.h"
#include "profile/filter.h"

/* A leaf passes if a function on its path matches. */
static void pick_leaves(struct picked *k, const struct profile *p, const struct selection *s)
{
	k->function = xcalloc(p->n_functions, sizeof(*k->function));
	for (size_t i = 0; i < p->n_functions; i++)
		k->function[i] = (!s->by_module || p->functions[i].module == s->module) &&
			(!s->filter ||
			 filter_match(s->filter, profile_string(p, p->functions[i].name)));
	tree_pick_leaves(&p->tree, k->function, k->leaf);
}

void picked_init(struct picked *k, const struct profile *p, const struct selection *s)
{
	unsigned int states = s->states ? s->states : 1u << STATE_RUNNING;
	bool all_time = !s->from_ns && !s->to_ns;

	*k = (struct picked){
		.from_ns = all_time ? p->start_ns : max_of(s->from_ns, p->start_ns),
		.to_ns = all_time ? p->end_ns : min_of(s->to_ns, p->end_ns),
	};
	k->to_ns = max_of(k->from_ns, k->to_ns);
	k->first = all_time ? 0 : samples_find(&p->samples, s->from_ns);
	k->last = all_time ? p->samples.n : samples_find(&p->samples, s->to_ns);
	k->last = max_of(k->first, k->last);
	for (unsigned int i = 0; i < array_len(k->state); i++)
		k->state[i] = states >> samples_state((uint8_t)i) & 1;
	k->whole = !s->n_threads;
	for (unsigned int i = 0; i < array_len(p->samples.n_of); i++)
		k->whole &= states >> i & 1 || !p->samples.n_of[i];
	k->thread = xcalloc(p->n_threads, sizeof(*k->thread));
	for (size_t i = 0; !s->n_threads && i < p->n_threads; i++)
		k->thread[i] = true;
	for (size_t i = 0; i < s->n_threads; i++)
		k->thread[s->threads[i]] = true;
	k->leaf = xmalloc(p->n_leaves);
	if (s->filter || s->by_module)
		pick_leaves(k, p, s);
	else
		memset(k->leaf, true, p->n_leaves);
}

void picked_deinit(struct picked *k)
{
	free(k->thread);
	free(k->leaf);
	free(k->function);
	*k = (struct picked){ 0 };
}

/* Where block `b` of `n` begins, in [from, to). */
static uint64_t block_start(const struct picked *k, uint32_t b, uint32_t n)
{
	uint64_t range = k->to_ns - k->from_ns;

	return k->from_ns + range / n * b + range % n * b / n;
}

/* The outer blocks take what lies outside the recording's time. */
size_t picked_block(const struct picked *k, const struct samples *s, uint32_t b, uint32_t n)
{
	if (b == 0)
		return k->first;
	if (b == n)
		return k->last;
	size_t i = samples_find(s, block_start(k, b, n));
	return i < k->first ? k->first : min_of(i, k->last);
}
