// SPDX-License-Identifier: Apache-2.0
/*
 * A box is a set of places in stacks: calls of one function, reached by the same
 * functions.  Looking into it takes each place one call on and sorts what is found
 * there by function: that are the boxes below.
 *
 *	stacks			boxes
 *	main > a+4 > b		main
 *	main > a+4		  a	places: a+4, a+9
 *	main > a+9 > b		    b	places: below a+4, below a+9
 *
 * One call on is what was called from there, or, inverted, who called.  A call of
 * the same function goes into the same box if recursion is folded: it is a place at
 * the end of the list that is being looked through.
 *
 * This needs no tree of functions, so that all ways to look at the stacks are the
 * same work; and the stacks are shared by what calls the same.
 */
#include "profile/flame.h"

#include <string.h>

#include "base/util.h"

#define ABOVE UINT32_MAX	/* level of what stands above a stack that ended early */

struct place {
	struct sum sum;
	uint32_t stack, level;
	uint32_t run;		/* how often the function called itself up to here, from 1 */
	uint32_t next;		/* in its list; 0: none */
};

struct places {
	uint32_t first, last;
};

struct group {
	enum flame_kind kind;
	uint32_t function;
	struct sum total;
	struct places places;
};

struct work {
	struct flame *f;
	const struct flame_how *how;
	struct place *place;	/* number 0 is unused */
	size_t n_places, cap_places;
	uint32_t unused;	/* a list of places */
	struct places *places;	/* by box */
	size_t cap_boxes;

	/* The box that is looked into. */
	uint32_t function;
	struct places here;
	struct sum self;
	struct group *groups;
	uint32_t n_groups;
	size_t cap_groups;
	uint32_t *group_of;	/* by function: its number and 1, or 0 */
};

/* ---- places ---- */

static void append(struct work *w, struct places *to, struct place what)
{
	uint32_t i = w->unused;

	if (i) {
		w->unused = w->place[i].next;
	} else {
		array_reserve(w->place, w->n_places + 1, w->cap_places);
		i = (uint32_t)w->n_places++;
	}
	w->place[i] = what;
	if (to->first)
		w->place[to->last].next = i;
	else
		to->first = i;
	to->last = i;
}

static void drop(struct work *w, struct places *what)
{
	if (what->first) {
		w->place[what->last].next = w->unused;
		w->unused = what->first;
	}
	*what = (struct places){ 0 };
}

/* The pseudo function that stacks like this one hang below. */
static uint32_t function_above(const struct profile *p, uint32_t stack)
{
	const struct tree *t = &p->tree;
	uint32_t node = t->of_stack[stack];

	while (node && t->parent[node])
		node = t->parent[node];
	return t->function[node];
}

static uint32_t function_at(const struct flame *f, uint32_t stack, uint32_t level)
{
	const struct profile *p = f->p;

	if (f->lens)
		return f->lens->tree->function[stack];
	if (level == ABOVE)
		return function_above(p, stack);
	return p->levels[p->frames[p->shown.stacks[stack].frame].first_level + level].function;
}

static uint32_t n_levels(const struct flame *f, uint32_t stack)
{
	const struct profile *p = f->p;

	return f->lens ? 1 : p->frames[p->shown.stacks[stack].frame].n_levels;
}

static struct group *push_group(struct work *w, enum flame_kind kind, uint32_t function)
{
	array_reserve(w->groups, w->n_groups + 1, w->cap_groups);
	w->groups[w->n_groups++] = (struct group){ .kind = kind, .function = function };
	return &w->groups[w->n_groups - 1];
}

/* A place that is one call on from one with this `run`. */
static void arrive(struct work *w, uint32_t stack, uint32_t level, struct sum sum, uint32_t run)
{
	uint32_t function = function_at(w->f, stack, level);
	struct place place = { .sum = sum, .stack = stack, .level = level, .run = 1 };
	struct group *g;

	if (function == w->function && !w->how->raw) {
		place.run = run + 1;
		append(w, &w->here, place);
		return;
	}
	if (w->group_of[function]) {
		g = &w->groups[w->group_of[function] - 1];
	} else {
		g = push_group(w, FLAME_FUNCTION, function);
		w->group_of[function] = w->n_groups;
	}
	sum_add(&g->total, sum);
	append(w, &g->places, place);
}

