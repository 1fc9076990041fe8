// SPDX-License-Identifier: Apache-2.0
/*
 * The flame graph as an icicle: what calls is above what is called, and a box is as
 * wide as its time.
 *
 * What is chosen and what fills the first row are paths of functions, so that they
 * stay what they are when there is more data or another size.
 */
#include <inttypes.h>
#include <string.h>

#include "base/util.h"
#include "ui/flame_compare.h"
#include "ui/flame_picture.h"
#include "ui/text.h"

#define READABLE 8		/* columns of a box: a name, or what is left of it */

/* ---- boxes ---- */

static void push(struct app_path *path, uint32_t function)
{
	array_reserve(path->v, path->n + 1, path->cap);
	path->v[path->n++] = function;
}

static void copy(struct app_path *to, const struct app_path *from)
{
	to->n = 0;
	for (uint32_t i = 0; i < from->n; i++)
		push(to, from->v[i]);
}

/* Keep the way to the cursor. */
static void keep_path(struct app_flame *t)
{
	struct app_path *path = &t->path;
	uint32_t box = t->cursor;

	t->kind = flame_chosen(t)->kind;
	copy(path, &t->zoom);
	if (t->kind > FLAME_FUNCTION)
		box = t->f.v[box].parent;
	for (uint32_t i = 0; i < t->f.v[box].depth; i++)
		push(path, RECORD_NONE);
	for (uint32_t i = path->n; box; box = t->f.v[box].parent)
		path->v[--i] = t->f.v[box].function;
}

static void choose(struct app *a, uint32_t box)
{
	struct app_flame *t = &a->flame;

	t->cursor = box;
	keep_path(t);
	if (flame_chosen(t)->kind == FLAME_FUNCTION)
		a->function = flame_chosen(t)->function;
}

/* The box below another one, of a function or another kind; 0 if there is none. */
static uint32_t find_below(const struct flame *f, uint32_t box, enum flame_kind kind,
			   uint32_t function)
{
	for (uint32_t i = box + 1; i < f->n && f->v[i].depth <= f->v[box].depth + 1; i++)
		if (f->v[i].parent == box && f->v[i].kind == kind && f->v[i].function == function)
			return i;
	return 0;
}

/* As far down the way to what was chosen as there are boxes. */
static void follow_path(struct app_flame *t)
{
	const struct app_path *path = &t->path, *zoom = &t->zoom;
	uint32_t below;

	t->cursor = 0;
	if (path->n < zoom->n ||
	    (zoom->n && memcmp(path->v, zoom->v, zoom->n * sizeof(*zoom->v)) != 0))
		return;
	for (uint32_t i = zoom->n; i < path->n; i++) {
		below = find_below(&t->f, t->cursor, FLAME_FUNCTION, path->v[i]);
		if (!below)
			return;
		t->cursor = below;
	}
	if (t->kind > FLAME_FUNCTION)
		t->cursor = find_below(&t->f, t->cursor, t->kind, RECORD_NONE);
}

/* The widest box of the selected function, 0 if it has none. */
static uint32_t find_widest(const struct app *a)
{
	const struct flame *f = &a->flame.f;
	uint32_t best = 0;

	for (uint32_t i = 1; i < f->n; i++)
		if (f->v[i].kind == FLAME_FUNCTION && f->v[i].function == a->function &&
		    (!best || f->v[i].total.weight_ns > f->v[best].total.weight_ns))
			best = i;
	return best;
}

/* A path with the calls in it that are one now; unfolded ones come back with other boxes. */
static void fold_path(struct app_path *path, enum recursion mode)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < path->n && mode != RECURSION_RAW; i++) {
		uint32_t same = n;

		while (same && path->v[same - 1] != path->v[i])
			same--;
		if (mode == RECURSION_DIRECT && same != n)
			same = 0;
		n = same ? same : n + 1;
		path->v[n - 1] = path->v[i];
	}
	path->n = mode == RECURSION_RAW ? path->n : n;
}

