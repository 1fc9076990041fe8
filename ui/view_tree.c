// SPDX-License-Identifier: Apache-2.0
/*
 * The call tree from the top, with nodes that can be closed.  Rows stay what they
 * are when one is closed: what is below it is not shown.
 */
#include <string.h>

#include "base/util.h"
#include "ui/beside.h"
#include "ui/cells.h"
#include "ui/ledger_text.h"
#include "ui/recursion_picture.h"
#include "ui/text.h"
#include "ui/tree_cells.h"
#include "ui/tree_guides.h"
#include "ui/view.h"

#define MAX_NODES 20000
#define MAX_DEPTH 4096
#define DETAIL_FROM 19		/* height of the view from which on it is there */
#define DETOUR_LEAST 20		/* columns, to say anything */
#define DETAIL_ROWS 5		/* rule, two lines, a blank row on either side */

/* Shares that a node needs for a row. */
static const double smallest[] = { .002, .01, .05, .0005 };

/* ---- rows ---- */

static const struct tree_row *row_at(const struct app_tree *t, uint32_t i)
{
	return &t->rows.v[t->shown[i]];
}

static bool has_rows_below(const struct app_tree *t, uint32_t row)
{
	return row + 1 < t->rows.n && t->rows.v[row + 1].depth > t->rows.v[row].depth;
}

static bool is_closed(const struct app_tree *t, const struct tree_row *row)
{
	return row->kind == TREE_ROW_NODE && u64map_find(&t->closed, row->node) == 1;
}

/* Which rows are shown: none below a closed one. */
static void find_shown(struct app_tree *t)
{
	uint32_t n = 0, below = UINT32_MAX;

	t->shown = xreallocarray(t->shown, max_of(t->rows.n, 1u), sizeof(*t->shown));
	for (uint32_t i = 0; i < t->rows.n; i++) {
		if (t->rows.v[i].depth > below)
			continue;
		below = is_closed(t, &t->rows.v[i]) ? t->rows.v[i].depth : UINT32_MAX;
		t->shown[n++] = i;
	}
	t->n_shown = n;
}

static uint32_t function_of(const struct app *a, const struct tree_row *row)
{
	return row->kind == TREE_ROW_NODE && row->depth
		? a->lens.l.tree->function[row->node] : RECORD_NONE;
}

/* To the heaviest row of the selected function, unless one of its is chosen already. */
static void find_selected(struct app *a)
{
	struct app_tree *t = &a->tree;
	uint32_t best = UINT32_MAX;

	if (t->list.cursor < t->n_shown &&
	    function_of(a, row_at(t, t->list.cursor)) == a->function)
		return;
	for (uint32_t i = 0; i < t->n_shown; i++)
		if (a->function != RECORD_NONE && function_of(a, row_at(t, i)) == a->function &&
		    (best == UINT32_MAX ||
		     row_at(t, i)->total.weight_ns > row_at(t, best)->total.weight_ns))
			best = i;
	if (best != UINT32_MAX)
		t->list.cursor = best;
}

/* The row of a node as it was before there was more data. */
static bool find_again(struct app_tree *t, const struct tree_row *row)
{
	for (uint32_t i = 0; i < t->n_shown; i++)
		if (row_at(t, i)->kind == row->kind && row_at(t, i)->node == row->node) {
			t->list.cursor = i;
			return true;
		}
	return false;
}

static void make_rows(struct app *a)
{
	const struct model *m = a->model;
	struct app_tree *t = &a->tree;
	struct tree_row before;
	const struct lens *lens;
	bool same = t->mode == a->scope.now->recursion;	/* nodes have the numbers they had */
	bool had = t->asked && same && t->list.cursor < t->n_shown;

	if (t->asked == m->n_asked && same)
		return;
	lens = app_lens(a);
	if (had)
		before = *row_at(t, t->list.cursor);
	tree_rows_deinit(&t->rows);
	tree_rows_lay(m->p, &m->sum, lens,
		      (uint64_t)(smallest[t->smallest] * (double)m->sum.base_ns), MAX_NODES,
		      MAX_DEPTH, &t->rows);
	t->has_depths = false;
	t->asked = m->n_asked;
	t->mode = a->scope.now->recursion;
	if (!same) {
		u64map_clear(&t->closed);
		t->list.cursor = 0;
	}
	find_shown(t);
	if (!same || (had && !find_again(t, &before)))
		find_selected(a);
}

