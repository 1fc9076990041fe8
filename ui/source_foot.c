// SPDX-License-Identifier: Apache-2.0
#include "ui/source_foot.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "base/util.h"
#include "ui/code_rows.h"
#include "ui/text.h"

#define DETAIL_FROM 23		/* height from which on the line is described */
#define WIDE 64			/* from which on the columns of Python are explained */

/* What the function calls; NULL: there is no time for it now. */
static const struct butterfly_side *find_below(struct app *a)
{
	struct app_source *s = &a->source;

	if (!s->has_below && app_puts_off(a))
		return NULL;
	if (!s->has_below)
		butterfly_make(a->model->p, &a->model->sum, s->function, 1, &s->below);
	s->has_below = true;
	return &s->below.callees;
}

/* "under it memcmp 676  malloc 12  +3" */
static void put_below(struct app *a, struct pen *pen, uint32_t line)
{
	const struct butterfly_side *b = find_below(a);
	unsigned int n = 0, n_left = 0;
	char count[TEXT_NUMBER];

	for (uint32_t i = 0; b && i < b->n_lines; i++) {
		const char *name = profile_string(a->model->p,
						  a->model->p->functions[b->rows[b->lines[i].row].function].name);

		if (b->lines[i].line != line)
			continue;
		if (n >= 3 || pen_left(pen) < 40) {
			n_left++;
			continue;
		}
		pen_put(pen, STYLE_DIM, n++ ? "  " : "   under it  ");
		pen_name(pen, STYLE_TEXT, 24, name);
		pen_put(pen, STYLE_STRONG, " %s", text_count(count, b->lines[i].sum.count));
	}
	if (n_left)
		pen_put(pen, STYLE_DIM, "  +%u", n_left);
}

static void put_detail(struct app *a, struct grid *g, struct area area, unsigned int y)
{
	const struct app_source *s = &a->source;
	const struct app_source_row *row = s->n_rows ? &s->rows[s->list.cursor] : NULL;
	uint64_t own = 0;
	bool is_own = row && row->sum && row->sum->file == s->lines.v[0].file;
	_cleanup_(freep) char *title = row ? xasprintf("line %u", row->line) : NULL;
	_cleanup_(freep) char *text = is_own ? source_line_text(s->text, row->line) : NULL;
	const char *shown = text ? text + strspn(text, " ") : "";
	struct pen pen = area_pen(g, area, y);
	struct buf clean = { 0 };

	if (!row || !row->line || !row->sum ||
	    (s->in_code && !code_place(a, code_chosen(a))))
		return;
	text_clean(&clean, shown, strlen(shown), g->utf8);
	text_clip(&clean, area.width - 20, g->utf8);
	pen_rule(&pen, title, (const char *)clean.data);
	buf_deinit(&clean);
	for (uint32_t i = 0; i < s->lines.n; i++)
		own += line_own_ns(&s->lines.v[i]);
	pen = area_pen(g, area, y + 1);
	pen_to(&pen, 1);
	if (own)
		pen_put(&pen, STYLE_STRONG, "%.0f%%",
			100.0 * (double)line_own_ns(row->sum) / (double)own);
	pen_put(&pen, STYLE_DIM, !own ? "no time of its own" : !s->lines.has_in_c
		? " of the function's own time" : " of the function's own time and of the C that it calls");
	if (is_own)
		put_below(a, &pen, row->line);
}

/* Which other files have lines among the instructions, but no text here. */
static void put_lacking(const struct app *a, struct pen *pen)
{
	const struct app_source *s = &a->source;
	const char *first = NULL;
	unsigned int n = 0;

	for (uint32_t i = 0; i < s->n_code_files; i++) {
		const char *path = profile_string(a->model->p, s->code_files[i].file);
		const char *slash = strrchr(path, '/');

		if (s->code_files[i].text || strcmp(path, s->path) == 0)
			continue;
		if (!n++)
			first = slash && slash[1] ? slash + 1 : path;
	}
	if (!n || pen_left(pen) < 20)
		return;
	pen_put(pen, STYLE_DIM, "; no text of ");
	pen_name(pen, STYLE_DIM, pen_left(pen) - 6, first);
	if (n > 1)
		pen_put(pen, STYLE_DIM, " +%u", n - 1);
}