static void sum_up(struct app *a)
{
	struct app_flame *t = &a->flame;
	const struct model *m = a->model;
	enum recursion mode = a->scope.now->recursion;
	const struct lens *lens = mode == RECURSION_CYCLES ? app_lens(a) : NULL;

	flame_deinit(&t->f);
	if (lens && lens->mode == RECURSION_CYCLES)
		flame_init_of(&t->f, m->p, &m->sum, lens);
	else
		flame_init(&t->f, m->p, &m->sum);
	if (t->mode != mode) {
		fold_path(&t->zoom, mode);
		fold_path(&t->path, mode);
		t->fits_in = 0;
	}
	t->how.raw = mode == RECURSION_RAW;
	t->mode = mode;
	t->asked = m->n_asked;
	t->stale = true;
}

/* Make the boxes if they are not what they should be; false if there are none. */
static bool make_boxes(struct app *a)
{
	struct app_flame *t = &a->flame;
	bool same = t->mode == a->scope.now->recursion;
	uint32_t width = a->view_width ? a->view_width : APP_MIN_WIDTH;	/* 0: not drawn yet */
	uint32_t columns = max_of(width, 2u * FLAME_MARGIN + 1) - 2 * FLAME_MARGIN;

	if (t->asked != a->model->n_asked || !same)
		sum_up(a);
	if (t->how.columns != columns)
		t->fits_in = 0;
	if (t->stale || t->how.columns != columns) {
		t->how.columns = columns;
		t->how.zoom = t->zoom.v;
		t->how.n_zoom = t->zoom.n;
		flame_lay(&t->f, &t->how);
		if (t->how.joined && t->f.n && !t->f.n_zoom) {	/* it is nowhere now */
			t->how.joined = false;
			t->how.n_zoom = 0;
			flame_lay(&t->f, &t->how);
		}
		t->zoom.n = t->f.n ? t->f.n_zoom : t->zoom.n;
		t->stale = false;
		t->n_laid++;
		follow_path(t);
	}
	if (!same && t->f.n && flame_chosen(t)->function != a->function) {
		t->cursor = find_widest(a);
		keep_path(t);
	}
	return t->f.n;
}

void app_flame_deinit(struct app_flame *t)
{
	flame_deinit(&t->f);
	flame_compare_deinit(&t->compare);
	free(t->zoom.v);
	free(t->path.v);
}

/* ---- where the selected function is ---- */

static void set_zoom(struct app_flame *t, const struct app_path *to)
{
	copy(&t->zoom, to);
	t->stale = true;
	t->fits_in = 0;
}

/* The path that most of the selected function's time is on, and how much that is. */
static uint64_t heaviest_ns(struct app *a, struct app_path *out)
{
	const struct lens *lens = app_lens(a);
	const struct tree *tree = lens->tree;
	uint32_t best = 0, n = 0;

	for (uint32_t i = 1; i < lens->n_nodes; i++)
		if (tree->function[i] == a->function && lens->nodes[i].count &&
		    (!best || lens->nodes[i].weight_ns > lens->nodes[best].weight_ns))
			best = i;
	for (uint32_t i = best; i; i = tree->parent[i])
		n++;
	out->n = 0;
	for (uint32_t i = 0; i < n; i++)
		push(out, RECORD_NONE);
	for (uint32_t i = best; i; i = tree->parent[i])
		out->v[--n] = tree->function[i];
	return best ? lens->nodes[best].weight_ns : 0;
}

/* How many ways lead to the selected function; what it calls itself again is on the same. */
static uint32_t count_paths(struct app *a)
{
	const struct lens *lens = app_lens(a);
	const struct tree *tree = lens->tree;
	uint32_t n = 0;

	for (uint32_t i = 1; i < lens->n_nodes; i++) {
		uint32_t above = tree->function[i] == a->function && lens->nodes[i].count
			? tree->parent[i] : i;

		while (above != i && above && tree->function[above] != a->function)
			above = tree->parent[above];
		n += !above;
	}
	return n;
}