/* How often functions call themselves: later, if there is no time for it now. */
static void find_depths(struct app *a)
{
	const struct model *m = a->model;

	if (a->tree.has_depths || app_puts_off(a))
		return;
	tree_rows_find_depths(m->p, &m->sum, app_lens(a), &a->tree.rows);
	a->tree.has_depths = true;
}

void app_tree_deinit(struct app_tree *t)
{
	tree_rows_deinit(&t->rows);
	u64map_deinit(&t->closed);
	free(t->shown);
}

/* ---- drawing ---- */

static void put_head(struct grid *g, struct area area, const struct columns *columns)
{
	struct pen pen = area_pen(g, area, 0);

	pen_to(&pen, 1);
	pen_put(&pen, STYLE_STRONG, "TOTAL%%");
	pen_put(&pen, STYLE_DIM, " SELF%%");
	pen_to(&pen, 14);
	pen_put(&pen, STYLE_DIM, "0");
	pen_right(&pen, STYLE_DIM, columns->bar - 1, "100%%");
	pen_put(&pen, STYLE_DIM, " K CALL TREE");
	pen_to(&pen, columns->where_at);
	pen_put(&pen, STYLE_DIM, "WHERE");
	grid_tint(g, area.top, 0, area.width, (struct style){ .attrs = ATTR_UNDERLINE });
}

/* Can it be opened, or closed, and was it searched for? */
static void put_mark(const struct app *a, uint32_t row, struct pen *pen)
{
	const struct app_tree *t = &a->tree;
	uint32_t function = function_of(a, &t->rows.v[row]);
	bool utf8 = pen->grid->utf8;

	if (!has_rows_below(t, row))
		pen_put(pen, STYLE_TEXT, " ");
	else if (is_closed(t, &t->rows.v[row]))
		pen_put(pen, STYLE_DIM, utf8 ? "▸" : ">");
	else
		pen_put(pen, STYLE_DIM, utf8 ? "▾" : "v");
	if (function == RECORD_NONE)
		pen_put(pen, STYLE_TEXT, " ");
	else
		view_put_mark(a, pen, function);
}

static void put_rows(struct app *a, struct grid *g, struct area area, unsigned int rows)
{
	struct app_tree *t = &a->tree;
	struct tree_cells cells = {
		.c = { NULL, a->model->p, &a->model->sum }, .tree = a->lens.l.tree, .ledger = &a->model->ledger,
		.columns = cells_columns(area.width, TREE_CELLS_NAME_AT + 1), .width = area.width };
	struct tree_guides guides;
	uint32_t shown = 0;

	put_head(g, area, &cells.columns);
	tree_guides_init(&guides, MAX_DEPTH);
	for (uint32_t i = 0; i < t->rows.n && shown < t->list.top + rows; i++) {
		struct pen pen;

		tree_guides_next(&guides, &t->rows, i);
		if (shown == t->n_shown || t->shown[shown] != i)
			continue;
		if (shown++ < t->list.top)
			continue;
		pen = area_pen(g, area, 1 + shown - 1 - t->list.top);
		area_spot(g, area, 1 + shown - 1 - t->list.top, shown - 1);
		if (shown - 1 == t->list.cursor) {
			grid_tint(g, pen.y, 0, area.width, (struct style){ .bg = INK_TINT });
			pen_put(&pen, STYLE_TEXT, ">");
		}
		cells.c.pen = &pen;
		tree_cells_numbers(&cells, &t->rows.v[i]);
		tree_guides_put(&guides, &pen, cells.columns.name);
		put_mark(a, i, &pen);
		tree_cells_name(&cells, &t->rows.v[i]);
	}
	tree_guides_deinit(&guides);
}

