// SPDX-License-Identifier: Apache-2.0
#include "profile/thread_functions.h"

#include "base/util.h"

/* Keep those with the most time, in their order. */
static void offer(struct thread_functions *out, uint32_t function, uint64_t self_ns)
{
	uint32_t at = out->n;

	while (at && out->v[at - 1].self_ns < self_ns)
		at--;
	if (at == THREAD_FUNCTIONS)
		return;
	if (out->n < THREAD_FUNCTIONS)
		out->n++;
	for (uint32_t i = out->n - 1; i > at; i--)
		out->v[i] = out->v[i - 1];
	out->v[at].function = function;
	out->v[at].self_ns = self_ns;
}

void thread_functions_make(const struct profile *p, const struct selection *s,
			   const uint32_t *threads, uint32_t n, struct thread_functions *out)
{
	const struct samples *all = &p->samples;
	_cleanup_(freep) uint64_t *leaf = xcalloc(max_of(p->n_leaves, (size_t)1), sizeof(*leaf));
	_cleanup_(freep) uint64_t *self = xcalloc(max_of(p->n_functions, (size_t)1), sizeof(*self));
	_cleanup_(freep) bool *counts = xcalloc(max_of(p->n_threads, (size_t)1), sizeof(*counts));
	struct picked k;

	*out = (struct thread_functions){ 0 };
	for (uint32_t i = 0; i < n; i++)
		counts[threads[i]] = true;
	picked_init(&k, p, s);
	for (size_t i = k.first; i < k.last; i++)
		if (counts[all->thread[i]] && picked_has(&k, all, i))
			leaf[all->leaf[i]] += all->weight_ns[i];
	for (size_t i = 0; i < p->n_leaves; i++) {
		if (!leaf[i] || !k.leaf[i])
			continue;
		self[p->tree.function[p->tree.of_stack[p->shown.leaves[i]]]] += leaf[i];
		out->all_ns += leaf[i];
	}
	picked_deinit(&k);
	for (uint32_t i = 0; i < p->n_functions; i++)
		if (self[i])
			offer(out, i, self[i]);
}