/* What ends in a stack. */
static struct sum own(const struct flame *f, uint32_t stack)
{
	struct sum sum = f->total[stack];

	for (uint32_t c = f->first_child[stack]; c; c = f->next_sibling[c])
		sum_take(&sum, f->total[c]);
	return sum;
}

/* ---- one call on ---- */

static void enter(struct work *w, uint32_t stack, uint32_t run)
{
	uint32_t n = n_levels(w->f, stack);

	if (n)
		arrive(w, stack, n - 1, w->f->total[stack], run);
}

static void inward(struct work *w, struct place at)
{
	if (at.level == ABOVE) {
		if (at.stack < RECORD_STACK_FIRST)
			sum_add(&w->self, at.sum);
		else
			enter(w, at.stack, at.run);
		return;
	}
	if (at.level > 0) {
		arrive(w, at.stack, at.level - 1, at.sum, at.run);
		return;
	}
	sum_add(&w->self, own(w->f, at.stack));
	for (uint32_t c = w->f->first_child[at.stack]; c; c = w->f->next_sibling[c])
		enter(w, c, at.run);
}

static void outward(struct work *w, struct place at)
{
	const struct flame *f = w->f;
	uint32_t parent;

	if (at.level == ABOVE)
		return;
	if (f->lens) {
		parent = f->lens->tree->parent[at.stack];
		if (parent)
			arrive(w, parent, 0, at.sum, at.run);
		return;
	}
	if (at.level + 1 < n_levels(f, at.stack)) {
		arrive(w, at.stack, at.level + 1, at.sum, at.run);
		return;
	}
	parent = f->p->shown.stacks[at.stack].parent;
	if (parent >= RECORD_STACK_FIRST && n_levels(f, parent))
		arrive(w, parent, 0, at.sum, at.run);
	else if (parent < RECORD_STACK_FIRST && !record_outcome_has_root(parent))
		arrive(w, at.stack, ABOVE, at.sum, at.run);
}

/* The same by nodes: what has no frame at all is in the root. */
static void begin_by_node(struct work *w)
{
	const struct flame *f = w->f;

	sum_add(&w->self, own(f, 0));
	for (uint32_t i = 1; w->how->inverted && i < f->n_stacks; i++) {
		struct sum sum = own(f, i);

		if (sum.count)
			arrive(w, i, 0, sum, 0);
	}
	for (uint32_t c = w->how->inverted ? 0 : f->first_child[0]; c; c = f->next_sibling[c])
		enter(w, c, 0);
}

/* Where stacks begin, or end. */
static void begin_by_stack(struct work *w)
{
	const struct flame *f = w->f;

	for (uint32_t i = 0; i < RECORD_STACK_FIRST; i++) {	/* no frame at all */
		struct sum sum = own(f, i);

		if (record_outcome_has_root(i))
			sum_add(&w->self, sum);
		else if (sum.count)
			arrive(w, i, ABOVE, sum, 0);
	}
	for (uint32_t i = RECORD_STACK_FIRST; w->how->inverted && i < f->n_stacks; i++) {
		struct sum sum = own(f, i);

		if (sum.count && n_levels(f, i))
			arrive(w, i, 0, sum, 0);
	}
	for (uint32_t i = 0; !w->how->inverted && i < RECORD_STACK_FIRST; i++)
		for (uint32_t s = f->first_child[i]; s; s = f->next_sibling[s])
			if (record_outcome_has_root(i))
				enter(w, s, 0);
			else
				arrive(w, s, ABOVE, f->total[s], 0);
}

/* ---- one function, wherever it is called ---- */