/* The way to a row. */
static void put_path(const struct app *a, struct pen *pen, uint32_t row)
{
	const struct app_tree *t = &a->tree;
	bool function = function_of(a, &t->rows.v[row]) != RECORD_NONE;
	uint32_t n = t->rows.v[row].depth - !function, at = n;
	_cleanup_(freep) uint32_t *functions = xcalloc(n + 1, sizeof(*functions));
	_cleanup_(freep) char *text = NULL;

	for (uint32_t i = row + 1; i-- > 0 && at;)
		if (t->rows.v[i].depth == at && function_of(a, &t->rows.v[i]) != RECORD_NONE)
			functions[--at] = function_of(a, &t->rows.v[i]);
	text = path_text(a->model->p, functions, n, pen_left(pen) - 1, pen->grid->utf8);
	pen_put(pen, STYLE_TEXT, "%s", text);
}

/* If the code of the caller calls somebody else: whom. */
static void put_detour(struct app *a, struct pen *pen, const struct tree_row *row)
{
	const struct ledger *ledger = app_ledger(a);
	uint32_t function = function_of(a, row);
	_cleanup_(freep) char *text = NULL;

	if (function == RECORD_NONE || row->depth < 2 || !ledger)
		return;
	text = ledger_detour(a->model->p, ledger,
			     a->lens.l.tree->function[a->lens.l.tree->parent[row->node]], function);
	if (!text || pen_left(pen) < DETOUR_LEAST)
		return;
	pen_put(pen, STYLE_DIM, "; ");
	pen_name(pen, STYLE_TEXT, pen_left(pen) - 1, text);
}

static void put_detail(struct app *a, struct grid *g, struct area area, unsigned int y)
{
	const struct app_tree *t = &a->tree;
	uint32_t at = t->shown[t->list.cursor];
	const struct tree_row *row = &t->rows.v[at];
	struct pen pen = area_pen(g, area, y);
	char total[TEXT_NUMBER], self[TEXT_NUMBER];

	pen_rule(&pen, "This path", "");
	pen = area_pen(g, area, y + 1);
	pen_to(&pen, 2);
	pen_put(&pen, STYLE_DIM, "samples");
	pen_to(&pen, 16);
	pen_put(&pen, STYLE_TEXT, "%s", text_count(total, row->total.count));
	pen_put(&pen, STYLE_DIM, " on it, ");
	pen_put(&pen, STYLE_TEXT, "%s",
		text_count(self, row->kind == TREE_ROW_NODE ? row->self.count : 0));
	pen_put(&pen, STYLE_DIM, " of them at its end");
	put_detour(a, &pen, row);
	pen = area_pen(g, area, y + 2);
	pen_to(&pen, 2);
	pen_put(&pen, STYLE_DIM, "path");
	pen_to(&pen, 16);
	if (row->depth)
		put_path(a, &pen, at);
	else
		pen_put(&pen, STYLE_DIM, "nobody: this is all of it");
	pen = area_pen(g, area, y + 3);
	if (function_of(a, row) != RECORD_NONE)
		recursion_picture_put(a, &pen);
}

static void draw(struct app *a, struct grid *g, struct area area)
{
	struct area pane = beside_take(a, &area);
	bool detail = area.height >= DETAIL_FROM;
	unsigned int rows = area.height - 1 - (detail ? DETAIL_ROWS : 0);

	if (view_lacks_samples(a, g, area))
		return;
	make_rows(a);
	find_depths(a);
	if (a->arrived)
		find_selected(a);
	list_fit(&a->tree.list, a->tree.n_shown, rows);
	put_rows(a, g, area, rows);
	if (detail && a->tree.n_shown)
		put_detail(a, g, area, area.height - DETAIL_ROWS + 1);
	if (pane.width)
		beside_put_source(a, g, pane, beside_put_callers);
}

/* ---- keys ---- */

static void set_closed(struct app_tree *t, uint32_t row, bool closed)
{
	if (t->rows.v[row].kind == TREE_ROW_NODE && has_rows_below(t, row))
		*u64map_slot(&t->closed, t->rows.v[row].node) = closed;
	find_shown(t);
}