static uint64_t total_ns(const struct app *a)
{
	return a->model->sum.functions[a->function].total.weight_ns;
}

/* The selected function as one box, wherever it is called. */
static void join(struct app *a)
{
	struct app_flame *t = &a->flame;
	struct app_path path = { 0 };
	char n[TEXT_NUMBER];

	push(&path, a->function);
	t->n_outs = 0;
	t->how.joined = true;
	t->compare.on = false;
	set_zoom(t, &path);
	make_boxes(a);
	t->cursor = 0;
	keep_path(t);
	free(path.v);
	if (t->how.joined)
		app_say(a, "all its %s paths as one box: i for %s, < for them one by one",
			text_count(n, count_paths(a)),
			t->how.inverted ? "what it calls" : "who calls it");
	else
		app_say(a, "no path leads to it: its stacks are empty");
}

/* Everything again, and there the widest box of what was joined. */
static void part(struct app *a)
{
	struct app_flame *t = &a->flame;

	t->how.joined = false;
	t->zoom.n = t->path.n = t->n_outs = t->fits_in = 0;
	t->kind = FLAME_ALL;
	t->stale = true;
	make_boxes(a);
	t->cursor = find_widest(a);
	keep_path(t);
}

static void switch_joined(struct app *a)
{
	if (a->flame.how.joined)
		part(a);
	else if (a->function == RECORD_NONE || !total_ns(a))
		app_say(a, "no function is chosen: j goes to one");
	else
		join(a);
}

/* Has the box the more, or stands it before the other of the same? */
static bool is_before(const struct flame *f, uint32_t a, uint32_t b)
{
	uint64_t x = f->v[a].total.weight_ns, y = f->v[b].total.weight_ns;

	return x != y ? x > y : a < b;
}

/* To the next narrower box of the selected function, or the next wider; round the end. */
static void go_path(struct app *a, bool back)
{
	struct app_flame *t = &a->flame;
	uint32_t next = 0, end = 0, n = 0, which = 1;

	for (uint32_t i = 1; i < t->f.n; i++) {
		if (t->f.v[i].kind != FLAME_FUNCTION || t->f.v[i].function != a->function)
			continue;
		n++;
		if (!end || is_before(&t->f, i, end) != back)
			end = i;
		if (i != t->cursor && is_before(&t->f, t->cursor, i) != back &&
		    (!next || is_before(&t->f, i, next) != back))
			next = i;
	}
	if (!n) {
		app_say(a, "no other box of it is wide enough; * makes all its paths one");
		return;
	}
	choose(a, next ? next : end);
	for (uint32_t i = 1; i < t->f.n; i++)
		which += t->f.v[i].kind == FLAME_FUNCTION && t->f.v[i].function == a->function &&
			 is_before(&t->f, i, t->cursor);
	app_say(a, "box %" PRIu32 " of %" PRIu32 " of it that are wide enough; * makes all its paths one",
		which, n);
}

/* Where it has more paths than the one that is seen, that is said. */
static void say_paths(struct app *a)
{
	uint64_t ns = flame_chosen(&a->flame)->total.weight_ns;
	char n[TEXT_NUMBER];

	if (ns < total_ns(a) / 10 * 9)
		app_say(a, "the widest of its %s paths, with %.0f%% of it: n the next, * all as one box",
			text_count(n, count_paths(a)), 100.0 * (double)ns / (double)total_ns(a));
}

/* Too narrow to be read, and one of many. */
static bool says_little(const struct app *a, uint32_t box)
{
	const struct flame_box *b = &a->flame.f.v[box];

	return b->width < READABLE && b->total.weight_ns < total_ns(a) / 10;
}

/*
 * Somebody comes with a function: to its widest box.  If there is none that can be read, it
 * is zoomed in on: the one path that has nearly all of it, or all of them as one.
 */