/* Its place in a stack that no call of it is above; false: it is not there. */
static bool find_outermost(const struct flame *f, uint32_t function, uint32_t stack, uint32_t *level)
{
	uint32_t i = n_levels(f, stack);

	if (!f->lens && f->p->shown.stacks[stack].parent < RECORD_STACK_FIRST &&
	    !record_outcome_has_root(f->p->shown.stacks[stack].parent) &&
	    function_at(f, stack, ABOVE) == function) {
		*level = ABOVE;
		return true;
	}
	while (i-- > 0)
		if (function_at(f, stack, i) == function) {
			*level = i;
			return true;
		}
	return false;
}

/* A stack, and a node, has a larger number than what it continues. */
static void begin_joined(struct work *w)
{
	const struct flame *f = w->f;
	uint32_t function = w->how->zoom[0], level, parent;
	bool *inside = xcalloc(f->n_stacks, sizeof(*inside));

	for (uint32_t i = 0; i < RECORD_STACK_FIRST && !f->lens; i++) {
		struct sum sum = own(f, i);

		if (sum.count && !record_outcome_has_root(i) && function_above(f->p, i) == function)
			arrive(w, i, ABOVE, sum, 0);
	}
	for (uint32_t i = f->lens ? 1 : RECORD_STACK_FIRST; i < f->n_stacks; i++) {
		if (!f->total[i].count)
			continue;
		parent = f->lens ? f->lens->tree->parent[i] : f->p->shown.stacks[i].parent;
		inside[i] = (f->lens || parent >= RECORD_STACK_FIRST) && inside[parent];
		if (inside[i] || !find_outermost(f, function, i, &level))
			continue;
		inside[i] = true;
		arrive(w, i, level, f->total[i], 0);
	}
	free(inside);
}

static void begin(struct work *w)
{
	const struct flame *f = w->f;

	if (w->how->joined && w->how->n_zoom) {
		begin_joined(w);
		return;
	}
	if (f->lens)
		begin_by_node(w);
	else
		begin_by_stack(w);
	if (f->hidden_ns)
		push_group(w, FLAME_HIDDEN, RECORD_NONE)->total.weight_ns = f->hidden_ns;
	if (f->filtered.count)
		push_group(w, FLAME_FILTERED, RECORD_NONE)->total = f->filtered;
}

/*
 * Go through the places of a box, those that recursion adds included.  Runs come in
 * ascending order, and what is in a run reaches at least that depth.
 */
static void go_through(struct work *w, struct flame_box *box)
{
	uint64_t half_ns = box->total.weight_ns - box->total.weight_ns / 2, ns = 0;
	uint32_t run = 1;

	for (uint32_t i = w->here.first; i; i = w->place[i].next) {
		struct place at = w->place[i];	/* it may move */

		if (at.run != run)
			ns = 0;
		run = at.run;
		ns += at.sum.weight_ns;
		if (ns >= half_ns)
			box->n = run;
		if (w->how->inverted)
			outward(w, at);
		else
			inward(w, at);
	}
	box->max_depth = run;
	if (run == 1)
		box->n = 0;
}

static int by_weight(const void *a, const void *b)
{
	const struct group *x = a, *y = b;

	if (x->total.weight_ns != y->total.weight_ns)
		return x->total.weight_ns > y->total.weight_ns ? -1 : 1;
	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	return x->function < y->function ? -1 : x->function > y->function;
}

/* Find the groups below a box, the heaviest first, and what it has itself. */
static void look_into(struct work *w, struct flame_box *box, struct places places)
{
	w->n_groups = 0;
	w->self = (struct sum){ 0 };
	w->here = places;
	w->function = box->function;
	if (box->kind == FLAME_ALL)
		begin(w);
	else
		go_through(w, box);
	drop(w, &w->here);
	box->self = w->self;
	for (uint32_t i = 0; i < w->n_groups; i++)
		if (w->groups[i].kind == FLAME_FUNCTION)
			w->group_of[w->groups[i].function] = 0;
	if (w->n_groups)
		qsort(w->groups, w->n_groups, sizeof(*w->groups), by_weight);
}

