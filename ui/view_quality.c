// SPDX-License-Identifier: Apache-2.0
/* What became of every sample, and what would help. */
#include "base/util.h"
#include "ui/cells.h"
#include "ui/facts.h"
#include "ui/ledger_text.h"
#include "ui/scroll.h"
#include "ui/text.h"

#define TEXT_AT 20
#define FACT_AT 16
#define COLUMNS_FROM 156	/* width from which on there are two */
#define COLUMN_GAP 3

/* A blank row, but at the top, and a rule. */
static void begin_section(struct scroll *s, const char *title, const char *note)
{
	struct pen pen;

	if (s->row)
		scroll_row(s);
	pen = scroll_row(s);
	pen_rule(&pen, title, note);
}

static void put_count(struct pen *pen, struct sum sum)
{
	char n[TEXT_NUMBER];

	pen_right(pen, STYLE_TEXT, 10, "%s", sum.count ? text_count(n, sum.count) : "");
	pen_to(pen, TEXT_AT);
}

static void put_fix(struct scroll *s, const char *fix)
{
	if (fix)
		scroll_wrap(s, STYLE_DIM, TEXT_AT + 2, fix);
}

static void put_outcomes(struct scroll *s)
{
	const struct model *m = s->a->model;
	struct pen last;

	begin_section(s, "What became of the samples", "share, samples");
	for (uint32_t i = 0; i < m->ledger.n_rows; i++) {
		const struct ledger_row *r = &m->ledger.rows[i];
		double share = ledger_share(&m->ledger, r->sum.weight_ns);
		struct pen pen = scroll_row(s);
		struct cells c = { &pen, m->p, &m->sum };
		_cleanup_(freep) char *text = ledger_row_text(&m->ledger, r);

		pen_to(&pen, 2);
		cell_share(&c, share);
		put_count(&pen, r->sum);
		pen_put(&pen, STYLE_TEXT, "%s", text);
		if (r->module != RECORD_NONE) {
			pen_put(&pen, STYLE_DIM, " in ");
			pen_name(&pen, STYLE_TEXT, pen_left(&pen) - 1,
				 profile_module_name(m->p, r->module));
		}
		if (ledger_fix_matters(r, share))
			put_fix(s, ledger_fix(m->p, r));
	}
	last = scroll_row(s);
	pen_to(&last, 2);
	if (m->ledger.whole_ns) {
		pen_right(&last, STYLE_TEXT, 5, "100.0");
		pen_to(&last, TEXT_AT);
		pen_put(&last, STYLE_DIM, "of the time that was due");
	} else {
		pen_put(&last, STYLE_TEXT, "%s", facts_nothing_due(&m->sum));
	}
}

static void put_unnamed(struct scroll *s)
{
	const struct model *m = s->a->model;

	if (!m->ledger.n_unnamed)
		return;
	begin_section(s, "Functions without a name", "samples with one, anywhere in the stack");
	for (uint32_t i = 0; i < m->ledger.n_unnamed; i++) {
		const struct ledger_unnamed *u = &m->ledger.unnamed[i];

		struct pen pen = scroll_row(s);
		struct cells c = { &pen, m->p, &m->sum };

		pen_to(&pen, 2);
		cell_share(&c, ledger_share(&m->ledger, u->anywhere.weight_ns));
		put_count(&pen, u->anywhere);
		pen_name(&pen, STYLE_TEXT, pen_left(&pen) - 1,
			 profile_module_name(m->p, u->module));
		put_fix(s, ledger_unnamed_fix(m->p, u->module));
	}
}

static void put_edges(struct scroll *s)
{
	_cleanup_(freep) char *text = ledger_edges(model_ledger(s->a->model));

	if (!text)
		return;
	begin_section(s, "Who called whom", "share of the calls on stacks");
	scroll_wrap(s, STYLE_TEXT, 2, text);
}

static void put_notes(struct scroll *s)
{
	const struct model *m = s->a->model;

	if (!m->p->n_notes)
		return;
	begin_section(s, "Notes", "");
	for (size_t i = 0; i < m->p->n_notes; i++) {
		bool warning = m->p->notes[i].level == NOTE_WARNING;

		scroll_wrap(s, warning ? STYLE_STRONG : STYLE_TEXT, 2,
			    profile_string(m->p, m->p->notes[i].text));
	}
}

/* "label  value", if there is one; frees it. */
static void put_fact(struct scroll *s, const char *label, char *value)
{
	struct pen pen;

	if (!value)
		return;
	pen = scroll_at(s, s->row, 0);
	pen_to(&pen, 2);
	pen_put(&pen, STYLE_DIM, "%s", label);
	scroll_wrap(s, STYLE_TEXT, FACT_AT, value);
	free(value);
}

static void put_how(struct scroll *s)
{
	const struct model *m = s->a->model;

	begin_section(s, "How this is known", "");
	put_fact(s, "engine", facts_engine(m->p, &m->sum));
	put_fact(s, "interpreter", facts_python(m->p));
	put_fact(s, "cannot see", facts_blind(m->p));
	put_fact(s, "cost", facts_cost(m->p, true));
	put_fact(s, "effect", facts_effect(m->p));
	if (m->sum.received.count && m->sum.stats.n_used < STATS_MIN_BLOCKS)
		put_fact(s, "intervals", xstrdup("less than 10 s of data: \"?\" after one says that it can be "
						 "wider, if the program has phases"));
}

static void put_all(struct scroll *s)
{
	put_how(s);
	put_outcomes(s);
	put_unnamed(s);
	put_edges(s);
	put_notes(s);
}

/* How it is known, and what became of it; both scroll together. */
static void put_columns(struct scroll *s)
{
	struct scroll right = *s;
	unsigned int half = s->area.width / 2;

	right.area.left += half;
	right.area.width -= half;
	s->area.width = half - COLUMN_GAP;
	put_how(s);
	put_edges(s);
	put_notes(s);
	put_outcomes(&right);
	put_unnamed(&right);
	s->row = max_of(s->row, right.row);
}

static void draw(struct app *a, struct grid *g, struct area area)
{
	struct scroll s;

	do {
		s = scroll_begin(a, g, area);
		if (area.width >= COLUMNS_FROM)
			put_columns(&s);
		else
			put_all(&s);
	} while (!scroll_end(&s));
}

const struct view view_quality = {
	.action = ACTION_QUALITY, .name = "Quality", .short_name = "Qual",
	.keys = "j/k scroll  q close  L lesson  ? help",
	.lesson = "quality",
	.needs_samples = true, .draw = draw, .act = scroll_act,
};
