// SPDX-License-Identifier: Apache-2.0
#include "ui/flame_picture.h"

#include <string.h>

#include "base/util.h"
#include "ui/cells.h"
#include "ui/flame_change.h"
#include "ui/setting.h"
#include "ui/text.h"
#include "ui/tree_cells.h"

#define FULL_FROM 30		/* height of the screen from which on all is told, */
#define BRIEF_FROM 24		/* and a little */
#define LABEL_AT 2
#define VALUE_AT 16
#define SHARE_ROOM 8		/* of a share behind a name */

/* What the tone of a box says: the values of `:set flame`. */
enum { FLAME_BY_KIND, FLAME_BY_HASH, FLAME_BY_MODULE };

struct picture {
	const struct app *a;
	const struct app_flame *t;
	struct grid *g;
	struct area area;
	unsigned int height;	/* rows of a box */
	bool brackets;		/* where boxes are not filled, or have no edges */
	bool compared;		/* coloured by what changed */
	struct compare_numbers numbers;	/* then */
};

/* ---- boxes ---- */

/* What a box is called, before and behind what can be cut; the caller frees it. */
static char *box_name(const struct app *a, const struct flame_box *box)
{
	char count[TEXT_NUMBER];

	switch (box->kind) {
	case FLAME_ALL:
		return xstrdup("all");
	case FLAME_REST:
		return xasprintf("%s more", text_count(count, box->n));
	case FLAME_HIDDEN:
		return xstrdup("[kernel, not visible]");
	case FLAME_FILTERED:
		return xstrdup("[filtered out]");
	case FLAME_FUNCTION:
		break;
	}
	return tree_cells_function(a->model->p, &a->model->ledger, box->function);
}

/* What a box is filled with, in the strong tone of its kind or the quiet one. */
static uint8_t fill_of(const struct grid *g, char kind, bool strong)
{
	if (!g->two_tones)
		return (uint8_t)(kind == '?' ? INK_DIM : ink_strong(kind));
	return (uint8_t)(strong ? ink_strong(kind) : ink_quiet(kind));
}

/* Which of the two tones a box has. */
static bool is_strong(const struct picture *pic, const struct flame_box *box)
{
	const struct profile *p = pic->a->model->p;
	int by = pic->a->set[APP_SET_FLAME];
	uint32_t module;

	if (by == FLAME_BY_KIND || box->kind != FLAME_FUNCTION)
		return flame_box_is_own(box);
	if (by == FLAME_BY_HASH)
		return setting_hash(profile_string(p, p->functions[box->function].name)) & 1;
	module = p->functions[box->function].module;
	return module != RECORD_NONE && setting_hash(profile_module_name(p, module)) & 1;
}

static struct style box_style(const struct picture *pic, const struct flame_box *box)
{
	bool own = flame_box_is_own(box);
	struct style style = { .attrs = own ? ATTR_BOLD : 0 };

	if (box == flame_chosen(pic->t)) {
		style.attrs = ATTR_REVERSE | ATTR_BOLD;
	} else if (pic->compared) {
		int sign = flame_compare_sign(flame_compare_of(pic->a, box));

		style = pic->g->fills ? flame_change_style(pic->g, sign)
				      : (struct style){ .attrs = sign ? ATTR_BOLD : 0 };
	} else if (pic->g->fills) {
		style.fg = INK_BLACK;
		style.bg = fill_of(pic->g, flame_box_kind(&pic->t->f, box), is_strong(pic, box));
	}
	return style;
}

static double share_of(const struct app *a, const struct flame_box *box)
{
	return summary_share(&a->model->sum, box->total.weight_ns);
}

static void box_share(const struct app *a, const struct flame_box *box, char text[TEXT_NUMBER])
{
	double share = share_of(a, box);
	bool whole = a->model->sum.received.count < CELLS_WHOLE_PERCENT;

	if (share > 0 && share < .0005 && !whole) {	/* 0.0% would be none */
		strcpy(text, "<0.1%");
		return;
	}
	text_percent(text, share, whole);
	strcat(text, "%");
}

/* In the box: its share, or what changed if there is evidence. */
static void box_number(const struct picture *pic, const struct flame_box *box, char text[COMPARE_NUMBER])
{
	const struct compare_node *n = pic->compared ? flame_compare_of(pic->a, box) : NULL;

	*text = '\0';
	if (!pic->compared)
		box_share(pic->a, box, text);
	else if (flame_compare_sign(n))
		compare_change(text, &pic->numbers, n->change, pic->g->utf8);
}

