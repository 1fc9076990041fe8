// SPDX-License-Identifier: Apache-2.0
#include "ui/source_rows.h"

#include <string.h>

#include "base/util.h"
#include "ui/code_rows.h"
#include "ui/view.h"

#define CONTEXT 4		/* lines shown above the first and below the last */
#define MAX_LINES 20000		/* of one function */

static void push(struct app_source *s, uint32_t line, const struct line_sum *sum)
{
	array_reserve(s->rows, s->n_rows + 1, s->cap_rows);
	s->rows[s->n_rows++] = (struct app_source_row){ line, sum };
}

/* The lines of the first file, those without samples too if their text is there. */
static uint32_t push_own(struct app_source *s)
{
	const struct lines *l = &s->lines;
	uint32_t n = 0, first, last, at = 0;

	while (n < l->n && l->v[n].file == l->v[0].file)
		n++;
	while (at < n && !l->v[at].line)	/* not known: at the front */
		push(s, 0, &l->v[at++]);
	if (at == n)
		return n;
	first = l->v[at].line > CONTEXT ? l->v[at].line - CONTEXT : 1;
	last = l->v[n - 1].line + CONTEXT;
	for (uint32_t line = first; line <= last && line - first < MAX_LINES; line++) {
		bool sampled = at < n && l->v[at].line == line;

		if (sampled || (s->text && line <= s->text->n_lines))
			push(s, line, sampled ? &l->v[at] : NULL);
		at += sampled;
	}
	while (at < n) {		/* of a function that is too long */
		push(s, l->v[at].line, &l->v[at]);
		at++;
	}
	return n;
}

static unsigned int widest_indent(const struct app_source *s)
{
	unsigned int widest = 0;

	for (uint32_t i = 0; i < s->n_rows; i++) {
		_cleanup_(freep) char *text = source_line_text(s->text, s->rows[i].line);
		size_t indent = text ? strspn(text, " ") : 0;

		if (text && text[indent])
			widest = max_of(widest, (unsigned int)indent);
	}
	return widest;
}

uint64_t source_place(const struct app_source *s, uint32_t row)
{
	const struct app_source_row *r = row < s->n_rows ? &s->rows[row] : NULL;

	if (!r || !r->line)
		return 0;
	return (uint64_t)(r->sum ? r->sum->file : s->lines.v[0].file) << 32 | r->line;
}

uint32_t source_row_at(const struct app_source *s, uint64_t place)
{
	for (uint32_t i = 0; place && i < s->n_rows; i++)
		if (source_place(s, i) == place)
			return i;
	return UINT32_MAX;
}

uint32_t source_hottest(const struct app_source *s)
{
	uint32_t best = UINT32_MAX;

	for (uint32_t i = 0; i < s->n_rows; i++)
		if (s->rows[i].sum &&
		    (best == UINT32_MAX || line_own_ns(s->rows[i].sum) > line_own_ns(s->rows[best].sum)))
			best = i;
	return best;
}

uint32_t source_next_hottest(const struct app_source *s, uint32_t row)
{
	uint64_t least = line_own_ns(s->rows[row].sum);
	uint32_t best = UINT32_MAX;

	for (uint32_t i = 0; i < s->n_rows; i++) {
		uint64_t ns = s->rows[i].sum ? line_own_ns(s->rows[i].sum) : 0;

		if (ns && i != row && (ns < least || (ns == least && i > row)) &&
		    (best == UINT32_MAX || ns > line_own_ns(s->rows[best].sum)))
			best = i;
	}
	return best;
}

bool source_is_code_only(const struct app_source *s)
{
	for (uint32_t i = 0; i < s->n_rows; i++)
		if (s->rows[i].line)
			return false;
	return s->n_rows && s->code.n;
}

/* Keys move in the assembly where there is nothing else; the next function has its lines. */
static void enter_code(struct app_source *s)
{
	bool only = source_is_code_only(s);

	if (only == s->code_only)
		return;
	s->in_code = only;
	s->code_only = only;
}

static void forget(struct app_source *s)
{
	if (!s->asked)
		return;
	lines_deinit(&s->lines);
	code_deinit(&s->code);
	butterfly_deinit(&s->below);
}

void source_rows_make(struct app *a)
{
	struct app_source *s = &a->source;
	const struct model *m = a->model;
	bool same = s->asked && s->function == a->function;
	bool had_code = same && s->code.n;
	uint64_t place = same ? source_place(s, s->list.cursor) : 0;

	if (s->asked == m->n_asked && same && s->n_put == s->sources.n_put)
		return;
	forget(s);
	lines_make(m->p, &m->scope, &m->sum, a->function, &s->lines);
	code_make(m->p, &m->scope, &m->sum, a->function, &s->code);
	butterfly_make(m->p, &m->sum, a->function, 1, &s->below);
	s->asked = m->n_asked;
	s->function = a->function;
	s->path = s->lines.n ? profile_string(m->p, s->lines.v[0].file) : "";
	s->text = sources_find(&s->sources, s->path);
	s->n_put = s->sources.n_put;
	s->n_rows = 0;
	for (uint32_t i = s->lines.n ? push_own(s) : 0; i < s->lines.n; i++)
		push(s, s->lines.v[i].line, &s->lines.v[i]);
	s->indent = widest_indent(s);
	code_rows_make(a);
	s->is_new |= !same;
	s->is_new_code |= !had_code && s->code.n;
	if (!same)
		s->hot_line = s->hot_code = 0;
	enter_code(s);
	s->in_code &= !view_on_python(a);
	if (source_row_at(s, place) != UINT32_MAX)
		s->list.cursor = source_row_at(s, place);
	list_fit(&s->list, s->n_rows, s->list.height);
	list_fit(&s->code_list, s->n_code_rows, s->code_list.height);
}

void app_source_deinit(struct app_source *s)
{
	forget(s);
	sources_deinit(&s->sources);
	free(s->rows);
	free(s->code_rows);
	free(s->code_files);
}