/* ---- boxes ---- */

static uint32_t edge(const struct flame *f, uint32_t columns, uint64_t ns)
{
	uint64_t whole = f->v[0].total.weight_ns;

	return (uint32_t)(((unsigned __int128)ns * columns + whole / 2) / whole);
}

static struct flame_box *push_box(struct work *w, const struct flame_box *box,
				  struct places places)
{
	struct flame *f = w->f;

	array_reserve(f->v, f->n + 1, f->cap);
	array_reserve(w->places, f->n + 1, w->cap_boxes);
	f->v[f->n] = *box;
	w->places[f->n] = places;
	f->n_rows = box->depth + 1;
	return &f->v[f->n++];
}

/* Does something from `start_ns` on get a column, and fill half of one? */
static bool is_wide(const struct work *w, struct flame_box *box)
{
	uint64_t ns = box->total.weight_ns;

	box->column = edge(w->f, w->how->columns, box->start_ns);
	box->width = edge(w->f, w->how->columns, box->start_ns + ns) - box->column;
	return box->width && (unsigned __int128)ns * 2 * w->how->columns >=
			     w->f->v[0].total.weight_ns;
}

/* What begins with group `first`: they are too narrow. */
static void push_rest(struct work *w, struct flame_box *rest, uint32_t first)
{
	rest->kind = FLAME_REST;
	rest->function = RECORD_NONE;
	rest->n = w->n_groups - first;
	rest->total = (struct sum){ 0 };
	for (uint32_t i = first; i < w->n_groups; i++) {
		sum_add(&rest->total, w->groups[i].total);
		drop(w, &w->groups[i].places);
	}
	w->f->narrow.n += rest->n;
	sum_add(&w->f->narrow.sum, rest->total);
	if (is_wide(w, rest))
		push_box(w, rest, (struct places){ 0 });
}

static void lay_below(struct work *w, uint32_t box)
{
	struct flame *f = w->f;
	struct flame_box below = { .parent = box, .depth = f->v[box].depth + 1,
				   .start_ns = f->v[box].start_ns };

	look_into(w, &f->v[box], w->places[box]);
	if (w->how->inverted && !w->how->joined && f->n_zoom + f->v[box].depth == 1)
		f->v[box].self = f->v[box].total;
	for (uint32_t i = 0; i < w->n_groups; i++) {
		const struct group *g = &w->groups[i];

		below.kind = g->kind;
		below.function = g->function;
		below.total = g->total;
		if (!is_wide(w, &below)) {
			push_rest(w, &below, i);
			return;
		}
		push_box(w, &below, g->places);
		below.start_ns += g->total.weight_ns;
	}
}

/* The group of a function, which loses its places to `places`. */
static const struct group *find_group(struct work *w, uint32_t function, struct places *places)
{
	const struct group *found = NULL;

	for (uint32_t i = 0; i < w->n_groups; i++) {
		struct group *g = &w->groups[i];

		if (g->kind != FLAME_FUNCTION || g->function != function) {
			drop(w, &g->places);
			continue;
		}
		found = g;
		*places = g->places;
	}
	return found;
}

/* Go down `n` functions to what fills the first row; returns how many there are. */
static uint32_t lay_first(struct work *w, uint32_t n)
{
	const struct flame *f = w->f;
	struct flame_box box = { .kind = FLAME_ALL, .function = RECORD_NONE,
				 .width = w->how->columns, .total = { f->whole_n, f->whole_ns } };
	struct places places = { 0 };

	for (uint32_t i = 0; i < n; i++) {
		const struct group *g;

		look_into(w, &box, places);
		g = find_group(w, w->how->zoom[i], &places);
		if (!g)
			return i;
		box.kind = FLAME_FUNCTION;
		box.function = g->function;
		box.total = g->total;
	}
	push_box(w, &box, places);
	return n;
}