/* One letter for it: its kind, or what became of it. */
static char box_letter(const struct picture *pic, const struct flame_box *box)
{
	if (!pic->compared)
		return flame_box_kind(&pic->t->f, box);
	return " +-"[(flame_compare_sign(flame_compare_of(pic->a, box)) + 3) % 3];
}

/* "fib ×14" in `width` columns; returns what is left of them. */
static unsigned int put_name(const struct picture *pic, struct pen *pen, struct style style,
			     const struct flame_box *box, unsigned int width)
{
	_cleanup_(freep) char *name = box_name(pic->a, box), *times = NULL;
	unsigned int from = pen->column, behind = 0;

	if (box->kind == FLAME_FUNCTION && box->n > 1) {
		times = xasprintf(" %s%u", pic->g->utf8 ? "×" : "x", box->n);
		behind = text_width(times);
	}
	if (behind + 4 > width)
		behind = 0;
	pen_name(pen, style, width - behind, name);
	if (behind)
		pen_put(pen, style, "%s", times);
	return width - (pen->column - from);
}

/* A row of a box without edges: "[N fib x14    ]". */
static void put_bracketed(const struct picture *pic, struct pen *pen, struct style style,
			  const struct flame_box *box)
{
	unsigned int inner = box->width - 2;
	bool here = box == flame_chosen(pic->t), pseudo = box->kind != FLAME_FUNCTION;
	char share[COMPARE_NUMBER];

	if (box->width == 1) {
		pen_put(pen, style, here ? ">" : "|");
		return;
	}
	pen_put(pen, style, here ? ">" : "[");
	if (inner && (!pseudo || inner < 5))
		pen_put(pen, style, "%c", box_letter(pic, box));
	if (inner >= 5) {
		pen_put(pen, style, "%s", pseudo ? "" : " ");
		inner = put_name(pic, pen, style, box, pseudo ? inner : inner - 2);
		box_number(pic, box, share);
		if (inner >= SHARE_ROOM)
			pen_put(pen, style, "%*s", (int)inner, share);
	}
	pen_put(pen, style, "%*s", (int)(box->width - 1 - pen->column), "");
	pen_put(pen, style, "]");
}

/* The first row of a filled box: its name, and its share if there is no second row. */
static void put_filled(const struct picture *pic, struct pen *pen, struct style style,
		       const struct flame_box *box)
{
	unsigned int inner = box->width - 1;
	_cleanup_(freep) char *name = box_name(pic->a, box);
	char share[COMPARE_NUMBER];

	pen_put(pen, style, "▏");
	if (box->width >= 5 || strlen(name) <= inner)
		inner = put_name(pic, pen, style, box, inner);
	else if (inner)
		pen_put(pen, style, "%c", box_letter(pic, box));
	box_number(pic, box, share);
	if (pic->height == 1 && box->width >= 5 && inner >= SHARE_ROOM)
		pen_right(pen, style, inner - 1, "%s", share);
}

/* The second row. */
static void put_share(const struct picture *pic, struct pen *pen, struct style style,
		      const struct flame_box *box)
{
	char share[COMPARE_NUMBER];

	style.attrs &= (uint8_t)~ATTR_BOLD;
	box_number(pic, box, share);
	pen_put(pen, style, "▏%s", text_width(share) < box->width ? share : "");
}

/* The lower edge is a line below the share: below a name it would hide every `_`. */
static void put_box(const struct picture *pic, unsigned int y, const struct flame_box *box)
{
	struct style style = box_style(pic, box);
	unsigned int left = FLAME_MARGIN + box->column;

	for (unsigned int i = 0; i < pic->height; i++) {
		struct pen pen = pen_make(pic->g, pic->area.top + y + i, left, left + box->width);

		if (pic->brackets) {
			put_bracketed(pic, &pen, style, box);
			continue;
		}
		pen_put(&pen, style, "%*s", (int)box->width, "");
		pen.column = 0;
		if (i == 0)
			put_filled(pic, &pen, style, box);
		else
			put_share(pic, &pen, style, box);
		if (i > 0)
			grid_tint(pic->g, pen.y, left, box->width,
				  (struct style){ .attrs = ATTR_UNDERLINE });
	}
}

static void put_boxes(const struct picture *pic)
{
	const struct app_flame *t = pic->t;

	for (uint32_t i = 0; i < t->f.n; i++) {
		const struct flame_box *box = &t->f.v[i];
		unsigned int y = 1 + (box->depth - t->rows.top) * pic->height;

		if (box->depth < t->rows.top || box->depth >= t->rows.top + t->rows.height)
			continue;
		if (box == flame_chosen(t) && pic->brackets) {
			struct pen pen = area_pen(pic->g, pic->area, y);

			pen_put(&pen, STYLE_TEXT, ">");
		}
		put_box(pic, y, box);
		for (unsigned int row = 0; row < pic->height; row++)
			grid_spot(pic->g, pic->area.top + y + row, FLAME_MARGIN + box->column,
				  box->width, SPOT_ROW, i);
	}
}

