// SPDX-License-Identifier: Apache-2.0
#include "ui/code_pane.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/util.h"
#include "ui/cells.h"
#include "ui/code_jumps.h"
#include "ui/code_rows.h"
#include "ui/text.h"
#include "ui/view.h"

#define INTERVAL_FROM 60	/* width from which on there is that column, */
#define COUNT_FROM 76		/* and that of samples */
#define MNEMONIC 7		/* columns, with the blank behind it */
#define INDENT 2		/* for each call that is inlined, */
#define MAX_INDENTS 4		/* as far as that */
#define NAME_LEAST 6		/* columns for the name of what is inlined */
#define MARKED .1		/* share from which on it is said where samples land */

/* ---- columns ---- */

struct columns_of_code {
	bool interval, count;
	unsigned int line_end;			/* 0: no such column */
	unsigned int address_at, address_end, text_at;
	struct code_jumps jumps;
};

/* Do lines stand among the instructions? */
static bool is_mixed(const struct app *a)
{
	return a->source.n_code_rows > a->source.code.n;
}

static struct columns_of_code find_columns(const struct code_pane *pane)
{
	unsigned int width = pane->right - pane->left, at = 7;
	struct columns_of_code c = { .interval = width >= INTERVAL_FROM,
				     .count = width >= COUNT_FROM };
	uint64_t last = 0xffff;

	if (pane->a->source.code.n)
		last = max_of(code_instruction(pane->a, pane->a->source.code.n - 1)->vaddr, last);
	at += c.interval ? 6 : 1;
	if (c.count)
		at += 8;
	if (c.interval && !is_mixed(pane->a) && code_has_lines(pane->a)) {
		c.line_end = at + max_of(6u, pane->a->source.digits + 1);
		at = c.line_end + 1;
	}
	c.address_at = at += c.interval && !c.count && !c.line_end;
	while (last) {
		last >>= 4;
		at++;
	}
	c.jumps = code_jumps_find(pane->a, c.interval ? CODE_JUMPS : 1);
	c.address_end = at;
	c.text_at = at + c.jumps.lanes + 1;
	return c;
}

static struct pen row_pen(const struct code_pane *pane, unsigned int y)
{
	return pen_make(pane->g, y < pane->rows ? pane->top + y : pane->g->height, pane->left,
			pane->right);
}

/* ---- drawing ---- */

static void put_head(const struct code_pane *pane, const struct columns_of_code *c)
{
	const struct profile *p = pane->a->model->p;
	uint32_t outer = pane->a->source.code.outer;
	struct pen pen = row_pen(pane, 0);

	pen_to(&pen, 1);
	pen_put(&pen, STYLE_STRONG, "HERE%%");
	if (c->interval)
		pen_right(&pen, STYLE_DIM, 6, "%s95 ", pen_plus_minus(&pen));
	if (c->count)
		pen_right(&pen, STYLE_DIM, 8, "SAMPLES");
	if (c->line_end)
		pen_right(&pen, STYLE_DIM, c->line_end - pen.column, "LINE");
	pen_to(&pen, c->address_at);
	pen_put(&pen, STYLE_DIM, "ADDR");
	pen_to(&pen, c->text_at);
	if (outer == RECORD_NONE)
		pen_put(&pen, STYLE_DIM, "ASSEMBLY");
	else
		pen_name(&pen, STYLE_STRONG, pen_left(&pen) ? pen_left(&pen) - 1 : 0,
			 profile_string(p, p->functions[outer].name));
}

static struct style text_style(const struct code_sum *sum)
{
	return sum->share.share >= MARKED ? STYLE_STRONG : sum->self.count ? STYLE_TEXT : STYLE_DIM;
}

