// SPDX-License-Identifier: Apache-2.0
#include "profile/samples.h"

#include "base/util.h"

void samples_deinit(struct samples *s)
{
	free(s->time_ns);
	free(s->leaf);
	free(s->thread);
	free(s->weight_ns);
	free(s->state);
	*s = (struct samples){ 0 };
}

void samples_reserve(struct samples *s, size_t n)
{
	size_t cap = s->cap;

	if (s->n + n <= cap)
		return;
	cap = max_of(s->n + n, cap + cap / 2);
	s->time_ns = xreallocarray(s->time_ns, cap, sizeof(*s->time_ns));
	s->leaf = xreallocarray(s->leaf, cap, sizeof(*s->leaf));
	s->thread = xreallocarray(s->thread, cap, sizeof(*s->thread));
	s->weight_ns = xreallocarray(s->weight_ns, cap, sizeof(*s->weight_ns));
	s->state = xreallocarray(s->state, cap, sizeof(*s->state));
	s->cap = cap;
}

struct place {
	uint64_t time_ns;
	size_t i;
};

static int by_time(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	if (x->time_ns != y->time_ns)
		return x->time_ns < y->time_ns ? -1 : 1;
	return x->i < y->i ? -1 : 1;
}

void samples_sort(struct samples *s)
{
	struct samples sorted = { 0 };
	struct place *order;

	if (!s->unsorted)
		return;
	order = xreallocarray(NULL, s->n, sizeof(*order));
	for (size_t i = 0; i < s->n; i++)
		order[i] = (struct place){ s->time_ns[i], i };
	qsort(order, s->n, sizeof(*order), by_time);
	samples_reserve(&sorted, s->n);
	for (size_t i = 0; i < s->n; i++) {
		size_t from = order[i].i;

		samples_push(&sorted, s->time_ns[from], s->leaf[from],
			     s->thread[from], s->weight_ns[from], s->state[from]);
	}
	free(order);
	samples_deinit(s);
	*s = sorted;
}

size_t samples_find(const struct samples *s, uint64_t time_ns)
{
	size_t low = 0, high = s->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (s->time_ns[mid] < time_ns)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}
