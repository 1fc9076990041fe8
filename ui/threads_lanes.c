// SPDX-License-Identifier: Apache-2.0
#include "ui/threads_lanes.h"

#include <math.h>
#include <string.h>

#include "base/util.h"
#include "ui/text.h"

const char *const threads_heights[9] = { "·", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" };

bool threads_is_marked(const struct threads_picture *pic, uint32_t column)
{
	return pic->marked && column >= pic->from && column < pic->to;
}

int threads_eighths(double share)
{
	int eighths = (int)lround(fmin(share, 1) * 8);

	return max_of(eighths, 1);
}

uint8_t threads_ground(const struct threads_picture *pic, uint32_t column)
{
	return threads_is_marked(pic, column) || column == threads_column(pic->a) ? INK_TINT : INK_DEFAULT;
}

uint8_t threads_ground_of_block(const struct threads_picture *pic, uint32_t column)
{
	return pic->g->two_tones || !pic->g->utf8 ? threads_ground(pic, column) : INK_DEFAULT;
}

bool threads_is_over(const struct threads_picture *pic, uint32_t column)
{
	const struct profile *p = pic->a->model->p;

	return time_axis_ns(&pic->t->axis, column) >= p->end_ns - p->start_ns;
}

/* ---- lanes ---- */

/* What a lane below those of threads begins with, up to its cells. */
static struct pen below(const struct threads_picture *pic, unsigned int y, const char *label,
			const char *scale)
{
	struct pen pen = area_pen(pic->g, pic->area, y);

	pen_to(&pen, 1);
	pen_put(&pen, STYLE_DIM, "%s", label);
	pen_to(&pen, pic->lanes - 6);
	pen_right(&pen, STYLE_FAINT, 5, "%s", scale);
	pen_to(&pen, pic->lanes);
	return pen;
}

static void put_right(const struct threads_picture *pic, struct pen *pen, struct style style,
		      const char *text)
{
	if (pic->area.width < THREADS_WITH_WAITS)
		return;
	pen_to(pen, pic->area.width - THREADS_WAITS);
	pen_put(pen, style, "%s", text);
}

void threads_put_all(const struct threads_picture *pic, unsigned int y)
{
	static const char levels[] = " .:-=+*#";
	const struct timeline *line = &pic->t->line;
	double cpus = (double)profile_meta_number(pic->a->model->p, "cpus", 0), most = 0;
	_cleanup_(freep) char *scale = NULL, *used = NULL;
	struct pen pen;

	for (uint32_t i = 0; i < line->how.n_cells; i++)
		most = fmax(most, timeline_share(line, &line->all.cells[i]));
	cpus = cpus >= 1 ? cpus : fmax(ceil(most - .1), 1);
	scale = xasprintf("0-%.0f", cpus);
	pen = below(pic, y, pic->a->scope.now->n_threads ? "in scope" : "all threads", scale);
	for (uint32_t i = 0; i < line->how.n_cells; i++) {
		double share = timeline_share(line, &line->all.cells[i]) / cpus;
		int eighths = share > 0 ? threads_eighths(share) : 0;
		struct style style = { .fg = eighths ? INK_METER : INK_RULE,
				       .bg = eighths ? threads_ground_of_block(pic, i) : threads_ground(pic, i) };

		if (threads_is_over(pic, i))
			pen_put(&pen, style, " ");
		else if (pic->g->utf8)
			pen_put(&pen, style, "%s", threads_heights[eighths]);
		else
			pen_put(&pen, style, "%c", levels[min_of(eighths, 7)]);
	}
	used = xasprintf("%.2f CPUs", threads_share(pic->a, pic->total->all.run_ns));
	put_right(pic, &pen, STYLE_TEXT, used);
}

static bool has_mark(const struct threads_picture *pic, uint32_t column)
{
	return threads_mark(pic->a, column);
}

static bool is_lost(const struct threads_picture *pic, uint32_t column)
{
	return pic->t->line.lost[column] > 0;
}

static bool is_collecting(const struct threads_picture *pic, uint32_t column)
{
	return pic->t->line.collecting_ns[column];
}

/* Signs where something was, dots where it was not. */
static void put_dots(const struct threads_picture *pic, struct pen *pen,
		     bool (*is)(const struct threads_picture *, uint32_t), const char *mark, const char *ascii)
{
	for (uint32_t i = 0; i < pic->t->axis.n; i++) {
		bool here = is(pic, i);
		struct style style = { .fg = here ? INK_DEFAULT : INK_RULE, .bg = threads_ground(pic, i),
				       .attrs = here ? ATTR_BOLD : 0 };

		if (here)
			pen_put(pen, style, "%s", pic->g->utf8 ? mark : ascii);
		else
			pen_put(pen, style, "%s", threads_is_over(pic, i) ? " "
				: pic->g->utf8 ? threads_heights[0] : ".");
	}
}

void threads_put_lost(const struct threads_picture *pic, unsigned int y)
{
	struct pen pen = below(pic, y, "lost samples", "");
	_cleanup_(freep) char *text = NULL;
	char n[TEXT_NUMBER];

	put_dots(pic, &pen, is_lost, "▪", "x");
	text = xstrdup(pic->total->lost_all > 0
		? text_count(n, (uint64_t)fmax(pic->total->lost_all + .5, 1)) : "none");
	put_right(pic, &pen, pic->total->lost_all > 0 ? STYLE_STRONG : STYLE_DIM, text);
}

void threads_put_collecting(const struct threads_picture *pic, unsigned int y)
{
	struct pen pen = below(pic, y, "GC", "");
	char time[TEXT_NUMBER];

	put_dots(pic, &pen, is_collecting, "▪", "c");
	put_right(pic, &pen, STYLE_TEXT, text_time(time, pic->total->collecting_all_ns));
}

void threads_put_noted(const struct threads_picture *pic, unsigned int y)
{
	bool bound = bindings_find(&pic->a->bindings, ']') == ACTION_NEXT_MARK;
	struct pen pen = below(pic, y, "marks", "");
	char n[TEXT_NUMBER];

	put_dots(pic, &pen, has_mark, "●", "^");
	put_right(pic, &pen, STYLE_TEXT, text_count(n, pic->a->model->p->n_marks));
	if (bound && pen_left(&pen) > 8)
		pen_put(&pen, STYLE_DIM, ", ] next");
}

/* "├before──┤" */
static void put_span(const struct threads_picture *pic, struct pen *pen, const struct named_range *range,
		     uint32_t width)
{
	bool utf8 = pic->g->utf8, shown = range == app_range_shown(pic->a);
	struct style name = shown ? STYLE_STRONG : STYLE_TEXT, line = shown ? STYLE_STRONG : STYLE_DIM;
	unsigned int last = pen->column + width - 1;

	if (width == 1) {
		pen_put(pen, line, "%s", utf8 ? "┼" : "|");
		return;
	}
	pen_put(pen, line, "%s", utf8 ? "├" : "[");
	if (width > 3)
		pen_name(pen, name, width - 2, range->name);
	for (unsigned int i = pen->column; i < last; i++)
		pen_put(pen, line, "%s", utf8 ? "─" : "-");
	pen_put(pen, line, "%s", utf8 ? "┤" : "]");
}

void threads_put_kept(const struct threads_picture *pic, unsigned int y, unsigned int n_lanes)
{
	const struct kept_ranges *ranges = &pic->a->kept;
	uint32_t columns = pic->t->axis.n, n_hidden = 0, from, to;
	_cleanup_(freep) bool *taken = xcalloc((size_t)columns * n_lanes, sizeof(*taken));
	_cleanup_(freep) char *text = NULL;
	struct pen pen = below(pic, y, "ranges", "");

	for (uint32_t i = 0; i < ranges->n; i++) {
		struct pen lane;
		unsigned int at = 0;

		if (!threads_columns(pic->a, ranges->v[i].from_ns, ranges->v[i].to_ns, &from, &to))
			continue;
		while (at < n_lanes && memchr(taken + at * columns + from, true, to - from))
			at++;
		if (at == n_lanes) {
			n_hidden++;
			continue;
		}
		memset(taken + at * columns + from, true, to - from);
		lane = area_pen(pic->g, pic->area, y + at);
		pen_to(&lane, pic->lanes + from);
		put_span(pic, &lane, &ranges->v[i], to - from);
	}
	text = n_hidden ? xasprintf("%u, %u behind", ranges->n, n_hidden) : xasprintf("%u", ranges->n);
	put_right(pic, &pen, STYLE_TEXT, text);
}

unsigned int threads_kept_rows(const struct app *a, unsigned int height)
{
	const struct kept_ranges *r = &a->kept;

	for (uint32_t i = 0; height >= 20 && i < r->n; i++)
		for (uint32_t k = 0; k < i; k++)
			if (r->v[i].from_ns < r->v[k].to_ns && r->v[k].from_ns < r->v[i].to_ns)
				return 2;
	return r->n && height >= 12;
}