/* Where a jump or call goes: the name of another function, else the address. */
static void put_target(const struct code_pane *pane, struct pen *pen, struct style style,
		       const struct profile_instruction *i)
{
	const struct profile *p = pane->a->model->p;
	const struct profile_code *code = code_of(pane->a);
	bool inside = i->target - code->vaddr < code->size && i->target != code->vaddr;
	const struct profile_function *f;

	if (inside || i->target_function == RECORD_NONE) {
		pen_put(pen, style, "%" PRIx64, i->target);
		return;
	}
	f = &p->functions[i->target_function];
	pen_name(pen, style, pen_left(pen) > 3 ? pen_left(pen) - 3 : 0, profile_string(p, f->name));
	if (f->vaddr && i->target > f->vaddr)
		pen_put(pen, style, "+0x%" PRIx64, i->target - f->vaddr);
}

static void put_text(const struct code_pane *pane, struct pen *pen, struct style style,
		     const struct profile_instruction *i)
{
	const char *text = profile_string(pane->a->model->p, i->text);
	size_t len = strcspn(text, "\t");
	_cleanup_(freep) char *mnemonic = xasprintf("%.*s", (int)len, text);
	unsigned int from = pen->column;

	pen_name(pen, style, pen_left(pen), mnemonic);
	pen_to(pen, max_of(from + MNEMONIC, pen->column + 1));
	if (text[len] && pen_left(pen) > 3)
		pen_name(pen, style, pen_left(pen) - 3, text + len + 1);
	if (i->has_target) {
		if (text[len])
			pen_put(pen, style, ",");
		put_target(pane, pen, style, i);
	}
}

/* What a function is called without what it is in, of and takes: "nth", "operator[]". */
static char *own_name(const char *name)
{
	const char *from = name, *c = name, *end;
	unsigned int depth = 0;

	for (; *c && (depth || *c != '('); c++) {
		if (c == from && strncmp(c, "operator", 8) == 0 && !isalnum((uint8_t)c[8]) &&
		    c[8] && c[8] != '_') {
			end = strstr(c, " <");
			if (!end)
				end = strchr(c + 9, '(');
			return end ? xasprintf("%.*s", (int)(end - c), c) : xstrdup(c);
		}
		if (*c == '<' || *c == '{')
			depth++;
		else if ((*c == '>' || *c == '}') && depth)
			depth--;
		else if (!depth && strncmp(c, "::", 2) == 0)
			from = c + 2;
	}
	end = memchr(from, '<', (size_t)(c - from));
	end = end && end > from ? end : c;
	return end > from && !depth ? xasprintf("%.*s", (int)(end - from), from) : xstrdup(name);
}

/* The function whose call was inlined here, where its code begins or goes on; else NULL. */
static const char *begins_inlined(const struct app *a, uint32_t number)
{
	const struct profile *p = a->model->p;
	const struct profile_instruction *i = code_instruction(a, number), *before = number ? i - 1 : NULL;
	uint32_t function;

	if (i->n_levels < 2)
		return NULL;
	function = p->levels[i->first_level].function;
	if (before && before->n_levels == i->n_levels &&
	    p->levels[before->first_level].function == function)
		return NULL;
	return profile_string(p, p->functions[function].name);
}

/* What is inlined is further to the right where there is room for that. */
static unsigned int indent_of(const struct columns_of_code *c, const struct profile_instruction *i)
{
	return c->interval && i->n_levels ? INDENT * min_of(i->n_levels - 1, (uint32_t)MAX_INDENTS) : 0;
}

/* A row with its cursor. */
static struct pen begin_row(const struct code_pane *pane, unsigned int y, uint32_t row, bool marked,
			    enum ink ink)
{
	bool chosen = pane->a->source.in_code && row == pane->a->source.code_list.cursor;
	struct pen pen = row_pen(pane, y);

	if (chosen || ink)
		grid_tint(pane->g, pen.y, pane->left, pane->right - pane->left,
			  (struct style){ .bg = chosen ? INK_TINT : ink });
	if (chosen || marked)
		pen_put(&pen, STYLE_TEXT, ">");
	return pen;
}

