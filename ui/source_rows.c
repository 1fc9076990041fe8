// SPDX-License-Identifier: Apache-2.0
#include "ui/source_rows.h"

#include <string.h>

#include "base/util.h"
#include "ui/code_rows.h"
#include "ui/view.h"

#define MAX_LINES 1000000u	/* of a file, beside those with samples */

static void push(struct app_source *s, uint32_t line, const struct line_sum *sum)
{
	array_reserve(s->rows, s->n_rows + 1, s->cap_rows);
	s->rows[s->n_rows++] = (struct app_source_row){ line, sum };
}

/* ---- where the function begins and ends ---- */

static void reach(struct app_source *s, uint32_t line)
{
	if (!s->first || line < s->first)
		s->first = line;
	s->last = max_of(s->last, line);
}

static size_t indent_of(const struct source *text, uint32_t line)
{
	_cleanup_(freep) char *s = source_line_text(text, line);
	size_t n = s ? strspn(s, " ") : 0;

	return s && s[n] ? n : SIZE_MAX;	/* a blank line is in whatever it is in */
}

/* On from the last line that is known of it, as far as lines stand further right than its first. */
static void reach_end(struct app_source *s)
{
	size_t least = indent_of(s->text, s->first);
	uint32_t last = s->last;

	if (least == SIZE_MAX)
		return;
	for (uint32_t i = last + 1; i <= s->text->n_lines; i++) {
		size_t indent = indent_of(s->text, i);
		_cleanup_(freep) char *line = indent == least ? source_line_text(s->text, i) : NULL;

		if (line && line[indent] == '}')
			last = i;
		if (indent <= least)
			break;
		if (indent != SIZE_MAX)
			last = i;
	}
	s->last = last;
}

/*
 * The lines that are known to be its own: of its declaration, of samples and of
 * instructions; and what is told by the text.
 */
static void find_bounds(struct app *a, uint32_t n_own)
{
	struct app_source *s = &a->source;
	const struct profile_function *f = &a->model->p->functions[a->function];
	uint32_t file = s->lines.v[0].file;

	s->first = s->last = 0;
	for (uint32_t i = 0; i < n_own; i++)
		if (s->lines.v[i].line)
			reach(s, s->lines.v[i].line);
	for (uint32_t i = 0; i < s->code.n; i++) {
		uint64_t place = code_place(a, i);

		if (place && place >> 32 == file)
			reach(s, (uint32_t)place);
	}
	if (f->line && f->file == file)
		reach(s, f->line);
	if (s->text && s->first && s->first <= s->text->n_lines)
		reach_end(s);
}

/* ---- rows ---- */

/* Lines [from, to] of the first file; `*at` is the first of its sums that are not shown yet. */
static void push_lines(struct app_source *s, uint32_t from, uint32_t to, uint32_t *at, uint32_t n_own)
{
	const struct line_sum *v = s->lines.v;
	uint32_t end = s->text ? min_of(s->text->n_lines, MAX_LINES) : 0;

	for (uint32_t line = from; line <= end && line <= to; line++) {
		bool sampled = *at < n_own && v[*at].line == line;

		push(s, line, sampled ? &v[*at] : NULL);
		*at += sampled;
	}
	for (; *at < n_own && v[*at].line <= to; ++*at)
		push(s, v[*at].line, &v[*at]);	/* of a file that is too long, or shorter now */
}

/* The file up to the end of the function, what is elsewhere, the rest of the file. */
static void make_rows(struct app *a)
{
	struct app_source *s = &a->source;
	const struct lines *l = &s->lines;
	uint32_t n_own = 0, unknown = 0, at;

	while (n_own < l->n && l->v[n_own].file == l->v[0].file)
		n_own++;
	while (unknown < n_own && !l->v[unknown].line)
		unknown++;
	find_bounds(a, n_own);
	at = unknown;
	if (s->first)
		push_lines(s, 1, s->last, &at, n_own);
	for (uint32_t i = 0; i < unknown; i++)
		push(s, 0, &l->v[i]);
	for (uint32_t i = n_own; i < l->n; i++)
		push(s, l->v[i].line, &l->v[i]);
	if (s->first && s->last != UINT32_MAX)
		push_lines(s, s->last + 1, UINT32_MAX, &at, n_own);
}

bool source_is_own(const struct app_source *s, uint32_t row)
{
	const struct app_source_row *r = &s->rows[row];

	return r->sum || (r->line >= s->first && r->line <= s->last);
}

static unsigned int find_digits(const struct app_source *s)
{
	uint32_t highest = 0;
	unsigned int n = 1;

	for (uint32_t i = 0; i < s->n_rows; i++)
		highest = max_of(highest, s->rows[i].line);
	while (highest /= 10)
		n++;
	return n;
}

void source_own_rows(const struct app_source *s, uint32_t *first, uint32_t *last)
{
	*first = 0;
	*last = s->n_rows - 1;
	while (*first < *last && !source_is_own(s, *first))
		++*first;
	while (*last > *first && !source_is_own(s, *last))
		--*last;
}

void source_show(const struct app_source *s, struct list *l, uint32_t row)
{
	uint32_t first, last, n;

	if (row == UINT32_MAX)
		return;
	source_own_rows(s, &first, &last);
	n = last - first + 1;
	if (n > l->height || row < first || row > last)
		l->top = row - min_of(row, l->height / 2);
	else
		l->top = first - min_of(first, (l->height - n) / 2);
	list_choose(l, row);
}

static unsigned int widest_indent(const struct app_source *s)
{
	size_t widest = 0;

	for (uint32_t i = 0; i < s->n_rows; i++) {
		size_t indent = s->text && source_is_own(s, i) && s->rows[i].line
			? indent_of(s->text, s->rows[i].line) : 0;

		widest = indent == SIZE_MAX ? widest : max_of(widest, indent);
	}
	return (unsigned int)widest;
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
	s->has_below = false;
}

void source_rows_make(struct app *a)
{
	struct app_source *s = &a->source;
	const struct model *m = a->model;
	bool same = s->asked && s->function == a->function;
	bool had_code = same && s->code.n;
	uint64_t place = same ? source_place(s, s->list.cursor) : 0;
	uint32_t above = s->list.cursor - s->list.top;
	bool lacked_text = same && !s->text;

	if (s->asked == m->n_asked && same && s->n_put == s->sources.n_put)
		return;
	forget(s);
	lines_make(m->p, &m->scope, &m->sum, a->function, &s->lines);
	code_make(m->p, &m->scope, &m->sum, a->function, &s->code);
	s->asked = m->n_asked;
	s->function = a->function;
	s->path = s->lines.n ? profile_string(m->p, s->lines.v[0].file) : "";
	s->text = sources_find(&s->sources, s->path);
	s->n_put = s->sources.n_put;
	s->n_rows = 0;
	if (s->lines.n)
		make_rows(a);
	s->indent = widest_indent(s);
	s->digits = find_digits(s);
	code_rows_make(a);
	s->is_new |= !same;
	s->is_new_text |= lacked_text && s->text;
	s->is_new_code |= !had_code && s->code.n;
	if (!same)
		s->hot_line = s->hot_code = 0;
	enter_code(s);
	s->in_code &= !view_on_python(a);
	if (source_row_at(s, place) != UINT32_MAX) {	/* where it was on the screen */
		s->list.cursor = source_row_at(s, place);
		s->list.top = s->list.cursor - min_of(s->list.cursor, above);
	}
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
