// SPDX-License-Identifier: Apache-2.0
#include "ui/scope.h"

#include <string.h>

#include "base/error.h"
#include "base/util.h"
#include "profile/filter.h"

struct scope *scope_new(void)
{
	struct scope *s = xcalloc(1, sizeof(*s));

	s->n_holders = 1;
	return s;
}

struct scope *scope_hold(struct scope *s)
{
	s->n_holders++;
	return s;
}

void scope_release(struct scope *s)
{
	if (!s || --s->n_holders)
		return;
	free(s->threads);
	free(s->typed);
	filter_close(s->filter);
	free(s->folded);
	free(s);
}

static uint32_t *copy_numbers(const uint32_t *numbers, size_t n)
{
	return n ? xmemdup(numbers, n * sizeof(*numbers)) : NULL;
}

struct scope *scope_copy(const struct scope *s)
{
	struct scope *copy = xmemdup(s, sizeof(*s));
	struct error err;

	copy->n_holders = 1;
	copy->threads = copy_numbers(s->threads, s->n_threads);
	copy->folded = copy_numbers(s->folded, s->n_folded);
	copy->typed = NULL;
	copy->filter = NULL;
	if (s->typed && scope_set_filter(copy, s->typed, &err) < 0)
		abort();	/* it could be compiled once */
	return copy;
}

int scope_set_filter(struct scope *s, const char *typed, struct error *err)
{
	struct filter *filter = NULL;
	char *text = *typed ? xstrdup(typed) : NULL;

	if (*typed && filter_parse(typed, &filter, err) < 0) {
		free(text);
		return -1;
	}
	free(s->typed);
	filter_close(s->filter);
	s->typed = text;
	s->filter = filter;
	return 0;
}

static bool same_numbers(const uint32_t *a, size_t n_a, const uint32_t *b, size_t n_b)
{
	return n_a == n_b && (!n_a || memcmp(a, b, n_a * sizeof(*a)) == 0);
}

bool scope_same_but_time(const struct scope *a, const struct scope *b)
{
	return same_numbers(a->threads, a->n_threads, b->threads, b->n_threads) &&
	       same_numbers(a->folded, a->n_folded, b->folded, b->n_folded) &&
	       strcmp(a->typed ? a->typed : "", b->typed ? b->typed : "") == 0 &&
	       a->by_module == b->by_module && (!a->by_module || a->module == b->module) &&
	       a->kernel_folded == b->kernel_folded && a->frames == b->frames;
}

void scope_select(const struct scope *s, const struct profile *p, struct selection *out)
{
	*out = (struct selection){
		.threads = s->threads, .n_threads = s->n_threads, .filter = s->filter,
		.by_module = s->by_module, .module = s->module,
	};
	switch (s->window) {
	case SCOPE_ALL:
		break;
	case SCOPE_LAST:
		out->from_ns = p->end_ns > p->start_ns + s->length_ns ? p->end_ns - s->length_ns
								     : p->start_ns;
		out->to_ns = UINT64_MAX;
		break;
	case SCOPE_SINCE:
		out->from_ns = s->from_ns;
		out->to_ns = UINT64_MAX;
		break;
	case SCOPE_RANGE:
		out->from_ns = s->from_ns;
		out->to_ns = s->from_ns + s->length_ns;
	}
}