/* A line that heads instructions: its number, what was inlined, its text or else its file. */
static void put_line(const struct code_pane *pane, const struct columns_of_code *c,
		     unsigned int y, uint32_t row, const struct profile_level *level)
{
	const struct app *a = pane->a;
	const struct profile *p = a->model->p;
	const struct app_code_row *r = &a->source.code_rows[row];
	const char *path = profile_string(p, code_file(p, level)), *slash = strrchr(path, '/');
	_cleanup_(freep) char *text =
		source_line_text(code_file_text(a, code_file(p, level)), level->line);
	const char *shown = !level->line ? "line not known" : text ? text + strspn(text, " ")
			    : slash && slash[1] ? slash + 1 : path;
	struct pen pen = begin_row(pane, y, row, false, INK_STRIP);
	_cleanup_(freep) char *name = NULL;
	unsigned int left, room;

	pen_to(&pen, c->address_at);
	if (level->line)
		pen_right(&pen, STYLE_TEXT, c->address_end - c->address_at, "%" PRIu32, level->line);
	pen_to(&pen, c->address_end);
	code_jumps_put(&c->jumps, &pen, row, 0);
	pen_to(&pen, c->text_at);
	if (r->is == CODE_INLINED_LINE) {
		pen_to(&pen, c->text_at + indent_of(c, code_instruction(a, r->number)));
		name = own_name(profile_string(p, p->functions[level->function].name));
		left = pen_left(&pen);
		room = left - min_of(left, (unsigned int)strlen(shown) + 3);
		pen_name(&pen, STYLE_STRONG, max_of(room, left / 3), name);
		pen_put(&pen, STYLE_TEXT, "  ");
	}
	pen_name(&pen, text ? STYLE_TEXT : STYLE_DIM, pen_left(&pen) ? pen_left(&pen) - 1 : 0, shown);
}

/* At the right of what an instruction is. */
static void put_inlined(const struct code_pane *pane, struct pen *pen, uint32_t number)
{
	const char *whole = begins_inlined(pane->a, number);
	_cleanup_(freep) char *name = whole ? own_name(whole) : NULL;
	struct buf clean = { 0 };
	unsigned int room = pen_left(pen) > 5 ? pen_left(pen) - 5 : 0, width;

	if (!name || room < NAME_LEAST)
		return;
	text_clean(&clean, name, strlen(name), pane->g->utf8);
	text_clip(&clean, room, pane->g->utf8);
	width = text_width((const char *)clean.data);
	pen_to(pen, pen->width - width - 3);
	pen_put(pen, STYLE_DIM, "%s", (const char *)clean.data);
	buf_deinit(&clean);
}

static void put_row(const struct code_pane *pane, const struct columns_of_code *c,
		    unsigned int y, uint32_t row, uint64_t place)
{
	const struct app *a = pane->a;
	uint32_t number = a->source.code_rows[row].number;
	const struct code_sum *sum = &a->source.code.v[number];
	const struct profile_instruction *i = code_instruction(a, number);
	char kind = profile_function_kind(a->model->p, a->function);
	bool whole = a->source.code.self.count < CELLS_WHOLE_PERCENT, mixed = is_mixed(a);
	unsigned int indent = indent_of(c, i) + (mixed && c->interval ? INDENT : 0);
	uint64_t here = code_place(a, number);
	struct pen pen = begin_row(pane, y, row, place && here == place, INK_DEFAULT);
	struct cells cells = { &pen, a->model->p, &a->model->sum };
	char n[TEXT_NUMBER];

	pen_to(&pen, 1);
	if (sum->self.count)
		pen_put(&pen, style_heat(kind, sum->share.share), "%5s ",
			text_percent(n, sum->share.share, whole));
	pen_to(&pen, 7);
	if (c->interval && sum->self.count)
		cell_interval(&cells, sum->share);
	pen_to(&pen, c->interval ? 13 : 7);
	if (c->count && sum->self.count)
		pen_right(&pen, STYLE_TEXT, 7, "%s", text_count(n, sum->self.count));
	if (c->line_end && here)
		pen_right(&pen, STYLE_DIM, c->line_end - pen.column, "%" PRIu32, (uint32_t)here);
	pen_to(&pen, c->address_at);
	pen_right(&pen, STYLE_FAINT, c->address_end - c->address_at, "%" PRIx64, i->vaddr);
	pen_to(&pen, c->address_end);
	code_jumps_put(&c->jumps, &pen, row, indent);
	pen_to(&pen, c->text_at + indent);
	put_text(pane, &pen, text_style(sum), i);
	if (!mixed)
		put_inlined(pane, &pen, number);
	if (sum->share.share >= MARKED) {
		pen = row_pen(pane, y);
		pen_to(&pen, pane->right - pane->left - 2);
		pen_put(&pen, STYLE_STRONG, "*");
	}
}

