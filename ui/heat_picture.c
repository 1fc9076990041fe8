// SPDX-License-Identifier: Apache-2.0
/*
 *	          0         5 s       10 s
 *	  0 ms    |.........|.........|......
 *	100       .:=+#:...:=+#...
 *
 * A cell is the darker the more CPUs ran in it, the darkest is the busiest of all, in the
 * hue of the code that most of it was.
 */
#include "ui/heat_picture.h"

#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "base/util.h"
#include "ui/text.h"

#define LEFT 9			/* where cells begin */
#define ABOVE 3			/* rows: head, times, ticks */
#define BELOW 2			/* what is chosen, and a blank */
#define WIDEST 4		/* columns of the screen that one of time takes at most */
#define FEW 5ull			/* samples per cell: what is dark may be chance */
#define LABEL_AT 2
#define VALUE_AT 16

struct picture {
	const struct app *a;
	const struct app_heat *h;
	struct grid *g;
	struct area area;
	unsigned int wide;	/* columns of the screen that one of time takes */
	double most;		/* CPUs in the busiest cell */
	bool marked;		/* a range is */
	uint64_t from_ns, to_ns;
};

uint32_t heat_picture_columns(unsigned int width)
{
	return width > LEFT + 2 ? width - LEFT - 1 : 1;
}

uint32_t heat_picture_rows(unsigned int height)
{
	static const uint8_t even[] = { 50, 25, 20, 10, 5, 4, 2 };	/* of 100 ms, too */

	for (size_t i = 0; i < array_len(even); i++)
		if (height >= (unsigned int)even[i] + ABOVE + BELOW)
			return even[i];
	return 1;
}

/* ---- cells ---- */

static uint64_t cell_ns(const struct picture *pic, uint32_t column, uint32_t row)
{
	return (pic->h->axis.first + column) * pic->h->axis.cell_ns + row * pic->h->t.how.cell_ns;
}

static bool is_marked(const struct picture *pic, uint64_t ns)
{
	return pic->marked && ns >= pic->from_ns && ns < pic->to_ns;
}

static bool is_cursor(const struct picture *pic, uint64_t ns)
{
	return pic->a->pick.cursor_ns >= ns && pic->a->pick.cursor_ns < ns + pic->h->t.how.cell_ns;
}

/* Four steps, as behind lines of source; outside of a range without hue. */
static struct style heat(const struct picture *pic, const struct timeline_cell *c, int eighths,
			 bool strong)
{
	static const char kinds[] = { 'P', 'N', 'L', 'K', '?' };
	uint8_t quiet = (uint8_t)ink_quiet(kinds[c->most_run]);
	uint8_t ink = eighths <= 2 ? INK_HEAT : eighths <= 4 ? INK_WARM : eighths <= 6 ? quiet
		: (uint8_t)ink_strong(kinds[c->most_run]);

	if (!pic->g->fills)
		return (struct style){ .fg = (uint8_t)ink_strong(kinds[c->most_run]) };
	if (!pic->g->two_tones)
		return (struct style){ .fg = (uint8_t)ink_strong(kinds[c->most_run]) };
	if (!strong && eighths > 2)
		ink = eighths > 6 ? quiet : INK_WARM;
	return (struct style){ .fg = ink, .bg = ink };
}

static void put_cell(const struct picture *pic, struct pen *pen, uint32_t column, uint32_t row)
{
	static const char *const blocks[] = { " ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" };
	static const char levels[] = " .:-=+*##";
	const struct timeline *t = &pic->h->t;
	const struct timeline_cell *c = &t->all.cells[column * pic->h->rows + row];
	uint64_t ns = cell_ns(pic, column, row);
	double share = pic->most > 0 ? timeline_share(t, c) / pic->most : 0;
	int eighths = (int)lround(fmin(share, 1) * 8);
	struct style style = { .fg = INK_RULE };
	const struct profile *p = pic->a->model->p;
	bool marked = is_marked(pic, ns), past = ns >= p->end_ns - p->start_ns;
	const char *sign = pic->g->utf8 ? "·" : ".";

	if (c->run_ns) {
		eighths = max_of(eighths, 1);
		style = heat(pic, c, eighths, !pic->marked || marked);
	} else if (marked) {
		style.bg = INK_TINT;
	}
	if (marked && (!pic->g->fills || !pic->g->two_tones))
		style.attrs = ATTR_REVERSE;
	if (is_cursor(pic, ns))
		style = (struct style){ .attrs = ATTR_REVERSE | ATTR_BOLD };
	if (pic->g->utf8 && c->run_ns)
		sign = is_cursor(pic, ns) ? "▪" : blocks[eighths];
	for (unsigned int i = 0; i < pic->wide; i++) {
		bool lone = i && !c->run_ns;	/* one dot for a cell without anything */

		if (!pic->g->utf8 && c->run_ns)
			pen_put(pen, style, "%c", levels[eighths]);
		else
			pen_put(pen, style, "%s", lone || past ? " " : sign);
	}
}

