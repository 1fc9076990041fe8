// SPDX-License-Identifier: Apache-2.0
#include "ui/flame_compare.h"

#include "base/error.h"
#include "base/util.h"

#define NOWHERE UINT32_MAX

void flame_compare_deinit(struct app_flame_compare *d)
{
	compare_tree_deinit(&d->tree);
	free(d->node_of);
	*d = (struct app_flame_compare){ 0 };
}

bool flame_compare_is_on(const struct app *a)
{
	return a->flame.compare.on && a->flame.compare.tree.nodes;
}

const struct compare_node *flame_compare_of(const struct app *a, const struct flame_box *box)
{
	const struct app_flame_compare *d = &a->flame.compare;
	size_t i = (size_t)(box - a->flame.f.v);

	return flame_compare_is_on(a) && i < d->n_boxes && d->node_of[i] != NOWHERE
		? &d->tree.nodes[d->node_of[i]] : NULL;
}

int flame_compare_sign(const struct compare_node *n)
{
	if (!n || n->verdict == COMPARE_NO_EVIDENCE || n->verdict == COMPARE_UNTESTED)
		return 0;
	return n->change < 0 ? -1 : 1;
}

/* ---- on and off ---- */

/* Is a part of what is shown in the baseline?  Then it is not what is compared. */
static bool is_trimmed(const struct app *a)
{
	return a->compare.sides[COMPARE_B].sum != &a->model->sum;
}

/* Only what is compared, so that widths and colours are of the same samples. */
static void leave_out_baseline(struct app *a)
{
	const struct summary *sum = a->compare.sides[COMPARE_B].sum;
	struct scope *next = scope_copy(a->scope.now);
	bool goes_on = a->session.state == APP_LIVE && sum->to_ns == a->model->sum.to_ns;

	next->window = goes_on ? SCOPE_SINCE : SCOPE_RANGE;
	next->from_ns = sum->from_ns;
	next->length_ns = goes_on ? 0 : sum->to_ns - sum->from_ns;
	app_scope_change(a, next);
}

void flame_compare_begin(struct app *a)
{
	struct app_flame *t = &a->flame;

	if (!app_compare_make(a))
		return;
	if (is_trimmed(a))
		leave_out_baseline(a);
	if (t->how.inverted || t->how.joined) {		/* paths from the root are compared */
		t->how.inverted = t->how.joined = false;
		t->zoom.n = t->path.n = t->n_outs = t->fits_in = 0;
		t->stale = true;
	}
	t->compare.on = true;
	app_say(a, "coloured by the change against A, %s; o colours by kind of code", a->compare.name);
}

void flame_compare_toggle(struct app *a)
{
	if (a->flame.compare.on) {
		a->flame.compare.on = false;
		app_say(a, "coloured by kind of code");
	} else if (app_compare_make(a)) {
		flame_compare_begin(a);
	} else {
		app_refuse(a, "%s 0 tells more", a->compare.lacks);
	}
}

/* ---- what changed ---- */

static void compare_paths(struct app *a)
{
	struct app_flame_compare *d = &a->flame.compare;
	struct app_compare *v = &a->compare;
	const struct lens *now = app_lens(a);
	struct lens before;
	struct error err;

	compare_tree_deinit(&d->tree);
	if (lens_make(v->p, &v->sums[COMPARE_A], now->mode, &before, &err) < 0)
		app_say(a, "recursion stays folded: %s", err.msg);
	if (before.mode == now->mode)
		compare_tree_make(v->sides, &before, now, &v->c, &d->tree);
	lens_deinit(&before);
	d->n_made = v->n_made;
	d->mode = now->mode;
}

static uint32_t find_child(const struct tree *t, uint32_t node, uint32_t function)
{
	if (node == NOWHERE)
		return NOWHERE;
	for (uint32_t i = t->first_child[node]; i != TREE_NONE; i = t->next_sibling[i])
		if (t->function[i] == function)
			return i;
	return NOWHERE;
}

/* Boxes are paths, and so are nodes. */
static void find_nodes(struct app *a)
{
	const struct app_flame *t = &a->flame;
	struct app_flame_compare *d = &a->flame.compare;
	const struct tree *tree = app_lens(a)->tree;
	uint32_t first = 0;

	array_reserve(d->node_of, t->f.n, d->cap);
	d->n_boxes = t->f.n;
	for (uint32_t i = 0; i < t->zoom.n; i++)
		first = find_child(tree, first, t->zoom.v[i]);
	for (uint32_t i = 0; i < t->f.n; i++) {
		const struct flame_box *box = &t->f.v[i];

		d->node_of[i] = NOWHERE;
		if (i == 0)
			d->node_of[i] = first;
		else if (box->kind == FLAME_FUNCTION)
			d->node_of[i] = find_child(tree, d->node_of[box->parent], box->function);
	}
	d->n_laid = t->n_laid;
}

void flame_compare_make(struct app *a)
{
	struct app_flame_compare *d = &a->flame.compare;
	bool made;

	if (!d->on)
		return;
	made = app_compare_make(a) && !is_trimmed(a) && !a->flame.how.inverted;
	if (made && a->compare.swapped) {	/* here it is always now against A */
		a->compare.swapped = false;
		app_compare_again(a);
	}
	if (!made) {	/* there will be again: the scope changed */
		compare_tree_deinit(&d->tree);
		d->n_made = 0;
		return;
	}
	if (d->n_made != a->compare.n_made || d->mode != app_lens(a)->mode) {
		if (a->in_haste) {
			compare_tree_deinit(&d->tree);
			a->unsettled = true;
			return;
		}
		compare_paths(a);
		d->n_laid = 0;
	}
	if (d->n_laid != a->flame.n_laid)
		find_nodes(a);
}