static void find_selected(struct app *a)
{
	struct app_flame *t = &a->flame;
	struct app_path path = { 0 };
	uint32_t box;

	if (!make_boxes(a) || a->function == RECORD_NONE ||
	    (flame_chosen(t)->kind == FLAME_FUNCTION && flame_chosen(t)->function == a->function))
		return;
	if (t->zoom.n) {
		t->how.joined = false;
		set_zoom(t, &path);
		make_boxes(a);
	}
	t->n_outs = 0;
	box = find_widest(a);
	if ((!box || says_little(a, box)) && !t->compare.on &&
	    (t->how.inverted || heaviest_ns(a, &path) < total_ns(a) / 10 * 9)) {
		join(a);
	} else {
		if (!box && !t->how.inverted) {
			heaviest_ns(a, &path);
			set_zoom(t, &path);
			make_boxes(a);
			t->outs[t->n_outs++] = 0;
		}
		t->cursor = box;
		keep_path(t);
		say_paths(a);
	}
	free(path.v);
}

static void draw(struct app *a, struct grid *g, struct area area)
{
	struct app_flame *t = &a->flame;
	unsigned int rows = flame_picture_rows(g, area), height;

	if (a->arrived)
		find_selected(a);
	if (!make_boxes(a)) {
		struct pen pen = area_pen(g, area, 2);

		pen_to(&pen, 1);
		pen_put(&pen, STYLE_TEXT, "No CPU samples: there is nothing to draw.");
		return;
	}
	/* Live data may make it deeper: boxes keep their height all the same. */
	if (t->fits_in != rows)
		t->fits = 2 * t->f.n_rows <= rows;
	t->fits_in = rows;
	height = t->fits && flame_picture_has_tiles(g) ? 2 : 1;
	t->rows.cursor = flame_chosen(t)->depth;
	list_fit(&t->rows, t->f.n_rows, rows / height);
	flame_compare_make(a);
	flame_picture_draw(a, g, area, height);
}

/* ---- keys ---- */

static void zoom_in(struct app *a)
{
	struct app_flame *t = &a->flame;

	if (!t->cursor) {
		app_say(a, t->zoom.n ? "this is all there is here; < zooms out"
				     : "this is everything: choose a box below it");
		return;
	}
	if (flame_chosen(t)->kind == FLAME_REST && !flame_chosen(t)->parent) {
		app_say(a, "too narrow to be drawn one by one: a wider terminal shows more");
		return;
	}
	if (flame_chosen(t)->kind > FLAME_REST) {
		app_say(a, "there is nothing below it");
		return;
	}
	if (t->n_outs == APP_TRAIL)
		memmove(t->outs, t->outs + 1, --t->n_outs * sizeof(t->outs[0]));
	t->outs[t->n_outs++] = t->zoom.n;
	set_zoom(t, &t->path);
}

/* Back to what filled the first row before; false if that was everything. */
static bool zoom_out(struct app *a)
{
	struct app_flame *t = &a->flame;

	if (!t->zoom.n)
		return false;
	if (t->how.joined && !t->n_outs) {
		part(a);
		return true;
	}
	t->zoom.n = t->n_outs ? min_of(t->outs[--t->n_outs], t->zoom.n - 1) : 0;
	t->stale = true;
	t->fits_in = 0;
	return true;
}

/* Look at it from the other side: paths are others there. */
static void invert(struct app *a)
{
	struct app_flame *t = &a->flame;

	t->how.inverted = !t->how.inverted;
	if (t->compare.on && t->how.inverted)
		app_say(a, "coloured by kind: what changed is known of paths from the root");
	t->compare.on &= !t->how.inverted;
	if (t->how.joined) {
		a->function = t->zoom.v[0];
		join(a);
		return;
	}
	t->zoom.n = t->path.n = t->n_outs = 0;
	t->kind = FLAME_ALL;
	t->stale = true;
	t->fits_in = 0;
	if (a->function != RECORD_NONE)
		find_selected(a);
}