/* ---- what is around them ---- */

static char *range_text(const struct picture *pic, uint64_t from_ns, uint64_t to_ns)
{
	char from[32], to[32];

	return xasprintf("%s-%s s", time_axis_moment(from, from_ns, pic->h->t.how.cell_ns),
			 time_axis_moment(to, to_ns, pic->h->t.how.cell_ns));
}

static uint64_t samples_between(const struct picture *pic, uint64_t from_ns, uint64_t to_ns)
{
	uint64_t start = pic->h->axis.first * pic->h->axis.cell_ns, cell = pic->h->t.how.cell_ns;
	uint64_t first = from_ns > start ? (from_ns - start) / cell : 0;
	uint64_t end = to_ns > start ? (to_ns - start) / cell : 0;

	return timeline_samples(&pic->h->t, (uint32_t)min_of(first, (uint64_t)pic->h->t.how.n_cells),
				(uint32_t)min_of(end, (uint64_t)pic->h->t.how.n_cells));
}

static void put_head(const struct picture *pic)
{
	struct pen pen = area_pen(pic->g, pic->area, 0);
	char column[32], row[32], count[TEXT_NUMBER];
	_cleanup_(freep) char *right = NULL, *range = NULL;
	uint64_t from_ns, to_ns;

	pen_to(&pen, 1);
	pen_put(&pen, STYLE_STRONG, "Heat map");
	pen_to(&pen, pen.column + 2);
	time_axis_length(column, pic->h->axis.cell_ns);
	time_axis_length(row, pic->h->t.how.cell_ns);
	if (time_pick_selection(&pic->a->pick, &from_ns, &to_ns)) {
		range = range_text(pic, from_ns, to_ns);
		right = xasprintf("selecting %s: %s samples", range,
				  text_count(count, samples_between(pic, from_ns, to_ns)));
	} else {
		right = xasprintf("busiest %.2f CPUs", pic->most);
	}
	if (pen_left(&pen) < strlen(right) + 48)
		pen_put(&pen, STYLE_DIM, "column %s, row %s", column, row);
	else
		pen_put(&pen, STYLE_DIM, "a column is %s, from top to bottom; a row %s", column, row);
	if (pen_left(&pen) > strlen(right) + 1) {
		pen_to(&pen, pic->area.width - 1 - (unsigned int)strlen(right));
		pen_put(&pen, range ? STYLE_STRONG : STYLE_DIM, "%s", right);
	}
}

/* Times above; what is wider than a column of the screen has a tick where it begins. */
static void put_ruler(const struct picture *pic)
{
	struct time_axis fine = pic->h->axis;
	struct pen above = area_pen(pic->g, pic->area, 1), below = area_pen(pic->g, pic->area, 2);

	fine.first *= pic->wide;
	fine.n *= pic->wide;
	fine.cell_ns /= pic->wide;
	pen_to(&above, LEFT);
	pen_to(&below, LEFT);
	time_axis_ruler(&fine, &above, &below);
	grid_tint(pic->g, pic->area.top + 2, 0, pic->area.width,
		  (struct style){ .attrs = ATTR_UNDERLINE });
}

/* Columns that have a mark, on the ticks. */
static void put_marks(const struct picture *pic)
{
	const struct profile *p = pic->a->model->p;

	for (size_t i = 0; i < p->n_marks; i++) {
		struct pen pen = area_pen(pic->g, pic->area, 2);
		uint32_t column;

		if (p->marks[i].time_ns < p->start_ns ||
		    !time_axis_has(&pic->h->axis, p->marks[i].time_ns - p->start_ns, &column))
			continue;
		pen_to(&pen, LEFT + column * pic->wide);
		pen_put(&pen, (struct style){ .attrs = ATTR_BOLD | ATTR_UNDERLINE }, "%s",
			pic->g->utf8 ? "●" : "^");
	}
}