/* ---- words ---- */

/* A part of "a · b · c", if there is room; blank is what the first one follows. */
static void put_phrase(struct pen *pen, struct style style, const char *text)
{
	const char *dot = pen->grid->utf8 ? " · " : "; ";
	bool first = strcmp(grid_at(pen->grid, pen->y, pen->column - 1)->text, " ") == 0;

	if (text_width(text) + (first ? 0 : text_width(dot)) + 1 > pen_left(pen))
		return;
	pen_put(pen, STYLE_DIM, "%s", first ? "" : dot);
	pen_put(pen, style, "%s", text);
}

static void put_head(const struct picture *pic)
{
	struct pen pen = area_pen(pic->g, pic->area, 0);
	bool inverted = pic->t->how.inverted;

	pen_to(&pen, 1);
	pen_put(&pen, STYLE_STRONG, "Icicle");
	pen_to(&pen, pen.column + 2);
	if (pic->t->how.joined)
		put_phrase(&pen, STYLE_STRONG, inverted ? "one function on top, all that call it below"
						    : "one function on top, all that it calls below");
	else
		put_phrase(&pen, STYLE_DIM, inverted ? "running on top, callers below"
						     : "root on top, callees below");
	put_phrase(&pen, STYLE_DIM, pic->compared ? "width = CPU time now" : "width = share of CPU time");
	if (pic->compared) {
		_cleanup_(freep) char *unit = xasprintf("colour = change against A, %s", pic->numbers.unit);

		put_phrase(&pen, STYLE_STRONG, unit);
	}
	put_phrase(&pen, STYLE_DIM, "left-right order is NOT time");
}

/* What lies outside of the picture. */
static void put_outside(const struct picture *pic, unsigned int y)
{
	const struct list *rows = &pic->t->rows;
	const struct summary *sum = &pic->a->model->sum;
	struct pen pen = area_pen(pic->g, pic->area, y);
	_cleanup_(freep) char *text = NULL;
	char number[TEXT_NUMBER];

	pen_to(&pen, 1);
	if (rows->height < rows->n) {
		text = xasprintf("%u row%s above, %u below", rows->top, rows->top == 1 ? "" : "s",
				 rows->n - rows->top - rows->height);
		put_phrase(&pen, STYLE_TEXT, text);
	}
	if (sum->lost.count || sum->lost.weight_ns) {
		free(steal(text));
		text = xasprintf("[lost] %s%% of what was due is in no box",
				 text_percent(number, summary_lost(sum).share, false));
		put_phrase(&pen, STYLE_TEXT, text);
	}
}

/* Among callers a box has none of its own; the function they all call has. */
static uint64_t self_ns(const struct app *a, const struct flame_box *box)
{
	bool joined = a->flame.how.joined && a->flame.zoom.n == 1 && box == a->flame.f.v;

	return joined ? a->model->sum.functions[box->function].self.weight_ns
		      : box->self.weight_ns;
}

static void put_numbers(const struct app *a, struct pen *pen)
{
	const struct flame_box *box = flame_chosen(&a->flame), *first = a->flame.f.v;
	struct cells c = { pen, a->model->p, &a->model->sum };
	bool whole = c.sum->received.count < CELLS_WHOLE_PERCENT;
	char text[TEXT_NUMBER];

	box_share(a, box, text);
	pen_put(pen, STYLE_STRONG, "%s", text);
	if (box->kind != FLAME_ALL) {
		pen_to(pen, pen->column + 1);
		cell_interval(&c, flame_box_interval(&a->model->sum, box));
		pen->column--;
	}
	if (box->kind != FLAME_HIDDEN)
		pen_fact(pen, "", text_count(text, box->total.count), " samples");
	pen_fact(pen, "", text_time(text, box->total.weight_ns), "");
	if (box->kind == FLAME_FUNCTION) {
		text_percent(text, summary_share(c.sum, self_ns(a, box)), whole);
		strcat(text, "%");
		pen_fact(pen, "self ", text, "");
	}
	if (box->kind == FLAME_FUNCTION && box->max_depth > 1) {
		_cleanup_(freep) char *depth = xasprintf("%u", max_of(box->n, 1u));
		_cleanup_(freep) char *most = xasprintf(" (most %u)", box->max_depth);

		pen_fact(pen, "recursion ", depth, most);
	}
	if (a->flame.zoom.n && box != first) {
		text_percent(text, (double)box->total.weight_ns / (double)first->total.weight_ns,
			     whole);
		strcat(text, "%");
		pen_fact(pen, "", text, " of the zoom");
	}
}