void flame_lay(struct flame *f, const struct flame_how *how)
{
	struct work w = { .f = f, .how = how, .n_places = 1,
			  .group_of = xcalloc(f->p->n_functions, sizeof(*w.group_of)) };

	array_reserve(w.place, 1, w.cap_places);
	f->n = f->n_rows = 0;
	memset(&f->narrow, 0, sizeof(f->narrow));
	if (f->whole_ns) {
		f->n_zoom = lay_first(&w, how->n_zoom);
		if (!f->n)
			lay_first(&w, f->n_zoom);	/* there is no more of it */
	}
	for (uint32_t i = 0; i < f->n; i++)
		if (f->v[i].kind <= FLAME_FUNCTION)
			lay_below(&w, i);
	free(w.place);
	free(w.places);
	free(w.groups);
	free(w.group_of);
}

/* ---- what a box is ---- */

char flame_box_kind(const struct flame *f, const struct flame_box *box)
{
	if (box->kind == FLAME_HIDDEN)
		return 'K';
	return box->kind == FLAME_FUNCTION ? profile_function_kind(f->p, box->function) : '?';
}

bool flame_box_is_own(const struct flame_box *box)
{
	return box->kind == FLAME_HIDDEN || (box->kind == FLAME_FUNCTION &&
					     box->self.weight_ns * 2 >= box->total.weight_ns);
}

/* Where all time of a function is in the box, or all of its own, the scatter is known. */
struct interval flame_box_interval(const struct summary *sum, const struct flame_box *box)
{
	if (box->kind == FLAME_FUNCTION) {
		const struct function_sum *f = &sum->functions[box->function];

		if (f->total.weight_ns == box->total.weight_ns)
			return summary_total(sum, box->function);
		if (f->self.weight_ns == box->self.weight_ns &&
		    f->self.weight_ns == box->total.weight_ns)
			return summary_self(sum, box->function);
	}
	return summary_part(sum, box->total.weight_ns);
}

/* ---- sums ---- */

static void init(struct flame *f, const struct profile *p, const struct summary *sum, size_t n_stacks)
{
	*f = (struct flame){
		.p = p, .whole_n = sum->received.count, .whole_ns = sum->base_ns,
		.hidden_ns = sum->hidden_ns, .filtered = sum->filtered,
		.n_stacks = (uint32_t)n_stacks,
		.total = xcalloc(n_stacks, sizeof(*f->total)),
		.first_child = xcalloc(n_stacks, sizeof(*f->first_child)),
		.next_sibling = xcalloc(n_stacks, sizeof(*f->next_sibling)),
	};
}

void flame_init(struct flame *f, const struct profile *p, const struct summary *sum)
{
	init(f, p, sum, p->shown.n_stacks);
	for (uint32_t i = 0; i < sum->n_leaves; i++)
		sum_add(&f->total[p->shown.leaves[i]], sum->leaves[i]);
	/* A stack has a larger number than the one that it continues. */
	for (uint32_t i = f->n_stacks; i-- > RECORD_STACK_FIRST;) {
		uint32_t parent = p->shown.stacks[i].parent;

		if (!f->total[i].count)
			continue;
		f->next_sibling[i] = f->first_child[parent];
		f->first_child[parent] = i;
		sum_add(&f->total[parent], f->total[i]);
	}
}

void flame_init_of(struct flame *f, const struct profile *p, const struct summary *sum,
		   const struct lens *lens)
{
	init(f, p, sum, lens->n_nodes);
	f->lens = lens;
	memcpy(f->total, lens->nodes, lens->n_nodes * sizeof(*f->total));
	for (uint32_t i = lens->n_nodes; i-- > 1;) {
		uint32_t parent = lens->tree->parent[i];

		if (!f->total[i].count)
			continue;
		f->next_sibling[i] = f->first_child[parent];
		f->first_child[parent] = i;
	}
}

void flame_deinit(struct flame *f)
{
	free(f->v);
	free(f->total);
	free(f->first_child);
	free(f->next_sibling);
	*f = (struct flame){ 0 };
}
