// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>

#include "base/util.h"
#include "ui/app.h"
#include "ui/dialogs.h"
#include "ui/text.h"

/* A thread and its time, whichever threads are chosen now. */
struct thread {
	uint32_t number;
	struct sum sum;
};

static int by_time(const void *a, const void *b)
{
	const struct thread *x = a, *y = b;

	if (x->sum.weight_ns != y->sum.weight_ns)
		return x->sum.weight_ns > y->sum.weight_ns ? -1 : 1;
	return x->number < y->number ? -1 : 1;
}

/* All of them, those with the most time first; the caller frees them. */
static struct thread *find_threads(const struct model *m, uint64_t *total_ns)
{
	const struct profile *p = m->p;
	struct thread *threads = xcalloc(max_of(p->n_threads, (size_t)1), sizeof(*threads));
	struct selection all = m->scope;
	struct picked k;

	all.n_threads = 0;
	*total_ns = 0;
	for (uint32_t i = 0; i < p->n_threads; i++)
		threads[i].number = i;
	picked_init(&k, p, &all);
	for (size_t i = k.first; i < k.last; i++) {
		if (!picked_has(&k, &p->samples, i) || !k.leaf[p->samples.leaf[i]])
			continue;
		sum_add(&threads[p->samples.thread[i]].sum,
			(struct sum){ 1, p->samples.weight_ns[i] });
		*total_ns += p->samples.weight_ns[i];
	}
	picked_deinit(&k);
	qsort(threads, p->n_threads, sizeof(*threads), by_time);
	return threads;
}

static bool is_chosen(const struct scope *s, uint32_t thread)
{
	for (size_t i = 0; i < s->n_threads; i++)
		if (s->threads[i] == thread)
			return true;
	return false;
}

/* The first choice is all of them, then one by one as in `asked_threads`. */
static void threads_chosen(struct app *a)
{
	const struct dialog *d = &a->dialog;
	struct scope *next = scope_copy(a->scope.now);
	uint32_t n = 0;

	free(next->threads);
	next->threads = xcalloc(d->n_choices, sizeof(*next->threads));
	for (uint32_t i = 1; i < d->n_choices && d->list.cursor; i++)
		if (d->choices[i].on)
			next->threads[n++] = a->asked_threads[i - 1];
	if (d->list.cursor && !n)
		next->threads[n++] = a->asked_threads[d->list.cursor - 1];
	next->n_threads = n;
	app_scope_change(a, next);
}

void threads_ask(struct app *a)
{
	const struct profile *p = a->model->p;
	struct dialog *d = &a->dialog;
	uint64_t total_ns;
	struct thread *threads = find_threads(a->model, &total_ns);

	a->asked_threads = xreallocarray(a->asked_threads, max_of(p->n_threads, (size_t)1),
					 sizeof(*a->asked_threads));
	dialog_open(d, "Threads", "Space turns one on or off, Enter shows what is on");
	dialog_offer(d, 0, DIALOG_PICK, "all threads");
	for (uint32_t i = 0; i < p->n_threads; i++) {
		const struct profile_thread *t = &p->threads[threads[i].number];
		struct sum sum = threads[i].sum;
		char count[TEXT_NUMBER], tid[TEXT_NUMBER];

		dialog_offer(d, 0, DIALOG_CHECK, "%5.1f%% %9s  %7s  %s",
			     total_ns ? 100 * (double)sum.weight_ns / (double)total_ns : 0,
			     text_count(count, sum.count), text_tid(tid, t->tid),
			     profile_string(p, t->name));
		d->choices[i + 1].on = is_chosen(a->scope.now, threads[i].number);
		a->asked_threads[i] = threads[i].number;
	}
	free(threads);
	app_ask(a, threads_chosen);
}