static void put_kinds(const struct picture *pic, struct pen *pen)
{
	static const struct { char kind; const char *name; } kinds[] = {
		{ 'P', "Python" }, { 'N', "native" }, { 'L', "library" }, { 'K', "kernel" }, { '?', "unknown" } };
	bool python = profile_has_python(pic->a->model->p);
	struct style style = { INK_BLACK, 0, 0 };

	for (size_t i = !python; i < array_len(kinds); i++) {
		style.bg = fill_of(pic->g, kinds[i].kind, true);
		pen_put(pen, pic->g->fills ? style : STYLE_STRONG, "%c", kinds[i].kind);
		pen_put(pen, STYLE_DIM, " %s", kinds[i].name);
		pen_to(pen, pen->column + 2);
	}
	if (!pic->g->fills || pen_left(pen) < 30)
		return;
	pen_put(pen, STYLE_RULE, pic->g->utf8 ? "│  " : "|  ");
	if (pic->a->set[APP_SET_FLAME] != FLAME_BY_KIND) {
		pen_put(pen, STYLE_STRONG, "own work");
		pen_put(pen, STYLE_DIM, "  shade: %s",
			pic->a->set[APP_SET_FLAME] == FLAME_BY_HASH ? "by name" : "by module");
		return;
	}
	style = (struct style){ INK_BLACK, fill_of(pic->g, kinds[!python].kind, true), ATTR_BOLD };
	pen_put(pen, style, " own work ");
	style = (struct style){ INK_BLACK, fill_of(pic->g, kinds[!python].kind, false), 0 };
	pen_to(pen, pen->column + 1);
	pen_put(pen, style, " passed on ");
}

static void put_narrow(const struct app *a, struct pen *pen)
{
	const struct flame *f = &a->flame.f;
	const struct summary *sum = &a->model->sum;
	double per = (double)f->v[0].total.weight_ns / a->flame.how.columns, mean_ns;
	_cleanup_(freep) char *narrow = NULL, *scale = NULL;
	char count[TEXT_NUMBER], share[TEXT_NUMBER];

	mean_ns = sum->received.count
		? (double)sum->received.weight_ns / (double)sum->received.count : per;
	if (f->narrow.n)
		narrow = xasprintf("%s function%s narrower than 1 column (%s%% in all)",
				   text_count(count, f->narrow.n), f->narrow.n > 1 ? "s" : "",
				   text_percent(share, summary_share(sum, f->narrow.sum.weight_ns),
						false));
	if (per >= mean_ns)
		scale = xasprintf("1 column = %s samples",
				  text_count(count, (uint64_t)(per / mean_ns + .5)));
	else
		scale = xasprintf("1 sample = %s columns",
				  text_count(count, (uint64_t)(mean_ns / per + .5)));
	put_phrase(pen, STYLE_TEXT, narrow ? narrow : "nothing");
	put_phrase(pen, STYLE_DIM, scale);
	if (narrow)
		put_phrase(pen, STYLE_DIM, "zoom to see");
}

static void put_shown(const struct app *a, struct pen *pen)
{
	static const char *const recursion[RECURSION_MODES] = {
		[RECURSION_DIRECT] = "direct recursion folded", [RECURSION_RAW] = "recursion unfolded",
		[RECURSION_CYCLES] = "cycles folded" };
	const struct app_flame *t = &a->flame;
	_cleanup_(freep) char *zoom = NULL;
	char share[TEXT_NUMBER];

	box_share(a, t->f.v, share);
	zoom = !t->zoom.n ? xstrdup("not zoomed")
	       : t->how.joined && t->zoom.n == 1 ? xasprintf("all paths as one, %s", share)
	       : xasprintf("zoomed in on %s", share);
	put_phrase(pen, t->zoom.n ? STYLE_TEXT : STYLE_DIM, zoom);
	put_phrase(pen, t->how.inverted ? STYLE_TEXT : STYLE_DIM,
		   t->how.inverted ? "inverted" : "not inverted");
	put_phrase(pen, t->mode != RECURSION_DIRECT ? STYLE_TEXT : STYLE_DIM, recursion[t->mode]);
	put_phrase(pen, STYLE_DIM, "waiting not included");
}

