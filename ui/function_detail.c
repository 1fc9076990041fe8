// SPDX-License-Identifier: Apache-2.0
#include "ui/function_detail.h"

#include <string.h>

#include "base/util.h"
#include "profile/butterfly.h"
#include "profile/lines.h"
#include "ui/facts.h"
#include "ui/ranks.h"
#include "ui/text.h"

#define ROWS 7		/* rule, four lines, a blank row on either side */
#define LABEL_AT 2
#define VALUE_AT 16

/* Has anybody counted calls, beside samples? */
static bool is_counted(const struct app *a)
{
	return a->model->p->calls.n && !a->model->sum.measured;
}

unsigned int function_detail_rows(const struct app *a)
{
	return ROWS + is_counted(a);
}

static void put_label(struct pen *pen, const char *label)
{
	pen_to(pen, LABEL_AT);
	pen_put(pen, STYLE_DIM, "%s", label);
	pen_to(pen, VALUE_AT);
}

static void put_samples(const struct app *a, struct pen *pen)
{
	const struct function_sum *f = &a->model->sum.functions[a->function];
	char self[TEXT_NUMBER], total[TEXT_NUMBER], all[TEXT_NUMBER];

	if (a->model->sum.measured) {
		put_label(pen, "calls");
		pen_put(pen, STYLE_TEXT, "%s", text_count(total, f->total.count));
		pen_put(pen, STYLE_DIM, " of %s", text_count(all, a->model->sum.received.count));
		return;
	}
	put_label(pen, "samples");
	pen_put(pen, STYLE_TEXT, "%s", text_count(self, f->self.count));
	pen_put(pen, STYLE_DIM, " on top, ");
	pen_put(pen, STYLE_TEXT, "%s", text_count(total, f->total.count));
	pen_put(pen, STYLE_DIM, " on the stack, of %s",
		text_count(all, a->model->sum.received.count));
}

static void put_count(const struct app *a, struct pen *pen)
{
	const struct profile_count *count = profile_count_of(a->model->p, a->function);
	_cleanup_(freep) char *how = count ? facts_count(a->model->p, count) : NULL;
	char calls[TEXT_NUMBER];

	put_label(pen, "calls");
	if (count) {
		pen_put(pen, STYLE_STRONG, "%s", text_count(calls, count->calls));
		pen_put(pen, STYLE_DIM, "  %s", how);
	} else {
		pen_put(pen, STYLE_DIM, "-  not counted");
	}
}

/* "97% of it" */
static void put_part(struct pen *pen, uint64_t part, uint64_t whole)
{
	pen_put(pen, STYLE_STRONG, "  %.0f%%", whole ? 100.0 * (double)part / (double)whole : 0);
	pen_put(pen, STYLE_DIM, " of it");
}

static void find_line(const struct model *m, struct app_detail *d)
{
	const struct line_sum *hot = NULL;
	struct lines lines;

	if (profile_function_in_interpreter(m->p, d->function))
		return;
	lines_make(m->p, &m->scope, &m->sum, d->function, &lines);
	for (uint32_t i = 0; i < lines.n; i++) {
		const struct line_sum *l = &lines.v[i];

		d->lines_ns += line_own_ns(l);
		d->with_c |= l->in_c.weight_ns != 0;
		if (l->line && (!hot || line_own_ns(l) > line_own_ns(hot)))
			hot = l;
	}
	if (hot && line_own_ns(hot)) {
		d->line = hot->line;
		d->line_ns = line_own_ns(hot);
	}
	lines_deinit(&lines);
}

static void find_caller(const struct model *m, struct app_detail *d)
{
	struct butterfly b;

	butterfly_make(m->p, &m->sum, d->function, 1, &b);
	d->total_ns = b.total.weight_ns;
	for (uint32_t i = 0; i < b.callers.n_rows; i++) {
		if (d->caller != RECORD_NONE && b.callers.rows[i].sum.weight_ns <= d->caller_ns)
			continue;
		d->caller = b.callers.rows[i].function;
		d->caller_ns = b.callers.rows[i].sum.weight_ns;
	}
	butterfly_deinit(&b);
}

/* All stacks are gone through: with many of them that is seen at a key. */
#define QUICK_LEAVES 5000

/* What is known of the selected function; false if there is no time for it now. */
static bool find_detail(struct app *a)
{
	const struct model *m = a->model;
	struct app_detail *d = &a->detail;

	if (d->asked == m->n_asked && d->function == a->function)
		return true;
	if (a->in_haste && m->p->n_leaves > QUICK_LEAVES) {
		a->unsettled = true;
		return false;
	}
	*d = (struct app_detail){ .function = a->function, .asked = m->n_asked,
				  .caller = RECORD_NONE };
	find_line(m, d);
	find_caller(m, d);
	return true;
}

static void put_line(const struct app *a, struct pen *pen)
{
	const struct app_detail *d = &a->detail;

	put_label(pen, "hottest line");
	if (d->line) {
		pen_put(pen, STYLE_STRONG, "%u", d->line);
		put_part(pen, d->line_ns, d->lines_ns);
		if (d->with_c)
			pen_put(pen, STYLE_DIM, ", with the C that it calls");
	} else if (profile_function_in_interpreter(a->model->p, d->function)) {
		pen_put(pen, STYLE_DIM, "-  C of the interpreter: see the line that calls it");
	} else {
		pen_put(pen, STYLE_DIM, "-  no line is known for its own time");
	}
}

static void put_caller(const struct app *a, struct pen *pen)
{
	const struct profile *p = a->model->p;
	const struct app_detail *d = &a->detail;

	put_label(pen, "called from");
	if (d->caller != RECORD_NONE) {
		unsigned int room = pen_left(pen) > 14 ? pen_left(pen) - 14 : 0;	/* "  97% of it" */

		pen_name(pen, STYLE_TEXT, min_of(40u, room),
			 profile_string(p, p->functions[d->caller].name));
		put_part(pen, d->caller_ns, d->total_ns);
	} else {
		pen_put(pen, STYLE_DIM, "nobody: stacks begin with it");
	}
}

void function_detail_put(struct app *a, struct grid *g, struct area area, unsigned int y)
{
	const struct model *m = a->model;
	struct pen pen = area_pen(g, area, ++y);
	struct buf name = { 0 };
	const char *raw = profile_string(m->p, m->p->functions[a->function].name);
	_cleanup_(freep) char *certainty = NULL;

	text_clean(&name, raw, strlen(raw), g->utf8);
	text_clip(&name, area.width - 8, g->utf8);
	pen_rule(&pen, (const char *)name.data, "");
	buf_deinit(&name);
	pen = area_pen(g, area, y + 1);
	if (!m->sum.functions[a->function].total.count) {
		pen_to(&pen, LABEL_AT);
		pen_put(&pen, STYLE_DIM, "no samples in this scope");
		return;
	}
	put_samples(a, &pen);
	if (is_counted(a)) {
		pen = area_pen(g, area, ++y + 1);
		put_count(a, &pen);
	}
	if (find_detail(a)) {
		pen = area_pen(g, area, y + 2);
		put_line(a, &pen);
		pen = area_pen(g, area, y + 3);
		put_caller(a, &pen);
	}
	pen = area_pen(g, area, y + 4);
	put_label(&pen, "certainty");
	certainty = ranks_certainty(&m->sum, m->order, min_of(m->n_order, 15u));
	pen_name(&pen, STYLE_TEXT, area.width - VALUE_AT - 1, certainty);
}