static void put_rows(const struct picture *pic)
{
	uint32_t every = pic->h->rows >= 20 ? pic->h->rows / 10 : pic->h->rows >= 10 ? 2 : 1;

	for (uint32_t row = 0; row < pic->h->rows; row++) {
		struct pen pen = area_pen(pic->g, pic->area, ABOVE + row);
		uint64_t ns = row * pic->h->t.how.cell_ns;
		char text[32];

		if (row % every == 0)
			pen_right(&pen, STYLE_DIM, LEFT - 1, "%s", time_axis_length(text, ns));
		pen_to(&pen, LEFT);
		for (uint32_t column = 0; column < pic->h->axis.n; column++) {
			put_cell(pic, &pen, column, row);
			grid_spot(pic->g, pen.y, LEFT + column * pic->wide, pic->wide, SPOT_ROW,
				  column * pic->h->rows + row);
		}
	}
}

static struct pen labelled(const struct picture *pic, unsigned int y, const char *label)
{
	struct pen pen = area_pen(pic->g, pic->area, y);

	pen_to(&pen, LABEL_AT);
	pen_put(&pen, STYLE_DIM, "%s", label);
	pen_to(&pen, VALUE_AT);
	return pen;
}

/* The cell of the cursor, or how to go on while time is being selected. */
static void put_chosen(const struct picture *pic, unsigned int y)
{
	const struct timeline *t = &pic->h->t;
	uint64_t at = pic->a->pick.cursor_ns / t->how.cell_ns, first = pic->h->axis.first * pic->h->rows;
	_cleanup_(freep) char *range = range_text(pic, at * t->how.cell_ns, (at + 1) * t->how.cell_ns);
	_cleanup_(freep) char *cpus = NULL;
	const struct profile_note *mark;
	size_t n_mark = 0;
	struct pen pen;
	char count[TEXT_NUMBER];

	if (pic->a->pick.selecting) {
		pen = labelled(pic, y, "selecting");
		pen_put(&pen, STYLE_DIM, "h j k l extend  ");
		pen_put(&pen, STYLE_STRONG, "Enter");
		pen_put(&pen, STYLE_DIM, " takes it in every view  ");
		pen_put(&pen, STYLE_STRONG, "Esc");
		pen_put(&pen, STYLE_DIM, " back");
		return;
	}
	pen = labelled(pic, y, "this cell");
	pen_put(&pen, STYLE_TEXT, "%s", range);
	mark = time_pick_mark_in(pic->a, at * t->how.cell_ns, t->how.cell_ns, &n_mark);
	if (mark) {
		pen_put(&pen, STYLE_DIM, "   mark %zu of %zu: ", n_mark, pic->a->model->p->n_marks);
		pen_name(&pen, STYLE_STRONG, pen_left(&pen) / 2, profile_string(pic->a->model->p, mark->text));
	}
	if (at < first || at - first >= t->how.n_cells)
		return;
	cpus = xasprintf("%.2f", timeline_share(t, &t->all.cells[at - first]));
	pen_fact(&pen, "", cpus, " CPUs busy");
	pen_fact(&pen, "", text_count(count, t->all.cells[at - first].n), " samples");
	if (t->all.n < FEW * t->how.n_cells)
		pen_fact(&pen, "few in most: ", "-", " makes cells longer");
	if (t->lost[at - first] > 0)
		pen_fact(&pen, "lost ", text_count(count, (uint64_t)fmax(t->lost[at - first] + .5, 1)), "");
}

void heat_picture_draw(const struct app *a, struct grid *g, struct area area)
{
	const struct app_heat *h = &a->heat;
	struct picture pic = { .a = a, .h = h, .g = g, .area = area };

	pic.wide = heat_picture_columns(area.width) / h->axis.n;
	pic.wide = min_of(pic.wide, (unsigned int)WIDEST);
	for (uint32_t i = 0; i < h->t.how.n_cells; i++)
		pic.most = fmax(pic.most, timeline_share(&h->t, &h->t.all.cells[i]));
	pic.marked = time_pick_range(a, &pic.from_ns, &pic.to_ns);
	put_head(&pic);
	put_ruler(&pic);
	put_marks(&pic);
	put_rows(&pic);
	put_chosen(&pic, area.height - 1);
}