static char *clean_name(const struct picture *pic, unsigned int width)
{
	_cleanup_(freep) char *raw = box_name(pic->a, flame_chosen(pic->t));
	struct buf clean = { 0 };

	text_clean(&clean, raw, strlen(raw), pic->g->utf8);
	text_clip(&clean, width, pic->g->utf8);
	return (char *)clean.data;
}

/* What is chosen, and the way to it. */
static void put_title(const struct picture *pic, unsigned int y)
{
	const struct app_flame *t = pic->t;
	/* What is kept of the way may go on to a box that is too narrow here. */
	const struct app_path *path = t->cursor ? &t->path : &t->zoom;
	uint32_t n = t->zoom.n + flame_chosen(t)->depth -
		     (flame_chosen(t)->kind > FLAME_FUNCTION);
	struct pen pen = area_pen(pic->g, pic->area, y);
	_cleanup_(freep) char *name = clean_name(pic, pic->area.width / 2);
	unsigned int room = pic->area.width - text_width(name) - 14;
	_cleanup_(freep) char *way = path_text(pic->a->model->p, path->v, n, room,
					       pic->g->utf8);
	const char *arrow = !n ? "" : pic->g->utf8 ? " › " : " > ";
	_cleanup_(freep) char *note = xasprintf("%s%s%s", t->how.joined ? "all paths" : "all",
						arrow, way);

	pen_rule(&pen, name, note);
}

static struct pen labelled(const struct picture *pic, unsigned int y, const char *label)
{
	struct pen pen = area_pen(pic->g, pic->area, y);

	pen_to(&pen, LABEL_AT);
	pen_put(&pen, STYLE_DIM, "%s", label);
	pen_to(&pen, VALUE_AT);
	return pen;
}

static unsigned int detail_rows(const struct grid *g)
{
	return g->height >= FULL_FROM ? 6 : g->height >= BRIEF_FROM ? 3 : 1;
}

/* ---- against a baseline ---- */

static void put_comparison(const struct picture *pic, unsigned int y)
{
	struct pen pen;

	put_title(pic, y++);
	pen = labelled(pic, y++, "change");
	flame_change_put(pic->a, &pic->numbers, &pen);
	if (pic->g->height >= FULL_FROM) {
		pen = labelled(pic, y++, "share now");
		put_numbers(pic->a, &pen);
		pen = labelled(pic, y++, "colours");
		flame_change_put_colours(pic->a, &pen);
	}
	pen = labelled(pic, y++, "A");
	flame_change_put_baseline(pic->a, &pic->numbers, &pen);
}

static void put_detail(const struct picture *pic, unsigned int y)
{
	_cleanup_(freep) char *name = NULL;
	struct pen pen;

	if (pic->compared && pic->g->height >= BRIEF_FROM) {
		put_comparison(pic, y);
		return;
	}

	if (pic->g->height < BRIEF_FROM) {
		name = clean_name(pic, 24);
		pen = area_pen(pic->g, pic->area, y);
		pen_to(&pen, 1);
		pen_put(&pen, STYLE_STRONG, "%s", name);
		pen_to(&pen, pen.column + 2);
		if (pic->compared)
			flame_change_put(pic->a, &pic->numbers, &pen);
		else
			put_numbers(pic->a, &pen);
		return;
	}
	put_title(pic, y++);
	pen = labelled(pic, y++, "share");
	put_numbers(pic->a, &pen);
	if (pic->g->height >= FULL_FROM) {
		pen = labelled(pic, y++, "kinds");
		put_kinds(pic, &pen);
	}
	pen = labelled(pic, y++, "not drawn");
	put_narrow(pic->a, &pen);
	if (pic->g->height >= FULL_FROM) {
		pen = labelled(pic, y++, "shown");
		put_shown(pic->a, &pen);
	}
}

unsigned int flame_picture_rows(const struct grid *g, struct area area)
{
	return area.height - 2 - detail_rows(g);
}

void flame_picture_draw(const struct app *a, struct grid *g, struct area area,
			unsigned int height)
{
	struct picture pic = { .a = a, .t = &a->flame, .g = g, .area = area, .height = height,
			       .brackets = !flame_picture_has_tiles(g) };
	unsigned int rows = flame_picture_rows(g, area);

	pic.compared = flame_compare_is_on(a);
	if (pic.compared)
		pic.numbers = compare_numbers_of(&a->compare.c);
	put_head(&pic);
	put_boxes(&pic);
	put_outside(&pic, 1 + rows);
	put_detail(&pic, 2 + rows);
}