/* The heaviest box `n` rows further down, or the last one before. */
static uint32_t go_down(const struct flame *f, uint32_t box, uint32_t n)
{
	for (uint32_t i = box + 1; n && i < f->n; i++)
		if (f->v[i].parent == box) {
			box = i;
			n--;
		}
	return box;
}

static uint32_t go_up(const struct flame *f, uint32_t box, uint32_t n)
{
	while (n--)
		box = f->v[box].parent;
	return box;
}

static uint32_t find_hottest(const struct flame *f)
{
	uint32_t best = 0;

	for (uint32_t i = 1; i < f->n; i++)
		if (f->v[i].self.weight_ns > f->v[best].self.weight_ns)
			best = i;
	return best;
}

/* Where an action that moves leads to; false if it does not move. */
static bool move(const struct app_flame *t, enum action action, uint32_t *to)
{
	const struct flame *f = &t->f;
	uint32_t page = max_of(t->rows.height, 1u), half = max_of(page / 2, 1u), at = t->cursor;

	if (action == ACTION_DOWN)
		*to = go_down(f, at, 1);
	else if (action == ACTION_UP)
		*to = go_up(f, at, 1);
	else if (action == ACTION_CLOSE)
		*to = at && f->v[at - 1].depth == f->v[at].depth ? at - 1 : at;
	else if (action == ACTION_OPEN)
		*to = at + 1 < f->n && f->v[at + 1].depth == f->v[at].depth ? at + 1 : at;
	else if (action == ACTION_FIRST)
		*to = 0;
	else if (action == ACTION_LAST)
		*to = go_down(f, 0, UINT32_MAX);
	else if (action == ACTION_HALF_DOWN || action == ACTION_PAGE_DOWN)
		*to = go_down(f, at, action == ACTION_HALF_DOWN ? half : page);
	else if (action == ACTION_HALF_UP || action == ACTION_PAGE_UP)
		*to = go_up(f, at, action == ACTION_HALF_UP ? half : page);
	else if (action == ACTION_HOTTEST)
		*to = find_hottest(f);
	else
		return false;
	return true;
}

static bool act(struct app *a, enum action action)
{
	struct app_flame *t = &a->flame;
	uint32_t to;

	if (a->arrived)
		find_selected(a);	/* a key before anything was drawn */
	a->arrived = false;
	if (!make_boxes(a))
		return false;
	if (move(t, action, &to))
		choose(a, to);
	else if (action == ACTION_ENTER)
		zoom_in(a);
	else if (action == ACTION_BACK || action == ACTION_CANCEL)
		return zoom_out(a);
	else if (action == ACTION_SEARCH_NAME)
		switch_joined(a);
	else if (action == ACTION_NEXT_MATCH || action == ACTION_MATCH_BEFORE)
		go_path(a, action == ACTION_MATCH_BEFORE);
	else if (action == ACTION_INVERT)
		invert(a);
	else if (action == ACTION_ASSEMBLY)
		flame_compare_toggle(a);
	else
		return false;
	return true;
}

static bool pick(struct app *a, uint32_t n)
{
	bool was = a->flame.cursor == n;

	if (n < a->flame.f.n)
		choose(a, n);
	return was;
}

/* From what changed to where. */
static void opened(struct app *a)
{
	if (a->n_trail && a->trail[a->n_trail - 1].view == &view_compare)
		flame_compare_begin(a);
}

const struct view view_flame = {
	.key = '5', .action = ACTION_FLAME, .name = "Flame", .short_name = "Flam",
	.keys = "hjkl move  Enter zoom  < out  i invert  * join  H hottest  r recursion  n next"
		"  o against A  ? help  q quit",
	.lesson = "flame", .opened = opened,
	.needs_samples = true, .draw = draw, .act = act, .pick = pick,
};