char *source_foot_trouble(const struct app *a)
{
	const struct app_source *s = &a->source;

	return s->code_only ? xstrdup("no line of it is known: stripped, or built without -g")
			    : source_trouble(s->path, s->lines.has_in_c, s->text,
					     a->model->p->start_real_ns / NS_PER_S);
}

/* Which file this is, and whether it can be trusted. */
static void put_file(const struct app *a, struct grid *g, struct area area, unsigned int y)
{
	static const char elsewhere[] = "; :map FROM TO says where";
	const struct app_source *s = &a->source;
	struct pen pen = area_pen(g, area, y);
	_cleanup_(freep) char *trouble = source_foot_trouble(a);

	pen_to(&pen, 1);
	if (trouble)
		pen_name(&pen, STYLE_STRONG, area.width - 2, trouble);
	else
		pen_name(&pen, STYLE_DIM, area.width - 2, s->path);
	if (!s->text && *s->path == '/' && pen.column + sizeof(elsewhere) < area.width)
		pen_put(&pen, STYLE_DIM, "%s", elsewhere);
	put_lacking(a, &pen);
}

/* How far the numbers beside instructions can be trusted. */
static void put_code_facts(const struct app *a, struct grid *g, struct area area, unsigned int y)
{
	const struct app_source *s = &a->source;
	const struct profile *p = a->model->p;
	const struct profile_code *code = s->code.n ? &p->codes[s->code.number] : NULL;
	struct pen pen = area_pen(g, area, y);
	char n[TEXT_NUMBER];
	uint64_t end;

	if (!code)
		return;
	end = p->instructions[code->first + code->n - 1].vaddr - code->vaddr +
	      p->instructions[code->first + code->n - 1].len;
	pen_to(&pen, 1);
	if (s->code.outer != a->function)
		pen_put(&pen, STYLE_DIM, "it is inlined here; ");
	pen_put(&pen, STYLE_DIM, "HERE%% is of %s samples in this code", text_count(n, s->code.self.count));
	if (s->code.self.count)
		pen_put(&pen, STYLE_DIM, ", near 50%% %s%.0f at least", pen_plus_minus(&pen),
			ceil(98 / sqrt((double)s->code.self.count)));
	if (end < code->size)
		pen_put(&pen, STYLE_DIM, "; its first %s of %" PRIu64, text_bytes(n, end), code->size);
}

unsigned int source_foot_rows(struct area area, bool with_code)
{
	return 2 + (with_code ? 1 : 0) + (area.height >= DETAIL_FROM ? 3 : 0);
}

void source_foot_put(struct app *a, struct grid *g, struct area area, bool with_code)
{
	unsigned int y = area.height - source_foot_rows(area, with_code);
	_cleanup_(freep) char *inlined = NULL;
	struct pen pen;

	if (area.height >= DETAIL_FROM) {
		put_detail(a, g, area, y);
		y += 3;
	}
	put_file(a, g, area, y++);
	if (with_code)
		put_code_facts(a, g, area, y++);
	pen = area_pen(g, area, y);
	pen_to(&pen, 1);
	if (a->source.in_code && with_code)
		inlined = code_inlined(a, code_chosen(a));
	pen_name(&pen, STYLE_DIM, area.width - 2, inlined ? inlined
		 : a->source.lines.has_in_c && area.width >= WIDE
		 ? "SELF% is Python itself, IN C% the C it calls; TOTAL% has Python it calls, too"
		 : view_on_python(a) ? "these are the lines that the interpreter was at"
		 : with_code && a->source.code.n
		 ? "* a timer lands on or just after the costly instruction: read groups of lines"
		 : "a sample lands on or just after the costly instruction: read groups of lines");
}
