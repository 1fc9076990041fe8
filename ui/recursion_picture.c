// SPDX-License-Identifier: Apache-2.0
#include "ui/recursion_picture.h"

#include "base/util.h"
#include "ui/text.h"

#define LABEL_AT 2
#define VALUE_AT 16
#define MAX_COLUMNS 40
#define WORDS 32		/* columns for what is behind the picture */

void app_depths_deinit(struct app_depths *d)
{
	recursion_depths_deinit(&d->d);
}

/* NULL: there is no time for it now. */
static const struct recursion_depths *find(struct app *a)
{
	const struct model *m = a->model;
	struct app_depths *d = &a->depths;

	if (d->asked == m->n_asked && d->function == a->function)
		return &d->d;
	if (app_puts_off(a))
		return NULL;
	recursion_depths_deinit(&d->d);
	recursion_depths_make(m->p, &m->sum, a->function, &d->d);
	d->asked = m->n_asked;
	d->function = a->function;
	return &d->d;
}

/* Column `i` of `n` stands for depths [edge(i), edge(i + 1)), from 0. */
static uint32_t edge(uint32_t depths, uint32_t i, uint32_t n)
{
	return (uint32_t)((uint64_t)depths * i / n);
}

static uint64_t column_ns(const struct recursion_depths *d, uint32_t i, uint32_t n)
{
	uint64_t ns = 0;

	for (uint32_t k = edge(d->n, i, n); k < edge(d->n, i + 1, n); k++)
		ns += d->self[k].weight_ns;
	return ns;
}

static void put_columns(struct pen *pen, const struct recursion_depths *d, uint32_t n, char kind)
{
	static const char *const eighths[] = { " ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" };
	static const char ascii[] = " .:-=+*#%";
	struct style style = { .fg = (uint8_t)ink_strong(kind) };
	uint64_t most = 1;

	for (uint32_t i = 0; i < n; i++)
		most = max_of(most, column_ns(d, i, n));
	for (uint32_t i = 0; i < n; i++) {
		uint64_t ns = column_ns(d, i, n);
		uint64_t height = (unsigned __int128)ns * 8 / most;

		height = ns ? max_of(height, (uint64_t)1) : 0;
		if (pen->grid->utf8)
			pen_put(pen, style, "%s", eighths[height]);
		else
			pen_put(pen, style, "%c", ascii[height]);
	}
}

/* "most at 4: 31%" */
static void put_most(struct pen *pen, const struct recursion_depths *d)
{
	uint64_t all_ns = 0;
	uint32_t most = 0;

	for (uint32_t i = 0; i < d->n; i++) {
		all_ns += d->self[i].weight_ns;
		if (d->self[i].weight_ns > d->self[most].weight_ns)
			most = i;
	}
	if (all_ns)
		pen_put(pen, STYLE_DIM, "  most at %u: %.0f%%", most + 1,
			100 * (double)d->self[most].weight_ns / (double)all_ns);
	else
		pen_put(pen, STYLE_DIM, "  no time of its own");
}

void recursion_picture_put(struct app *a, struct pen *pen)
{
	const struct recursion_depths *d;
	unsigned int room;

	if (a->function == RECORD_NONE || !pen->width || a->model->sum.measured ||
	    !(d = find(a)) || d->n < 2)
		return;
	pen_to(pen, LABEL_AT);
	pen_put(pen, STYLE_DIM, "self by depth");
	pen_to(pen, VALUE_AT);
	room = pen_left(pen) > WORDS + 8 ? pen_left(pen) - WORDS : 8;
	pen_put(pen, STYLE_DIM, "1 ");
	room = min_of(room, (unsigned int)MAX_COLUMNS);
	put_columns(pen, d, min_of(d->n, room),
		    profile_function_kind(a->model->p, a->function));
	pen_put(pen, STYLE_DIM, " %u%s", d->n, d->cut ? " or more" : "");
	put_most(pen, d);
}