/* Close the row at hand, or go to the one that it hangs under. */
static void close_row(struct app_tree *t)
{
	uint32_t at = t->shown[t->list.cursor], i = t->list.cursor;

	if (has_rows_below(t, at) && !is_closed(t, &t->rows.v[at])) {
		set_closed(t, at, true);
		return;
	}
	while (i && row_at(t, i)->depth >= t->rows.v[at].depth)
		i--;
	list_choose(&t->list, i);
}

static void close_all(struct app_tree *t)
{
	for (uint32_t i = 1; i < t->rows.n; i++)	/* but the root */
		if (t->rows.v[i].kind == TREE_ROW_NODE && has_rows_below(t, i))
			*u64map_slot(&t->closed, t->rows.v[i].node) = 1;
	find_shown(t);
	t->list.cursor = 0;
}

static void take_function(struct app *a)
{
	uint32_t function = function_of(a, row_at(&a->tree, a->tree.list.cursor));

	if (function != RECORD_NONE)
		a->function = function;
}

/* All rows can be searched: to go to one opens what is closed above it. */
static uint32_t rows_n(struct app *a)
{
	make_rows(a);
	a->tree.list.n = a->tree.n_shown;
	return a->tree.rows.n;
}

static uint32_t rows_at(const struct app *a)
{
	const struct app_tree *t = &a->tree;

	return t->list.cursor < t->n_shown ? t->shown[t->list.cursor] : 0;
}

static void rows_choose(struct app *a, uint32_t row)
{
	struct app_tree *t = &a->tree;
	uint32_t depth = t->rows.v[row].depth, at = 0;

	for (uint32_t i = row; i-- > 0;) {
		if (t->rows.v[i].depth >= depth)
			continue;
		depth = t->rows.v[i].depth;
		if (is_closed(t, &t->rows.v[i]))
			set_closed(t, i, false);
	}
	while (t->shown[at] != row)
		at++;
	list_choose(&t->list, at);
	take_function(a);
}

static bool rows_match(struct app *a, uint32_t row, const struct filter *f)
{
	uint32_t function = function_of(a, &a->tree.rows.v[row]);

	return function != RECORD_NONE && view_function_matches(a, function, f);
}

static struct list *rows_list(struct app *a)
{
	return &a->tree.list;
}

static const struct view_rows rows = {
	.n = rows_n, .at = rows_at, .choose = rows_choose, .matches = rows_match,
	.list = rows_list,
};

static void next_smallest(struct app *a)
{
	struct app_tree *t = &a->tree;

	t->smallest = (t->smallest + 1) % array_len(smallest);
	t->asked = 0;
	a->arrived = true;
	app_say(a, "rows from %g%% on", smallest[t->smallest] * 100);
}

static bool act(struct app *a, enum action action)
{
	struct app_tree *t = &a->tree;

	make_rows(a);
	if (!t->n_shown)
		return false;
	list_fit(&t->list, t->n_shown, t->list.height);	/* not drawn since they were made */
	if (list_act(&t->list, action)) {
		;
	} else if (action == ACTION_OPEN) {
		if (is_closed(t, row_at(t, t->list.cursor)))
			set_closed(t, t->shown[t->list.cursor], false);
		else
			list_act(&t->list, ACTION_DOWN);
	} else if (action == ACTION_CLOSE) {
		close_row(t);
	} else if (action == ACTION_ENTER) {
		app_go(a, &view_callers, a->function);
		return true;
	} else if (action == ACTION_OPEN_ALL) {
		u64map_clear(&t->closed);
		find_shown(t);
	} else if (action == ACTION_CLOSE_ALL) {
		close_all(t);
	} else if (action == ACTION_SMALLEST) {
		next_smallest(a);
		return true;
	} else {
		return false;
	}
	take_function(a);
	return true;
}

const struct view view_tree = {
	.key = '3', .action = ACTION_TREE, .name = "Tree", .short_name = "Tree",
	.keys = "l/h open/close  E/C all  r recursion  Enter callers  L lesson  / search  ? help  q quit",
	.lesson = "tree",
	.rows = &rows, .needs_samples = true, .draw = draw, .act = act,
};