/* ---- none ---- */

/* Why there are no instructions, not clean, and what to do. */
static char *why_none(const struct app *a)
{
	const struct profile *p = a->model->p;
	const struct profile_function *f = &p->functions[a->function];
	const struct profile_module *m = f->module == RECORD_NONE ? NULL : &p->modules[f->module];
	const char *note = profile_string(p, a->source.code.note);
	const struct function_sum *sum = &a->model->sum.functions[a->function];

	if (!m || f->outcome)
		return xstrdup("These samples are in no function: there is no code to show.");
	if (m->kind == MODULE_KERNEL)
		return xstrdup("The code of the kernel is not read. The callers (c) show what "
			       "the program asked of it.");
	if (m->kind == MODULE_PYTHON)
		return xstrdup("Python functions have no instructions of the machine: the "
			       "interpreter runs them. Their lines have the time.");
	if (m->kind == MODULE_ANON)
		return xstrdup("This code is in no file: it was generated while the program ran, "
			       "and is not read.");
	if (*note)
		return xasprintf("No instructions: %s.", note);
	if (a->session.state == APP_LIVE)
		return xstrdup("No instructions yet: the session has been asked for them.");
	if (!p->ended)
		return xstrdup("No instructions: those of the hottest functions are recorded when "
			       "sampling ends, and this recording has no end.");
	if (sum->self.count < 10 || sum->self.count * 100 < a->model->sum.received.count)
		return xstrdup("The recording does not have these instructions: it holds those of "
			       "functions with 1% of the samples, and 10 of them at least. Record "
			       "for longer, or with a higher rate (-F).");
	return xstrdup("The recording does not have these instructions: it was made by an older "
		       "cprofd, or the time for finishing it ran out. Record again.");
}

static void put_none(const struct code_pane *pane)
{
	_cleanup_(freep) char *why = why_none(pane->a);
	unsigned int width = pane->right - pane->left, y = 2;
	struct buf clean = { 0 };
	const char *line, *next;
	size_t len;

	text_clean(&clean, why, strlen(why), pane->g->utf8);
	for (line = (const char *)clean.data; (len = text_line(line, width - 3, &next)) > 0;
	     line = next) {
		struct pen pen = row_pen(pane, y++);

		pen_to(&pen, 1);
		pen_put(&pen, STYLE_TEXT, "%.*s", (int)len, line);
	}
	buf_deinit(&clean);
}

void code_pane_draw(const struct code_pane *pane, uint64_t place, uint32_t first_spot)
{
	const struct list *l = &pane->a->source.code_list;
	struct columns_of_code c = find_columns(pane);

	put_head(pane, &c);
	if (!pane->a->source.code.n)
		put_none(pane);
	for (uint32_t i = 0; i + 1 < pane->rows && l->top + i < l->n; i++) {
		const struct profile_level *line = code_line(pane->a, l->top + i);

		if (line)
			put_line(pane, &c, i + 1, l->top + i, line);
		else
			put_row(pane, &c, i + 1, l->top + i, place);
		grid_spot(pane->g, pane->top + i + 1, pane->left, pane->right - pane->left, SPOT_ROW,
			  first_spot + l->top + i);
	}
}
